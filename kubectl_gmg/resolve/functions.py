"""Which routes may call functions of a cloud (`spec/v2.md` 2.8, 3.3 rule 3c, 7.6).

Filters of delegates and of listeners concern no other routes. What they do not let is not accepted: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kubectl_gmg import regex
from kubectl_gmg.model.action import Delegate, Destination, DestinationKind, ForwardTo, FunctionFilter
from kubectl_gmg.model.declared import Allowance, Realm, VirtualHost
from kubectl_gmg.model.inventory import Inventory
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener, Route
from kubectl_gmg.resolve.allow import allows, common
from kubectl_gmg.resolve.faults import NOT_FOUND
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.resolve.walk import Way, way
from kubectl_gmg.resolve.withheld import left_out


class FunctionFilters:
    """What the filters of one realm let; `filters` says whether any delegate has some."""

    def __init__(self, realm: Realm, tenancy: Tenancy, *, filters: bool) -> None:
        self._inventory = realm.inventory
        self._tenancy = tenancy
        self._filters = filters

    def judged(self, gateway: Gateway) -> Gateway:
        """The gateway without the routes that call functions which they may not."""
        own = any(entry.functions for listener in gateway.declared.listeners for entry in listener.allows)
        if not (own or self._filters):
            return gateway
        done: dict[tuple[int, tuple[Allowance, ...]], Host] = {}
        listeners = tuple(self._listener(each, gateway.ref, done) for each in gateway.listeners)
        return replace(gateway, listeners=listeners)

    def _listener(
        self, listener: ResolvedListener, gateway: ObjectRef, done: dict[tuple[int, tuple[Allowance, ...]], Host]
    ) -> ResolvedListener:
        """What a listener serves; those that let the same share their hosts."""
        entries = listener.declared.allows
        hosts = []
        for host in listener.hosts:
            key = id(host), entries
            if key not in done:
                done[key] = self._host(host, entries, gateway)
            hosts.append(done[key])
        return replace(listener, hosts=tuple(hosts))

    def _host(self, host: Host, entries: tuple[Allowance, ...], gateway: ObjectRef) -> Host:
        refused: set[Way] = set()
        for row in host.rows:
            called = functions_of(row)
            if called and not self._lets(row, called, self._entries_for(row.root, host, entries, gateway)):
                refused.add(way(row.terminal))
        return left_out(host, lambda leaf: way(leaf) in refused, NOT_FOUND) if refused else host

    def _entries_for(
        self, root: VirtualHost, host: Host, entries: tuple[Allowance, ...], gateway: ObjectRef
    ) -> list[tuple[FunctionFilter, ...]]:
        """The filters of each entry of a listener that admits a root under one of the domains."""
        return [
            entry.functions
            for entry in entries
            if allows(entry, root, gateway, self._tenancy) and any(common(each, entry.domain) for each in host.domains)
        ]

    def _lets(self, row: Route, called: list[Destination], entries: list[tuple[FunctionFilter, ...]]) -> bool:
        """Whether some entry of the listener, and each delegate on the way down, lets all functions of a route."""
        actions = (rule.action for rule in row.terminal.rules[:-1])
        delegates = [action.allowed for action in actions if isinstance(action, Delegate)]
        listener = not entries or any(lets(each, called, self._inventory) for each in entries)
        return listener and all(lets(each, called, self._inventory) for each in delegates)


def functions_of(row: Route) -> list[Destination]:
    """The functions that a route calls."""
    action = row.terminal.rules[-1].action
    if not isinstance(action, ForwardTo):
        return []
    return [each for each in action.destinations if each.kind is DestinationKind.AWS_LAMBDA]


def lets(filters: tuple[FunctionFilter, ...], called: Iterable[Destination], inventory: Inventory) -> bool:
    """Whether one of some filters lets each function; no filters let every one."""
    return not filters or all(any(fits(each, one, inventory) for each in filters) for one in called)


def fits(wanted: FunctionFilter, called: Destination, inventory: Inventory) -> bool:
    """Whether a filter lets a function; what is not known of its account is taken to fit (DEC-27)."""
    provider = inventory.cloud_provider(called.namespace, called.provider)
    if not fits_any(wanted.functions, called.name):
        return False
    return provider is None or (
        one_of(wanted.accounts, provider.account)
        and one_of(wanted.regions, provider.region)
        and (not provider.role or fits_any(wanted.roles, provider.role))
    )


def one_of(known: tuple[str, ...], value: str) -> bool:
    """Whether a list names a value; an empty one, or a value that is not written, restricts nothing."""
    return not known or not value or value in known


def fits_any(patterns: tuple[str, ...], text: str) -> bool:
    """Whether any pattern fits the whole text; an empty list restricts nothing, nor does one that RE2 refuses."""
    return not patterns or any(regex.fault(each) or regex.matches_whole(each, text) for each in patterns)
