"""Explanations for people: sections with headings, every step with the place that says so, within 80 columns."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from kubectl_gmg.model.finding import Edit
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.workloads import called
from kubectl_gmg.render import Locate
from kubectl_gmg.render.page import Block, Page, Span, line, terminal_width
from kubectl_gmg.render.plain import shown
from kubectl_gmg.render.routes import MARKS, goes_to, listener_name, reached, short_names, tails
from kubectl_gmg.render.streams import asked_for, kind_of
from kubectl_gmg.render.words import full_route_text, route_text
from kubectl_gmg.views import Alternative, Effect, Explained, Explanation, Look, RouteRow, Step

HEADINGS = {
    "route": ("what it matches", "where it stands", "options", "what it does"),
    "url": ("what it matches", "where it stands", "options", "what happens"),
    "table": ("who includes it", "where it stands", "options", "what it leads to"),
    "host": ("domains", "where it is served", "options", "its routes in trouble"),
    "gateway": ("listeners", "hosts", "options", "its routes in trouble"),
    "destination": ("the destination", "order", "options", "who sends traffic there"),
    "policy": ("what it chooses", "what it does not reach", "what it sets", "what it acts on"),
}
"""What the sections match, order, options and action are called for people."""

ABSENT = {"table": "why no rule includes it", "host": "why no gateway serves it"}
"""The same where something is in vain."""
WRONG = "what is wrong with it"
"""What the section action is called, and then told first, where the product cannot serve a route as it is written."""
NEVER, PARTLY, LATE = "why no request gets here", "who takes some of its requests", "which later routes match it too"
UNCONNECTED = "why no connection gets here"
CLOSEST, HOMELESS = "which routes came closest", "why no gateway serves this name"
"""What a route's rivals are called: the second part of the section order, and told before the rest."""

ONE_ROUTE = ("route", "url")
"""What is explained by one route, if any."""

WIDTH = 80
MOST_EFFECTS = 12
"""Routes that a change moves and that are told for people; JSON has all."""
MOST_ROWS = 40
"""Routes of a table, host and the like that are listed for people; JSON has all."""

SIGNS = {"lost": "✗ ", "displaced": "✗ "}
STYLES = {"lost": "red", "displaced": "dim", "rewritten": "cyan"}


