"""Ids, keys and TARGETs (`spec/cli.md` 4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.make import (
    delegates,
    gateway,
    goes,
    host,
    items,
    made,
    redirects,
    rule,
    run,
    service,
    table,
    traffic_policy,
)
from tests.run import gmg

Json = dict[str, Any]


def ids(*objects: Json) -> list[str]:
    return [row["id"] for row in items("routes", objects=list(objects))]


def test_ids_join_the_names_on_the_way_down() -> None:
    objects = [
        gateway(),
        host(rule("d", action=delegates("ns/one"))),
        table(rule("e", action=delegates("ns/two")), name="one"),
        table(rule("leaf"), name="two"),
    ]
    assert ids(*objects) == ["vh/d/one/e/two/leaf"]


def test_unnamed_rules_are_counted_from_0_in_their_own_list() -> None:
    objects = [
        gateway(),
        host(rule("a", "/a"), rule("", "/b", delegates("ns/rt"))),
        table(rule("x", "/x"), rule("", "/y"), rule("", "/z")),
    ]
    assert ids(*objects) == ["vh/a", "vh/[1]/rt/x", "vh/[1]/rt/[1]", "vh/[1]/rt/[2]"]


def test_repeated_names_are_numbered() -> None:
    objects = [gateway(), host(rule("a", "/1"), rule("b", "/2"), rule("a", "/3"), rule("a", "/4"))]
    assert ids(*objects) == ["vh/a", "vh/b", "vh/a~2", "vh/a~3"]


def test_a_real_name_is_never_that_of_a_numbered_one() -> None:
    assert ids(gateway(), host(rule("a", "/1"), rule("a", "/2"), rule("a~2", "/3"))) == ["vh/a", "vh/a~2", "vh/a%7E2"]


def test_other_namespaces_are_written() -> None:
    """A host's is compared with its gateway's, a table's with the object that points to it."""
    objects = [
        made(
            "VirtualGateway",
            "gw",
            "edge",
            {
                "ingressGatewaySelectors": [{"portName": "http2"}],
                "connectionHandlers": [{"http": {"routeConfig": [{"virtualHostSelector": {"namespaces": ["ns"]}}]}}],
            },
        ),
        host(rule("d", action=delegates("team/one"))),
        table(rule("e", action=delegates("team/two")), name="one", namespace="team"),
        table(rule("f", action=delegates("ns/three")), name="two", namespace="team"),
        table(rule("leaf"), name="three"),
    ]
    assert ids(*objects) == ["ns:vh/d/team:one/e/two/f/ns:three/leaf"]


def test_letters_with_a_meaning_are_encoded() -> None:
    """Blanks and `/ # : % [ ] ~`, nothing else."""
    found = ids(gateway(), host(rule("a b/c#d:e%f[g]h~i"), rule("ü.x_y-z", "/x")))
    assert found == ["vh/a%20b%2Fc%23d%3Ae%25f%5Bg%5Dh%7Ei", "vh/ü.x_y-z"]


def test_inline_hosts() -> None:
    spec = {"domains": ["i.example"], "routes": [rule("a")]}
    (row,) = items("routes", objects=[gateway(inline=spec)])
    assert row["id"] == "gw~inline-0/a"
    assert row["key"] == "ns/gw/1/i.example/gw~inline-0/a@1"
    assert row["host"]["kind"] == "VirtualGateway"
    assert row["hostField"] == "spec.connectionHandlers[0].http.routeConfig[0].virtualHost"


def test_matches_of_a_rule_share_its_id_and_have_keys_of_their_own() -> None:
    several = {
        "name": "m",
        "matchers": [{"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/b"}}],
        **redirects(hostRedirect="x"),
    }
    rows = items("routes", objects=[gateway(ports=("http2", "other")), host(several)])
    assert [row["id"] for row in rows] == ["vh/m"] * 4
    assert [(row["matchIndex"], row["matchCount"]) for row in rows] == [(1, 2), (2, 2)] * 2
    assert [row["key"] for row in rows] == [
        f"ns/gw/{port}/h.example/vh/m@{match}" for port in (1, 2) for match in (1, 2)
    ]
    assert run("routes", "-o", "name", objects=[gateway(), host(several)]).out == "vh/m\n"


