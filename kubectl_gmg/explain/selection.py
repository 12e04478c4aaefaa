"""Why a selector does not select an object: each condition that fails, with the fields of both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubectl_gmg.model.action import Operator, Requirement, Selector
from kubectl_gmg.model.declared import Labels
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.resolve.index import holds
from kubectl_gmg.views import Step

WANTS = {
    Operator.EQUALS: "{key}={values}",
    Operator.DOUBLE_EQUALS: "{key}={values}",
    Operator.NOT_EQUALS: "{key} other than {values}",
    Operator.IN: "{key} one of {values}",
    Operator.NOT_IN: "{key} none of {values}",
    Operator.EXISTS: "{key} to be there",
    Operator.DOES_NOT_EXIST: "{key} not to be there",
    Operator.GREATER_THAN: "{key} greater than {values}",
    Operator.LESS_THAN: "{key} less than {values}",
}


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A condition that an object fails: what is wanted by which field, and what the object has in which."""

    text: str
    wanted: Origin
    has: str
    at: Origin


def mismatches(selector: Selector, ref: ObjectRef, labels: Labels) -> tuple[Mismatch, ...]:
    """Every condition of a selector that an object fails; none if it fits."""
    if not selector.valid:
        text = "it is not valid, and such a selector selects nothing"
        return (Mismatch(text, selector.origin, "", Origin(ref)),)
    return (*misplaced(selector, ref), *mislabelled(selector, ref, dict(labels)))


def misplaced(selector: Selector, ref: ObjectRef) -> Iterator[Mismatch]:
    """The conditions on namespace, name and cluster that fail."""
    spaces = selector.namespaces
    if spaces is not None and ref.namespace not in spaces:
        wants = f"it looks in namespace {' or '.join(sorted(spaces)) or 'none at all'}"
        if selector.own_namespace:
            wants += ", its own, since it names no namespaces"
        field = selector.origin if selector.own_namespace else selector.origin / spaces_field(selector)
        yield Mismatch(wants, field, f"{ref} is in namespace {ref.namespace}", Origin(ref, ("metadata", "namespace")))
    if selector.name and selector.name != ref.name:
        own = Origin(ref, ("metadata", "name"))
        yield Mismatch(f"it wants the name {selector.name}", selector.origin / "name", f"{ref} has another name", own)
    if selector.cluster and ref.cluster and selector.cluster != ref.cluster:
        has = f"{ref} is in cluster {ref.cluster}"
        yield Mismatch(f"it looks in cluster {selector.cluster}", selector.origin / "cluster", has, Origin(ref))


def mislabelled(selector: Selector, ref: ObjectRef, labels: dict[str, str]) -> Iterator[Mismatch]:
    """The conditions on labels that fail."""
    field = selector.origin / ("expressions" if selector.expressed else "labels")
    for each in selector.requirements:
        if not holds(each, labels):
            lacks = f"has no label {each.key}" if labels else "has no labels"
            has = f"has label {each.key}={labels[each.key]}" if each.key in labels else lacks
            yield Mismatch(f"it wants label {wanted(each)}", field, f"{ref} {has}", Origin(ref, ("metadata", "labels")))


def sides(found: Iterable[Mismatch]) -> Iterator[Step]:
    """What the object has, field by field; and what else is wanted of it after the first condition."""
    for number, each in enumerate(found):
        if number:
            yield Step("written", each.text, each.wanted)
        if each.has:
            yield Step("written", each.has, each.at, value=each.has)


def in_words(found: Iterable[Mismatch]) -> str:
    """All conditions that fail, with what the object has instead."""
    return "; ".join(f"{each.text}, but {each.has}" if each.has else each.text for each in found)


def spaces_field(selector: Selector) -> str:
    """The field that lists the namespaces of a selector."""
    return "namespace" if selector.one_namespace else "namespaces"


def wanted(requirement: Requirement) -> str:
    """What a condition on a label asks for."""
    return WANTS[requirement.operator].format(key=requirement.key, values=", ".join(requirement.values))


def selector_words(selector: Selector) -> str:
    """What a selector selects, in words."""
    spaces = selector.namespaces
    listed = "any namespace" if spaces is None else f"{spaces_field(selector)} {', '.join(sorted(spaces))}"
    parts = [f"its own namespace {', '.join(sorted(spaces))}" if spaces and selector.own_namespace else listed]
    parts += [f"name {selector.name}"] if selector.name else []
    parts += [f"label {wanted(each)}" for each in selector.requirements]
    parts += [f"workspace {selector.workspace}"] if selector.workspace else []
    return "; ".join(parts)
