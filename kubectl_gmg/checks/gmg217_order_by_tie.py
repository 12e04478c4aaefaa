"""Only names or ages decide which of two route tables answers.

One selector takes both, they weigh the same, and some request fits routes of both. The first generation then goes by
namespace and name, the second by age: renaming a table, or creating it anew, changes who answers.

Example:
    # both are labelled team: reviews, both have weight 0
    metadata: {name: a-rt}   # prefix /reviews
    metadata: {name: b-rt}   # prefix /reviews/v1

Fix:
    Give the table that must come first a higher weight, or sort the delegate by ROUTE_SPECIFICITY.

Source:
    `spec/v1beta1.md` 8.2, 8.3; `spec/v2.md` 8.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.ties import Tie, ties
from kubectl_gmg.checks.words import located
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin


@check("GMG217", v1beta1=INFO, v2=INFO)
def order_by_tie(context: CheckContext) -> Iterator[Problem]:
    """Finds each selector once, with the first pair of tables that shows it."""
    found: dict[Origin, list[Tie]] = {}
    for tie in context.once(ties):
        if tie.selector is not None:
            found.setdefault(tie.selector.origin, []).append(tie)
    for origin, same in found.items():
        yield problem(origin, same[0], len(same) - 1)


def problem(at: Origin, tie: Tie, more: int) -> Problem:
    """What is said of one selector."""
    first, second = (located(each.ref) for each in tie.tables)
    decides = "only their age decides" if tie.by_age else "only their names decide"
    others = f"; so it is with {more} more pair{'s' if more > 1 else ''} of tables" if more else ""
    message = (
        f"{decides} that {first} comes before {second}: both weigh {tie.tables[0].weight}, "
        f"and {tie.request.method} {tie.request.path} fits routes of both{others}"
    )
    related = (
        Note("answers first", tie.winner.rule.origin),
        Note("would answer as well", tie.loser.rule.origin),
    )
    return Problem("GMG217", message, at, related=related, request=tie.request)
