"""The stand-in against the table "Real behaviour that a stand-in must copy" of `spec/apiserver.md`.

Not copied: HTTP/2, the aggregated form of discovery (a server may ignore it, says the table), and flow control.
"""

from __future__ import annotations

import gzip
import http.client
import json
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import pytest

from tests.live.objects import MIXED, manifest, tables
from tests.oracle.apiserver import DISCOVERY, ENTERPRISE, EVERYTHING, TOKEN, ApiServer, Fault
from tests.oracle.certificates import Certificates
from tests.oracle.connect_proxy import ConnectProxy
from tests.oracle.https import Answer, Call

TABLES = f"/apis/{ENTERPRISE}/v1beta1/routetables"
NAME = f"routetables.{ENTERPRISE}"


class Reply:
    """What a client without any opinion of its own got."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(server: ApiServer, target: str, *, token: str | None = TOKEN, method: str = "GET", **headers: str) -> Reply:
    trust = ssl.create_default_context(cadata=server.certificates.ca.decode())
    connection = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=20)
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, target, headers=sent)
        return Reply(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer(MIXED) as running:
        yield running


def assert_status(reply: Reply, code: int, reason: str) -> None:
    assert reply.status == code
    assert reply.headers["content-type"] == "application/json"
    assert (reply.json["kind"], reply.json["code"], reply.json["reason"]) == ("Status", code, reason)


def test_list_has_sorted_keys_and_its_token_at_the_end(server: ApiServer) -> None:
    reply = ask(server, f"{TABLES}?limit=4")
    assert list(reply.json) == ["apiVersion", "items", "kind", "metadata"]
    assert reply.json["kind"] == "RouteTableList"
    assert reply.body.index(b'"continue":') > reply.body.rindex(b'"spec":')
    assert reply.json["metadata"]["remainingItemCount"] == 6
    assert reply.json["metadata"]["resourceVersion"]


def test_items_carry_their_kind_and_managed_fields(server: ApiServer) -> None:
    items = ask(server, TABLES).json["items"]
    assert len(items) == 10
    for item in items:
        assert (item["apiVersion"], item["kind"]) == (f"{ENTERPRISE}/v1beta1", "RouteTable")
        assert item["metadata"]["managedFields"][0]["fieldsV1"]
        assert item["metadata"]["uid"]
        assert item["metadata"]["resourceVersion"]


@pytest.mark.parametrize("limit", [1, 3, 5, 10, 11])
def test_pages_together_are_the_list(server: ApiServer, limit: int) -> None:
    items, token, pages = [], "", 0
    while True:
        page = ask(server, f"{TABLES}?limit={limit}&continue={quote(token)}").json
        items += page["items"]
        pages += 1
        token = page["metadata"]["continue"]
        if not token:
            break
        assert len(page["items"]) == limit
    assert items == ask(server, TABLES).json["items"]
    assert pages == -(-10 // limit)


def test_list_of_one_namespace_and_one_object(server: ApiServer) -> None:
    within = TABLES.replace("routetables", "namespaces/team-1/routetables")
    names = [item["metadata"]["name"] for item in ask(server, within).json["items"]]
    assert names == ["table-001", "table-004", "table-007"]
    assert ask(server, f"{within}/table-004").json["spec"]["weight"] == 4
    missing = ask(server, f"{within}/table-000")
    assert_status(missing, 404, "NotFound")
    assert "not found" in missing.json["message"]


@pytest.mark.parametrize("path", ["/apis/networking.gloo.solo.io/v2/routetables", "/apis/none.example", "/nowhere"])
def test_group_not_installed_is_plain_text(server: ApiServer, path: str) -> None:
    reply = ask(server, path)
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/plain")
    assert reply.body.strip() == b"404 page not found"


def test_kind_not_allowed() -> None:
    with ApiServer(MIXED, allowed=lambda name, namespace: name != NAME or namespace == "team-0") as server:
        reply = ask(server, TABLES)
        assert_status(reply, 403, "Forbidden")
        assert reply.json["details"] == {"group": ENTERPRISE, "kind": "routetables"}
        assert 'cannot list resource "routetables"' in reply.json["message"]
        assert reply.json["message"].endswith("at the cluster scope")
        assert ask(server, TABLES.replace("routetables", "namespaces/team-1/routetables")).status == 403
        assert len(ask(server, TABLES.replace("routetables", "namespaces/team-0/routetables")).json["items"]) == 4


def test_bad_token_and_no_token(server: ApiServer) -> None:
    assert_status(ask(server, TABLES, token="wrong"), 401, "Unauthorized")
    nobody = ask(server, TABLES, token=None)
    assert_status(nobody, 403, "Forbidden")
    assert "system:anonymous" in nobody.json["message"]


@pytest.mark.parametrize("token", ["garbage", "e30=", "W10="])
def test_malformed_continue(server: ApiServer, token: str) -> None:
    assert_status(ask(server, f"{TABLES}?limit=2&continue={token}"), 400, "BadRequest")


def test_expired_continue_brings_a_fresh_token(server: ApiServer) -> None:
    first = ask(server, f"{TABLES}?limit=4").json
    server.expire()
    reply = ask(server, f"{TABLES}?limit=4&continue={quote(first['metadata']['continue'])}")
    assert_status(reply, 410, "Expired")
    rest = ask(server, f"{TABLES}?continue={quote(reply.json['metadata']['continue'])}").json["items"]
    assert first["items"] + rest == ask(server, TABLES).json["items"]


def test_watch_from_too_old_a_version_is_an_error_line(server: ApiServer) -> None:
    server.expire()
    reply = ask(server, f"{TABLES}?watch=true&resourceVersion=1")
    assert reply.status == 200
    (line,) = reply.body.splitlines()
    assert (json.loads(line)["type"], json.loads(line)["object"]["code"]) == ("ERROR", 410)


class Watching:
    """A watch that a client without any opinion of its own keeps open."""

    def __init__(self, server: ApiServer, target: str) -> None:
        trust = ssl.create_default_context(cadata=server.certificates.ca.decode())
        self.connection = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=20)
        self.connection.request("GET", target, headers={"Authorization": f"Bearer {TOKEN}"})
        self.response = self.connection.getresponse()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.response.close()
        self.connection.close()

    def event(self) -> Any:
        """The next event; None at the end."""
        line = self.response.readline()
        return json.loads(line) if line else None


def seen(event: Any) -> tuple[str, str, str]:
    metadata = event["object"]["metadata"]
    return event["type"], metadata["name"], metadata["resourceVersion"]


def test_watch_tells_what_happens_after_a_version(server: ApiServer) -> None:
    version = ask(server, TABLES).json["metadata"]["resourceVersion"]
    with Watching(server, f"{TABLES}?watch=true&resourceVersion={version}") as watching:
        assert watching.response.headers["transfer-encoding"] == "chunked"
        server.apply(manifest("RouteTable", "team-1", "new", weight=1))
        server.apply(manifest("VirtualHost", "team-1", "of-another-kind"))
        server.apply(manifest("RouteTable", "team-1", "new", weight=2))
        server.delete(manifest("RouteTable", "team-1", "new"))
        added, modified, deleted = (watching.event() for _ in range(3))
    versions = [str(int(version) + number) for number in (1, 3, 4)]
    assert [seen(each) for each in (added, modified, deleted)] == [
        ("ADDED", "new", versions[0]),
        ("MODIFIED", "new", versions[1]),
        ("DELETED", "new", versions[2]),
    ]
    assert deleted["object"]["spec"] == {"weight": 2}
    assert len({each["object"]["metadata"]["uid"] for each in (added, modified, deleted)}) == 1
    assert added["object"]["metadata"]["managedFields"]
    assert ask(server, TABLES).json["metadata"]["resourceVersion"] == versions[2]


def test_watch_goes_on_from_what_was_missed(server: ApiServer) -> None:
    server.apply(manifest("RouteTable", "team-1", "first"))
    version = ask(server, TABLES).json["metadata"]["resourceVersion"]
    server.apply(manifest("RouteTable", "team-1", "second"))
    server.apply(manifest("RouteTable", "team-2", "elsewhere"))
    within = TABLES.replace("routetables", "namespaces/team-1/routetables")
    with Watching(server, f"{within}?watch=1&resourceVersion={version}&timeoutSeconds=1") as watching:
        assert seen(watching.event())[1] == "second"
        assert watching.event() is None, "the server ends it after the time that was asked for"


def test_watch_without_a_version_begins_with_what_is_there(server: ApiServer) -> None:
    with Watching(server, f"{TABLES}?watch=true") as watching:
        found = [watching.event() for _ in range(10)]
    assert {each["type"] for each in found} == {"ADDED"}
    assert [each["object"] for each in found] == ask(server, TABLES).json["items"]


def test_watch_brings_bookmarks(server: ApiServer) -> None:
    server.history.bookmarks = 0.05
    server.apply(manifest("VirtualHost", "team-1", "of-another-kind"))
    with Watching(server, f"{TABLES}?watch=true&allowWatchBookmarks=true&resourceVersion=1000") as watching:
        event = watching.event()
    assert event["type"] == "BOOKMARK"
    assert event["object"]["metadata"] == {"resourceVersion": "1001"}
    assert event["object"]["kind"] == "RouteTable"


def test_watch_from_the_future(server: ApiServer) -> None:
    reply = ask(server, f"{TABLES}?watch=true&resourceVersion=999999")
    assert_status(reply, 504, "Timeout")
    assert "Too large resource version" in reply.json["message"]


def test_only_events_say_what_kind_a_service_is(server: ApiServer) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "reviews", "namespace": "web"}, "spec": {}}
    server.apply(service)
    (item,) = ask(server, "/api/v1/services").json["items"]
    assert sorted(item) == ["metadata", "spec"]
    with Watching(server, "/api/v1/services?watch=true") as watching:
        assert watching.event()["object"] == {"apiVersion": "v1", "kind": "Service", **item}


def test_discovery_is_plain_whatever_is_accepted(server: ApiServer) -> None:
    wanted = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    assert ask(server, "/api", Accept=wanted).json == {"kind": "APIVersions", "versions": ["v1"]}
    groups = ask(server, "/apis", Accept=wanted).json
    assert groups["kind"] == "APIGroupList"
    assert ENTERPRISE in [group["name"] for group in groups["groups"]]
    listed = ask(server, f"/apis/{ENTERPRISE}/v1beta1").json
    assert listed["groupVersion"] == f"{ENTERPRISE}/v1beta1"
    assert {"routetables", "virtualhosts"} <= {each["name"] for each in listed["resources"]}
    assert ask(server, "/version").json["gitVersion"].startswith("v1.36")


def test_flow_schema_on_every_answer(server: ApiServer) -> None:
    for target in (TABLES, "/version", "/nowhere"):
        assert ask(server, target).headers["x-kubernetes-pf-flowschema-uid"]


def test_gzip_only_when_asked_for(server: ApiServer) -> None:
    plain, packed = ask(server, TABLES), ask(server, TABLES, Accept_Encoding="gzip")
    assert plain.headers["content-encoding"] is None
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


def test_nothing_can_be_written(server: ApiServer) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert ask(server, TABLES, method=method).status == 405
    assert [call.method for call in server.calls] == ["POST", "PUT", "PATCH", "DELETE"]


def test_calls_are_recorded(server: ApiServer) -> None:
    ask(server, f"{TABLES}?limit=2&continue=", Accept="application/json")
    (call,) = server.calls
    assert (call.method, call.path, call.query) == ("GET", TABLES, {"limit": "2", "continue": ""})
    assert call.headers["accept"] == "application/json"


def kubectl(server: ApiServer, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The real program, which would ask for a user name if it could."""
    program = shutil.which("kubectl", path=str(Path(sys.executable).parent)) or "kubectl"
    config = server.write_kubeconfig(folder / "kubeconfig", namespace="team-1")
    command = [program, f"--kubeconfig={config}", f"--cache-dir={folder / 'cache'}", *words]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


