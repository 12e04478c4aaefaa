"""The parts that machine output is made of (`spec/cli.md` 6.1, 6.2); written by hand, so that the model may change."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kubectl_gmg.model.action import (
    DirectResponse,
    FinalAction,
    ForwardTo,
    GraphQL,
    Invalid,
    Redirect,
    ResolvedDestination,
)
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Edit
from kubectl_gmg.model.inventory import Address
from kubectl_gmg.model.match import (
    ConnectionMatch,
    HeaderMatch,
    PathMatch,
    QueryParameterMatch,
    RouteMatch,
    RouteProtocol,
)
from kubectl_gmg.model.origin import ObjectRef, Origin, Sourced
from kubectl_gmg.model.request import Request
from kubectl_gmg.model.resolved import PolicyUse, ResolvedListener, Status
from kubectl_gmg.model.verdict import Proof
from kubectl_gmg.render import Locate
from kubectl_gmg.views import About, Reach, RouteRow

Json = dict[str, Any]


def envelope(kind: str, about: About, summary: Json, items: Iterable[Json]) -> Json:
    """What every answer is wrapped in (5)."""
    source = about.source
    return {
        "apiVersion": "gmg/v1",
        "kind": kind,
        "source": {
            "type": source.type.value,
            "context": source.context,
            "files": list(source.files),
            "namespace": source.namespace,
            "generations": list(source.generations),
            "productVersion": source.product_version,
        },
        "complete": not about.gaps,
        "gaps": [
            {
                "kind": gap.kind,
                "cluster": gap.cluster,
                "namespace": gap.namespace,
                "file": gap.file,
                "reason": gap.reason.value,
                "message": gap.message,
                "affects": [each.value for each in gap.affects],
            }
            for gap in about.gaps
        ],
        "summary": summary,
        "items": items,
    }


def ref_json(ref: ObjectRef) -> Json:
    """An object reference."""
    return {
        "kind": ref.kind,
        "generation": ref.generation,
        "cluster": ref.cluster,
        "namespace": ref.namespace,
        "name": ref.name,
    }


def origin_json(origin: Origin, locate: Locate, name: str = "") -> Json:
    """A field of an object, with file and line where they are known."""
    file, line = locate(origin)
    return {"ref": ref_json(origin.ref), "field": origin.field, "name": name or None, "file": file, "line": line}


def listener_json(listener: ResolvedListener) -> Json:
    """A listener."""
    declared = listener.declared
    return {
        "name": declared.name,
        "index": listener.index,
        "port": listener.port,
        "protocol": declared.protocol.value,
        "mode": str(declared.mode) if declared.mode else None,  # a plain text, which YAML can write
        "addresses": [address_json(each) for each in listener.addresses],
    }


def address_json(address: Address) -> Json:
    """Where a listener is reached from outside; `address` is null for any node, and for one that is not known yet."""
    return {
        "type": address.exposure.value,
        "address": address.host,
        "port": address.port,
        "service": ref_json(address.service),
    }


def path_json(path: PathMatch | None) -> Json:
    """A path condition; the unsaid one is what the proxy has instead."""
    if path is None:
        return {"type": "prefix", "value": "/", "ignoreCase": False, "implicit": True}
    return {"type": path.kind.value, "value": path.value, "ignoreCase": path.ignore_case, "implicit": False}


def header_json(header: HeaderMatch) -> Json:
    """A header test; `value` is null for presence."""
    value = f"{header.start}..{header.end}" if header.kind == "range" else header.value
    return {
        "name": header.name,
        "type": header.kind.value,
        "value": None if header.kind == "present" else value,
        "invert": header.invert,
    }


def query_json(query: QueryParameterMatch) -> Json:
    """A query parameter test; `value` is null for presence."""
    return {
        "name": query.name,
        "type": query.kind.value,
        "value": None if query.kind == "present" else query.value,
    }


def match_json(match: RouteMatch) -> Json:
    """All conditions of a route."""
    return {
        "path": path_json(match.path),
        "methods": [match.method] if match.method else [],
        "headers": [header_json(each) for each in match.headers],
        "queryParameters": [query_json(each) for each in match.query_parameters],
        "port": match.port,
    }


def connection_json(connection: ConnectionMatch) -> Json:
    """What is wanted of a whole connection."""
    ports = [connection.port] if connection.port is not None else []
    return {"sniHosts": list(connection.sni_hosts), "ports": ports}


def destination_json(destination: ResolvedDestination) -> Json:
    """A destination."""
    declared = destination.declared
    return {
        "kind": declared.kind.value,
        "cluster": declared.cluster,
        "namespace": declared.namespace,
        "name": declared.name,
        "port": declared.port,
        "portName": declared.port_name,
        "subset": dict(declared.subset),
        "weight": declared.weight,
        "share": destination.share,
        "address": destination.address,
        "resolved": destination.found.value,
        "backing": [
            {
                "kind": each.kind,
                "namespace": each.namespace,
                "name": each.name,
                "cluster": each.cluster,
                "address": each.address,
                "port": each.port,
                "tls": each.tls,
            }
            for each in destination.backing
        ],
    }


def action_json(action: FinalAction | None, destinations: tuple[ResolvedDestination, ...]) -> Json | None:
    """An action, all its fields present."""
    match action:
        case ForwardTo():
            return {
                "type": "forward",
                "destinations": [destination_json(each) for each in destinations],
                "pathRewrite": action.path_rewrite or None,
                "regexRewrite": regex_json(action),
                "hostRewrite": action.host_rewrite or None,
                "autoHostRewrite": action.auto_host_rewrite,
            }
        case Redirect():
            return {
                "type": "redirect",
                "status": action.status,
                "scheme": action.scheme or None,
                "host": action.host or None,
                "port": action.port,
                "path": action.path or None,
                "prefix": action.prefix or None,
                "stripQuery": action.strip_query,
            }
        case DirectResponse():
            return {"type": "directResponse", "status": action.status, "body": action.body}
        case GraphQL():
            return {"type": "graphql", "ref": ref_json(action.ref)}
        case None:
            return None


def regex_json(action: ForwardTo) -> Json | None:
    """A rewrite by regular expression."""
    rewrite = action.regex_rewrite
    return {"pattern": rewrite.pattern, "substitution": rewrite.substitution} if rewrite else None


def option_json(value: Sourced[str], locate: Locate) -> Json:
    """An option with its origin and all that it displaced, nearest first."""
    first, *displaced = value.chain()
    return {
        "value": json.loads(first.value),
        "origin": origin_json(first.origin, locate),
        "displaced": [
            {"value": json.loads(each.value), "origin": origin_json(each.origin, locate)} for each in displaced
        ],
    }


def policy_json(use: PolicyUse) -> Json:
    """What became of a policy on a route."""
    return {
        "ref": ref_json(use.ref),
        "state": use.state.value,
        "by": use.by.value,
        "lostTo": ref_json(use.lost_to) if use.lost_to else None,
        "phase": {"stage": use.phase.stage.value, "priority": use.phase.priority} if use.phase else None,
    }


def hop_json(rule: RouteRule, locate: Locate) -> Json:
    """One rule passed on the way down."""
    return origin_json(rule.origin, locate, rule.name)


def request_json(request: Request, routed_path: str, at: tuple[str, int] | None) -> Json:
    """A request as it was simulated (6.3)."""
    return {
        "method": request.method,
        "scheme": request.scheme,
        "host": request.host,
        "port": request.port,
        "path": request.path,
        "routedPath": routed_path,
        "headers": [{"name": name, "value": value} for name, value in request.headers],
        "sni": request.sni,
        "input": {"file": at[0], "line": at[1]} if at else None,
    }


def written_json(row: RouteRow) -> Json | None:
    """What was written where the product answers itself; its destinations are those of the row."""
    if row.route.status is not Status.REPLACED:
        return None
    action = row.route.terminal.rules[-1].action
    written = action.written if isinstance(action, Invalid) else action
    return action_json(written, row.destinations) if isinstance(written, FinalAction) else None


def reach_json(reach: Reach | None) -> Json:
    """Who can reach a route, and who takes its requests; nothing is known where it was not worked out."""
    found = reach or Reach(decided=False)
    return {
        "unreachable": None if found.proof is None else unreachable_json(found.proof, found),
        "shadowedBy": [
            {"id": each.id, "index": each.index, "request": simple_request_json(each.request)}
            for each in found.shadowed_by
        ],
        "shadowedByOmitted": found.omitted,
        "decided": found.decided,
        "witness": simple_request_json(found.witness),
    }


def unreachable_json(proof: Proof, reach: Reach) -> Json:
    """The proof that no request gets to a route."""
    return {"by": list(reach.by), "proof": proof.value, "request": simple_request_json(reach.request)}


def simple_request_json(request: Request | None) -> Json | None:
    """A request that was made up for a route: its path is as the routes see it already."""
    return request_json(request, request.path, None) if request else None


def route_json(row: RouteRow, locate: Locate, listener: Json | None = None) -> Json:
    """A route (6.2); `listener` is that of the row where it was made already, for all rows of it."""
    route, host = row.route, row.host
    leaf, connection = route.terminal, route.connection
    within_mesh = row.gateway.sidecars is not None
    return {
        "id": row.id,
        "key": row.key,
        "index": route.index,
        "matchIndex": route.match_index,
        "matchCount": route.match_count,
        "runtimeName": leaf.rules[-1].runtime_name or None,
        "protocol": (connection.protocol if connection else RouteProtocol.HTTP).value,
        "gateway": None if within_mesh else ref_json(row.gateway.ref),
        "listener": None if within_mesh else listener or listener_json(row.listener),
        "workloads": [dict(labels) for labels in route.workloads],
        "host": ref_json(host.declared.ref),
        "hostField": host.declared.origin.field if host.declared.inline else None,
        "roots": [ref_json(root.ref) for root in host.roots],
        "domains": list(host.domains),
        "match": None if connection else match_json(route.match),
        "connection": connection_json(connection) if connection else None,
        "action": action_json(route.action, row.destinations),
        "status": route.status.value,
        "written": written_json(row),
        "because": list(leaf.because),
        **reach_json(row.reach),
        "options": {name: option_json(value, locate) for name, value in leaf.options.fields},
        "policies": [policy_json(use) for use in row.policies],
        "labels": {key: label.value for key, label in leaf.labels},
        "labelOrigins": {key: origin_json(label.origin, locate) for key, label in leaf.labels},
        "hops": [hop_json(rule, locate) for rule in leaf.rules],
        "tables": [
            {
                "ref": ref_json(inclusion.table.ref),
                "weight": inclusion.table.weight,
                "via": inclusion.via.value,
                "sortMethod": inclusion.sort.value,
                "workspace": inclusion.workspace or None,
                "imported": inclusion.imported,
            }
            for inclusion in leaf.tables
        ],
    }


def edit_json(edit: Edit, locate: Locate) -> Json:
    """A change of one field."""
    return {"at": origin_json(edit.at, locate, edit.name), "from": edit.before, "to": edit.after}
