"""Delegation and attachment, judged by the independent transcripts: on random graphs both find the same.

What a transcript does not keep is worked out here, from the specification: places of dead ends, circles, which tables
nothing leads to (`spec/v1beta1.md` 2.4, 4.2, 8.6; `spec/v2.md` 3.3, 8.1, 8.6).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import pytest

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings
from kubectl_gmg.model.snapshot import EVERYWHERE, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.sources.objects import collect
from kubectl_gmg.views import Finding
from tests.checks.worlds import WORLDS
from tests.oracle.transcript import Transcript, in_error, owned
from tests.oracle.transcript_selectors import key, reach, selects
from tests.oracle.v2_transcript import TranscriptV2

Json = dict[str, Any]
Spot = tuple[str, str, str, str]
"""Kind, namespace, name, field."""

FIRST = [name for name in WORLDS if name.startswith("random-v1beta1")]
SECOND = [name for name in WORLDS if name.startswith("random-v2")]
CODES = ("GMG110", "GMG117", "GMG201", "GMG203", "GMG204", "GMG205", "GMG206")
JUDGED = [each for each in rules() if each.info.code in CODES]
REACHED_ONLY = "is reached only through it"


def spot(owner: Json, index: int, *more: str) -> Spot:
    """A place in a rule of the first generation."""
    found = owner["object"]
    return found["kind"], *key(found), ".".join((f"{owner['field']}.routes[{index}]", *more))


class Judge(Transcript):
    """Keeps what is wrong with each delegation, of every host, attached or not."""

    def __init__(self, manifests: list[Json]) -> None:
        self.wrong: defaultdict[str, set[Any]] = defaultdict(set)
        self.entered: set[Any] = set()
        self.lost_delegates = False
        super().__init__(manifests)
        self.attached = {
            key(h["object"])
            for g in self.kinds.get("VirtualGateway", [])
            for h in self.attach(g)
            if h["field"] == "spec"
        }
        for host in self.hosts():
            self.lost_delegates |= any(in_error(each) for each in host["spec"].get("routes") or [])
            self.expand(host, None, {"id": "x", "hops": [], "path": []})

    def entries(self) -> list[Json]:
        """What the gateways serve."""
        handlers = (each for g in self.kinds.get("VirtualGateway", []) for each in g["spec"]["connectionHandlers"])
        return [entry for handler in handlers for entry in handler["http"]["routeConfig"]]

    def hosts(self) -> list[Json]:
        """Every host that is written, whether anything is served of it or not."""
        written = [owned(each, "spec", "x") for each in self.kinds.get("VirtualHost", [])]
        inline = [h for g in self.kinds.get("VirtualGateway", []) for h in self.attach(g) if h["field"] != "spec"]
        return [*written, *inline]

    def delegate(self, delegate: Json, owner: Json, matches: list[Json], way: Json) -> list[Json]:
        for each in self.candidates(delegate, owner["namespace"]):
            if each not in way["path"]:
                self.entered.add(each)
                self.lost_delegates |= any(in_error(rule) for rule in self.tables[each]["spec"].get("routes") or [])
        return super().delegate(delegate, owner, matches, way)

    def dead_ends(self, delegate: Json, namespace: str, way: Json) -> list[Any]:
        """8.6, each row of its table."""
        owner, index, _ = way["hops"][-1]
        here = spot(owner, index, "delegateAction")
        refs = delegate.get("refs") or []
        selector = delegate.get("selector")
        for number, ref in enumerate(refs):
            named = (ref.get("namespace") or "", ref.get("name") or "")
            place = (*here[:3], f"{here[3]}.refs[{number}]")
            if named[0] and named not in self.tables and refs.index(ref) == number:  # named again, it is told once
                self.wrong["missing"].add(place)
            elif named in way["path"]:
                self.wrong["circle"].add(self.circle(way, named))
            elif named in self.tables and not self.tables[named]["spec"].get("routes"):
                self.wrong["empty"].add(named)
        if selector is not None:
            hit = [each for each, table in self.tables.items() if selects(selector, namespace, table)]
            usable = [each for each in hit if each not in way["path"]]
            self.wrong["empty"] |= {each for each in usable if not self.tables[each]["spec"].get("routes")}
            if not usable and is_sound(selector):
                self.wrong["none"].add((*here[:3], f"{here[3]}.selector"))
        return super().dead_ends(delegate, namespace, way)

    @staticmethod
    def circle(way: Json, entered: Any) -> frozenset[Spot]:
        """The rules that lead from a table back to it."""
        holders = [
            key(owner["object"]) if owner["object"]["kind"] == "RouteTable" else None for owner, _, _ in way["hops"]
        ]
        return frozenset(spot(owner, index) for owner, index, _ in way["hops"][holders.index(entered) :])


def is_sound(selector: Json) -> bool:
    """1.2.4, 1.2.6: whether it can select anything at all."""
    return not selector.get("expressions") or bool(reach(selector, "x"))


def place(at: Any) -> Spot:
    return at.ref.kind, at.ref.namespace, at.ref.name, at.field


NARROW = "/narrow"
"""Behind the name of a world: the gateways select fewer hosts than there are."""


@cache
def documents_of(name: str) -> list[Json]:
    found = WORLDS[name.removesuffix(NARROW)].documents
    if not name.endswith(NARROW):
        return found
    wide, fewer = '"virtualHostSelector": {"namespaces": ["*"]}', '"virtualHostSelector": {"labels": {"app": "x"}}'
    narrow: list[Json] = json.loads(json.dumps(found).replace(wide, fewer))
    return narrow


@cache
def findings_of(name: str) -> tuple[Finding, ...]:
    """What is said of a cluster that holds nothing else: in files others may be missing that somebody else has."""
    collected = collect(((each, None) for each in documents_of(name)), KINDS)
    read = {kind.resource: EVERYWHERE for kind in KINDS}
    snapshot = Snapshot(SourceType.LIVE, collected.objects, (), read)
    declared = lower(snapshot)
    return findings(CheckContext(snapshot, declared, resolve(declared)), JUDGED)


def found(name: str, code: str) -> list[Finding]:
    return [each for each in findings_of(name) if each.rule.code == code]


def places(name: str, code: str) -> set[Spot]:
    return {place(each.problem.at) for each in found(name, code)}


def circles(name: str) -> list[frozenset[Spot]]:
    """The circles that are told, from what is related: the way down, and last the table that is entered again."""
    told = []
    for each in found(name, "GMG204"):
        *way, entered = (note.at for note in each.problem.related)
        holders = [at.ref for at in way]
        told.append(frozenset(place(at) for at in way[holders.index(entered.ref) :]))
    return told


def assert_circles(name: str, wanted: set[frozenset[Spot]]) -> None:
    """Each told circle is one and told once; where several close at one place, or share rules, one stands for all."""
    told = circles(name)
    assert len(told) == len(set(told))
    assert set(told) <= wanted
    assert all(any(each & one for one in told) for each in wanted)


def tables(name: str, code: str, *, below: str = "") -> set[tuple[str, str]]:
    """The tables that findings are about, and those of related notes."""
    told = {(each.problem.at.ref.namespace, each.problem.at.ref.name) for each in found(name, code)}
    notes = (note for each in found(name, code) for note in each.problem.related if note.text == below)
    return told | {(note.at.ref.namespace, note.at.ref.name) for note in notes}


@cache
def first_judge(name: str) -> Judge:
    return Judge(documents_of(name))


@pytest.mark.parametrize("name", FIRST)
class TestFirstGeneration:
    def test_references_and_selectors(self, name: str) -> None:
        assert places(name, "GMG201") == first_judge(name).wrong["missing"]
        assert places(name, "GMG203") == first_judge(name).wrong["none"]

    def test_circles(self, name: str) -> None:
        assert_circles(name, first_judge(name).wrong["circle"])

    def test_empty_tables(self, name: str) -> None:
        assert tables(name, "GMG205") == first_judge(name).wrong["empty"]

    def test_orphans(self, name: str) -> None:
        """Where a delegation is lost for another reason, that reason is what is told."""
        judge = first_judge(name)
        told, orphans = tables(name, "GMG206", below=REACHED_ONLY), set(judge.tables) - judge.entered
        assert told <= orphans
        assert judge.lost_delegates or told == orphans

    def test_hosts_without_gateway(self, name: str) -> None:
        name += NARROW
        judge = first_judge(name)
        wanted = {
            key(each)
            for each in judge.kinds.get("VirtualHost", [])
            if key(each) not in judge.attached and each["spec"].get("domains") and each["spec"].get("routes")
        }
        told = tables(name, "GMG110")
        assert told <= wanted
        selectors = [each.get("virtualHostSelector") for each in judge.entries()]
        assert any(each is not None and not is_sound(each) for each in selectors) or told == wanted


class JudgeV2(TranscriptV2):
    """Keeps what is wrong with each delegation below any root."""

    def __init__(self, manifests: list[Json]) -> None:
        self.none: set[Spot] = set()
        self.circles: set[frozenset[Spot]] = set()
        self.entered: set[Any] = set()
        super().__init__(manifests)
        for root in self.tables:
            if root["spec"].get("hosts"):
                self.grow(root)

    def delegate(self, delegate: Json, table: Json, here: Json) -> list[Json] | None:
        """8.1, 8.6: entries that find nothing make the rule fail only if none finds anything."""
        viewer = self.tenants.owner(table)
        namespace, name, field = here["hops"][-1]
        spots = [("RouteTable", *hop) for hop in here["hops"]]
        pool = [each for each in self.tables if self.tenants.sees(viewer, each, "ROUTE_TABLE")]
        chosen: list[Json] = []
        cyclic = False
        for entry in delegate.get("routeTables") or []:
            hit = [each for each in pool if self.tenants.fits(entry, each)]
            for each in hit:
                if "name" in entry and each in here["tables"]:
                    cyclic = True
                    self.circles.add(frozenset(spots[here["tables"].index(each) :]))
            chosen += [each for each in hit if each not in here["tables"] and not each["spec"].get("hosts")]
        if delegate.get("routeTables") and viewer is not None and not chosen and not cyclic:
            self.none.add(("RouteTable", namespace, name, field))
        if not cyclic:
            self.entered |= {key(each) for each in chosen}
        return super().delegate(delegate, table, here)


@cache
def second_judge(name: str) -> JudgeV2:
    return JudgeV2(documents_of(name))


def rule_field(spot_of: Spot) -> Spot:
    """The rule that a place of `routeTables` stands in."""
    return (*spot_of[:3], spot_of[3].partition(".delegate")[0])


@pytest.mark.parametrize("name", SECOND)
class TestSecondGeneration:
    def test_delegations_that_find_nothing(self, name: str) -> None:
        failed = {
            rule_field(place(each.problem.at)) for each in found(name, "GMG203") if each.severity.value == "error"
        }
        assert second_judge(name).none <= failed

    def test_circles(self, name: str) -> None:
        """Below a rule that breaks for another reason the transcript does not look."""
        told = circles(name)
        assert len(told) == len(set(told))
        assert all(any(each & one for one in told) for each in second_judge(name).circles)

    def test_orphans(self, name: str) -> None:
        judge = second_judge(name)
        orphans = {key(each) for each in judge.tables if not each["spec"].get("hosts")} - judge.entered
        assert tables(name, "GMG206", below=REACHED_ONLY) <= orphans

    def test_gateways_that_serve_nothing(self, name: str) -> None:
        """3.3: an entry of a root whose gateway does not exist, does not see it, or admits none of its hosts."""
        judge = second_judge(name)
        told = {(each[1], each[2], each[3]) for each in places(name, "GMG117")}
        for root in judge.tables:
            if root["spec"].get("hosts") and root["spec"].get("http") and judge.tenants.owner(root) is not None:
                for number, ref in enumerate(root["spec"].get("virtualGateways") or []):
                    at = (*key(root), f"spec.virtualGateways[{number}]")
                    assert (at in told) == (not served(judge, root, ref)), f"{name}: {at}"


def served(judge: JudgeV2, root: Json, ref: Json) -> bool:
    """Whether the gateway of an entry serves any host of a root."""
    wanted = (ref.get("namespace") or key(root)[0], ref["name"])
    gateways = [each for each in judge.kinds.get("VirtualGateway", []) if key(each) == wanted]
    return any(
        judge.tenants.attached(root, gateway) and judge.tenants.admitted(root, listener, gateway)
        for gateway in gateways
        for listener in gateway["spec"]["listeners"]
        if "http" in listener
    )


def test_the_graphs_have_all_of_it() -> None:
    seen = Counter({kind: len(each) for name in FIRST for kind, each in first_judge(name).wrong.items() if each})
    assert {kind for kind, count in seen.items() if count} == {"missing", "circle", "empty", "none"}
    assert any(second_judge(name).circles for name in SECOND)
    assert any(second_judge(name).none for name in SECOND)
    assert any(tables(name, "GMG206") for name in SECOND)
    assert any(tables(name, "GMG206") for name in FIRST)
    assert any(places(name, "GMG117") for name in SECOND)
    assert any(places(name + NARROW, "GMG110") for name in FIRST)
