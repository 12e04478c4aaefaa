"""Findings in SARIF, JUnit's XML, JSON and YAML, held against their schemas (`spec/cli.md` 6.4 and 6.7)."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from kubectl_gmg import __version__
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.render import Output, outputs
from kubectl_gmg.views import FindingList, Look, NotChecked, RuleInfo, Suppression
from tests.commands.make import host, rule
from tests.render import contract
from tests.render.contract import list_of, one_of, optional, shape_of, text, whole
from tests.render.found import (
    BROKEN,
    ERROR,
    GMG118,
    GMG301,
    GMG411,
    INFO,
    NO_SERVICES,
    RULES,
    SHADOWED,
    UNJUDGED,
    WARNING,
    catalogue,
    finding,
    found,
    printed,
    ref,
)
from tests.run import gmg

Json = dict[str, Any]
SARIF_SCHEMA = json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text())
LIVE = finding(Problem("GMG411", "no Service web", Origin(ref("rt"))), GMG411, ERROR, file=None, line=None)
INFORMATION = finding(Problem("GMG118", "two roots", Origin(ref("rt"))), GMG118, INFO, file="-", line=1)
FULL = found(finding(), LIVE, INFORMATION, gaps=(NO_SERVICES, BROKEN), not_checked=(UNJUDGED,))


def suppressed(by: str, reason: str | None = None, until: str | None = None) -> FindingList:
    return found(replace(finding(), suppressed=Suppression(by, reason, until)))


def sarif(view: FindingList) -> Json:
    """The one run; its document is what the published schema wants."""
    document = json.loads(printed(view, Output.SARIF))
    jsonschema.validate(document, SARIF_SCHEMA)
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_the_schema_refuses_what_is_wrong() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"version": "2.1.0", "runs": [{"results": []}]}, SARIF_SCHEMA)


def test_sarif_of_nothing() -> None:
    run = sarif(found(rules=()))
    assert run["results"] == []
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_sarif_knows_every_rule() -> None:
    driver = sarif(FULL)["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("kubectl gmg", __version__)
    assert [(each["id"], each["name"]) for each in driver["rules"]] == [(each.code, each.slug) for each in RULES]
    levels = [each["defaultConfiguration"]["level"] for each in driver["rules"]]
    assert levels == ["note", "warning", "error"]
    rule = driver["rules"][1]
    assert rule["shortDescription"]["text"] == GMG301.title
    assert rule["fullDescription"]["text"].startswith("The proxy takes the first route that matches. So this")
    for part in (GMG301.why, GMG301.example, GMG301.fix, GMG301.source):
        assert part in rule["help"]["text"]
    assert f"```text\n{GMG301.example}\n```" in rule["help"]["markdown"]


def test_the_level_of_a_rule_is_its_worst() -> None:
    mixed = replace(GMG301, severities=(("v1beta1", WARNING), ("v2", ERROR)))
    (rule,) = sarif(found(rules=(mixed,)))["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"]["level"] == "error"


def test_sarif_results() -> None:
    run = sarif(FULL)
    results = run["results"]
    assert [(each["ruleId"], each["level"]) for each in results] == [
        ("GMG301", "warning"),
        ("GMG411", "error"),
        ("GMG118", "note"),
    ]
    for each in results:
        assert run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
        assert each["partialFingerprints"] == {"gmg/v1": "5f3c9a10"}
        assert each["suppressions"] == []
    assert results[0]["message"]["text"] == SHADOWED.message


def test_sarif_places() -> None:
    first, live, stdin = sarif(FULL)["results"]
    assert first["locations"] == [
        {
            "physicalLocation": {"artifactLocation": {"uri": "routes.yaml"}, "region": {"startLine": 58}},
            "logicalLocations": [
                {
                    "name": "demo-routetable2",
                    "fullyQualifiedName": "RouteTable/gloo-mesh/demo-routetable2:spec.routes[0]",
                    "kind": "resource",
                }
            ],
        }
    ]
    (related,) = first["relatedLocations"]
    assert related["id"] == 1
    assert related["message"] == {"text": "answers first"}
    assert related["physicalLocation"]["region"] == {"startLine": 31}
    for each in (live, stdin):
        (place,) = each["locations"]
        assert list(place) == ["logicalLocations"]
        assert place["logicalLocations"][0]["fullyQualifiedName"] == "RouteTable/gloo-mesh/rt"


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b/ü#1.yaml", "a%20b/%C3%BC%231.yaml"),
        ("a:b.yaml", "a%3Ab.yaml"),  # else a would be a scheme
        ("/srv/a b.yaml", "file:///srv/a%20b.yaml"),
        ("./routes.yaml", "routes.yaml"),
        ("\udcff.yaml", "%FF.yaml"),  # the name of a file is bytes
    ],
)
def test_sarif_uris(file: str, uri: str) -> None:
    (result,) = sarif(found(finding(file=file)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize("by", ["flag", "annotation", "baseline", "comment"])
def test_sarif_suppressions(by: str) -> None:
    (result,) = sarif(suppressed(by, "known", "2027-03-31"))["results"]
    (told,) = result["suppressions"]
    assert told["kind"] == ("inSource" if by == "comment" else "external")
    assert told["justification"] == "known"
    assert told["properties"]["until"] == "2027-03-31"
    (result,) = sarif(suppressed(by))["results"]
    assert "justification" not in result["suppressions"][0]


def test_sarif_says_what_was_not_read() -> None:
    (invocation,) = sarif(FULL)["invocations"]
    assert invocation["executionSuccessful"] is False
    missing, broken, unjudged = invocation["toolExecutionNotifications"]
    assert (missing["level"], missing["message"]["text"]) == ("warning", NO_SERVICES.message)
    assert broken["level"] == "error"
    assert broken["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/broken.yaml"
    assert unjudged["associatedRule"] == {"id": "GMG411", "index": 2}
    (invocation,) = sarif(found(gaps=(NO_SERVICES,)))["invocations"]
    assert invocation["executionSuccessful"] is True


def test_sarif_messages_are_no_templates_and_no_links() -> None:
    """Braces mean placeholders and `[a](b)` a link (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    hostile = Problem("GMG301", "~/a{0} [click](http://evil.example) [x]", SHADOWED.at)
    (result,) = sarif(found(finding(hostile)))["results"]
    assert result["message"]["text"] == "~/a{{0}} \\[click](http://evil.example) [x]"


def test_sarif_tells_of_rules_that_were_not_asked_for() -> None:
    run = sarif(found(LIVE, rules=(GMG301,)))
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["GMG301", "GMG411"]
    assert run["results"][0]["ruleIndex"] == 1


def junit(view: FindingList) -> list[ET.Element]:
    """The test cases; what is counted agrees with them."""
    root = ET.fromstring(printed(view, Output.JUNIT))
    (suite,) = root
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    cases = list(suite)
    for element in (root, suite):
        assert element.get("tests") == str(len(cases))
        assert element.get("failures") == str(len(suite.findall("testcase/failure")))
        assert element.get("errors") == "0"
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert "skipped" not in root.attrib  # readers that follow a schema refuse it there
    for case in cases:
        assert case.tag == "testcase"
    return cases


def test_junit_passes_where_nothing_is_found() -> None:
    cases = junit(found())
    assert [case.get("name") for case in cases] == [f"{each.code} {each.slug}" for each in RULES]
    assert [case.get("classname") for case in cases] == [
        "gateways, listeners, hosts, attachment",
        "order and matching",
        "actions and destinations",
    ]
    assert [list(case) for case in cases] == [[], [], []]


def test_junit_fails_errors_and_warnings_each_in_its_case() -> None:
    other = finding(replace(SHADOWED, message="another", at=Origin(ref("rt"), ("spec",))))
    info, first, second, error = junit(found(finding(), other, LIVE, INFORMATION))
    assert info.get("name") == "GMG118 roots-share-host RouteTable gloo-mesh/rt"
    assert info.find("failure") is None
    assert "two roots" in (info.findtext("system-out") or "")
    assert first.get("name") == "GMG301 unreachable-route RouteTable gloo-mesh/demo-routetable2 spec.routes[0]"
    assert second.get("name") == "GMG301 unreachable-route RouteTable gloo-mesh/rt spec"
    failures = [case.find("failure") for case in (first, second, error)]
    assert [(each.get("type"), each.get("message")) for each in failures if each is not None] == [
        ("warning", SHADOWED.message),
        ("warning", "another"),
        ("error", "no Service web"),
    ]
    told = first.findtext("failure") or ""
    assert "routes.yaml:58 RouteTable gloo-mesh/demo-routetable2 spec.routes[0]" in told
    assert "answers first: routes.yaml:31 RouteTable gloo-mesh/demo-routetable spec.routes[0]" in told
    assert "proof: GET http://www.example.com/reviews/v1/version" in told
    assert "(verified)" in told


def test_junit_skips_what_is_suppressed_or_could_not_be_judged() -> None:
    _, hidden, unjudged = junit(replace(suppressed("baseline", "known", "2027-03-31"), not_checked=(UNJUDGED,)))
    skipped = hidden.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "suppressed by baseline until 2027-03-31: known"
    skipped = unjudged.find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not read: Service"


def test_junit_keeps_both_what_was_found_and_what_was_not_read() -> None:
    cases = junit(found(LIVE, rules=(GMG411,), not_checked=(NotChecked("GMG411", ("Service", "Workload")),)))
    assert [[each.tag for each in case] for case in cases] == [["failure"], ["skipped"]]


FINDING = shape_of(
    code=text,
    slug=text,
    severity=one_of("error", "warning", "info"),
    rule=list_of(text),
    message=text,
    hint=optional(text),
    at=contract.origin,
    related=list_of(shape_of(note=text, at=contract.origin)),
    request=optional(contract.request),
    fix=optional(
        shape_of(
            text=text,
            verified=contract.boolean,
            edits=list_of(shape_of(at=contract.origin, **{"from": optional(text)}, to=text)),
        )
    ),
    suppressed=optional(
        shape_of(
            by=one_of("flag", "annotation", "comment", "baseline"),
            reason=optional(text),
            until=optional(text),
        )
    ),
    fingerprint=text,
)
FINDING_LIST = contract.envelope(
    "FindingList",
    shape_of(
        objects=whole,
        hosts=whole,
        routes=whole,
        errors=whole,
        warnings=whole,
        infos=whole,
        suppressed=whole,
        notChecked=list_of(shape_of(code=text, missing=list_of(text))),
    ),
    FINDING,
)
severity = optional(one_of("error", "warning", "info"))
RULE_LIST = contract.envelope(
    "RuleList",
    shape_of(),
    shape_of(
        code=text,
        slug=text,
        title=text,
        severity=shape_of(v1beta1=severity, v2=severity),
        rule=list_of(text),
        why=text,
        example=text,
        fix=text,
        source=text,
    ),
)


def test_json_and_yaml_of_findings() -> None:
    view = replace(FULL, items=(*FULL.items, *suppressed("flag").items))
    document = json.loads(printed(view, Output.JSON))
    FINDING_LIST(document)
    assert document["summary"] == {
        **dict.fromkeys(("hosts", "errors", "warnings", "infos", "suppressed"), 1),
        "objects": 4,
        "routes": 6,
        "notChecked": [{"code": "GMG411", "missing": ["Service"]}],
    }
    first = document["items"][0]
    assert first["at"]["field"] == "spec.routes[0]"
    assert (first["at"]["name"], first["at"]["file"], first["at"]["line"]) == ("v1-version", "routes.yaml", 58)
    assert first["related"][0]["at"]["line"] == 31
    assert first["fix"]["edits"][0]["from"] == "TABLE_WEIGHT"
    assert yaml.safe_load(printed(view, Output.YAML)) == document


@pytest.mark.parametrize("rules", [(), RULES, (GMG301,)])
def test_json_and_yaml_of_rules(rules: tuple[RuleInfo, ...]) -> None:
    view = catalogue(*rules)
    document = json.loads(printed(view, Output.JSON))
    RULE_LIST(document)
    assert [each["code"] for each in document["items"]] == [each.code for each in rules]
    assert yaml.safe_load(printed(view, Output.YAML)) == document


def test_a_rule_that_does_not_exist_in_a_generation_is_null() -> None:
    (item,) = json.loads(printed(catalogue(GMG118), Output.JSON))["items"]
    assert item["severity"] == {"v1beta1": None, "v2": "info"}


def test_ascii_where_the_terminal_knows_no_more() -> None:
    view = found(finding(replace(SHADOWED, message="prefix /ü😀")))
    plain = printed(view, Output.SARIF, Look(unicode=False))
    assert plain.isascii()
    assert json.loads(plain) == json.loads(printed(view, Output.SARIF))
    plain = printed(view, Output.JUNIT, Look(unicode=False))
    assert plain.isascii()
    same = [ET.canonicalize(each) for each in (plain, printed(view, Output.JUNIT))]
    assert same[0] == same[1]
    assert "prefix /ü😀" in same[0]


@pytest.mark.parametrize("output", outputs("FindingList"))
def test_the_command_prints_every_format(output: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that nobody knows, in a file: its name and line stand in every format."""
    monkeypatch.chdir(tmp_path)
    typo = host(rule("a", wait=1), name="typo")
    Path("a b.yaml").write_text(f"# first\n---\n{yaml.safe_dump(typo)}")
    ran = gmg("check", "-f", "a b.yaml", "--select", "GMG001", "-o", output)
    assert (ran.code, ran.err) == (0, "")
    line = 3 + yaml.safe_dump(typo).splitlines().index("      wait: 1")
    where = {Output.GITHUB: f"file=a b.yaml,line={line},", Output.SARIF: f'"startLine": {line}'}
    where |= {Output.JSON: f'"line": {line}', Output.YAML: f"line: {line}\n"}
    assert where.get(output, f"a b.yaml:{line}") in ran.out
    assert "spec.routes[0].matchers[0].wait" in ran.out or output is Output.GITHUB
    if output is Output.SARIF:
        jsonschema.validate(ran.json, SARIF_SCHEMA)
        assert "a%20b.yaml" in ran.out
