"""The controller accepts an object, but warns about it.

The object is in effect, perhaps with a part left out. The words are the controller's own.

Example:
    status:
      common:
        State: {approval: WARNING, message: no workload matches the selector}

Fix:
    Do what the quoted words ask for, or remove what the controller does not use.

Source:
    `spec/v1beta1.md` 2.2: `warnings`; `spec/v2.md` 13: WARNING is partly wrong but applied.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.controller_status import WARNED, reported, statuses
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG604", v1beta1=WARNING, v2=WARNING, rows=("STATUS-STATE",))
def controller_warning(context: CheckContext) -> Iterable[Problem]:
    """One finding for every object with a warning."""
    for status in context.once(statuses):
        state = status.state if status.state == WARNED else ""
        if state or status.warnings:
            words = status.warnings or ((status.message,) if state and status.message else ())
            yield reported("GMG604", status, state, words, "warnings")
