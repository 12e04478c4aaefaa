"""Readings that end at namespaces, and two judges of what is said about the rest (`spec/v1beta1.md` D-27).

The transcript says which delegates are unknown. The reading of everything says what the answers really are: whatever
a partial reading calls certain must be so there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from kubectl_gmg.api import KINDS, lower
from kubectl_gmg.model.action import NO_OPTIONS
from kubectl_gmg.model.declared import Declared
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Gateway, Host, HostState, Node, Resolved, Target, Terminal
from kubectl_gmg.model.snapshot import EVERYWHERE, Affects, Extent, Gap, GapReason, Snapshot, SourceType
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.rows import Rows, terminal_id
from kubectl_gmg.simulate.entry import EntryPoint
from kubectl_gmg.simulate.trace import Simulator
from kubectl_gmg.sources.objects import collect
from kubectl_gmg.views import Simulated
from tests.oracle.dice import Dice, choose, some_dice
from tests.oracle.generate_objects import NAMESPACES, graphs
from tests.oracle.transcript import End, Transcript

Json = dict[str, Any]
READ = ("VirtualGateway", "VirtualHost", "RouteTable")
FORBIDDEN = Gap(GapReason.FORBIDDEN, "not everything may be listed", (Affects.ROUTES,))
HOSTS = ("a.test", "b.test", "other.test")
PATHS = ("/", "/a", "/a/b", "/b", "/A/x", "/v1", "/a/v1", "/b/a/b", "/a.b/b", "/x", "/b.js")


@dataclass(frozen=True)
class Reading:
    """Every object, those that were read, and where each kind was read completely."""

    everything: list[Json]
    visible: list[Json]
    extents: dict[str, Extent]

    def snapshot(self) -> Snapshot:
        """What a source would give that may read no more."""
        found = collect(((each, None) for each in self.visible), KINDS)
        read = {kind.resource: self.extents.get(kind.name, EVERYWHERE) for kind in KINDS}
        return Snapshot(SourceType.LIVE, found.objects, gaps=(FORBIDDEN,), read=read)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    """A graph, and rights that end somewhere; of what may not be read a little is known all the same."""
    manifests, dice = draw(graphs()), next(some_dice(draw, 1))
    extents = {kind: some_extent(dice, kind) for kind in READ}
    kept = [each for each in manifests if is_read(each, extents) or choose(dice, False, False, False, True)]
    return Reading(manifests, kept, extents)


def some_extent(dice: Dice, kind: str) -> Extent:
    """Where a kind is read completely: tables least often everywhere."""
    spaces = [frozenset(NAMESPACES[:1]), frozenset(NAMESPACES[1:]), frozenset(NAMESPACES), frozenset(NAMESPACES[::2])]
    if kind == "RouteTable":
        return Extent(choose(dice, None, *spaces, frozenset()))
    return Extent(choose(dice, None, None, None, *spaces[:2]))


def is_read(manifest: Json, extents: dict[str, Extent]) -> bool:
    """Whether the rights cover an object."""
    extent = extents.get(manifest["kind"], EVERYWHERE)
    return extent.covers(manifest["metadata"]["namespace"])


# ---- dead ends


Ends = dict[tuple[str, tuple[str, ...]], list[End]]


def told_ends(reading: Reading) -> Ends:
    """The dead ends of every served host as the transcript tells them."""
    gateways = Transcript(reading.visible, reading.extents["RouteTable"].namespaces).gateways
    return {
        ("/".join(name), tuple(host["domains"])): host["ends"] for name, hosts in gateways.items() for host in hosts
    }


def resolved_ends(resolved: Resolved) -> Ends:
    """The same from the product."""
    return {
        (f"{gateway.ref.namespace}/{gateway.ref.name}", host.domains): sorted(
            end for node in host.tree for end in ends_below(node, host, gateway, Terminal((), (), (), NO_OPTIONS))
        )
        for gateway in resolved.gateways
        for host in gateway.listeners[0].hosts
        if host.state is HostState.SERVED
    }


def ends_below(node: Node, host: Host, gateway: Gateway, above: Terminal) -> Iterator[End]:
    """The dead ends below a node, each with the id of the rule that leads there."""
    if not isinstance(node, Delegation):
        return
    here = Terminal((*above.rules, node.rule), above.tables, (), NO_OPTIONS)
    for target in node.targets:
        if isinstance(target, DeadEnd):
            name = f"{target.ref.namespace}/{target.ref.name}" if target.ref else ""
            yield terminal_id(host.declared, gateway.ref, here), target.reason.value, name
        else:
            yield from below_table(target, host, gateway, here)


def below_table(target: Target, host: Host, gateway: Gateway, above: Terminal) -> Iterator[End]:
    """The dead ends below a table."""
    here = Terminal(above.rules, (*above.tables, target.inclusion), (), NO_OPTIONS)
    for node in target.nodes:
        yield from ends_below(node, host, gateway, here)


def ends_complaint(reading: Reading) -> str:
    """How the product's dead ends differ from the transcript's."""
    return difference(told_ends(reading), resolved_ends(resolve(lower(reading.snapshot()))))


def difference(told: Ends, got: Ends) -> str:
    """How two tellings of dead ends differ."""
    return "" if told == got else f"dead ends: {told} is not {got}"


# ---- answers

Answers = dict[tuple[str, str, str], Simulated]
"""By gateway, host and path."""


def answers(declared: Declared) -> Answers:
    """What every gateway answers to each request, by gateway, host and path."""
    resolved = resolve(declared)
    simulator = Simulator(Rows(resolved), declared)
    found = {}
    for gateway in resolved.gateways:
        entry = EntryPoint(gateway, gateway.listeners[0])
        for host in HOSTS:
            for path in PATHS:
                request = Request(path, host, headers=(("x-a", "1"),))
                (item,) = simulator.answer(request, (entry,), candidates=False)
                found[f"{gateway.ref.namespace}/{gateway.ref.name}", host, path] = item
    return found


def essence(item: Simulated) -> tuple[object, ...]:
    """What is answered."""
    return item.outcome, item.row.id if item.row else None, item.row.route.match if item.row else None


def both_answers(reading: Reading) -> tuple[Answers, Answers]:
    """The answers of everything, and those of what was read."""
    full = Reading(reading.everything, reading.everything, {})
    return answers(lower(full.snapshot())), answers(lower(reading.snapshot()))


def answers_complaint(reading: Reading) -> str:
    """An answer that would be another one if everything were read, and does not say that it may be."""
    return uncertain_complaint(*both_answers(reading))


def uncertain_complaint(full: Answers, partial: Answers) -> str:
    """The same of answers that are there already."""
    for name, item in partial.items():
        if essence(item) != essence(full[name]) and not item.may_differ:
            return f"{name}: {essence(item)} is really {essence(full[name])}"
    return ""