class Sheet:
    """Collects the lines of a page, each filled to the width that is wanted."""

    def __init__(self, locate: Locate, look: Look) -> None:
        self._locate = locate
        self._width = min(terminal_width(look) or WIDTH, WIDTH)
        self._place = ""
        self.blocks: list[Block] = []

    def text(self, text: str, indent: int = 0, hang: int | None = None, style: str = "") -> None:
        """A text, filled; words that are too long for a line stay whole."""
        first = " " * indent
        filled = self._filled(text, first, " " * (indent if hang is None else hang))
        if any(len(each) > self._width for each in filled):
            filled = self._filled(text, first, first)  # a field that is too long for a hanging line
        self.blocks += [line(Span(each, style)) for each in filled or [""]]

    def _filled(self, text: str, first: str, later: str) -> list[str]:
        width = max(self._width, len(later) + 20)
        return textwrap.wrap(
            shown(text),
            width,
            initial_indent=first,
            subsequent_indent=later,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def gap(self) -> None:
        """An empty line, once."""
        if self.blocks and self.blocks[-1] != line():
            self.blocks.append(line())

    def step(self, step: Step, indent: int = 2) -> None:
        """A step, and the place that says so below it unless the step before has just named it."""
        sign = SIGNS.get(step.kind, "")
        self.text(f"{sign}{step.text}", indent, indent + 2, STYLES.get(step.kind, ""))
        before, self._place = self._place, self.place(step.at) if step.at is not None else ""
        if self._place and self._place != before:
            self.text(self._place, indent + 4, indent + 6, "dim")

    def place(self, origin: Origin) -> str:
        """A field of an object, with file and line where they are known."""
        file, number = self._locate(origin)
        where = f" ({file}:{number})" if file and number else f" ({file})" if file else ""
        return f"{foldable(str(origin), self._width - 6)}{where}"

    def section(self, heading: str, steps: tuple[Step, ...]) -> None:
        """A heading with its steps, each once; nothing without any."""
        if not steps:
            return
        self.gap()
        self.text(heading, style="bold")
        self._place = ""
        told: set[tuple[str, Origin | None]] = set()
        for step in steps:
            if (step.text, step.at) not in told:
                told.add((step.text, step.at))
                self.step(step)


def foldable(place: str, room: int) -> str:
    """A place with blanks behind some dots of its field, where that is longer than a line."""
    *before, field = place.split(" ")
    while len(field) > room and (cut := field.rfind(".", 0, room)) > 0:
        before.append(field[: cut + 1])
        field = field[cut + 1 :]
    return " ".join((*before, field))


def text(view: Explanation, locate: Locate, look: Look) -> Page:
    """`explain`: listeners that serve a host alike are told together."""
    sheet = Sheet(locate, look)
    if view.items and view.items[0].what_if is not None:  # the same for all of them
        what_if(sheet, view.items[0].what_if)
        return tuple(sheet.blocks)
    for items in grouped(view):
        sheet.gap()
        one(sheet, items)
    return tuple(sheet.blocks)


def grouped(view: Explanation) -> list[list[Explained]]:
    """The explanations, those of one route on several listeners of one gateway together."""
    found: dict[object, list[Explained]] = {}
    for place, item in enumerate(view.items):
        alike = item.target_type == "route" and item.rows
        key: object = fate(item.rows[0]) if alike else place
        found.setdefault(key, []).append(item)
    return list(found.values())


def fate(row: RouteRow) -> tuple[object, ...]:
    """Equal for a route on two listeners of a gateway that have the same to say of it."""
    reach = row.reach
    told = (reach.proof, reach.partly, reach.decided, reach.witness is None) if reach else ()
    return id(row.gateway), id(row.route), *told


def one(sheet: Sheet, items: list[Explained]) -> None:
    """One explanation in full."""
    item = items[0]
    told_first = item.title if item.target_type == "url" else ()
    for each in told_first:
        sheet.text(each, hang=2, style="bold")
    if item.target_type in ("route", "url") and item.rows:
        route_head(sheet, item.rows[0], [each.rows[0] for each in items])
        for other in item.rows[1:]:
            route_head(sheet, other, [other])
    for each in () if told_first else item.title:
        sheet.text(each)
    if item.versus is not None:
        sheet.section("which comes first, and why", item.versus.because)
        return
    stands, rivals = parted(item)
    wrong = item.target_type in ONE_ROUTE and any(row.route.terminal.because for row in item.rows)
    sheet.section(WRONG, item.action if wrong else ())
    sheet.section(rivals_heading(item), rivals)
    changes(sheet, item.alternatives if rivals else ())
    described(sheet, replace(item, order=stands, action=() if wrong else item.action))
    changes(sheet, () if rivals else item.alternatives)


def described(sheet: Sheet, item: Explained) -> None:
    """The sections one after the other, and what a thing leads to."""
    match, order, options, action = HEADINGS[item.target_type]
    absent = ABSENT.get(item.target_type, "") if not item.rows else ""
    sheet.section(absent if item.target_type == "table" and in_vain(item.match) else match, item.match)
    reaching = item.target_type == "policy" and bool(item.rows)  # then what it does not reach comes last
    stands = absent if item.target_type == "host" and in_vain(item.order) else order
    sheet.section(stands, () if reaching else item.order)
    sheet.section(options, item.options)
    sheet.section(action, item.action)
    own_policies(sheet, item)
    sheet.section(stands, item.order if reaching else ())
    if item.target_type not in ONE_ROUTE:
        listed(sheet, item.rows, headed=item.target_type in ("destination", "policy"))
    if item.not_simulated:
        sheet.gap()
        sheet.text(f"not simulated, though it may change the answer: {', '.join(item.not_simulated)}", hang=2)


def own_policies(sheet: Sheet, item: Explained) -> None:
    """The policies of a route; of a policy its routes, and not more of them than a reader wants."""
    if item.target_type != "policy":
        sheet.section("policies", item.policies)
        return
    sheet.section("its routes", item.policies[:MOST_ROWS])
    if len(item.policies) > MOST_ROWS:
        sheet.text(f"and {len(item.policies) - MOST_ROWS} more: see -o json", indent=2)


def rivals_heading(item: Explained) -> str:
    """What the routes that take requests of this one are called; without a route those that came closest."""
    if not item.rows:
        return CLOSEST if all(step.value for step in item.order) else HOMELESS
    if item.target_type == "url":
        return LATE
    reach = item.rows[0].reach
    if item.rows[0].route.connection is not None:
        return UNCONNECTED
    return NEVER if reach and reach.proof else PARTLY


def in_vain(steps: tuple[Step, ...]) -> bool:
    """Whether the steps say why something does not come to be."""
    return any(step.kind == "lost" for step in steps) and not any(step.kind == "applied" for step in steps)


def parted(item: Explained) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Where a route stands, and apart from that who takes its requests."""
    if item.target_type not in ONE_ROUTE:
        return item.order, ()
    own = bool(item.rows)  # without a route there is no place either
    lost = [place for place, step in enumerate(item.order) if step.kind == "lost" and place >= own]
    if not lost:
        return item.order, ()
    rivals = item.order[lost[0] :]
    told = {step.other for step in rivals}
    return tuple(each for each in item.order[: lost[0]] if each.kind != "neighbour" or each.other not in told), rivals


def route_head(sheet: Sheet, row: RouteRow, alike: list[RouteRow]) -> None:
    """What a route is: its match and action, its id, and where it is served."""
    route = row.route
    place = f"#{route.index}" if route.index is not None else "-"
    name = route.terminal.rules[-1].name or row.id.rpartition("/")[2]
    sheet.text(f"{place} {name}: {full_route_text(route)} → {goes_to(row)}", hang=2, style="bold")
    sheet.text(row.id, indent=2)
    listeners = " ".join(dict.fromkeys(listener_name(each.listener) for each in alike))
    served = f"{kind_of(row.host)} {asked_for(row.host)}".rstrip()
    at = "" if row.gateway.sidecars is not None else f" {listeners}"
    sheet.text(f"{called(row.gateway)}{at} · {served}", indent=2, hang=4)


def listed(sheet: Sheet, rows: tuple[RouteRow, ...], *, headed: bool) -> None:
    """The routes that something leads to, each once for every host, which is named where it is not plain."""
    distinct: dict[object, RouteRow] = {}
    for row in rows:
        distinct.setdefault((id(row.gateway), id(row.route)), row)
    found = list(distinct.values())
    if not found:
        return
    sheet.gap()
    hosts: dict[object, list[RouteRow]] = {}
    for row in found[:MOST_ROWS]:
        hosts.setdefault((id(row.gateway), id(row.host)), []).append(row)
    for kept in hosts.values():
        if headed or len(hosts) > 1:
            served = f"{kind_of(kept[0].host)} {asked_for(kept[0].host)}".rstrip()
            sheet.text(f"{called(kept[0].gateway)} · {served}", hang=2)
        host_rows(sheet, kept)
    if len(found) > MOST_ROWS:
        sheet.text(f"and {len(found) - MOST_ROWS} more routes: see -o json", indent=2)


def host_rows(sheet: Sheet, rows: list[RouteRow]) -> None:
    """The routes of one host in columns; where what they do does not fit it goes on below."""
    names = short_names(rows)
    cells = [(place_text(row), route_text(row.route), mark(row), names[row.id]) for row in rows]
    widths = [max(len(shown(each)) for each in column) for column in zip(*cells, strict=True)]
    for row, (place, match, dead, name) in zip(rows, cells, strict=True):
        marked = f"{dead:<{widths[2]}}  " if widths[2] else ""
        head = f"{place:>{widths[0]}}  {shown(match):<{widths[1]}}  {marked}{shown(name):<{widths[3]}}"
        sheet.text(f"{head}  {goes_to(row)}", indent=1, hang=6)


def place_text(row: RouteRow) -> str:
    """The place in the proxy's list."""
    return str(row.route.index or "-")


def mark(row: RouteRow) -> str:
    """Whether requests get to a route, in a word; nothing where all of them do."""
    found = MARKS.get(reached(row))
    return found.text if found else ""


def changes(sheet: Sheet, alternatives: tuple[Alternative, ...]) -> None:
    """What would change it, each with what else it changes."""
    if not alternatives:
        return
    sheet.gap()
    sheet.text("what would change that (each was tried out, nothing was written)", style="bold")
    for each in alternatives:
        for number, edit in enumerate(each.edits):
            sheet.text(("and " if number else "") + edit_words(edit), indent=2, hang=4)
            sheet.text(sheet.place(edit.at), indent=6, hang=8, style="dim")
        if each.wins:
            sheet.text(each.wins, indent=4, hang=6)
        for effect in effect_words(tuple(one for one in each.effect if not is_told(one, each.wins))):
            sheet.text(effect, indent=4, hang=6)


def is_told(effect: Effect, wins: str) -> bool:
    """Whether what a change gains says already what becomes of a route."""
    name, *said = wins.split() or [""]
    return effect.after in said and name == effect.id.rpartition("/")[2]


def changed_field(edit: Edit) -> str:
    """The name of a field that changes; an entry of a list changes its position there."""
    field = edit.at.field
    return "position" if field.endswith("]") else field.rpartition(".")[2]


def edit_words(edit: Edit) -> str:
    """A change in words."""
    field, name = changed_field(edit), f'"{edit.name}"' if edit.name else str(edit.at.ref)
    if field == "position":
        return f"move {name} to place {edit.after} of its list, where it has place {edit.before} now"
    label = "label " if "labels" in edit.at.path[-2:-1] else ""
    before = f"now {edit.before}" if edit.before is not None else "not written now"
    return f"set {label}{field} of {name} to {edit.after} ({before})"


def endings(ids: Collection[str]) -> dict[str, str]:
    """The shortest end of each id that no other has."""
    counts = Counter(tail for each in ids for tail in tails(each))
    return {each: next(tail for tail in tails(each) if counts[tail] == 1 or tail == each) for each in ids}


def effect_words(effects: tuple[Effect, ...]) -> Iterator[str]:
    """What becomes of each route, those that listeners serve alike once."""
    several = {each.id for each in effects if each.match_index > 1}
    names = endings({each.id for each in effects})
    told: dict[str, None] = {}
    for each in effects:
        name = names[each.id] + (f" (match {each.match_index})" if each.id in several else "")
        told[f"{name}  {each.before} → {each.after}"] = None
    yield from list(told)[:MOST_EFFECTS]
    if len(told) > MOST_EFFECTS:
        yield f"and {len(told) - MOST_EFFECTS} more routes change their place: see -o json"


def what_if(sheet: Sheet, alternative: Alternative) -> None:
    """What would happen after a change that somebody asked about (`spec/cli.md` 7)."""
    for number, edit in enumerate(alternative.edits):
        field = changed_field(edit)
        owner = edit.at.ref.name
        name = owner if edit.name in ("", owner) else f"{owner}/{edit.name}"
        sheet.text(f"{'and' if number else 'what if'}  {field} of {name} were {edit.after}", hang=9, style="bold")
    effects = list(effect_words(alternative.effect))
    for each in effects:
        sheet.text(each, indent=2, hang=4)
    sheet.text("resolved again; nothing else changes" if effects else "resolved again; nothing changes")
