"""Rules, matches and objects as messages call them; what may be secret is left out."""

from __future__ import annotations

from kubectl_gmg.analysis import wording
from kubectl_gmg.model.action import Destination
from kubectl_gmg.model.declared import RouteRule, ServiceRef
from kubectl_gmg.model.finding import Edit
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.model.match import PathMatch, RouteMatch
from kubectl_gmg.model.origin import ObjectRef


def rule_words(rule: RouteRule) -> str:
    """A rule within its object; names may be words such as `all`."""
    return f"rule {wording.rule_name(rule)}"


def rule_and_holder(rule: RouteRule) -> str:
    """A rule outside of its object."""
    return f"{rule_words(rule)} of {rule.origin.ref}"


def located(ref: ObjectRef) -> str:
    """An object whose kind is plain, by namespace and name."""
    return f"{ref.namespace}/{ref.name}"


def service_words(service: Service | ServiceRef | Destination) -> str:
    """A Service, or a reference to one, with its cluster where that is known."""
    return f"Service {service.namespace}/{service.name}" + (f" of cluster {service.cluster}" if service.cluster else "")


def path_words(path: PathMatch | None) -> str:
    """A condition on the path, if there is any."""
    return "any path" if path is None else wording.path_words(path)


def match_words(match: RouteMatch) -> str:
    """A match in short: values of headers and query parameters are left out, since they may be secret."""
    tested = [f"method {match.method}"] if match.method else []
    tested += [f"header {name}" for name in dict.fromkeys(each.name.lower() for each in match.headers)]
    tested += [f"query parameter {name}" for name in dict.fromkeys(each.name for each in match.query_parameters)]
    tested += [f"port {match.port}"] if match.port else []
    return path_words(match.path) + (f" with {wording.several(tested, len(tested))}" if tested else "")


def edit_words(edit: Edit) -> str:
    """One change of a field, as fixes begin: `sortMethod ROUTE_SPECIFICITY on shop/reviews`."""
    field, ref = edit.at.path[-1], edit.at.ref
    if isinstance(field, int):
        return f"{edit.name or edit.at.field} at position {edit.after} of {ref.name}"
    where = f"{ref.name}/{edit.name}" if edit.name and edit.name != ref.name else ref.name
    if edit.at.path[:2] == ("metadata", "labels"):
        return f"label {field}={edit.after} on {where}"
    return f"{field} {edit.after} on {where}"
