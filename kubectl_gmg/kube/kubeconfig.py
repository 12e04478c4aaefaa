"""Which cluster and which user are meant: the kubeconfig files merged as kubectl does, and what flags change.

The client library can neither override a cluster or user nor impersonate, so it gets one context, one cluster and one
user that are made here. Nothing is ever written. Messages name entries and files, never what is in an entry.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubectl_gmg.errors import SourceError, UsageError

Entry = dict[str, Any]
SECTIONS = ("clusters", "contexts", "users")
LOGINS = ("token", "username", "password", "exec", "auth-provider")
AUTHORITY = ("certificate-authority", "certificate-authority-data")
TEXTS = (
    *("server", "tls-server-name", "proxy-url", *AUTHORITY),
    *("client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile"),
    *("username", "password", "as", "as-uid", "cluster", "user", "namespace"),
)
SWITCHES = ("insecure-skip-tls-verify", "disable-compression")
MAPPINGS = ("exec", "auth-provider", "as-user-extra")
PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
POD = "in-cluster"
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
FILES_HINT = "see what kubectl makes of it: kubectl config view"


@dataclass(frozen=True, slots=True)
class Connection:
    """Which cluster to read, as whom, and with what patience; the names are those of the flags (`spec/cli.md` 2.1).

    `request_timeout` (seconds) is the limit of one request as a whole, 0 for none; `chunk_size` the objects of one
    page, 0 for all in one page. `stream` asks for WatchList first, which needs the right to watch. `unattended` means
    that nobody may be asked for anything, as where a cluster is read that nobody named.
    """

    kubeconfig: str | None = None
    context: str | None = None
    cluster: str | None = None
    user: str | None = None
    server: str | None = None
    token: str | None = field(default=None, repr=False)
    certificate_authority: str | None = None
    tls_server_name: str | None = None
    insecure: bool = False
    as_user: str | None = None
    as_group: tuple[str, ...] = ()
    as_uid: str | None = None
    request_timeout: float = 10.0
    chunk_size: int = 500
    stream: bool = False
    unattended: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one context that is used: its `cluster` and `user` entries with what flags changed, paths made absolute.

    A credential helper of an `unattended` one may ask nobody for anything.
    """

    context: str
    namespace: str
    cluster: Entry = field(repr=False)
    user: Entry = field(repr=False)
    user_name: str = ""
    unattended: bool = False

    @property
    def secure(self) -> bool:
        """Whether requests travel over TLS."""
        return urlsplit(self.cluster["server"]).scheme == "https"


