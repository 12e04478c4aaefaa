"""What is offered does what it promises, and nothing else: made in the manifests, and asked of the program."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kubectl_gmg.analysis.alternatives import MOST_OFFERED, alternatives, for_unused
from kubectl_gmg.analysis.reachability import Reachability
from kubectl_gmg.model.request import Request
from kubectl_gmg.resolve.target import all_rows
from kubectl_gmg.views import Alternative, RouteRow
from tests.analysis.manifests import (
    EXAMPLES,
    Json,
    States,
    changed,
    declared_in,
    edited,
    example,
    named,
    promised,
    states,
    written,
)
from tests.oracle.generate_objects import graphs
from tests.oracle.generate_v2 import graphs_v2
from tests.run import gmg

GRAPHS = max(1, int(os.environ.get("GMG_GRAPHS", "300")) // 15)
MOST_ROUTES = 50
"""What a graph may have, for each offer is made in the manifests and asked of the program."""

UNREACHABLE = {
    "06b-two-refs-reversed": {"v1", "v2"},
    "09-version-endpoints-shadowed": {"v1-version", "v2-version"},
    "09b-catch-all-heavier": {"v1", "v2"},
    "24-nested-sort-methods": {"late"},
    "25-refs-and-selector": {"shared"},
    "32-trailing-slashes": {"bare"},
    "36-selector-expressions": {"here"},
    "demo": {"v1-version", "v2-version"},
    "v2-delegation-nested-and-cycle": {"z"},
    "v2-sort-table-order-by-name": {"first0"},
    "v2-sort-table-weight": {"older0", "newer0"},
}
"""The examples with a route that never answers though another order would let it; all of these have to be helped."""


def short(row: RouteRow) -> str:
    return row.route.terminal.rules[-1].name


def hidden(path: str) -> Iterator[tuple[RouteRow, tuple[Alternative, ...], Request | None]]:
    """Every route that no request gets to, with what is offered and a request that reads as if it were for it."""
    declared, resolved = declared_in(path)
    reachability = Reachability()
    for row in all_rows(resolved):
        reach = reachability.of(row)
        if reach.proof is not None:
            yield row, alternatives(row, declared, resolved, reach), reach.request


def answers(manifests: list[Json], row: RouteRow, request: Request, folder: Path) -> Any:
    """The id of the route that the program says a request goes to, at the listener of `row`."""
    asked = {
        "method": request.method,
        "scheme": request.scheme,
        "host": request.host,
        "port": request.port,
        "path": request.path,
        "headers": [{"name": name, "value": value} for name, value in request.headers],
    }
    ran = gmg("curl", "--requests", "-", "-f", written(manifests, folder), "-o", "json", stdin=json.dumps(asked))
    items = [
        each
        for each in ran.json["items"]
        if each["gateway"]["name"] == row.gateway.ref.name and each["listener"]["index"] == row.listener.index
    ]
    return items[0]["route"] and items[0]["route"]["id"]


def keeps_its_promise(
    manifests: list[Json], before: States, row: RouteRow, offer: Alternative, folder: Path
) -> list[Json]:
    """The objects after what is offered; the effect is as promised, and the route is no longer unreachable."""
    then = edited(manifests, offer.edits)
    after = states(then, folder)
    assert changed(before, after) == promised(offer.effect, before, after)
    if row.key in after:
        assert after[row.key][3].startswith("#")
        assert (
            offer.wins == f"{short(row)} wins {'some requests ' if 'some' in offer.wins else ''}at {after[row.key][3]}"
        )
    return then


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_offer_does_what_it_promises(name: str, tmp_path: Path) -> None:
    manifests = example(name)
    before = states(manifests, tmp_path)
    helped = set()
    for row, offers, request in hidden(written(manifests, tmp_path)):
        assert len(offers) <= MOST_OFFERED
        for offer in offers:
            assert offer.verified
            then = keeps_its_promise(manifests, before, row, offer, tmp_path)
            assert (row.id, "unreachable") in {(each.id, each.before) for each in offer.effect}
            helped.add(short(row))
            if request is not None and "some" not in offer.wins:
                assert answers(manifests, row, request, tmp_path) != row.id
                assert answers(then, row, request, tmp_path) == row.id
    assert helped == UNREACHABLE.get(name, set())


UNUSED = {"06c-shell-tab-missing-ref": {"reviews-misc-rt"}, "26-inline-host": {"there"}}
"""The examples with a table that nothing includes though an existing rule could."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_invitation_does_what_it_promises(name: str, tmp_path: Path) -> None:
    manifests = example(name)
    before = states(manifests, tmp_path)
    assert used_after(manifests, before, tmp_path) == UNUSED.get(name, set())


