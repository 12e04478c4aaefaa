"""What the transcript and the product once disagreed about, settled by the page: one small configuration for each.

Numbers in the names of rules and comments are sections and decisions of `spec/v2.md`.
"""

from __future__ import annotations

from typing import Any

from tests.oracle.test_v2_transcript import complaint, told
from tests.oracle.v2_transcript import TranscriptV2
from tests.run import gmg, manifests_text, routes_json

Json = dict[str, Any]
NETWORKING = "networking.gloo.solo.io/v2"
OK: Json = {"directResponse": {"status": 200}}


def gateway(*listeners: Json) -> Json:
    spec = {"listeners": listeners or [{"port": {"number": 80}, "http": {}}]}
    return {"apiVersion": NETWORKING, "kind": "VirtualGateway", "metadata": {"name": "edge", "namespace": "gm"}} | {
        "spec": spec
    }


def table(name: str, *rules: Json, created: str = "2024-01-01T00:00:00Z", **spec: Any) -> Json:
    where = {"name": name, "namespace": "gm", "creationTimestamp": created}
    return {"apiVersion": NETWORKING, "kind": "RouteTable", "metadata": where, "spec": {**spec, "http": rules}}


def root(name: str, *rules: Json, hosts: tuple[str, ...] = ("a.test",), **more: Any) -> Json:
    return table(name, *rules, hosts=list(hosts), virtualGateways=[{"name": "edge"}], **more)


def rule(name: str, uri: Json | None = None, **rest: Any) -> Json:
    matchers = [] if uri is None else [{"uri": uri}]
    return {"name": name, "matchers": matchers, **(rest or OK)}


def to(*names: str, **more: Any) -> Json:
    return {"routeTables": [{"name": name} for name in names], **more}


def served(*manifests: Json) -> list[tuple[str, str, str]]:
    """Listener and rule of every route that is served, in order, with what becomes of it."""
    assert complaint(list(manifests), told(TranscriptV2(list(manifests)))) == ""
    rows = [row for row in routes_json(list(manifests))["items"] if row["index"] is not None]
    rules = ["/".join(hop["name"] for hop in row["hops"]) for row in rows]
    return [(str(row["listener"]["index"]), name, row["status"]) for row, name in zip(rows, rules, strict=True)]


def test_a_child_with_a_suffix_alone_is_no_conflict() -> None:
    """DEC-10: its siblings are served; under ROUTE_SPECIFICITY there was nothing to rank it by."""
    kid = table("kid", rule("suffix", {"suffix": ".js"}), rule("plain", {"prefix": "/a"}))
    sort = {"sortMethod": "ROUTE_SPECIFICITY"}
    top = root("top", rule("d", {"prefix": "/p"}, delegate=to("kid", **sort)))
    assert served(gateway(), top, kid) == [("1", "d/plain", "ok")]


def test_the_length_of_a_regex_does_not_rank_it() -> None:
    """8.4: a longer one may match less or more, so that the order of the tables and rules stays."""
    kid = table(
        "kid", rule("short", {"regex": "/a.*"}), rule("long", {"regex": "/[a-c]+/.*"}), rule("p", {"prefix": "/a"})
    )
    top = root("top", rule("d", {"prefix": "/p"}, delegate=to("kid", sortMethod="ROUTE_SPECIFICITY")))
    names = [name for _, name, _ in served(gateway(), top, kid)]
    assert names.index("d/short") < names.index("d/long")
    assert len(names) == 3


def test_a_catch_all_for_another_port_cuts_nothing() -> None:
    """4.3 and `envoy.md` 76: it is not there on this listener."""
    foreign = {"name": "foreign", "matchers": [{"port": 8080}], **OK}
    old, young = root("old", foreign, rule("kept", {"prefix": "/k"})), root("young", rule("own", {"prefix": "/o"}))
    young["metadata"]["creationTimestamp"] = "2024-02-02T00:00:00Z"
    listeners = [{"port": {"number": 80}, "http": {}}, {"port": {"number": 8080}, "http": {}}]
    found = served(gateway(*listeners), old, young)
    assert [name for listener, name, _ in found if listener == "1" and name != "foreign"] == ["kept", "own"]
    assert [name for listener, name, _ in found if listener == "2"] == ["own", "foreign"]


def test_a_domain_written_in_two_cases_is_one() -> None:
    """3.3: `*.test` narrowed by `a.test` is the same domain as `A.Test`, whose routes came twice."""
    listener = {"port": {"number": 80}, "http": {}, "allowedRouteTables": [{"host": "a.test"}]}
    found = served(gateway(listener), root("top", rule("r", {"prefix": "/r"}), hosts=("A.Test", "*.test")))
    assert found == [("1", "r", "ok")]


