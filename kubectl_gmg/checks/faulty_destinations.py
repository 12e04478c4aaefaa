"""Destinations that cannot be used, and how that is told (`spec/v1beta1.md` 6, `spec/v2.md` 8.7 and 12.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.nearest_names import Names
from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.action import Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.conventions import Broken
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.inventory import CloudProvider, ExternalService, Inventory, Service, VirtualDestination
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.resolve.faults import DestinationFaults, Fault
from kubectl_gmg.resolve.gaps import stream_rules_of

MOST_PORTS = 6
"""Ports that one message names."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A faulty destination: the rule that names it, what it is compared with, and who looks for it."""

    rule: RouteRule
    fault: Fault
    inventory: Inventory
    viewer: str
    breaks: bool

    @property
    def destination(self) -> Destination:
        """The destination as written."""
        return self.fault.destination

    @property
    def consequence(self) -> str:
        """What becomes of the requests."""
        return ", which breaks the rule" if self.breaks else ", so what is sent there gets 503"


def faulty(context: CheckContext) -> tuple[Found, ...]:
    """Every faulty destination of every rule that is written, each once, in the order of the rules.

    Those of an object that no workspace reads are left out, since nothing of it is used.
    """
    nameless = {problem.at for problem in context.noted("GMG410")}
    portless = {problem.at for problem in context.noted("GMG003") if problem.at.path[-1:] == ("port",)}
    found: dict[Origin, Found] = {}
    for judge, rule, action in forwarding(context):
        for fault in judge.faults.of(rule, action):
            origin = fault.destination.origin
            viewer = context.tenancy(rule.origin.ref).owner(rule.origin.ref)
            told = origin in nameless or origin / "kubeService" / "port" in portless
            if origin not in found and not told and viewer is not None:
                found[origin] = Found(rule, fault, judge.inventory, viewer, judge.breaks)
    return tuple(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """What destinations of one generation are judged by; `breaks` says that a faulty one breaks its rule."""

    faults: DestinationFaults
    inventory: Inventory
    breaks: bool


def forwarding_rules(context: CheckContext) -> tuple[RouteRule, ...]:
    """The rules that forward, each once."""
    rules = (*context.rules, *stream_rules_of(context.declared))
    return tuple({id(rule): rule for rule in rules if isinstance(rule.action, ForwardTo)}.values())


def forwarding(context: CheckContext) -> Iterator[tuple[Judge, RouteRule, ForwardTo]]:
    """Every forwarding rule, once."""
    judges: dict[str, Judge] = {}
    for rule in context.once(forwarding_rules):
        ref = rule.origin.ref
        if ref.generation not in judges:
            realm = context.realm(ref)
            faults = DestinationFaults(realm.inventory, context.tenancy(ref))
            judges[ref.generation] = Judge(faults, realm.inventory, realm.conventions.broken is Broken.REPLACED)
        if isinstance(rule.action, ForwardTo):
            yield judges[ref.generation], rule, rule.action


def words(destination: Destination) -> str:
    """What a destination names."""
    if not destination.name:
        return f"a {destination.kind.value} without a name"
    if destination.kind is DestinationKind.SERVICE:
        return service_words(destination)
    if destination.kind is DestinationKind.AWS_LAMBDA:
        return f"CloudProvider {destination.namespace}/{destination.provider} of function {destination.name}"
    return f"{destination.kind.value} {destination.namespace}/{destination.name}"


def port_words(found: Found) -> str:
    """The ports that there are, with their names."""
    ports = found.fault.named.ports if found.fault.named else ()
    named = ((port.number, getattr(port, "name", "")) for port in ports)
    return several((f"{number} ({name})" if name else str(number) for number, name in named), MOST_PORTS)


class Guesses:
    """What may have been meant by a destination that names nothing."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, DestinationKind], Names] = {}

    def hint(self, found: Found) -> str:
        """An object of another kind, place or name; empty where nothing is near."""
        wanted, inventory = found.destination, found.inventory
        key = id(inventory), wanted.kind
        if key not in self._names:
            self._names[key] = Names(places(inventory, wanted.kind))
        return other_kind(wanted, inventory) or self._names[key].nearest(wanted.namespace, object_name(wanted))


def object_name(wanted: Destination) -> str:
    """The name of the object that a destination names; a function is in none of its own."""
    return wanted.provider or wanted.name


def places(inventory: Inventory, kind: DestinationKind) -> Iterator[tuple[str, str, str]]:
    """Namespace, name and cluster of everything of a kind."""
    if kind is DestinationKind.SERVICE:
        yield from ((each.namespace, each.name, each.cluster) for each in inventory.services)
    elif kind is DestinationKind.VIRTUAL_DESTINATION:
        yield from ((each.ref.namespace, each.ref.name, "") for each in inventory.virtual_destinations)
    elif kind is DestinationKind.AWS_LAMBDA:
        yield from ((each.ref.namespace, each.ref.name, "") for each in inventory.cloud_providers)
    else:
        yield from ((each.ref.namespace, each.ref.name, "") for each in inventory.external_services)


def may_be_outside(found: Found) -> bool:
    """Whether a destination that is missing may be in files that were not given: none of its namespace was."""
    wanted, inventory = found.destination, found.inventory
    if not inventory.partial or not wanted.name:
        return False
    key = "namespaces of", wanted.kind
    given = inventory.once(key, lambda: frozenset(each[0] for each in places(inventory, wanted.kind)))
    return wanted.namespace not in given


def may_be_placed(context: CheckContext, found: Found) -> bool:
    """Whether something of that kind and name waits for its namespace, which is given where the file is applied."""
    wanted, inventory = found.destination, found.inventory
    if not inventory.partial:
        return False
    names = inventory.once(("placed later", wanted.kind), lambda: placed_later(context, inventory, wanted.kind))
    return object_name(wanted) in names


def placed_later(context: CheckContext, inventory: Inventory, kind: DestinationKind) -> frozenset[str]:
    """The names of everything of a kind that says no namespace."""
    things: dict[DestinationKind, tuple[Service | VirtualDestination | ExternalService | CloudProvider, ...]] = {
        DestinationKind.SERVICE: inventory.services,
        DestinationKind.VIRTUAL_DESTINATION: inventory.virtual_destinations,
        DestinationKind.EXTERNAL_SERVICE: inventory.external_services,
        DestinationKind.AWS_LAMBDA: inventory.cloud_providers,
    }
    refs = (each.ref for each in things[kind])
    return frozenset(each.name for each in refs if context.written(Origin(each, ("metadata", "namespace"))) is None)


def other_kind(wanted: Destination, inventory: Inventory) -> str:
    """That there is something of this name, but of another kind."""
    namespace, name, kind = wanted.namespace, wanted.name, wanted.kind
    if kind is DestinationKind.AWS_LAMBDA:
        return ""
    named = {
        DestinationKind.SERVICE: inventory.service_near(namespace, name, wanted.cluster),
        DestinationKind.VIRTUAL_DESTINATION: inventory.virtual_destination(namespace, name),
        DestinationKind.EXTERNAL_SERVICE: inventory.external_service(namespace, name),
    }
    other = next((each for each, thing in named.items() if thing is not None and each is not kind), None)
    return f"there is a {other.value} of this name: name that kind instead" if other else ""
