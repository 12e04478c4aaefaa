"""The second judge of the second generation: it reproduces the examples, and the product agrees with it on graphs."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.generate_v2 import graphs_v2
from tests.oracle.transcript import compiles, read
from tests.oracle.transcript_selectors import key
from tests.oracle.v2_transcript import (
    BROKEN,
    FROZEN,
    TranscriptV2,
    catches_all,
    contradict,
    pair,
    regex_compiles,
    sound,
)
from tests.run import resolved_items, routes_json
from tests.test_scenarios_v2 import having, load, name_of

Json = dict[str, Any]
GRAPHS = max(1, int(os.environ.get("GMG_GRAPHS", "300")) // 2)


def generated(share: float = 1.0) -> settings:
    return settings(
        max_examples=max(1, int(GRAPHS * share)),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Watched(TranscriptV2):
    """Counts the rules that a graph really touches, so that the generator can be judged."""

    def __init__(self, manifests: list[Json]) -> None:
        self.seen: set[str] = set()
        super().__init__(manifests)
        rows = [row for listing in self.listings.values() for row in listing]
        for row in rows:
            self.note(f"depth {len(row['hops'])}", True)
            self.note(row["action"]["type"], True)
            self.note("label displaced", len(row["labels"]) > 1 and len(row["hops"]) > 1)
        self.note("no workspace", not self.tenants.workspaces)
        self.note("no Service", "Service" not in self.kinds)
        self.note("several listeners", len({number for _, number, _ in self.listings}) > 1)

    def note(self, event: str, happened: object) -> None:
        if happened:
            self.seen.add(event)

    def serve(self, gateway: Json, number: int, listener: Json) -> None:
        super().serve(gateway, number, listener)
        roots = [each for each in self.tables if each["spec"].get("hosts")]
        listed = [each for each in roots if self.tenants.attached(each, gateway)]
        self.note("root of another workspace", any(self.foreign(each, gateway) for each in listed))
        self.note("hidden root", len(listed) < len(roots))
        if listener.get("allowedRouteTables"):
            kept = [(each, self.tenants.admitted(each, listener, gateway)) for each in listed]
            self.note("filtered root", any(not domains for _, domains in kept))
            wild = [d for each, domains in kept for d in domains if d not in map(str.lower, each["spec"]["hosts"])]
            self.note("narrowed domain", wild)
            starred = [host for each in listed for host in each["spec"]["hosts"] if host == "*-b.test"]
            self.note("star within a label narrowed", starred and "x-b.test" in wild)

    def merge(self, roots: list[Json], port: int | None) -> list[Json]:
        found = super().merge(roots, port)
        alone = [row for root in roots for row in self.grow(root)]
        last = [catches_all(row["match"]) for row in found]
        self.note("merged roots", len(roots) > 1 and found)
        owners = [row["hops"][0][:2] for row in found]
        self.note("catch-all passed younger roots", any(last) and owners != sorted(owners, key=owners.index))
        self.note("cut behind a catch-all", len(alone) > len(found))
        self.note("two catch-alls", last.count(True) > 1)
        self.note("other port", any(row["match"]["port"] not in (None, port) for row in alone))
        return found

    def grow(self, root: Json) -> list[Json]:
        found = super().grow(root)
        if found and found[0]["action"] is FROZEN:
            leaves, _ = self.expand(root, None, {"tables": [], "hops": [], "labels": {}})
            shown = any(leaf["action"] is BROKEN and leaf["matches"] for leaf in leaves)
            self.note("frozen by what is not served", not shown)
        return found

    def foreign(self, one: Json, other: Json) -> bool:
        return self.tenants.owner(one) != self.tenants.owner(other)

    def delegate(self, delegate: Json, table: Json, here: Json) -> list[Json] | None:
        block, viewer = super().delegate(delegate, table, here), self.tenants.owner(table)
        hit = [e for entry in delegate.get("routeTables") or [] for e in self.tables if self.tenants.fits(entry, e)]
        seen = [each for each in hit if self.tenants.sees(viewer, each, "ROUTE_TABLE")]
        named = {entry["name"] for entry in delegate.get("routeTables") or [] if "name" in entry}
        way = here["tables"]
        self.note("cycle by name", block is None and any(e in way and e["metadata"]["name"] in named for e in seen))
        entered = [e for e in seen if e["spec"].get("hosts") and e in way and e["metadata"]["name"] in named]
        self.note("cycle by the name of a root", entered and any(not e["spec"].get("hosts") for e in seen))
        self.note("cycle by selector", block is not None and any(each in way for each in seen))
        self.note("hidden table", len(seen) < len(hit))
        self.note("nothing selected", block is None and not seen)
        self.note("table with hosts", block and any(each["spec"].get("hosts") for each in seen))
        if block:
            tables = {leaf["hops"][len(way)][:2] for leaf in block}
            weights = [e["spec"].get("weight", 0) for e in seen if key(e) in tables]
            self.note("table of another workspace", any(self.foreign(e, table) for e in seen if key(e) in tables))
            self.note("weights reorder", weights != sorted(weights, reverse=True))
            self.note("equal weights", len(set(weights)) < len(tables))
            self.note("selected twice", len(weights) > len(tables))
            if delegate.get("sortMethod") == "ROUTE_SPECIFICITY":
                plain = super().delegate({**delegate, "sortMethod": "TABLE_WEIGHT"}, table, here) or []
                usable = [leaf["hops"] for leaf in plain if leaf["matches"]]
                self.note("specificity reorders", [leaf["hops"] for leaf in block] != usable)
                self.note("specificity of several tables", len(tables) > 1)
                self.note("specificity above a delegate", any(len(leaf["hops"]) > len(way) + 1 for leaf in block))
                self.note("several matches ranked", any(len(leaf["matches"]) > 1 for leaf in block))
        return block

    def expand(self, table: Json, parents: list[Json] | None, way: Json) -> tuple[list[Json], bool]:
        leaves, contradicts = super().expand(table, parents, way)
        rules = table["spec"].get("http") or []
        matchers = [each for rule in rules for each in rule.get("matchers") or []]
        pairs = [(one, read(each) | {"port": None}) for one in parents or [] for each in matchers if sound(each)]
        for one, other in pairs:
            joined = pair(one, other)
            self.note("conflict", joined is None)
            self.note("some pairs conflict", joined is None and not contradicts)
            self.note("conflict of tests", any(contradict(a, b) for a in one["headers"] for b in other["headers"]))
            above, below = one["path"], other["path"]
            if joined and above and below and above["value"] != "/":
                self.note("case differs", above["ignoreCase"] != below["ignoreCase"])
                self.note("regex child", below["type"] == "regex")
                self.note("regex refused below", compiles(below["value"]) and not regex_compiles(joined["path"]))
                self.note("slash inserted", below["type"] != "regex" and not below["value"].startswith("/"))
                self.note("child is /", below["value"] == "/")
            self.note("child without path", joined and above and not below)
            self.note("path below no path", joined and below and not above)
        self.note("contradiction", contradicts)
        self.note("bad regex", not all(map(sound, matchers)))
        self.note(
            "suffix alone", any(all("suffix" in (m.get("uri") or {}) for m in r.get("matchers") or [{}]) for r in rules)
        )
        return leaves, contradicts

    def not_found(self, destination: Json, table: Json) -> bool:
        found = super().not_found(destination, table)
        self.note(f"{destination.get('kind', 'SERVICE')} {'missing' if found else 'found'}", True)
        return found


PLENTY = ("depth 2", "replaced", "merged roots", "several listeners", "nothing selected")
ENOUGH = (
    *("depth 3", "depth 4", "frozen", "label displaced", "no workspace", "no Service", "root of another workspace"),
    *("hidden root", "filtered root", "narrowed domain", "catch-all passed younger roots"),
    "star within a label narrowed",
    *("cut behind a catch-all", "two catch-alls", "other port", "cycle by name", "cycle by selector", "hidden table"),
    *("table with hosts", "table of another workspace", "weights reorder", "equal weights", "selected twice"),
    *("specificity reorders", "specificity of several tables", "specificity above a delegate"),
    *("several matches ranked", "conflict", "some pairs conflict", "conflict of tests", "contradiction"),
    *("case differs", "regex child", "regex refused below", "slash inserted", "child is /", "child without path"),
    *("path below no path", "bad regex", "suffix alone", "SERVICE found", "SERVICE missing"),
    *("VIRTUAL_DESTINATION found", "VIRTUAL_DESTINATION missing", "EXTERNAL_SERVICE found"),
)


Listings = dict[str, list[Json]]
"""`NAMESPACE/GATEWAY LISTENER DOMAIN` to its rows in order; domains without rows are left out."""


def told(transcript: TranscriptV2) -> Listings:
    """What the transcript says."""
    listings = transcript.listings.items()
    return {f"{'/'.join(gateway)} {number} {domain}": rows for (gateway, number, domain), rows in listings if rows}


def answered(answer: Json) -> Listings:
    """The same from the product's answer; a match for another port is shown, but never given to the listener."""
    found: Listings = {}
    for row in answer["items"]:
        listener, port = row["listener"], row["match"]["port"]
        if row["index"] is None or port not in (None, listener["port"]):
            continue
        for domain in row["domains"]:
            place = f"{row['gateway']['namespace']}/{row['gateway']['name']} {listener['index']} {domain.lower()}"
            found.setdefault(place, []).append(shown(row))
    return found


