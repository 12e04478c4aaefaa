"""Why a route is what it is: its conditions, its place, its options, what it does (`spec/cli.md` 6.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.analysis.connections import why_nothing
from kubectl_gmg.analysis.reachability import NOWHERE, Reachability
from kubectl_gmg.analysis.wording import rule_name, several
from kubectl_gmg.errors import NotFoundError
from kubectl_gmg.explain.action import action_steps
from kubectl_gmg.explain.choosing import Choosing
from kubectl_gmg.explain.compare import reasons
from kubectl_gmg.explain.connection import never_connects
from kubectl_gmg.explain.label_reading import reading_steps
from kubectl_gmg.explain.match import match_steps
from kubectl_gmg.explain.options import option_steps, policy_steps
from kubectl_gmg.explain.order import order_steps
from kubectl_gmg.explain.words import faults_of, route_name
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Gateway, Host, Resolved, ResolvedListener, Status
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.target import all_rows
from kubectl_gmg.simulate.trace import not_simulated
from kubectl_gmg.views import Explained, Reach, RouteRow, Step, Versus


class Ground:
    """What explanations stand on; rows and verdicts are made once.

    `offers` asks for what would change things; `narrowed` says that not every gateway was asked about.
    """

    def __init__(self, declared: Declared, resolved: Resolved, *, offers: bool = True, narrowed: bool = False) -> None:
        self.offers = offers
        self.narrowed = narrowed
        self.declared = declared
        self.resolved = resolved
        self.rows = Rows(resolved)
        self.every = tuple(all_rows(resolved))
        self._reachability = Reachability()
        self._choosing: dict[str, Choosing] = {}

    def choosing(self, ref: ObjectRef) -> Choosing:
        """What the policies of an object's generation choose."""
        if ref.generation not in self._choosing:
            self._choosing[ref.generation] = Choosing(ref, self.declared)
        return self._choosing[ref.generation]

    def of_host(self, gateway: Gateway, listener: ResolvedListener, host: Host) -> tuple[RouteRow, ...]:
        """All rows of a host on a listener."""
        return tuple(self.rows.of(gateway, listener, host))

    def judged(self, row: RouteRow, *, shadows: bool = False) -> RouteRow:
        """A row with what is known of the requests that get to it."""
        return self._reachability.judged(row, shadows=shadows)

    def with_ids(self, ids: Iterable[str]) -> tuple[RouteRow, ...]:
        """The rows of some ids, judged."""
        wanted = frozenset(ids)
        return tuple(self.judged(row) for row in self.every if row.id in wanted)


def explain_route(target: str, row: RouteRow, ground: Ground, request: Request | None = None) -> Explained:
    """One effective match of a route on one listener; what it does is shown with the request, or with an example."""
    judged = ground.judged(row, shadows=True)
    rows = ground.of_host(row.gateway, row.listener, row.host)
    choosing = ground.choosing(row.rule.origin.ref)
    return Explained(
        target=target,
        target_type="route",
        key=row.key,
        rows=(judged,),
        title=tuple(title(judged, rows)),
        match=match_steps(judged),
        order=order_steps(judged, rows),
        options=option_steps(judged, choosing.policies),
        action=action_steps(judged, request),
        policies=(*policy_steps(judged, choosing), *reading_steps(judged, choosing)),
        not_simulated=not_simulated(judged),
    )


def title(row: RouteRow, rows: Iterable[RouteRow]) -> Iterator[str]:
    """What becomes of a route, in a line or two."""
    reach, route = row.reach, row.route
    if runtime_name := route.terminal.rules[-1].runtime_name:
        yield f"The product calls it {runtime_name}."
    if route.status is Status.FROZEN:
        codes = ", ".join(route.terminal.because)
        yield f"It is frozen: something in its host is broken ({codes}), so what was accepted last keeps serving."
    elif route.status is Status.REPLACED:
        yield "It is broken, so the product answers 500 in its place."
    elif route.terminal.because and route.status is not Status.INVALID:
        yield f"Not as it should be: {faults_of(route.terminal)}."
    if row.listener.declared.https_redirect:
        yield "Its listener redirects every request to https before any route is looked at."
    requests = "Once that is mended, requests" if route.status is Status.FROZEN else "Requests"
    if route.status is Status.INVALID:
        yield "The product leaves it out."
    elif reach is None or not reach.decided:
        yield "Whether any request gets to it could not be decided."
    elif reach.proof is not None:
        yield never_words(row, rows)
    elif reach.partly:
        yield f"{requests} get to it, but some are answered by {several(shadow_names(row, rows))} first."
    elif reach.witness is not None:
        yield f"{requests} get to it, for example {reach.witness}."


