"""The conditions of a route, as the proxy has them (`spec/envoy.md` 13 to 26).

They are a superset of what any Gloo field can say: the export and the comparison with running proxies need the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import StrEnum
from typing import Protocol, TypeVar

from kubectl_gmg.model.value import value


class PathKind(StrEnum):
    """How a path is compared; the values are those of `spec/cli.md` 6.8."""

    EXACT = "exact"
    PREFIX = "prefix"
    REGEX = "regex"
    SEPARATED_PREFIX = "separatedPrefix"


class ValueKind(StrEnum):
    """How the value of a header or query parameter is compared."""

    EXACT = "exact"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    REGEX = "regex"
    PRESENT = "present"
    RANGE = "range"


@value
class PathMatch:
    """A condition on the path before the query.

    `written_length` is how long a regular expression counts when routes are ranked: what people wrote, without what
    joining added (`spec/v1beta1.md` D-17). It is no condition, so it does not count when matches are compared.
    """

    kind: PathKind
    value: str
    ignore_case: bool = False
    written_length: int = field(default=0, compare=False)

    @property
    def length(self) -> int:
        """How long the path counts when routes are ranked."""
        return self.written_length if self.kind is PathKind.REGEX else len(self.value)


@value
class HeaderMatch:
    """A test of one header.

    `invert` negates the result over all values; `missing_as_empty` tests a missing header as the empty text instead of
    failing (`spec/envoy.md` 21). `start` and `end` belong to RANGE, the end exclusive.
    """

    name: str
    kind: ValueKind = ValueKind.PRESENT
    value: str = ""
    invert: bool = False
    missing_as_empty: bool = False
    ignore_case: bool = False
    start: int = 0
    end: int = 0

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two tests the same to the proxy: names of headers ignore case."""
        tested = (self.kind, self.value, self.ignore_case, self.start, self.end)
        return (self.name.lower(), *tested, self.invert, self.missing_as_empty)


@value
class QueryParameterMatch:
    """A test of the first occurrence of one query parameter (`spec/envoy.md` 25)."""

    name: str
    kind: ValueKind = ValueKind.PRESENT
    value: str = ""
    invert: bool = False

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two tests the same to the proxy."""
        return self.name, self.kind, self.value, self.invert


@value
class RouteMatch:
    """Everything a request must satisfy; a `path` of None was left unsaid by everybody and means prefix `/`.

    `method` is `""` for any. `fraction` is the share of fitting requests that the route takes (`spec/envoy.md` 57).
    """

    path: PathMatch | None = None
    method: str = ""
    headers: tuple[HeaderMatch, ...] = ()
    query_parameters: tuple[QueryParameterMatch, ...] = ()
    port: int | None = None
    grpc: bool = False
    fraction: float = 1.0

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two matches the same to the proxy: an unsaid path is prefix `/`."""
        headers = tuple(each.identity for each in self.headers)
        parameters = tuple(each.identity for each in self.query_parameters)
        return self.path or ROOT, self.method, headers, parameters, self.port, self.grpc, self.fraction


class RouteProtocol(StrEnum):
    """What a route is about; the values are those of `spec/cli.md` 6.8."""

    HTTP = "http"
    TCP = "tcp"
    TLS = "tls"


@value
class ConnectionMatch:
    """What a route wants of a connection that it takes as a whole (`spec/v2.md` 4.6).

    `sni_hosts` are the server names of a TLS route, in any case and with a star for what stands in front; `port` is
    that of the listener, None for any.
    """

    protocol: RouteProtocol
    sni_hosts: tuple[str, ...] = ()
    port: int | None = None


ROOT = PathMatch(PathKind.PREFIX, "/")
"""What an unsaid path means to the proxy."""

EVERYTHING = RouteMatch()


class Identified(Protocol):
    """A condition that can be the same as another."""

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for conditions that are the same to the proxy."""


T = TypeVar("T", bound=Identified)


def distinct(conditions: Iterable[T]) -> tuple[T, ...]:
    """Every condition once, at its first place."""
    given = tuple(conditions)
    if len(given) < 2:  # nearly always
        return given
    found: dict[tuple[object, ...], T] = {}
    for condition in given:
        found.setdefault(condition.identity, condition)
    return tuple(found.values())
