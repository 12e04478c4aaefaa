"""Why things are what they are (`spec/cli.md` 6.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.model.finding import Edit
    from kubectl_gmg.model.origin import Origin
    from kubectl_gmg.views.about import About
    from kubectl_gmg.views.routes import RouteRow


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an explanation (`spec/cli.md` 6.6): who says what, with what outcome.

    `kind` is one of `written`, `joined`, `inherited`, `displaced`, `rank`, `tie`, `neighbour`, `rewritten`, `applied`,
    `lost`; `at` is the field that says so, `name` the name of the rule there; `other` names what it is compared with.
    """

    kind: str
    text: str
    at: Origin | None = None
    name: str = ""
    value: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one route; `before` and `after` are `#N`, `unreachable` or `absent`."""

    id: str
    match_index: int
    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """Some edits, and everything that they change, as resolving again has shown.

    `wins` says what the target gains, in words; it is empty for a change that somebody asked about.
    """

    edits: tuple[Edit, ...]
    effect: tuple[Effect, ...]
    verified: bool = True
    wins: str = ""


@dataclass(frozen=True, slots=True)
class Versus:
    """Why one of two routes stands first; both by their keys."""

    other: str
    first: str
    because: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Why one thing is what it is; `rows` are the routes that it leads to, the route itself for a route.

    `title` are lines for people that name the thing and what becomes of it.
    """

    target: str
    target_type: str
    key: str | None = None
    rows: tuple[RouteRow, ...] = ()
    title: tuple[str, ...] = ()
    match: tuple[Step, ...] = ()
    order: tuple[Step, ...] = ()
    options: tuple[Step, ...] = ()
    action: tuple[Step, ...] = ()
    policies: tuple[Step, ...] = ()
    not_simulated: tuple[str, ...] = ()
    versus: Versus | None = None
    what_if: Alternative | None = None
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The answers to "why?": one for each route that a target names, else one."""

    about: About
    items: tuple[Explained, ...]

    negative = False
