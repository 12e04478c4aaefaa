"""Where the same input means different things: named values that the resolver obeys (`spec/v2.md` 17).

Each API generation sets its own when it is lowered; nothing else tells one from another. The defaults are those of the
first (`spec/v1beta1.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChildRoot(StrEnum):
    """What the path `/` of a child means below a prefix `/p`."""

    SAME = "same"
    """`/p` itself."""
    BELOW = "below"
    """`/p/`, which a bare `/p` does not match."""


class MixedCase(StrEnum):
    """Whether a joined path ignores case where parent and child disagree."""

    EITHER = "either"
    """If one of them does; also in front of a regular expression."""
    BOTH = "both"
    """If both do. A parent `/` has no say, and a regular expression never ignores case."""


class Conflict(StrEnum):
    """What becomes of parent and child matches that exclude each other."""

    DROPPED = "dropped"
    """Pairs with different methods are gone; a rule without any pair left is left out."""
    REPLACED = "replaced"
    """Every pair that no request meets is gone; a rule without any pair left breaks the delegating rule above it."""


class Broken(StrEnum):
    """What the product makes of a rule that it cannot use, and of a delegate that reaches nothing."""

    LEFT_OUT = "leftOut"
    REPLACED = "replaced"
    """It answers 500 under the rule's matches, or the whole tree stays as it was (`spec/v2.md` 10)."""


class EqualTables(StrEnum):
    """How selected tables of equal weight are ordered."""

    BY_NAME = "byName"
    BY_AGE = "byAge"


class Ranking(StrEnum):
    """What ROUTE_SPECIFICITY compares beside the kind of a path and its length."""

    TESTS_TOO = "testsToo"
    """Regular expressions by length, no path as `/`; then the leaf's table weight and the tests of the match."""
    PATH_ONLY = "pathOnly"
    """All regular expressions are equal, no path has length 0; then nothing, so TABLE_WEIGHT's order stays."""


class SharedDomain(StrEnum):
    """What becomes of a domain that several hosts of a gateway claim."""

    OLDEST = "oldest"
    """The oldest owns it."""
    MERGED = "merged"
    """Their routes are merged, the oldest first."""


class LabelInheritance(StrEnum):
    """Which labels a route has besides those of its rule."""

    NONE = "none"
    ALL = "all"
    """Those of its table, and of every rule and table above; the nearest wins."""
    WITHOUT_CHILD_TABLES = "withoutChildTables"
    """The same, but labels of tables that are delegated to are ignored (`spec/v2.md` 9 rule 5)."""


class PolicyConflict(StrEnum):
    """What becomes of policies that select one route and say different things."""

    BY_FIELD = "byField"
    """Each field comes from the oldest that has it (`spec/v1beta1.md` 7.1)."""
    BY_KIND = "byKind"
    """The oldest of a kind applies as a whole; policies select by effective labels (`spec/v2.md` 11.2)."""


class RootsAsChildren(StrEnum):
    """What becomes of a table with hosts that a delegate selects (`spec/v2.md` DEC-6)."""

    SKIPPED = "skipped"
    INCLUDED = "included"


class LoneStar(StrEnum):
    """Whether a host may be a lone star, which is served either way (`spec/v2.md` 4.2 rule 3, DEC-3)."""

    VALID = "valid"
    INVALID = "invalid"


class Connections(StrEnum):
    """What is told of a connection within which no HTTP routing takes place."""

    LISTED = "listed"
    """Its routes only (`spec/v1beta1.md` D-2)."""
    ROUTED = "routed"
    """Where it goes (`spec/v2.md` 3.1, 4.6)."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How the objects of one generation are meant."""

    child_root: ChildRoot = ChildRoot.SAME
    mixed_case: MixedCase = MixedCase.EITHER
    conflict: Conflict = Conflict.DROPPED
    broken: Broken = Broken.LEFT_OUT
    equal_tables: EqualTables = EqualTables.BY_NAME
    ranking: Ranking = Ranking.TESTS_TOO
    shared_domain: SharedDomain = SharedDomain.OLDEST
    labels: LabelInheritance = LabelInheritance.NONE
    policy_conflict: PolicyConflict = PolicyConflict.BY_FIELD
    roots_as_children: RootsAsChildren = RootsAsChildren.SKIPPED
    lone_star: LoneStar = LoneStar.VALID
    connections: Connections = Connections.LISTED


FIRST_CONVENTIONS = Conventions()
