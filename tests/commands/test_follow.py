"""`curl -L` (`spec/cli.md` 2.2, 6.3); what curl keeps of a request was measured on curl 7.88."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubectl_gmg.model.request import Request
from kubectl_gmg.simulate.follow import MOST_ANSWERS, inheriting, read
from kubectl_gmg.views import MayDiffer, Simulated
from tests.commands.make import (
    delegates,
    gateway,
    goes,
    host,
    ingress,
    items,
    redirects,
    rule,
    run,
    says,
    service,
    simulated,
    table,
)
from tests.run import gmg, manifests_text

Json = dict[str, Any]


def secure(name: str = "safe", **more: Any) -> Json:
    """A gateway that terminates TLS for every name."""
    ssl = {"secretName": "c", "tlsMode": "SIMPLE"}
    return gateway(name, ports=("https",), connectionOptions={"sslConfig": ssl}, **more)


CODES = {
    301: "MOVED_PERMANENTLY",
    302: "FOUND",
    303: "SEE_OTHER",
    307: "TEMPORARY_REDIRECT",
    308: "PERMANENT_REDIRECT",
}


def to(path: str = "/end", code: int = 302, **more: Any) -> Json:
    """A redirect to a path."""
    return redirects(pathRedirect=path, responseCode=CODES[code], **more)


def world(code: int = 302, **more: Any) -> list[Json]:
    """A host whose `/r` leads to its `/end`, and another one that has an end too."""
    return [
        gateway(),
        host(rule("r", "/r", to(code=code, **more)), rule("end", "/end", says(200, "here"))),
        host(rule("far", "/end", says(200, "there")), name="vx", domains=["x.example"]),
    ]


def sent(*arguments: str, objects: list[Json]) -> Json:
    """The last request that is made."""
    request: Json = simulated(*arguments, "-L", objects=objects)["request"]
    return request


def names(request: Json) -> list[str]:
    return [each["name"] for each in request["headers"]]


def test_without_the_flag_nothing_is_followed() -> None:
    item = simulated("h.example/r", objects=world())
    assert (item["outcome"], item["response"]["status"], item["redirects"]) == ("redirect", 302, [])


@pytest.mark.parametrize("flag", ["-L", "--location"])
def test_the_last_answer_is_shown_with_the_way_there(flag: str) -> None:
    item = simulated("h.example/r?a=b", flag, objects=world(301))
    assert (item["outcome"], item["response"]["status"], item["response"]["body"]) == ("directResponse", 200, "here")
    assert (item["request"]["path"], item["route"]["id"]) == ("/end?a=b", "vh/end")
    assert item["redirects"] == [
        {"status": 301, "location": "http://h.example/end?a=b", "key": "ns/gw/1/h.example/vh/r@1"},
    ]
    assert [each["verdict"] for each in item["candidates"]] == ["no", "match"]


def test_text_shows_every_hop_and_the_request_that_ends_the_way() -> None:
    ran = run("curl", "h.example/r", "-L", objects=[secure(), *world(httpsRedirect=True)])
    lines = ran.out.splitlines()
    assert ran.code == 0
    assert lines[0] == "simulated, nothing was sent:  GET https://h.example/end"
    assert lines[1] == "redirect 302 to https://h.example/end  by route r"
    assert lines[2] == "gateway  ns/safe :https"
    assert lines[-1] == "→ 200  here"


@pytest.mark.parametrize(
    "status,flags,method",
    [
        *((status, ("-d", "x"), "GET") for status in (301, 302, 303)),
        *((status, ("-d", "x"), "POST") for status in (307, 308)),
        (302, ("-X", "POST", "-d", "x"), "POST"),
        (303, ("-X", "PUT"), "PUT"),
        (303, ("-I",), "HEAD"),
        (301, (), "GET"),
    ],
)
def test_methods_as_curl_has_them(status: int, flags: tuple[str, ...], method: str) -> None:
    assert sent("h.example/r", *flags, objects=world(status))["method"] == method


@pytest.mark.parametrize(
    "status,flags,kept",
    [
        (302, ("-d", "x"), []),
        (307, ("-d", "x"), ["Content-Type"]),
        (302, ("-d", "x", "-X", "POST"), []),
        (302, ("-d", "x", "-H", "content-type: a/b"), ["content-type"]),
        (302, ("-b", "k=1", "-H", "Authorization: z", "-H", "X-A: 1"), ["Authorization", "X-A", "Cookie"]),
    ],
)
def test_headers_that_curl_sends_again_to_the_same_place(status: int, flags: tuple[str, ...], kept: list[str]) -> None:
    assert names(sent("h.example/r", *flags, objects=world(status))) == kept


def test_secrets_stay_at_the_first_place() -> None:
    """curl keeps the cookies of `-b` everywhere, and those of `-H` at the same scheme, host and port only."""
    objects = world(hostRedirect="x.example")
    flags = ("-H", "authorization: z", "-H", "X-A: 1")
    assert names(sent("h.example/r", *flags, "-H", "cookie: k=1", objects=objects)) == ["X-A"]
    assert names(sent("h.example/r", *flags, "-b", "k=1", objects=objects)) == ["X-A", "Cookie"]
    assert names(sent("h.example/r", *flags, objects=[secure(), *world(httpsRedirect=True)])) == ["X-A"]


def test_a_host_header_is_for_the_place_of_the_url_only() -> None:
    """`curl -H 'Host: h.example' localhost:8081`: the redirect names h.example itself."""
    there = ("localhost:8081/r", "-H", "Host: h.example")
    assert sent(*there, objects=world())["host"] == "h.example"
    assert sent(*there, objects=world())["port"] == 80
    assert sent(*there, objects=world(hostRedirect="x.example"))["host"] == "x.example"
    back = [*world(hostRedirect="localhost"), host(rule("l"), name="local", domains=["localhost"])]
    request = sent(*there, objects=back)
    assert (request["host"], request["path"]) == ("h.example", "/end")
    assert names(sent(*there, "-H", "Authorization: z", objects=world())) == []


def test_the_new_scheme_and_host_choose_the_entry_points() -> None:
    objects = [
        gateway(),
        secure(connectionMatch={"serverNames": ["h.example"]}),
        host(rule("r", "/r", to(httpsRedirect=True)), rule("end", "/end", says(200, "here"))),
    ]
    item = simulated("h.example/r", "-L", objects=objects)
    assert (item["gateway"]["name"], item["listener"]["protocol"]) == ("safe", "HTTPS")
    request = item["request"]
    assert (request["scheme"], request["port"], request["sni"]) == ("https", 443, "h.example")
    closed = simulated("h.example/r", "-L", "--sni", "other.example", objects=objects)
    assert (closed["request"]["sni"], closed["outcome"]) == ("other.example", "connectionClosed")


def test_the_redirect_of_a_listener_has_no_route() -> None:
    objects = [gateway(connectionOptions={"httpsRedirect": True}), secure(), host(rule("a", action=says(200, "in")))]
    item = simulated("h.example/x", "-L", objects=objects)
    assert item["redirects"] == [{"status": 301, "location": "https://h.example/x", "key": None}]
    assert (item["gateway"]["name"], item["response"]["body"]) == ("safe", "in")
    assert (
        "redirect 301 to https://h.example/x  by the listener" in run("curl", "h.example/x", "-L", objects=objects).out
    )


def test_a_listener_that_was_asked_for_is_that_of_the_first_request() -> None:
    objects = [secure(), *world(httpsRedirect=True)]
    item = simulated("h.example/r", "-L", "--listener", "http2", objects=objects)
    assert (item["gateway"]["name"], item["response"]["status"]) == ("safe", 200)


def test_a_port_in_the_location_narrows() -> None:
    away = world(hostRedirect="x.example:8080")[1:]
    objects = [gateway(ports=("http2", "second")), ingress(http2=80, second=8080), *away]
    first = [each["listener"]["name"] for each in items("curl", "h.example/end", objects=objects)]
    assert first == ["http2", "second"]
    (last,) = items("curl", "http://h.example:80/r", "-L", objects=objects)
    request = last["request"]
    assert (last["listener"]["name"], request["host"], request["port"]) == ("second", "x.example:8080", 8080)


@pytest.mark.parametrize(
    "objects,outcome",
    [
        (world(hostRedirect="nobody.example"), "noHost"),
        (world(httpsRedirect=True), "noGateway"),
        ([*world(hostRedirect="x.example")[:2], host(rule("n", "/n"), name="vx", domains=["x.example"])], "noRoute"),
    ],
    ids=["noHost", "noGateway", "noRoute"],
)
def test_ways_that_lead_nowhere(objects: list[Json], outcome: str) -> None:
    item = simulated("h.example/r", "-L", objects=objects)
    assert (item["outcome"], len(item["redirects"])) == (outcome, 1)
    assert run("curl", "h.example/r", "-L", objects=objects).code == 1
    assert run("curl", "h.example/r", objects=objects).code == 0


def test_a_loop_stops_at_the_repeated_request() -> None:
    objects = [gateway(), host(rule("a", "/a", to("/b")), rule("b", "/b", to("/a")))]
    item = simulated("h.example/a", "-L", objects=objects)
    assert [each["location"] for each in item["redirects"]] == ["http://h.example/b", "http://h.example/a"]
    assert (item["outcome"], item["request"]["path"], item["route"]["id"]) == ("redirect", "/a", "vh/a")
    ran = run("curl", "h.example/a", "-L", objects=objects)
    assert ran.code == 0
    assert ran.out.splitlines()[-1] == "→ 302 to http://h.example/b (a loop: this request was asked before)"


def test_a_direct_response_that_redirects_leads_to_itself() -> None:
    """It names the request's own URL (`spec/envoy.md` 52)."""
    item = simulated("h.example/x", "-L", objects=[gateway(), host(rule("a", action=says(308)))])
    assert (item["outcome"], len(item["redirects"])) == ("directResponse", 1)
    created = simulated("h.example/x", "-L", objects=[gateway(), host(rule("a", action=says(201)))])
    assert (created["response"]["status"], created["redirects"]) == (201, [])


