"""What is wrong with the configuration (`spec/cli.md` 6.4 and 8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request


class Severity(StrEnum):
    """How bad a problem is: `error` is rejected or fails requests, `warning` is accepted but probably not meant."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one field; `before` of None was not written. Both are what people would write."""

    at: Origin
    before: str | None
    after: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that mends a problem; `verified` says that resolving again has shown it."""

    text: str
    edits: tuple[Edit, ...] = ()
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """Another place that has to do with a problem, and how; `name` is that of the rule there, filled in later."""

    text: str
    at: Origin
    name: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What somebody noticed: a finding code, what is wrong, and where.

    `hint` says what to do, where that is more than the rule says in general. `request` shows the problem; `name` is
    that of the rule at the place, filled in later.
    """

    code: str
    message: str
    at: Origin
    hint: str = ""
    related: tuple[Note, ...] = ()
    request: Request | None = None
    fix: Fix | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of a baseline: a finding that is known and does not count; `until` is a date (`spec/cli.md` 8.2)."""

    code: str
    ref: ObjectRef
    field: str
    fingerprint: str
    reason: str = ""
    until: str | None = None
