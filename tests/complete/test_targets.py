"""Names are offered as the commands want them: each is asked of the very command that it was offered for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubectl_gmg.complete.names import Names, ServedHost, from_content
from kubectl_gmg.complete.refresh import names_of, settings_of
from kubectl_gmg.pipeline import Session
from tests.complete.asking import KEEP_ORDER, NO_FILES, NO_SPACE, Told, ask, demo, names_in
from tests.run import gmg

GENERATIONS = ("v1beta1", "v2")
UNKNOWN = 4
"""The exit code for what does not exist (`spec/cli.md` 3)."""


def ids(generation: str) -> list[str]:
    """The routes of the built-in example, as `routes` lists them."""
    return list(dict.fromkeys(gmg("routes", "--demo", "--generation", generation, "-o", "name").out.split()))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_route_is_offered_in_effective_order(generation: str) -> None:
    found = ask("explain", "--demo", "", known=demo(generation))
    routes = ids(generation)
    assert len(routes) > 5
    assert [value for value in found.values if value in routes] == routes
    assert found.directive & KEEP_ORDER


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("command", ["explain", "tree", "check"])
def test_every_target_that_is_offered_is_known(command: str, generation: str) -> None:
    """A word is completed until nothing more follows; then the command must know what it means."""
    here, known = ("--demo", "--generation", generation), demo(generation)
    done: set[str] = set()
    left = ["", "r", "http"]
    while left:
        found = ask(command, *here, left.pop(), known=known)
        goes_on = {value for value in found.values if value.endswith("/")}
        left += sorted(goes_on - done)
        done |= set(found.values)
    targets = sorted(each for each in done if not each.endswith("/"))
    assert len(targets) > 12
    assert {each.partition("/")[0] for each in targets} >= {"vg", "rt", "service"}
    for target in targets[:: 1 if command == "explain" else 4]:
        assert gmg(command, target, *here, "-o", "json").code != UNKNOWN, target


@pytest.mark.parametrize("words", [("explain", ""), ("curl", "http://a.example.com/")], ids=str)
def test_no_two_ordered_candidates_share_a_description(words: tuple[str, ...]) -> None:
    """zsh would put them into one line, and sort all others for it."""
    both = host("in", "HTTP", ("a.example.com", "b.example.com"), ("/z", "exact", "x"), ("/y", "exact", "x"))
    routes = (("h/z", "gw/in", "/z"), ("h/y", "gw/in", "/z"), ("h/x", "gw/in", ""))
    found = ask(*words, known=Told(Names(hosts=(both,), routes=routes)))
    texts = [text for _, text in found.lines if text]
    assert len(texts) > 1
    assert len(set(texts)) == len(texts)
    assert [value[-1] for value in found.values if value[-2:] in {"/z", "/y"}] == ["z", "y"]


def test_places_in_a_host() -> None:
    """`HOST#N` for every N that `routes` shows, also behind a gateway; `explain` knows each."""
    shown = json.loads(gmg("routes", "--demo", "-o", "json").out)
    numbers = [route["index"] for route in shown["items"]]
    assert len(numbers) > 5
    for before in ("www.example.com", "WWW.example.com", "demo-gateway/www.example.com"):
        found = ask("explain", "--demo", f"{before}#", known=demo())
        assert found.values == [f"{before}#{number}" for number in numbers]
        assert found.directive == NO_FILES + KEEP_ORDER
    assert gmg("explain", "--demo", found.values[-1]).code == 0
    assert ask("explain", "--demo", "other/www.example.com#", known=demo()).values == []


def test_hosts_within_the_mesh_are_for_workloads() -> None:
    here, known = ("--demo", "--generation", "v2"), demo("v2")
    within = "http://pricing.cart.svc.cluster.local/"
    assert within not in ask("curl", *here, "http://", known=known).values
    assert ask("curl", *here, "--from", "workload:app=cart", "http://", known=known).values == [within]
    assert "http://shop.example.com/" in ask("curl", *here, "--from", "gateway:edge", "http://", known=known).values


@pytest.mark.parametrize("generation", GENERATIONS)
def test_paths_are_those_that_the_simulation_finds(generation: str) -> None:
    """Each path that stands under a host is answered; an exact one by the route that is said, if none hides it."""
    here, known = ("--demo", "--generation", generation), demo(generation)
    routes = gmg("routes", *here, "-o", "json").json["items"]
    hosts = ask("curl", *here, "http://", known=known)
    tried = [ask("curl", *here, host, known=known) for host in hosts.values]
    assert sum(len(found.values) for found in tried) > 5
    for url, text in (line for found in tried for line in found.lines):
        item = gmg("curl", url, *here, "-o", "json").json["items"][0]
        assert item["outcome"] not in {"noHost", "noRoute", "noGateway"}, url
        kind, _, route = text.partition(", ")
        path = {"type": kind, "value": f"/{url.split('/', 3)[3]}"}
        assert path.items() <= next(each for each in routes if each["id"] == route)["match"]["path"].items()
    for found in tried:
        goes_on = any(text.startswith("prefix") for _, text in found.lines)
        assert found.directive == NO_FILES + NO_SPACE * goes_on + KEEP_ORDER


def test_a_url_step_by_step() -> None:
    """`spec/cli.md` 7: the guide's example has one host, and these paths in this order."""
    known = demo()
    assert ask("curl", "", known=known).values == ["http://www.example.com/"]
    assert ask("curl", "ht", known=known).values == ["http://www.example.com/"]
    assert ask("curl", "www", known=known).values == ["www.example.com/"]
    paths = ["/ratings", "/reviews/v1", "/reviews/v2", "/reviews/v1/version", "/reviews/v2/version", "/reviews"]
    for host in ("http://www.example.com", "www.example.com", "http://WWW.example.com", "www.example.com:8080"):
        assert ask("curl", f"{host}/", known=known).values == [f"{host}{path}" for path in paths]
    behind = ask("curl", "-H", "Host: www.example.com", "localhost:8080/ra", known=known)
    assert behind.values == ["localhost:8080/ratings"]
    assert ask("curl", "http://www.example.com:80", known=known).values == ["http://www.example.com:80/"]
    exact = ask("curl", "http://www.example.com/reviews/v1/", known=known)
    assert (exact.values, exact.directive) == (
        ["http://www.example.com/reviews/v1/version"],
        NO_FILES + KEEP_ORDER,
    )
    assert ask("curl", "http://other.example.com/", known=known).values == []
    assert ask("curl", "https://", known=known).values == []
    assert ask("curl", "http://www.example.com/", "", known=known).values == []


