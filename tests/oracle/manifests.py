"""Objects as people write them, for the judges that make worlds of a seed."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def manifest(group: str, kind: str, name: str, namespace: str, spec: Json, **metadata: Any) -> Json:
    """An object; `group` is its `apiVersion`."""
    return {
        "apiVersion": group,
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
    }
