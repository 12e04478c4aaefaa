"""Rules and their actions in the second generation (`spec/v2.md` 4.5, 5 and 7)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kubectl_gmg.api.common import (
    header_match,
    note_bad_status,
    note_long_body,
    path_match,
    pattern,
    query_parameter_match,
    redirect_status,
)
from kubectl_gmg.api.field import Field
from kubectl_gmg.api.v2_selectors import all_known, function_filters, object_reference, object_selector, port_selector
from kubectl_gmg.model.action import (
    Action,
    Delegate,
    Destination,
    DestinationKind,
    DirectResponse,
    FinalAction,
    ForwardTo,
    GraphQL,
    Invalid,
    Redirect,
    RegexRewrite,
    SortMethod,
)
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.match import EVERYTHING, RouteMatch, distinct
from kubectl_gmg.model.origin import ObjectRef

BREAKING = ("GMG003", "GMG004", "GMG304", "GMG401", "GMG402", "GMG410", "GMG423", "GMG424")
"""What makes a rule misconfigured (8.7) if it is noted while its action is read."""

ALL = 100
"""What the weights of a rule fill."""
MOST_DESTINATIONS = 100
MOST_ROUTES = 10_000
HIGHEST_PORT = 65_535


class Referred(StrEnum):
    """What a destination may be."""

    SERVICE = "SERVICE"
    VIRTUAL_DESTINATION = "VIRTUAL_DESTINATION"
    EXTERNAL_SERVICE = "EXTERNAL_SERVICE"


class RequestTransformation(StrEnum):
    """Whether a function gets the request as its kind wants it."""

    REQUEST_DEFAULT = "REQUEST_DEFAULT"
    REQUEST_DISABLE = "REQUEST_DISABLE"


class ResponseTransformation(StrEnum):
    """Whether the answer of a function is made a response."""

    RESPONSE_DEFAULT = "RESPONSE_DEFAULT"
    RESPONSE_DISABLE = "RESPONSE_DISABLE"


class InvocationStyle(StrEnum):
    """Whether the answer of a function is waited for."""

    SYNC = "SYNC"
    ASYNC = "ASYNC"


LAMBDA_OPTIONS: dict[str, type[StrEnum]] = {
    "requestTransformation": RequestTransformation,
    "responseTransformation": ResponseTransformation,
    "invocationStyle": InvocationStyle,
}
"""How a function is called (2.5)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The table that holds a rule, with its default destination and what is wrong with that."""

    ref: ObjectRef
    default: Destination | None = None
    faults: tuple[str, ...] = ()


def holder_of(ref: ObjectRef, default: Field) -> Holder:
    """A table as its rules see it."""
    if not default.present:
        return Holder(ref)
    before = noted(default)
    destination = destination_reference(default, ref)
    return Holder(ref, destination, newly(before, default))


def noted(field: Field) -> tuple[int, ...]:
    """How often each breaking code was noted so far."""
    return tuple([field.count(code) for code in BREAKING])


def newly(before: tuple[int, ...], field: Field) -> tuple[str, ...]:
    """The breaking codes that were noted since."""
    return tuple([code for code, count in zip(BREAKING, before, strict=True) if field.count(code) > count])


def route_rule(field: Field, segment: str, holder: Holder) -> RouteRule:
    """Section 4.5. A rule without matchers takes every request; one with dropped matchers only takes none."""
    matchers = field.items_of("matchers")
    matches, refused, kept = route_matches(matchers)
    action = rule_action(field, holder)
    return RouteRule(
        origin=field.origin,
        name=field.text_of("name"),
        segment=segment,
        matches=matches if matchers else (EVERYTHING,),
        action=unusable(action, ("GMG304",)) if refused else action,
        labels=field.pairs_of("labels"),
        refused=refused,
        action_field=next(iter(field.named(*ACTIONS)), ""),
        kept=kept if len(kept) < len(matchers) else (),
    )


def route_matches(
    matchers: tuple[Field, ...],
) -> tuple[tuple[RouteMatch, ...], tuple[RouteMatch, ...], tuple[int, ...]]:
    """The alternatives of a rule, those that the proxy cannot be given (DEC-28), and the places of the former."""
    matches: list[RouteMatch] = []
    refused: list[RouteMatch] = []
    kept: list[int] = []
    for place, matcher in enumerate(matchers):
        before = matcher.count("GMG304")
        match = route_match(matcher)
        if match is None:
            continue
        if matcher.count("GMG304") > before:
            refused.append(match)
        else:
            matches.append(match)
            kept.append(place)
    return tuple(matches), tuple(refused), tuple(kept)


def route_match(matcher: Field) -> RouteMatch | None:
    """One alternative (5); None for one that tests the end of the path, which never matches (DEC-10)."""
    uri = matcher["uri"]
    match = RouteMatch(
        path=path_match(uri),
        method=matcher.text_of("method"),
        headers=distinct(map(header_match, matcher.items_of("headers"))),
        query_parameters=distinct(map(query_parameter_match, matcher.items_of("queryParameters"))),
        port=matched_port(matcher),
    )
    if name := matcher.text_of("name"):
        matcher["name"].problem("GMG307", f"name {name} of a matcher is no condition: it changes nothing")
    if match.path is None and uri["suffix"].present:
        ending = uri.text_of("suffix")
        uri["suffix"].problem("GMG307", f"suffix {ending} is not supported: the matcher never matches")
        return None
    return match


def matched_port(matcher: Field) -> int | None:
    """The port of the listener that is wanted; 0 is any. One that does not exist never matches."""
    port = matcher.integer_of("port") or None
    if port is not None and not 0 < port <= HIGHEST_PORT:
        matcher["port"].problem("GMG003", f"port is {port}; ports are 1 to {HIGHEST_PORT}")
    return port


def rule_action(field: Field, holder: Holder) -> Action:
    """The one action of a rule (7), or why it cannot be used (8.7)."""
    written = field.named(*ACTIONS)
    before = noted(field)
    actions = [ACTIONS[name](field[name], holder) for name in written]
    if not written:
        field.problem("GMG401", f"the rule has no action, which breaks it: it needs one of {', '.join(ACTIONS)}")
    if len(written) > 1:
        said = f"the rule sets {' and '.join(written)}; only one action may be set, which breaks the rule"
        field.problem("GMG004", said)
    codes = newly(before, field)
    if len(actions) != 1:
        return Invalid(codes)
    return unusable(actions[0], codes) if codes else actions[0]


def unusable(action: Action, codes: tuple[str, ...]) -> Invalid:
    """The action with the reasons why it cannot be used."""
    known = action.codes if isinstance(action, Invalid) else ()
    written = action.written if isinstance(action, Invalid) else action
    return Invalid(tuple(dict.fromkeys((*codes, *known))), written if isinstance(written, FinalAction) else None)


def forward_to(action: Field, holder: Holder) -> Action:
    """Section 7.1. Without destinations the default of the table is used."""
    action.one_of("pathRewrite", "regexRewrite")
    action.one_of("hostRewrite", "autoHostRewrite")
    destinations = destinations_of(action, holder)
    weights = completed(action, destinations)
    forward = ForwardTo(
        destinations=destinations or tuple(filter(None, [holder.default])),
        path_rewrite=action.text_of("pathRewrite"),
        regex_rewrite=regex_rewrite(action["regexRewrite"]) if action.named("regexRewrite") else None,
        host_rewrite=action.text_of("hostRewrite"),
        auto_host_rewrite=action.boolean_of("autoHostRewrite"),
        weights=weights or (),
    )
    codes = ("GMG416",) if weights is None else () if destinations else holder.faults
    return Invalid(codes, forward) if codes else forward


def destinations_of(action: Field, holder: Holder) -> tuple[Destination, ...]:
    """The destinations of a rule itself; an explicitly empty list is another fault than none at all (RT-06)."""
    entries = action.items_of("destinations")
    if not entries and holder.default is None:
        if action.named("destinations"):
            text = "the list of destinations is empty, and the table has no defaultDestination to use instead"
            action["destinations"].problem("GMG423", text)
        else:
            text = "the rule forwards but names no destination, and the table has no defaultDestination"
            action.problem("GMG410", text)
    if len(entries) > MOST_DESTINATIONS:
        text = f"the rule has {len(entries)} destinations; at most {MOST_DESTINATIONS} are admitted"
        action["destinations"].problem("GMG424", text)
    return tuple([destination_reference(entry, holder.ref) for entry in entries])


def regex_rewrite(rewrite: Field) -> RegexRewrite:
    """A rewrite by regular expression."""
    return RegexRewrite(pattern(rewrite["pattern"]["regex"]), rewrite.text_of("substitution"))


def destination_reference(entry: Field, holder: ObjectRef) -> Destination:
    """Section 2.5. A Lambda function stands in the namespace of its provider's object."""
    weight = entry.integer_of("weight")
    if weight is not None and weight < 0:
        entry["weight"].problem("GMG003", f"weight is {weight}; it must not be negative")
    kind = entry["kind"].choice(Referred, Referred.SERVICE) or Referred.SERVICE
    port, port_name = port_selector(entry["port"])
    subset = entry.pairs_of("subset")
    written = entry.one_of("ref", "awsLambda")
    if written is None:
        entry.problem("GMG410", "the destination names nothing: it needs ref or awsLambda")
    if written == "awsLambda":
        return lambda_function(entry[written], holder, weight)
    ref = object_reference(entry["ref"], holder)
    return Destination(
        origin=entry.origin,
        kind=DestinationKind[kind],
        name=ref.name,
        namespace=ref.namespace,
        cluster=ref.cluster,
        port=port,
        port_name=port_name,
        subset=subset,
        weight=weight,
    )


