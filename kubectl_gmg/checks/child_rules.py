"""Rules below a delegating one, with the matches that they inherit (`spec/v1beta1.md` 8.4, `spec/v2.md` 8.2)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.model.conventions import Conventions
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.resolved import Delegation, Node, Target, Terminal
from kubectl_gmg.model.value import value
from kubectl_gmg.resolve.inherit import inherit_match, inherit_matches


@value
class ChildRule:
    """A rule of a table on one way down: `above` are the effective matches that it inherits, `node` what it became.

    `ancestors` are the delegating rules above it, the nearest last. One that is `sound` has nothing wrong with it that
    would keep it from being used as written.
    """

    above: tuple[RouteMatch, ...]
    ancestors: tuple[RouteRule, ...]
    rule: RouteRule
    node: Node
    conventions: Conventions
    sound: bool

    @property
    def parent(self) -> RouteRule:
        """The delegating rule directly above."""
        return self.ancestors[-1]

    def excluded(self, index: int) -> tuple[int, ...]:
        """The places of those in `above` that exclude one of the rule's own matches."""
        own = self.rule.matches[index]
        return tuple(
            place for place, match in enumerate(self.above) if inherit_match(match, own, self.conventions) is None
        )


def child_rules(context: CheckContext) -> tuple[ChildRule, ...]:
    """Every rule below a delegating one, on each way down once; what is below a broken rule is left out."""
    return tuple(each for node, conventions in context.once(roots) for each in below(node, None, (), conventions))


def roots(context: CheckContext) -> tuple[tuple[Node, Conventions], ...]:
    """The rules that trees begin with, each once, with how they are meant."""
    hosts = (*(each.host for each in context.served), *context.resolved.unattached)
    nodes = {id(node): (node, host.declared.ref) for host in hosts for node in host.tree}
    return tuple((node, context.realm(ref).conventions) for node, ref in nodes.values())


def below(
    node: Node, above: tuple[RouteMatch, ...] | None, ancestors: tuple[RouteRule, ...], conventions: Conventions
) -> Iterator[ChildRule]:
    """The rules below a node, each above what is below it."""
    if not isinstance(node, Delegation) or node.replaced is not None:
        return
    here = inherit_matches(above, node.rule.matches, conventions)
    way = (*ancestors, node.rule)
    for target in node.targets:
        if isinstance(target, Target):
            for inner in target.nodes:
                yield child_rule(here, way, inner, conventions)
                yield from below(inner, here, way, conventions)


def child_rule(
    above: tuple[RouteMatch, ...], ancestors: tuple[RouteRule, ...], node: Node, conventions: Conventions
) -> ChildRule:
    """What one node inherits."""
    if isinstance(node, Terminal):
        return ChildRule(above, ancestors, node.rules[-1], node, conventions, not node.because)
    return ChildRule(above, ancestors, node.rule, node, conventions, node.replaced is None)


def broken_delegations(context: CheckContext) -> Iterator[Delegation]:
    """Delegating rules that the product replaces, but for those below another one."""
    pending = [node for node, _ in reversed(context.once(roots))]
    while pending:
        node = pending.pop()
        if not isinstance(node, Delegation):
            continue
        if node.replaced is not None:
            yield node
            continue
        targets = [each for each in node.targets if isinstance(each, Target)]
        pending += [inner for each in reversed(targets) for inner in reversed(each.nodes)]
