"""URLs, step by step: the scheme, a host, then the paths that exist under it (`spec/cli.md` 6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.complete.answer import Candidate
from kubectl_gmg.complete.names import ServedHost
from kubectl_gmg.matching.host import DomainTable

PROTOCOLS = {"http": ("HTTP",), "https": ("HTTPS", "TLS")}
UNUSABLE = frozenset(" ?#\"'\\<>")
"""Letters that no path of a URL holds as they are."""


def has_host(typed: str) -> bool:
    """Whether a TARGET may be a URL without scheme: a host with a dot, or localhost, before a slash."""
    host, slash, _ = typed.partition("/")
    return bool(slash) and ("." in host or host.partition(":")[0] == "localhost")


def urls(typed: str, hosts: tuple[ServedHost, ...], header: str) -> Iterator[Candidate]:
    """What may follow the part of a URL that is typed; a `Host` header says whose paths are meant."""
    scheme, separator, rest = typed.partition("://")
    if separator:
        yield from behind(f"{scheme}://", rest, of_scheme(hosts, scheme), header)
        return
    yield from schemes(typed, hosts, header)
    if typed:
        yield from behind("", typed, of_scheme(hosts, "http"), header)


def schemes(typed: str, hosts: tuple[ServedHost, ...], header: str) -> Iterator[Candidate]:
    """The schemes that are served, both where nothing is known; of a single one the hosts at once."""
    served = [each for each in PROTOCOLS if not hosts or of_scheme(hosts, each)]
    fitting = [each for each in served if f"{each}://".startswith(typed)]
    if hosts and len(fitting) == 1 and not header:
        yield from behind(f"{fitting[0]}://", "", of_scheme(hosts, fitting[0]), "")
    else:
        yield from (Candidate(f"{each}://", goes_on=True) for each in fitting)


def of_scheme(hosts: Iterable[ServedHost], scheme: str) -> tuple[ServedHost, ...]:
    """The hosts whose listeners fit a scheme."""
    return tuple(each for each in hosts if each.protocol in PROTOCOLS.get(scheme.lower(), ()))


def behind(prefix: str, rest: str, hosts: tuple[ServedHost, ...], header: str) -> Iterator[Candidate]:
    """What may follow the scheme: a host, then a path."""
    authority, slash, _ = rest.partition("/")
    if slash:
        for each in paths(serving(header or authority, hosts)):
            yield each.after(f"{prefix}{authority}")
        return
    for host in hosts:
        for domain in host.domains:
            if "*" not in domain:
                yield Candidate(f"{prefix}{domain}/", host.gateway, goes_on=True)
    _, colon, port = authority.rpartition(":")
    if colon and port.isdigit() and (header or serving(authority, hosts)):
        yield Candidate(f"{prefix}{authority}/", goes_on=True)


def serving(name: str, hosts: Iterable[ServedHost]) -> tuple[ServedHost, ...]:
    """The hosts that the listeners pick for a name."""
    listeners: dict[tuple[str, str], list[tuple[str, ServedHost]]] = {}
    for host in hosts:
        known = listeners.setdefault((host.gateway, host.listener), [])
        known.extend((domain, host) for domain in host.domains)
    chosen = (DomainTable(each).choose(name) for each in listeners.values())
    return tuple(found[1] for found in chosen if found is not None)


def paths(hosts: Iterable[ServedHost]) -> Iterator[Candidate]:
    """Exact paths and prefixes, as the proxy tries them; more may follow a prefix."""
    for host in hosts:
        for path, kind, route in host.paths:
            if not UNUSABLE.intersection(path):
                yield Candidate(path, f"{kind}, {route}", goes_on=kind != "exact")
