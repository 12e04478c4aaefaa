"""The shapes of `spec/cli.md` 5 and 6, written down from that page: keys in its order, and what each may hold.

A shape is a function that raises `AssertionError` for a value that does not fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Shape = Callable[[Any], None]


def fits(condition: object, value: Any, wanted: str) -> None:
    """Raise with both sides."""
    assert condition, f"{value!r} is not {wanted}"


def text(value: Any) -> None:
    fits(isinstance(value, str), value, "a text")


def whole(value: Any) -> None:
    fits(isinstance(value, int) and not isinstance(value, bool), value, "a whole number")


def position(value: Any) -> None:
    whole(value)
    fits(value >= 1, value, "counted from 1")


def number(value: Any) -> None:
    fits(isinstance(value, int | float) and not isinstance(value, bool), value, "a number")


def boolean(value: Any) -> None:
    fits(isinstance(value, bool), value, "a boolean")


def null(value: Any) -> None:
    fits(value is None, value, "null")


def anything(_value: Any) -> None:
    """What objects hold."""


def optional(shape: Shape) -> Shape:
    """Null, or the shape."""

    def check(value: Any) -> None:
        if value is not None:
            shape(value)

    return check


def one_of(*values: object) -> Shape:
    """An enumerated value."""
    return lambda value: fits(value in values, value, f"one of {values}")


def list_of(shape: Shape) -> Shape:
    """A list, never null."""

    def check(value: Any) -> None:
        fits(isinstance(value, list), value, "a list")
        for each in value:
            shape(each)

    return check


def map_of(shape: Shape) -> Shape:
    """A map with free keys, never null."""

    def check(value: Any) -> None:
        fits(isinstance(value, dict), value, "a map")
        for name, each in value.items():
            text(name)
            shape(each)

    return check


def shape_of(**fields: Shape) -> Shape:
    """An object with exactly these keys in this order."""

    def check(value: Any) -> None:
        fits(isinstance(value, dict), value, "an object")
        assert list(value) == list(fields)
        for name, shape in fields.items():
            try:
                shape(value[name])
            except AssertionError as error:
                raise AssertionError(f"{name}: {error}") from error

    return check


def by_type(**shapes: Shape) -> Shape:
    """An object whose field `type` says which shape it has."""

    def check(value: Any) -> None:
        one_of(*shapes)(value["type"])
        shapes[value["type"]](value)

    return check


empty = list_of(lambda value: fits(False, value, "there"))

# 5 and 5.3
gap = shape_of(
    kind=optional(text),
    cluster=optional(text),
    namespace=optional(text),
    file=optional(text),
    reason=one_of("forbidden", "timeout", "unreachable", "unauthorized", "malformed", "notProvided", "notRead"),
    message=text,
    affects=list_of(
        one_of("routes", "delegation", "attachment", "destinations", "policies", "workspaces", "status"),
    ),
)
source = shape_of(
    type=one_of("live", "files", "overlay", "snapshot", "demo"),
    context=optional(text),
    files=list_of(text),
    namespace=optional(text),
    generations=list_of(one_of("v1beta1", "v2")),
    productVersion=optional(text),
)


def envelope(kind: str, summary: Shape, item: Shape) -> Shape:
    """What every answer is wrapped in."""
    return shape_of(
        apiVersion=one_of("gmg/v1"),
        kind=one_of(kind),
        source=source,
        complete=boolean,
        gaps=list_of(gap),
        summary=summary,
        items=list_of(item),
    )


# 6.1
ref = shape_of(kind=text, generation=one_of("v1beta1", "v2"), cluster=text, namespace=text, name=text)
origin = shape_of(ref=ref, field=text, name=optional(text), file=optional(text), line=optional(position))

# 6.2
listener = shape_of(
    name=optional(text),
    index=position,
    port=optional(whole),
    protocol=one_of("HTTP", "HTTPS", "TLS", "TCP"),
    mode=one_of(None, "PASSTHROUGH", "SIMPLE", "MUTUAL", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL"),
    addresses=list_of(
        shape_of(type=one_of("LoadBalancer", "NodePort"), address=optional(text), port=optional(whole), service=ref)
    ),
)
path = shape_of(
    type=one_of("exact", "prefix", "regex", "separatedPrefix"), value=text, ignoreCase=boolean, implicit=boolean
)
header_test = shape_of(
    name=text,
    type=one_of("exact", "regex", "present", "prefix", "suffix", "range"),
    value=optional(text),
    invert=boolean,
)
query_test = shape_of(name=text, type=one_of("exact", "regex", "present", "prefix", "suffix"), value=optional(text))
match = shape_of(
    path=path,
    methods=list_of(text),
    headers=list_of(header_test),
    queryParameters=list_of(query_test),
    port=optional(whole),
)
backing = shape_of(
    kind=text, namespace=text, name=text, cluster=text, address=optional(text), port=optional(whole), tls=boolean
)
destination = shape_of(
    kind=one_of("Service", "VirtualDestination", "ExternalService", "Static", "ClusterHeader", "AwsLambda"),
    cluster=text,
    namespace=text,
    name=text,
    port=optional(whole),
    portName=optional(text),
    subset=map_of(text),
    weight=optional(whole),
    share=number,
    address=optional(text),
    resolved=one_of("found", "missing", "unknown"),
    backing=list_of(backing),
)
action = by_type(
    forward=shape_of(
        type=text,
        destinations=list_of(destination),
        pathRewrite=optional(text),
        regexRewrite=optional(shape_of(pattern=text, substitution=text)),
        hostRewrite=optional(text),
        autoHostRewrite=boolean,
    ),
    redirect=shape_of(
        type=text,
        status=whole,
        scheme=optional(text),
        host=optional(text),
        port=optional(whole),
        path=optional(text),
        prefix=optional(text),
        stripQuery=boolean,
    ),
    directResponse=shape_of(type=text, status=whole, body=text),
    graphql=shape_of(type=text, ref=ref),
)
request = shape_of(
    method=text,
    scheme=one_of("http", "https", "tcp"),
    host=optional(text),
    port=whole,
    path=text,
    routedPath=text,
    headers=list_of(shape_of(name=text, value=text)),
    sni=optional(text),
    input=optional(shape_of(file=text, line=position)),
)
option = shape_of(value=anything, origin=origin, displaced=list_of(shape_of(value=anything, origin=origin)))
policy = shape_of(
    ref=ref,
    state=one_of("applied", "lost", "unknown"),
    by=one_of("labels", "destinations", "all"),
    lostTo=optional(ref),
    phase=optional(shape_of(stage=one_of("preAuthz", "postAuthz"), priority=whole)),
)
table = shape_of(
    ref=ref,
    weight=whole,
    via=one_of("ref", "selector"),
    sortMethod=one_of("TABLE_WEIGHT", "ROUTE_SPECIFICITY"),
    workspace=optional(text),
    imported=boolean,
)
PROOFS = ["exact", "prefix", "regex", "joint", "contradiction", "disabled", "dropped"]
route = shape_of(
    id=text,
    key=text,
    index=optional(position),
    matchIndex=position,
    matchCount=position,
    runtimeName=optional(text),
    protocol=one_of("http", "tcp", "tls"),
    gateway=ref,
    listener=listener,
    workloads=empty,
    host=ref,
    hostField=optional(text),
    roots=list_of(ref),
    domains=list_of(text),
    match=match,
    connection=null,
    action=optional(action),
    status=one_of("ok", "replaced", "frozen", "invalid", "unknown"),
    written=optional(action),
    because=list_of(text),
    unreachable=optional(shape_of(by=list_of(text), proof=one_of(*PROOFS), request=optional(request))),
    shadowedBy=list_of(shape_of(id=text, index=position, request=request)),
    shadowedByOmitted=whole,
    decided=boolean,
    witness=optional(request),
    options=map_of(option),
    policies=list_of(policy),
    labels=map_of(text),
    labelOrigins=map_of(origin),
    hops=list_of(origin),
    tables=list_of(table),
)
route_list = envelope(
    "RouteList",
    shape_of(gateways=whole, hosts=whole, routes=whole, unreachable=whole, undecided=whole),
    route,
)

# 6.3
OUTCOMES = [
    "forward",
    "redirect",
    "directResponse",
    "proxyResponse",
    "connectionClosed",
    "frozen",
    "notRouted",
    "notSimulated",
    "noGateway",
    "noHost",
    "noRoute",
]
NOT_SIMULATED = [
    "authentication",
    "authorization",
    "rateLimits",
    "cors",
    "csrf",
    "waf",
    "transformations",
    "extensions",
    "faults",
    "retries",
    "timeouts",
    "mirroring",
]
upstream = shape_of(method=optional(text), host=optional(text), path=optional(text), destinations=list_of(destination))
response = shape_of(status=whole, headers=list_of(shape_of(name=text, value=text)), body=text)
simulated = shape_of(
    request=request,
    gateway=optional(ref),
    listener=optional(listener),
    workloads=empty,
    host=optional(ref),
    domain=optional(text),
    outcome=one_of(*OUTCOMES),
    route=optional(route),
    upstream=optional(upstream),
    response=optional(response),
    redirects=list_of(shape_of(status=whole, location=text, key=optional(text))),
    onceFixed=null,
    candidates=list_of(
        shape_of(index=position, id=text, matchIndex=position, verdict=one_of("no", "match", "late"), reason=text),
    ),
    candidatesOmitted=whole,
    closest=list_of(shape_of(index=position, id=text, matchIndex=position, reason=text, request=request)),
    expectations=list_of(shape_of(key=text, wanted=text, got=text, held=boolean)),
    notSimulated=list_of(one_of(*NOT_SIMULATED)),
    mayDiffer=list_of(shape_of(id=optional(text), reason=text)),
    call=optional(text),
    why=text,
    notes=list_of(text),
)
bad_line = shape_of(error=text, input=shape_of(file=text, line=position))
simulation = envelope(
    "Simulation",
    shape_of(requests=whole, items=whole, negative=whole),
    lambda item: bad_line(item) if "error" in item else simulated(item),
)

# 6.5
REASONS = [
    "missing",
    "noTarget",
    "noneSelected",
    "cycle",
    "notVisible",
    "hasHosts",
    "empty",
    "notPrefix",
    "conflict",
    "tooDeep",
    "tooMany",
    "unknown",
]
FIELDS: dict[str, Shape] = {
    "ref": null,
    "origin": null,
    "listeners": empty,
    "roots": empty,
    "domains": empty,
    "matches": empty,
    "action": null,
    "sortMethod": null,
    "weight": null,
    "via": null,
    "id": null,
    "index": null,
    "order": position,
    "reason": null,
    "findings": list_of(text),
}


def children(*types: str) -> Shape:
    """Nodes of these types, with places that are a permutation of 1 to N."""

    def check(value: Any) -> None:
        list_of(node)(value)
        for each in value:
            one_of(*types)(each["type"])
        assert sorted(each["order"] for each in value) == list(range(1, len(value) + 1))

    return check


def node_shape(below: Shape, **own: Shape) -> Shape:
    """A node; what is not its own is empty."""
    fields = {"type": text, "label": text, **{name: own.get(name, shape) for name, shape in FIELDS.items()}}
    return shape_of(**fields, children=below)


sort = one_of(None, "TABLE_WEIGHT", "ROUTE_SPECIFICITY")
nodes = {
    "gateway": node_shape(children("host"), ref=ref, listeners=list_of(listener)),
    "host": node_shape(children("rule"), ref=ref, roots=list_of(ref), domains=list_of(text)),
    "rule": node_shape(
        children("table", "deadEnd", "route"),
        origin=origin,
        matches=list_of(match),
        action=optional(action),
        sortMethod=sort,
    ),
    "table": node_shape(children("rule"), ref=ref, weight=whole, via=one_of(None, "ref", "selector")),
    "route": node_shape(empty, id=text, index=optional(position), matches=list_of(match), action=optional(action)),
    "deadEnd": node_shape(empty, ref=optional(ref), origin=origin, reason=one_of(*REASONS)),
}


def node(value: Any) -> None:
    """A node of the tree."""
    by_type(**nodes)(value)


forest = envelope(
    "DelegationForest",
    shape_of(gateways=whole, hosts=whole, tables=whole, deadEnds=whole),
    node,
)
