"""Which domain a request's host falls under (`spec/envoy.md` 1 to 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from kubectl_gmg.matching.text import folded

T = TypeVar("T")


def lookup_name(host: str) -> str:
    """The name that is looked up for a Host header: in lower case and without its port (`spec/envoy.md` 1)."""
    colon = host.rfind(":")
    if colon > host.rfind("]"):
        host = host[:colon]
    return folded(host)


class Covering(Generic[T]):
    """Finds every entry with a domain that covers a host, those of the closest domain first."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._entries: dict[str, list[T]] = {}
        for domain, entry in entries:
            self._entries.setdefault(folded(domain), []).append(entry)

    def of(self, host: str) -> Iterator[T]:
        """The entries; one with several such domains comes several times."""
        name = lookup_name(host)
        fronts = (f"*{name[place:]}" for place in range(1, len(name)))
        ends = (f"{name[:place]}*" for place in range(len(name) - 1, 0, -1))
        for domain in (name, *fronts, *ends, "*"):
            yield from self._entries.get(domain, ())


class DomainTable(Generic[T]):
    """Finds the entry whose domain covers a host; of equal domains the first one counts."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._exact: dict[str, tuple[str, T]] = {}
        self._front: dict[str, tuple[str, T]] = {}
        self._end: dict[str, tuple[str, T]] = {}
        self._default: tuple[str, T] | None = None
        for domain, entry in entries:
            self._add(folded(domain), (domain, entry))
        self._front_lengths = sorted({len(text) for text in self._front}, reverse=True)
        self._end_lengths = sorted({len(text) for text in self._end}, reverse=True)

    def _add(self, name: str, found: tuple[str, T]) -> None:
        if name == "*":
            self._default = self._default or found
        elif name.startswith("*"):
            self._front.setdefault(name[1:], found)
        elif name.endswith("*"):
            self._end.setdefault(name[:-1], found)
        else:
            self._exact.setdefault(name, found)

    def choose(self, host: str) -> tuple[str, T] | None:
        """The domain as written, and its entry; None if no domain covers the host.

        Exact names come first, then the longest wildcard at the front, the longest at the end, and `*`
        (`spec/envoy.md` 2 and 3).
        """
        name = lookup_name(host)
        return self._exact.get(name) or self._by_front(name) or self._by_end(name) or self._default

    def _by_front(self, name: str) -> tuple[str, T] | None:
        for length in self._front_lengths:
            if length < len(name) and (found := self._front.get(name[len(name) - length :])):
                return found
        return None

    def _by_end(self, name: str) -> tuple[str, T] | None:
        for length in self._end_lengths:
            if length < len(name) and (found := self._end.get(name[:length])):
                return found
        return None
