"""Runs the program in process, as a user would type it."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from kubectl_gmg import cli


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
