"""What is wrong, and the catalogue of rules (`spec/cli.md` 6.4, 6.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.model.finding import Problem, Severity
    from kubectl_gmg.views.about import About


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What the catalogue says of a rule of `check` (`spec/cli.md` 6.7).

    `severities` are by generation, None where the rule does not exist there; `rows` are those of the specification.
    `why`, `example`, `fix` and `source` are parts of the rule's docstring.
    """

    code: str
    slug: str
    title: str
    severities: tuple[tuple[str, Severity | None], ...]
    rows: tuple[str, ...]
    why: str
    example: str
    fix: str
    source: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding does not count: `by` is `flag`, `annotation`, `comment` or `baseline`; `until` is a date."""

    by: str
    reason: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem with its severity and its place (`spec/cli.md` 6.4).

    `excerpt` is the line of the file, None where the object comes from a cluster. `hint` says what to do.
    `fingerprint` stays the same when lines move.
    """

    rule: RuleInfo
    severity: Severity
    problem: Problem
    hint: str
    fingerprint: str
    file: str | None = None
    line: int | None = None
    excerpt: str | None = None
    suppressed: Suppression | None = None


@dataclass(frozen=True, slots=True)
class NotChecked:
    """A rule that could not be judged everywhere, since these kinds were not read completely."""

    code: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FindingList:
    """What is wrong, in the order of `spec/cli.md` 5.2; suppressed findings stand among the others.

    `fails` says that some finding is at least as bad as `--fail-on` allows.
    """

    about: About
    items: tuple[Finding, ...]
    objects: int
    hosts: int
    routes: int
    rules: tuple[RuleInfo, ...]
    not_checked: tuple[NotChecked, ...] = ()
    fails: bool = False

    @property
    def negative(self) -> bool:
        """Whether the exit code is 1."""
        return self.fails

    @property
    def reported_rules(self) -> tuple[RuleInfo, ...]:
        """The rules that ran, and those of findings that none of them has made, in the order of their codes."""
        found = {rule.code: rule for rule in (*self.rules, *(each.rule for each in self.items))}
        return tuple(found[code] for code in sorted(found))

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The findings that nobody suppressed."""
        return tuple(each for each in self.items if each.suppressed is None)


@dataclass(frozen=True, slots=True, eq=False)
class RuleList:
    """The catalogue of findings, or one entry of it with all that is known; reads nothing."""

    about: About
    rules: tuple[RuleInfo, ...]
    whole: bool = False

    negative = False


class RuleEntry(RuleList):
    """What `explain` says of a code: one entry of the catalogue."""
