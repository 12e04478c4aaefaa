"""Why a selector does not select an object: the first condition that fails, with both sides of it."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.action import Operator, Requirement, Selector
from kubectl_gmg.model.declared import Labels
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.resolve.index import holds

WANTS = {
    Operator.EQUALS: "= {values}",
    Operator.DOUBLE_EQUALS: "= {values}",
    Operator.NOT_EQUALS: "other than {values}",
    Operator.IN: "one of {values}",
    Operator.NOT_IN: "none of {values}",
    Operator.EXISTS: "to be there",
    Operator.DOES_NOT_EXIST: "not to be there",
    Operator.GREATER_THAN: "greater than {values}",
    Operator.LESS_THAN: "less than {values}",
}


def mismatches(selector: Selector, ref: ObjectRef, labels: Labels) -> tuple[str, ...]:
    """Every condition of a selector that an object fails, with what is wanted and what it has; none if it fits."""
    if not selector.valid:
        return ("the selector is not valid, and such a selector selects nothing",)
    return tuple(failing(selector, ref, dict(labels)))


def failing(selector: Selector, ref: ObjectRef, labels: dict[str, str]) -> Iterator[str]:
    """The conditions that fail, the namespace first."""
    spaces = selector.namespaces
    if spaces is not None and ref.namespace not in spaces:
        yield f"namespace: wanted {' or '.join(sorted(spaces)) or 'none at all'}, it is in {ref.namespace}"
    if selector.name and selector.name != ref.name:
        yield f"name: wanted {selector.name}, it is called {ref.name}"
    if selector.cluster and ref.cluster and selector.cluster != ref.cluster:
        yield f"cluster: wanted {selector.cluster}, it is in {ref.cluster}"
    for each in selector.requirements:
        if not holds(each, labels):
            has = f"it has {labels[each.key]}" if each.key in labels else "it has no such label"
            yield f"label {each.key}: wanted {wanted(each).removeprefix('= ')}, {has}"


def wanted(requirement: Requirement) -> str:
    """What a condition on a label asks for."""
    return WANTS[requirement.operator].format(values=", ".join(requirement.values))


def selector_words(selector: Selector) -> str:
    """What a selector selects, in words."""
    spaces = selector.namespaces
    parts = ["any namespace" if spaces is None else f"namespace {' or '.join(sorted(spaces))}"]
    parts += [f"name {selector.name}"] if selector.name else []
    parts += [f"label {each.key} {wanted(each)}" for each in selector.requirements]
    parts += [f"workspace {selector.workspace}"] if selector.workspace else []
    return ", ".join(parts)
