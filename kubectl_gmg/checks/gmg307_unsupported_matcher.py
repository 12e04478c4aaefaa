"""A matcher uses what this product does not support.

`uri.suffix` is part of the schema but no condition: in the first generation the matcher is dropped, and the rule with
it if there is no other; in the second one the matcher never matches. The `name` of a matcher in the second generation
is no condition either: what stands beside it decides alone, and a matcher with nothing else takes every request.

Example:
    matchers: [{uri: {suffix: .png}}]

Fix:
    Write the end of a path as a regular expression, such as `.*\\.png`; take the name of the matcher away.

Source:
    `spec/v1beta1.md` 5.1 rule 4, D-18; `spec/v2.md` 5 rule 6, DEC-10.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG307", v1beta1=ERROR, v2=WARNING, rows=("ROUTE-URI-SUFFIX", "SEM-14"))
def unsupported_matcher(context: CheckContext) -> Iterable[Problem]:
    """What was noted while matchers were read."""
    return context.noted("GMG307")
