"""Which domains of a host a listener admits (`spec/v2.md` 3.3, DEC-4, DEC-5)."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.model.declared import Allowance, Listener, VirtualHost
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.index import selects
from kubectl_gmg.resolve.tenancy import Tenancy, is_of


def admitted(host: VirtualHost, listener: Listener, gateway: ObjectRef, tenancy: Tenancy) -> tuple[str, ...]:
    """The domains that the listener serves of a host, each once whatever its case, in the order of the host."""
    found: Iterable[str] = host.domains
    if listener.allows:
        fitting = [each for each in listener.allows if allows(each, host, gateway, tenancy)]
        found = (common(domain, each.domain) for domain in host.domains for each in fitting)
    spelling: dict[str, str] = {}
    for domain in found:
        spelling.setdefault(domain.lower(), domain)
    return tuple(domain for domain in spelling.values() if domain)


def allows(entry: Allowance, host: VirtualHost, gateway: ObjectRef, tenancy: Tenancy) -> bool:
    """Whether an entry admits a host by its namespace, labels and workspace."""
    if entry.namespace not in ("*", host.ref.namespace):
        return False
    if entry.own_workspace and tenancy.owner(host.ref) != tenancy.owner(gateway):
        return False
    selector = entry.selector
    if selector is None:
        return True
    if not is_of(selector.workspace, tenancy.owner(host.ref)):
        return False
    return selector.name in ("", host.ref.name) and selects(selector, host.ref.namespace, dict(host.labels))


def common(domain: str, pattern: str) -> str:
    """The narrower of two domains if one covers the other; empty if neither does."""
    if covers(pattern, domain):
        return domain
    return pattern if covers(domain, pattern) else ""


def covers(wide: str, narrow: str) -> bool:
    """Whether every name that fits `narrow` fits `wide`; a star stands for one letter or more in front."""
    wide, narrow = wide.lower(), narrow.lower()
    if wide in ("*", narrow):
        return True
    return wide.startswith("*") and len(narrow) >= len(wide) and narrow.endswith(wide[1:])
