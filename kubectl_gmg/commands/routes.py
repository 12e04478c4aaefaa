"""`kubectl gmg routes`: the routes that each host serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.errors import UsageError

if TYPE_CHECKING:
    from kubectl_gmg.model.resolved import Gateway, Host, ResolvedListener
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import RouteList, RouteRow

HostOption = Annotated[
    str | None, typer.Option("--host", help="Only the host that the proxy picks for this name.", metavar="HOST")
]
PolicyOption = Annotated[
    str | None, typer.Option("--policy", help="Only routes that this policy touches.", metavar="NS/NAME")
]
AllOption = Annotated[
    bool, typer.Option("--all-routes", help="Also invalid routes, which the product leaves out.", show_default=False)
]
ShadowedOption = Annotated[
    bool, typer.Option("--shadowed", help="Only routes that earlier ones hide, wholly or partly.", show_default=False)
]
OthersOption = Annotated[
    bool, typer.Option("--no-shadowed", help="Without the routes that --shadowed keeps.", show_default=False)
]

Served = tuple["Gateway", "ResolvedListener", "Host"]


def routes(
    session: Session,
    host: HostOption = None,
    policy: PolicyOption = None,
    shadowed: ShadowedOption = False,
    no_shadowed: OthersOption = False,
    all_routes: AllOption = False,
) -> RouteList:
    """Show which requests go where: each host's routes, in order.

    A route says which requests it takes, by path, method or headers, and which service they go to. The gateway
    tries the routes of a host from the top; the first that matches takes the request, so one that is marked dead is
    never reached, and one that is marked part gets only some of its requests. A host that several listeners serve
    alike is shown once. Routes for TLS and TCP connections have server names where others have paths. With -o wide
    the addresses are shown too at which the gateway is reached.

    \b
    Examples:
      kubectl gmg routes --demo
      kubectl gmg routes --host www.example.com -o wide
      kubectl gmg routes -f routes/ --shadowed
    """
    from kubectl_gmg.resolve.rows import Rows  # noqa: PLC0415
    from kubectl_gmg.resolve.scope import scope_of  # noqa: PLC0415
    from kubectl_gmg.views import RouteList  # noqa: PLC0415

    if shadowed and no_shadowed:
        raise UsageError("--shadowed and --no-shadowed exclude each other", "give one of them")
    scope = scope_of(session.about.namespaces[0] if session.about.namespaces else None, session.settings.selector)
    rows = Rows(session.resolved)
    places = tuple(picked(session, host) if host is not None else served(session))
    if policy is not None:
        require_policy(session, policy)
    found = tuple(
        row
        for gateway, listener, each in places
        for row in rows.of(gateway, listener, each)
        if (all_routes or row.route.index is not None or row.route.dropped)
        and scope.passes(gateway, row.route)
        and (policy is None or touched(row, policy))
    )
    if shadowed or no_shadowed or session.settings.output != "name":
        found = judged(found, session)
    if shadowed or no_shadowed:
        found = tuple(row for row in found if hidden(row) is shadowed)
    narrowed = policy is not None or scope.selector is not None or shadowed or no_shadowed
    with_rows = {(id(row.gateway), id(row.listener), id(row.host)) for row in found}
    kept = (place for place in places if not narrowed or tuple(map(id, place)) in with_rows)
    return RouteList(session.about, found, tuple(kept))


def judged(rows: tuple[RouteRow, ...], session: Session) -> tuple[RouteRow, ...]:
    """The rows with who can reach them; only JSON and YAML say which earlier routes take some requests."""
    from kubectl_gmg.analysis.reachability import Reachability  # noqa: PLC0415

    reachability, every = Reachability(), session.settings.output in {"json", "yaml"}
    return tuple(reachability.judged(row, shadows=every) for row in rows)


def hidden(row: RouteRow) -> bool:
    """Whether earlier routes take some or all requests of a route, as far as that is known."""
    return row.reach is not None and (row.reach.proof is not None or row.reach.partly)


def served(session: Session) -> Iterator[Served]:
    """Every host that exists for its gateway or for workloads, one without a domain left included."""
    from kubectl_gmg.model.resolved import HostState  # noqa: PLC0415

    for gateway in session.resolved.entrances:
        for listener in gateway.listeners:
            for host in listener.entries:
                if host.state is not HostState.NO_ROUTES:
                    yield gateway, listener, host


def picked(session: Session, name: str) -> Iterator[Served]:
    """The hosts that the proxy picks for a name, as a gateway or a workload means it.

    Raises `NotFoundError` if no listener serves it.
    """
    from kubectl_gmg.resolve.rows import Rows  # noqa: PLC0415
    from kubectl_gmg.resolve.unread import nothing_called, routing_not_read  # noqa: PLC0415
    from kubectl_gmg.simulate.mesh import ServiceNames  # noqa: PLC0415
    from kubectl_gmg.simulate.trace import Simulator  # noqa: PLC0415

    simulator = Simulator(Rows(session.resolved))
    found = False
    for gateway in session.resolved.entrances:
        passed = passed_through(gateway, name)
        for listener in gateway.listeners:
            within = gateway.sidecars is not None
            table = ServiceNames(listener, gateway.realm) if within else simulator.domains(listener)
            chosen = table.choose(name)
            for host in (*([chosen[1]] if chosen else []), *passed.get(id(listener), ())):
                found = True
                yield gateway, listener, host
    if not found:
        known = {name for _, _, host in served(session) for name in host.asked_for}
        lacks = routing_not_read(session.declared, ("VirtualGateway", "VirtualHost"))
        nobody = "no gateway or workload" if session.resolved.mesh else "no gateway"
        raise nothing_called(f"{nobody} serves the host {name}", near_hint(known), lacks, near(name, known))


def passed_through(gateway: Gateway, name: str) -> dict[int, tuple[Host]]:
    """The routes that get the connections of a server name, with nothing else of their listeners (by identity)."""
    from dataclasses import replace  # noqa: PLC0415

    from kubectl_gmg.resolve.chains import ports_of  # noqa: PLC0415

    found = {}
    for port in ports_of(gateway):
        chain = port.choices(port.listeners).choose(name)
        if chain is not None and (streams := chain.listener.streams) is not None:
            found[id(chain.listener)] = (replace(streams, rows=(chain.route,)) if chain.route else streams,)
    return found


def near(name: str, known: set[str]) -> tuple[str, ...]:
    """The names most like the wanted one, or a few if none is."""
    from difflib import get_close_matches  # noqa: PLC0415

    return tuple(get_close_matches(name, sorted(known), n=5, cutoff=0.5)) or tuple(sorted(known)[:5])


def near_hint(known: set[str]) -> str:
    """What to do about an unknown name."""
    return "kubectl gmg routes shows every host" if known else "no host is served at all: kubectl gmg tree shows why"


def require_policy(session: Session, policy: str) -> None:
    """Raises `NotFoundError` unless there is a policy of that name."""
    from kubectl_gmg.commands.target import policies_not_read  # noqa: PLC0415
    from kubectl_gmg.resolve.unread import nothing_called  # noqa: PLC0415

    known = {f"{each.ref.namespace}/{each.ref.name}" for each in session.declared.policies}
    if policy not in known:
        hint, lacks = "name it as NAMESPACE/NAME", policies_not_read(session)
        raise nothing_called(f"there is no policy {policy}", hint, lacks, near(policy, known))


def touched(row: RouteRow, policy: str) -> bool:
    """Whether a policy selects the route, whatever became of it."""
    return any(f"{use.ref.namespace}/{use.ref.name}" == policy for use in row.policies)