def lambda_function(function: Field, holder: ObjectRef, weight: int | None) -> Destination:
    """A function of a cloud provider."""
    function.text_of("qualifier")
    options = function["options"]
    for name, known in LAMBDA_OPTIONS.items():
        options[name].choice(known, next(iter(known)))
    provider = object_reference(function["cloudProvider"], holder)
    needed = {"function": function.text_of("function"), "cloudProvider": provider.name}
    if lacking := " and no ".join(name for name, text in needed.items() if not text):
        function.problem("GMG410", f"awsLambda has no {lacking}: it names nothing to call")
    return Destination(
        origin=function.origin,
        kind=DestinationKind.AWS_LAMBDA,
        name=function.text_of("function"),
        namespace=provider.namespace,
        cluster=provider.cluster,
        weight=weight,
        provider=provider.name,
    )


def completed(action: Field, destinations: tuple[Destination, ...]) -> tuple[int, ...] | None:
    """The weights in effect where some share what the others leave (7.2), else none; None if that cannot be.

    Weights are whole numbers, so the first ones get what cannot be shared evenly. Less than 100 in all is a fault, and
    split as it is written (DEC-12).
    """
    written = [each.weight or 0 for each in destinations]
    waiting, left = written.count(0), ALL - sum(written)
    if len(written) < 2 or not (left or waiting):
        return ()
    if left < 0 or not waiting:
        effect = "which breaks the rule" if left < 0 else f"so each counts as a share of {ALL - left}"
        action["destinations"].problem("GMG416", f"the weights add up to {ALL - left}, not to {ALL}, {effect}")
        return None if left < 0 else ()
    if left < waiting:
        others = "1 destination" if waiting == 1 else f"{waiting} destinations"
        none = "a weight (0 is none)" if any(each.weight == 0 for each in destinations) else "a weight"
        text = f"the weights leave {left} of {ALL} for {others} without {none}, which breaks the rule"
        action["destinations"].problem("GMG416", text)
        return None
    even, more = divmod(left, waiting)
    rest = iter([even + 1] * more + [even] * (waiting - more))
    return tuple([weight or next(rest) for weight in written])


