"""The resolver's rules told a second time: `spec/v1beta1.md` 2.4, 3.3, 5.1, 7.2, 8; ids: `spec/cli.md` 4.2.

A second judge must not share the first one's mistakes: this module imports nothing of the program, follows the page
rule by rule on plain dictionaries, and knows nothing of speed. Numbers in docstrings are sections of `v1beta1.md`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import re2

from tests.oracle.transcript_selectors import Json, Key, key, reach, reaches, selects

ACTIONS = ("routeAction", "redirectAction", "directResponseAction", "delegateAction")
CODES = ("MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT")
NO_ROUTE_OPTIONS = ("trafficShift", "outlierDetection", "mtls")
End = tuple[str, str, str]
"""The id of a delegating rule, why it reaches nothing, and the table it names."""

ROOT: Json = {"type": "prefix", "value": "/", "ignoreCase": False, "length": 1}
SILENT = re2.Options()
SILENT.log_errors = False


class Transcript:
    """`gateways` maps (namespace, name) to the hosts that are served, each with `domains`, `routes` and `ends`.

    `tables_read` names the namespaces whose tables were read completely, None all of them (D-27).
    """

    def __init__(self, manifests: list[Json], tables_read: frozenset[str] | None = None) -> None:
        self.tables_read = tables_read
        self.ends: list[End] = []
        self.kinds = {m["kind"]: sorted((o for o in manifests if o["kind"] == m["kind"]), key=key) for m in manifests}
        self.tables = {key(table): table for table in self.kinds.get("RouteTable", [])}
        self.policies = sorted(self.kinds.get("TrafficPolicy", []), key=lambda policy: (age(policy), key(policy)))
        self.gateways = {key(gateway): self.serve(gateway) for gateway in self.kinds.get("VirtualGateway", [])}

    def attach(self, gateway: Json) -> list[Json]:
        """2.4: the hosts that a gateway selects or holds, each once, in order."""
        found: list[Json] = []
        for handler, connection in enumerate(gateway["spec"].get("connectionHandlers") or []):
            for index, entry in enumerate(connection.get("http", {}).get("routeConfig") or []):
                if (selector := entry.get("virtualHostSelector")) is not None:
                    fitting = [h for h in self.kinds.get("VirtualHost", []) if selects(selector, key(gateway)[0], h)]
                    taken = [host["object"] for host in found if host["field"] == "spec"]
                    found += [owned(h, "spec", named(h, key(gateway)[0])) for h in fitting if h not in taken]
                if (inline := entry.get("virtualHost")) is not None:
                    field = f"spec.connectionHandlers[{handler}].http.routeConfig[{index}].virtualHost"
                    found.append(owned(gateway, field, f"{escape(key(gateway)[1])}~inline-{index}", inline))
        return found

    def serve(self, gateway: Json) -> list[Json]:
        """3.3: hosts written without routes do not exist; the oldest one keeps a domain."""
        hosts = [host for host in self.attach(gateway) if host["spec"].get("routes")]
        owner: dict[str, Json] = {}
        for host in sorted(hosts, key=lambda each: (age(each["object"]), each["rank"])):
            for domain in host["spec"].get("domains") or []:
                owner.setdefault(domain.lower(), host)
        for host in hosts:
            self.ends = []
            host["domains"] = [d for d in host["spec"].get("domains") or [] if owner[d.lower()] is host]
            leaves = self.expand(host, None, {"id": host["segment"], "hops": [], "path": []}) if host["domains"] else []
            host["routes"] = [self.row(host, leaf, match) for leaf in leaves for match in leaf["matches"]]
            host["ends"] = sorted(self.ends)
        return [host for host in hosts if host["domains"]]

    def expand(self, owner: Json, inherited: list[Json] | None, way: Json) -> list[Json]:
        """8.1: what the rules of `owner` become below `way`, in order."""
        block: list[Json] = []
        rules = owner["spec"].get("routes") or []
        for index, rule in enumerate(rules):
            same = sum(other.get("name") == rule.get("name") for other in rules[: index + 1])
            segment = escape(rule["name"]) + (f"~{same}" if same > 1 else "") if rule.get("name") else f"[{index}]"
            here = {**way, "id": f"{way['id']}/{segment}", "hops": [*way["hops"], (owner, index, rule)]}
            if in_error(rule):
                continue
            matches = self.combine(inherited, rule)
            if (delegate := rule.get("delegateAction")) is not None:
                self.ends += self.dead_ends(delegate, owner["namespace"], here) if matches else []
                block += self.delegate(delegate, owner, matches, here)
            elif all(compiles(m["path"]["value"]) for m in matches if (m["path"] or ROOT)["type"] == "regex"):
                block.append({**here, "matches": matches, "weight": weight(owner["object"])})
        return block

    def delegate(self, delegate: Json, owner: Json, matches: list[Json], way: Json) -> list[Json]:
        """8.2, 8.3, 8.5, 8.6: what the tables of a delegating rule yield."""
        candidates = dict.fromkeys(self.candidates(delegate, owner["namespace"]))
        tables = [self.tables[each] for each in candidates if each not in way["path"]]
        block: list[Json] = []
        for table in sorted(tables, key=lambda each: -weight(each)):
            segment = named(table, owner["namespace"])
            below = {**way, "id": f"{way['id']}/{segment}", "path": [*way["path"], key(table)]}
            block += self.expand(owned(table, "spec", segment), matches, below)
        if delegate.get("sortMethod") == "ROUTE_SPECIFICITY":
            block = sorted((leaf for leaf in block if leaf["matches"]), key=rank)
        return block

    def candidates(self, delegate: Json, namespace: str) -> list[Key]:
        """8.2, D-29: references in order, then what is selected, by namespace and name."""
        refs = [(ref.get("namespace") or "", ref.get("name") or "") for ref in delegate.get("refs") or []]
        selector = delegate.get("selector")
        chosen = [each for each, t in self.tables.items() if selector is not None and selects(selector, namespace, t)]
        return [ref for ref in refs if ref in self.tables] + chosen

    def dead_ends(self, delegate: Json, namespace: str, way: Json) -> list[End]:
        """8.6, D-27, D-29: what a delegating rule names or selects in vain, and whether that is certain."""
        refs = dict.fromkeys((ref.get("namespace") or "", ref.get("name") or "") for ref in delegate.get("refs") or [])
        found = [(self.why_not(ref, way), "/".join(ref)) for ref in refs]
        if (selector := delegate.get("selector")) is None:
            return [(way["id"], why, name) for why, name in found or [("noTarget", "")] if why]
        chosen = [each for each, table in self.tables.items() if selects(selector, namespace, table)]
        usable = [each for each in chosen if each not in way["path"]]
        found += [(self.why_not(each, way), "/".join(each)) for each in usable if each not in refs]
        if self.tables_read is not None and not reach(selector, namespace) <= self.tables_read:
            found.append(("unknown", ""))
        elif not usable:
            found.append(("noneSelected", ""))
        return [(way["id"], why, name) for why, name in found if why]

    def why_not(self, table: Key, way: Json) -> str:
        """8.6: why a named or selected table yields nothing; empty if it does."""
        if table not in self.tables:
            unsure = table[0] and self.tables_read is not None and table[0] not in self.tables_read
            return "unknown" if unsure else "missing"
        return "cycle" if table in way["path"] else "" if self.tables[table]["spec"].get("routes") else "empty"

    def combine(self, inherited: list[Json] | None, rule: Json) -> list[Json]:
        """8.4: the effective matchers of a rule, parent-major, duplicates (to the proxy) kept once; D-18."""
        own = [read(matcher) for matcher in rule.get("matchers") or [{}] if "suffix" not in (matcher.get("uri") or {})]
        pairs = own if inherited is None else [self.pair(parent, child) for parent in inherited for child in own]
        unique: dict[Any, Json] = {}
        for pair in filter(None, pairs):
            path = pair["path"] or ROOT
            tests = [sameness(test) for test in [*pair["headers"], *pair["query"]]]
            unique.setdefault(str((path["type"], path["value"], path["ignoreCase"], pair["method"], tests)), pair)
        return list(unique.values())

    def pair(self, parent: Json, child: Json) -> Json | None:
        """8.4.2, 8.4.3: both conditions at once; None where the methods differ."""
        if parent["method"] and child["method"] and parent["method"] != child["method"]:
            return None
        path, method = self.join(parent["path"], child["path"]), parent["method"] or child["method"]
        headers, query = once([*parent["headers"], *child["headers"]]), once([*parent["query"], *child["query"]])
        return {"path": path, "method": method, "headers": headers, "query": query}

    def join(self, above: Json | None, below: Json | None) -> Json | None:
        """8.4, D-16, D-17, D-21: the path of a child below a parent prefix."""
        if below is None:
            return above
        start, value, loose = above["value"] if above else "/", below["value"], bool(above and above["ignoreCase"])
        if below["type"] == "regex":
            if start == "/":
                return below
            quoted = "".join("\\" * (c in r"\.+*?()|[]{}^$") + c for c in start.removesuffix("/"))
            joined = (f"(?i:{quoted})" if loose else quoted) + f"(?:{value.removeprefix('^')})"
            return {**below, "value": joined, "length": len(start) + below["length"]}
        joined = start if value == "/" else f"{start.removesuffix('/')}/{value.removeprefix('/')}"
        return {**below, "value": joined, "ignoreCase": loose or below["ignoreCase"], "length": len(joined)}

    def row(self, host: Json, leaf: Json, match: Json) -> Json:
        """An effective route in the words of `spec/cli.md` 6.2."""
        path, (owner, index, _) = match["path"] or ROOT, leaf["hops"][-1]
        shown = {"path": {field: path[field] for field in ("type", "value", "ignoreCase")}, "headers": match["headers"]}
        shown["path"]["implicit"] = match["path"] is None
        shown |= {"methods": [match["method"]] if match["method"] else [], "queryParameters": match["query"]}
        place_in_rule = {"matchIndex": leaf["matches"].index(match) + 1, "matchCount": len(leaf["matches"])}
        origin = (owner["object"]["kind"], *key(owner["object"]), f"{owner['field']}.routes[{index}]")
        hops, options = [site(holder, at) for holder, at, _ in leaf["hops"]], self.options(host, leaf["hops"])
        return {"id": leaf["id"], "match": shown, "leaf": origin, "hops": hops, "options": options, **place_in_rule}

    def options(self, host: Json, hops: list[tuple[Json, int, Json]]) -> Json:
        """7.2: the first level that sets a field wins; 7.1: policies come last, without what is no route option."""
        levels = [(f"{site(owner, index)}.options", rule.get("options")) for owner, index, rule in hops[::-1]]
        inline = (host["spec"].get("options") or {}).get("trafficPolicy")
        levels.append((f"{place(host['object'])} {host['field']}.options.trafficPolicy", inline))
        for policy in self.policies:
            fields = {k: v for k, v in (policy["spec"].get("policy") or {}).items() if k not in NO_ROUTE_OPTIONS}
            levels += [(f"{place(policy)} spec.policy", fields)] if reaches(policy, hops) else []
        chains: dict[str, list[Json]] = {}
        for where, each in levels:
            for field, value in (each or {}).items():
                chains.setdefault(field, []).append({"value": value, "origin": f"{where}.{field}"})
        return {field: {**chain[0], "displaced": chain[1:]} for field, chain in chains.items()}


def place(manifest: Json) -> str:
    return f"{manifest['kind']} {'/'.join(key(manifest))}"


def site(owner: Json, index: int) -> str:
    return f"{place(owner['object'])} {owner['field']}.routes[{index}]"


def weight(manifest: Json) -> int:
    return manifest["spec"].get("weight") or 0


def age(manifest: Json) -> datetime:
    """3.3.7, 7.1.5: a missing timestamp is the newest."""
    return datetime.fromisoformat(manifest["metadata"].get("creationTimestamp", "9999-12-31T00:00:00Z"))


def escape(name: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in " /#:%[]~" else letter for letter in name)


def named(manifest: Json, pointing: str) -> str:
    namespace, name = map(escape, key(manifest))
    return name if key(manifest)[0] == pointing else f"{namespace}:{name}"


def owned(manifest: Json, field: str, segment: str, inline: Json | None = None) -> Json:
    """Who holds rules: a host, an inline host, a table. `rank` breaks ties of age."""
    namespace, name = key(manifest)
    rank = (namespace, name if inline is None else segment)
    spec = manifest["spec"] if inline is None else inline
    return {"object": manifest, "spec": spec, "field": field, "segment": segment, "namespace": namespace, "rank": rank}


def read(matcher: Json) -> Json:
    """5.1: a matcher as written; the length is the one of 8.5.4.2."""
    uri, path = matcher.get("uri") or {}, None
    for kind in {"exact", "prefix", "regex"} & set(uri):
        length = len(uri[kind].removeprefix("^") if kind == "regex" else uri[kind])
        loose = bool(uri.get("ignoreCase")) and kind != "regex"
        path = {"type": kind, "value": uri[kind], "ignoreCase": loose, "length": length}
    headers = [{**condition(each), "invert": bool(each.get("invertMatch"))} for each in matcher.get("headers") or []]
    query = [condition(each) for each in matcher.get("queryParameters") or []]
    return {"path": path, "method": matcher.get("method") or "", "headers": once(headers), "query": once(query)}


def condition(written: Json) -> Json:
    """5.1.2: an empty value is presence."""
    kind = ("regex" if written.get("regex") else "exact") if written.get("value") else "present"
    return {"name": written["name"], "type": kind, "value": written.get("value") or None}


def once(tests: list[Json]) -> list[Json]:
    """8.4.2: identical tests are kept once."""
    found: dict[str, Json] = {}
    return [each for each in tests if found.setdefault(sameness(each), each) is each]


def sameness(each: Json) -> str:
    """5.1: the names of headers (they alone can be inverted) ignore case."""
    return str({**each, "name": each["name"].lower()} if "invert" in each else each)


def in_error(rule: Json) -> bool:
    """8.7, and the last line of 8.6: rules that are left out whatever stands above them."""
    actions, matchers = [each for each in ACTIONS if rule.get(each) is not None], rule.get("matchers") or []
    if len(actions) != 1:
        return True
    kind, action = actions[0], rule[actions[0]]
    tests = [each for m in matchers for each in [*(m.get("headers") or []), *(m.get("queryParameters") or [])]]
    patterns = [each["value"] for each in tests if each.get("regex") and each.get("value")]
    patterns += [m["uri"]["regex"] for m in matchers if "regex" in (m.get("uri") or {})]
    uris = {field for matcher in matchers for field in matcher.get("uri") or {}}
    return (
        (kind == "routeAction" and not action.get("destinations"))
        or action.get("responseCode", "FOUND") not in CODES
        or (kind == "directResponseAction" and not 200 <= action.get("status", 0) <= 599)
        or action.get("sortMethod", "TABLE_WEIGHT") not in ("TABLE_WEIGHT", "ROUTE_SPECIFICITY")
        or (kind == "delegateAction" and not uris <= {"prefix", "ignoreCase"})
        or not all(compiles(pattern) for pattern in patterns)
    )


def compiles(pattern: str) -> bool:
    try:
        re2.compile(pattern, options=SILENT)
    except re2.error:
        return False
    return True


def rank(leaf: Json) -> tuple[int, ...]:
    """8.5.3 to 8.5.5: the best one of a route's effective matchers."""
    ranks = []
    for match in leaf["matches"]:
        kind, length = (match["path"] or ROOT)["type"], (match["path"] or ROOT)["length"]
        counts = (-len(match["headers"]), -len(match["query"]), -bool(match["method"]))
        ranks.append((("exact", "regex", "prefix").index(kind), -length, -leaf["weight"], *counts))
    return min(ranks)
