"""What may go wrong with a request. Every text is ours, part of one sentence, and holds nothing that a server said.

A body may hold anything, secrets included, so an answer is told by its status alone (`spec/apiserver.md`).
"""

from __future__ import annotations

from typing import ClassVar

from kubectl_gmg.model.snapshot import GapReason


class NotInstalledError(Exception):
    """The server does not know the kind (404): no gap (`spec/cli.md` 5.3)."""


class RequestError(Exception):
    """A request without a usable answer."""

    reason: ClassVar[GapReason]


class ForbiddenError(RequestError):
    """The user may not see this (403)."""

    reason = GapReason.FORBIDDEN


class UnauthorizedError(RequestError):
    """The server does not know the user (401)."""

    reason = GapReason.UNAUTHORIZED


class TimedOutError(RequestError):
    """The answer did not come, or not all of it, in time."""

    reason = GapReason.TIMEOUT


class ExpiredError(TimedOutError):
    """The list changed too much since its first page (410); `token` goes on with the newer list, if not empty."""

    def __init__(self, token: str = "") -> None:
        super().__init__("the list expired before its last page was read")
        self.token = token


class UnreachableError(RequestError):
    """No connection comes about, so that asking once more is no help."""

    reason = GapReason.UNREACHABLE


class BrokenError(UnreachableError):
    """A connection that broke off, or a server in trouble: asking once more may help.

    `after` is how many seconds the server asks to wait (Retry-After), None if it does not say.
    """

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class MalformedError(RequestError):
    """An answer that is not what an API server says."""

    reason = GapReason.MALFORMED
