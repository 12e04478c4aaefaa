"""Selecting, told again: `spec/v1beta1.md` 1.2 for objects, 7.1 for the rules that a TrafficPolicy reaches.

Like `transcript.py` it imports nothing of the program.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
Key = tuple[str, str]


def key(manifest: Json) -> Key:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]


def selects(selector: Json, owner: str, candidate: Json) -> bool:
    """1.2: whether a selector that stands in namespace `owner` fits an object."""
    spaces, labels = selector.get("namespaces") or [owner], candidate["metadata"].get("labels") or {}
    pairs, expressions = selector.get("labels") or {}, selector.get("expressions") or []
    inside = ("*" in spaces or key(candidate)[0] in spaces) and not (pairs and expressions)
    return inside and pairs.items() <= labels.items() and all(fits(each, labels) for each in expressions)


def reach(selector: Json, owner: str) -> frozenset[str]:
    """1.2, D-27: the namespaces it may select in, `*` for any; none where it can select nothing whatever there is."""
    expressions = selector.get("expressions") or []
    if expressions and (selector.get("labels") or any(fits(each, {}) is None for each in expressions)):
        return frozenset()
    return frozenset({"*"}) if "*" in (spaces := selector.get("namespaces") or [owner]) else frozenset(spaces)


def fits(expression: Json, labels: dict[str, str]) -> bool | None:
    """1.2.6; None where operator and values do not belong together, or Kubernetes knows no such labels."""
    operator, values = expression.get("operator") or "Equals", expression.get("values") or []
    label = expression.get("key") or ""
    *domain, name = label.split("/")
    if not is_name(name) or len(domain) > 1 or not all(map(is_domain, domain)):
        return None
    if not all(value == "" or is_name(value) for value in values):
        return None
    own, negative = labels.get(label), operator.startswith("Not")
    if operator in ("Exists", "DoesNotExist"):
        return None if values else (own is not None) == (operator == "Exists")
    if operator in ("Equals", "DoubleEquals", "NotEquals"):
        return (own in values) != negative if len(values) == 1 else None
    if operator in ("In", "NotIn"):
        return (own in values) != negative if values else None
    if operator not in ("GreaterThan", "LessThan") or len(values) != 1 or not integer(values[0]):
        return None
    return integer(own or "") and (int(own or "0") - int(values[0])) * (1 if operator == "GreaterThan" else -1) > 0


def integer(text: str) -> bool:
    """As Go reads 64 bits."""
    return text.isascii() and text.removeprefix("-").isdecimal() and -(2**63) <= int(text) < 2**63


def is_name(text: str) -> bool:
    """The name of a label, or its value: up to 63 letters and digits, with `-`, `_` and `.` between them."""
    inner = {"-", "_", "."}
    return 0 < len(text) < 64 and not {text[0], text[-1]} & inner and all(c in inner or plain(c) for c in text)


def is_domain(text: str) -> bool:
    """The prefix of a label's key."""
    parts = text.split(".")
    inside = all(c == "-" or (plain(c) and not c.isupper()) for part in parts for c in part)
    return len(text) < 254 and inside and all(part and "-" not in (part[0], part[-1]) for part in parts)


def plain(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def reaches(policy: Json, hops: list[tuple[Json, int, Json]]) -> bool:
    """7.1: by the leaf or a rule above; selectors that need discovery objects stay unknown and give nothing."""
    unknown = policy["spec"].get("sourceSelector") or policy["spec"].get("destinationSelector")
    entries = [] if unknown else policy["spec"].get("routeSelector") or []
    return any(chooses(entry, policy, owner, rule) for entry in entries for owner, _, rule in hops)


def chooses(entry: Json, policy: Json, owner: Json, rule: Json) -> bool:
    """7.1.2: the object is named, selected, or nothing is said about objects; all wanted labels are on the rule."""
    hits, holder = [], owner["object"]
    for kind, field in (("VirtualHost", "virtualHost"), ("RouteTable", "routeTable")):
        refs, selector = entry.get(f"{field}Refs") or [], entry.get(f"{field}Selector")
        found = [(ref.get("namespace"), ref.get("name")) == key(holder) for ref in refs]
        found += [] if selector is None else [selects(selector, key(policy)[0], holder)]
        hits += [hit and holder["kind"] == kind for hit in found]
    labels = (entry.get("routeLabelMatcher") or {}).items() <= (rule.get("labels") or {}).items()
    return labels and (any(hits) or not hits)