def shown(row: Json) -> Json:
    """A row of the product in the transcript's shape."""
    hops = [(hop["ref"]["namespace"], hop["ref"]["name"], hop["field"]) for hop in row["hops"]]
    return {"match": row["match"], "action": action_of(row), "labels": row["labels"], "hops": hops}


def action_of(row: Json) -> Json:
    action: Json = row["action"]
    if row["status"] == "frozen":
        return FROZEN
    if row["status"] == "replaced":
        assert (action["type"], action["status"]) == ("directResponse", 500)
        return BROKEN
    assert row["status"] == "ok"
    if action["type"] == "redirect":
        return {field: action[field] for field in ("type", "status", "host", "path")}
    if action["type"] == "directResponse":
        return action
    to = [[each["kind"], each["namespace"], each["name"], round(each["share"], 6)] for each in action["destinations"]]
    fields = ("pathRewrite", "regexRewrite", "hostRewrite")
    return {"type": "forward", "to": to} | {field: action[field] for field in fields}


def complaint(manifests: list[Json], wanted: Listings) -> str:
    """How the product differs from what the transcript says; empty if it does not."""
    got = answered({"items": resolved_items(manifests)})
    for place in sorted({*wanted, *got}):
        if wanted.get(place) != got.get(place):
            return f"{place}: {wanted.get(place)} is not {got.get(place)}"
    return ""


