"""`curl` where TLS chains and whole connections decide (`spec/v2.md` 3.1 to 3.3, 4.6, `spec/cli.md` 6.3)."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_mock import MockerFixture

from kubectl_gmg.model.snapshot import NOWHERE
from tests.commands.test_unread import Cluster
from tests.run import Ran, gmg, manifests_text

Json = dict[str, Any]
GROUP = "networking.gloo.solo.io/v2"
GATEWAYS = "gateways"


def made(kind: str, name: str, namespace: str, spec: Json, api: str = GROUP, **metadata: Any) -> Json:
    metadata = {"name": name, "namespace": namespace, **metadata}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def gateway(*listeners: Json, name: str = "edge") -> Json:
    return made("VirtualGateway", name, GATEWAYS, {"listeners": list(listeners)})


def tls(mode: str, *hosts: str, port: int = 443, http: bool = False, tables: str = "*") -> Json:
    """A listener with TLS; `tables` is the namespace of the tables that it admits."""
    found: Json = {"port": {"number": port}, "http" if http else "tcp": {}, "tls": {"mode": mode}}
    if not mode.endswith("PASSTHROUGH"):
        found["tls"]["secretName"] = "cert"
    if hosts or tables != "*":
        found["allowedRouteTables"] = [{"host": f"{tables}/{host}"} for host in hosts or ("*",)]
    return found


def plain(port: int = 5432) -> Json:
    return {"port": {"number": port}, "tcp": {}}


def table(name: str, *hosts: str, namespace: str = GATEWAYS, **routes: Any) -> Json:
    spec = {"hosts": list(hosts), "virtualGateways": [{"name": "edge", "namespace": GATEWAYS}], **routes}
    return made("RouteTable", name, namespace, spec)


def by_name(service: str, *names: str) -> Json:
    return {"matchers": [{"sniHosts": list(names)}], **to(service)}


def to(service: str, **more: Any) -> Json:
    return {"forwardTo": {"destinations": [{"ref": {"name": service, "namespace": "apps"}, **more}]}}


def service(name: str, *ports: int, namespace: str = "apps", **metadata: Any) -> Json:
    spec = {"ports": [{"name": f"p{port}", "port": port} for port in ports or (80,)]}
    return made("Service", name, namespace, spec, "v1", **metadata)


def run(*arguments: str, objects: list[Json]) -> Ran:
    """`curl` on these objects."""
    return gmg("curl", *arguments, "-f", "-", stdin=manifests_text(objects))


def items(*arguments: str, objects: list[Json]) -> list[Json]:
    ran = run(*arguments, "-o", "json", objects=objects)
    assert ran.code in (0, 1), ran.err
    found: list[Json] = ran.json["items"]
    return found


def one(*arguments: str, objects: list[Json]) -> Json:
    (item,) = items(*arguments, objects=objects)
    return item


def goes_to(item: Json) -> list[str]:
    return [each["name"] for each in item["upstream"]["destinations"]] if item["upstream"] else []


PASSED = [
    gateway(tls("PASSTHROUGH")),
    table("sni", "*.test", tls=[by_name("wide", "*.test"), by_name("exact", "a.test", "B.test")]),
    service("wide"),
    service("exact"),
]


def test_a_connection_that_is_passed_through() -> None:
    item = one("https://a.test/x?y", objects=PASSED)
    assert (item["outcome"], goes_to(item)) == ("forward", ["exact"])
    assert {key: item["upstream"][key] for key in ("method", "host", "path")} == dict.fromkeys(
        ("method", "host", "path")
    )
    assert (item["host"]["name"], item["domain"], item["response"]) == ("sni", None, None)
    assert item["route"]["protocol"] == "tls"
    assert item["route"]["connection"]["sniHosts"] == ["a.test", "B.test"]
    assert (item["listener"]["protocol"], item["listener"]["mode"]) == ("TLS", "PASSTHROUGH")
    assert (item["why"], item["notes"]) == ("", [])


@pytest.mark.parametrize(
    "words,wanted",
    [
        (("https://b.TEST/",), ["exact"]),
        (("https://x.test/",), ["wide"]),
        (("https://deep.a.test/",), ["wide"]),
        (("https://test/",), []),
        (("https://any.example/", "--sni", "a.test"), ["exact"]),
        (("https://a.test/", "--sni", "x.test"), ["wide"]),
        (("https://192.0.2.7/",), []),
    ],
    ids=str,
)
def test_the_most_exact_server_name_wins(words: tuple[str, ...], wanted: list[str]) -> None:
    assert goes_to(one(*words, objects=PASSED)) == wanted


def test_candidates_of_a_connection() -> None:
    """The wider route stands first and would take it too, but the more exact name wins."""
    item = one("https://a.test/", objects=PASSED)
    assert [(each["verdict"], each["reason"]) for each in item["candidates"]] == [
        ("late", "ranked after 2"),
        ("match", ""),
    ]
    item = one("https://x.test/", objects=[*PASSED[:1], table("sni", "*.test", tls=PASSED[1]["spec"]["tls"][::-1])])
    assert [(each["verdict"], each["reason"]) for each in item["candidates"]] == [("no", "header sni"), ("match", "")]


def test_why_a_connection_is_closed() -> None:
    near = one("https://a.tset/", objects=PASSED)["why"]
    assert near.startswith("no TLS chain takes a.tset: there is one for a.test, ")
    assert one("https://192.0.2.7/", objects=PASSED)["why"].startswith("the client names no server: there is one for ")
    nothing = one("https://a.test/", objects=[PASSED[0]])
    assert (nothing["outcome"], nothing["why"]) == (
        "connectionClosed",
        "no tls route of any table is for this listener",
    )
    ran = run("https://c.example/", objects=PASSED)
    assert ran.code == 1
    assert "→ the proxy closes the connection: no TLS chain takes c.example" in ran.out


def answering(name: str, namespace: str) -> Json:
    """A table that answers itself, for every host."""
    return table(name, "*", namespace=namespace, http=[{"directResponse": {"status": 200, "body": name}}])


def test_listeners_of_one_port_share_its_server_names() -> None:
    """The one with the more exact name takes the connection, wherever it stands, and whatever it does with TLS."""
    objects = [
        gateway(
            tls("SIMPLE", "*.test", http=True, tables="one"),
            tls("SIMPLE", "a.test", http=True, tables="two"),
            tls("PASSTHROUGH", "*.b.test", tables="three"),
        ),
        answering("one", "one"),
        answering("two", "two"),
        table("three", "*.b.test", namespace="three", tls=[by_name("s", "x.b.test")]),
        service("s"),
    ]

    def bodies(*words: str) -> list[str]:
        return [
            each["response"]["body"] if each["response"] else each["outcome"] for each in items(*words, objects=objects)
        ]

    assert bodies("https://a.test/") == ["two"]
    assert bodies("https://c.test/") == ["one"]
    assert bodies("https://x.b.test/") == ["forward"]
    assert bodies("https://y.b.test/") == ["one"]
    assert bodies("https://other.example/") == ["connectionClosed"] * 3


def test_another_host_within_a_chain_is_404() -> None:
    """`spec/envoy.md` 67: the server name chooses the chain, and the Host header is looked up in there only."""
    objects = [
        gateway(tls("SIMPLE", "a.test", http=True), tls("SIMPLE", "b.test", http=True)),
        table("a", "a.test", http=[{"directResponse": {"status": 200}}]),
        table("b", "b.test", http=[{"directResponse": {"status": 200}}]),
    ]
    item = one("https://a.test/", "--sni", "b.test", objects=objects)
    assert (item["listener"]["index"], item["outcome"], item["response"]["status"]) == (2, "noHost", 404)


def test_a_listener_whose_name_is_taken_is_not_there() -> None:
    objects = [
        gateway(
            tls("SIMPLE", "a.test", http=True, tables="one"), tls("SIMPLE", "c.test", "A.test", http=True, tables="two")
        ),
        answering("one", "one"),
        answering("two", "two"),
    ]
    assert one("https://a.test/", objects=objects)["response"]["body"] == "one"
    second = one("https://c.test/", objects=objects)
    assert (second["listener"]["index"], second["outcome"]) == (2, "connectionClosed")
    assert second["why"] == (
        "the proxy does not get this listener: listener 1, of the same port, is for the server name a.test already"
    )


def test_tls_that_ends_and_is_passed_on() -> None:
    objects = [
        gateway(tls("MUTUAL", "a.test")),
        table("t", "a.test", tcp=[to("first"), to("second")]),
        service("first"),
    ]
    item = one("https://a.test/", objects=objects)
    assert (item["outcome"], goes_to(item)) == ("forward", ["first"])
    assert item["notes"] == ["the client must show a certificate that the listener trusts: this is not checked"]
    shown = run("https://a.test/", objects=objects).out
    assert "what is within TLS goes there as it is" in shown
    assert "the client must show a certificate" in shown


def test_a_plain_connection() -> None:
    objects = [
        gateway(plain(), plain(6379)),
        table("t", "any.test", tcp=[{"matchers": [{"port": 6379}], **to("redis")}, to("db"), to("late")]),
        *(service(name) for name in ("redis", "db", "late")),
    ]
    assert goes_to(one("tcp://any.test:5432", objects=objects)) == ["db"]
    item = one("tcp://127.0.0.1:6379", objects=objects)
    assert (goes_to(item), item["route"]["protocol"]) == (["redis"], "tcp")
    assert [each["verdict"] for each in item["candidates"]] == ["match", "late", "late"]
    assert "a connection to tcp://any.test:5432" in run("tcp://any.test:5432", objects=objects).out
    empty = one("tcp://any.test:5432", objects=[gateway(plain())])
    assert (empty["outcome"], empty["why"]) == ("connectionClosed", "no tcp route of any table is for this listener")


def test_a_destination_that_is_not_there_closes_the_connection() -> None:
    """There is no answer 500 within a connection that nobody reads; a Service that was not read may be there."""
    objects = [gateway(plain()), table("t", "any.test", tcp=[to("gone")]), service("other")]
    assert one("tcp://any.test:5432", objects=objects)["outcome"] == "connectionClosed"
    unread = one("tcp://any.test:5432", objects=objects[:2])
    assert (unread["outcome"], unread["upstream"]["destinations"][0]["resolved"]) == ("forward", "unknown")


AUTO = [
    gateway(tls("AUTO_PASSTHROUGH", port=15443)),
    service("reviews", 9080, 9090),
    made(
        "VirtualDestination",
        "books",
        "apps",
        {
            "hosts": ["books.global", "library.global"],
            "services": [{"labels": {}}],
            "ports": [{"number": 80, "protocol": "HTTP"}],
        },
    ),
]


@pytest.mark.parametrize(
    "name,wanted",
    [
        ("outbound_.9080_._.reviews.apps.svc.cluster.local", ("forward", "reviews", "found")),
        ("OUTBOUND_.9090_._.Reviews.apps.svc.cluster.local", ("forward", "reviews", "found")),
        ("outbound_.80_._.books.global", ("forward", "books", "found")),
        ("outbound_.80_._.library.global", ("forward", "books", "found")),
        ("outbound_.81_._.books.global", ("connectionClosed", None, None)),
        ("outbound_.80_._.reviews.apps.svc.cluster.local", ("connectionClosed", None, None)),
        ("outbound_.9080_._.ratings.apps.svc.cluster.local", ("connectionClosed", None, None)),
        ("outbound_.9080_._.reviews.apps.svc.other.domain", ("connectionClosed", None, None)),
        ("reviews.apps.svc.cluster.local", ("connectionClosed", None, None)),
        ("outbound_.99999_._.books.global", ("connectionClosed", None, None)),
        ("outbound_.x_._.books.global", ("connectionClosed", None, None)),
        ("outbound_.9080_._.ratings.elsewhere.svc.cluster.local", ("forward", "ratings", "unknown")),
    ],
)
def test_a_server_name_that_says_where_to_go(name: str, wanted: tuple[str, str | None, str | None]) -> None:
    item = one("https://192.0.2.1/", "--listener", "15443", "--sni", name, objects=AUTO)
    destinations = item["upstream"]["destinations"] if item["upstream"] else [{"name": None, "resolved": None}]
    assert (item["outcome"], destinations[0]["name"], destinations[0]["resolved"]) == wanted
    assert item["route"] is None
    assert bool(item["why"]) == (item["outcome"] == "connectionClosed")


def test_a_server_name_of_a_federated_service() -> None:
    """12.1: its name in other clusters ends as its workspace says."""
    options = {"federation": {"enabled": True, "hostSuffix": "mesh.test"}}
    settings = made("WorkspaceSettings", "own", "apps", {"options": options}, "admin.gloo.solo.io/v2")
    objects = [AUTO[0], settings, service("far", labels={"cluster.solo.io/cluster": "c2"})]
    item = one("https://192.0.2.1/", "--sni", "outbound_.80_._.far.apps.c2.mesh.test", objects=objects)
    assert (item["outcome"], item["upstream"]["destinations"][0]["name"]) == ("forward", "far")


def test_a_server_name_whose_services_were_not_read() -> None:
    name = "outbound_.9080_.v1_.reviews.apps.svc.cluster.local"
    item = one("https://192.0.2.1/", "--sni", name, objects=AUTO[:1])
    assert (item["outcome"], item["upstream"]["destinations"][0]["resolved"]) == ("forward", "unknown")
    assert item["notes"] == ["whether there is a subset v1 is not known"]


def test_a_server_name_outside_of_the_hosts_of_the_listener() -> None:
    objects = [gateway(tls("AUTO_PASSTHROUGH", "*.global", port=15443)), *AUTO[1:]]
    inside = one("https://192.0.2.1/", "--sni", "outbound_.80_._.books.global", objects=objects)
    outside = "outbound_.9080_._.reviews.apps.svc.cluster.local"
    assert inside["outcome"] == "forward"
    assert one("https://192.0.2.1/", "--sni", outside, objects=objects)["outcome"] == "connectionClosed"


def test_hosts_of_external_services_are_server_names() -> None:
    listener = {**tls("SIMPLE", http=True), "exposedExternalServices": [{"host": "*/Ext.test"}]}
    objects = [gateway(listener), answering("web", GATEWAYS)]
    assert one("https://ext.test/", objects=objects)["response"]["body"] == "web"
    assert one("https://other.test/", objects=objects)["outcome"] == "connectionClosed"


def test_a_connection_of_a_frozen_tree() -> None:
    """`spec/v2.md` 10: a broken rule anywhere in the tree keeps its last accepted configuration."""
    objects = [
        gateway(tls("PASSTHROUGH")),
        table("t", "*.test", tls=[by_name("s", "a.test"), by_name("gone", "b.test")], failureMode="FREEZE_CONFIG"),
        service("s"),
    ]
    item = one("https://a.test/", objects=objects)
    assert (item["outcome"], item["upstream"], item["onceFixed"]["outcome"]) == ("frozen", None, "forward")


def test_every_gateway_answers_for_itself() -> None:
    other = table("other", "*.test", tls=[by_name("wide", "a.test")])
    other["spec"]["virtualGateways"][0]["name"] = "second"
    objects = [*PASSED, gateway(tls("PASSTHROUGH"), name="second"), other]
    assert [(each["gateway"]["name"], goes_to(each)) for each in items("https://a.test/", objects=objects)] == [
        ("edge", ["exact"]),
        ("second", ["wide"]),
    ]
    shown = run("https://any.example/", "--sni", "a.test", "--all", objects=objects).out
    assert shown.count("GET https://any.example/  with server name a.test") == 2
    narrow = one("https://a.test/", "--gateway", "second", objects=objects)
    assert goes_to(narrow) == ["wide"]


@pytest.mark.parametrize("name,passed", [("a.test", True), ("c.example", False)])
def test_a_table_that_was_not_read_may_be_for_the_name(mocker: MockerFixture, name: str, passed: bool) -> None:
    """It may be older, or for a more exact name; what ends TLS closes a connection whatever tables there are."""
    cluster = Cluster(mocker)
    item = cluster.curl(f"https://{name}/", objects=PASSED, RouteTable=NOWHERE)
    assert (item["outcome"] == "forward") == passed
    (cause,) = item["mayDiffer"]
    assert cause["id"] is None
    assert "RouteTable" in cause["reason"]
    assert cluster.curl(f"https://{name}/", objects=PASSED)["mayDiffer"] == []
    ends = [gateway(tls("SIMPLE", "b.test", http=True)), answering("web", GATEWAYS)]
    assert cluster.curl(f"https://{name}/", objects=ends, RouteTable=NOWHERE)["mayDiffer"] == []


def test_expectations_of_connections() -> None:
    expect = ("--expect", "destination=exact.apps", "--expect", "outcome=forward", "--expect", "gateway=edge")
    assert run("https://a.test/", *expect, objects=PASSED).code == 0
    assert run("https://a.test/", "--expect", "path=/", objects=PASSED).code == 1
    assert run("https://c.example/", "--expect", "outcome=connectionClosed", objects=PASSED).code == 1  # negative


def test_many_connections(tmp_path: Any) -> None:
    lines = tmp_path / "requests"
    lines.write_text(
        '{"url": "https://192.0.2.1/", "sni": "a.test", "expect": {"destination": "exact.apps"}}\n'
        '{"url": "https://192.0.2.1/", "sni": "x.test"}\nGET https://c.example/\n'
    )
    ran = run("--requests", str(lines), "-o", "json", objects=PASSED)
    assert [goes_to(each) for each in ran.json["items"]] == [["exact"], ["wide"], []]
    shown = run("--requests", str(lines), objects=PASSED).out
    assert "exact.apps" in shown
    assert "no TLS chain takes c.example" in shown


def test_a_redirect_to_https_lands_in_the_right_chain() -> None:
    objects = [
        gateway(
            {"port": {"number": 80}, "http": {}, "httpsRedirect": True},
            tls("SIMPLE", "*.test", http=True),
            tls("PASSTHROUGH", "a.test"),
        ),
        table("web", "*.test", http=[{"directResponse": {"status": 200, "body": "web"}}]),
        table("sni", "a.test", tls=[by_name("s", "a.test")]),
        service("s"),
    ]
    item = one("http://a.test/x", "-L", objects=objects)
    assert (item["listener"]["index"], item["outcome"], goes_to(item)) == (3, "forward", ["s"])
    assert [each["location"] for each in item["redirects"]] == ["https://a.test/x"]
    other = one("http://b.test/x", "-L", objects=objects)
    assert (other["listener"]["index"], other["response"]["body"]) == (2, "web")


def test_connections_of_the_first_generation_are_not_simulated() -> None:
    """`spec/v1beta1.md` D-2."""
    handler = {"tcp": {"tcpHosts": [{"name": "db", "destination": {"static": {"name": "db", "namespace": "ns"}}}]}}
    spec = {"ingressGatewaySelectors": [{"portName": "tcp"}], "connectionHandlers": [handler]}
    old = made("VirtualGateway", "gw", "ns", spec, "networking.enterprise.mesh.gloo.solo.io/v1beta1")
    assert one("tcp://h.example:5432", objects=[old])["outcome"] == "notSimulated"


@pytest.mark.parametrize(
    ("url", "chain"),
    [
        ("https://a.x.test/", "chain    MUTUAL of listener 2, for a.x.test"),
        ("https://b.x.test/", "chain    SIMPLE of listener 1, for *.x.test"),
        ("https://p.test/", "chain    PASSTHROUGH of listener 3, for p.test"),
        ("https://nobody.test/", ""),
        ("http://a.x.test/", ""),
    ],
)
def test_people_are_told_which_chain_it_is(url: str, chain: str) -> None:
    """Listeners of one port look alike otherwise."""
    listeners = (
        tls("SIMPLE", "*.x.test", http=True),
        tls("MUTUAL", "a.x.test", http=True),
        tls("PASSTHROUGH", "p.test"),
    )
    answer: Json = {"http": [{"directResponse": {"status": 200}}], "tls": [by_name("web", "p.test")]}
    root = table("all", "*.x.test", "p.test", **answer)
    plain_text = {"port": {"number": 80}, "http": {}}
    ran = run(url, objects=[gateway(*listeners, plain_text), root, service("web")])
    assert [each for each in ran.out.splitlines() if each.startswith("chain")] == ([chain] if chain else [])
