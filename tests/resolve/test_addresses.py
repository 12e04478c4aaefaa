"""Where a gateway is reached (`spec/v1beta1.md` 2.2, 2.3 rule 4, 11.1; `spec/v2.md` 3.1; Kubernetes' own Services)."""

from __future__ import annotations

import shlex
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from kubectl_gmg.model.declared import Listener, Protocol
from kubectl_gmg.model.inventory import Address, Exposure
from kubectl_gmg.model.origin import ObjectRef, Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import ResolvedListener
from kubectl_gmg.render import page
from kubectl_gmg.render.addresses import call_lines
from kubectl_gmg.views import Look
from tests.commands.make import gateway, host, items, rule, run, says
from tests.commands.make import service as discovered
from tests.shells.prompt import program, unpacked_environment

Json = dict[str, Any]
V2 = "networking.gloo.solo.io/v2"
GENERATIONS = ("v1beta1", "v2")
TYPES = {"LoadBalancer": "LOAD_BALANCER", "NodePort": "NODE_PORT", "ClusterIP": "CLUSTER_IP", "": ""}
PORTS = (("http2", 80, 31380), ("https", 443, 31390))


def kubernetes(kind: str, *given: str, name: str = "gw", cluster: str = "", ports: Any = PORTS, **spec: Any) -> Json:
    """A Service of the ingress gateways with what its load balancer was given: addresses or names."""
    where = {"annotations": {"cluster.solo.io/cluster": cluster}} if cluster else {}
    listed = [{"name": each, "port": number, "nodePort": node} for each, number, node in ports]
    ingress = [{"ip" if each[-1].isdigit() else "hostname": each} for each in given]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "edge", "labels": {"istio": "ingressgateway"}, **where},
        "spec": {**({"type": kind} if kind else {}), "selector": {"istio": "ingressgateway"}, "ports": listed, **spec},
        "status": {"loadBalancer": {"ingress": ingress} if given else {}},
    }


def destination(kind: str, *given: str, name: str = "gw", cluster: str = "", ports: Any = PORTS) -> Json:
    """The same as the first generation discovers it."""
    found = discovered(name, "edge", cluster, {"istio": "ingressgateway"})
    found["spec"]["kubeService"] |= {
        "serviceType": TYPES[kind],
        "ports": [{"name": each, "port": number, "nodePort": node} for each, number, node in ports],
        "externalAddresses": [{"ip" if each[-1].isdigit() else "dnsName": each} for each in given],
    }
    return found


def first(**status: Any) -> list[Json]:
    """A gateway of the first generation on the port `http2`, with a host."""
    made = gateway()
    return [{**made, "status": status} if status else made, host(rule("r", "/", says(200)))]


def second(**port: Any) -> list[Json]:
    """The same in the second generation; `port` may be another, and `tls` makes it https."""
    secure = {"tls": {"mode": "SIMPLE", "secretName": "s"}} if port.pop("tls", False) else {}
    table = {
        "hosts": ["h.example"],
        "virtualGateways": [{"name": "gw"}],
        "http": [{"name": "r", "matchers": [{"uri": {"prefix": "/"}}], "directResponse": {"status": 200}}],
    }
    specs = (
        ("VirtualGateway", "gw", {"listeners": [{"http": {}, "port": port or {"name": "http2"}, **secure}]}),
        ("RouteTable", "root", table),
    )
    return [
        {"apiVersion": V2, "kind": kind, "metadata": {"name": name, "namespace": "ns"}, "spec": spec}
        for kind, name, spec in specs
    ]


def objects(generation: str, *services: tuple[Any, ...], **more: Any) -> list[Json]:
    """A gateway on Services, each given by its type and addresses."""
    make = destination if generation == "v1beta1" else kubernetes
    base = first() if generation == "v1beta1" else second()
    return [*base, *(make(*each, **more) for each in services)]


def reached(found: list[Json]) -> list[tuple[Any, ...]]:
    """The addresses of the only listener, in short."""
    (row,) = items("routes", objects=found)
    return [
        (each["type"], each["address"], each["port"], each["service"]["cluster"], each["service"]["name"])
        for each in row["listener"]["addresses"]
    ]


