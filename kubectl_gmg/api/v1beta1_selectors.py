"""References and selectors of the first generation (`spec/v1beta1.md` 1.2)."""

from __future__ import annotations

import json
import re

from kubectl_gmg.api.field import Field
from kubectl_gmg.model.action import Operator, Requirement, Selector, TableRef
from kubectl_gmg.model.declared import ServiceMatcher, ServiceRef, ServiceSelector, WorkloadMatcher

ONE = (Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.NOT_EQUALS, Operator.GREATER_THAN, Operator.LESS_THAN)
SOME = (Operator.IN, Operator.NOT_IN)
NONE = (Operator.EXISTS, Operator.DOES_NOT_EXIST)
NUMERIC = (Operator.GREATER_THAN, Operator.LESS_THAN)

LONGEST_NAME = 63
LONGEST_DOMAIN = 253
"""Letters that the name and the DNS prefix of a label may have."""


def table_ref(ref: Field) -> TableRef:
    """A reference by name; without a namespace it names nothing (D-29)."""
    namespace = ref.text_of("namespace")
    if not namespace:
        name = ref.text_of("name") or "a route table"
        ref.problem("GMG211", f"the reference to {name} gives no namespace, so it leads nowhere")
    return TableRef(ref.origin, namespace, ref.text_of("name"))


def object_selector(selector: Field, owner_namespace: str) -> Selector:
    """Namespaces and labels; no namespaces means that of the object that holds the selector."""
    written = frozenset(selector["namespaces"].texts())
    namespaces = written or frozenset({owner_namespace})
    labels = tuple(Requirement(key, Operator.EQUALS, (value,)) for key, value in selector.pairs_of("labels"))
    expressions = tuple(map(requirement, selector.items_of("expressions")))
    valid = None not in expressions
    if labels and expressions:
        pairs = ", ".join(f"{key}={value}" for key, value in selector.pairs_of("labels"))
        selector.problem("GMG208", f"labels ({pairs}) and expressions exclude each other; the selector matches nothing")
        valid = False
    return Selector(
        origin=selector.origin,
        namespaces=None if "*" in namespaces else namespaces,
        requirements=(*labels, *(each for each in expressions if each)),
        valid=valid,
        expressed=bool(expressions),
        own_namespace=not written,
    )


def requirement(expression: Field) -> Requirement | None:
    """A condition on one label; None if operator and values do not fit, which makes the selector match nothing."""
    operator = expression["operator"].choice(Operator, Operator.EQUALS)
    values = expression["values"].texts()
    key = expression.text_of("key")
    if operator is None:
        return None
    if why := misfit(key, operator, values):
        expression.problem("GMG209", f"{why}; the selector matches nothing")
        return None
    return Requirement(key, operator, values)


def misfit(key: str, operator: Operator, values: tuple[str, ...]) -> str:
    """Why Kubernetes would refuse a requirement (1.2 rule 6); empty if it would not."""
    if not is_label_key(key):
        return f"{json.dumps(key)} is no key of a label"
    if wrong := [value for value in values if not is_label_value(value)]:
        return f"{json.dumps(wrong[0])} is no value of a label"
    if operator in ONE and len(values) != 1:
        return f"operator {operator.value} needs exactly one value"
    if operator in SOME and not values:
        return f"operator {operator.value} needs a value"
    if operator in NONE and values:
        return f"operator {operator.value} takes no value"
    if operator in NUMERIC and not is_number(values[0]):
        return f"operator {operator.value} needs a whole number"
    return ""


def is_label_key(text: str) -> bool:
    """Whether Kubernetes takes a key: a name, with or without a DNS name and a slash in front."""
    prefix, slash, name = text.rpartition("/")
    return is_label_name(name) and (not slash or is_dns_name(prefix))


def is_label_name(text: str) -> bool:
    """Whether a text is what the name in a key, and a value that is not empty, must be."""
    return len(text) <= LONGEST_NAME and bool(re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", text))


def is_dns_name(text: str) -> bool:
    """Whether a text is a lower-case DNS subdomain (RFC 1123)."""
    labels = text.split(".")
    return len(text) <= LONGEST_DOMAIN and all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", each) for each in labels)


def is_label_value(text: str) -> bool:
    """Whether Kubernetes takes a value; an empty one is fine."""
    return not text or is_label_name(text)


def is_number(text: str) -> bool:
    """Whether a value of a label is a whole number of 64 bits; it cannot hold a sign."""
    return text.isdigit() and len(text.lstrip("0")) < 20 and int(text) < 2**63


def service_selectors(selectors: Field) -> tuple[ServiceSelector, ...]:
    """Which Services are meant; the entries are alternatives."""
    return tuple(map(service_selector, selectors))


def service_selector(selector: Field) -> ServiceSelector:
    """One entry: a matcher, names, or both.

    Releases after 1.1 can name VirtualDestinations too, which select no Service.
    """
    for other in ("virtualDestinationMatcher", "virtualDestinationRefs"):
        selector[other].opaque()
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
