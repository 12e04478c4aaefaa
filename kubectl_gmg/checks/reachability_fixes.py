"""What would bring a dead route back, as resolving again has shown.

That takes a while for each route, so it is tried for the first `MOST_FIXES` of a run only, for hosts of no more than
`MOST_AT_HOST` routes, in runs of no more than `MOST_ROWS`; for others the hint names the command that tries it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_gmg.analysis.alternatives import alternatives
from kubectl_gmg.analysis.compare import harmless
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.shadowing import Dead
from kubectl_gmg.checks.words import edit_words
from kubectl_gmg.model.finding import Fix
from kubectl_gmg.views import Alternative

MOST_FIXES = 5
MOST_AT_HOST = 200
MOST_ROWS = 2000


class ReachabilityFixes:
    """Looks for changes, until it has done so often enough."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._left = MOST_FIXES if len(context.rows) <= MOST_ROWS else 0

    def of(self, dead: Sequence[Dead]) -> tuple[Fix | None, str]:
        """A change that brings all these routes back and takes no other away; where none was looked for, how to."""
        first = dead[0]
        if not self._left or len(first.row.host.rows) > MOST_AT_HOST:
            return None, f"kubectl gmg explain {first.row.id} tells what would put it first"
        self._left -= 1
        found = alternatives(first.row, self._context.declared, self._context.resolved, first.reach)
        best = next((each for each in found if each.verified and harmless(each.effect) and mends(each, dead)), None)
        return (None, "") if best is None else (fix_of(best, first), "")


def mends(offer: Alternative, dead: Iterable[Dead]) -> bool:
    """Whether requests get to all these routes then."""
    alive = {(each.id, each.match_index) for each in offer.effect if each.after.startswith("#")}
    return alive.issuperset((each.row.id, each.row.route.match_index) for each in dead)


def fix_of(offer: Alternative, dead: Dead) -> Fix:
    """The change in words, with the place that the route then has."""
    place = next(each.after for each in offer.effect if each.key == dead.row.key)
    words = " and ".join(map(edit_words, offer.edits))
    return Fix(f"{words} puts it at {place.removeprefix('#')}", offer.edits, verified=True)