def test_both_schemes_where_nothing_is_known() -> None:
    found = ask("curl", "")
    assert (found.values, found.directive) == (["http://", "https://"], NO_FILES + NO_SPACE + KEEP_ORDER)


def host(
    gateway: str, protocol: str, domains: tuple[str, ...], *paths: tuple[str, str, str], port: int = 80
) -> ServedHost:
    return ServedHost(f"gw/{gateway}", "gw/h", protocol.lower(), port, protocol, domains, paths)


MANY = Told(
    Names(
        namespaces=("team-a", "team-b"),
        clusters=("east", "west"),
        policies=("team-a/retries",),
        objects=(
            ("vg", ("gw/in", "gw/out", "other/out")),
            ("rt", ("team-a/t", "team-b/t", "team-b/u")),
            ("policy", ("team-a/retries",)),
            ("service", ("team-a/s",)),
        ),
        hosts=(
            host("in", "HTTP", ("*.example.com",), ("/wild", "exact", "w")),
            host("in", "HTTP", ("a.example.com",), ("/a", "exact", "a"), ("/odd path", "exact", "x")),
            host("in", "HTTPS", ("s.example.com",), ("/s", "prefix", "s"), port=443),
            host("out", "HTTP", ("*",), ("/out", "exact", "o"), port=8080),
        ),
        routes=(
            ("h/a/v1", "gw/in", "a"),
            ("h/b/v1", "gw/in", "b"),
            ("h/b/v2", "gw/in", "b"),
            ("k/only", "gw/out", "c"),
        ),
        workloads=("app=web", "app=web,example.com/tier=2"),
    ),
    {"contexts": ("here", "there"), "clusters": ("c1",), "users": ("me",)},
)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (("--context", ""), ["here", "there"]),
        (("--cluster", ""), ["c1"]),
        (("--user=",), ["me"]),
        (("routes", "-n", "team"), ["team-a", "team-b"]),
        (("routes", "-nteam-b"), ["-nteam-b"]),
        (("--read-namespaces", "team-a,"), ["team-a,team-b"]),
        (("--workload-context", ""), ["east=", "west="]),
        (("--workload-context", "east=here", "--workload-context", ""), ["west="]),
        (("--workload-context", "east=t"), ["east=there"]),
        (("--workload-context=east=t",), ["east=there"]),
        (("routes", "--gateway", ""), ["gw/in", "gw/out", "other/out"]),
        (("routes", "--gateway", "i"), ["in"]),
        (("routes", "--gateway", "ou"), []),
        (("routes", "--host", ""), ["a.example.com", "s.example.com"]),
        (("routes", "--policy", ""), ["team-a/retries"]),
        (("curl", "--sni", ""), ["s.example.com"]),
        (("curl", "--listener", ""), ["http", "80", "https", "443", "8080"]),
        (("curl", "--gateway", "out", "--listener", ""), ["http", "8080"]),
        (("curl", "--from", ""), ["workload:", "gateway:"]),
        (("curl", "--from", "workload:"), ["workload:app=web", "workload:app=web,example.com/tier=2"]),
        (("curl", "--from", "workload:tier"), []),
        (("curl", "--from", "gateway:gw/"), ["gateway:gw/in", "gateway:gw/out"]),
        (("curl", "--from", "elsewhere:"), []),
        (("curl", "--gateway", "gw/out", "--listener", ""), ["http", "8080"]),
        (("curl", ""), ["http://", "https://"]),
        (("curl", "http://a."), ["http://a.example.com/"]),
        (("curl", "http://a.example.com/"), ["http://a.example.com/a", "http://a.example.com/out"]),
        (("curl", "http://b.example.com/"), ["http://b.example.com/wild", "http://b.example.com/out"]),
        (("curl", "--gateway", "in", "http://b.example.com/"), ["http://b.example.com/wild"]),
        (("curl", "http://example.org/"), ["http://example.org/out"]),
        (("curl", "https://s"), ["https://s.example.com/"]),
        (("tree", "rt/"), ["rt/team-a/t", "rt/team-b/t", "rt/team-b/u"]),
        (("tree", "routetable/u"), ["routetable/u"]),
        (("tree", "rt/t"), ["rt/team-a/t", "rt/team-b/t", "rt/team-b/u"]),
        (("tree", "rt/team-b/"), ["rt/team-b/t", "rt/team-b/u"]),
        (("explain", "service/s."), ["service/s.team-a"]),
        (("explain", "policy/"), ["policy/team-a/retries"]),
        (("explain", "v"), ["vg/", "v2"]),
        (("explain", "h/b"), ["h/b/v1", "h/b/v2"]),
        (("explain", "g"), []),
        (("explain", "b/"), ["b/v1", "b/v2"]),
        (("explain", "v1"), []),
        (("explain", "--gateway", "out", "k"), ["k/only"]),
        (("explain", "--gateway", "in", "k"), []),
        (("explain", "a.ex"), ["a.example.com"]),
        (("explain", "a.example.com/"), ["a.example.com/a", "a.example.com/out"]),
        (("explain", "h/a/v1", "--versus", "h/b/v2"), ["h/b/v2"]),
        (("explain", "h/a/v1", ""), []),
        (("check", "rt/team-a/t", "rt/team-b/u"), ["rt/team-b/u"]),
        (("check", "--ignore", "GMG301=rt/team-a"), ["GMG301=rt/team-a/t"]),
        (
            (
                "check",
                "--ignore=GMG301=rt/team-a",
            ),
            ["GMG301=rt/team-a/t"],
        ),
        (("curl", "--expect", "route=h/b"), ["route=h/b/v1", "route=h/b/v2"]),
        (("curl", "--expect", "gateway=gw/i"), ["gateway=gw/in"]),
        (("curl", "--expect", "host="), ["host=gw/h"]),
        (("curl", "--expect", "domain=a"), ["domain=a.example.com"]),
        (("curl", "--expect", "destination="), ["destination=s.team-a"]),
    ],
    ids=" ".join,
)
def test_names_of_every_sort(words: tuple[str, ...], values: list[str]) -> None:
    assert sorted(ask(*words, known=MANY).values) == sorted(values)


