"""Namespaces of which nobody knows whose they are, and those that no workspace has (`spec/v2.md` 12.1 and 12.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from kubectl_gmg.model.declared import Declared, Realm
from kubectl_gmg.model.origin import ObjectRef
from kubectl_gmg.model.snapshot import Affects, Gap, GapReason
from kubectl_gmg.resolve.tenancy import Tenancy

SHOWN = 3
"""How many names a text lists at most."""


def labels_not_known(declared: Declared, generation: str, realm: Realm) -> Iterator[Gap]:
    """One gap for every cluster with a namespace that workspaces select by labels which nobody knows.

    Only namespaces count that something was read of. Why labels could not be read the source has said already.
    """
    if not any(each.selects_by_labels for each in realm.workspaces):
        return
    tenancy = Tenancy(realm)
    refs = (*(each.ref for each in realm.inventory.services), *read_of_workspaces(declared, generation, realm))
    doubts: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for cluster, namespace in sorted({(each.cluster, each.namespace) for each in refs}):
        claims = tuple(tenancy.claims(cluster, namespace))
        certain = {each.workspace.name for each in claims if each.sure}
        if any(each.workspace.name not in certain for each in claims):
            doubts[cluster][namespace] = tuple(each.workspace.name for each in claims)
    for cluster, found in sorted(doubts.items()):
        yield labels_gap(cluster, found, given=realm.inventory.partial)


def labels_gap(cluster: str, found: Mapping[str, Sequence[str]], *, given: bool) -> Gap:
    """The gap of one cluster: the workspaces that may have each namespace; all may be what somebody has `given`."""
    owners = tuple(dict.fromkeys(name for names in found.values() for name in names))
    one, single = len(found) == 1, len(owners) == 1
    who = f"whether workspace {owners[0]} has" if single else f"which of the workspaces {few(owners)} has"
    what = f"{spaces(tuple(found))}{f' of cluster {cluster}' if cluster else ''}"
    labels = "its labels" if one else "their labels"
    why = f"{labels} are not in the input; add {'the Namespace' if one else 'the Namespaces'}"
    said = f"Namespace: {who} {what} is in doubt, since {why if given else f'{labels} were not read'}"
    reason = GapReason.NOT_PROVIDED if given else GapReason.NOT_READ
    only = next(iter(found)) if one else None
    return Gap(reason, said, (Affects.WORKSPACES,), kind="Namespace", cluster=cluster or None, namespace=only)


def in_no_workspace(declared: Declared) -> Iterator[str]:
    """What is passed over without a word since its namespace is in none of the workspaces that were given (12.2)."""
    for generation, realm in declared.realms:
        if realm.workspaces and realm.inventory.partial:
            tenancy = Tenancy(realm)
            refs = tuple(dict.fromkeys(read_of_workspaces(declared, generation, realm)))
            claimed = {
                place: next(tenancy.claims(*place), None) is not None
                for place in {(each.cluster, each.namespace) for each in refs}
            }
            if lost := [each for each in refs if not claimed[each.cluster, each.namespace]]:
                yield passed_over(lost)


def passed_over(lost: Sequence[ObjectRef]) -> str:
    """The note on objects that no workspace has, the first of them by name."""
    names = tuple(dict.fromkeys(each.namespace for each in lost))
    first, more = lost[0], len(lost) - 1
    others = f" and {more} more {'object' if more == 1 else 'objects'} are" if more else " is"
    what = f"{first.kind} {first.name}{others} not read by the product"
    return f"{spaces(names)} {'is' if len(names) == 1 else 'are'} in no Workspace of the input: {what}"


def read_of_workspaces(declared: Declared, generation: str, realm: Realm) -> Iterator[ObjectRef]:
    """The objects that the product reads only where a workspace has them, gateways and tables first."""
    inventory = realm.inventory
    kinds = (declared.gateways, declared.tables, declared.policies, inventory.virtual_destinations)
    for found in (*kinds, inventory.external_services, inventory.endpoints):
        yield from (each.ref for each in found if each.ref.generation == generation)
    yield from (each.ref for each in realm.settings if not each.everywhere)


def spaces(names: Sequence[str]) -> str:
    """Namespaces by name."""
    return f"namespace {names[0]}" if len(names) == 1 else f"the namespaces {few(names)}"


def few(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - SHOWN
    return (
        f"{', '.join(names[:SHOWN])} and {more} more" if more > 0 else " and ".join((", ".join(names[:-1]), names[-1]))
    )
