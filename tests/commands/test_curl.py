"""What `curl` asks, through which listeners, and what comes of it (`spec/cli.md` 6.3, `spec/envoy.md`)."""

from __future__ import annotations

from typing import Any

import pytest

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
from tests.run import gmg

Json = dict[str, Any]
ECHO = [gateway(), host(rule("all", action=says(200, "hello")))]


def asked(*arguments: str) -> Json:
    """The request that the words make."""
    request: Json = simulated(*arguments, objects=ECHO)["request"]
    return request


def headers(*arguments: str) -> list[tuple[str, str]]:
    """The headers of the request, without `Host`."""
    return [(each["name"], each["value"]) for each in asked(*arguments)["headers"]]


def test_as_in_the_product_guide() -> None:
    ran = gmg("curl", "-H", "Host: www.example.com", "localhost:8081/ratings/1", "--demo", "-o", "json")
    assert ran.code == 0
    (item,) = ran.json["items"]
    assert item["outcome"] == "forward"
    assert item["request"]["host"] == "www.example.com"
    assert item["upstream"]["path"] == "/ratings/1"
    assert item["upstream"]["host"] == "www.example.com"
    assert [each["name"] for each in item["upstream"]["destinations"]] == ["ratings"]
    assert ran.err == ""


@pytest.mark.parametrize(
    "url,scheme,name,port,path",
    [
        ("h.example", "http", "h.example", 80, "/"),
        ("h.example/a/b?c=d&e", "http", "h.example", 80, "/a/b?c=d&e"),
        ("h.example?c=d", "http", "h.example", 80, "/?c=d"),
        ("http://h.example:8080/a", "http", "h.example:8080", 8080, "/a"),
        ("HTTP://h.example/a", "http", "h.example", 80, "/a"),
        ("http://ana:secret@h.example/a", "http", "h.example", 80, "/a"),
        ("http://h.example/a#part", "http", "h.example", 80, "/a"),
        ("h.example/to?u=http://x/y", "http", "h.example", 80, "/to?u=http://x/y"),
        ("http://[::1]:81/a", "http", "[::1]:81", 81, "/a"),
        ("http://h.example:/a", "http", "h.example", 80, "/a"),
    ],
)
def test_urls(url: str, scheme: str, name: str, port: int, path: str) -> None:
    request = asked(url)
    assert (request["scheme"], request["host"], request["port"], request["path"]) == (scheme, name, port, path)
    assert request["sni"] is None


@pytest.mark.parametrize(
    "flags,method",
    [
        ((), "GET"),
        (("-I",), "HEAD"),
        (("--head",), "HEAD"),
        (("-d", "a=b"), "POST"),
        (("--data", ""), "POST"),
        (("-X", "PUT"), "PUT"),
        (("--request", "DELETE", "-d", "x"), "DELETE"),
        (("-I", "-X", "OPTIONS"), "OPTIONS"),
    ],
)
def test_methods(flags: tuple[str, ...], method: str) -> None:
    assert asked("h.example", *flags)["method"] == method


@pytest.mark.parametrize(
    "flags,wanted",
    [
        (("-H", "X-User: ana "), [("X-User", "ana")]),
        (("-H", "x-user:ana", "--header", "x-user: bob"), [("x-user", "ana"), ("x-user", "bob")]),
        (("-H", "x-empty;"), [("x-empty", "")]),
        (("-H", "x-none:"), []),
        (("-H", "referer: http://x/y"), [("referer", "http://x/y")]),
        (("-b", "a=1"), [("Cookie", "a=1")]),
        (("-b", "a=1", "--cookie", "b=2"), [("Cookie", "a=1; b=2")]),
        (("-d", "x"), [("Content-Type", "application/x-www-form-urlencoded")]),
        (("-d", "{}", "-H", "content-type: application/json"), [("content-type", "application/json")]),
        (("-d", "{}", "-H", "content-type:"), []),
    ],
)
def test_headers(flags: tuple[str, ...], wanted: list[tuple[str, str]]) -> None:
    assert headers("h.example", *flags) == wanted


def test_host_headers() -> None:
    """The header counts, not the URL; the first one, as curl sends it; one without value takes the host away."""
    assert asked("other:1234", "-H", "Host: h.example")["host"] == "h.example"
    assert asked("other:1234", "-H", "Host: h.example")["port"] == 1234
    assert asked("other", "-H", "host: h.example", "-H", "HOST: x")["host"] == "h.example"
    without = simulated("h.example", "-H", "Host:", objects=ECHO)
    assert (without["request"]["host"], without["outcome"], without["response"]["status"]) == (
        None,
        "proxyResponse",
        400,
    )
    assert simulated("h.example", "-H", "Host;", objects=ECHO)["request"]["host"] == ""


