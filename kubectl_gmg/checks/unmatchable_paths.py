"""Paths that no request ever has, since the proxy compares paths without query and fragment (`spec/envoy.md` 93)."""

from __future__ import annotations

from kubectl_gmg.model.match import PathKind, PathMatch
from kubectl_gmg.regex import literal_prefix

CUT_OFF = {
    "?": "the query is cut off before paths are compared",
    "#": "a fragment is cut off before paths are compared",
}


def surely(path: PathMatch) -> str:
    """What every path that fits surely begins with; of a regular expression only a plain beginning is looked at."""
    return literal_prefix(path.value) if path.kind is PathKind.REGEX else path.value


def starts_otherwise(path: PathMatch) -> bool:
    """Whether no path that begins with a slash can fit."""
    sure = surely(path)
    return not sure.startswith("/") and bool(sure or path.kind is PathKind.EXACT)


def cut_letter(path: PathMatch) -> str:
    """The first letter of a condition that no path has; empty for none."""
    return next((letter for letter in surely(path) if letter in CUT_OFF), "")
