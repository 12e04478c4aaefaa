"""Rules, their actions and options in the first generation (`spec/v1beta1.md` 5 to 7)."""

from __future__ import annotations

from typing import Any

from kubectl_gmg.api.common import (
    PATH_KINDS,
    PORTS,
    UINT32,
    header_match,
    note_bad_status,
    note_long_body,
    number_in,
    path_match,
    query_parameter_match,
    redirect_status,
)
from kubectl_gmg.api.field import TEXT, Field
from kubectl_gmg.api.v1beta1_options import note_options
from kubectl_gmg.api.v1beta1_selectors import object_selector, table_ref
from kubectl_gmg.model.action import (
    NO_OPTIONS,
    Action,
    Delegate,
    Destination,
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    Invalid,
    Options,
    Redirect,
    SortMethod,
)
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import EVERYTHING, PathKind, PathMatch, RouteMatch, distinct
from kubectl_gmg.model.origin import Sourced

POLICY_FIELDS = (
    "trafficShift",
    "faultInjection",
    "requestTimeout",
    "retries",
    "corsPolicy",
    "mirror",
    "headerManipulation",
    "outlierDetection",
    "mtls",
    "csrf",
    "rateLimit",
    "extauth",
)
NOT_ON_ROUTES = ("trafficShift", "outlierDetection")
NEVER_OPTIONS = ("trafficShift", "outlierDetection", "mtls")


def route_rule(field: Field, segment: str, namespace: str) -> RouteRule:
    """Section 5. A rule that the product cannot use gets the action `Invalid` (8.7)."""
    matchers = field.items_of("matchers")
    before = field.count("GMG304")
    read = tuple(map(route_match, matchers))
    matches = tuple([match for match in read if match is not None])
    actions = field.named(*ACTIONS)
    codes = ["GMG304"] if field.count("GMG304") > before else []
    if matchers and not matches:
        codes.append("GMG307")
    return RouteRule(
        origin=field.origin,
        name=field.text_of("name"),
        segment=segment,
        matches=matches or (EVERYTHING,),
        action=usable(rule_action(field, actions, namespace), codes, matches, field),
        options=rule_options(field),
        labels=field.pairs_of("labels"),
        action_field=actions[0] if actions else "",
        kept=kept_places(read) if len(matches) < len(read) else (),
    )


def kept_places(read: tuple[RouteMatch | None, ...]) -> tuple[int, ...]:
    """The places of the matchers that are not dropped."""
    return tuple(place for place, match in enumerate(read) if match is not None)


def usable(action: Action, codes: list[str], matches: tuple[RouteMatch, ...], field: Field) -> Action:
    """The action, or why it cannot be used; a delegating rule must match by prefix, each of its matchers (5.5)."""
    if isinstance(action, Delegate) and not (
        len(matches) == len(field.items_of("matchers")) and all(map(is_prefix, matches))
    ):
        note_not_prefix(field)
        codes.append("GMG207")
    if not codes:
        return action
    known = action.codes if isinstance(action, Invalid) else ()
    written = action.written if isinstance(action, Invalid) else action
    return Invalid((*codes, *known), written if isinstance(written, FinalAction) else None)


def note_not_prefix(field: Field) -> None:
    """That a delegating rule tests the end of the path, and how; asked of raw values, which were read elsewhere."""
    raw = (matcher.value for matcher in field.items_of("matchers"))
    uris = [each["uri"] for each in raw if isinstance(each, dict) and isinstance(each.get("uri"), dict)]
    kinds = ("exact", "regex", "suffix")
    tests = [f"{kind} {uri[kind]}" for uri in uris for kind in kinds if uri.get(kind) is not None]
    text = f"a delegating rule must match by prefix, not by {' and '.join(tests)}; it yields no routes"
    field["matchers"].problem("GMG207", text)


def is_prefix(match: RouteMatch) -> bool:
    """Whether a match leaves room for what follows its path."""
    return match.path is None or match.path.kind is PathKind.PREFIX


def route_match(matcher: Field) -> RouteMatch | None:
    """One alternative of a rule (5.1); None for one that tests the end of the path, which is dropped (D-18)."""
    return plain_match(matcher.value) or judged_match(matcher)


