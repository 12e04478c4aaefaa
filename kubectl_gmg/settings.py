"""What the shared flags ask for (`spec/cli.md` 2.1)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from kubectl_gmg.errors import UsageError

GENERATIONS = ("auto", "v1beta1", "v2")


def read_stdin() -> bytes:
    """All of stdin."""
    return sys.stdin.buffer.read()


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the shared flags say (`spec/cli.md` 2.1); times are in seconds."""

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    user: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)
    certificate_authority: str | None = None
    tls_server_name: str | None = None
    insecure: bool = False
    as_user: str | None = None
    as_group: tuple[str, ...] = ()
    as_uid: str | None = None
    read_namespaces: tuple[str, ...] = ()
    namespace: str | None = None
    all_namespaces: bool = False
    selector: str | None = None
    filename: tuple[str, ...] = ()
    recursive: bool = False
    overlay: bool = False
    demo: bool = False
    workload_context: tuple[tuple[str, str], ...] = ()
    no_workload_contexts: bool = False
    generation: str = "auto"
    product_version: str | None = None
    gateway: str | None = None
    request_timeout: float = 10.0
    deadline: float = 60.0
    chunk_size: int = 500
    stream: bool = False
    require_complete: bool = False
    watch: bool = False
    output: str | None = None
    no_headers: bool = False
    color: str = "auto"
    ascii: bool = False
    width: int | None = None
    quiet: bool = False
    verbose: int = 0
    stdin: Callable[[], bytes] = field(default=read_stdin, compare=False)
    say: Callable[[str], None] = field(default=silent, compare=False)
    waiting: Callable[[str], None] = field(default=silent, compare=False)


def positive_seconds(text: str) -> float:
    """A duration as kubectl writes it: `10s`, `1m30s`, `500ms`, a bare number, `0` for none.

    Raises `UsageError` for anything else.
    """
    units = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
    rest, total = text.strip(), 0.0
    if rest.isascii() and rest.replace(".", "", 1).isdigit():
        return float(rest)
    while rest:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789."))]
        unit = rest[len(digits) :][: 2 if rest[len(digits) :].startswith("ms") else 1]
        if unit not in units or not digits.replace(".", "", 1).isdigit():
            raise UsageError(f"{text} is not a duration", "write it like 10s, 1m30s or 500ms")
        total += float(digits) * units[unit]
        rest = rest[len(digits) + len(unit) :]
    return total
