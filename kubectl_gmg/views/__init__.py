"""What commands return: values that renderers print and nothing else."""

from __future__ import annotations

from kubectl_gmg.views.about import About, Look, Source
from kubectl_gmg.views.explanation import Alternative, Effect, Explained, Explanation, Step, Versus
from kubectl_gmg.views.findings import Finding, FindingList, NotChecked, RuleEntry, RuleInfo, RuleList, Suppression
from kubectl_gmg.views.program import Bootstrap, Stream, VersionInfo
from kubectl_gmg.views.routes import Forest, Reach, RouteList, RouteRow, Shadow, TreeNode
from kubectl_gmg.views.simulation import (
    NEGATIVE,
    BadLine,
    Candidate,
    Closest,
    Expectation,
    Followed,
    MayDiffer,
    Simulated,
    Simulation,
    Upstream,
    is_negative,
)

__all__ = [
    "NEGATIVE",
    "About",
    "Alternative",
    "BadLine",
    "Bootstrap",
    "Candidate",
    "Closest",
    "Effect",
    "Expectation",
    "Explained",
    "Explanation",
    "Finding",
    "FindingList",
    "Followed",
    "Forest",
    "Look",
    "MayDiffer",
    "NotChecked",
    "Reach",
    "RouteList",
    "RouteRow",
    "RuleEntry",
    "RuleInfo",
    "RuleList",
    "Shadow",
    "Simulated",
    "Simulation",
    "Source",
    "Step",
    "Stream",
    "Suppression",
    "TreeNode",
    "Upstream",
    "VersionInfo",
    "Versus",
    "View",
    "is_negative",
]

View = (
    RouteList
    | Forest
    | FindingList
    | RuleList
    | RuleEntry
    | Simulation
    | Explanation
    | Bootstrap
    | VersionInfo
    | Stream
)
