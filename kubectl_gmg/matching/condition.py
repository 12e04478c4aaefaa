"""Whether a request satisfies a route's conditions (`spec/envoy.md` 13 to 26)."""

from __future__ import annotations

from collections.abc import Callable

from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.regexes import sound
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.match import (
    ROOT,
    HeaderMatch,
    PathKind,
    PathMatch,
    QueryParameterMatch,
    RouteMatch,
    ValueKind,
)

INT64_DIGITS = 19


def failed_condition(match: RouteMatch, prepared: Prepared) -> str:
    """The first condition that fails, as `spec/cli.md` 6.3 names it; `""` if the request satisfies all of them.

    The order is path, method, headers, query parameters, port. The `grpc` condition is one on `content-type`.
    """
    if not path_fits(match.path or ROOT, prepared):
        return "path"
    return failed_beside_path(match, prepared)


def failed_beside_path(match: RouteMatch, prepared: Prepared) -> str:
    """As `failed_condition`, for a request whose path is known to fit."""
    if match.method and match.method != prepared.request.method:
        return "method"
    for header in match.headers:
        if not header_fits(header, prepared):
            return f"header {header.name}"
    if match.grpc and not prepared.grpc:
        return "header content-type"
    for parameter in match.query_parameters:
        if not parameter_fits(parameter, prepared):
            return f"query {parameter.name}"
    return "port" if match.port not in (None, prepared.request.port) else ""


def path_fits(wanted: PathMatch, prepared: Prepared) -> bool:
    """Whether the path before the query fits (`spec/envoy.md` 13 to 17); a regex never ignores case by itself."""
    return prepared.routable and path_text_fits(
        wanted.kind, wanted.value, prepared.path, ignore_case=wanted.ignore_case
    )


def path_text_fits(kind: PathKind, value: str, path: str, *, ignore_case: bool) -> bool:
    """Whether a path passes a test of its text."""
    if kind is PathKind.REGEX:
        return regex_fits(value, path)
    if ignore_case:
        path, value = folded(path), folded(value)
    if kind is PathKind.EXACT:
        return path == value
    if kind is PathKind.PREFIX:
        return path.startswith(value)
    return path.startswith(value) and path[len(value) : len(value) + 1] in ("", "/")


def header_fits(wanted: HeaderMatch, prepared: Prepared) -> bool:
    """Whether one header fits: one of its values suffices, and inversion applies to the outcome over all of them.

    A missing header fails every test of a value, an inverted one too, unless it is tested as empty
    (`spec/envoy.md` 19 to 24).
    """
    values = prepared.headers.get(folded(wanted.name), ("",) if wanted.missing_as_empty else ())
    if wanted.kind is ValueKind.PRESENT:
        return bool(values) is not wanted.invert
    if not values:
        return False
    if wanted.kind is ValueKind.RANGE:
        hit = any(in_range(value, wanted.start, wanted.end) for value in values)
    else:
        hit = any(value_fits(wanted.kind, wanted.value, value, ignore_case=wanted.ignore_case) for value in values)
    return hit is not wanted.invert


def parameter_fits(wanted: QueryParameterMatch, prepared: Prepared) -> bool:
    """Whether the first occurrence of a query parameter fits, nothing decoded (`spec/envoy.md` 25).

    A missing parameter fails every test of a value, as a missing header does.
    """
    value = prepared.parameters.get(wanted.name)
    if wanted.kind is ValueKind.PRESENT:
        return (value is not None) is not wanted.invert
    if value is None:
        return False
    return value_fits(wanted.kind, wanted.value, value, ignore_case=False) is not wanted.invert


def value_fits(kind: ValueKind, wanted: str, value: str, *, ignore_case: bool) -> bool:
    """Whether one value passes a test of its text; case is never ignored by a regex."""
    if kind is ValueKind.REGEX:
        return regex_fits(wanted, value)
    if ignore_case:
        wanted, value = folded(wanted), folded(value)
    return TEXT_TESTS[kind](value, wanted)


TEXT_TESTS: dict[ValueKind, Callable[[str, str], bool]] = {
    ValueKind.EXACT: str.__eq__,
    ValueKind.PREFIX: str.startswith,
    ValueKind.SUFFIX: str.endswith,
}


def regex_fits(pattern: str, text: str) -> bool:
    """Whether a pattern matches all of a text; one that RE2 refuses matches nothing."""
    found = sound(pattern)
    return found is not None and found.fullmatch(text) is not None


def in_range(value: str, start: int, end: int) -> bool:
    """Whether a value is a decimal integer from `start` to before `end` (`spec/envoy.md` 24).

    As measured, a sign and leading zeros are fine, and what needs more than 64 bits is no integer.
    """
    digits = value[1:] if value[:1] in ("+", "-") else value
    if not (digits.isascii() and digits.isdigit()):
        return False
    significant = digits.lstrip("0") or "0"
    if len(significant) > INT64_DIGITS:
        return False
    number = -int(significant) if value[0] == "-" else int(significant)
    return -(1 << 63) <= number < 1 << 63 and start <= number < end
