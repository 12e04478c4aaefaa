"""A table with more routes, or a rule with more destinations, than admitted.

A section of a table holds 10000 routes or selectors at most, and a rule 100 destinations. Admission refuses what is
longer.

Example:
    http: [...]   # 10001 rules

Fix:
    Move rules to another table that this one delegates to, or put a VirtualDestination in front of the destinations.

Source:
    `spec/v2.md` 4.1, 7.1 and 15.1 (RT-08).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG424", v2=ERROR, rows=("RT-08",))
def list_too_long(context: CheckContext) -> Iterable[Problem]:
    """Every list that is too long."""
    return context.noted("GMG424")
