"""Why one workspace does not see what another has: who does not export or import it (`spec/v2.md` 12)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.model.declared import Labels, Realm
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.workspace import ResourcePattern, Share, Shared
from kubectl_gmg.resolve.age import by_age
from kubectl_gmg.resolve.tenancy import Tenancy, in_force, of_object, shares_of, with_workspace
from kubectl_gmg.views import Step

RULE = "a table of another workspace is used only where its workspace exports it and the other one imports it"


def hidden(realm: Realm, viewer: ObjectRef, ref: ObjectRef, labels: Labels) -> tuple[Step, ...]:
    """Why the workspace of one object does not see a table of another one: the rule, and the settings that lack it.

    Nothing where the table is seen, or one of both belongs to no workspace.
    """
    tenancy = Tenancy(realm)
    mine, theirs = tenancy.owner(viewer), tenancy.owner(ref)
    if not mine or not theirs or tenancy.sees(mine, ref, labels, Shared.ROUTE_TABLE):
        return ()
    exports = tuple(one_side(realm, tenancy, (theirs, mine), ref, labels, exported=True))
    imports = tuple(one_side(realm, tenancy, (mine, theirs), ref, labels, exported=False))
    return (Step("written", RULE), *exports, *imports)


def one_side(
    realm: Realm, tenancy: Tenancy, sides: tuple[str, str], ref: ObjectRef, labels: Labels, *, exported: bool
) -> Iterator[Step]:
    """What the settings of one workspace say of sharing the table with the other one."""
    own, other = sides
    verb, field = (f"exports it to {other}", "exportTo") if exported else (f"imports it from {other}", "importFrom")
    hold = [each for each in realm.settings if each.everywhere or tenancy.owner(each.ref) == own]
    hold.sort(key=lambda each: (not each.everywhere, by_age(each.created, each.ref)))
    deciding = in_force(hold, exported=exported)
    settings = [deciding] if deciding else hold
    partner = next(each for each in realm.workspaces if each.name == other)
    about = [(each, share) for each in settings for share in shares_of(each, exported=exported)]
    named = [(each, share) for each, share in about if with_workspace(share, partner)]
    fitting = [each for each in named if of_object(each[1], ref, labels, Shared.ROUTE_TABLE)]
    if fitting:
        found, share = fitting[0]
        yield Step("written", f"{found.ref} of workspace {own} {verb}", share.origin, other=str(found.ref))
        return
    if not settings:
        yield Step("lost", f"workspace {own} has no settings, so nothing there {verb}", Origin(ref), other=own)
    for each in settings if not named else ():
        text = f"nothing in {each.ref} of workspace {own} {verb}"
        yield Step("lost", text, Origin(each.ref, ("spec", field)), other=str(each.ref))
    for each, share in named:
        says = f"exports only {resources(share)} to" if exported else f"imports only {resources(share)} from"
        text = f"{each.ref} {says} {other}"
        yield Step("lost", text, share.origin, other=str(each.ref))
        has = " and ".join(f"{key}={value}" for key, value in labels)
        has = f"label {has}" if has else "no labels"
        yield Step("written", f"{ref} has {has}", Origin(ref, ("metadata", "labels")), value=has)


KINDS = {
    Shared.ALL: "anything",
    Shared.ROUTE_TABLE: "RouteTables",
    Shared.SERVICE: "Services",
    Shared.VIRTUAL_DESTINATION: "VirtualDestinations",
    Shared.EXTERNAL_SERVICE: "ExternalServices",
    Shared.OTHER: "kinds that routing does not look at",
}
"""What an entry is about, for people."""


def resources(share: Share) -> str:
    """What an entry is about, in words."""
    return " and ".join(map(resource, share.resources))


def resource(pattern: ResourcePattern) -> str:
    """Which objects a pattern is about."""
    labels = " and ".join(f"{key}={value}" for key, value in pattern.labels)
    parts = [KINDS[pattern.kind]]
    parts += [f"with label {labels}"] if labels else []
    parts += [f"called {pattern.name}"] if pattern.name else []
    parts += [f"in namespace {pattern.namespace}"] if pattern.namespace else []
    parts += [f"in cluster {pattern.cluster}"] if pattern.cluster else []
    return " ".join(parts)
