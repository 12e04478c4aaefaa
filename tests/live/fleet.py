"""Clusters over HTTPS with one kubeconfig for all of them, and objects that need more than one cluster."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.oracle.apiserver import V1BETA1, V2, ApiServer, Resource
from tests.oracle.https import Answer, Call
from tests.run import Ran, gmg

Json = dict[str, Any]
PODS = Resource("", "v1", "pods", "Pod")
CORE = (Resource("", "v1", "services", "Service"), PODS)
V2_GROUP = "networking.gloo.solo.io/v2"


def core(kind: str, name: str, labels: Json, **spec: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": spec,
    }


def web(name: str = "web") -> Json:
    return core("Service", name, {"app": "web"}, selector={"app": "web"}, ports=[{"name": "http", "port": 80}])


def pod(version: str) -> Json:
    containers = [{"name": "c", "image": "i", "env": [{"name": "PASSWORD", "value": "canary"}]}]
    return core("Pod", f"web-{version}", {"app": "web", "version": version}, containers=containers)


def second(cluster: str, name: str = "web", **destination: Any) -> list[Json]:
    """A gateway and a table of the second generation that forwards to a Service of a cluster."""
    to = {"ref": {"name": name, "namespace": "shop", "cluster": cluster}, "port": {"number": 80}, **destination}
    listener = {"http": {}, "port": {"number": 80}}
    table = {
        "hosts": ["a.example"],
        "virtualGateways": [{"name": "edge"}],
        "http": [{"name": "r", "matchers": [{"uri": {"prefix": "/"}}], "forwardTo": {"destinations": [to]}}],
    }
    specs = (("VirtualGateway", "edge", {"listeners": [listener]}), ("RouteTable", "root", table))
    return [
        {"apiVersion": V2_GROUP, "kind": kind, "metadata": {"name": name, "namespace": "n"}, "spec": spec}
        for kind, name, spec in specs
    ]


def registered(*names: str) -> list[Json]:
    return [
        {
            "apiVersion": "admin.gloo.solo.io/v2",
            "kind": "KubernetesCluster",
            "metadata": {"name": each, "namespace": "n"},
        }
        for each in names
    ]


class Fleet:
    """A management cluster and others, with one kubeconfig for all of them."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.file = folder / "config"
        self.stack = stack
        self.config: Json = {}

    def add(self, name: str, objects: list[Json] = [], *, resources: Any = CORE, **more: Any) -> ApiServer:  # noqa: B006
        """A cluster with its context; the first is the current one."""
        server = self.stack.enter_context(ApiServer(objects, resources=resources, token=f"token-of-{name}", **more))
        found = server.kubeconfig(context=name)
        for section in ("clusters", "users"):
            found[section][0]["name"] = name
        found["contexts"][0]["context"] |= {"cluster": name, "user": name}
        for section in ("clusters", "users", "contexts"):
            self.config.setdefault(section, []).extend(found[section])
        self.config = {**found, **self.config}
        self.file.write_text(json.dumps(self.config))
        return server

    def run(self, *arguments: str) -> Ran:
        return gmg(*arguments, "--kubeconfig", str(self.file))


def management(fleet: Fleet, objects: list[Json], **more: Any) -> ApiServer:
    return fleet.add("mgmt", objects, resources=(*V1BETA1, *V2, PODS), **more)


def resolved(ran: Ran) -> list[str]:
    return [
        each["resolved"] for item in ran.json["items"] for each in (item["written"] or item["action"])["destinations"]
    ]


def forbidden(call: Call, real: Answer) -> Answer:
    return Answer.json({"kind": "Status", "apiVersion": "v1", "code": 403, "reason": "Forbidden"}, 403)


def late(call: Call, real: Answer) -> Answer:
    return replace(real, delay=3.0)
