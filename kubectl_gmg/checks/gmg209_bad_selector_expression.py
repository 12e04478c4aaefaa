"""An expression of a selector has values that do not fit its operator.

Equals, DoubleEquals and NotEquals take exactly one value, In and NotIn at least one, Exists and DoesNotExist none,
GreaterThan and LessThan one whole number; keys and values must be what Kubernetes takes for labels. One bad expression
makes the whole selector match nothing.

Example:
    selector:
      expressions: [{key: tier, operator: Exists, values: [gold]}]

Fix:
    Correct the values, or take the operator that fits them: In for several values, Exists for none.

Source:
    `spec/v1beta1.md` 1.2 rule 6 (SEL-EXPR).
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG209", v1beta1=ERROR, rows=("SEL-EXPR",))
def bad_selector_expression(context: CheckContext) -> Iterable[Problem]:
    """Finds them; noted while objects are read."""
    return context.noted("GMG209")
