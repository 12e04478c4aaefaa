"""`--what-if`: what is meant, what cannot be, and what it changes (`spec/cli.md` 2.2, 6.6, 7)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from kubectl_gmg.analysis.compare import Comparison, compare
from kubectl_gmg.analysis.edits import moved, weighed
from kubectl_gmg.analysis.what_if import Subject, what_if
from kubectl_gmg.errors import UsageError
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Resolved
from kubectl_gmg.resolve.target import all_rows
from kubectl_gmg.views import Alternative, RouteRow
from tests.analysis.manifests import (
    EXAMPLES,
    Json,
    changed,
    declared_in,
    edited,
    example,
    promised,
    states,
    written,
)

HOST = ObjectRef("gloo-mesh", "demo-virtualhost", "VirtualHost", "v1beta1")
TABLE = ObjectRef("gloo-mesh", "demo-routetable2", "RouteTable", "v1beta1")


def route(resolved: Resolved, ending: str) -> RouteRow:
    """The one route of that end."""
    (found,) = (row for row in all_rows(resolved) if f"/{row.id}".endswith(f"/{ending}"))
    return found


def delegating_rule(resolved: Resolved) -> RouteRule:
    """The rule of the guide's example that hands over."""
    return route(resolved, "v1").route.terminal.rules[0]


def asked(manifests: list[Json], subject: str | ObjectRef | None, changes: Sequence[str], folder: Path) -> Alternative:
    """What changes, as told; the program agrees once the manifests are edited so, and sees nothing more.

    A subject of None is the rule of the guide's example that hands over.
    """
    declared, resolved = declared_in(written(manifests, folder))
    meant: Subject = route(resolved, subject) if isinstance(subject, str) else subject or delegating_rule(resolved)
    found = what_if(declared, resolved, [meant], changes)
    before = states(manifests, folder)
    after = states(edited(manifests, found.edits), folder)
    assert changed(before, after) == promised(found.effect, before, after)
    assert (found.verified, found.wins) == (True, "")
    return found


def effects(found: Alternative) -> list[tuple[str, str, str]]:
    return [(each.id.rpartition("/")[2], each.before, each.after) for each in found.effect]


LAST_STEP = [
    ("v1-version", "unreachable", "#2"),
    ("v2-version", "unreachable", "#3"),
    ("v1", "#2", "#4"),
    ("v2", "#3", "#5"),
]
"""The product guide's, as `spec/cli.md` 7 shows it."""


@pytest.mark.parametrize("subject", ["v1-version", "not-found", TABLE, HOST, None], ids=str)
def test_the_guide_s_last_step(subject: str | ObjectRef | None, tmp_path: Path) -> None:
    """Whatever is named, a route, its table or the host: one rule delegates."""
    found = asked(example("demo"), subject, ["sortMethod=ROUTE_SPECIFICITY"], tmp_path)
    assert effects(found) == LAST_STEP
    (edit,) = found.edits
    assert (str(edit.at), edit.name) == (
        "VirtualHost gloo-mesh/demo-virtualhost spec.routes[1].delegateAction.sortMethod",
        "reviews",
    )
    assert (edit.before, edit.after) == ("TABLE_WEIGHT", "ROUTE_SPECIFICITY")


@pytest.mark.parametrize("subject", ["v1-version", TABLE], ids=str)
def test_a_weight(subject: str | ObjectRef, tmp_path: Path) -> None:
    found = asked(example("demo"), subject, ["weight=20"], tmp_path)
    assert [(str(each.at), each.before, each.after) for each in found.edits] == [
        ("RouteTable gloo-mesh/demo-routetable2 spec.weight", "0", "20")
    ]
    assert effects(found) == [
        ("v1-version", "unreachable", "#2"),
        ("v2-version", "unreachable", "#3"),
        ("not-found", "#6", "#4"),
        ("v1", "#2", "unreachable"),
        ("v2", "#3", "unreachable"),
    ]


def test_a_weight_that_changes_nothing(tmp_path: Path) -> None:
    for weight in ("0", "9", "-2147483648"):
        found = asked(example("demo"), "v1-version", [f"weight={weight}"], tmp_path)
        assert [each.after for each in found.edits] == [weight]
        assert found.effect == ()


def test_a_position(tmp_path: Path) -> None:
    """The host's own two rules exclude each other; in the second table not-found hides the others."""
    found = asked(example("demo"), "not-found", ["position=1"], tmp_path)
    assert [(each.at.field, each.before, each.after) for each in found.edits] == [("spec.routes[2]", "3", "1")]
    assert effects(found) == [("not-found", "#6", "#4")]
    own = asked(example("demo"), "ratings", ["position=2"], tmp_path)
    assert effects(own) == [
        ("v1", "#2", "#1"),
        ("v2", "#3", "#2"),
        ("not-found", "#6", "#5"),
        ("ratings", "#1", "#6"),
    ]


