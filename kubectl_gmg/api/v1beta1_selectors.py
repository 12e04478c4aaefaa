"""References and selectors of the first generation (`spec/v1beta1.md` 1.2)."""

from __future__ import annotations

from kubectl_gmg.api.field import Field
from kubectl_gmg.model.action import Operator, Requirement, Selector, TableRef
from kubectl_gmg.model.declared import ServiceMatcher, ServiceRef, ServiceSelector, WorkloadMatcher

ONE = (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.NOT_EQUALS, Operator.GREATER_THAN, Operator.LESS_THAN)
SOME = (Operator.IN, Operator.NOT_IN)
NUMERIC = (Operator.GREATER_THAN, Operator.LESS_THAN)


def table_ref(ref: Field) -> TableRef:
    """A reference by name; without a namespace it names nothing (D-29)."""
    namespace = ref.text_of("namespace")
    if not namespace:
        ref.problem("GMG211", "a reference must give a namespace; it names nothing")
    return TableRef(ref.origin, namespace, ref.text_of("name"))


def object_selector(selector: Field, owner_namespace: str) -> Selector:
    """Namespaces and labels; no namespaces means that of the object that holds the selector."""
    namespaces = frozenset(selector["namespaces"].texts()) or frozenset({owner_namespace})
    labels = tuple(Requirement(key, Operator.EQUALS, (value,)) for key, value in selector.pairs_of("labels"))
    expressions = tuple(map(requirement, selector.items_of("expressions")))
    valid = None not in expressions
    if labels and expressions:
        selector.problem("GMG208", "labels and expressions exclude each other; the selector matches nothing")
        valid = False
    return Selector(
        origin=selector.origin,
        namespaces=None if "*" in namespaces else namespaces,
        requirements=(*labels, *(each for each in expressions if each)),
        valid=valid,
    )


def requirement(expression: Field) -> Requirement | None:
    """A condition on one label; None if operator and values do not fit, which makes the selector match nothing."""
    operator = expression["operator"].choice(Operator, Operator.EQUALS)
    values = expression["values"].texts()
    key = expression.text_of("key")
    if operator is None:
        return None
    if not key or not fits(operator, values):
        expression.problem("GMG209", f"{operator.value} does not fit its key and values; the selector matches nothing")
        return None
    return Requirement(key, operator, values)


def fits(operator: Operator, values: tuple[str, ...]) -> bool:
    """Whether an operator has as many values as it needs."""
    if operator in ONE and len(values) != 1:
        return False
    if operator in NUMERIC:
        return values[0].lstrip("+-").isascii() and values[0].lstrip("+-").isdigit()
    return bool(values) if operator in SOME else operator in ONE or not values


def service_selectors(selectors: Field) -> tuple[ServiceSelector, ...]:
    """Which Services are meant; the entries are alternatives."""
    return tuple(map(service_selector, selectors))


def service_selector(selector: Field) -> ServiceSelector:
    """One entry: a matcher, names, or both."""
    matcher = selector["kubeServiceMatcher"]
    refs = selector["kubeServiceRefs"]["services"]
    return ServiceSelector(
        matcher=ServiceMatcher(
            labels=matcher.pairs_of("labels"),
            namespaces=frozenset(matcher["namespaces"].texts()),
            clusters=frozenset(matcher["clusters"].texts()),
        )
        if matcher.present
        else None,
        refs=tuple(
            ServiceRef(ref.text_of("namespace"), ref.text_of("name"), ref.text_of("clusterName")) for ref in refs
        ),
    )


def workload_matchers(selectors: Field) -> tuple[WorkloadMatcher, ...]:
    """Which workloads are meant; the entries are alternatives."""
    matchers = (entry["kubeWorkloadMatcher"] for entry in selectors)
    return tuple(
        WorkloadMatcher(
            labels=matcher.pairs_of("labels"),
            namespaces=frozenset(matcher["namespaces"].texts()),
            clusters=frozenset(matcher["clusters"].texts()),
        )
        for matcher in matchers
    )