BOTH = {
    "an address": ((("LoadBalancer", "203.0.113.10"),), [("LoadBalancer", "203.0.113.10", 80)]),
    "a name": ((("LoadBalancer", "lb.example.net"),), [("LoadBalancer", "lb.example.net", 80)]),
    "IPv6": ((("LoadBalancer", "2001:DB8::1"),), [("LoadBalancer", "2001:db8::1", 80)]),
    "several": (
        (("LoadBalancer", "203.0.113.10", "203.0.113.11"),),
        [("LoadBalancer", "203.0.113.10", 80), ("LoadBalancer", "203.0.113.11", 80)],
    ),
    "none yet": ((("LoadBalancer",),), [("LoadBalancer", None, 80)]),
    "any node": ((("NodePort",),), [("NodePort", None, 31380)]),
    "within the cluster only": ((("ClusterIP",),), []),
    "no type": ((("",),), []),
}


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(("services", "wanted"), BOTH.values(), ids=BOTH)
def test_both_generations_say_the_same(generation: str, services: Any, wanted: Any) -> None:
    """Rule 4: a load balancer has the port of the Service, nodes have the node's, others give none."""
    assert [each[:3] for each in reached(objects(generation, *services))] == wanted


@pytest.mark.parametrize("generation", GENERATIONS)
def test_all_services_in_the_order_of_clusters(generation: str) -> None:
    make = destination if generation == "v1beta1" else kubernetes
    base = first() if generation == "v1beta1" else second()
    services = [
        make("LoadBalancer", "203.0.113.2", cluster="west"),
        make("NodePort", name="b", cluster="east"),
        make("LoadBalancer", "203.0.113.1", name="a", cluster="east"),
    ]
    assert reached([*base, *services]) == [
        ("LoadBalancer", "203.0.113.1", 80, "east", "a"),
        ("NodePort", None, 31380, "east", "b"),
        ("LoadBalancer", "203.0.113.2", 80, "west", "gw"),
    ]


def test_the_service_is_named() -> None:
    (row,) = items("routes", objects=objects("v1beta1", ("LoadBalancer", "203.0.113.10")))
    (found,) = row["listener"]["addresses"]
    wanted = {"kind": "Service", "generation": "v1beta1", "cluster": "", "namespace": "edge", "name": "gw"}
    assert found["service"] == wanted


def test_nodes_that_were_discovered() -> None:
    assert [each[:3] for each in reached([*first(), destination("NodePort", "192.0.2.7")])] == [
        ("NodePort", "192.0.2.7", 31380)
    ]


def test_what_was_asked_for_is_no_address() -> None:
    service = kubernetes("LoadBalancer", loadBalancerIP="203.0.113.99")
    assert [each[:3] for each in reached([*second(), service])] == [("LoadBalancer", None, 80)]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("LoadBalancer", [("LoadBalancer", "198.51.100.1", 80)]),
        ("NodePort", [("NodePort", None, 31380), ("NodePort", "198.51.100.1", 80)]),
        ("ClusterIP", []),
    ],
)
def test_external_addresses_lead_to_the_port_of_the_service(kind: str, wanted: Any) -> None:
    service = kubernetes(kind, externalIPs=["198.51.100.1"])
    assert [each[:3] for each in reached([*second(), service])] == wanted


@pytest.mark.parametrize(
    ("port", "wanted"),
    [({"name": "https"}, 31390), ({"number": 443}, 31390), ({"number": 8443}, None), ({"name": "tls"}, None)],
)
def test_the_port_that_the_listener_stands_on(port: Json, wanted: int | None) -> None:
    found = reached([*second(**port), kubernetes("NodePort")])
    assert [each[2] for each in found] == ([wanted] if wanted else [])


def test_a_port_of_udp_is_another_one() -> None:
    service = kubernetes("NodePort", ports=(("http3", 443, 31000), ("https", 443, 31390)))
    service["spec"]["ports"][0]["protocol"] = "UDP"
    assert [each[2] for each in reached([*second(number=443), service])] == [31390]


HOSTILE = (
    "$(touch /tmp/x)",
    "203.0.113.10; rm -rf /",
    "a b",
    "-o",
    "x\n1.2.3.4",
    "fe80::1%$(id)",
    "'",
    "a" * 300,
    7,
    None,
    ["203.0.113.10"],
)


@pytest.mark.parametrize("written", HOSTILE)
def test_what_is_no_address_is_none(written: Any) -> None:
    service = kubernetes("LoadBalancer")
    service["status"]["loadBalancer"] = {"ingress": [{"hostname": written}, {"ip": written}, written]}
    service["spec"]["ports"][0]["nodePort"] = written
    listed = [*second(), service]
    allowed = {"203.0.113.10"} if isinstance(written, list) else set()
    assert {each[1] for each in reached(listed)} <= {None, *allowed}
    assert "touch" not in run("curl", "http://h.example/", objects=listed).out