def used_after(manifests: list[Json], before: States, folder: Path) -> set[str]:
    """The names of the tables for which something was offered; each offer keeps its promise."""
    declared, resolved = declared_in(written(manifests, folder))
    helped = set()
    for table in resolved.orphans:
        for offer in for_unused(table.ref, declared, resolved):
            after = states(edited(manifests, offer.edits), folder)
            assert changed(before, after) == promised(offer.effect, before, after)
            new = [each.id for each in offer.effect if (each.before, each.after[0]) == ("absent", "#")]
            assert any(f"{table.ref.name}/" in each for each in new)
            assert f" uses {table.ref.name}: " in offer.wins
            helped.add(table.ref.name)
    return helped


def test_a_table_is_invited_by_its_labels(tmp_path: Path) -> None:
    """The selector of the v2 example wants a label and a namespace; another one would take the table by name."""
    manifests = example("v2-sort-table-weight")
    older = next(each for each in manifests if each["metadata"]["name"] == "older" and each["kind"] == "RouteTable")
    del older["metadata"]["labels"]
    declared, resolved = declared_in(written(manifests, tmp_path))
    (offer,) = for_unused(resolved.orphans[0].ref, declared, resolved)
    assert [(str(each.at), each.before, each.after) for each in offer.edits] == [
        ("RouteTable apps/older metadata.labels.t", None, "kid")
    ]
    assert used_after(manifests, states(manifests, tmp_path), tmp_path) == {"older"}


def test_a_reference_into_another_namespace(tmp_path: Path) -> None:
    """A reference that leads nowhere names the table, and where it is."""
    manifests = example("06c-shell-tab-missing-ref")
    table = next(each for each in manifests if each["metadata"]["name"] == "reviews-misc-rt")
    table["metadata"]["namespace"] = "elsewhere"
    declared, resolved = declared_in(written(manifests, tmp_path))
    (offer,) = for_unused(resolved.orphans[0].ref, declared, resolved)
    assert [(each.at.path[-1], each.before, each.after) for each in offer.edits] == [
        ("name", "demo-routetable2", "reviews-misc-rt"),
        ("namespace", "gloo-mesh", "elsewhere"),
    ]
    assert used_after(manifests, states(manifests, tmp_path), tmp_path) == {"reviews-misc-rt"}


def offered(manifests: list[Json], ending: str, folder: Path, request: Request | None = None) -> list[Alternative]:
    """What is offered for a route, for one request if it is given."""
    declared, resolved = declared_in(written(manifests, folder))
    (row,) = (row for row in all_rows(resolved) if f"/{row.id}".endswith(f"/{ending}"))
    return list(alternatives(row, declared, resolved, Reachability().of(row), request))


def edits_of(offers: list[Alternative]) -> list[tuple[str, str | None, str]]:
    return [(edit.at.field, edit.before, edit.after) for each in offers for edit in each.edits]


def test_what_is_tried_in_the_guide_s_example(tmp_path: Path) -> None:
    """`spec/cli.md` 7: sorting by specificity has no victims; weights hide v1 and v2."""
    offers = offered(example("demo"), "v1-version", tmp_path)
    assert edits_of(offers) == [
        ("spec.routes[1].delegateAction.sortMethod", "TABLE_WEIGHT", "ROUTE_SPECIFICITY"),
        ("spec.weight", "0", "11"),
        ("spec.weight", "10", "-1"),
    ]
    assert [each.wins for each in offers] == ["v1-version wins at #2"] * 3


