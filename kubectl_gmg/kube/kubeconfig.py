"""Which cluster and which user are meant: the kubeconfig files merged as kubectl does, and what flags change.

The client library can neither override a cluster or user nor impersonate, so it gets one context, one cluster and one
user that are made here. Nothing is ever written. Messages name entries and files, never what is in an entry.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubectl_gmg.errors import SourceError, UsageError

Entry = dict[str, Any]
SECTIONS = ("clusters", "contexts", "users")
LOGINS = ("token", "tokenFile", "username", "password", "exec", "auth-provider")
PATHS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
FILES_HINT = "see what kubectl makes of it: kubectl config view"


@dataclass(frozen=True, slots=True)
class Connection:
    """Which cluster to read, as whom, and with what patience; the names are those of the flags (`spec/cli.md` 2.1).

    `request_timeout` (seconds) is the limit of one request as a whole, 0 for none; `chunk_size` the objects of one
    page, 0 for all in one page. `stream` asks for WatchList first, which needs the right to watch.
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
    as_groups: tuple[str, ...] = ()
    as_uid: str | None = None
    request_timeout: float = 10.0
    chunk_size: int = 500
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The one context that is used: its `cluster` and `user` entries with what flags changed, paths made absolute."""

    context: str
    namespace: str
    cluster: Entry = field(repr=False)
    user: Entry = field(repr=False)
    user_name: str = ""

    @property
    def helper(self) -> str:
        """The program that the credentials come from; empty for none."""
        found = self.user.get("exec")
        return os.path.basename(str(found.get("command", ""))) if isinstance(found, dict) else ""  # noqa: PTH119

    def config(self) -> Entry:
        """A kubeconfig of this context alone."""
        login = {name: value for name, value in self.user.items() if value is not None}
        return {
            "current-context": "chosen",
            "contexts": [{"name": "chosen", "context": {"cluster": "chosen", "user": "chosen"}}],
            "clusters": [{"name": "chosen", "cluster": self.cluster}],
            "users": [{"name": "chosen", "user": login}],
        }


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
        content = yaml.safe_load(path.read_bytes())
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
    """The context that is meant, with what the flags change.

    Raises `SourceError` if there is no such context, cluster or user, and `UsageError` for flags that do not fit.
    """
    if (connection.as_groups or connection.as_uid) and not connection.as_user:
        raise UsageError("--as-group and --as-uid need --as", "say whom to impersonate with --as")
    found = merged(connection)
    name, context = context_of(found, connection)
    cluster_name = connection.cluster or text_of(context, "cluster")
    user_name = connection.user or text_of(context, "user")
    cluster = found.clusters.get(cluster_name)
    if cluster is None and (connection.cluster or not connection.server):
        raise unknown("cluster", cluster_name, name, found.clusters)
    user = found.users.get(user_name)
    if user is None and user_name:
        raise unknown("user", user_name, name, found.users)
    cluster = changed_cluster(cluster or {}, connection)
    chosen_user = changed_user(user or {}, user_name, connection)
    require_server(cluster, name, found.files)
    label = name or urlsplit(cluster["server"]).netloc.rpartition("@")[2]
    return Chosen(label, text_of(context, "namespace") or "default", cluster, chosen_user, user_name)


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
        changed["server"] = connection.server if "//" in connection.server else f"https://{connection.server}"
    if connection.tls_server_name:
        changed["tls-server-name"] = connection.tls_server_name
    if connection.insecure and connection.certificate_authority:
        raise UsageError("--insecure-skip-tls-verify and --certificate-authority exclude each other", "give one")
    if connection.insecure or connection.certificate_authority:
        for name in ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify"):
            changed.pop(name, None)
    if connection.insecure:
        changed["insecure-skip-tls-verify"] = True
    if connection.certificate_authority:
        changed["certificate-authority"] = str(Path(connection.certificate_authority).expanduser().absolute())
    return changed


def changed_user(user: Entry, name: str, connection: Connection) -> Entry:
    """The user with the token of the flag, or with the one that a file or an old provider holds."""
    changed = {each: value for each, value in user.items() if value is not None}
    if connection.token:
        return {each: value for each, value in changed.items() if each not in LOGINS} | {"token": connection.token}
    if "tokenFile" in changed:  # as in kubectl, the file wins over a token beside it
        changed["token"] = token_in(changed.pop("tokenFile"), name)
    provider = changed.pop("auth-provider", None)
    if provider is not None and "token" not in changed:
        changed["token"] = provider_token(provider, name)
    return changed


def token_in(path: str, user: str) -> str:
    """The token in a file, without the line's end."""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        raise SourceError(f"the token file {path} of user {user} cannot be read", "log in again") from None


def provider_token(provider: Any, user: str) -> str:
    """The token that an auth-provider, the login before credential helpers, left in the kubeconfig.

    It is never renewed here: a new refresh token would have to be written back. kubectl does that.
    """
    config = provider.get("config") if isinstance(provider, dict) else None
    config = config if isinstance(config, dict) else {}
    token = config.get("id-token") or config.get("access-token")
    if not isinstance(token, str) or not token:
        hint = "log in with kubectl first, or use a credential helper (exec)"
        raise SourceError(f"the auth-provider of user {user} holds no token", hint)
    if expired(token):
        raise SourceError(f"the login of user {user} has expired", "run any kubectl command: it renews the login")
    return token


def expired(token: str) -> bool:
    """Whether a JWT says that its time is over; other tokens do not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    try:
        ends = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))).get("exp")
    except (ValueError, AttributeError):
        return False
    return isinstance(ends, int | float) and ends <= time.time()


def impersonation(user: Entry, connection: Connection) -> tuple[tuple[str, str], ...]:
    """The headers that say whom to act as; flags win over the kubeconfig. A name may come several times."""
    who = connection.as_user or text_of(user, "as")
    if not who:
        return ()
    groups = connection.as_groups or texts_of(user.get("as-groups"))
    uid = connection.as_uid or text_of(user, "as-uid")
    extra = user.get("as-user-extra") if not connection.as_user else None
    found = [("Impersonate-User", who), *(("Impersonate-Group", group) for group in groups)]
    found += [("Impersonate-Uid", uid)] if uid else []
    for name, values in (extra if isinstance(extra, dict) else {}).items():
        found += [(f"Impersonate-Extra-{name}", value) for value in texts_of(values)]
    for name, value in found:
        if not (name + value).isprintable():
            raise UsageError(f"the value of {name} cannot be sent", "use printable characters")
    return tuple(found)


def text_of(entry: Entry, name: str) -> str:
    """A text of an entry; empty if it has none."""
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def texts_of(value: Any) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
