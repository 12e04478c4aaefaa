"""The Kubernetes API as pages of plain dicts.

The client library supplies what is hard: TLS, certificates and proxies. Requests go through the connection pool
it builds, not through its methods: these build models, differ between releases, and have no limit for a request as a
whole. So `ApiException` cannot arise here; what can are `urllib3`'s errors and those of a broken kubeconfig, and both
end as errors of ours whose texts hold no secret (`spec/apiserver.md`, "What both clients did").
"""

from __future__ import annotations

from kubectl_gmg.kube.client import Client, Page, Reporting, connect
from kubectl_gmg.kube.failures import (
    ForbiddenError,
    MalformedError,
    NotInstalledError,
    RequestError,
    TimedOutError,
    UnauthorizedError,
    UnreachableError,
)
from kubectl_gmg.kube.kubeconfig import Connection

__all__ = [
    "Client",
    "Connection",
    "ForbiddenError",
    "MalformedError",
    "NotInstalledError",
    "Page",
    "Reporting",
    "RequestError",
    "TimedOutError",
    "UnauthorizedError",
    "UnreachableError",
    "connect",
]
