"""JSON and YAML (`spec/cli.md` 5 and 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from kubectl_gmg.matching.response import Response
from kubectl_gmg.model.resolved import Gateway
from kubectl_gmg.model.server import Server
from kubectl_gmg.render import Locate
from kubectl_gmg.render.addresses import call_text
from kubectl_gmg.render.indented import pieces
from kubectl_gmg.render.parts import (
    Json,
    action_json,
    destination_json,
    envelope,
    listener_json,
    match_json,
    origin_json,
    ref_json,
    request_json,
    route_json,
)
from kubectl_gmg.render.plain import json_escape, unprintable, yaml_escape
from kubectl_gmg.views import (
    BadLine,
    Bootstrap,
    Candidate,
    Closest,
    Forest,
    Look,
    RouteList,
    Simulated,
    Simulation,
    TreeNode,
    Upstream,
    VersionInfo,
    is_negative,
)


def as_json(document: Any) -> Iterator[str]:
    """One JSON document, in pieces. What a terminal might obey is an escape, which means the same to a reader."""
    return (harmless(piece, json_escape) for piece in pieces(document))


def as_yaml(document: Json) -> Iterator[str]:
    """One YAML document, in pieces; the items of a generator are written one by one."""
    dump = yaml_dump()
    before = ""
    for key, each in document.items():
        for text in yaml_entry(key, each, dump):
            yield before + harmless(text.removesuffix("\n"), yaml_escape)
            before = "\n"


def yaml_entry(key: str, value: Any, dump: Callable[[Any], str]) -> Iterator[str]:
    """An entry of the document. YAML does not indent the list in one, so every item may be a list of its own."""
    if not isinstance(value, GeneratorType):
        yield dump({key: value})
        return
    head = f"{key}:\n"
    for item in value:
        yield head + dump([item])
        head = ""
    if head:
        yield f"{key}: []"


def yaml_dump() -> Callable[[Any], str]:
    """What writes YAML. Whatever is not ASCII stands between double quotes, where it may be written as an escape."""
    import yaml  # noqa: PLC0415 - only this format needs it

    if TYPE_CHECKING:
        from yaml import CSafeDumper as Fast  # noqa: PLC0415
    else:
        Fast = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # noqa: N806 - a class

    class Dumper(Fast):
        """Never shares a value by an anchor."""

        def ignore_aliases(self, _data: Any) -> bool:
            """Equal values are written out each time, as in JSON."""
            return True

    def text_node(dumper: Any, text: str) -> Any:
        """A text; half a character, which YAML cannot hold, becomes the replacement character."""
        if text.isascii():
            return dumper.represent_scalar("tag:yaml.org,2002:str", text)
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return dumper.represent_scalar("tag:yaml.org,2002:str", whole, style='"')

    def list_node(dumper: Any, items: Iterator[Any]) -> Any:
        """A generator, which JSON writes as a list too."""
        return dumper.represent_list(items)

    Dumper.add_representer(str, text_node)
    Dumper.add_representer(GeneratorType, list_node)

    def dump(value: Any) -> str:
        text: str = yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=4096)
        return text

    return dump


def harmless(text: str, escape: Callable[[str], str]) -> str:
    """The text with every hidden or obeyed character escaped; nearly always a look at all its letters is enough."""
    return text if text.isascii() and "\x7f" not in text else unprintable(text, escape)


def route_list(view: RouteList, locate: Locate) -> Json:
    """The document of `routes`; `items` is a generator, since all items at once need more memory than all objects."""
    gateways = {id(gateway) for gateway, _, _ in view.hosts if gateway.sidecars is None}
    summary = {
        "gateways": len(gateways),
        "hosts": len({(id(gateway), id(host)) for gateway, _, host in view.hosts}),
        "routes": len(view.rows),
        "unreachable": sum(row.reach is not None and row.reach.proof is not None for row in view.rows),
        "undecided": sum(row.reach is None or not row.reach.decided for row in view.rows),
    }
    listeners = {id(each): listener_json(each) for _, each, _ in view.hosts}
    items = (route_json(row, locate, listeners.get(id(row.listener))) for row in view.rows)
    return envelope("RouteList", view.about, summary, items)


def route_list_json(view: RouteList, locate: Locate, _look: Look) -> Iterator[str]:
    """`routes -o json`."""
    return as_json(route_list(view, locate))


def route_list_yaml(view: RouteList, locate: Locate, _look: Look) -> Iterator[str]:
    """`routes -o yaml`."""
    return as_yaml(route_list(view, locate))


def forest(view: Forest, locate: Locate) -> Json:
    """The document of `tree`."""
    nodes = [node for root in view.roots for node in walk(root)]
    kinds = [node.type for node in nodes]
    summary = {
        "gateways": kinds.count("gateway"),
        "hosts": len({(node.ref, node.origin) for node in nodes if node.type == "host"}),
        "tables": len({node.ref for node in nodes if node.type == "table"}),
        "deadEnds": kinds.count("deadEnd"),
    }
    return envelope("DelegationForest", view.about, summary, (node_json(node, locate) for node in view.roots))


def walk(node: TreeNode) -> list[TreeNode]:
    """A node and all below it."""
    return [node, *(below for child in node.children for below in walk(child))]


def node_json(node: TreeNode, locate: Locate) -> Json:
    """A node of the tree (6.5)."""
    shown_origin = node.origin is not None and node.type in ("rule", "deadEnd")
    return {
        "type": node.type,
        "label": node.label,
        "ref": ref_json(node.ref) if node.ref else None,
        "origin": origin_json(node.origin, locate, node.rule.name if node.rule else "")
        if node.origin and shown_origin
        else None,
        "listeners": [listener_json(listener) for listener in node.listeners],
        "roots": [ref_json(ref) for ref in node.roots],
        "domains": list(node.domains),
        "matches": [match_json(match) for match in node.matches],
        "action": action_json(node.action, node.destinations),
        "sortMethod": node.sort,
        "weight": node.weight,
        "via": node.via.value if node.via else None,
        "id": node.id,
        "index": node.index,
        "order": node.order,
        "reason": node.reason.value if node.reason else None,
        "findings": list(node.findings),
        "children": (node_json(child, locate) for child in node.children),
    }


def forest_json(view: Forest, locate: Locate, _look: Look) -> Iterator[str]:
    """`tree -o json`."""
    return as_json(forest(view, locate))


def forest_yaml(view: Forest, locate: Locate, _look: Look) -> Iterator[str]:
    """`tree -o yaml`."""
    return as_yaml(forest(view, locate))


def simulation(view: Simulation, locate: Locate) -> Json:
    """The document of `curl`."""
    summary = {
        "requests": view.requests,
        "items": len(view.items),
        "negative": sum(is_negative(item) for item in view.items),
    }
    return envelope("Simulation", view.about, summary, (item_json(item, locate) for item in view.items))


def upstream_json(upstream: Upstream | None) -> Json | None:
    """The request as it is sent on."""
    if upstream is None:
        return None
    destinations = [destination_json(each) for each in upstream.destinations]
    return {"method": upstream.method, "host": upstream.host, "path": upstream.path, "destinations": destinations}


def response_json(response: Response | None) -> Json | None:
    """What the proxy answers by itself."""
    if response is None:
        return None
    headers = [{"name": name, "value": value} for name, value in response.headers]
    return {"status": response.status, "headers": headers, "body": response.body}


def once_fixed_json(item: Simulated, locate: Locate) -> Json:
    """What a frozen tree would do once it is mended."""
    return {
        "outcome": item.outcome,
        "route": route_json(item.row, locate) if item.row else None,
        "upstream": upstream_json(item.upstream),
        "response": response_json(item.response),
    }


def item_json(item: Simulated | BadLine, locate: Locate) -> Json:
    """One answer (6.3)."""
    if isinstance(item, BadLine):
        return {"error": item.error, "input": {"file": item.input[0], "line": item.input[1]}}
    within = item.gateway is not None and item.gateway.sidecars is not None
    return {
        "request": request_json(item.request, item.routed_path, item.input),
        "gateway": None if within else gateway_json(item.gateway),
        "listener": listener_json(item.listener) if item.listener and not within else None,
        "workloads": [dict(labels) for labels in (item.gateway.sidecars or () if item.gateway else ())],
        "host": ref_json(item.host.declared.ref) if item.host else None,
        "domain": item.domain,
        "outcome": item.outcome,
        "route": route_json(item.row, locate) if item.row else None,
        "upstream": upstream_json(item.upstream),
        "response": response_json(item.response),
        "redirects": [{"status": each.status, "location": each.location, "key": each.key} for each in item.redirects],
        "onceFixed": None if item.once_fixed is None else once_fixed_json(item.once_fixed, locate),
        "candidates": [candidate_json(each) for each in item.candidates],
        "candidatesOmitted": item.omitted,
        "closest": [closest_json(each) for each in item.closest],
        "expectations": [
            {"key": each.key, "wanted": each.wanted, "got": each.got, "held": each.held} for each in item.expectations
        ],
        "notSimulated": list(item.not_simulated),
        "mayDiffer": [{"id": each.id, "reason": each.reason} for each in item.may_differ],
        "call": call_text(item.request, item.listener),
        "why": item.why,
        "notes": list(item.notes),
    }


def gateway_json(gateway: Gateway | None) -> Json | None:
    """A gateway's reference."""
    return ref_json(gateway.ref) if gateway else None


