"""Rules for whole connections: the `tls` and `tcp` sections of a table (`spec/v2.md` 4.6, RT-08)."""

from __future__ import annotations

from kubectl_gmg.api.field import Field
from kubectl_gmg.api.v2_rules import (
    MOST_DESTINATIONS,
    Holder,
    completed,
    destination_reference,
    matched_port,
    newly,
    noted,
    unusable,
)
from kubectl_gmg.api.v2_selectors import all_known
from kubectl_gmg.model.action import Action, Destination, DestinationKind, ForwardTo
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import ConnectionMatch, RouteProtocol

SECTIONS = (RouteProtocol.TLS, RouteProtocol.TCP)
OF_TCP = (DestinationKind.SERVICE, DestinationKind.VIRTUAL_DESTINATION)
"""What a TCP route may go to (4.6)."""


def stream_rules(spec: Field, holder: Holder) -> tuple[RouteRule, ...]:
    """The rules of both sections; what is wrong with them is noted for a table without hosts too."""
    return tuple(
        [
            stream_rule(route, section, number, holder)
            for section in SECTIONS
            for number, route in enumerate(spec.items_of(section.value))
        ]
    )


def stream_rule(route: Field, section: RouteProtocol, number: int, holder: Holder) -> RouteRule:
    """One rule, which cannot be named: its segment of an id says the section, and no name is encoded like it.

    Fields that routing does not look at are not ours to know.
    """
    all_known(route)
    matchers = route.items_of("matchers")
    written = route["forwardTo"].present
    return RouteRule(
        origin=route.origin,
        name="",
        segment=f"{section}[{number}]",
        matches=(),
        action=stream_action(route, section, holder),
        action_field="forwardTo" if written else "",
        connections=tuple([connection_match(each, section) for each in matchers]) or (ConnectionMatch(section),),
    )


def connection_match(matcher: Field, section: RouteProtocol) -> ConnectionMatch:
    """One alternative; `port` is that of the listener."""
    all_known(matcher)
    names = matcher["sniHosts"].texts() if section is RouteProtocol.TLS else ()
    return ConnectionMatch(section, names, matched_port(matcher))


def stream_action(route: Field, section: RouteProtocol, holder: Holder) -> Action:
    """Where the connections go; without a destination, and with a fault, nowhere."""
    forward = route["forwardTo"]
    before = noted(route)
    written = forward.present
    all_known(forward)
    entries = forward.items_of("destinations")
    wrong_type = not route.present or (written and not forward.present)
    if not entries and not forward["destinations"].value and not wrong_type:
        at = forward if forward.present else route
        at.problem("GMG410", f"a {section} route needs a destination: the default of the table does not count for it")
    if len(entries) > MOST_DESTINATIONS:
        forward["destinations"].problem("GMG424", f"{len(entries)} destinations; at most {MOST_DESTINATIONS} may be")
    destinations = tuple([stream_destination(entry, section, holder) for entry in entries])
    weights = completed(forward, destinations)
    action = ForwardTo(destinations, weights=weights or ())
    codes = (*newly(before, route), *(("GMG416",) if weights is None else ()))
    if not destinations:
        codes = codes or ("GMG002",)  # something else is written where they belong
    return unusable(action, codes) if codes else action


def stream_destination(entry: Field, section: RouteProtocol, holder: Holder) -> Destination:
    """One destination, of a kind that such a route may have."""
    destination = destination_reference(entry, holder.ref)
    if section is RouteProtocol.TCP and destination.kind not in OF_TCP:
        at = entry["kind"] if entry["kind"].present else entry
        at.problem("GMG003", f"a tcp route goes to a {destination.kind}; it may go to a Service or VirtualDestination")
    return destination
