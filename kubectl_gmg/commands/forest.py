"""Planting the delegation trees as they are shown (`spec/cli.md` 6.5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubectl_gmg.model.action import Delegate, FinalAction, Invalid, SortMethod
from kubectl_gmg.model.declared import Declared, RouteRule, RouteTable
from kubectl_gmg.model.resolved import (
    DeadEnd,
    Delegation,
    Gateway,
    Host,
    HostState,
    Node,
    Reason,
    Resolved,
    ResolvedListener,
    Route,
    Status,
    Target,
    Terminal,
)
from kubectl_gmg.model.workloads import called
from kubectl_gmg.render.routes import listener_name
from kubectl_gmg.render.streams import asked_for, kind_of, why_dropped
from kubectl_gmg.render.words import action_text, connection_text, match_text, route_text
from kubectl_gmg.resolve.order import ranked
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.scope import Scope
from kubectl_gmg.resolve.target import Found
from kubectl_gmg.resolve.unread import ROUTING, hosts_not_read, routing_not_read
from kubectl_gmg.resolve.walk import Way, way
from kubectl_gmg.views import RouteRow, TreeNode

CODES = {
    Reason.MISSING: "GMG201",
    Reason.NO_TARGET: "GMG202",
    Reason.NONE_SELECTED: "GMG203",
    Reason.NOT_VISIBLE: "GMG203",
    Reason.HAS_HOSTS: "GMG203",
    Reason.CYCLE: "GMG204",
    Reason.EMPTY: "GMG205",
    Reason.NOT_PREFIX: "GMG207",
    Reason.TOO_MANY: "GMG212",
    Reason.TOO_DEEP: "GMG212",
}
STATES = {
    HostState.SERVED: "",
    HostState.NO_DOMAINS: "no domain is left: it serves nothing here",
    HostState.NO_ROUTES: "no routes are written: the host does not exist for the gateway",
}
UNATTACHED = ("no gateway serves this host", "not known whether a gateway serves this host", "VirtualGateway")
UNREACHED = ("no host leads to this table", "not known whether a host leads to this table", *ROUTING)
"""What is said of what hangs nowhere, what instead if that is not certain, and the kinds that make it so."""


class Planter:
    """Makes tree nodes of what was resolved."""

    def __init__(self, resolved: Resolved, declared: Declared) -> None:
        self._resolved = resolved
        self._declared = declared
        self._rows = Rows(resolved)
        self._mesh: dict[int, list[tuple[Gateway, Host]]] = {}
        for group in resolved.mesh:
            for host in group.listeners[0].hosts:
                for root in host.roots:
                    self._mesh.setdefault(id(root), []).append((group, host))

    def roots(self) -> tuple[TreeNode, ...]:
        """Every gateway, then hosts attached to none, then tables reached from none."""
        planted = [self._gateway(gateway) for gateway in self._resolved.gateways]
        planted += [self._host(host, None, None) for host in self._resolved.unattached]
        planted += [self._orphan(table) for table in self._resolved.orphans]
        return tuple(replace(node, order=place) for place, node in enumerate(planted, 1))

    def _gateway(self, gateway: Gateway) -> TreeNode:
        hosts: dict[int, tuple[ResolvedListener, Host]] = {}
        for listener in gateway.listeners:
            for host in listener.entries:
                hosts.setdefault(id(host), (listener, host))
        ports = " ".join(listener_name(listener) for listener in gateway.listeners)
        children = (self._host(host, gateway, listener) for listener, host in hosts.values())
        return TreeNode(
            type="gateway",
            label=f"gateway {gateway.ref.namespace}/{gateway.ref.name} {ports}".rstrip(),
            ref=gateway.ref,
            listeners=gateway.listeners,
            labels=gateway.declared.labels,
            children=in_order(children),
            note=self._selection(gateway, found=bool(hosts)),
        )

    def _selection(self, gateway: Gateway, *, found: bool) -> str:
        """What is to be said of the hosts that a gateway selects (D-27)."""
        realm = self._declared.realm(gateway.ref)
        listeners = (listener.declared for listener in gateway.listeners)
        lack = next((lack for each in listeners if (lack := hosts_not_read(each, realm))), "")
        if lack:
            return f"{lack}: more hosts may be selected" if found else f"selects no host among those read: {lack}"
        return "" if found else "selects no host"

    def _unless_unread(self, note: str, unknown: str, *kinds: str) -> str:
        """The note, or that it is not known since some of these kinds were not read completely (D-27)."""
        lacks = routing_not_read(self._declared, kinds)
        return f"{unknown}: {', '.join(lacks)}" if lacks else note

    def _host(self, host: Host, gateway: Gateway | None, listener: ResolvedListener | None) -> TreeNode:
        declared = host.declared
        rows: Ends = {}
        for row in self._served_rows(host, gateway, listener):
            rows.setdefault(way(row.route.terminal), []).append(row)
        inline = " (inline)" if declared.inline else ""
        about = "" if kind_of(host) == "host" else f" {kind_of(host)}"
        domains = asked_for(host) if host.domains else ""
        return TreeNode(
            type="host",
            label=f"{' + '.join(str(root.ref) for root in host.roots)}{inline}{about} {domains}".rstrip(),
            ref=declared.ref,
            origin=declared.origin,
            roots=tuple(root.ref for root in host.roots),
            labels=declared.labels,
            domains=host.domains,
            children=in_order(self._node(node, rows) for node in host.tree),
            note=self._attached(host, gateway),
        )

    def _served_rows(
        self, host: Host, gateway: Gateway | None, listener: ResolvedListener | None
    ) -> Iterator[RouteRow]:
        """The routes of a host on a listener; of one that no gateway serves those that workloads get."""
        if gateway is not None and listener is not None:
            yield from self._rows.of(gateway, listener, host)
            return
        for group, served in self._mesh.get(id(host.declared), ())[:1]:
            yield from self._rows.of(group, group.listeners[0], served)

    def _attached(self, host: Host, gateway: Gateway | None) -> str:
        """What is to be said of how a host is served."""
        groups = dict.fromkeys(called(group) for root in host.roots for group, _ in self._mesh.get(id(root), ()))
        if gateway is not None:
            return STATES[host.state] or (f"also for {', '.join(groups)}" if groups else "")
        if groups:
            return f"for {', '.join(groups)}"
        if not (host.declared.rules or host.declared.streams):
            return "no HTTP routes are written"
        if host.declared.sidecars and not host.declared.rules:
            return "for workloads within the mesh, where TLS and TCP routes are not resolved"
        return self._unless_unread(*UNATTACHED)

    def _node(self, node: Node, rows: Ends) -> TreeNode:
        if isinstance(node, Delegation):
            return self._delegation(node, rows)
        rule = node.rules[-1]
        matching = rows.get(way(node), [])
        action = rule.action.written if isinstance(rule.action, Invalid) else rule.action
        final = action if isinstance(action, FinalAction) else None
        told = bool(node.because)
        children: Iterable[TreeNode] = (
            replace(route_node(row), note="" if told else why_left_out(row)) for row in matching
        )
        if "GMG207" in node.because:
            children = (dead_end(DeadEnd(Reason.NOT_PREFIX, rule.origin), rule),)
        return replace(
            rule_node(rule),
            action=final,
            destinations=matching[0].destinations if matching else (),
            findings=node.because,
            note=fate(node, matching),
            children=in_order(children),
        )

    def _delegation(self, node: Delegation, rows: Ends) -> TreeNode:
        order = {id(target): place for place, target in enumerate(ranked(node.targets), 1)}
        children = []
        for target in node.targets:
            if isinstance(target, Target):
                child = self._table(target, rows)
                children.append(replace(child, order=order[id(target)]))
            else:
                order[id(target)] = len(order) + 1
                children.append(replace(dead_end(target, node.rule), order=order[id(target)]))
        note = f"leaves out {', '.join(map(str, node.skipped))}, on the way down already" if node.skipped else ""
        if node.replaced is not None:
            matching = rows.get(way(node.replaced), [])
            note = fate(node.replaced, matching)
            children += map(route_node, matching)
        by = "by specificity" if node.sort is SortMethod.ROUTE_SPECIFICITY else "by weight"
        plain = rule_node(node.rule)
        return replace(
            plain, label=f"{plain.label}  tables {by}", sort=node.sort.value, children=tuple(children), note=note
        )

    def _table(self, target: Target, rows: Ends) -> TreeNode:
        inclusion = target.inclusion
        plain = table_node(inclusion.table, (self._node(node, rows) for node in target.nodes))
        crossed = f", imported from workspace {inclusion.workspace}" if inclusion.imported else ""
        return replace(plain, label=f"{plain.label} ({inclusion.via.value}{crossed})", via=inclusion.via)

    def _orphan(self, table: RouteTable) -> TreeNode:
        return replace(table_node(table, map(rule_node, table.rules)), note=self._unless_unread(*UNREACHED))


Ends = dict[Way, list[RouteRow]]

FATES = {
    Status.OK: "served",
    Status.INVALID: "left out",
    Status.REPLACED: "answered with 500",
    Status.FROZEN: "frozen as it was accepted last",
}
"""What the product makes of a rule that something is wrong with."""


def fate(end: Terminal, rows: Iterable[RouteRow]) -> str:
    """What becomes of a rule that is not served as it is written: one of a tree that froze stays as it was."""
    frozen = (row.route.terminal for row in rows if row.route.status is Status.FROZEN)
    served = next(frozen, end)
    return f"{FATES[served.status]}: {', '.join(served.because)}" if served.because else ""


def in_order(nodes: Iterable[TreeNode]) -> tuple[TreeNode, ...]:
    """Siblings that are tried as they stand."""
    return tuple(replace(node, order=place) for place, node in enumerate(nodes, 1))


def table_node(table: RouteTable, children: Iterable[TreeNode]) -> TreeNode:
    """A table, however it is reached."""
    return TreeNode(
        type="table",
        label=f"{table.ref} weight {table.weight}",
        ref=table.ref,
        weight=table.weight,
        labels=table.labels,
        children=in_order(children),
    )


def rule_node(rule: RouteRule) -> TreeNode:
    """A rule with its own matches as written."""
    matches = ", ".join((*map(match_text, rule.matches), *map(connection_text, rule.connections)))
    sort = rule.action.sort.value if isinstance(rule.action, Delegate) else None
    return TreeNode(
        type="rule",
        label=f"{rule.name or rule.segment}  {matches}",
        origin=rule.origin,
        matches=rule.matches,
        sort=sort,
        rule=rule,
    )


def route_node(row: RouteRow) -> TreeNode:
    """What the proxy gets of one match of a rule."""
    route = row.route
    place = f"#{route.index}" if route.index is not None else "-"
    return TreeNode(
        type="route",
        label=f"{place} {route_text(route)} → {action_text(route.action, row.destinations)}{labelled(route)}",
        id=row.id,
        index=route.index,
        matches=() if route.connection else (route.match,),
        action=route.action,
        destinations=row.destinations,
    )


def why_left_out(row: RouteRow) -> str:
    """Why the proxy never gets a route for connections, which may be so for one match of a rule only."""
    if row.route.connection is None or row.route.index is not None:
        return ""
    return why_dropped(row.host) if row.route.dropped else f"left out: {', '.join(row.route.terminal.because)}"


def labelled(route: Route) -> str:
    """The effective labels of a route, where it has any."""
    labels = ",".join(f"{key}={label.value}" for key, label in route.terminal.labels)
    return f"  [{labels}]" if labels else ""


def dead_end(end: DeadEnd, rule: RouteRule) -> TreeNode:
    """A delegate that reaches nothing."""
    name = f"{end.ref}" if end.ref else f"delegate of {rule.name or rule.segment}"
    code = CODES.get(end.reason)
    return TreeNode(
        type="deadEnd",
        label=name,
        ref=end.ref,
        origin=rule.origin,
        reason=end.reason,
        findings=(code,) if code else (),
        note=end.note,
        rule=rule,
    )


def cut(node: TreeNode, depth: int | None) -> TreeNode:
    """The node with at most `depth` levels below it."""
    if depth is None:
        return node
    if depth == 0:
        return replace(node, children=())
    return replace(node, children=tuple(cut(child, depth - 1) for child in node.children))


def narrowed(roots: tuple[TreeNode, ...], found: Found) -> tuple[TreeNode, ...]:
    """The trees without whatever does not lead to what was found, nor hangs below it."""
    kept = (leading(root, found) for root in roots)
    return tuple(node for node in kept if node is not None)


def leading(node: TreeNode, found: Found) -> TreeNode | None:
    """The node, if it is what was found or leads there; all that hangs below what was found stays."""
    if found.means(node):
        return node
    children = tuple(child for each in node.children if (child := leading(each, found)) is not None)
    return replace(node, children=children) if children else None


def scoped(roots: tuple[TreeNode, ...], scope: Scope) -> tuple[TreeNode, ...]:
    """The trees, each reduced to what passes through an object that is reported on."""
    if scope.selector is None:
        return roots
    kept = (passing(root, scope) for root in roots)
    return tuple(node for node in kept if node is not None)


def passing(node: TreeNode, scope: Scope) -> TreeNode | None:
    """The node, if it or anything below it is reported on; below a reported object everything stays."""
    if node.ref is not None and node.type != "deadEnd" and scope.reports(node.ref, node.labels):
        return node
    children = tuple(child for each in node.children if (child := passing(each, scope)) is not None)
    return replace(node, children=children) if children else None
