"""What options do to a request besides routing it, in plain words (`spec/v1beta1.md` 7, `spec/v2.md` 11.1).

Timeouts, retries, faults, changed headers and mirrors are told, not simulated. What objects hold may be of any type.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from kubectl_gmg.views import RouteRow

Json = dict[str, Any]


def effects_of(row: RouteRow, *, forwarded: bool) -> tuple[str, ...]:
    """What the options of a route do, in short; what matters only on the way to a destination where it is sent on."""
    options = {name: json.loads(value.value) for name, value in row.route.terminal.options.fields}
    return tuple(
        text
        for name, words, upstream in WORDS
        if name in options and (forwarded or not upstream)
        for text in words(options[name])
    )


def timeout_words(value: Any) -> Iterator[str]:
    """How long the proxy waits for an answer."""
    if isinstance(value, str) and value:
        yield "no timeout" if value in ("0", "0s") else f"timeout {value}"


def retry_words(value: Any) -> Iterator[str]:
    """How often the proxy tries again."""
    retries = mapping(value)
    attempts, on, each = retries.get("attempts"), retries.get("retryOn"), retries.get("perTryTimeout")
    if attempts == 0:
        yield "no retries"
        return
    count = "retries" if attempts is None else "1 retry" if attempts == 1 else f"{attempts} retries"
    yield count + (f" on {on}" if on else "") + (f", {each} for each try" if each else "")


def fault_words(value: Any) -> Iterator[str]:
    """The delays and failures that are made on purpose; the percentage may stand at the fault or beside it."""
    fault = mapping(value)
    delay, abort = mapping(fault.get("delay")), mapping(fault.get("abort"))
    if wait := fault.get("fixedDelay") or delay.get("fixedDelay"):
        yield f"delays {share(fault, delay)} by {wait}"
    if status := abort.get("httpStatus"):
        yield f"aborts {share(fault, abort)} with {status}"


def share(outer: Json, inner: Json) -> str:
    """Which part of the requests is meant; all of them where nobody says."""
    percentage = inner.get("percentage", outer.get("percentage"))
    if not isinstance(percentage, int | float) or percentage == 100:
        return "every request"
    return f"{percentage:g}%"


def header_words(value: Any) -> Iterator[str]:
    """The headers of the request that are changed."""
    yield from changed_headers(mapping(value), "Request")


def response_header_words(value: Any) -> Iterator[str]:
    """The headers of the answer that are changed."""
    yield from changed_headers(mapping(value), "Response")


def changed_headers(operations: Json, side: str) -> Iterator[str]:
    """The headers that are added to one side, and those that are taken away."""
    for name, text in mapping(operations.get(f"append{side}Headers")).items():
        yield f"adds {side.lower()} header {name}: {text}"
    removed = operations.get(f"remove{side}Headers")
    for name in removed if isinstance(removed, list) else ():
        yield f"removes {side.lower()} header {name}"


def mirror_words(value: Any) -> Iterator[str]:
    """Where copies of requests go."""
    mirror = mapping(value)
    to = mapping(mirror.get("destination"))
    ref = mapping(mirror.get("kubeService")) or mapping(to.get("ref"))
    port = mirror.get("port") or mapping(to.get("port")).get("number")
    name = ".".join(str(ref[part]) for part in ("name", "namespace") if ref.get(part))
    cluster = ref.get("clusterName") or ref.get("cluster")
    if name:
        at = (f":{port}" if isinstance(port, int) else "") + (f" @{cluster}" if cluster else "")
        yield f"mirrors {share(mirror, {})} to {name}{at}"


def mapping(value: Any) -> Json:
    """A mapping, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


WORDS: tuple[tuple[str, Callable[[Any], Iterator[str]], bool], ...] = (
    ("requestTimeout", timeout_words, True),
    ("retries", retry_words, True),
    ("faultInjection", fault_words, False),
    ("headerManipulation", header_words, True),
    ("headerManipulation", response_header_words, False),
    ("mirror", mirror_words, True),
)
"""The options that are told, in order, with their words; and whether they matter only to what is sent on."""
