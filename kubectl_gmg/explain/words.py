"""Plain words for what an explanation speaks of; every sentence of `explain` is made of these."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kubectl_gmg.analysis.wording import path_words, rule_name
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import ROOT, HeaderMatch, QueryParameterMatch, RouteMatch, ValueKind
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import ResolvedListener, Terminal
from kubectl_gmg.views import RouteRow

FAULTS = {
    "GMG003": "a value is not one that the API knows",
    "GMG004": "two fields are set of which only one may be",
    "GMG203": "its selector finds no table that may be used",
    "GMG204": "its tables lead back to themselves",
    "GMG207": "a rule that delegates must match by prefix",
    "GMG303": "the conditions of parent and child exclude each other",
    "GMG304": "the proxy refuses a regular expression",
    "GMG307": "a suffix is no condition that the product supports",
    "GMG401": "it has no action",
    "GMG402": "the proxy cannot send such a direct response",
    "GMG403": "a path rewrite cannot stand beside a regular expression",
    "GMG410": "it forwards, but names no destination",
    "GMG411": "the destination does not exist, or is not visible from here",
    "GMG412": "the destination has no such port",
    "GMG413": "the destination has several ports, and none is chosen",
    "GMG416": "the weights do not add up",
    "GMG418": "the destination is in another cluster, and is not federated",
    "GMG423": "the list of destinations is empty, and the table has no default",
    "GMG424": "a list is longer than admitted",
}
"""What a code of `spec/cli.md` 8.1 says of a route that is not served as it is written."""


def because(codes: Iterable[str]) -> str:
    """What is wrong, with the codes."""
    return "; ".join(f"{FAULTS[code]} ({code})" if code in FAULTS else code for code in codes)


def faults_of(leaf: Terminal) -> str:
    """What is wrong with the end of a way down, with the codes; a rule for connections has no parent."""
    if not leaf.rules[-1].connections:
        return because(leaf.because)
    own = "none of its server names is within the hosts of its table (GMG303)"
    return "; ".join(own if code == "GMG303" else because((code,)) for code in leaf.because)


def tested(kind: ValueKind, value: str) -> str:
    """What a test wants of a value."""
    wants = {ValueKind.EXACT: f"= {value}", ValueKind.REGEX: f"matches {value}", ValueKind.PRESENT: "is there"}
    return wants.get(kind, f"{kind.value} {value}")


def header_words(header: HeaderMatch) -> str:
    """A test of a header."""
    words = f"header {header.name} {tested(header.kind, header.value)}"
    return f"no {words}" if header.invert else words


def query_words(query: QueryParameterMatch) -> str:
    """A test of a query parameter."""
    words = f"query parameter {query.name} {tested(query.kind, query.value)}"
    return f"no {words}" if query.invert else words


def match_words(match: RouteMatch) -> str:
    """All conditions of a match, the path first."""
    parts = [path_words(match.path or ROOT)]
    parts += [f"method {match.method}"] if match.method else []
    parts += [*map(header_words, match.headers), *map(query_words, match.query_parameters)]
    parts += [f"port {match.port}"] if match.port else []
    return ", ".join(parts)


def created_words(created: str | None) -> str:
    """When something was created; without a time it counts as the newest (`spec/v1beta1.md` D-26)."""
    return f"created {created}" if created else "without creationTimestamp, which counts as the newest"


def flow(value: str) -> str:
    """The JSON text of a value as people write it in a manifest: `{attempts: 5, perTryTimeout: 2s}`."""
    return flowing(json.loads(value))


def flowing(value: Any) -> str:
    """A value in the flow style of YAML; the quotes of texts are left out."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flowing(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flowing, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def quoted(rule: RouteRule) -> str:
    """A rule that is spoken of within a sentence: names may be words such as `in`."""
    return f'"{rule_name(rule)}"'


def is_below(origin: Origin, rule: RouteRule) -> bool:
    """Whether a field belongs to a rule."""
    own = rule.origin
    return origin.ref == own.ref and origin.path[: len(own.path)] == own.path


def route_name(row: RouteRow) -> str:
    """What people call a route: the name of its rule, its place where it has one, and which match it is of several."""
    route = row.route
    place = f"#{route.index} " if route.index is not None else ""
    which = f" (match {route.match_index} of {route.match_count})" if route.match_count > 1 else ""
    return f"{place}{rule_name(route.terminal.rules[-1])}{which}"


def path_of(ref: ObjectRef) -> str:
    """An object by its namespace and name."""
    return f"{ref.namespace}/{ref.name}"


def listener_words(listener: ResolvedListener) -> str:
    """A listener: its name, and its port where that is known."""
    name = listener.declared.name
    port = f"port {listener.port}" if listener.port else ""
    return " ".join(part for part in (f"listener {name or listener.index}", port and f"({port})") if part)
