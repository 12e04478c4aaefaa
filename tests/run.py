"""Runs the program in process, as a user would type it."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from itertools import product
from typing import Any
from unittest.mock import patch

from kubectl_gmg import cli
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.render.parts import route_json
from kubectl_gmg.resolve.rows import Rows


@dataclass(frozen=True)
class Ran:
    """What came out of a run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def gmg(*arguments: str, stdin: str | bytes = b"") -> Ran:
    """Run `kubectl gmg` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    given = stdin.encode() if isinstance(stdin, str) else stdin
    with (
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(given))),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = cli.run(arguments)
    return Ran(code, out.getvalue(), err.getvalue())


def manifests_text(manifests: list[dict[str, Any]]) -> str:
    """Manifests as one JSON list, for stdin."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})


def routes_json(manifests: list[dict[str, Any]], *arguments: str) -> dict[str, Any]:
    """The RouteList for these objects."""
    ran = gmg("routes", "-f", "-", "-o", "json", *arguments, stdin=manifests_text(manifests))
    assert ran.code == 0, ran.err
    result: dict[str, Any] = ran.json
    return result


def resolved_items(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items of `routes -o json` for these objects, but for what is said of their reach: that takes its time."""
    text = manifests_text(manifests).encode()
    session = Session(Settings(filename=("-",), stdin=lambda: text))
    rows = Rows(session.resolved)
    served = (each for gateway in session.resolved.gateways for each in product((gateway,), gateway.listeners))
    return [
        route_json(row, session.snapshot.locate)
        for gateway, listener in served
        for host in listener.hosts
        for row in rows.of(gateway, listener, host)
        if row.route.index is not None
    ]
