"""A request that just misses a match, changed so that it does not."""

from __future__ import annotations

from dataclasses import replace

from kubectl_gmg.matching.path import Prepared, prepare
from kubectl_gmg.matching.search import Spent, Work
from kubectl_gmg.matching.space import Part, Slot, Space, demands, header_slot
from kubectl_gmg.matching.theory import MATCH_WORK, RequestMaker, matches
from kubectl_gmg.model.match import RouteMatch
from kubectl_gmg.model.request import Request


def mended(match: RouteMatch, prepared: Prepared, reason: str, space: Space) -> Request | None:
    """A request like another one that satisfies a match, with the part changed that failed.

    `reason` is the only condition that fails, as `failed_condition` names it. None if there is none, or none is found.
    """
    slot = slot_of(reason)
    maker = RequestMaker(space, Work(MATCH_WORK))
    try:
        made = maker.make(tuple(demand for demand in demands(match) if demand.slot == slot))
    except Spent:
        return None
    if made is None:
        return None
    found = exchanged(prepared.request, made.request, slot)
    again = prepare(found)
    return found if isinstance(again, Prepared) and matches(match, again) else None


def slot_of(reason: str) -> Slot:
    """The part of a request that a failed condition is about."""
    kind, _, name = reason.partition(" ")
    if kind == "header":
        return header_slot(name)
    return Slot(Part.PARAMETER, name) if kind == "query" else Slot(Part(kind))


def exchanged(request: Request, other: Request, slot: Slot) -> Request:
    """A request with one part of another one."""
    path, mark, query = request.path.partition("?")
    new_path, _, new_query = other.path.partition("?")
    match slot.part:
        case Part.PATH:
            return replace(request, path=new_path + mark + query)
        case Part.PARAMETER:
            kept = [part for part in query.split("&") if part and part.partition("=")[0] != slot.name]
            joined = "&".join([*kept, *([new_query] if new_query else [])])
            return replace(request, path=f"{path}?{joined}" if joined else path)
        case Part.HEADER:
            kept_headers = (each for each in request.headers if header_slot(each[0]) != slot)
            return replace(request, headers=(*kept_headers, *other.headers))
        case Part.METHOD:
            return replace(request, method=other.method)
        case Part.HOST:
            return replace(request, host=other.host)
    return replace(request, port=other.port)
