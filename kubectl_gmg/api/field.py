"""A cursor over raw YAML that remembers where it is and what was touched.

Lowering never raises for bad configuration: a wrong type or an unknown value is noted as a problem with its exact
origin, and the default is handed back. What nobody touched is an unknown field, so a typo is found without a schema.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar

from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin

E = TypeVar("E", bound=Enum)
Path = tuple[str | int, ...]


class Reader:
    """What is noted while one object is read."""

    __slots__ = ("counts", "opened", "problems", "ref")

    def __init__(self, ref: ObjectRef) -> None:
        self.ref = ref
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.opened: list[Field] = []

    def root(self, body: Mapping[str, Any]) -> Field:
        """The cursor at the top of the object."""
        return Field(body, (), self)

    def close(self, except_below: tuple[str, ...] = ()) -> tuple[Problem, ...]:
        """All that was noted, and every field that nobody asked for, apart from those below some fields of the top."""
        opened, self.opened = self.opened, []  # the cursors know this reader: a circle would never be freed
        for field in [each for each in opened if len(each.touched) < len(each.value)]:
            for key in field.untouched():
                if (*field.path, key)[0] not in except_below:
                    field[key].problem("GMG001", f"unknown field {key!r}")
        return tuple(dict.fromkeys(self.problems))


class Field:
    """One place in an object; a null counts as absent, as it does on an API server.

    A route has some fifty fields and most are absent, so those that are asked for by key (`text_of` and the like) get
    no cursor where nothing is wrong: then `touched` holds None for the key. Only what is written is ever in it.
    """

    __slots__ = ("_body", "_reader", "path", "touched", "value")

    touched: dict[str, Field | None]

    def __init__(self, value: Any, path: Path, reader: Reader) -> None:
        self.value = value
        self.path = path
        self._reader = reader
        self._body: Mapping[str, Any] | None = None

    @property
    def origin(self) -> Origin:
        """Where this is."""
        return Origin(self._reader.ref, self.path)

    @property
    def present(self) -> bool:
        """Whether anything is written here."""
        return self.value is not None

    def __getitem__(self, key: str) -> Field:
        body = self._body
        if body is None:
            body = self._opened()
        if key not in body:
            return Field(None, (*self.path, key), self._reader)
        child = self.touched.get(key)
        if child is None:
            child = self.touched[key] = Field(body[key], (*self.path, key), self._reader)
        return child

    def _written(self, key: str) -> Any:
        """What is written at a key, which counts as touched."""
        body = self._body
        if body is None:
            body = self._opened()
        if key not in body:
            return None
        self.touched.setdefault(key)
        return body[key]

    def _opened(self) -> Mapping[str, Any]:
        """The object here, for the first question about a key; an empty one where nothing is written, or no object."""
        self._body = NOTHING
        if isinstance(self.value, dict):
            self._body = self.value
            self.touched = {}
            self._reader.opened.append(self)
        elif self.value is not None:
            self.wrong_type("an object")
            self.value = None
        return self._body

    def __iter__(self) -> Iterator[Field]:
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.wrong_type("a list")
            return
        for index, item in enumerate(self.value):
            yield Field(item, (*self.path, index), self._reader)

    def untouched(self) -> tuple[str, ...]:
        """The keys that nobody asked for, in their order."""
        return tuple([key for key in self.value if key not in self.touched])

    @property
    def name(self) -> str | int | None:
        """The last step of the path; None at the top."""
        return self.path[-1] if self.path else None

    @property
    def called(self) -> str:
        """What people call this: the last name of the path with the places in lists behind it."""
        start = max((index for index, step in enumerate(self.path) if isinstance(step, str)), default=0)
        return Origin(self._reader.ref, self.path[start:]).field

    def problem(self, code: str, message: str, *related: Note) -> None:
        """Note what is wrong here; `related` are other places that have to do with it."""
        self._reader.problems.append(Problem(code, message, self.origin, related=related))
        self._reader.counts[code] += 1

    def count(self, code: str) -> int:
        """How often `code` was noted so far in this object."""
        return self._reader.counts.get(code, 0)

    def wrong_type(self, wanted: str) -> None:
        """Note that this is not `wanted`."""
        self.problem("GMG002", f"{self.called} must be {wanted}, not {TYPE_NAMES.get(type(self.value), 'this')}")

    def text(self, default: str = "") -> str:
        """A string; a number or boolean is noted, and read as it is written."""
        if isinstance(self.value, str):
            return self.value
        if self.value is None:
            return default
        self.wrong_type("a string")
        return default if isinstance(self.value, (dict, list)) else json.dumps(self.value)

    def integer(self, default: int | None = None) -> int | None:
        """A whole number; one written as text is read as well (`spec/v1beta1.md` D-1)."""
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        elif isinstance(value, str) and value.lstrip("-").isascii() and value.lstrip("-").isdigit():
            value = int(value) if len(value) < 20 else value
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is not None:
            self.wrong_type("a whole number")
        return default

    def boolean(self) -> bool:
        """True or false; false where nothing is written."""
        if self.value is not None and not isinstance(self.value, bool):
            self.wrong_type("true or false")
        return self.value is True

    def choice(self, values: type[E], default: E) -> E | None:
        """A member of an enum; an unknown one is noted, and None."""
        if self.value is None:
            return default
        try:
            return values(self.value)
        except ValueError:
            known = ", ".join(str(each.value) for each in values)
            self.problem("GMG003", f"{self.called} is {json.dumps(self.value)}; known are {known}")
            return None

    def text_of(self, key: str, default: str = "") -> str:
        """The same as `self[key].text(default)`; written out, since no other question is asked nearly as often."""
        body = self._body
        if body is None:
            body = self._opened()
        if key not in body:
            return default
        found = body[key]
        if type(found) is not str:
            return self[key].text(default)
        self.touched.setdefault(key)
        return found

    def integer_of(self, key: str) -> int | None:
        """The same as `self[key].integer()`."""
        body = self._body
        if body is None:
            body = self._opened()
        if key not in body:
            return None
        found = body[key]
        if type(found) is not int:
            return self[key].integer()
        self.touched.setdefault(key)
        return found

    def boolean_of(self, key: str) -> bool:
        """The same as `self[key].boolean()`."""
        body = self._opened() if self._body is None else self._body
        return key in body and self[key].boolean()

    def items_of(self, key: str) -> tuple[Field, ...]:
        """The same as `tuple(self[key])`."""
        body = self._opened() if self._body is None else self._body
        if key not in body:
            return ()
        found = body[key]
        if type(found) is not list:
            return tuple(self[key])
        self.touched.setdefault(key)
        above, reader = (*self.path, key), self._reader
        return tuple([Field(item, (*above, index), reader) for index, item in enumerate(found)])

    def pairs_of(self, key: str) -> tuple[tuple[str, str], ...]:
        """The same as `self[key].pairs()`."""
        body = self._opened() if self._body is None else self._body
        if key not in body:
            return ()
        found = body[key]
        if type(found) is not dict or not TEXT.issuperset(map(type, found.values())):
            return self[key].pairs()
        self.touched.setdefault(key)
        return tuple(found.items()) if len(found) < 2 else tuple(sorted(found.items()))

    def texts(self) -> tuple[str, ...]:
        """A list of strings."""
        return tuple(item.text() for item in self)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """A map from string to string, sorted by key."""
        if self.value is None:
            return ()
        if not isinstance(self.value, dict):
            self.wrong_type("a map")
            return ()
        texts = ((key, Field(value, (*self.path, key), self._reader).text()) for key, value in self.value.items())
        return tuple(sorted(texts))

    def opaque(self) -> str:
        """The JSON text of a part that routing does not interpret; what is inside counts as known."""
        if self.value is None:
            return "null"
        try:
            return ENCODER.encode(self.value)
        except ValueError:
            self.problem("GMG002", f"{self.called} holds a number that JSON does not know")
            return "null"

    def __contains__(self, key: str) -> bool:
        """Whether anything is written at a key."""
        return self._written(key) is not None

    def named(self, *keys: str) -> tuple[str, ...]:
        """Those of `keys` that are written here."""
        body = self._opened() if self._body is None else self._body
        found = []
        for key in keys:
            if key in body:
                self.touched.setdefault(key)
                if body[key] is not None:
                    found.append(key)
        return tuple(found)

    def one_of(self, *keys: str) -> str | None:
        """The first of several exclusive fields that is written here; more than one is noted."""
        written = self.named(*keys)
        if len(written) > 1:
            self.problem("GMG004", f"{self.called or 'it'} sets {' and '.join(written)}; only one of them may be set")
        return written[0] if written else None


TEXT = frozenset({str})
"""The types of values that are all texts."""
NOTHING: Mapping[str, Any] = {}

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
"""Made once: `json.dumps` would make one for each value."""

TYPE_NAMES: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
}
