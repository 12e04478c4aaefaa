"""Whatever kind may not be read, nothing is found that all rights do not show (`spec/v1beta1.md` D-27, DEC-27)."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings, not_checked
from kubectl_gmg.model.snapshot import EVERYWHERE, Affects, Gap, GapReason, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.sources.objects import collect
from tests.checks.worlds import World, every

Said = set[tuple[str, Any]]
RIGHT = {
    ("GMG118", "Workspace"): "without workspaces both serve the mesh; with them nothing there does, which is GMG520",
    ("GMG206", "Workspace"): "nothing leads there, whoever may see it; with workspaces that is GMG520",
    ("GMG214", "RouteTable"): "an open selector that selects nothing is told as that",
    ("GMG214", "Workspace"): "the same",
    ("GMG214", "WorkspaceSettings"): "the same, as far as is known",
    ("GMG219", "Workspace"): "so is one that selects only what is on the way down",
    ("GMG301", "Service"): "it is dead; a rule that is refused for its destination is not asked for it",
    ("GMG301", "Workspace"): "without workspaces everything sees everything (DEC-24), and one is behind the other",
    ("GMG302", "Service"): "the same",
    ("GMG404", "Service"): "it is rewritten so; a rule that is refused for its destination rewrites nothing",
    ("GMG411", "KubernetesCluster"): "the destination is missing; with clusters it is the cluster that is named",
    ("GMG520", "VirtualGateway"): "the same namespace, told at the first object that is left",
}
"""What is found without a kind and elsewhere is another finding, or at another place; both are true."""
WORLDS_SEEN = every(3, of=lambda world: not world.name.startswith("random"))


def context_of(world: World, hidden: str = "") -> CheckContext:
    """A cluster whose objects are all known, apart from one kind that may not be listed."""
    kept = (each for each in world.documents if each.get("kind") != hidden)
    collected = collect(((each, None) for each in kept), KINDS)
    gaps = (Gap(GapReason.FORBIDDEN, f"{hidden}: forbidden", (Affects.ROUTES,), kind=hidden),) if hidden else ()
    read = {kind.resource: EVERYWHERE for kind in KINDS if kind.name != hidden}
    snapshot = Snapshot(SourceType.LIVE, collected.objects, gaps, read)
    declared = lower(snapshot)
    return CheckContext(snapshot, declared, resolve(declared))


def said(context: CheckContext) -> Said:
    return {(each.rule.code, each.problem.at) for each in findings(context, rules())}


@pytest.mark.parametrize("world", WORLDS_SEEN, ids=lambda world: world.name)
def test_less_is_found_with_less(world: World) -> None:
    whole = said(context_of(world))
    for kind in sorted({str(each.get("kind")) for each in world.documents} & {kind.name for kind in KINDS}):
        context = context_of(world, kind)
        more = {(code, str(at)) for code, at in said(context) - whole if (code, kind) not in RIGHT}
        assert more == set(), f"without {kind}"
        lacking = {each.code: each.missing for each in not_checked(context, rules())}
        assert all(kind in lacking.get(rule.info.code, ()) for rule in rules() if kind in rule.needs)


def test_there_is_much_to_lose() -> None:
    assert sum(len(said(context_of(world))) for world in WORLDS_SEEN) > 150
