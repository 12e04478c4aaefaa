"""The second judge of the second generation: it reproduces the examples, and the product agrees with it on graphs."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.generate_v2 import graphs_v2
from tests.oracle.transcript_selectors import key
from tests.oracle.v2_transcript import BROKEN, FROZEN, TranscriptV2
from tests.run import routes_json

Json = dict[str, Any]
GRAPHS = max(1, int(os.environ.get("GMG_GRAPHS", "300")) // 2)


def generated(share: float = 1.0) -> settings:
    return settings(
        max_examples=max(1, int(GRAPHS * share)),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


Listings = dict[str, list[Json]]
"""`NAMESPACE/GATEWAY LISTENER DOMAIN` to its rows in order; domains without rows are left out."""


def told(manifests: list[Json]) -> Listings:
    """What the transcript says."""
    listings = TranscriptV2(manifests).listings.items()
    return {f"{'/'.join(gateway)} {number} {domain}": rows for (gateway, number, domain), rows in listings if rows}


def answered(answer: Json) -> Listings:
    """The same from the product's answer; a match for another port is shown, but never given to the listener."""
    found: Listings = {}
    for row in answer["items"]:
        listener, port = row["listener"], row["match"]["port"]
        if row["index"] is None or port not in (None, listener["port"]):
            continue
        for domain in row["domains"]:
            place = f"{row['gateway']['namespace']}/{row['gateway']['name']} {listener['index']} {domain.lower()}"
            found.setdefault(place, []).append(shown(row))
    return found


def shown(row: Json) -> Json:
    """A row of the product in the transcript's shape."""
    hops = [(hop["ref"]["namespace"], hop["ref"]["name"], hop["field"]) for hop in row["hops"]]
    return {"match": row["match"], "action": action_of(row), "labels": row["labels"], "hops": hops}


def action_of(row: Json) -> Json:
    action = row["action"]
    if row["status"] == "frozen":
        return FROZEN
    if row["status"] == "replaced":
        assert (action["type"], action["status"]) == ("directResponse", 500)
        return BROKEN
    assert row["status"] == "ok"
    if action["type"] == "redirect":
        return {field: action[field] for field in ("type", "status", "host", "path")}
    if action["type"] == "directResponse":
        return action  # type: ignore[no-any-return]
    to = [[each["kind"], each["namespace"], each["name"], round(each["share"], 6)] for each in action["destinations"]]
    fields = ("pathRewrite", "regexRewrite", "hostRewrite")
    return {"type": "forward", "to": to} | {field: action[field] for field in fields}


def complaint(manifests: list[Json]) -> str:
    """How the product differs from the transcript; empty if it does not."""
    wanted, got = told(manifests), answered(routes_json(manifests))
    for place in sorted({*wanted, *got}):
        if wanted.get(place) != got.get(place):
            return f"{place}: {wanted.get(place)} is not {got.get(place)}"
    return ""


@generated()
@given(graphs_v2())
def test_the_product_agrees_with_the_transcript(manifests: list[Json]) -> None:
    assert complaint(manifests) == ""
