"""Names like one that names nothing: what somebody may have meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from difflib import get_close_matches

SIMILAR = 0.75
"""How alike two names are, from 0 to 1, if one may be a slip of the other."""

MOST_COMPARED = 20_000
"""Names that are compared letter by letter in one run; what is missing after that gets no guess."""


def closest(name: str, names: Iterable[str]) -> str:
    """The name that another may be a slip of; empty if none is near."""
    return next(iter(get_close_matches(name, tuple(names), n=1, cutoff=SIMILAR)), "")


class Names:
    """The names of one kind of objects, each with its namespace and cluster."""

    def __init__(self, places: Iterable[tuple[str, str, str]]) -> None:
        self._by_name: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        self._in_namespace: defaultdict[str, dict[str, None]] = defaultdict(dict)
        for namespace, name, cluster in places:
            self._by_name[name].append((namespace, cluster))
            self._in_namespace[namespace][name] = None
        self._left = MOST_COMPARED

    def nearest(self, namespace: str, name: str) -> str:
        """Where the name is found instead, or one like it in the namespace, as a sentence; empty if nothing is near."""
        places = self._by_name.get(name, [])
        if here := sorted({cluster for space, cluster in places if space == namespace and cluster}):
            return f"there is one of this name in cluster {' and '.join(here[:3])}"
        if elsewhere := sorted({space for space, _ in places if space != namespace}):
            return f"there is one of this name in namespace {' and '.join(elsewhere[:3])}"
        close = self._close(namespace, name)
        return f"did you mean {close}?" if close else ""

    def _close(self, namespace: str, name: str) -> str:
        names = self._in_namespace.get(namespace, {})
        if not name or len(names) > self._left:
            return ""
        self._left -= len(names)
        return closest(name, names)
