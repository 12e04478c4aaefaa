"""The one place where route order is decided (`spec/v1beta1.md` 8.3, 8.5).

Tables are ordered by weight, and a delegate that sorts by specificity then ranks whatever its tables gave. Both sorts
are stable, so that what they hold equal stays as it was. An outer ROUTE_SPECIFICITY overrides sorting further down
without any code: it sorts what the children already flattened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.model.action import SortMethod
from kubectl_gmg.model.conventions import Conventions, EqualTables, Ranking
from kubectl_gmg.model.match import EVERYTHING, ROOT, PathKind, RouteMatch
from kubectl_gmg.model.resolved import DeadEnd, Node, Target, Terminal, Via

PATH_RANK = {PathKind.EXACT: 0, PathKind.REGEX: 1, PathKind.PREFIX: 2, PathKind.SEPARATED_PREFIX: 2}

Specificity = tuple[int, ...]


def by_weight(target: Target) -> int:
    """Heaviest table first; equals stay as written, then as selected."""
    return -target.inclusion.table.weight


def by_specificity(leaf: Terminal, ranking: Ranking) -> Specificity:
    """The key of a rule: that of its most specific match; the rule moves as a whole.

    One that never matches, and has no row, stands where no path does.
    """
    if ranking is Ranking.PATH_ONLY:
        return min(map(path_specificity, leaf.matches), default=path_specificity(EVERYTHING))
    weight = leaf.tables[-1].table.weight if leaf.tables else 0
    return min(specificity(match, weight) for match in leaf.matches)


def specificity(match: RouteMatch, weight: int) -> Specificity:
    """Path kind, longer path, heavier table, more header tests, more query tests, a method (8.5, D-23)."""
    path = match.path or ROOT
    return (
        PATH_RANK[path.kind],
        -path.length,
        -weight,
        -len(match.headers),
        -len(match.query_parameters),
        0 if match.method else 1,
    )


def path_specificity(match: RouteMatch) -> Specificity:
    """Path kind, longer path; regular expressions are all equal, no path is shorter than any (`spec/v2.md` 8.4)."""
    if match.path is None:
        return PATH_RANK[PathKind.PREFIX], 0
    return PATH_RANK[match.path.kind], 0 if match.path.kind is PathKind.REGEX else -match.path.length


SPECIFICITY_KEYS = ("path type", "path length", "table weight", "header tests", "query tests", "method test")
"""What the parts of a `Specificity` mean, in words."""


def ranked(targets: Iterable[Target | DeadEnd]) -> tuple[Target, ...]:
    """The tables that a delegate reaches, heaviest first."""
    return tuple(sorted((each for each in targets if isinstance(each, Target)), key=by_weight))


def flatten(node: Node, ranking: Ranking) -> tuple[Terminal, ...]:
    """The leaves below `node`, in the order the proxy tries them."""
    if isinstance(node, Terminal):
        return (node,)
    if node.replaced is not None:
        return (node.replaced,)
    targets = ranked(node.targets)
    leaves = tuple(leaf for target in targets for below in target.nodes for leaf in flatten(below, ranking))
    if node.sort is SortMethod.ROUTE_SPECIFICITY:
        return tuple(sorted(leaves, key=lambda leaf: by_specificity(leaf, ranking)))
    return leaves


class Rule(StrEnum):
    """What may decide which of two routes stands first."""

    SPECIFICITY = "specificity"
    """The delegate sorts by ROUTE_SPECIFICITY."""
    WEIGHT = "weight"
    """The heavier table comes first."""
    VIA = "via"
    """Tables that are referred to come before selected ones."""
    LISTED = "listed"
    """References stand as they are listed."""
    NAME = "name"
    """Selected tables stand by namespace and name."""
    AGE = "age"
    """The older selected table comes first."""
    WRITTEN = "written"
    """Rules of one list, and matches of one rule, stand as they are written."""
    ROOT_AGE = "rootAge"
    """The routes of the older host come first."""
    CATCH_ALL = "catchAll"
    """What fits every request moves behind all other routes."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A rule that tells two routes apart, or with `tie` holds them equal.

    `level` is the place of the tables compared, or of the rules where no tables are, on the two ways down; `key` is
    the part of a `Specificity`, and `values` are both sides, that of the first route first.
    """

    rule: Rule
    level: int
    key: str = ""
    values: tuple[str, str] = ("", "")
    tie: bool = False


def decisions(first: Terminal, second: Terminal, conventions: Conventions) -> tuple[Decision, ...]:
    """Why `first` stands before `second`: the ties, then what decides.

    The outermost delegate that both pass and that sorts by specificity decides; else the place where their ways part.
    """
    depth = shared_depth(first, second)
    ranked_by = specificity_level(first, second, depth)
    found = [] if ranked_by is None else [ranked_apart(first, second, conventions.ranking, ranked_by)]
    if found and not found[0].tie:
        return tuple(found)
    if depth < min(len(first.tables), len(second.tables)) and first.rules[depth] is second.rules[depth]:
        return (*found, *weighed_apart(first, second, depth, conventions.equal_tables))
    return (*found, Decision(Rule.WRITTEN, depth))


def specificity_level(first: Terminal, second: Terminal, depth: int) -> int | None:
    """The outermost delegate that both pass and that sorts by specificity."""
    for level in range(min(depth + 1, len(first.tables), len(second.tables))):
        if first.rules[level] is not second.rules[level]:
            break
        if first.tables[level].sort is SortMethod.ROUTE_SPECIFICITY:
            return level
    return None


def decided_by(first: Terminal, second: Terminal, conventions: Conventions) -> str:
    """Why `first` stands before `second`, in words that name the deciding values."""
    found = decisions(first, second, conventions)
    decision = found[0] if found[0].rule is Rule.SPECIFICITY else found[-1]
    mine, other = decision.values
    if decision.rule is Rule.SPECIFICITY:
        if decision.tie:
            return "equally specific, as TABLE_WEIGHT had them"
        return f"ROUTE_SPECIFICITY, {decision.key}: {other} after {mine}"
    return SHORT[decision.rule].format(mine=mine, other=other)


SHORT = {
    Rule.WEIGHT: "table weight {other} < {mine}",
    Rule.VIA: "equal weight, references before selected tables",
    Rule.LISTED: "equal weight, reference listed later",
    Rule.AGE: "equal weight, the older table first",
    Rule.NAME: "equal weight, by namespace and name",
    Rule.WRITTEN: "written later",
}


def shared_depth(first: Terminal, second: Terminal) -> int:
    """How many tables both pass on the same way."""
    depth = 0
    for mine, other in zip(first.tables, second.tables, strict=False):
        if first.rules[depth] is not second.rules[depth] or mine.table is not other.table:
            break
        depth += 1
    return depth


def ranked_apart(first: Terminal, second: Terminal, ranking: Ranking, level: int) -> Decision:
    """The first key in which two rules differ, with both values."""
    mine_all, other_all = by_specificity(first, ranking), by_specificity(second, ranking)
    keys = zip(SPECIFICITY_KEYS[: len(mine_all)], mine_all, other_all, strict=True)
    for name, mine, other in keys:
        if mine != other:
            return Decision(Rule.SPECIFICITY, level, name, (shown(name, mine), shown(name, other)))
    return Decision(Rule.SPECIFICITY, level, tie=True)


def shown(name: str, key: int) -> str:
    """One part of a `Specificity` as people would say it."""
    if name == "path type":
        return ("exact", "regex", "prefix")[key]
    if name == "method test":
        return "none" if key else "one"
    return str(-key)


def weighed_apart(first: Terminal, second: Terminal, depth: int, equal: EqualTables) -> tuple[Decision, ...]:
    """How two tables of one delegate are told apart."""
    mine, other = first.tables[depth], second.tables[depth]
    weights = (str(mine.table.weight), str(other.table.weight))
    if mine.table.weight != other.table.weight:
        return (Decision(Rule.WEIGHT, depth, values=weights),)
    tie = Decision(Rule.WEIGHT, depth, values=weights, tie=True)
    if mine.via is not other.via:
        return tie, Decision(Rule.VIA, depth, values=(mine.via.value, other.via.value))
    if mine.via is Via.REF:
        return tie, Decision(Rule.LISTED, depth)
    return tie, Decision(Rule.AGE if equal is EqualTables.BY_AGE else Rule.NAME, depth)
