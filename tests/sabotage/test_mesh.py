"""Faults put into what workloads get within the mesh, one at a time: the judge must notice every one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from kubectl_gmg.api import v2, v2_workloads
from kubectl_gmg.matching.host import DomainTable
from kubectl_gmg.model.declared import VirtualHost
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.resolved import Status, Terminal
from kubectl_gmg.resolve import merge, mesh
from kubectl_gmg.resolve.tenancy import Tenancy
from kubectl_gmg.simulate.mesh import ServiceNames
from tests.oracle.mesh_rules import World, listed
from tests.oracle.test_mesh import routes_told, told, wanted

Patch = pytest.MonkeyPatch
FAULTS: dict[str, Callable[[Patch], None]] = {}
WORLDS = [World(seed) for seed in range(60)]
WANTED = [wanted(world) for world in WORLDS]


def fault(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    FAULTS[function.__name__.replace("_", " ")] = function
    return function


@fault
def tables_with_gateways_are_for_workloads_too(patch: Patch) -> None:
    patch.setattr(v2, "chosen_by_root", lambda selected, **_: v2_workloads.ALL if selected is None else selected)


@fault
def tables_without_gateways_are_for_nobody(patch: Patch) -> None:
    patch.setattr(v2, "chosen_by_root", lambda selected, **_: selected or v2_workloads.NONE)


@fault
def fields_beside_labels_select_nothing(patch: Patch) -> None:
    real = v2_workloads.workload_labels
    refused = {"name", "namespace", "cluster", "workspace"}
    patch.setattr(
        v2_workloads,
        "workload_labels",
        lambda entry: None if refused & set(entry["selector"].value or {}) else real(entry),
    )


@fault
def imported_tables_are_for_nobody_else(patch: Patch) -> None:
    patch.setattr("kubectl_gmg.resolve.tenancy.Tenancy.importers", lambda *_: ())


@fault
def everything_is_imported_from_a_partner(patch: Patch) -> None:
    def everything(self: Tenancy, ref: ObjectRef, *_: object) -> tuple[str, ...]:
        return self._partners(self.owner(ref) or "")

    patch.setattr(Tenancy, "importers", everything)


@fault
def machines_are_workloads(patch: Patch) -> None:
    patch.setattr(v2_workloads, "is_allowed", lambda kind: bool(kind.text() or True))


@fault
def an_empty_selector_of_a_child_narrows(patch: Patch) -> None:
    patch.setattr(v2, "narrowed_by_child", lambda selected: tuple(each for each in selected or () if each))


@fault
def children_do_not_narrow(patch: Patch) -> None:
    patch.setattr(mesh, "narrowing", lambda above, _tables: mesh.Narrowed(above, impossible=False, more=False))


@fault
def contradictions_are_served(patch: Patch) -> None:
    real = mesh.narrowing
    patch.setattr(mesh, "narrowing", lambda above, tables: real(above, tables)._replace(impossible=False))


@fault
def contradictions_are_left_out(patch: Patch) -> None:
    real = mesh.Mesh._narrowed

    def left_out(self: mesh.Mesh, leaf: Terminal, root: VirtualHost) -> Terminal:
        found = real(self, leaf, root)
        return found if found is leaf else replace(found, status=Status.INVALID)

    patch.setattr(mesh.Mesh, "_narrowed", left_out)


@fault
def the_later_label_wins(patch: Patch) -> None:
    patch.setattr(mesh, "joined_labels", lambda one, two: tuple(sorted({**dict(one), **dict(two)}.items())))


@fault
def only_one_group_of_a_workspace_answers(patch: Patch) -> None:
    real = mesh.hosts_of
    patch.setattr(mesh, "hosts_of", lambda groups, labels, port: real(groups[:1], labels, port))


@fault
def every_workload_gets_every_route(patch: Patch) -> None:
    patch.setattr(mesh, "selects", lambda _wanted, _labels: True)


@fault
def workspaces_share_their_tables(patch: Patch) -> None:
    patch.setattr("kubectl_gmg.resolve.tenancy.Tenancy.owner", lambda _self, _ref: "")


@fault
def groups_are_merged_as_they_stand(patch: Patch) -> None:
    patch.setattr(mesh, "oldest_first", tuple)


@fault
def any_catch_all_ends_a_table(patch: Patch) -> None:
    patch.setattr(merge, "covers", lambda _wide, _narrow: True)
    patch.setattr(mesh, "own_routes", lambda host, _labels, _ranking: ((root, host.routes) for root in host.roots))


@fault
def short_names_of_services_are_unknown(patch: Patch) -> None:
    patch.setattr(ServiceNames, "choose", DomainTable.choose)


def complaint() -> str:
    """The first world of which the product and the transcript say different things; empty if there is none."""
    for number, world in enumerate(WORLDS):
        if told(world) != WANTED[number]:
            return f"world {number}"
        if number % 4 == 0 and routes_told(world) != listed(world):
            return f"the routes of world {number}"
    return ""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name: str, monkeypatch: Patch) -> None:
    FAULTS[name](monkeypatch)
    try:
        found = complaint()
    except (AssertionError, LookupError, ValueError):
        found = "the product breaks"
    assert found
