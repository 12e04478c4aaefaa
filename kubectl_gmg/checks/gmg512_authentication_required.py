"""A route demands authentication, and no policy brings any.

The label `gateway.gloo.solo.io/require_auth: "true"` on a route, its table or anything above makes the product refuse
the route as long as no authentication policy selects it, if the installation denies HTTP requests by default
(`gatewayDefaultDenyAllHTTPRequests`). Whether it does cannot be seen here, so this is a hint only.

Example:
    kind: RouteTable
    metadata: {name: shop, labels: {gateway.gloo.solo.io/require_auth: "true"}}
    # and no ExtAuthPolicy or JWTPolicy that selects its routes

Fix:
    Let an ExtAuthPolicy or a JWTPolicy select the routes, or take the label away.

Source:
    `spec/v2.md` 4.5: what the label does; 11.1: what selects routes.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Status, Terminal
from kubectl_gmg.views import RouteRow

LABEL, DEMANDED = "gateway.gloo.solo.io/require_auth", "true"
AUTHENTICATION = ("ExtAuthPolicy", "JWTPolicy")


@check("GMG512", v2=INFO, rows=("v2 4.5",), needs=AUTHENTICATION)
def authentication_required(context: CheckContext) -> Iterable[Problem]:
    """One finding for each place of the label, with the routes that have it from there and no policy."""
    found: dict[Origin, dict[str, None]] = {}
    for row in context.rows if decidable(context) else ():
        leaf = row.route.terminal
        if leaf.labels and leaf.status is Status.OK and (at := demanded(leaf)) is not None and is_open(row):
            found.setdefault(at, {}).setdefault(row.id)
    for at, ids in found.items():
        first = next(iter(ids))
        what = f"route {first} demands" if len(ids) == 1 else f"{len(ids)} routes, such as {first}, demand"
        yield Problem("GMG512", f"{what} authentication, but no {' or '.join(AUTHENTICATION)} selects it", at)


def demanded(leaf: Terminal) -> Origin | None:
    """Where the label stands that demands authentication; None if there is none."""
    value = dict(leaf.labels).get(LABEL)
    return value.origin if value is not None and value.value == DEMANDED else None


def is_open(row: RouteRow) -> bool:
    """Whether no policy of that sort selects a route or a destination of it, as far as known."""
    return not any(use.ref.kind in AUTHENTICATION for use in row.policies)


def decidable(context: CheckContext) -> bool:
    """Whether these policies were read; files that hold none of them say nothing about others (`spec/v2.md` DEC-27)."""
    if not context.lacking.isdisjoint(AUTHENTICATION):
        return False
    given = any(each.ref.kind in AUTHENTICATION for each in context.snapshot.objects)
    return given or not any(realm.inventory.partial for _, realm in context.declared.realms)
