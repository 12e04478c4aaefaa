"""Every output format there is; views and renderers stand by name, and are imported only when something is printed.

A renderer takes the view, what turns an origin into file and line, and the look that is wanted. It returns text, an
iterator over pieces of text (JSON and YAML, which may be large), or a `Page` of lines and tables for people.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kubectl_gmg.model.origin import Origin
    from kubectl_gmg.views import Look, View

Locate = Callable[["Origin"], tuple[str | None, int | None]]


class Output(StrEnum):
    """The formats of `spec/cli.md` 2.3."""

    TABLE = "table"
    WIDE = "wide"
    TREE = "tree"
    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    NAME = "name"
    CSV = "csv"
    MARKDOWN = "markdown"
    SHORT = "short"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    DOT = "dot"
    MERMAID = "mermaid"


RENDERERS: dict[tuple[str, Output], str] = {
    ("RouteList", Output.TABLE): "routes.table",
    ("RouteList", Output.WIDE): "routes.wide",
    ("RouteList", Output.NAME): "routes.names",
    ("RouteList", Output.CSV): "routes.csv",
    ("RouteList", Output.MARKDOWN): "routes.markdown",
    ("RouteList", Output.JSON): "machine.route_list_json",
    ("RouteList", Output.YAML): "machine.route_list_yaml",
    ("Forest", Output.TREE): "tree.forest",
    ("Forest", Output.DOT): "graph.dot",
    ("Forest", Output.MERMAID): "graph.mermaid",
    ("Forest", Output.JSON): "machine.forest_json",
    ("Forest", Output.YAML): "machine.forest_yaml",
    ("Simulation", Output.TEXT): "simulation.text",
    ("Simulation", Output.JSON): "machine.simulation_json",
    ("Simulation", Output.YAML): "machine.simulation_yaml",
    ("Explanation", Output.TEXT): "explanation.text",
    ("Explanation", Output.JSON): "explanation_json.explanation_json",
    ("Explanation", Output.YAML): "explanation_json.explanation_yaml",
    ("FindingList", Output.TEXT): "findings.text",
    ("FindingList", Output.SHORT): "findings.short",
    ("FindingList", Output.JSON): "findings_json.finding_list_json",
    ("FindingList", Output.YAML): "findings_json.finding_list_yaml",
    ("FindingList", Output.SARIF): "sarif.sarif",
    ("FindingList", Output.JUNIT): "junit.junit",
    ("FindingList", Output.GITHUB): "findings.github",
    ("RuleList", Output.TABLE): "catalogue.table",
    ("RuleList", Output.JSON): "findings_json.rule_list_json",
    ("RuleList", Output.YAML): "findings_json.rule_list_yaml",
    ("RuleList", Output.MARKDOWN): "catalogue.markdown",
    ("RuleEntry", Output.TEXT): "catalogue.table",
    ("RuleEntry", Output.JSON): "findings_json.rule_list_json",
    ("RuleEntry", Output.YAML): "findings_json.rule_list_yaml",
    ("Bootstrap", Output.YAML): "machine.bootstrap_yaml",
    ("Bootstrap", Output.JSON): "machine.bootstrap_json",
    ("VersionInfo", Output.TEXT): "version.text",
    ("VersionInfo", Output.JSON): "machine.version_json",
    ("VersionInfo", Output.YAML): "machine.version_yaml",
}


def outputs(view: str) -> tuple[Output, ...]:
    """The formats of a view, by its name, the default one first."""
    return tuple(output for kind, output in RENDERERS if kind == view)


def render(view: View, output: Output, locate: Locate, look: Look) -> Any:
    """The view as text, as an iterator over its pieces, or as a `Page`."""
    module, function = RENDERERS[type(view).__name__, output].split(".")
    return getattr(import_module(f"kubectl_gmg.render.{module}"), function)(view, locate, look)
