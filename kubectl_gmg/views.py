"""What commands return: values that renderers print and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.matching.response import Response
    from kubectl_gmg.model.action import FinalAction, ResolvedDestination
    from kubectl_gmg.model.declared import RouteRule
    from kubectl_gmg.model.finding import Edit, Problem, Severity
    from kubectl_gmg.model.match import RouteMatch
    from kubectl_gmg.model.origin import ObjectRef, Origin
    from kubectl_gmg.model.request import Request
    from kubectl_gmg.model.resolved import Gateway, Host, Reason, ResolvedListener, Route, Via
    from kubectl_gmg.model.server import Server
    from kubectl_gmg.model.snapshot import Gap, SourceType
    from kubectl_gmg.model.verdict import Proof


@dataclass(frozen=True, slots=True)
class Source:
    """Where an answer comes from (`spec/cli.md` 5)."""

    type: SourceType
    context: str | None
    files: tuple[str, ...]
    namespace: str | None
    generations: tuple[str, ...]
    product_version: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What every answer says about itself: its source and what it lacks."""

    source: Source
    gaps: tuple[Gap, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shadow:
    """An earlier route that answers some requests of a later one, and such a request."""

    id: str
    index: int
    request: Request


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether any request gets to a route, and who takes which of them (`spec/cli.md` 6.2).

    A `proof` says that none does: `by` are the ids of the routes that take them all, `request` is one that reads as if
    it were for this route. `partly` says that some earlier route takes some; `shadowed_by` are these, `omitted` how
    many more may be. Where `decided` is false the work budget ended first.
    """

    proof: Proof | None = None
    by: tuple[str, ...] = ()
    request: Request | None = None
    witness: Request | None = None
    decided: bool = True
    partly: bool = False
    shadowed_by: tuple[Shadow, ...] = ()
    omitted: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class RouteRow:
    """One route of one host on one listener; a `reach` of None was not worked out."""

    gateway: Gateway
    listener: ResolvedListener
    host: Host
    route: Route
    id: str
    key: str
    destinations: tuple[ResolvedDestination, ...] = ()
    reach: Reach | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RouteList:
    """Routes in the order of `spec/cli.md` 5.2; `hosts` are those reported on, also ones without routes."""

    about: About
    rows: tuple[RouteRow, ...]
    hosts: tuple[tuple[Gateway, ResolvedListener, Host], ...] = ()

    negative = False


@dataclass(frozen=True, slots=True, eq=False)
class TreeNode:
    """One line of the delegation tree (`spec/cli.md` 6.5); what does not belong to its `type` stays empty."""

    type: str
    label: str
    order: int = 1
    children: tuple[TreeNode, ...] = ()
    ref: ObjectRef | None = None
    origin: Origin | None = None
    listeners: tuple[ResolvedListener, ...] = ()
    roots: tuple[ObjectRef, ...] = ()
    domains: tuple[str, ...] = ()
    matches: tuple[RouteMatch, ...] = ()
    action: FinalAction | None = None
    destinations: tuple[ResolvedDestination, ...] = ()
    sort: str | None = None
    weight: int | None = None
    via: Via | None = None
    id: str | None = None
    index: int | None = None
    reason: Reason | None = None
    findings: tuple[str, ...] = ()
    note: str = ""
    rule: RouteRule | None = None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """The delegation trees: gateways, then hosts that nobody serves, then tables that nobody reaches."""

    about: About
    roots: tuple[TreeNode, ...]

    negative = False


@dataclass(frozen=True, slots=True, eq=False)
class Upstream:
    """The request as it is sent on."""

    method: str
    host: str
    path: str
    destinations: tuple[ResolvedDestination, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A route that was looked at; `why` says more than `reason` for people."""

    row: RouteRow
    verdict: str
    reason: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class MayDiffer:
    """Why an answer may be another one: something that was not read may answer first (`spec/v1beta1.md` D-27).

    `id` is that of the rule that delegates there, in the form of routes; None for a host or gateway that was not read.
    """

    id: str | None
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Closest:
    """A route that failed one condition only, and a request like the asked one that would have matched."""

    row: RouteRow
    reason: str
    request: Request
    routed_path: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A redirect that was followed; `key` is that of its route, None for the listener's own."""

    status: int
    location: str
    key: str | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """Something that was asked to hold."""

    key: str
    wanted: str
    got: str
    held: bool


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What one entry point does with one request (`spec/cli.md` 6.3).

    `why_host` says how the domain was chosen, for people.
    """

    request: Request
    routed_path: str
    outcome: str
    gateway: Gateway | None = None
    listener: ResolvedListener | None = None
    host: Host | None = None
    domain: str | None = None
    row: RouteRow | None = None
    upstream: Upstream | None = None
    response: Response | None = None
    candidates: tuple[Candidate, ...] = ()
    omitted: int = 0
    expectations: tuple[Expectation, ...] = ()
    not_simulated: tuple[str, ...] = ()
    once_fixed: Simulated | None = None
    may_differ: tuple[MayDiffer, ...] = ()
    input: tuple[str, int] | None = None
    why: str = ""
    closest: tuple[Closest, ...] = ()
    redirects: tuple[Followed, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of `--requests` that is no request."""

    error: str
    input: tuple[str, int]


NEGATIVE = frozenset({"noGateway", "noHost", "noRoute", "connectionClosed", "notRouted", "proxyResponse"})
"""The outcomes that mean that nothing was reached (`spec/cli.md` 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The answers to one or many requests; `all_entries` prints every entry point that answers."""

    about: About
    items: tuple[Simulated | BadLine, ...]
    requests: int
    all_entries: bool = False
    verbose: bool = False
    many: bool = False

    @property
    def negative(self) -> bool:
        """Whether any request came to nothing, or anything expected did not hold."""
        return any(is_negative(item) for item in self.items)

    @property
    def broken(self) -> bool:
        """Whether any line was no request."""
        return any(isinstance(item, BadLine) for item in self.items)


def is_negative(item: Simulated | BadLine) -> bool:
    """Whether one answer counts as negative."""
    if isinstance(item, BadLine):
        return False
    return item.outcome in NEGATIVE or not all(each.held for each in item.expectations)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation (`spec/cli.md` 6.6): who says what, with what outcome.

    `kind` is one of `written`, `joined`, `inherited`, `displaced`, `rank`, `tie`, `neighbour`, `rewritten`, `applied`,
    `lost`; `at` is the field that says so, `name` the name of the rule there; `other` names what it is compared with.
    """

    kind: str
    text: str
    at: Origin | None = None
    name: str = ""
    value: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one route; `before` and `after` are `#N`, `unreachable` or `absent`."""

    id: str
    match_index: int
    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Some edits, and everything that they change, as resolving again has shown.

    `wins` says what the target gains, in words; it is empty for a change that somebody asked about.
    """

    edits: tuple[Edit, ...]
    effect: tuple[Effect, ...]
    verified: bool = True
    wins: str = ""


@dataclass(frozen=True, slots=True)
class Versus:
    """Why one of two routes stands first; both by their keys."""

    other: str
    first: str
    because: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Why one thing is what it is; `rows` are the routes that it leads to, the route itself for a route.

    `title` are lines for people that name the thing and what becomes of it.
    """

    target: str
    target_type: str
    key: str | None = None
    rows: tuple[RouteRow, ...] = ()
    title: tuple[str, ...] = ()
    match: tuple[Step, ...] = ()
    order: tuple[Step, ...] = ()
    options: tuple[Step, ...] = ()
    action: tuple[Step, ...] = ()
    policies: tuple[Step, ...] = ()
    not_simulated: tuple[str, ...] = ()
    versus: Versus | None = None
    what_if: Alternative | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The answers to "why?": one for each route that a target names, else one."""

    about: About
    items: tuple[Explained, ...]

    negative = False


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


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A configuration that Envoy accepts."""

    about: About
    config: dict[str, Any]

    negative = False


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """The client, and what it knows; `server` is None if it was not asked."""

    about: About
    client: str
    python: str
    kubernetes: str | None
    generations: tuple[str, ...]
    server: Server | None = None

    negative = False


@dataclass(frozen=True, slots=True)
class Look:
    """How a view is to be printed: what the terminal can do, and what the user wants.

    `width` of None means that nothing is ever wrapped or cut.
    """

    terminal: bool = False
    color: bool = False
    unicode: bool = True
    width: int | None = None
    headers: bool = True
    wide: bool = False
    extra: dict[str, str] = field(default_factory=dict)


View = RouteList | Forest | FindingList | RuleList | RuleEntry | Simulation | Explanation | Bootstrap | VersionInfo
