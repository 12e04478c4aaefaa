"""What rules ask: all stages of one run, each made once, and the ways through them that several rules go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, TypeVar

from kubectl_gmg.analysis.reachability import Reachability
from kubectl_gmg.checks.rule_names import RuleNames
from kubectl_gmg.model.declared import Declared, Realm, RouteRule, VirtualHost
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.resolved import (
    DeadEnd,
    Delegation,
    Gateway,
    Host,
    Inclusion,
    Node,
    Resolved,
    ResolvedListener,
    Target,
    Terminal,
)
from kubectl_gmg.model.snapshot import Snapshot
from kubectl_gmg.model.value import individual
from kubectl_gmg.resolve.gaps import rules_of, unread_kinds
from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.views import Reach, RouteRow

T = TypeVar("T")


@individual
class Passage:
    """A node of a host's tree with the way down to it: `rules` from the host's own to that of the node itself.

    `tables` are those entered on the way, one fewer than `rules`.
    """

    node: Node
    rules: tuple[RouteRule, ...]
    tables: tuple[Inclusion, ...]

    @property
    def rule(self) -> RouteRule:
        """The rule that stands here."""
        return self.rules[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """A host as one listener of one gateway serves it, or as some workloads within the mesh get it."""

    gateway: Gateway
    listener: ResolvedListener
    host: Host


class CheckContext:
    """One run, as rules see it."""

    def __init__(self, snapshot: Snapshot, declared: Declared, resolved: Resolved) -> None:
        self.snapshot = snapshot
        self.declared = declared
        self.resolved = resolved
        self._reachability = Reachability()
        self._reach: dict[int, Reach] = {}
        self._rows = Rows(resolved, forwarding=False)
        self._tenancies: dict[str, Tenancy] = {}
        self._made: dict[Callable[[CheckContext], Any], Any] = {}

    def once(self, make: Callable[[CheckContext], T]) -> T:
        """What a function makes of this run: made when it is first asked for, kept for all rules that ask again."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    # What was noted while objects were read.

    @cached_property
    def _noted(self) -> Mapping[str, list[Problem]]:
        found: defaultdict[str, list[Problem]] = defaultdict(list)
        for problem in self.declared.problems:
            found[problem.code].append(problem)
        return found

    def noted(self, code: str) -> tuple[Problem, ...]:
        """The problems of a code that were noted while the objects were read."""
        return tuple(self._noted.get(code, ()))

    # What is written.

    @cached_property
    def rules(self) -> tuple[RouteRule, ...]:
        """Every rule that somebody wrote, in hosts, tables and inline hosts, whether anything leads there or not."""
        return tuple(rules_of(self.declared))

    @cached_property
    def names(self) -> RuleNames:
        """What the rules are called, by place."""
        return RuleNames(self.rules)

    @cached_property
    def hosts(self) -> tuple[VirtualHost, ...]:
        """Every host that somebody wrote, inline ones of gateways included."""
        inline = {
            entry.origin: entry
            for gateway in self.declared.gateways
            for listener in gateway.listeners
            for entry in listener.selects
            if isinstance(entry, VirtualHost)
        }
        return (*self.declared.hosts, *inline.values())

    def written(self, origin: Origin) -> Any:
        """The raw value at a place; None where nothing is written."""
        found = self.snapshot.find(origin.ref)
        value: Any = None if found is None else found.body
        for step in origin.path:
            if isinstance(value, Mapping):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def existing(self, origin: Origin, least: Origin | None = None) -> Origin:
        """The deepest place at or above `origin` where something is written, but none above `least`."""
        shortest = len(least.path) if least is not None else 0
        while len(origin.path) > shortest and self.written(origin) is None:
            origin = Origin(origin.ref, origin.path[:-1])
        return origin

    def realm(self, ref: ObjectRef) -> Realm:
        """What holds for the generation of an object: conventions, inventory, workspaces, and what was read."""
        return self.declared.realm(ref)

    def tenancy(self, ref: ObjectRef) -> Tenancy:
        """Who sees whom in the generation of an object."""
        if ref.generation not in self._tenancies:
            self._tenancies[ref.generation] = Tenancy(self.realm(ref))
        return self._tenancies[ref.generation]

    # What is served.

    @cached_property
    def served(self) -> tuple[Served, ...]:
        """Every host on every listener that serves it, and to all workloads that get it."""
        return tuple(
            Served(gateway, listener, host)
            for gateway in self.resolved.entrances
            for listener in gateway.listeners
            for host in listener.hosts
        )

    @cached_property
    def rows(self) -> tuple[RouteRow, ...]:
        """Every route of every host on every listener, with its id; the left-out ones at their place."""
        return tuple(row for each in self.served for row in self.rows_of(each))

    @cached_property
    def passed(self) -> tuple[Served, ...]:
        """The routes for whole connections of every listener that has any."""
        return tuple(
            Served(gateway, listener, listener.streams)
            for gateway in self.resolved.entrances
            for listener in gateway.listeners
            if listener.streams is not None
        )

    @cached_property
    def connection_rows(self) -> tuple[RouteRow, ...]:
        """Every route for whole connections, with its id; the left-out ones at their place."""
        return tuple(row for each in self.passed for row in self.rows_of(each))

    def rows_of(self, served: Served) -> Iterator[RouteRow]:
        """The routes of one host on one listener."""
        return self._rows.of(served.gateway, served.listener, served.host)

    def as_reached(self, row: RouteRow) -> RouteRow:
        """The row as it is for those that its witness comes from: within the mesh not all get the same routes."""
        return self._reachability.as_reached(row)

    def reach(self, row: RouteRow, *, shadows: bool = False) -> Reach:
        """Whether a request gets to a route, with proof; with `shadows` also which earlier routes take some."""
        if shadows:
            return self._reachability.of(row, shadows=True)
        if id(row) not in self._reach:  # rows live as long as this
            self._reach[id(row)] = self._reachability.of(row)
        return self._reach[id(row)]

    @cached_property
    def disputed(self) -> frozenset[int]:
        """The rows, by identity, that earlier ones may take requests from, or that none may get to.

        Of all others `reach` has a witness to tell and nothing else; they are nearly all, so they are not asked about.
        """
        undisputed = self._reachability.undisputed
        return frozenset([id(row) for row in self.rows if not undisputed(row)])

    # The trees.

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Every node of every tree once, those of hosts that nobody serves included, each above what is below it."""
        trees: dict[int, Node] = {}
        for host in (*(each.host for each in self.served), *self.resolved.unattached):
            trees.update({id(top_rule(node)): node for node in host.tree})  # gateways may differ in what they reach
        return tuple(each for node in trees.values() for each in passages_from(node, (), ()))

    @cached_property
    def dead_ends(self) -> tuple[tuple[Passage, DeadEnd], ...]:
        """Every dead end of every tree, with the passage of the delegating rule."""
        return tuple(
            (passage, end)
            for passage in self.passages
            if isinstance(passage.node, Delegation)
            for end in passage.node.targets
            if isinstance(end, DeadEnd)
        )

    # What was not read.

    @cached_property
    def lacking(self) -> frozenset[str]:
        """The kinds of which something was not read or not given."""
        kinds = {gap.kind for gap in (*self.snapshot.gaps, *self.resolved.gaps) if gap.kind}
        kinds.update(unread_kinds(self.declared))
        extents = (("VirtualGateway", "gateways_read"), ("VirtualHost", "hosts_read"), ("RouteTable", "tables_read"))
        for (_, realm), (kind, name) in product(self.declared.realms, extents):
            if not getattr(realm, name).complete:
                kinds.add(kind)
        return frozenset(kinds)


def top_rule(node: Node) -> RouteRule:
    """The rule that a tree, or a branch of it, begins with."""
    return node.rules[-1] if isinstance(node, Terminal) else node.rule


def passages_from(node: Node, rules: tuple[RouteRule, ...], tables: tuple[Inclusion, ...]) -> Iterator[Passage]:
    """A node and everything below it."""
    here = (*rules, top_rule(node))
    yield Passage(node, here, tables)
    if isinstance(node, Delegation):
        for target in node.targets:
            if isinstance(target, Target):
                for below in target.nodes:
                    yield from passages_from(below, here, (*tables, target.inclusion))