def test_kubectl_reads_it(server: ApiServer, tmp_path: Path) -> None:
    raw = kubectl(server, tmp_path, "get", "--raw", TABLES)
    assert len(json.loads(raw.stdout)["items"]) == 10
    listed = kubectl(server, tmp_path, "get", NAME, "-A", "--chunk-size=3", "-o", "json")
    assert len(json.loads(listed.stdout)["items"]) == 10
    own = kubectl(server, tmp_path, "get", NAME, "-o", "name")
    assert own.stdout.split() == [f"routetable.{ENTERPRISE}/table-00{number}" for number in (1, 4, 7)]


def test_kubectl_sees_forbidden_and_missing(tmp_path: Path) -> None:
    with ApiServer(allowed=lambda name, namespace: name != NAME) as server:
        refused = kubectl(server, tmp_path, "get", NAME, "-A")
        assert refused.returncode == 1
        assert "Error from server (Forbidden)" in refused.stderr
        unknown = kubectl(server, tmp_path, "get", "foos.none.example")
        assert """the server doesn't have a resource type "foos" in group""" in unknown.stderr


def broken(how: Answer) -> ApiServer:
    """A server whose route tables come in the way that the last fields of `how` say."""

    def fault(call: Call, real: Answer) -> Answer:
        return replace(how, body=real.body)

    return ApiServer(tables(3), faults={NAME: fault})


