"""Workspaces and hosts, told again for the second generation: `spec/v2.md` 2.2, 3.3, 12, DEC-4, DEC-5, DEC-20, DEC-24.

Like `v2_transcript.py` it imports nothing of the program. Only one cluster is meant here (DEC-25).
"""

from __future__ import annotations

from typing import Any

from tests.oracle.transcript import age
from tests.oracle.transcript_selectors import key

Json = dict[str, Any]
EVERYTHING = "(everything)"
"""The one workspace where nobody wrote any (DEC-24)."""


class Tenants:
    """Who owns what, and who sees it."""

    def __init__(self, manifests: list[Json]) -> None:
        written = [each for each in manifests if each["kind"] == "Workspace"]
        self.workspaces = sorted(written, key=lambda each: (age(each), key(each)))
        self.labels = {each["metadata"]["name"]: each["metadata"].get("labels") or {} for each in written}
        settings = [each for each in manifests if each["kind"] == "WorkspaceSettings"]
        self.settings = {self.holder(each["metadata"]["namespace"])[0]: each["spec"] for each in settings}

    def holder(self, namespace: str) -> tuple[str | None, bool]:
        """12.1, 12.2 rules 1 and 2, DEC-20: the workspace of a namespace, and whether configuration is read there."""
        if not self.workspaces:
            return EVERYTHING, True
        for workspace in self.workspaces:
            read = [
                cluster.get("configEnabled", True) and each.get("configEnabled", True)
                for cluster in workspace["spec"].get("workloadClusters") or []
                for each in cluster["namespaces"]
                if like(each["name"], namespace)
            ]
            if read:
                return workspace["metadata"]["name"], any(read)
        return None, False

    def owner(self, manifest: Json) -> str | None:
        """12.1, 12.2 rule 3: None for what nobody processes; a Service is no configuration."""
        workspace, read = self.holder(manifest["metadata"]["namespace"])
        return workspace if read or manifest["kind"] == "Service" else None

    def sees(self, viewer: str | None, manifest: Json, kind: str) -> bool:
        """12.2 rule 5: its own things, and what the owner exports to it and it imports from the owner."""
        owner = self.owner(manifest)
        if viewer is None or owner is None or viewer == owner:
            return viewer is not None and viewer == owner
        out, into = self.settings.get(owner, {}).get("exportTo"), self.settings.get(viewer, {}).get("importFrom")
        return self.shared(out, viewer, manifest, kind) and self.shared(into, owner, manifest, kind)

    def shared(self, entries: list[Json] | None, other: str, manifest: Json, kind: str) -> bool:
        """12.2 rules 6 and 9: whether one entry names the other workspace and the object."""
        return any(
            any(self.means(each, other) for each in entry["workspaces"])
            and (not entry.get("resources") or any(covers(each, manifest, kind) for each in entry["resources"]))
            for entry in entries or []
        )

    def means(self, pattern: Json, workspace: str) -> bool:
        labels = pattern.get("selector") or {}
        return like(pattern.get("name") or "*", workspace) and labels.items() <= self.labels[workspace].items()

    def fits(self, selector: Json, manifest: Json) -> bool:
        """2.2: all that is set must hold."""
        namespace, name = key(manifest)
        return (
            selector.get("name") in (None, name)
            and selector.get("namespace") in (None, namespace)
            and selector.get("workspace") in (None, self.owner(manifest))
            and labelled(selector, manifest)
        )

    def attached(self, root: Json, gateway: Json) -> bool:
        """3.3 rules 1 and 2: the root lists the gateway, whose workspace sees the root."""
        own = root["metadata"]["namespace"]
        listed = [(ref.get("namespace") or own, ref["name"]) for ref in root["spec"].get("virtualGateways") or []]
        return key(gateway) in listed and self.sees(self.owner(gateway), root, "ROUTE_TABLE")

    def admitted(self, root: Json, listener: Json, gateway: Json) -> list[str]:
        """3.3 rule 3: the domains of a root that the listener serves."""
        hosts = [host.lower() for host in root["spec"]["hosts"]]
        if not listener.get("allowedRouteTables"):
            return list(dict.fromkeys(hosts))
        found = []
        for entry in listener["allowedRouteTables"]:
            space, _, pattern = entry["host"].lower().rpartition("/")
            space = key(gateway)[0] if space == "." else space or "*"
            if space in ("*", key(root)[0]) and self.chooses(entry.get("selector"), root, gateway):
                found += [narrower(host, pattern) for host in hosts]
        return [domain for domain in dict.fromkeys(found) if domain]

    def chooses(self, selector: Json | None, root: Json, gateway: Json) -> bool:
        """3.3 rule 3b, DEC-5."""
        if selector == {}:
            return self.owner(root) == self.owner(gateway)
        return selector is None or self.fits(selector, root)


def covers(pattern: Json, manifest: Json, kind: str) -> bool:
    """12.2 rules 6 and 7: an entry of `resources`."""
    namespace, name = key(manifest)
    return (
        pattern.get("kind", "ALL") in ("ALL", kind)
        and pattern.get("name") in (None, name)
        and pattern.get("namespace") in (None, namespace)
        and labelled(pattern, manifest)
    )


def labelled(selector: Json, manifest: Json) -> bool:
    return (selector.get("labels") or {}).items() <= (manifest["metadata"].get("labels") or {}).items()


def like(pattern: str, text: str) -> bool:
    """12.1: `*` stands for anything; the patterns here have one star at most."""
    front, star, end = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(front + end) and text.startswith(front) and text.endswith(end)


def narrower(one: str, other: str) -> str:
    """DEC-4: equal, or one of two is a wildcard that covers the other; empty if neither does."""
    if one == other:
        return one
    for wide, narrow in ((one, other), (other, one)):
        if wide.startswith("*") and narrow.endswith(wide[1:]) and len(narrow) >= len(wide):
            return narrow
    return ""
