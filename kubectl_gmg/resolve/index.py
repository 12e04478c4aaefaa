"""Look-ups by name, namespace and label; a selector starts from its smallest set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from kubectl_gmg.model.action import Operator, Requirement, Selector
from kubectl_gmg.model.origin import ObjectRef


class Labelled(Protocol):
    """An object with a name and labels."""

    @property
    def ref(self) -> ObjectRef:
        """The object's name."""

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """The object's labels."""


T = TypeVar("T", bound=Labelled)


class Index(Generic[T]):
    """Objects of one kind, generation and cluster."""

    def __init__(self, objects: Iterable[T]) -> None:
        self._order = tuple(sorted(objects, key=lambda each: each.ref))
        self._labels = [dict(each.labels) for each in self._order]
        self._by_name = {(each.ref.namespace, each.ref.name): each for each in self._order}
        self._by_namespace: defaultdict[str, list[int]] = defaultdict(list)
        self._by_label: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._by_plain_name: defaultdict[str, list[int]] = defaultdict(list)
        for place, each in enumerate(self._order):
            self._by_plain_name[each.ref.name].append(place)
            self._by_namespace[each.ref.namespace].append(place)
            for pair in each.labels:
                self._by_label[pair].append(place)
        self._selected: dict[Selector, tuple[T, ...]] = {}

    @property
    def all(self) -> tuple[T, ...]:
        """Every object, by namespace and then name."""
        return self._order

    def named(self, namespace: str, name: str) -> T | None:
        """The object of that name."""
        return self._by_name.get((namespace, name))

    def select(self, selector: Selector) -> tuple[T, ...]:
        """All objects that fit, by namespace and then name (`spec/v1beta1.md` D-13)."""
        if selector not in self._selected:
            self._selected[selector] = self._search(selector)
        return self._selected[selector]

    def hits(self, selector: Selector, table: ObjectRef) -> bool:
        """Whether a selector fits the object of that name."""
        return any(each.ref == table for each in self.select(selector))

    def nothing(self, _selector: Selector) -> None:
        """Nothing more can be told of a selector that finds nothing: every object is seen."""

    def owner(self, _table: T) -> tuple[str, bool]:
        """There are no workspaces here."""
        return "", False

    def _search(self, selector: Selector) -> tuple[T, ...]:
        if not selector.valid:
            return ()
        return tuple(
            self._order[place]
            for place in self._smallest(selector)
            if named_by(selector, self._order[place].ref)
            and selects(selector, self._order[place].ref.namespace, self._labels[place])
        )

    def _smallest(self, selector: Selector) -> Iterable[int]:
        """The fewest places that surely hold everything that fits, in order; nothing is copied before it is chosen."""
        choices = tuple(self._choices(selector))
        if not choices:
            return range(len(self._order))
        parts = min(choices, key=lambda each: sum(map(len, each)))
        return parts[0] if len(parts) == 1 else sorted({place for part in parts for place in part})

    def _choices(self, selector: Selector) -> Iterator[list[Sequence[int]]]:
        """For each condition of a selector the places where it may hold, in parts."""
        if selector.name:
            yield [self._by_plain_name.get(selector.name, ())]
        if selector.namespaces is not None:
            yield [self._by_namespace.get(name, ()) for name in selector.namespaces]
        for each in selector.requirements:
            if each.operator in (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.IN):
                yield [self._by_label.get((each.key, value), ()) for value in each.values]


def named_by(selector: Selector, ref: ObjectRef) -> bool:
    """Whether name and cluster fit; an object that does not say where it is may be anywhere (`spec/v2.md` DEC-25)."""
    return selector.name in ("", ref.name) and (selector.cluster in ("", ref.cluster) or not ref.cluster)


def selects(selector: Selector, namespace: str, labels: Mapping[str, str]) -> bool:
    """Whether a selector fits an object of that namespace with those labels."""
    if not selector.valid or (selector.namespaces is not None and namespace not in selector.namespaces):
        return False
    return all(holds(requirement, labels) for requirement in selector.requirements)


def holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    """Whether one condition on labels holds; a missing label passes only the negative ones (`spec/v1beta1.md` 1.2)."""
    value = labels.get(requirement.key)
    match requirement.operator:
        case Operator.EXISTS:
            return value is not None
        case Operator.DOES_NOT_EXIST:
            return value is None
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            return value not in requirement.values
        case Operator.GREATER_THAN | Operator.LESS_THAN:
            return compares(requirement, value)
    return value in requirement.values


def compares(requirement: Requirement, value: str | None) -> bool:
    """Whether a label holds a whole number greater, or less, than the wanted one."""
    number = whole_number(value or "")
    wanted = whole_number(requirement.values[0])
    if number is None or wanted is None:
        return False
    return number > wanted if requirement.operator is Operator.GREATER_THAN else number < wanted


def whole_number(text: str) -> int | None:
    """The number that a label value holds, within 64 bits as Kubernetes reads it."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        return None
    number = int(text)
    return number if -(2**63) <= number < 2**63 else None