def test_a_rule_that_hands_over_moves_with_all_that_is_below(tmp_path: Path) -> None:
    found = asked(example("demo"), None, ["position=1"], tmp_path)
    assert effects(found) == [
        ("v1", "#2", "#1"),
        ("v2", "#3", "#2"),
        ("not-found", "#6", "#5"),
        ("ratings", "#1", "#6"),
    ]


def test_the_weight_of_a_rule_is_that_of_its_table(tmp_path: Path) -> None:
    declared, resolved = declared_in(written(example("demo"), tmp_path))
    with pytest.raises(UsageError, match="VirtualHost gloo-mesh/demo-virtualhost has no weight"):
        what_if(declared, resolved, [delegating_rule(resolved)], ["weight=1"])


def test_changes_act_together(tmp_path: Path) -> None:
    """A heavier table whose version endpoint moves behind the catch-all stays unreachable, and hides the others."""
    found = asked(example("demo"), "v1-version", ["weight=20", "position=3"], tmp_path)
    assert len(found.edits) == 2
    assert effects(found) == [
        ("v2-version", "unreachable", "#2"),
        ("not-found", "#6", "#3"),
        ("v1", "#2", "unreachable"),
        ("v2", "#3", "unreachable"),
    ]


def test_a_root_of_the_second_generation_moves_its_rules(tmp_path: Path) -> None:
    """A root is a table and a host of one object: both change."""
    found = asked(example("v2-sort-table-weight"), "older0", ["position=2", "sortMethod=ROUTE_SPECIFICITY"], tmp_path)
    assert [each.at.field for each in found.edits] == ["spec.http[0]", "spec.http[0].delegate.sortMethod"]
    assert ("older0", "unreachable", "#1") in effects(found)


def test_a_root_that_shares_its_host(tmp_path: Path) -> None:
    """`spec/envoy.md` 70: what stands behind a catch-all of its own root is dropped; the older root stays as it is."""
    found = asked(example("v2-two-roots-one-host"), "alpha/own", ["position=2"], tmp_path)
    assert [(each.id, each.before, each.after) for each in found.effect] == [
        ("alpha/own", "#2", "unreachable"),
        ("zeta/rest", "#3", "#2"),
    ]


def test_changes_of_two_hosts_act_together(tmp_path: Path) -> None:
    manifests = example("demo")
    host = next(each for each in manifests if each["kind"] == "VirtualHost")
    rules = [
        {**host["spec"]["routes"][0], "matchers": [{"uri": {"prefix": path}}], "name": path} for path in ("/", "/x")
    ]
    other = {**host, "metadata": {"name": "other", "namespace": "gloo-mesh"}}
    other["spec"] = {"domains": ["other.example.com"], "routes": rules}
    declared, resolved = declared_in(written([*manifests, other], tmp_path))
    tables = [route(resolved, name).route.terminal.tables[-1].table for name in ("v1-version",)]
    narrow = route(resolved, "%2Fx").route.terminal.rules[-1]
    changes = (weighed(tables[0], 20), moved(tuple(route(resolved, "%2Fx").route.root.rules), narrow, 1))
    found = compare(declared, resolved, changes)
    before = states([*manifests, other], tmp_path)
    after = states(edited([*manifests, other], [each.edit for each in changes]), tmp_path)
    assert changed(before, after) == promised(found, before, after)
    assert len({each.id.partition("/")[0] for each in found}) == 2


def test_what_listeners_share_is_told_once(tmp_path: Path) -> None:
    """Once for each gateway: the first by its own key."""
    manifests = example("demo")
    gateway = next(each for each in manifests if each["kind"] == "VirtualGateway")
    gateway["spec"]["ingressGatewaySelectors"].append(
        {**gateway["spec"]["ingressGatewaySelectors"][0], "portName": "other"}
    )
    second = {**gateway, "metadata": {"name": "second", "namespace": "gloo-mesh"}}
    declared, resolved = declared_in(written([*manifests, second], tmp_path))
    assert len([row for row in all_rows(resolved) if row.id.endswith("/v1-version")]) == 4
    found = what_if(declared, resolved, [TABLE], ["sortMethod=ROUTE_SPECIFICITY"])
    assert effects(found) == LAST_STEP * 2
    assert [each.key.split("/")[1:3] for each in found.effect] == [["demo-gateway", "1"]] * 4 + [["second", "1"]] * 4


