"""Which findings concern what a TARGET of `check` names: it, what leads to it, and what it leads to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Delegation, Target
from kubectl_gmg.resolve.target import Found
from kubectl_gmg.views import Finding


class Concern:
    """What some TARGETs name, with every way through it.

    Of an object on such a way only what is said of it as a whole counts, and of its rules those that are passed.
    """

    def __init__(self, targets: Iterable[Found], context: CheckContext) -> None:
        named = tuple(targets)
        ids = frozenset(name for each in named for name in each.ids)
        self._refs = frozenset(ref for each in named for ref in each.refs)
        self._rules = frozenset(rule.origin for rule in context.rules)
        self._owners: set[ObjectRef] = set()
        self._passed: set[Origin] = set()
        ways = {tuple(map(id, row.route.terminal.rules)) for row in context.rows if row.id in ids}
        gateways = gateways_of(context)
        for passage in context.passages:
            objects = frozenset(objects_of(passage, gateways))
            if not self._refs.isdisjoint(objects) or tuple(map(id, passage.rules)) in ways:
                self._owners |= objects
                self._passed.update(rule.origin for rule in passage.rules)

    def __call__(self, finding: Finding) -> bool:
        """Whether a finding concerns what is named."""
        at = finding.problem.at
        if at.ref in self._refs or any(note.at.ref in self._refs for note in finding.problem.related):
            return True
        if at.ref not in self._owners:
            return False
        above = self._rules & {Origin(at.ref, at.path[:length]) for length in range(1, len(at.path) + 1)}
        return not above or not above.isdisjoint(self._passed)


def objects_of(passage: Passage, gateways: Mapping[ObjectRef, Iterable[ObjectRef]]) -> Iterator[ObjectRef]:
    """The objects that a way passes: gateways, host, tables, those that its last rule hands over to included."""
    root = passage.rules[0].origin.ref
    yield root
    yield from gateways.get(root, ())
    yield from (inclusion.table.ref for inclusion in passage.tables)
    if isinstance(passage.node, Delegation):
        yield from (each.inclusion.table.ref for each in passage.node.targets if isinstance(each, Target))


def gateways_of(context: CheckContext) -> Mapping[ObjectRef, Iterable[ObjectRef]]:
    """The gateways that serve each host."""
    found: defaultdict[ObjectRef, dict[ObjectRef, None]] = defaultdict(dict)
    for each in context.served:
        for root in each.host.roots:
            found[root.ref].setdefault(each.gateway.ref)
    return found
