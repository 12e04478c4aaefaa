"""The rules of the second generation told a second time: `spec/v2.md` 3.3, 4.3, 5, 7, 8, 9, 10, 12.

A second judge must not share the first one's mistakes: this module imports nothing of the program, follows the page
rule by rule on plain dictionaries, and knows nothing of speed. Numbers in docstrings are sections of `v2.md`.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

import re2

from tests.oracle.transcript import age, compiles, once, read, sameness
from tests.oracle.transcript_selectors import Key, key
from tests.oracle.v2_workspaces import Tenants

Json = dict[str, Any]
Listing = tuple[Key, int, str]
"""Gateway, number of the listener from 1, domain."""

ACTIONS = ("forwardTo", "delegate", "redirect", "directResponse", "graphql")
CODES = {
    "MOVED_PERMANENTLY": 301,
    "FOUND": 302,
    "SEE_OTHER": 303,
    "TEMPORARY_REDIRECT": 307,
    "PERMANENT_REDIRECT": 308,
}
KINDS = {
    "SERVICE": "Service",
    "VIRTUAL_DESTINATION": "VirtualDestination",
    "EXTERNAL_SERVICE": "ExternalService",
}
BROKEN: Json = {"type": "replaced"}
FROZEN: Json = {"type": "frozen"}
MISSING = None
"""The value of a header that a request lacks."""


class TranscriptV2:
    """`listings` holds the ordered rows of every gateway, listener and domain."""

    def __init__(self, manifests: list[Json]) -> None:
        self.tenants = Tenants(manifests)
        self.kinds = {kind: list(found) for kind, found in groupby(sorted(manifests, key=kind_of), key=kind_of)}
        self.tables = self.kinds.get("RouteTable", [])
        self.listings: dict[Listing, list[Json]] = {}
        for gateway in self.kinds.get("VirtualGateway", []):
            for number, listener in enumerate(gateway["spec"]["listeners"], 1):
                if "http" in listener:
                    self.serve(gateway, number, listener)

    def serve(self, gateway: Json, number: int, listener: Json) -> None:
        """3.3, 4.3 rule 1: what one listener serves, domain by domain."""
        domains: dict[str, list[Json]] = {}
        for root in self.tables:
            if root["spec"].get("hosts") and self.tenants.attached(root, gateway):
                for domain in self.tenants.admitted(root, listener, gateway):
                    domains.setdefault(domain, []).append(root)
        for domain, roots in domains.items():
            self.listings[key(gateway), number, domain] = self.merge(roots, listener["port"].get("number"))

    def merge(self, roots: list[Json], port: int | None) -> list[Json]:
        """4.3 rules 2 to 4; a match for another port is not there at all (`envoy.md` 76)."""
        kept, last = [], []
        for root in sorted(roots, key=lambda each: (age(each), *reversed(key(each)))):
            for row in self.grow(root):
                if row["match"]["port"] not in (None, port):
                    continue
                if catches_all(row["match"]):
                    last.append(row)
                    break
                kept.append(row)
        return kept + last

    def grow(self, root: Json) -> list[Json]:
        """10: all routes of a root; one bad route freezes the tree if the root says so."""
        self.trouble = False
        leaves, _ = self.expand(root, None, {"tables": [], "hops": [], "labels": {}})
        frozen = self.trouble and root["spec"].get("failureMode") == "FREEZE_CONFIG"
        return [row(leaf, match, frozen=frozen) for leaf in leaves for match in leaf["matches"]]

    def expand(self, table: Json, parents: list[Json] | None, way: Json) -> tuple[list[Json], bool]:
        """8: the routes of a table, and whether one of its rules contradicts what stands above (DEC-26)."""
        leaves: list[Json] = []
        for index, rule in enumerate(table["spec"].get("http") or []):
            written = [each for each in rule.get("matchers") or [{}] if "suffix" not in (each.get("uri") or {})]
            own = [read(each) | {"port": each.get("port") or None} for each in written if sound(each)]
            pairs = own if parents is None else list(filter(None, (pair(p, c) for p in parents for c in own)))
            if own and not pairs:
                return [], True
            if not written:
                continue  # DEC-10
            usable = [each for each in pairs if each["path"] is None or regex_compiles(each["path"])]
            labels = {**way["labels"], **labels_of(table["metadata"]), **labels_of(rule)}
            here = {
                "tables": [*way["tables"], table],
                "hops": [*way["hops"], (*key(table), f"spec.http[{index}]")],
                "labels": labels,
                "matches": distinct(usable),
            }
            whole = len(own) == len(written) and len(usable) == len(pairs)
            leaves += self.follow(rule, table, here, usable=whole)
        return leaves, False

    def follow(self, rule: Json, table: Json, here: Json, *, usable: bool) -> list[Json]:
        """8.7, 9: what a rule becomes: one route, those of its tables, or 500 in their place."""
        if usable and not self.misconfigured(rule, table, here["matches"]):
            block = self.delegate(rule["delegate"], table, here) if "delegate" in rule else None
            if block is not None:
                return block
            if "delegate" not in rule:
                return [{**here, "action": self.action(rule, table)}]
        self.trouble = True
        return [{**here, "action": BROKEN}]

    def delegate(self, delegate: Json, table: Json, here: Json) -> list[Json] | None:
        """8.1, 8.4, 8.6: the routes below a delegating rule; None if it breaks as a whole."""
        viewer, chosen = self.tenants.owner(table), []
        pool = [each for each in self.tables if self.tenants.sees(viewer, each, "ROUTE_TABLE")]
        for entry in delegate.get("routeTables") or []:
            hit = [each for each in pool if self.tenants.fits(entry, each)]
            if "name" in entry and any(each in here["tables"] for each in hit):
                return None
            fresh = [each for each in hit if each not in here["tables"] and not each["spec"].get("hosts")]
            chosen += [each for each in sorted(fresh, key=lambda each: (age(each), key(each))) if each not in chosen]
        leaves: list[Json] = []
        for each in sorted(chosen, key=lambda each: -each["spec"].get("weight", 0)):
            block, contradicts = self.expand(each, here["matches"], here)
            if contradicts:
                return None
            leaves += block
        if delegate.get("sortMethod") == "ROUTE_SPECIFICITY":
            leaves = sorted((leaf for leaf in leaves if leaf["matches"]), key=rank)
        return leaves if chosen else None

    def misconfigured(self, rule: Json, table: Json, matches: list[Json]) -> bool:
        """8.7, beside what is wrong with matchers and with what a delegate reaches."""
        actions = [each for each in ACTIONS if each in rule]
        if len(actions) != 1:
            return True
        action = rule[actions[0]]
        if actions[0] == "forwardTo":
            return self.forwards_badly(action, table, matches)
        return bool(
            action.get("sortMethod", "TABLE_WEIGHT") not in ("TABLE_WEIGHT", "ROUTE_SPECIFICITY")
            or action.get("responseCode", "FOUND") not in CODES
            or (actions[0] == "directResponse" and not 200 <= action.get("status", 0) <= 599)
        )

    def forwards_badly(self, action: Json, table: Json, matches: list[Json]) -> bool:
        """7.1, 7.2, 8.7."""
        rewrite, regexes = (
            action.get("regexRewrite"),
            [m for m in matches if m["path"] and m["path"]["type"] == "regex"],
        )
        destinations = destinations_of(action, table)
        return bool(
            (rewrite and (action.get("pathRewrite") or not compiles(rewrite["pattern"]["regex"])))
            or (action.get("pathRewrite") and regexes)
            or not destinations
            or shares(destinations) is None
            or any(self.not_found(each, table) for each in destinations)
        )

    def not_found(self, destination: Json, table: Json) -> bool:
        """2.5, 12.4, DEC-22, DEC-27; a Service may only be missing where the input has any."""
        kind, ref = destination.get("kind", "SERVICE"), destination["ref"]
        if kind == "SERVICE" and "Service" not in self.kinds:
            return False
        wanted = (ref.get("namespace") or table["metadata"]["namespace"], ref["name"])
        found = [each for each in self.kinds.get(KINDS[kind], []) if key(each) == wanted]
        if not found or not self.tenants.sees(self.tenants.owner(table), found[0], kind):
            return True
        ports, port = found[0]["spec"]["ports"], destination.get("port") or {}
        if not port:
            return len(ports) > 1
        field = "port" if kind == "SERVICE" else "number"
        return port.get("number") not in [each[field] for each in ports] and not (
            "name" in port and port["name"] in [each.get("name") for each in ports]
        )

    def action(self, rule: Json, table: Json) -> Json:
        """7: an action in the words of `spec/cli.md` 6.2, as far as it is compared."""
        if (forward := rule.get("forwardTo")) is not None:
            found, rewrite = destinations_of(forward, table), forward.get("regexRewrite")
            parts = zip(found, shares(found) or [], strict=True)
            return {
                "type": "forward",
                "to": [[*named(each, table), round(share, 6)] for each, share in parts],
                "pathRewrite": forward.get("pathRewrite"),
                "regexRewrite": rewrite and {**rewrite, "pattern": rewrite["pattern"]["regex"]},
                "hostRewrite": forward.get("hostRewrite"),
            }
        if "redirect" in rule:
            to = rule["redirect"]
            status = CODES[to.get("responseCode", "MOVED_PERMANENTLY")]
            return {
                "type": "redirect",
                "status": status,
                "host": to.get("hostRedirect"),
                "path": to.get("pathRedirect"),
            }
        direct = rule["directResponse"]
        return {"type": "directResponse", "status": direct["status"], "body": direct.get("body", "")}


def kind_of(manifest: Json) -> str:
    return str(manifest["kind"])


def labels_of(holder: Json) -> dict[str, str]:
    return holder.get("labels") or {}


def row(leaf: Json, match: Json, *, frozen: bool) -> Json:
    """A route as it is compared: conditions, action, labels, and the rules on the way."""
    path = match["path"]
    shown = {"type": "prefix", "value": "/", "ignoreCase": False, "implicit": True}
    if path is not None:
        shown = {**{field: path[field] for field in ("type", "value", "ignoreCase")}, "implicit": False}
    conditions = {
        "path": shown,
        "methods": [match["method"]] if match["method"] else [],
        "headers": match["headers"],
        "queryParameters": match["query"],
        "port": match["port"],
    }
    action = FROZEN if frozen else leaf["action"]
    return {"match": conditions, "action": action, "labels": leaf["labels"], "hops": leaf["hops"]}


def catches_all(match: Json) -> bool:
    """4.3 rule 2."""
    everything = (match["path"]["type"], match["path"]["value"]) in (("prefix", "/"), ("regex", ".*"))
    return everything and not (match["headers"] or match["queryParameters"] or match["methods"])


def sound(matcher: Json) -> bool:
    """5 rule 9: whether every regex of a matcher compiles."""
    tests = [*(matcher.get("headers") or []), *(matcher.get("queryParameters") or [])]
    patterns = [each["value"] for each in tests if each.get("regex") and each.get("value")]
    uri = matcher.get("uri") or {}
    return all(compiles(each) for each in [*patterns, *([uri["regex"]] if "regex" in uri else [])])


def regex_compiles(path: Json) -> bool:
    return path["type"] != "regex" or compiles(path["value"])


def distinct(matches: list[Json]) -> list[Json]:
    """8.2: equal pairs count once; no path is prefix `/` to the proxy."""
    unique: dict[str, Json] = {}
    for match in matches:
        path = match["path"] or {"type": "prefix", "value": "/", "ignoreCase": False}
        tests = [[sameness(each) for each in match[kind]] for kind in ("headers", "query")]
        same = (path["type"], path["value"], path["ignoreCase"], match["method"], match["port"], tests)
        unique.setdefault(str(same), match)
    return list(unique.values())


def pair(parent: Json, child: Json) -> Json | None:
    """8.2: both conditions at once; None for a conflict."""
    fixed = parent["path"] is not None and parent["path"]["type"] != "prefix"
    apart = any(parent[each] and child[each] and parent[each] != child[each] for each in ("method", "port"))
    tests = [
        (one, other)
        for kind, fold in (("headers", str.lower), ("query", str))
        for one in parent[kind]
        for other in child[kind]
        if fold(one["name"]) == fold(other["name"])
    ]
    if apart or (fixed and child["path"]) or any(contradict(*each) for each in tests):
        return None
    return {
        "path": join(parent["path"], child["path"]),
        "method": parent["method"] or child["method"],
        "port": parent["port"] or child["port"],
        "headers": once([*parent["headers"], *child["headers"]]),
        "query": once([*parent["query"], *child["query"]]),
    }


def join(parent: Json | None, child: Json | None) -> Json | None:
    """8.2, DEC-2: the table of paths and the join rule."""
    if child is None:
        return parent
    above = parent["value"] if parent else "/"
    if child["type"] == "regex":
        if above == "/":
            return child
        quoted = "".join("\\" * (letter in r"\.+*?()|[]{}^$") + letter for letter in above.removesuffix("/"))
        return {**child, "value": f"{quoted}(?:{child['value'].removeprefix('^')})"}
    slash = "" if child["value"].startswith("/") else "/"
    loose = child["ignoreCase"] and (parent is None or above == "/" or parent["ignoreCase"])
    return {**child, "value": above.removesuffix("/") + slash + child["value"], "ignoreCase": loose}


def contradict(one: Json, other: Json) -> bool:
    """8.2: whether no value, and not its absence either, passes both tests."""
    values = [MISSING, "", "7", "none of these", *(each["value"] for each in (one, other) if each["type"] == "exact")]
    return not any(passes(one, value) and passes(other, value) for value in values)


def passes(test: Json, value: str | None) -> bool:
    """5 rule 4: an inverted test of a value sees a missing header as empty text."""
    inverted = bool(test.get("invert"))
    if test["type"] == "present":
        return (value is not MISSING) != inverted
    if value is MISSING and not inverted:
        return False
    seen = value or ""
    holds = bool(re2.fullmatch(test["value"], seen)) if test["type"] == "regex" else seen == test["value"]
    return holds != inverted


def rank(leaf: Json) -> tuple[int, int]:
    """8.4, DEC-8: the best match of a route; regexes are equal, no path has length 0."""
    return min(rank_of(match["path"]) for match in leaf["matches"])


def rank_of(path: Json | None) -> tuple[int, int]:
    if path is None:
        return 2, 0
    return ("exact", "regex", "prefix").index(path["type"]), 0 if path["type"] == "regex" else -len(path["value"])


def destinations_of(action: Json, table: Json) -> list[Json]:
    """7.1: those of the rule, else the default one of its table."""
    default = table["spec"].get("defaultDestination")
    return action.get("destinations") or ([default] if default else [])


def named(destination: Json, table: Json) -> list[str]:
    ref = destination["ref"]
    return [KINDS[destination.get("kind", "SERVICE")], ref.get("namespace") or key(table)[0], ref["name"]]


def shares(destinations: list[Json]) -> list[float] | None:
    """7.2, DEC-12: parts of 1; None if the weights cannot be."""
    written = [each.get("weight") or 0 for each in destinations]
    if len(written) == 1:
        return [1.0]
    rest, waiting = 100 - sum(written), written.count(0)
    if rest < 0 or rest < waiting:
        return None
    if not waiting:
        return [each / sum(written) for each in written]
    return [(each or rest / waiting) / 100 for each in written]
