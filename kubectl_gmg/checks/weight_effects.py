"""Which weights of tables have an effect, and why the others have none (`spec/v1beta1.md` 8.3, 8.5, `spec/v2.md` 8.4).

Among tables that stand side by side weights count only where they differ. Below a rule that sorts by specificity they
count only among routes that are equal in the kind and length of their paths.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.delegating_rules import Way, delegating_rules, sorts_by_specificity, targets
from kubectl_gmg.model.action import SortMethod
from kubectl_gmg.model.conventions import Ranking
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.order import Specificity, by_specificity
from kubectl_gmg.resolve.walk import ends_below

ALONE = "no other table stands beside this one where it is delegated to"
EQUAL = "every table beside this one where it is delegated to has the same"
RANKED = "ROUTE_SPECIFICITY sorts its routes, and none is as specific as one of another table"
MIXED = "with weight 0 every route would stand where it stands now"


class WeightEffects:
    """Looks at every delegating rule on every way down."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._reasons: defaultdict[ObjectRef, set[str]] = defaultdict(set)
        self._effective: set[ObjectRef] = set()
        self._equal: defaultdict[ObjectRef, set[ObjectRef]] = defaultdict(set)
        for rule in context.once(delegating_rules):
            for way in rule.ways:
                self._look(way)
        self._spread()

    def why_idle(self, table: ObjectRef) -> str:
        """Why the weight of a table that is delegated to has no effect; empty if it has one, or if nothing leads there.

        Where tables have equal weights this is about all of them together.
        """
        reasons = self._reasons.get(table, set())
        if table in self._effective or not reasons:
            return ""
        return next(iter(reasons)) if len(reasons) == 1 else MIXED

    def _look(self, way: Way) -> None:
        if way.delegation.replaced is not None:
            self._effective.update(each.inclusion.table.ref for each in targets(way))
        elif any(map(sorts_by_specificity, way.passage.rules[:-1])):
            return  # what sorts above has been, or will be, looked at with all that is below it
        elif way.delegation.sort is SortMethod.ROUTE_SPECIFICITY:
            self._ranked(way)
        else:
            self._side_by_side(way)

    def _side_by_side(self, way: Way) -> None:
        tables = [each.inclusion.table for each in targets(way)]
        refs = [each.ref for each in tables]
        if len({each.weight for each in tables}) > 1:
            self._effective.update(refs)
            return
        for ref, following in zip(refs, (*refs[1:], *refs[:1]), strict=True):
            self._reasons[ref].add(EQUAL if len(refs) > 1 else ALONE)
            self._equal[ref].add(following)
            self._equal[following].add(ref)

    def _ranked(self, way: Way) -> None:
        ranking = self._context.realm(way.delegation.rule.origin.ref).conventions.ranking
        groups = Groups(way, ranking)
        for ref in groups.tables:
            if groups.mixes(ref):
                self._effective.add(ref)
            else:
                self._reasons[ref].add(RANKED)

    def _spread(self) -> None:
        """A weight that equals an effective one beside it is effective too: alone it could not be taken away."""
        waiting = list(self._effective)
        while waiting:
            for ref in self._equal.get(waiting.pop(), ()):
                if ref not in self._effective:
                    self._effective.add(ref)
                    waiting.append(ref)


class Groups:
    """The routes below a rule that sorts by specificity, by what is compared before any weight is.

    A table that is entered at several places counts at each of them for itself.
    """

    def __init__(self, way: Way, ranking: Ranking) -> None:
        self._all: Counter[Specificity] = Counter()
        self._places: defaultdict[ObjectRef, dict[int, None]] = defaultdict(dict)
        self._below: defaultdict[int, Counter[Specificity]] = defaultdict(Counter)
        self._own: defaultdict[int, Counter[Specificity]] = defaultdict(Counter)
        depth = len(way.passage.tables)
        for leaf in ends_below((way.delegation,)):
            key = by_specificity(leaf, ranking)[:2]
            self._all[key] += 1
            for inclusion in leaf.tables[depth:]:
                self._places[inclusion.table.ref].setdefault(id(inclusion))  # the tree keeps it
                self._below[id(inclusion)][key] += 1
            self._own[id(leaf.tables[-1])][key] += 1

    @property
    def tables(self) -> tuple[ObjectRef, ...]:
        """Every table with a route below the rule."""
        return tuple(self._places)

    def mixes(self, table: ObjectRef) -> bool:
        """Whether a route below a table is as specific as one that is not, or as one of a table further down."""
        return any(
            count != self._all[key] or self._own[place][key] not in (0, count)
            for place in self._places[table]
            for key, count in self._below[place].items()
        )
