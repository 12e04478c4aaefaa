"""The weights of a rule's destinations do not fill 100.

In the first generation weights are shares of their sum, whatever that is, so each destination gets another part of the
traffic than its number says. In the second generation they have to be 100 together, or to leave a rest for destinations
without a weight: a rule that asks for more answers 500, and one that asks for less gets what its numbers are of
their sum. One destination alone gets everything, whatever its weight.

Example:
    destinations:
    - {ref: {name: blue}, weight: 60}
    - {ref: {name: green}, weight: 60}   # 120 in all

Fix:
    Choose weights that add up to 100, or leave them all out for equal shares.

Source:
    `spec/v1beta1.md` 6 and D-9, `spec/v2.md` 7.2 and DEC-12, `spec/envoy.md` 55.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG416", v1beta1=WARNING, v2=ERROR, rows=("DEST-WEIGHT", "SEM-05"))
def bad_weights(context: CheckContext) -> Iterable[Problem]:
    """Every list of weights that is not what it says; one that is longer than 100 is reported as such."""
    too_long = {problem.at for problem in context.noted("GMG424")}
    return [problem for problem in context.noted("GMG416") if problem.at not in too_long]
