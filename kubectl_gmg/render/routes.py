"""Routes for people, and as names, CSV and Markdown."""

from __future__ import annotations

import csv as csv_format
import io
import re
import shlex
from collections import Counter
from itertools import groupby

from kubectl_gmg.model.action import Delegate, SortMethod
from kubectl_gmg.model.resolved import (
    DeadEnd,
    Delegation,
    Gateway,
    Host,
    Node,
    Reason,
    ResolvedListener,
    Status,
    Terminal,
)
from kubectl_gmg.model.workloads import called, covers, labels_words
from kubectl_gmg.render import Locate
from kubectl_gmg.render.addresses import address_lines
from kubectl_gmg.render.page import Block, Column, Line, Page, Span, Table, line
from kubectl_gmg.render.plain import shown
from kubectl_gmg.render.policies import policies_count, policies_text, policy_lines
from kubectl_gmg.render.streams import asked_for, kind_of, precedence, why_dropped
from kubectl_gmg.render.words import action_text, full_route_text, rewrite_text, route_text
from kubectl_gmg.views import About, Look, RouteList, RouteRow

SORTS = {SortMethod.TABLE_WEIGHT: "higher weight first", SortMethod.ROUTE_SPECIFICITY: "most specific route first"}


def table(view: RouteList, _locate: Locate, look: Look) -> Page:
    """`routes`: one block for every host."""
    return page(view, look)


def wide(view: RouteList, _locate: Locate, look: Look) -> Page:
    """`routes -o wide`: conditions spelled out, with tables, weights, rewrites and options."""
    return page(view, look)


def page(view: RouteList, look: Look) -> Page:
    """The blocks of all hosts, and a summary."""
    blocks: list[Block] = [] if not look.headers else [line(*scope(view.about)), line()]
    by_place: dict[tuple[int, int, int], list[RouteRow]] = {}
    for row in view.rows:
        by_place.setdefault((id(row.gateway), id(row.listener), id(row.host)), []).append(row)
    for (gateway, host), listeners in grouped_hosts(view):
        rows = by_place.get((id(gateway), id(listeners[0]), id(host)), [])
        if look.headers:
            blocks += heading(gateway, listeners, host, len(rows), address_lines(listeners) if look.wide else [])
        if rows:
            blocks.append(wide_table(rows) if look.wide else short_table(rows))
        if rows and look.wide and look.headers:
            blocks += policy_lines(rows, listeners)
        blocks.append(line())
    if not look.headers:
        return tuple(each for each in blocks if each != line())
    rows = printed_rows(view)
    return (*blocks, line(summary(view, rows)), *verdicts(rows))


def scope(about: About) -> tuple[str, ...]:
    """Where the answer comes from, and what it reports on."""
    source = about.source
    files = ("stdin" if name == "-" else name for name in source.files)
    names = {"live": f"context {source.context}", "demo": "built-in example", "files": ", ".join(files)}
    spaces = f"namespace {', '.join(about.namespaces)}" if about.namespaces else "all namespaces"
    return (f"{names.get(source.type.value, source.type.value)} · {spaces}",)


def grouped_hosts(view: RouteList) -> list[tuple[tuple[Gateway, Host], list[ResolvedListener]]]:
    """Every host of a gateway once, with all listeners that serve it alike."""
    found: dict[tuple[int, int], tuple[tuple[Gateway, Host], list[ResolvedListener]]] = {}
    for gateway, listener, host in view.hosts:
        entry = found.setdefault((id(gateway), id(host)), ((gateway, host), []))
        entry[1].append(listener)
    return list(found.values())