@pytest.mark.parametrize("status", [7, [], {"loadBalancer": 7}, {"loadBalancer": {"ingress": "x"}}])
def test_a_status_of_a_wrong_form_counts_as_none(status: Any) -> None:
    assert [each[:3] for each in reached([*second(), {**kubernetes("LoadBalancer"), "status": status}])] == [
        ("LoadBalancer", None, 80)
    ]


def applied(external: int, *addresses: str, names: tuple[str, str] = ("port", "externalPort")) -> Json:
    ref = {"name": "gw-edge-c", "namespace": "gloo-mesh"}
    return {"destinationRef": ref, "externalAddresses": list(addresses), names[0]: 80, names[1]: external}


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (applied(80, "203.0.113.10"), [("LoadBalancer", "203.0.113.10", 80)]),
        (applied(31380), [("NodePort", None, 31380)]),
        (
            applied(31380, "192.0.2.7", names=("destinationPort", "externalDestinationPort")),
            [("NodePort", "192.0.2.7", 31380)],
        ),
        (applied(0), []),
    ],
)
def test_without_services_the_status_of_the_gateway_tells(entry: Json, wanted: Any) -> None:
    """2.2 and D-1: input without any Destination did not read them."""
    assert [each[:3] for each in reached(first(appliedIngressGateways=[entry]))] == wanted


def test_services_that_were_read_count_before_the_status() -> None:
    status = {"appliedIngressGateways": [applied(80, "203.0.113.99")]}
    assert [each[1] for each in reached([*first(**status), destination("LoadBalancer", "203.0.113.10")])] == [
        "203.0.113.10"
    ]


def lines(*arguments: str, objects: list[Json], starts: str) -> list[str]:
    ran = run(*arguments, objects=objects)
    assert ran.code == 0, ran.err
    return [line for line in ran.out.splitlines() if line.startswith(starts)]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        (("LoadBalancer", "203.0.113.10"), "address  203.0.113.10:80 (LoadBalancer gw.edge)"),
        (("LoadBalancer", "2001:db8::1"), "address  [2001:db8::1]:80 (LoadBalancer gw.edge)"),
        (("LoadBalancer",), "address  pending, port 80 (LoadBalancer gw.edge)"),
        (("NodePort",), "address  <node>:31380, any node (NodePort gw.edge)"),
    ],
)
def test_wide_shows_them(generation: str, service: Any, wanted: str) -> None:
    found = objects(generation, service)
    assert lines("routes", "-o", "wide", objects=found, starts="address") == [wanted]
    assert lines("routes", objects=found, starts="address") == []


def called(url: str, *flags: str, service: Json, port: Json | None = None) -> str | None:
    """The command that `curl` prints, the same as text and in JSON."""
    found = [*second(**(port or {})), service]
    ran = run("curl", url, *flags, objects=found)
    written = [line.removeprefix("call     ") for line in ran.out.splitlines() if line.startswith("call")]
    (item,) = items("curl", url, *flags, objects=found)
    assert written == ([item["call"]] if item["call"] else [])
    command: str | None = item["call"]
    return command


