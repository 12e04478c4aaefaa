"""What the product calls rules whose names it does not take as they are (`spec/v2.md` 4.5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from kubectl_gmg.model.declared import RouteRule

TRIMMED = "insecure-"
"""What the product cuts off in front of the name of a rule."""


def with_runtime_names(rules: tuple[RouteRule, ...]) -> tuple[RouteRule, ...]:
    """The rules of one list with what the product calls them: names are made unique, and `insecure-` is cut off.

    Whether a later rule of a name like `insecure-web` is renamed before or after that is not known (4.5).
    """
    names = [rule.name for rule in rules]
    if len(set(names)) == len(names) and not any(name.startswith(TRIMMED) for name in names):
        return rules
    seen: Counter[str] = Counter()
    renamed = []
    for rule in rules:
        renamed.append(replace(rule, runtime_name=runtime_name(rule.name, seen[rule.name])))
        seen[rule.name] += 1
    return tuple(renamed)


def runtime_name(name: str, earlier: int) -> str:
    """What the product calls a rule after some of its name; empty for its own name, and where that is not known."""
    if name.startswith(TRIMMED):
        return "" if earlier else name.removeprefix(TRIMMED)
    return f"duplicate-{name}-{earlier}" if name and earlier else ""
