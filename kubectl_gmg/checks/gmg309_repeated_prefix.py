"""A rule in a table repeats the prefix of the rule that delegates to it.

Paths are joined: what the delegating rule matches is put in front of what the rule in the table says. A rule that
writes the whole path once more therefore matches `/shop/shop/cart`, and `/shop/cart` goes on to later routes or gets a
404. In Gloo Edge children do repeat the full path, so this often comes from there.

Example:
    matchers: [{uri: {prefix: /shop}}]        # of the rule that delegates
    matchers: [{uri: {prefix: /shop/cart}}]   # of the rule in the table

Fix:
    Leave the parent's prefix out of the child: `/cart`.

Source:
    `spec/v2.md` 8.2, SEM-09; `spec/v1beta1.md` 8.4, 13.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.child_rules import ChildRule, child_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import Told, at_each_place, is_plain, path_place
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.unmatchable_paths import surely
from kubectl_gmg.checks.words import path_words, rule_words
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.match import PathMatch
from kubectl_gmg.resolve.inherit import join_paths

CODE = "GMG309"


@check(CODE, v1beta1=WARNING, v2=WARNING, rows=("SEM-09",), needs=("RouteTable",))
def repeated_prefix(context: CheckContext) -> Iterator[Problem]:
    """Paths below a prefix that begin with it again."""
    return at_each_place(CODE, repeating(context))


def repeating(context: CheckContext) -> Iterator[Told]:
    """The same, on every way down."""
    known: dict[int, tuple[str, ...]] = {}
    for child in context.once(child_rules):
        prefixes = known.get(id(child.above))  # all rules of a delegation share it, and child_rules live on
        if prefixes is None:
            prefixes = known[id(child.above)] = tuple(prefixes_above(child))
        for index, match in enumerate(child.rule.matches):
            if match.path is not None and child.sound and surely(match.path).startswith(prefixes):
                yield from repeated(child, index, match.path, prefixes)


def prefixes_above(child: ChildRule) -> Iterator[str]:
    """What the delegating rule itself says, and all that is above, without the last slash; `/` is nothing to repeat."""
    for match in (*child.above, *child.parent.matches):
        if match.path is not None and is_plain(match.path) and (prefix := match.path.value.removesuffix("/")):
            yield prefix


def repeated(child: ChildRule, index: int, path: PathMatch, prefixes: tuple[str, ...]) -> Iterator[Told]:
    """What is wrong with one path, if it begins with a prefix and ends there or goes on behind a slash."""
    sure = surely(path)
    if any(begins_with(sure, prefix) for prefix in prefixes):
        above = [match.path for match in child.above if match.path is not None and is_plain(match.path)]
        same = (each for each in above if begins_with(sure, each.value.removesuffix("/")))
        whole = join_paths(next(same, above[0] if above else None), path, child.conventions)
        words = f"{path_words(path)} repeats the prefix that {rule_words(child.parent)} stands for already"
        notes = (Note("the prefix comes from here", child.parent.origin),)
        yield path_place(child.rule, index), f"{words}: together that is {path_words(whole)}", notes


def begins_with(path: str, prefix: str) -> bool:
    """Whether a path is a prefix, or goes on behind it with a slash."""
    return path == prefix or path.startswith(f"{prefix}/")