BALANCED = ("LoadBalancer", "203.0.113.10")
CALLS: dict[str, tuple[tuple[str, ...], Json, str | None]] = {
    "an address": (
        ("http://h.example/a",),
        kubernetes(*BALANCED),
        "curl --resolve h.example:80:203.0.113.10 http://h.example/a",
    ),
    "a name": (
        ("http://h.example/a",),
        kubernetes("LoadBalancer", "lb.example.net"),
        "curl --connect-to h.example:80:lb.example.net:80 http://h.example/a",
    ),
    "another port": (
        ("http://h.example/a",),
        kubernetes(*BALANCED, ports=(("http2", 8080, 31380),)),
        "curl --connect-to h.example:80:203.0.113.10:8080 http://h.example/a",
    ),
    "IPv6": (
        ("http://h.example/a",),
        kubernetes("LoadBalancer", "2001:db8::1"),
        "curl --resolve 'h.example:80:[2001:db8::1]' http://h.example/a",
    ),
    "any node": (
        ("http://h.example/a",),
        kubernetes("NodePort"),
        "curl --connect-to 'h.example:80:<node>:31380' http://h.example/a",
    ),
    "pending": (("http://h.example/a",), kubernetes("LoadBalancer"), None),
    "unknown": (("http://h.example/a",), kubernetes("ClusterIP"), None),
    "through a forwarded port": (
        ("localhost:8081/a", "-H", "Host: h.example"),
        kubernetes(*BALANCED),
        "curl --resolve h.example:80:203.0.113.10 http://h.example/a",
    ),
    "method and headers": (
        ("http://h.example/a?b=c&d=e", "-X", "PUT", "-H", "x: $HOME", "-H", "empty;"),
        kubernetes(*BALANCED),
        "curl --resolve h.example:80:203.0.113.10 -X PUT -H 'x: $HOME' -H 'empty;' 'http://h.example/a?b=c&d=e'",
    ),
    "HEAD": (
        ("-I", "http://h.example/a"),
        kubernetes(*BALANCED),
        "curl --resolve h.example:80:203.0.113.10 --head http://h.example/a",
    ),
    "dots and brackets": (
        ("http://h.example/a/../[b]",),
        kubernetes(*BALANCED),
        "curl --resolve h.example:80:203.0.113.10 --path-as-is --globoff 'http://h.example/a/../[b]'",
    ),
    "no request that curl sends": (("http://h.example/a b",), kubernetes(*BALANCED), None),
    "no name for a URL": (
        ("localhost/a", "-H", "Host: h.example:x"),
        kubernetes(*BALANCED),
        "curl -H 'Host: h.example:x' http://203.0.113.10:80/a",
    ),
}