def plain_match(written: Any) -> RouteMatch | None:
    """An exact path or a prefix, and nothing else: so plain that no cursor is needed. None for any other alternative.

    Most are, so that this halves the time of all; whatever may be wrong is left to `judged_match`.
    """
    uri = written.get("uri") if type(written) is dict and len(written) == 1 else None
    if type(uri) is not dict or len(uri) != 1:
        return None
    ((name, text),) = uri.items()
    kind = PATH_KINDS.get(name)
    return RouteMatch(PathMatch(kind, text)) if kind and type(text) is str and text else None


def judged_match(matcher: Field) -> RouteMatch | None:
    """Any alternative, with what is wrong with it noted."""
    matcher.text_of("name")
    uri = matcher["uri"]
    match = RouteMatch(
        path=path_match(uri),
        method=matcher.text_of("method"),
        headers=distinct(map(header_match, matcher.items_of("headers"))),
        query_parameters=distinct(map(query_parameter_match, matcher.items_of("queryParameters"))),
    )
    if match.path is None and uri["suffix"].present:
        ending = uri.text_of("suffix")
        uri["suffix"].problem("GMG307", f"suffix {ending} is not supported: the matcher is dropped")
        return None
    return match


def rule_action(field: Field, written: tuple[str, ...], namespace: str) -> Action:
    """The one action of a rule among those that are `written` (5.2 to 5.5)."""
    if not written:
        field.problem("GMG401", f"the rule has no action, so it is left out: it needs one of {', '.join(ACTIONS)}")
        return Invalid(("GMG401",))
    if len(written) > 1:
        said = f"the rule sets {' and '.join(written)}; only one action may be set, so the rule is left out"
        field.problem("GMG004", said)
        for name in written:
            ACTIONS[name](field[name], namespace)
        return Invalid(("GMG004",))
    return ACTIONS[written[0]](field[written[0]], namespace)


def forward_to(action: Field, _namespace: str) -> Action:
    """Section 5.2."""
    forward = ForwardTo(
        destinations=tuple(map(destination, action.items_of("destinations"))),
        path_rewrite=action.text_of("pathRewrite"),
    )
    note_weights(action, forward)
    if forward.destinations:
        return forward
    action.problem("GMG410", "the rule forwards but names no destination, so it is left out")
    return Invalid(("GMG410",), forward)


def note_weights(action: Field, forward: ForwardTo) -> None:
    """Weights are shares of their sum, whatever that is; one that is not 100 was hardly meant (D-9)."""
    if len(forward.destinations) < 2:
        return
    total = sum(each.weight or 0 for each in forward.destinations)
    if total not in (0, ALL):
        text = f"the weights add up to {total}, not to {ALL}, so each counts as a share of {total}"
        action["destinations"].problem("GMG416", text)


def destination(entry: Field) -> Destination:
    """Section 6."""
    return plain_destination(entry) or judged_destination(entry)


def plain_destination(entry: Field) -> Destination | None:
    """A Service with all that names one, as it should be: needs no further cursor. None for any other destination."""
    written = entry.value
    service = written.get("kubeService") if type(written) is dict and len(written) == 1 else None
    if type(service) is not dict or not SERVICE_FIELDS.issuperset(service):
        return None
    name, namespace, cluster, port, subset = map(service.get, ("name", "namespace", "clusterName", "port", "subset"))
    if not (type(name) is type(namespace) is type(cluster) is str and type(port) is int and port in PORTS):
        return None
    if subset is not None and not (type(subset) is dict and TEXT.issuperset(map(type, subset.values()))):
        return None
    labels = tuple(sorted(subset.items())) if subset else ()
    return Destination(entry.origin, DestinationKind.SERVICE, name, namespace, cluster, port, subset=labels)


