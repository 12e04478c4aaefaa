"""Where the other reading of the labels of delegated tables changes a route (`spec/v2.md` 9 rule 5, DEC-17)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.explain.choosing import Choosing
from kubectl_gmg.model.action import NO_OPTIONS
from kubectl_gmg.model.conventions import LabelInheritance
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import PolicyUse, SourcedLabels
from kubectl_gmg.resolve.delegate import nearer_labels
from kubectl_gmg.views import RouteRow, Step

ALL, WITHOUT = LabelInheritance.ALL, LabelInheritance.WITHOUT_CHILD_TABLES
OTHER = {ALL: WITHOUT, WITHOUT: ALL}
SAID = {
    WITHOUT: "releases before 2.5 ignore the labels of delegated tables",
    ALL: "since release 2.5 the labels of delegated tables count",
}
"""What is so in the other reading."""


def reading_steps(row: RouteRow, choosing: Choosing) -> Iterator[Step]:
    """What the route would be in the other releases: the labels that would differ, and the policies.

    Nothing is said of labels that nobody else sets and no policy looks at: most only select the table.
    """
    other = OTHER.get(row.gateway.conventions.labels)
    if other is None or not row.route.terminal.tables:
        return
    here, there = row.route.terminal.labels, labels_in(row, other)
    changed = differences(here, there)
    if not changed:
        return
    had = {use.ref: use for use in row.route.terminal.policies}
    would = {use.ref: use for use in policies_with(row, there, choosing)}
    fates = [*(fate(had.get(ref), would.get(ref)) for ref in dict.fromkeys((*had, *would)))]
    told = [each for each in fates if each is not None]
    if told or any(key in dict(here) and key in dict(there) for key in changed):
        labels = ", ".join(words(key, here, there) for key in changed)
        yield Step("inherited", f"{SAID[other]}: {labels}", place(row))
        yield from told


def labels_in(row: RouteRow, reading: LabelInheritance) -> SourcedLabels:
    """The labels of a route as one reading has them, from the host's down to the route's own."""
    leaf, root = row.route.terminal, row.route.root
    labels = nearer_labels((), root.labels, Origin(root.ref, ("metadata", "labels")))
    for rule, inclusion in zip(leaf.rules, (None, *leaf.tables), strict=True):
        if inclusion is not None and reading is ALL:
            labels = nearer_labels(labels, inclusion.table.labels, Origin(inclusion.table.ref, ("metadata", "labels")))
        labels = nearer_labels(labels, rule.labels, rule.origin / "labels")
    return labels


def differences(here: SourcedLabels, there: SourcedLabels) -> list[str]:
    """The labels that are not the same in both."""
    first, second = dict(plain(here)), dict(plain(there))
    return sorted(key for key in {*first, *second} if first.get(key) != second.get(key))


def plain(labels: SourcedLabels) -> Iterator[tuple[str, str]]:
    """Labels without their origins."""
    return ((key, value.value) for key, value in labels)


def words(key: str, here: SourcedLabels, there: SourcedLabels) -> str:
    """What a label would be, and what it is here."""
    now, then = dict(plain(here)).get(key), dict(plain(there)).get(key)
    return f"{key} would {'not be set' if then is None else f'be {then}'} ({'not set' if now is None else now} here)"


def policies_with(row: RouteRow, labels: SourcedLabels, choosing: Choosing) -> Iterable[PolicyUse]:
    """What would become of the policies if the route had these labels."""
    leaf = replace(row.route.terminal, labels=labels, options=NO_OPTIONS, policies=())
    return choosing.of_routes.join(leaf, row.route.root, None).policies


def fate(now: PolicyUse | None, then: PolicyUse | None) -> Step | None:
    """What would become of one policy; None if it is the same."""
    if now is None and then is not None:
        return Step("applied", f"then {then.ref} would select it too, and be {then.state}", Origin(then.ref))
    if now is not None and then is None:
        return Step("lost", f"then {now.ref} would not select it", Origin(now.ref))
    if now is not None and then is not None and now.state is not then.state:
        return Step("displaced", f"then {then.ref} would be {then.state} ({now.state} here)", Origin(now.ref))
    return None


def place(row: RouteRow) -> Origin:
    """The labels of the table that holds the route."""
    return Origin(row.route.terminal.tables[-1].table.ref, ("metadata", "labels"))
