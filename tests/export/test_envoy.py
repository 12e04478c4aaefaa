"""What an export says, and that the real Envoy takes it so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.errors import NotFoundError
from kubectl_gmg.export.envoy import Bootstrap
from kubectl_gmg.export.envoy_cluster import cluster_of
from kubectl_gmg.export.envoy_match import route_match
from kubectl_gmg.model.action import Destination, DestinationKind, DirectResponse, Found, Redirect, ResolvedDestination
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.inventory import Cluster, Inventory, Service, ServicePort
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import HostState
from tests.export.build import NOWHERE, OK, exported, forward, gateway, host, listener, route, service
from tests.oracle.envoy import Envoy, Observed, on_loopback, validate
from tests.run import gmg

REVIEWS = "outbound|8080||reviews.shop.svc.cluster.local"


def listeners(made: Bootstrap) -> list[tuple[str, str, int]]:
    """Name, address and port of every listener."""
    found = made.config["static_resources"]["listeners"]
    places = [(each["name"], each["address"]["socket_address"]) for each in found]
    return [(name, place["address"], place["port_value"]) for name, place in places]


def virtual_hosts(made: Bootstrap) -> list[dict[str, Any]]:
    (only,) = made.config["static_resources"]["listeners"]
    manager = only["filter_chains"][0]["filters"][0]["typed_config"]
    found: list[dict[str, Any]] = manager["route_config"]["virtual_hosts"]
    return found


def clusters(made: Bootstrap) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in made.config["static_resources"]["clusters"]}


def served(made: Bootstrap, folder: Path, *requests: Request) -> list[Observed]:
    """What the real Envoy answers with this export."""
    assert validate(made.config, folder) == (True, "")
    with Envoy(on_loopback(made.config, folder), folder) as envoy:
        (name,) = envoy.listeners
        return [envoy.send(name, request) for request in requests]


# ---- listeners


def test_known_ports_are_kept() -> None:
    made = exported(gateway(listener(host(route()), port=80), listener(host(route()), port=8443)))
    assert [(address, port) for _, address, port in listeners(made)] == [("0.0.0.0", 80), ("0.0.0.0", 8443)]
    assert made.notes == ()


def test_two_listeners_never_share_a_port() -> None:
    made = exported(
        gateway(listener(port=None), name="a"),
        gateway(listener(port=80), name="b"),
        gateway(listener(port=80), name="c"),
        gateway(listener(port=10_000), name="d"),
    )
    assert [port for _, _, port in listeners(made)] == [10_001, 80, 10_002, 10_000]
    assert made.notes == (
        "listener http2 of VirtualGateway ns/a has no known port: exported on port 10001",
        "listener http2 of VirtualGateway ns/c shares port 80: exported on port 10002",
    )


def test_only_http_is_exported() -> None:
    made = exported(gateway(listener(protocol=Protocol.TCP), listener(protocol=Protocol.TLS)))
    assert listeners(made) == []
    assert [note.partition(" speaks ")[2] for note in made.notes] == ["TCP: not exported", "TLS: not exported"]


def test_https_says_so_in_redirects(tmp_path: Path) -> None:
    """The certificates are not there, but a redirect that keeps the scheme must keep https."""
    made = exported(gateway(listener(host(route(Redirect(path="/new"))), protocol=Protocol.HTTPS, port=443)))
    (seen,) = served(made, tmp_path, Request("/old", "a.test"))
    assert seen.location == "https://a.test/new"
    assert made.notes == ("listener http2 of VirtualGateway ns/edge speaks HTTPS: exported as plain HTTP on port 443",)


def test_https_only_listener_redirects_even_without_routes(tmp_path: Path) -> None:
    made = exported(gateway(listener(host(domains=("a.test",)), https_redirect=True)))
    seen = served(made, tmp_path, Request("/x?y", "a.test:80"), Request("/x", "b.test"))
    assert [(each.status, each.location) for each in seen] == [(301, "https://a.test:80/x?y"), (404, None)]


def test_a_listener_without_hosts_answers_404(tmp_path: Path) -> None:
    (seen,) = served(exported(gateway(listener())), tmp_path, Request())
    assert seen.status == 404


# ---- hosts and routes


def test_hosts_that_are_not_served_stay_out() -> None:
    absent = replace_state(HostState.NO_ROUTES)
    made = exported(gateway(listener(host(route(), domains=("a.test",)), *absent)))
    assert [each["domains"] for each in virtual_hosts(made)] == [["a.test"]]


def replace_state(*states: HostState) -> Iterator[Any]:
    return (replace(host(route(), domains=("b.test",)), state=state) for state in states)


def test_a_repeated_domain_does_not_spoil_the_rest(tmp_path: Path) -> None:
    first = host(route(DirectResponse(200, "first")), domains=("a.test", "A.test", "b.test"))
    second = host(route(DirectResponse(200, "second")), domains=("B.TEST", "c.test"))
    third = host(route(), domains=("C.test",))
    made = exported(gateway(listener(first, second, third)))
    seen = served(made, tmp_path, *(Request("/", name) for name in ("A.test", "b.test", "c.test")))
    assert [each.body for each in seen] == ["first", "first", "second"]


def test_routes_keep_their_order_and_names(tmp_path: Path) -> None:
    narrow = route(OK, RouteMatch(PathMatch(PathKind.PREFIX, "/a")), index=1)
    left_out = replace(route(), index=None)
    made = exported(gateway(listener(host(narrow, left_out, route(index=2)))))
    seen = served(made, tmp_path, Request("/a"), Request("/b"))
    assert [each.route for each in seen] == ["route-1", "route-2"]


def test_a_route_for_another_port_stays_out() -> None:
    elsewhere = route(match=RouteMatch(port=81), index=1)
    here = route(match=RouteMatch(port=8080), index=2)
    made = exported(gateway(listener(host(elsewhere, here))))
    assert [each["name"] for each in virtual_hosts(made)[0]["routes"]] == ["route-2"]


def test_large_regular_expressions_are_fine(tmp_path: Path) -> None:
    """Envoy's own limit of 100 instructions is far below that of a gateway (`spec/envoy.md` 92)."""
    match = RouteMatch(PathMatch(PathKind.REGEX, "/" + "[a-z]{20}" * 20))
    (seen,) = served(exported(gateway(listener(host(route(OK, match))))), tmp_path, Request("/" + "x" * 400))
    assert seen.status == 200


