"""Routes for whole connections as the commands list them (`spec/cli.md` 2.2, 4.1, 5.2, 6.5, 6.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.run import gmg

MANIFESTS = """
apiVersion: admin.gloo.solo.io/v2
kind: Workspace
metadata: {name: all, namespace: gloo-mesh}
spec: {workloadClusters: [{name: "*", namespaces: [{name: "*"}]}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: VirtualGateway
metadata: {name: edge, namespace: gateways}
spec:
  listeners:
  - {tcp: {}, port: {number: 443}, tls: {mode: PASSTHROUGH}}
  - {tcp: {}, port: {number: 9000}}
  - {http: {}, port: {number: 80}}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: apps, labels: {app: db}}
spec: {ports: [{name: main, port: 5432}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: old, namespace: gateways, creationTimestamp: "2023-01-01T00:00:00Z", labels: {team: edge}}
spec:
  hosts: ["*.shop.test"]
  virtualGateways: [{name: edge}]
  tls:
  - matchers: [{sniHosts: [pay.shop.test]}]
    forwardTo: {destinations: [{ref: {name: db, namespace: apps}, port: {number: 5432}}]}
  - matchers: [{sniHosts: ["*.shop.test"]}, {sniHosts: [pay.other.test]}]
    forwardTo: {destinations: [{ref: {name: db, namespace: apps}, port: {number: 5432}}]}
  tcp:
  - forwardTo: {destinations: [{ref: {name: db, namespace: apps}, port: {number: 5432}}]}
  http:
  - {name: web, forwardTo: {destinations: [{ref: {name: db, namespace: apps}, port: {number: 5432}}]}}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: young, namespace: apps, creationTimestamp: "2024-01-01T00:00:00Z"}
spec:
  hosts: [pay.shop.test, new.shop.test]
  virtualGateways: [{name: edge, namespace: gateways}]
  tls:
  - matchers: [{sniHosts: [PAY.shop.test, new.shop.test]}]
    forwardTo: {destinations: [{ref: {name: db}, port: {number: 5432}}]}
  tcp:
  - forwardTo: {destinations: [{ref: {name: db}, port: {number: 5432}}]}
---
apiVersion: resilience.policy.gloo.solo.io/v2
kind: ConnectionPolicy
metadata: {name: limits, namespace: apps}
spec: {applyToDestinations: [{selector: {labels: {app: db}}}], config: {}}
"""

DEAD = ["apps:young/tls[0]", "apps:young/tcp[0]"]
"""One repeats a server name of the older table, one stands behind its TCP route."""
TLS = ["old/tls[0]", "old/tls[1]"]
HTTP, TCP = ["old/web"], ["old/tcp[0]"]


def shown(*arguments: str) -> str:
    ran = gmg(*arguments, "-f", "-", stdin=MANIFESTS)
    assert ran.code == 0, ran.err
    return ran.out


def ids(*flags: str) -> list[str]:
    return shown("routes", "-o", "name", *flags).splitlines()


def test_every_route_is_listed_once_in_order() -> None:
    """Listeners as written, routes by index, a dropped one at its place."""
    assert ids() == [*TLS, DEAD[0], *TCP, DEAD[1], *HTTP]


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        (("--host", "pay.shop.test"), ["old/tls[0]", *HTTP]),
        (("--host", "PAY.shop.test"), ["old/tls[0]", *HTTP]),
        (("--host", "new.shop.test"), ["old/tls[1]", *HTTP]),
        (("--shadowed",), DEAD),
        (("--no-shadowed",), [*TLS, *TCP, *HTTP]),
        (("-n", "apps"), DEAD),
        (("-l", "team=edge"), [*TLS, *TCP, *HTTP]),
        (("--policy", "apps/limits"), [*TLS, DEAD[0], *TCP, DEAD[1], *HTTP]),
    ],
    ids=str,
)
def test_flags_narrow_connections_as_well(flags: tuple[str, ...], kept: list[str]) -> None:
    assert ids(*flags) == kept


def test_an_unknown_host_is_told_with_server_names_that_there_are() -> None:
    ran = gmg("routes", "-f", "-", "--host", "pay.shop.tst", stdin=MANIFESTS)
    assert (ran.code, "  pay.shop.test\n" in ran.err, "young" in ran.err) == (4, True, False)


def rows_of(text: str) -> list[str]:
    """The lines of a text without their padding."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_people_see_server_names_where_http_has_paths() -> None:
    rows = rows_of(shown("routes"))
    assert "gateway gateways/edge :443 · TLS connections *.shop.test, pay.shop.test, new.shop.test" in rows
    assert "1 sni pay.shop.test old/tls[0] db.apps:5432" in rows
    dropped = "(dropped, an earlier route has its server name)"
    assert f"- sni PAY.shop.test, new.shop.test dead apps:young/tls[0] db.apps:5432 {dropped}" in rows
    assert "gateway gateways/edge :9000 · TCP connections" in rows
    assert "2 any connection dead apps:young/tcp[0] db.apps:5432" in rows
    assert "gateway gateways/edge :80 · host *.shop.test" in rows


@pytest.mark.parametrize("flags", [("-o", "wide"), ("-o", "csv"), ("-o", "markdown")], ids=str)
def test_every_listing_has_the_whole_condition(flags: tuple[str, ...]) -> None:
    text = shown("routes", "--all-routes", *flags)
    for words in ("sni PAY.shop.test, new.shop.test", "sni pay.other.test", "any connection"):
        assert words in text


def test_left_out_matches_are_listed_when_asked_for() -> None:
    lost = set(shown("routes", "--all-routes").splitlines()) - set(shown("routes").splitlines())
    assert any("pay.other.test" in line and "left out: GMG303" in line for line in lost)


def nodes(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for node in tree for each in (node, *nodes(node["children"]))]


def test_the_tree_has_rules_for_connections() -> None:
    """Their nodes have no HTTP matches (`spec/cli.md` 6.5); labels tell the server names."""
    ran = gmg("tree", "-f", "-", "-o", "json", stdin=MANIFESTS)
    found = {(each["type"], each["id"] or each["label"]): each for each in nodes(ran.json["items"])}
    rule = found["rule", "tls[1]  sni *.shop.test, sni pay.other.test"]
    assert (rule["matches"], rule["action"]["type"]) == ([], "forward")
    route = found["route", "old/tls[0]"]
    assert (route["matches"], route["index"]) == ([], 1)
    assert route["label"].startswith("#1 sni pay.shop.test → db.apps:5432")
    assert found["route", "old/web"]["matches"]
    assert [each["ref"]["name"] for each in ran.json["items"]] == ["edge"]


def test_the_tree_says_why_a_connection_does_not_get_there() -> None:
    rows = rows_of(shown("tree"))
    dropped = "- sni PAY.shop.test, new.shop.test → db.apps:5432 dropped, an earlier route has its server name"
    assert any(row.endswith(dropped) for row in rows)
    assert any("sni pay.other.test" in row and row.endswith("left out: GMG303") for row in rows)


@pytest.mark.parametrize("target", ["old/tls[0]", "gateways/edge/*.shop.test#1"], ids=str)
def test_a_place_means_the_http_route_of_a_host(target: str) -> None:
    """A domain of a TLS table need not be a host (`spec/cli.md` 4.1)."""
    found = gmg("explain", target, "-f", "-", "-o", "json", stdin=MANIFESTS).json["items"]
    wanted = "old/web" if "#" in target else "old/tls[0]"
    assert {each["key"].split("/", 4)[-1].split("@")[0] for each in found} == {wanted}


def explained(target: str) -> str:
    return " ".join(shown("explain", target).split())


def test_a_dropped_route_names_who_has_its_server_name() -> None:
    text = explained("apps:young/tls[0]")
    assert "No connection gets to it: #1 tls[0] of RouteTable gateways/old has pay.shop.test" in text
    assert "the client asks for server name new.shop.test RouteTable apps/young spec.tls[0].matchers[0]" in text
    assert "if it were served, every connection goes to db.apps port 5432" in text


def test_a_route_behind_the_first_tcp_route_says_so() -> None:
    text = explained("apps:young/tcp[0]")
    assert "No connection gets to it: #1 tcp[0] of RouteTable gateways/old gets every connection first" in text
    assert "it takes any connection to the listener" in text


def test_nothing_is_said_of_paths_or_parents() -> None:
    text = explained("old/tls[1]")
    assert "server name pay.other.test is not within the hosts of RouteTable gateways/old, *.shop.test" in text
    for word in ("path", "prefix", "parent", "request"):
        assert word not in text


def test_the_objects_are_explained_with_their_connections() -> None:
    table, gateway = explained("rt/apps/young"), explained("vg/edge")
    assert "listener 1 (port 443) serves it for TLS connections to *.shop.test, pay.shop.test, new.shop.test" in table
    assert "#2 tcp[0] can never match: old/tcp[0] answers first" in table
    assert "3 listeners, 1 host served; 2 listeners with routes for whole connections" in gateway
    assert "#1 tls[0] sends 100% of its connections to db.apps" in explained("service/db.apps")


def test_a_url_is_told_with_the_more_exact_name() -> None:
    text = explained("https://pay.shop.test")
    assert "It goes to db.apps port 5432. #1 tls[0]: sni pay.shop.test" in text
    assert "#2 tls[1] (match 1 of 2) (server name *.shop.test) matches too, but its server name is less exact" in text


def test_why_the_one_stands_before_the_other() -> None:
    text = " ".join(shown("explain", "old/tcp[0]", "--versus", "apps:young/tcp[0]").split())
    assert "created 2023-01-01T00:00:00Z" in text
    assert "created 2024-01-01T00:00:00Z" in text
    assert "catch-all" not in text


def test_a_place_cannot_be_tried() -> None:
    ran = gmg("explain", "old/tls[1]", "--what-if", "position=1", "-f", "-", stdin=MANIFESTS)
    assert (ran.code, "the most specific server name wins" in ran.err) == (2, True)
