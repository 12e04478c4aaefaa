"""The controller has not processed the newest version of an object.

Every change of an object gets a new generation number, and the controller writes into the status which one it has
looked at. As long as the two differ, what is shown here as effective may not be what the gateways run yet. For a
moment after a change that is normal; if it stays, the controller is down, overloaded or cannot write.

Example:
    metadata: {generation: 7}
    status: {observedGeneration: 5, state: ACCEPTED}

Fix:
    Wait a little and look again; if nothing changes, look at the logs of the management server.

Source:
    `spec/v1beta1.md` 2.2, 3.2, 4.2; `spec/v2.md` 13: `observedGeneration` and `metadata.generation`.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.controller_status import statuses
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.model.finding import Problem


@check("GMG601", v1beta1=INFO, v2=INFO, rows=("STATUS-STALE", "SEM-18"))
def stale_status(context: CheckContext) -> Iterable[Problem]:
    """Every object whose status is about another generation; silent where either number is not there."""
    for status in context.once(statuses):
        if status.stale:
            at = status.at / "observedGeneration"
            message = f"the status is about generation {status.observed}, but the object is at {status.current}"
            yield Problem("GMG601", message, at)
