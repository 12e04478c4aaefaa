"""Routes for whole connections: what a listener carries, and what of it a connection can get (`spec/v2.md` 3.3, 4.6).

What is expected is worked out here from the rules of the specification and from what Istio does with equal names.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_gmg.model.resolved import Host
from kubectl_gmg.pipeline import Session, Settings
from tests.run import gmg, manifests_text, routes_json

Json = dict[str, Any]
NETWORKING = "networking.gloo.solo.io/v2"
TO_DB = {"destinations": [{"ref": {"name": "db"}, "port": {"number": 5432}}]}
TLS, TCP = "tls", "tcp"


def thing(kind: str, name: str, spec: Json, api: str = NETWORKING, **metadata: Any) -> Json:
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": "n", **metadata},
        "spec": spec,
    }


def service(name: str = "db", port: int = 5432) -> Json:
    return thing("Service", name, {"ports": [{"name": "main", "port": port}]}, "v1", labels={"app": name})


def gateway(*listeners: Json) -> Json:
    return thing("VirtualGateway", "edge", {"listeners": list(listeners)})


def passthrough(port: int = 443, *allowed: str) -> Json:
    entries = {"allowedRouteTables": [{"host": each} for each in allowed]} if allowed else {}
    return {"tcp": {}, "port": {"number": port}, "tls": {"mode": "PASSTHROUGH"}, **entries}


def plain(port: int = 9000) -> Json:
    return {"tcp": {}, "port": {"number": port}}


def table(name: str = "root", hosts: tuple[str, ...] = ("*.x.test",), created: str = "", **spec: Any) -> Json:
    metadata = {"creationTimestamp": created} if created else {}
    labels = spec.pop("labels", None)
    metadata |= {"labels": labels} if labels else {}
    return thing("RouteTable", name, {"hosts": list(hosts), "virtualGateways": [{"name": "edge"}], **spec}, **metadata)


def sni(*names: str, to: Json | None = None, port: int | None = None) -> Json:
    matcher: Json = {"sniHosts": list(names), **({"port": port} if port else {})}
    return {"matchers": [matcher], "forwardTo": to or TO_DB}


def tcp(port: int | None = None) -> Json:
    return {**({"matchers": [{"port": port}]} if port else {}), "forwardTo": TO_DB}


def items(manifests: list[Json], *flags: str) -> list[Json]:
    found: list[Json] = routes_json([*manifests, service()], *flags)["items"]
    return found


def told(found: list[Json]) -> list[tuple[str, int | None, tuple[str, ...]]]:
    """Of each item the id, the place, and the server names."""
    return [(each["id"], each["index"], tuple(each["connection"]["sniHosts"])) for each in found]


# What a listener carries (3.3 rule 4).

CERTIFIED = {"secretName": "cert"}
LISTENERS: dict[str, tuple[Json, str | None]] = {
    "http": ({"http": {}, "port": {"number": 443}}, "http"),
    "https": ({"http": {}, "port": {"number": 443}, "tls": {"mode": "SIMPLE", **CERTIFIED}}, "http"),
    "tcp": (plain(443), TCP),
    "passthrough": (passthrough(), TLS),
    "mode left out": ({"tcp": {}, "port": {"number": 443}, "tls": {}}, TLS),
    "simple": ({"tcp": {}, "port": {"number": 443}, "tls": {"mode": "SIMPLE", **CERTIFIED}}, TCP),
    "mutual": ({"tcp": {}, "port": {"number": 443}, "tls": {"mode": "MUTUAL", **CERTIFIED}}, TCP),
    "istio mutual": ({"tcp": {}, "port": {"number": 443}, "tls": {"mode": "ISTIO_MUTUAL"}}, TCP),
    "auto": ({"tcp": {}, "port": {"number": 443}, "tls": {"mode": "AUTO_PASSTHROUGH"}}, None),
}


@pytest.mark.parametrize("kind", LISTENERS)
def test_a_listener_carries_one_section(kind: str) -> None:
    listener, carried = LISTENERS[kind]
    every = table(http=[{"name": "web", "forwardTo": TO_DB}], tls=[sni("a.x.test")], tcp=[tcp()])
    found = items([gateway(listener), every])
    assert [each["protocol"] for each in found] == ([carried] if carried else [])


def test_the_item_of_a_connection() -> None:
    """The contract of `spec/cli.md` 4.2 and 6.2."""
    labelled = table(tls=[sni("a.x.test", port=443)], labels={"team": "db"})
    (item,) = items([gateway(passthrough()), labelled])
    assert item["id"] == "root/tls[0]"
    assert item["key"] == "n/edge/1/-/root/tls[0]@1"
    assert (item["protocol"], item["match"]) == ("tls", None)
    assert item["connection"] == {"sniHosts": ["a.x.test"], "ports": [443]}
    assert item["action"]["type"] == "forward"
    assert item["action"]["destinations"][0]["address"].startswith("db.n.svc.")
    assert (item["labels"], item["hops"][0]["field"]) == ({"team": "db"}, "spec.tls[0]")
    assert item["host"] == item["roots"][0]
    assert (item["domains"], item["unreachable"]) == (["*.x.test"], None)


def test_ids_are_those_of_no_http_rule() -> None:
    """An http rule may be called like the section, and one without a name stands at the same place of its list."""
    rules = [{"name": "tls[0]", "forwardTo": TO_DB}, {"forwardTo": TO_DB}]
    web = {"http": {}, "port": {"number": 80}}
    every = table(http=rules, tls=[sni("a.x.test")], tcp=[tcp()])
    found = items([gateway(web, passthrough(), plain()), every])
    assert {each["id"] for each in found} == {"root/tls%5B0%5D", "root/[1]", "root/tls[0]", "root/tcp[0]"}


# Server names.


def test_names_outside_of_the_hosts_are_not_there() -> None:
    rule = {"matchers": [{"sniHosts": ["a.x.test", "a.y.test"]}, {"sniHosts": ["*.test"]}], "forwardTo": TO_DB}
    given = [gateway(passthrough()), table(tls=[rule])]
    assert told(items(given)) == [("root/tls[0]", 1, ("a.x.test",))]
    lost = items(given, "--all-routes")[1]
    assert (lost["matchIndex"], lost["index"], lost["status"], lost["because"]) == (2, None, "invalid", ["GMG303"])


def test_a_listener_narrows_names() -> None:
    given = [
        gateway(passthrough(443, "a.x.test", "*.b.x.test", "elsewhere.test")),
        table(tls=[sni("*.x.test"), sni("c.b.x.test"), sni("other.x.test")]),
    ]
    assert told(items(given, "--all-routes")) == [
        ("root/tls[0]", 1, ("a.x.test", "*.b.x.test")),
        ("root/tls[1]", 2, ("c.b.x.test",)),
    ]


def test_a_repeated_name_drops_the_whole_match_and_frees_its_others() -> None:
    rules = [sni("a.x.test"), sni("b.x.test", "A.x.test"), sni("B.x.test"), sni("c.x.test")]
    found = items([gateway(passthrough()), table(tls=rules)])
    assert [(each["id"][-6:], each["index"]) for each in found] == [
        ("tls[0]", 1),
        ("tls[1]", None),
        ("tls[2]", 2),
        ("tls[3]", 3),
    ]
    assert [each["status"] for each in found] == ["ok"] * 4
    why = [each["unreachable"] and (each["unreachable"]["proof"], each["unreachable"]["by"]) for each in found]
    assert why == [None, ("dropped", ["root/tls[0]"]), None, None]


def test_the_oldest_table_keeps_a_name() -> None:
    young = table("a-young", created="2024-05-01T00:00:00Z", tls=[sni("a.x.test")])
    old = table("z-old", created="2023-05-01T00:00:00Z", tls=[sni("a.x.test")])
    undated = table("b-undated", tls=[sni("a.x.test")])
    found = items([gateway(passthrough()), undated, young, old])
    assert told(found) == [
        ("z-old/tls[0]", 1, ("a.x.test",)),
        ("a-young/tls[0]", None, ("a.x.test",)),
        ("b-undated/tls[0]", None, ("a.x.test",)),
    ]
    assert found[0]["host"]["name"] == "z-old"
    assert [each["name"] for each in found[0]["roots"]] == ["z-old", "a-young", "b-undated"]


class Match(NamedTuple):
    names: tuple[str, ...]
    port: int | None


class Root(NamedTuple):
    hosts: tuple[str, ...]
    created: str
    matches: tuple[Match, ...]


POOL = ("*", "*.test", "*.x.test", "a.x.test", "b.x.test", "*.b.x.test", "c.b.x.test", "A.X.test", "y.test")
NAMES = st.lists(st.sampled_from(POOL), min_size=1, max_size=3, unique=True).map(tuple)
ROOTS = st.lists(
    st.builds(
        Root,
        NAMES,
        st.sampled_from(["", "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z"]),
        st.lists(st.builds(Match, NAMES, st.sampled_from([None, 443, 444])), max_size=3).map(tuple),
    ),
    max_size=3,
)


def subset(narrow: str, wide: str) -> bool:
    """Whether a wide name, which may have a star in front, has all names of a narrow one."""
    narrow, wide = narrow.lower(), wide.lower()
    return narrow == wide or (wide[0] == "*" and narrow.removeprefix("*").endswith(wide[1:]))


def expected(roots: list[Root], allowed: tuple[str, ...]) -> list[tuple[str, int | None, frozenset[str], bool]]:
    """The id, place and server names of every match, and whether it was dropped; by the rules, one after the other."""
    order = sorted(enumerate(roots), key=lambda each: (each[1].created == "", each[1].created, each[0]))
    named: set[str] = set()
    found: list[tuple[str, int | None, frozenset[str], bool]] = []
    for number, root in order:
        pairs = [(host, other) for host in root.hosts for other in allowed or ("*",)]
        admitted = {one if subset(one, two) else two for one, two in pairs if subset(one, two) or subset(two, one)}
        for place, match in enumerate(root.matches):
            own = [name for name in match.names if any(subset(name, host) for host in root.hosts)]
            if match.port == 444 or not admitted:
                continue
            name = f"r{number}/tls[{place}]"
            if not own:
                found.append((name, None, frozenset(each.lower() for each in match.names), False))
                continue
            here = chain.from_iterable(
                [each] if any(subset(each, other) for other in admitted) else [o for o in admitted if subset(o, each)]
                for each in own
            )
            names = frozenset(each.lower() for each in here)
            if names:
                dropped = not named.isdisjoint(names)
                served = 1 + sum(row[1] is not None for row in found)
                found.append((name, None if dropped else served, names, dropped))
                named |= set() if dropped else names
    return found


def streams_of(manifests: list[Json]) -> Host | None:
    """The routes for connections of the only listener."""
    text = manifests_text(manifests).encode()
    (found,) = Session(Settings(filename=("-",), stdin=lambda: text)).resolved.gateways
    return found.listeners[0].streams


@settings(max_examples=120, deadline=None)
@given(roots=ROOTS, allowed=st.one_of(st.just(()), NAMES))
def test_generated_server_names(roots: list[Root], allowed: tuple[str, ...]) -> None:
    given = [
        table(f"r{number}", each.hosts, each.created, tls=[sni(*m.names, port=m.port) for m in each.matches])
        for number, each in enumerate(roots)
    ]
    host = streams_of([gateway(passthrough(443, *allowed)), *given])
    rows = host.rows if host else ()
    assert [
        (
            f"{row.root.ref.name}/{row.terminal.rules[-1].segment}",
            row.index,
            frozenset(name.lower() for name in row.connection.sni_hosts),
            row.dropped,
        )
        for row in rows
        if row.connection
    ] == expected(roots, allowed)


# TCP.


def test_the_first_tcp_route_of_a_port_gets_all() -> None:
    given = [gateway(plain(9000), plain(9001)), table(tcp=[tcp(9001), tcp(), tcp(9000)])]
    found = items(given)
    assert [(each["listener"]["port"], each["id"], each["index"]) for each in found] == [
        (9000, "root/tcp[1]", 1),
        (9000, "root/tcp[2]", 2),
        (9001, "root/tcp[0]", 1),
        (9001, "root/tcp[1]", 2),
    ]
    by = [each["unreachable"]["by"] if each["unreachable"] else [] for each in found]
    assert by == [[], ["root/tcp[1]"], [], ["root/tcp[0]"]]
    assert found[1]["unreachable"]["proof"] == "exact"
    assert found[1]["connection"] == {"sniHosts": [], "ports": [9000]}


def test_only_the_first_listener_of_a_port_with_a_server_name_counts() -> None:
    """A later one that has it too is rejected as a whole, and of plain TCP there can be one for a port (3.2 rule 7)."""
    listeners = [passthrough(443, "a.x.test"), passthrough(443, "b.x.test", "a.x.test"), plain(), plain()]
    found = items([gateway(*listeners), table(tls=[sni("a.x.test"), sni("b.x.test")], tcp=[tcp()])])
    dead = [(each["listener"]["index"], each["id"]) for each in found if each["unreachable"]]
    assert dead == [(2, "root/tls[0]"), (2, "root/tls[1]"), (4, "root/tcp[0]")]
    assert {each["unreachable"]["proof"] for each in found if each["unreachable"]} == {"disabled"}


def test_what_a_listener_is_for_is_not_taken_before_a_route_has_it() -> None:
    """The first listener admits no table of this namespace, so its name is free for a route of the second one."""
    listeners = [passthrough(443, "elsewhere/a.x.test"), passthrough(443, "*.x.test")]
    given = [gateway(*listeners), table(tls=[sni("a.x.test")]), service()]
    (item,) = items(given[:2])
    assert (item["listener"]["index"], item["unreachable"]) == (2, None)
    ran = gmg("curl", "https://a.x.test/", "-f", "-", "-o", "json", stdin=manifests_text(given))
    assert [each["outcome"] for each in ran.json["items"]] == ["forward"]


# What is broken (8.7, 10, DEC-27).

GONE = {"destinations": [{"ref": {"name": "gone"}, "port": {"number": 1}}]}


def states(manifests: list[Json]) -> dict[str, tuple[str, list[str], bool]]:
    """The status of each route, why, and whether the proxy has it."""
    found = items(manifests, "--all-routes")
    return {each["id"]: (each["status"], each["because"], each["index"] is not None) for each in found}


@pytest.mark.parametrize(
    ("to", "code"),
    [
        (GONE, "GMG411"),
        ({"destinations": [{"ref": {"name": "db"}, "port": {"number": 1}}]}, "GMG412"),
        ({"destinations": []}, "GMG410"),
        ({"destinations": [{"ref": {"name": "db"}, "weight": 70}, {"ref": {"name": "db"}, "weight": 70}]}, "GMG416"),
        ({"destinations": [{"port": {"number": 5432}}]}, "GMG410"),
        ({"destinations": "db"}, "GMG002"),
    ],
    ids=["missing", "port", "none", "weights", "nameless", "no list"],
)
def test_a_broken_rule_is_left_out(to: Json, code: str) -> None:
    """A connection cannot be answered with an error, so nothing stands in its place; its name is free."""
    found = states([gateway(passthrough()), table(tls=[sni("a.x.test", to=to), sni("a.x.test")])])
    assert found["root/tls[0]"] == ("invalid", [code], False)
    assert found["root/tls[1]"] == ("ok", [], True)


def test_a_tcp_route_goes_to_no_external_service() -> None:
    outside = {"destinations": [{"kind": "EXTERNAL_SERVICE", "ref": {"name": "db"}}]}
    found = states([gateway(plain()), table(tcp=[{"forwardTo": outside}])])
    assert found == {"root/tcp[0]": ("invalid", ["GMG003"], False)}


def test_what_nobody_looked_for_is_not_missing() -> None:
    (item,) = routes_json([gateway(passthrough()), table(tls=[sni("a.x.test", to=GONE)])])["items"]
    assert (item["status"], item["index"]) == ("ok", 1)
    assert item["action"]["destinations"][0]["resolved"] == "unknown"


def test_a_tree_is_frozen_by_either_kind_of_rule() -> None:
    web, good, bad = {"http": {}, "port": {"number": 80}}, [sni("a.x.test")], [sni("b.x.test", to=GONE)]
    edge = gateway(web, passthrough(), plain())
    frozen: Json = {"failureMode": "FREEZE_CONFIG", "tcp": [tcp()]}
    rule = {"name": "web", "forwardTo": TO_DB}
    by_tls = states([edge, table(http=[rule], tls=[*good, *bad], **frozen)])
    assert by_tls == {
        "root/web": ("frozen", ["GMG411"], True),
        "root/tls[0]": ("frozen", ["GMG411"], True),
        "root/tls[1]": ("invalid", ["GMG411"], False),
        "root/tcp[0]": ("frozen", ["GMG411"], True),
    }
    by_http = states([edge, table(http=[{**rule, "forwardTo": GONE}], tls=good, **frozen)])
    assert [state for state, _, _ in by_http.values()] == ["frozen"] * 3
    sound = states([edge, table(http=[rule], tls=good, **frozen)])
    assert {state for state, _, _ in sound.values()} == {"ok"}


# Policies (11.2): what acts on requests has nothing to do with connections.


def policy(kind: str, name: str, spec: Json) -> Json:
    group = "security" if kind == "CORSPolicy" else "resilience"
    return thing(kind, name, spec, f"{group}.policy.gloo.solo.io/v2")


def test_only_policies_of_destinations_and_listeners_reach_connections() -> None:
    labels = {"team": "db"}
    web = {"http": {}, "port": {"number": 80}}
    on_routes = {"applyToRoutes": [{"route": {"labels": labels}}], "config": {"requestTimeout": "2s"}}
    on_db = {"applyToDestinations": [{"selector": {"labels": {"app": "db"}}}], "config": {}}
    every = table(http=[{"name": "web", "forwardTo": TO_DB}], tls=[sni("a.x.test")], labels=labels)
    found = items(
        [
            gateway(web, passthrough()),
            every,
            policy("RetryTimeoutPolicy", "slow", on_routes),
            policy("ConnectionPolicy", "sick", on_db),
            policy("ListenerConnectionPolicy", "lazy", {"applyToListeners": [{"port": {"number": 443}}], "config": {}}),
        ]
    )
    uses = {each["id"]: sorted(use["ref"]["name"] for use in each["policies"]) for each in found}
    assert uses == {"root/web": ["sick", "slow"], "root/tls[0]": ["lazy", "sick"]}


# Findings.

ADMIN = "admin.gloo.solo.io/v2"
EVERYWHERE = {"workloadClusters": [{"name": "*", "namespaces": [{"name": "*"}]}]}
WORKSPACE = thing("Workspace", "all", EVERYWHERE, ADMIN)


def codes(*manifests: Json) -> set[str]:
    ran = gmg("check", "-f", "-", "-o", "json", stdin=manifests_text([*manifests, service()]))
    return {each["code"] for each in ran.json["items"]}


def test_a_table_with_connections_only_is_served() -> None:
    """Neither the gateway nor the table lacks anything, and no finding speaks of HTTP."""
    found = codes(WORKSPACE, gateway(passthrough(), plain()), table(tls=[sni("a.x.test")], tcp=[tcp()]))
    assert not {code for code in found if code[:4] in ("GMG1", "GMG2", "GMG3", "GMG4")}


def test_a_listener_that_carries_nothing_of_a_table_does_not_bind_it() -> None:
    settled = thing("WorkspaceSettings", "all", {}, ADMIN)
    assert "GMG117" in codes(WORKSPACE, settled, gateway(passthrough()), table(tcp=[tcp()]))
    assert "GMG117" in codes(WORKSPACE, settled, gateway(plain()), table(tls=[sni("a.x.test")]))


def test_dead_rules_and_foreign_names_are_found() -> None:
    rules = [sni("a.x.test"), sni("a.x.test"), sni("b.y.test")]
    ran = gmg(
        *("check", "-f", "-", "-o", "json"),
        stdin=manifests_text([gateway(passthrough(), plain()), table(tls=rules, tcp=[tcp(), tcp()]), service()]),
    )
    found = {(each["code"], each["at"]["field"]) for each in ran.json["items"] if each["code"] in ("GMG301", "GMG303")}
    assert found == {
        ("GMG301", "spec.tls[1]"),
        ("GMG301", "spec.tcp[1]"),
        ("GMG303", "spec.tls[2].matchers[0].sniHosts[0]"),
    }


def test_a_rule_that_any_listener_needs_is_not_dead() -> None:
    assert "GMG301" not in codes(gateway(plain(9000), plain(9001)), table(tcp=[tcp(9000), tcp()]))


def checked(*manifests: Json) -> Json:
    ran = gmg("check", "-f", "-", "-o", "json", stdin=manifests_text([*manifests, service()]))
    found: Json = ran.json
    return found


def test_the_match_that_has_the_name_is_named() -> None:
    """Of a rule with several matches the one that takes the name, as its author wrote it."""
    first = {"matchers": [{"sniHosts": ["a.x.test"]}, {"sniHosts": ["*.X.test"]}], "forwardTo": TO_DB}
    given = [gateway(passthrough()), table(tls=[first, sni("*.x.test", "z.x.test")])]
    (found,) = (each for each in checked(*given)["items"] if each["code"] == "GMG301")
    assert found["message"].endswith("rule tls[0] of RouteTable n/root has server name *.X.test already")
    ran = gmg("explain", "root/tls[1]", "-f", "-", stdin=manifests_text([*given, service()]))
    assert "#2 tls[0] (match 2 of 2) of RouteTable n/root has *.X.test" in " ".join(ran.out.split())


def test_a_rule_that_only_a_lost_listener_has_is_found() -> None:
    listeners = [plain(), plain(), passthrough(443, "a.x.test"), passthrough(443, "b.x.test", "a.x.test")]
    every = table(tls=[sni("a.x.test"), sni("b.x.test")], tcp=[tcp()])
    found = {(each["code"], each["at"]["field"]) for each in checked(gateway(*listeners), every)["items"]}
    assert found >= {("GMG125", "spec.listeners[1]"), ("GMG125", "spec.listeners[3]"), ("GMG301", "spec.tls[1]")}
    assert ("GMG301", "spec.tls[0]") not in found
    assert ("GMG301", "spec.tcp[0]") not in found


def test_all_answers_agree_on_a_listener_that_the_proxy_does_not_get() -> None:
    """Its HTTP routes are dead as well: the server name leads nowhere (`spec/envoy.md` 67)."""
    ended = {"http": {}, "port": {"number": 443}, "tls": {"mode": "SIMPLE", **CERTIFIED}}
    admits = [[{"host": "a.x.test"}], [{"host": "b.x.test"}, {"host": "A.x.test"}]]
    edge = gateway(*({**ended, "allowedRouteTables": each} for each in admits))
    given = [edge, table(http=[{"name": "web", "forwardTo": TO_DB}])]
    judged = [(each["listener"]["index"], each["unreachable"], each["witness"] is None) for each in items(given)]
    assert judged == [(1, None, False), (2, {"by": [], "proof": "disabled", "request": None}, True)]
    ran = gmg("curl", "https://b.x.test/", "-f", "-", "-o", "json", stdin=manifests_text([*given, service()]))
    assert {each["outcome"] for each in ran.json["items"]} == {"connectionClosed"}
    told = " ".join(gmg("explain", "vg/n/edge", "-f", "-", stdin=manifests_text([*given, service()])).out.split())
    assert "listener 1, of the same port, is for the server name a.x.test already" in told
    assert "can never match: no request comes to its host or listener" in told


def test_check_and_routes_count_the_same_routes() -> None:
    rules = [sni("a.x.test"), sni("a.x.test"), sni("b.x.test", to=GONE)]
    web = {"http": {}, "port": {"number": 80}}
    given = [
        gateway(web, passthrough(), plain()),
        table(tls=rules, tcp=[tcp()]),
        table("web", http=[{"forwardTo": TO_DB}]),
    ]
    summary = checked(*given)["summary"]
    assert summary["routes"] == len(items(given, "--all-routes")) == 5
    assert summary["hosts"] == 2


# The first generation lists what a handler for plain connections sends where (`spec/v1beta1.md` 2.1, D-2).

FIRST = "networking.enterprise.mesh.gloo.solo.io/v1beta1"


def handler(mode: str | None, *names: str) -> Json:
    secured = {"connectionOptions": {"sslConfig": {"tlsMode": mode}}} if mode else {}
    hosts = [
        {"name": "db", "destination": {"kube": {"name": "db", "namespace": "n", "clusterName": "c"}, "weight": 3}},
        {"name": "shared", "destination": {"virtual": {"name": "all", "namespace": "n"}}},
        {"name": "old", "destination": {"static": {"name": "out", "namespace": "n"}}},
        {"destination": {"forwardSniClusterName": {}}},
    ]
    entry: Json = {"tcp": {"tcpHosts": hosts}, "connectionMatch": {"serverNames": list(names)}, **secured}
    return thing("VirtualGateway", "edge", {"connectionHandlers": [entry]}, FIRST)


def test_the_destinations_of_a_handler_are_listed() -> None:
    found = routes_json([handler(None)])["items"]
    assert [each["id"] for each in found] == ["edge~tcp/db", "edge~tcp/shared", "edge~tcp/old", "edge~tcp/[3]"]
    assert {(each["protocol"], each["hostField"]) for each in found} == {("tcp", "spec.connectionHandlers[0].tcp")}
    assert {each["host"]["kind"] for each in found} == {"VirtualGateway"}
    kinds = [each["action"]["destinations"][0]["kind"] for each in found]
    assert kinds == ["Service", "VirtualDestination", "Static", "ClusterHeader"]
    assert found[0]["action"]["destinations"][0]["weight"] == 3
    assert all(each["unreachable"] is None for each in found)


@pytest.mark.parametrize(
    ("mode", "protocol", "names"), [("PASSTHROUGH", "tls", ["a.test"]), ("SIMPLE", "tcp", [])], ids=str
)
def test_a_handler_that_passes_tls_on_has_its_server_names(mode: str, protocol: str, names: list[str]) -> None:
    first = routes_json([handler(mode, "a.test")])["items"][0]
    assert (first["protocol"], first["connection"]["sniHosts"]) == (protocol, names)