@pytest.mark.parametrize(("words", "service", "wanted"), CALLS.values(), ids=CALLS)
def test_the_call_to_paste(words: tuple[str, ...], service: Json, wanted: str | None) -> None:
    assert called(*words, service=service) == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("https://h.example/a",), "curl --resolve h.example:443:203.0.113.10 https://h.example/a"),
        (
            ("https://h.example/a", "--sni", "other.example"),
            "curl --resolve other.example:443:203.0.113.10 -H 'Host: h.example' https://other.example/a",
        ),
    ],
)
def test_the_name_of_the_handshake_is_that_of_the_url(words: tuple[str, ...], wanted: str) -> None:
    assert called(*words, service=kubernetes(*BALANCED), port={"name": "https", "tls": True}) == wanted


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://h.example/", "curl --resolve h.example:80:203.0.113.1 http://h.example/"),
        ("http://h.example:8080/", "curl --resolve h.example:8080:203.0.113.2 http://h.example:8080/"),
    ],
)
def test_of_several_addresses_that_of_the_port_is_called(url: str, wanted: str) -> None:
    services = [
        kubernetes("NodePort", name="a", ports=(("http2", 8443, 8080),)),
        kubernetes("LoadBalancer", "203.0.113.1", name="b"),
        kubernetes("LoadBalancer", "203.0.113.2", name="c", ports=(("http2", 8080, 31380),)),
    ]
    (item,) = items("curl", url, objects=[*second(), *services])
    assert item["call"] == wanted


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[int, list[tuple[str, str, list[tuple[str, str]]]]]]:
    """A server on the loopback that writes down what it is asked."""
    asked: list[tuple[str, str, list[tuple[str, str]]]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            asked.append((self.command, self.path, self.headers.items()))
            self.send_response(204)
            self.end_headers()

        do_GET = do_HEAD = do_PUT = answer  # noqa: N815 - the library looks for these names

        def log_message(self, *_: Any) -> None:
            """Tests are silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_port, asked
        listening.shutdown()


SENT = [
    (("http://h.example/a",), ("GET", "/a", {"Host": "h.example"})),
    (("http://h.example:{port}/a",), ("GET", "/a", {"Host": "h.example:{port}"})),
    (("http://h.example/a/../[b]?x={{1}}",), ("GET", "/a/../[b]?x={{1}}", {"Host": "h.example"})),
    (("-I", "http://h.example/a"), ("HEAD", "/a", {"Host": "h.example"})),
    (
        ("http://h.example/a", "-X", "PUT", "-H", "x-user: it's; $HOME", "-H", "empty;"),
        ("PUT", "/a", {"Host": "h.example", "x-user": "it's; $HOME", "empty": ""}),
    ),
    (("localhost/a", "-H", "Host: h.example:x"), ("GET", "/a", {"Host": "h.example:x"})),
]


@pytest.mark.parametrize(("words", "wanted"), SENT)
def test_curl_sends_the_request_that_was_simulated(server: Any, words: tuple[str, ...], wanted: Any) -> None:
    port, asked = server
    fill = [word.format(port=port) for word in words]
    service = kubernetes("LoadBalancer", "127.0.0.1", ports=(("http2", port, 31380),))
    command = called(*fill, service=service)
    assert command is not None
    asked.clear()
    judge = program("curl")
    environment = {"PATH": f"{judge.parent}:/usr/bin:/bin", "HOME": "/nowhere", **unpacked_environment(judge)}
    done = subprocess.run(
        ["sh", "-c", f"{command} --silent --show-error --max-time 5"], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    ((method, path, headers),) = asked
    assert (method, path) == (wanted[0], wanted[1].format(port=port))
    own = {"User-Agent", "Accept"}
    sent = {name: value for name, value in headers if name not in own}
    assert sent == {name: value.format(port=port) for name, value in wanted[2].items()}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_port_of_nodes_in_the_url_finds_the_listener(generation: str) -> None:
    """6.3: the port narrows the listeners if one is known to have it, from outside too."""
    found = objects(generation, ("NodePort",))
    ran = run("curl", "http://h.example:31380/", objects=found)
    assert (ran.code, "the port was ignored" in ran.err) == (0, False)
    assert "the port was ignored" in run("curl", "http://h.example:31381/", objects=found).err


def test_a_listeners_own_port_counts_first() -> None:
    """Here the port that nodes have for one listener is that of another one."""
    ports = (("http2", 80, 31380), ("alt", 31380, 31999))
    both = second()
    both[0]["spec"]["listeners"] = [{"http": {}, "port": {"name": name}} for name in ("http2", "alt")]
    found = [*both, kubernetes("NodePort", ports=ports)]
    answers = items("curl", "http://h.example:31380/", objects=found)
    assert [item["listener"]["name"] for item in answers] == ["alt"]


def test_the_words_are_those_of_a_shell() -> None:
    command = called("http://h.example/a", "-H", "x: a b", service=kubernetes(*BALANCED))
    assert command is not None
    assert shlex.split(command)[-2:] == ["x: a b", "http://h.example/a"]


LONG = "/reviews/of/all/products/that/anybody/has/ever/written?language=any&newest=first&from=2020-01-01"


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize(("width", "path", "count"), [(40, "/reviews", 4), (60, "/reviews", 2), (80, LONG, 2)])
def test_in_a_narrow_terminal_a_shell_still_reads_one_command(width: int, path: str, count: int, color: bool) -> None:
    """A word that is too long for the terminal stays whole: only the terminal itself can fold it and copy it right."""
    address = Address(Exposure.LOAD_BALANCER, "203.0.113.10", 80, ObjectRef("edge", "gw", "Service", "v2"))
    origin = Origin(ObjectRef("ns", "gw", "VirtualGateway", "v2"), ("spec",))
    listener = ResolvedListener(Listener(origin, "http2", Protocol.HTTP), 1, 80, (), (address,))
    asked = Request(path, "www.example.com", headers=(("x-user", "ana b"),))
    look = Look(terminal=True, width=width, color=color)
    printed = page.STYLE.sub("", page.printed(call_lines(asked, listener, look), look))
    words = ["curl", "--resolve", "www.example.com:80:203.0.113.10", "-H", "x-user: ana b"]
    found = [word for word in shlex.split(printed.removeprefix("call     ")) if word != "\n"]
    assert found == [*words, f"http://www.example.com{path}"]
    assert len(printed.splitlines()) == count
    assert all(len(each) <= max(width, 57) for each in printed.splitlines()[:-1])


def test_the_ports_of_one_address_stand_together() -> None:
    """A gateway with many listeners, which several Services lead to."""
    ports = [(f"p{number}", number, number + 20000) for number in range(8000, 8030)]
    found = second()
    found[0]["spec"]["listeners"] = [{"http": {}, "port": {"number": number}} for _, number, _ in ports]
    services = [
        kubernetes("LoadBalancer", "203.0.113.10", name="a", ports=ports),
        kubernetes("NodePort", name="b", ports=ports[:2]),
        kubernetes("LoadBalancer", name="c", ports=ports[:2]),
    ]
    assert lines("routes", "-o", "wide", objects=[*found, *services], starts="address") == [
        f"address  203.0.113.10{' '.join(f':{number}' for _, number, _ in ports)} (LoadBalancer a.edge)",
        "address  <node>:28000 :28001, any node (NodePort b.edge)",
        "address  pending, ports 8000, 8001 (LoadBalancer c.edge)",
    ]
