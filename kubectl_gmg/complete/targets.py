"""Names that come from the source: objects, hosts, routes, contexts, and what a TARGET may be (`spec/cli.md` 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kubectl_gmg.complete import urls
from kubectl_gmg.complete.answer import Candidate
from kubectl_gmg.complete.line import Line
from kubectl_gmg.complete.names import Names, ServedHost
from kubectl_gmg.complete.values import Known

KINDS = {
    "vg": "a gateway",
    "vh": "a host",
    "rt": "a route table",
    "policy": "a policy",
    "service": "a service that routes lead to",
    "virtualdestination": "a virtual destination that routes lead to",
    "externalservice": "an external service that routes lead to",
}
"""What a TARGET may begin with."""
LONG = {"virtualgateway": "vg", "virtualhost": "vh", "routetable": "rt"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the cursor stands, what is typed of the name there, and what is known."""

    line: Line
    typed: str
    known: Known

    @property
    def gateway(self) -> str:
        """The gateway that the line narrows everything to, as it is written there."""
        return self.line.last("gateway")

    @property
    def hosts(self) -> Iterator[ServedHost]:
        """The hosts that the line leaves."""
        names = self.known.names()
        return (each for each in (names.hosts if names else ()) if is_called(each.gateway, self.gateway))

    def reached(self, *, within_mesh: bool) -> tuple[ServedHost, ...]:
        """The hosts that a client of a gateway can ask, or a workload within the mesh."""
        return tuple(each for each in self.hosts if each.within_mesh is within_mesh)


def is_called(gateway: str, wanted: str) -> bool:
    """Whether `[NS/]NAME` names a gateway; without a wish each one is meant."""
    return not wanted or gateway == wanted or gateway.rpartition("/")[2] == wanted


Find = Callable[[Names], Iterable[str]]


def named(find: Find) -> Callable[[Asked], Iterator[Candidate]]:
    """What offers names of one sort."""

    def offered(asked: Asked) -> Iterator[Candidate]:
        names = asked.known.names()
        return map(Candidate, find(names) if names else ())

    return offered


def entries(section: str) -> Callable[[Asked], Iterator[Candidate]]:
    """What offers the names of one section of the kubeconfig."""
    return lambda asked: map(Candidate, asked.known.entries(section))


def clusters(asked: Asked) -> Iterator[Candidate]:
    """Registered clusters that have no context yet: `CLUSTER=`."""
    names = asked.known.names()
    taken = {each.partition("=")[0] for each in asked.line.all("workload_context")}
    free = (each for each in (names.clusters if names else ()) if each not in taken)
    return (Candidate(f"{each}=", goes_on=True) for each in free)


def qualified(names: Iterable[str], typed: str) -> Iterator[Candidate]:
    """`NS/NAME`; if what is typed begins none of these, then `NAME` alone where there is just one."""
    known = tuple(names)
    fitting = [each for each in known if each.startswith(typed)]
    if fitting:
        return map(Candidate, fitting)
    plain = Counter(each.rpartition("/")[2] for each in known)
    return (Candidate(each) for each, count in plain.items() if count == 1)


def gateways(asked: Asked) -> Iterator[Candidate]:
    """Gateways, as `[NS/]NAME`."""
    names = asked.known.names()
    return qualified(names.of("vg") if names else (), asked.typed)


ENTRANCES = {"workload:": "a workload within the mesh, by its labels", "gateway:": "a gateway"}
"""What `--from` may begin with."""


def entrances(asked: Asked) -> Iterator[Candidate]:
    """`workload:K=V,…` with labels that tables want, and `gateway:NS/NAME`."""
    form, colon, typed = asked.typed.partition(":")
    if not colon:
        yield from (Candidate(form, text, goes_on=True) for form, text in ENTRANCES.items())
        return
    names = asked.known.names()
    if names and form == "workload":
        yield from (Candidate(f"{form}:{labels}") for labels in names.workloads)
    elif names and form == "gateway":
        yield from (each.after(f"{form}:") for each in qualified(names.of("vg"), typed))


def listeners(asked: Asked) -> Iterator[Candidate]:
    """Listeners by name and by port."""
    for host in asked.hosts:
        yield Candidate(host.listener, f"{host.protocol} of {host.gateway}")
        if host.port is not None:
            yield Candidate(str(host.port), f"{host.protocol} of {host.gateway}")


def domains(asked: Asked) -> Iterator[Candidate]:
    """Names that somebody can ask for, with the gateway that serves them."""
    for host in asked.hosts:
        yield from (Candidate(domain, host.gateway) for domain in host.domains if "*" not in domain)


