"""Reading a cluster, with the real client library over HTTPS."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import Configuration

from kubectl_gmg.errors import SourceError
from kubectl_gmg.kube import Connection
from kubectl_gmg.model.snapshot import Gap, GapReason, Kind, Snapshot, SourceType
from kubectl_gmg.sources import live
from tests.live.objects import KINDS, MIXED, POLICIES, ROUTE_TABLES, manifest, tables
from tests.oracle.apiserver import ENTERPRISE, NETWORKING, V1BETA1, ApiServer, Fault
from tests.oracle.https import Answer, Call

PATIENT = 20.0  # seconds; only a hang needs longer


def connection(server: ApiServer, folder: Path, *, chunk: int = 500, timeout: float = PATIENT) -> Connection:
    config = server.write_kubeconfig(folder / "kubeconfig")
    return Connection(str(config), None, request_timeout=timeout, chunk_size=chunk)


def read(server: ApiServer, folder: Path, *, chunk: int = 500, timeout: float = PATIENT, **more: Any) -> Snapshot:
    return live.read(connection(server, folder, chunk=chunk, timeout=timeout), more.pop("kinds", KINDS), **more)


def failing(kind: Kind, fault: Fault) -> ApiServer:
    return ApiServer(MIXED, faults={kind.resource: fault})


def contents(snapshot: Snapshot) -> list[tuple[str, str, str, Any]]:
    """The objects, told by what was applied; in the order they came."""
    return [(each.ref.kind, each.ref.namespace, each.ref.name, each.body["spec"]) for each in snapshot.objects]


APPLIED = sorted(
    ((each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]) for each in MIXED),
)
SPECS = {(each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]): each["spec"] for each in MIXED}


def only_gap(snapshot: Snapshot) -> Gap:
    (gap,) = snapshot.gaps
    assert "\n" not in gap.message
    return gap


@pytest.mark.parametrize("chunk", [1, 3, 5, 10, 500, 0])
def test_every_page_of_every_kind_is_asked_for_once(tmp_path: Path, chunk: int) -> None:
    with ApiServer(MIXED) as server:
        snapshot = read(server, tmp_path, chunk=chunk)
    assert sorted((kind, namespace, name) for kind, namespace, name, _ in contents(snapshot)) == APPLIED
    assert all(spec == SPECS[kind, namespace, name] for kind, namespace, name, spec in contents(snapshot))
    counts = Counter(each["kind"] for each in MIXED)
    expected = {
        f"/apis/{kind.group}/{kind.version}/{kind.plural}": max(1, ceil(counts[kind.name] / (chunk or 500)))
        for kind in KINDS
    }
    assert Counter(call.path for call in server.calls) == expected
    asked = [(call.path, *sorted(call.query.items())) for call in server.calls]
    assert len(set(asked)) == len(asked)
    assert {call.query.get("limit") for call in server.calls} == {str(chunk) if chunk else None}


def test_requests_only_read_and_take_gzip(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        read(server, tmp_path, chunk=3)
    assert {call.method for call in server.calls} == {"GET"}
    assert {call.headers["accept-encoding"] for call in server.calls} == {"gzip"}
    assert {call.headers["accept"] for call in server.calls} == {"application/json"}


def test_connections_are_kept(tmp_path: Path) -> None:
    with ApiServer(tables(40)) as server:
        read(server, tmp_path, chunk=1)
        assert len(server.calls) == 40 + len(KINDS) - 1
        assert server.connections <= 4


def test_results_do_not_depend_on_the_page_size(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        first, *others = [read(server, tmp_path, chunk=chunk) for chunk in (500, 1, 2, 3, 7, 0)]
    for other in others:
        assert [(each.ref, each.body) for each in other.objects] == [(each.ref, each.body) for each in first.objects]
        assert (other.gaps, other.read) == (first.gaps, first.read)


def test_order_does_not_depend_on_who_answers_first(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        expected = contents(read(server, tmp_path, chunk=3))

    def late(call: Call, real: Answer) -> Answer:
        return replace(real, delay=0.2)

    for kind in KINDS[:3]:
        with failing(kind, late) as server:
            assert contents(read(server, tmp_path, chunk=3)) == expected


def test_snapshot_says_where_it_is_from(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        config = server.write_kubeconfig(tmp_path / "config", context="prod", namespace="web")
        snapshot = live.read(Connection(str(config)), KINDS)
    assert (snapshot.type, snapshot.context, snapshot.namespace) == (SourceType.LIVE, "prod", "web")
    assert set(snapshot.read) == {kind.resource for kind in KINDS}
    assert snapshot.gaps == ()
    assert {each.ref.generation for each in snapshot.objects} == {"v1beta1"}
    assert {each.ref.cluster for each in snapshot.objects} == {""}


def test_managed_fields_are_dropped_and_all_else_is_kept(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        snapshot = read(server, tmp_path)
    for each in snapshot.objects:
        kept = {"name", "namespace", "uid", "creationTimestamp", "generation", "resourceVersion"}
        assert set(each.body["metadata"]) == kept


def test_cluster_scoped_object(tmp_path: Path) -> None:
    cluster = {"apiVersion": "multicluster.solo.io/v1alpha1", "kind": "KubernetesCluster", "spec": {}}
    with ApiServer([cluster | {"metadata": {"name": "one"}}]) as server:
        (found,) = read(server, tmp_path).objects
    assert (found.ref.namespace, found.ref.name) == ("", "one")


def test_forbidden_kind_is_a_gap(tmp_path: Path) -> None:
    with ApiServer(MIXED, allowed=lambda name, namespace: name != POLICIES.resource) as server:
        snapshot = read(server, tmp_path)
    gap = only_gap(snapshot)
    assert (gap.reason, gap.kind, gap.affects) == (GapReason.FORBIDDEN, "TrafficPolicy", POLICIES.affects)
    assert gap.message.startswith("TrafficPolicy: listing it is forbidden, in all namespaces and in default;")
    assert set(snapshot.read) == {kind.resource for kind in KINDS} - {POLICIES.resource}
    assert len(snapshot.objects) == len(MIXED) - 1


def test_group_not_installed_is_no_gap(tmp_path: Path) -> None:
    installed = [each for each in V1BETA1 if each.group == ENTERPRISE]
    with ApiServer(tables(2), resources=installed) as server:
        snapshot = read(server, tmp_path)
    assert snapshot.gaps == ()
    assert len(snapshot.objects) == 2
    assert set(snapshot.read) == {f"{each.plural}.{ENTERPRISE}" for each in installed}


def test_nothing_installed(tmp_path: Path) -> None:
    installed = [each for each in V1BETA1 if each.group in {"", "multicluster.solo.io"}]
    with ApiServer(resources=installed) as server, pytest.raises(SourceError) as caught:
        read(server, tmp_path)
    assert caught.value.message.startswith("no Gloo Mesh Gateway kinds are installed in context gmg-test")
    assert ENTERPRISE in caught.value.message
    assert NETWORKING in caught.value.message
    assert "--context" in caught.value.hint


def test_nothing_allowed(tmp_path: Path) -> None:
    with ApiServer(MIXED, allowed=lambda name, namespace: False) as server, pytest.raises(SourceError) as caught:
        read(server, tmp_path)
    assert "nothing may be listed in context gmg-test" in caught.value.message
    assert "kubectl auth can-i" in caught.value.hint


def test_token_refused(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        config = server.write_kubeconfig(tmp_path / "config", token="stale")
        with pytest.raises(SourceError) as caught:
            live.read(Connection(str(config)), KINDS)
        assert "does not accept the credentials of context gmg-test" in caught.value.message
        assert server.url.removeprefix("https://") in caught.value.message
    assert "log in" in caught.value.hint


def test_server_gone(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        there = connection(server, tmp_path)
    with pytest.raises(SourceError) as caught:
        live.read(there, KINDS)
    assert "cannot be reached: the connection is refused" in caught.value.message
    assert caught.value.code == 3


def test_unknown_host(tmp_path: Path) -> None:
    server = ApiServer()
    config = server.write_kubeconfig(tmp_path / "config")
    config.write_text(config.read_text().replace("127.0.0.1", "no-such-host.invalid"))
    server._http.server_close()
    with pytest.raises(SourceError, match=r"no-such-host.invalid:\d+ of context gmg-test cannot be reached"):
        live.read(Connection(str(config)), KINDS)


def test_wrong_authority_is_found_quickly(tmp_path: Path) -> None:
    started = time.monotonic()
    with ApiServer(MIXED) as server, ApiServer() as other:
        config = server.write_kubeconfig(tmp_path / "config", ca=other.certificates.ca)
        with pytest.raises(SourceError, match="its certificate is not trusted"):
            live.read(Connection(str(config), request_timeout=60), KINDS)
        assert server.calls == []
    assert time.monotonic() - started < PATIENT


def test_unverified_tls_is_used_in_silence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with ApiServer(MIXED) as server:
        config = server.write_kubeconfig(tmp_path / "config")
        key = '"certificate-authority-data": "'
        before, _, rest = config.read_text().partition(key)
        config.write_text(before + '"insecure-skip-tls-verify": true' + rest.partition('"')[2])
        assert len(live.read(Connection(str(config)), KINDS).objects) == len(MIXED)
    assert capfd.readouterr() == ("", "")


SLOW = [Answer(delay=60), Answer(trickle=0.05)]


@pytest.mark.parametrize("how", SLOW, ids=["no first byte", "a byte now and then"])
def test_slow_kind_is_a_gap(tmp_path: Path, how: Answer) -> None:
    started = time.monotonic()
    with failing(ROUTE_TABLES, lambda call, real: replace(how, body=real.body)) as server:
        snapshot = read(server, tmp_path, timeout=2)
        assert len([call for call in server.calls if "routetables" in call.path]) == 1
    gap = only_gap(snapshot)
    assert (gap.reason, gap.kind) == (GapReason.TIMEOUT, "RouteTable")
    assert "within 2 s; try a longer --request-timeout" in gap.message
    assert len(snapshot.objects) == len(MIXED) - 10
    assert time.monotonic() - started < PATIENT


def test_slow_server_ends_the_run(tmp_path: Path) -> None:
    faults = {kind.resource: lambda call, real: replace(real, delay=60) for kind in KINDS}
    with ApiServer(MIXED, faults=faults) as server, pytest.raises(SourceError, match="too slow: no answer within"):
        read(server, tmp_path, timeout=1.5, kinds=KINDS[:3])


def test_deadline_ends_all_reading(tmp_path: Path) -> None:
    started = time.monotonic()
    with failing(ROUTE_TABLES, lambda call, real: replace(real, delay=60)) as server:
        snapshot = read(server, tmp_path, timeout=60, deadline=2.5)
    assert (only_gap(snapshot).reason, only_gap(snapshot).kind) == (GapReason.TIMEOUT, "RouteTable")
    assert time.monotonic() - started < PATIENT


def test_no_request_after_the_deadline(tmp_path: Path) -> None:
    with ApiServer(MIXED) as server:
        with pytest.raises(SourceError, match="the time for all reading is over"):
            read(server, tmp_path, deadline=0)
        assert server.calls == []


def answer(body: str, **fields: Any) -> Fault:
    return lambda call, real: Answer(body=body.encode(), **fields)


FAULTS: dict[str, tuple[Fault, GapReason]] = {
    "short body": (lambda call, real: replace(real, missing=3), GapReason.UNREACHABLE),
    "reset": (lambda call, real: replace(real, reset_after=30), GapReason.UNREACHABLE),
    "gateway error": (answer("<html>bad</html>", status=502, content_type="text/html"), GapReason.UNREACHABLE),
    "server error": (answer("{}", status=500), GapReason.UNREACHABLE),
    "login page": (answer("<html>who?</html>", content_type="text/html"), GapReason.MALFORMED),
    "no JSON": (answer("who?"), GapReason.MALFORMED),
    "half of JSON": (answer('{"items": [{"metadata"'), GapReason.MALFORMED),
    "not UTF-8": (lambda call, real: Answer(body=b'{"items": ["\xff"]}'), GapReason.MALFORMED),
    "too deep": (answer("[" * 200_000), GapReason.MALFORMED),
    "no object": (answer("[]"), GapReason.MALFORMED),
    "an object without items": (answer("{}"), GapReason.MALFORMED),
    "items of a wrong type": (answer('{"items": {"a": 1}}'), GapReason.MALFORMED),
    "metadata of a wrong type": (answer('{"items": [], "metadata": "x"}'), GapReason.MALFORMED),
    "token of a wrong type": (answer('{"items": [], "metadata": {"continue": 7}}'), GapReason.MALFORMED),
    "the same page for ever": (answer('{"items": [], "metadata": {"continue": "x"}}'), GapReason.MALFORMED),
    "no gzip": (answer("{}", headers=(("Content-Encoding", "gzip"),)), GapReason.MALFORMED),
}


@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_bad_answer_is_a_gap_of_its_kind_alone(tmp_path: Path, fault: Fault, reason: GapReason) -> None:
    with failing(ROUTE_TABLES, fault) as server:
        snapshot = read(server, tmp_path)
    assert (only_gap(snapshot).reason, only_gap(snapshot).kind) == (reason, "RouteTable")
    assert ROUTE_TABLES.resource not in snapshot.read
    assert len(snapshot.objects) == len(MIXED) - 10


@pytest.mark.parametrize("body", ['{"items": null, "metadata": {}}', '{"items": []}'])
def test_null_is_an_empty_list(tmp_path: Path, body: str) -> None:
    with failing(ROUTE_TABLES, answer(body)) as server:
        snapshot = read(server, tmp_path)
    assert ROUTE_TABLES.resource in snapshot.read
    assert snapshot.gaps == ()


def test_pages_before_a_failure_are_kept(tmp_path: Path) -> None:
    def second_fails(call: Call, real: Answer) -> Answer:
        return replace(real, missing=1) if "continue" in call.query else real

    with failing(ROUTE_TABLES, second_fails) as server:
        snapshot = read(server, tmp_path, chunk=4)
    assert len([each for each in snapshot.objects if each.ref.kind == "RouteTable"]) == 4
    assert only_gap(snapshot).reason is GapReason.UNREACHABLE
    assert ROUTE_TABLES.resource not in snapshot.read


def test_items_without_a_name_are_a_gap(tmp_path: Path) -> None:
    good = '{"metadata": {"name": "good", "namespace": "web"}}'
    bad = ["7", "null", "{}", '{"metadata": []}', '{"metadata": {"name": ""}}', '{"metadata": {"name": 7}}']
    bad += ['{"metadata": {"name": "a", "namespace": ["b"]}}']
    body = f'{{"items": [{good}, {", ".join(bad)}], "metadata": {{}}}}'
    with failing(ROUTE_TABLES, answer(body)) as server:
        snapshot = read(server, tmp_path)
    gap = only_gap(snapshot)
    assert (gap.reason, gap.kind) == (GapReason.MALFORMED, "RouteTable")
    assert gap.message.startswith("RouteTable: 7 items in its list are no objects with a name")
    assert [each.ref.name for each in snapshot.objects if each.ref.kind == "RouteTable"] == ["good"]
    assert ROUTE_TABLES.resource not in snapshot.read


def test_an_object_met_twice_is_there_once(tmp_path: Path) -> None:
    twice = '{"metadata": {"name": "one", "namespace": "web"}}'
    with failing(ROUTE_TABLES, answer(f'{{"items": [{twice}, {twice}], "metadata": {{}}}}')) as server:
        snapshot = read(server, tmp_path)
    assert len([each for each in snapshot.objects if each.ref.kind == "RouteTable"]) == 1


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with ApiServer(MIXED) as other:
        away = Answer(status=302, headers=(("Location", other.url + "/elsewhere"),))
        with failing(ROUTE_TABLES, lambda call, real: away) as server:
            assert only_gap(read(server, tmp_path)).reason is GapReason.MALFORMED
        assert other.connections == 0


def test_collector_rests_while_reading(tmp_path: Path) -> None:
    seen = []

    def look(call: Call, real: Answer) -> Answer:
        seen.append(gc.isenabled())
        return real

    assert gc.isenabled()
    with failing(ROUTE_TABLES, look) as server:
        read(server, tmp_path)
        assert gc.isenabled()
        server.token = "changed"
        with pytest.raises(SourceError):
            live.read(Connection(str(tmp_path / "kubeconfig")), KINDS)
    assert seen == [False, False]
    assert gc.isenabled()


def test_the_library_is_imported_late() -> None:
    program = "import sys, kubectl_gmg.sources.live; sys.exit(bool({'kubernetes', 'urllib3'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_process_wide_configuration_is_left_alone(tmp_path: Path) -> None:
    before = Configuration.get_default_copy().host
    with ApiServer([manifest("RouteTable", "a", "b")]) as server:
        read(server, tmp_path)
        assert Configuration.get_default_copy().host == before != server.url