@pytest.mark.parametrize(
    "url,flags,path",
    [
        ("h.example", ("--query", "a=b"), "/?a=b"),
        ("h.example/x?a=b", ("--query", "c=d", "--query", "e"), "/x?a=b&c=d&e"),
        ("h.example/x", ("--query", "a=b c&d#é"), "/x?a=b%20c%26d%23%C3%A9"),
        ("h.example/x#f", ("--query", "a=%41"), "/x?a=%41"),
    ],
)
def test_query(url: str, flags: tuple[str, ...], path: str) -> None:
    assert asked(url, *flags)["path"] == path


def test_the_answer_to_head_has_no_body() -> None:
    assert simulated("h.example", objects=ECHO)["response"]["body"] == "hello"
    assert simulated("h.example", "-I", objects=ECHO)["response"]["body"] == ""
    for status in (204, 304):
        objects = [gateway(), host(rule("a", action=says(status, "x")))]
        assert simulated("h.example", objects=objects)["response"]["body"] == ""


LISTENERS = [
    gateway(ports=("http2", "second")),
    gateway("gx", ports=("third",)),
    ingress(http2=80, second=8080, third=9090),
    host(rule("all")),
]


def entries(*arguments: str) -> list[tuple[str, str]]:
    """Which gateways and listeners answer."""
    found = (
        items("curl", "h.example", *arguments, objects=LISTENERS)
        if "://" not in str(arguments)
        else items("curl", *arguments, objects=LISTENERS)
    )
    return [(item["gateway"]["name"], item["listener"]["name"]) for item in found]


EVERY = [("gw", "http2"), ("gw", "second"), ("gx", "third")]


def test_every_listener_that_serves_the_host_answers() -> None:
    assert entries() == EVERY
    assert entries("--listener", "second") == [("gw", "second")]
    assert entries("--listener", "8080") == [("gw", "second")]
    assert entries("--gateway", "gx") == [("gx", "third")]
    assert entries("--gateway", "ns/gw", "--listener", "80") == [("gw", "http2")]
    assert run("curl", "h.example", "--listener", "fourth", objects=LISTENERS).code == 4
    assert run("curl", "h.example", "--listener", "81", objects=LISTENERS).code == 4


def test_the_port_of_a_url_narrows() -> None:
    assert entries("http://h.example:8080/") == [("gw", "second")]
    assert entries("http://h.example:80/") == [("gw", "http2")]
    assert entries("http://h.example/") == EVERY
    assert entries("http://x:8080/", "-H", "Host: h.example") == EVERY
    unknown = run("curl", "http://h.example:1234/", objects=LISTENERS)
    assert (unknown.code, unknown.err) == (0, "note: no listener is known to have port 1234; the port was ignored\n")
    assert entries("http://h.example:1234/") == EVERY


def test_text_shows_the_first_answer_and_names_the_others() -> None:
    out = run("curl", "h.example", objects=LISTENERS).out
    assert out.count("simulated, nothing was sent:") == 1
    assert out.splitlines()[0] == "simulated, nothing was sent:  GET http://h.example/"
    assert "also answered by ns/gw :second(8080), ns/gx :third(9090): use --all" in out
    every = run("curl", "h.example", "--all", objects=LISTENERS).out
    assert every.count("simulated, nothing was sent:") == 3
    assert "use --all" not in every


def test_only_gateways_that_serve_the_host_answer() -> None:
    objects = [
        gateway(),
        gateway("gx", "nx"),
        host(rule("a")),
        host(rule("b"), name="vx", namespace="nx", domains=["x.example"]),
    ]
    assert [item["gateway"]["name"] for item in items("curl", "x.example", objects=objects)] == ["gx"]
    both = items("curl", "nobody.example", objects=objects)
    assert [(item["gateway"]["name"], item["outcome"]) for item in both] == [("gw", "noHost"), ("gx", "noHost")]
    refused = items("curl", "x.example/%00", objects=objects)
    assert [(item["gateway"]["name"], item["outcome"]) for item in refused] == [("gx", "proxyResponse")]


def tls(name: str, *names: str, mode: str = "SIMPLE", namespace: str = "ns") -> Json:
    """A gateway that terminates TLS for some server names."""
    ssl = {"secretName": "cert", "tlsMode": mode}
    more = {
        "connectionOptions": {"sslConfig": ssl},
        **({"connectionMatch": {"serverNames": list(names)}} if names else {}),
    }
    return gateway(name, namespace, ports=("https",), **more)


def test_https() -> None:
    objects = [gateway(), tls("safe", "*.example"), host(rule("a"))]
    secured = simulated("https://h.example/x", objects=objects)
    assert (secured["gateway"]["name"], secured["listener"]["protocol"]) == ("safe", "HTTPS")
    assert secured["listener"]["mode"] == "SIMPLE"
    assert (secured["request"]["scheme"], secured["request"]["port"]) == ("https", 443)
    assert secured["request"]["sni"] == "h.example"
    assert simulated("http://h.example/x", objects=objects)["gateway"]["name"] == "gw"


