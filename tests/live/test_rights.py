"""The rights that the README lists are enough, and with less nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_gmg import api
from tests.commands.make import delegates, gateway, goes, host, ingress, rule, service, table, traffic_policy
from tests.live.watched import HURRIED, connection_to, fresh, settled, until, watching
from tests.oracle.apiserver import EVERYTHING, V1BETA1, V2, ApiServer, Resource, status
from tests.oracle.https import Answer, Call
from tests.run import Ran, gmg

Json = dict[str, Any]
KINDS = tuple(kind for kind in api.KINDS if kind.generation == "v1beta1")
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ROLES: list[Json] = [
    yaml.safe_load(block)
    for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    if "rbac.authorization.k8s.io" in block
]
DEFINITIONS = Resource("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")


def role(kind: str, name: str) -> list[Json]:
    """The rules of a role in the README."""
    (found,) = [each["rules"] for each in ROLES if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    rules: list[Json] = found
    return rules


READER = role("ClusterRole", "gmg-reader")
VERSION_READER = role("ClusterRole", "gmg-product-version")
NAMESPACED = role("Role", "gmg-reader")


@dataclass(frozen=True)
class Asked:
    """What RBAC is asked about a request."""

    verb: str
    group: str
    resource: str
    namespace: str | None
    name: str | None


def asked(call: Call) -> Asked | None:
    """What a request is for, as a real server sees it; None for what everybody may read."""
    steps = call.path.strip("/").split("/")
    group, rest = (steps[1], steps[3:]) if steps[0] == "apis" else ("", steps[2:])
    if steps[0] not in ("api", "apis") or not rest:
        return None
    namespace = None
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    name = rest[1] if len(rest) > 1 else None
    reading = "watch" if call.query.get("watch") in ("1", "true") else "get" if name else "list"
    verb = reading if call.method == "GET" else call.method.lower()
    return Asked(verb, group, rest[0], namespace, name)


def permits(rules: list[Json], wanted: Asked) -> bool:
    """Whether one of the rules allows it."""
    return any(
        wanted.group in each["apiGroups"]
        and wanted.resource in each["resources"]
        and wanted.verb in each["verbs"]
        and ("resourceNames" not in each or wanted.name in each["resourceNames"])
        for each in rules
    )


SECOND = {
    "apiVersion": "networking.gloo.solo.io/v2",
    "kind": "VirtualGateway",
    "metadata": {"name": "second", "namespace": "a"},
    "spec": {},
}
"""An object of the second generation, whose kinds are installed where it is."""
BY_LABELS = {
    "apiVersion": "admin.gloo.solo.io/v2",
    "kind": "Workspace",
    "metadata": {"name": "team", "namespace": "gloo-mesh"},
    "spec": {"workloadClusters": [{"name": "*", "namespaces": [{"name": "*", "labels": {"team": "a"}}]}]},
}
"""Who has the namespaces with a label."""


class Guarded:
    """A server that enforces rights; those of a namespace come from roles in it."""

    def __init__(self, objects: list[Json], *cluster: Json, **namespaces: list[Json]) -> None:
        self.cluster = list(cluster)
        self.namespaces = namespaces
        installed = (*V1BETA1, *V2, DEFINITIONS) if SECOND in objects else (*V1BETA1, DEFINITIONS)
        self.server = ApiServer(objects, resources=installed, faults={EVERYTHING: self._check})

    def _check(self, call: Call, real: Answer) -> Answer:
        wanted = asked(call)
        if wanted is None or permits(self.cluster, wanted):
            return real
        if wanted.namespace is not None and permits(self.namespaces.get(wanted.namespace, []), wanted):
            return real
        return status(403, "Forbidden", "canary")

    @property
    def verbs(self) -> set[str]:
        """What was done so far."""
        return {found.verb for call in self.server.calls if (found := asked(call))}


def definition(name: str) -> Json:
    """A definition as the product's chart installs it."""
    labels = {"app.kubernetes.io/version": "2.4.7"}
    kind = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    return kind | {"metadata": {"name": name, "labels": labels}}


