"""A namespace belongs to no workspace, or to several.

The product reads an object only as part of the workspace that has its namespace. What stands in a namespace of no
workspace is passed over without a word: its routes are not served. A namespace may not be in two workspaces of one
cluster; which of them has it then is not documented, and here the older one is taken.

Files may hold the Workspaces of some teams only: there a namespace of none of them is told if several Workspaces were
given, one of them with its gateway, or if its name nearly is one that they list.

Example:
    kind: Workspace
    spec:
      workloadClusters:
      - name: "*"
        namespaces: [{name: shop}]     # a RouteTable in namespace shop-v2 is in no workspace

Fix:
    Add the namespace to the namespaces of exactly one Workspace.

Source:
    `spec/v2.md` 12.2 rules 1 to 3, SEM-16, DEC-20.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kubectl_gmg.analysis.wording import counted, several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.outside import claimed_outside
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.workspace_members import Member, members_by_generation, realms_with_workspaces
from kubectl_gmg.model.declared import Declared, Realm
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import ObjectRef, Origin


@check("GMG520", v2=WARNING, rows=("SEM-16", "DEC-20"), needs=("Workspace", "Namespace"))
def namespace_workspace(context: CheckContext) -> Iterable[Problem]:
    """Every namespace with objects of ours that is not of exactly one workspace, at the first of them."""
    for generation, realm in realms_with_workspaces(context):
        membership = context.once(members_by_generation)[generation]
        read = read_in_workspaces(context.declared, realm)
        for refs in by_namespace(each for each in read if each.generation == generation):
            if not membership.of(refs[0]):
                if not claimed_outside(context, refs[0]):
                    yield Problem("GMG520", in_none(refs, given=realm.inventory.partial), Origin(refs[0]))
            elif members := membership.shared(refs[0]):
                notes = tuple(Note(f"workspace {each.workspace.name} has it", each.origin) for each in members)
                yield Problem("GMG520", in_several(refs[0].namespace, members), Origin(refs[0]), related=notes)


def read_in_workspaces(declared: Declared, realm: Realm) -> Iterator[ObjectRef]:
    """The objects that the product reads only where a workspace has them."""
    inventory = realm.inventory
    yield from (each.ref for each in declared.gateways)
    yield from (each.ref for each in declared.tables)
    yield from (each.ref for each in inventory.virtual_destinations)
    yield from (each.ref for each in inventory.external_services)
    yield from (each.ref for each in inventory.endpoints)
    yield from (each.ref for each in realm.settings if not each.everywhere)


def by_namespace(refs: Iterable[ObjectRef]) -> Iterator[list[ObjectRef]]:
    """The objects of each namespace of each cluster, by name and kind."""
    found: defaultdict[tuple[str, str], list[ObjectRef]] = defaultdict(list)
    for ref in refs:
        found[ref.cluster, ref.namespace].append(ref)
    for place in sorted(found):
        yield sorted(found[place], key=lambda each: (each.name, each.kind))


def in_none(refs: list[ObjectRef], *, given: bool) -> str:
    """What is wrong with a namespace that nobody has; the workspaces may be what somebody has `given`."""
    more = len(refs) - 1
    among = " of those given" if given else ""
    others = f" and {counted(more, 'more object')} there" if more else ""
    return (
        f"namespace {refs[0].namespace} belongs to no workspace{among}, so the product does not read {refs[0]}{others}"
    )


def in_several(namespace: str, members: tuple[Member, ...]) -> str:
    """What is wrong with a namespace that several have."""
    names = [each.workspace.name for each in members]
    first = f"{names[0]}, the first by age and name, has it here"
    return f"namespace {namespace} belongs to the workspaces {several(names)}; {first}"
