"""What the program does not do: imports it does not need, and work that grows faster than the input.

Everything here is counted, so that it is the same on every machine; times belong to `tests/benchmarks`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from kubectl_gmg import views
from kubectl_gmg.analysis.reachability import Reachability
from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings
from kubectl_gmg.explain.route import Ground, explain_route
from kubectl_gmg.matching.finder import RouteFinder
from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.reach import HostTheory
from kubectl_gmg.matching.space import Space
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import Resolved
from kubectl_gmg.model.snapshot import EVERYWHERE, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.delegate import grow_host
from kubectl_gmg.resolve.listener_policies import at_listener
from kubectl_gmg.resolve.route_policies import RoutePolicies
from kubectl_gmg.simulate.mesh import MeshSimulator
from kubectl_gmg.sources.objects import collect
from kubectl_gmg.views import Finding
from tests.benchmarks.objects import Manifest, gateway, host, host_of_routes, manifest, mesh, surroundings, table
from tests.benchmarks.route_lists import SHAPES
from tests.oracle.policy_rules import World

ROOT = Path(__file__).parents[1]
RUN = """
import sys
from kubectl_gmg import cli
code = cli.run(sys.argv[1:])
sys.stderr.write("\\nmodules " + " ".join(sys.modules))
sys.exit(code)
"""


def modules(*arguments: str) -> set[str]:
    """The modules that a run of the program, with its output in a pipe, has imported at its end."""
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout
    return set(ran.stderr.rpartition("\nmodules ")[2].split())


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("counts") / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": mesh(4, 3, 2)}))
    return str(path)


CLUSTER = {"kubernetes", "urllib3", "email", "importlib.metadata"}
HEAVY = {*CLUSTER, "rich", "yaml", "tabulate", "re2", "kubectl_gmg.model.declared"}
HELP = 7
"""Our own modules behind any help: the package, errors, the program, its flags and what makes commands of functions."""


@pytest.fixture(scope="module")
def typer_alone() -> set[str]:
    """What Typer imports before any of our modules is."""
    code = "import sys, typer; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(ran.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        ("--help", HELP),
        ("--version", HELP),
        ("routes --help", HELP + 2),
        ("curl --help", HELP + 2),
        ("explain --help", HELP + 2),
        ("check --help", HELP + 2),
        ("rules --help", HELP + 2),
        ("export envoy --help", HELP + 2),
        ("version --client", HELP + 16),
    ],
)
def test_what_reads_nothing_imports_nothing_heavy(arguments: str, most: int, typer_alone: set[str]) -> None:
    """A command's help adds its own module, and the one that knows its formats."""
    imported = modules(*arguments.split())
    assert "kubectl_gmg.cli" in imported
    assert not imported & HEAVY
    ours = {each for each in imported if each.partition(".")[0] == "kubectl_gmg"}
    assert len(ours) <= most, sorted(ours)
    others = {each for each in imported - typer_alone - ours if not each.startswith("typer.")}
    assert len(others) <= 6, sorted(others)


def test_every_view_is_found_by_its_name() -> None:
    """They are imported one by one, when somebody asks."""
    assert len({getattr(views, name) for name in views.__all__ if name != "NEGATIVE"}) == len(views.__all__) - 1
    assert set(views.HOMES) == set(views.__all__)
    with pytest.raises(AttributeError, match="Nonsense"):
        views.Nonsense  # noqa: B018 - asking is what fails


@pytest.mark.parametrize(
    "arguments",
    [
        "routes",
        "routes -o json",
        "tree",
        "curl http://host-0.example.com/service-0/v0",
        "explain host-0.example.com#1",
        "export envoy",
        "check --fail-on never",
        "check --fail-on never -o json",
        "check --fail-on never -o sarif",
        "check --fail-on never -o junit",
        "check --fail-on never -o github",
    ],
)
def test_files_need_no_cluster_library_and_pipes_no_terminal(arguments: str, file: str) -> None:
    imported = modules(*arguments.split(), "-q", "-f", file)
    assert "kubectl_gmg.sources.files" in imported
    assert not imported & {"kubernetes", "urllib3", "rich"}


def snapshot(manifests: list[Manifest]) -> Snapshot:
    found = collect(((each, None) for each in manifests), KINDS)
    return Snapshot(SourceType.FILES, found.objects, read={kind.resource: EVERYWHERE for kind in KINDS})


def resolved(manifests: list[Manifest]) -> Resolved:
    return resolve(lower(snapshot(manifests)))


