"""Routes for whole connections, as a listener carries them (`spec/v2.md` 3.3, 4.6, `spec/v1beta1.md` D-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kubectl_gmg.model.action import ForwardTo, Invalid
from kubectl_gmg.model.conventions import LabelInheritance
from kubectl_gmg.model.declared import Listener, Protocol, Realm, RouteRule, VirtualHost
from kubectl_gmg.model.match import EVERYTHING, ConnectionMatch, RouteProtocol
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Host, Route, SourcedLabels, Status, Terminal
from kubectl_gmg.resolve.allow import covers
from kubectl_gmg.resolve.delegate import Descent, Faults, nearer_labels
from kubectl_gmg.resolve.merge import numbered

PASSTHROUGH = "PASSTHROUGH"
AUTO_PASSTHROUGH = "AUTO_PASSTHROUGH"
NEVER_MATCHES = "GMG303"


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """A host as one listener has it: the domains that are admitted, and the ends of its rules for connections."""

    declared: VirtualHost
    domains: tuple[str, ...]
    leaves: tuple[Terminal, ...]


def carried(listener: Listener) -> RouteProtocol | None:
    """What kind of rules for connections a listener carries; None for one that ends HTTP, or needs no routes at all.

    TLS that is not terminated is told apart by its server name; what is terminated is a plain connection (3.3 rule 4).
    """
    if listener.protocol is Protocol.TCP:
        return RouteProtocol.TCP
    if listener.protocol is not Protocol.TLS or listener.mode == AUTO_PASSTHROUGH:
        return None
    return RouteProtocol.TLS if listener.mode in (None, PASSTHROUGH) else RouteProtocol.TCP


def carries(listener: Listener, host: VirtualHost) -> bool:
    """Whether a host has any rule of the kind that a listener carries."""
    wanted = carried(listener)
    return any(match.protocol is wanted for rule in host.streams for match in rule.connections)


def grow_streams(host: VirtualHost, realm: Realm, faults: Faults) -> tuple[Terminal, ...]:
    """The ends of the rules for connections of a host, which cannot delegate.

    One is left out if it is broken, since a connection cannot be answered 500, or if no match of it has a server name
    within the hosts of its table (`spec/v2.md` 4.6).
    """
    labels: SourcedLabels = ()
    if realm.conventions.labels is not LabelInheritance.NONE:
        labels = nearer_labels((), host.labels, Origin(host.ref, ("metadata", "labels")))
    top = Descent(options=host.options, labels=labels)
    return tuple(stream_leaf(rule, host, top.through(rule, realm.conventions), faults) for rule in host.streams)


def stream_leaf(rule: RouteRule, host: VirtualHost, here: Descent, faults: Faults) -> Terminal:
    """The end of one rule, with all that is wrong with it."""
    codes = rule.action.codes if isinstance(rule.action, Invalid) else faults(rule, here)
    if not any(within(match, host.domains) for match in rule.connections):
        codes = (*codes, NEVER_MATCHES)
    unusable = bool(codes) or isinstance(rule.action, Invalid)
    status = Status.INVALID if unusable else Status.OK
    return Terminal(here.rules, (), (), here.options, because=codes, status=status, labels=here.labels)


def within(match: ConnectionMatch, domains: tuple[str, ...]) -> ConnectionMatch | None:
    """The match with those of its server names that are subsets of some domain; None if none is left."""
    if match.protocol is not RouteProtocol.TLS:
        return match
    names = tuple(name for name in match.sni_hosts if name and any(covers(domain, name) for domain in domains))
    return replace(match, sni_hosts=names) if names else None


def admitted_names(match: ConnectionMatch, domains: tuple[str, ...]) -> ConnectionMatch | None:
    """The match with the server names that a listener admits, the narrower of both; None if none is left (3.3)."""
    if match.protocol is not RouteProtocol.TLS:
        return match
    found: dict[str, str] = {}
    for name in match.sni_hosts:
        wider = any(covers(domain, name) for domain in domains)
        for each in (name,) if wider else (domain for domain in domains if covers(name, domain)):
            found.setdefault(each.lower(), each)
    return replace(match, sni_hosts=tuple(found.values())) if found else None


def merged_streams(roots: tuple[Root, ...], listener: Listener) -> Host:
    """All rules of the listener's kind as one list, the oldest root first.

    As Istio has it (`CheckDuplicates`), a TLS match with a server name that an earlier one has is left out as a whole,
    and its other names stay free. Of TCP the first match gets every connection.
    """
    rows = numbered(distinct_names(row for root in roots for row in stream_rows(root, listener)))
    wanted = carried(listener)
    hosts = tuple(root.declared for root in roots)
    domains = {domain.lower(): domain for root in reversed(roots) for domain in reversed(root.domains)}
    tree = tuple(leaf for root in roots for leaf in root.leaves if leaf.rules[-1].connections[0].protocol is wanted)
    return Host(hosts[0], tuple(reversed(domains.values())), rows, tree, merged=hosts)


def stream_rows(root: Root, listener: Listener) -> Iterator[Route]:
    """One row for each match that the listener has; a match for another port is not there (`spec/envoy.md` 76)."""
    wanted = carried(listener)
    for leaf in root.leaves:
        matches = leaf.rules[-1].connections
        for number, match in enumerate(matches, 1):
            if match.protocol is not wanted or (listener.port and match.port not in (None, listener.port)):
                continue
            known = within(match, root.declared.domains)
            here = known and admitted_names(known, root.domains)
            if here is not None:
                yield stream_row(leaf, here, (number, len(matches)), root.declared)
            elif known is None:
                unusable = leaf if leaf.because else replace(leaf, because=(NEVER_MATCHES,))
                lost = stream_row(unusable, match, (number, len(matches)), root.declared)
                yield replace(lost, index=None, status=Status.INVALID)


def stream_row(leaf: Terminal, match: ConnectionMatch, place: tuple[int, int], root: VirtualHost) -> Route:
    """A row that is yet to be numbered; a rule that is broken cannot be answered 500, so it is left out."""
    number, count = place
    index = None if leaf.status is Status.INVALID else 0
    action = leaf.rules[-1].action
    written = action.written if isinstance(action, Invalid) else action
    final = written if isinstance(written, ForwardTo) else None
    return Route(leaf, EVERYTHING, final, number, count, index, root, leaf.status, connection=match)


def distinct_names(rows: Iterable[Route]) -> Iterator[Route]:
    """The rows; one with a server name that a row before it has is dropped, and has none itself."""
    taken: set[str] = set()
    for row in rows:
        if row.index is None or row.connection is None:
            yield row
            continue
        names = {name.lower() for name in row.connection.sni_hosts}
        if taken.isdisjoint(names):
            taken |= names
            yield row
        else:
            yield replace(row, index=None, dropped=True)


def claimed(match: ConnectionMatch) -> tuple[str, ...]:
    """What only one match of a listener can have: each server name, or the plain connections to a port, all as ``."""
    if match.protocol is RouteProtocol.TLS:
        return tuple(name.lower() for name in match.sni_hosts)
    return ("" if match.port is None else str(match.port),)


def takers_of(host: Host, port: int | None) -> dict[int, Route]:
    """For each route that gets nothing, by identity, the earlier one that has what it is for; `port` is the listener's.

    For TLS it has one of its server names; for TCP it takes the same connections, where the first gets all of them.
    """
    owners: dict[str, Route] = {}
    found = {}
    for route in host.rows:
        match = route.connection
        if match is None or (route.index is None and not route.dropped):
            continue
        tcp = match.protocol is RouteProtocol.TCP
        claims = ("", str(port or ""), *claimed(match)) if tcp else claimed(match)
        earlier = [owners[claim] for claim in claims if claim in owners] if tcp or route.dropped else []
        if earlier:
            found[id(route)] = min(earlier, key=lambda each: each.index or 0)
        if route.index is not None:
            for claim in claimed(match):
                owners.setdefault(claim, route)
    return found


def handler_streams(host: VirtualHost, leaves: tuple[Terminal, ...]) -> Host:
    """The destinations of a handler for plain connections: they are listed as written, and share what comes (D-2)."""
    rows = (
        stream_row(leaf, match, (number, len(leaf.rules[-1].connections)), host)
        for leaf in leaves
        for number, match in enumerate(leaf.rules[-1].connections, 1)
    )
    return Host(host, host.domains, numbered(rows), leaves)