def server_names(asked: Asked) -> Iterator[Candidate]:
    """Names that a TLS handshake can ask for."""
    secure = (each for each in asked.hosts if each.protocol in {"HTTPS", "TLS"})
    return (Candidate(domain, host.gateway) for host in secure for domain in host.domains if "*" not in domain)


def request_urls(asked: Asked) -> Iterator[Candidate]:
    """URLs, step by step; a `Host` header of the line says whose paths they are."""
    headers = (each.partition(":") for each in asked.line.all("header"))
    host = next((value.strip() for name, _, value in headers if name.strip().lower() == "host"), "")
    return urls.urls(asked.typed, asked.reached(within_mesh=asked.line.last("source").startswith("workload:")), host)


def routes(asked: Asked) -> Iterator[Candidate]:
    """Ids; if what is typed begins none of these, then their unique ends."""
    names = asked.known.names()
    of_gateway = [each for each in (names.routes if names else ()) if is_called(each[1], asked.gateway)]
    fitting = {name: text for name, _, text in of_gateway if name.startswith(asked.typed)}
    if not fitting:
        ids = {name: text for name, _, text in of_gateway}
        fitting = endings(ids, asked.typed)
    return (Candidate(name, text) for name, text in fitting.items())


def places(asked: Asked) -> Iterator[Candidate]:
    """`HOST#N` and `GATEWAY/HOST#N` for each N that is there, with the route at that place."""
    wanted = asked.typed.rpartition("#")[0]
    gateway, _, domain = wanted.rpartition("/")
    for host in asked.hosts:
        if is_called(host.gateway, gateway) and domain.lower() in map(str.lower, host.domains):
            yield from (Candidate(f"{wanted}#{number}", f"{text}, {route}") for number, route, text in host.places)


def endings(ids: dict[str, str], typed: str) -> dict[str, str]:
    """The ends of ids, each from a `/` on, that begin with what is typed and belong to one id only."""
    ends = [
        (name[place + 1 :], text) for name, text in ids.items() for place, letter in enumerate(name) if letter == "/"
    ]
    count = Counter(end for end, _ in ends)
    return {end: text for end, text in ends if count[end] == 1 and end.startswith(typed)}


def objects(asked: Asked) -> Iterator[Candidate]:
    """`KIND/`, of kinds that are there if that is known; then `KIND/NS/NAME`."""
    kind, slash, typed = asked.typed.partition("/")
    names = asked.known.names()
    if not slash:
        for name, text in KINDS.items():
            if names is None or names.of(name):
                yield Candidate(f"{name}/", text, goes_on=True)
    elif (short := LONG.get(kind.lower(), kind.lower())) in KINDS:
        known = names.of(short) if names else ()
        found = [each for each in qualified(known, typed) if each.value.startswith(typed)]
        if not found and short == "service":
            found = list(destinations(asked))
        yield from (each.after(f"{kind}/") for each in found)


def targets(asked: Asked) -> Iterator[Candidate]:
    """Whatever a TARGET may be: an object, a route, a domain; a URL or a place in a host once it looks like one."""
    if "#" in asked.typed:
        yield from places(asked)
        return
    yield from objects(asked)
    if "://" in asked.typed or urls.has_host(asked.typed):
        yield from urls.urls(asked.typed, asked.reached(within_mesh=False), "")
    yield from routes(asked)
    yield from domains(asked)
    if asked.typed:
        yield from (Candidate(each, goes_on=True) for each in ("http://", "https://"))


def destinations(asked: Asked) -> Iterator[Candidate]:
    """Services that routes lead to, as `NAME.NS`."""
    names = asked.known.names()
    return (Candidate(".".join(reversed(each.split("/")))) for each in (names.of("service") if names else ()))


SORTS: dict[str, Callable[[Asked], Iterator[Candidate]]] = {
    "context": entries("contexts"),
    "cluster": entries("clusters"),
    "user": entries("users"),
    "namespace": named(lambda names: names.namespaces),
    "read_namespaces": named(lambda names: names.namespaces),
    "workload_context": clusters,
    "gateway": gateways,
    "source": entrances,
    "listener": listeners,
    "policy": named(lambda names: names.policies),
    "host": domains,
    "sni": server_names,
    "object": objects,
    "URL": request_urls,
    "TARGET": targets,
    "versus": targets,
    "expect route": routes,
    "expect gateway": gateways,
    "expect host": named(lambda names: (each.owner for each in names.hosts)),
    "expect domain": named(lambda names: (domain for each in names.hosts for domain in each.domains)),
    "expect destination": destinations,
}
"""What offers the values of a flag or an argument, by its name."""
ORDERED = frozenset(("URL", "TARGET", "versus", "expect route"))
"""Where the order says something: routes stand as a proxy tries them."""
