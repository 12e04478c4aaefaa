"""A value has the wrong type.

A list stands where an object belongs, a number where a text belongs, and so on. A cluster refuses such an object when
it is applied; here the value is read as well as it goes, or left out.

Example:
    spec:
      domains: shop.example.com       # must be a list

Fix:
    Write the value in the type that the message names; quote what looks like a number or a boolean but is a text.

Source:
    `spec/v1beta1.md` 1.1 and D-1; the tables of fields in `spec/v1beta1.md` and `spec/v2.md`.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG002", v1beta1=ERROR, v2=ERROR, rows=("1.1",))
def wrong_type(context: CheckContext) -> Iterable[Problem]:
    """Every value whose type is not that of its field."""
    return context.noted("GMG002")
