"""What was not read is unknown and never missing, in every answer (`spec/v1beta1.md` D-27, `spec/cli.md` 5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from pytest_mock import MockerFixture

from kubectl_gmg.api import KINDS
from kubectl_gmg.model.snapshot import EVERYWHERE, NOWHERE, Affects, Extent, Gap, GapReason, Snapshot, SourceType
from kubectl_gmg.reading import Wanted
from kubectl_gmg.sources.objects import collect
from tests.commands.make import delegates, gateway, goes, host, ingress, made, rule, run, says, service, table
from tests.run import Ran, gmg

Json = dict[str, Any]
FORBIDDEN = Gap(GapReason.FORBIDDEN, "not all may be listed", (Affects.ROUTES, Affects.POLICIES), kind="RouteTable")
A_AND_NS = Extent(frozenset({"a", "ns"}))
LAST = rule("rest")


@dataclass
class Cluster:
    """A cluster of which a user may read only a part."""

    mocker: MockerFixture

    def run(self, *arguments: str, objects: list[Json], **extents: Extent) -> Ran:
        """A command on these objects; `extents` says where some kinds were read completely."""
        found = collect(((each, None) for each in objects), KINDS)
        read = {kind.resource: extents.get(kind.name, EVERYWHERE) for kind in KINDS}
        snapshot = Snapshot(SourceType.LIVE, found.objects, (FORBIDDEN,), read, context="test")
        self.mocker.patch.object(Wanted, "read", lambda _wanted: snapshot)
        return gmg(*arguments)

    def nodes(self, kind: str, objects: list[Json], **extents: Extent) -> list[Json]:
        """The nodes of one type in the tree."""

        def below(node: Json) -> list[Json]:
            return [node, *(each for child in node["children"] for each in below(child))]

        items = self.run("tree", "-o", "json", objects=objects, **extents).json["items"]
        return [node for item in items for node in below(item) if node["type"] == kind]

    def reasons(self, rule: Json, *tables: Json, read: Extent = A_AND_NS) -> list[tuple[str, list[str]]]:
        """Why delegates of a host with one rule reach nothing, with the codes of findings."""
        ends = self.nodes("deadEnd", [gateway(), host(rule), *tables], RouteTable=read)
        return [(end["reason"], end["findings"]) for end in ends]

    def curl(self, *arguments: str, objects: list[Json], **extents: Extent) -> Json:
        """The only answer to a request."""
        (item,) = self.run("curl", *arguments, "-o", "json", objects=objects, **extents).json["items"]
        found: Json = item
        return found


@pytest.fixture
def cluster(mocker: MockerFixture) -> Cluster:
    return Cluster(mocker)


# ---- delegates


@pytest.mark.parametrize(
    ("to", "wanted"),
    [
        (delegates("b/t"), [("unknown", [])]),
        (delegates("a/t"), [("missing", ["GMG201"])]),
        (delegates(namespaces=["a", "ns"]), [("noneSelected", ["GMG203"])]),
        (delegates(namespaces=["a", "b"]), [("unknown", [])]),
        (delegates(namespaces=["*"]), [("unknown", [])]),
        (delegates("/t"), [("missing", ["GMG201"])]),
    ],
)
def test_only_what_was_read_is_missing(cluster: Cluster, to: Json, wanted: list[tuple[str, list[str]]]) -> None:
    assert cluster.reasons(rule("r", action=to)) == wanted


def test_a_selector_that_can_select_nothing_is_judged_anyway(cluster: Cluster) -> None:
    broken = {"namespaces": ["*"], "labels": {"app": "x"}, "expressions": [{"key": "b", "operator": "Exists"}]}
    assert cluster.reasons(rule("r", action={"delegateAction": {"selector": broken}})) == [("noneSelected", ["GMG203"])]


def test_what_a_selector_found_stays_beside_what_is_unknown(cluster: Cluster) -> None:
    objects = [gateway(), host(rule("r", action=delegates(namespaces=["*"]))), table(rule("x"), namespace="a")]
    (end,) = cluster.nodes("deadEnd", objects, RouteTable=A_AND_NS)
    assert (end["reason"], end["order"]) == ("unknown", 2)
    ids = [item["id"] for item in cluster.run("routes", "-o", "json", objects=objects).json["items"]]
    assert ids == ["vh/r/a:rt/x"]


def test_a_selector_in_namespaces_that_were_read_is_complete(cluster: Cluster) -> None:
    objects = [gateway(), host(rule("r", action=delegates(namespaces=["a"]))), table(rule("x"), namespace="a")]
    assert cluster.nodes("deadEnd", objects, RouteTable=A_AND_NS) == []


def test_the_tree_says_what_was_not_read(cluster: Cluster) -> None:
    objects = [gateway(), host(rule("r", action=delegates("b/t", namespaces=["*"])))]
    out = cluster.run("tree", objects=objects, RouteTable=A_AND_NS).out
    assert "RouteTable b/t  ? unknown (not every RouteTable of namespace b was read)" in out
    assert "outside namespaces a, ns not every RouteTable was read: more of them may be selected" in out
    assert "✗" not in out


def test_routes_say_that_some_may_be_lacking(cluster: Cluster) -> None:
    objects = [gateway(), host(rule("r", action=delegates("b/t")), LAST)]
    assert "routes may be lacking" in cluster.run("routes", objects=objects, RouteTable=A_AND_NS).out
    assert "routes may be lacking" not in cluster.run("routes", objects=objects, RouteTable=EVERYWHERE).out


# ---- what hangs nowhere


@pytest.mark.parametrize("kind", ["VirtualGateway", "VirtualHost", "RouteTable", None])
def test_what_hangs_nowhere_may_hang_on_what_was_not_read(cluster: Cluster, kind: str | None) -> None:
    objects = [gateway("gw", "a"), host(LAST), table(LAST)]
    out = cluster.run("tree", objects=objects, **({kind: A_AND_NS} if kind else {})).out
    assert ("not known whether a gateway serves this host" in out) is (kind == "VirtualGateway")
    assert ("no gateway serves this host" in out) is (kind != "VirtualGateway")
    assert ("not known whether a host leads to this table" in out) is (kind is not None)
    assert ("no host leads to this table" in out) is (kind is None)


@pytest.mark.parametrize(
    ("read", "note"),
    [
        (EVERYWHERE, "selects no host\n"),
        (Extent(frozenset({"ns"})), "selects no host\n"),
        (NOWHERE, "selects no host among those read: not every VirtualHost of namespace ns was read"),
    ],
)
def test_a_gateway_may_select_hosts_that_were_not_read(cluster: Cluster, read: Extent, note: str) -> None:
    assert note in cluster.run("tree", objects=[gateway()], VirtualHost=read).out


def test_a_gateway_with_hosts_may_select_more(cluster: Cluster) -> None:
    out = cluster.run("tree", objects=[gateway(), host(LAST)], VirtualHost=NOWHERE).out
    assert "not every VirtualHost of namespace ns was read: more hosts may be selected" in out


# ---- simulated requests

TO_B = rule("r", "/r", delegates("b/t"))
TO_A = rule("r", "/r", delegates("a/t"))


@pytest.mark.parametrize(
    ("routes", "path", "ids"),
    [
        ((TO_B, LAST), "/r/x", ["vh/r"]),
        ((TO_B, LAST), "/R/x", ["vh/r"]),  # a child may ignore case (8.4 rule 4)
        (
            (rule("r", "/r/", delegates("b/t")), LAST),
            "/rx",
            ["vh/r"],
        ),  # a regex child is joined without the slash (D-17)
        ((TO_B, LAST), "/s", []),
        ((LAST, TO_B), "/r/x", []),
        ((TO_A, LAST), "/r/x", []),
        ((rule("r", "/r", delegates("b/t"), method="POST"), LAST), "/r/x", []),
        ((TO_B,), "/r/x", ["vh/r"]),  # noRoute
        ((TO_B,), "/s", []),
    ],
)
def test_a_table_that_was_not_read_may_answer_first(
    cluster: Cluster, routes: tuple[Json, ...], path: str, ids: list[str]
) -> None:
    objects = [gateway(), host(*routes)]
    item = cluster.curl(f"http://h.example{path}", objects=objects, RouteTable=A_AND_NS)
    assert [each["id"] for each in item["mayDiffer"]] == ids
    assert cluster.curl(f"http://h.example{path}", objects=objects)["mayDiffer"] == []


@pytest.mark.parametrize(
    ("sort", "inner", "ids"),
    [
        ("TABLE_WEIGHT", "/", []),  # the unknown table hangs below a table that is known to be lighter
        ("ROUTE_SPECIFICITY", "/", ["vh/r/a:light/in"]),  # its routes may be more specific, wherever they hang
        ("ROUTE_SPECIFICITY", "/elsewhere", []),
    ],
)
def test_where_an_unknown_table_may_stand(cluster: Cluster, sort: str, inner: str, ids: list[str]) -> None:
    light = table(rule("in", inner, delegates("b/t")), name="light", namespace="a", weight=-1)
    heavy = table(rule("win"), name="heavy", namespace="a")
    objects = [gateway(), host(rule("r", action=delegates("a/heavy", "a/light", sort=sort))), light, heavy]
    item = cluster.curl("http://h.example/x", objects=objects, RouteTable=A_AND_NS)
    assert item["route"]["id"] == "vh/r/a:heavy/win"
    assert [each["id"] for each in item["mayDiffer"]] == ids


def test_an_unknown_table_may_be_the_heaviest(cluster: Cluster) -> None:
    heavy = table(rule("win"), name="heavy", namespace="a", weight=10)
    objects = [gateway(), host(rule("r", action=delegates("a/heavy", "b/t"))), heavy]
    item = cluster.curl("http://h.example/x", objects=objects, RouteTable=A_AND_NS)
    reason = "RouteTable b/t: not every RouteTable of namespace b was read"
    assert item["mayDiffer"] == [{"id": "vh/r", "reason": reason}]


def test_a_host_that_was_not_read_may_serve_the_name(cluster: Cluster) -> None:
    objects = [gateway(), host(LAST)]
    for url in ("http://h.example/", "http://other.example/"):
        item = cluster.curl(url, objects=objects, VirtualHost=A_AND_NS)
        assert item["mayDiffer"] == []
        (cause,) = cluster.curl(url, objects=objects, VirtualHost=NOWHERE)["mayDiffer"]
        assert cause["id"] is None
        assert "VirtualHost" in cause["reason"]


@pytest.mark.parametrize(("url", "count"), [("http://h.example/", 0), ("http://other.example/", 1)])
def test_a_gateway_that_was_not_read_may_answer_what_none_answers(cluster: Cluster, url: str, count: int) -> None:
    objects = [gateway(), host(LAST)]
    assert len(cluster.curl(url, objects=objects, VirtualGateway=A_AND_NS)["mayDiffer"]) == count
    assert cluster.curl(url, "--gateway", "gw", objects=objects, VirtualGateway=A_AND_NS)["mayDiffer"] == []


def test_the_text_says_it_in_one_line(cluster: Cluster) -> None:
    objects = [gateway(), host(TO_B, LAST)]
    ran = cluster.run("curl", "http://h.example/r", objects=objects, RouteTable=A_AND_NS)
    (said,) = [line for line in ran.out.splitlines() if "otherwise" in line]
    wanted = "may be answered otherwise: below vh/r: RouteTable b/t: not every RouteTable of namespace b was read"
    assert said.strip() == wanted
    assert "otherwise" not in cluster.run("curl", "http://h.example/s", objects=objects, RouteTable=A_AND_NS).out


def test_many_answers_are_counted(cluster: Cluster, tmp_path: Any) -> None:
    (file := tmp_path / "requests").write_text("http://h.example/r\nhttp://h.example/s\n")
    objects = [gateway(), host(TO_B, LAST)]
    out = cluster.run("curl", "--requests", str(file), objects=objects, RouteTable=A_AND_NS).out
    assert "2 answers, 0 negative, 1 may differ since not everything was read" in out


# ---- destinations and policies


@pytest.mark.parametrize(
    ("read", "outcome", "resolved"), [(NOWHERE, "forward", "unknown"), (EVERYWHERE, "proxyResponse", "missing")]
)
def test_a_gap_never_makes_a_503(cluster: Cluster, read: Extent, outcome: str, resolved: str) -> None:
    """Some Services were read, but not the one that is named."""
    objects = [gateway(), host(rule("r", action=goes("gone.shop.c"))), ingress(http2=80), service("other", "shop", "c")]
    item = cluster.curl("http://h.example/", objects=objects, Destination=read)
    assert item["outcome"] == outcome
    (row,) = cluster.run("routes", "-o", "json", objects=objects, Destination=read).json["items"]
    assert [each["resolved"] for each in row["action"]["destinations"]] == [resolved]
    assert (row["status"], row["index"]) == ("ok", 1)


def test_an_unread_virtual_destination_is_unknown(cluster: Cluster) -> None:
    for namespace, resolved in (("a", "missing"), ("b", "unknown")):
        to = {"routeAction": {"destinations": [{"virtualDestination": {"name": "vd", "namespace": namespace}}]}}
        objects = [gateway(), host(rule("r", action=to))]
        ran = cluster.run("routes", "-o", "json", objects=objects, VirtualDestination=A_AND_NS)
        assert ran.json["items"][0]["action"]["destinations"][0]["resolved"] == resolved
        ran = cluster.run("export", "envoy", objects=objects, VirtualDestination=A_AND_NS)
        assert ("no such destination" in ran.err) is (resolved == "missing")


@pytest.mark.parametrize(
    ("selected", "read", "state"),
    [("x", NOWHERE, "applied"), ("y", NOWHERE, "unknown"), ("y", EVERYWHERE, None), ("x", EVERYWHERE, "applied")],
)
def test_a_policy_is_decided_by_what_was_read(cluster: Cluster, selected: str, read: Extent, state: str | None) -> None:
    """A Service that was read and fits is enough; that none fits can be said only if all were read (7.1 rule 4)."""
    spec = {
        "routeSelector": [{"virtualHostRefs": [{"name": "vh", "namespace": "ns"}]}],
        "destinationSelector": [{"kubeServiceMatcher": {"labels": {"app": selected}}}],
        "policy": {"requestTimeout": "1s"},
    }
    policy = {**made("TrafficPolicy", "p", "ns", spec), "apiVersion": "networking.mesh.gloo.solo.io/v1"}
    routed = service("web", "shop", "c", {"app": "x"})
    objects = [gateway(), host(rule("r", action=goes("web.shop.c"))), policy, routed]
    (row,) = cluster.run("routes", "-o", "json", objects=objects, Destination=read).json["items"]
    assert [each["state"] for each in row["policies"]] == ([state] if state else [])
    assert ("requestTimeout" in row["options"]) is (state == "applied")


# ---- names that name nothing


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        (("routes", "--host", "gone.example"), "VirtualGateway"),
        (("routes", "--host", "gone.example"), "VirtualHost"),
        (("routes", "--gateway", "gone"), "VirtualGateway"),
        (("routes", "--gateway", "b/gone"), "VirtualGateway"),
        (("tree", "rt/gone"), "RouteTable"),
        (("tree", "vh/b/gone"), "VirtualHost"),
        (("tree", "gone"), "RouteTable"),
        (("tree", "h.example#9"), "RouteTable"),
        (("tree", "http://gone.example/"), "VirtualHost"),
        (("tree", "service/gone.ns"), "RouteTable"),
        (("tree", "policy/gone"), "VirtualHost"),
    ],
)
def test_a_name_may_name_what_was_not_read(cluster: Cluster, command: tuple[str, ...], kind: str) -> None:
    ran = cluster.run(*command, objects=[gateway(), host(LAST)], **{kind: A_AND_NS})
    assert ran.code == 4
    assert "among what was read" in ran.err
    assert f"not every {kind}" in ran.err


@pytest.mark.parametrize(
    "command", [("routes", "--gateway", "a/gone"), ("tree", "rt/a/gone"), ("routes", "--host", "gone.example")]
)
def test_a_name_where_all_was_read_names_nothing(cluster: Cluster, command: tuple[str, ...]) -> None:
    extents = {} if "--host" in command else {"VirtualGateway": A_AND_NS, "RouteTable": A_AND_NS}
    ran = cluster.run(*command, objects=[gateway(), host(LAST)], **extents)
    assert ran.code == 4
    assert "among what was read" not in ran.err


def test_a_policy_may_be_among_those_not_read(cluster: Cluster) -> None:
    ran = cluster.run("routes", "--policy", "ns/gone", objects=[gateway(), host(LAST)])
    assert ran.code == 4
    assert "there is no policy ns/gone among what was read" in ran.err
    assert "not all may be listed" in ran.err


# ---- files


def test_a_broken_file_beside_good_ones_makes_everything_uncertain(tmp_path: Any) -> None:
    import json  # noqa: PLC0415

    objects = [
        gateway(),
        host(rule("r", "/r", delegates("ns/gone", namespaces=["ns"])), LAST),
        table(LAST, namespace="a"),
    ]
    (tmp_path / "good.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    (tmp_path / "broken.yaml").write_text("a: [")
    ran = gmg("tree", "-f", str(tmp_path))
    assert ran.code == 3
    assert "RouteTable ns/gone  ? unknown" in ran.out
    assert "not known whether a host leads to this table" in ran.out
    assert "more hosts may be selected" in ran.out
    ran = gmg("curl", "http://h.example/r", "-f", str(tmp_path), "-o", "json")
    assert [each["id"] for each in ran.json["items"][0]["mayDiffer"]] == [None, "vh/r", "vh/r"]


def test_good_files_alone_are_certain() -> None:
    objects = [gateway(), host(rule("r", "/r", delegates("ns/gone")), rule("rest", action=says(200)))]
    assert "✗ does not exist" in run("tree", objects=objects).out
    assert "otherwise" not in run("curl", "http://h.example/r", objects=objects).out
