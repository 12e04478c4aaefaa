"""Short words for matches and actions (`spec/cli.md` 7)."""

from __future__ import annotations

from kubectl_gmg.model.action import (
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    GraphQL,
    Redirect,
    ResolvedDestination,
)
from kubectl_gmg.model.match import (
    ROOT,
    ConnectionMatch,
    HeaderMatch,
    PathKind,
    QueryParameterMatch,
    RouteMatch,
    RouteProtocol,
)
from kubectl_gmg.model.resolved import Route

MOST_NAMES = 2
"""Server names that a short text has."""


def path_text(match: RouteMatch) -> str:
    """The path: `=` exact, `~` regex, a trailing `*` a prefix."""
    path = match.path or ROOT
    text = {
        PathKind.EXACT: f"={path.value}",
        PathKind.REGEX: f"~{path.value}",
        PathKind.PREFIX: f"{path.value}*",
        PathKind.SEPARATED_PREFIX: f"{path.value}/*",
    }[path.kind]
    return f"{text} (any case)" if path.ignore_case else text


def match_text(match: RouteMatch) -> str:
    """A match in short: method in front, `{h}` and `{q}` where headers or query parameters are required, the port."""
    parts = [match.method, path_text(match), "{h}" if match.headers else "", "{q}" if match.query_parameters else ""]
    parts.append(port_text(match))
    return " ".join(part for part in parts if part)


def full_match_text(match: RouteMatch) -> str:
    """A match with every condition spelled out."""
    parts = [match.method, path_text(match), *map(header_text, match.headers), *map(query_text, match.query_parameters)]
    parts.append(port_text(match))
    return " ".join(part for part in parts if part)


def port_text(match: RouteMatch) -> str:
    """The port that a match wants; empty where it wants none."""
    return f"port {match.port}" if match.port is not None else ""


def route_text(route: Route) -> str:
    """What a route wants of a request or of a connection, in short."""
    return match_text(route.match) if route.connection is None else connection_text(route.connection, MOST_NAMES)


def full_route_text(route: Route) -> str:
    """What a route wants of a request or of a connection, with every condition spelled out."""
    return full_match_text(route.match) if route.connection is None else connection_text(route.connection)


def connection_text(connection: ConnectionMatch, most: int | None = None) -> str:
    """A connection by its server names, of which at most so many are named, and by the port that it comes in at."""
    port = f"port {connection.port}" if connection.port is not None else ""
    if connection.protocol is RouteProtocol.TCP:
        return port or "any connection"
    names = connection.sni_hosts
    more = f" +{len(names) - most}" if most is not None and len(names) > most else ""
    return " ".join(filter(None, (f"sni {', '.join(names[:most]) or '(none)'}{more}", port)))


def header_text(header: HeaderMatch) -> str:
    """A header test: `name=value`, `name~regex`, `name` for presence, `!` in front of an inverted one."""
    tests = {"exact": f"={header.value}", "regex": f"~{header.value}", "present": "", "prefix": f"={header.value}*"}
    test = tests.get(header.kind.value, f" {header.kind.value} {header.value}")
    return "{" + ("!" if header.invert else "") + header.name + test + "}"


def query_text(query: QueryParameterMatch) -> str:
    """A query test, written like a header test with `?` in front."""
    test = {"exact": f"={query.value}", "regex": f"~{query.value}", "present": ""}.get(query.kind.value, "")
    return "{?" + query.name + test + "}"


def destination_text(destination: ResolvedDestination) -> str:
    """Where a request may go: `name.namespace:port{subset} @cluster`, the port by number or by name."""
    declared = destination.declared
    name = f"{declared.name}.{declared.namespace}" if declared.namespace else declared.name
    if declared.kind is not DestinationKind.SERVICE:
        name = f"{declared.kind.value} {name}"
    if port := declared.port or declared.port_name:
        name += f":{port}"
    if declared.subset:
        name += "{" + ",".join(f"{key}={value}" for key, value in declared.subset) + "}"
    missing = " (not found)" if destination.found.value == "missing" else ""
    return name + (f" @{declared.cluster}" if declared.cluster else "") + missing


def action_text(action: FinalAction | None, destinations: tuple[ResolvedDestination, ...]) -> str:
    """What a route does, in one line."""
    match action:
        case ForwardTo():
            return " + ".join(part_text(each, alone=len(destinations) == 1) for each in destinations) or "nowhere"
        case Redirect():
            return f"{action.status} to {redirect_text(action)}"
        case DirectResponse():
            return f"{action.status} {action.body}".rstrip()
        case GraphQL():
            return f"graphql {action.ref.namespace}/{action.ref.name}"
        case None:
            return "-"


def part_text(destination: ResolvedDestination, *, alone: bool) -> str:
    """A destination with its share of the traffic."""
    text = destination_text(destination)
    return text if alone else f"{destination.share:.0%} {text}"


def redirect_text(action: Redirect) -> str:
    """Where a redirect leads, with `…` for what stays as it is in the request."""
    scheme = f"{action.scheme}://" if action.scheme else ""
    host = action.host or ("…" if scheme else "")
    path = action.path or (f"{action.prefix}…" if action.prefix else "/…" if host else "…")
    return f"{scheme}{host}{path}"


def rewrite_text(action: FinalAction | None) -> str:
    """How the path is rewritten; empty if it is not."""
    if not isinstance(action, ForwardTo):
        return ""
    if action.path_rewrite:
        return action.path_rewrite
    return f"~{action.regex_rewrite.pattern} to {action.regex_rewrite.substitution}" if action.regex_rewrite else ""
