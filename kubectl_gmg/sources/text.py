"""Bytes as documents: encodings, YAML, JSON, and what is wrong with them, with file and line."""

from __future__ import annotations

import codecs
import json
import re
from array import array
from typing import Any

import yaml

from kubectl_gmg.errors import SourceError
from kubectl_gmg.sources import lines
from kubectl_gmg.sources.nodes import MAX_DEPTH, MAX_EXPANDED, TOO_DEEP, Lines, composed, refuse_expansion, shown, value

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SYNTAX = "correct the file there; nothing of it was used"
_JSON_START = re.compile(r'\s*\{\s*["}]')
_BLANK = re.compile(r"[ \t\r\n]*")
_HIGH, _LOW, _ANY = (rf"u[dD][{first}][0-9a-fA-F]{{2}}" for first in ("89abAB", "c-fC-F", "89a-fA-F"))
_ESCAPE = re.compile(rf"\\(?P<pair>{_HIGH}\\{_LOW})|\\(?P<lone>{_ANY})|\\.")


class Document:
    """One document: its value, and the lines that were recorded while it was read, from 0."""

    __slots__ = ("_lines", "_table", "content", "file")

    def __init__(self, content: Any, file: str, recorded: Lines) -> None:
        self.content = content
        self.file = file
        self._lines = recorded
        self._table: lines.Table | None = None

    def line(self, path: tuple[str | int, ...]) -> int:
        """The line, from 1, of what `path` leads to or of the nearest value above it."""
        if self._table is None:
            self._table = self._made()
        return 1 + lines.look_up(self._table, path)

    def _made(self) -> lines.Table:
        return lines.table(self.content, self._lines)


class JsonDocument(Document):
    """A JSON value that starts in line `first`, from 0; its lines are looked for in its text on the first question."""

    __slots__ = ("_first", "_span", "_text")

    def __init__(self, content: Any, file: str, text: str, span: slice, first: int) -> None:
        super().__init__(content, file, array("I"))
        self._text = text
        self._span = span
        self._first = first

    def _made(self) -> lines.Table:
        found = lines.recorded(_escapes_joined(self._text[self._span]))
        if found is None:
            return self._first, {}
        content, below = found
        return lines.table(content, array("I", [self._first + each for each in below]))


def printable(name: str) -> str:
    """`name` as it is, but with what a terminal would obey, or could not show, escaped."""
    return name if name.isprintable() else "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)


def fault(file: str, line: int, problem: str, hint: str) -> SourceError:
    """An error in line `line` of `file`."""
    return SourceError(f"{file}:{line}: {problem}", hint, at=f"{file}:{line}")