def test_large_bodies_are_fine(tmp_path: Path) -> None:
    body = "x" * 1_048_576
    (seen,) = served(exported(gateway(listener(host(route(DirectResponse(200, body)))))), tmp_path, Request())
    assert seen.body == body


def test_a_fraction_of_nothing_lets_all_pass(tmp_path: Path) -> None:
    never = route(OK, RouteMatch(fraction=0.0), index=1)
    made = exported(gateway(listener(host(never, route(index=2)))))
    seen = served(made, tmp_path, *[Request()] * 20)
    assert {each.route for each in seen} == {"route-2"}


def test_a_fraction_takes_its_share(tmp_path: Path) -> None:
    half = route(OK, RouteMatch(fraction=0.5), index=1)
    made = exported(gateway(listener(host(half, route(index=2)))))
    seen = served(made, tmp_path, *[Request()] * 400)
    assert 120 < sum(each.route == "route-1" for each in seen) < 280


def test_envoy_knows_no_inverted_value_of_a_parameter() -> None:
    test = QueryParameterMatch("q", ValueKind.EXACT, "1", invert=True)
    with pytest.raises(ValueError, match="no such test"):
        route_match(RouteMatch(query_parameters=(test,)))


def test_every_kind_of_header_test(tmp_path: Path) -> None:
    tests = [
        HeaderMatch("x", ValueKind.EXACT, "aB"),
        HeaderMatch("x", ValueKind.EXACT, "Ab", ignore_case=True),
        HeaderMatch("x", ValueKind.PREFIX, "c"),
        HeaderMatch("x", ValueKind.SUFFIX, "d"),
        HeaderMatch("x", ValueKind.REGEX, "e+"),
        HeaderMatch("x", ValueKind.RANGE, start=3, end=5),
        HeaderMatch("y", ValueKind.EXACT, "1", invert=True),
        HeaderMatch("y", invert=False),
        HeaderMatch("x", ValueKind.EXACT, "z", invert=True, missing_as_empty=True),
    ]
    routes = [route(OK, RouteMatch(headers=(test,)), index=place) for place, test in enumerate(tests)]
    made = exported(gateway(listener(host(*routes))))
    sent: list[tuple[tuple[str, str], ...]] = [(("x", value),) for value in ("aB", "ab", "cx", "xd", "ee", "3")]
    sent += [(("x", "z"), ("y", "0")), (("x", "z"), ("y", "1")), ()]
    seen = served(made, tmp_path, *(Request(headers=headers) for headers in sent), Request(headers=(("x", "z"),)))
    assert [each.route for each in seen] == [*(f"route-{place}" for place in range(len(tests))), None]


# ---- clusters


def test_a_cluster_is_named_as_istio_does() -> None:
    subset = (("version", "v1"), ("env", "Prod"))
    made = exported(gateway(listener(host(route(forward(service("reviews", port=9080, subset=subset)))))))
    assert list(clusters(made)) == ["outbound|9080|env-prod-version-v1|reviews.shop.svc.cluster.local"]


