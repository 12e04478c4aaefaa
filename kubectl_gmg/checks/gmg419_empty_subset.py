"""A destination's subset that no pod belongs to.

The subset of a destination picks the pods with all of its labels. Here the Service has pods, but none with these: the
proxy has nothing to send the requests to and answers 503. A version that is not deployed any more, or not yet, and a
misspelt value are the usual causes; pods that are scaled to zero just now look the same.

Example:
    destinations: [{kubeService: {name: reviews, ..., subset: {version: v4}}}]   # the pods have version v1 and v2

Fix:
    Correct the labels of the subset, or deploy pods that carry them (kubectl get pods --show-labels).

Source:
    `spec/v1beta1.md` 6 (rule 8), 11.1 and D-10; `spec/v2.md` 2.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.wording import several
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.forwarded_services import SUBSET, field_of, forwarded, seen_service
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.words import service_words
from kubectl_gmg.model.action import Destination
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.inventory import Service
from kubectl_gmg.resolve.subsets import Keys, Subsets


@check("GMG419", v1beta1=WARNING, v2=WARNING, rows=("DEST-SUBSET",), needs=("Pod",))
def empty_subset(context: CheckContext) -> Iterator[Problem]:
    """Subsets whose labels no pod carries."""
    judges: dict[int, Subsets] = {}
    sound: set[tuple[object, ...]] = set()  # many routes go to one subset
    for destination, inventory in forwarded(context):
        wanted = (destination.namespace, destination.name, destination.cluster, destination.subset)
        key = (id(inventory), context.tenancy(destination.origin.ref).owner(destination.origin.ref), *wanted)
        if not destination.subset or key in sound or (service := seen_service(context, destination, inventory)) is None:
            continue
        if id(inventory) not in judges:
            judges[id(inventory)] = Subsets(inventory)
        judge = judges[id(inventory)]
        if keys := judge.lacking(service, destination.subset):
            yield problem(context, destination, service, keys, judge)
        else:
            sound.add(key)


def problem(context: CheckContext, destination: Destination, service: Service, keys: Keys, judge: Subsets) -> Problem:
    """What is said of an empty subset, at its only wrong label if there is one."""
    wanted = dict(destination.subset)
    at = field_of(context, destination, SUBSET)
    if len(keys) == 1 and at != destination.origin:
        at /= keys[0]
    labels = " and ".join(f"{key}={wanted[key]}" for key in keys)
    named = service_words(service if service.cluster else destination)
    together = " together" if len(keys) > 1 and seen_apart(keys, wanted, service, judge) else ""
    message = f"no pod of {named} carries {labels}{together}, so what is sent to this subset gets 503"
    return Problem("GMG419", message, at, hint=values_instead(keys, service, judge))


def seen_apart(keys: Keys, wanted: dict[str, str], service: Service, judge: Subsets) -> bool:
    """Whether each of some labels is on a pod, though never all of them on one."""
    known = {pair for labels in (judge.pods(service) or service.endpoint_labels) for pair in labels}
    return all((key, wanted[key]) in known for key in keys)


def values_instead(keys: Keys, service: Service, judge: Subsets) -> str:
    """The values that the pods have for the wrong label; empty where they do not have it."""
    found = set(dict(service.subsets).get(keys[0], ()))
    if pods := judge.pods(service) or service.endpoint_labels:
        found = {value for labels in pods for key, value in labels if key == keys[0]}
    return f"its pods have {keys[0]} {several(tuple(sorted(found)))}" if len(keys) == 1 and found else ""
