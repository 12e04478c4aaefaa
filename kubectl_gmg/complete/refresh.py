"""Reading the names of a source into the cache: a process that nobody sees, and that ends by itself."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from kubectl_gmg.complete.cache import Cache, opened
from kubectl_gmg.complete.names import LONGEST, MOST, Names, Path, ServedHost
from kubectl_gmg.complete.source import key_of
from kubectl_gmg.model.match import ROOT, PathKind
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Gateway, Host, Resolved
from kubectl_gmg.model.workloads import called, labels_words
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render.words import MOST_NAMES, connection_text
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.target import all_rows, objects
from kubectl_gmg.views import RouteRow

REQUEST_TIMEOUT = 5.0
DEADLINE = 10.0
HARD_LIMIT = 15.0
"""Seconds for one request, for all reading, and for the whole process whatever it waits for."""
KINDS = {"VirtualGateway": "vg", "VirtualHost": "vh", "RouteTable": "rt"}
CLUSTER = "KubernetesCluster"


def main() -> None:
    """Read the names of the source that stdin tells, and keep them; what goes wrong is noted in the cache only."""
    asked = json.loads(sys.stdin.buffer.read())
    cache, key = opened(), asked["key"]
    if cache is None:
        return
    limit = threading.Timer(HARD_LIMIT, give_up, (cache, key))
    limit.daemon = True
    limit.start()
    gc.disable()
    try:
        names = names_of(Session(settings_of(asked["settings"])))
        # What led to the source may have changed since the key was made: these names are of another one then.
        if key_of(asked["settings"]) == key:
            cache.save(key, names)
    except Exception:  # noqa: BLE001 - nobody is there to be told
        cache.note_failure(key)
    finally:
        cache.unlock(key)
        cache.sweep()


def give_up(cache: Cache, key: str) -> None:
    """End this process, and a credential helper that it waits for."""
    cache.note_failure(key)
    cache.unlock(key)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def settings_of(said: dict[str, Any]) -> Settings:
    """The settings to read a source with, quicker to give up than a command is.

    Other clusters would only say where destinations are found; that changes no name.
    """
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    limits = {"request_timeout": REQUEST_TIMEOUT, "deadline": DEADLINE, "no_workload_contexts": True}
    return Settings(**{**said, **lists, **limits})


def names_of(session: Session) -> Names:
    """All names in a source. Raises `GmgError` if it cannot be read."""
    raws, resolved = session.snapshot.objects, session.everything
    rows = tuple(all_rows(resolved))
    return Names(
        namespaces=kept(each.ref.namespace for each in raws),
        clusters=kept(each.ref.name for each in raws if each.ref.kind == CLUSTER),
        policies=kept(path_of(each.ref) for each in session.declared.policies),
        objects=tuple((kind, kept(names)) for kind, names in by_kind(resolved, rows).items()),
        hosts=tuple(islice(hosts_of(resolved), MOST)),
        routes=tuple(islice(routes_of(rows), MOST)),
        workloads=kept(workloads_of(rows)),
    )


def kept(names: Iterable[str], *, ordered: bool = True) -> tuple[str, ...]:
    """The names that are worth keeping, each once."""
    found = dict.fromkeys(each for each in names if each and len(each) <= LONGEST)
    return tuple(islice(sorted(found) if ordered else found, MOST))


def path_of(ref: ObjectRef) -> str:
    """An object as a TARGET names it."""
    return f"{ref.namespace}/{ref.name}"


def by_kind(resolved: Resolved, rows: Iterable[RouteRow]) -> dict[str, list[str]]:
    """The objects that a TARGET can name, by what it calls their kind: also those that routes only lead to."""
    found: dict[str, list[str]] = {}
    for ref in set(objects(resolved)):
        found.setdefault(KINDS[ref.kind], []).append(path_of(ref))
    for row in rows:
        for use in row.policies:
            found.setdefault("policy", []).append(path_of(use.ref))
        for each in (destination.declared for destination in row.destinations):
            found.setdefault(each.kind.value.lower(), []).append(f"{each.namespace}/{each.name}")
    return found


def hosts_of(resolved: Resolved) -> Iterator[ServedHost]:
    """Every host on every listener; routes are kept up to a bound, since many listeners may serve one host."""
    rows, left = Rows(resolved, forwarding=False), MOST
    for gateway in resolved.entrances:
        for listener in gateway.listeners:
            for host in listener.entries:
                routes = tuple(islice(rows.of(gateway, listener, host), left))
                left -= len(routes)
                yield ServedHost(
                    gateway=entrance_of(gateway),
                    owner=path_of(host.declared.ref),
                    listener=listener.declared.name or "",
                    port=listener.port,
                    protocol=listener.declared.protocol.value,
                    domains=domains_of(host),
                    paths=tuple(paths_of(routes)),
                    places=tuple(places_of(routes)),
                    within_mesh=gateway.sidecars is not None,
                )


def entrance_of(gateway: Gateway) -> str:
    """A gateway as a TARGET names it; the workloads of a group in words."""
    return path_of(gateway.ref) if gateway.sidecars is None else called(gateway)


def workloads_of(rows: Iterable[RouteRow]) -> Iterator[str]:
    """The labels of workloads that get any route within the mesh, as `--from` takes them."""
    found = dict.fromkeys(labels for row in rows for labels in row.route.workloads if labels)
    return (labels_words((labels,)) for labels in found)


def domains_of(host: Host) -> tuple[str, ...]:
    """The domains of a host, as written, or the server names that lead there."""
    return kept(host.asked_for, ordered=False)


def paths_of(rows: Iterable[RouteRow]) -> Iterator[Path]:
    """The exact paths and prefixes that a proxy tries, each at its first place; a pattern is nothing to type."""
    found: dict[str, Path] = {}
    for row in rows:
        path = row.route.match.path or ROOT
        served = row.route.index is not None and row.route.connection is None
        if served and path.kind is not PathKind.REGEX and len(path.value) <= LONGEST:
            kind = "exact" if path.kind is PathKind.EXACT else "prefix"
            found.setdefault(path.value, (path.value, kind, row.id))
    yield from found.values()


def places_of(rows: Iterable[RouteRow]) -> Iterator[Path]:
    """The places at which a proxy tries the routes of a host."""
    for row in rows:
        if row.route.index is not None and len(row.id) <= LONGEST:
            yield str(row.route.index), row.id, answered(row)


def routes_of(rows: Iterable[RouteRow]) -> Iterator[Path]:
    """The ids in effective order, each with its gateway, its place in the host, and what it answers."""
    found: dict[tuple[str, str], Path] = {}
    for row in rows:
        if len(row.id) <= LONGEST:
            gateway = entrance_of(row.gateway)
            place = f"#{row.route.index} " if row.route.index is not None else ""
            found.setdefault((row.id, gateway), (row.id, gateway, place + answered(row)))
    yield from found.values()


def answered(row: RouteRow) -> str:
    """The host and path that a route answers, for people: a pattern is only said to be one."""
    if row.route.connection is not None:
        return connection_text(row.route.connection, MOST_NAMES)[:200]
    path = row.route.match.path or ROOT
    text = {PathKind.EXACT: f"={path.value}", PathKind.REGEX: " by a pattern"}.get(path.kind, f"{path.value}*")
    return f"{row.host.domains[0] if row.host.domains else ''} {text}"[:200].strip()
