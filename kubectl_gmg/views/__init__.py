"""What commands return: values that renderers print and nothing else.

Each stands in a module that is imported with its first name, since making the classes of all takes 25 ms.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    "is_negative",
]

MODULES = {
    "about": ("About", "Look", "Source"),
    "explanation": ("Alternative", "Effect", "Explained", "Explanation", "Step", "Versus"),
    "findings": ("Finding", "FindingList", "NotChecked", "RuleEntry", "RuleInfo", "RuleList", "Suppression"),
    "program": ("Bootstrap", "Stream", "VersionInfo"),
    "routes": ("Forest", "Reach", "RouteList", "RouteRow", "Shadow", "TreeNode"),
    "simulation": (
        "NEGATIVE",
        "BadLine",
        "Candidate",
        "Closest",
        "Expectation",
        "Followed",
        "MayDiffer",
        "Simulated",
        "Simulation",
        "Upstream",
        "is_negative",
    ),
}
HOMES = {name: module for module, names in MODULES.items() for name in names}


def __getattr__(name: str) -> Any:  # what Python asks for a name that is not here yet
    if name not in HOMES:
        raise AttributeError(f"module {__name__} has no {name}")
    globals()[name] = found = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    return found
