"""Routes of TCP and TLS listeners, which are read for what is wrong with them only (`spec/v2.md` 4.6, RT-08)."""

from __future__ import annotations

from kubectl_gmg.api.field import Field
from kubectl_gmg.api.v2_rules import MOST_DESTINATIONS, Holder, destination_reference, matched_port
from kubectl_gmg.api.v2_selectors import all_known


def note_streams(spec: Field, holder: Holder) -> None:
    """Both sections of a table."""
    for section in ("tcp", "tls"):
        for route in spec[section]:
            note_stream(route, section, holder)


def note_stream(route: Field, section: str, holder: Holder) -> None:
    """One route; fields that routing does not look at are not ours to know."""
    all_known(route)
    for matcher in route["matchers"]:
        all_known(matcher)
        matched_port(matcher)
        matcher["sniHosts"].texts()
    forward = route["forwardTo"]
    written = forward.present
    all_known(forward)
    entries = forward.items_of("destinations")
    if not route.present or (written and not forward.present):
        return  # noted as what has the wrong type
    if not entries and not forward["destinations"].value:
        at = forward if forward.present else route
        at.problem("GMG410", f"a {section} route needs a destination: the default of the table does not count for it")
    if len(entries) > MOST_DESTINATIONS:
        forward["destinations"].problem("GMG424", f"{len(entries)} destinations; at most {MOST_DESTINATIONS} may be")
    for entry in entries:
        destination_reference(entry, holder.ref)