def test_fault_short_body() -> None:
    with broken(Answer(missing=5)) as server, pytest.raises(http.client.IncompleteRead):
        ask(server, TABLES)


def test_fault_reset_in_the_middle() -> None:
    """Python's TLS hides some resets as the end of the data, so both are right here."""
    with broken(Answer(reset_after=20)) as server, pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask(server, TABLES)


def test_fault_endless_body() -> None:
    """It goes on for as long as somebody reads, and ends when nobody does."""
    with broken(Answer(endless=True)) as server:
        trust = ssl.create_default_context(cadata=server.certificates.ca.decode())
        connection = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=20)
        connection.request("GET", TABLES, headers={"Authorization": f"Bearer {TOKEN}"})
        response = connection.getresponse()
        assert response.headers["content-length"] is None
        assert len(response.read(1 << 20)) == 1 << 20
        response.close()
        connection.close()


def test_fault_a_byte_of_the_headers_now_and_then() -> None:
    with broken(Answer(trickle_head=0.002)) as server:
        began = time.monotonic()
        assert ask(server, TABLES).status == 200
        assert time.monotonic() - began > 0.002 * 50, "a head has more bytes than that"


def test_fault_of_everything() -> None:
    busy = Answer(status=503)
    faults: dict[str, Fault] = {EVERYTHING: lambda call, real: busy, NAME: lambda call, real: real}
    with ApiServer(tables(3), faults=faults) as server:
        assert ask(server, "/version").status == 503
        assert ask(server, TABLES.replace("routetables", "virtualhosts")).status == 503
        assert ask(server, TABLES).status == 200


