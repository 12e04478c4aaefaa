"""Words that `explain` and `check` share: lists, counts, and what rules and paths are called in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import PathMatch


def several(names: Iterable[str], most: int = 4) -> str:
    """Names, each once, with commas and `and`, not more than a reader wants; `nothing` for none."""
    found = list(dict.fromkeys(names))
    if len(found) > most:
        found = [*found[:most], f"{len(found) - most} more"]
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found) or "nothing"


def counted(number: int, word: str) -> str:
    """`1 route`, `2 routes`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def rule_name(rule: RouteRule) -> str:
    """What people call a rule."""
    return rule.name or rule.segment


def path_words(path: PathMatch) -> str:
    """A condition on the path: `prefix /reviews`."""
    return f"{path.kind.value} {path.value}" + (" in any case" if path.ignore_case else "")