def judged_destination(entry: Field) -> Destination:
    """Any destination, with what is wrong with it noted."""
    note_destination_options(entry)
    weight = number_in(entry, "weight", UINT32)
    kind = entry.one_of(*KINDS_OF_DESTINATION)
    if kind is None:
        entry.problem("GMG410", f"the destination names nothing: it needs one of {', '.join(KINDS_OF_DESTINATION)}")
    if kind == "clusterHeader":
        name = entry[kind].text()
        return Destination(entry.origin, DestinationKind.CLUSTER_HEADER, name, weight=weight)
    target = entry[kind or "kubeService"]
    return Destination(
        origin=entry.origin,
        kind=DESTINATIONS[kind or "kubeService"],
        name=target.text_of("name"),
        namespace=target.text_of("namespace"),
        cluster=target.text_of("clusterName") if kind == "kubeService" else "",
        port=port_of(target) if kind == "kubeService" else None,
        subset=target.pairs_of("subset") if kind in ("kubeService", "virtualDestination") else (),
        weight=weight,
    )


def note_destination_options(entry: Field) -> None:
    """What is set for one destination only; routing does not interpret it."""
    if "options" in entry:
        note_options(entry["options"], entry["options"].named("headerManipulation"))
        entry["options"].opaque()


def port_of(service: Field) -> int | None:
    """The port of a Service; 0 is what an absent one looks like on the wire (1.1 rule 1)."""
    port = service.integer_of("port")
    return port if not port or port in PORTS else number_in(service, "port", PORTS)


def redirect(action: Field, _namespace: str) -> Action:
    """Section 5.3."""
    action.one_of("pathRedirect", "prefixRewrite")
    status = redirect_status(action)
    written = Redirect(
        status=status or 301,
        scheme="https" if action.boolean_of("httpsRedirect") else "",
        host=action.text_of("hostRedirect"),
        path=action.text_of("pathRedirect"),
        prefix=action.text_of("prefixRewrite"),
        strip_query=action.boolean_of("stripQuery"),
    )
    return written if status else Invalid(("GMG003",))


def direct_response(action: Field, _namespace: str) -> Action:
    """Section 5.4."""
    status = action["status"].integer(0) or 0
    written = DirectResponse(status, action.text_of("body"))
    note_long_body(action)
    if 200 <= status <= 599:
        return written
    note_bad_status(action)
    return Invalid(("GMG402",), written)


def delegate(action: Field, namespace: str) -> Action:
    """Section 5.5."""
    selector = action["selector"]
    sort = action["sortMethod"].choice(SortMethod, SortMethod.TABLE_WEIGHT)
    delegated = Delegate(
        entries=(
            *map(table_ref, action.items_of("refs")),
            *((object_selector(selector, namespace),) if selector.present else ()),
        ),
        sort=sort or SortMethod.TABLE_WEIGHT,
    )
    return delegated if sort else Invalid(("GMG003",))


ACTIONS = {
    "routeAction": forward_to,
    "redirectAction": redirect,
    "directResponseAction": direct_response,
    "delegateAction": delegate,
}
SERVICE_FIELDS = frozenset({"name", "namespace", "clusterName", "port", "subset"})
KINDS_OF_DESTINATION = ("kubeService", "virtualDestination", "staticDestination", "clusterHeader")
ALL = 100
"""What the weights of a rule are meant to add up to."""
DESTINATIONS = {
    "kubeService": DestinationKind.SERVICE,
    "virtualDestination": DestinationKind.VIRTUAL_DESTINATION,
    "staticDestination": DestinationKind.STATIC,
}


def rule_options(rule: Field) -> Options:
    """The options of a rule; those that have no effect on a route are noted (7, ROUTE-OPTION-LEVEL)."""
    if "options" not in rule:
        return NO_OPTIONS
    options = rule["options"]
    for name in options.named(*NOT_ON_ROUTES):
        options[name].problem("GMG501", f"{name} has no effect on a route: it is for a TrafficPolicy on destinations")
    return policy_options(options)


def policy_options(policy: Field) -> Options:
    """Every field of a Policy that becomes an option of a route, as it is written (section 7, D-32 rule 6)."""
    named = policy.named(*POLICY_FIELDS)
    fields = [policy[name] for name in named if name not in NEVER_OPTIONS]
    found = Options(tuple([(str(field.name), Sourced(field.opaque(), field.origin)) for field in fields]))
    note_options(policy, named)
    return found
