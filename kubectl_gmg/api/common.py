"""What the objects of both generations have alike: metadata, string matchers, header and query tests."""

from __future__ import annotations

import json
from collections.abc import Callable

from kubectl_gmg import regex
from kubectl_gmg.api.field import Field
from kubectl_gmg.model.declared import Labels, RouteRule
from kubectl_gmg.model.match import HeaderMatch, PathKind, PathMatch, QueryParameterMatch, ValueKind
from kubectl_gmg.model.naming import rule_segments

REDIRECT_CODES = {
    "MOVED_PERMANENTLY": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}
"""The status of a redirect by its name."""
LONGEST_BODY = 1_048_576
"""Bytes of a direct response's body."""
INT32 = range(-(2**31), 2**31)
UINT32 = range(2**32)
PORTS = range(1, 65536)
"""What numbers may be."""
PATH_KINDS = {"exact": PathKind.EXACT, "prefix": PathKind.PREFIX}


def number_in(field: Field, key: str, numbers: range) -> int | None:
    """A whole number; one out of range is noted, and read as it is."""
    number = field.integer_of(key)
    if number is not None and number not in numbers:
        field[key].problem("GMG003", f"{key} is {number}; it must be from {numbers[0]} to {numbers[-1]}")
    return number


def redirect_status(action: Field) -> int | None:
    """The status of a redirect, 301 where none is written; an unknown one is noted, and None."""
    code = action["responseCode"]
    if not code.present:
        return REDIRECT_CODES["MOVED_PERMANENTLY"]
    status = REDIRECT_CODES.get(code.value) if isinstance(code.value, str) else None
    if status is None:
        known = ", ".join(REDIRECT_CODES)
        code.problem("GMG003", f"responseCode is {json.dumps(code.value)}; known are {known}")
    return status


def labels_of(metadata: Field) -> Labels:
    """The labels of an object."""
    return metadata.pairs_of("labels")


def created_of(metadata: Field) -> str | None:
    """When the object was created, as it is written; None counts as newest."""
    return metadata.text_of("creationTimestamp") or None


def pattern(field: Field) -> str:
    """A regular expression; one that RE2 refuses is noted."""
    text = field.text()
    if fault := regex.fault(text):
        shown = f" {text}" if text and field.name == "regex" else ""  # that of a header may hold a secret
        field.problem("GMG304", f"RE2 refuses the regular expression{shown}: {fault}")
    return text


def path_match(uri: Field) -> PathMatch | None:
    """The condition on the path; None if there is none. An empty prefix is none: every path begins with it."""
    ignore_case = uri.boolean_of("ignoreCase")
    written = uri.one_of("exact", "prefix", "regex", "suffix")
    if written == "regex":
        text = pattern(uri[written])
        return PathMatch(PathKind.REGEX, text, written_length=len(text.removeprefix("^")))
    kind = PATH_KINDS.get(written or "")
    if written is None or kind is None:
        return None
    text = uri.text_of(written)
    return PathMatch(kind, text, ignore_case) if text or kind is PathKind.EXACT else None


def value_test(test: Field) -> tuple[ValueKind, str]:
    """How a header or query parameter is tested; an empty value is presence (`spec/v1beta1.md` 5.1)."""
    is_regex = test.boolean_of("regex")
    if not test.text_of("value"):
        return ValueKind.PRESENT, ""
    if is_regex:
        return ValueKind.REGEX, pattern(test["value"])
    return ValueKind.EXACT, test.text_of("value")


def header_match(test: Field) -> HeaderMatch:
    """A test of a header; an inverted one sees a missing header as empty text."""
    kind, value = value_test(test)
    invert = test.boolean_of("invertMatch")
    empty = invert and kind is not ValueKind.PRESENT
    return HeaderMatch(test.text_of("name"), kind, value, invert, empty)


def query_parameter_match(test: Field) -> QueryParameterMatch:
    """A test of a query parameter."""
    kind, value = value_test(test)
    return QueryParameterMatch(test.text_of("name"), kind, value)


def note_bad_status(action: Field) -> None:
    """A direct response whose status the proxy cannot send (`spec/envoy.md` 50)."""
    status = action["status"]
    if status.present:
        status.problem("GMG402", f"status is {status.value}; the proxy can answer 200 to 599 only")
    else:
        action.problem("GMG402", "a direct response needs a status, from 200 to 599")


def note_long_body(action: Field) -> None:
    """A body that the proxy refuses, and its whole configuration with it (`spec/envoy.md` 90); it counts bytes."""
    body = action.text_of("body")
    if len(body) > LONGEST_BODY // 4 and (size := len(body.encode("utf-8", "replace"))) > LONGEST_BODY:
        action["body"].problem("GMG402", f"the body has {size} bytes; the proxy admits {LONGEST_BODY} at most")


def route_rules(routes: Field, read: Callable[[Field, str], RouteRule]) -> tuple[RouteRule, ...]:
    """The rules of one list, each with its segment of an id."""
    fields = tuple(routes)
    names = (field.text_of("name") for field in fields)
    return tuple(read(field, segment) for field, segment in zip(fields, rule_segments(names), strict=True))
