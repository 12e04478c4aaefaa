"""Whether any pod carries the labels of a subset (`spec/v1beta1.md` D-10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kubectl_gmg.model.inventory import Inventory, Labels, Pod, Service
from kubectl_gmg.model.snapshot import NOWHERE

Keys = tuple[str, ...]


class Subsets:
    """Asks what is known of the pods behind Services; every question is answered once."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._pods: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in inventory.pods:
            self._pods[pod.ref.namespace].append(pod)
        self._behind: dict[int, tuple[Labels, ...]] = {}
        self._answers: dict[tuple[int, Labels], Keys | None] = {}

    def lacking(self, service: Service, subset: Labels) -> Keys | None:
        """The labels that no pod carries, or not together; empty where some pod has them all, None where nobody knows.

        A Service without any pod is not judged: it may be scaled to nothing for now.
        """
        key = id(service), subset
        if key not in self._answers:
            self._answers[key] = self._judged(service, subset)
        return self._answers[key]

    def pods(self, service: Service) -> tuple[Labels, ...]:
        """The labels of each pod behind a Service, as far as pods of its cluster and namespace were read."""
        if id(service) not in self._behind:
            self._behind[id(service)] = tuple(self._selected(service))
        return self._behind[id(service)]

    def _judged(self, service: Service, subset: Labels) -> Keys | None:
        if pods := self.pods(service):
            return carried_by_none(subset, pods)
        if service.endpoint_labels and all(service.endpoint_labels):
            return carried_by_none(subset, service.endpoint_labels)
        seen = dict(service.subsets)
        lacking = tuple(key for key, value in subset if key in seen and value not in seen[key])
        if lacking:
            return lacking
        # Each label alone says nothing of several together, and a label that all pods share is not listed at all.
        return () if len(subset) == 1 and subset[0][0] in seen else None

    def _selected(self, service: Service) -> Iterable[Labels]:
        if not (service.pod_selector and self._read(service)):
            return ()
        wanted = set(service.pod_selector)
        near = (pod for pod in self._pods[service.namespace] if shares_cluster(pod, service))
        return (pod.labels for pod in near if wanted <= set(pod.labels))

    def _read(self, service: Service) -> bool:
        """Whether the pods behind a Service were read: in files with one cluster, whatever it is called."""
        extents = self._inventory.pod_extents
        if extents.get(service.cluster, NOWHERE).covers(service.namespace):
            return True
        alone = self._inventory.partial and len(self._inventory.clusters) < 2
        return alone and any(each.covers(service.namespace) for each in extents.values())


def shares_cluster(pod: Pod, service: Service) -> bool:
    """Whether both may be in one cluster; what does not say where it is may be anywhere (`spec/v2.md` DEC-25)."""
    return pod.ref.cluster == service.cluster or not (pod.ref.cluster and service.cluster)


def carried_by_none(subset: Labels, pods: Sequence[Labels]) -> Keys:
    """The labels of a subset that no pod has; all of them where each is there, but never together."""
    if any(set(subset) <= set(labels) for labels in pods):
        return ()
    known = {pair for labels in pods for pair in labels}
    return tuple(key for key, value in subset if (key, value) not in known) or tuple(key for key, _ in subset)