def test_kinds_without_any_object_are_not_offered_once_that_is_known() -> None:
    every = {"vg/", "vh/", "rt/", "policy/", "service/", "virtualdestination/", "externalservice/"}
    assert set(ask("explain", "").values) == every
    offered = {value for value in ask("explain", "", known=demo()).values if value.endswith("/")}
    assert offered == {"vg/", "vh/", "rt/", "service/"}


HOSTILE = ("a\tb", "a\nb", "a\x1b[31mb", "a\u202eb", "a\x7fb", "a\udc80b", "")


def test_names_that_a_terminal_would_obey_are_left_out() -> None:
    """What is offered is inserted into a prompt; what is only said is said without such letters."""
    routes = tuple((f"id-{n}", "gw/in", text) for n, text in enumerate(HOSTILE))
    names = Names(namespaces=(*HOSTILE, "plain"), routes=(*routes, *((bad, "gw/in", "") for bad in HOSTILE)))
    assert ask("routes", "-n", "", known=Told(names)).values == ["plain"]
    found = ask("explain", "", known=Told(names))
    assert [value for value in found.values if value.startswith("a")] == []
    texts = [text for value, text in found.lines if value.startswith("id-")]
    assert len(texts) == len(HOSTILE)
    assert all(text.isprintable() for text in texts)


def test_names_of_every_scenario_survive_the_cache() -> None:
    """Mesh traffic, inline hosts, broken objects: whatever can be resolved has names, and every route is among them."""
    folder = Path(__file__).parents[1] / "scenarios"
    paths = [path for path in sorted(folder.glob("v*/*.yaml")) if not path.name.endswith(".expect.yaml")]
    assert len(paths) > 40
    for path in paths[::2]:
        names = names_of(Session(settings_of({"filename": [str(path)]})))
        assert from_content(json.loads(json.dumps(names.content()))) == names
        listed = gmg("routes", "-f", str(path), "--all-routes", "-o", "name").out.split()
        assert set(listed) <= {route for route, _, _ in names.routes}, path


def test_policies_of_files() -> None:
    """A policy that is written is offered for --policy, which knows it."""
    path = Path(__file__).parents[1] / "scenarios" / "v2" / "policy-conflict.yaml"
    found = ask("routes", "--policy", "", known=Told(names_in(("filename", (str(path),)))))
    assert found.values
    for policy in found.values:
        assert gmg("routes", "-f", str(path), "--policy", policy).code == 0
