"""From a chosen context to a way to send requests: TLS and proxies, as the client library does them.

This is the only module that imports `kubernetes`, and late: the import alone takes longer than kubectl's whole run
(`performance.md`). Keys and certificates that a kubeconfig holds as text must be files for Python's TLS; they live in a
private directory for as long as they take to be loaded.
"""
# ruff: noqa: PLC0415 - importing the library takes 200 ms, which only a command that talks to a cluster may spend

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube.authorities import trust_machine
from kubectl_gmg.kube.credentials import Credential, Login, basic, impersonation
from kubectl_gmg.kube.failures import UnauthorizedError
from kubectl_gmg.kube.kubeconfig import Chosen, Connection, Entry, choose

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict, PoolManager

CONNECTIONS = 256
"""Connections that are kept for another request: a watch holds one for each kind, and in each namespace it looks at."""


@dataclass(slots=True)
class Access:
    """A way to send requests to one API server as one user; safe to use from several threads."""

    context: str
    namespace: str
    host: str
    pool: PoolManager = field(repr=False)
    login: Login = field(repr=False)
    act_as: tuple[tuple[str, str], ...] = ()

    @property
    def server(self) -> str:
        """The API server's host and port."""
        return urlsplit(self.host).netloc.rpartition("@")[2]

    @property
    def anonymous(self) -> bool:
        """Whether requests carry no login that could be seen: no token, and no client certificate."""
        return self.login.credential == Credential()

    def headers(self) -> HTTPHeaderDict:
        """What goes with every request; asks a credential helper again when its login has expired.

        Raises `UnauthorizedError` if that fails.
        """
        from urllib3 import HTTPHeaderDict

        found = HTTPHeaderDict({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "kubectl-gmg"})
        for name, value in self.act_as:
            found.add(name, value)
        try:
            if shown := self.login.credential.authorization:
                found["Authorization"] = shown
        except SourceError as error:
            raise UnauthorizedError(error.message) from None
        return found


def log_in(connection: Connection) -> Access:
    """Access to the cluster that `connection` names; asks the cluster nothing yet, but may run a credential helper.

    Without any kubeconfig it is the cluster that this pod runs in. Raises `SourceError` if that cannot be done.
    """
    from kubernetes import client

    chosen = choose(connection)
    act_as = impersonation(chosen, connection)
    login = Login(chosen)
    settings = type.__call__(client.Configuration)  # an own one: a plain call may copy the process-wide default
    settings.host = ""  # the library's own default would send requests to localhost
    settings.retries = 0  # the library would try four times, each for the full time limit
    settings.connection_pool_maxsize = CONNECTIONS
    with tempfile.TemporaryDirectory(prefix="kubectl-gmg-") as folder:  # for this user alone (mode 700)
        use_kubeconfig(settings, chosen, login.credential, folder)
        choose_proxy(settings, chosen)
        pool = pool_of(settings)
    return Access(chosen.context, chosen.namespace, settings.host, pool, login, act_as)


def library() -> Any:
    """The library's untyped part for kubeconfig files."""
    from kubernetes import config

    return config


def use_kubeconfig(settings: Any, chosen: Chosen, credential: Credential, folder: str) -> None:
    """Fill `settings` from the chosen context; files that must be written go to `folder`.

    The library gets certificates only: tokens go into each request's header. Its own messages are dropped, they quote
    whole entries.
    """
    config = library()
    try:
        config.load_kube_config_from_dict(
            alone(chosen.cluster, credential.certificate),
            context="chosen",
            client_configuration=settings,
            persist_config=False,
            temp_file_path=folder,
        )
    except (config.ConfigException, OSError, ValueError, TypeError, AttributeError, KeyError):
        who = f"user {chosen.user_name} or the cluster of context {chosen.context}"
        hint = "is every file that they name there? See: kubectl config view --minify"
        raise SourceError(f"the kubeconfig's {who} cannot be used", hint) from None


def alone(cluster: Entry, certificate: Entry) -> Entry:
    """A kubeconfig of one context."""
    return {
        "current-context": "chosen",
        "contexts": [{"name": "chosen", "context": {"cluster": "chosen", "user": "chosen"}}],
        "clusters": [{"name": "chosen", "cluster": cluster}],
        "users": [{"name": "chosen", "user": certificate}],
    }


def choose_proxy(settings: Any, chosen: Chosen) -> None:
    """Use proxies as kubectl does, and send the login that a proxy's address holds.

    One in the kubeconfig is always used. One in the environment is not, for this machine itself, where local clusters
    listen, and it may lack a scheme; the library knows no such rules.
    """
    if chosen.cluster.get("proxy-url"):
        settings.no_proxy = None
    elif is_this_machine(settings.host):
        settings.proxy = None
    elif settings.proxy and "//" not in settings.proxy:
        settings.proxy = f"http://{settings.proxy}"
    try:
        proxy = urlsplit(settings.proxy or "")
        login = basic(unquote(proxy.username), unquote(proxy.password or "")) if proxy.username is not None else ""
    except ValueError:
        raise bad_proxy() from None
    if proxy.scheme.startswith("socks") and find_spec("socks") is None:
        raise SourceError("a SOCKS proxy needs the Python package PySocks", "install it beside kubectl-gmg")
    if login:
        settings.proxy_headers = {"Proxy-Authorization": login}
        settings.proxy = proxy._replace(netloc=proxy.netloc.rpartition("@")[2]).geturl()


def is_this_machine(address: str) -> bool:
    """Whether an address leads to the loopback."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def bad_proxy() -> SourceError:
    """The proxy's address is none."""
    hint = "it should be like http://HOST:PORT; see proxy-url in the kubeconfig, and HTTPS_PROXY"
    return SourceError("the address of the proxy cannot be used", hint)


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
        raise bad_proxy() from None
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
            trust_machine(context)
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
