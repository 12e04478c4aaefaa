"""What was not read, in words: it is unknown, never missing (`spec/v1beta1.md` D-27, `spec/cli.md` 5.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kubectl_gmg.errors import NotFoundError
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import SharedDomain
from kubectl_gmg.model.declared import Declared, Listener, Realm
from kubectl_gmg.model.snapshot import Extent

ROUTING = ("VirtualGateway", "VirtualHost", "RouteTable")
"""The kinds that routes are made of."""


def not_read(kind: str, extent: Extent, namespaces: Collection[str] | None = None) -> str:
    """What is lacking of a kind where it matters: in `namespaces`, or with None anywhere; empty if nothing is."""
    if extent.complete:
        return ""
    if namespaces is not None:
        lacking = sorted(name for name in namespaces if not extent.covers(name))
        return f"not every {kind} of {spaces(lacking)} was read" if lacking else ""
    if extent.namespaces:
        return f"outside {spaces(sorted(extent.namespaces))} not every {kind} was read"
    return f"not every {kind} was read"


def spaces(names: Collection[str]) -> str:
    """Namespaces by name."""
    return f"namespace{'s' if len(names) > 1 else ''} {', '.join(names)}"


def not_selectable(kind: str, extent: Extent, selector: Selector) -> str:
    """What is lacking of the objects that a selector could select; one that is not valid selects nothing anyway."""
    return not_read(kind, extent, selector.namespaces) if selector.valid else ""


def hosts_not_read(listener: Listener, realm: Realm) -> str:
    """What is lacking of the hosts that a listener could serve; empty if nothing is.

    Where hosts name their gateways, one may stand anywhere.
    """
    if realm.conventions.shared_domain is SharedDomain.MERGED:
        return not_read("RouteTable", realm.hosts_read)
    selectors = [entry for entry in listener.selects if isinstance(entry, Selector) and entry.valid]
    if any(each.namespaces is None for each in selectors):
        return not_read("VirtualHost", realm.hosts_read)
    return not_read("VirtualHost", realm.hosts_read, {name for each in selectors for name in each.namespaces or ()})


def routing_not_read(declared: Declared, kinds: Iterable[str] = ROUTING, namespace: str = "") -> tuple[str, ...]:
    """What is lacking of some kinds, in one namespace or anywhere; one entry for each of which anything is."""
    where = {namespace} if namespace else None
    wanted = tuple(kinds)
    lacks = (
        not_read(kind, extent, where)
        for _, realm in declared.realms
        for kind, extent in zip(ROUTING, (realm.gateways_read, realm.hosts_read, realm.tables_read), strict=True)
        if kind in wanted and (kind != "VirtualHost" or realm.conventions.shared_domain is SharedDomain.OLDEST)
    )
    return tuple(dict.fromkeys(lack for lack in lacks if lack))


def nothing_called(message: str, hint: str, lacks: Iterable[str], candidates: tuple[str, ...] = ()) -> NotFoundError:
    """The error for a name that names nothing; if anything is lacking it says that only what was read was searched."""
    known = tuple(lack for lack in lacks if lack)
    if not known:
        return NotFoundError(message, hint, candidates=candidates)
    return NotFoundError(f"{message} among what was read", "; ".join((*known, hint)), candidates=candidates)
