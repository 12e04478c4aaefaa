"""Routes and the delegation tree (`spec/cli.md` 6.2, 6.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kubectl_gmg.model.value import individual

if TYPE_CHECKING:  # only annotations name the model, so that what prints no routes need not import it
    from kubectl_gmg.model.action import FinalAction, ResolvedDestination
    from kubectl_gmg.model.declared import RouteRule
    from kubectl_gmg.model.match import RouteMatch
    from kubectl_gmg.model.origin import ObjectRef, Origin
    from kubectl_gmg.model.request import Request
    from kubectl_gmg.model.resolved import Gateway, Host, PolicyUse, Reason, ResolvedListener, Route, Via
    from kubectl_gmg.model.verdict import Proof
    from kubectl_gmg.views.about import About


@dataclass(frozen=True, slots=True)
class Shadow:
    """An earlier route that answers some requests of a later one, and such a request."""

    id: str
    index: int
    request: Request


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether any request gets to a route, and who takes which of them (`spec/cli.md` 6.2).

    A `proof` says that none does: `by` are the ids of the routes that take them all, `request` is one that reads as if
    it were for this route. `partly` says that some earlier route takes some; `shadowed_by` are these, `omitted` how
    many more may be. Where `decided` is false the work budget ended first.
    """

    proof: Proof | None = None
    by: tuple[str, ...] = ()
    request: Request | None = None
    witness: Request | None = None
    decided: bool = True
    partly: bool = False
    shadowed_by: tuple[Shadow, ...] = ()
    omitted: int = 0


@individual
class RouteRow:
    """One route of one host on one listener; a `reach` of None was not worked out."""

    gateway: Gateway
    listener: ResolvedListener
    host: Host
    route: Route
    id: str
    key: str
    destinations: tuple[ResolvedDestination, ...] = ()
    reach: Reach | None = None

    @property
    def rule(self) -> RouteRule:
        """The rule that the route is made from."""
        return self.route.terminal.rules[-1]

    @property
    def policies(self) -> tuple[PolicyUse, ...]:
        """The policies that reach the route: those of its own, then those of its listener."""
        return (*self.route.terminal.policies, *self.listener.policies)


@dataclass(frozen=True, slots=True, eq=False)
class RouteList:
    """Routes in the order of `spec/cli.md` 5.2; `hosts` are those reported on, also ones without routes."""

    about: About
    rows: tuple[RouteRow, ...]
    hosts: tuple[tuple[Gateway, ResolvedListener, Host], ...] = ()

    negative = False


@dataclass(frozen=True, slots=True, eq=False)
class TreeNode:
    """One line of the delegation tree (`spec/cli.md` 6.5); what does not belong to its `type` stays empty."""

    type: str
    label: str
    order: int = 1
    children: tuple[TreeNode, ...] = ()
    ref: ObjectRef | None = None
    origin: Origin | None = None
    listeners: tuple[ResolvedListener, ...] = ()
    roots: tuple[ObjectRef, ...] = ()
    domains: tuple[str, ...] = ()
    matches: tuple[RouteMatch, ...] = ()
    action: FinalAction | None = None
    destinations: tuple[ResolvedDestination, ...] = ()
    sort: str | None = None
    weight: int | None = None
    via: Via | None = None
    id: str | None = None
    index: int | None = None
    reason: Reason | None = None
    findings: tuple[str, ...] = ()
    note: str = ""
    rule: RouteRule | None = None
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """The delegation trees: gateways, then hosts that nobody serves, then tables that nobody reaches."""

    about: About
    roots: tuple[TreeNode, ...]

    negative = False