def test_the_product_agrees_with_the_transcript_on_graphs_that_touch_every_rule() -> None:
    found: Counter[str] = Counter()

    @generated()
    @given(graphs_v2())
    def agree(manifests: list[Json]) -> None:
        transcript = Watched(manifests)
        found.update(transcript.seen)
        assert complaint(manifests, told(transcript)) == ""

    agree()
    assert {event: found[event] for event in PLENTY if found[event] <= GRAPHS * 0.2} == {}
    assert {event: found[event] for event in ENOUGH if found[event] <= GRAPHS * 0.01} == {}


@generated(0.15)
@given(graphs_v2(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(manifests: list[Json], chance: Random) -> None:
    first, second = [
        {**routes_json(each), "source": None} for each in (manifests, chance.sample(manifests, len(manifests)))
    ]
    assert first == second


def rule_of(row: Json) -> str:
    """`NAMESPACE/TABLE/RULE` as the examples write it."""
    namespace, table, _ = row["hops"][-1]
    return f"{namespace}/{table}/{row['name']}"


def path_of(row: Json) -> Json:
    return {row["match"]["path"]["type"]: row["match"]["path"]["value"]}


def example_rows(path: Path) -> list[Json]:
    """The rows of an example with the names of their rules, domain by domain."""
    manifests = [each for each in yaml.safe_load_all(path.with_name(f"{name_of(path)}.yaml").read_text()) if each]
    rules = {
        (*key(each), f"spec.http[{index}]"): rule.get("name")
        for each in manifests
        if each["kind"] == "RouteTable"
        for index, rule in enumerate(each["spec"].get("http") or [])
    }
    listings = TranscriptV2(manifests).listings.values()
    return [{**row, "name": rules[row["hops"][-1]]} for listing in listings for row in listing]


@pytest.mark.parametrize("path", having("order"), ids=name_of)
def test_the_transcript_reproduces_the_order_of_the_example(path: Path) -> None:
    wanted, rows = load(path)["order"], example_rows(path)
    assert [rule_of(row) if isinstance(wanted[0], str) else path_of(row) for row in rows] == wanted


@pytest.mark.parametrize("path", having("effectiveRoutes"), ids=name_of)
def test_the_transcript_reproduces_the_routes_of_the_example(path: Path) -> None:
    rows = example_rows(path)
    for wanted in load(path)["effectiveRoutes"]:
        assert [path_of(row) for row in rows if rule_of(row) == wanted["route"]] == wanted["anyOf"]


@pytest.mark.parametrize("path", having("effectiveLabels"), ids=name_of)
def test_the_transcript_reproduces_the_labels_of_the_example(path: Path) -> None:
    rows = example_rows(path)
    for rule, wanted in load(path)["effectiveLabels"].items():
        assert [row["labels"] for row in rows if rule_of(row) == rule] == [wanted]
