"""The controller rejects an object, or reports errors about it.

The product's own verdict, with its own words. An object that is INVALID, FAILED or UNLICENSED, or that has errors, is
not in effect or not as a whole, whatever else is found here: parameters or references are wrong, another object was
accepted earlier, a server could not take it, or the licence does not cover it.

Example:
    status:
      state: INVALID
      errors: [could not find route table apps/reviews]

Fix:
    Do what the quoted words ask for; other findings of the same object often say where exactly.

Source:
    `spec/v1beta1.md` 2.2 (STATUS-STATE); `spec/v2.md` 13: the states and what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.controller_status import REJECTED, reported, statuses
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG602", v1beta1=ERROR, v2=ERROR, rows=("STATUS-STATE",))
def controller_error(context: CheckContext) -> Iterable[Problem]:
    """One finding for every object that the controller does not take as it is."""
    for status in context.once(statuses):
        state = status.state if status.state in REJECTED else ""
        if state or status.errors:
            words = status.errors or ((status.message,) if state and status.message else ())
            yield reported("GMG602", status, state, words, "errors")
