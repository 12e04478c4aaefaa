"""The lines of the values in a document, made only when somebody asks for one.

Recording lines while loading would cost every run; few runs print more than a handful. A table of lines is far smaller
than the nodes it is made from.
"""

from __future__ import annotations

import yaml

from kubectl_gmg.sources.nodes import collector_paused, composed, entries

Step = str | int
Table = tuple[int, "dict[Step, Table]"]


def table(text: str) -> Table | None:
    """The lines, from 0, of all values of the one document in `text`; None if it cannot be read as YAML.

    The line of a mapping's entry is that of its key, the line of a list's item is where the item starts. What stands
    behind an alias or a merge key has the lines of what it stands for.
    """
    try:
        with collector_paused():
            root = next(composed(text), None)
            return None if root is None else (root.start_mark.line, _below(root, {}))
    except yaml.YAMLError:
        return None


def look_up(found: Table, path: tuple[Step, ...]) -> int:
    """The line of what `path` leads to, or of the nearest value above it."""
    line, below = found
    for step in path:
        if step not in below:
            break
        line, below = below[step]
    return line


def _below(node: yaml.Node, known: dict[int, dict[Step, Table]]) -> dict[Step, Table]:
    """What stands below `node`; `known` keeps aliased nodes from being walked more than once."""
    if isinstance(node, yaml.ScalarNode):
        return _NOTHING
    found = known.get(id(node))
    if found is None:
        found = known[id(node)] = {}
        if isinstance(node, yaml.SequenceNode):
            found.update((at, (each.start_mark.line, _below(each, known))) for at, each in enumerate(node.value))
        else:
            found.update((name, (key.start_mark.line, _below(held, known))) for name, key, held in entries(node))
    return found


_NOTHING: dict[Step, Table] = {}
