"""Walking the tree of a host (`spec/cli.md` 6.5)."""

from __future__ import annotations

from collections.abc import Iterator

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


def way(leaf: Terminal) -> Way:
    """The way down to a leaf: its rules and tables; it stays the same when policies join."""
    return (*map(id, leaf.rules), *(id(inclusion.table) for inclusion in leaf.tables))
