"""Policies that routes are selected for, and of which the oldest wins (`spec/v2.md` 11).

The table of kinds says what each selects without a word; only what `check` needs of their configuration is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kubectl_gmg.api.common import created_of
from kubectl_gmg.api.duration import milliseconds
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.header_operations import note_header_operations
from kubectl_gmg.api.reading import Reading, Readings
from kubectl_gmg.api.v2_selectors import all_known
from kubectl_gmg.model.action import Options, Selector
from kubectl_gmg.model.declared import Policy, RuleSelector, ServiceSelector
from kubectl_gmg.model.origin import Sourced
from kubectl_gmg.model.snapshot import Affects, Kind

WHOLE = ""
"""Stands for the whole configuration of a policy, where that is one option of a route."""


@dataclass(frozen=True, slots=True)
class PolicyKind:
    """A kind of policy: which fields of its configuration are which options of a route, and what is looked at.

    `everywhere` says whether a policy that names no routes means all of them, `beside_destinations` whether it still
    does where it names destinations (11.1).
    """

    kind: Kind
    options: tuple[tuple[str, str], ...]
    everywhere: bool = True
    beside_destinations: bool = True
    note: Callable[[Field], None] | None = None


def policy_kind(group: str, name: str) -> Kind:
    """A kind of the policy groups; its plural is regular (11.1)."""
    plural = f"{name.lower().removesuffix('policy')}policies"
    return Kind(f"{group}.policy.gloo.solo.io", "v2", name, plural, "v2", (Affects.POLICIES,))


def note_retry_timeout(spec: Field) -> None:
    """What admission refuses (RTP-01)."""
    config = spec["config"]
    if not config.named("retries", "requestTimeout"):
        place = config if config.present else spec
        place.problem("GMG511", "the policy sets neither retries nor requestTimeout, so admission refuses it")
    retries = config["retries"]
    attempts = retries.integer_of("attempts")
    all_known(retries)
    others = [name for name in (retries.value or {}) if name != "attempts" and retries[name].present]
    if attempts is not None and attempts < 0:
        retries["attempts"].problem("GMG511", f"attempts is {attempts}; it must not be negative")
    if attempts == 0 and others:
        text = f"attempts: 0 switches retries off, so {', '.join(others)} must not be set beside it"
        retries["attempts"].problem("GMG511", text)
    for duration in (config["requestTimeout"], retries["perTryTimeout"]):
        note_whole_milliseconds(duration)


def note_whole_milliseconds(duration: Field) -> None:
    """A timeout is at least one millisecond, and no finer."""
    length = milliseconds(duration)
    if length is None:
        return
    if length < 1 or abs(length - round(length)) > FINEST:
        text = f"{duration.name} is {duration.value}; it must be at least 1ms, in whole milliseconds"
        duration.problem("GMG511", text)


FINEST = 1e-6
"""What floating numbers of milliseconds may differ by."""

RETRY_TIMEOUT = PolicyKind(
    policy_kind("resilience", "RetryTimeoutPolicy"),
    (("requestTimeout", "requestTimeout"), ("retries", "retries")),
    note=note_retry_timeout,
)
FAULT_INJECTION = PolicyKind(policy_kind("resilience", "FaultInjectionPolicy"), ((WHOLE, "faultInjection"),))
HEADER_MANIPULATION = PolicyKind(
    policy_kind("trafficcontrol", "HeaderManipulationPolicy"),
    ((WHOLE, "headerManipulation"),),
    note=lambda spec: note_header_operations(spec["config"]),
)
EXT_AUTH = PolicyKind(policy_kind("security", "ExtAuthPolicy"), (), everywhere=False)
JWT = PolicyKind(policy_kind("security", "JWTPolicy"), (), beside_destinations=False)

POLICIES = (RETRY_TIMEOUT, FAULT_INJECTION, HEADER_MANIPULATION, EXT_AUTH, JWT)
KINDS = tuple(each.kind for each in POLICIES)
"""Those of which the oldest wins on a route, as far as they select routes."""

BEHIND = ServiceSelector()
"""Marks a policy that chooses routes by where they lead to, which is not looked up: whether it reaches a route that
forwards is not known."""


def policies(readings: Readings) -> tuple[Policy, ...]:
    """The policies of all these kinds."""
    return tuple(policy for each in POLICIES for policy in readings.of(each.kind, lowering(each)))


def lowering(of: PolicyKind) -> Callable[[Reading], Policy]:
    """How the objects of one kind are read."""
    return lambda reading: route_policy(reading, of)


def route_policy(reading: Reading, of: PolicyKind) -> Policy:
    """Section 11.2: entries are alternatives; one that says nothing means every route."""
    spec = reading.spec
    spec.named("applyToRouteDestinations")
    destinations = spec.items_of("applyToDestinations")
    entries = spec.items_of("applyToRoutes")
    if of.note is not None:
        of.note(spec)
    everywhere = of.everywhere and not entries and (of.beside_destinations or not destinations)
    members = [entry.one_of("route", "withDestinations") for entry in entries]
    chosen = tuple(
        route_selector(entry) for entry, member in zip(entries, members, strict=True) if member != "withDestinations"
    )
    return Policy(
        ref=reading.ref,
        rules=(RuleSelector(),) if everywhere else chosen,
        options=policy_options(spec["config"], of),
        created=created_of(reading.metadata),
        destinations=(BEHIND,) if "withDestinations" in members else (),
    )


def route_selector(entry: Field) -> RuleSelector:
    """Routes by their labels, and by the table that holds them (2.7)."""
    route = entry["route"]
    namespace, cluster = route.text_of("namespace"), route.text_of("cluster")
    labels = route.pairs_of("labels")
    table = Selector(
        origin=route.origin,
        namespaces=frozenset({namespace}) if namespace else None,
        cluster=cluster,
        workspace=route.text_of("workspace"),
        one_namespace=True,
    )
    narrow = namespace or cluster or table.workspace
    return RuleSelector(tables=(table,) if narrow else (), labels=labels)


def policy_options(config: Field, of: PolicyKind) -> Options:
    """What a policy gives to the routes that it reaches."""
    written = [(name, config[field] if field else config) for field, name in of.options]
    found = Options(tuple([(name, Sourced(each.opaque(), each.origin)) for name, each in written if each.present]))
    all_known(config)
    return found
