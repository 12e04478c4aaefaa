"""A simulated request for people: what came in, who was looked at, what came of it."""

from __future__ import annotations

import shlex

from kubectl_gmg.matching.response import Response
from kubectl_gmg.model.action import ForwardTo
from kubectl_gmg.model.match import ROOT, PathKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.render import Locate
from kubectl_gmg.render.addresses import call_lines
from kubectl_gmg.render.page import Block, Column, Line, Page, Span, Table, line
from kubectl_gmg.render.routes import listener_name, plural, short_names, tails
from kubectl_gmg.render.words import destination_text, match_text
from kubectl_gmg.views import BadLine, Followed, Look, Simulated, Simulation, is_negative

VERDICTS = {"no": Span("no", "dim"), "match": Span("MATCH", "bold green"), "late": Span("too late", "yellow")}
OUTCOMES = {
    "noGateway": "no listener of a gateway takes such a request",
    "noHost": "no virtual host serves this name: the proxy answers 404",
    "noRoute": "no route matches: the proxy answers 404",
    "connectionClosed": "the proxy closes the connection",
    "notSimulated": "not simulated: no HTTP routing takes place here",
}


def text(view: Simulation, _locate: Locate, look: Look) -> Page:
    """`curl`."""
    if view.many:
        return many(view)
    items = [item for item in view.items if isinstance(item, Simulated)]
    shown_items = items if view.all_entries else items[:1]
    blocks: list[Block] = []
    for number, item in enumerate(shown_items):
        blocks += [line(), *one(view, item, look)] if number else one(view, item, look)
    if len(items) > len(shown_items):
        others = ", ".join(entry_name(item) for item in items[1:])
        blocks.append(line(f"also answered by {others}: use --all"))
    return tuple(blocks)


def one(view: Simulation, item: Simulated, look: Look) -> list[Block]:
    """One answer in full."""
    blocks: list[Block] = [line(Span("simulated, nothing was sent:", "bold"), f"  {request_line(item)}")]
    if view.verbose:
        blocks += request_head(item)
    blocks += [*map(hop, item.redirects), *place(item), *call_lines(item.request, item.listener, look)]
    if item.candidates:
        blocks.append(candidates(item))
    if item.omitted:
        blocks.append(line(f"  {item.omitted} more routes are not shown"))
    blocks += [*result(item), *closest(item)]
    if view.verbose and item.response:
        blocks += response_head(item.response)
    if item.not_simulated:
        blocks.append(line(f"  not simulated: {', '.join(item.not_simulated)}"))
    return [*blocks, *doubts(item), *expectations(item)]


def hop(redirect: Followed) -> Line:
    """A redirect that was followed, and the end of its route's id, which is the last part of a key."""
    route = tails(redirect.key.rpartition("@")[0].split("/", 4)[-1])[0] if redirect.key else ""
    by = ("route ", Span(route, "green")) if route else ("the listener",)
    return line(f"redirect {redirect.status} to {redirect.location}  by ", *by, hang=" " * 9)


def doubts(item: Simulated) -> list[Block]:
    """What was not read but may answer first, the first cause in full."""
    if not item.may_differ:
        return []
    first, more = item.may_differ[0], len(item.may_differ) - 1
    where = f"below {first.id}: " if first.id else ""
    others = f" (and {more} more)" if more else ""
    return [line(Span(f"  may be answered otherwise: {where}{first.reason}{others}", "yellow"), hang="    ")]


def request_line(item: Simulated) -> str:
    """The request in short."""
    request = item.request
    if request.scheme == "tcp":
        return f"a connection to tcp://{request.host or ''}"
    return f"{request.method} {request.scheme}://{request.host or ''}{request.path}"


def entry_name(item: Simulated) -> str:
    """The gateway and listener that answer."""
    if item.gateway is None or item.listener is None:
        return "-"
    return f"{item.gateway.ref.namespace}/{item.gateway.ref.name} {listener_name(item.listener)}"


def request_head(item: Simulated) -> list[Block]:
    """The request head as curl prints it."""
    request = item.request
    heads = [("Host", request.host or ""), *request.headers]
    return [line(f"> {request.method} {request.path} HTTP/1.1"), *(line(f"> {name}: {value}") for name, value in heads)]


def response_head(response: Response) -> list[Block]:
    """The response head as curl prints it."""
    return [line(f"< HTTP/1.1 {response.status}"), *(line(f"< {name}: {value}") for name, value in response.headers)]


def place(item: Simulated) -> list[Block]:
    """Where the request came in and whose it is."""
    found: list[Block] = [line(f"gateway  {entry_name(item)}")] if item.gateway else []
    if item.host is not None and item.domain is not None:
        kind = "exact domain of" if "*" not in item.domain else "by the domain"
        chosen = kind if kind.startswith("exact") else f"{kind} {item.domain} of"
        name = Span(item.request.host or "", "bold")
        found.append(line("host     ", name, f"  {chosen} {item.host.declared.ref}", hang=" " * 9))
    if item.routed_path != item.request.path:
        found.append(line(f"path     {item.routed_path} after normalisation"))
    return found


def candidates(item: Simulated) -> Table:
    """The routes that were looked at."""
    names = short_names([each.row for each in item.candidates])
    columns = (Column("#", right=True), Column("verdict"), Column("match"), Column("route"), Column("why"))
    rows = tuple(
        (
            Span(str(each.row.route.index), "cyan"),
            VERDICTS[each.verdict],
            Span(match_text(each.row.route.match)),
            Span(names[each.row.id], "green"),
            Span(": ".join(part for part in (each.reason, each.why) if part)),
        )
        for each in item.candidates
    )
    return Table(columns, rows, indent=2)


