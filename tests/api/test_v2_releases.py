"""Where releases of the second generation differ (`spec/v2.md` 1.1, 4.2, 9 rule 5, 15.1, DEC-6, DEC-17).

Each difference is asked at the last release before it and at its own. What a release does with a field that it does not
know is judged by the same table without it: the API server drops it.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.api import v2_releases
from tests.examples import written
from tests.run import gmg, manifests_text

Json = dict[str, Any]

ROWS: list[Json] = written(Path(__file__).with_name("releases.yaml"))
SCENARIO = Path(__file__).parent.parent / "scenarios" / "v2" / "label-inheritance.yaml"
ADMISSION = "refused since release 2.6"


def manifest(kind: str, name: str, spec: Json, group: str = "networking.gloo.solo.io/v2", **labels: str) -> Json:
    metadata = {"name": name, "namespace": "apps", "labels": labels}
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}


BROKEN = {"name": "broken", "forwardTo": {"destinations": [{"ref": {"name": "gone"}, "port": {"number": 80}}]}}
SURROUNDINGS = [
    manifest("VirtualGateway", "public", {"listeners": [{"http": {}, "port": {"number": 80}}]}),
    manifest("RouteTable", "child", {"http": [{"name": "leaf", "directResponse": {"status": 200}}]}, part="child"),
    manifest("Service", "web", {"ports": [{"port": 80}]}, "v1"),
]


def table(spec: Json) -> Json:
    """A root with a rule whose destination does not exist, unless it has other rules."""
    return manifest(
        "RouteTable",
        "shop",
        {"hosts": ["shop.example.com"], "virtualGateways": [{"name": "public"}], "http": [BROKEN], **spec},
    )


def routes(objects: list[Json], release: str) -> list[Json]:
    text = manifests_text([*objects, *SURROUNDINGS])
    ran = gmg("routes", "-f", "-", "-o", "json", "--all-routes", "--product-version", release, stdin=text)
    assert ran.code == 0, ran.err
    found: list[Json] = ran.json["items"]
    return found


def findings(objects: list[Json], release: str) -> list[Json]:
    text = manifests_text([*objects, *SURROUNDINGS])
    ran = gmg("check", "-f", "-", "-o", "json", "--product-version", release, stdin=text)
    assert ran.code in (0, 1), ran.err
    assert ran.json["source"]["productVersion"] == release
    found: list[Json] = ran.json["items"]
    return found


def places(found: list[Json], code: str) -> list[str]:
    return [item["at"]["field"] for item in found if item["code"] == code]


def without(spec: Json, field: str) -> Json:
    """A copy of a spec without a field that `a[0].b` leads to."""
    copy = deepcopy(spec)
    place: Any = copy
    *above, last = field.replace("[", ".").replace("]", "").split(".")
    for step in above:
        place = place[int(step) if step.isdigit() else step]
    del place[last]
    return copy


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["field"])
def test_a_field_counts_from_its_release_on(row: Json) -> None:
    before, first = row["releases"]
    assert places(findings([table(row["spec"])], before), "GMG001") == [f"spec.{row['field']}"]
    assert places(findings([table(row["spec"])], first), "GMG001") == []
    bare = table(without(row["spec"], row["field"]))
    assert routes([table(row["spec"])], before) == routes([bare], before)
    if row.get("shown"):
        assert routes([table(row["spec"])], first) != routes([bare], first)


def test_the_matrix_is_asked_as_a_whole() -> None:
    asked = {row["field"].replace("[0]", "[]"): row["releases"][1] for row in ROWS}
    assert asked == {each.field: f"{each.first[0]}.{each.first[1]}" for each in v2_releases.FIELDS}


def test_what_is_dropped_is_said_with_the_release_that_has_it() -> None:
    (found,) = [each for each in findings([table({"failureMode": "FREEZE_CONFIG"})], "2.4") if each["code"] == "GMG001"]
    assert found["message"] == (
        "failureMode came with release 2.5: a cluster of release 2.4 drops it, so it has no effect"
    )
    assert found["severity"] == "warning"


def test_only_null_and_other_types_stand_where_an_older_release_looks() -> None:
    """What is not written is not dropped, and what has the wrong type is told as such."""
    spec = {"failureMode": None, "tls": None, "http": [{"name": "rule", "matchers": "x", "forwardTo": []}, "rule"]}
    found = findings([table(spec)], "2.0")
    assert places(found, "GMG001") == []
    assert set(places(found, "GMG002")) == {"spec.http[0].matchers", "spec.http[0].forwardTo", "spec.http[1]"}


@pytest.mark.parametrize("release,known", [("2.1", False), ("2.2", True), ("2.3", False), ("2.9", False)])
def test_a_destination_is_a_cloud_provider_in_one_release_only(release: str, known: bool) -> None:
    entry = {"kind": "CLOUD_PROVIDER", "ref": {"name": "aws", "namespace": "clouds"}}
    objects = [table({"http": [{"name": "rule", "forwardTo": {"destinations": [entry]}}]})]
    (row,) = routes(objects, release)
    assert places(findings(objects, release), "GMG003") == (
        [] if known else ["spec.http[0].forwardTo.destinations[0].kind"]
    )
    assert row["status"] == ("ok" if known else "replaced")
    if known:
        (destination,) = row["action"]["destinations"]
        assert (destination["kind"], destination["namespace"]) == ("AwsLambda", "clouds")


def test_accounts_are_never_missing_in_the_release_whose_group_is_not_read() -> None:
    """1 and DEC-27: that release has them in another group than later ones."""
    provider = manifest("CloudProvider", "other", {"aws": {}}, "infrastructure.gloo.solo.io/v2")
    for release, entry, state in (
        ("2.2", {"kind": "CLOUD_PROVIDER", "ref": {"name": "aws"}}, "unknown"),
        ("2.3", {"awsLambda": {"cloudProvider": {"name": "aws"}, "function": "pay"}}, "missing"),
    ):
        rule = {"name": "rule", "forwardTo": {"destinations": [entry]}}
        (row,) = routes([table({"http": [rule]}), provider], release)
        (destination,) = (row["written"] or row["action"])["destinations"]
        assert (row["status"], destination["resolved"]) == ("ok" if state == "unknown" else "replaced", state)


@pytest.mark.parametrize("release,invalid", [("2.5", False), ("2.6", True), ("2.10", True)])
def test_a_lone_star_is_served_by_all_and_invalid_since_2_6(release: str, invalid: bool) -> None:
    objects = [table({"hosts": ["*"]})]
    (said,) = [each["message"] for each in findings(objects, release) if each["code"] == "GMG116"]
    assert ("documented as invalid" in said) == invalid
    assert [row["domains"] for row in routes(objects, release)] == [["*"]]


REFUSED: dict[str, tuple[str, Json]] = {
    "GMG109": ("VirtualGateway", {"listeners": [{"http": {}, "port": {"number": 443}, "tls": {"mode": "SIMPLE"}}]}),
    "GMG120": ("VirtualGateway", {"listeners": [{"http": {}}]}),
    "GMG121": ("VirtualGateway", {"listeners": [{"http": {}, "port": {"number": 80}, "appProtocol": "TLS"}]}),
    "GMG122": ("VirtualGateway", {"listeners": [{"port": {"number": 80}, "httpsRedirect": True}]}),
    "GMG123": (
        "VirtualGateway",
        {
            "listeners": [
                {
                    "http": {},
                    "port": {"number": 443},
                    "tls": {
                        "mode": "SIMPLE",
                        "secretName": "cert",
                        "parameters": {"minimumProtocolVersion": "TLSv1_0"},
                    },
                }
            ]
        },
    ),
    "GMG126": ("RouteTable", {"http": [BROKEN], "virtualGateways": [{"name": "public"}]}),
    "GMG127": ("RouteTable", {"http": [BROKEN], "applyToDestinations": [{}]}),
    "GMG128": ("RouteTable", {"http": [BROKEN], "failureMode": "FREEZE_CONFIG"}),
    "GMG129": ("RouteTable", {"http": [BROKEN], "workloadSelectors": [{"kind": "VM"}]}),
    "GMG130": ("RouteTable", {"hosts": ["shop.example.com"]}),
    "GMG420": ("VirtualDestination", {"ports": [{"number": 80, "protocol": "HTTP"}]}),
    "GMG422": ("RouteTable", {"http": [], "tcp": [{}], "defaultDestination": {"ref": {"name": "web"}}}),
    "GMG423": ("RouteTable", {"http": [{"name": "rule", "forwardTo": {"destinations": []}}]}),
    "GMG424": ("RouteTable", {"http": [BROKEN], "workloadSelectors": [{}] * 10_001}),
}
"""What breaks one rule of 15.1 each, by its code."""


@pytest.mark.parametrize("code", REFUSED)
def test_what_admission_refuses_is_told_of_older_releases_too(code: str) -> None:
    kind, spec = REFUSED[code]
    for release, older in (("2.5", True), ("2.6", False)):
        said = [each["message"] for each in findings([manifest(kind, "bad", spec)], release) if each["code"] == code]
        assert said
        assert all((ADMISSION in each) == older for each in said)


def test_every_rule_of_admission_is_asked() -> None:
    assert {*REFUSED, "GMG511"} == v2_releases.ADMISSION  # the last is a rule for policies: below


def test_a_policy_that_admission_refuses_is_taken_by_older_releases() -> None:
    policy = manifest("RetryTimeoutPolicy", "bad", {"config": {}}, "resilience.policy.gloo.solo.io/v2")
    for release, older in (("2.5", True), ("2.6", False)):
        (said,) = [each["message"] for each in findings([policy], release) if each["code"] == "GMG511"]
        assert (ADMISSION in said) == older


def labels(release: str) -> dict[str, Json]:
    ran = gmg("routes", "-f", str(SCENARIO), "-o", "json", "--product-version", release)
    return {row["hops"][-1]["name"]: row["labels"] for row in ran.json["items"]}


def test_labels_of_delegated_tables_count_since_2_5() -> None:
    expected = written(SCENARIO.with_name("label-inheritance.expect.yaml"))
    now = {rule.rpartition("/")[2]: found for rule, found in expected["effectiveLabels"].items()}
    older = {rule.rpartition("/")[2]: found for rule, found in expected["under24Reading"].items()}
    assert labels("2.5") == now
    assert older.items() <= labels("2.4").items()
    assert labels("2.4")["own"] == now["own"]
    assert labels("2.4")["over"] == {"env": "test", "tier": "gold", "val": "child"}


def grandchild(**selected: str) -> list[Json]:
    """A root above two tables, and a policy that selects some labels; the workspace owns all."""
    http = {"forwardTo": {"destinations": [{"ref": {"name": "web"}, "port": {"number": 80}}]}}
    middle = {"delegate": {"routeTables": [{"labels": {"part": "low"}}]}, "labels": {"own": "middle"}}
    return [
        table({"http": [{"name": "top", "delegate": {"routeTables": [{"labels": {"part": "middle"}}]}}]}),
        manifest("RouteTable", "middle", {"http": [{"name": "mid", **middle}]}, part="middle", team="a"),
        manifest("RouteTable", "low", {"http": [{"name": "end", **http}]}, part="low"),
        manifest(
            "RetryTimeoutPolicy",
            "slow",
            {"applyToRoutes": [{"route": {"labels": selected}}], "config": {"requestTimeout": "9s"}},
            "resilience.policy.gloo.solo.io/v2",
        ),
    ]


def policy_steps(objects: list[Json], release: str) -> list[str]:
    text = manifests_text([*objects, *SURROUNDINGS])
    ran = gmg("explain", "end", "-f", "-", "-o", "json", "--product-version", release, stdin=text)
    assert ran.code == 0, ran.err
    (item,) = ran.json["items"]
    return [step["text"] for step in item["sections"]["policies"]]


@pytest.mark.parametrize(
    "selected,older,newer",
    [({"team": "a"}, False, True), ({"part": "low"}, False, True), ({"own": "middle"}, True, True)],
    ids=["of a table in between", "of its own table", "of a rule above"],
)
def test_policies_follow_the_labels_of_the_release(selected: dict[str, str], older: bool, newer: bool) -> None:
    objects = grandchild(**selected)
    for release, applies in (("2.4", older), ("2.5", newer)):
        (row,) = routes(objects, release)
        assert [each["ref"]["name"] for each in row["policies"]] == ["slow"] * applies


def test_an_explanation_tells_what_the_other_reading_would_change() -> None:
    objects = grandchild(team="a")
    applies, others, gone = policy_steps(objects, "2.5")
    assert "applies" in applies
    assert "releases before 2.5 ignore the labels of delegated tables" in others
    assert "team would not be set (a here)" in others
    assert gone == "then RetryTimeoutPolicy apps/slow would not select it"
    others, too = policy_steps(objects, "2.4")
    assert "since release 2.5 the labels of delegated tables count" in others
    assert "team would be a (not set here)" in others
    assert too.startswith("then RetryTimeoutPolicy apps/slow would select it too")


def test_labels_that_nothing_looks_at_are_no_matter_of_readings() -> None:
    """`own` is there in both; what only selects the tables is not worth a word."""
    for release in ("2.4", "2.5"):
        (step,) = policy_steps(grandchild(own="middle"), release)
        assert "applies" in step
