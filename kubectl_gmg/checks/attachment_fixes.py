"""Labels that would attach a host to a gateway, proved by resolving again (`spec/v1beta1.md` 2.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kubectl_gmg.analysis.compare import with_stubs
from kubectl_gmg.analysis.edits import Change, applied, with_hosts
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.host_selection import hosts_of
from kubectl_gmg.model.action import Operator, Selector
from kubectl_gmg.model.declared import Declared, VirtualHost
from kubectl_gmg.model.finding import Edit, Fix
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, HostState, Resolved
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.index import holds

VALUED = (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.IN)
"""Conditions on a label that say which value it may have."""

MOST_FIXES = 3
"""How often a rule of `check` resolves again to prove a fix."""


class AttachmentFixes:
    """Finds the labels that a host lacks; only for the first few hosts that are asked about."""

    def __init__(self, context: CheckContext) -> None:
        self._declared = context.declared
        self._gateways = {each.ref: each for each in context.resolved.gateways}
        self._left = MOST_FIXES

    def of(self, host: VirtualHost, selector: Selector) -> Fix | None:
        """The labels that make a selector fit a host, if they are all it lacks and every domain is then served."""
        lacking, gateway = labels_for(selector, host), selector.origin.ref
        if not lacking or not self._left or gateway not in self._gateways:
            return None
        self._left -= 1
        changes = tuple(labelled(host, key, value) for key, value in lacking.items())
        if not serves(self._after(changes, self._gateways[gateway], host), gateway, host):
            return None
        words = " and ".join(f"{key}={value}" for key, value in lacking.items())
        label = "labels" if len(lacking) > 1 else "label"
        text = f"{label} {words} on {host.ref} attaches it to {gateway}"
        return Fix(text, tuple(each.edit for each in changes), verified=True)

    def _after(self, changes: Sequence[Change], gateway: Gateway, host: VirtualHost) -> Resolved:
        """What the gateway would serve; only its own hosts and the new one can share a domain, whatever they route."""
        hosts = (*(each.declared for each in hosts_of(gateway) if not each.declared.inline), host)
        alone = replace(self._declared, gateways=(gateway.declared,), hosts=hosts, tables=(), policies=())
        return resolve(with_stubs(applied(changes, alone), frozenset()))


def labels_for(selector: Selector, host: VirtualHost) -> dict[str, str]:
    """The labels that a host lacks for a selector; none if it lacks something else as well."""
    spaces, labels = selector.namespaces, dict(host.labels)
    missing = [each for each in selector.requirements if not holds(each, labels)]
    if (spaces is not None and host.ref.namespace not in spaces) or any(
        each.operator not in VALUED for each in missing
    ):
        return {}
    return {each.key: each.values[0] for each in missing}


def labelled(host: VirtualHost, key: str, value: str) -> Change:
    """A host with a label."""
    at = Origin(host.ref, ("metadata", "labels", key))
    edit = Edit(at, dict(host.labels).get(key), value, host.ref.name)

    def with_label(each: VirtualHost) -> VirtualHost:
        if each.origin != host.origin:
            return each
        return replace(each, labels=tuple(sorted({**dict(each.labels), key: value}.items())))

    def apply(declared: Declared) -> Declared:
        return with_hosts(declared, with_label)

    return Change(edit, apply, frozenset({host.ref}))


def serves(resolved: Resolved, gateway: ObjectRef, host: VirtualHost) -> bool:
    """Whether a gateway serves all domains of a host."""
    wanted = {domain.lower() for domain in host.domains}
    return any(
        each.declared.origin == host.origin
        and each.state is HostState.SERVED
        and wanted == {domain.lower() for domain in each.domains}
        for found in resolved.gateways
        if found.ref == gateway
        for listener in found.listeners
        for each in listener.hosts
    )
