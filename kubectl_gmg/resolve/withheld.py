"""Routes of a grown host that one gateway cannot serve as they are written, although another may.

A host grows once for all gateways. What depends on the gateway is judged last, on its routes and on the trees that they
came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kubectl_gmg.model.declared import FailureMode
from kubectl_gmg.model.resolved import DeadEnd, Gateway, Host, Node, Route, Status, Target, Terminal
from kubectl_gmg.resolve.clashes import without_destinations
from kubectl_gmg.resolve.faults import REPLACEMENT
from kubectl_gmg.resolve.merge import numbered

Refused = Callable[[Terminal], bool]
"""Whether the end of a way down cannot be served."""
Change = Callable[[Terminal], Terminal]


def broken(gateway: Gateway, refused: Refused, code: str) -> Gateway:
    """The gateway where these routes are broken: they answer 500, or their root stays as it was accepted last (10).

    A broken route keeps its matches and its place (8.7). One for connections has nothing to answer: it is left out.
    """
    freezing = {
        id(row.root)
        for listener in gateway.listeners
        for host in listener.entries
        for row in host.rows
        if row.root.failure_mode is FailureMode.FREEZE_CONFIG and refused(row.terminal)
    }
    done: dict[int, Host] = {}

    def changed(host: Host) -> Host:
        """The host; listeners that share one still do."""
        if id(host) not in done:
            done[id(host)] = broken_host(host, refused, freezing, code)
        return done[id(host)]

    listeners = (
        replace(each, hosts=tuple(map(changed, each.hosts)), streams=changed(each.streams) if each.streams else None)
        for each in gateway.listeners
    )
    return replace(gateway, listeners=tuple(listeners))


def broken_host(host: Host, refused: Refused, freezing: set[int], code: str) -> Host:
    """A host with its broken and its frozen routes; one without any is the very same."""
    rows = tuple(broken_row(row, refused, freezing, code) for row in host.rows)
    if all(new is old for new, old in zip(rows, host.rows, strict=True)):
        return host
    return replace(host, rows=numbered(rows), tree=changed_tree(host.tree, refused, broken_by(code)))


def broken_row(row: Route, refused: Refused, freezing: set[int], code: str) -> Route:
    """A route, unless it is left out anyway or broken for another reason."""
    if row.status in (Status.INVALID, Status.REPLACED):
        return row
    leaf = row.terminal
    if row.connection is not None and refused(leaf):
        return row_left_out(row, refused, code)
    if id(row.root) in freezing:
        because = tuple(dict.fromkeys((*leaf.because, code)))
        return replace(row, terminal=replace(leaf, status=Status.FROZEN, because=because), status=Status.FROZEN)
    if not refused(leaf):
        return row
    return replace(row, terminal=broken_by(code)(leaf), action=REPLACEMENT, status=Status.REPLACED)


def left_out(host: Host, refused: Refused, code: str) -> Host:
    """The host without these routes, which are listed where they would stand; those behind them move up."""
    rows = numbered(row_left_out(row, refused, code) for row in host.rows)
    return replace(host, rows=rows, tree=changed_tree(host.tree, refused, left_out_by(code)))


def row_left_out(row: Route, refused: Refused, code: str) -> Route:
    """A route, without a place if it is one of those."""
    if row.status is Status.INVALID or not refused(row.terminal):
        return row
    return replace(row, terminal=left_out_by(code)(row.terminal), index=None, status=Status.INVALID)


def broken_by(code: str) -> Change:
    """Makes the end of a way answer 500 because of a code; one for connections is left out."""

    def change(leaf: Terminal) -> Terminal:
        status = Status.INVALID if leaf.rules[-1].connections else Status.REPLACED
        return replace(leaf, status=status, because=(code,), policies=without_destinations(leaf.policies))

    return change


def left_out_by(code: str) -> Change:
    """Makes the end of a way one that is not served because of a code."""
    return lambda leaf: replace(leaf, status=Status.INVALID, because=(code,))


def changed_tree(nodes: tuple[Node, ...], refused: Refused, change: Change) -> tuple[Node, ...]:
    """The same trees with their changed ends; what holds none stays the very same."""
    found = tuple(changed_node(node, refused, change) for node in nodes)
    return found if any(new is not old for new, old in zip(found, nodes, strict=True)) else nodes


def changed_node(node: Node, refused: Refused, change: Change) -> Node:
    """A node and what is below it."""
    if isinstance(node, Terminal):
        return change(node) if node.status is Status.OK and refused(node) else node
    targets = tuple(changed_target(each, refused, change) for each in node.targets)
    changed = any(new is not old for new, old in zip(targets, node.targets, strict=True))
    return replace(node, targets=targets) if changed else node


def changed_target(target: Target | DeadEnd, refused: Refused, change: Change) -> Target | DeadEnd:
    """What a delegating rule leads to."""
    if isinstance(target, DeadEnd):
        return target
    nodes = changed_tree(target.nodes, refused, change)
    return target if nodes is target.nodes else replace(target, nodes=nodes)