def lines_run(call: Callable[[], Any]) -> int:
    """How many lines of Python a call runs; a loop counts a line each time."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def calls_of(code: CodeType, call: Callable[[], Any]) -> int:
    """How often a function runs within a call."""
    return calls(call)[code]


def calls(call: Callable[[], Any]) -> Counter[CodeType]:
    """How often each function of Python runs within a call."""
    seen: Counter[CodeType] = Counter()

    def profile(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            seen[frame.f_code] += 1

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(before)
    return seen


def test_the_counter_of_lines_sees_loops() -> None:
    def square(size: int) -> int:
        return sum(1 for _ in range(size) for _ in range(size))

    assert lines_run(lambda: square(40)) > 3 * lines_run(lambda: square(20))


def selecting(number: int, **selector: Any) -> Manifest:
    """A host of its own domain that selects tables."""
    made = host(number)
    made["spec"]["routes"][0]["delegateAction"] = {"selector": {"namespaces": ["*"], **selector}}
    return made


def with_domains(size: int) -> list[Manifest]:
    """One host of many domains, and as many hosts that want the first of them."""
    many = host(0)
    many["spec"]["domains"] = [f"d{number}.example.com" for number in range(size)]
    others = [host(number + 1) for number in range(size)]
    for each in others:
        each["spec"]["domains"] = ["d0.example.com"]
    return [gateway(), many, *others]


def with_problems(size: int) -> list[Manifest]:
    """One table in which everything is wrong."""
    wrong = table(0, 0, size)
    for each in wrong["spec"]["routes"]:
        each |= {"typo": {"deeper": 1}, "name": "same", "matchers": [{"uri": {"prefix": 5, "regex": "("}}]}
    return [gateway(), host(0), wrong]


def with_matchers(size: int) -> list[Manifest]:
    """One rule with many alternatives."""
    wide = table(0, 0, 1)
    wide["spec"]["routes"][0]["matchers"] = [{"uri": {"prefix": f"/{number}"}} for number in range(size)]
    return [gateway(), host(0), wide]


def with_expressions(size: int) -> list[Manifest]:
    """Hosts that select by an expression, each a table of its own."""
    wanted = [{"key": "host", "operator": "In", "values": [f"host-{number}", "nobody"]} for number in range(size)]
    hosts = [selecting(number, expressions=[each]) for number, each in enumerate(wanted)]
    return [gateway(), *hosts, *(table(number, number, 2) for number in range(size))]


def with_references(size: int) -> list[Manifest]:
    """A host that names many tables, and each of them twice."""
    refs = [{"namespace": f"team-{number % 50}", "name": f"table-{number:05d}"} for number in range(size)]
    one = host(0)
    one["spec"]["routes"][0]["delegateAction"] = {"refs": [*refs, *refs]}
    return [gateway(), one, *(table(number, 0, 2) for number in range(size))]


def with_gateways(size: int) -> list[Manifest]:
    """Gateways with a host of their own each."""
    made = []
    for number in range(size):
        selector = {"namespaces": ["*"], "labels": {"only": str(number)}}
        handler = {"http": {"routeConfig": [{"virtualHostSelector": selector}]}}
        own = host(number)
        own["metadata"]["labels"] = {"only": str(number)}
        made += [manifest("VirtualGateway", "gateways", f"gw-{number}", {"connectionHandlers": [handler]}, {}), own]
    return [*made, *(table(number, number, 2) for number in range(size))]


def with_policies(size: int) -> list[Manifest]:
    """Policies that name a table each, and as many that select by a label of the rules."""
    made: list[Manifest] = []
    for number in range(size):
        table_ref = {"name": f"table-{number:05d}", "namespace": f"team-{number % 50}"}
        for name, entry in (
            ("ref", {"routeTableRefs": [table_ref]}),
            ("label", {"routeLabelMatcher": {"n": f"{number}"}}),
        ):
            spec = {"routeSelector": [entry], "policy": {"requestTimeout": "1s"}}
            policy = manifest("TrafficPolicy", "gateways", f"{name}-{number}", spec, {})
            made.append({**policy, "apiVersion": "networking.mesh.gloo.solo.io/v1"})
    return [*mesh(size, 2, 1), *made]


def with_chosen_destinations(size: int) -> list[Manifest]:
    """Routes of the second generation, each with policies of its own: by labels, where it leads, and its destination.

    All have the label that every policy asks for first.
    """
    gates = [{"name": "edge", "namespace": "apps"}]
    made = [second("VirtualGateway", "edge", {"listeners": [{"http": {}, "port": {"number": 80}}]})]
    for number in range(size):
        service = {"selector": {"app": f"{number}"}, "ports": [{"port": 80}]}
        marks = {"all": "1", "app": f"{number}"}
        made.append({**manifest("Service", "apps", f"web-{number}", service, marks), "apiVersion": "v1"})
        labels, chosen = {"all": "1", "own": f"{number}"}, {"selector": {"labels": marks}}
        rule = {"labels": labels, "forwardTo": {"destinations": [{"ref": {"name": f"web-{number}"}}]}}
        root = {"hosts": [f"host-{number}.example.com"], "virtualGateways": gates, "http": [rule]}
        made.append(second("RouteTable", f"root-{number}", root))
        for group, kind, choice in (
            ("security", "CORSPolicy", {"applyToRoutes": [{"withDestinations": chosen}]}),
            ("security", "DLPPolicy", {"applyToRoutes": [{"route": {"labels": labels}}]}),
            ("resilience", "ConnectionPolicy", {"applyToDestinations": [chosen]}),
            (
                "trafficcontrol",
                "HeaderManipulationPolicy",
                {"applyToRouteDestinations": [{"route": {"labels": labels}, "onDestinations": [chosen]}]},
            ),
        ):
            policy = second(kind, f"{kind.lower()}-{number}", {**choice, "config": {}})
            made.append({**policy, "apiVersion": f"{group}.policy.gloo.solo.io/v2"})
    return made


def sound(size: int) -> list[Manifest]:
    """A mesh with the Services that it names."""
    return [*mesh(size, 5, max(1, size // 10)), *surroundings(size)]


def all_alike(size: int) -> list[Manifest]:
    """Tables of one host that all match the same paths."""
    made = mesh(size, 2, 1)
    for each in made[2:]:
        for rule in each["spec"]["routes"]:
            rule["matchers"] = [{"uri": {"prefix": "/same"}}]
    return made


def with_names(size: int) -> list[Manifest]:
    """Hosts of the second generation that select a table each by its name alone."""
    listener = {"http": {}, "port": {"number": 80}}
    workloads = [{"selector": {"labels": {"istio": "ingressgateway"}}}]
    made = [second("VirtualGateway", "edge", {"workloads": workloads, "listeners": [listener]})]
    for number in range(size):
        gates = [{"name": "edge", "namespace": "apps"}]
        leaf = {"routeTables": [{"name": f"leaf-{number}"}]}
        delegating = {"matchers": [{"uri": {"prefix": "/a"}}], "delegate": leaf}
        root = {"hosts": [f"host-{number}.example.com"], "virtualGateways": gates, "http": [delegating]}
        answering = {"matchers": [{"uri": {"prefix": "/a/b"}}], "directResponse": {"status": 200}}
        made += [second("RouteTable", f"root-{number}", root)]
        made += [second("RouteTable", f"leaf-{number}", {"http": [answering]})]
    return made


def with_statuses(size: int) -> list[Manifest]:
    """Destinations with policies and endpoints of their own, and a workspace each; the controller has counted all."""
    made = []
    for number in range(size):
        space, own = f"team-{number}", {"own": f"{number}"}
        counts: dict[str, Manifest] = {
            "VirtualDestination": {"numSelectedBackingServices": 1, "numAppliedDestinationPolicies": {"x": 1}},
            "ExternalService": {"numSelectedExternalEndpoints": 1, "numAppliedDestinationPolicies": {"x": 0}},
            "Workspace": {"numSelectedClusters": 1, "numSelectedNamespaces": 1, "numImportedWorkspaces": 0},
            "ConnectionPolicy": {},
        }
        chosen = [{"kind": "VIRTUAL_DESTINATION", "selector": {"labels": own}}]
        member = {"workloadClusters": [{"name": "*", "namespaces": [{"name": space}]}]}
        for group, kind, spec in (
            ("networking", "VirtualDestination", {"externalServices": [{"labels": own}], "ports": [VIRTUAL_PORT]}),
            ("networking", "ExternalService", {"selector": own, "ports": [VIRTUAL_PORT]}),
            ("networking", "ExternalEndpoint", {"address": "192.0.2.1", "ports": [{"number": 80}]}),
            ("resilience.policy", "ConnectionPolicy", {"applyToDestinations": chosen, "config": {}}),
            ("admin", "Workspace", member),
        ):
            each = manifest(kind, space, f"each-{number}", spec, own)
            accepted = {"common": {"State": {"approval": "ACCEPTED"}}, **counts.get(kind, {})}
            made.append({**each, "apiVersion": f"{group}.gloo.solo.io/v2", "status": accepted})
    return [second("KubernetesCluster", "c1", {}) | {"apiVersion": "admin.gloo.solo.io/v2"}, *made]


def with_server_names(size: int) -> list[Manifest]:
    """Listeners of one port that pass TLS on, each for names of its own, and one table with a route for each."""
    ends = [f"part-{number}.example.com" for number in range(size)]
    port, tls = {"number": 443}, {"mode": "PASSTHROUGH"}
    listeners = [{"tcp": {}, "port": port, "tls": tls, "allowedRouteTables": [{"host": f"*.{end}"}]} for end in ends]
    goes = {"destinations": [{"ref": {"name": "web"}}]}
    rules = [{"matchers": [{"sniHosts": [f"a.{end}"]}], "forwardTo": goes} for end in ends]
    root = {"hosts": ["*.example.com"], "virtualGateways": [{"name": "edge", "namespace": "apps"}], "tls": rules}
    return [second("VirtualGateway", "edge", {"listeners": listeners}), second("RouteTable", "root", root)]


VIRTUAL_PORT = {"number": 80, "protocol": "HTTP"}


def second(kind: str, name: str, spec: Manifest) -> Manifest:
    """An object of the second generation."""
    return {**manifest(kind, "apps", name, spec, {}), "apiVersion": "networking.gloo.solo.io/v2"}


def both_stages(objects: Snapshot) -> Resolved:
    """Both stages that look at every rule."""
    return resolve(lower(objects))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda size: mesh(size, 5, size // 10), id="tables"),
        pytest.param(lambda size: mesh(size, 2, size), id="selectors-by-label"),
        pytest.param(lambda size: mesh(size, 2, 1), id="tables-of-one-host"),
        with_expressions,
        with_references,
        with_domains,
        with_problems,
        with_matchers,
        with_gateways,
        with_policies,
        with_chosen_destinations,
        with_statuses,
        with_server_names,
    ],
)
def test_work_grows_with_the_input(make: Callable[[int], list[Manifest]]) -> None:
    """Twice the objects, about twice the lines of Python: anything quadratic would come near four times."""
    small, large = snapshot(make(100)), snapshot(make(200))
    work = [lines_run(partial(both_stages, each)) for each in (small, large)]
    assert work[0] > 2_000
    assert work[1] < 2.3 * work[0], work


def with_workloads(size: int) -> list[Manifest]:
    """Tables for as many workloads within the mesh, each with a child for some of them, and destinations with names."""
    made = []
    for number in range(size):
        kids, mine = {"labels": {"kid": str(number)}}, [{"selector": {"labels": {"app": f"a{number}"}}}]
        rules = [{"name": "d", "matchers": [{"uri": {"prefix": "/d"}}], "delegate": {"routeTables": [kids]}}]
        made.append(
            second("RouteTable", f"t{number}", {"hosts": [f"h{number}.test"], "workloadSelectors": mine, "http": rules})
        )
        narrow = [{"selector": {"labels": {"v": "2"}}}]
        child = {"workloadSelectors": narrow, "http": [{"name": "r", "directResponse": {"status": 200}}]}
        made.append(second("RouteTable", f"c{number}", child))
        made[-1]["metadata"]["labels"] = kids["labels"]
        named = {"hosts": [f"v{number}.global"], "services": [{"name": "web"}], "ports": [VIRTUAL_PORT]}
        made.append(second("VirtualDestination", f"v{number}", named))
    return made


def asked_within(objects: Snapshot) -> None:
    """A workload asks for every name there is: its own, those for others, and those of destinations."""
    declared = lower(objects)
    simulator = MeshSimulator(resolve(declared), declared)
    for number in range(len(declared.hosts)):
        for name in (f"h{number}.test", f"v{number}.global"):
            simulator.sent(Request("/", name), (("app", "a1"),), candidates=False)


def test_requests_within_the_mesh_are_looked_up() -> None:
    """Twice the tables and requests, about twice the lines: names are not compared one by one."""
    small, large = snapshot(with_workloads(40)), snapshot(with_workloads(80))
    work = [lines_run(partial(asked_within, each)) for each in (small, large)]
    assert work[0] > 10_000
    assert work[1] < 2.3 * work[0], work


def checked(objects: Snapshot) -> tuple[Finding, ...]:
    """Everything that `check` does between reading and printing."""
    declared = lower(objects)
    return findings(CheckContext(objects, declared, resolve(declared)), rules())


@pytest.mark.parametrize(
    "make",
    [
        sound,
        all_alike,
        with_names,
        with_references,
        with_domains,
        with_gateways,
        with_statuses,
        with_server_names,
        with_workloads,
        pytest.param(lambda size: mesh(size, 2, size), id="selectors-by-label"),
    ],
)
def test_the_work_of_check_grows_with_the_input(make: Callable[[int], list[Manifest]]) -> None:
    """Twice the objects, about twice the lines of Python in all rules together."""
    rules()
    small, large = snapshot(make(20)), snapshot(make(40))
    work = [lines_run(partial(checked, each)) for each in (small, large)]
    assert work[0] > 10_000
    assert work[1] < 2.4 * work[0], work


def test_check_is_linear_over_ten_times_the_routes() -> None:
    """At most 12 times the calls (`performance.md`), and hardly a sound route is searched for a request."""
    rules()
    small, large = (calls(partial(checked, snapshot(sound(size)))) for size in (30, 300))
    assert small.total() > 20_000
    assert large.total() <= 12 * small.total()
    assert large[HostTheory.verdict.__code__] < 300 * 5 / 20


def test_only_rules_that_are_selected_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that looks at nothing served has no route made, and none judged."""
    asked = tuple(each for each in rules() if each.info.code == "GMG304")
    declared = lower(snapshot(sound(20)))
    context = CheckContext(snapshot(sound(20)), declared, resolve(declared))
    ran = calls(lambda: findings(context, asked))
    assert ran[asked[0].find.__code__] == 1
    assert not ran[Reachability.of.__code__]
    assert not ran[CheckContext.rows_of.__code__]