@pytest.mark.parametrize("steps,followed,status", [(9, 9, 200), (10, 10, 200), (11, 10, 302), (30, 10, 302)])
def test_at_most_ten(steps: int, followed: int, status: int) -> None:
    chain = [rule(f"s{number}", f"/s{number}/", to(f"/s{number + 1}/")) for number in range(steps)]
    objects = [gateway(), host(*chain, rule("end", "/"))]
    item = simulated("h.example/s0/", "-L", objects=objects)
    assert (len(item["redirects"]), item["response"]["status"]) == (followed, status)
    stopped = "not followed: 10 redirects are behind" in run("curl", "h.example/s0/", "-L", objects=objects).out
    assert stopped is (steps > 10)


def test_every_entry_point_that_redirects_is_followed() -> None:
    """Each goes on through its own entry point where the host stays; another host is asked for anew."""
    objects = [gateway(), gateway("gx"), *world()[1:]]
    found = items("curl", "h.example/r", "-L", objects=objects)
    assert [(each["gateway"]["name"], each["redirects"][0]["key"][:5]) for each in found] == [
        ("gw", "ns/gw"),
        ("gx", "ns/gx"),
    ]
    away = items("curl", "h.example/r", "-L", objects=[gateway(), gateway("gx"), *world(hostRedirect="x.example")[1:]])
    assert [(each["gateway"]["name"], each["redirects"][0]["key"][:5]) for each in away] == [
        ("gw", "ns/gw"),
        ("gx", "ns/gw"),
        ("gw", "ns/gx"),
        ("gx", "ns/gx"),
    ]


