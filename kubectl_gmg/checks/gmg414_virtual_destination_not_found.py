"""A VirtualDestination that does not exist.

The rule forwards to a VirtualDestination, and no such object was found although all of them were read. The rule stays,
but the proxy has nothing to send its requests to and answers 503.

Example:
    destinations: [{virtualDestination: {name: web-global, namespace: gloo-mesh}}]   # nobody created it

Fix:
    Correct the name or the namespace, or create the VirtualDestination.

Source:
    `spec/v1beta1.md` 6 (rule 5), 10 and D-27.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import Guesses, faulty, may_be_outside, words
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.action import DestinationKind
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.resolve.faults import NOT_FOUND


@check("GMG414", v1beta1=ERROR, rows=("DEST-VD-NOT-FOUND",), needs=("VirtualDestination",))
def virtual_destination_not_found(context: CheckContext) -> Iterator[Problem]:
    """Destinations of this kind that name nothing."""
    guesses = Guesses()
    for found in context.once(faulty):
        wanted = found.destination
        missing = found.fault.code == NOT_FOUND and found.fault.named is None
        if missing and wanted.kind is DestinationKind.VIRTUAL_DESTINATION:
            hint = guesses.hint(found)
            if hint or not may_be_outside(found):
                message = f"{words(wanted)} does not exist{found.consequence}"
                yield Problem("GMG414", message, wanted.origin, hint=hint)
