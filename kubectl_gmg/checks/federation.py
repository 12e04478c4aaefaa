"""Which Services a gateway reaches beyond its own mesh or cluster (`spec/v1beta1.md` 11.4, `spec/v2.md` 12.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.action import Destination
from kubectl_gmg.model.declared import Listener, Realm
from kubectl_gmg.model.finding import Note
from kubectl_gmg.model.inventory import Inventory, MeshName, Service, VirtualMesh
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.resolve.destination import service_of
from kubectl_gmg.resolve.federation import FederatedServices, Lack, Refusal
from kubectl_gmg.resolve.services import gateway_services
from kubectl_gmg.resolve.tenancy import Tenancy


@dataclass(frozen=True, slots=True)
class NotReached:
    """Why a gateway does not reach a Service, and the place that would have to allow it."""

    message: str
    note: Note | None = None


class Federation:
    """What is federated in one realm; silent about whatever was not read."""

    def __init__(self, realm: Realm, tenancy: Tenancy) -> None:
        self._inventory = realm.inventory
        self._federated = FederatedServices(realm, tenancy)
        self._joined: dict[tuple[MeshName, MeshName], tuple[VirtualMesh, ...] | None] = {}
        self._listeners: dict[int, tuple[MeshName, ...]] = {}
        self._found: dict[tuple[int, int, int], tuple[NotReached, ...]] = {}
        self._alone = mesh_by_cluster(self._inventory)

    def refusals(self, gateway: Gateway, listener: Listener, destination: Destination) -> tuple[NotReached, ...]:
        """Every reason for which a Service is not reached from a gateway, from one mesh or cluster of it each."""
        service = service_of(destination, self._inventory)
        if service is None:
            return ()
        key = id(gateway), id(listener), id(service)
        if key not in self._found:
            self._found[key] = tuple(self._from_meshes(gateway, listener, service))
        return (*self._found[key], *self._from_clusters(gateway, destination))

    def _from_meshes(self, gateway: Gateway, listener: Listener, service: Service) -> Iterator[NotReached]:
        for mesh in self._meshes_of(listener):
            yield from self._from_mesh(mesh, gateway, service)

    def _meshes_of(self, listener: Listener) -> tuple[MeshName, ...]:
        """The meshes of the Services that a listener stands on."""
        if id(listener) not in self._listeners:
            services = gateway_services(listener, self._inventory) or ()
            found = {name for each in services if (name := self._mesh_of(each)) is not None}
            self._listeners[id(listener)] = tuple(sorted(found))
        return self._listeners[id(listener)]

    def _mesh_of(self, service: Service) -> MeshName | None:
        return service.mesh or self._alone.get(service.cluster)

    def _from_mesh(self, mesh: MeshName, gateway: Gateway, service: Service) -> Iterator[NotReached]:
        """First whether both meshes are joined, then whether the Service is federated (11.4, D-24)."""
        other = self._mesh_of(service)
        if other is None or other == mesh:
            return
        joined = self._joining(mesh, other)
        if joined is None:
            return
        named = service_words(service)
        said = f"{named} is in mesh {path_of(other)}, and {gateway.ref} in mesh {path_of(mesh)}"
        if not joined:
            yield NotReached(f"{said}, but no VirtualMesh has both")
        elif not any(each.federates for each in joined):
            at = Origin(joined[0].ref, ("spec",))
            name = path_of((joined[0].ref.namespace, joined[0].ref.name))
            yield NotReached(
                f"{said}, but VirtualMesh {name} joins them without federation", Note("joins the meshes", at)
            )
        elif service.federated_to is not None and mesh not in service.federated_to:
            at = Origin(service.ref, ("status",))
            yield NotReached(
                f"{said}, to which the Service is not federated", Note("says where it is federated to", at)
            )

    def _joining(self, one: MeshName, other: MeshName) -> tuple[VirtualMesh, ...] | None:
        """The VirtualMeshes that have both meshes; None where that cannot be known."""
        pair = min(one, other), max(one, other)
        if pair not in self._joined:
            self._joined[pair] = self._find_joining(*pair)
        return self._joined[pair]

    def _find_joining(self, one: MeshName, other: MeshName) -> tuple[VirtualMesh, ...] | None:
        inventory = self._inventory
        first, second = inventory.mesh(one), inventory.mesh(other)
        if first is None or second is None or not inventory.virtual_meshes_read:
            return None
        listing = tuple(each for each in inventory.virtual_meshes if {one, other} <= set(each.meshes))
        applied = first.virtual_mesh if first.virtual_mesh == second.virtual_mesh else None
        if listing or applied is None:
            return listing
        named = (each for each in inventory.virtual_meshes if (each.ref.namespace, each.ref.name) == applied)
        return tuple(named) or None

    def _from_clusters(self, gateway: Gateway, destination: Destination) -> Iterator[NotReached]:
        """Whether a workspace federates a Service of another cluster (12.4 rule 3): the resolver decides that."""
        refusal = self._federated.refusal(gateway.clusters, destination)
        if refusal is None:
            return
        clusters = " and ".join(sorted(gateway.clusters))
        said = f"{gateway.ref} runs in cluster {clusters}, and {lack_words(refusal, destination)}"
        settings = refusal.settings
        if settings is None:
            yield NotReached(said)
        elif refusal.lack is Lack.ENABLED or settings.federation is None:
            yield NotReached(said, Note("does not enable federation", Origin(settings.ref)))
        else:
            yield NotReached(said, Note("limits federation", settings.federation.origin / refusal.lack.value))


def lack_words(refusal: Refusal, destination: Destination) -> str:
    """What a workspace does not federate."""
    named, workspace = service_words(refusal.service), refusal.workspace
    if refusal.lack is Lack.PORT:
        port = destination.port or destination.port_name
        return f"workspace {workspace} does not federate {f'port {port}' if port else 'the port'} of {named}"
    selected = " with its serviceSelector" if refusal.lack is Lack.SERVICE else ""
    return f"workspace {workspace} does not federate {named}{selected}"


def mesh_by_cluster(inventory: Inventory) -> dict[str, MeshName]:
    """The mesh of each cluster that has only one."""
    found: dict[str, list[MeshName]] = {}
    for each in inventory.meshes:
        found.setdefault(each.cluster, []).append(each.name)
    return {cluster: names[0] for cluster, names in found.items() if cluster and len(names) == 1}


def path_of(name: MeshName) -> str:
    """A mesh as messages call it."""
    return "/".join(name)