@pytest.mark.parametrize(
    ("certificates", "code"),
    [
        (Certificates.create(expired=True), 10),  # X509_V_ERR_CERT_HAS_EXPIRED
        (Certificates.create(address="192.0.2.1"), 64),  # X509_V_ERR_IP_ADDRESS_MISMATCH
    ],
)
def test_certificates_that_are_wrong(certificates: Certificates, code: int) -> None:
    with ApiServer(certificates=certificates) as server, pytest.raises(ssl.SSLCertVerificationError) as caught:
        ask(server, TABLES)
    assert caught.value.verify_code == code


def test_client_certificates_are_asked_for(tmp_path: Path) -> None:
    with ApiServer(tables(3), client_certificates=True) as server:
        with pytest.raises(OSError, match=r"CERTIFICATE_REQUIRED|EOF|reset|[Bb]roken pipe|closed"):
            ask(server, TABLES)
        assert server.calls == []
        both = tmp_path / "both.pem"
        both.write_bytes(server.certificates.certificate + server.certificates.key)
        trust = ssl.create_default_context(cadata=server.certificates.ca.decode())
        trust.load_cert_chain(both)
        connection = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=20)
        connection.request("GET", TABLES, headers={"Authorization": f"Bearer {TOKEN}"})
        assert connection.getresponse().status == 200
        connection.close()


