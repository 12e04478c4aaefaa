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
  Second generation: 8.2, SEM-09. First generation: 8.4, 13.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.child_rules import Junction, junctions
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import Told, at_each_place, is_plain, name_of, path_place, path_words
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.unmatchable_paths import surely
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
    for junction in context.once(junctions):
        prefixes = known.get(id(junction.above))  # all rules of a delegation share it, and junctions live on
        if prefixes is None:
            prefixes = known[id(junction.above)] = tuple(prefixes_above(junction))
        for index, match in enumerate(junction.rule.matches):
            if match.path is not None and junction.sound and surely(match.path).startswith(prefixes):
                yield from repeated(junction, index, match.path, prefixes)


def prefixes_above(junction: Junction) -> Iterator[str]:
    """What the delegating rule itself says, and all that is above, without the last slash; `/` is nothing to repeat."""
    for match in (*junction.above, *junction.parent.matches):
        if match.path is not None and is_plain(match.path) and (prefix := match.path.value.removesuffix("/")):
            yield prefix


def repeated(junction: Junction, index: int, path: PathMatch, prefixes: tuple[str, ...]) -> Iterator[Told]:
    """What is wrong with one path, if it begins with a prefix and ends there or goes on behind a slash."""
    sure = surely(path)
    if any(begins_with(sure, prefix) for prefix in prefixes):
        above = [match.path for match in junction.above if match.path is not None and is_plain(match.path)]
        same = (each for each in above if begins_with(sure, each.value.removesuffix("/")))
        whole = join_paths(next(same, above[0] if above else None), path, junction.conventions)
        words = f"{path_words(path)} repeats the prefix that {name_of(junction.parent)} stands for already"
        notes = (Note("the prefix comes from here", junction.parent.origin),)
        yield path_place(junction.rule, index), f"{words}: together that is {path_words(whole)}", notes


def begins_with(path: str, prefix: str) -> bool:
    """Whether a path is a prefix, or goes on behind it with a slash."""
    return path == prefix or path.startswith(f"{prefix}/")
