"""What the properties of `check` are held against: the cases, the examples, the clean ones, random graphs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubectl_gmg.commands.findings import Asked, findings_of
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.pipeline import Session, Settings
from kubectl_gmg.views import Finding, FindingList
from tests.analysis.manifests import EXAMPLES
from tests.oracle.generate_objects import graphs
from tests.oracle.generate_v2 import graphs_v2
from tests.run import manifests_text

Json = dict[str, Any]
FOLDER = Path(__file__).parent
SCENARIOS = FOLDER.parent / "scenarios"
GRAPHS = 20
"""Random graphs of each generation."""


@dataclass(frozen=True)
class World:
    """Some objects, and the flags that they are looked at with."""

    name: str
    documents: list[Json]
    product_version: str | None = None

    def session(self) -> Session:
        return session_of(self.documents, self.product_version)


@dataclass(frozen=True)
class Judged:
    """What is said of some objects."""

    session: Session
    report: FindingList

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.report.items


def session_of(documents: Sequence[Json], product_version: str | None = None) -> Session:
    text = manifests_text(list(documents)).encode()
    return Session(Settings(filename=("-",), product_version=product_version, stdin=lambda: text))


def judged(world: World, asked: Asked = Asked()) -> Judged:  # noqa: B008 - it is frozen
    session = world.session()
    return Judged(session, findings_of(session, asked))


@cache
def report(name: str) -> Judged:
    """What is said of a world as it is; kept, since every property asks for it."""
    return judged(WORLDS[name])


def documents_of(text: str) -> list[Json]:
    return [each for each in yaml.load_all(text, Loader=LOADER) if each is not None]


LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def cases() -> Iterator[World]:
    """The objects that each rule is shown with."""
    base = {path.stem: documents_of(path.read_text()) for path in (FOLDER / "base").glob("*.yaml")}
    for path in sorted((FOLDER / "rules").glob("*.yaml")):
        for number, case in enumerate(yaml.load(path.read_text(), Loader=LOADER)):
            args = case.get("args", ())
            version = args[args.index("--product-version") + 1] if "--product-version" in args else None
            yield World(
                f"{path.stem}-{number}", [*documents_of(case["objects"]), *base.get(case.get("base"), [])], version
            )


def examples() -> Iterator[World]:
    """The scenarios, the demos, and the sound configurations."""
    for name, paths in EXAMPLES.items():
        yield World(name, [each for path in paths for each in documents_of(path.read_text())])
    folders = (SCENARIOS / "paired", SCENARIOS / "questions", FOLDER / "clean")
    for path in sorted(path for folder in folders for path in folder.glob("*.yaml") if "expect" not in path.name):
        yield World(f"{path.parent.name}-{path.stem}", documents_of(path.read_text()))


def generated(strategy: st.SearchStrategy[list[Json]], count: int) -> list[list[Json]]:
    """The same random graphs every time, every other one: neighbours are much alike."""
    found: list[list[Json]] = []

    @settings(max_examples=3 * count, derandomize=True, database=None, deadline=None, suppress_health_check=CALM)
    @given(strategy)
    def collect(manifests: list[Json]) -> None:
        found.append(manifests)

    collect()
    return [each for each in found if len(each) > 4][::2][-count:]


CALM = list(HealthCheck)


def random_worlds() -> Iterator[World]:
    for generation, strategy in (("v1beta1", graphs()), ("v2", graphs_v2())):
        for number, manifests in enumerate(generated(strategy, GRAPHS)):
            yield World(f"random-{generation}-{number}", manifests)


WORLDS = {world.name: world for make in (examples, cases, random_worlds) for world in make()}


def every(count: int, *, of: Callable[[World], bool] = lambda world: True) -> list[World]:
    """One of so many worlds, for what takes its time."""
    return [world for world in WORLDS.values() if of(world)][::count]


def own(finding: Finding) -> tuple[str, Origin]:
    """What tells a finding from others."""
    return finding.rule.code, finding.problem.at


def said(findings: Sequence[Finding]) -> list[tuple[Any, ...]]:
    """All that is said, apart from files and lines."""
    return [(each.rule.code, each.severity, each.problem, each.hint, each.fingerprint) for each in findings]


def raw(session: Session, ref: ObjectRef) -> Any:
    found = session.snapshot.find(ref)
    return None if found is None else found.body


def leads_to(session: Session, at: Origin) -> bool:
    """Whether an origin leads to something that is written."""
    value = raw(session, at.ref)
    for step in at.path:
        inside = isinstance(value, dict) and step in value
        inside = inside or (isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value))
        if not inside:
            return False
        value = value[step]
    return value is not None