def test_a_host_grows_once_whatever_number_of_gateways_serves_it() -> None:
    second = gateway()
    second["metadata"] = {**second["metadata"], "name": "second"}
    declared = lower(snapshot([*mesh(20, 2, 5), second]))
    assert calls_of(grow_host.__code__, lambda: resolve(declared)) == 5


def test_a_listener_is_compared_with_the_policies_that_may_choose_it() -> None:
    made = []
    for number in range(60):
        made.append(second("VirtualGateway", f"edge-{number}", {"listeners": [{"http": {}, "port": {"number": 80}}]}))
        chosen = {"applyToListeners": [{"virtualGateway": {"name": f"edge-{number}"}}], "config": {}}
        policy = second("ListenerConnectionPolicy", f"policy-{number}", chosen)
        made.append({**policy, "apiVersion": "resilience.policy.gloo.solo.io/v2"})
    declared = lower(snapshot(made))
    assert calls_of(at_listener.__code__, partial(resolve, declared)) == 60


def test_the_policies_are_prepared_once_for_all_that_is_explained() -> None:
    """The other reading of labels attaches all policies anew: for every row that would be quadratic."""
    declared = lower(snapshot(World(0).objects))
    ground = Ground(declared, resolve(declared))
    assert len(ground.every) > 3
    assert (
        calls_of(RoutePolicies.__init__.__code__, lambda: [explain_route("", row, ground) for row in ground.every]) == 1
    )


