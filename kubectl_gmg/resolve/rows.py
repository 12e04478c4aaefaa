"""The routes as people ask for them: every host on every listener, with ids and keys (`spec/cli.md` 4.2, 5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from kubectl_gmg.model.action import ForwardTo, Invalid, ResolvedDestination
from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.naming import encoded, located
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Gateway, Host, Resolved, ResolvedListener, Route, Status, Terminal
from kubectl_gmg.resolve.destination import resolve_destinations
from kubectl_gmg.views import RouteRow


def terminal_id(declared: VirtualHost, gateway: ObjectRef, leaf: Terminal) -> str:
    """The id of a rule on one way down: the names met, from the host to the rule."""
    owner = declared.ref.namespace
    parts = [located(declared.segment, owner, gateway.namespace), leaf.rules[0].segment]
    for inclusion, rule in zip(leaf.tables, leaf.rules[1:], strict=True):
        table = inclusion.table.ref
        parts += [located(encoded(table.name), table.namespace, owner), rule.segment]
        owner = table.namespace
    return "/".join(parts)


class Rows:
    """Makes rows; what is alike for many of them is worked out once.

    Without `forwarding` they do not say where they forward to, which half of the work is for.
    """

    def __init__(self, resolved: Resolved, *, forwarding: bool = True) -> None:
        self._names = gateway_names(resolved)
        self._forwarding = forwarding
        self._destinations: dict[tuple[int, int], tuple[ResolvedDestination, ...]] = {}

    def of(self, gateway: Gateway, listener: ResolvedListener, host: Host) -> Iterator[RouteRow]:
        """Every row of a host on a listener, the left-out ones at their place."""
        for route in host.rows:
            yield self.row(gateway, listener, host, route)

    def row(self, gateway: Gateway, listener: ResolvedListener, host: Host, route: Route) -> RouteRow:
        """One row."""
        name = terminal_id(route.root, gateway.ref, route.terminal)
        first = host.domains[0] if host.domains and route.connection is None else "-"
        key = f"{self._names[id(gateway)]}/{listener.index}/{first}/{name}@{route.match_index}"
        destinations = self.destinations(gateway, route) if self._forwarding else ()
        return RouteRow(gateway, listener, host, route, name, key, destinations)

    def destinations(self, gateway: Gateway, route: Route) -> tuple[ResolvedDestination, ...]:
        """Where a route forwards to, as seen from the gateway."""
        action = written(route)
        if not isinstance(action, ForwardTo):
            return ()
        key = (id(gateway), id(action.destinations))  # both live as long as what was resolved
        if key not in self._destinations:
            self._destinations[key] = resolve_destinations(action, gateway)
        return self._destinations[key]


def written(route: Route) -> object:
    """The action that says where a route would forward to: for one that is replaced, what was written."""
    if route.status is not Status.REPLACED:
        return route.action
    action = route.terminal.rules[-1].action
    return action.written if isinstance(action, Invalid) else action


MESH = "mesh/-"
"""What keys begin with in place of a gateway's name; the number of the group of workloads stands for the listener."""


def gateway_names(resolved: Resolved) -> dict[int, str]:
    """How each gateway is called in keys: `NS/NAME`, the second of one name `NS/NAME~2`."""
    seen: Counter[tuple[str, str]] = Counter()
    names = {}
    for gateway in resolved.entrances:
        ref = gateway.ref
        if gateway.sidecars is not None:
            names[id(gateway)] = MESH
            continue
        seen[ref.namespace, ref.name] += 1
        count = seen[ref.namespace, ref.name]
        names[id(gateway)] = f"{encoded(ref.namespace)}/{encoded(ref.name)}" + (f"~{count}" if count > 1 else "")
    return names
