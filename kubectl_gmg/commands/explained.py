"""What a TARGET of `explain` means, and who explains it (`spec/cli.md` 4.1, 6.6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kubectl_gmg.commands.batch import asked_about
from kubectl_gmg.commands.curl_request import Typed, built
from kubectl_gmg.commands.target import DESTINATIONS, destinations, is_url, meant, policies_named, to_destination
from kubectl_gmg.errors import NotFoundError, UsageError
from kubectl_gmg.explain.gateway import explain_gateway
from kubectl_gmg.explain.host import explain_host
from kubectl_gmg.explain.policy import explain_policy
from kubectl_gmg.explain.route import Ground, explain_route, versus
from kubectl_gmg.explain.rule import explain_rule, rules_that_hand_over
from kubectl_gmg.explain.table import explain_table
from kubectl_gmg.explain.traffic import Named, explain_destination, explain_url, too_late
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Delegation
from kubectl_gmg.pipeline import Session
from kubectl_gmg.resolve.order import path_specificity
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.target import Found
from kubectl_gmg.resolve.unread import routing_not_read
from kubectl_gmg.simulate.entry import Narrowing, entry_points
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import Alternative, Explained, RouteRow, Simulated

if TYPE_CHECKING:
    from kubectl_gmg.analysis.what_if import Subject


def explained(target: str, session: Session, *, offers: bool = True) -> tuple[Explained, ...]:
    """The explanations of what a TARGET names; with `offers` also what would change it, which takes some resolving.

    Raises `NotFoundError` if it names nothing, or too much.
    """
    narrowed = session.settings.gateway is not None
    ground = Ground(session.declared, session.resolved, offers=offers, narrowed=narrowed)
    if answers := simulated(target, session):
        return tuple(
            with_alternatives(with_doubt(each, answer), ground, session, answer)
            for each, answer in zip(explain_url(target, answers, ground), answers, strict=True)
        )
    if policies := policies_named(target, session):
        return tuple(explain_policy(target, each, ground) for each in policies)
    if found := destination_named(target, ground, session):
        return (explain_destination(target, *found, ground),)
    return named(target, ground, session)


def named(target: str, ground: Ground, session: Session) -> tuple[Explained, ...]:
    """The explanations of an object, of routes, or of a rule that hands over."""
    try:
        found = meant(target, session)
    except NotFoundError:
        if rule := handing_over(target, ground):
            return (explain_rule(target, *rule, ground),)
        raise
    if found.ids:
        rows = [row for row in ground.every if row.id in found.ids]
        return tuple(alike_offered([explain_route(target, row, ground) for row in rows], ground, session))
    return tuple(of_object(target, ref, ground, session) for ref in eldest(target, found.refs, ground))


def eldest(domain: str, refs: Collection[ObjectRef], ground: Ground) -> list[ObjectRef]:
    """Of the roots that share a domain only the one that their host is called by."""
    if len(refs) < 2:
        return list(refs)
    named = (row.host for row in ground.every if domain.lower() in map(str.lower, row.host.domains))
    return sorted({host.declared.ref for host in named} & set(refs)) or sorted(refs)


def of_object(target: str, ref: ObjectRef, ground: Ground, session: Session) -> Explained:
    """The explanation of one object: a table with hosts is a host."""
    if ref.kind == "VirtualGateway":
        return explain_gateway(target, ref, ground)
    if ref in {host.ref for host in ground.declared.hosts}:
        return explain_host(target, ref, ground)
    from kubectl_gmg.analysis.alternatives import for_unused  # noqa: PLC0415 - only few answers need it

    found = explain_table(target, ref, ground)
    if found.rows or not ground.offers:
        return found
    return replace(found, alternatives=for_unused(ref, ground.declared, session.everything))


def alike_offered(found: Iterable[Explained], ground: Ground, session: Session) -> Iterator[Explained]:
    """The explanations with what would change them; that is looked for once where listeners serve a route alike."""
    known: dict[tuple[int, int], tuple[Alternative, ...]] = {}
    for each in found:
        row = each.rows[0]
        place = id(row.gateway), id(row.route)
        if place not in known or not known[place]:
            known[place] = with_alternatives(each, ground, session).alternatives
        yield replace(each, alternatives=known[place] if row.reach and row.reach.proof else ())


def with_alternatives(found: Explained, ground: Ground, session: Session, answer: Simulated | None = None) -> Explained:
    """What would let requests through to a route that none gets to, with what that changes on every gateway.

    For a URL what would make the later route win that matches it more closely than the one that answers.
    """
    from kubectl_gmg.analysis.alternatives import alternatives  # noqa: PLC0415 - only few answers need it

    if not found.rows or not ground.offers or found.rows[0].route.connection is not None:
        return found
    row, request = found.rows[0], None
    if answer is not None:
        closer = [each for each in too_late(answer) if is_closer(each, row)]
        if not closer:
            return found
        row, request = ground.judged(closer[0]), answer.request
    if row.reach is None or (row.reach.proof is None and request is None):
        return found
    return replace(found, alternatives=alternatives(row, ground.declared, session.everything, row.reach, request))


def is_closer(row: RouteRow, than: RouteRow) -> bool:
    """Whether the path of a route says more of a request than that of another."""
    return path_specificity(row.route.match) < path_specificity(than.route.match)


def simulated(target: str, session: Session) -> tuple[Simulated, ...]:
    """What becomes of a request to a URL; nothing for a TARGET that is none.

    Without a scheme it is a URL if its host is served, since ids may look like one.
    """
    if not is_url(target):
        return ()
    try:
        asked = built(target, Typed())
    except UsageError:
        if "://" in target:
            raise
        return ()
    entries, remark = entry_points(session.resolved, asked.request.scheme, Narrowing(None, asked.url_port))
    simulator = Simulator(Rows(session.resolved), asked_about(session))
    answers = simulator.answer(asked.request, entries, candidates=True)
    if "://" not in target and not any(each.host for each in answers):
        return ()
    if remark:
        session.settings.say(remark)
    return answers


def with_doubt(found: Explained, answer: Simulated) -> Explained:
    """What becomes of a request, with what was not read but may answer it first (`spec/v1beta1.md` D-27)."""
    if not answer.may_differ:
        return found
    first, more = answer.may_differ[0], len(answer.may_differ) - 1
    where = f"below {first.id}: " if first.id else ""
    others = f" (and {more} more)" if more else ""
    return replace(found, title=(*found.title, f"It may be answered otherwise: {where}{first.reason}{others}."))


def destination_named(target: str, ground: Ground, session: Session) -> tuple[Named, frozenset[str]] | None:
    """The destination that `KIND/NAME` names, with the ids of the routes to it; None for any other TARGET."""
    kind, _, name = target.partition("/")
    if kind.lower() not in DESTINATIONS or not name:
        return None
    wanted = DESTINATIONS[kind.lower()]
    try:
        ids = to_destination(wanted, name, ground.every, routing_not_read(session.declared))
    except NotFoundError:
        return None  # it may still be an id; if not, the same is raised again
    refs = {ref for ref, row in destinations(wanted, ground.every) if row in ids and called(ref, name)}
    ref = min(refs)
    return (wanted, ref.namespace, ref.name), ids


def called(ref: ObjectRef, name: str) -> bool:
    """Whether a destination is called `[NS/]NAME` or `NAME.NS[.CLUSTER]`."""
    namespace, _, plain = name.rpartition("/")
    dotted = (f"{ref.name}.{ref.namespace}", f"{ref.name}.{ref.namespace}.{ref.cluster}")
    return name in dotted or (ref.name == plain and namespace in ("", ref.namespace))


def handing_over(target: str, ground: Ground) -> tuple[str, Delegation] | None:
    """The rule that hands over which a TARGET names by its id, or by the end of one if only one ends so."""
    found = dict(rules_that_hand_over(ground))
    if target in found:
        return target, found[target]
    ending = [name for name in found if name.endswith(f"/{target}")]
    return (ending[0], found[ending[0]]) if len(ending) == 1 else None


def compared(target: str, other: str, session: Session) -> tuple[Explained, ...]:
    """Why a route stands before or after another one, on every listener that serves both.

    Raises `UsageError` if either is no route, `NotFoundError` if they have no host in common.
    """
    ground = Ground(session.declared, session.resolved)
    rows, others = routes_of(target, ground, session), routes_of(other, ground, session)
    if {row.id for row in rows} == {row.id for row in others}:
        raise UsageError(f"{target} and {other} are one route", "name another one")
    pairs = [(row, each) for row in rows for each in others if each.host is row.host and each.listener is row.listener]
    if not pairs:
        raise NotFoundError(f"{target} and {other} are not routes of one host, so neither stands before the other")
    found = {row.key: (row, each) for row, each in reversed(pairs)}
    return tuple(
        Explained(target, "route", row.key, (row, each), versus=versus(row, each)) for row, each in found.values()
    )


def routes_of(target: str, ground: Ground, session: Session) -> list[RouteRow]:
    """The routes that a TARGET names. Raises `UsageError` if it names something else."""
    found = Found()
    try:
        found = meant(target, session)
    except NotFoundError:
        if not handing_over(target, ground):
            raise
    rows = [row for row in ground.every if row.id in found.ids]
    if not rows:
        raise UsageError(f"{target} is no route, and --versus compares routes", "kubectl gmg routes -o name lists them")
    return rows


def tried(target: str, changes: tuple[str, ...], session: Session) -> tuple[Explained, ...]:
    """What some changes of what a TARGET names would do."""
    from kubectl_gmg.analysis.what_if import what_if  # noqa: PLC0415 - only few answers need it

    ground = Ground(session.declared, session.resolved)
    found = explained_subjects(target, ground, session)
    result = what_if(ground.declared, session.everything, found, changes)
    items = explained(target, session, offers=False)
    return tuple(replace(each, what_if=result) for each in items)


def explained_subjects(target: str, ground: Ground, session: Session) -> list[Subject]:
    """The routes, tables, hosts or rules that a TARGET names."""
    try:
        found = meant(target, session)
    except NotFoundError:
        if not (rule := handing_over(target, ground)):
            raise
        return [rule[1].rule]
    if found.ids:
        return [row for row in ground.every if row.id in found.ids]
    return [*sorted(found.refs)]
