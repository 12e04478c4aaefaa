"""A destination that does not exist, or that its rule may not use.

The rule forwards to something that was not found although everything of its kind was read, or that belongs to another
workspace and is not both exported and imported. In the first generation the rule stays, and the proxy answers 503 to
what it should send there; a Service that is in no mesh counts as missing. In the second generation the whole rule
answers 500, or freezes its tree. A rule that calls a function of a cloud is left out where the allowedRoutes of a
listener, or of a delegating rule, do not let it.

Example:
    destinations: [{ref: {name: reviews, namespace: book-info}}]   # the namespace is called bookinfo

Fix:
    Correct the name, the namespace or the cluster, or export and import the destination between the workspaces.

Source:
    `spec/v1beta1.md` 6 (rule 2) and D-27, `spec/v2.md` 2.5, 2.8, 8.7, 12.4, DEC-22 and DEC-27.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.catalogue import exists_in
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.faulty_destinations import Found, Guesses, faulty, may_be_outside, may_be_placed, words
from kubectl_gmg.checks.outside import sharing_is_given
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.action import Delegate, Destination, DestinationKind
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.resolved import Status
from kubectl_gmg.resolve.destination import unregistered
from kubectl_gmg.resolve.faults import NOT_FOUND
from kubectl_gmg.resolve.functions import functions_of
from kubectl_gmg.views import RouteRow

TENANTS = ("Workspace", "WorkspaceSettings")
NEEDS = ("Service", "Destination", "VirtualDestination", "ExternalService", "CloudProvider", *TENANTS)
UNKNOWN_CLUSTER, VIRTUAL_NOT_FOUND = "GMG417", "GMG414"


@check(NOT_FOUND, v1beta1=ERROR, v2=ERROR, rows=("DEST-NOT-FOUND", "SEM-02"), needs=NEEDS)
def destination_not_found(context: CheckContext) -> Iterator[Problem]:
    """Destinations that nothing is found for, or that the workspace of the rule does not see."""
    guesses = Guesses()
    for found in context.once(faulty):
        if found.fault.code == NOT_FOUND and not told_elsewhere(found) and is_certain(context, found, guesses):
            yield problem(found, guesses)
    yield from functions_not_let(context)


def functions_not_let(context: CheckContext) -> Iterator[Problem]:
    """Functions that routes may not call by the filters of a listener or of a rule above (2.8), each once."""
    told: set[Origin] = set()
    for row in context.rows:
        route = row.route
        if route.status is not Status.INVALID or NOT_FOUND not in route.terminal.because:
            continue
        for called in functions_of(route):
            if called.origin not in told:
                told.add(called.origin)
                yield not_let(row, called)


def not_let(row: RouteRow, called: Destination) -> Problem:
    """What is said of a function, with the filters on the way to it."""
    above = [
        rule for rule in row.route.terminal.rules[:-1] if isinstance(rule.action, Delegate) and rule.action.allowed
    ]
    places = [rule.origin / "delegate" / "allowedRoutes" for rule in above]
    places += [entry.origin / "allowedRoutes" for entry in row.listener.declared.allows if entry.functions]
    notes = tuple(Note("limits what may be called", place) for place in places)
    named = f"function {called.name} of CloudProvider {called.namespace}/{called.provider}"
    message = f"allowedRoutes do not let a route call {named}, so the product leaves the route out"
    hint = "let it in allowedRoutes, or call a function that they let"
    return Problem(NOT_FOUND, message, called.origin, related=notes, hint=hint)


def is_certain(context: CheckContext, found: Found, guesses: Guesses) -> bool:
    """Whether what hides a destination was given, or what it would be among if it were there, or was mistaken for."""
    if found.fault.named is None:
        known = not may_be_outside(found) or bool(guesses.hint(found))
        return known and not may_be_placed(context, found)
    return sharing_is_given(context, found.fault.named.ref) and context.lacking.isdisjoint(TENANTS)


def told_elsewhere(found: Found) -> bool:
    """Whether another finding says what is wrong: the cluster is unknown, or virtual destinations have their own."""
    wanted = found.destination
    if found.fault.named is not None:
        return False
    if wanted.kind is DestinationKind.VIRTUAL_DESTINATION:
        return exists_in(VIRTUAL_NOT_FOUND, wanted.origin.ref.generation)
    return unregistered(wanted, found.inventory) and exists_in(UNKNOWN_CLUSTER, wanted.origin.ref.generation)


def problem(found: Found, guesses: Guesses) -> Problem:
    """What is said of a destination that is missing, or hidden."""
    fault, named = found.fault, words(found.destination)
    if fault.named is None:
        message = f"{named} {absence(found)}{found.consequence}"
        return Problem(NOT_FOUND, message, found.destination.origin, hint=guesses.hint(found))
    message = f"workspace {found.viewer} may not use {named}: {fault.hidden_by}"
    hint = f"list it under exportTo in the settings of its workspace, and under importFrom in those of {found.viewer}"
    return Problem(NOT_FOUND, message, found.destination.origin, hint=hint)


def absence(found: Found) -> str:
    """That something is not there; what was discovered for a mesh lacks what is in none."""
    discovered = any(each.ref.kind != "Service" for each in found.inventory.services[:1])
    is_service = found.destination.kind is DestinationKind.SERVICE
    return "does not exist, or is in no mesh" if discovered and is_service else "does not exist"
