"""The faults of a server one by one, and what is expected then (`spec/apiserver.md`, `spec/cli.md` 3)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace

from tests.live.faults import (
    BAD_GATEWAY,
    BIG,
    BUSY,
    DOWN,
    EXPIRED,
    GROUPS,
    GZIP,
    KINDS,
    LIMITED,
    PAGE,
    PLAIN,
    POLICIES,
    READ,
    RETRIED,
    SPACE,
    STALE,
    TABLES,
    WEB_SITE,
    Case,
    after_first,
    always,
    always_both,
    but,
    expiring,
    first_times,
    in_namespace,
    installed,
    listed,
    nowhere,
    packed,
    policy_gap,
    real_but,
    table_gap,
    tokens,
    unusable,
    waiting,
)
from tests.oracle.apiserver import DISCOVERY, ENTERPRISE, EVERYTHING, NETWORKING, status
from tests.oracle.https import Answer

BY_SPACES = {**dict.fromkeys(GROUPS, 1), **{f"{SPACE}:{each}": 1 for each in READ}, **dict.fromkeys(READ, 1)}
BY_NAMED = {**dict.fromkeys(GROUPS, 1), **dict.fromkeys(READ, 1), **{f"gloo-mesh:{each}": 1 for each in READ}}
NAMED_ONLY = tuple((each.name, "forbidden", None) for each in KINDS)
ONCE = dict.fromkeys(READ, 1)
RETRIED_ALL = dict.fromkeys(READ, RETRIED)


def oops(code: int) -> Callable[[Answer], Answer]:
    """What a proxy in front of a server in trouble says."""
    return lambda real: Answer(code, b"oops", "text/html")


CASES: dict[str, Case] = {
    "nothing is wrong": Case(),
    # Rights
    "401": Case(
        always(status(401, "Unauthorized", "Unauthorized"), EVERYTHING),
        error="does not accept the credentials of context gmg-test",
        hint="log in again",
        requests=ONCE,
    ),
    "401 of one kind": Case(always(status(401, "Unauthorized", "no")), gaps=policy_gap("unauthorized")),
    "403 of everything": Case(
        allowed=nowhere, error="nothing may be listed in context gmg-test", hint="--read-namespaces", requests=BY_SPACES
    ),
    "403 of one kind": Case(
        allowed=but(POLICIES),
        gaps=policy_gap("forbidden"),
        says="listing it is forbidden",
        requests={f"/apis/{NETWORKING}/v1": 1, f"{SPACE}:{POLICIES}": 1},
    ),
    "403 but in one namespace": Case(
        allowed=in_namespace("gloo-mesh"),
        flags=LIMITED,
        gaps=NAMED_ONLY,
        says="only gloo-mesh was read",
        requests={**BY_NAMED, f"gloo-mesh:{TABLES}": 1},
    ),
    "403 also in one of two namespaces": Case(
        allowed=in_namespace("gloo-mesh"),
        flags=("--read-namespaces", "gloo-mesh,apps"),
        gaps=tuple((each.name, "forbidden", where) for each in KINDS for where in (None, "apps")),
        says="is forbidden",
        requests={**BY_NAMED, **{f"apps:{each}": 1 for each in READ}},
    ),
    "403 of a group that is not there": Case(
        allowed=but(f"destinations.{DISCOVERY}", f"workloads.{DISCOVERY}"),
        resources=installed(ENTERPRISE, NETWORKING),
        requests={f"/apis/{DISCOVERY}/v1": 1},
    ),
    # Things that are not there
    "404 of some groups": Case(resources=installed(ENTERPRISE, DISCOVERY)),
    "404 of all groups": Case(
        resources=(),
        error="no Gloo Mesh Gateway kinds are installed in context gmg-test",
        hint="--context",
        requests={**ONCE, "/version": 1, POLICIES: 0, f"workloads.{DISCOVERY}": 0},  # these only act on others
    ),
    "404 of a kind": Case(
        always(status(404, "NotFound", "the server could not find the requested resource")), without=("TrafficPolicy",)
    ),
    "404 of a web server": Case(
        always(WEB_SITE, EVERYTHING), error="does not answer like an API server", hint="address", requests=ONCE
    ),
    "404 of a web server for one kind": unusable(always(WEB_SITE)),
    "empty cluster": Case(
        empty=True,
        error="there are no Gloo Mesh Gateway objects in context gmg-test",
        hint="--context",
        requests=ONCE,
    ),
    "empty list": Case(always(listed([])), without=("TrafficPolicy",)),
    "items that are null": Case(always(listed(None)), without=("TrafficPolicy",)),
    # Lists that change
    "410 with a fresh token": Case(expiring, requests={TABLES: 4}, note="RouteTable changed while it was read"),
    "410 without a token": Case(first_times(1, lambda real: EXPIRED, later_pages=True), requests={TABLES: 3}),
    "410 without a token for ever": Case(
        after_first(EXPIRED), gaps=table_gap("timeout"), says="expired", requests={TABLES: 3}
    ),
    "410 with fresh tokens for ever": Case(
        first_times(99, lambda real: STALE, later_pages=True),
        gaps=table_gap("timeout"),
        says="expired",
        requests={TABLES: 1 + RETRIED},
    ),
    "410 of a whole list": Case(always(EXPIRED), gaps=policy_gap("timeout"), says="expired"),
    # Servers in trouble
    "429 with Retry-After": Case(first_times(2, lambda real: waiting(7)), requests={POLICIES: 3}, waits=(7, 7)),
    "503 with Retry-After": Case(first_times(1, lambda real: waiting(5, DOWN)), requests={POLICIES: 2}, waits=(5,)),
    "429 with Retry-After 0": Case(first_times(1, lambda real: waiting(0)), requests={POLICIES: 2}, waits=(0,)),
    "429 that asks for a minute and more": Case(
        always(waiting(61)), gaps=policy_gap("unreachable"), says="asks to wait 61 s"
    ),
    "429 that asks for more than there is": Case(
        always(waiting(30)), gaps=policy_gap("unreachable"), says="asks to wait 30 s", flags=("--deadline", "20s")
    ),
    "429 with Retry-After for ever": Case(
        always(waiting(1)), gaps=policy_gap("unreachable"), says="429", requests={POLICIES: RETRIED}, waits=(1, 1, 1)
    ),
    "429 of everything, too long": Case(
        always(waiting(3600), EVERYTHING), error="asks to wait", hint="kubectl", requests=ONCE
    ),
    "429 without Retry-After": Case(first_times(1, lambda real: BUSY), requests={POLICIES: 2}, waits=None),
    **{
        f"{code} once": Case(
            first_times(1, oops(code)),
            requests={POLICIES: 2},
            waits=None,
        )
        for code in (500, 502, 503, 504)
    },
    "502 for ever": Case(
        always(BAD_GATEWAY), gaps=policy_gap("unreachable"), says="502", requests={POLICIES: RETRIED}, waits=None
    ),
    "500 on page 2 for ever": Case(
        first_times(99, lambda real: Answer(500, b"{}"), later_pages=True),
        gaps=table_gap("unreachable"),
        says="500",
        requests={TABLES: 1 + RETRIED},
        waits=None,
    ),
    "503 of everything": Case(
        always(DOWN, EVERYTHING), error="cannot be reached", hint="kubectl", requests=RETRIED_ALL, waits=None
    ),
    "400": Case(always(status(400, "BadRequest", "limit is not valid")), gaps=policy_gap("unreachable"), says="400"),
    # Answers that are no answer
    "HTML": Case(always(PAGE, EVERYTHING), error="does not answer like an API server", hint="address", requests=ONCE),
    "HTML, and one 401": Case(
        always_both(PAGE, status(401, "Unauthorized", "no")),
        error="does not answer like an API server",
        hint="address",
        requests=ONCE,
    ),
    "HTML for one kind": unusable(always(PAGE)),
    "wrong content type": unusable(real_but(content_type="application/yaml")),
    "no content type": unusable(real_but(content_type="")),
    "no JSON": unusable(always(Answer(body=b"who?"))),
    "a redirect": unusable(always(Answer(302, headers=(("Location", "https://127.0.0.1:1/login"),)))),
    "redirects only": Case(
        always(Answer(307, headers=(("Location", "https://127.0.0.1:1/login"),)), EVERYTHING),
        error="does not answer like an API server",
        hint="address",
        requests=ONCE,
    ),
    "items that are no objects": unusable(always(listed([7, None, "x", {}])), says="4 items"),
    "items that are no list": unusable(always(listed({"a": 1}))),
    "not a list": unusable(always(Answer.json([]))),
    "one token for ever": unusable(tokens("a"), requests={POLICIES: 2}),
    "tokens in a circle": unusable(tokens("a", "b", "c"), requests={POLICIES: 4}),
    "204": Case(always(Answer(204)), gaps=policy_gap("unreachable"), says="204"),
    # Bodies that break
    "reset in the middle of page 2, once": Case(
        first_times(1, lambda real: replace(real, reset_after=40), later_pages=True), requests={TABLES: 4}, waits=None
    ),
    "reset in the middle of page 2 for ever": Case(
        first_times(99, lambda real: replace(real, reset_after=40), later_pages=True),
        gaps=table_gap("unreachable"),
        requests={TABLES: 1 + RETRIED},
        waits=None,
    ),
    "reset everywhere": Case(
        real_but(EVERYTHING, reset_after=10),
        error="cannot be reached",
        hint="kubectl",
        requests=RETRIED_ALL,
        waits=None,
    ),
    "short body once": Case(first_times(1, lambda real: replace(real, missing=3)), requests={POLICIES: 2}, waits=None),
    "short body for ever": Case(
        real_but(missing=3), gaps=policy_gap("unreachable"), requests={POLICIES: RETRIED}, waits=None
    ),
    "gzip that ends too early, once": Case(
        first_times(1, lambda real: replace(real, body=packed(real)[:-12], headers=GZIP)),
        requests={POLICIES: 2},
        waits=None,
    ),
    "gzip that ends too early for ever": Case(
        lambda server: {POLICIES: lambda call, real: replace(real, body=packed(real)[:-12], headers=GZIP)},
        gaps=policy_gap("unreachable"),
        requests={POLICIES: RETRIED},
        waits=None,
    ),
    "gzip that is none": unusable(real_but(headers=GZIP)),
    "packed as nobody asked for": unusable(real_but(headers=(("Content-Encoding", "br"),))),
    "gzip bomb": unusable(always(Answer(body=gzip.compress(BIG * 4), headers=GZIP)), says="larger than 1 MiB"),
    "endless body": unusable(always(Answer(body=b" " * 65536, endless=True, headers=PLAIN)), says="larger than 1 MiB"),
    "too deep": unusable(always(Answer(body=b"[" * 200_000))),
    # Servers of old
    "no gzip": Case(real_but(EVERYTHING, headers=PLAIN)),
    "odd version": Case(always(Answer.json({"gitVersion": "v1.14.10-gke.27+mod dirty"}), "/version")),
    # Servers that take their time
    "no answer": Case(
        real_but(EVERYTHING, delay=60),
        error="too slow: no answer within 0.6 s",
        hint="--request-timeout",
        flags=("--request-timeout", "600ms"),
        at_most=4,
        slow=True,
    ),
    "no answer for one kind": Case(
        real_but(delay=60), gaps=policy_gap("timeout"), flags=("--request-timeout", "1.5s"), slow=True
    ),
    "a byte now and then": Case(
        real_but(trickle=0.05, headers=PLAIN),
        gaps=policy_gap("timeout"),
        flags=("--request-timeout", "1.5s"),
        slow=True,
    ),
    "headers only": Case(
        real_but(trickle=3600), gaps=policy_gap("timeout"), flags=("--request-timeout", "1.5s"), slow=True
    ),
    "a byte of the headers now and then": Case(
        real_but(trickle_head=0.2), gaps=policy_gap("timeout"), flags=("--request-timeout", "1.5s"), slow=True
    ),
    "a byte of all headers now and then": Case(
        real_but(EVERYTHING, trickle_head=0.2),
        error="too slow",
        hint="--request-timeout",
        flags=("--request-timeout", "600ms"),
        at_most=4,
        slow=True,
    ),
    "deadline": Case(
        real_but(delay=60), gaps=policy_gap("timeout"), flags=("--deadline", "2s"), says="--deadline", slow=True
    ),
    "deadline of everything": Case(
        real_but(EVERYTHING, delay=60),
        error="too slow",
        hint="--deadline",
        flags=("--deadline", "600ms"),
        at_most=4,
        slow=True,
    ),
}
