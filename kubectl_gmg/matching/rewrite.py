"""What the destination sees of a request (`spec/envoy.md` 30 to 36)."""

from __future__ import annotations

from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.regexes import sound
from kubectl_gmg.matching.text import folded
from kubectl_gmg.model.action import ForwardTo, RegexRewrite
from kubectl_gmg.model.match import ROOT, PathKind, RouteMatch


def upstream_path(match: RouteMatch, action: ForwardTo, prepared: Prepared) -> str:
    """The path with query that goes to the destination (`spec/envoy.md` 30 to 34)."""
    return with_query(rewritten(match, action.path_rewrite, action.regex_rewrite, prepared), prepared)


def upstream_host(action: ForwardTo, prepared: Prepared, address: str | None) -> str:
    """The Host header that goes to the destination (`spec/envoy.md` 35): as received, if nothing rewrites it.

    `address` is the host name of the destination, for `auto_host_rewrite`; None if it is unknown.
    """
    return rewritten_host(action, prepared, address) or prepared.request.host or ""


def rewritten_host(action: ForwardTo, prepared: Prepared, address: str | None) -> str:
    """The host that a rewrite sets; `""` if none does, as one by a header that is missing."""
    if action.host_rewrite:
        return action.host_rewrite
    if action.host_rewrite_header:
        return prepared.headers.get(folded(action.host_rewrite_header), ("",))[0]
    return (address or "") if action.auto_host_rewrite else ""


def added_headers(action: ForwardTo, prepared: Prepared, address: str | None) -> tuple[tuple[str, str], ...]:
    """The headers in which the proxy tells a destination what it rewrote (`spec/envoy.md` 30 and 35).

    It tells so even where the rewrite changes nothing, but not of a regex rewrite that leaves nothing of the path.
    """
    added = []
    if action.path_rewrite or (action.regex_rewrite and substituted(action.regex_rewrite, prepared.path)):
        added.append(("x-envoy-original-path", prepared.routed_path))
    if rewritten_host(action, prepared, address):
        added.append(("x-envoy-original-host", prepared.request.host or ""))
    return tuple(added)


def rewritten(match: RouteMatch, prefix: str, regex: RegexRewrite | None, prepared: Prepared) -> str:
    """The path before the query with a prefix or regex rewrite applied; an empty prefix is none."""
    if prefix:
        return prefix + prepared.path[matched_length(match, prepared) :]
    return substituted(regex, prepared.path) or prepared.path if regex else prepared.path


def matched_length(match: RouteMatch, prepared: Prepared) -> int:
    """How much of the path the condition stands for: the prefix, or all of it (`spec/envoy.md` 30 and 32)."""
    path = match.path or ROOT
    if path.kind in (PathKind.PREFIX, PathKind.SEPARATED_PREFIX):
        return len(path.value)
    return len(prepared.path)


def with_query(path: str, prepared: Prepared) -> str:
    """A path with the query of the request, if it has one."""
    return path if prepared.query is None else f"{path}?{prepared.query}"


def substituted(rewrite: RegexRewrite, text: str) -> str:
    r"""`text` with every match of the pattern replaced, as RE2's `GlobalReplace` does it (`spec/envoy.md` 33).

    `\0` to `\9` are groups, `\\` is a backslash. A pattern that RE2 refuses, or a group that it lacks, changes nothing.
    """
    parts = substitution_parts(rewrite.substitution)
    pattern = sound(rewrite.pattern)
    if pattern is None or any(isinstance(part, int) and part > pattern.groups for part in parts):
        return text
    out: list[str] = []
    at, end = 0, -1
    while at <= len(text) and (found := pattern.search(text, at)):
        out.append(text[at : found.start()])
        if found.start() == found.end() == end:
            out.append(text[end : end + 1])
            at = end + 1
            end = -1
            continue
        out.extend((found.group(part) or "") if isinstance(part, int) else part for part in parts)
        at = end = found.end()
    out.append(text[at:])
    return "".join(out)


def substitution_parts(substitution: str) -> list[str | int]:
    """A substitution as texts and group numbers; a backslash before anything else ends it, as in RE2."""
    parts: list[str | int] = []
    letters = iter(substitution)
    for letter in letters:
        if letter != "\\":
            parts.append(letter)
            continue
        escaped = next(letters, "")
        if escaped.isascii() and escaped.isdigit():
            parts.append(int(escaped))
        elif escaped == "\\":
            parts.append("\\")
        else:
            break
    return parts
