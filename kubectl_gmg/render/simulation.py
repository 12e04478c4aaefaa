"""A simulated request for people: what came in, who was looked at, what came of it."""

from __future__ import annotations

import shlex

from kubectl_gmg.matching.response import Response
from kubectl_gmg.model.action import ForwardTo
from kubectl_gmg.model.declared import Protocol
from kubectl_gmg.model.match import ROOT, PathKind
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.workloads import called
from kubectl_gmg.render import Locate
from kubectl_gmg.render.addresses import call_lines, is_other_name
from kubectl_gmg.render.effects import effects_of
from kubectl_gmg.render.page import Block, Column, Line, Page, Span, Table, line
from kubectl_gmg.render.routes import listener_name, plural, short_names, tails
from kubectl_gmg.render.words import destination_text, route_text
from kubectl_gmg.views import BadLine, Followed, Look, Simulated, Simulation, is_negative

ENCRYPTED = frozenset({Protocol.HTTPS, Protocol.TLS})
VERDICTS = {"no": Span("no", "dim"), "match": Span("MATCH", "bold green"), "late": Span("too late", "yellow")}
OUTCOMES = {
    "noGateway": "no listener of a gateway takes such a request",
    "noHost": "no virtual host serves this name: the proxy answers 404",
    "noRoute": "no route matches: the proxy answers 404",
    "connectionClosed": "the proxy closes the connection",
    "notRouted": "not routed: the request goes where Kubernetes sends it",
    "notSimulated": "not simulated: no HTTP routing takes place here",
}

EXPLAINED = frozenset({"connectionClosed", "notRouted"})
"""Outcomes of which people are told why."""


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
        others = ", ".join(dict.fromkeys(entry_name(item) for item in items[1:]))
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
    blocks += [*result(item), *effects(item), *closest(item)]
    if view.verbose and item.response:
        blocks += response_head(item.response)
    blocks += [line(f"  {note}") for note in item.notes]
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
    server_name = f"  with server name {request.sni}" if request.scheme == "https" and is_other_name(request) else ""
    return f"{request.method} {request.scheme}://{request.host or ''}{request.path}{server_name}"


def entry_name(item: Simulated) -> str:
    """The gateway and listener that answer."""
    if item.gateway is None or item.listener is None:
        return "-"
    if item.gateway.sidecars is not None:
        return called(item.gateway)
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
    found: list[Block] = []
    if item.gateway is not None:
        title = "gateway" if item.gateway.sidecars is None else "from   "
        found += [line(f"{title}  {entry_name(item)}"), *chain(item)]
    if item.host is not None and item.domain is not None:
        name = Span(item.request.host or "", "bold")
        found.append(line("host     ", name, f"  {chosen_by(item)} {item.host.declared.ref}", hang=" " * 9))
    if item.routed_path != item.request.path:
        found.append(line(f"path     {item.routed_path} after normalisation"))
    return found


def chain(item: Simulated) -> list[Line]:
    """Which of the listeners of the port took the TLS connection, and for which server names."""
    listener = item.listener
    if listener is None or listener.declared.protocol not in ENCRYPTED or item.outcome == "connectionClosed":
        return []
    names = ", ".join(listener.declared.server_names) or "any server name"
    return [line(f"chain    {listener.declared.mode or 'TLS'} of listener {listener.index}, for {names}", hang=" " * 9)]


def chosen_by(item: Simulated) -> str:
    """How the host was found by its name; within the mesh that of a Service may be short."""
    domain, name = item.domain or "", (item.request.host or "").lower()
    if "*" in domain:
        return f"by the domain {domain} of"
    short = item.gateway is not None and item.gateway.sidecars is not None and not name.startswith(domain.lower())
    return f"short for the domain {domain} of" if short else "exact domain of"


def candidates(item: Simulated) -> Table:
    """The routes that were looked at."""
    names = short_names([each.row for each in item.candidates])
    columns = (Column("#", right=True), Column("verdict"), Column("match"), Column("route"), Column("why"))
    rows = tuple(
        (
            Span(str(each.row.route.index), "cyan"),
            VERDICTS[each.verdict],
            Span(route_text(each.row.route)),
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
    if item.outcome == "notSimulated" and item.gateway is None and item.why:
        return [line(Span("→ not simulated", "bold red"), f": {item.why}", hang="  ")]
    if item.outcome in OUTCOMES:
        why = f": {item.why}" if item.outcome in EXPLAINED and item.why else ""
        return [line(Span(f"→ {OUTCOMES[item.outcome]}", "bold red"), why)]
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


def effects(item: Simulated) -> list[Block]:
    """What the options of the route do besides, which is not simulated."""
    if item.row is None or item.outcome not in ("forward", "directResponse", "redirect"):
        return []
    found = effects_of(item.row, forwarded=item.upstream is not None)
    return [line("  besides ", " · ".join(found), hang="    ")] if found else []


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
    if upstream.path is None or upstream.host is None:
        return [*blocks, line(f"  {carried(item)}")]
    if item.row is None and item.why:
        blocks.append(line(f"  {item.why}", hang="  "))
    blocks.append(line(f"  path sent {upstream.path}{rewritten(item)}"))
    if upstream.host != item.request.host:
        blocks.append(line(f"  host sent {upstream.host}"))
    return blocks


def carried(item: Simulated) -> str:
    """How much of a connection is looked at that goes as a whole."""
    listener = item.listener.declared if item.listener else None
    if listener is None or listener.protocol is Protocol.TCP:
        return "the connection goes there as it is"
    passed = listener.mode is None or listener.mode.endswith("PASSTHROUGH")
    return "the connection goes there as it is, still encrypted" if passed else "what is within TLS goes there as it is"


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
        outcome = f"{' + '.join(ways)} {item.upstream.path or ''}".rstrip()
    elif item.response is not None:
        location = dict(item.response.headers).get("location", "")
        outcome = f"{item.response.status} {location or item.response.body}".rstrip()
    else:
        outcome = item.why if item.outcome == "connectionClosed" else ""
    followed = f"after {plural(len(item.redirects), 'redirect')}: " if item.redirects else ""
    return str(where), request_line(item), item.outcome, item.row.id if item.row else "-", followed + outcome
