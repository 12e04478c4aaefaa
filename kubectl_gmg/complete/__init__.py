"""Candidates for completion, as kubectl and the shells ask for them (`spec/cli.md` 1).

The arguments are the words after `kubectl gmg` up to the cursor, the last one being completed. Each line of the answer
is `VALUE` or `VALUE<TAB>DESCRIPTION`; the last one is `:N`, a sum of what the shell has to observe (`directive`).

A shell waits for every key: what static words need is imported here, and nothing else. Not even `pathlib` or
`dataclasses`, which take longer to import than the whole answer takes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from kubectl_gmg.complete.answer import Answer, nothing
from kubectl_gmg.complete.line import parsed
from kubectl_gmg.complete.values import Known, answer_to


class Unasked(Known):
    """Knows nothing, and remembers whether that made a difference."""

    def __init__(self) -> None:
        self.asked = False

    def names(self) -> None:
        """No names."""
        self.asked = True

    def entries(self, section: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever is asked for
        """No entries of a kubeconfig."""
        self.asked = True
        return ()


def answer(words: Sequence[str]) -> Answer:
    """The candidates for the last of `words`: what takes longer than a shell may wait is left out."""
    line = parsed(words)
    unasked = Unasked()
    static = answer_to(line, unasked)
    if not unasked.asked:
        return static
    from kubectl_gmg.complete.live import in_time  # noqa: PLC0415 - static words do without all of that

    return in_time(line, static)


def columns() -> int:
    """The width of the terminal that the shell is on; without one there is room for everything."""
    try:
        return os.get_terminal_size(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)).columns or sys.maxsize
    except (OSError, AttributeError):
        return sys.maxsize


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the candidates for the last of the words, and end the process; nothing ever on stderr, not even a bug.

    A thread may still wait for a file system that never answers, so the process ends without asking it.
    """
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        found = answer(sys.argv[1:] if arguments is None else arguments).on(columns())
    except BaseException:  # noqa: BLE001 - Ctrl-C too: a prompt is no place for a traceback
        found = nothing()
    try:
        text = found.text().encode()
        while text:
            text = text[os.write(1, text) :]
    finally:
        os._exit(0)
