"""What was not read is not missing: rules about gateways and workspaces stay silent (`spec/v2.md` DEC-27)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kubectl_gmg import api
from kubectl_gmg.checks.catalogue import rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.report import findings
from kubectl_gmg.model.snapshot import EVERYWHERE, Extent, Gap, GapReason, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.sources import files

FOLDER = Path(__file__).parent
RULES = {rule.info.code: rule for rule in rules()}
CASES = [
    ("GMG117", "without namespace the table's own is meant, where there is no gateway", "VirtualGateway"),
    ("GMG117", "the workspace of the gateway does not import the table", "Workspace"),
    ("GMG117", "the workspace of the gateway does not import the table", "WorkspaceSettings"),
    ("GMG520", "a namespace of no workspace, once, at its first object by name", "Workspace"),
    ("GMG520", "a namespace of two, of which the older one has it", "Workspace"),
    ("GMG521", "the child's workspace does not import, told once for both rules", "Workspace"),
    ("GMG521", "the child's workspace does not import, told once for both rules", "WorkspaceSettings"),
    ("GMG523", "one has two, one has none", "Workspace"),
    ("GMG523", "one has two, one has none", "WorkspaceSettings"),
]


def found(code: str, name: str, unread: str, extent: Extent) -> list[str]:
    """The places that a rule finds in one of its cases, read from a cluster, where of a kind only some was read."""
    written = yaml.safe_load((FOLDER / "rules" / f"{code.lower()}.yaml").read_text())
    (case,) = [each for each in written if each["name"] == name]
    text = case["objects"]
    if "base" in case:
        text += "\n---\n" + (FOLDER / "base" / f"{case['base']}.yaml").read_text()
    given = files.read(["-"], recursive=False, namespace=None, kinds=api.KINDS, stdin=text.encode)
    gap = Gap(GapReason.FORBIDDEN, "forbidden", (), kind=unread)
    read = {kind.resource: extent if kind.name == unread else EVERYWHERE for kind in api.KINDS}
    gaps = () if extent.complete else (gap,)
    snapshot = Snapshot(SourceType.LIVE, given.objects, gaps, read, texts=given.texts)
    declared = api.lower(snapshot)
    context = CheckContext(snapshot, declared, resolve(declared))
    return [str(each.problem.at) for each in findings(context, (RULES[code],))]


@pytest.mark.parametrize(("code", "name", "unread"), CASES, ids=lambda value: value.replace(" ", "-"))
def test_silent_where_a_kind_was_not_read(code: str, name: str, unread: str) -> None:
    assert found(code, name, unread, EVERYWHERE) != []
    assert found(code, name, unread, Extent(frozenset({"somewhere-else"}))) == []


def test_a_gateway_is_missing_where_its_namespace_was_read() -> None:
    """Though others were not."""
    name = "without namespace the table's own is meant, where there is no gateway"
    assert found("GMG117", name, "VirtualGateway", Extent(frozenset({"apps"}))) != []