def test_a_request_that_is_lost(tmp_path: Path) -> None:
    """not-found is reached, but not by /reviews/v1/x: a heavier table would win it, sorting would not."""
    manifests = example("demo")
    request = Request(path="/reviews/v1/x", host="www.example.com")
    assert offered(manifests, "not-found", tmp_path) == []
    offers = offered(manifests, "not-found", tmp_path, request)
    assert edits_of(offers) == [("spec.weight", "0", "11"), ("spec.weight", "10", "-1")]
    before = states(manifests, tmp_path)
    for offer in offers:
        then = edited(manifests, offer.edits)
        after = states(then, tmp_path)
        assert changed(before, after) == promised(offer.effect, before, after)
        line = "http://www.example.com/reviews/v1/x"
        ran = gmg("curl", line, "-f", written(then, tmp_path), "-o", "json")
        assert ran.json["items"][0]["route"]["id"].endswith("/not-found")
        assert ran.json["items"][0]["route"]["index"] == int(offer.wins.rpartition("#")[2])


def test_nothing_wins_a_request_that_the_route_does_not_match(tmp_path: Path) -> None:
    elsewhere = Request(path="/ratings/1", host="www.example.com")
    assert offered(example("demo"), "v1-version", tmp_path, elsewhere) == []


def test_a_selector_is_narrowed_where_nothing_else_helps(tmp_path: Path) -> None:
    """Both tables have the same exact path, so sorting does not tell them apart; labels and namespaces do."""
    manifests = example("demo")
    tables = [each for each in manifests if each["kind"] == "RouteTable"]
    tables[0]["metadata"]["namespace"] = "apps"
    tables[1]["metadata"]["labels"] = {"team": "b"}
    tables[0]["spec"] = {"weight": 10, "routes": [copy_of(tables[1]["spec"]["routes"][0], "taken")]}
    host = next(each for each in manifests if each["kind"] == "VirtualHost")
    host["spec"]["routes"][1]["delegateAction"]["selector"]["namespaces"] = ["*"]
    offers = offered(manifests, "v1-version", tmp_path)
    assert edits_of(offers) == [
        ("spec.weight", "0", "11"),
        ("spec.weight", "10", "-1"),
        ("spec.routes[1].delegateAction.selector.labels.team", None, "b"),
        ("spec.routes[1].delegateAction.selector.namespaces", '["*"]', "[gloo-mesh]"),
    ]
    before = states(manifests, tmp_path)
    for offer in offers:
        after = states(edited(manifests, offer.edits), tmp_path)
        assert changed(before, after) == promised(offer.effect, before, after)


def copy_of(rule: Json, name: str) -> Json:
    return {**rule, "name": name}


def test_roots_of_their_own_have_nothing_in_common(tmp_path: Path) -> None:
    """`spec/v2.md` 4.3: the age of the roots decides, which nobody can edit."""
    assert offered(example("v2-two-roots-one-host"), "alpha/rest", tmp_path) == []


def test_a_route_behind_the_catch_all_of_its_root(tmp_path: Path) -> None:
    """`spec/envoy.md` 70: the product drops it; it is served again once it stands before."""
    manifests = example("v2-two-roots-one-host")
    root = next(each for each in manifests if each["metadata"]["name"] == "alpha")
    root["spec"]["http"].reverse()
    (offer,) = offered(manifests, "alpha/own", tmp_path)
    assert edits_of([offer]) == [("spec.http[1]", "2", "1")]
    before, after = states(manifests, tmp_path), states(edited(manifests, offer.edits), tmp_path)
    assert changed(before, after) == promised(offer.effect, before, after)


@pytest.mark.parametrize("objects", [graphs(), graphs_v2()], ids=["first", "second"])
def test_offers_on_generated_graphs(objects: st.SearchStrategy[list[Json]], tmp_path: Path) -> None:
    kept: list[Alternative] = []

    @settings(
        max_examples=GRAPHS, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(objects)
    def run(manifests: list[Json]) -> None:
        graph = named(manifests)
        _, resolved = declared_in(written(graph, tmp_path))
        assume(sum(1 for _ in all_rows(resolved)) <= MOST_ROUTES)
        before = states(graph, tmp_path)
        for row, offers, _ in islice(hidden(written(graph, tmp_path)), 2):
            for offer in offers:
                keeps_its_promise(graph, before, row, offer, tmp_path)
                kept.append(offer)
        used_after(graph, before, tmp_path)

    run()
    assert kept
