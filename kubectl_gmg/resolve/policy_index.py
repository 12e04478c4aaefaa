"""Finds the policies that may mean a route or a destination without asking every one of them (`spec/v2.md` 2.7).

An entry of a policy asks for several things that must all hold. It is kept under the one that the fewest entries ask
for, so that neither a label that everything has nor a namespace that all live in makes the work grow with its square.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

from kubectl_gmg.model.action import Operator, Selector
from kubectl_gmg.model.declared import RuleSelector, ServiceSelector
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.policy import DestinationSelector

T = TypeVar("T")
Fact = tuple[str, ...]
"""Something that an entry asks for, or that is so; its first part tells of what sort it is."""
ANY: Fact = ("",)
"""Stands for entries that ask for nothing."""
LABEL, TABLE, VIEWER = "label", "table", "viewer"
"""What is asked of routes: a label, the namespace of the table, and a workspace whose policies reach it."""
NAME, NAMESPACE, OWNER, MARK, POD = "name", "namespace", "owner", "mark", "pod"
"""What is asked of other things: their name, namespace, workspace, a label, and one of the pods behind a Service."""


class Asked(Generic[T]):
    """Entries by what they ask for."""

    def __init__(self, entries: Sequence[tuple[T, Sequence[Fact]]]) -> None:
        often = Counter(key for _, keys in entries for key in keys)
        self._kept: defaultdict[Fact, list[T]] = defaultdict(list)
        self._of_sort: defaultdict[str, list[T]] = defaultdict(list)
        for entry, keys in entries:
            rarest = min(keys, key=often.__getitem__, default=ANY)
            self._kept[rarest].append(entry)
            self._of_sort[rarest[0]].append(entry)

    @property
    def all(self) -> Iterator[T]:
        """Every entry."""
        return (entry for kept in self._kept.values() for entry in kept)

    def by(self, facts: Iterable[Fact], *unknown: str) -> Iterator[T]:
        """Every entry that may hold where these are the facts; those of an `unknown` sort may all be so."""
        for key in (ANY, *facts):
            yield from self._kept.get(key, ())
        for sort in unknown:
            yield from self._of_sort.get(sort, ())


def wanted_of_route(entry: RuleSelector) -> list[Fact]:
    """What an entry asks of a route."""
    tables = [each for each in entry.tables if isinstance(each, Selector)]
    return [*((LABEL, *pair) for pair in entry.labels), *(key for each in tables for key in single(TABLE, each))]


def route_facts(labels: Iterable[tuple[str, str]], holder: ObjectRef, owners: Iterable[str]) -> list[Fact]:
    """What is so of a route of these labels, in this table, that the policies of these workspaces reach."""
    return [*((LABEL, *pair) for pair in labels), (TABLE, holder.namespace), *((VIEWER, each) for each in owners)]


def wanted_of_destination(wanted: DestinationSelector) -> list[Fact]:
    """What a selector asks of a destination."""
    return wanted_of_object(wanted.selector)


def wanted_of_object(selector: Selector | None) -> list[Fact]:
    """What a selector asks of the objects that it chooses, or of gateways."""
    if selector is None:
        return []
    equal = [each for each in selector.requirements if each.operator is Operator.EQUALS]
    found = [(MARK, each.key, *each.values) for each in equal]
    return [*found, *single(NAMESPACE, selector), *([(NAME, selector.name)] if selector.name else [])]


def destination_facts(ref: ObjectRef, labels: Mapping[str, str] | None) -> tuple[list[Fact], list[str]]:
    """What is so of a destination, and of what sort nothing is known; `labels` of None are not."""
    found: list[Fact] = [(NAME, ref.name), (NAMESPACE, ref.namespace)]
    return [*found, *((MARK, *pair) for pair in (labels or {}).items())], [MARK] if labels is None else []


def wanted_of_workloads(wanted: ServiceSelector) -> list[Fact]:
    """What a selector asks of the Service in front of workloads."""
    matcher = wanted.matcher
    if matcher is None:
        return []
    name = [(NAME, matcher.name)] if matcher.name else []
    spaces = [(NAMESPACE, *matcher.namespaces)] if len(matcher.namespaces) == 1 else []
    return [*((POD, *pair) for pair in matcher.pod_labels), *spaces, *name]


def workload_facts(service: Service) -> list[Fact]:
    """What is so of a Service in front of workloads."""
    pods = [(POD, *pair) for pair in service.pod_selector]
    return [*pods, (NAME, service.name), (NAMESPACE, service.namespace)]


def single(sort: str, selector: Selector) -> Iterator[Fact]:
    """The namespace that a selector wants, if it wants one."""
    if selector.namespaces is not None and len(selector.namespaces) == 1:
        yield (sort, *selector.namespaces)