def heading(
    gateway: Gateway, listeners: list[ResolvedListener], host: Host, count: int, addresses: list[Line]
) -> list[Line]:
    """What stands above the routes of a host."""
    ports = "" if gateway.sidecars is not None else "".join(f" {listener_name(each)}" for each in listeners)
    owner = " + ".join(str(root.ref) for root in host.roots) + (" (inline)" if host.declared.inline else "")
    redirecting = [each for each in listeners if each.declared.https_redirect]
    by = "" if len(redirecting) == len(listeners) else f" by {' '.join(map(listener_name, redirecting))}"
    redirect = f" · every request is redirected to https{by}" if redirecting else ""
    first = precedence(host, gateway, count)
    kind, name = entrance_words(gateway)
    return [
        line(f"{kind} ", Span(name, "bold"), f"{ports} · {kind_of(host)} ", Span(asked_for(host), "bold")),
        *addresses,
        line(f"{owner} · {plural(count, 'route')}{first}{redirect}"),
        *sorting(host),
        *(line(f"{domain} belongs to {ref}, which is older") for domain, ref in host.lost),
        *unknown_targets(host),
        line(),
    ]


def entrance_words(gateway: Gateway) -> tuple[str, str]:
    """What requests come in by: `gateway` with its name, or `workloads` with those that are meant."""
    kind, _, name = called(gateway).partition(" ")
    return kind, name


def listener_name(listener: ResolvedListener) -> str:
    """A listener in short: its name, and its port where that is known and not the name."""
    port = f"({listener.port})" if listener.port and listener.declared.name else str(listener.port or "")
    return f":{listener.declared.name or ''}{port}"


def sorting(host: Host) -> list[Line]:
    """How the tables below each delegating rule of the host are ordered."""
    return [
        line(f'tables under "{rule.name or rule.segment}": {SORTS[rule.action.sort]}')
        for root in host.roots
        for rule in root.rules
        if isinstance(rule.action, Delegate) and kind_of(host) == "host"
    ]


def unknown_targets(host: Host) -> list[Line]:
    """That routes may be lacking, since a delegate leads to tables that were not read."""
    if not any(map(is_unknown, host.tree)):
        return []
    return [line(Span("routes may be lacking: not every table could be read, kubectl gmg tree shows where", "yellow"))]


def is_unknown(node: Node) -> bool:
    """Whether anything below a node is unknown."""
    if not isinstance(node, Delegation):
        return False
    return any(
        target.reason is Reason.UNKNOWN if isinstance(target, DeadEnd) else any(map(is_unknown, target.nodes))
        for target in node.targets
    )


def plural(count: int, word: str) -> str:
    """`1 route`, `2 routes`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def printed_rows(view: RouteList) -> list[RouteRow]:
    """The rows that are shown: those of the first of several listeners that serve a host alike."""
    shown_places = {(id(gateway), id(host), id(each[0])) for (gateway, host), each in grouped_hosts(view)}
    return [row for row in view.rows if (id(row.gateway), id(row.host), id(row.listener)) in shown_places]


def summary(view: RouteList, rows: list[RouteRow]) -> str:
    """What was counted."""
    gateways = len({id(gateway) for gateway, _, _ in view.hosts if gateway.sidecars is None})
    hosts = len(grouped_hosts(view))
    within = len({(id(gateway), id(host)) for gateway, _, host in view.hosts if gateway.sidecars is not None})
    mesh = f" ({within} within the mesh)" if within else ""
    invalid = sum(row.route.status is Status.INVALID for row in rows)
    left_out = f", {invalid} of them left out by the product" if invalid else ""
    return f"{plural(gateways, 'gateway')}, {plural(hosts, 'host')}{mesh}, {plural(len(rows), 'route')}{left_out}"


def verdicts(rows: list[RouteRow]) -> list[Line]:
    """How many routes can never match, with what says why; and of how many it could not be told."""
    dead = [row for row in rows if reached(row) == UNREACHABLE]
    untold = sum(reached(row) == UNDECIDED for row in rows)
    said = []
    if dead:
        name = shlex.quote(short_names(rows)[dead[0].id])
        said.append(line(Span(f"{plural(len(dead), 'route')} can never match: kubectl gmg explain {name}", "yellow")))
    if untold:
        marked = "1 route is marked" if untold == 1 else f"{untold} routes are marked"
        said.append(line(f"{marked} ?: to tell whether any request gets there takes too long"))
    return said


UNREACHABLE, PARTLY, UNDECIDED, REACHABLE = "unreachable", "partly shadowed", "undecided", "reachable"
MARKS = {
    UNREACHABLE: Span("dead", "bold red"),
    PARTLY: Span("part", "yellow"),
    UNDECIDED: Span("?", "yellow"),
}


def reached(row: RouteRow) -> str:
    """Whether requests get to a route; empty where that was not asked, or the product leaves the route out."""
    reach = row.reach
    if reach is None:
        return ""
    if reach.proof is not None:
        return UNREACHABLE
    if row.route.index is None:
        return ""
    if not reach.decided:
        return UNDECIDED
    return PARTLY if reach.partly else REACHABLE


def index_text(row: RouteRow) -> Span:
    """The place in the proxy's list; `-` for what the proxy never gets."""
    return Span(str(row.route.index or "-"), "cyan")


