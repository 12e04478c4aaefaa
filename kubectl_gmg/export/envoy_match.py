"""The conditions of a route in Envoy's words (`spec/envoy.md` 13 to 26, 57)."""

from __future__ import annotations

from typing import Any

from kubectl_gmg.model.match import ROOT, HeaderMatch, PathKind, PathMatch, QueryParameterMatch, RouteMatch, ValueKind

MILLION = 1_000_000

PATH_FIELDS = {
    PathKind.EXACT: "path",
    PathKind.PREFIX: "prefix",
    PathKind.SEPARATED_PREFIX: "path_separated_prefix",
}
"""The field of a `RouteMatch` for each kind of path that is no regular expression."""


def route_match(match: RouteMatch) -> dict[str, Any]:
    """A `RouteMatch`; an unsaid path is the prefix `/`, since Envoy demands one (`spec/envoy.md` 14).

    `match.port` is not part of it: a route is given only to the listeners it fits (`spec/envoy.md` 76). Raises
    `ValueError` for a condition that no Envoy knows, see `query_parameter`.
    """
    found = path_match(match.path or ROOT)
    method = (HeaderMatch(":method", ValueKind.EXACT, match.method),) if match.method else ()
    if headers := [header(each) for each in (*method, *match.headers)]:
        found["headers"] = headers
    if parameters := [query_parameter(each) for each in match.query_parameters]:
        found["query_parameters"] = parameters
    if match.grpc:
        found["grpc"] = {}
    if match.fraction < 1.0:
        share = {"numerator": round(match.fraction * MILLION), "denominator": "MILLION"}
        found["runtime_fraction"] = {"default_value": share}
    return found


def path_match(path: PathMatch) -> dict[str, Any]:
    """The path condition; a regular expression never ignores case (`spec/envoy.md` 17)."""
    if path.kind is PathKind.REGEX:
        return {"safe_regex": {"regex": path.value}}
    insensitive = {"case_sensitive": False} if path.ignore_case else {}
    return {PATH_FIELDS[path.kind]: path.value, **insensitive}


def header(test: HeaderMatch) -> dict[str, Any]:
    """A `HeaderMatcher`."""
    found: dict[str, Any] = {"name": test.name}
    if test.kind is ValueKind.PRESENT:
        found["present_match"] = True
    elif test.kind is ValueKind.RANGE:
        found["range_match"] = {"start": test.start, "end": test.end}
    else:
        found["string_match"] = string_match(test.kind, test.value, ignore_case=test.ignore_case)
    if test.invert:
        found["invert_match"] = True
    if test.missing_as_empty:
        found["treat_missing_header_as_empty"] = True
    return found


def query_parameter(test: QueryParameterMatch) -> dict[str, Any]:
    """A `QueryParameterMatcher`.

    Envoy can negate presence only, and has no ranges for parameters: such a test raises `ValueError`.
    """
    if test.kind is ValueKind.PRESENT:
        return {"name": test.name, "present_match": not test.invert}
    if test.invert or test.kind is ValueKind.RANGE:
        raise ValueError(f"Envoy has no such test of a query parameter: {test}")
    return {"name": test.name, "string_match": string_match(test.kind, test.value)}


def string_match(kind: ValueKind, value: str, *, ignore_case: bool = False) -> dict[str, Any]:
    """A `StringMatcher`."""
    if kind is ValueKind.REGEX:
        return {"safe_regex": {"regex": value}}
    return {kind.value: value, **({"ignore_case": True} if ignore_case else {})}
