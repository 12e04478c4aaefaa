"""What `--expect` asks of an answer (`spec/cli.md` 6.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from kubectl_gmg.errors import UsageError
from kubectl_gmg.views import Expectation, Simulated

Wanted = tuple[tuple[str, str], ...]


def parsed(texts: Iterable[str]) -> Wanted:
    """The keys and values. Raises `UsageError` for an unknown key."""
    return tuple(one(text) for text in texts)


def one(text: str) -> tuple[str, str]:
    """One key and its value."""
    key, separator, value = text.partition("=")
    if not separator:
        raise UsageError(f"--expect {text} has no value", "write it like --expect status=200")
    known(key)
    return key, value


def known(key: str) -> None:
    """Raises `UsageError` for a key that means nothing."""
    if key not in READERS and key != "route" and not key.startswith("subset."):
        names = ", ".join((*READERS, "route", "subset.K"))
        raise UsageError(f"--expect {key} is unknown", f"known are {names}")


def judged(item: Simulated, wanted: Wanted, is_route: Callable[[Simulated, str], bool]) -> tuple[Expectation, ...]:
    """Whether each wanted thing holds."""
    return tuple(judge(item, key, value, is_route) for key, value in wanted)


def judge(item: Simulated, key: str, value: str, is_route: Callable[[Simulated, str], bool]) -> Expectation:
    """Whether one wanted thing holds; a destination holds if it is one of those with a share."""
    if key == "route":
        got = item.row.id if item.row else ""
        return Expectation(key, value, got, is_route(item, value))
    found = subset(item, key.removeprefix("subset.")) if key.startswith("subset.") else READERS[key](item)
    return Expectation(key, value, ", ".join(found), value in found)


def live(item: Simulated) -> list[tuple[str, str, str, dict[str, str]]]:
    """Name, namespace, cluster and subset of every destination that gets a share."""
    destinations = item.upstream.destinations if item.upstream else ()
    declared = [each.declared for each in destinations if each.share > 0]
    return [(each.name, each.namespace, each.cluster, dict(each.subset)) for each in declared]


def destinations(item: Simulated) -> list[str]:
    """Every destination in both forms that may be asked for, with and without its cluster."""
    names = []
    for name, namespace, cluster, _ in live(item):
        names.append(f"{name}.{namespace}")
        if cluster:
            names.append(f"{name}.{namespace}.{cluster}")
    return names


def subset(item: Simulated, key: str) -> list[str]:
    """The values of one label of the subsets."""
    return [labels[key] for _, _, _, labels in live(item) if key in labels]


def gateways(item: Simulated) -> list[str]:
    """The gateway, with and without its namespace."""
    ref = item.gateway.ref if item.gateway and item.gateway.sidecars is None else None
    return [f"{ref.namespace}/{ref.name}", ref.name] if ref else []


def hosts(item: Simulated) -> list[str]:
    """The host's object, with and without its namespace."""
    ref = item.host.declared.ref if item.host else None
    return [f"{ref.namespace}/{ref.name}", ref.name] if ref else []


def location(item: Simulated) -> list[str]:
    """The location of a redirect."""
    return [value for name, value in (item.response.headers if item.response else ()) if name == "location"]


READERS: dict[str, Callable[[Simulated], list[str]]] = {
    "outcome": lambda item: [item.outcome],
    "status": lambda item: [str(item.response.status)] if item.response else [],
    "gateway": gateways,
    "host": hosts,
    "domain": lambda item: [item.domain] if item.domain else [],
    "destination": destinations,
    "path": lambda item: [item.upstream.path] if item.upstream and item.upstream.path is not None else [],
    "upstream.host": lambda item: [item.upstream.host] if item.upstream and item.upstream.host is not None else [],
    "location": location,
    "body": lambda item: [item.response.body] if item.response else [],
}
