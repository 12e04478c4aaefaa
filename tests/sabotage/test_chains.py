"""Faults put into choosing TLS chains, one at a time: the real Envoy must notice every one.

What Envoy says of the generated gateways is heard once. A fault that nobody notices is a missing test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from kubectl_gmg.api import v2_gateways
from kubectl_gmg.model.resolved import ResolvedListener
from kubectl_gmg.resolve import chains
from kubectl_gmg.resolve.allow import covers
from kubectl_gmg.resolve.chains import Chain, Choices
from kubectl_gmg.simulate.connection import Connections
from tests.oracle.test_chains_envoy import complaints

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


def fitting(choices: Choices, name: str | None) -> list[tuple[str, Chain]]:
    """Every name of a chain that takes a server name, `*` where there is none."""
    pairs = [(each, chain) for chain in choices.chains for each in chain.names or ("*",)]
    return [(each, chain) for each, chain in pairs if covers(each, name or "")]


def choosing(patch: Patch, choose: Callable[[list[tuple[str, Chain]]], Chain]) -> None:
    """Of all chains that take a server name another one is chosen."""

    def chosen(self: Choices, name: str | None) -> Chain | None:
        found = fitting(self, name)
        return choose(found) if found else None

    patch.setattr(Choices, "choose", chosen)


@fault
def the_first_chain_that_fits(patch: Patch) -> None:
    choosing(patch, lambda found: found[0][1])


@fault
def the_last_chain_that_fits(patch: Patch) -> None:
    choosing(patch, lambda found: found[-1][1])


@fault
def the_shortest_wildcard(patch: Patch) -> None:
    choosing(patch, lambda found: min(found, key=lambda each: (each[0].startswith("*"), len(each[0])))[1])


@fault
def wildcards_before_exact_names(patch: Patch) -> None:
    choosing(patch, lambda found: max(found, key=lambda each: (each[0].startswith("*"), len(each[0])))[1])


@fault
def case_counts(patch: Patch) -> None:
    def chosen(self: Choices, name: str | None) -> Chain | None:
        found = [pair for pair in fitting(self, name) if pair[0] == "*" or (name or "").endswith(pair[0].strip("*"))]
        return max(found, key=lambda each: (not each[0].startswith("*"), len(each[0])))[1] if found else None

    patch.setattr(Choices, "choose", chosen)


@fault
def a_wildcard_takes_its_own_end(patch: Patch) -> None:
    real = Choices.choose
    patch.setattr(Choices, "choose", lambda self, name: real(self, name) or (real(self, f"any.{name}")))


@fault
def without_a_server_name_any_chain_will_do(patch: Patch) -> None:
    real = Choices.choose
    patch.setattr(
        Choices, "choose", lambda self, name: real(self, name) or (self.chains[0] if not name and self.chains else None)
    )


@fault
def a_chain_without_names_takes_nothing(patch: Patch) -> None:
    real = Choices.choose

    def choose(self: Choices, name: str | None) -> Chain | None:
        chain = real(self, name)
        return chain if chain is not None and chain.names else None

    patch.setattr(Choices, "choose", choose)


@fault
def the_first_listener_that_fits(patch: Patch) -> None:
    """As before listeners that share a port were one: every one is asked by itself."""
    patch.setattr(Connections, "_by_port", lambda self, entries: ((each,) for each in entries))


@fault
def ports_do_not_matter(patch: Patch) -> None:
    patch.setattr(chains, "place", lambda listener: 0)


@fault
def listeners_that_clash_are_kept(patch: Patch) -> None:
    def merged(gateway: Any, listeners: tuple[ResolvedListener, ...]) -> chains.Port:
        every = tuple(chain for listener in listeners for chain in chains.chains_of(gateway, listener))
        return chains.Port(gateway, listeners, every, (), ())

    patch.setattr(chains, "merged_port", merged)


@fault
def listeners_that_clash_are_told_apart_by_case(patch: Patch) -> None:
    patch.setattr(chains, "folded", lambda text: text)


@fault
def routes_with_a_taken_name_are_kept(patch: Patch) -> None:
    real = chains.merged_port

    def merged(gateway: Any, listeners: tuple[ResolvedListener, ...]) -> chains.Port:
        port = real(gateway, listeners)
        back = [
            chain
            for listener in listeners
            for chain in chains.chains_of(gateway, listener)
            if chain.route in port.left_out
        ]
        return chains.Port(gateway, listeners, (*back, *port.chains), port.rejected, ())

    patch.setattr(chains, "merged_port", merged)


@fault
def ending_tls_without_any_route_is_a_chain(patch: Patch) -> None:
    real = chains.chains_of

    def chains_of(gateway: Any, listener: ResolvedListener) -> Iterable[Chain]:
        found = tuple(real(gateway, listener))
        ends = listener.declared.mode in {"SIMPLE", "MUTUAL"}
        return found or ((Chain(listener, listener.declared.server_names),) if ends else ())

    patch.setattr(chains, "chains_of", chains_of)


@fault
def listeners_have_no_server_names(patch: Patch) -> None:
    patch.setattr(v2_gateways, "server_names", lambda hosts: ())


@fault
def a_plain_port_is_shared(patch: Patch) -> None:
    patch.setattr(chains, "rejected_plain", lambda gateway: ())


def test_the_judge_is_satisfied() -> None:
    assert next(complaints(), "") == ""


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_judge_notices(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[name](monkeypatch)
    assert next(complaints(), "") != "", f"nobody noticed: {name}"
