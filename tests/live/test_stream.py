"""WatchList (`spec/apiserver.md`, 4): the same objects by one request a kind, and pages wherever that is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.kube import Connection
from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.sources import live
from tests.live.objects import KINDS, MIXED, ROUTE_TABLES, tables
from tests.oracle.apiserver import ApiServer, status
from tests.oracle.https import Answer, Call


def read(server: ApiServer, folder: Path, *, stream: bool = True) -> Snapshot:
    config = server.write_kubeconfig(folder / "kubeconfig")
    return live.read(Connection(str(config), stream=stream, chunk_size=4), KINDS)


def contents(snapshot: Snapshot) -> list[tuple[Any, Any]]:
    return [(each.ref, each.body) for each in snapshot.objects]


def watches(server: ApiServer) -> Counter[str]:
    return Counter(call.path for call in server.calls if "watch" in call.query)


def test_one_request_a_kind(tmp_path: Path) -> None:
    with ApiServer([*MIXED, *tables(1_203)[10:]]) as server:
        paged = read(server, tmp_path, stream=False)
        server.calls.clear()
        streamed = read(server, tmp_path)
    assert contents(streamed) == contents(paged)
    assert len(streamed.objects) == 1_203 + 9
    assert (streamed.gaps, streamed.read) == (paged.gaps, paged.read)
    assert watches(server) == {live.list_path(kind): 1 for kind in KINDS}
    assert len(server.calls) == len(KINDS)


def test_nobody_watches_without_being_asked(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        read(server, tmp_path, stream=False)
    assert not watches(server)


def events(*each: Any) -> Answer:
    return Answer(body=b"".join(json.dumps(event).encode() + b"\n" for event in each))


ADDED = {"type": "ADDED", "object": {"metadata": {"name": "half", "namespace": "web"}}}
REFUSALS: dict[str, Callable[[Call, Answer], Answer]] = {
    "no right to watch": lambda call, real: status(403, "Forbidden", "no"),
    "an old server": lambda call, real: status(422, "Invalid", "resourceVersionMatch is forbidden for watch"),
    "no such feature": lambda call, real: status(400, "BadRequest", "no"),
    "an error in the stream": lambda call, real: events(ADDED, {"type": "ERROR", "object": {"code": 410}}),
    "a stream that ends": lambda call, real: events(ADDED),
    "a stream that breaks": lambda call, real: replace(events(ADDED, ADDED), missing=20),
    "changes": lambda call, real: events({"type": "MODIFIED", "object": ADDED["object"]}),
    "no events": lambda call, real: events(7),
    "no JSON": lambda call, real: Answer(body=b"{\n"),
    "nothing": lambda call, real: Answer(body=b""),
}


@pytest.mark.parametrize("refuse", REFUSALS.values(), ids=REFUSALS)
def test_pages_are_the_way_back(tmp_path: Path, refuse: Callable[[Call, Answer], Answer]) -> None:
    """Nothing of a stream that went wrong is left, and nothing is a gap."""

    def fault(call: Call, real: Answer) -> Answer:
        return refuse(call, real) if "watch" in call.query else real

    with ApiServer(MIXED, faults={ROUTE_TABLES.resource: fault}) as server:
        paged = read(server, tmp_path, stream=False)
        server.calls.clear()
        found = read(server, tmp_path)
    assert contents(found) == contents(paged)
    assert (found.gaps, found.read) == ((), paged.read)
    assert watches(server)[live.list_path(ROUTE_TABLES)] == 1
