"""A prefix also catches a sibling whose name only begins alike.

A prefix is a plain comparison of texts and does not end at a slash: `/reviews` takes `/reviews-admin` as well. Here
another route of the same host is meant for such a path but stands later, so requests for it end up at the wrong place.

Example:
    - {name: reviews, matchers: [{uri: {prefix: /reviews}}]}
    - {name: admin, matchers: [{uri: {prefix: /reviews-admin}}]}

Fix:
    Put the longer path first, or end the prefix with a slash and add the exact path without it.

Source:
    `spec/envoy.md` 14.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import MOST_NOTES, said_place
from kubectl_gmg.checks.nested_paths import nested_by_host, path_of
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.shadowing import own_match
from kubectl_gmg.checks.words import path_words, rule_words
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathKind
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.views import RouteRow

KINDS = ("VirtualGateway", "VirtualHost", "RouteTable")
MOST_ASKED = 50
"""Routes that lose only some of their requests of which it is asked to whom; that takes its time."""


@dataclass(frozen=True, slots=True, eq=False)
class Caught:
    """A route that takes requests meant for a sibling, such a request if one is known, and the sibling."""

    row: RouteRow
    sibling: RouteRow
    request: Request | None


@check("GMG310", v1beta1=INFO, v2=INFO, rows=("envoy 14",), needs=KINDS)
def prefix_without_boundary(context: CheckContext) -> Iterator[Problem]:
    """Prefixes that end within a name, with the later routes that they take requests from."""
    found: dict[Origin, list[Caught]] = {}
    for caught in catching(context):
        rule = caught.row.rule
        found.setdefault(said_place(context, rule, own_match(caught.row)), []).append(caught)
    for place, all_caught in found.items():
        yield problem(context, place, all_caught)


def problem(context: CheckContext, place: Origin, found: list[Caught]) -> Problem:
    """What one prefix catches."""
    siblings = several(f"{path_words(path_of(each.sibling))} of {rule_words(each.sibling.rule)}" for each in found)
    places = dict.fromkeys(said_place(context, each.sibling.rule, own_match(each.sibling)) for each in found)
    return Problem(
        "GMG310",
        f"{path_words(path_of(found[0].row))} also catches {siblings}",
        place,
        related=tuple(Note("meant for this path", each) for each in places)[:MOST_NOTES],
        request=next((each.request for each in found if each.request is not None), None),
    )


def catching(context: CheckContext) -> Iterator[Caught]:
    """Every route that surely takes requests of a later sibling."""
    left = MOST_ASKED
    for _, below in context.once(nested_by_host):
        for sibling, above in below:
            suspects = [each for each in above if ends_within(each, sibling)]
            if not suspects:
                continue
            reach = context.reach(sibling)
            if reach.proof is None and reach.partly and left:
                left -= 1
                reach = context.reach(sibling, shadows=True)
            takers = {**dict.fromkeys(reach.by, reach.request), **{each.id: each.request for each in reach.shadowed_by}}
            yield from (Caught(each, sibling, takers[each.id]) for each in suspects if each.id in takers)


def ends_within(row: RouteRow, sibling: RouteRow) -> bool:
    """Whether the prefix of a route ends within a segment of a sibling's path."""
    path, text = path_of(row), path_of(sibling).value
    goes_on = text[len(path.value) :]
    return path.kind is PathKind.PREFIX and goes_on[:1] not in ("", "/") and not path.value.endswith("/")
