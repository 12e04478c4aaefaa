"""What is wrong with rules for whole connections: server names, and who takes all connections (`spec/v2.md` 4.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from kubectl_gmg.analysis.connections import Takers, shared_names, takable, why_nothing
from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.words import rule_and_holder, rule_words
from kubectl_gmg.model.declared import RouteRule, VirtualHost
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import ConnectionMatch, RouteProtocol
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.allow import covers
from kubectl_gmg.resolve.chains import usable
from kubectl_gmg.views import Reach, RouteRow

NAMED_TWICE = "name each server name in one match only"
ALL_TAKEN = "give it a listener of its own, and both of them a matcher with the port of theirs; or remove one"
OTHER_LISTENER = "give the listeners different ports, or different hosts in allowedRouteTables"
Place = tuple[Origin, int]
"""A rule, and one of its matches from 1."""


def unmet_names(context: CheckContext) -> Iterator[Problem]:
    """Matches for TLS without a server name, and server names that no connection gets to a route by."""
    for host in context.declared.hosts:
        for rule in host.streams:
            for place, match in enumerate(rule.connections):
                if match.protocol is RouteProtocol.TLS:
                    yield from unmet(host, rule, place, match)


def unmet(host: VirtualHost, rule: RouteRule, place: int, match: ConnectionMatch) -> Iterator[Problem]:
    """What is wrong with one match: `place` is its own from 0."""
    if not match.sni_hosts:
        said = f"{rule_words(rule)} names no server name, so no connection is for it"
        yield Problem("GMG303", said, rule.origin, hint="give each of its matchers sniHosts")
    for number, name in enumerate(match.sni_hosts):
        at = rule.origin / "matchers" / place / "sniHosts" / number
        said = f"server name {name} of {rule_words(rule)} "
        if not any(covers(domain, name) for domain in host.domains):
            note = Note("the hosts of the table", host.origin / host.domains_field)
            hint = "correct it, or add it to the hosts of the table"
            said += f"is not within the hosts of the table, {several(host.domains)}"
            yield Problem("GMG303", said, at, hint=hint, related=(note,))
        elif not usable(name):
            hint = "a star stands for whole labels in front: *.example.com"
            yield Problem("GMG303", f"{said}is refused by the proxy, for its star", at, hint=hint)


def dead_connections(context: CheckContext) -> Iterator[Problem]:
    """Matches for connections that an earlier one, or another listener, leaves nothing on every listener they have."""
    found: defaultdict[Place, list[tuple[RouteRow, Reach, RouteRow | None]]] = defaultdict(list)
    for _, group in groupby(context.connection_rows, key=lambda row: id(row.host)):
        rows = list(group)
        takers = Takers(rows)
        for row in rows:
            if row.route.index is not None or row.route.dropped:
                reach = context.reach(row)
                found[row.rule.origin, row.route.match_index].append((row, reach, takers.of(row, reach)))
    for (origin, number), judged in found.items():
        # Names that the proxy refuses are told one by one.
        if all(reach.proof is not None and takable(row.route) for row, reach, _ in judged):
            row, _, taker = next((each for each in judged if each[2] is not None), judged[0])
            at = origin / "matchers" / (number - 1) if row.route.match_count > 1 else origin
            yield dead(row, taker, at)


def dead(row: RouteRow, taker: RouteRow | None, at: Origin) -> Problem:
    """That no connection gets to a route, and why."""
    said = f"{rule_words(row.rule)} gets no connection: "
    if taker is None:
        note = Note("its listener", row.listener.declared.origin)
        return Problem("GMG301", f"{said}{why_nothing(row)}", at, hint=OTHER_LISTENER, related=(note,))
    note, name = Note("answers first", taker.rule.origin), rule_and_holder(taker.rule)
    if row.route.dropped:
        said += f"{name} has server name {several(shared_names(taker, row))} already"
        return Problem("GMG301", said, at, hint=NAMED_TWICE, related=(note,))
    said += f"{name} takes every connection of the listener first"
    return Problem("GMG301", said, at, hint=ALL_TAKEN, related=(note,))