def test_server_names() -> None:
    objects = [tls("one", "a.example"), tls("two", "*.b.example"), host(rule("a"), domains=["*"])]

    def answers(*arguments: str) -> list[tuple[str, str]]:
        return [(item["gateway"]["name"], item["outcome"]) for item in items("curl", *arguments, objects=objects)]

    assert answers("https://a.example/") == [("one", "directResponse")]
    assert answers("https://A.Example:8443/") == [("one", "directResponse")]
    assert answers("https://x.b.example/") == [("two", "directResponse")]
    assert answers("https://b.example/") == [("one", "connectionClosed"), ("two", "connectionClosed")]
    assert answers("https://a.example/", "--sni", "x.b.example") == [("two", "directResponse")]
    assert answers("https://other/", "-H", "Host: a.example") == [("one", "directResponse")]
    assert answers("https://[::1]:8443/") == [("one", "connectionClosed"), ("two", "connectionClosed")]
    assert run("curl", "https://b.example/", objects=objects).code == 1
    item = simulated("https://b.example/", "--gateway", "one", objects=objects)
    assert (item["host"], item["route"], item["response"], item["candidates"]) == (None, None, None, [])


def test_a_listener_that_wants_https_answers_before_any_route() -> None:
    objects = [gateway(connectionOptions={"httpsRedirect": True}), host(rule("a"))]
    item = simulated("http://h.example:81/x?y=1", objects=objects)
    assert (item["outcome"], item["route"]) == ("redirect", None)
    assert item["response"]["status"] == 301
    assert item["response"]["headers"] == [{"name": "location", "value": "https://h.example:81/x?y=1"}]
    upgrade = ("-H", "Connection: Upgrade", "-H", "Upgrade: foo")
    assert simulated("h.example", *upgrade, objects=objects)["response"]["status"] == 403
    assert simulated("other.example", objects=objects)["outcome"] == "noHost"
    assert "by the listener" in run("curl", "h.example", objects=objects).out


def test_no_gateway() -> None:
    for url in ("https://h.example/", "tcp://h.example:5432"):
        item = simulated(url, objects=ECHO)
        assert (item["outcome"], item["gateway"], item["listener"], item["host"]) == ("noGateway", None, None, None)
        assert run("curl", url, objects=ECHO).code == 1


