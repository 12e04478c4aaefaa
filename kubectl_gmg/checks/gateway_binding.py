"""Hosts and the gateways that they name: which serves which, or why not (`spec/v2.md` 2.1 and 3.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.allowed_route_tables import (
    Sections,
    admits,
    means,
    notes,
    refusals,
    sections,
    summed_up,
)
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.nearest_names import Names
from kubectl_gmg.checks.outside import is_placeholder
from kubectl_gmg.checks.spoiled import Spoiled
from kubectl_gmg.checks.workspace_members import are_known, members_by_generation
from kubectl_gmg.checks.workspace_sharing import EXPORTS, IMPORTS, sharing_by_generation
from kubectl_gmg.model.action import DirectResponse
from kubectl_gmg.model.declared import GatewayRef, RouteRule, VirtualGateway, VirtualHost
from kubectl_gmg.model.finding import Edit, Fix, Note, Problem
from kubectl_gmg.model.match import EVERYTHING
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.workspace import Shared
from kubectl_gmg.resolve import resolve
from kubectl_gmg.resolve.tenancy import IMPLICIT

CODE = "GMG117"
SPOILING = ("GMG002", "GMG004")
"""What was noted of a host or gateway after which nobody can tell what it was meant to name or to admit."""
TENANTS = ("Workspace", "WorkspaceSettings")
NAMING = ((), ("metadata", "labels"), ("spec",), ("spec", "hosts"), ("spec", "virtualGateways"))
"""Where a host says who serves it."""


class Bindings:
    """All gateways, as hosts name them."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._named: defaultdict[tuple[str, str], list[VirtualGateway]] = defaultdict(list)
        for gateway in sorted(context.declared.gateways, key=lambda each: each.ref):
            self._named[gateway.ref.generation, gateway.ref.name].append(gateway)
        self._spoiled = Spoiled(context, SPOILING)
        self._names = Names((each.ref.namespace, each.ref.name, each.ref.cluster) for each in context.declared.gateways)
        self._places = {(each.ref.generation, each.ref.namespace) for each in context.declared.gateways}
        self._resolved = {each.ref for each in context.resolved.gateways}
        self._told: dict[tuple[ObjectRef, Sections], tuple[str, tuple[Note, ...]]] = {}
        self._generations = {generation for generation, _ in self._named}
        self._members = context.once(members_by_generation)
        self._known_generations = {each for each in self._members if are_known(context, each, *TENANTS)}

    def meant(self, host: VirtualHost, parent: GatewayRef) -> list[VirtualGateway]:
        """The gateways that an entry of a host names: one, or none."""
        return [each for each in self._namesakes(host, parent) if means(parent, each.ref)]

    def lacking(self, host: VirtualHost, parent: GatewayRef) -> Iterator[Problem]:
        """Why none of them serves the host, as far as that is certain."""
        if not self._usable(host):
            return
        found = self.meant(host, parent)
        if not found:
            yield from self._missing(host, parent)
        for gateway in found:
            if not self._spoiled.of(gateway.ref):
                yield from self._refused(host, parent, gateway)

    def _namesakes(self, host: VirtualHost, parent: GatewayRef) -> list[VirtualGateway]:
        return self._named.get((host.ref.generation, parent.name), [])

    def _usable(self, host: VirtualHost) -> bool:
        """Whether there is anything to serve; a domain with a port is a fault of its own (4.2)."""
        if any(at.path[:2] in NAMING for at in self._spoiled.of(host.ref)) or sections(self._context, host).empty:
            return False
        return not any(":" in domain for domain in host.domains)

    def _missing(self, host: VirtualHost, parent: GatewayRef) -> Iterator[Problem]:
        """A gateway that does not exist; where nobody gave any, it may be somewhere else."""
        realm = self._context.realm(host.ref)
        given = host.ref.generation in self._generations or not realm.inventory.partial
        namesakes = self._namesakes(host, parent)
        elsewhere = [each for each in namesakes if each.ref.namespace == parent.namespace]
        if not given or elsewhere or not realm.gateways_read.covers(parent.namespace):
            return
        if not parent.name:
            yield Problem(CODE, f"this entry names no gateway, so none serves {domains(host)} by it", parent.origin)
            return
        implied = not self._context.written(parent.origin / "namespace")
        unknown = is_placeholder(self._context, host.ref, f"{parent.namespace}/{parent.name}")
        if unknown or (not (implied or namesakes) and self._may_be_outside(host, parent)):
            return
        why = " (without namespace, the table's own is meant)" if implied else ""
        said = (
            f"VirtualGateway {parent.namespace}/{parent.name} does not exist{why}, so it does not serve {domains(host)}"
        )
        others = tuple(Note("has the same name", Origin(each.ref)) for each in namesakes)
        fix = self._moved(host, parent, namesakes[0]) if len(namesakes) == 1 else None
        hint = self._names.nearest(parent.namespace, parent.name)
        yield Problem(CODE, said, parent.origin, hint=hint, related=others, fix=fix)

    def _may_be_outside(self, host: VirtualHost, parent: GatewayRef) -> bool:
        """Whether a gateway may be in files that were not given: there is none of its namespace (DEC-27)."""
        place = host.ref.generation, parent.namespace
        return self._context.realm(host.ref).inventory.partial and place not in self._places

    def _moved(self, host: VirtualHost, parent: GatewayRef, gateway: VirtualGateway) -> Fix | None:
        """The only gateway of that name meant instead, if it then serves the host."""
        served = self._after.get((gateway.ref, host.ref))
        if not served:
            return None
        before = self._context.written(parent.origin / "namespace")
        edit = Edit(parent.origin / "namespace", None if before is None else str(before), gateway.ref.namespace)
        text = f"namespace {gateway.ref.namespace}: {gateway.ref} then serves {several(served)}"
        return Fix(text, (edit,), verified=True)

    @cached_property
    def _after(self) -> dict[tuple[ObjectRef, ObjectRef], tuple[str, ...]]:
        """What every gateway would serve of every host if each named the only gateway of that name.

        Resolved once for all of them: other hosts take nothing away, since routes of equal domains are merged.
        """
        changed = tuple(filter(None, map(self._renamed, self._context.declared.hosts)))
        found: defaultdict[tuple[ObjectRef, ObjectRef], dict[str, None]] = defaultdict(dict)
        for gateway in resolve(replace(self._context.declared, hosts=changed, tables=(), policies=())).gateways:
            for host in (each for listener in gateway.listeners for each in listener.entries):
                for root in host.roots:
                    found[gateway.ref, root.ref].update(dict.fromkeys(host.domains))
        return {key: tuple(names) for key, names in found.items()}

    def _renamed(self, host: VirtualHost) -> VirtualHost | None:
        """A host that names only gateways that exist, with one rule in place of its own; None if it does so already."""
        others = [self._namesakes(host, each) for each in host.parents]
        moved = tuple(
            replace(parent, namespace=found[0].ref.namespace, cluster="")
            for parent, found in zip(host.parents, others, strict=True)
            if len(found) == 1 and not means(parent, found[0].ref)
        )
        rule = RouteRule(host.origin, "", "[0]", (EVERYTHING,), DirectResponse(404))
        return replace(host, parents=moved, rules=(rule,)) if moved and host.rules else None

    def _refused(self, host: VirtualHost, parent: GatewayRef, gateway: VirtualGateway) -> Iterator[Problem]:
        """A gateway that does not see the host, or that does not admit it."""
        tenancy, carries = self._context.tenancy(host.ref), sections(self._context, host)
        if not self._known(host.ref) or not self._known(gateway.ref):
            return
        viewer = tenancy.owner(gateway.ref)
        if viewer is None or tenancy.owner(host.ref) is None:
            return  # an object of no workspace is a fault of its own
        if not tenancy.sees(viewer, host.ref, host.labels, Shared.ROUTE_TABLE):
            why = tenancy.why_hidden(viewer, host.ref, host.labels, Shared.ROUTE_TABLE)
            related = self._unshared(host, gateway, viewer)
            yield Problem(CODE, f"{gateway.ref} does not see this table: {why}", parent.origin, related=related)
        elif gateway.ref in self._resolved or not admits(gateway, host, carries, tenancy):
            why, related = self._refusals(gateway, carries)
            said = f"{gateway.ref} admits none of the hosts {domains(host)}: {why}"
            yield Problem(CODE, said, parent.origin, related=related)

    def _refusals(self, gateway: VirtualGateway, carries: Sections) -> tuple[str, tuple[Note, ...]]:
        """What the listeners of a gateway want, in words, and where they say so."""
        if (gateway.ref, carries) not in self._told:
            refused = list(refusals(gateway, carries))
            self._told[gateway.ref, carries] = (summed_up(refused) or "it has no listeners", notes(refused))
        return self._told[gateway.ref, carries]

    def _unshared(self, host: VirtualHost, gateway: VirtualGateway, viewer: str) -> tuple[Note, ...]:
        """The settings that should export a host's table, or import it, and do not."""
        sharing = self._context.once(sharing_by_generation)[host.ref.generation]
        owner = self._context.tenancy(host.ref).owner(host.ref) or IMPLICIT
        found = []
        if not sharing.exports(owner, viewer, host.ref, host.labels):
            at = sharing.place(self._context, owner, EXPORTS, gateway.ref)
            found.append(Note(f"workspace {owner} does not export it to {viewer}", at))
        if not sharing.imports(viewer, owner, host.ref, host.labels):
            at = sharing.place(self._context, viewer, IMPORTS, gateway.ref)
            found.append(Note(f"workspace {viewer} does not import it from {owner}", at))
        return tuple(found)

    def _known(self, ref: ObjectRef) -> bool:
        """Whether it is certain who owns an object; everybody sees it where there are no workspaces (DEC-24)."""
        members = self._members.get(ref.generation)
        return members is None or (ref.generation in self._known_generations and members.certain(ref))


def domains(host: VirtualHost) -> str:
    """The first domains of a host, in words."""
    return several(host.domains)
