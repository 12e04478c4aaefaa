"""`kubectl gmg curl`: what would happen to a request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.errors import UsageError

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import Simulation

# Hidden, since Typer would print a Python type beside it: the text of the command says what it is.
UrlArgument = Annotated[str | None, typer.Argument(metavar="URL", hidden=True)]
MethodOption = Annotated[str | None, typer.Option("-X", "--request", help="The method.", metavar="METHOD")]
HeaderOption = Annotated[list[str], typer.Option("-H", "--header", help="A header.", metavar="NAME:VALUE")]
HeadOption = Annotated[bool, typer.Option("-I", "--head", help="Ask with HEAD.", show_default=False)]
QueryOption = Annotated[list[str], typer.Option("--query", help="A query parameter to add.", metavar="K=V")]
CookieOption = Annotated[list[str], typer.Option("-b", "--cookie", help="A cookie.", metavar="K=V")]
DataOption = Annotated[str | None, typer.Option("-d", "--data", help="A body: makes it POST.", metavar="TEXT")]
SilentOption = Annotated[bool, typer.Option("-s", "--silent", help="As --quiet.", show_default=False)]
LocationOption = Annotated[
    bool, typer.Option("-L", "--location", help="Follow redirects, ten at most.", show_default=False)
]
ListenerOption = Annotated[
    str | None, typer.Option("--listener", help="Only listeners of this name or port.", metavar="NAME|PORT")
]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="Enter by the mesh: workload:K=V,…; or gateway:NS/NAME.", metavar="WHERE"),
]
SniOption = Annotated[str | None, typer.Option("--sni", help="The server name of the TLS handshake.", metavar="NAME")]
EveryOption = Annotated[
    bool, typer.Option("--all", help="Print every listener that answers, not only the first.", show_default=False)
]
ExpectOption = Annotated[
    list[str],
    typer.Option("--expect", help="What must hold, such as status=200 or route=v1; else exit 1.", metavar="KEY=VALUE"),
]
RequestsOption = Annotated[
    str | None,
    typer.Option("--requests", help="A file of requests, or - for stdin: URLs, JSON, access log.", metavar="FILE"),
]
CandidatesOption = Annotated[
    bool, typer.Option("--candidates", help="With --requests: list the candidates of each.", show_default=False)
]


def curl(  # noqa: PLR0913, PLR0917 - a flag is a parameter
    session: Session,
    url: UrlArgument = None,
    method: MethodOption = None,
    header: HeaderOption = [],  # noqa: B006 - typer copies it
    head: HeadOption = False,
    query: QueryOption = [],  # noqa: B006
    cookie: CookieOption = [],  # noqa: B006
    data: DataOption = None,
    location: LocationOption = False,
    silent: SilentOption = False,
    listener: ListenerOption = None,
    sni: SniOption = None,
    source: FromOption = None,
    every: EveryOption = False,
    expect: ExpectOption = [],  # noqa: B006
    requests: RequestsOption = None,
    candidates: CandidatesOption = False,
) -> Simulation:
    """Simulate a request: show which route takes it, and why.

    Nothing is sent; where the address of the gateway is known, the command is printed that would really send it. The
    request is the one that curl would make of the same words; a URL without a scheme is http, and its port narrows the
    listeners if one is known to have it and no Host header is given.

    \b
    Examples:
      kubectl gmg curl http://www.example.com/reviews/v1 --demo
      kubectl gmg curl -H "Host: www.example.com" localhost:8081/ratings/1
      kubectl gmg curl http://www.example.com/reviews --expect status=404
      kubectl gmg curl http://ratings.bookinfo/1 --from workload:app=reviews
      kubectl gmg curl --requests access.log -f routes/
    """
    from kubectl_gmg.commands.batch import Batch, Line  # noqa: PLC0415
    from kubectl_gmg.commands.curl_request import Typed, built, header_of, implied, split  # noqa: PLC0415
    from kubectl_gmg.commands.entrance import entrance  # noqa: PLC0415
    from kubectl_gmg.commands.expect import parsed  # noqa: PLC0415
    from kubectl_gmg.simulate.follow import Manner  # noqa: PLC0415
    from kubectl_gmg.views import Simulation  # noqa: PLC0415

    if silent:
        session.settings = replace(session.settings, quiet=True, say=lambda _: None)
    typed = Typed(method, tuple(map(header_of, header)), head, tuple(query), tuple(cookie), data, sni)
    expected = parsed(expect)
    where = entrance(source, session.settings.gateway, listener, sni)
    session.settings = replace(session.settings, gateway=where.gateway)
    manner = Manner(method is not None, sni, typed.names_host, implied(typed)) if location else None
    if requests is None:
        line = Line(built(url, typed), connected=split(url or "")[1])  # before anything is read
        batch = Batch(session, listener, expected, candidates=True, manner=manner, labels=where.labels)
        items = batch.answers(line)
        return Simulation(session.about, items, 1, all_entries=every, verbose=session.settings.verbose > 0)
    if url is not None:
        split(url)
    if requests == "-" and "-" in session.settings.filename:
        raise UsageError("both -f and --requests ask for stdin", "give one of them as a file")
    batch = Batch(session, listener, expected, candidates=candidates, manner=manner, labels=where.labels)
    answers, count = batch.file(requests, url, typed)
    return Simulation(session.about, answers, count, many=True)