def test_ways_that_multiply_end() -> None:
    """Six gateways that send a request back and forth, each time longer, would answer 6 to the power of 11 times."""
    there = rule("there", "/", redirects(hostRedirect="x.example", prefixRewrite="/a/"))
    back = rule("back", "/", redirects(hostRedirect="h.example", prefixRewrite="/b/"))
    gateways = [gateway(f"g{number}") for number in range(6)]
    found = items(
        "curl", "h.example/", "-L", objects=[*gateways, host(there), host(back, name="vx", domains=["x.example"])]
    )
    assert {each["outcome"] for each in found} == {"redirect"}
    assert 6 < len(found) <= MOST_ANSWERS + 2 * len(gateways)


def test_what_the_way_depends_on_counts_for_its_end() -> None:
    first = {**rule("r", "/r", to()), "options": {"requestTimeout": "5s"}}
    objects = [gateway(), host(first, {**rule("end", "/end"), "options": {"retries": {"attempts": 2}}})]
    assert simulated("h.example/r", "-L", objects=objects)["notSimulated"] == ["retries", "timeouts"]  # cli.md 6.8


def test_expectations_judge_the_last_answer() -> None:
    good = ("--expect", "status=200", "--expect", "route=end", "--expect", "body=here")
    ran = run("curl", "h.example/r", "-L", *good, objects=world())
    assert (ran.code, ran.out.count("held  ")) == (0, 3)
    assert run("curl", "h.example/r", "-L", "--expect", "status=302", objects=world()).code == 1