def candidate_json(candidate: Candidate) -> Json:
    """A route that was looked at."""
    return {
        "index": candidate.row.route.index,
        "id": candidate.row.id,
        "matchIndex": candidate.row.route.match_index,
        "verdict": candidate.verdict,
        "reason": candidate.reason,
    }


def closest_json(closest: Closest) -> Json:
    """A route that nearly matched."""
    return {
        "index": closest.row.route.index,
        "id": closest.row.id,
        "matchIndex": closest.row.route.match_index,
        "reason": closest.reason,
        "request": request_json(closest.request, closest.routed_path, None),
    }


def simulation_json(view: Simulation, locate: Locate, _look: Look) -> Iterator[str]:
    """`curl -o json`."""
    return as_json(simulation(view, locate))


def simulation_yaml(view: Simulation, locate: Locate, _look: Look) -> Iterator[str]:
    """`curl -o yaml`."""
    return as_yaml(simulation(view, locate))


def bootstrap_json(view: Bootstrap, _locate: Locate, _look: Look) -> Iterator[str]:
    """`export envoy -o json`."""
    return as_json(view.config)


def bootstrap_yaml(view: Bootstrap, _locate: Locate, _look: Look) -> Iterator[str]:
    """`export envoy`."""
    return as_yaml(view.config)


def version(view: VersionInfo) -> Json:
    """The document of `version` (6.7)."""
    item = {
        "client": {"version": view.client, "python": view.python, "kubernetes": view.kubernetes},
        "generations": list(view.generations),
        "server": None if view.server is None else server(view.server),
    }
    return envelope("Version", view.about, {}, [item])


def server(found: Server) -> Json:
    """What the cluster said; what it did not is null."""
    served = None
    if found.served is not None:
        served = [{"generation": generation, "kinds": list(kinds)} for generation, kinds in found.served]
    return {
        "context": found.context,
        "served": served,
        "productVersion": found.product_version,
        "decidedBy": found.decided_by.value if found.decided_by else None,
        "reason": found.reason,
        "kubernetes": found.kubernetes,
    }


def version_json(view: VersionInfo, _locate: Locate, _look: Look) -> Iterator[str]:
    """`version -o json`."""
    return as_json(version(view))


def version_yaml(view: VersionInfo, _locate: Locate, _look: Look) -> Iterator[str]:
    """`version -o yaml`."""
    return as_yaml(version(view))
