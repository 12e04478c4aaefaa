"""How rules, tables and hosts are named in ids (`spec/cli.md` 4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

ENCODED = str.maketrans({letter: f"%{ord(letter):02X}" for letter in " \t\r\n/#:%[]~"})


@lru_cache(maxsize=8192)
def encoded(name: str) -> str:
    """A name with everything percent-encoded that has a meaning in an id; asked for the same few again and again."""
    return name.translate(ENCODED)


def rule_segments(names: Iterable[str]) -> tuple[str, ...]:
    """The segment of every rule of one list: its name, `name~2` for the second of that name, `[n]` without one."""
    seen: dict[str, int] = {}
    segments = []
    for index, name in enumerate(names):
        count = seen[name] = seen.get(name, 0) + 1
        repeated = f"~{count}" if count > 1 else ""
        segments.append(encoded(name) + repeated if name else f"[{index}]")
    return tuple(segments)


def located(segment: str, namespace: str, pointing: str) -> str:
    """The segment of an object, with its namespace if that is not the one of the object that points to it."""
    return segment if namespace == pointing else f"{encoded(namespace)}:{segment}"
