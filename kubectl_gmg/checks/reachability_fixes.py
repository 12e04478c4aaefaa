"""What would bring a dead route back, as resolving again has shown.

That takes a while for each route, so it is tried for the first `MOST_FIXES` of a run only, for hosts of no more than
`MOST_AT_HOST` routes, in runs of no more than `MOST_ROWS`; for others the hint names the command that tries it.
"""

from __future__ import annotations

from kubectl_gmg.analysis.alternatives import alternatives
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.shadowing import Dead
from kubectl_gmg.model.finding import Edit, Fix
from kubectl_gmg.views import Alternative

MOST_FIXES = 5
MOST_AT_HOST = 200
MOST_ROWS = 2000


class Mending:
    """Looks for changes, until it has done so often enough."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._left = MOST_FIXES if len(context.rows) <= MOST_ROWS else 0

    def of(self, dead: Dead) -> tuple[Fix | None, str]:
        """A change that brings a route back and takes no other away; where it was not looked for, how to do so."""
        if not self._left or len(dead.row.host.rows) > MOST_AT_HOST:
            return None, f"kubectl gmg explain {dead.row.id} tells what would put it first"
        self._left -= 1
        found = alternatives(dead.row, self._context.declared, self._context.resolved, dead.reach)
        best = next((each for each in found if each.verified and harmless(each)), None)
        return (None, "") if best is None else (fix_of(best, dead), "")


def harmless(offer: Alternative) -> bool:
    """Whether no route is taken away that requests get to now."""
    return all(each.after.startswith("#") for each in offer.effect if each.before.startswith("#"))


def fix_of(offer: Alternative, dead: Dead) -> Fix:
    """The change in words, with the place that the route then has."""
    place = next(each.after for each in offer.effect if each.key == dead.row.key)
    words = " and ".join(map(edit_words, offer.edits))
    return Fix(f"{words} puts it at {place.removeprefix('#')}", offer.edits, verified=True)


def edit_words(edit: Edit) -> str:
    """One change of a field."""
    field, ref = edit.at.path[-1], edit.at.ref
    if isinstance(field, int):
        return f"{edit.name or edit.at.field} at position {edit.after} of {ref.name}"
    where = f"{ref.name}/{edit.name}" if edit.name and edit.name != ref.name else ref.name
    return f"{field} {edit.after} on {where}"
