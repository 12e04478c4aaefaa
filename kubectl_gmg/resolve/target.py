"""What a TARGET of the command line names (`spec/cli.md` 4.1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from kubectl_gmg.errors import NotFoundError
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Resolved
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.unread import nothing_called, routing_not_read
from kubectl_gmg.resolve.walk import tables_below, way
from kubectl_gmg.views import RouteRow, TreeNode

KINDS = {
    "vg": "VirtualGateway",
    "virtualgateway": "VirtualGateway",
    "vh": "VirtualHost",
    "virtualhost": "VirtualHost",
    "rt": "RouteTable",
    "routetable": "RouteTable",
}


@dataclass(frozen=True, slots=True)
class Found:
    """The objects, or the ids of the routes, that a TARGET names."""

    refs: frozenset[ObjectRef] = frozenset()
    ids: frozenset[str] = frozenset()

    def means(self, node: TreeNode) -> bool:
        """Whether a node of the tree is what was named; a host is each of its roots."""
        if node.type == "route":
            return node.id in self.ids
        return node.type != "deadEnd" and not self.refs.isdisjoint((node.ref, *node.roots))

    def leads_through(self, row: RouteRow) -> bool:
        """Whether a route is what was named, or passes through it."""
        passed = {row.gateway.ref, row.route.root.ref, *(each.table.ref for each in row.route.terminal.tables)}
        return row.id in self.ids or not passed.isdisjoint(self.refs)


def find(target: str, resolved: Resolved, declared: Declared) -> Found:
    """What `target` names: an object, a place in a host, an id, the end of one, or a domain, in this order.

    Raises `NotFoundError` if it names nothing, or several things of which one was meant.
    """
    rows = tuple(all_rows(resolved))
    kind, _, name = target.partition("/")
    if kind.lower() in KINDS and name:
        return Found(refs=frozenset({find_object(KINDS[kind.lower()], name, resolved, declared)}))
    if "#" in target:
        return find_place(target, rows, declared)
    if any(row.id == target for row in rows):
        return Found(ids=frozenset({target}))
    ending = sorted({row.id for row in rows if row.id.endswith(f"/{target}")})
    if len({way(row.route.terminal) for row in rows if row.id.endswith(f"/{target}")}) == 1:
        return Found(ids=frozenset(ending))  # a rule is called otherwise where its gateway stands in another namespace
    if ending:
        raise NotFoundError(f"several routes end in {target}", "give more of the id", candidates=tuple(ending))
    owners = {root.ref for row in rows for root in row.host.roots if target.lower() in map(str.lower, row.host.domains)}
    if owners:
        return Found(refs=frozenset(owners))
    known = nearest(target, sorted({row.id for row in rows}))
    hint = "kubectl gmg routes -o name lists the routes"
    raise nothing_called(f"nothing is called {target}", hint, routing_not_read(declared), known)


def nearest(target: str, known: list[str]) -> tuple[str, ...]:
    """The ids most like the wanted one: by their ends, then as a whole."""
    ends = {name.rsplit("/", 1)[-1] for name in known}
    close = set(get_close_matches(target, ends, n=5, cutoff=0.5))
    ending = [name for name in known if name.rsplit("/", 1)[-1] in close]
    return tuple((ending or get_close_matches(target, known, n=5) or known)[:5])


def all_rows(resolved: Resolved) -> Iterable[RouteRow]:
    """Every row of every host on every listener."""
    rows = Rows(resolved)
    for gateway in resolved.entrances:
        for listener in gateway.listeners:
            for host in listener.entries:
                yield from rows.of(gateway, listener, host)


def find_object(kind: str, name: str, resolved: Resolved, declared: Declared) -> ObjectRef:
    """The object that `[NS/]NAME` names. Raises `NotFoundError` for none or several."""
    namespace, _, plain = name.rpartition("/")
    known = sorted(ref for ref in set(objects(resolved)) if ref.kind == kind)
    found = [ref for ref in known if ref.name == plain and namespace in ("", ref.namespace)]
    if len(found) == 1:
        return found[0]
    names = tuple(f"{ref.namespace}/{ref.name}" for ref in found or known)
    if found:
        raise NotFoundError(f"several objects are called {name}", "give the namespace too", candidates=names)
    close = tuple(get_close_matches(name, names, n=5, cutoff=0.4)) or names[:5]
    lacks = routing_not_read(declared, (kind,), namespace)
    raise nothing_called(f"there is no {kind} {name}", "use one of the candidates", lacks, close)


def objects(resolved: Resolved) -> Iterable[ObjectRef]:
    """Every gateway, host and table."""
    yield from (table.ref for table in resolved.orphans)
    for host in resolved.unattached:
        yield host.declared.ref
        yield from (ref for node in host.tree for ref in tables_below(node))
    for gateway in resolved.gateways:
        yield gateway.ref
        for listener in gateway.listeners:
            for host in listener.entries:
                yield from (root.ref for root in host.roots)
                yield from (ref for node in host.tree for ref in tables_below(node))


def find_place(target: str, rows: tuple[RouteRow, ...], declared: Declared) -> Found:
    """The route at `HOST#N` or `GATEWAY/HOST#N`; one for connections where no other is. Raises `NotFoundError`."""
    place, _, number = target.rpartition("#")
    gateway, _, domain = place.rpartition("/")
    at_place = [
        row
        for row in rows
        if str(row.route.index) == number
        and domain.lower() in map(str.lower, row.host.domains)
        and gateway in ("", row.gateway.ref.name, f"{row.gateway.ref.namespace}/{row.gateway.ref.name}")
    ]
    found = {row.id for row in at_place if row.route.connection is None} or {row.id for row in at_place}
    if not found:
        hint = "kubectl gmg routes shows the places"
        raise nothing_called(f"there is no route {target}", hint, routing_not_read(declared))
    return Found(ids=frozenset(found))
