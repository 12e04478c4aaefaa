"""The delegation tree as a graph for Graphviz and Mermaid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.render import Locate
from kubectl_gmg.render.plain import shown
from kubectl_gmg.render.tree import REASONS
from kubectl_gmg.views import Forest, Look, TreeNode

SHAPES = {
    "gateway": "house",
    "host": "box",
    "rule": "plaintext",
    "table": "folder",
    "route": "oval",
    "deadEnd": "octagon",
}
MERMAID_SHAPES = {
    "gateway": ('[/"', '"\\]'),
    "host": ('["', '"]'),
    "rule": ('("', '")'),
    "table": ('[["', '"]]'),
    "route": ('(["', '"])'),
    "deadEnd": ('{{"', '"}}'),
}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A node with its number and its parent's."""

    number: int
    parent: int | None
    node: TreeNode


def numbered(view: Forest) -> Iterator[Numbered]:
    """Every node once per place, parents first."""
    waiting: list[tuple[int | None, TreeNode]] = [(None, root) for root in reversed(view.roots)]
    count = 0
    while waiting:
        parent, node = waiting.pop()
        yield Numbered(count, parent, node)
        waiting += [(count, child) for child in reversed(node.children)]
        count += 1


def label(node: TreeNode) -> str:
    """A node's text on one line."""
    return shown(f"{node.label} {REASONS[node.reason]}" if node.reason else node.label)


def dot(view: Forest, _locate: Locate, _look: Look) -> str:
    """`tree -o dot`."""
    lines = ["digraph delegation {", "  rankdir=LR;"]
    for each in numbered(view):
        text = label(each.node).replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  n{each.number} [shape={SHAPES[each.node.type]}, label="{text}"];')
        if each.parent is not None:
            lines.append(f"  n{each.parent} -> n{each.number};")
    return "\n".join([*lines, "}"])


def mermaid(view: Forest, _locate: Locate, _look: Look) -> str:
    """`tree -o mermaid`."""
    lines = ["flowchart LR"]
    for each in numbered(view):
        start, end = MERMAID_SHAPES[each.node.type]
        text = label(each.node).replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
        text = text.replace("#", "&num;").replace("`", "&#96;")
        lines.append(f"  n{each.number}{start}{text}{end}")
        if each.parent is not None:
            lines.append(f"  n{each.parent} --> n{each.number}")
    return "\n".join(lines)
