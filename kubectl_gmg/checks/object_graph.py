"""Which objects belong to which, as resolved: what a status must name, and what it may name.

Where the specification leaves open whether a list holds the nearest objects only or all of them, the nearest are
`sure` and all are `possible`; what no gateway serves, and what breaks, is only possible.
"""

from __future__ import annotations

from collections import defaultdict

from kubectl_gmg.api.status import Relation
from kubectl_gmg.checks.context import CheckContext, Passage
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Gateway, HostState, Reason, Target

Place = tuple[ObjectRef, Relation]

UNSEEN = frozenset({Reason.UNKNOWN, Reason.TOO_DEEP, Reason.TOO_MANY})
"""Dead ends behind which more may stand."""


class ObjectGraph:
    """The relations of all objects that are served, and of what lies below them."""

    def __init__(self, context: CheckContext) -> None:
        self.sure: defaultdict[Place, set[ObjectRef]] = defaultdict(set)
        self.possible: defaultdict[Place, set[ObjectRef]] = defaultdict(set)
        self.listeners: dict[ObjectRef, int] = {each.ref: len(each.listeners) for each in context.resolved.gateways}
        self.complete = True
        self._served = {root.ref for each in context.served for root in each.host.roots}
        for passage in context.passages:
            if isinstance(passage.node, Delegation):
                self._below(passage, passage.node)
        gateways = {(each.ref.namespace, each.ref.name): each.ref for each in context.resolved.gateways}
        for host in context.declared.hosts:
            named = (gateways.get((each.namespace, each.name)) for each in host.parents)
            self.possible[host.ref, Relation.GATEWAYS].update(filter(None, named))
        for gateway in context.resolved.gateways:
            self._gateway(gateway)

    def _below(self, passage: Passage, node: Delegation) -> None:
        """What a delegating rule leads to, for its holder and for everything above."""
        holder, above = node.rule.origin.ref, [rule.origin.ref for rule in passage.rules]
        certain = node.replaced is None and passage.rules[0].origin.ref in self._served
        for end in node.targets:
            if isinstance(end, DeadEnd):
                self.complete &= end.reason not in UNSEEN
            child = end.inclusion.table.ref if isinstance(end, Target) else end.ref
            if child is not None:
                self._lead(holder, child, above, certain=certain and isinstance(end, Target))
        for child in node.skipped:
            self._lead(holder, child, above, certain=False)

    def _lead(self, holder: ObjectRef, child: ObjectRef, above: list[ObjectRef], *, certain: bool) -> None:
        if certain:
            self.sure[holder, Relation.TABLES].add(child)
            self.sure[child, Relation.PARENTS].add(holder)
        for each in above:
            self.possible[each, Relation.TABLES].add(child)
        self.possible[child, Relation.PARENTS].update(above)

    def _gateway(self, gateway: Gateway) -> None:
        """What a gateway serves; a host without domains or routes may count or not.

        Where tables name their gateways, those that they delegate to may count or not (`spec/v2.md` 13).
        """
        for host in (host for listener in gateway.listeners for host in listener.entries):
            for root in host.roots:
                of_gateway = Relation.TABLES if root.parents else Relation.HOSTS
                known = (self.possible, self.sure) if host.state is HostState.SERVED else (self.possible,)
                for graph in known:
                    if root.ref != gateway.ref:
                        graph[gateway.ref, of_gateway].add(root.ref)
                        graph[root.ref, Relation.GATEWAYS].add(gateway.ref)
                    if graph is self.possible or not root.parents:
                        graph[gateway.ref, Relation.TABLES] |= graph[root.ref, Relation.TABLES]