WRONG = {
    "weight=heavy": "whole number",
    "weight=": "whole number",
    "weight=1.5": "whole number",
    "weight=2147483648": "2147483647",
    "sortMethod=specificity": "sortMethod=ROUTE_SPECIFICITY",
    "position=0": "from 1 to 3",
    "position=4": "from 1 to 3",
    "position=first": "from 1 to 3",
    "colour=red": "weight=20",
    "weight": "weight=20",
    "": "weight=20",
}


@pytest.mark.parametrize("change", WRONG)
def test_values_that_cannot_be(change: str, tmp_path: Path) -> None:
    """Exit 2, with what to write instead."""
    declared, resolved = declared_in(written(example("demo"), tmp_path))
    with pytest.raises(UsageError) as raised:
        what_if(declared, resolved, [route(resolved, "v1-version")], [change])
    assert raised.value.code == 2
    assert change in raised.value.message
    assert WRONG[change] in raised.value.hint


NOT_THERE = [
    ("ratings", "weight=1", "written in VirtualHost gloo-mesh/demo-virtualhost itself"),
    ("ratings", "sortMethod=TABLE_WEIGHT", "no rule delegates to it"),
    (HOST, "weight=1", "VirtualHost gloo-mesh/demo-virtualhost has no weight"),
    (HOST, "position=1", "VirtualHost gloo-mesh/demo-virtualhost has no position"),
    (TABLE, "position=1", "RouteTable gloo-mesh/demo-routetable2 has no position"),
]


@pytest.mark.parametrize("subject,change,words", NOT_THERE, ids=[f"{each[0]}-{each[1]}" for each in NOT_THERE])
def test_fields_that_a_target_does_not_have(subject: str | ObjectRef, change: str, words: str, tmp_path: Path) -> None:
    declared, resolved = declared_in(written(example("demo"), tmp_path))
    meant: Subject = route(resolved, subject) if isinstance(subject, str) else subject
    with pytest.raises(UsageError) as raised:
        what_if(declared, resolved, [meant], [change])
    assert words in raised.value.message
    assert raised.value.hint


def test_a_host_names_its_tables(tmp_path: Path) -> None:
    declared, resolved = declared_in(written(example("demo"), tmp_path))
    with pytest.raises(UsageError) as raised:
        what_if(declared, resolved, [HOST], ["weight=1"])
    assert raised.value.candidates == ("rt/gloo-mesh/demo-routetable", "rt/gloo-mesh/demo-routetable2")


def test_a_field_is_given_once(tmp_path: Path) -> None:
    declared, resolved = declared_in(written(example("demo"), tmp_path))
    with pytest.raises(UsageError, match="weight is given twice"):
        what_if(declared, resolved, [TABLE], ["weight=1", "position=1", "weight=2"])


def test_a_position_is_about_one_rule(tmp_path: Path) -> None:
    declared, resolved = declared_in(written(example("demo"), tmp_path))
    several = [route(resolved, name) for name in ("v1", "v2")]
    with pytest.raises(UsageError, match="one rule"):
        what_if(declared, resolved, several, ["position=1"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_table_of_every_example(name: str, tmp_path: Path) -> None:
    """Each delegated table in turn becomes the heaviest, and the rules that include it sort the other way."""
    manifests = example(name)
    declared, resolved = declared_in(written(manifests, tmp_path))
    before = states(manifests, tmp_path)
    passed = {each.table.ref for row in all_rows(resolved) for each in row.route.terminal.tables}
    for table in sorted(passed):
        for change in ("weight=1000", "sortMethod=ROUTE_SPECIFICITY", "sortMethod=TABLE_WEIGHT"):
            found = what_if(declared, resolved, [table], [change])
            after = states(edited(manifests, found.edits), tmp_path)
            assert changed(before, after) == promised(found.effect, before, after)


def test_hosts_that_a_change_cannot_touch_do_not_grow(tmp_path: Path) -> None:
    """Work is bounded: a host that does not pass the table has one stub, keeps its domains, and is not compared."""
    manifests = example("demo")
    host = next(each for each in manifests if each["kind"] == "VirtualHost")
    rule = {**host["spec"]["routes"][0]}
    other = {**host, "metadata": {"name": "other", "namespace": "gloo-mesh"}}
    other["spec"] = {"domains": ["other.example.com"], "routes": [rule, {**rule, "name": "again"}]}
    declared, resolved = declared_in(written([*manifests, other], tmp_path))
    table = next(each for each in declared.tables if each.ref == TABLE)
    changes = (weighed(table, 20),)
    after = Comparison(declared, resolved).after(changes).resolved
    grown = {host.domains: len(host.rows) for host in after.gateways[0].listeners[0].hosts}
    assert grown == {("www.example.com",): 6, ("other.example.com",): 1}
