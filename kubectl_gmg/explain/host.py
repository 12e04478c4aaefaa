"""Which gateways serve a host, under which domains, or why none does (`spec/v1beta1.md` 2.4, `spec/v2.md` 3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.wording import counted
from kubectl_gmg.explain.connection import served_words
from kubectl_gmg.explain.route import Ground, trouble_steps
from kubectl_gmg.explain.selection import in_words, mismatches, sides
from kubectl_gmg.explain.sharing import hidden
from kubectl_gmg.explain.words import listener_words, path_of
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.conventions import SharedDomain
from kubectl_gmg.model.declared import Allowance, Protocol, VirtualHost
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, Host, HostState, ResolvedListener
from kubectl_gmg.model.workloads import called
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve.allow import allows, common
from kubectl_gmg.resolve.streams import carries
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.resolve.unread import routing_not_read
from kubectl_gmg.views import Explained, Step

Served = tuple[Gateway, ResolvedListener, Host]


def explain_host(target: str, ref: ObjectRef, ground: Ground) -> Explained:
    """The domains of a host, who serves it, and its routes."""
    places = tuple(places_of(ref, ground))
    rows = tuple(
        ground.judged(row) for gateway, listener, host in places for row in ground.of_host(gateway, listener, host)
    )
    declared = declared_host(ref, ground, places)
    served = tuple(each for each in places if each[2].state is HostState.SERVED)
    return Explained(
        target=target,
        target_type="host",
        rows=rows,
        title=tuple(host_title(ref, places, served, ground)),
        match=tuple(domain_steps(declared, places)),
        order=tuple(step for each in places for step in served_steps(each)) or tuple(unserved(declared, ground)),
        action=tuple(trouble_steps(rows)),
    )


def places_of(ref: ObjectRef, ground: Ground) -> Iterator[Served]:
    """Every listener that has the host, alone or merged with others."""
    for gateway in ground.resolved.entrances:
        for listener in gateway.listeners:
            for host in listener.entries:
                if any(root.ref == ref and not root.inline for root in host.roots):
                    yield gateway, listener, host


def declared_host(ref: ObjectRef, ground: Ground, places: tuple[Served, ...]) -> VirtualHost:
    """The host as it is written."""
    known = (*ground.declared.hosts, *(root for _, _, host in places for root in host.roots))
    return next(each for each in known if each.ref == ref)


def host_title(ref: ObjectRef, places: tuple[Served, ...], served: tuple[Served, ...], ground: Ground) -> Iterator[str]:
    """What a host is, and whether it is served."""
    yield f"{ref}, a host"
    if not places:
        lacks = routing_not_read(ground.declared, ("VirtualGateway",))
        among = "among those read " if lacks else ""
        yield f"No gateway {among}serves it" + (f": {', '.join(lacks)}." if lacks else ".")
    elif not served:
        yield "A gateway selects it, but serves none of its domains."
    else:
        gateways = dict.fromkeys(path_of(gateway.ref) for gateway, _, _ in served if gateway.sidecars is None)
        workloads = dict.fromkeys(called(gateway) for gateway, _, _ in served if gateway.sidecars is not None)
        by = [f"served by gateway {' and '.join(gateways)}"] if gateways else []
        by += [f"for {' and '.join(workloads)}"] if workloads else []
        routes = {id(route) for _, _, host in served for route in host.routes}
        yield f"{sentence(', and '.join(by))}: {counted(len(routes), 'route')}."


def sentence(text: str) -> str:
    """A text as a sentence begins; names in it keep their letters."""
    return text[:1].upper() + text[1:]


def domain_steps(declared: VirtualHost, places: tuple[Served, ...]) -> Iterator[Step]:
    """Every domain that is written, and which of them another host has."""
    at = declared.origin / declared.domains_field
    lost = {domain.lower(): owner for _, _, host in places for domain, owner in host.lost}
    served = {domain.lower() for _, _, host in places for domain in host.domains}
    for place, domain in enumerate(declared.domains):
        if owner := lost.get(domain.lower()):
            text = f"{domain} belongs to {owner}, which is older, so this host does not have it"
            yield Step("lost", text, at / place, value=domain, other=str(owner))
        elif domain.lower() in served or not places:
            yield Step("written", domain, at / place, value=domain)
        else:
            yield Step("lost", f"{domain} is not served under this name", at / place, value=domain)
    if not declared.domains:
        yield Step("lost", "it has no domains, so no request can mean it", declared.origin)
    shared = {root.ref for _, _, host in places for root in host.roots if root.ref != declared.ref}
    for ref in sorted(shared):
        text = f"{ref} has a domain in common: the routes of both are merged, those of the older first"
        yield Step("joined", text, Origin(ref), other=str(ref))


def served_steps(place: Served) -> Iterator[Step]:
    """One listener that has the host."""
    gateway, listener, host = place
    if gateway.sidecars is not None:
        text = f"{called(gateway)} have it for {', '.join(host.domains)}: {counted(len(host.routes), 'route')}"
        yield Step("applied", text, host.declared.origin / "workloadSelectors", value=", ".join(host.domains))
        return
    name = f"{gateway.ref} {listener_words(listener)}"
    at = listener.declared.origin
    if host.state is HostState.NO_ROUTES:
        yield Step("lost", f"{name} selects it, but it holds no routes, so the product leaves it out", at)
    elif host.state is HostState.NO_DOMAINS:
        yield Step("lost", f"{name} selects it, but older hosts have all of its domains", at)
    else:
        text = f"{name} serves it for {served_words(host)}: {counted(len(host.routes), 'route')}"
        yield Step("applied", text, at, value=", ".join(host.domains), other=str(gateway.ref))


def unserved(host: VirtualHost, ground: Ground) -> Iterator[Step]:
    """For every gateway of its generation why it does not serve the host."""
    gateways = [each for each in ground.resolved.gateways if each.ref.generation == host.ref.generation]
    if not gateways:
        yield Step("lost", "there is no gateway among what was read", host.origin)
    if not (host.rules or host.streams):
        yield Step("lost", "it holds no routes, so there is nothing to serve", host.origin)
    names = not any(each.conventions.shared_domain is SharedDomain.OLDEST for each in gateways)
    if names and gateways:
        lacks = routing_not_read(ground.declared, ("VirtualGateway",))
        yield from unnamed(host, gateways, known_all=not (lacks or ground.narrowed))
    for gateway in gateways:
        yield from by_name(host, gateway) if names else by_selection(host, gateway)


def by_selection(host: VirtualHost, gateway: Gateway) -> Iterator[Step]:
    """Which condition of each selector of a gateway the host fails."""
    for listener in unlike(gateway):
        for entry in listener.declared.selects:
            if isinstance(entry, Selector):
                misses = mismatches(entry, host.ref, host.labels)
                why = misses[0].text if misses else "it is left out all the same"
                at = misses[0].wanted if misses else entry.origin
                yield Step("lost", f"{gateway.ref} does not select it: {why}", at, other=str(gateway.ref))
                yield from sides(misses)
        if not listener.declared.selects:
            yield Step("lost", f"{gateway.ref} selects no host", listener.declared.origin, other=str(gateway.ref))


def unlike(gateway: Gateway) -> Iterator[ResolvedListener]:
    """The listeners of a gateway, those that select alike once."""
    seen: set[int] = set()
    for listener in gateway.listeners:
        if id(listener.declared.selects) not in seen:
            seen.add(id(listener.declared.selects))
            yield listener


def unnamed(host: VirtualHost, gateways: list[Gateway], *, known_all: bool) -> Iterator[Step]:
    """Which of the gateways that the host names are not there; unless `known_all` they may be elsewhere."""
    known = {(each.ref.namespace, each.ref.name) for each in gateways}
    for parent in host.parents:
        if (parent.namespace, parent.name) not in known:
            missing = "which does not exist" if known_all else "which is not among those asked about or read"
            text = f"it names the gateway {parent.namespace}/{parent.name}, {missing}"
            if parent.namespace == host.ref.namespace:
                text += " (a gateway without namespace is looked for in that of the table)"
            yield Step("lost", text, parent.origin, other=f"{parent.namespace}/{parent.name}")
    if not host.parents:
        yield Step("lost", "it names no gateway in virtualGateways", host.origin / "virtualGateways")


def by_name(host: VirtualHost, gateway: Gateway) -> Iterator[Step]:
    """Why a gateway that the host names, or does not, has no part of it (`spec/v2.md` 3.3)."""
    ref = gateway.ref
    named = [each for each in host.parents if (each.namespace, each.name) == (ref.namespace, ref.name)]
    if not named:
        text = f"it does not name {ref} in virtualGateways"
        yield Step("lost", text, host.origin / "virtualGateways", other=str(ref))
        return
    tenancy = Tenancy(gateway.realm)
    viewer = tenancy.owner(ref)
    if not tenancy.sees(viewer, host.ref, host.labels, Shared.ROUTE_TABLE):
        why = tenancy.why_hidden(viewer, host.ref, host.labels, Shared.ROUTE_TABLE)
        yield Step("lost", f"{ref} does not see it: {why}", named[0].origin, other=str(ref))
        yield from hidden(gateway.realm, ref, host.ref, host.labels)
        return
    for listener in gateway.listeners:
        yield from refused(host, gateway, listener, tenancy)


def refused(host: VirtualHost, gateway: Gateway, listener: ResolvedListener, tenancy: Tenancy) -> Iterator[Step]:
    """Why a listener of a gateway that the host names does not admit it."""
    name = f"{gateway.ref} {listener_words(listener)}"
    http = listener.declared.protocol in (Protocol.HTTP, Protocol.HTTPS)
    if not (http and host.rules) and not carries(listener.declared, host):
        what = "none of its routes" if host.streams else "no HTTP routes"
        text = f"{name} speaks {listener.declared.protocol.value}, which carries {what}"
        yield Step("lost", text, listener.declared.origin, other=str(gateway.ref))
    for entry in listener.declared.allows:
        why = not_allowed(entry, host, gateway.ref, tenancy)
        yield Step("lost", f"{name} does not admit it: {why}", entry.origin, other=str(gateway.ref))


def not_allowed(entry: Allowance, host: VirtualHost, gateway: ObjectRef, tenancy: Tenancy) -> str:
    """The condition of an entry of `allowedRouteTables` that a host fails (`spec/v2.md` DEC-5)."""
    if entry.namespace not in ("*", host.ref.namespace):
        return f"namespace: wanted {entry.namespace}, it is in {host.ref.namespace}"
    if entry.own_workspace and tenancy.owner(host.ref) != tenancy.owner(gateway):
        return f"workspace: wanted {tenancy.owner(gateway)}, it belongs to {tenancy.owner(host.ref)}"
    if entry.selector is not None and not allows(entry, host, gateway, tenancy):
        misses = mismatches(entry.selector, host.ref, host.labels)
        return in_words(misses) or "it is of another workspace"
    if not any(common(domain, entry.domain) for domain in host.domains):
        return f"domain: wanted {entry.domain}, it has {', '.join(host.domains) or 'none'}"
    return "it is left out all the same"
