"""Finds the policies that may mean a destination without asking every one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from kubectl_gmg.model.action import Operator, Selector
from kubectl_gmg.model.declared import Policy

EQUALITY = frozenset({Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.IN})
Key = tuple[str, ...]
ANY: Key = ()
"""Stands for a selector that neither a name nor a label narrows."""


class DestinationIndex:
    """Policies that choose destinations, or routes by where they lead, by the name or the label that they ask for."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        self._policies = policies
        self._places: defaultdict[Key, list[int]] = defaultdict(list)
        self._labelled: list[int] = []
        for place, policy in enumerate(policies):
            for wanted in (*policy.leading_to, *policy.targets):
                for key in asked_for(wanted.selector):
                    self._places[key].append(place)
                if wanted.selector is not None and wanted.selector.requirements:
                    self._labelled.append(place)

    def candidates(self, name: str, labels: Mapping[str, str] | None) -> Iterator[Policy]:
        """Every policy that may mean a destination of that name, in order; `labels` of None are not known."""
        found = {*self._places.get(ANY, ()), *self._places.get((name,), ())}
        if labels is None:
            found.update(self._labelled)
        for pair in (labels or {}).items():
            found.update(self._places.get(pair, ()))
        return (self._policies[place] for place in sorted(found))


def asked_for(selector: Selector | None) -> Iterable[Key]:
    """A name, or each value of the first label; what a destination must have at least one of."""
    if selector is None:
        return (ANY,)
    if selector.name:
        return ((selector.name,),)
    if not selector.requirements:
        return (ANY,)
    first = selector.requirements[0]
    return [(first.key, value) for value in first.values] if first.operator in EQUALITY else (ANY,)
