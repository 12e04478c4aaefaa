"""Where parent and child disagree on whether paths ignore case (`spec/v1beta1.md` 8.4, `spec/v2.md` 8.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.child_rules import Junction, junctions
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.matcher_places import matcher_place, nearest
from kubectl_gmg.model.conventions import MixedCase
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import PathKind, PathMatch
from kubectl_gmg.model.origin import Origin


@dataclass(frozen=True, slots=True, eq=False)
class Disagreement:
    """A path of a rule that ignores case where one above it does not, or the other way round.

    `ancestor` holds the path `above`, `place` is the field of the child.
    """

    junction: Junction
    path: PathMatch
    above: PathMatch
    ancestor: RouteRule
    place: Origin

    @property
    def beside_regex(self) -> bool:
        """Whether the child is a regular expression, whose own part keeps its case, while the parent's is ignored."""
        return self.path.kind is PathKind.REGEX and self.junction.conventions.mixed_case is MixedCase.EITHER


def disagreements(context: CheckContext) -> Iterator[Disagreement]:
    """Every path that disagrees with the nearest one above; below paths that disagree themselves nothing is said."""
    ignoring = {id(rule) for rule in context.rules if mixed(rule)}
    for junction in context.once(junctions) if ignoring else ():
        if junction.sound and any(id(rule) in ignoring for rule in (junction.rule, *junction.ancestors)):
            yield from of_rule(context, junction)


def mixed(rule: RouteRule) -> bool:
    """Whether any path of a rule ignores case: nearly always none does."""
    return any(match.path is not None and match.path.ignore_case for match in rule.matches)


def of_rule(context: CheckContext, junction: Junction) -> Iterator[Disagreement]:
    """The disagreements of one rule with what is above it."""
    said = list(opinions(junction))
    if len({path.ignore_case for _, path in said}) != 1:
        return
    ancestor, above = said[-1]
    for index, match in enumerate(junction.rule.matches):
        if match.path is not None and ignores_case(match.path) != above.ignore_case:
            place = matcher_place(junction.rule, index) / "uri" / "ignoreCase"
            yield Disagreement(junction, match.path, above, ancestor, nearest(context, place, junction.rule.origin))


def ignores_case(path: PathMatch) -> bool:
    """Whether a path ignores case; a regular expression never does."""
    return path.ignore_case and path.kind is not PathKind.REGEX


def opinions(junction: Junction) -> Iterator[tuple[RouteRule, PathMatch]]:
    """What the rules above say on case: each path that has letters which could differ.

    A prefix `/` counts where it ignores case and either side is enough, since then the child does so as well.
    """
    either = junction.conventions.mixed_case is MixedCase.EITHER
    for rule in junction.ancestors:
        for match in rule.matches:
            path = match.path
            if path is not None and (path.value != "/" or (either and path.ignore_case)):
                yield rule, path