@dataclass(slots=True)
class Merged:
    """All kubeconfig files together: of entries of one name, and of current contexts, the first wins, as in kubectl."""

    files: str
    current: str = ""
    clusters: dict[str, Entry] = field(default_factory=dict)
    contexts: dict[str, Entry] = field(default_factory=dict)
    users: dict[str, Entry] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Add what one file says."""
        content = loaded(path)
        current = content.get("current-context")
        if not self.current and isinstance(current, str):
            self.current = current
        for section in SECTIONS:
            known = getattr(self, section)
            for name, entry in entries(content, section, path):
                known.setdefault(name, with_absolute_paths(entry, path.parent))


def in_pod(connection: Connection) -> bool:
    """Whether no kubeconfig exists but the environment is that of a pod, as kubectl decides it."""
    asked = connection.kubeconfig or connection.server or connection.context
    return not asked and bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and not existing_files()


def of_pod() -> Merged:
    """The service account of this pod, as if a kubeconfig had it."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    authority = SERVICE_ACCOUNT / "ca.crt"
    try:
        token = (SERVICE_ACCOUNT / "token").read_text(encoding="utf-8").strip()
        namespace = (SERVICE_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
        authority.read_bytes()
    except (OSError, ValueError):
        raise SourceError(
            "there is no kubeconfig, and the service account of this pod cannot be read",
            "mount a service account token, or name a kubeconfig with --kubeconfig",
        ) from None
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Merged(
        files=str(SERVICE_ACCOUNT),
        current=POD,
        clusters={POD: {"server": server, "certificate-authority": str(authority)}},
        contexts={POD: {"cluster": POD, "user": POD, "namespace": namespace}},
        users={POD: {"token": token}},
    )


def kubeconfig_files() -> str:
    """The kubeconfig files by kubectl's rules; an empty variable counts as unset."""
    return os.environ.get("KUBECONFIG") or str(Path("~/.kube/config").expanduser())


def existing_files() -> tuple[Path, ...]:
    """Those of the kubeconfig files that exist; kubectl skips the others silently."""
    paths = (Path(each).expanduser() for each in kubeconfig_files().split(os.pathsep) if each)
    return tuple(path for path in paths if path.exists())


def merged(connection: Connection) -> Merged:
    """All that the kubeconfig files say. Raises `SourceError` if there are none, or one cannot be used."""
    named = connection.kubeconfig
    found = Merged(named or kubeconfig_files())
    paths = (Path(named).expanduser(),) if named else existing_files()
    if not connection.server and not any(path.exists() for path in paths):
        hint = "name one with --kubeconfig or KUBECONFIG, read manifests with -f, or try --demo"
        raise SourceError(f"there is no kubeconfig {found.files}", hint)
    for path in paths:
        found.add(path)
    return found


def loaded(path: Path) -> Entry:
    """The content of one file; an empty one says nothing."""
    import yaml  # noqa: PLC0415 - only a command that talks to a cluster needs it

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        content = yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - a safe one, that of libyaml where it is there
    except OSError as error:
        raise SourceError(f"the kubeconfig {path} cannot be read: {error.strerror}", "can you read it?") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise SourceError(f"the kubeconfig {path} is not valid YAML{line}", "correct it there") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SourceError(f"the kubeconfig {path} is no mapping", FILES_HINT)
    return content


def entries(content: Entry, section: str, path: Path) -> Iterable[tuple[str, Entry]]:
    """The named entries of one section: each is a list of `{name, cluster}` and so on."""
    key = section.removesuffix("s")
    found = content.get(section) or []
    wrong = SourceError(f"the kubeconfig {path} cannot be used: {section} is no list of named entries", FILES_HINT)
    if not isinstance(found, list):
        raise wrong
    for each in found:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise wrong
        entry = each.get(key) or {}
        if not isinstance(entry, dict):
            raise wrong
        yield each["name"], entry


def with_absolute_paths(entry: Entry, folder: Path) -> Entry:
    """The entry with its paths made absolute: they are relative to the file that they stand in."""
    changed = dict(entry)
    for name in PATHS:
        if isinstance(entry.get(name), str) and entry[name]:
            changed[name] = str((folder / entry[name]).absolute())
    run = entry.get("exec")
    if isinstance(run, dict) and isinstance(run.get("command"), str) and os.sep in run["command"]:
        changed["exec"] = {**run, "command": str((folder / run["command"]).absolute())}
    return changed


def choose(connection: Connection) -> Chosen:
    """The context that is meant, with what the flags change; without any kubeconfig that of the pod this runs in.

    Raises `SourceError` if there is no such context, cluster or user, and `UsageError` for flags that do not fit.
    """
    found = of_pod() if in_pod(connection) else merged(connection)
    name, context = context_of(found, connection)
    require_types(context, f"context {name}")
    cluster_name = connection.cluster or text_of(context, "cluster")
    user_name = connection.user or text_of(context, "user")
    cluster = found.clusters.get(cluster_name)
    if cluster is None and (connection.cluster or not connection.server):
        raise unknown("cluster", cluster_name, name, found.clusters)
    user = found.users.get(user_name)
    if user is None and user_name:
        raise unknown("user", user_name, name, found.users)
    require_types(cluster or {}, f"cluster {cluster_name}")
    require_types(user or {}, f"user {user_name}")
    cluster = changed_cluster(cluster or {}, connection)
    require_server(cluster, name, found.files)
    label = name or urlsplit(cluster["server"]).netloc.rpartition("@")[2]
    login = changed_user(user or {}, connection)
    return Chosen(label, text_of(context, "namespace") or "default", cluster, login, user_name, connection.unattended)


def context_of(found: Merged, connection: Connection) -> tuple[str, Entry]:
    """The context's name and entry; with `--server`, or with a cluster of the flag, none is needed."""
    name = connection.context or found.current
    if name in found.contexts:
        return name, found.contexts[name]
    if not connection.context and (connection.server or connection.cluster):
        return "", {}
    if not name:
        said, hint = f"the kubeconfig {found.files} has no current context", "choose one with --context"
        raise SourceError(said, hint, candidates=tuple(sorted(found.contexts)[:10]))
    near = tuple(get_close_matches(name, found.contexts, n=3)) or tuple(sorted(found.contexts)[:10])
    said = f"no context is called {name}" + ("" if connection.context else f", though {found.files} makes it current")
    raise SourceError(said, "see all: kubectl config get-contexts", candidates=near)


def unknown(what: str, name: str, context: str, known: Iterable[str]) -> SourceError:
    """A context, or a flag, names something that the kubeconfig does not have."""
    near = tuple(get_close_matches(name, known, n=3))
    if not name:
        return SourceError(f"context {context} names no {what}", FILES_HINT)
    said = f"no {what} is called {name}" + (f" (context {context})" if context else "")
    return SourceError(said, FILES_HINT, candidates=near)


def require_server(cluster: Entry, context: str, files: str) -> None:
    """Raises `SourceError` unless the cluster has an address that can be used."""
    try:
        address = urlsplit(cluster.get("server") or "")
        usable = address.scheme in {"https", "http"} and bool(address.hostname) and (address.port or 1) > 0
    except (ValueError, AttributeError, TypeError):
        usable = False
    if not usable:
        where = f"context {context} of {files}" if context else "--server"
        raise SourceError(f"the server's address of {where} is not like https://HOST:PORT", FILES_HINT)


def changed_cluster(cluster: Entry, connection: Connection) -> Entry:
    """The cluster with the address and the trust that the flags ask for."""
    changed = {name: value for name, value in cluster.items() if value is not None}
    if connection.server:
        changed["server"] = connection.server
    if changed.get("server") and "//" not in changed["server"]:
        changed["server"] = f"http://{changed['server']}"  # as in kubectl, which then shows no login
    if connection.tls_server_name:
        changed["tls-server-name"] = connection.tls_server_name
    if connection.insecure and connection.certificate_authority:
        raise UsageError("--insecure-skip-tls-verify and --certificate-authority exclude each other", "give one")
    if connection.insecure or connection.certificate_authority:
        for name in (*AUTHORITY, "insecure-skip-tls-verify"):
            changed.pop(name, None)
    if connection.insecure:
        changed["insecure-skip-tls-verify"] = True
    if connection.certificate_authority:
        changed["certificate-authority"] = str(Path(connection.certificate_authority).expanduser().absolute())
    if changed.get("insecure-skip-tls-verify") and any(changed.get(name) for name in AUTHORITY):
        raise SourceError("the cluster has an authority to trust, and insecure-skip-tls-verify too", FILES_HINT)
    return changed


def changed_user(user: Entry, connection: Connection) -> Entry:
    """The user with the token of the flag; certificates and a token file, which wins, stay as in kubectl."""
    changed = {each: value for each, value in user.items() if value is not None}
    if connection.token:
        return {each: value for each, value in changed.items() if each not in LOGINS} | {"token": connection.token}
    return changed


def require_types(entry: Entry, what: str) -> None:
    """Raises `SourceError` for values that kubectl would refuse: a quoted "false" must not count as true."""
    wrong = [name for name in TEXTS if not isinstance(entry.get(name) or "", str)]
    wrong += [name for name in SWITCHES if not isinstance(entry.get(name) or False, bool)]
    wrong += [name for name in MAPPINGS if not isinstance(entry.get(name) or {}, dict)]
    wrong += [] if are_texts(entry.get("as-groups")) else ["as-groups"]
    extra = entry.get("as-user-extra")
    wrong += ["as-user-extra"] if isinstance(extra, dict) and not all(map(are_texts, extra.values())) else []
    if wrong:
        raise SourceError(f"{what} of the kubeconfig cannot be used: {wrong[0]} has a wrong type", FILES_HINT)


def are_texts(value: Any) -> bool:
    """Whether this is a list of texts, or absent."""
    return value is None or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def text_of(entry: Entry, name: str) -> str:
    """A text of an entry; empty if it has none."""
    value = entry.get(name)
    return value if isinstance(value, str) else ""
