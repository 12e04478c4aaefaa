"""Findings as a compiler speaks, one a line, and as annotations of GitHub (`spec/cli.md` 2.3 and 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from kubectl_gmg.model.finding import Fix, Note, Severity
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.render import Locate
from kubectl_gmg.render.page import Block, Line, Page, Span, line, terminal_width
from kubectl_gmg.render.plain import shown
from kubectl_gmg.render.routes import plural
from kubectl_gmg.views import Finding, FindingList, Look

STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold cyan"}
MOST_RELATED = 8
"""Related places that are printed for people; JSON has all."""
LEAST_GUTTER = 2
"""Columns left of the arrow, more where the number of the line is longer."""
MOST_ALIGNED = 40
"""Letters of the longest cell that others are aligned with."""
LEAST_EXCERPT = 20
"""Letters of a line that are shown however narrow the terminal is."""
LONGEST_LINE = 2_000
"""Letters of a line that may be shown; of a longer one, as of JSON without line breaks, a part would tell nothing."""
STDIN = "-"
"""The name of what was read from stdin."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in three columns: file and line, the object, the field; what is not known is empty."""

    where: str
    owner: str
    field: str


def text(view: FindingList, locate: Locate, look: Look) -> Page:
    """`check`: every finding with its place, its proof and what mends it; suppressed ones are only counted."""
    width = terminal_width(look)
    blocks: list[Block] = []
    for finding in view.counted:
        blocks += [*entry(finding, locate, width, look), line()]
    return (*blocks, *summary(view))


def entry(finding: Finding, locate: Locate, width: int | None, look: Look) -> Iterator[Line]:
    """One finding."""
    lead = " " * max(LEAST_GUTTER, len(str(finding.line or "")) if finding.excerpt is not None else 0)
    problem = finding.problem
    yield headline(finding)
    first, *others = places(finding, problem.related[:MOST_RELATED], locate)
    yield from placed(f"{lead}--> ", first, "", width)
    yield from excerpt(finding, lead, width, look)
    for note, cells in zip(problem.related, others, strict=False):
        yield from placed(f"{lead} =  ", cells, f": {note.text}", width)
    if len(problem.related) > MOST_RELATED:
        yield line(f"{lead} =  … and {len(problem.related) - MOST_RELATED} more")
    if problem.request is not None:
        yield hung(f"{lead} = proof  ", Span(str(problem.request)))
    if problem.fix is not None:
        yield hung(f"{lead} = fix    ", Span(fix_text(problem.fix)))
    elif finding.hint:
        yield hung(f"{lead} = help   ", Span(finding.hint))


def headline(finding: Finding) -> Line:
    """What is wrong."""
    severity, rule = finding.severity, finding.rule
    head = Span(f"{severity.value}[{rule.code}] ", STYLES[severity])
    return Line((head, Span(rule.slug, "bold"), Span(f": {finding.problem.message}")), " " * len(head.text))


def hung(head: str, *spans: Span) -> Line:
    """A line that goes on below, behind its head, where a terminal is too narrow."""
    return Line((Span(head, "dim"), *spans), " " * len(head))


def places(finding: Finding, notes: Iterable[Note], locate: Locate) -> list[Place]:
    """The place of a finding, then those of its notes, in columns of equal width."""
    at = finding.problem.at
    found = [place(at, finding.file, finding.line), *(place(each.at, *locate(each.at)) for each in notes)]
    wheres, owners = [each.where for each in found], [each.owner for each in found]
    return [
        Place(where, owner, each.field)
        for where, owner, each in zip(padded(wheres), padded(owners), found, strict=True)
    ]


def place(at: Origin, file: str | None, number: int | None) -> Place:
    """A place, with the line where one is known."""
    name = file_name(file)
    return Place(f"{name}:{number}" if name and number else name, object_text(at.ref), at.field)


def padded(cells: list[str]) -> list[str]:
    """The cells, all as wide as the widest that is no monster; nothing if all are empty."""
    width = max((len(each) for each in cells if len(each) <= MOST_ALIGNED), default=0)
    return [each.ljust(width) for each in cells]


def placed(head: str, cells: Place, note: str, width: int | None) -> Iterator[Line]:
    """A place on a line; a narrow terminal moves whole columns below."""
    columns = [each for each in (cells.where, cells.owner, cells.field) if each]
    rows = ["  ".join(columns).rstrip() + note]
    if width is not None and len(head) + len(rows[0]) > width:
        rows = packed([*(each.strip() for each in columns[:-1]), columns[-1].strip() + note], width - len(head))
    yield hung(head, Span(rows[0]))
    yield from (hung(" " * len(head), Span(each)) for each in rows[1:])


def packed(cells: list[str], room: int) -> list[str]:
    """The cells in as few rows as they fit in."""
    rows: list[str] = []
    for each in filter(None, cells):
        if rows and len(rows[-1]) + len("  ") + len(each) <= room:
            rows[-1] += f"  {each}"
        else:
            rows.append(each)
    return rows


def file_name(file: str | None) -> str:
    """A file as people know it; empty for none."""
    return "stdin" if file == STDIN else file or ""


def object_text(ref: ObjectRef) -> str:
    """An object: kind, namespace, name, and its cluster where that is another than the context's."""
    name = f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
    return f"{ref.kind} {name}" + (f" @{ref.cluster}" if ref.cluster else "")


def place_text(at: Origin) -> str:
    """A field of an object, in words."""
    return f"{object_text(at.ref)} {at.field}".rstrip()


