"""YAML text as nodes, and nodes as the values that kubectl would send.

The text is not trusted. Nesting is limited while libyaml composes, since its recursion would end the process; aliases
are counted before anything is built from them.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from kubectl_gmg.sources.scalars import FLOAT, INT, MERGE, NAMESPACE, STR, Scalar, key_text, plain, plain_tag, tag_of

MAX_DEPTH = 200
MAX_EXPANDED = 1_000_000
TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"

_MAP, _SEQ, _TIMESTAMP = NAMESPACE + "map", NAMESPACE + "seq", NAMESPACE + "timestamp"
if TYPE_CHECKING:
    _Fast = yaml.CSafeLoader
else:
    _Fast = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Lines: TypeAlias = "array[int]"  # in quotes, since an array takes no index before Python 3.12
"""The lines, from 0, of the entries and items of a document in the order in which they are met, each above its own.

One number for each: recording them while values are made costs far less than composing the text once more later.
"""


class Loader(_Fast):
    """Composes nodes, one document after the other; tags of plain words are kubectl's.

    The two hooks around every node are meant for tags that depend on a path; here they count the depth.
    """

    _depth = 0

    def descend_resolver(self, parent: yaml.Node | None, index: object) -> None:  # noqa: ARG002 - called by libyaml
        """A node begins below `parent`."""
        self._depth += 1
        if self._depth > MAX_DEPTH and parent is not None:
            raise refusal(TOO_DEEP, parent, "no object of a cluster is nested so deeply; is this the right file?")

    def ascend_resolver(self) -> None:
        """A node ends."""
        self._depth -= 1

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: tuple[bool, bool]) -> str:
        """The tag of a node that has none."""
        if kind is yaml.ScalarNode:
            return plain_tag(value or "") if implicit[0] else STR
        return _MAP if kind is yaml.MappingNode else _SEQ


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without garbage collection: fresh values by the million would be searched again and again (`performance.md`)."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def composed(text: str) -> Iterator[yaml.Node]:
    """The root node of each document in `text`; raises `yaml.YAMLError`."""
    loader = Loader(text)
    try:
        while loader.check_node():
            root = loader.get_node()
            if root is not None:
                yield root
    finally:
        loader.dispose()


def refusal(problem: str, node: yaml.Node, hint: str) -> yaml.MarkedYAMLError:
    """An error at the line of `node`; `note` carries what to do about it."""
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark, note=hint)


def shown(text: object) -> str:
    """A quotation from untrusted content: in quotes, escaped and short."""
    quoted = repr(str(text))
    return quoted if len(quoted) <= 80 else f"{quoted[:76]}…{quoted[0]}"


def value(node: yaml.Node, lines: Lines) -> Any:
    """What `node` means, as JSON has it; raises `yaml.MarkedYAMLError`.

    The line of every mapping entry (that of its key) and of every list item is appended to `lines`.
    """
    kind = type(node)
    if kind is yaml.ScalarNode:
        return node.value if node.tag == STR else _scalar(node)
    if kind is yaml.MappingNode:
        return _mapping(node, lines)
    if node.tag != _SEQ:
        raise _unknown_tag(node)
    items = []
    for each in node.value:
        lines.append(each.start_mark.line)
        items.append(value(each, lines))
    return items


def entries(node: yaml.Node) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    """Key, key node and value node of what a mapping holds, merged entries included.

    Of several with one key the last one counts. kubectl merges where the merge key stands: it overrides what stands
    before it. In a list of mappings to merge the first one counts most.
    """
    for key, held in node.value:
        if key.tag == MERGE:
            merged = held.value if isinstance(held, yaml.SequenceNode) else [held]
            for each in reversed(merged):
                if not isinstance(each, yaml.MappingNode):
                    raise refusal("only mappings can be merged by '<<'", each, "give '<<' an alias of a mapping")
                yield from entries(each)
        else:
            yield _key(key), key, held


def refuse_expansion(root: yaml.Node, budget: int) -> int:
    """Count the nodes below `root` with every alias written out, and return what is left of `budget`.

    Raises `yaml.MarkedYAMLError` if there are more, if an alias contains itself, or if aliases nest too deeply.
    """
    size, _ = _expanded(root, {}, budget)
    return budget - size


def _expanded(node: yaml.Node, known: dict[int, tuple[int, int] | None], budget: int) -> tuple[int, int]:
    """The size and depth of `node`; `known` holds None for the nodes that are being counted."""
    if id(node) in known:
        found = known[id(node)]
        if found is None:
            raise refusal("an alias contains itself", node, "write the value out where the alias stands")
        return found
    known[id(node)] = None
    size, depth = 1, 0
    for child in _children(node):
        more, below = _expanded(child, known, budget)
        size, depth = size + more, max(depth, below)
        if size > budget:
            raise refusal(f"aliases expand to more than {MAX_EXPANDED:,} values", node, "use fewer aliases")
    if depth >= MAX_DEPTH:
        raise refusal(TOO_DEEP, node, "use fewer aliases inside of each other")
    known[id(node)] = size, depth + 1
    return size, depth + 1


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _mapping(node: yaml.Node, lines: Lines) -> dict[str, Any]:
    if node.tag != _MAP:
        raise _unknown_tag(node)
    result: dict[str, Any] = {}
    before = len(lines)
    for key, held in node.value:
        if key.tag == MERGE:
            del lines[before:]
            return _merged(node, lines)
        lines.append(key.start_mark.line)
        name = key.value if key.tag == STR and type(key) is yaml.ScalarNode else _key(key)
        result[name] = value(held, lines)
    if len(result) != len(node.value):
        _refuse_duplicate(node)
    return result


def _merged(node: yaml.Node, lines: Lines) -> dict[str, Any]:
    _refuse_duplicate(node)
    found: dict[str, tuple[Any, Lines]] = {}
    for name, key, held in entries(node):
        own = array("I", [key.start_mark.line])
        found[name] = value(held, own), own
    for _, own in found.values():
        lines.extend(own)
    return {name: content for name, (content, _) in found.items()}


def _refuse_duplicate(node: yaml.Node) -> None:
    seen: dict[str, yaml.Node] = {}
    for key, _ in node.value:
        name = "<<" if key.tag == MERGE else _key(key)
        first = seen.setdefault(name, key)
        if first is not key:
            line = first.start_mark.line + 1
            raise refusal(f"the key {shown(name)} is given twice, first in line {line}", key, "remove one of the two")


def _key(node: yaml.Node) -> str:
    name = key_text(value(node, array("I"))) if isinstance(node, yaml.ScalarNode) else None
    if name is None:
        hint = "keys are texts; if this is a template, render it first (helm template, kubectl kustomize)"
        raise refusal("this cannot be a key", node, hint)
    return name


def _scalar(node: yaml.Node) -> Scalar:
    tag: str = node.tag
    if tag in {_TIMESTAMP, MERGE}:
        return str(node.value)
    if tag not in _PLAIN:
        raise _unknown_tag(node)
    found = plain(node.value)
    if tag_of(found) != tag and (tag, tag_of(found)) != (FLOAT, INT):
        problem = f"{shown(node.value)} is no {tag.removeprefix(NAMESPACE)}"
        raise refusal(problem, node, "correct the value or remove its tag")
    return found


_PLAIN = frozenset(NAMESPACE + name for name in ("int", "float", "bool", "null"))


def _unknown_tag(node: yaml.Node) -> yaml.MarkedYAMLError:
    tag = node.tag.replace(NAMESPACE, "!!")
    return refusal(f"the tag {shown(tag)} means nothing to Kubernetes", node, "remove the tag")
