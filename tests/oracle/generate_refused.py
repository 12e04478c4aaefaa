"""Configurations that a proxy may refuse: each as Gloo objects and, written independently, as Envoy has them.

Every part is drawn from some that are sound and some that are not. What the product would not pass on as it is written
(an empty pattern is no condition, all weights zero are even) is not drawn.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SOUND = (
    *("/a", "/v[0-9]+", "(/x|/y)", r"/\d{3}", "/.*", "/(?i)b", "/(?P<n>x)", "/(?<n>y)", "/[[:alpha:]]+", r"/\pL"),
    *("/a{1000}", "(/x)?", r"/\Q.*\E", "/é", r"/[^/]+\.html", "/a*?", "^/x$", r"/\x41", "/(a|b|)", "/[a-]"),
    "/(?P<n>a)(?P<n>b)",
)
BROKEN = (
    *("/(", "/[", "/)", "/(?!x)", "/(?=x)", "/(?<=x)", r"/(a)\1", "/a{1001}", "/(?>a)", "/x++", r"/\Z", "*a", "/[z-a]"),
    *("/a{2,1}", r"/\xZZ", "/a**b{3}{4}", "/(a{1000}){1000}", "/((a{100}){100}){100}", "/\\"),
    *("/(?P<>x)", "/(?P<n", "/[[:nope:]]", r"/\p{Nope}", "/(?z)a", "+", "/a|*"),
)
PATHS = ("/", "/a", "/a/b", "a", "/a?b", "/a#b", "/A%20b", "/é", "//", "/a;b")
STATUSES = (200, 201, 204, 299, 302, 404, 418, 500, 599, 600, 601, 99, 100, 101, 199, 0, 1000)
SOUND_STATUSES = 9
DOMAINS = ("a.test", "A.test", "b.test", "*.test", "*.TEST", "*", "a.*.test", "*-x.test", "shop.*", "*b*", "c-d.test")
TOKENS = ("X-User", "x_y", "a1", "cookie")


@dataclass
class Made:
    """One configuration: hosts with their domains and rules; `broken` counts what was drawn from the unsound."""

    hosts: list[tuple[list[str], list[Json]]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def domains(self) -> list[str]:
        return [name for names, _ in self.hosts for name in names]


class Maker:
    """Draws configurations; `share` is how often a part is unsound."""

    def __init__(self, seed: int, share: float = 0.06) -> None:
        self._random = random.Random(seed)
        self._share = share
        self._made = Made()

    def configuration(self) -> Made:
        self._made = Made()
        names = self._domains()
        places = sorted(self._random.sample(range(1, len(names)), k=min(len(names) - 1, self._random.randrange(3))))
        for start, end in zip((0, *places), (*places, len(names)), strict=True):
            self._made.hosts.append((names[start:end], [self._rule() for _ in range(self._random.randrange(1, 4))]))
        return self._made

    def _domains(self) -> list[str]:
        """Most often names that differ; else one that is there already, perhaps in other letters."""
        pool = list(DOMAINS)
        self._random.shuffle(pool)
        found: list[str] = []
        for name in pool[: self._random.randrange(1, 5)]:
            if name.lower() not in map(str.lower, found) or self._unsound("domain"):
                found.append(name)
        return found

    def _unsound(self, what: str) -> bool:
        if self._random.random() < self._share:
            self._made.broken.append(what)
            return True
        return False

    def _pattern(self) -> str:
        if self._unsound("regex"):
            return self._random.choice(BROKEN)
        return "".join(self._random.choice(SOUND) for _ in range(self._random.randrange(1, 3)))

    def _rule(self) -> Json:
        rule: Json = {"path": self._path()}
        if self._random.random() < 0.4:
            rule["headers"] = [self._test() for _ in range(self._random.randrange(1, 3))]
        if self._random.random() < 0.3:
            rule["query"] = [self._test()]
        rule |= self._action()
        return rule

    def _path(self) -> tuple[str, str]:
        kind = self._random.choice(("exact", "prefix", "regex", "regex"))
        return kind, self._pattern() if kind == "regex" else self._random.choice(PATHS)

    def _test(self) -> Json:
        name = self._random.choice(TOKENS)
        if self._random.random() < 0.5:
            return {"name": name, "regex": self._pattern()}
        return {"name": name, "value": self._random.choice(("1", "a b", "é", "*"))}

    def _action(self) -> Json:
        kind = self._random.choice(("direct", "direct", "forward", "redirect"))
        if kind == "direct":
            sound = not self._unsound("status")
            status = self._random.choice(STATUSES[:SOUND_STATUSES] if sound else STATUSES[SOUND_STATUSES:])
            return {"direct": (status, self._random.choice(("", "hello", "%REQ(x)%")))}
        if kind == "redirect":
            return {"redirect": self._random.choice(("/x", "/", "/y?z=1"))}
        return {"forward": True}


def envoy_hosts(made: Made) -> list[Json]:
    """The configuration as Envoy has it (`spec/envoy.md` 13 to 52)."""
    return [
        {
            "name": f"h{number}",
            "domains": domains,
            "routes": [envoy_route(rule, f"r{n}") for n, rule in enumerate(rules)],
        }
        for number, (domains, rules) in enumerate(made.hosts)
    ]


def envoy_route(rule: Json, name: str) -> Json:
    kind, text = rule["path"]
    match: Json = {"safe_regex": {"regex": text}} if kind == "regex" else {{"exact": "path"}.get(kind, kind): text}
    if "headers" in rule:
        match["headers"] = [envoy_test(each) for each in rule["headers"]]
    if "query" in rule:
        match["query_parameters"] = [envoy_test(each) for each in rule["query"]]
    if "direct" in rule:
        status, body = rule["direct"]
        answer = {"status": status, **({"body": {"inline_string": body}} if body else {})}
        return {"name": name, "match": match, "direct_response": answer}
    if "redirect" in rule:
        return {"name": name, "match": match, "redirect": {"path_redirect": rule["redirect"]}}
    return {"name": name, "match": match, "route": {"cluster": "c"}}


def envoy_test(test: Json) -> Json:
    exact = {"exact": test["value"]} if "value" in test else {"safe_regex": {"regex": test["regex"]}}
    return {"name": test["name"], "string_match": exact}


def first_generation(made: Made) -> Iterator[Json]:
    """The configuration as VirtualHosts of the surroundings in `tests/checks/base`."""
    for number, (domains, rules) in enumerate(made.hosts):
        labels = {"gateway": "public"}
        yield {
            "apiVersion": "networking.enterprise.mesh.gloo.solo.io/v1beta1",
            "kind": "VirtualHost",
            "metadata": {"name": f"h{number}", "namespace": "apps", "labels": labels},
            "spec": {"domains": domains, "routes": [gloo_rule(rule, f"r{n}", FIRST) for n, rule in enumerate(rules)]},
        }


def second_generation(made: Made) -> Iterator[Json]:
    """The configuration as root tables."""
    for number, (domains, rules) in enumerate(made.hosts):
        gateways = [{"name": "public", "namespace": "gateways"}]
        rows = [gloo_rule(rule, f"r{n}", SECOND) for n, rule in enumerate(rules)]
        yield {
            "apiVersion": "networking.gloo.solo.io/v2",
            "kind": "RouteTable",
            "metadata": {"name": f"h{number}", "namespace": "apps"},
            "spec": {"hosts": domains, "virtualGateways": gateways, "http": rows},
        }


FIRST: Json = {
    "direct": "directResponseAction",
    "redirect": "redirectAction",
    "forward": "routeAction",
    "destination": {"kubeService": {"name": "web", "namespace": "apps", "clusterName": "c1", "port": 80}},
}
SECOND: Json = {
    "direct": "directResponse",
    "redirect": "redirect",
    "forward": "forwardTo",
    "destination": {"ref": {"name": "web", "namespace": "apps"}, "port": {"number": 80}},
}


def gloo_rule(rule: Json, name: str, words: Json) -> Json:
    """A rule; both generations call its conditions alike."""
    kind, text = rule["path"]
    matcher: Json = {"uri": {kind: text}}
    for key, field_name in (("headers", "headers"), ("query", "queryParameters")):
        if key in rule:
            matcher[field_name] = [gloo_test(each) for each in rule[key]]
    made: Json = {"name": name, "matchers": [matcher]}
    if "direct" in rule:
        status, body = rule["direct"]
        made[words["direct"]] = {"status": status, **({"body": body} if body else {})}
    elif "redirect" in rule:
        made[words["redirect"]] = {"pathRedirect": rule["redirect"]}
    else:
        made[words["forward"]] = {"destinations": [words["destination"]]}
    return made


def gloo_test(test: Json) -> Json:
    if "value" in test:
        return {"name": test["name"], "value": test["value"]}
    return {"name": test["name"], "value": test["regex"], "regex": True}
