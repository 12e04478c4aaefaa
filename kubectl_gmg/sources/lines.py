"""The lines of the values in a document, by the paths that lead to them; made only when somebody asks for one.

Reading YAML records them (`nodes.value`). The JSON parser knows no lines, so JSON is composed as YAML for them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Any

import yaml

from kubectl_gmg.sources.nodes import Lines, collector_paused, composed, value

Step = str | int
Table = tuple[int, "dict[Step, Table]"]


def recorded(text: str) -> tuple[Any, Lines] | None:
    """The one document in `text` with its lines, that of the whole first; None if it cannot be read as YAML."""
    try:
        with collector_paused():
            root = next(composed(text), None)
            if root is None:
                return None
            lines = array("I", [root.start_mark.line])
            return value(root, lines), lines
    except yaml.YAMLError:
        return None


def table(content: Any, lines: Lines) -> Table:
    """The lines of `content` and of all that is in it, from what was recorded while it was read.

    The line of a mapping's entry is that of its key, the line of a list's item is where the item starts. What stands
    behind an alias or a merge key has the lines of what it stands for.
    """
    rest = iter(lines)
    return next(rest), _below(content, rest)


def look_up(found: Table, path: tuple[Step, ...]) -> int:
    """The line of what `path` leads to, or of the nearest value above it."""
    line, below = found
    for step in path:
        if step not in below:
            break
        line, below = below[step]
    return line


def _below(content: Any, rest: Iterator[int]) -> dict[Step, Table]:
    if isinstance(content, dict):
        return {name: (next(rest), _below(held, rest)) for name, held in content.items()}
    if isinstance(content, list):
        return {at: (next(rest), _below(held, rest)) for at, held in enumerate(content)}
    return _NOTHING


_NOTHING: dict[Step, Table] = {}
