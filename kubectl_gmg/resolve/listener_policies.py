"""Policies that choose a listener, or the workloads of its gateway: they reach all of its routes (`spec/v2.md` 11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.model.declared import Listener, Policy, ServiceMatcher, ServiceSelector, VirtualGateway
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.policy import By, ListenerSelector
from kubectl_gmg.model.resolved import PolicyUse
from kubectl_gmg.resolve.backing import selected
from kubectl_gmg.resolve.clashes import Hit, uses_of
from kubectl_gmg.resolve.policy_index import (
    OWNER,
    Asked,
    destination_facts,
    wanted_of_object,
    wanted_of_workloads,
    workload_facts,
)
from kubectl_gmg.resolve.services import selects_service
from kubectl_gmg.resolve.tenancy import Tenancy, is_of

Services = tuple[Service, ...] | None


class ListenerPolicies:
    """The policies of one generation, as they meet its listeners; they act on what their own workspace has only."""

    def __init__(self, policies: Iterable[Policy], tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._policies = [each for each in policies if each.listeners or each.workloads]
        owned = [(each, owner) for each in self._policies if (owner := tenancy.owner(each.ref)) is not None]
        self._of_listeners = Asked(
            [
                ((policy, owner, wanted), [*wanted_of_object(wanted.gateway), (OWNER, owner)])
                for policy, owner in owned
                for wanted in policy.listeners
            ]
        )
        self._of_workloads = Asked(
            [
                ((policy, owner, wanted), [*wanted_of_workloads(wanted), (OWNER, owner)])
                for policy, owner in owned
                for wanted in policy.workloads
            ]
        )

    @property
    def with_workloads(self) -> tuple[Policy, ...]:
        """The policies that choose workloads."""
        return tuple(each for each in self._policies if each.workloads)

    def uses(self, gateway: VirtualGateway, listener: Listener, services: Services) -> tuple[PolicyUse, ...]:
        """What becomes of the policies that choose a listener; `services` are its own, None if not known."""
        return uses_of(self._hits(gateway, listener, services))

    def _hits(self, gateway: VirtualGateway, listener: Listener, services: Services) -> Iterator[Hit]:
        holder = self._tenancy.owner(gateway.ref)
        if holder is not None:
            yield from self._at(gateway, listener, services, holder)
            if services is None:  # it stands on workloads of its own workspace, though they were not read
                yield from self._behind(self._of_workloads.all, None, holder)
        for service in services or ():
            owner = self._tenancy.owner(service.ref)
            if owner is not None:
                found = self._of_workloads.by([*workload_facts(service), (OWNER, owner)])
                yield from self._behind(found, (service,), owner)

    def _at(self, gateway: VirtualGateway, listener: Listener, services: Services, holder: str) -> Iterator[Hit]:
        """The policies that choose a listener of a workspace."""
        facts, _ = destination_facts(gateway.ref, dict(gateway.labels))
        for policy, owner, wanted in self._of_listeners.by([*facts, (OWNER, holder)]):
            if owner == holder and (wanted.gateway is None or is_of(wanted.gateway.workspace, owner)):
                answer = at_listener(wanted, gateway, listener, services)
                if answer is not False:
                    yield Hit(policy, By.ALL, answer)

    def _behind(
        self, candidates: Iterable[tuple[Policy, str, ServiceSelector]], services: Services, holder: str
    ) -> Iterator[Hit]:
        """Which of the policies choose workloads of a workspace."""
        for policy, owner, wanted in candidates:
            found = self._before((wanted,), services, owner) if owner == holder else False
            if found is not False:
                yield Hit(policy, By.LABELS if is_narrow(policy.workloads) else By.ALL, found)

    def _before(self, wanted: Iterable[ServiceSelector], services: Services, owner: str) -> bool | None:
        """Whether a policy means workloads behind one of the Services; None where these were not read."""
        meant = [each for each in wanted if wants_workspace(each, owner)]
        if services is None:
            return None if meant else False
        own = [each for each in services if self._tenancy.owner(each.ref) == owner]
        return any(selects_service(selector, service) for selector in meant for service in own)


def wants_workspace(wanted: ServiceSelector, owner: str) -> bool:
    """Whether a selector may mean workloads of a workspace; one without a matcher means virtual machines."""
    return wanted.matcher is not None and is_of(wanted.matcher.workspace, owner)


def at_listener(
    wanted: ListenerSelector, gateway: VirtualGateway, listener: Listener, services: Services
) -> bool | None:
    """Whether a selector means a listener; None if its port is not known."""
    if wanted.gateway is not None and not selected((wanted.gateway,), gateway.ref, gateway.labels):
        return False
    if wanted.port is None and wanted.port_name is None:
        return True
    if wanted.port_name is not None:
        return has_port_name(wanted.port_name, listener, services)
    return None if listener.port is None else wanted.port == listener.port


def has_port_name(name: str, listener: Listener, services: Services) -> bool | None:
    """Whether a listener's port has a name; the Services know it where the listener gives the number (2.3)."""
    if listener.name is not None:
        return listener.name == name
    if services is None:
        return None
    return any(port.name == name for each in services for port in each.ports if port.number == listener.port)


def is_narrow(wanted: Iterable[ServiceSelector]) -> bool:
    """Whether workloads are chosen by anything at all."""
    return all(each.matcher != ServiceMatcher() for each in wanted)
