"""What the person at the keyboard can mend.

A `GmgError` is never our own bug and never a finding about the configuration: it says what stopped the run, and
what to do next. `cli.py` alone turns it into an exit code (`spec/cli.md` section 3).
"""

from __future__ import annotations


class GmgError(Exception):
    """Something the user can fix; `message` says what and where, `hint` what to do next."""

    code = 3
    kind = "source"

    def __init__(self, message: str, hint: str = "", *, at: str = "", candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at
        self.candidates = candidates


class UsageError(GmgError):
    """The words of the command line do not fit together (exit 2)."""

    code = 2
    kind = "usage"


class SourceError(GmgError):
    """A cluster or a file could not be read at all (exit 3)."""


class NotFoundError(GmgError):
    """A name that the user gave names nothing, or too much (exit 4)."""

    code = 4
    kind = "notFound"


class IncompleteError(GmgError):
    """Something could not be read, and `--require-complete` was given (exit 5)."""

    code = 5
    kind = "incomplete"


class Negative(Exception):  # noqa: N818 - an answer, not an error
    """The answer was printed, and the exit code is not 0 (`spec/cli.md` 3)."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