def excerpt(finding: Finding, lead: str, width: int | None, look: Look) -> Iterator[Line]:
    """The line of the file with its number, and a mark below the key if it stands there once."""
    text = finding.excerpt or ""
    if finding.line is None or len(text) > LONGEST_LINE or not text.strip():
        return
    head = f"{finding.line:>{len(lead)}} | "
    written = shown(text.strip())
    mark = key_of(written, finding.problem.at)
    if width is not None:
        written, mark = cut(written, mark, max(width - len(head), LEAST_EXCERPT), "…" if look.unicode else "...")
    yield Line((Span(head, "dim"), Span(written)), f"{lead} | ")
    if mark is not None:
        pointer = "^" * (mark.stop - mark.start)
        yield line(Span(f"{lead} | ", "dim"), " " * mark.start, Span(pointer, STYLES[finding.severity]))


def key_of(written: str, at: Origin) -> range | None:
    """Where the last key of a field's path stands in a line; None if it does not, or not only once.

    Also None behind letters other than ASCII, since nobody knows how wide these are.
    """
    key = at.path[-1] if at.path else 0
    if not isinstance(key, str) or not key:
        return None
    forms = [each for each in (f"{key}:", f'"{key}":', f"'{key}':") if each in written]
    if len(forms) != 1 or written.count(forms[0]) != 1:
        return None
    start = written.index(forms[0])
    plain = written[:start].isascii() and key.isascii() and (start == 0 or written[start - 1] in " {,[")
    return range(start, start + len(forms[0]) - 1) if plain else None


def cut(written: str, mark: range | None, room: int, sign: str) -> tuple[str, range | None]:
    """As much of a line as there is room for, around its mark, and where the mark is then."""
    if len(written) <= room:
        return written, mark
    inner = room - len(sign)
    start = 0
    if mark is not None and mark.stop > inner:
        start = min(mark.start - room // 4, len(written) - inner)
        inner -= len(sign) if start + inner < len(written) else 0
    after = sign if start + inner < len(written) else ""
    if not start:
        return written[:inner] + after, mark
    moved = len(sign) - start
    shifted = None if mark is None else range(mark.start + moved, min(mark.stop + moved, room - len(after)))
    return f"{sign}{written[start : start + inner]}{after}", shifted


def fix_text(fix: Fix) -> str:
    """A change, and whether it was tried out."""
    return f"{fix.text} (verified)" if fix.verified else fix.text


def summary(view: FindingList) -> Iterator[Line]:
    """What was checked, what was found, and what could not be checked."""
    seen = (plural(view.objects, "object"), plural(view.hosts, "host"), plural(view.routes, "route"))
    left_out = len(view.items) - len(view.counted)
    suppressed = f" ({left_out} suppressed)" if left_out else ""
    yield line(f"checked {', '.join(seen)}: ", *verdict(view), suppressed)
    for kinds, codes in unjudged(view):
        yield hung("not checked everywhere: ", Span(f"{', '.join(codes)} ({kinds} not read)"))


def verdict(view: FindingList) -> Iterator[str | Span]:
    """How many findings of each severity there are; nothing wrong is only said of what was read."""
    counts = {each: sum(found.severity is each for found in view.counted) for each in Severity}
    if not any(counts.values()):
        yield Span("no problems found" if is_complete(view) else "no problems found in what could be checked", "bold")
        return
    between = ""
    for severity, count in counts.items():
        if count or severity is not Severity.INFO:
            yield between
            yield Span(plural(count, severity.value), STYLES[severity] if count else "")
            between = ", "


def is_complete(view: FindingList) -> bool:
    """Whether everything was read, and every rule judged everywhere."""
    return not view.about.gaps and not view.not_checked


def unjudged(view: FindingList) -> Iterator[tuple[str, list[str]]]:
    """The rules that could not be judged everywhere, by the kinds that they lack."""
    lacking: dict[tuple[str, ...], list[str]] = {}
    for each in view.not_checked:
        lacking.setdefault(each.missing, []).append(each.code)
    for kinds, codes in lacking.items():
        yield ", ".join(kinds), codes


def short(view: FindingList, _locate: Locate, _look: Look) -> str:
    """`check -o short`: a line for every finding, as editors read them."""
    return "\n".join(shown(short_line(each)) for each in view.counted)


def short_line(finding: Finding) -> str:
    """One finding: what editors jump to stands first."""
    problem = finding.problem
    said = f"{finding.severity.value} {finding.rule.code} {problem.message}"
    where, at = place(problem.at, finding.file, finding.line).where, place_text(problem.at)
    return f"{where}: {said} [{at}]" if where else f"{at}: {said}"


ANNOTATIONS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(view: FindingList, _locate: Locate, _look: Look) -> str:
    """`check -o github`: workflow commands, from which GitHub makes annotations."""
    return "\n".join(workflow_command(each) for each in view.counted)


def workflow_command(finding: Finding) -> str:
    """One finding; without a file its object stands in the message."""
    problem, rule = finding.problem, finding.rule
    file = finding.file if finding.file != STDIN else None
    properties = [f"file={property_text(PurePath(file).as_posix())}"] if file else []
    properties += [f"line={finding.line}"] if file and finding.line else []
    properties.append(f"title={property_text(f'{rule.code} {rule.slug}')}")
    message = problem.message if file else f"{place_text(problem.at)}: {problem.message}"
    return f"::{ANNOTATIONS[finding.severity]} {','.join(properties)}::{data_text(message)}"


def data_text(message: str) -> str:
    """The text behind a workflow command, escaped as GitHub undoes it; no other control character is left."""
    return shown(message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def property_text(value: str) -> str:
    """The value of a property of a workflow command."""
    return data_text(value).replace(":", "%3A").replace(",", "%2C")
