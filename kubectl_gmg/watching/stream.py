"""A watch that is printed one state below the other: the whole answer first, then only what is another."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Protocol, Self

from kubectl_gmg.errors import GmgError
from kubectl_gmg.render import page as pages
from kubectl_gmg.render.plain import shown
from kubectl_gmg.watching import Answer, changes, lasting, require_reader, stamp

if TYPE_CHECKING:
    from kubectl_gmg.views import Look


class Form(Protocol):
    """What is printed of an answer."""

    def changed(self, answer: Answer, *, recovered: bool) -> Iterable[str]:
        """The text that is another than in the last answer; `recovered` says that there was no answer meanwhile."""

    def failed(self, error: GmgError) -> str:
        """Why there is no answer now, in one line."""


class Stream:
    """Prints on stdout what is another, and on stderr remarks, errors and troubles, when these are others."""

    patience = 1.0

    def __init__(self, form: Form, write: Callable[[Iterable[str]], None], tell: Callable[[str], None]) -> None:
        """`write` prints on stdout and flushes, `tell` prints one line on stderr."""
        self._form = form
        self._write = write
        self._tell = tell
        self._remarks: tuple[str, ...] = ()
        self._failed: tuple[str, str] | None = None
        self._trouble = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to put back."""

    def show(self, answer: Answer) -> None:
        """Print what is another than in the last answer."""
        recovered, self._failed = self._failed is not None, None
        text = self._form.changed(answer, recovered=recovered)
        if text:
            self._write(text)
        elif recovered:
            self._tell(f"# {stamp()} answered again, as before")
        if over := [remark for remark in self._remarks if remark not in answer.remarks]:
            self._tell(f"# {stamp()} no longer: {'; '.join(over)}")
        for remark in answer.remarks:
            if remark not in self._remarks:
                self._tell(f"note: {remark}")
        self._remarks = answer.remarks

    def fail(self, error: GmgError) -> None:
        """Say why there is no answer, once."""
        if self._failed != (error.message, error.hint):
            self._tell(self._form.failed(error))
        self._failed = error.message, error.hint

    def idle(self, trouble: str) -> None:
        """Say what is wrong when that changes, and that it is over."""
        if lasting(trouble) != self._trouble:
            self._trouble = lasting(trouble)
            self._tell(f"# {stamp()} {trouble or 'all is well again'}")
        require_reader()


class Lines:
    """Text of any kind: a line with the time, then the changed lines, `-` gone and `+` new."""

    def __init__(self, look: Look, *, headings: bool) -> None:
        self._look = look
        self._headings = headings
        self._rows: list[changes.Row] | None = None

    def changed(self, answer: Answer, *, recovered: bool) -> Iterable[str]:  # noqa: ARG002 - an error changes no line
        """The whole first, then each change below the heading that tells where it is."""
        before = self._rows
        self._rows = changes.rows_of(answer.page(self._look), headings=self._headings)
        if before is None:
            return answer.pieces()
        page = changes.page_of(changes.only_changes(changes.difference(before, self._rows)))
        if not page:
            return ()
        return (pages.printed((pages.line(f"# {stamp()}"), *page), self._look, headers=False),)

    def failed(self, error: GmgError) -> str:
        """With the time in front."""
        return f"# {stamp()} error: {error.message}{f' ({error.hint})' if error.hint else ''}"


class Documents:
    """JSON, one document a line, or YAML documents with `---` between them; only of answers that are others."""

    def __init__(self, *, one_line: bool) -> None:
        self._one_line = one_line
        self._digest = b""

    def changed(self, answer: Answer, *, recovered: bool) -> Iterable[str]:
        """The document, unless it is that of the last answer; after an error it is said again."""
        text = "".join(answer.pieces())
        digest = blake2b(text.encode("utf-8", "surrogatepass")).digest()
        if digest == self._digest and not recovered:
            return ()
        between = () if self._one_line or not self._digest else ("---\n",)
        self._digest = digest
        return (*between, compact(text) if self._one_line else text)

    def failed(self, error: GmgError) -> str:
        """The error object in one line, so that stderr can be read by a program too (`spec/cli.md` 5.4)."""
        body = {
            "code": error.code,
            "kind": error.kind,
            "message": shown(error.message),
            "hint": shown(error.hint) or None,
            "at": shown(error.at) or None,
            "candidates": [shown(each) for each in error.candidates],
        }
        return json.dumps({"error": body})


def compact(text: str) -> str:
    """An indented JSON document on one line: outside of strings there is nothing to lose, and no line ends in one."""
    lines = (each.strip() for each in text.split("\n"))
    return "".join(f"{each} " if each.endswith(",") else each for each in lines)
