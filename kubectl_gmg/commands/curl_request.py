"""From the words of curl to a request (`spec/cli.md` 2.2, 6.3)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from kubectl_gmg.errors import UsageError
from kubectl_gmg.matching.host import lookup_name
from kubectl_gmg.model.request import Request

DEFAULT_PORTS = {"http": 80, "https": 443, "tcp": 0}

Header = tuple[str, str | None]
"""Name and value; a value of None takes away what would be sent by itself."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The flags that shape a request."""

    method: str | None = None
    headers: tuple[Header, ...] = ()
    head: bool = False
    query: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    data: str | None = None
    sni: str | None = None

    @property
    def names_host(self) -> bool:
        """Whether a `Host` header is among the headers."""
        return any(name.lower() == "host" for name, _ in self.headers)


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
    port = port_of(authority)
    request = shaped(scheme, authority, port or DEFAULT_PORTS[scheme], target, typed)
    return Asked(request, None if typed.names_host else port)


def shaped(scheme: str, authority: str | None, port: int, target: str, typed: Typed) -> Request:
    """A request to a place, with all that is typed; of several `Host` headers curl sends the first."""
    hosts = [value for name, value in typed.headers if name.lower() == "host"]
    others = tuple((name, value) for name, value in typed.headers if value is not None and name.lower() != "host")
    host = hosts[0] if hosts else authority
    return Request(
        path=with_query(target, typed.query),
        host=host,
        method=method_of(typed),
        scheme=scheme,
        port=port,
        headers=(*others, *implied(typed)),
        sni=typed.sni or (lookup_name(host or "") or None if scheme == "https" else None),
    )


def split(url: str) -> tuple[str, str, str]:
    """Scheme, authority and target of a URL; without a scheme it is http. Raises `UsageError` if it is none."""
    if any(letter in url for letter in "\r\n"):
        raise UsageError("a URL has no line breaks")
    scheme, separator, rest = url.partition("://")
    if not separator or any(letter in scheme for letter in "/?#@"):
        scheme, rest = "http", url
    if scheme.lower() not in DEFAULT_PORTS:
        raise UsageError(f"{scheme} is no scheme that a gateway serves", "use http, https or tcp")
    rest = rest.partition("#")[0]  # a fragment is never sent
    end = min((place for letter in "/?" if (place := rest.find(letter)) >= 0), default=len(rest))
    authority, target = rest[:end].rpartition("@")[2].removesuffix(":"), rest[end:]
    if not authority or authority.startswith(":"):
        raise UsageError(f"{url or 'an empty text'} names no host", "write it like http://www.example.com/path")
    return scheme.lower(), authority, target if target.startswith("/") else f"/{target}"


def port_of(authority: str) -> int | None:
    """The port that a host is written with. Raises `UsageError` for one that is no port."""
    try:
        return urlsplit(f"//{authority}").port
    except ValueError as error:
        raise UsageError(f"{authority} is no usable host and port", "write it like www.example.com:8080") from error


def header_of(text: str) -> Header:
    """A header as curl reads it: `Name: value`, `Name;` for an empty one, `Name:` for none.

    Raises `UsageError` for anything else.
    """
    name, separator, value = text.partition(":")
    if separator:
        return name.strip(), value.strip() or None
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


def implied(typed: Typed) -> tuple[tuple[str, str], ...]:
    """The headers that curl adds for cookies and a body."""
    names = {name.lower() for name, _ in typed.headers}
    cookies = (("Cookie", "; ".join(typed.cookies)),) if typed.cookies else ()
    form = typed.data is not None and "content-type" not in names
    return (*cookies, *((("Content-Type", "application/x-www-form-urlencoded"),) if form else ()))


def with_query(target: str, query: tuple[str, ...]) -> str:
    """The target with more query parameters; only what cannot stand in a query is encoded."""
    if not query:
        return target
    added = "&".join(quote(each, safe="=!$'()*,;:@/?%+~-._", errors="surrogateescape") for each in query)
    return f"{target}{'&' if '?' in target else '?'}{added}"
