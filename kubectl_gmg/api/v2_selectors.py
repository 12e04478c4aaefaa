"""References and selectors of the second generation (`spec/v2.md` 2)."""

from __future__ import annotations

from typing import NamedTuple

from kubectl_gmg.api.field import Field
from kubectl_gmg.model.action import FunctionFilter, Operator, Requirement, Selector
from kubectl_gmg.model.declared import ServiceMatcher, ServiceSelector
from kubectl_gmg.model.origin import ObjectRef

PORTS = range(1, 65536)
EVERY_GATEWAY = ServiceMatcher()


class Named(NamedTuple):
    """What a reference names."""

    namespace: str
    name: str
    cluster: str


def object_reference(ref: Field, holder: ObjectRef) -> Named:
    """Section 2.1: what is not written is that of the object that holds the reference."""
    return Named(
        ref.text_of("namespace") or holder.namespace, ref.text_of("name"), ref.text_of("cluster") or holder.cluster
    )


def object_selector(selector: Field) -> Selector:
    """Section 2.2: what is not written does not restrict."""
    namespace = selector.text_of("namespace")
    return Selector(
        origin=selector.origin,
        namespaces=frozenset({namespace}) if namespace else None,
        requirements=tuple(Requirement(key, Operator.EQUALS, (value,)) for key, value in selector.pairs_of("labels")),
        name=selector.text_of("name"),
        cluster=selector.text_of("cluster"),
        workspace=selector.text_of("workspace"),
        one_namespace=True,
    )


def port_selector(port: Field) -> tuple[int | None, str | None]:
    """The number or the name of a port (2.3); both None if neither is written."""
    if not port.present:
        return None, None
    port.one_of("number", "name")
    return port_number(port), port.text_of("name") or None


def port_number(port: Field) -> int | None:
    """The `number` of a port; one that does not exist is noted, and None."""
    number = port.integer_of("number")
    if number is None or number in PORTS:
        return number
    port["number"].problem("GMG003", f"number is {number}; ports are 1 to 65535")
    return None


def gateway_workloads(selector: Field) -> tuple[ServiceSelector, ...]:
    """Gateway workloads as the Services in front of them: labels are those of the pods, names those of the Services.

    None for a selector that says nothing, which means every gateway (3.1).
    """
    namespace, cluster = selector.text_of("namespace"), selector.text_of("cluster")
    matcher = ServiceMatcher(
        namespaces=frozenset({namespace} - {""}),
        clusters=frozenset({cluster} - {""}),
        pod_labels=selector.pairs_of("labels"),
        name=selector.text_of("name"),
        workspace=selector.text_of("workspace"),
    )
    return () if matcher == EVERY_GATEWAY else (ServiceSelector(matcher),)


def function_filters(entries: Field) -> tuple[FunctionFilter, ...]:
    """Section 2.8: which functions a route may call; an entry that is about no cloud lets all."""
    return tuple(map(function_filter, entries))


def function_filter(entry: Field) -> FunctionFilter:
    """One entry; all of its lists must fit."""
    aws = entry["cloudProvider"]["aws"]
    return FunctionFilter(
        accounts=aws["accountIds"].texts(),
        roles=aws["iamRoles"].texts(),
        regions=aws["regions"].texts(),
        functions=aws["lambdaFunctions"].texts(),
    )


def all_known(field: Field) -> None:
    """No field here is a typo that we could tell."""
    if isinstance(field.value, dict):
        field.named(*field.value)
