"""A path below a delegating rule does not begin with a slash; one is put in.

What a rule in a table says is joined with the prefix above it, with exactly one slash in between. So `v1` below
`/reviews` becomes `/reviews/v1`, not `/reviewsv1`. If the latter was meant, this is a route for other requests.

Example:
    matchers: [{uri: {prefix: /reviews}}]   # of the rule that delegates
    matchers: [{uri: {prefix: v1}}]         # of the rule in the table

Fix:
    Write the slash, so that nobody has to wonder.

Source:
    `spec/v1beta1.md` 8.4, D-16; `spec/v2.md` 8.2, DEC-2.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.child_rules import ChildRule, child_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import Told, at_each_place, is_plain, path_place
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.words import path_words
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathMatch
from kubectl_gmg.resolve.inherit import join_paths

CODE = "GMG314"


@check(CODE, v1beta1=INFO, v2=INFO, rows=("ROUTE-SLASH-ADDED", "D-16", "DEC-2"), needs=("RouteTable",))
def inserted_slash(context: CheckContext) -> Iterator[Problem]:
    """Plain paths of tables that lack their first slash."""
    return at_each_place(CODE, inserted(context))


def inserted(context: CheckContext) -> Iterator[Told]:
    """The same, on every way down."""
    for child in context.once(child_rules):
        for index, match in enumerate(child.rule.matches):
            path = match.path
            if path is not None and is_plain(path) and not path.value.startswith("/") and child.sound:
                yield told(child, index, path)


def told(child: ChildRule, index: int, path: PathMatch) -> Told:
    """What becomes of a path."""
    whole = join_paths(child.above[0].path, path, child.conventions)
    message = f"{path_words(path)} gets a slash in front, so that the route matches {path_words(whole)}"
    return path_place(child.rule, index), message, (Note("delegates here", child.parent.origin),)