def test_a_star_within_a_label_covers() -> None:
    """4.2 rule 2 and DEC-4: `*-b.test` is a wildcard too, and the narrower domain is served."""
    listener = {"port": {"number": 80}, "http": {}, "allowedRouteTables": [{"host": "x-b.test"}]}
    manifests = [gateway(listener), root("top", rule("r"), hosts=("*-b.test",))]
    assert served(*manifests) == [("1", "r", "ok")]
    assert routes_json(manifests)["items"][0]["domains"] == ["x-b.test"]


def test_a_service_belongs_where_no_configuration_is_read() -> None:
    """12.1: `configEnabled: false` is about Gloo resources; workloads still belong to the workspace."""
    spaces = [{"name": "gm", "configEnabled": True}, {"name": "apps", "configEnabled": False}]
    workspace = {
        "apiVersion": "admin.gloo.solo.io/v2",
        "kind": "Workspace",
        "metadata": {"name": "all", "namespace": "gloo-mesh"},
        "spec": {"workloadClusters": [{"name": "*", "namespaces": spaces}]},
    }
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "apps"}}
    service["spec"] = {"ports": [{"port": 80}]}
    forward = {"destinations": [{"ref": {"name": "web", "namespace": "apps"}}]}
    assert served(gateway(), workspace, service, root("top", rule("r", forwardTo=forward))) == [("1", "r", "ok")]
    hidden = root("hidden", rule("h", {"prefix": "/h"}))
    hidden["metadata"]["namespace"] = "apps"
    hidden["spec"]["virtualGateways"] = [{"name": "edge", "namespace": "gm"}]
    top = root("top", rule("r", forwardTo=forward))
    assert served(gateway(), workspace, service, top, hidden) == [("1", "r", "ok")]


def test_a_root_that_names_itself_is_a_cycle() -> None:
    """8.1 rule 3, 8.6: the delegating route breaks as a whole, other tables it selects included."""
    top = root("top", rule("d", {"prefix": "/p"}, delegate=to("kid", "top")))
    kid = table("kid", rule("k"))
    assert served(gateway(), top, kid) == [("1", "d", "replaced")]
    ran = gmg("tree", "-f", "-", "-o", "json", stdin=manifests_text([gateway(), top, kid]))
    assert '"reason": "cycle"' in ran.out


def test_a_route_that_lost_all_matchers_to_a_bad_regex_freezes_its_tree() -> None:
    """8.7, 10, DEC-28: it is misconfigured though nothing of it can be served."""
    rules = [rule("good", {"prefix": "/g"}), rule("bad", {"regex": "/("})]
    assert served(gateway(), root("top", *rules)) == [("1", "good", "ok")]
    assert served(gateway(), root("top", *rules, failureMode="FREEZE_CONFIG")) == [("1", "good", "frozen")]


def test_a_conflict_counts_whatever_the_child_does() -> None:
    """DEC-26: a child that is broken besides contradicts its parent nevertheless."""
    top = root("top", rule("d", {"exact": "/p"}, delegate=to("kid")))
    kid = table("kid", rule("k", {"prefix": "/k"}, directResponse={"status": 99}), rule("fine"))
    assert served(gateway(), top, kid) == [("1", "d", "replaced")]


def test_a_missing_header_fails_a_regex_that_fits_empty_text() -> None:
    """8.2 and `envoy.md` 21: so a header that must be absent contradicts it; all pairs do, and the parent breaks."""
    value = {"name": "x-b", "value": "[0-9]*", "regex": True}
    top = {"name": "d", "matchers": [{"headers": [value]}], "delegate": to("kid")}
    absent = {"name": "k", "matchers": [{"headers": [{"name": "x-b", "invertMatch": True}]}], **OK}
    assert served(gateway(), root("top", top), table("kid", absent)) == [("1", "d", "replaced")]


def test_a_joined_regex_that_does_not_compile_is_never_given_to_the_proxy() -> None:
    """DEC-28: neither with a broken action beside it nor above a delegate, which is not expanded."""
    good = [{"uri": {"regex": "^*a"}}, {"uri": {"prefix": "/x"}}]
    broken = {"name": "broken", "matchers": good, "directResponse": {"status": 99}}
    onward = {"name": "onward", "matchers": good, "delegate": to("leaf")}
    manifests = [
        gateway(),
        root("top", rule("d", {"prefix": "/p"}, delegate=to("kid"))),
        table("kid", broken, onward),
        table("leaf", rule("l")),
    ]
    assert served(*manifests) == [("1", "d/broken", "replaced"), ("1", "d/onward", "replaced")]
    rows = [row for row in routes_json(manifests)["items"] if row["index"] is not None]
    assert [row["match"]["path"]["value"] for row in rows] == ["/p/x", "/p/x"]