WORLD = [
    gateway(),
    gateway("gx", "nx"),
    host(
        rule("a", "/a"),
        rule("d", "/d", delegates("ns/rt")),
        rule("s", "/s", goes("svc.apps.c")),
        domains=["h.example", "*.wild.example"],
    ),
    host(rule("a", "/a"), name="vx", namespace="nx", domains=["x.example"]),
    table(rule("leaf", "/leaf"), rule("", "/2"), rule("deep", "/deep", delegates("ns/below"))),
    table(rule("end"), name="below"),
    service("svc", "apps", "c", http=80),
    traffic_policy("tp", "ns", {}, requestTimeout="1s"),
]


def reached(target: str) -> set[str]:
    """The routes below what a TARGET names."""
    ran = run("tree", target, "-o", "json", objects=WORLD)
    assert ran.code == 0, ran.err

    def below(node: Json) -> set[str]:
        own = {node["id"]} if node["type"] == "route" else set()
        return own.union(*(below(child) for child in node["children"])) if node["children"] else own

    return set().union(*map(below, ran.json["items"]))


ALL = {"vh/a", "vh/d/rt/leaf", "vh/d/rt/[1]", "vh/d/rt/deep/below/end", "vh/s"}
BELOW = {"vh/d/rt/leaf", "vh/d/rt/[1]", "vh/d/rt/deep/below/end"}

TARGETS = {
    "http://h.example/a/1": {"vh/a"},
    "http://h.example/d/leaf?x=1": {"vh/d/rt/leaf"},
    "h.example/a": {"vh/a"},
    "some.wild.example/s": {"vh/s"},
    "vg/gw": ALL,
    "vg/ns/gw": ALL,
    "virtualgateway/gx": {"vx/a"},
    "vh/vh": ALL,
    "VirtualHost/nx/vx": {"vx/a"},
    "rt/rt": BELOW,
    "routetable/ns/below": {"vh/d/rt/deep/below/end"},
    "service/svc.apps": {"vh/s"},
    "service/svc.apps.c": {"vh/s"},
    "service/apps/svc": {"vh/s"},
    "service/svc": {"vh/s"},
    "policy/tp": ALL | {"vx/a"},
    "policy/ns/tp": ALL | {"vx/a"},
    "h.example#1": {"vh/a"},
    "ns/gw/h.example#5": {"vh/s"},
    "gw/h.example#2": {"vh/d/rt/leaf"},
    "vh/d/rt/leaf": {"vh/d/rt/leaf"},
    "vx/a": {"vx/a"},
    "leaf": {"vh/d/rt/leaf"},
    "rt/[1]": {"vh/d/rt/[1]"},
    "d/rt/[1]": {"vh/d/rt/[1]"},
    "below/end": {"vh/d/rt/deep/below/end"},
    "x.example": {"vx/a"},
    "*.wild.example": ALL,
    "any.wild.example": ALL,
}


@pytest.mark.parametrize("target,wanted", TARGETS.items(), ids=TARGETS)
def test_targets(target: str, wanted: set[str]) -> None:
    assert reached(target) == wanted


@pytest.mark.parametrize(
    "target",
    [
        "http://nobody.example/",
        "http://h.example/none",
        "vg/none",
        "rt/nx/rt",
        "policy/none",
        "service/none.apps",
        "h.example#9",
        "eaf",
        "a",
        "",
    ],
)
def test_targets_that_name_nothing_or_too_much(target: str) -> None:
    assert run("tree", target, objects=WORLD).code == 4


def test_the_same_targets_are_expected_of_a_request() -> None:
    url = ("curl", "http://h.example/d/deep/x")
    for target in (
        "end",
        "h.example#4",
        "vh/d/rt/deep/below/end",
        "http://h.example/d/deep/y",
        "rt/below",
        "vh/vh",
        "vg/gw",
    ):
        assert run(*url, "--expect", f"route={target}", objects=WORLD).code == 0, target
    for target in ("leaf", "h.example#1", "http://h.example/a", "vh/vx", "vg/gx"):
        assert run(*url, "--expect", f"route={target}", objects=WORLD).code == 1, target


def test_every_listed_name_is_a_target() -> None:
    for name in gmg("routes", "--demo", "-o", "name").out.splitlines():
        ran = gmg("tree", name, "--demo", "-o", "json")
        assert (ran.code, ran.json["summary"]["hosts"]) == (0, 1)
