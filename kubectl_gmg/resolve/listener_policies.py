"""Policies that choose a listener, or the workloads of its gateway: they reach all of its routes (`spec/v2.md` 11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.model.declared import Listener, Policy, ServiceMatcher, ServiceSelector, VirtualGateway
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.policy import By, ListenerSelector
from kubectl_gmg.model.resolved import PolicyUse
from kubectl_gmg.resolve.backing import selected
from kubectl_gmg.resolve.clashes import Hit, uses_of
from kubectl_gmg.resolve.services import selects_service
from kubectl_gmg.resolve.tenancy import Tenancy

Services = tuple[Service, ...] | None


class ListenerPolicies:
    """The policies of one generation, as they meet its listeners; they act on what their own workspace has only."""

    def __init__(self, policies: Iterable[Policy], tenancy: Tenancy) -> None:
        self._policies = [each for each in policies if each.listeners or each.workloads]
        self._tenancy = tenancy

    def uses(self, gateway: VirtualGateway, listener: Listener, services: Services) -> tuple[PolicyUse, ...]:
        """What becomes of the policies that choose a listener; `services` are its own, None if not known."""
        return uses_of(self._hits(gateway, listener, services))

    def _hits(self, gateway: VirtualGateway, listener: Listener, services: Services) -> Iterator[Hit]:
        for policy in self._policies:
            owner = self._tenancy.owner(policy.ref)
            if owner is None:
                continue
            if owner == self._tenancy.owner(gateway.ref):
                answers = {at_listener(each, gateway, listener) for each in policy.listeners}
                if True in answers or None in answers:
                    yield Hit(policy, By.ALL, True if True in answers else None)
            found = self._before(policy.workloads, services, owner) if policy.workloads else False
            if found is not False:
                yield Hit(policy, By.LABELS if is_narrow(policy.workloads) else By.ALL, found)

    def _before(self, wanted: Iterable[ServiceSelector], services: Services, owner: str) -> bool | None:
        """Whether a policy means workloads behind one of the Services; None where these were not read."""
        if services is None:
            return None
        own = [each for each in services if self._tenancy.owner(each.ref) == owner]
        return any(selects_service(selector, service) for selector in wanted for service in own)


def at_listener(wanted: ListenerSelector, gateway: VirtualGateway, listener: Listener) -> bool | None:
    """Whether a selector means a listener; None if its port is not known."""
    if wanted.gateway is not None and not selected((wanted.gateway,), gateway.ref, gateway.labels):
        return False
    if wanted.port is None and wanted.port_name is None:
        return True
    if wanted.port_name is not None:
        return wanted.port_name == listener.name
    return None if listener.port is None else wanted.port == listener.port


def is_narrow(wanted: Iterable[ServiceSelector]) -> bool:
    """Whether workloads are chosen by anything at all."""
    return all(each.matcher != ServiceMatcher() for each in wanted)
