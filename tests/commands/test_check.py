"""`check` as a whole: what counts, what is reported, and when that is a failure (`spec/cli.md` 2.2, 3, 8.2)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_mock import MockerFixture

from kubectl_gmg.checks.catalogue import rules
from tests.run import Ran, gmg

Json = dict[str, Any]
BASE = (Path(__file__).parents[1] / "checks" / "base" / "v2.yaml").read_text()
ROOT = """apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {{name: {name}, namespace: apps{annotations}}}
spec:
  hosts: [{name}.example.com]
  virtualGateways: [{{name: public, namespace: gateways}}]
  http:
  - name: web
    metchers: []{comment}
    forwardTo: {{destinations: [{{ref: {{name: web, namespace: apps}}, port: {{number: 80}}}}]}}
"""
UNKNOWN = "RouteTable apps/shop spec.http[0].metchers"
"""The one place of `ROOT` that is wrong: a field that the API does not know, a warning."""


def root(name: str = "shop", annotation: str = "", comment: str = "") -> str:
    annotations = f", annotations: {{gmg/ignore: {json.dumps(annotation)}}}" if annotation else ""
    return ROOT.format(name=name, annotations=annotations, comment=f"   {comment}" if comment else "")


def check(*arguments: str, text: str) -> Ran:
    return gmg("check", "-f", "-", "-o", "json", *arguments, stdin=f"{text}---\n{BASE}")


def told(ran: Ran) -> dict[str, Json]:
    """The findings by code and place."""
    assert ran.code in (0, 1), ran.err
    return {f"{item['code']} {place(item['at'])}": item for item in ran.json["items"]}


def place(origin: Json) -> str:
    ref = origin["ref"]
    return f"{ref['kind']} {ref['namespace']}/{ref['name']} {origin['field']}".rstrip()


@pytest.fixture(autouse=True)
def today(mocker: MockerFixture) -> None:
    """The clock: expiry is a matter of days."""
    clock = mocker.patch("kubectl_gmg.commands.findings.date")
    clock.today.return_value = date(2026, 6, 1)


def test_a_warning_alone_is_no_failure() -> None:
    ran = check(text=root())
    assert ran.code == 0
    assert set(told(ran)) == {f"GMG001 {UNKNOWN}"}
    assert ran.json["summary"]["warnings"] == 1


@pytest.mark.parametrize(("limit", "code"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
@pytest.mark.parametrize("output", ["text", "short", "json", "yaml", "sarif", "junit", "github"])
def test_the_exit_code_never_depends_on_the_format(limit: str, code: int, output: str) -> None:
    assert gmg("check", "-f", "-", "-o", output, "--fail-on", limit, stdin=f"{root()}---\n{BASE}").code == code


def test_an_unknown_severity() -> None:
    ran = gmg("check", "--demo", "--fail-on", "fatal")
    assert (ran.code, ran.out) == (2, "")
    assert "fatal" in ran.err


class TestSelect:
    @pytest.mark.parametrize(("select", "found"), [("GMG001", 1), ("gmg0", 1), ("GMG3", 0), ("GMG3,GMG001", 1)])
    def test_codes_and_families(self, select: str, found: int) -> None:
        ran = check("--select", select, text=root())
        assert len(ran.json["items"]) == found

    def test_an_unknown_code(self) -> None:
        ran = check("--select", "GMG999", text=root())
        assert ran.code == 4
        assert json.loads(ran.err)["error"]["kind"] == "notFound"


class TestFlag:
    @pytest.mark.parametrize(
        "ignore", ["GMG001", "GMG001=RouteTable/apps/shop", "gmg001=rt/apps/shop", "GMG001=routetable/apps/shop"]
    )
    def test_suppresses(self, ignore: str) -> None:
        ran = check("--ignore", ignore, "--fail-on", "warning", text=root())
        assert ran.code == 0
        assert told(ran)[f"GMG001 {UNKNOWN}"]["suppressed"] == {"by": "flag", "reason": None, "until": None}
        assert (ran.json["summary"]["warnings"], ran.json["summary"]["suppressed"]) == (0, 1)

    @pytest.mark.parametrize("ignore", ["GMG001=rt/apps/other", "GMG001=vg/apps/shop", "GMG001=rt/other/shop"])
    def test_of_another_object_is_stale(self, ignore: str) -> None:
        found = told(check("--ignore", ignore, text=root()))
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"] is None
        stale = found[f"GMG009 Flag /--ignore {ignore}"]
        assert (stale["severity"], stale["slug"]) == ("warning", "stale-suppression")

    def test_of_an_object_that_may_not_have_been_read(self, tmp_path: Path) -> None:
        """Beside a broken file nobody knows whether the object is there; of one that is there it is known."""
        (tmp_path / "a.yaml").write_text(f"{root()}---\n{BASE}")
        (tmp_path / "b.yaml").write_text("a: [")
        ignore = ("--ignore", "GMG001=rt/apps/elsewhere", "--ignore", "GMG001=vg/gateways/public")
        ran = gmg("check", "-f", str(tmp_path), "-o", "json", *ignore)
        stale = [item["at"]["ref"]["name"] for item in ran.json["items"] if item["code"] == "GMG009"]
        assert stale == ["--ignore GMG001=vg/gateways/public"]

    @pytest.mark.parametrize(("ignore", "code"), [("GMG999", 4), ("GMG001=rt/shop", 2), ("GMG001=rt//shop", 2)])
    def test_that_means_nothing(self, ignore: str, code: int) -> None:
        assert check("--ignore", ignore, text=root()).code == code

    def test_stale_ones_can_be_suppressed(self) -> None:
        found = told(check("--ignore", "GMG101", "--ignore", "GMG009", text=root()))
        assert [item["suppressed"]["by"] for code, item in found.items() if code.startswith("GMG009")] == ["flag"]


SAYS = "GMG001: known to the team"


class TestAnnotationAndComment:
    @pytest.mark.parametrize("by", ["annotation", "comment"])
    def test_suppresses(self, by: str) -> None:
        found = told(check(text=waived(by, SAYS)))
        said = {"by": by, "reason": "known to the team", "until": None}
        assert {name: item["suppressed"] for name, item in found.items()} == {f"GMG001 {UNKNOWN}": said}

    @pytest.mark.parametrize("by", ["annotation", "comment"])
    @pytest.mark.parametrize(("until", "counts"), [("2026-06-01", True), ("2026-05-31", False), ("2026-13-01", False)])
    def test_expires(self, by: str, until: str, counts: bool) -> None:
        found = told(check(text=waived(by, f"GMG001 until={until}: known")))
        assert (found[f"GMG001 {UNKNOWN}"]["suppressed"] is not None) == counts
        stale = [item for name, item in found.items() if name.startswith("GMG009")]
        assert [until in item["message"] for item in stale] == ([] if counts else [True])

    @pytest.mark.parametrize("by", ["annotation", "comment"])
    @pytest.mark.parametrize(
        "text", ["GMG001", "GMG001:", "GMG001: ", "GMG1: why", "GMG001 GMG002: why", "all of them: why", "GMG999: why"]
    )
    def test_what_cannot_be_read_does_not_count(self, by: str, text: str) -> None:
        found = told(check(text=waived(by, text)))
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"] is None
        assert sum(name.startswith("GMG009") for name in found) == 1

    @pytest.mark.parametrize("by", ["annotation", "comment"])
    def test_several_codes(self, by: str) -> None:
        found = told(check(text=waived(by, "GMG001, GMG009: known")))
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"]["by"] == by

    def test_several_in_one_annotation(self) -> None:
        found = told(check(text=root(annotation=f"{SAYS}; GMG101: never found")))
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"]["by"] == "annotation"
        stale = found["GMG009 RouteTable apps/shop metadata.annotations.gmg/ignore"]
        assert "GMG101" in stale["message"]

    def test_a_comment_counts_on_its_own_line_only(self) -> None:
        text = f"# gmg: ignore {SAYS}\n{root()}"
        found = told(check(text=text))
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"] is None
        assert found["GMG009 RouteTable apps/shop"]["message"] == "the comment GMG001 suppresses nothing"

    def test_a_stale_comment_has_its_line(self) -> None:
        text = root().replace("  http:", "  http:   # gmg: ignore GMG001: nothing is wrong here")
        stale = told(check(text=text))["GMG009 RouteTable apps/shop spec.http"]
        assert stale["at"]["line"] == 1 + text[: text.index("# gmg")].count("\n")

    def test_a_text_is_no_comment(self) -> None:
        text = root().replace("name: web\n", f'name: "x# gmg: ignore {SAYS}"\n')
        assert told(check(text=text))[f"GMG001 {UNKNOWN.replace('web', 'x')}"]["suppressed"] is None

    def test_only_the_object_itself(self) -> None:
        text = f"{root(annotation=SAYS)}---\n{root('other')}"
        found = told(check(text=text))
        assert found["GMG001 RouteTable apps/other spec.http[0].metchers"]["suppressed"] is None

    def test_nothing_is_said_of_rules_that_did_not_run(self) -> None:
        ran = check("--select", "GMG009,GMG101", text=waived("comment", SAYS))
        assert ran.json["items"] == []


def waived(by: str, text: str) -> str:
    """A table with a suppression on it."""
    return root(annotation=text) if by == "annotation" else root(comment=f"# gmg: ignore {text}")


class TestBaseline:
    def test_round_trip(self, tmp_path: Path) -> None:
        file = tmp_path / "known.json"
        first = check("--write-baseline", str(file), "--fail-on", "warning", text=root())
        assert first.code == 0
        written = json.loads(file.read_text())
        ref = {"kind": "RouteTable", "generation": "v2", "cluster": "", "namespace": "apps", "name": "shop"}
        assert (written["apiVersion"], written["kind"]) == ("gmg/v1", "Baseline")
        assert [(item["code"], item["ref"], item["field"]) for item in written["items"]] == [
            ("GMG001", ref, "spec.http[0].metchers")
        ]
        again = check("--baseline", str(file), "--fail-on", "warning", text=root())
        assert again.code == 0
        assert told(again)[f"GMG001 {UNKNOWN}"]["suppressed"]["by"] == "baseline"

    def test_survives_moved_lines_and_places(self, tmp_path: Path) -> None:
        file = tmp_path / "known.json"
        check("--write-baseline", str(file), text=root())
        before = "  - {name: first, directResponse: {status: 404}, matchers: [{uri: {prefix: /first}}]}\n"
        moved = "# one line more\n" + root().replace("  - name: web", f"{before}  - name: web")
        found = told(check("--baseline", str(file), text=moved))
        assert found["GMG001 RouteTable apps/shop spec.http[1].metchers"]["suppressed"]["by"] == "baseline"
        assert not [name for name in found if name.startswith("GMG009")]

    def test_reasons_and_dates_are_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "known.json"
        check("--write-baseline", str(file), text=root())
        entry = json.loads(file.read_text())
        entry["items"][0] |= {"reason": "goes soon", "until": "2026-12-31"}
        file.write_text(json.dumps(entry))
        found = told(check("--baseline", str(file), "--write-baseline", str(file), text=root()))
        said = {"by": "baseline", "reason": "goes soon", "until": "2026-12-31"}
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"] == said
        assert json.loads(file.read_text()) == entry

    def test_what_a_target_leaves_out_is_kept(self, tmp_path: Path) -> None:
        """Writing again for one table forgets nothing of the others, and accepts no stale suppression."""
        file = tmp_path / "known.json"
        text = f"{root()}---\n{root('other', annotation='GMG101: never found')}"
        check("rt/shop", "--write-baseline", str(file), text=text)
        check("rt/other", "--baseline", str(file), "--write-baseline", str(file), text=text)
        names = [(item["code"], item["ref"]["name"]) for item in json.loads(file.read_text())["items"]]
        assert names == [("GMG001", "shop"), ("GMG001", "other")]

    def test_what_is_mended_is_stale(self, tmp_path: Path) -> None:
        file = tmp_path / "known.json"
        check("--write-baseline", str(file), text=root())
        found = told(check("--baseline", str(file), text=root().replace("    metchers: []\n", "")))
        assert list(found) == ["GMG009 RouteTable apps/shop"]
        assert "spec.http[0].metchers" in found["GMG009 RouteTable apps/shop"]["message"]

    def test_an_expired_entry_counts_no_more(self, tmp_path: Path) -> None:
        file = tmp_path / "known.json"
        check("--write-baseline", str(file), text=root())
        file.write_text(file.read_text().replace("null", '"2026-01-01"'))
        found = told(check("--baseline", str(file), text=root()))
        assert found[f"GMG001 {UNKNOWN}"]["suppressed"] is None
        assert "2026-01-01" in found["GMG009 RouteTable apps/shop"]["message"]

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", '{"kind": "Baseline"}', '{"apiVersion": "gmg/v1", "kind": "Baseline", "items": [1]}']
    )
    def test_what_is_no_baseline(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "known.json"
        file.write_text(text)
        ran = check("--baseline", str(file), text=root())
        assert (ran.code, ran.out) == (3, "")
        assert "known.json" in json.loads(ran.err)["error"]["message"]

    def test_one_that_is_not_there_or_cannot_be_written(self, tmp_path: Path) -> None:
        assert check("--baseline", str(tmp_path / "none.json"), text=root()).code == 3
        assert check("--write-baseline", str(tmp_path / "no" / "where.json"), text=root()).code == 3


class TestTargets:
    TEXT = f"{root()}---\n{root('other')}"

    @pytest.mark.parametrize("target", ["rt/shop", "shop.example.com", "apps:shop/web", "http://shop.example.com/"])
    def test_only_what_concerns_it(self, target: str) -> None:
        assert set(told(check(target, text=self.TEXT))) == {f"GMG001 {UNKNOWN}"}

    def test_a_gateway_leads_to_all(self) -> None:
        assert len(told(check("vg/public", text=self.TEXT))) == 2
        assert len(told(check("--gateway", "public", text=self.TEXT))) == 2

    def test_several(self) -> None:
        assert len(told(check("rt/shop", "rt/other", text=self.TEXT))) == 2

    def test_unknown(self) -> None:
        assert check("rt/nobody", text=self.TEXT).code == 4

    def test_namespace_and_labels(self) -> None:
        assert told(check("-n", "gateways", text=self.TEXT)) == {}
        assert len(told(check("-n", "apps", text=self.TEXT))) == 2
        labelled = self.TEXT.replace("namespace: apps", "namespace: apps, labels: {team: a}", 1)
        assert set(told(check("-l", "team=a", text=labelled))) == {f"GMG001 {UNKNOWN}"}

    def test_parents_are_included_and_their_other_rules_are_not(self) -> None:
        """What a root says in a rule that leads elsewhere does not concern a table below it."""
        text = """apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: top, namespace: apps, extra: 1}
