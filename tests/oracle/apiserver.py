"""A stand-in for a kube API server: HTTPS on loopback, and the behaviour that `spec/apiserver.md` observed.

    with ApiServer(manifests) as server:
        server.write_kubeconfig(path)
        ...
        assert [call.path for call in server.calls] == [...]

It imports nothing of ours. The table "Real behaviour" of the specification is what it copies, and
`tests/live/test_apiserver_contract.py` holds it to that. Tests may let it fail: see `Answer` and `ApiServer.faults`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, Self

from tests.oracle.certificates import Certificates
from tests.oracle.history import Happened, History, line
from tests.oracle.https import Answer, Call, HttpsServer

Manifest = Mapping[str, Any]
USER = "gmg-test"
TOKEN = "canary-token-0123456789"
EVERYTHING = "*"
"""Under this name a fault meets every request that none of the others meets."""
FLOW_SCHEMA = "7ed4cd02-6f6a-4b0d-9f3e-0c3c2d6a1c11"
VERSION = {"gitVersion": "v1.36.0-stand-in", "major": "1", "minor": "36", "platform": "linux/amd64"}


class Resource(NamedTuple):
    """A kind the server may serve; the core group is `""`."""

    group: str
    version: str
    plural: str
    kind: str

    @property
    def name(self) -> str:
        """`plural.group`, as RBAC and the faults address it."""
        return f"{self.plural}.{self.group}".rstrip(".")


ENTERPRISE = "networking.enterprise.mesh.gloo.solo.io"
NETWORKING = "networking.mesh.gloo.solo.io"
DISCOVERY = "discovery.mesh.gloo.solo.io"
V1BETA1 = (  # `spec/v1beta1.md` 1
    Resource(ENTERPRISE, "v1beta1", "virtualgateways", "VirtualGateway"),
    Resource(ENTERPRISE, "v1beta1", "virtualhosts", "VirtualHost"),
    Resource(ENTERPRISE, "v1beta1", "routetables", "RouteTable"),
    Resource(ENTERPRISE, "v1beta1", "virtualdestinations", "VirtualDestination"),
    Resource(NETWORKING, "v1", "trafficpolicies", "TrafficPolicy"),
    Resource(NETWORKING, "v1", "virtualmeshes", "VirtualMesh"),
    Resource(DISCOVERY, "v1", "destinations", "Destination"),
    Resource(DISCOVERY, "v1", "workloads", "Workload"),
    Resource(DISCOVERY, "v1", "meshes", "Mesh"),
    Resource("multicluster.solo.io", "v1alpha1", "kubernetesclusters", "KubernetesCluster"),
    Resource("", "v1", "services", "Service"),
    Resource("", "v1", "namespaces", "Namespace"),
)


V2 = (  # `spec/v2.md` 1; Services are the cluster's own
    Resource("networking.gloo.solo.io", "v2", "virtualgateways", "VirtualGateway"),
    Resource("networking.gloo.solo.io", "v2", "routetables", "RouteTable"),
    Resource("networking.gloo.solo.io", "v2", "virtualdestinations", "VirtualDestination"),
    Resource("networking.gloo.solo.io", "v2", "externalservices", "ExternalService"),
    Resource("networking.gloo.solo.io", "v2", "externalendpoints", "ExternalEndpoint"),
    Resource("admin.gloo.solo.io", "v2", "workspaces", "Workspace"),
    Resource("admin.gloo.solo.io", "v2", "workspacesettings", "WorkspaceSettings"),
    Resource("admin.gloo.solo.io", "v2", "kubernetesclusters", "KubernetesCluster"),
    Resource("infrastructure.gloo.solo.io", "v2", "cloudproviders", "CloudProvider"),
    *(  # 11.1
        Resource(f"{prefix}.policy.gloo.solo.io", "v2", f"{kind.lower().removesuffix('y')}ies", kind)
        for prefix, kinds in {
            "resilience": (
                "RetryTimeoutPolicy",
                "FaultInjectionPolicy",
                "OutlierDetectionPolicy",
                "FailoverPolicy",
                "ConnectionPolicy",
                "ActiveHealthCheckPolicy",
                "AdaptiveRequestConcurrencyPolicy",
                "ListenerConnectionPolicy",
                "TrimProxyConfigPolicy",
                "GraphQLPersistedQueryCachePolicy",
            ),
            "trafficcontrol": (
                "HeaderManipulationPolicy",
                "TransformationPolicy",
                "MirrorPolicy",
                "RateLimitPolicy",
                "LoadBalancerPolicy",
                "HTTPBufferPolicy",
                "ProxyProtocolPolicy",
            ),
            "security": (
                "CORSPolicy",
                "CSRFPolicy",
                "DLPPolicy",
                "WAFPolicy",
                "ExtAuthPolicy",
                "JWTPolicy",
                "AccessPolicy",
                "ClientTLSPolicy",
                "GraphQLAllowedQueryPolicy",
            ),
            "extensions": ("LuaPolicy", "WasmDeploymentPolicy"),
            "observability": ("AccessLogPolicy",),
        }.items()
        for kind in kinds
    ),
)

Fault = Callable[[Call, Answer], Answer]


def status(code: int, reason: str, message: str, details: Manifest | None = None, token: str = "") -> Answer:
    """A Status object; `token` is the fresh one of an expired continue."""
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure"}
    body |= {"code": code, "reason": reason, "message": message}
    if details:
        body["details"] = dict(details)
    if token:
        body["metadata"] = {"continue": token}
    return Answer.json(body, code)


EXPIRED = status(410, "Expired", "too old resource version")
NOT_FOUND = Answer.text(404, "404 page not found\n")


class ApiServer:
    """The stand-in; a context manager. `calls` records every request.

    `resources` are the installed kinds. `allowed` decides by resource name, such as `routetables.GROUP`, and namespace
    (None for all of them) what the user may read. A fault under a resource name, or under a path, gets each request
    and the real answer, and returns what is sent instead. With `client_certificates` only clients that show one of
    `certificates.ca` are let in. `revision` is the age of the objects: continue tokens and
    watches older than `compacted` are expired. `apply` and `delete` change objects, and `history` tells watches of it.
    """

    def __init__(
        self,
        manifests: Iterable[Manifest] = (),
        *,
        resources: Iterable[Resource] = V1BETA1,
        allowed: Callable[[str, str | None], bool] = lambda name, namespace: True,
        faults: Mapping[str, Fault] | None = None,
        token: str = TOKEN,
        certificates: Certificates | None = None,
        client_certificates: bool = False,
    ) -> None:
        self.resources = tuple(resources)
        self.allowed = allowed
        self.faults = dict(faults or {})
        self.token = token
        self.calls: list[Call] = []
        self.revision = 1000
        self.compacted = 0
        self.certificates = certificates or Certificates.create()
        self.history = History()
        self._objects = self._stored(manifests)
        self._http = HttpsServer(self.answer, self.certificates.server_context(ask_clients=client_certificates))

    def __enter__(self) -> Self:
        self._http.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.history.close()
        self._http.stop()
        if self._http.bugs and error is None:
            raise self._http.bugs[0]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://127.0.0.1:{self._http.server_address[1]}"

    @property
    def connections(self) -> int:
        """How many TLS connections came about so far."""
        return self._http.accepted

    @property
    def endless_bytes(self) -> int:
        """How much was sent of endless bodies so far."""
        return self._http.endless_bytes

    def expire(self) -> None:
        """Let all continue tokens handed out so far expire."""
        self.revision += 1
        self.compacted = self.revision

    def apply(self, manifest: Manifest) -> str:
        """Create or change an object; the type of the event that tells of it."""
        resource = self._resource_of(manifest)
        with self.history.lock:
            self.revision += 1
            known = {_key(each): each for each in self._objects.get(resource, [])}
            old = known.get(_key(manifest))
            new = _as_stored(manifest, self.revision)
            if old is not None:
                kept = {name: old["metadata"][name] for name in ("uid", "creationTimestamp")}
                new["metadata"] |= kept | {"generation": old["metadata"]["generation"] + 1}
            known[_key(new)] = new
            return self._happened("ADDED" if old is None else "MODIFIED", resource, new, known)

    def delete(self, manifest: Manifest) -> str:
        """Delete the object of that name, which must be there; the type of the event."""
        resource = self._resource_of(manifest)
        with self.history.lock:
            self.revision += 1
            known = {_key(each): each for each in self._objects[resource]}
            old = known.pop(_key(manifest))
            last = old | {"metadata": old["metadata"] | {"resourceVersion": str(self.revision)}}
            return self._happened("DELETED", resource, last, known)

    def _resource_of(self, manifest: Manifest) -> Resource:
        kind = manifest["apiVersion"], manifest["kind"]
        return next(each for each in self.resources if (_api_version(each), each.kind) == kind)

    def _happened(
        self, kind: str, resource: Resource, found: dict[str, Any], now: Mapping[tuple[str, str], dict[str, Any]]
    ) -> str:
        self._objects[resource] = sorted(now.values(), key=_key)
        self.history.add(Happened(self.revision, kind, resource, _key(found)[0], found))
        return kind

    def kubeconfig(
        self, *, context: str = "gmg-test", namespace: str | None = None, token: str | None = None, ca: bytes = b""
    ) -> dict[str, Any]:
        """A kubeconfig with everything inline; `ca` replaces the right certificate authority."""
        authority = base64.b64encode(ca or self.certificates.ca).decode()
        where = {"cluster": "stand-in", "user": USER} | ({"namespace": namespace} if namespace else {})
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": context,
            "contexts": [{"name": context, "context": where}],
            "clusters": [
                {"name": "stand-in", "cluster": {"server": self.url, "certificate-authority-data": authority}}
            ],
            "users": [{"name": USER, "user": {"token": self.token if token is None else token}}],
        }

    def write_kubeconfig(self, path: Path, **changes: Any) -> Path:
        """Write `kubeconfig(**changes)` to `path` (JSON is YAML)."""
        path.write_text(json.dumps(self.kubeconfig(**changes)), encoding="utf-8")
        return path

    def answer(self, call: Call) -> Answer:
        """What the real server would say, or what a fault makes of it."""
        self.calls.append(call)
        resource, namespace, name = self._target(call.path)
        real = self._real(call, resource, namespace, name)
        fault = self.faults.get(resource.name if resource else call.path, self.faults.get(EVERYTHING))
        real = replace(real, headers=(("X-Kubernetes-Pf-Flowschema-Uid", FLOW_SCHEMA),))
        return fault(call, real) if fault else real

    def _stored(self, manifests: Iterable[Manifest]) -> dict[Resource, list[dict[str, Any]]]:
        """The objects by resource, in the order of the store, with what the server adds."""
        kinds = {(_api_version(each), each.kind): each for each in self.resources}
        found: dict[Resource, list[dict[str, Any]]] = {each: [] for each in self.resources}
        for number, manifest in enumerate(manifests, start=1):
            found[kinds[manifest["apiVersion"], manifest["kind"]]].append(_as_stored(manifest, number))
        for objects in found.values():
            objects.sort(key=_key)
        return found

    def _target(self, path: str) -> tuple[Resource | None, str | None, str | None]:
        """The resource a path names, with the namespace and name in it; also for resources not installed."""
        steps = path.strip("/").split("/")
        match steps:
            case ["apis", group, version, *rest] if rest:
                pass
            case ["api", version, *rest] if rest:
                group = ""
            case _:
                return None, None, None
        namespace = None
        if rest[0] == "namespaces" and len(rest) > 2:
            namespace, rest = rest[1], rest[2:]
        known = (
            each for each in self.resources if (each.group, each.version, each.plural) == (group, version, rest[0])
        )
        resource = next(known, Resource(group, version, rest[0], ""))
        return resource, namespace, rest[1] if len(rest) > 1 else None

    def _real(self, call: Call, resource: Resource | None, namespace: str | None, name: str | None) -> Answer:
        sent = call.headers.get("authorization")
        if sent is not None and sent.partition(" ")[::2] not in {("Bearer", self.token), ("bearer", self.token)}:
            return status(401, "Unauthorized", "Unauthorized")
        verb = "list" if name is None else "get"
        if sent is None and call.path != "/version":
            return _forbidden("system:anonymous", verb, resource, namespace, call.path)
        if resource and not self.allowed(resource.name, namespace):  # rights come before existence
            return _forbidden(USER, verb, resource, namespace, call.path)
        if call.method != "GET":
            return status(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        if resource is None:
            return self._discovery(call.path)
        if not resource.kind:
            return NOT_FOUND
        if name is not None:
            return self._one(resource, namespace, name)
        if resource not in self._objects:  # installed later
            self._objects[resource] = []
        with self.history.lock:
            return (
                self._watch(call, resource, namespace)
                if call.query.get("watch") in {"1", "true"}
                else self._list(call, resource, namespace)
            )

    def _one(self, resource: Resource, namespace: str | None, name: str) -> Answer:
        for each in self._objects[resource]:
            if _key(each) == (namespace or "", name):
                return Answer.json(each)
        details = {"name": name, "group": resource.group, "kind": resource.plural}
        return status(404, "NotFound", f'{resource.name} "{name}" not found', details)

    def _list(self, call: Call, resource: Resource, namespace: str | None) -> Answer:
        """A page. The continue token names the revision and the object to go on with."""
        objects = [each for each in self._objects[resource] if namespace in {None, _key(each)[0]}]
        start, limit = ("", ""), call.query.get("limit", "0")
        if token := call.query.get("continue"):
            try:
                revision, *start_of_page = json.loads(base64.urlsafe_b64decode(token))
                start = (start_of_page[0], start_of_page[1])
            except (ValueError, TypeError, IndexError):
                return status(400, "BadRequest", "continue key is not valid: illegal base64 data")
            if revision < self.compacted:
                said = "The provided continue parameter is too old to display a consistent list result."
                return status(410, "Expired", said, token=self._token(start))
        if not limit.isdigit():
            return status(400, "BadRequest", f'strconv.ParseInt: parsing "{limit}": invalid syntax')
        left = [each for each in objects if _key(each) >= start]
        page = left[: int(limit)] if int(limit) else left
        metadata: dict[str, Any] = {"continue": "", "resourceVersion": str(self.revision)}
        if len(left) > len(page):
            metadata |= {"continue": self._token(_key(left[len(page)])), "remainingItemCount": len(left) - len(page)}
        kind = {"apiVersion": _api_version(resource), "kind": f"{resource.kind}List"}
        if not resource.group:  # the kinds of Kubernetes itself say what they are in events only
            page = [{name: each[name] for name in each if name not in {"apiVersion", "kind"}} for each in page]
        return Answer.json(kind | {"items": page, "metadata": metadata})

    def _token(self, start: tuple[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.revision, *start]).encode()).decode()

    def _watch(self, call: Call, resource: Resource, namespace: str | None) -> Answer:
        """A stream of what happens after a version; from too old a version one error, with status 200.

        Without a version it begins with every object. With `sendInitialEvents` (WatchList) first every object, then the
        bookmark that ends them, and nothing more.
        """
        if call.query.get("sendInitialEvents") == "true":
            objects = [each for each in self._objects[resource] if namespace in {None, _key(each)[0]}]
            events: list[dict[str, Any]] = [{"type": "ADDED", "object": each} for each in objects]
            end = {"annotations": {"k8s.io/initial-events-end": "true"}, "resourceVersion": str(self.revision)}
            kind = {"apiVersion": _api_version(resource), "kind": resource.kind}
            events.append({"type": "BOOKMARK", "object": kind | {"metadata": end}})
            return Answer(body=b"".join(Answer.json(each).body for each in events))
        version = call.query.get("resourceVersion") or "0"
        first = [line("ADDED", each) for each in self._objects[resource] if namespace in {None, _key(each)[0]}]
        since = int(version) or self.revision
        if since < self.compacted:
            return Answer.json({"type": "ERROR", "object": json.loads(EXPIRED.body)})
        if since > self.revision:
            return status(504, "Timeout", f"Too large resource version: {since}, current: {self.revision}")
        empty = {"apiVersion": _api_version(resource), "kind": resource.kind}
        seconds = float(call.query.get("timeoutSeconds", "1800"))
        following = self.history.after(since, resource, namespace, seconds, empty)
        return Answer(stream=chain([] if int(version) else first, following))

    def _discovery(self, path: str) -> Answer:
        """The documents kubectl wants before it addresses a kind; always the plain form."""
        versions = sorted({(each.group, each.version) for each in self.resources if each.group})
        match path.strip("/").split("/"):
            case ["version"]:
                return Answer.json(VERSION)
            case ["api"]:
                return Answer.json({"kind": "APIVersions", "versions": ["v1"]})
            case ["apis"]:
                groups = [_group(*each) for each in versions]
                return Answer.json({"apiVersion": "v1", "kind": "APIGroupList", "groups": groups})
            case ["apis", group]:
                found = [_group(*each) for each in versions if each[0] == group]
                return Answer.json({"apiVersion": "v1", "kind": "APIGroup"} | found[0]) if found else NOT_FOUND
            case ["api", "v1"]:
                return self._resource_list("", "v1")
            case ["apis", group, version] if (group, version) in versions:
                return self._resource_list(group, version)
        return NOT_FOUND

    def _resource_list(self, group: str, version: str) -> Answer:
        resources = [
            {
                "name": each.plural,
                "singularName": each.kind.lower(),
                "kind": each.kind,
                "namespaced": each.plural != "namespaces",
                "verbs": ["get", "list", "watch"],
            }
            for each in self.resources
            if (each.group, each.version) == (group, version)
        ]
        what = {"apiVersion": "v1", "kind": "APIResourceList"}
        return Answer.json(what | {"groupVersion": f"{group}/{version}".lstrip("/"), "resources": resources})


def _api_version(resource: Resource | Manifest) -> str:
    if isinstance(resource, Resource):
        return f"{resource.group}/{resource.version}".lstrip("/")
    return str(resource["apiVersion"])


def _group(group: str, version: str) -> dict[str, Any]:
    entry = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [entry], "preferredVersion": entry}


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"].get("namespace", ""), manifest["metadata"]["name"]


def _as_stored(manifest: Manifest, number: int) -> dict[str, Any]:
    """The object with the metadata that a server adds; managedFields is always there."""
    fields: dict[str, Any] = {"f:spec": {f"f:{key}": {} for key in manifest.get("spec", {})}}
    entry = {
        "apiVersion": manifest["apiVersion"],
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": "kubectl-client-side-apply",
        "operation": "Update",
        "time": "2026-01-01T00:00:00Z",
    }
    added = {
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "generation": 1,
        "resourceVersion": str(number),
        "uid": f"00000000-0000-4000-8000-{number:012d}",
    }
    return {**manifest, "metadata": {**added, **manifest["metadata"], "managedFields": [entry]}}


def _forbidden(user: str, verb: str, resource: Resource | None, namespace: str | None, path: str) -> Answer:
    if resource is None:
        return status(403, "Forbidden", f'forbidden: User "{user}" cannot get path "{path}"')
    where = "at the cluster scope" if namespace is None else f'in the namespace "{namespace}"'
    said = f'User "{user}" cannot {verb} resource "{resource.plural}" in API group "{resource.group}" {where}'
    details = {"group": resource.group, "kind": resource.plural}
    return status(403, "Forbidden", f"{resource.name} is forbidden: {said}", details)