def finder_of(routes: int) -> RouteFinder:
    (gate,) = resolved(host_of_routes(routes)).gateways
    (served,) = gate.listeners[0].hosts
    assert len(served.routes) == routes
    return RouteFinder([route.match for route in served.routes])


@pytest.mark.parametrize("routes", [1_000, 10_000])
def test_a_request_is_compared_with_few_routes(routes: int) -> None:
    """A request looks at the routes that its path fits, and not at those before them."""
    finder = finder_of(routes)
    paths = [f"/service-{number % (routes // 100)}/v{number % 100}/x" for number in range(500)]
    prepared = [each for path in paths if isinstance(each := prepare(Request(path=path)), Prepared)]
    found = [finder.find(each) for each in prepared]
    assert len(prepared) == 500
    assert sum(place is not None for place in found) > 300
    assert finder.compared <= 2 * len(prepared)


def compared(routes: list[RouteMatch]) -> tuple[int, int]:
    """The pairs compared for the verdicts of all routes, and then for what is partly taken from them."""
    theory = HostTheory(routes, Space())
    for place in range(len(routes)):
        assert theory.verdict(place).decided
    verdicts = theory.compared
    for place in range(len(routes)):
        theory.partly(place)
    return verdicts, theory.compared - verdicts


@pytest.mark.parametrize(("shape", "size"), [(shape, 30_000 if shape == "mixed" else 6_000) for shape in SHAPES])
def test_few_pairs_of_routes_are_compared(shape: str, size: int) -> None:
    """From 1,000 to 30,000 routes at most 40 times as many (`performance.md`), and never more than a few a route."""
    small, large = compared(SHAPES[shape](1_000)), compared(SHAPES[shape](size))
    most = 40 / 30_000 * size
    assert 0 < large[0] <= most * small[0]
    assert large[1] <= most * max(small[1], 1_000)
    assert sum(large) <= 6 * size
