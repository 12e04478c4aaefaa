"""Versions for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kubectl_gmg.render.page import Page, line

if TYPE_CHECKING:  # without a cluster there is no server, and its modules would take as long as the rest
    from kubectl_gmg.model.server import Server
    from kubectl_gmg.render import Locate
    from kubectl_gmg.views import Look, VersionInfo

DECIDED = {"flag": "asked for", "crds": "read off the CRDs", "default": "the newest known"}


def text(view: VersionInfo, _locate: Locate, _look: Look) -> Page:
    """`version`."""
    rows = [
        ("kubectl gmg", view.client),
        ("python", view.python),
        ("kubernetes", view.kubernetes or "not installed"),
        ("generations", ", ".join(view.generations)),
    ]
    if view.server is not None:
        rows += cluster(view.server)
    return tuple(line(f"{name:<12}{value}") for name, value in rows)


def cluster(found: Server) -> Iterator[tuple[str, str]]:
    """What the cluster said, and why it did not say more."""
    yield "cluster", f"{found.context or 'none'}, Kubernetes {found.kubernetes or 'unknown'}"
    for generation, kinds in found.served or ():
        yield "served", f"{generation}: {', '.join(kinds)}"
    if found.served == ():
        yield "served", "none of the kinds of Gloo Mesh Gateway"
    by = f" ({DECIDED[found.decided_by]})" if found.decided_by else ""
    yield "product", (found.product_version or "unknown") + by
    if found.reason:
        yield "reason", found.reason
