"""How the proxy tidies a path before it looks at routes (`spec/envoy.md` 8 to 10).

Envoy uses the URL canonicaliser of Chromium; what it does beyond the rules was measured on Envoy 1.40.
"""

from __future__ import annotations

import re
from enum import StrEnum


class Normalization(StrEnum):
    """The mesh setting `pathNormalization` (`spec/envoy.md` 10); gateways use BASE."""

    NONE = "NONE"
    BASE = "BASE"
    MERGE_SLASHES = "MERGE_SLASHES"
    DECODE_AND_MERGE_SLASHES = "DECODE_AND_MERGE_SLASHES"


ENCODED = frozenset('"<>^`{|}')
"""Characters that BASE writes as escapes (`spec/envoy.md` 8)."""

DECODED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""Characters whose escapes BASE decodes (`spec/envoy.md` 8)."""

_UNTIDY = re.compile(r"""[\\%"<>^`{|}]|/\.""")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPED_SLASH = re.compile(r"%2[Ff]")
_ESCAPED_BACKSLASH = re.compile(r"%5[Cc]")
_DOTS_WITH_PARAMETERS = re.compile(r"/(\.\.?);[^/]*")
_NUL = "%00"


def canonical(path: str, normalization: Normalization) -> str | None:
    """The path as routes see it; None if the proxy refuses it because of `%00` (`spec/envoy.md` 11)."""
    if normalization is Normalization.NONE:
        return path
    if normalization is Normalization.DECODE_AND_MERGE_SLASHES:
        path = _ESCAPED_BACKSLASH.sub(r"\\", _ESCAPED_SLASH.sub("/", path))
    if _UNTIDY.search(path):
        path = _DOTS_WITH_PARAMETERS.sub(r"/\1", path)
        if _NUL in path:
            return None
        path = _tidied(path)
    return path if normalization is Normalization.BASE else merged(path)


def merged(path: str) -> str:
    """The path without runs of slashes; one of nothing but slashes keeps two of them, as measured."""
    if "//" not in path:
        return path
    last = "/" if path.endswith("/") else ""
    return "/" + "/".join(part for part in path.split("/") if part) + last


def _tidied(path: str) -> str:
    """Resolves dot segments and escapes from left to right; `path` begins with a slash."""
    out: list[str] = []
    broken = -9
    at = 0
    while at < len(path):
        dot = _dot(path, at)
        if dot and out and out[-1] == "/":
            at, climbs, is_segment = _dot_segment(path, at + dot)
            if climbs:
                _climb(out)
                broken = broken if broken < len(out) else -9
            elif not is_segment:
                out.append(".")
        elif path[at] == "%":
            if _ESCAPE.match(path, at):
                at += _copy_escape(out, path, at, broken)
            else:
                broken = len(out)
                out.append("%")
                at += 1
        else:
            out.extend(_plain(path[at]))
            at += 1
    return "".join(out)


def _plain(letter: str) -> str:
    if letter == "\\":
        return "/"
    return f"%{ord(letter):02X}" if letter in ENCODED else letter


def _dot(path: str, at: int) -> int:
    """How many characters spell a dot here: `.` or `%2e`."""
    if path[at : at + 1] == ".":
        return 1
    return 3 if path[at : at + 3].lower() == "%2e" else 0


def _dot_segment(path: str, after: int) -> tuple[int, bool, bool]:
    """After the first dot of a segment: where to go on, whether it climbs, whether it is a dot segment at all."""
    if path[after : after + 1] in ("", "/", "\\"):
        return after + 1, False, True
    second = after + _dot(path, after)
    if second > after and path[second : second + 1] in ("", "/", "\\"):
        return second + 1, True, True
    return after, False, False


def _climb(out: list[str]) -> None:
    """Drops the last segment; the first slash stays."""
    if len(out) > 1:
        out.pop()
    while len(out) > 1 and out[-1] != "/":
        out.pop()


def _copy_escape(out: list[str], path: str, at: int, broken: int) -> int:
    """Appends the escape at `at`, decoded if it may be, and says how many characters were used.

    A decoded character that would complete a broken escape before it (`%2%41`) has that escape's `%` encoded.
    """
    letter = chr(int(path[at + 1 : at + 3], 16))
    if letter not in DECODED:
        out.extend(path[at : at + 3])
        return 3
    out.append(letter)
    if broken >= 0 and broken + 3 >= len(out):
        following = path[at + 3 : at + 4] if broken == len(out) - 2 else ""
        if _ESCAPE.fullmatch("".join(out[broken:]) + following):
            out[broken + 1 : broken + 1] = "25"
    return 3
