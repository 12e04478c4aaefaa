"""Where routes of tables that were not read may stand in the order of a host (`spec/v1beta1.md` D-27, 8.3, 8.5).

Nothing is known of such a table but where it is delegated to, so each stands as early as its rank could be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kubectl_gmg.model.action import SortMethod
from kubectl_gmg.model.conventions import Conventions
from kubectl_gmg.model.match import ROOT, PathKind, PathMatch, RouteMatch
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Host, Node, Reason, Target, Terminal
from kubectl_gmg.resolve.delegate import Descent
from kubectl_gmg.resolve.order import by_specificity, ranked


@dataclass(frozen=True, slots=True)
class Opening:
    """A place where unknown routes may stand: `leaf` is the delegating rule on its way down.

    Its matches cover whatever could be reached through it.
    """

    leaf: Terminal
    end: DeadEnd


Place = Terminal | Opening


def line_up(host: Host, conventions: Conventions) -> tuple[Place, ...]:
    """The leaves of a host in the order the proxy tries them, each opening where its first route could stand."""
    return tuple(place for node in host.tree for place in places(node, Descent(), conventions))


def places(node: Node, above: Descent, conventions: Conventions) -> tuple[Place, ...]:
    """The leaves and openings below a node."""
    if isinstance(node, Terminal):
        return (node,)
    if node.replaced is not None:
        return (node.replaced,)
    here = above.through(node.rule, conventions)
    below = (place for target in ranked(node.targets) for place in inside(target, here, conventions))
    found = (*openings(node, here), *below)
    if node.sort is SortMethod.ROUTE_SPECIFICITY:
        terminals = (place for place in found if isinstance(place, Terminal))
        leaves = sorted(terminals, key=lambda leaf: by_specificity(leaf, conventions.ranking))
        return (*(place for place in found if isinstance(place, Opening)), *leaves)
    return found


def inside(target: Target, above: Descent, conventions: Conventions) -> Iterator[Place]:
    """The leaves and openings below a table."""
    here = above.into(target.inclusion, conventions)
    for node in target.nodes:
        yield from places(node, here, conventions)


def openings(node: Delegation, here: Descent) -> Iterator[Opening]:
    """One for each unknown target of a delegating rule: an unknown weight may be the highest."""
    leaf = Terminal(here.rules, here.tables, tuple(map(widened, here.matches or ())), here.options)
    for target in node.targets:
        if isinstance(target, DeadEnd) and target.reason is Reason.UNKNOWN:
            yield Opening(leaf, target)


def widened(match: RouteMatch) -> RouteMatch:
    """What a rule below such a match could match: a child may ignore case, and a regex need not begin with `/`."""
    prefix = (match.path or ROOT).value.removesuffix("/")
    return replace(match, path=PathMatch(PathKind.PREFIX, prefix, ignore_case=True))