def short_names(rows: list[RouteRow]) -> dict[str, str]:
    """The shortest end of each id that names one rule of the host."""
    ends = {row.id: tails(row.id) for row in rows}
    counts = Counter(tail for found in ends.values() for tail in found)
    return {name: next(tail for tail in found if counts[tail] == 1 or tail == name) for name, found in ends.items()}


def tails(name: str) -> list[str]:
    """The ends of an id, the shortest first; none begins at a rule without a name, which would say nothing."""
    parts = name.split("/")
    starts = (start for start in range(len(parts) - 1, 0, -1) if not parts[start].endswith("]"))
    return ["/".join(parts[start:]) for start in (*starts, 0)]


WHY = {
    Status.OK: "served",
    Status.INVALID: "left out",
    Status.REPLACED: "broken",
    Status.FROZEN: "frozen",
}
"""What a route's status means where something is wrong with it."""


def goes_to(row: RouteRow) -> str:
    """What a route does, and why it is not served if it is not."""
    text = action_text(row.route.action, row.destinations)
    because = ", ".join(row.route.terminal.because)
    if row.route.dropped:
        return f"{text} ({why_dropped(row.host)})"
    narrowed = row.gateway.sidecars is not None and not covers(row.route.workloads, row.gateway.sidecars)
    said = [f"{WHY[row.route.status]}: {because}"] if because else []
    said += [f"only for {labels_words(row.route.workloads)}"] if narrowed else []
    return f"{text} ({'; '.join(said)})" if said else text


def short_table(rows: list[RouteRow]) -> Table:
    """The columns that fit 80 letters; a mark stands beside the match where any row has one."""
    names = short_names(rows)
    marks = [MARKS.get(reached(row), Span("")) for row in rows]
    marked = any(mark.text for mark in marks)
    columns = [Column("#", right=True), Column("MATCH"), Column("ROUTE"), Column("GOES TO", cut=True)]
    if marked:
        columns.insert(2, Column(""))
    return Table(
        tuple(columns),
        tuple(
            (
                index_text(row),
                Span(route_text(row.route)),
                *((mark,) if marked else ()),
                Span(names[row.id], "green"),
                Span(goes_to(row)),
            )
            for row, mark in zip(rows, marks, strict=True)
        ),
        indent=1,
    )


def wide_table(rows: list[RouteRow]) -> Table:
    """All there is to say on one line."""
    titles = ("MATCH", "REACH", "ID", "GOES TO", "REWRITE", "TABLES", "OPTIONS", "POLICIES")
    labelled = any(row.route.terminal.labels for row in rows)
    return Table(
        (Column("#", right=True), *(Column(title) for title in (*titles, *(["LABELS"] if labelled else [])))),
        tuple(
            (
                index_text(row),
                *(Span(text) for text in wide_cells(row)),
                *([Span(labels_text(row.route.terminal) or "-")] if labelled else []),
            )
            for row in rows
        ),
        indent=1,
    )