def redirect(action: Field, _holder: Holder) -> Action:
    """Section 7.3."""
    status = redirect_status(action)
    host, path = action.text_of("hostRedirect"), action.text_of("pathRedirect")
    return Redirect(status=status, host=host, path=path) if status else Invalid(())


def direct_response(action: Field, _holder: Holder) -> Action:
    """Section 7.4."""
    status, body = action.integer_of("status") or 0, action.text_of("body")
    if not 200 <= status <= 599:
        note_bad_status(action)
    note_long_body(action)
    return DirectResponse(status, body)


def graphql(action: Field, holder: Holder) -> Action:
    """Section 7.5."""
    action["options"].opaque()
    written = action.one_of("schema", "stitchedSchema")
    if written is None:
        action.problem("GMG401", "graphql names neither a schema nor a stitchedSchema, so there is nothing to answer")
        return Invalid(())
    schema = action[written]
    return GraphQL(
        ObjectRef(
            namespace=schema.text_of("namespace") or holder.ref.namespace,
            name=schema.text_of("name"),
            kind=SCHEMAS[written],
            generation=holder.ref.generation,
            cluster=schema.text_of("clusterName") or holder.ref.cluster,
        )
    )


def delegate(action: Field, _holder: Holder) -> Action:
    """Section 7.6."""
    allowed = function_filters(action["allowedRoutes"])
    tables = action.items_of("routeTables")
    for table in tables:
        note_misplaced_sort(table["labels"])
    sort = action["sortMethod"].choice(SortMethod, SortMethod.TABLE_WEIGHT)
    return Delegate(tuple(map(object_selector, tables)), sort or SortMethod.TABLE_WEIGHT, allowed)


def note_misplaced_sort(labels: Field) -> None:
    """A common mistake: there it is a label that no table has (7.6)."""
    all_known(labels)
    if labels.named("sortMethod"):
        text = "sortMethod is a label here, which tables would have to have; it belongs beside routeTables"
        labels["sortMethod"].problem("GMG210", text)


ACTIONS = {
    "forwardTo": forward_to,
    "delegate": delegate,
    "redirect": redirect,
    "directResponse": direct_response,
    "graphql": graphql,
}
SCHEMAS = {"schema": "GraphQLSchema", "stitchedSchema": "GraphQLStitchedSchema"}
