"""Which contexts of the kubeconfig obviously are those of registered clusters (`spec/cli.md` 2.1, `spec/v2.md` DEC-27).

    contexts_of(clusters: Collection[str], connection: Connection, explicit: Mapping[str, str]) -> Contexts

reads the kubeconfig and nothing else; `Contexts.others` maps a cluster's name to the `Connection` to read it with.
`api.registered` gives the names that are worth asking for once the management cluster was read.

A name in a kubeconfig may be anything, so only what leaves no doubt counts: one server, claimed by the name of its
context or of its cluster entry, as it is or after what a provider puts around it, and no login that must ask a person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from kubectl_gmg.kube import Connection
from kubectl_gmg.kube.credentials import CERTIFICATE
from kubectl_gmg.kube.kubeconfig import Entry, Merged, context_of, in_pod, merged, text_of

SHARED = ("kubeconfig", "as_user", "as_group", "as_uid", "request_timeout", "chunk_size", "stream")
"""What holds for every cluster; the flags' login, server and trust are for one cluster only."""
WRITTEN = ("token", "tokenFile", "username", *CERTIFICATE)
"""Logins that stand in the kubeconfig: with one of them no helper is run."""
DEFAULT_PORTS = {"https": 443, "http": 80}

Server = tuple[str, ...]
"""What tells one API server from another: its address, and how it is reached."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """What belongs together: `others` are to be read, `own` are names of the very cluster that was read.

    `named` are the contexts of both by cluster. `asking` are clusters whose login has to ask a person something, with
    their context: nobody may be asked by a run that was not told to read there. Other logins are told not to.
    """

    others: Mapping[str, Connection] = field(default_factory=dict)
    own: Collection[str] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    asking: Mapping[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """Which contexts stand for which clusters, and how to turn that off; empty for none."""
        if not self.named:
            return ""
        pairs = ", ".join(f"{cluster}={context}" for cluster, context in self.named.items())
        return f"registered clusters found among your contexts: {pairs} (--no-workload-contexts turns this off)"


NO_CONTEXTS = Contexts()


@dataclass(frozen=True, slots=True)
class Place:
    """A context with a server: the name of its cluster entry, the server, and whether its login must ask something."""

    context: str
    cluster: str
    server: Server
    asks: bool

    def claims(self, name: str) -> bool:
        """Whether this may be the registered cluster of that name."""
        return name in called(self.context) or name in called(self.cluster)


def contexts_of(clusters: Collection[str], connection: Connection, explicit: Mapping[str, str]) -> Contexts:
    """The contexts that belong to `clusters`, beside that of `connection` and those that are given for some already.

    Nothing where a flag gives the server or the token: what is read then is no context. A single registered cluster
    needs no name for itself, since any name means it (`spec/v2.md` DEC-25). Raises `SourceError` for a kubeconfig that
    cannot be used.
    """
    if in_pod(connection) or connection.server or connection.token:
        return NO_CONTEXTS
    found = merged(connection)
    places = tuple(places_of(found))
    given = {each.server for each in places if each.context in explicit.values()}
    known = unshared({name: claimants(name, places) for name in clusters if name not in explicit}, given)
    here = server_of(found.clusters.get(cluster_name(found, connection), {}))
    own = {name: those[0] for name, those in known.items() if those[0].server == here and len(clusters) > 1}
    others = {name: one for name, those in known.items() if those[0].server != here and (one := way_in(name, those))}
    used = {name: one for name, one in others.items() if not one.asks}
    return Contexts(
        others={name: replace(connection_to(used[name].context, connection), unattended=True) for name in sorted(used)},
        own=tuple(sorted(own)),
        named={name: one.context for name, one in sorted({**own, **used}.items())},
        asking={name: others[name].context for name in sorted(others.keys() - used.keys())},
    )


def connection_to(context: str, connection: Connection) -> Connection:
    """How to read the cluster of another context: as it logs in, since the flags' own login is for one cluster only."""
    return Connection(context=context, **{name: getattr(connection, name) for name in SHARED})


def places_of(found: Merged) -> Iterator[Place]:
    """Every context with a server."""
    for context, entry in found.contexts.items():
        cluster = text_of(entry, "cluster")
        if server := server_of(found.clusters.get(cluster, {})):
            yield Place(context, cluster, server, has_to_ask(found.users.get(text_of(entry, "user"), {})))


def cluster_name(found: Merged, connection: Connection) -> str:
    """The cluster entry that `connection` means."""
    return connection.cluster or text_of(context_of(found, connection)[1], "cluster")


def server_of(cluster: Entry) -> Server | None:
    """Which API server an entry leads to; None for one without a usable address.

    Behind one address there may be several clusters, told apart by the path, the name in the handshake, or the proxy.
    """
    try:
        address = urlsplit(text_of(cluster, "server"))
        port = address.port or DEFAULT_PORTS.get(address.scheme)
    except ValueError:
        return None
    if not address.hostname or port is None:
        return None
    place = f"{address.scheme}://{address.hostname}:{port}{address.path.rstrip('/')}"
    return (place, text_of(cluster, "tls-server-name"), text_of(cluster, "proxy-url"))


def has_to_ask(user: Entry) -> bool:
    """Whether logging in has to ask a person: a helper that says so. Any other can do without (`interactiveMode`)."""
    helper = user.get("exec")
    if not isinstance(helper, dict) or any(user.get(name) for name in WRITTEN):
        return False
    return helper.get("interactiveMode") == "Always"


def claimants(name: str, places: Iterable[Place]) -> tuple[Place, ...]:
    """The contexts that may be the registered cluster of that name; none if they lead to several servers."""
    found = tuple(each for each in places if each.claims(name))
    return found if len({each.server for each in found}) == 1 else ()


def unshared(claimed: Mapping[str, tuple[Place, ...]], given: Collection[Server]) -> dict[str, tuple[Place, ...]]:
    """The names whose server no other name claims, and that was not given for another."""
    names = Counter(those[0].server for those in claimed.values() if those)
    names.update(given)
    return {name: those for name, those in claimed.items() if those and names[those[0].server] == 1}


def way_in(name: str, places: tuple[Place, ...]) -> Place | None:
    """Of several contexts for one server that whose own name says it; None where several, or none of them, do."""
    if len(places) == 1:
        return places[0]
    found = [each for each in places if name in called(each.context)]
    return found[0] if len(found) == 1 else None


def called(name: str) -> set[str]:
    """What a context or a cluster entry calls its cluster: its name, and that which a provider builds it from."""
    found = {name}
    for prefix in ("kind-", "k3d-"):
        found.add(name.removeprefix(prefix))
    match name.split("_", 3):
        case ["gke", _, _, cluster]:  # gke_PROJECT_LOCATION_NAME
            found.add(cluster)
    arn, slash, cluster = name.partition(":cluster/")  # arn:aws:eks:REGION:ACCOUNT:cluster/NAME
    if slash and arn.startswith("arn:aws") and arn.split(":")[2:3] == ["eks"]:
        found.add(cluster)
    if name.endswith(".eksctl.io"):  # [USER@]NAME.REGION.eksctl.io
        found.add(name.rpartition("@")[2].split(".")[0])
    return found - {""}
