"""A delegating rule and a rule below it disagree on `ignoreCase`.

Prefix and child become one path, which can only ignore case as a whole or not at all. In the first generation it
ignores case if either of them says so, in the second one only if both do. So one of the two does not get what it says.

Example:
    matchers: [{uri: {prefix: /Shop, ignoreCase: true}}]   # of the rule that delegates
    matchers: [{uri: {exact: /Item}}]                      # of the rule in the table

Fix:
    Set `ignoreCase` on both, or on neither.

Source:
    `spec/v1beta1.md` 8.4 rule 4, D-21; `spec/v2.md` 8.2, DEC-2.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.letter_case import Disagreement, disagreements
from kubectl_gmg.checks.matcher_places import Told, at_each_place
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.conventions import MixedCase
from kubectl_gmg.model.finding import Note, Problem

CODE = "GMG313"


@check(CODE, v1beta1=WARNING, v2=WARNING, rows=("ROUTE-CASE", "D-21", "DEC-2"), needs=("RouteTable",))
def mixed_case(context: CheckContext) -> Iterator[Problem]:
    """Disagreements where one side loses."""
    return at_each_place(CODE, (told(each) for each in disagreements(context) if not each.beside_regex))


def told(found: Disagreement) -> Told:
    """Who says what, and what holds."""
    ignoring, strict = "ignores case", "does not ignore case"
    child, parent = (strict, ignoring) if found.above.ignore_case else (ignoring, strict)
    together = "ignores" if found.child.conventions.mixed_case is MixedCase.EITHER else "does not ignore"
    below, above = found.words
    message = f"{below} {child}, but {above} {parent}: the joined path {together} case"
    return found.place, message, (Note(parent, found.ancestor.origin),)
