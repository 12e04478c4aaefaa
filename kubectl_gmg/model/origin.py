"""Names of places: which object, which field, who says so (`spec/cli.md` 6.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from kubectl_gmg.model.value import value

T = TypeVar("T")


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """Names one object; sorts by namespace, then name.

    `cluster` is `""` for the cluster of the context.
    """

    namespace: str
    name: str
    kind: str
    generation: str
    cluster: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@value
class Origin:
    """A field of an object: the answer to "who says so?"; the path leads to a value in the raw object."""

    ref: ObjectRef
    path: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> Origin:
        return Origin(self.ref, (*self.path, step))

    @property
    def field(self) -> str:
        """The path as people write it: `spec.routes[0].name`, counted from 0 as in the manifest."""
        text = ""
        for step in self.path:
            if isinstance(step, int):
                text += f"[{step}]"
            elif any(letter in step for letter in '.[]"'):
                text += f'["{step}"]'
            else:
                text += f".{step}" if text else step
        return text

    def __str__(self) -> str:
        return f"{self.ref} {self.field}".rstrip()


@value
class Sourced(Generic[T]):
    """A value, who says so, and the value it displaced."""

    value: T
    origin: Origin
    displaced: Sourced[T] | None = None

    def chain(self) -> tuple[Sourced[T], ...]:
        """The value and all it displaced, the nearest first."""
        found: list[Sourced[T]] = []
        link: Sourced[T] | None = self
        while link is not None:
            found.append(link)
            link = link.displaced
        return tuple(found)