def test_many_requests_are_followed_too(tmp_path: Path) -> None:
    """A method that a line gives is that of a request; `-X` is one that curl keeps."""
    world_file, lines = tmp_path / "world.json", tmp_path / "lines"
    world_file.write_text(manifests_text(world(301, hostRedirect="x.example")))
    secret = '{"url": "http://h.example/r", "headers": {"Authorization": "z"}}'
    lines.write_text(f"h.example/r\nPOST h.example/r\n{secret}\nh.example/end\n")
    words = ("curl", "-L", "-f", str(world_file), "--requests", str(lines))
    found = gmg(*words, "-o", "json").json["items"]
    assert [(each["request"]["method"], len(each["redirects"])) for each in found] == [("GET", 1)] * 3 + [("GET", 0)]
    assert [each["response"]["body"] for each in found] == ["there"] * 3 + ["here"]
    assert [each["request"]["input"]["line"] for each in found] == [1, 2, 3, 4]
    assert names(found[2]["request"]) == []
    assert gmg(*words, "-X", "PUT", "-o", "json").json["items"][0]["request"]["method"] == "PUT"
    assert gmg(*words).out.count("after 1 redirect: 200 there") == 3


def test_forwarding_ends_the_way() -> None:
    objects = [
        gateway(),
        host(rule("d", "/d", delegates("ns/rt")), rule("r", "/r", to("/d/x"))),
        table(rule("x", "/x", goes("web.apps.c", pathRewrite="/y"))),
        service("web", "apps", "c"),
    ]
    item = simulated("h.example/r", "-L", objects=objects)
    assert (item["outcome"], item["upstream"]["path"], len(item["redirects"])) == ("forward", "/y", 1)


@pytest.mark.parametrize(
    "location,scheme,authority,port,target",
    [
        ("http://n.example/a?b", "http", "n.example", None, "/a?b"),
        ("HTTPS://n.example:8443", "https", "n.example:8443", 8443, "/"),
        ("http://n.example?b", "http", "n.example", None, "/?b"),
        ("http://ana:secret@n.example/", "http", "n.example", None, "/"),
        ("http://[::1]:81/a", "http", "[::1]:81", 81, "/a"),
        ("http://n.example/a b?c d#e", "http", "n.example", None, "/a%20b?c+d"),
        ("http://n.example/é%41", "http", "n.example", None, "/%c3%a9%41"),
    ],
)
def test_locations(location: str, scheme: str, authority: str, port: int | None, target: str) -> None:
    found = read(location)
    assert not isinstance(found, str)
    assert (found.scheme, found.authority, found.port, found.target) == (scheme, authority, port, target)


@pytest.mark.parametrize(
    "location", ["", "/a", "ftp://n.example/", "http://", "http:///a", "http://n.example:99999/", "http://n:x/"]
)
def test_locations_that_curl_does_not_follow(location: str) -> None:
    assert isinstance(read(location), str)


def test_a_way_that_ends_at_such_a_location() -> None:
    objects = world(hostRedirect="n.example:99999")
    item = simulated("h.example/r", "-L", objects=objects)
    assert (item["outcome"], item["redirects"]) == ("redirect", [])
    assert "(not followed: it names no usable host)" in run("curl", "h.example/r", "-L", objects=objects).out


def test_an_end_may_differ_where_the_way_to_it_may() -> None:
    before, after = MayDiffer(None, "a host was not read"), MayDiffer("vh/d", "a table was not read")
    request = Request()
    found = inheriting(
        Simulated(request, "/", "forward", may_differ=(after, before)),
        Simulated(request, "/", "redirect", may_differ=(before,)),
    )
    assert found.may_differ == (before, after)
    assert found.outcome == "forward"


def test_a_port_of_a_location_that_no_listener_has_is_ignored_and_said() -> None:
    """As for the first request (`spec/cli.md` 6.3): ports are often forwarded."""
    objects = [
        gateway(),
        host(rule("r", "/r", to(hostRedirect="x.example:8443")), rule("end", "/end", says(200, "here"))),
        host(rule("far", "/end", says(200, "there")), name="vx", domains=["x.example"]),
    ]
    ran = run("curl", "-L", "http://h.example/r", objects=objects)
    assert "there" in ran.out
    assert ran.err == "note: no listener is known to have port 8443; the port was ignored\n"
