"""The prefix above a regular expression ignores case, the expression does not.

`ignoreCase` has no effect on regular expressions. Where one is joined with a prefix that ignores case, the first part
of the path is compared without regard to case and the rest with it.

Example:
    matchers: [{uri: {prefix: /Shop, ignoreCase: true}}]   # of the rule that delegates
    matchers: [{uri: {regex: "/[a-c]+"}}]                  # of the rule in the table

Fix:
    Put `(?i)` in front of the regular expression if it is to ignore case as well.

Source:
    `spec/v1beta1.md` 8.4 rule 4, D-21.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.letter_case import Disagreement, disagreements
from kubectl_gmg.checks.matcher_places import Told, at_each_place
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathMatch

CODE = "GMG317"


@check(CODE, v1beta1=INFO, rows=("ROUTE-CASE",), needs=("RouteTable",))
def case_beside_regex(context: CheckContext) -> Iterator[Problem]:
    """Regular expressions below a prefix that ignores case."""
    return at_each_place(
        CODE, (told(each) for each in disagreements(context) if each.beside_regex and not says_so(each.path))
    )


def says_so(path: PathMatch) -> bool:
    """Whether a regular expression ignores case by itself."""
    return path.value.removeprefix("^").startswith("(?i)")


def told(found: Disagreement) -> Told:
    """Which part of the path ignores case, and which does not."""
    below, above = found.words
    message = f"{above} ignores case, {below} below it does not"
    return found.place, message, (Note("ignores case", found.ancestor.origin),)
