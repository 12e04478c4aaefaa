"""What a TARGET of the command line means, a URL or what stands behind a route included (`spec/cli.md` 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from kubectl_gmg.commands.curl_request import Typed, built
from kubectl_gmg.errors import NotFoundError, UsageError
from kubectl_gmg.model.action import DestinationKind
from kubectl_gmg.model.declared import Policy
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Resolved
from kubectl_gmg.model.snapshot import Affects
from kubectl_gmg.pipeline import Session
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.target import Found, all_rows, find
from kubectl_gmg.resolve.unread import nothing_called, routing_not_read
from kubectl_gmg.simulate.entry import Narrowing, entry_points
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.views import RouteRow

DESTINATIONS = {
    "service": DestinationKind.SERVICE,
    "virtualdestination": DestinationKind.VIRTUAL_DESTINATION,
    "externalservice": DestinationKind.EXTERNAL_SERVICE,
}


def meant(target: str, session: Session) -> Found:
    """What a TARGET means, in the order of the forms. Raises `NotFoundError` if it names nothing, or too much."""
    resolved = session.resolved
    if is_url(target) and (ids := hit(target, resolved)):
        return Found(ids=ids)
    if "://" in target:
        lacks = routing_not_read(session.declared)
        raise nothing_called(f"no route answers {target}", f"kubectl gmg curl {target}", lacks)
    rows = tuple(all_rows(resolved))
    try:
        return by_name(target, rows, session)
    except NotFoundError:
        # What looks like KIND/NAME may still be an id: hosts may be called vh.
        ids = frozenset(row.id for row in rows if row.id == target)
        ids = ids or frozenset(row.id for row in rows if row.id.endswith(f"/{target}"))
        if len(ids) == 1:
            return Found(ids=ids)
        if "." in target and (owners := serving(target, resolved)):
            return Found(refs=owners)
        raise


def by_name(target: str, rows: tuple[RouteRow, ...], session: Session) -> Found:
    """What a TARGET that is no URL names."""
    kind, _, name = target.partition("/")
    if is_policy(kind, session) and name:
        return Found(ids=through_policy(target, rows, session))
    if kind.lower() in DESTINATIONS and name:
        return Found(ids=to_destination(DESTINATIONS[kind.lower()], name, rows, routing_not_read(session.declared)))
    return find(target, session.resolved, session.declared)


def policies_not_read(session: Session) -> tuple[str, ...]:
    """What is lacking of the policies, in words."""
    return tuple(gap.message for gap in session.snapshot.gaps if Affects.POLICIES in gap.affects)


def is_url(target: str) -> bool:
    """Whether a TARGET may be a URL: with a scheme, or a host with a dot before a path."""
    host, slash, _ = target.partition("/")
    named = "." in host or host.partition(":")[0] == "localhost"
    return target.startswith(("http://", "https://")) or (bool(slash) and named)


def hit(url: str, resolved: Resolved) -> frozenset[str]:
    """The routes that a URL hits; none if it is no URL that anybody answers."""
    try:
        asked = built(url, Typed())
    except UsageError:
        return frozenset()
    entries, _ = entry_points(resolved, asked.request.scheme, Narrowing(None, asked.url_port))
    answers = Simulator(Rows(resolved)).answer(asked.request, entries, candidates=False)
    return frozenset(answer.row.id for answer in answers if answer.row is not None)


def serving(name: str, resolved: Resolved) -> frozenset[ObjectRef]:
    """The hosts that the proxies pick for a name."""
    simulator = Simulator(Rows(resolved))
    tables = (simulator.domains(listener) for gateway in resolved.gateways for listener in gateway.listeners)
    return frozenset(found[1].declared.ref for table in tables if (found := table.choose(name)))


ANY_POLICY = "policy"


def is_policy(kind: str, session: Session) -> bool:
    """Whether a kind is that of a policy; its own name tells policies of one name apart."""
    return kind.lower() in {ANY_POLICY, *(each.ref.kind.lower() for each in session.declared.policies)}


def policies_named(target: str, session: Session) -> tuple[Policy, ...]:
    """The policies that `policy/[NS/]NAME` names, in several clusters maybe; none for any other TARGET.

    Raises `NotFoundError` if policies of several kinds or namespaces are called so.
    """
    kind, _, name = target.partition("/")
    if not name or not is_policy(kind, session):
        return ()
    namespace, _, plain = name.rpartition("/")
    found = [
        each
        for each in session.declared.policies
        if each.ref.name == plain and namespace in ("", each.ref.namespace)
        if kind.lower() in (ANY_POLICY, each.ref.kind.lower())
    ]
    named = {(each.ref.namespace, each.ref.kind) for each in found}
    if len(named) > 1:
        by_kind = len({space for space, _ in named}) < len(named)
        several = tuple(f"{each.lower() if by_kind else kind}/{space}/{plain}" for space, each in sorted(named))
        hint = "name its kind in place of policy" if by_kind else "give the namespace too"
        raise NotFoundError(f"several policies are called {name}", hint, candidates=several)
    return tuple(found)


def through_policy(target: str, rows: Iterable[RouteRow], session: Session) -> frozenset[str]:
    """The routes that a policy selects. Raises `NotFoundError` if it selects none, or several are called so."""
    refs = {each.ref for each in policies_named(target, session)}
    found = frozenset(row.id for row in rows if any(use.ref in refs for use in row.policies))
    if found:
        return found
    kind, _, name = target.partition("/")
    lacks = (*routing_not_read(session.declared), *policies_not_read(session))
    pairs = [(use.ref, row.id) for row in rows for use in row.policies]
    why = f"kubectl gmg explain {target} says why" if refs else "use one of the candidates"
    candidates = () if refs else like(name, pairs)
    raise nothing_called(f"no route has to do with a {kind} {name}", why, lacks, candidates)


def to_destination(
    kind: DestinationKind, name: str, rows: Iterable[RouteRow], lacks: tuple[str, ...]
) -> frozenset[str]:
    """The routes that forward to a destination, written `[NS/]NAME` or `NAME.NS[.CLUSTER]`.

    Raises `NotFoundError` if none does, or several destinations are called so.
    """
    found = list(destinations(kind, rows))
    dotted = frozenset(
        row
        for ref, row in found
        if name in (f"{ref.name}.{ref.namespace}", f"{ref.name}.{ref.namespace}.{ref.cluster}")
    )
    return dotted or behind(kind.value, name, found, lacks)


def destinations(kind: DestinationKind, rows: Iterable[RouteRow]) -> Iterator[tuple[ObjectRef, str]]:
    """Every destination of a kind, with the id of the route that forwards there."""
    for row in rows:
        for each in (destination.declared for destination in row.destinations):
            if each.kind is kind:
                yield ObjectRef(each.namespace, each.name, kind.value, "", each.cluster), row.id


def like(name: str, pairs: Iterable[tuple[ObjectRef, str]]) -> tuple[str, ...]:
    """The objects that are called most like a name, or else some."""
    known = sorted({f"{ref.namespace}/{ref.name}" for ref, _ in pairs})
    return tuple(get_close_matches(name, known, n=5, cutoff=0.4)) or tuple(known[:5])


def behind(kind: str, name: str, pairs: list[tuple[ObjectRef, str]], lacks: tuple[str, ...]) -> frozenset[str]:
    """The ids that belong to the object `[NS/]NAME`; `lacks` is what was not read, in words."""
    namespace, _, plain = name.rpartition("/")
    found = [(ref, row) for ref, row in pairs if ref.name == plain and namespace in ("", ref.namespace)]
    if not found:
        hint = "use one of the candidates"
        raise nothing_called(f"no route has to do with a {kind} {name}", hint, lacks, like(name, pairs))
    spaces = sorted({ref.namespace for ref, _ in found})
    if len(spaces) > 1:
        several = tuple(f"{space}/{plain}" for space in spaces)
        raise NotFoundError(f"several objects are called {name}", "give the namespace too", candidates=several)
    return frozenset(row for _, row in found)