def closest(item: Simulated) -> list[Block]:
    """The routes that nearly matched, with requests that do."""
    if not item.closest:
        return []
    names = short_names([each.row for each in item.closest])
    columns = (Column("#", right=True), Column("closest"), Column("failed"), Column("this would match"))
    rows = tuple(
        (
            Span(str(each.row.route.index), "cyan"),
            Span(names[each.row.id], "green"),
            Span(each.reason),
            Span(curl_words(each.request)),
        )
        for each in item.closest
    )
    return [Table(columns, rows, indent=2)]


def curl_words(request: Request) -> str:
    """A request as the words of curl; a port is written where it is not the scheme's own."""
    host = request.host or ""
    usual = request.port == (443 if request.scheme == "https" else 80)
    port = "" if usual or host.rpartition("]")[2].count(":") else f":{request.port}"
    method = ["-X", request.method] if request.method != "GET" else []
    headers = [word for name, value in request.headers for word in ("-H", f"{name}: {value}" if value else f"{name};")]
    return shlex.join([*method, *headers, f"{request.scheme}://{host}{port}{request.path}"])


def result(item: Simulated) -> list[Block]:
    """What came of it."""
    if item.upstream is not None:
        return sent_on(item)
    answer = item.response
    if item.outcome in OUTCOMES:
        return [line(Span(f"→ {OUTCOMES[item.outcome]}", "bold red"))]
    if answer is None:
        return [line(f"→ {item.outcome}")]
    location = dict(answer.headers).get("location")
    where = f" to {location}" if location else ""
    why = f" ({item.why})" if item.why else ""
    by_listener = (
        " by the listener, before any route is looked at" if item.outcome == "redirect" and not item.row else ""
    )
    refused = " from the proxy itself" if item.outcome == "proxyResponse" else ""
    body = f"  {answer.body}" if answer.body else ""
    return [line(Span(f"→ {answer.status}", "bold"), f"{where}{by_listener}{refused}{why}{body}")]


def sent_on(item: Simulated) -> list[Block]:
    """Where the request goes, and how it looks there."""
    upstream = item.upstream
    if upstream is None:
        return []
    many_ways = len(upstream.destinations) > 1
    blocks: list[Block] = [
        line(Span("→ ", "bold"), f"{each.share:.0%} " if many_ways else "", Span(destination_text(each), "bold"))
        for each in upstream.destinations
        if each.share > 0
    ]
    blocks.append(line(f"  path sent {upstream.path}{rewritten(item)}"))
    if upstream.host != item.request.host:
        blocks.append(line(f"  host sent {upstream.host}"))
    return blocks


def rewritten(item: Simulated) -> str:
    """How the path was rewritten."""
    route = item.row.route if item.row else None
    if route is None or not isinstance(route.action, ForwardTo) or not route.action.path_rewrite:
        return ""
    path = route.match.path or ROOT
    part = f"prefix {path.value}" if path.kind is PathKind.PREFIX else "the whole path"
    return f" ({part} became {route.action.path_rewrite})"


def expectations(item: Simulated) -> list[Block]:
    """What was asked to hold."""
    return [
        line(Span("held  ", "green") if each.held else Span("FAILED", "bold red"), f" {each.key} {each.wanted}")
        if each.held
        else line(Span("FAILED", "bold red"), f" {each.key}: wanted {each.wanted}, got {each.got or 'nothing'}")
        for each in item.expectations
    ]


def many(view: Simulation) -> Page:
    """Many requests: one row for each answer."""
    rows = []
    notes: list[Line] = []
    for item in view.items:
        if isinstance(item, BadLine):
            notes.append(line(Span(f"{item.input[0]}:{item.input[1]}: {item.error}", "red")))
            continue
        rows.append(tuple(Span(cell) for cell in summary_cells(item)))
        notes += [block for block in expectations(item) if isinstance(block, Line) and not all_held(item)]
    negative = sum(is_negative(item) for item in view.items)
    columns = (Column("LINE", right=True), Column("REQUEST"), Column("OUTCOME"), Column("ROUTE"), Column("RESULT"))
    doubtful = sum(bool(item.may_differ) for item in view.items if isinstance(item, Simulated))
    total = f"simulated, nothing was sent: {view.requests} requests, {len(rows)} answers, {negative} negative"
    total += f", {doubtful} may differ since not everything was read" if doubtful else ""
    return (Table(columns, tuple(rows)), *notes, line(), line(total))


def all_held(item: Simulated) -> bool:
    """Whether everything that was asked of an answer holds."""
    return all(each.held for each in item.expectations)


def summary_cells(item: Simulated) -> tuple[str, ...]:
    """One answer on one line."""
    where = item.input[1] if item.input else ""
    if item.upstream is not None:
        ways = [destination_text(each) for each in item.upstream.destinations if each.share > 0]
        outcome = f"{' + '.join(ways)} {item.upstream.path}"
    elif item.response is not None:
        location = dict(item.response.headers).get("location", "")
        outcome = f"{item.response.status} {location or item.response.body}".rstrip()
    else:
        outcome = ""
    followed = f"after {plural(len(item.redirects), 'redirect')}: " if item.redirects else ""
    return str(where), request_line(item), item.outcome, item.row.id if item.row else "-", followed + outcome