@pytest.mark.parametrize(
    "arguments,status",
    [
        (("h.example/%00",), 400),
        (("h.example/a b",), 400),
        (("h.example/é",), 400),
        (("h.example", "-X", "BREW"), 400),
        (("h.example", "-X", "get"), 400),
        (("h.example", "-H", "bad name: x"), 400),
        (("http://a{b/",), 400),
        (("h.example/" + "x" * 62_000,), 431),
        (("h.example", *(word for n in range(101) for word in ("-H", f"x-{n}: y"))), 431),
        (("h.example", "-H", "Connection: upgrade", "-H", "Upgrade: h2"), 403),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_the_proxy_refuses(arguments: tuple[str, ...], status: int) -> None:
    item = simulated(*arguments, objects=ECHO)
    assert (item["outcome"], item["response"]["status"], item["upstream"]) == ("proxyResponse", status, None)
    ran = run("curl", *arguments, objects=ECHO)
    assert ran.code == 1
    assert f"→ {status} from the proxy itself (" in ran.out


def test_a_websocket_is_let_through() -> None:
    item = simulated("h.example", "-H", "Connection: upgrade", "-H", "Upgrade: WebSocket", objects=ECHO)
    assert item["outcome"] == "directResponse"


def test_a_destination_that_does_not_exist() -> None:
    """503 only where Services were read; what was not given is not missing."""
    objects = [gateway(), host(rule("a", action=goes("gone.apps.c")))]
    unknown = simulated("h.example", objects=objects)
    assert unknown["outcome"] == "forward"
    assert unknown["upstream"]["destinations"][0]["resolved"] == "unknown"
    assert run("curl", "h.example", objects=objects).code == 0
    known = [*objects, service("other", "apps", "c")]
    missing = simulated("h.example", objects=known)
    assert (missing["outcome"], missing["response"]["status"], missing["upstream"]) == ("proxyResponse", 503, None)
    assert missing["route"]["action"]["destinations"][0]["resolved"] == "missing"
    assert run("curl", "h.example", objects=known).code == 1


def test_forward() -> None:
    action = goes("web.apps.c", subset={"version": "v2"}, pathRewrite="/new")
    objects = [gateway(), ingress(http2=80), host(rule("a", "/old", action=action)), service("web", "apps", "c")]
    item = simulated("http://h.example:80/old/x?y=1", "-X", "PUT", objects=objects)
    upstream = item["upstream"]
    assert (upstream["method"], upstream["path"], upstream["host"]) == ("PUT", "/new/x?y=1", "h.example:80")
    (only,) = upstream["destinations"]
    assert (only["name"], only["subset"], only["share"], only["weight"]) == ("web", {"version": "v2"}, 1.0, None)
    assert only["address"] == "web.apps.svc.cluster.local"
    out = run("curl", "http://h.example/old/x", objects=objects).out
    assert "→ web.apps{version=v2} @c" in out
    assert "path sent /new/x (prefix /old became /new)" in out


def test_redirect() -> None:
    objects = [
        gateway(),
        host(rule("a", "/a", redirects(hostRedirect="n.example", pathRedirect="/b", responseCode="FOUND"))),
    ]
    item = simulated("http://h.example/a?x=1", objects=objects)
    assert (item["outcome"], item["response"]["status"]) == ("redirect", 302)
    assert item["response"]["headers"] == [{"name": "location", "value": "http://n.example/b?x=1"}]
    assert "→ 302 to http://n.example/b?x=1" in run("curl", "http://h.example/a?x=1", objects=objects).out


def test_candidates() -> None:
    objects = [
        gateway(),
        host(
            rule("p", "/p"),
            rule("m", "/", method="POST"),
            rule("h", "/", headers=[{"name": "x-user", "value": "ana"}]),
            rule("q", "/", queryParameters=[{"name": "v", "value": "1"}]),
            rule("d", "/", delegates("ns/heavy", "ns/light")),
            rule("last", "/"),
        ),
        table(rule("l"), name="light", weight=1),
        table(rule("w"), name="heavy", weight=5),
    ]
    item = simulated("h.example/x", objects=objects)
    assert [(each["index"], each["id"], each["verdict"], each["reason"]) for each in item["candidates"]] == [
        (1, "vh/p", "no", "path"),
        (2, "vh/m", "no", "method"),
        (3, "vh/h", "no", "header x-user"),
        (4, "vh/q", "no", "query v"),
        (5, "vh/d/heavy/w", "match", ""),
        (6, "vh/d/light/l", "late", "ranked after 5"),
        (7, "vh/last", "late", "ranked after 5"),
    ]
    assert item["candidatesOmitted"] == 0
    assert "ranked after 5: table weight 1 < 5" in run("curl", "h.example/x", objects=objects).out


def many(winner: int, total: int) -> Json:
    """The answer where only the route at one place matches."""
    rules = [rule(f"r{place}", "/x" if place == winner else f"/other{place}") for place in range(1, total + 1)]
    return simulated("h.example/x", objects=[gateway(), host(*rules)])


@pytest.mark.parametrize(
    "winner,total,listed,omitted", [(100, 150, 100, 0), (101, 150, 100, 1), (240, 250, 100, 140), (0, 120, 100, 20)]
)
def test_at_most_100_candidates_the_winner_among_them(winner: int, total: int, listed: int, omitted: int) -> None:
    item = many(winner, total)
    assert (len(item["candidates"]), item["candidatesOmitted"]) == (listed, omitted)
    assert [each["index"] for each in item["candidates"]][:99] == list(range(1, 100))
    if winner:
        assert [each["index"] for each in item["candidates"] if each["verdict"] == "match"] == [winner]


def test_what_is_not_simulated_is_said() -> None:
    options = {"options": {"requestTimeout": "5s", "retries": {"attempts": 2}}}
    objects = [gateway(), host({**rule("a"), **options})]
    assert simulated("h.example", objects=objects)["notSimulated"] == ["retries", "timeouts"]
    assert "not simulated: retries, timeouts" in run("curl", "h.example", objects=objects).out


def test_verbose_prints_heads_like_curl() -> None:
    lines = run("curl", "h.example/x", "-v", "-H", "X-User: ana", objects=ECHO).out.splitlines()
    start = lines.index("> GET /x HTTP/1.1")
    assert lines[start + 1 : start + 3] == ["> Host: h.example", "> X-User: ana"]
    assert "< HTTP/1.1 200" in lines
    assert "< content-type: text/plain" in lines


def test_silent_is_quiet() -> None:
    noisy = ("curl", "http://h.example:1234/")
    assert run(*noisy, objects=LISTENERS).err
    for flag in ("-s", "--silent", "-q"):
        ran = run(*noisy, flag, objects=LISTENERS)
        assert (ran.code, ran.err) == (0, "")
        assert "→ 200" in ran.out


def test_the_path_is_normalised_before_it_is_matched() -> None:
    item = simulated("h.example/a/../b//c", objects=ECHO)
    assert item["request"]["path"] == "/a/../b//c"
    assert item["request"]["routedPath"] == "/b//c"
