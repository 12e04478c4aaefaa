"""From a chosen context to a way to send requests: credentials, TLS and proxies, as the client library does them.

This is the only module that imports `kubernetes`, and late: the import alone takes longer than kubectl's whole run
(`performance.md`). Keys and certificates that a kubeconfig holds as text must be files for Python's TLS; they live in a
private directory for as long as they take to be loaded.
"""
# ruff: noqa: PLC0415 - importing the library takes 200 ms, which only a command that talks to a cluster may spend

from __future__ import annotations

import logging
import os
import re
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube.kubeconfig import Chosen, Connection, choose, existing_files, impersonation

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict, PoolManager

POD_CONTEXT = "in-cluster"
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
EXIT_STATUS = re.compile(r"exec: process returned (-?\d+)")
CONNECTIONS = 8


@dataclass(slots=True)
class Access:
    """A way to send requests to one API server as one user; safe to use from several threads."""

    context: str
    namespace: str
    host: str
    pool: PoolManager = field(repr=False)
    settings: Any = field(repr=False)
    act_as: tuple[tuple[str, str], ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def server(self) -> str:
        """The API server's host and port."""
        return urlsplit(self.host).netloc.rpartition("@")[2]

    @property
    def anonymous(self) -> bool:
        """Whether requests carry no login that could be seen: no token, and no client certificate."""
        return not self.settings.auth_settings() and not self.settings.cert_file

    def headers(self) -> HTTPHeaderDict:
        """What goes with every request; asks a credential helper again when its token has expired."""
        from urllib3 import HTTPHeaderDict

        found = HTTPHeaderDict({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "kubectl-gmg"})
        for name, value in self.act_as:
            found.add(name, value)
        with self.lock, overheard():
            for each in self.settings.auth_settings().values():
                if each["value"]:
                    found[each["key"]] = each["value"]
        return found


def log_in(connection: Connection) -> Access:
    """Access to the cluster that `connection` names; asks the cluster nothing yet, but may run a credential helper.

    Without any kubeconfig it is the cluster that this pod runs in. Raises `SourceError` if that cannot be done.
    """
    from kubernetes import client

    settings = type.__call__(client.Configuration)  # an own one: a plain call may copy the process-wide default
    settings.host = ""  # the library's own default would send the token to localhost
    settings.retries = 0  # the library would try four times, each for the full time limit
    settings.connection_pool_maxsize = CONNECTIONS
    if in_pod(connection):
        context, namespace = use_pod(settings)
        return Access(context, namespace, settings.host, pool_of(settings), settings, impersonation({}, connection))
    chosen = choose(connection)
    act_as = impersonation(chosen.user, connection)
    with tempfile.TemporaryDirectory(prefix="kubectl-gmg-") as folder:  # for this user alone (mode 700)
        use_kubeconfig(settings, chosen, folder)
        pool = pool_of(settings)
    return Access(chosen.context, chosen.namespace, settings.host, pool, settings, act_as)


def in_pod(connection: Connection) -> bool:
    """Whether no kubeconfig exists but the environment is that of a pod, as kubectl decides it."""
    asked = connection.kubeconfig or connection.server or connection.context
    return not asked and bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and not existing_files()


def use_pod(settings: Any) -> tuple[str, str]:
    """Fill `settings` from the pod's service account; its name for a context, and its namespace."""
    config = library()
    try:
        config.load_incluster_config(client_configuration=settings)
        return POD_CONTEXT, POD_NAMESPACE.read_text(encoding="utf-8").strip()
    except (config.ConfigException, OSError):
        raise SourceError(
            "there is no kubeconfig, and the service account of this pod cannot be read",
            "mount a service account token, or name a kubeconfig with --kubeconfig",
        ) from None


def library() -> Any:
    """The library's untyped part for kubeconfig files."""
    from kubernetes import config

    return config


def use_kubeconfig(settings: Any, chosen: Chosen, folder: str) -> None:
    """Fill `settings` from the chosen context; files that must be written go to `folder`.

    The library's own messages are dropped: they quote whole users with their tokens.
    """
    config = library()
    try:
        with overheard() as said:
            config.load_kube_config_from_dict(
                chosen.config(),
                context="chosen",
                client_configuration=settings,
                persist_config=False,
                temp_file_path=folder,
            )
    except (config.ConfigException, OSError, ValueError, TypeError, AttributeError, KeyError):
        who = f"user {chosen.user_name} or the cluster of context {chosen.context}"
        hint = "is every file that they name there? See: kubectl config view --minify"
        raise SourceError(f"the kubeconfig's {who} cannot be used", hint) from None
    if chosen.helper and not settings.auth_settings() and not settings.cert_file:
        raise helper_failed(chosen, said)


def helper_failed(chosen: Chosen, said: list[str]) -> SourceError:
    """What became of the credential helper; what it printed may be a secret and is not told."""
    who = f"the credential helper {chosen.helper} of user {chosen.user_name}"
    found = next(filter(None, map(EXIT_STATUS.match, said)), None)
    if found:
        return SourceError(f"{who} failed (exit {found[1]})", "log in again; kubectl get namespaces shows what it says")
    if any("No such file" in text for text in said):
        return SourceError(f"{who} is not installed", "install it, or put it on the PATH")
    return SourceError(f"{who} printed no credential that can be used", "run it yourself to see what it prints")


def pool_of(settings: Any) -> PoolManager:
    """The library's connection pool, with everything that TLS needs loaded already.

    So no key file has to stay for later connections, and a bad one is found now.
    """
    import urllib3
    from kubernetes.client import ApiClient

    if not settings.verify_ssl:  # asked for, so a warning at each request says nothing new
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    try:
        pool: PoolManager = ApiClient(settings).rest_client.pool_manager
        for name in ("ca_certs", "cert_file", "key_file", "ca_cert_data"):
            pool.connection_pool_kw.pop(name, None)
        if settings.host.startswith("https"):
            pool.connection_pool_kw["ssl_context"] = tls_context(settings)
    except (urllib3.exceptions.HTTPError, ImportError, AttributeError, ValueError):
        hint = "it should be like http://HOST:PORT; see proxy-url in the kubeconfig, and HTTPS_PROXY"
        raise SourceError("the address of the proxy cannot be used", hint) from None
    return pool


def tls_context(settings: Any) -> ssl.SSLContext:
    """What to trust, and what to show of oneself. Raises `SourceError` for files that hold no certificate or key."""
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if settings.verify_ssl else ssl.CERT_NONE)
    try:
        if not settings.verify_ssl:
            pass
        elif settings.ssl_ca_cert:
            context.load_verify_locations(settings.ssl_ca_cert)
        else:
            context.load_default_certs()
    except OSError:
        hint = "see certificate-authority in the kubeconfig, or --certificate-authority"
        raise SourceError("the certificate authority of the cluster cannot be used", hint) from None
    if settings.cert_file:
        try:  # without an own password Python would ask for one, on the terminal
            context.load_cert_chain(settings.cert_file, settings.key_file, password="")
        except OSError:
            hint = "do client-certificate and client-key of the kubeconfig belong together, without a password?"
            raise SourceError("the client certificate of the user cannot be used", hint) from None
    return context


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What the library logs meanwhile, kept from everybody else.

    It logs whatever a failing credential helper prints, which may be a secret.
    """
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    root = logging.getLogger()
    before, root.handlers = root.handlers, [Ear()]
    try:
        yield said
    finally:
        root.handlers = before
