"""From the words of curl to a request (`spec/cli.md` 2.2, 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from kubectl_gmg.errors import UsageError
from kubectl_gmg.model.request import Request

DEFAULT_PORTS = {"http": 80, "https": 443, "tcp": 0}


@dataclass(frozen=True, slots=True)
class Typed:
    """The flags that shape a request."""

    method: str | None = None
    headers: tuple[str, ...] = ()
    head: bool = False
    query: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    data: str | None = None
    sni: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the port that its URL names if that narrows the listeners."""

    request: Request
    url_port: int | None = None


def built(url: str | None, typed: Typed) -> Asked:
    """The request that curl would send, but that the host keeps a port that is typed, the scheme's own included.

    Raises `UsageError` for a URL that is none.
    """
    if url is None:
        raise UsageError("a URL is missing", "kubectl gmg curl http://www.example.com/path")
    scheme, authority, target = split(url)
    name, port = host_and_port(authority, url)
    headers = [header for text in typed.headers if (header := header_of(text)) is not None]
    hosts = [value for key, value in headers if key.lower() == "host"]
    others = [(key, value) for key, value in headers if key.lower() != "host"]
    request = Request(
        path=with_query(target, typed.query),
        host=",".join(hosts) or authority,
        method=method_of(typed),
        scheme=scheme,
        port=port or DEFAULT_PORTS[scheme],
        headers=(*others, *implied(typed, others)),
        sni=typed.sni or (name if scheme == "https" and not hosts else None),
    )
    return Asked(request, None if hosts else port)


def split(url: str) -> tuple[str, str, str]:
    """Scheme, authority and target of a URL; without a scheme it is http."""
    if any(letter in url for letter in "\r\n"):
        raise UsageError("a URL has no line breaks")
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    if scheme.lower() not in DEFAULT_PORTS:
        raise UsageError(f"{scheme} is no scheme that a gateway serves", "use http, https or tcp")
    end = min((place for letter in "/?#" if (place := rest.find(letter)) >= 0), default=len(rest))
    authority, target = rest[:end].rpartition("@")[2], rest[end:]
    if not authority:
        raise UsageError(f"{url} names no host", "write it like http://www.example.com/path")
    return scheme.lower(), authority, target if target.startswith("/") else f"/{target}"


def host_and_port(authority: str, url: str) -> tuple[str, int | None]:
    """The name and the port of an authority."""
    try:
        parts = urlsplit(f"//{authority}")
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url} has no usable host and port", str(error)) from error
    return (authority[: -len(f":{port}")] if port is not None and authority.endswith(f":{port}") else authority), port


def header_of(text: str) -> tuple[str, str] | None:
    """A header as curl reads it: `Name: value`, `Name;` for an empty one, `Name:` for none."""
    name, separator, value = text.partition(":")
    if separator:
        return (name.strip(), value.strip()) if value.strip() else None
    if text.rstrip().endswith(";"):
        return text.rstrip().removesuffix(";").strip(), ""
    raise UsageError(f"{text} is no header", "write it like -H 'x-user: ana'")


def method_of(typed: Typed) -> str:
    """The method: as typed, HEAD with -I, POST with -d, else GET."""
    if typed.method:
        return typed.method
    if typed.head:
        return "HEAD"
    return "GET" if typed.data is None else "POST"


def implied(typed: Typed, headers: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers that curl adds for cookies and a body."""
    names = {name.lower() for name, _ in headers}
    cookies = (("Cookie", "; ".join(typed.cookies)),) if typed.cookies else ()
    form = typed.data is not None and "content-type" not in names
    return (*cookies, *((("Content-Type", "application/x-www-form-urlencoded"),) if form else ()))


def with_query(target: str, query: tuple[str, ...]) -> str:
    """The target with more query parameters; only what cannot stand in a query is encoded."""
    if not query:
        return target
    added = "&".join(quote(each, safe="=!$'()*,;:@/?%+~-._") for each in query)
    path, fragment, rest = target.partition("#")
    separator = "&" if "?" in path else "?"
    return f"{path}{separator}{added}{fragment}{rest}"