def decoded(data: bytes, file: str) -> str:
    """The text in `data`: UTF-8, or UTF-16 with a byte order mark; raises `SourceError`."""
    mark, encoding = next((known for known in _BOMS if data.startswith(known[0])), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise fault(file, line, f"not {encoding.upper()} text", "is this the right file?") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise fault(file, line, "binary data", "give YAML or JSON text; archives must be unpacked first")
    return text


def documents(text: str, file: str) -> list[Document]:
    """The documents in `text` that hold anything; raises `SourceError`.

    As with kubectl, text that begins with `{` is JSON, one value or several; if it is not, it may still be YAML.
    """
    if not text.startswith("{", _after_blanks(text, 0)):
        return _yaml_documents(text, file)
    try:
        return _json_documents(text, file)
    except json.JSONDecodeError as error:
        return _rescued(text, file, error)


def _yaml_documents(text: str, file: str) -> list[Document]:
    found: list[Document] = []
    aliases = "&" in text and "*" in text
    budget = MAX_EXPANDED
    try:
        for root in composed(text):
            if aliases:
                budget = _less_aliases(root, text, budget)
            recorded = array("I", [root.start_mark.line])
            content = value(root, recorded)
            if content is not None:
                found.append(Document(content, file, recorded))
    except yaml.YAMLError as error:
        raise _syntax_error(error, text, file) from None
    return found


def _less_aliases(root: yaml.Node, text: str, budget: int) -> int:
    part = slice(root.start_mark.index, root.end_mark.index)
    return refuse_expansion(root, budget) if "*" in text[part] and "&" in text[part] else budget


def _syntax_error(error: yaml.YAMLError, text: str, file: str) -> SourceError:
    if not isinstance(error, yaml.MarkedYAMLError):  # a character that YAML does not allow, at a byte of UTF-8
        line = text.encode()[: getattr(error, "position", 0)].count(b"\n") + 1
        return fault(file, line, f"a character that YAML does not allow ({_code(error)})", _SYNTAX)
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    problem = printable(error.problem or "not valid YAML")
    if error.context:
        since = f" from line {error.context_mark.line + 1}" if error.context_mark else ""
        problem += f" ({printable(error.context)}{since})"
    return fault(file, line, problem, error.note or _syntax_hint(text, mark))


def _code(error: yaml.YAMLError) -> str:
    character = getattr(error, "character", None)
    return f"U+{character:04X}" if isinstance(character, int) else "unknown"


def _syntax_hint(text: str, mark: yaml.Mark | None) -> str:
    if mark and text[mark.index : mark.index + 1] == "\t":
        return "YAML is indented by blanks, never by tabs"
    if "{{" in text:
        return "this looks like a template: render it first (helm template, kubectl kustomize)"
    return _SYNTAX


class _DuplicateKeyError(Exception):
    """A JSON object that gives a key twice; the text says where only to who reads it as YAML."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _DuplicateKeyError(next(name for name in names if names.count(name) > 1))
    return found


def _json_documents(text: str, file: str) -> list[Document]:
    """JSON values, one after the other; raises `JSONDecodeError` and `SourceError`."""
    text = _escapes_paired(text)
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    found: list[Document] = []
    line, counted = 1, 0
    at = _after_blanks(text, 0)
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        content, end = _json_value(decoder, text, at, (file, line))
        if content is not None:
            found.append(JsonDocument(content, file, text, slice(at, end), line - 1))
        at = _after_blanks(text, end)
    return found


def _json_value(decoder: json.JSONDecoder, text: str, at: int, place: tuple[str, int]) -> tuple[Any, int]:
    file, line = place
    try:
        content, end = decoder.raw_decode(text, at)
    except _DuplicateKeyError as error:
        _yaml_documents(text, file)  # raises with both lines, unless this is JSON that is no YAML
        raise fault(file, line, f"the key {shown(error)} is given twice", "remove one of the two") from None
    except RecursionError:
        raise fault(file, line, TOO_DEEP, "is this the right file?") from None
    except json.JSONDecodeError:
        raise
    except ValueError:  # Python's limit of 4,300 digits
        raise fault(file, line, "a number has too many digits", _SYNTAX) from None
    if _depth_exceeded(content):
        raise fault(file, line, TOO_DEEP, "is this the right file?")
    return content, end


def _depth_exceeded(content: Any) -> bool:
    level: list[Any] = [[content]]
    for _ in range(MAX_DEPTH + 1):
        level = [
            each
            for outer in level
            for each in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(each, (dict, list))
        ]
        if not level:
            return False
    return True


def _rescued(text: str, file: str, error: json.JSONDecodeError) -> list[Document]:
    """What is no JSON but begins like it, read as YAML; of two errors the likelier one is told."""
    try:
        return _yaml_documents(text, file)
    except SourceError as other:
        if not _JSON_START.match(text) or int(other.at.rpartition(":")[2]) > error.lineno:
            raise
    raise fault(file, error.lineno, f"not valid JSON: {error.msg}", _syntax_hint(text, None))


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _escapes_paired(text: str) -> str:
    r"""JSON text whose lone surrogates (`\ud800`) are U+FFFD, as for kubectl: no terminal or file can hold them."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda found: r"\ufffd" if found["lone"] else found[0], text)


def _escapes_joined(text: str) -> str:
    """JSON text whose surrogate pairs are letters, since YAML knows no such pairs."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda found: json.loads(f'"{found[0]}"') if found["pair"] else found[0], text)
