"""What `--from` says: by which gateway a request comes in, or which workload sends it (`spec/cli.md` 2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_gmg.errors import UsageError
from kubectl_gmg.model.declared import Labels

GATEWAY, WORKLOAD = "gateway:", "workload:"
FORMS = "write --from workload:app=client,version=v1, or --from gateway:NAMESPACE/NAME"


@dataclass(frozen=True, slots=True)
class Entrance:
    """A gateway by its name, or the labels of a workload; neither where nothing is said."""

    gateway: str | None = None
    labels: Labels | None = None


def entrance(text: str | None, gateway: str | None, listener: str | None, sni: str | None) -> Entrance:
    """Where a request comes in, by `--from`, `--gateway` and what narrows it to a listener.

    Raises `UsageError` for what is none, or for flags that contradict each other.
    """
    if text is None:
        return Entrance(gateway)
    if text.startswith(GATEWAY) and text != GATEWAY:
        named = text.removeprefix(GATEWAY)
        if gateway not in (None, named):
            raise UsageError(f"--from names gateway {named}, but --gateway {gateway}", "give one of them")
        return Entrance(named)
    if not text.startswith(WORKLOAD):
        raise UsageError(f"--from {text} is neither a workload nor a gateway", FORMS)
    for flag, given in (("--gateway", gateway), ("--listener", listener), ("--sni", sni)):
        if given is not None:
            hint = f"leave out {flag}, or --from"
            raise UsageError(f"{flag} is about gateways, but --from names a workload within the mesh", hint)
    return Entrance(labels=labels_of(text.removeprefix(WORKLOAD)))


def labels_of(text: str) -> Labels:
    """Labels written `K=V,K=V`. Raises `UsageError` for anything else."""
    found: dict[str, str] = {}
    for pair in text.split(","):
        key, separator, value = (part.strip() for part in pair.partition("="))
        if not key or not separator:
            raise UsageError(f"--from workload:{text} does not name the labels of a workload", FORMS)
        if found.setdefault(key, value) != value:
            raise UsageError(f"--from workload:{text} gives the label {key} two values", "give one of them")
    return tuple(sorted(found.items()))
