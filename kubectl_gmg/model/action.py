"""What a rule does with a request (`spec/v1beta1.md` 5 and 6, `spec/envoy.md` 30 to 60)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.value import value


class DestinationKind(StrEnum):
    """What a destination names; the values are those of `spec/cli.md` 6.8."""

    SERVICE = "Service"
    VIRTUAL_DESTINATION = "VirtualDestination"
    EXTERNAL_SERVICE = "ExternalService"
    STATIC = "Static"
    CLUSTER_HEADER = "ClusterHeader"
    AWS_LAMBDA = "AwsLambda"


class SortMethod(StrEnum):
    """How the routes below a delegate are ordered."""

    TABLE_WEIGHT = "TABLE_WEIGHT"
    ROUTE_SPECIFICITY = "ROUTE_SPECIFICITY"


class Operator(StrEnum):
    """How a label is compared (`spec/v1beta1.md` 1.2)."""

    EQUALS = "Equals"
    DOUBLE_EQUALS = "DoubleEquals"
    NOT_EQUALS = "NotEquals"
    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    GREATER_THAN = "GreaterThan"
    LESS_THAN = "LessThan"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on the labels of an object; all values are texts."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selector:
    """Selects objects by namespace, labels, name, cluster and workspace; all must fit.

    `namespaces` of None means all of them, an empty text any. A selector that is not `valid` selects nothing. Where
    `one_namespace` holds a single one is written, as `namespace`, else a list, as `namespaces`. What is `expressed` is
    written as expressions, beside which no `labels` may stand. `own_namespace` says that no namespaces are written, so
    that it means the one of the object that holds it.
    """

    origin: Origin
    namespaces: frozenset[str] | None
    requirements: tuple[Requirement, ...] = ()
    valid: bool = True
    name: str = ""
    cluster: str = ""
    workspace: str = ""
    one_namespace: bool = field(default=False, compare=False)
    expressed: bool = field(default=False, compare=False)
    own_namespace: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class TableRef:
    """Names one route table; an empty namespace was not written and names nothing (`spec/v1beta1.md` D-29)."""

    origin: Origin
    namespace: str
    name: str


@value
class Options:
    """What applies to a route besides its action: option name to the JSON text of its value, with its origin."""

    fields: tuple[tuple[str, Sourced[str]], ...] = ()


NO_OPTIONS = Options()


@value
class Destination:
    """Where a request may go, as written; `weight` is None if nobody wrote one.

    `provider` names the object of the cloud account that a function is called in; it stands in `namespace`.
    """

    origin: Origin
    kind: DestinationKind
    name: str
    namespace: str = ""
    cluster: str = ""
    port: int | None = None
    port_name: str | None = None
    subset: tuple[tuple[str, str], ...] = ()
    weight: int | None = None
    provider: str = ""


@dataclass(frozen=True, slots=True)
class RegexRewrite:
    r"""Replaces every match of an RE2 pattern; groups are `\0` to `\9` (`spec/envoy.md` 33)."""

    pattern: str
    substitution: str


@value
class ForwardTo:
    """Sends the request on; `path_rewrite` of `""` is none (`spec/envoy.md` 34).

    `host_rewrite_header` names a header whose value becomes the host. `weights` are those in effect, one for each
    destination, where the written ones are completed (`spec/v2.md` 7.2).
    """

    destinations: tuple[Destination, ...]
    path_rewrite: str = ""
    regex_rewrite: RegexRewrite | None = None
    host_rewrite: str = ""
    host_rewrite_header: str = ""
    auto_host_rewrite: bool = False
    weights: tuple[int, ...] = ()


@value
class Redirect:
    """Answers with a location (`spec/envoy.md` 40 to 46); empty texts keep that part of the request.

    `path` replaces the whole path, `prefix` the matched one.
    """

    status: int = 301
    scheme: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    prefix: str = ""
    regex: RegexRewrite | None = None
    strip_query: bool = False


@value
class DirectResponse:
    """Answers by itself; a `body` of `""` is none (`spec/envoy.md` 50 to 52)."""

    status: int
    body: str = ""


@value
class GraphQL:
    """Has a query answered by a schema, which `ref` names (`spec/v2.md` 7.5)."""

    ref: ObjectRef


@dataclass(frozen=True, slots=True)
class FunctionFilter:
    """Which functions of a cloud may be called (`spec/v2.md` 2.8): something of every list must fit, an empty one does.

    `roles` and `functions` are regular expressions.
    """

    accounts: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegate:
    """Hands over to route tables: those named and those selected, in the order of the entries.

    Routes that call a function are served only if one of the filters in `allowed` lets it, where there are any.
    """

    entries: tuple[TableRef | Selector, ...] = ()
    sort: SortMethod = SortMethod.TABLE_WEIGHT
    allowed: tuple[FunctionFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class Invalid:
    """An action that the product cannot use (`spec/v1beta1.md` 8.7, `spec/v2.md` 8.7).

    `codes` are the findings that say why; `written` is what can be shown of the action.
    """

    codes: tuple[str, ...]
    written: FinalAction | None = None


FinalAction = ForwardTo | Redirect | DirectResponse | GraphQL
Action = FinalAction | Delegate | Invalid


@dataclass(frozen=True, slots=True)
class Backing:
    """One thing behind a virtual destination, in failover order."""

    kind: str
    namespace: str
    name: str
    cluster: str
    address: str | None
    port: int | None
    tls: bool


class Found(StrEnum):
    """Whether a destination exists; `UNKNOWN` depends on a gap (`spec/v1beta1.md` D-27)."""

    FOUND = "found"
    MISSING = "missing"
    UNKNOWN = "unknown"


@value
class ResolvedDestination:
    """A destination with what could be found out about it.

    `share` is its part of the traffic, from 0 to 1; `address` is the host name the proxy dials, None if unknown.
    """

    declared: Destination
    share: float
    address: str | None
    found: Found
    backing: tuple[Backing, ...] = ()
