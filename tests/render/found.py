"""Views of `check` and `rules`, made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kubectl_gmg.model.finding import Edit, Fix, Note, Problem, Severity
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.snapshot import Affects, Gap, GapReason, SourceType
from kubectl_gmg.render import Output, page, render
from kubectl_gmg.views import About, Finding, FindingList, Look, NotChecked, RuleInfo, RuleList, Source

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
PLAIN = Look()
GMG301 = RuleInfo(
    "GMG301",
    "unreachable-route",
    "A route that earlier routes always answer for.",
    (("v1beta1", WARNING), ("v2", WARNING)),
    ("ROUTE-SHADOWED", "SEM-10"),
    "The proxy takes the first route that matches.\nSo this one never runs.\n\nNobody notices.",
    "- prefix /reviews\n- exact  /reviews/v1   <- never reached",
    "Give the specific table more weight.",
    "`spec/envoy.md` 30.",
)
GMG411 = replace(
    GMG301,
    code="GMG411",
    slug="destination-not-found",
    title="A destination that does not exist.",
    severities=(("v1beta1", ERROR), ("v2", ERROR)),
)
GMG118 = replace(
    GMG301,
    code="GMG118",
    slug="roots-share-host",
    title="Several roots serve one host.",
    severities=(("v1beta1", None), ("v2", INFO)),
)
RULES = (GMG118, GMG301, GMG411)


def ref(name: str, kind: str = "RouteTable", namespace: str = "gloo-mesh", cluster: str = "") -> ObjectRef:
    return ObjectRef(namespace, name, kind, "v1beta1", cluster)


def first_route(name: str) -> Origin:
    """`spec.routes[0]` of a table."""
    return Origin(ref(name), ("spec", "routes", 0))


LINES = {first_route("demo-routetable"): ("routes.yaml", 31)}
"""Where related places stand."""


def locate(origin: Origin) -> tuple[str | None, int | None]:
    return LINES.get(origin, (None, None))


SORT = Origin(ref("demo-virtualhost", "VirtualHost"), ("spec", "routes", 1, "delegateAction", "sortMethod"))
SHADOWED = Problem(
    "GMG301",
    "exact /reviews/v1/version is always answered by prefix /reviews/v1",
    first_route("demo-routetable2"),
    related=(Note("answers first", first_route("demo-routetable"), "v1"),),
    request=Request("/reviews/v1/version", "www.example.com"),
    fix=Fix(
        "sortMethod ROUTE_SPECIFICITY on demo-virtualhost/reviews ranks it 2",
        (Edit(SORT, "TABLE_WEIGHT", "ROUTE_SPECIFICITY", "reviews"),),
        verified=True,
    ),
    name="v1-version",
)
"""The finding of the sketch (`spec/cli.md` 7)."""


def finding(problem: Problem = SHADOWED, rule: RuleInfo = GMG301, severity: Severity = WARNING, **more: Any) -> Finding:
    """A finding in a file; `more` are its other fields."""
    given = {"hint": "give it more weight", "fingerprint": "5f3c9a10", "file": "routes.yaml", "line": 58, **more}
    return Finding(rule, severity, problem, **given)


def found(*items: Finding, gaps: tuple[Gap, ...] = (), **more: Any) -> FindingList:
    """The answer of `check`."""
    about = About(Source(SourceType.FILES, None, ("routes.yaml",), "default", ("v1beta1",)), gaps)
    given = {"objects": 4, "hosts": 1, "routes": 6, "rules": RULES, **more}
    return FindingList(about=about, items=items, **given)


def catalogue(*rules: RuleInfo, whole: bool = False) -> RuleList:
    """The answer of `rules`."""
    return RuleList(About(Source(SourceType.LIVE, None, (), None, ())), rules, whole)


NO_SERVICES = Gap(GapReason.NOT_PROVIDED, "no Service of cluster-1 in the input", (Affects.DESTINATIONS,), "Service")
BROKEN = Gap(GapReason.MALFORMED, "broken.yaml: not YAML", (Affects.ROUTES,), file="a b/broken.yaml")
UNJUDGED = NotChecked("GMG411", ("Service",))


def printed(view: FindingList | RuleList, output: Output = Output.TEXT, look: Look = PLAIN) -> str:
    """What a command prints."""
    made = render(view, output, locate, look)
    if isinstance(made, str):
        return made
    if isinstance(made, tuple):
        return page.terminal_text(made, look) if look.terminal or look.color else page.text_of(made, look)
    return "".join(made)
