"""The delegation tree for people."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.resolved import Reason
from kubectl_gmg.render import Locate
from kubectl_gmg.render.page import Block, Line, Page, Span, line
from kubectl_gmg.render.routes import plural, scope
from kubectl_gmg.views import Forest, Look, TreeNode

REASONS = {
    Reason.MISSING: "does not exist",
    Reason.NO_TARGET: "names and selects no table",
    Reason.NONE_SELECTED: "the selector finds no table",
    Reason.NOT_VISIBLE: "not visible from here",
    Reason.HAS_HOSTS: "a table with hosts is no child",
    Reason.CYCLE: "a cycle, this branch ends here",
    Reason.EMPTY: "has no routes",
    Reason.NOT_PREFIX: "a delegating rule must match by prefix: it yields nothing",
    Reason.TOO_DEEP: "lies too deep, not followed",
    Reason.TOO_MANY: "too many routes, not followed",
    Reason.UNKNOWN: "unknown",
}
STYLES = {"gateway": "bold", "host": "bold", "table": "cyan", "route": "green", "deadEnd": "red"}


def forest(view: Forest, _locate: Locate, look: Look) -> Page:
    """`tree`: every gateway, then hosts and tables that hang nowhere."""
    blocks: list[Block] = [line(*scope(view.about)), line()] if look.headers else []
    for root in view.roots:
        blocks += branch(root, "", "")
        blocks.append(line())
    return (*blocks, line(summary(view))) if look.headers else tuple(blocks[:-1])


def branch(node: TreeNode, first: str, rest: str) -> Iterator[Line]:
    """A node and what hangs below it; `first` and `rest` stand in front of its own and its children's lines."""
    hang = f"{rest}│  " if node.children else f"{rest}   "
    yield Line((Span(first), Span(node.label, STYLES.get(node.type, "")), *remark(node)), hang)
    for number, child in enumerate(node.children, 1):
        last = number == len(node.children)
        yield from branch(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "))


def remark(node: TreeNode) -> tuple[Span, ...]:
    """What is wrong with a node, or worth saying."""
    if node.reason is not None:
        note = f" ({node.note})" if node.note else ""
        sign, style = ("?", "yellow") if node.reason is Reason.UNKNOWN else ("✗", "red")
        return (Span(f"  {sign} {REASONS[node.reason]}{note}", style),)
    return (Span(f"  {node.note}", "yellow"),) if node.note else ()


def summary(view: Forest) -> str:
    """What was counted."""
    nodes = [node for root in view.roots for node in below(root)]
    kinds = [node.type for node in nodes]
    hosts = len({(node.ref, node.origin) for node in nodes if node.type == "host"})
    tables = len({node.ref for node in nodes if node.type == "table"})
    counted = (plural(kinds.count("gateway"), "gateway"), plural(hosts, "host"), plural(tables, "table"))
    return f"{', '.join(counted)}, {plural(kinds.count('deadEnd'), 'dead end')}"


def below(node: TreeNode) -> Iterator[TreeNode]:
    """A node and all below it."""
    yield node
    for child in node.children:
        yield from below(child)
