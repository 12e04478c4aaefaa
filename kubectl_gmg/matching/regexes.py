"""Look-up of many regular expressions at once (`spec/envoy.md` 16).

`re2.Set` tries all patterns in one pass, but silently answers "none" when its automaton runs out of memory. So a set
takes only as many patterns as surely fit, and a pattern that is large by itself is matched alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Generic, TypeVar

import re2

from kubectl_gmg.regex import compiled, fault

T = TypeVar("T")

SET_MEMORY = 16 << 20
"""Bytes that the automaton of one set may take; RE2's own default is 8 MiB."""

SET_PROGRAM = 8_000
"""How many RE2 instructions one set may have: 200 states of that size fit into `SET_MEMORY`; RE2 wants twenty."""

ALONE_PROGRAM = 1_000
"""A pattern of more RE2 instructions than this is matched by itself."""


@cache
def sound(text: str) -> Any:
    """The compiled pattern; None if RE2 refuses it.

    All patterns are kept: a host may have more of them than `regex` keeps, and each is asked for by every request.
    """
    return None if fault(text) else compiled(text)


class RegexTable(Generic[T]):
    """What belongs to each pattern, found by a text that the whole pattern matches; faulty patterns match nothing."""

    def __init__(self, entries: Mapping[str, T]) -> None:
        patterns = {text: pattern for text in entries if (pattern := sound(text))}
        alone = [text for text, pattern in patterns.items() if pattern.programsize > ALONE_PROGRAM]
        small = {
            text: pattern.programsize for text, pattern in patterns.items() if pattern.programsize <= ALONE_PROGRAM
        }
        self._sets: list[tuple[Any, list[T]]] = []
        for chunk in chunks(small):
            together = compiled_set(chunk)
            if together is None:
                alone += chunk
            else:
                self._sets.append((together, [entries[text] for text in chunk]))
        self._alone = [(patterns[text], entries[text]) for text in alone]

    def find(self, text: str) -> Iterator[T]:
        """The entries of all patterns that match the whole text."""
        for together, entries in self._sets:
            for place in together.Match(text) or ():
                yield entries[place]
        for pattern, entry in self._alone:
            if pattern.fullmatch(text):
                yield entry


def chunks(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The patterns in groups of at most `SET_PROGRAM` instructions; `sizes` says how many each has."""
    chunk: list[str] = []
    total = 0
    for pattern, size in sizes.items():
        if chunk and total + size > SET_PROGRAM:
            yield chunk
            chunk, total = [], 0
        chunk.append(pattern)
        total += size
    if chunk:
        yield chunk


def compiled_set(patterns: list[str]) -> Any:
    """A set that tells by place which patterns match a whole text; None if RE2 cannot put them together."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = SET_MEMORY
    together = re2.Set.FullMatchSet(options)
    for pattern in patterns:
        together.Add(pattern)
    try:
        together.Compile()
    except re2.error:
        return None
    return together