spec:
  hosts: [top.example.com]
  virtualGateways: [{name: public, namespace: gateways}]
  http:
  - {name: a, matchers: [{uri: {prefix: /a}}], odd: 1, delegate: {routeTables: [{labels: {team: a}}]}}
  - {name: b, matchers: [{uri: {prefix: /b}}], odd: 2, delegate: {routeTables: [{labels: {team: b}}]}}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: a, namespace: apps, labels: {team: a}}
spec: {http: [{name: x, odd: 3, directResponse: {status: 200}}]}
---
apiVersion: networking.gloo.solo.io/v2
kind: RouteTable
metadata: {name: b, namespace: apps, labels: {team: b}}
spec: {http: [{name: y, odd: 4, directResponse: {status: 200}}]}
"""
        found = told(check("rt/a", "--select", "GMG001", text=text))
        assert set(found) == {
            "GMG001 RouteTable apps/a spec.http[0].odd",
            "GMG001 RouteTable apps/top spec.http[0].odd",
        }


class TestUnreadable:
    @pytest.mark.parametrize(
        "text", ["", "---\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "{", "a: ["]
    )
    @pytest.mark.parametrize("output", ["text", "json", "sarif", "junit", "github"])
    def test_never_looks_green(self, text: str, output: str) -> None:
        ran = gmg("check", "-f", "-", "-o", output, stdin=text)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err

    def test_a_broken_file_beside_a_sound_one(self, tmp_path: Path) -> None:
        (tmp_path / "a.yaml").write_text(f"{root()}---\n{BASE}")
        (tmp_path / "b.yaml").write_text("a: [")
        ran = gmg("check", "-f", str(tmp_path), "-o", "json", "--fail-on", "never")
        assert ran.code == 3
        assert f"GMG001 {UNKNOWN}" in {f"{item['code']} {place(item['at'])}" for item in ran.json["items"]}


class TestCatalogue:
    def test_all_rules_offline(self) -> None:
        ran = gmg("rules", "-o", "json")
        assert (ran.code, ran.err) == (0, "")
        listed = [item["code"] for item in ran.json["items"]]
        assert listed == sorted(rule.info.code for rule in rules())
        assert ran.json["kind"] == "RuleList"

    @pytest.mark.parametrize("command", ["rules", "explain"])
    def test_one(self, command: str) -> None:
        ran = gmg(command, "gmg001", "-o", "json")
        item = ran.json["items"][0]
        assert (item["code"], item["slug"], item["rule"]) == ("GMG001", "unknown-field", ["D-1"])
        assert item["severity"] == {"v1beta1": "warning", "v2": "warning"}
        text = gmg(command, "GMG001").out
        for part in ("title", "why", "fix"):
            assert item[part].split()[0] in text

    @pytest.mark.parametrize("command", ["rules", "explain"])
    def test_an_unknown_code(self, command: str) -> None:
        assert gmg(command, "GMG999").code == 4
