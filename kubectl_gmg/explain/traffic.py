"""Who sends traffic to a destination, and what becomes of a URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.analysis.wording import counted, rule_name
from kubectl_gmg.explain.action import destination_words
from kubectl_gmg.explain.compare import reasons
from kubectl_gmg.explain.connection import row_words
from kubectl_gmg.explain.host import places_of, served_steps, unserved
from kubectl_gmg.explain.order import with_reasons
from kubectl_gmg.explain.route import Ground, explain_route, once, trouble
from kubectl_gmg.explain.words import route_name
from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.model.action import DestinationKind, ResolvedDestination
from kubectl_gmg.model.match import RouteProtocol
from kubectl_gmg.views import Explained, RouteRow, Simulated, Step

Named = tuple[DestinationKind, str, str]
"""The kind, namespace and name of a destination."""

MOST_LATE = 5
"""Later routes that match too and that are told."""

OUTCOMES = {
    "noGateway": "No listener of a gateway takes such a request.",
    "noHost": "No host serves this name, so the proxy answers 404.",
    "noRoute": "No route matches, so the proxy answers 404.",
    "connectionClosed": "The proxy closes the connection.",
    "notSimulated": "What happens then is not simulated.",
    "frozen": "The configuration that was accepted last answers, and its content is not known.",
    "notRouted": "No table names this host, so the request is not routed.",
}
"""What becomes of a request that no route answers (`spec/cli.md` 6.3)."""


def explain_destination(target: str, named: Named, ids: Iterable[str], ground: Ground) -> Explained:
    """Every route that sends traffic to a destination, with its share."""
    rows = ground.with_ids(ids)
    steps = [step for row in once(rows) for step in sender_steps(row, named)]
    kind, namespace, name = named
    alive = sum(1 for row in once(rows) if reached(row))
    count = len(once(rows))
    said = f"requests get to {alive} of them"
    if alive == count:
        said = "requests get to it" if count == 1 else "requests get to each of them"
    return Explained(
        target=target,
        target_type="destination",
        rows=rows,
        title=(f"{kind.value} {namespace}/{name}", f"{counted(count, 'route')} can send traffic there; {said}."),
        match=tuple(
            dict.fromkeys(step for row in once(rows) if not trouble(row) for step in backing_steps(row, named))
        ),
        action=tuple(steps),
    )


def backing_steps(row: RouteRow, named: Named) -> Iterator[Step]:
    """What stands behind a named destination as one route uses it, in failover order."""
    for each in row.destinations:
        for behind in each.backing if goes_to(each, named) else ():
            place = f", in cluster {behind.cluster}" if behind.cluster else ""
            dialled = f", at {behind.address}" if behind.address else ""
            port = f" port {behind.port}" if behind.port else ""
            tls = ", by TLS" if behind.tls else ""
            text = f"behind it is {behind.kind} {behind.name}.{behind.namespace}{port}{place}{dialled}{tls}"
            yield Step("written", text, other=f"{behind.namespace}/{behind.name}")


def reached(row: RouteRow) -> bool:
    """Whether requests get to a route, or may."""
    return row.route.index is not None and not (row.reach and row.reach.proof)


def sender_steps(row: RouteRow, named: Named) -> Iterator[Step]:
    """What one route sends to a destination."""
    for each in row.destinations:
        if goes_to(each, named):
            sent = "requests" if row.route.connection is None else "connections"
            what = f"{each.share:.0%} of its {sent}" if each.share else f"none of its {sent} (its weight is 0)"
            but = f"; but it {wrong}" if (wrong := trouble(row)) else ""
            text = f"{route_name(row)} sends {what} to {destination_words(each)}{but}"
            at = each.declared.origin
            rule = row.route.terminal.rules[-1]
            yield Step("applied" if reached(row) else "lost", text, at, rule_name(rule), f"{each.share:g}", row.id)


def goes_to(destination: ResolvedDestination, named: Named) -> bool:
    """Whether a destination is the one that was named."""
    declared = destination.declared
    return (declared.kind, declared.namespace, declared.name) == named


def explain_url(target: str, answers: Iterable[Simulated], ground: Ground) -> tuple[Explained, ...]:
    """What becomes of a request, at every listener that answers, and why."""
    return tuple(answer_of(target, each, ground) for each in answers)


def answer_of(target: str, answer: Simulated, ground: Ground) -> Explained:
    """One answer: the explanation of the route that gives it; without one the routes that came closest."""
    said = (f"simulated, nothing was sent: {answer.request}", outcome_words(answer))
    if answer.row is None:
        order = homeless(answer, ground) if answer.outcome == "noHost" else closest_steps(answer)
        return Explained(target, "url", title=said, order=tuple(order))
    found = explain_route(target, answer.row, ground, answer.request)
    return Explained(
        target=target,
        target_type="url",
        key=found.key,
        rows=found.rows,
        title=said,
        match=found.match,
        order=(*found.order, *late_steps(answer)),
        options=found.options,
        action=found.action,
        policies=found.policies,
        not_simulated=found.not_simulated,
    )


def homeless(answer: Simulated, ground: Ground) -> Iterator[Step]:
    """Why no gateway serves a name that some host would like to have; else that no host has it."""
    name = answer.request.host or ""
    wanting = [
        host for host in ground.declared.hosts if DomainTable((each, each) for each in host.domains).choose(name)
    ]
    for host in wanting:
        places = tuple(places_of(host.ref, ground))
        asked = " that was asked about" if ground.narrowed else ""
        where = "no listener that takes such a request serves it" if places else f"no gateway{asked} serves it"
        text = f"{host.ref} has this name among its domains, but {where}"
        yield Step("lost", text, host.origin / host.domains_field)
        yield from (step for each in places for step in served_steps(each))
        yield from () if places else unserved(host, ground)
    if not wanting:
        yield Step("lost", "no host among what was read has this name, or a wildcard for it, as a domain")


def outcome_words(answer: Simulated) -> str:
    """What becomes of a request, in a sentence."""
    if answer.upstream is not None:
        ways = [destination_words(each) for each in answer.upstream.destinations if each.share > 0]
        path = "" if answer.upstream.path is None else f", with path {answer.upstream.path}"
        return f"It goes to {' or '.join(ways)}{path}."
    if answer.response is not None and answer.outcome not in OUTCOMES:
        place = dict(answer.response.headers).get("location")
        where = f" to {place}" if place else ""
        by = "" if answer.row else ", before any route is looked at"
        why = f", since {answer.why}" if answer.why else ""
        body = f" {answer.response.body}" if answer.response.body else ""
        return f"The proxy answers {answer.response.status}{body}{where}{by}{why}."
    return OUTCOMES.get(answer.outcome, answer.outcome)


def late_steps(answer: Simulated) -> Iterator[Step]:
    """The later routes that match the request as well, and why they stand later."""
    winner = answer.row
    late = too_late(answer)[:MOST_LATE] if winner else []
    ordered = winner is not None and winner.host.protocol is not RouteProtocol.TLS  # there the names decide
    yield from with_reasons((late_step(row), reasons(winner, row) if winner and ordered else ()) for row in late)


def late_step(row: RouteRow) -> Step:
    """A later route that matches the request as well."""
    rule, words = row.route.terminal.rules[-1], row_words(row)
    by_name = row.host.protocol is RouteProtocol.TLS
    place = "its server name is less exact" if by_name else "stands later"
    return Step("lost", f"{route_name(row)} ({words}) matches too, but {place}", rule.origin, rule.name, words, row.id)


def too_late(answer: Simulated) -> list[RouteRow]:
    """The later routes that match the request as well."""
    return [each.row for each in answer.candidates if each.verdict == "late"]


def closest_steps(answer: Simulated) -> Iterator[Step]:
    """The routes that failed one condition only, each with a request that would have matched."""
    for each in answer.closest:
        rule = each.row.route.terminal.rules[-1]
        text = f"{route_name(each.row)} fails one condition only, the {each.reason}: "
        text += f"{each.request} would match"
        yield Step("lost", text, rule.origin, rule.name, each.reason, each.row.id)