@pytest.mark.parametrize(
    ("ports", "port_name", "expected"),
    [
        ((ServicePort(9080, "http"),), None, 9080),
        ((ServicePort(9080, "http"), ServicePort(9090, "admin")), "admin", 9090),
        ((ServicePort(9080, "http"), ServicePort(9090, "admin")), None, 8080),
        ((), None, 8080),
    ],
    ids=["only port", "by name", "listener's, since undecided", "listener's, since unknown"],
)
def test_the_port_of_a_destination(ports: tuple[ServicePort, ...], port_name: str | None, expected: int) -> None:
    known = Service(ObjectRef("shop", "d", "Destination", "v1beta1"), "shop", "reviews", "c1", ports=ports)
    inventory = Inventory(services=(known,), services_read=True)
    routing = listener(host(route(forward(service("reviews", port_name=port_name)))))
    made = exported(gateway(routing, inventory=inventory))
    assert list(clusters(made)) == [f"outbound|{expected}||reviews.shop.svc.cluster.local"]


def test_an_external_service_is_dialled_where_it_stands() -> None:
    """`spec/v2.md` 14.2: the target port of a host, and the address of an endpoint."""
    path = Path(__file__).parents[1] / "scenarios" / "v2" / "external-service.yaml"
    ran = gmg("export", "envoy", "-f", str(path), "-o", "json")
    found = {each["name"]: endpoint(each) for each in ran.json["static_resources"]["clusters"]}
    assert found == {
        "outbound|80||api.partner.test": ("api.partner.test", 443),
        "outbound|80||legacy.partner.test": ("192.0.2.10", 80),
    }


def test_a_name_is_looked_up_and_an_address_is_not() -> None:
    routing = gateway(listener(host(route(forward()))))
    (by_name,) = clusters(exported(routing)).values()
    (by_address,) = clusters(exported(routing, upstreams={REVIEWS: ("127.0.0.1", 9)})).values()
    assert (by_name["type"], endpoint(by_name)) == ("STRICT_DNS", ("reviews.shop.svc.cluster.local", 8080))
    assert (by_address["type"], endpoint(by_address)) == ("STATIC", ("127.0.0.1", 9))


def endpoint(cluster: dict[str, Any]) -> tuple[str, int]:
    found = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"]
    return found["address"], found["port_value"]


def test_an_upstream_may_be_named_by_its_host() -> None:
    upstreams = {"reviews.shop.svc.cluster.local": ("::1", 9)}
    (only,) = clusters(exported(gateway(listener(host(route(forward())))), upstreams=upstreams)).values()
    assert (only["type"], endpoint(only)) == ("STATIC", ("::1", 9))


def test_an_upstream_of_nothing_is_an_error() -> None:
    with pytest.raises(NotFoundError) as caught:
        exported(gateway(listener(host(route(forward())))), upstreams={"nothing": ("127.0.0.1", 9)})
    assert caught.value.candidates == (REVIEWS,)


def test_a_missing_destination_gets_503(tmp_path: Path) -> None:
    made = exported(gateway(listener(host(route(forward())))), found=Found.MISSING)
    (seen,) = served(made, tmp_path, Request())
    assert (seen.status, seen.route) == (503, "route-1")
    assert made.notes == (f"no such destination: {REVIEWS}; requests to it get 503",)


def test_a_destination_of_unknown_address_is_not_invented() -> None:
    unknown = Destination(NOWHERE, DestinationKind.STATIC, "legacy", "shop")
    made = exported(gateway(listener(host(route(forward(unknown))))), found=Found.UNKNOWN)
    assert clusters(made) == {}


def test_a_service_of_unknown_address_is_looked_up_within_its_cluster() -> None:
    """Without the objects that tell where a gateway runs, the Service's own name is the best there is."""
    inventory = Inventory(clusters=(Cluster("c1", "corp.test"),))
    found = cluster_of(ResolvedDestination(service("reviews"), 1.0, None, Found.UNKNOWN), inventory, 80)
    assert (found.host, found.served) == ("reviews.shop.svc.corp.test", True)


def test_weights_are_sent_as_written() -> None:
    written = forward(service("a", weight=75), service("b", weight=25))
    (entry,) = virtual_hosts(exported(gateway(listener(host(route(written))))))[0]["routes"]
    assert [each["weight"] for each in entry["route"]["weighted_clusters"]["clusters"]] == [75, 25]


def test_omitted_weights_are_even() -> None:
    omitted = forward(service("a"), service("b"), service("c"))
    (entry,) = virtual_hosts(exported(gateway(listener(host(route(omitted))))))[0]["routes"]
    assert len({each["weight"] for each in entry["route"]["weighted_clusters"]["clusters"]}) == 1


def test_gateway_profile(tmp_path: Path) -> None:
    """Fragments are cut, paths normalised, ports ignored (`spec/envoy.md` 1, 7, 8)."""
    exact = route(OK, RouteMatch(PathMatch(PathKind.EXACT, "/a/b")))
    made = exported(gateway(listener(host(exact, domains=("a.test",)))))
    (seen,) = served(made, tmp_path, Request("/x/../%61/b#c", "A.test:99"))
    assert (seen.status, seen.body) == (200, "ok")
