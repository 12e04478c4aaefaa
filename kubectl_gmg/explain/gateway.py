"""What a gateway listens to, and which hosts it serves (`spec/v1beta1.md` 2, `spec/v2.md` 3)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.wording import counted, several
from kubectl_gmg.explain.connection import served_words
from kubectl_gmg.explain.route import Ground, trouble_steps
from kubectl_gmg.explain.selection import selector_words
from kubectl_gmg.explain.words import listener_words
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import Gateway, Host, HostState, ResolvedListener
from kubectl_gmg.resolve.chains import rejected_of
from kubectl_gmg.simulate.connection import rejected_words
from kubectl_gmg.views import Explained, RouteRow, Step


def explain_gateway(target: str, ref: ObjectRef, ground: Ground) -> Explained:
    """The listeners of a gateway with their ports, and its hosts with their routes."""
    gateways = tuple(each for each in ground.resolved.gateways if each.ref == ref)
    listeners = tuple((gateway, each) for gateway in gateways for each in gateway.listeners)
    rows: tuple[RouteRow, ...] = tuple(
        ground.judged(row)
        for gateway, listener in listeners
        for host in listener.entries
        for row in ground.of_host(gateway, listener, host)
    )
    served = {id(host): host for _, listener in listeners for host in listener.hosts if host.state is HostState.SERVED}
    passing = [listener for _, listener in listeners if listener.streams]
    more = f"; {counted(len(passing), 'listener')} with routes for whole connections" if passing else ""
    return Explained(
        target=target,
        target_type="gateway",
        rows=rows,
        title=(str(ref), f"{counted(len(listeners), 'listener')}, {counted(len(served), 'host')} served{more}."),
        match=tuple(step for gateway in gateways for step in all_listener_steps(gateway)),
        order=tuple(step for gateway in gateways for step in host_steps(gateway)),
        action=tuple(trouble_steps(rows)),
    )


def all_listener_steps(gateway: Gateway) -> Iterator[Step]:
    """The listeners of a gateway, and why the proxy does not get one."""
    rejected = {id(each.listener): each for each in rejected_of(gateway)}
    for listener in gateway.listeners:
        yield from listener_steps(listener)
        if found := rejected.get(id(listener)):
            yield Step("lost", rejected_words(found), listener.declared.origin)


def listener_steps(listener: ResolvedListener) -> Iterator[Step]:
    """One listener: its protocol and port, and which hosts it takes."""
    declared = listener.declared
    port = f"port {listener.port}" if listener.port else "a port that is not known, since its Services were not read"
    mode = f" {declared.mode}" if declared.mode else ""
    text = f"listener {declared.name or listener.index} speaks {declared.protocol.value}{mode} on {port}"
    yield Step("written", text, declared.origin, declared.name or "", str(listener.port) if listener.port else None)
    if declared.https_redirect:
        yield Step("applied", "it redirects every request to https, before any route is looked at", declared.origin)
    for entry in declared.selects:
        if isinstance(entry, Selector):
            yield Step("applied", f"it selects hosts: {selector_words(entry)}", entry.origin)
    for allowed in declared.allows:
        space = "any namespace" if allowed.namespace == "*" else f"namespace {allowed.namespace}"
        yield Step("applied", f"it admits hosts for {allowed.domain} of {space}", allowed.origin)


def domains_of(host: Host) -> Origin:
    """The field that lists the domains of a host."""
    return host.declared.origin / host.declared.domains_field


def host_steps(gateway: Gateway) -> Iterator[Step]:
    """The hosts of a gateway, each once with all listeners that serve it."""
    hosts: dict[int, tuple[Host, list[str]]] = {}
    for listener in gateway.listeners:
        for host in listener.entries:
            hosts.setdefault(id(host), (host, []))[1].append(listener_words(listener))
    for host, listeners in hosts.values():
        owner = " and ".join(str(root.ref) for root in host.roots)
        where = several(listeners)
        if host.state is HostState.SERVED:
            text = f"{served_words(host)}: {owner}, {counted(len(host.routes), 'route')}, on {where}"
            yield Step(
                "applied", text, host.declared.origin, value=", ".join(host.domains), other=str(host.declared.ref)
            )
        else:
            why = "it holds no routes" if host.state is HostState.NO_ROUTES else "older hosts have all of its domains"
            yield Step("lost", f"{owner} is not served: {why}", host.declared.origin, other=str(host.declared.ref))
        for domain, ref in host.lost if host.state is HostState.SERVED else ():
            yield Step("lost", f"{domain} of {owner} belongs to {ref}, which is older", domains_of(host))
    if not hosts:
        yield Step(
            "lost",
            "it serves no host, so it answers 404 to everything",
            gateway.declared.listeners[0].origin if gateway.declared.listeners else None,
        )
