"""`--expect` and `--requests` (`spec/cli.md` 6.3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.make import gateway, goes, host, ingress, redirects, rule, run, says, service
from tests.run import Ran, gmg, manifests_text

Json = dict[str, Any]
WORLD = [
    gateway(),
    ingress(http2=80),
    service("web", "apps", "c"),
    service("old", "apps", "c"),
    host(
        rule("fwd", "/fwd", goes("web.apps.c", subset={"version": "v1"}, pathRewrite="/new")),
        rule("red", "/red", redirects(hostRedirect="n.example")),
        rule("say", "/say", says(404, "not here")),
        {
            "name": "split",
            "matchers": [{"uri": {"prefix": "/split"}}],
            "routeAction": {
                "destinations": [
                    {"kubeService": {"name": "web", "namespace": "apps", "clusterName": "c"}, "weight": 75},
                    {"kubeService": {"name": "old", "namespace": "apps", "clusterName": "c"}, "weight": 25},
                ]
            },
        },
        domains=["h.example", "*.wild.example"],
    ),
]

HELD = {
    "outcome=forward": "/fwd/x",
    "outcome=noRoute": "/none",
    "status=404": "/say",
    "status=301": "/red",
    "route=fwd": "/fwd/x",
    "route=vh/say": "/say",
    "gateway=ns/gw": "/fwd/x",
    "gateway=gw": "/fwd/x",
    "host=ns/vh": "/fwd/x",
    "host=vh": "/fwd/x",
    "domain=h.example": "/fwd/x",
    "destination=web.apps": "/fwd/x",
    "destination=web.apps.c": "/fwd/x",
    "destination=old.apps": "/split",
    "subset.version=v1": "/fwd/x",
    "path=/new/x": "/fwd/x",
    "upstream.host=h.example": "/fwd/x",
    "location=http://n.example/red": "/red",
    "body=not here": "/say",
    "body=": "/red",
}
FAILED = {
    "outcome=redirect": "/fwd/x",
    "status=200": "/say",
    "status=200 ": "/fwd/x",
    "route=say": "/fwd/x",
    "gateway=other/gw": "/fwd/x",
    "host=x/vh": "/fwd/x",
    "domain=*.wild.example": "/fwd/x",
    "destination=web": "/fwd/x",
    "destination=web.apps.d": "/fwd/x",
    "subset.version=v2": "/fwd/x",
    "subset.other=v1": "/fwd/x",
    "path=/fwd/x": "/fwd/x",
    "upstream.host=n.example": "/red",
    "location=/red": "/red",
    "body=": "/say",
}


def expecting(expectation: str, path: str) -> tuple[Ran, Json]:
    """A run, and what it says of the expectation."""
    ran = run("curl", f"h.example{path}", "--expect", expectation, "-o", "json", objects=WORLD)
    (found,) = ran.json["items"][0]["expectations"]
    return ran, found


@pytest.mark.parametrize("expectation,path", HELD.items(), ids=HELD)
def test_held(expectation: str, path: str) -> None:
    ran, found = expecting(expectation, path)
    assert found["held"] is True
    assert f"{found['key']}={found['wanted']}" == expectation
    assert ran.code == (1 if path == "/none" else 0)


@pytest.mark.parametrize("expectation,path", FAILED.items(), ids=FAILED)
def test_failed(expectation: str, path: str) -> None:
    ran, found = expecting(expectation, path)
    assert (ran.code, found["held"]) == (1, False)
    assert ran.json["summary"]["negative"] == 1
    out = run("curl", f"h.example{path}", "--expect", expectation, objects=WORLD).out
    assert f"FAILED {found['key']}: wanted" in out


def test_all_must_hold() -> None:
    url = ("curl", "h.example/say")
    assert run(*url, "--expect", "status=404", "--expect", "body=not here", objects=WORLD).code == 0
    assert run(*url, "--expect", "status=404", "--expect", "body=x", objects=WORLD).code == 1


def test_every_item_must_hold() -> None:
    objects = [*WORLD, gateway("gx")]
    assert run("curl", "h.example/say", "--expect", "status=404", objects=objects).code == 0
    assert run("curl", "h.example/say", "--expect", "gateway=gw", objects=objects).code == 1


def batch(tmp_path: Path, *lines: str, arguments: tuple[str, ...] = ()) -> Ran:
    """Many requests of a file."""
    file = tmp_path / "requests.txt"
    file.write_text("\n".join(lines))
    return run("curl", "--requests", str(file), *arguments, "-o", "json", objects=WORLD)


def asked(tmp_path: Path, line: str, *arguments: str) -> Json:
    """The request of one line."""
    ran = batch(tmp_path, line, arguments=arguments)
    (item,) = ran.json["items"]
    assert "error" not in item, item
    request: Json = item["request"]
    return request


def test_lines_are_answered_in_order(tmp_path: Path) -> None:
    ran = batch(
        tmp_path, "# a comment", "", "GET http://h.example/say", "  http://h.example/fwd  ", '{"url": "h.example/none"}'
    )
    assert ran.code == 1
    assert [item["outcome"] for item in ran.json["items"]] == ["directResponse", "forward", "noRoute"]
    assert ran.json["summary"] == {"requests": 3, "items": 3, "negative": 1}
    assert [item["request"]["input"]["line"] for item in ran.json["items"]] == [3, 4, 5]
    assert all(item["request"]["input"]["file"].endswith("requests.txt") for item in ran.json["items"])
    assert all(item["candidates"] == [] for item in ran.json["items"])


def test_candidates_of_every_line(tmp_path: Path) -> None:
    ran = batch(tmp_path, "h.example/say", arguments=("--candidates",))
    assert [each["verdict"] for each in ran.json["items"][0]["candidates"]] == ["no", "no", "match"]


def test_method_and_url(tmp_path: Path) -> None:
    assert asked(tmp_path, "POST http://h.example/say?x=1")["method"] == "POST"
    assert asked(tmp_path, "h.example/say")["method"] == "GET"
    assert asked(tmp_path, "DELETE\th.example/say")["method"] == "DELETE"
    assert asked(tmp_path, "h.example/say", "-X", "PUT")["method"] == "PUT"
    request = asked(tmp_path, "PUT /say/x", "http://h.example:80/ignored")
    assert (request["method"], request["host"], request["path"]) == ("PUT", "h.example:80", "/say/x")
    assert asked(tmp_path, "/say", "h.example", "-H", "x-user: ana")["headers"] == [{"name": "x-user", "value": "ana"}]


def test_objects(tmp_path: Path) -> None:
    def given(**keys: Any) -> Json:
        return asked(tmp_path, json.dumps(keys))

    request = given(url="http://h.example:80/say?x=1", method="POST", headers={"x-a": "1"})
    assert (request["method"], request["host"], request["path"]) == ("POST", "h.example:80", "/say?x=1")
    assert request["headers"] == [{"name": "x-a", "value": "1"}]
    request = given(
        host="h.example", path="/say", headers=[{"name": "x-a", "value": ""}, {"name": "x-a", "value": " 2"}]
    )
    assert (request["method"], request["scheme"], request["port"], request["path"]) == ("GET", "http", 80, "/say")
    assert [each["value"] for each in request["headers"]] == ["", " 2"]
    assert given(host="h.example:80")["port"] == 80
    assert given(host="h.example:80")["path"] == "/"
    assert given(host="h.example", port=80)["host"] == "h.example"
    assert given(headers={"Host": "h.example"}, path="/say")["host"] == "h.example"
    secure = given(scheme="https", host="h.example", sni="other.example")
    assert (secure["scheme"], secure["port"], secure["sni"]) == ("https", 443, "other.example")
    assert given(scheme="https", host="h.example:8443")["sni"] == "h.example"


def test_expectations_of_a_line(tmp_path: Path) -> None:
    lines = [
        json.dumps({"url": "h.example/say", "expect": expect}) for expect in ({"status": 404}, {"status": "200"}, {})
    ]
    ran = batch(tmp_path, *lines, arguments=("--expect", "route=say"))
    assert ran.code == 1
    held = [[(each["key"], each["held"]) for each in item["expectations"]] for item in ran.json["items"]]
    assert held == [[("route", True), ("status", True)], [("route", True), ("status", False)], [("route", True)]]


ISTIO = (
    '[2024-05-01T10:00:00.000Z] "GET /say/1?x=2 HTTP/1.1" 404 - via_upstream - "-" 0 8 1 - "10.0.0.1" "curl/8 (x)" '
    '"0e1b-4f" "{host}" "10.1.1.1:9080" outbound|80||web.apps.svc.cluster.local 10.1.1.2:1 10.1.1.2:8080 10.0.0.1:2 - -'
)
COMBINED = '10.0.0.1 - - [01/May/2024:10:00:00 +0000] "POST /say HTTP/1.1" 404 8 "http://ref.example/" "Mozilla/5.0"'


def test_access_logs(tmp_path: Path) -> None:
    request = asked(tmp_path, ISTIO.format(host="h.example"))
    assert (request["method"], request["host"], request["path"]) == ("GET", "h.example", "/say/1?x=2")
    request = asked(tmp_path, ISTIO.format(host="h.example"), "https://other.example/")
    assert (request["scheme"], request["host"]) == ("https", "h.example")
    assert asked(tmp_path, ISTIO.format(host="-"), "h.example")["host"] == "h.example"
    request = asked(tmp_path, COMBINED, "http://h.example/")
    assert (request["method"], request["host"], request["path"]) == ("POST", "h.example", "/say")
    assert asked(tmp_path, '"OPTIONS * HTTP/1.1" 200', "h.example")["path"] == "*"


BAD = {
    "no request": "what is this line",
    "a path without host": "/say",
    "a log line without host": COMBINED,
    "an unknown scheme": "GET ftp://h.example/",
    "no host": "GET http:///say",
    "no JSON": '{"url": ',
    "an unknown key": '{"url": "h.example", "colour": "red"}',
    "an unknown expectation": '{"url": "h.example", "expect": {"colour": "red"}}',
    "an expectation that is no map": '{"url": "h.example", "expect": ["x"]}',
    "an unusable value": '{"url": "h.example", "expect": {"status": null}}',
    "a route that does not exist": '{"url": "h.example", "expect": {"route": "gone"}}',
    "url and parts": '{"url": "h.example", "path": "/x"}',
    "neither url nor host": '{"path": "/x"}',
    "a URL that is no text": '{"url": 5}',
    "a port that is none": '{"host": "h.example", "port": "80"}',
    "a port that is too large": '{"host": "h.example", "port": 70000}',
    "a boolean port": '{"host": "h.example", "port": true}',
    "headers that are none": '{"url": "h.example", "headers": ["x-user: ana"]}',
    "a header without name": '{"url": "h.example", "headers": [{"value": "x"}]}',
    "a header that is no text": '{"url": "h.example", "headers": {"x": 1}}',
    "headers that are a text": '{"url": "h.example", "headers": "x: y"}',
    "too deep": "{" + '"url":' + "[" * 100_000,
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_bad_lines_do_not_stop_the_rest(tmp_path: Path, line: str) -> None:
    ran = batch(tmp_path, "h.example/say", line, "h.example/fwd")
    assert ran.code == 3
    first, bad, last = ran.json["items"]
    assert (first["outcome"], last["outcome"]) == ("directResponse", "forward")
    assert list(bad) == ["error", "input"]
    assert bad["input"]["line"] == 2
    assert ran.json["summary"] == {"requests": 3, "items": 3, "negative": 0}


def test_bad_lines_weigh_more_than_negative_answers(tmp_path: Path) -> None:
    assert batch(tmp_path, "h.example/none", "what is this line").code == 3


def test_many_as_text(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(manifests_text(WORLD))
    (tmp_path / "r").write_text("h.example/say\nwhat is this line\nPUT h.example/fwd/1\nh.example/red\n")
    ran = gmg(
        "curl", "--requests", str(tmp_path / "r"), "-f", str(tmp_path / "world.json"), "--expect", "outcome=forward"
    )
    assert ran.code == 3
    lines = ran.out.splitlines()
    assert lines[0].split() == ["LINE", "REQUEST", "OUTCOME", "ROUTE", "RESULT"]
    assert lines[1].split() == ["1", "GET", "http://h.example/say", "directResponse", "vh/say", "404", "not", "here"]
    assert lines[2].split()[:2] == ["3", "PUT"]
    assert "FAILED outcome: wanted forward, got redirect" in ran.out
    assert "r:2: this is no request" in ran.out
    assert lines[-1] == "simulated, nothing was sent: 4 requests, 3 answers, 2 negative"


def test_requests_on_stdin(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(manifests_text(WORLD))
    ran = gmg(
        "curl", "--requests", "-", "-f", str(tmp_path / "world.json"), "-o", "json", stdin=b"h.example/say\r\n\xff\n"
    )
    assert [item.get("outcome", "error") for item in ran.json["items"]] == ["directResponse", "proxyResponse"]
    assert ran.json["items"][0]["request"]["input"] == {"file": "stdin", "line": 1}


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for name in ("/nonexistent", str(tmp_path)):
        assert run("curl", "--requests", name, objects=WORLD).code == 3
    assert run("curl", "ftp://x", "--requests", "/nonexistent", objects=WORLD).code == 2
