"""What of the answer is reported: `-n` and `-l` keep what passes through such objects (`spec/cli.md` 2.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.errors import UsageError
from kubectl_gmg.model.action import Operator, Requirement, Selector
from kubectl_gmg.model.declared import Labels
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, Route
from kubectl_gmg.resolve.index import selects

NOWHERE = Origin(ObjectRef("", "", "", ""))


@dataclass(frozen=True, slots=True)
class Scope:
    """The namespaces and labels that are reported on; `selector` of None is everything."""

    selector: Selector | None = None

    def passes(self, gateway: Gateway, route: Route) -> bool:
        """Whether a route passes through an object that is reported on."""
        return self.selector is None or any(self.reports(*each) for each in passed(gateway, route))

    def reports(self, ref: ObjectRef, labels: Labels) -> bool:
        """Whether one object is reported on."""
        return self.selector is None or selects(self.selector, ref.namespace, dict(labels))


def passed(gateway: Gateway, route: Route) -> Iterator[tuple[ObjectRef, Labels]]:
    """The objects on the way to a route, with their labels."""
    yield gateway.ref, gateway.declared.labels
    yield route.root.ref, route.root.labels
    for inclusion in route.terminal.tables:
        yield inclusion.table.ref, inclusion.table.labels


def scope_of(namespace: str | None, labels: str | None) -> Scope:
    """What `-n` and `-l` ask for. Raises `UsageError` for a label selector that kubectl would refuse."""
    if namespace is None and not labels:
        return Scope()
    namespaces = frozenset({namespace}) if namespace is not None else None
    return Scope(Selector(NOWHERE, namespaces, tuple(map(requirement, terms(labels or "")))))


def terms(text: str) -> list[str]:
    """The comma-separated parts of a label selector; commas within brackets do not separate."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            found.append(text[start:place])
            start = place + 1
    return [part.strip() for part in (*found, text[start:]) if part.strip()]


def requirement(term: str) -> Requirement:
    """One part of a label selector, in the forms that kubectl knows."""
    for sign, operator in (("!=", Operator.NOT_EQUALS), ("==", Operator.EQUALS), ("=", Operator.EQUALS)):
        if sign in term and "(" not in term:
            key, value = term.split(sign, 1)
            return Requirement(label_key(key, term), operator, (value.strip(),))
    words = term.replace("(", " (").split(None, 2)
    if len(words) == 3 and words[1] in ("in", "notin") and words[2].startswith("(") and words[2].endswith(")"):
        values = tuple(each.strip() for each in words[2][1:-1].split(",") if each.strip())
        if values:
            return Requirement(label_key(words[0], term), Operator.IN if words[1] == "in" else Operator.NOT_IN, values)
    if len(words) == 1:
        operator = Operator.DOES_NOT_EXIST if term.startswith("!") else Operator.EXISTS
        return Requirement(label_key(term.removeprefix("!"), term), operator)
    raise unreadable(term)


def label_key(text: str, term: str) -> str:
    """The key of a label. Raises `UsageError` if there is none."""
    key = text.strip()
    if not key or any(letter in key for letter in "!=() "):
        raise unreadable(term)
    return key


def unreadable(term: str) -> UsageError:
    """A part of a label selector that cannot be read."""
    return UsageError(f"{term} is no label selector", "write it like app=web, tier!=db, env in (a,b) or !beta")
