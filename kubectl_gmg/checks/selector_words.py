"""Selectors in words: what a table needs, and where it is looked for (`spec/v1beta1.md` 1.2, `spec/v2.md` 2.2)."""

from __future__ import annotations

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.model.action import Operator, Requirement, Selector
from kubectl_gmg.resolve.index import holds

SIGNS = {
    Operator.EQUALS: "{key}={values}",
    Operator.DOUBLE_EQUALS: "{key}={values}",
    Operator.NOT_EQUALS: "{key}!={values}",
    Operator.IN: "{key} in ({values})",
    Operator.NOT_IN: "{key} notin ({values})",
    Operator.EXISTS: "{key}",
    Operator.DOES_NOT_EXIST: "!{key}",
    Operator.GREATER_THAN: "{key}>{values}",
    Operator.LESS_THAN: "{key}<{values}",
}
"""Conditions on labels as kubectl writes them."""


def condition(wanted: Requirement) -> str:
    """One condition on a label."""
    return SIGNS[wanted.operator].format(key=wanted.key, values=", ".join(wanted.values))


def where(selector: Selector) -> str:
    """Where a selector looks for tables."""
    parts = []
    if selector.namespaces:
        names = sorted(selector.namespaces)
        parts.append(f"namespace{'s' if len(names) > 1 else ''} {several(names)}")
    if selector.workspace:
        parts.append(f"workspace {selector.workspace}")
    if selector.cluster:
        parts.append(f"cluster {selector.cluster}")
    return f"in {' of '.join(parts) or 'any namespace'}"


def none_fits(selector: Selector, what: str = "RouteTable") -> str:
    """That nothing of a kind fits a selector."""
    name = f" is called {selector.name}" if selector.name else ""
    labels = ", ".join(map(condition, selector.requirements))
    has = f" has {labels}" if labels else ""
    return f"no {what} {where(selector)}{' and'.join(filter(None, (name, has))) or ' exists'}"


def is_open(selector: Selector) -> bool:
    """Whether a table without any label and whatever its name would be selected."""
    return selector.valid and not selector.name and all(holds(each, {}) for each in selector.requirements)
