"""What a cluster serves, for `version`: never an error, what could not be asked has a reason (`spec/cli.md` 3)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from typing import Any

from kubectl_gmg import kube
from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Client, Connection, NotInstalledError, Reporting, RequestError
from kubectl_gmg.model.release import DecidedBy
from kubectl_gmg.model.server import Server
from kubectl_gmg.model.snapshot import Kind

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
RELEASE = re.compile(r"(?:^|[-v])(\d{1,3}\.\d{1,3})\.\d")
RELEASE_LABELS = ("app.kubernetes.io/version", "helm.sh/chart")


def ask(connection: Connection, kinds: Sequence[Kind], *, deadline: float | None, report: Reporting) -> Server:
    """What the cluster says about itself; three or so small requests, none of them a list of objects."""
    until = None if deadline is None else time.monotonic() + deadline
    try:
        with kube.connect(connection, report) as client:
            client.say(f"waiting for {client.access.server} (context {client.access.context})")
            return answers(client, kinds, until)
    except SourceError as error:
        return Server(connection.context, reason=error.message)


def answers(client: Client, kinds: Sequence[Kind], until: float | None) -> Server:
    """Ask for the version, then for the kinds of each group, then for one CRD; the first failure ends it."""
    context = client.access.context
    version = None
    try:
        version = version_of(client.get("/version", until=until))
        served = served_kinds(client, kinds, until)
    except (RequestError, NotInstalledError) as error:
        reason = f"the API server {client.access.server} does not tell: {str(error) or 'it knows no such path'}"
        return Server(context, version, reason=reason)
    names = [kind for kind in kinds if kind.name in dict(served).get(kind.generation, ())]
    product, why = product_version(client, names, until)
    return Server(context, version, served, product, DecidedBy.CRDS if product else None, why)


def version_of(answer: Any) -> str | None:
    """What the server calls its version, which need not be a semantic one; None if it does not tell."""
    version = answer.get("gitVersion") if isinstance(answer, dict) else None
    return version[:60] if isinstance(version, str) and version.isprintable() else None


def served_kinds(client: Client, kinds: Sequence[Kind], until: float | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The kinds of routing and discovery that the server knows, by generation; a generation without any is left out."""
    found: dict[str, set[str]] = {}
    for group, version in sorted({(kind.group, kind.version) for kind in kinds}):
        known = plurals(client, group_path(group, version), until)
        for kind in kinds:
            if (kind.group, kind.version) == (group, version) and kind.plural in known:
                found.setdefault(kind.generation, set()).add(kind.name)
    return tuple((generation, tuple(sorted(names))) for generation, names in sorted(found.items()))


def group_path(group: str, version: str) -> str:
    """Where the API server tells what a group holds."""
    return f"/apis/{group}/{version}" if group else f"/api/{version}"


def plurals(client: Client, path: str, until: float | None) -> frozenset[str]:
    """The plurals that the server knows in one group and version; none where there is no such group.

    Raises `RequestError` if it does not tell.
    """
    try:
        known = client.get(path, until=until)
    except NotInstalledError:
        return frozenset()
    resources = known.get("resources") if isinstance(known, dict) else None
    if not isinstance(resources, list):
        raise kube.MalformedError("the answer is not a list of kinds")
    return frozenset(str(each.get("name")) for each in resources if isinstance(each, dict))


def product_version(client: Client, kinds: Iterable[Kind], until: float | None) -> tuple[str | None, str | None]:
    """The release that installed the CRDs, as far as their labels tell, and why it cannot be told."""
    kind = next((each for each in kinds if each.group.startswith("networking.")), None)
    if kind is None:
        return None, "none of the product's kinds is installed"
    try:
        crd = client.get(f"{CRDS}/{kind.resource}", until=until)
    except (RequestError, NotInstalledError) as error:
        return None, f"the CRD {kind.resource} cannot be read: {str(error) or 'there is none'}"
    metadata = crd.get("metadata") if isinstance(crd, dict) else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    for name in RELEASE_LABELS:
        value = labels.get(name) if isinstance(labels, dict) else None
        if isinstance(value, str) and (found := RELEASE.search(value)):
            return found[1], None
    return None, f"the labels of the CRD {kind.resource} do not tell its release"
