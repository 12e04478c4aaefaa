"""Where parent and child disagree on whether paths ignore case (`spec/v1beta1.md` 8.4, `spec/v2.md` 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.child_rules import ChildRule, child_rules
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import matcher_place
from kubectl_gmg.checks.words import rule_words
from kubectl_gmg.model.conventions import MixedCase
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import PathKind, PathMatch
from kubectl_gmg.model.origin import Origin


@dataclass(frozen=True, slots=True, eq=False)
class Disagreement:
    """A path of a rule that ignores case where one above it does not, or the other way round.

    `ancestor` holds the path `above`, `place` is the field of the child.
    """

    child: ChildRule
    path: PathMatch
    above: PathMatch
    ancestor: RouteRule
    place: Origin

    @property
    def words(self) -> tuple[str, str]:
        """The path below, and that above with its rule; whether they ignore case is what messages say themselves."""
        above = f"{self.above.kind.value} {self.above.value} of {rule_words(self.ancestor)}"
        return f"{self.path.kind.value} {self.path.value}", above

    @property
    def beside_regex(self) -> bool:
        """Whether the child is a regular expression, whose own part keeps its case, while the parent's is ignored."""
        return self.path.kind is PathKind.REGEX and self.child.conventions.mixed_case is MixedCase.EITHER


def disagreements(context: CheckContext) -> Iterator[Disagreement]:
    """Every path that disagrees with the nearest one above; below paths that disagree themselves nothing is said."""
    ignoring = context.once(ignoring_rules)
    for child in context.once(child_rules) if ignoring else ():
        if child.sound and any(id(rule) in ignoring for rule in (child.rule, *child.ancestors)):
            yield from of_rule(context, child)


def ignoring_rules(context: CheckContext) -> frozenset[int]:
    """The rules, by identity, of which any path ignores case: nearly always there are none."""
    paths = ((rule, match.path) for rule in context.rules for match in rule.matches)
    return frozenset([id(rule) for rule, path in paths if path is not None and path.ignore_case])


def of_rule(context: CheckContext, child: ChildRule) -> Iterator[Disagreement]:
    """The disagreements of one rule with what is above it."""
    said = list(opinions(child))
    if len({path.ignore_case for _, path in said}) != 1:
        return
    ancestor, above = said[-1]
    for index, match in enumerate(child.rule.matches):
        if match.path is not None and ignores_case(match.path) != above.ignore_case:
            place = matcher_place(child.rule, index) / "uri" / "ignoreCase"
            yield Disagreement(child, match.path, above, ancestor, context.existing(place, child.rule.origin))


def ignores_case(path: PathMatch) -> bool:
    """Whether a path ignores case; a regular expression never does."""
    return path.ignore_case and path.kind is not PathKind.REGEX


def opinions(child: ChildRule) -> Iterator[tuple[RouteRule, PathMatch]]:
    """What the rules above say on case: each path that has letters which could differ.

    A prefix `/` counts where it ignores case and either side is enough, since then the child does so as well.
    """
    either = child.conventions.mixed_case is MixedCase.EITHER
    for rule in child.ancestors:
        for match in rule.matches:
            path = match.path
            if path is not None and (path.value != "/" or (either and path.ignore_case)):
                yield rule, path