def by_proxy(server: ApiServer, proxy: ConnectProxy) -> http.client.HTTPSConnection:
    """A way to the server through the proxy."""
    trust = ssl.create_default_context(cadata=server.certificates.ca.decode())
    connection = http.client.HTTPSConnection(proxy.url.removeprefix("http://"), context=trust, timeout=20)
    host, _, port = server.url.removeprefix("https://").partition(":")
    connection.set_tunnel(host, int(port))
    return connection


def test_proxy_opens_a_tunnel(server: ApiServer) -> None:
    with ConnectProxy() as proxy:
        connection = by_proxy(server, proxy)
        connection.request("GET", TABLES, headers={"Authorization": f"Bearer {TOKEN}"})
        assert len(json.loads(connection.getresponse().read())["items"]) == 10
        connection.close()
    assert proxy.asked == [server.url.removeprefix("https://")]
    assert TOKEN not in proxy.heads[0]


def test_proxy_refuses(server: ApiServer) -> None:
    with ConnectProxy("403 Forbidden") as proxy, pytest.raises(OSError, match="403"):
        by_proxy(server, proxy).request("GET", TABLES)
    assert server.calls == []


def test_faults_touch_only_their_resource() -> None:
    with broken(Answer(status=503)) as server:
        assert ask(server, TABLES).status == 503
        assert ask(server, TABLES.replace("routetables", "virtualhosts")).status == 200


@pytest.mark.parametrize("how", [Answer(delay=3600), Answer(trickle=3600)])
def test_stopping_ends_what_is_under_way(how: Answer) -> None:
    before = threading.active_count()
    with broken(how) as server:
        trust = ssl.create_default_context(cadata=server.certificates.ca.decode())
        waiting = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=60)
        waiting.request("GET", TABLES, headers={"Authorization": f"Bearer {TOKEN}"})
        idle = http.client.HTTPSConnection(server.url.removeprefix("https://"), context=trust, timeout=60)
        idle.connect()
    assert threading.active_count() == before
    waiting.close()
    idle.close()


def test_a_bug_in_a_fault_is_not_lost() -> None:
    def fault(call: Call, real: Answer) -> Answer:
        raise ZeroDivisionError

    def run() -> None:
        with ApiServer(faults={NAME: fault}) as server, pytest.raises(http.client.RemoteDisconnected):
            ask(server, TABLES)

    with pytest.raises(ZeroDivisionError):
        run()


def test_another_server_is_not_trusted(server: ApiServer) -> None:
    with ApiServer() as other:
        server.certificates = other.certificates
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(server, TABLES)


def test_kubeconfig_is_complete(server: ApiServer, tmp_path: Path) -> None:
    config = json.loads(server.write_kubeconfig(tmp_path / "config", context="prod", namespace="web").read_text())
    assert config["current-context"] == "prod"
    assert config["contexts"][0]["context"]["namespace"] == "web"
    assert config["users"][0]["user"] == {"token": TOKEN}


def test_cluster_scoped_and_core_objects_are_served() -> None:
    cluster = {"apiVersion": "multicluster.solo.io/v1alpha1", "kind": "KubernetesCluster"}
    core = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "reviews", "namespace": "bookinfo"}}
    with ApiServer([cluster | {"metadata": {"name": "one"}}, core, manifest("RouteTable", "a", "b")]) as server:
        listed = ask(server, "/apis/multicluster.solo.io/v1alpha1/kubernetesclusters").json
        assert [each["metadata"]["name"] for each in listed["items"]] == ["one"]
        assert ask(server, "/api/v1/namespaces/bookinfo/services/reviews").json["kind"] == "Service"
        assert ask(server, f"/apis/{DISCOVERY}/v1/workloads").json["items"] == []
