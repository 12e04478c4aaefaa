"""Several fields are set of which only one may be.

Some fields are alternatives: a rule has one action, a path is compared in one way, a destination is one thing. Two of
them at once are refused when the object is applied. A rule with two actions is not served as it was meant.

Example:
    - name: both
      redirectAction: {hostRedirect: new.example.com}
      directResponseAction: {status: 404}

Fix:
    Keep the field that was meant; to do both for different requests, write two rules.

Source:
    `spec/v1beta1.md` 1.1 rule 2 and 8.7 (ROUTE-MANY-ACTIONS); `spec/v2.md` 8.7 (SEM-06, SEM-07).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG004", v1beta1=ERROR, v2=ERROR, rows=("ROUTE-MANY-ACTIONS", "SEM-06", "SEM-07"))
def two_of_one(context: CheckContext) -> Iterable[Problem]:
    """Every place where alternatives stand side by side."""
    return context.noted("GMG004")