def shadow_names(row: RouteRow, rows: Iterable[RouteRow]) -> Iterator[str]:
    """The earlier routes that take some of a route's requests."""
    places = {(each.id, each.index) for each in row.reach.shadowed_by} if row.reach else set()
    return (route_name(each) for each in rows if (each.id, each.route.index) in places)


def never_words(row: RouteRow, rows: Iterable[RouteRow]) -> str:
    """That no request gets to a route, and why, in short."""
    reach = row.reach
    proof = reach.proof if reach else None
    if row.route.connection is not None:
        return never_connects(row, rows)
    if proof in (Proof.CONTRADICTION, Proof.DISABLED):
        return f"It can never match: no request {unmet(reach)}."
    if proof is Proof.DROPPED:
        return "It can never match: the product drops it behind a route that fits every request."
    by = set(reach.by) if reach else set()
    names = several(route_name(each) for each in rows if each.id in by and earlier(each, row))
    return f"It can never match: every request for it is answered by {names} first."


def unmet(reach: Reach | None) -> str:
    """What no request does where no other route is to blame."""
    return "comes to its host or listener" if reach is NOWHERE else "meets its conditions"


MOST_TROUBLES = 20
"""Routes in trouble that are told of a table, host or gateway."""


def once(rows: Iterable[RouteRow]) -> list[RouteRow]:
    """The rows, those that several listeners of a gateway serve alike once."""
    return list({(id(row.gateway), id(row.route)): row for row in rows}.values())


def trouble_steps(rows: Iterable[RouteRow]) -> Iterator[Step]:
    """Of several routes those that are not served as written, or that no request gets to."""
    found = [(row, words) for row in once(rows) if (words := trouble(row))]
    for row, words in found[:MOST_TROUBLES]:
        by = row.reach.by if row.reach else ()
        rule = row.route.terminal.rules[-1]
        codes = ", ".join(row.route.terminal.because) or None
        yield Step("lost", f"{route_name(row)} {words}", rule.origin, rule.name, codes, by[0] if by else None)
    if len(found) > MOST_TROUBLES:
        yield Step("lost", f"and {len(found) - MOST_TROUBLES} more routes")


def trouble(row: RouteRow) -> str:
    """What is wrong with a route, in short; empty if nothing is."""
    if row.route.status is Status.FROZEN:
        return "is frozen, since something in its host is broken"
    if row.route.terminal.because:
        return f"is not served as written: {faults_of(row.route.terminal)}"
    if row.reach is None or row.reach.proof is None:
        return ""
    by = several(row.reach.by)
    if row.route.connection is not None and not row.reach.by:
        return f"gets no connection: {why_nothing(row)}"
    if row.reach.by:
        return f"can never match: {by} answers first"
    return f"can never match: no request {unmet(row.reach)}"


def earlier(other: RouteRow, row: RouteRow) -> bool:
    """Whether a row stands before another in the proxy's list."""
    return other.route.index is not None and (row.route.index is None or other.route.index < row.route.index)


def versus(row: RouteRow, other: RouteRow) -> Versus:
    """Why a route stands before or after another one of the same host and listener.

    Raises `NotFoundError` if the proxy never gets one of them.
    """
    if row.route.index is None or other.route.index is None:
        missing = row if row.route.index is None else other
        raise NotFoundError(f"{rule_label(missing)} is left out, so it has no place in the order")
    first, second = (row, other) if row.route.index <= other.route.index else (other, row)
    rule = first.route.terminal.rules[-1]
    text = f"{route_name(first)} stands before {route_name(second)}"
    stands = Step("rank", text, rule.origin, rule_name(rule), other=second.id)
    return Versus(other.key, first.key, (stands, *reasons(first, second)))


def rule_label(row: RouteRow) -> str:
    """The name of the rule that a route is made from."""
    return rule_name(row.route.terminal.rules[-1])
