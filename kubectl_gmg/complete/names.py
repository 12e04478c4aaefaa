"""The names in a source, as the cache keeps them: nothing else of any object is ever written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MOST = 5000
"""Names of one sort that are kept: of a huge cluster not all can be offered, and reading them takes time."""
LONGEST = 1000
"""Letters of a name that is kept; longer ones are no help to anybody who types."""

Path = tuple[str, str, str]
"""An exact path or a prefix, which of both, and the id of its route; or another triple that a field tells."""


@dataclass(frozen=True, slots=True)
class ServedHost:
    """A host as one listener serves it, and the paths that exist under it in effective order.

    `owner` is the object that declares it, as `NS/NAME` like the gateway; `places` are N of `HOST#N`, the id of the
    route there, and what it answers. One that workloads within the mesh get has their words in place of a gateway.
    """

    gateway: str
    owner: str
    listener: str
    port: int | None
    protocol: str
    domains: tuple[str, ...]
    paths: tuple[Path, ...]
    places: tuple[Path, ...] = ()
    within_mesh: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """Objects are `NS/NAME` by the word that a TARGET calls their kind; routes are id, gateway and what they match.

    `workloads` are labels that tables within the mesh want, written `K=V,K=V`.
    """

    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    objects: tuple[tuple[str, tuple[str, ...]], ...] = ()
    hosts: tuple[ServedHost, ...] = ()
    routes: tuple[Path, ...] = ()
    workloads: tuple[str, ...] = ()

    def of(self, kind: str) -> tuple[str, ...]:
        """The objects of a kind."""
        return dict(self.objects).get(kind, ())

    def content(self) -> dict[str, Any]:
        """What the cache keeps."""
        return asdict(self)


def from_content(content: Mapping[str, Any]) -> Names:
    """What the cache kept. Raises `ValueError`, `TypeError` or `KeyError` for anything else."""
    return Names(
        namespaces=texts(content["namespaces"]),
        clusters=texts(content["clusters"]),
        policies=texts(content["policies"]),
        objects=tuple((text(kind), texts(names)) for kind, names in content["objects"]),
        hosts=tuple(map(host, content["hosts"])),
        routes=tuple(map(three, content["routes"])),
        workloads=texts(content["workloads"]),
    )


def host(content: Mapping[str, Any]) -> ServedHost:
    """One host."""
    port = content["port"]
    if port is not None and not isinstance(port, int):
        raise TypeError
    return ServedHost(
        gateway=text(content["gateway"]),
        owner=text(content["owner"]),
        listener=text(content["listener"]),
        port=port,
        protocol=text(content["protocol"]),
        domains=texts(content["domains"]),
        paths=tuple(map(three, content["paths"])),
        places=tuple(map(three, content["places"])),
        within_mesh=content["within_mesh"] is True,
    )


def three(content: object) -> Path:
    """Three texts."""
    first, second, third = texts(content)
    return first, second, third


def texts(content: object) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(content, list):
        raise TypeError
    return tuple(map(text, content))


def text(content: object) -> str:
    """A text."""
    if not isinstance(content, str):
        raise TypeError
    return content
