"""Walking the tree of a host (`spec/cli.md` 6.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Delegation, Node, Target, Terminal

Way = tuple[int, ...]


def tables_below(node: Node) -> Iterator[ObjectRef]:
    """Every table that a tree enters, once for each place."""
    if isinstance(node, Delegation):
        for target in node.targets:
            if isinstance(target, Target):
                yield target.inclusion.table.ref
                for below in target.nodes:
                    yield from tables_below(below)


def delegations_below(nodes: Iterable[Node]) -> Iterator[Delegation]:
    """Every delegating rule of a tree, once for each place."""
    for node in nodes:
        if isinstance(node, Delegation):
            yield node
            for target in node.targets:
                if isinstance(target, Target):
                    yield from delegations_below(target.nodes)


def ends_below(nodes: Iterable[Node]) -> Iterator[Terminal]:
    """Every end of a tree; that of a delegating rule that is replaced is what is served in its place."""
    for node in nodes:
        if isinstance(node, Terminal):
            yield node
        elif node.replaced is not None:
            yield node.replaced
        else:
            for target in node.targets:
                if isinstance(target, Target):
                    yield from ends_below(target.nodes)


def way(leaf: Terminal) -> Way:
    """The way down to a leaf: its rules and tables; it stays the same when policies join."""
    return (*map(id, leaf.rules), *(id(inclusion.table) for inclusion in leaf.tables))
