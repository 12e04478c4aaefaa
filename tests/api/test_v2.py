"""What the objects of the second generation say (`spec/v2.md`)."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_gmg import api
from kubectl_gmg.api import v1beta1, v2
from kubectl_gmg.model.action import (
    Delegate,
    Destination,
    DestinationKind,
    DirectResponse,
    ForwardTo,
    GraphQL,
    Invalid,
    Operator,
    Redirect,
    RegexRewrite,
    Requirement,
    Selector,
    SortMethod,
)
from kubectl_gmg.model.conventions import (
    Broken,
    ChildRoot,
    Conflict,
    Connections,
    Conventions,
    EqualTables,
    LabelInheritance,
    LoneStar,
    MixedCase,
    PolicyConflict,
    Ranking,
    SharedDomain,
)
from kubectl_gmg.model.declared import (
    Allowance,
    Declared,
    FailureMode,
    Listener,
    Protocol,
    Realm,
    RouteRule,
    ServiceMatcher,
)
from kubectl_gmg.model.inventory import DestinationPort, ServicePort
from kubectl_gmg.model.match import EVERYTHING, HeaderMatch, PathKind, PathMatch, RouteMatch, ValueKind
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.snapshot import EVERYWHERE, NOWHERE, Extent, Gap, GapReason, Snapshot, SourceType
from kubectl_gmg.model.workspace import (
    ClusterPattern,
    NamespacePattern,
    ResourcePattern,
    Shared,
    WorkspacePattern,
)
from kubectl_gmg.sources import files
from tests.run import manifests_text

Json = dict[str, Any]

OWNER = ObjectRef("apps", "shop", "RouteTable", "v2")
GROUPS = {"Workspace": "admin.gloo.solo.io/v2", "WorkspaceSettings": "admin.gloo.solo.io/v2"}
GROUPS |= {"KubernetesCluster": "admin.gloo.solo.io/v2", "Service": "v1"}


def manifest(kind: str, spec: Json, **metadata: Any) -> Json:
    """An object; `apps/shop` if nothing else is said."""
    return {
        "apiVersion": GROUPS.get(kind, "networking.gloo.solo.io/v2"),
        "kind": kind,
        "metadata": {"name": "shop", "namespace": "apps", **metadata},
        "spec": spec,
    }


def snapshot(*manifests: Json) -> Snapshot:
    """These objects, as if they stood in a file."""
    text = manifests_text(list(manifests)).encode()
    kinds = (*v1beta1.KINDS, *v2.KINDS, *v2.SERVICES)
    return files.read(["-"], recursive=False, namespace=None, kinds=kinds, stdin=lambda: text)


def lower(*manifests: Json) -> Declared:
    return v2.lower(snapshot(*manifests))


def realm(*manifests: Json) -> Realm:
    return dict(lower(*manifests).realms)["v2"]


def noted(declared: Declared) -> list[tuple[str, str]]:
    """Codes and fields of all that was noted."""
    return [(problem.code, problem.at.field) for problem in declared.problems]


def rules(*http: Json, **spec: Any) -> tuple[RouteRule, ...]:
    """The rules of a table."""
    (table,) = lower(manifest("RouteTable", {"http": list(http), **spec})).tables
    return table.rules


def rule(written: Json, **spec: Any) -> RouteRule:
    (only,) = rules(written, **spec)
    return only


def forward(*destinations: Json, **more: Any) -> Json:
    return {"forwardTo": {"destinations": list(destinations), **more}}


def codes(written: Json, **spec: Any) -> list[str]:
    """What is noted about a table with this rule."""
    table = manifest("RouteTable", {"http": [written], **spec})
    return [problem.code for problem in lower(table).problems]


OK: Json = {"directResponse": {"status": 200}}
WEB: Json = {"ref": {"name": "web"}}


def test_conventions_are_those_of_the_second_generation() -> None:
    """Section 17, right column."""
    assert realm(manifest("RouteTable", {"http": [OK]})).conventions == Conventions(
        child_root=ChildRoot.BELOW,
        mixed_case=MixedCase.BOTH,
        conflict=Conflict.REPLACED,
        broken=Broken.REPLACED,
        equal_tables=EqualTables.BY_AGE,
        ranking=Ranking.PATH_ONLY,
        shared_domain=SharedDomain.MERGED,
        labels=LabelInheritance.ALL,
        policy_conflict=PolicyConflict.BY_KIND,
        lone_star=LoneStar.INVALID,
        connections=Connections.ROUTED,
    )


# Tables


def test_a_table_with_hosts_is_a_host_too() -> None:
    """4.1: presence of `hosts` decides; DEC-6 needs the table as well. References default as 2.1 says."""
    spec = {
        "hosts": ["shop.example.test", "*"],
        "virtualGateways": [{"name": "edge"}, {"name": "b", "namespace": "gw", "cluster": "c2"}],
        "failureMode": "FREEZE_CONFIG",
        "workloadSelectors": [],
        "http": [{"name": "a", **OK}],
    }
    declared = lower(manifest("RouteTable", spec, labels={"team": "x"}, creationTimestamp="2024-01-01T00:00:00Z"))
    (host,) = declared.hosts
    (table,) = declared.tables
    assert declared.problems == ()
    assert host.origin == Origin(OWNER, ("spec",))
    assert (host.segment, host.domains) == ("shop", ("shop.example.test", "*"))
    assert [(each.namespace, each.name, each.cluster) for each in host.parents] == [
        ("apps", "edge", ""),
        ("gw", "b", "c2"),
    ]
    assert host.parents[1].origin.field == "spec.virtualGateways[1]"
    assert host.failure_mode is FailureMode.FREEZE_CONFIG
    assert host.labels == table.labels == (("team", "x"),)
    assert host.created == table.created == "2024-01-01T00:00:00Z"
    assert host.rules == table.rules
    assert table.has_hosts


def test_a_table_without_hosts_is_only_a_table() -> None:
    declared = lower(manifest("RouteTable", {"weight": -3, "http": [OK]}))
    (table,) = declared.tables
    assert declared.hosts == ()
    assert (table.weight, table.has_hosts) == (-3, False)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"virtualGateways": [{"name": "x"}], "http": [OK]}, ("GMG126", "spec.virtualGateways")),
        ({"applyToDestinations": [{"selector": {}}], "http": [OK]}, ("GMG127", "spec.applyToDestinations")),
        ({"failureMode": "FREEZE_CONFIG", "http": [OK]}, ("GMG128", "spec.failureMode")),
        ({"hosts": ["a.test"]}, ("GMG130", "spec")),
        ({"defaultDestination": WEB, "http": [OK]}, ("GMG422", "spec.defaultDestination")),
        ({"hosts": ["a.test"], "http": [{"forwardTo": {"destinations": []}}]}, ("GMG423", "spec.http[0].forwardTo")),
        ({"workloadSelectors": [{"kind": "VM"}], "http": [OK]}, ("GMG129", "spec.workloadSelectors[0].kind")),
        ({"http": [OK] * 10_001}, ("GMG424", "spec.http")),
        ({"http": [{"directResponse": {"status": 99}}]}, ("GMG402", "spec.http[0].directResponse.status")),
        ({"failureMode": "FREEZE", "hosts": ["a.test"], "http": [OK]}, ("GMG003", "spec.failureMode")),
        ({"http": [OK], "httpp": []}, ("GMG001", "spec.httpp")),
    ],
    ids=["RT-01", "RT-02", "RT-03", "RT-04", "RT-05", "RT-06", "RT-07", "RT-08", "RT-09", "enum", "typo"],
)
def test_what_a_table_may_not_be(spec: Json, expected: tuple[str, str]) -> None:
    """15.1."""
    ((code, field),) = noted(lower(manifest("RouteTable", spec)))
    assert code == expected[0]
    assert field.startswith(expected[1])


def test_empty_lists_are_not_set() -> None:
    """As `workloadSelectors: []` on a child is harmless (4.4)."""
    spec = {"virtualGateways": [], "workloadSelectors": [], "applyToDestinations": [], "hosts": [], "http": [OK]}
    declared = lower(manifest("RouteTable", spec))
    assert declared.problems == ()
    assert declared.hosts == ()


def test_too_many_destinations() -> None:
    """RT-08; more than 100 cannot share 100 either (7.2)."""
    assert codes(forward(*[WEB] * 101)) == ["GMG424", "GMG416"]
    assert codes(forward(*[WEB] * 100)) == []


def test_tcp_and_tls_are_known() -> None:
    tcp = {"matchers": [{"port": 9000}], "forwardTo": {"destinations": [WEB]}}
    tls = {"matchers": [{"sniHosts": ["a.test"]}], "forwardTo": {"destinations": [WEB]}}
    assert lower(manifest("RouteTable", {"hosts": ["a.test"], "tcp": [tcp], "tls": [tls]})).problems == ()


# Matchers


def test_a_rule_without_matchers_takes_everything() -> None:
    """4.5."""
    assert rule(OK).matches == rule({**OK, "matchers": []}).matches == (EVERYTHING,)


def test_a_matcher_tests_what_is_written() -> None:
    """Section 5: an empty value is presence, inversion sees a missing header as empty, a port is one of the proxy."""
    matcher = {
        "uri": {"prefix": "/a", "ignoreCase": True},
        "headers": [{"name": "x-a"}, {"name": "x-b", "value": "v.", "regex": True, "invertMatch": True}],
        "queryParameters": [{"name": "q", "value": ""}],
        "method": "GET",
        "port": 8080,
    }
    (match,) = rule({**OK, "matchers": [matcher]}).matches
    assert match.path == PathMatch(PathKind.PREFIX, "/a", ignore_case=True)
    assert match.headers == (
        HeaderMatch("x-a", ValueKind.PRESENT),
        HeaderMatch("x-b", ValueKind.REGEX, "v.", invert=True, missing_as_empty=True),
    )
    assert [(each.name, each.kind) for each in match.query_parameters] == [("q", ValueKind.PRESENT)]
    assert (match.method, match.port) == ("GET", 8080)


def test_a_uri_without_a_member_does_not_restrict() -> None:
    """5 rule 7; the port 0 of a matcher is none."""
    assert rule({**OK, "matchers": [{"uri": {"ignoreCase": True}, "port": 0}]}).matches == (EVERYTHING,)


def test_a_suffix_never_matches() -> None:
    """DEC-10: the other matchers remain; a rule without others is not there at all."""
    suffix, other = {"uri": {"suffix": ".png"}}, {"uri": {"exact": "/a"}}
    assert rule({**OK, "matchers": [suffix, other]}).matches == (RouteMatch(PathMatch(PathKind.EXACT, "/a")),)
    only = rule({**OK, "matchers": [suffix]})
    assert (only.matches, only.refused, only.action) == ((), (), DirectResponse(200))
    assert codes({**OK, "matchers": [suffix]}) == ["GMG307"]


def test_the_name_of_a_matcher_is_no_condition() -> None:
    matcher = {"name": "n", "uri": {"exact": "/a"}}
    assert rule({**OK, "matchers": [matcher]}).matches == (RouteMatch(PathMatch(PathKind.EXACT, "/a")),)
    assert codes({**OK, "matchers": [matcher]}) == ["GMG307"]


@pytest.mark.parametrize(
    "bad",
    [{"uri": {"regex": "/a("}}, {"headers": [{"name": "h", "value": "(", "regex": True}]}, {"uri": {"regex": ""}}],
)
def test_a_regex_that_does_not_compile(bad: Json) -> None:
    """DEC-28: that match is refused, and the others are those of a rule that cannot be used."""
    broken = rule({**OK, "matchers": [bad, {"uri": {"prefix": "/b"}}]})
    assert broken.matches == (RouteMatch(PathMatch(PathKind.PREFIX, "/b")),)
    assert len(broken.refused) == 1
    assert broken.action == Invalid(("GMG304",), DirectResponse(200))


def test_a_delegating_rule_with_a_bad_regex_is_not_expanded() -> None:
    """DEC-28."""
    broken = rule({"delegate": {"routeTables": [{}]}, "matchers": [{"uri": {"regex": "("}}]})
    assert broken.matches == ()
    assert broken.action == Invalid(("GMG304",))


def test_a_port_out_of_range_is_noted() -> None:
    assert codes({**OK, "matchers": [{"port": 70000}]}) == ["GMG003"]


# Actions


def action(written: Json, **spec: Any) -> Any:
    return rule(written, **spec).action


def test_a_destination_defaults_to_the_holder() -> None:
    """2.1 and 2.5."""
    (only,) = action(forward(WEB)).destinations
    assert only == Destination(only.origin, DestinationKind.SERVICE, "web", "apps", "")
    assert only.origin.field == "spec.http[0].forwardTo.destinations[0]"


def test_a_destination_as_it_is_written() -> None:
    ref = {"name": "web", "namespace": "shop", "cluster": "c1"}
    written = {"ref": ref, "kind": "VIRTUAL_DESTINATION", "port": {"name": "http"}, "subset": {"v": "1"}, "weight": 5}
    (only,) = action(forward(written)).destinations
    assert only == Destination(
        only.origin, DestinationKind.VIRTUAL_DESTINATION, "web", "shop", "c1", None, "http", (("v", "1"),), 5
    )


def test_a_cluster_of_the_holder_is_kept() -> None:
    """DEC-25: the cluster of an object stands in its annotation."""
    spec = {"http": [forward(WEB)], "hosts": ["a.test"], "virtualGateways": [{"name": "edge"}]}
    declared = lower(manifest("RouteTable", spec, annotations={"cluster.solo.io/cluster": "c7"}))
    found = declared.tables[0].rules[0].action
    assert isinstance(found, ForwardTo)
    assert found.destinations[0].cluster == "c7"
    assert declared.hosts[0].parents[0].cluster == "c7"


def test_a_lambda_is_named_by_its_function() -> None:
    """2.5: `kind` is ignored beside it."""
    function = {"cloudProvider": {"name": "aws", "namespace": "infra"}, "function": "resize", "options": {"a": 1}}
    (only,) = action(forward({"awsLambda": function, "kind": "SERVICE"})).destinations
    assert (only.kind, only.namespace, only.name) == (DestinationKind.AWS_LAMBDA, "infra", "resize")


def test_the_default_destination_serves_rules_without_one() -> None:
    """7.1; it is no default for a rule that has its own."""
    default = {"ref": {"name": "fallback", "namespace": "shop"}, "port": {"number": 80}}
    first, second, third = rules(
        {"forwardTo": {}}, {"forwardTo": {"destinations": []}}, forward(WEB), defaultDestination=default
    )
    for each in (first, second):
        assert isinstance(each.action, ForwardTo)
        (only,) = each.action.destinations
        assert (only.namespace, only.name, only.port) == ("shop", "fallback", 80)
        assert only.origin.field == "spec.defaultDestination"
    assert isinstance(third.action, ForwardTo)
    assert [each.name for each in third.action.destinations] == ["web"]
    assert codes({"forwardTo": {}}, defaultDestination=default) == []


def test_a_bad_default_destination_breaks_only_who_uses_it() -> None:
    """8.7: an unknown enum value."""
    first, second = rules({"forwardTo": {}}, forward(WEB), defaultDestination={**WEB, "kind": "POD"})
    assert isinstance(first.action, Invalid)
    assert first.action.codes == ("GMG003",)
    assert isinstance(second.action, ForwardTo)


def test_rewrites() -> None:
    """7.1."""
    regex = {"regexRewrite": {"pattern": {"regex": "^/u/(.*)"}, "substitution": r"/\1"}, "autoHostRewrite": True}
    plain = action(forward(WEB, pathRewrite="/v2", hostRewrite="inner.test"))
    assert (plain.path_rewrite, plain.regex_rewrite, plain.host_rewrite) == ("/v2", None, "inner.test")
    other = action(forward(WEB, **regex))
    assert other.regex_rewrite == RegexRewrite("^/u/(.*)", r"/\1")
    assert (other.path_rewrite, other.auto_host_rewrite) == ("", True)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({}, "GMG401"),
        ({**OK, "redirect": {"hostRedirect": "a.test"}}, "GMG004"),
        ({"forwardTo": {}}, "GMG410"),
        ({"forwardTo": {"destinations": []}}, "GMG423"),
        (forward({"port": {"number": 80}}), "GMG410"),
        (forward(WEB, pathRewrite="/a", regexRewrite={"pattern": {"regex": "a"}}), "GMG004"),
        (forward(WEB, hostRewrite="a.test", autoHostRewrite=True), "GMG004"),
        (forward(WEB, regexRewrite={"pattern": {"regex": "("}}), "GMG304"),
        (forward({**WEB, "kind": "POD"}), "GMG003"),
        (forward({**WEB, "awsLambda": {}}), "GMG004"),
        ({"directResponse": {}}, "GMG402"),
        ({"directResponse": {"status": 199}}, "GMG402"),
        ({"directResponse": {"status": 600}}, "GMG402"),
        ({"directResponse": {"status": 200, "body": "x" * 1_048_577}}, "GMG402"),
        ({"redirect": {"responseCode": "MOVED"}}, "GMG003"),
        ({"delegate": {"sortMethod": "BY_NAME"}}, "GMG003"),
        ({"graphql": {"schema": {"name": "a"}, "stitchedSchema": {"name": "b"}}}, "GMG004"),
    ],
)
def test_what_makes_a_rule_misconfigured(written: Json, code: str) -> None:
    """8.7."""
    found = action(written)
    assert isinstance(found, Invalid)
    assert found.codes == (code,)
    assert codes(written) == [code]


def test_what_can_be_shown_of_a_broken_action() -> None:
    assert action({"directResponse": {"status": 100}}).written == DirectResponse(100)
    assert action({"redirect": {"responseCode": "MOVED"}}).written is None


@pytest.mark.parametrize(
    ("written", "in_effect"),
    [
        ([50, 25, 25], ()),
        ([50, 25, None], (50, 25, 25)),
        ([50, None, None], (50, 25, 25)),
        ([None, None], (50, 50)),
        ([None, None, None], (34, 33, 33)),
        ([90, 0, 4], (90, 6, 4)),
        ([40, None, None, None], (40, 20, 20, 20)),
        ([98, None, None], (98, 1, 1)),
        ([7], ()),
        ([None], ()),
        ([900], ()),
    ],
)
def test_weights_fill_a_hundred(written: list[int | None], in_effect: tuple[int, ...]) -> None:
    """7.2 rules 1, 2 and 4: whole numbers that add up to 100; what is written stays beside what is in effect."""
    found = action(forward(*[{**WEB, "weight": weight} for weight in written]))
    assert isinstance(found, ForwardTo)
    assert found.weights == in_effect
    assert [each.weight for each in found.destinations] == written


@pytest.mark.parametrize("written", [[50, 50, 25], [50, 50, None], [100, 0], [99, None, None], [101, None]])
def test_weights_that_cannot_be(written: list[int | None]) -> None:
    """7.2 rules 3 and 4."""
    found = action(forward(*[{**WEB, "weight": weight} for weight in written]))
    assert isinstance(found, Invalid)
    assert found.codes == ("GMG416",)


def test_weights_below_a_hundred_are_noted_and_used() -> None:
    """DEC-12."""
    written = forward({**WEB, "weight": 10}, {**WEB, "weight": 30})
    assert codes(written) == ["GMG416"]
    found = action(written)
    assert isinstance(found, ForwardTo)
    assert found.weights == ()


def test_redirects() -> None:
    """7.3: the default is 301."""
    assert action({"redirect": {"hostRedirect": "new.test"}}) == Redirect(status=301, host="new.test")
    codes_of = {"FOUND": 302, "SEE_OTHER": 303, "TEMPORARY_REDIRECT": 307, "PERMANENT_REDIRECT": 308}
    for name, status in codes_of.items():
        found = action({"redirect": {"pathRedirect": "/q", "responseCode": name}})
        assert found == Redirect(status=status, path="/q")


def test_graphql() -> None:
    """7.5 and `spec/cli.md` 6.2."""
    ref = {"name": "books", "namespace": "lib", "clusterName": "c1"}
    assert action({"graphql": {"schema": ref}}) == GraphQL(ObjectRef("lib", "books", "GraphQLSchema", "v2", "c1"))
    stitched = action({"graphql": {"stitchedSchema": {"name": "all"}, "options": {"logSensitiveInfo": True}}})
    assert stitched == GraphQL(ObjectRef("apps", "all", "GraphQLStitchedSchema", "v2"))


def test_delegates() -> None:
    """7.6 and 2.2: what is not written does not restrict."""
    first = {"labels": {"a": "1"}, "namespace": "n", "name": "t", "cluster": "c", "workspace": "w"}
    found = action({"delegate": {"routeTables": [first, {}], "sortMethod": "ROUTE_SPECIFICITY"}})
    assert isinstance(found, Delegate)
    assert found.sort is SortMethod.ROUTE_SPECIFICITY
    origin = Origin(OWNER, ("spec", "http", 0, "delegate", "routeTables"))
    wanted = Requirement("a", Operator.EQUALS, ("1",))
    assert found.entries == (
        Selector(origin / 0, frozenset({"n"}), (wanted,), name="t", cluster="c", workspace="w"),
        Selector(origin / 1, None),
    )


def test_a_misplaced_sort_method_is_a_label() -> None:
    """7.6, SEM-15."""
    written = {"delegate": {"routeTables": [{"labels": {"t": "k", "sortMethod": "ROUTE_SPECIFICITY"}}]}}
    found = action(written)
    assert found.sort is SortMethod.TABLE_WEIGHT
    assert [each.key for each in found.entries[0].requirements] == ["sortMethod", "t"]
    assert codes(written) == ["GMG210"]


def test_rules_have_names_labels_and_segments() -> None:
    """Equal names are told apart in ids (`spec/cli.md` 4.2)."""
    first, second, third = rules({"name": "a", "labels": {"l": "1"}, **OK}, {"name": "a", **OK}, OK)
    assert [each.segment for each in (first, second, third)] == ["a", "a~2", "[2]"]
    assert first.labels == (("l", "1"),)
    assert second.origin.field == "spec.http[1]"


# Gateways


def gateway(*listeners: Json, **spec: Any) -> tuple[Listener, ...]:
    (only,) = lower(manifest("VirtualGateway", {"listeners": list(listeners), **spec})).gateways
    return only.listeners


def listener_codes(*listeners: Json) -> list[tuple[str, str]]:
    return noted(lower(manifest("VirtualGateway", {"listeners": list(listeners)})))


P80: Json = {"http": {}, "port": {"number": 80}}
CERTIFIED: Json = {"mode": "SIMPLE", "secretName": "s"}


@pytest.mark.parametrize(
    ("written", "protocol", "mode"),
    [
        ({"http": {}}, Protocol.HTTP, None),
        ({"http": {}, "tls": CERTIFIED}, Protocol.HTTPS, "SIMPLE"),
        ({"tcp": {}}, Protocol.TCP, None),
        ({}, Protocol.TCP, None),
        ({"tcp": {}, "tls": {}}, Protocol.TLS, "PASSTHROUGH"),
        ({"tls": {"mode": "AUTO_PASSTHROUGH"}}, Protocol.TLS, "AUTO_PASSTHROUGH"),
        ({"http": {}, "appProtocol": "grpc"}, Protocol.HTTP, None),
    ],
)
def test_protocols(written: Json, protocol: Protocol, mode: str | None) -> None:
    """3.1 and 3.2: neither http nor tcp is TCP, and PASSTHROUGH is the mode of value 0."""
    (found,) = gateway({**written, "port": {"name": "web"}})
    assert (found.protocol, found.mode, found.name, found.port) == (protocol, mode, "web", None)
    assert listener_codes({**written, "port": {"name": "web"}}) == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"http": {}}, "GMG120"),
        ({"http": {}, "port": {}}, "GMG120"),
        ({**P80, "appProtocol": "TCP"}, "GMG121"),
        ({**P80, "tls": CERTIFIED, "appProtocol": "HTTP"}, "GMG121"),
        ({**P80, "appProtocol": "CARRIER_PIGEON"}, "GMG121"),
        ({"tcp": {}, "port": {"number": 80}, "httpsRedirect": True}, "GMG122"),
        ({**P80, "httpsRedirect": True, "tls": CERTIFIED}, "GMG122"),
        ({**P80, "tls": {"mode": "SIMPLE"}}, "GMG109"),
        ({**P80, "tls": {"mode": "SIMPLE", "files": {"serverCert": "a"}}}, "GMG109"),
        ({**P80, "tls": {"mode": "MUTUAL", "files": {"serverCert": "a", "privateKey": "b"}}}, "GMG109"),
        ({**P80, "tls": {"mode": "ISTIO_MUTUAL", "secretName": "s"}}, "GMG109"),
        ({**P80, "tls": {**CERTIFIED, "parameters": {"minimumProtocolVersion": "TLSv1_1"}}}, "GMG123"),
        ({**P80, "tls": {"mode": "STRICT"}}, "GMG003"),
        ({"http": {}, "tcp": {}, "port": {"number": 80}}, "GMG004"),
        ({"http": {}, "port": {"number": 80, "name": "web"}}, "GMG004"),
        ({"http": {}, "port": {"number": 65536}}, "GMG003"),
    ],
)
def test_what_a_listener_may_not_be(written: Json, code: str) -> None:
    """3.2 rules 1 to 5."""
    assert [each for each, _ in listener_codes(written)] == [code]


@pytest.mark.parametrize(
    "tls",
    [
        {"mode": "SIMPLE", "files": {"serverCert": "a", "privateKey": "b"}},
        {"mode": "MUTUAL", "secretName": "s"},
        {"mode": "MUTUAL", "files": {"serverCert": "a", "privateKey": "b", "caCerts": "c"}},
        {"mode": "ISTIO_MUTUAL"},
        {**CERTIFIED, "parameters": {"minimumProtocolVersion": "TLSv1_0", "cipherSuites": ["A"]}},
        {**CERTIFIED, "parameters": {"minimumProtocolVersion": "TLSv1_2"}},
    ],
)
def test_certificates_that_are_right(tls: Json) -> None:
    """3.2 rules 4 and 5."""
    assert listener_codes({**P80, "tls": tls}) == []


def test_listeners_of_one_port() -> None:
    """3.2 rules 6 and 7; the clash is about port, protocol and first host together."""
    https = {**P80, "tls": CERTIFIED}
    only_a = {**P80, "allowedRouteTables": [{"host": "a.test"}, {"host": "b.test"}]}
    only_b = {**P80, "allowedRouteTables": [{"host": "b.test"}]}
    egress = {**P80, "exposedExternalServices": [{"host": "c.test"}]}
    assert listener_codes(P80, https) == [("GMG124", "spec.listeners[1]")]
    assert listener_codes(P80, P80) == [("GMG125", "spec.listeners[1]")]
    assert listener_codes(P80, only_a, only_b, egress) == []
    assert listener_codes(only_a, {**P80, "allowedRouteTables": [{"host": "a.test"}]}) == [
        ("GMG125", "spec.listeners[1]")
    ]


def test_listeners_without_a_port_share_none() -> None:
    assert [code for code, _ in listener_codes({"http": {}}, {"http": {}})] == ["GMG120", "GMG120"]


def test_what_a_listener_allows() -> None:
    """3.1: `[NAMESPACE/]HOST` where `.` is the gateway's own; `selector: {}` is the gateway's workspace (3.3)."""
    (found,) = gateway(
        {
            **P80,
            "allowedRouteTables": [
                {"host": "*.a.test"},
                {"host": "./b.test", "selector": {}},
                {"host": "*/c.test", "selector": {"workspace": "w", "labels": {"x": "1"}}},
                {"host": "team/d.test"},
            ],
        }
    )
    origin = Origin(ObjectRef("apps", "shop", "VirtualGateway", "v2"), ("spec", "listeners", 0, "allowedRouteTables"))
    required = (Requirement("x", Operator.EQUALS, ("1",)),)
    assert found.allows == (
        Allowance(origin / 0, "*.a.test"),
        Allowance(origin / 1, "b.test", "apps", Selector(origin / 1 / "selector", None), own_workspace=True),
        Allowance(origin / 2, "c.test", "*", Selector(origin / 2 / "selector", None, required, workspace="w")),
        Allowance(origin / 3, "d.test", "team"),
    )
    assert gateway(P80)[0].allows == ()


def test_which_gateways_are_meant() -> None:
    """3.1: labels are those of the pods, the name that of the Service; without selector nothing, `{}` is all."""
    chosen = {"labels": {"istio": "ingressgateway"}, "name": "gw", "namespace": "n", "cluster": "c"}
    (found,) = gateway(P80, workloads=[{"selector": chosen}, {"kind": "KUBE"}, {"selector": {}}])
    first, second = found.services
    assert [each.matcher for each in first.selectors] == [
        ServiceMatcher((), frozenset({"n"}), frozenset({"c"}), (("istio", "ingressgateway"),), "gw")
    ]
    assert second.selectors == ()
    (every,) = gateway(P80)
    assert [each.selectors for each in every.services] == [()]
    assert gateway(P80, workloads=[])[0].services == ()


def test_https_redirect() -> None:
    assert gateway({**P80, "httpsRedirect": True})[0].https_redirect
    assert listener_codes({**P80, "httpsRedirect": True}) == []


# Destinations


def test_services_are_those_of_kubernetes() -> None:
    """Their other fields are not ours to know."""
    spec = {
        "selector": {"app": "web"},
        "ports": [{"name": "http", "port": 80, "targetPort": "x", "protocol": "TCP"}, {"port": 443}],
        "clusterIP": "10.0.0.1",
        "sessionAffinity": "None",
    }
    written = manifest("Service", spec, labels={"l": "1"}, creationTimestamp="2024-01-01T00:00:00Z")
    declared = lower(written)
    assert declared.problems == ()
    inventory = dict(declared.realms)["v2"].inventory
    (service,) = inventory.services
    assert (service.namespace, service.name, service.cluster) == ("apps", "shop", "")
    assert service.labels == (("l", "1"),)
    assert service.pod_selector == (("app", "web"),)
    assert service.ports == (ServicePort(80, "http"), ServicePort(443))
    assert service.created == "2024-01-01T00:00:00Z"
    assert inventory.service("apps", "shop", "") is service
    assert inventory.services_read


def test_services_that_nobody_gave_are_not_missing() -> None:
    """DEC-27: in files, one Service must be there; the other kinds too, and a broken file hides all."""
    without = realm(manifest("RouteTable", {"http": [OK]})).inventory
    assert not without.services_read
    assert (without.virtual_destinations_read, without.external_services_read) == (NOWHERE, NOWHERE)
    given = realm(manifest("VirtualDestination", {"hosts": ["a.test"], "ports": [PORT]})).inventory
    assert given.virtual_destinations_read == EVERYWHERE
    seen = snapshot(manifest("Service", {}))
    gap = Gap(GapReason.MALFORMED, "no YAML", (), file="broken.yaml")
    assert not dict(v2.lower(Snapshot(SourceType.FILES, seen.objects, (gap,))).realms)["v2"].inventory.services_read


@pytest.mark.parametrize("extent", [EVERYWHERE, Extent(frozenset({"apps"})), NOWHERE])
def test_live_services_must_be_read_completely(extent: Extent) -> None:
    """DEC-27: some Services that were seen say nothing about the others."""
    seen = snapshot(manifest("Service", {}))
    live = Snapshot(SourceType.LIVE, seen.objects, (), {v2.SERVICES[0].resource: extent})
    assert dict(v2.lower(live).realms)["v2"].inventory.services_read is extent.complete


def test_tables_that_could_not_be_read() -> None:
    """DEC-27: an absent kind has no objects, unless a gap may hide some."""
    read = snapshot(manifest("VirtualGateway", {"listeners": [P80]}))
    gap = Gap(GapReason.FORBIDDEN, "no", (), kind="RouteTable")
    hidden = dict(v2.lower(Snapshot(SourceType.LIVE, read.objects, (gap,))).realms)["v2"]
    assert (hidden.tables_read, hidden.hosts_read, hidden.gateways_read) == (NOWHERE, NOWHERE, EVERYWHERE)
    assert dict(v2.lower(read).realms)["v2"].tables_read == EVERYWHERE


PORT: Json = {"number": 80, "protocol": "HTTP"}


def test_a_virtual_destination() -> None:
    """14.1."""
    spec = {
        "hosts": ["a.test", "b.test"],
        "services": [{"labels": {"app": "a"}, "namespace": "n"}],
        "externalServices": [{"name": "e"}],
        "ports": [
            {**PORT, "targetPort": {"number": 8080}},
            {"number": 81, "protocol": "gRPC", "targetPort": {"name": "g"}},
        ],
        "clientMode": {"auto": {}},
    }
    declared = lower(manifest("VirtualDestination", spec, labels={"l": "1"}))
    assert declared.problems == ()
    (found,) = dict(declared.realms)["v2"].inventory.virtual_destinations
    assert (found.hostname, found.port, found.labels) == ("a.test", None, (("l", "1"),))
    assert found.ports == (DestinationPort(80, 8080, protocol="HTTP"), DestinationPort(81, None, "g", protocol="GRPC"))
    assert found.services[0].namespaces == frozenset({"n"})
    assert found.external_services[0].name == "e"


@pytest.mark.parametrize(
    "spec",
    [
        {"ports": [PORT]},
        {"hosts": ["a.test"], "ports": [{**PORT, "targetPort": {"number": 8080}}]},
        {"hosts": ["a.test"], "ports": [{**PORT, "protocol": "SPDY"}]},
        {"hosts": ["a.test"], "ports": [{**PORT, "number": 0}]},
    ],
    ids=["nothing", "target without backing", "protocol", "port"],
)
def test_what_a_virtual_destination_may_not_be(spec: Json) -> None:
    """VD-01."""
    assert [code for code, _ in noted(lower(manifest("VirtualDestination", spec)))] == ["GMG420"]


def test_an_external_service_and_its_endpoints() -> None:
    """14.2 and 14.3: TLS is SIMPLE unless it is disabled."""
    ports = [
        {**PORT, "name": "http", "targetPort": {"number": 443}, "clientsideTls": {}},
        {"number": 81, "protocol": "HTTP", "clientsideTls": {"mode": "DISABLE", "sni": "x"}},
        {"number": 82, "protocol": "HTTP", "targetPort": {"name": "alt"}},
    ]
    external = manifest("ExternalService", {"hosts": ["a.test"], "ports": ports, "selector": {"vm": "1"}})
    endpoint = manifest(
        "ExternalEndpoint", {"address": "192.0.2.1", "ports": [{"name": "alt", "number": 8080}]}, labels={"vm": "1"}
    )
    declared = lower(external, endpoint)
    assert declared.problems == ()
    inventory = dict(declared.realms)["v2"].inventory
    (service,) = inventory.external_services
    assert (service.hosts, service.addresses, service.endpoint_labels) == (("a.test",), (), (("vm", "1"),))
    assert service.ports == (
        DestinationPort(80, 443, None, tls=True, name="http", protocol="HTTP"),
        DestinationPort(81, protocol="HTTP"),
        DestinationPort(82, None, "alt", protocol="HTTP"),
    )
    (found,) = inventory.endpoints
    assert (found.address, found.ports, found.labels) == ("192.0.2.1", (ServicePort(8080, "alt"),), (("vm", "1"),))
    assert inventory.external_services_read == EVERYWHERE


# Tenants


def test_a_workspace() -> None:
    """12.1."""
    written = manifest(
        "Workspace",
        {
            "workloadClusters": [
                {"name": "c*", "selector": {"r": "eu"}, "namespaces": [{"name": "a-*", "labels": {"t": "1"}}]},
                {
                    "name": "d",
                    "namespaces": [{"name": "x", "configEnabled": False}, {"name": "y", "configEnabled": True}],
                },
            ]
        },
        labels={"tier": "1"},
    )
    declared = lower(written)
    assert declared.problems == ()
    (found,) = dict(declared.realms)["v2"].workspaces
    assert (found.name, found.labels) == ("shop", (("tier", "1"),))
    assert found.clusters == (
        ClusterPattern("c*", (("r", "eu"),), (NamespacePattern("a-*", (("t", "1"),)),)),
        ClusterPattern("d", (), (NamespacePattern("x", (), config=False), NamespacePattern("y"))),
    )


@pytest.mark.parametrize(
    "clusters",
    [
        [{"name": "*"}],
        [{"name": "*", "namespaces": [{"name": "a", "configEnabled": True}, {"name": "b"}]}],
        [{"name": "a", "configEnabled": False, "namespaces": [{}]}, {"name": "b", "namespaces": [{}]}],
    ],
    ids=["no namespaces", "namespaces disagree", "clusters disagree"],
)
def test_what_a_workspace_may_not_be(clusters: list[Json]) -> None:
    """12.1, GMG522."""
    assert [code for code, _ in noted(lower(manifest("Workspace", {"workloadClusters": clusters})))] == ["GMG522"]


def test_workspace_settings() -> None:
    """12.1: ALL is the default kind, and kinds that routing does not look at are no mistakes."""
    spec = {
        "importFrom": [{"workspaces": [{"name": "web*", "selector": {"a": "1"}}]}],
        "exportTo": [
            {
                "workspaces": [{"name": "*"}],
                "resources": [{"kind": "SERVICE"}, {"labels": {"e": "1"}, "name": "n"}, {"kind": "API_DOC"}],
            }
        ],
        "options": {"federation": {"enabled": True, "hostSuffix": "x"}, "serviceIsolation": {"enabled": True}},
    }
    declared = lower(manifest("WorkspaceSettings", spec))
    assert declared.problems == ()
    (found,) = dict(declared.realms)["v2"].settings
    assert [each.workspaces for each in found.imports] == [(WorkspacePattern("web*", (("a", "1"),)),)]
    assert found.imports[0].resources == ()
    assert found.imports[0].origin.field == "spec.importFrom[0]"
    assert found.exports[0].resources == (
        ResourcePattern(Shared.SERVICE),
        ResourcePattern(Shared.ALL, (("e", "1"),), "n"),
        ResourcePattern(Shared.OTHER),
    )
    assert found.federation is not None
    assert (found.federation.enabled, found.everywhere) == (True, False)


def test_settings_for_everybody() -> None:
    """12.2 rule 4: called `global`, beside the workspaces, which stand in `gloo-mesh` if nobody says otherwise."""
    management = manifest("WorkspaceSettings", {}, name="global", namespace="gloo-mesh")
    elsewhere = manifest("WorkspaceSettings", {}, name="global", namespace="other")
    workspace = manifest("Workspace", {"workloadClusters": []}, namespace="other")
    assert [each.everywhere for each in realm(management, elsewhere).settings] == [True, False]
    assert [each.everywhere for each in realm(management, elsewhere, workspace).settings] == [False, True]


def test_clusters() -> None:
    """Their labels are what workspaces select them by (section 1)."""
    written = manifest("KubernetesCluster", {"clusterDomain": "c.test"}, name="c1", labels={"r": "eu"})
    (found,) = realm(written).inventory.clusters
    assert (found.name, found.domain, found.labels) == ("c1", "c.test", (("r", "eu"),))
    (default,) = realm(manifest("KubernetesCluster", {})).inventory.clusters
    assert default.domain == "cluster.local"


# Both generations

FIRST = {**manifest("RouteTable", {"routes": []}), "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1"}


@pytest.mark.parametrize(
    ("manifests", "speaking"),
    [
        ([FIRST], ["v1beta1"]),
        ([manifest("RouteTable", {"http": [OK]})], ["v2"]),
        ([manifest("Workspace", {})], ["v2"]),
        ([FIRST, manifest("RouteTable", {"http": [OK]})], ["v1beta1", "v2"]),
        ([FIRST, manifest("Service", {})], ["v1beta1"]),
        ([manifest("Service", {})], ["v1beta1"]),
    ],
    ids=["first", "second", "a tenant", "both", "first with services", "services alone"],
)
def test_who_speaks(manifests: list[Json], speaking: list[str]) -> None:
    """Both may live in one cluster during a migration; one that is not there says nothing."""
    declared = api.lower(snapshot(*manifests))
    assert [generation for generation, _ in declared.realms] == speaking
    assert sorted(table.ref.generation for table in declared.tables) == [
        generation for generation in speaking if any(each["kind"] == "RouteTable" for each in manifests)
    ]


def test_nothing_at_all_is_said_by_the_first() -> None:
    assert [generation for generation, _ in api.lower(Snapshot(SourceType.FILES, ())).realms] == ["v1beta1"]


# Hostile input


@pytest.mark.parametrize("kind", [each.name for each in (*v2.KINDS, *v2.SERVICES)])
@pytest.mark.parametrize("spec", [None, [], "text", 7, {"http": {}, "listeners": 1, "ports": "x", "hosts": {}}])
def test_nothing_that_is_written_stops_the_reading(kind: str, spec: Any) -> None:
    lower(manifest(kind, spec))


@pytest.mark.parametrize("value", [None, [], "text", 7, {}, [None], [[]], ["x"], [{}], [{"": None}]])
@pytest.mark.parametrize(
    "field",
    ["matchers", "labels", "forwardTo", "delegate", "redirect", "directResponse", "graphql", "name"],
)
def test_nothing_in_a_rule_stops_the_reading(field: str, value: Any) -> None:
    """Whatever it holds, there is a rule, and nothing is a bug of ours."""
    found = rule({**OK, field: value} if field in ("matchers", "labels", "name") else {field: value})
    assert found.origin.field == "spec.http[0]"
