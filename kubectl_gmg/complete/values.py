"""What may stand at the cursor: commands, flags, and the values that each flag and argument takes (`spec/cli.md` 2)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from kubectl_gmg.complete.answer import Answer, Candidate, files, fitting, nothing
from kubectl_gmg.complete.line import Flag, Line

TYPE_CHECKING = False  # type checkers know the name; `typing` is slow to import
if TYPE_CHECKING:
    from kubectl_gmg.complete.names import Names

MANIFESTS = ("yaml", "yml", "json")
CODE = "gmg"
"""What the code of a finding begins with, in small letters, which mean the same."""
FILE = "FILE"
"""What the value of a flag is called that names a file."""


class Known(ABC):
    """What is known besides the words of the program."""

    @abstractmethod
    def names(self) -> Names | None:
        """The names in the source that the command would read; None if they are not known."""

    @abstractmethod
    def entries(self, section: str) -> tuple[str, ...]:
        """The names of the `contexts`, `clusters` or `users` of the kubeconfig."""


def answer_to(line: Line, known: Known) -> Answer:
    """The candidates for the word at the cursor; of `--flag=value` those for the value alone, as kubectl wants them."""
    found = whole_words(line, known)
    return found.behind(line.prefix) if line.prefix.endswith("=") else found


def whole_words(line: Line, known: Known) -> Answer:
    """The candidates for the whole word at the cursor."""
    if line.lost:
        return nothing()
    if line.flag is not None:
        return of_flag(line, line.flag, known)
    if line.word.startswith("-") and not line.ended:
        return fitting(flags(line), line.word)
    if line.command.commands:
        return fitting((Candidate(name, text) for name, text in line.command.commands), line.word)
    return of_argument(line, known)


def flags(line: Line) -> Iterator[Candidate]:
    """The flags that may still be given, the long names first."""
    left = tuple(line.left())
    for dashes in ("--", "-"):
        yield from (
            Candidate(name, flag.text)
            for flag in left
            for name in flag.names
            if name.startswith("--") is (dashes == "--")
        )


def said(pairs: Iterable[Sequence[str]]) -> Iterator[Candidate]:
    """Values that the program knows, with their descriptions."""
    return (Candidate(value, text, goes_on=value.endswith(("=", "."))) for value, text in pairs)


def as_typed(pairs: Iterable[Sequence[str]], typed: str) -> Iterator[Candidate]:
    """Values that the program knows; codes in small letters for who types them so."""
    small = typed.startswith(CODE[0]) and CODE.startswith(typed[: len(CODE)])
    return said((value.lower() if small and value.startswith(CODE.upper()) else value, text) for value, text in pairs)


def of_flag(line: Line, flag: Flag, known: Known) -> Answer:
    """The values of the flag at the cursor."""
    if flag.name == "filename":
        return files(*MANIFESTS)
    if flag.metavar == FILE:
        return files()
    if flag.listed:
        return in_list(line, flag, known)
    if flag.parts and "=" in line.value:
        return in_pair(line, flag, known)
    if flag.name == "ignore" and "=" in line.value:
        return live(line, "object", known, f"{line.prefix}{line.value.partition('=')[0]}=")
    if flag.name == "workload_context" and "=" in line.value:
        return live(line, "context", known, f"{line.prefix}{line.value.partition('=')[0]}=")
    if flag.values:
        return fitting((each.after(line.prefix) for each in as_typed(flag.values, line.value)), line.word)
    return live(line, flag.name, known, line.prefix)


def in_list(line: Line, flag: Flag, known: Known) -> Answer:
    """The values of a flag that takes `a,b`: those that are not in the list yet."""
    before, comma, _ = line.value.rpartition(",")
    prefix = f"{line.prefix}{before}{comma}"
    if not flag.values:
        return live(line, flag.name, known, prefix, without=before.split(","))
    taken = set(before.split(","))
    known_values = as_typed(flag.values, line.word[len(prefix) :])
    return fitting((each.after(prefix) for each in known_values if each.value not in taken), line.word)


def in_pair(line: Line, flag: Flag, known: Known) -> Answer:
    """The values of `KEY=VALUE` for the key that is typed."""
    key, _, _ = line.value.partition("=")
    prefix = f"{line.prefix}{key}="
    if values := flag.parts.get(key):
        return fitting((each.after(prefix) for each in said(values)), line.word)
    return live(line, f"{flag.name} {key}", known, prefix)


def of_argument(line: Line, known: Known) -> Answer:
    """The values of the argument at the cursor."""
    wanted = line.command.argument(len(line.arguments)).rstrip(".")
    if wanted == FILE:
        return files()
    if line.command.values and wanted:
        return fitting(as_typed(line.command.values, line.word), line.word)
    if wanted == "TARGET" and line.command.path == ("explain",) and line.word.startswith(("G", CODE)):
        codes = fitting(as_typed(line.everything["codes"], line.word), line.word)
        if codes.candidates:
            return codes
    return live(line, wanted, known, "")


def live(line: Line, what: str, known: Known, prefix: str, without: Iterable[str] = ()) -> Answer:
    """The names of one sort that begin with what is typed behind `prefix`."""
    from kubectl_gmg.complete import targets  # noqa: PLC0415 - static words do without

    find = targets.SORTS.get(what)
    if find is None:
        return nothing()
    typed, taken = line.word[len(prefix) :], set(without)
    found = (each for each in find(targets.Asked(line, typed, known)) if each.value not in taken)
    return fitting((each.after(prefix) for each in found), line.word, ordered=what in targets.ORDERED)
