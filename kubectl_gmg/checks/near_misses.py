"""Tables that nearly are what a delegating rule asks for: all labels but one, or the right ones elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import chain, islice

from kubectl_gmg.analysis.alternatives import misfits
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.nearest_names import closest
from kubectl_gmg.checks.selector_words import condition
from kubectl_gmg.checks.words import located
from kubectl_gmg.model.action import Operator, Selector
from kubectl_gmg.model.declared import RouteTable
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.family import family_of
from kubectl_gmg.resolve.index import holds, named_by

MOST_CANDIDATES = 50
"""Tables that are compared with one selector, for each of its labels."""

MOST_NAMES = 1000
"""Names that are compared with one that nothing has."""

MOST_ALIKE = 20
"""How often such names are compared, each time with all names of a namespace."""

Family = tuple[str, str]
"""A generation, and the cluster where only its own objects count."""


class NearMisses:
    """Look-ups of the tables that may be delegated to, each family that sees each other for itself."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._comparisons = MOST_ALIKE
        self._named: defaultdict[tuple[Family, str], list[RouteTable]] = defaultdict(list)
        self._in_namespace: defaultdict[tuple[Family, str], dict[str, RouteTable]] = defaultdict(dict)
        self._labelled: defaultdict[tuple[Family, str, str], list[RouteTable]] = defaultdict(list)
        self._keyed: defaultdict[tuple[Family, str], defaultdict[str, list[RouteTable]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for table in sorted(context.declared.tables, key=lambda each: each.ref):
            if not table.has_hosts:
                self._add(table)

    def _add(self, table: RouteTable) -> None:
        ref, family = table.ref, self._family(table.ref)
        self._named[family, ref.name].append(table)
        self._in_namespace[family, ref.namespace][ref.name] = table
        for key, value in table.labels:
            self._labelled[family, key, value].append(table)
            self._keyed[family, key][ref.namespace].append(table)

    def _family(self, ref: ObjectRef) -> Family:
        return family_of(ref, self._context.declared)

    def elsewhere(self, owner: ObjectRef, name: str) -> RouteTable | None:
        """The only table of a name, in whatever namespace."""
        found = [each for each in self._named.get((self._family(owner), name), ()) if each.ref != owner]
        return found[0] if len(found) == 1 else None

    def alike(self, owner: ObjectRef, namespace: str, name: str, but: Collection[ObjectRef]) -> RouteTable | None:
        """The table of a namespace whose name is most like one that nothing has, apart from some."""
        if not self._comparisons:
            return None
        self._comparisons -= 1
        known = self._in_namespace.get((self._family(owner), namespace), {})
        names = [each for each in islice(known, MOST_NAMES) if known[each].ref != owner and known[each].ref not in but]
        close = closest(name, names)
        return known[close] if close else None

    def nearest(self, selector: Selector, owner: ObjectRef) -> RouteTable | None:
        """The table that misses a selector by one thing only; rather by its namespace than by a label."""
        fitting = (
            each
            for each in self._candidates(selector, self._family(owner))
            if each.ref != owner and misfits(selector, each) == 1 and self._could_fit(selector, each)
        )
        return min(fitting, key=lambda each: (not elsewhere(selector, each), each.ref), default=None)

    def _could_fit(self, selector: Selector, table: RouteTable) -> bool:
        """Whether what a selector says beside namespace and labels fits a table."""
        tenancy = self._context.tenancy(table.ref)
        return named_by(selector, table.ref) and selector.workspace in ("", tenancy.owner(table.ref))

    def _candidates(self, selector: Selector, family: Family) -> Iterator[RouteTable]:
        if selector.name:
            yield from islice(self._named.get((family, selector.name), ()), MOST_CANDIDATES)
        for each in selector.requirements:
            if each.operator in (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.IN):
                for value in each.values:
                    yield from islice(self._labelled.get((family, each.key, value), ()), MOST_CANDIDATES)
        if len(selector.requirements) == 1:
            keyed = self._keyed[family, selector.requirements[0].key]
            spaces = keyed if selector.namespaces is None else sorted(selector.namespaces)
            yield from islice(chain.from_iterable(keyed.get(name, ()) for name in spaces), MOST_CANDIDATES)


def elsewhere(selector: Selector, table: RouteTable) -> bool:
    """Whether a table is in no namespace of a selector."""
    return selector.namespaces is not None and table.ref.namespace not in selector.namespaces


def what_it_lacks(selector: Selector, table: RouteTable) -> str:
    """Why a table that nearly fits a selector does not."""
    name = located(table.ref)
    if elsewhere(selector, table):
        return f"{name} would fit but for its namespace"
    labels = dict(table.labels)
    wanted = next(each for each in selector.requirements if not holds(each, labels))
    if wanted.key in labels:
        return f"{name} has {wanted.key}={labels[wanted.key]}, wanted is {condition(wanted)}"
    return f"{name} lacks only {condition(wanted)}"