OBJECTS = [
    gateway(namespace="a"),
    host(
        rule("here", "/here", delegates("a/t")),
        rule("near", "/near", delegates("b/t")),
        rule("far", "/far", delegates("c/t")),
        rule("gone", "/gone", delegates("a/gone")),
        rule("some", "/some", delegates(namespaces=["a", "b"])),
        rule("all", "/all", delegates(namespaces=["*"])),
        rule("to", "/to", goes("reviews.bookinfo.c")),
        namespace="a",
        domains=["shop.example"],
    ),
    table(rule("x"), namespace="a", name="t"),
    table(rule("y"), namespace="b", name="t"),
    table(rule("z"), namespace="c", name="t"),
    traffic_policy("p", "c", {"app": "x"}, requestTimeout="1s"),
    ingress(http2=80),
    service("reviews", "bookinfo", "c", http=9080),
    definition("virtualgateways.networking.enterprise.mesh.gloo.solo.io"),
]
COMMANDS = [
    ("routes",),
    ("routes", "--host", "shop.example"),
    ("tree",),
    ("curl", "http://shop.example/far"),
    ("explain", "http://shop.example/far"),
    ("export", "envoy"),
    ("check", "--fail-on", "never"),
    ("version",),
]


@pytest.fixture(autouse=True)
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))


def run(guarded: Guarded, folder: Path, *arguments: str, namespace: str | None = None) -> Ran:
    """A command, by a user of that server whose context has a namespace or none."""
    with guarded.server as server:
        server.write_kubeconfig(folder / "config", namespace=namespace)
        return gmg(*arguments)


def nodes(answer: Json) -> Iterator[Json]:
    """Everything in a tree."""
    waiting = list(answer["items"])
    while waiting:
        node = waiting.pop()
        yield node
        waiting += node["children"]


def dead_ends(answer: Json) -> dict[str, str]:
    """Why delegates lead to nothing, by the name of their rule."""
    return {node["origin"]["name"]: node["reason"] for node in nodes(answer) if node["type"] == "deadEnd"}


# ---- what the README lists


