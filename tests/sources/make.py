"""Kinds and manifests for the tests of sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kubectl_gmg.model.snapshot import Affects, Kind, Snapshot
from kubectl_gmg.sources import files

ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io"
TABLE = Kind(ENTERPRISE, "v1beta1", "RouteTable", "routetables", "v1beta1", (Affects.ROUTES, Affects.DELEGATION))
HOST = Kind(ENTERPRISE, "v1beta1", "VirtualHost", "virtualhosts", "v1beta1", (Affects.ROUTES,))
TABLE_V2 = Kind("networking.gloo.solo.io", "v2", "RouteTable", "routetables", "v2", (Affects.ROUTES,))
SERVICE = Kind("", "v1", "Service", "services", "v2", (Affects.DESTINATIONS,))
KINDS = (HOST, TABLE, TABLE_V2, SERVICE)


def no_stdin() -> bytes:
    """For runs that must not ask for it."""
    raise AssertionError("stdin was read")


def table(name: str, namespace: str | None = "gloo-mesh", spec: str = "{}") -> str:
    """A route table, 5 or 6 lines; the spec is on its last."""
    where = f"  namespace: {namespace}\n" if namespace else ""
    return f"apiVersion: {ENTERPRISE}/v1beta1\nkind: RouteTable\nmetadata:\n  name: {name}\n{where}spec: {spec}\n"


def read(
    *paths: object,
    recursive: bool = False,
    namespace: str | None = None,
    kinds: Sequence[Kind] = KINDS,
    stdin: Callable[[], bytes] = no_stdin,
) -> Snapshot:
    """`files.read` with what most tests want."""
    names = [str(path) for path in paths]
    return files.read(names, recursive=recursive, namespace=namespace, kinds=kinds, stdin=stdin)


def names(snapshot: Snapshot) -> list[str]:
    """The names of the objects, in order."""
    return [each.ref.name for each in snapshot.objects]
