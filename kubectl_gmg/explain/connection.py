"""Which connections a route takes, and where it stands (`spec/v2.md` 4.6, `spec/v1beta1.md` D-2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_gmg.analysis.connections import Takers, shared_names, why_nothing
from kubectl_gmg.analysis.wording import rule_name, several
from kubectl_gmg.explain.words import match_words, route_name
from kubectl_gmg.model.conventions import Connections
from kubectl_gmg.model.match import ConnectionMatch, RouteProtocol
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Host, Status
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.allow import covers
from kubectl_gmg.views import RouteRow, Step


def connection_steps(row: RouteRow, match: ConnectionMatch) -> Iterator[Step]:
    """What a connection must be like: each server name that is written, and what became of it."""
    rule = row.rule
    written = rule.connections[row.route.match_index - 1]
    listed = row.gateway.conventions.connections is Connections.LISTED  # then the listener says what it takes
    at = row.listener.declared.origin if listed else rule.origin / "matchers" / (row.route.match_index - 1)
    if written.protocol is RouteProtocol.TLS:
        for number, name in enumerate(written.sni_hosts):
            yield name_step(row, match, name, at if listed else at / "sniHosts" / number)
        if not written.sni_hosts:
            yield Step("lost", "it names no server name, so no connection is for it", rule.origin, rule_name(rule))
        yield from admitted_steps(row, written, match)
    elif written.port is None:
        yield Step("written", "it takes any connection to the listener", rule.origin, rule_name(rule))
    if written.port is not None:
        text = f"only on a listener of port {written.port}"
        yield Step("written", text, at / "port", rule_name(rule), str(written.port))


def name_step(row: RouteRow, match: ConnectionMatch, name: str, at: Origin) -> Step:
    """One server name: it must be within the hosts of the table, and the listener must admit it."""
    hosts = row.route.root.domains
    if not any(covers(host, name) for host in hosts):
        text = f"server name {name} is not within the hosts of {row.route.root.ref}, {several(hosts)}"
        return Step("lost", text, at, row.rule.name, name)
    if row.route.status is not Status.INVALID and name not in match.sni_hosts:
        return Step("lost", f"server name {name} is wider than what the listener admits", at, row.rule.name, name)
    wide = ", also with several labels in front" if name.startswith("*") else ""
    return Step("written", f"the client asks for server name {name}{wide}", at, row.rule.name, name)


def admitted_steps(row: RouteRow, written: ConnectionMatch, match: ConnectionMatch) -> Iterator[Step]:
    """The narrower names that a listener leaves of a wider one."""
    for name in match.sni_hosts:
        if name not in written.sni_hosts:
            text = f"the listener admits {name} of it, so the client asks for that"
            yield Step("joined", text, row.listener.declared.origin, value=name)


def row_words(row: RouteRow) -> str:
    """All conditions of a route, on requests or on connections."""
    connection = row.route.connection
    if connection is None:
        return match_words(row.route.match)
    names = [f"server name {several(connection.sni_hosts)}"] if connection.sni_hosts else ["any connection"]
    return ", ".join([*names, *([f"port {connection.port}"] if connection.port is not None else [])])


def served_words(host: Host) -> str:
    """What a host is served for: its domains, or connections."""
    protocol = host.protocol
    if protocol is RouteProtocol.TCP:
        return "TCP connections"
    domains = ", ".join(host.domains)
    return domains if protocol is RouteProtocol.HTTP else f"TLS connections to {domains}".removesuffix(" to ")


def place_steps(row: RouteRow, rows: Sequence[RouteRow]) -> Iterator[Step]:
    """Where a route stands among those of its listener, and which of them a connection gets."""
    rule, route = row.rule, row.route
    if route.dropped:
        yield Step("lost", f"left out: {taken_words(row, rows)}", rule.origin, rule_name(rule), other=taker_id(row))
        return
    if route.index is None:
        codes = ", ".join(route.terminal.because) or None
        text = "it has no place, since the product leaves it out; a connection cannot be answered with an error"
        yield Step("lost", text, rule.origin, rule_name(rule), codes)
        return
    served = [each for each in rows if each.route.index is not None]
    yield Step("rank", f"place {route.index} of {len(served)}: {order_words(row)}", value=str(route.index))
    if row.reach and row.reach.proof is not None:
        text = f"{taken_words(row, rows)}, so this one gets none"
        yield Step("lost", text, rule.origin, rule_name(rule), row.reach.proof.value, taker_id(row))


def order_words(row: RouteRow) -> str:
    """What the order means."""
    if row.gateway.conventions.connections is Connections.LISTED:
        return "the destinations of one handler share its connections"
    if row.route.connection is not None and row.route.connection.protocol is RouteProtocol.TLS:
        return "the most specific server name wins; the order only says who keeps a name that several have"
    return "the first route of a listener gets every connection, the oldest table first"


def taken_words(row: RouteRow, rows: Iterable[RouteRow]) -> str:
    """Which earlier route has what this one is for."""
    if row.reach and row.reach.proof is Proof.DISABLED:
        return why_nothing(row)
    taker = Takers(rows).of(row, row.reach)
    name = f"{route_name(taker)} of {taker.route.root.ref}" if taker else "an earlier route"
    if row.route.connection is None or row.route.connection.protocol is RouteProtocol.TCP:
        return f"{name} gets every connection first"
    shared = shared_names(taker, row) if taker else ()
    what = several(shared) if shared else "one of its server names"
    return f"{name} has {what}, and a match that repeats a server name is dropped with all of its names"


def taker_id(row: RouteRow) -> str | None:
    """The id of the route that has what this one is for."""
    return next(iter(row.reach.by), None) if row.reach else None


def never_connects(row: RouteRow, rows: Iterable[RouteRow]) -> str:
    """That no connection gets to a route, and why."""
    return f"No connection gets to it: {taken_words(row, rows)}."