def test_the_roles_name_exactly_what_is_read() -> None:
    for rules in (READER, NAMESPACED):
        kinds = [kind for kind in api.KINDS if kind.namespaced or rules is READER]  # a Role reaches into one namespace
        wanted = {(kind.group, kind.plural, verb) for kind in kinds for verb in ("list", "watch")}
        named = [
            (group, name, verb)
            for each in rules
            for group in each["apiGroups"]
            for name in each["resources"]
            for verb in each["verbs"]
        ]
        assert sorted(named) == sorted(wanted)
    assert all(set(each["verbs"]) <= {"get", "list", "watch"} for found in ROLES for each in found["rules"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_cluster_role_is_enough(tmp_path: Path, command: tuple[str, ...]) -> None:
    guarded = Guarded(OBJECTS, *READER)
    machine = () if command == ("export", "envoy") else ("-o", "json")
    ran = run(guarded, tmp_path, *command, *machine, "--require-complete")
    assert (ran.code, ran.err) == (0, "")
    assert guarded.verbs <= {"get", "list"}
    if machine:
        assert (ran.json["complete"], ran.json["gaps"]) == (True, [])
    if command != ("version",):
        assert guarded.verbs == {"list"}


def without_watch(rules: list[Json]) -> list[Json]:
    """The same rules for who never watches."""
    return [each | {"verbs": [verb for verb in each["verbs"] if verb != "watch"]} for each in rules]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_watch_listing_is_enough(tmp_path: Path, command: tuple[str, ...]) -> None:
    ran = run(Guarded(OBJECTS, *without_watch(READER)), tmp_path, *command, "--require-complete")
    assert (ran.code, ran.err) == (0, "")


READERS: dict[str, tuple[list[Json], dict[str, list[Json]], tuple[str, ...]]] = {
    "cluster role": (READER, {}, ()),
    "roles": ([], {"a": NAMESPACED, "b": NAMESPACED}, ("a", "b")),
}


@pytest.mark.parametrize(("cluster", "spaces", "named"), READERS.values(), ids=READERS)
def test_the_roles_are_enough_for_a_watch(
    tmp_path: Path, cluster: list[Json], spaces: dict[str, list[Json]], named: tuple[str, ...]
) -> None:
    guarded = Guarded(OBJECTS, *cluster, **spaces)
    with guarded.server as server:
        connection = connection_to(server, tmp_path)
        with watching(connection, replace(HURRIED, longest=30), kinds=KINDS, namespaces=named) as (watch, found):
            watch.read()
            server.apply(table(rule("new"), namespace="a", name="new"))
            wanted = fresh(connection, named, KINDS)
            assert settled(watch, found, wanted) == wanted
            assert watch.trouble == ""
    assert guarded.verbs - {"get"} == {"list", "watch"}


def test_a_watch_without_the_right_to_watch_lists_and_says_so(tmp_path: Path) -> None:
    guarded = Guarded(OBJECTS, *without_watch(READER))
    with guarded.server as server:
        connection = connection_to(server, tmp_path)
        with watching(connection, kinds=KINDS) as (watch, found):
            watch.read()
            names = f"{', '.join(kind.name for kind in KINDS[:3])} and {len(KINDS) - 3} more kinds"
            said = f"{names} may not be watched: listed again every"
            assert until(lambda: watch.trouble.startswith(said)), watch.trouble
            assert "canary" not in watch.trouble
            server.apply(table(rule("new"), namespace="a", name="new"))
            wanted = fresh(connection, kinds=KINDS)
            assert settled(watch, found, wanted) == wanted


@pytest.mark.parametrize("missing", range(len(READER)))
def test_no_rule_of_the_cluster_role_is_idle(tmp_path: Path, missing: int) -> None:
    less = [each for number, each in enumerate(READER) if number != missing]
    ran = run(Guarded([*OBJECTS, SECOND, BY_LABELS], *less), tmp_path, "routes", "-o", "json")
    lacking = {kind.name for kind in api.KINDS if kind.group in READER[missing]["apiGroups"]}
    assert {gap["kind"] for gap in ran.json["gaps"]} == lacking


@pytest.mark.parametrize("name", VERSION_READER[0]["resourceNames"])
def test_the_product_version_needs_one_of_two_definitions(tmp_path: Path, name: str) -> None:
    group = name.partition(".")[2]
    installed = [each for each in (*V1BETA1, *V2) if each.group == group]
    otherwise = "2.9" if group.startswith("networking.gloo") else None  # the newest, where releases differ
    for rules, wanted in ((READER, otherwise), ([*READER, *VERSION_READER], "2.4")):
        guarded = Guarded([definition(name)], *rules)
        guarded.server.resources = (*installed, DEFINITIONS)
        ran = run(guarded, tmp_path, "version", "-o", "json")
        (item,) = ran.json["items"]
        assert (ran.code, item["server"]["productVersion"]) == (0, wanted)
        assert guarded.verbs == {"get"}


# ---- less than that


def test_roles_in_some_namespaces(tmp_path: Path) -> None:
    guarded = Guarded(OBJECTS, a=NAMESPACED, b=NAMESPACED)
    ran = run(guarded, tmp_path, "tree", "-o", "json", "--read-namespaces", "a,b")
    assert ran.code == 0
    assert guarded.verbs == {"list"}
    assert {found.namespace for call in guarded.server.calls if (found := asked(call))} == {None, "a", "b"}
    gaps = {gap["kind"]: gap for gap in ran.json["gaps"]}
    assert ran.json["complete"] is False
    assert gaps.keys() == {kind.name for kind in KINDS}
    assert len(gaps) == len(ran.json["gaps"])
    for kind in KINDS:
        gap = gaps[kind.name]
        assert (gap["reason"], gap["namespace"], gap["affects"]) == ("forbidden", None, list(kind.affects))
        assert "only a, b was read" in gap["message"]
    assert dead_ends(ran.json) == {"far": "unknown", "gone": "missing", "all": "unknown"}


def test_the_namespace_of_the_context_is_read_without_the_flag(tmp_path: Path) -> None:
    ran = run(Guarded(OBJECTS, b=NAMESPACED), tmp_path, "tree", "-o", "json", namespace="b")
    assert ran.code == 0
    assert {(node["ref"] or {}).get("namespace") for node in ran.json["items"]} == {"b"}
    assert ran.json["source"]["namespace"] == "b"
    assert all("only b was read" in gap["message"] for gap in ran.json["gaps"])


def test_a_namespace_that_may_not_be_read_is_a_gap_of_its_own(tmp_path: Path) -> None:
    ran = run(Guarded(OBJECTS, a=NAMESPACED), tmp_path, "tree", "-o", "json", "--read-namespaces", "a,b")
    assert ran.code == 0
    tables = [(gap["reason"], gap["namespace"]) for gap in ran.json["gaps"] if gap["kind"] == "RouteTable"]
    assert tables == [("forbidden", None), ("forbidden", "b")]
    assert dead_ends(ran.json) == dict.fromkeys(("near", "far", "some", "all"), "unknown") | {"gone": "missing"}


def test_nothing_at_all_may_be_read(tmp_path: Path) -> None:
    ran = run(Guarded(OBJECTS), tmp_path, "routes", namespace="a")
    assert ran.code == 3
    assert ran.err == (
        "error: nothing may be listed in context gmg-test, neither in all namespaces nor in those looked at\n"
        "hint: name yours with --read-namespaces; see what is allowed: kubectl auth can-i --list\n"
    )


def test_some_kinds_cluster_wide(tmp_path: Path) -> None:
    """Only destinations are unknown where no Destination may be listed, and no route changes."""
    rules = [each for each in READER if each["apiGroups"] != ["discovery.mesh.gloo.solo.io"]]
    ran = run(Guarded(OBJECTS, *rules), tmp_path, "routes", "-o", "json")
    assert ran.code == 0
    assert [(gap["kind"], gap["reason"], gap["affects"]) for gap in ran.json["gaps"]] == [
        ("Destination", "forbidden", ["destinations"]),
        ("Workload", "forbidden", ["policies"]),
        ("Mesh", "forbidden", ["destinations"]),
    ]
    to = next(item for item in ran.json["items"] if item["id"] == "vh/to")
    assert (to["status"], to["action"]["type"]) == ("ok", "forward")
    assert [each["resolved"] for each in to["action"]["destinations"]] == ["unknown"]


@pytest.mark.parametrize("arguments", [("--read-namespaces", "a,b"), ("--read-namespaces", "a"), ()])
def test_no_route_breaks_for_what_was_not_seen(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A Service that was not read is unknown, so the route to it is the one that all rights would show."""
    ran = run(Guarded(OBJECTS, a=NAMESPACED, b=NAMESPACED), tmp_path, "routes", *arguments, "-o", "json", namespace="a")
    assert ran.code == 0
    to = next(item for item in ran.json["items"] if item["id"] == "vh/to")
    assert (to["status"], to["written"], to["because"]) == ("ok", None, [])
    assert [each["resolved"] for each in to["action"]["destinations"]] == ["unknown"]
    statuses = {item["status"] for item in ran.json["items"]}
    assert statuses <= {"ok", "unknown"}


@pytest.mark.parametrize(("there", "wanted"), [(True, "found"), (False, "missing")])
def test_with_all_rights_it_is_known_whether_a_service_exists(tmp_path: Path, there: bool, wanted: str) -> None:
    """The counterpart of the tests above."""
    objects = [each for each in OBJECTS if there or each["metadata"]["name"] != "reviews-bookinfo-c"]
    ran = run(Guarded(objects, *READER), tmp_path, "routes", "-o", "json")
    to = next(item for item in ran.json["items"] if item["id"] == "vh/to")
    assert [each["resolved"] for each in to["action"]["destinations"]] == [wanted]


def test_a_request_into_the_unseen_has_no_certain_answer(tmp_path: Path) -> None:
    arguments = ("curl", "http://shop.example/far/x", "--read-namespaces", "a,b")
    said = run(Guarded(OBJECTS, a=NAMESPACED, b=NAMESPACED), tmp_path, *arguments)
    assert "may be answered otherwise" in said.out
    unseen = run(Guarded(OBJECTS, a=NAMESPACED, b=NAMESPACED), tmp_path, *arguments, "-o", "json")
    (item,) = unseen.json["items"]
    assert "vh/far" in {each["id"] for each in item["mayDiffer"]}
    known = run(Guarded(OBJECTS, *READER), tmp_path, *arguments, "-o", "json")
    (item,) = known.json["items"]
    assert (item["route"]["id"], item["mayDiffer"]) == ("vh/far/c:t/z", [])


def test_gaps_are_told_in_few_lines(tmp_path: Path) -> None:
    """Kinds that lack the same stand together: one line for each thing that may be wrong."""
    ran = run(Guarded(OBJECTS, a=NAMESPACED, b=NAMESPACED), tmp_path, "routes", "--read-namespaces", "a,b")
    assert ran.code == 0
    lines = [line for line in ran.err.splitlines() if "not complete" in line]
    assert len(lines) == len({kind.affects for kind in KINDS}) < len(KINDS)
    assert "VirtualGateway, VirtualHost: " in lines[0]
    assert all("the README lists" in line and "canary" not in line and len(line) < 220 for line in lines)
    for kind in KINDS:
        assert sum(kind.name in re.split(r"[ ,:]+", line) for line in lines) == 1


def test_quiet_says_nothing(tmp_path: Path) -> None:
    ran = run(Guarded(OBJECTS, a=NAMESPACED), tmp_path, "routes", "--read-namespaces", "a", "-q")
    assert (ran.code, ran.err) == (0, "")


@pytest.mark.parametrize("output", [(), ("-o", "json")])
def test_require_complete(tmp_path: Path, output: tuple[str, ...]) -> None:
    """The answer is printed all the same."""
    arguments = ("routes", "--read-namespaces", "a,b", "--require-complete", *output)
    ran = run(Guarded(OBJECTS, a=NAMESPACED, b=NAMESPACED), tmp_path, *arguments)
    assert ran.code == 5
    assert "vh/to" in ran.out if output else "/to*" in ran.out
    assert "not everything could be read" in ran.err