def labels_text(leaf: Terminal) -> str:
    """The effective labels of a route."""
    return ",".join(f"{key}={label.value}" for key, label in leaf.labels)


def wide_cells(row: RouteRow) -> tuple[str, ...]:
    """The cells of a wide row, after the index."""
    leaf = row.route.terminal
    return (
        full_route_text(row.route),
        reached(row) or "-",
        row.id,
        goes_to(row),
        rewrite_text(row.route.action) or "-",
        tables_text(leaf) or "-",
        options_text(leaf) or "-",
        policies_count(row.policies) or "-",
    )


def tables_text(leaf: Terminal) -> str:
    """The tables on the way down with their weights, and the workspace that one is imported from."""
    return " > ".join(
        f"{each.table.ref.namespace}/{each.table.ref.name}({each.table.weight})"
        + (f" from {each.workspace}" if each.imported else "")
        for each in leaf.tables
    )


def options_text(leaf: Terminal) -> str:
    """The names of the options that apply."""
    return ",".join(name for name, _ in leaf.options.fields)


def names(view: RouteList, _locate: Locate, _look: Look) -> str:
    """`routes -o name`: one id a line, each once."""
    return "\n".join(dict.fromkeys(shown(row.id) for row in view.rows))


HEADS = (
    *("gateway", "listener", "domains", "index", "match", "id"),
    *("action", "rewrite", "tables", "options", "status", "reach", "policies"),
)


def cells(row: RouteRow) -> tuple[str, ...]:
    """A row for a spreadsheet."""
    match, reach, name, _, rewrite, tables, options, _ = wide_cells(row)
    return (
        entrance_words(row.gateway)[1] if row.gateway.sidecars is None else called(row.gateway),
        row.listener.declared.name or str(row.listener.port or ""),
        " ".join(row.host.domains),
        str(row.route.index or ""),
        match,
        name,
        action_text(row.route.action, row.destinations),
        rewrite.removeprefix("-"),
        tables.removeprefix("-"),
        options.removeprefix("-"),
        row.route.status.value,
        reach.removeprefix("-"),
        policies_text(row.policies),
    )


def csv(view: RouteList, _locate: Locate, look: Look) -> str:
    """`routes -o csv`."""
    buffer = io.StringIO()
    writer = csv_format.writer(buffer, lineterminator="\n")
    if look.headers:
        writer.writerow(HEADS)
    writer.writerows([shown(cell) for cell in cells(row)] for row in view.rows)
    return buffer.getvalue().removesuffix("\n")


def markdown(view: RouteList, _locate: Locate, look: Look) -> str:
    """`routes -o markdown`: one table for every host."""
    from tabulate import tabulate  # noqa: PLC0415 - only this format needs it

    parts = []
    for (gateway, listener, host), group in groupby(view.rows, key=lambda row: (row.gateway, row.listener, row.host)):
        rows = list(group)
        kind, name = entrance_words(gateway)
        at = f" {code(listener_name(listener))}" if gateway.sidecars is None else ""
        served = f"**{kind_of(host)}** {code(asked_for(host))}".removesuffix(" ``")
        title = f"**{kind.capitalize()}** {code(name)}{at} · {served}"
        ruled = any(row.policies for row in rows)
        heads = ["#", "Match", "Reach", "Route", "Goes to", *(["Policies"] if ruled else [])]
        body = [
            [
                str(row.route.index or "-"),
                code(full_route_text(row.route)),
                reached(row) or "-",
                code(row.id),
                code(goes_to(row)),
                *([code(policies_text(row.policies)) if row.policies else "-"] if ruled else []),
            ]
            for row in rows
        ]
        text = tabulate(body, heads, "github", disable_numparse=True)
        parts.append(f"{title}\n\n{text}" if look.headers else text)
    return "\n\n".join(parts)


def code(text: str) -> str:
    """Text that Markdown prints literally, in a cell of a table."""
    ticks = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, blank = "`" * (ticks + 1), " " if ticks else ""
    return fence + blank + shown(text).replace("|", "\\|") + blank + fence
