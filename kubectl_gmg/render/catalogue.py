"""The catalogue of findings for people and for the README (`spec/cli.md` 6.7 and 8)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.finding import Severity
from kubectl_gmg.render import Locate
from kubectl_gmg.render.explanation import Sheet
from kubectl_gmg.render.page import Line, Page, Span, line, terminal_width
from kubectl_gmg.render.plain import shown
from kubectl_gmg.views import Look, RuleInfo, RuleList

FAMILIES = {
    "GMG0": "input and shape",
    "GMG1": "gateways, listeners, hosts, attachment",
    "GMG2": "delegation",
    "GMG3": "order and matching",
    "GMG4": "actions and destinations",
    "GMG5": "options, policies, workspaces",
    "GMG6": "what the controller reports",
}
"""What the first figure of a code means (`spec/cli.md` 8)."""

ABSENT = "-"
"""Stands where a generation does not have a rule."""
EXAMPLE_INDENT = 4
WITH_SLUGS = 100
"""Columns from which on a terminal has room for the slugs."""


def family(rule: RuleInfo) -> str:
    """What the rules whose codes begin alike are about."""
    return FAMILIES.get(rule.code[:4], "other")


def table(view: RuleList, locate: Locate, look: Look) -> Page:
    """`rules`: a row for every rule, or all that is known of one."""
    if not view.whole:
        return tuple(short_table(view, look))
    sheet = Sheet(locate, look)
    for rule in view.rules:
        sheet.gap()
        page_of(sheet, rule)
    return tuple(sheet.blocks)


def generations(view: RuleList) -> tuple[str, ...]:
    """The generations that the rules speak of, each once."""
    return tuple(dict.fromkeys(name for rule in view.rules for name, _ in rule.severities))


def severity_in(rule: RuleInfo, generation: str) -> Severity | None:
    """How bad the problems of a rule are in a generation."""
    return dict(rule.severities).get(generation)


def short_table(view: RuleList, look: Look) -> Iterator[Line]:
    """What every rule is called, how bad it is, and what it finds; a narrow terminal has no room for the slugs.

    Rows are lines and no table, since only what a rule finds may go on below: nobody can copy half a slug.
    """
    width = terminal_width(look)
    rows = table_rows(view, with_slugs=width is None or width >= WITH_SLUGS)
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for number, (*cells, finds) in enumerate(rows):
        if number or look.headers:
            head = "".join(f"{each:<{size}}  " for each, size in zip(cells, widths, strict=False))
            style = "" if number else "bold"
            yield Line((Span(head, style), Span(finds, style)), " " * len(head))


def table_rows(view: RuleList, *, with_slugs: bool) -> list[list[str]]:
    """The cells of the table of all rules, the titles first."""
    names = generations(view)
    rows = [["CODE", "SLUG", *(name.upper() for name in names), "FINDS"]]
    for rule in view.rules:
        bad = [each.value if (each := severity_in(rule, name)) else ABSENT for name in names]
        rows.append([shown(rule.code), shown(rule.slug), *bad, rule.title.removesuffix(".")])
    return rows if with_slugs else [[row[0], *row[2:]] for row in rows]


def page_of(sheet: Sheet, rule: RuleInfo) -> None:
    """All that is known of a rule."""
    sheet.text(f"{rule.code} {rule.slug}: {rule.title}", hang=2, style="bold")
    sheet.text(severities_text(rule), indent=2, hang=4)
    sheet.gap()
    prose(sheet, rule.why)
    if rule.example:
        heading(sheet, "example")
        literal(sheet, rule.example)
    for title, words in (("fix", rule.fix), ("source", rule.source)):
        if words:
            heading(sheet, title)
            prose(sheet, words, indent=2)
    if rule.rows:
        heading(sheet, "rows of the specification")
        sheet.text(", ".join(rule.rows), indent=2)


def severities_text(rule: RuleInfo) -> str:
    """How bad the problems of a rule are in each generation."""
    return ", ".join(f"{name}: {each.value if each else 'no such rule'}" for name, each in rule.severities)


def heading(sheet: Sheet, title: str) -> None:
    """A heading, with an empty line above it."""
    sheet.gap()
    sheet.text(title, style="bold")


def prose(sheet: Sheet, words: str, indent: int = 0) -> None:
    """Paragraphs, filled; lines that are set out as a list or an example stay as they are."""
    for number, part in enumerate(words.split("\n\n")):
        if number:
            sheet.gap()
        if any(each.startswith((" ", "- ", "* ")) for each in part.split("\n")):
            literal(sheet, part, indent)
        else:
            sheet.text(" ".join(part.split()), indent=indent)


def literal(sheet: Sheet, words: str, indent: int = EXAMPLE_INDENT) -> None:
    """Lines as they are written."""
    lead = " " * indent
    sheet.blocks += [line(lead, shown(each), hang=lead) if each.strip() else line() for each in words.split("\n")]


def markdown(view: RuleList, _locate: Locate, _look: Look) -> str:
    """`rules -o markdown`: a table of all rules, or a section for one."""
    return "\n\n".join(map(section, view.rules)) if view.whole else markdown_table(view)


def markdown_table(view: RuleList) -> str:
    """The rules as a table."""
    (code, slug, *_, finds), *rows = table_rows(view, with_slugs=True)
    heads = [code.capitalize(), slug.capitalize(), *generations(view), finds.capitalize()]
    return "\n".join(f"| {' | '.join(map(cell, row))} |" for row in (heads, ["---"] * len(heads), *rows))


def cell(text: str) -> str:
    """Our own Markdown within a cell of a table."""
    return inert(text).replace("|", "\\|")


def inert(text: str) -> str:
    """Our own Markdown without anything that a terminal obeys or a browser takes for HTML."""
    return "\n".join(map(shown, text.split("\n"))).replace("<", "&lt;")


def section(rule: RuleInfo) -> str:
    """All that is known of a rule, as a section of a page."""
    return "\n\n".join(section_parts(rule))


def section_parts(rule: RuleInfo) -> Iterator[str]:
    """The parts of a section; an example stands in a fence that nothing in it closes."""
    yield f"### {inert(f'{rule.code} {rule.slug}')}"
    yield f"**{inert(rule.title)}** ({severities_text(rule)})"
    yield from explained(rule)


def explained(rule: RuleInfo) -> Iterator[str]:
    """Why a rule exists, an example, what mends it, and where that is written, in Markdown."""
    if rule.why:
        yield inert(rule.why)
    if rule.example:
        example = "\n".join(map(shown, rule.example.split("\n")))
        fence = "`" * (3 + example.count("```"))
        yield f"{fence}text\n{example}\n{fence}"
    for title, words in (("Fix", rule.fix), ("Source", rule.source)):
        if words:
            yield f"**{title}:** {inert(words)}"
    if rule.rows:
        yield f"**Rows of the specification:** {inert(', '.join(rule.rows))}"
