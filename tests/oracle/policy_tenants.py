"""An independent transcript of `spec/v2.md` 11 and 12 for policies of tenants that do not share everything.

It says what a policy names (2.6, 2.7, 11.1), whose it is (12.2, DEC-19, DEC-20, DEC-24) and in which order it acts
(11.2 rule 7). The tables of 11.1 are those of `policy_rules`; nothing is the product's.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

from tests.oracle.policy_estates import FIRST, MOVES, PHASED, PODS, PORTS, Estate, age
from tests.oracle.policy_rules import (
    ACTS_ON,
    FIELDS,
    LISTENERS,
    NOT_STATED,
    OLDEST,
    PAIRS,
    ROUTES,
    TO,
    UNSAID,
    WORKLOADS,
    State,
    best,
    chosen,
    judged,
)

Json = dict[str, Any]


class Rules:
    """Who is attached where in an estate."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.oldest = sorted(estate.workspaces, key=lambda each: str(each["metadata"]["creationTimestamp"]))

    def owner(self, place: str) -> str | None:
        """The oldest workspace that has a namespace (DEC-20); without any there is one of all (DEC-24)."""
        if not self.oldest:
            return ""
        for each in self.oldest:
            places = [one["name"] for one in each["spec"]["workloadClusters"][0]["namespaces"]]
            if place in places or "*" in places:
                return str(each["metadata"]["name"])
        return None

    def sees(self, viewer: str | None, thing: Json, kind: str) -> bool:
        """Sharing needs both sides (12.2 rule 5)."""
        owner = self.owner(thing["metadata"]["namespace"])
        if viewer is None or owner is None:
            return False
        return (
            viewer == owner
            or self.estate.everything
            or (self.shares(owner, "exportTo", viewer, kind) and self.shares(viewer, "importFrom", owner, kind))
        )

    def shares(self, tenant: str, side: str, other: str, kind: str) -> bool:
        for settings in self.estate.settings:
            if self.owner(settings["metadata"]["namespace"]) == tenant:
                for entry in settings["spec"][side]:
                    kinds = [each["kind"] for each in entry.get("resources", ())] or ["ALL"]
                    if entry["workspaces"][0]["name"] in ("*", other) and {"ALL", kind} & set(kinds):
                        return True
        return False

    def expected(self) -> dict[tuple[int, str], dict[str, set[State]]]:
        """By listener and route: what became of each policy, for routes that are served as written.

        One that loses the route to one policy and a destination to another may tell either.
        Workloads within the mesh, which are all that the root's tenant has, count as listener 0.
        """
        found = {}
        for rule, table, above in self.ways():
            for listener in (0, 1, 2) if self.estate.within else (1, 2):
                found[listener, rule["name"]] = self.outcome(rule, table, above, listener)
        return found

    def ways(self) -> list[tuple[Json, Json, list[Json]]]:
        """Every leaf that is served as written, with its table and the labels met above it."""
        root = self.estate.root
        found: list[tuple[Json, Json, list[Json]]]
        found = [(rule, root, []) for rule in root["spec"]["http"] if "forwardTo" in rule]
        edge = self.owner("edge")
        for rule in root["spec"]["http"]:
            for child in self.estate.children if "delegate" in rule else ():
                named = rule["delegate"]["routeTables"][0]["name"] == child["metadata"]["name"]
                if named and self.sees(edge, child, "ROUTE_TABLE"):
                    above = [root["metadata"]["labels"], rule["labels"]]
                    found += [(each, child, above) for each in child["spec"]["http"]]
        return [way for way in found if self.is_sound(way[0], way[1])]

    def is_sound(self, rule: Json, table: Json) -> bool:
        """Whether all destinations are visible to the table's own workspace (DEC-22)."""
        own = self.owner(table["metadata"]["namespace"])
        return all(self.sees(own, each, MOVES[each["kind"]]) for each in map(self.thing, led(rule)))

    def thing(self, destination: Json) -> Json:
        ref = destination["ref"]
        return next(each for each in self.estate.things if each["metadata"]["name"] == ref["name"])

    def outcome(self, rule: Json, table: Json, above: list[Json], listener: int) -> dict[str, set[State]]:
        labels: Json = {}
        for each in (*above, table["metadata"]["labels"], rule["labels"]):
            labels |= each
        states: dict[str, list[State]] = {}
        winners: dict[tuple[str, object], str | None] = {}
        for policy in sorted(self.estate.policies, key=age):
            kind, name = policy["kind"], policy["metadata"]["name"]
            for scope, certain in self.scopes(policy, led(rule), labels, table, listener):
                states.setdefault(name, []).append(judged(kind, name, scope, certain, winners))
        return {name: {one for one in each if one[0] == best(each)[0]} for name, each in states.items()}

    def scopes(
        self, policy: Json, destinations: list[Json], labels: Json, table: Json, listener: int
    ) -> list[tuple[object, bool]]:
        """Where a policy acts on a route: as a whole, on one of its destinations, or where it comes in."""
        kind, spec, owner = policy["kind"], policy["spec"], self.owner(policy["metadata"]["namespace"])
        named = [field for field in FIELDS[kind] if spec.get(field)]
        fields = named or [each for each in (UNSAID[kind],) if each]
        certain = bool(named) or kind not in NOT_STATED
        if owner is None:
            return []
        if WORKLOADS in named:
            fields = [WORKLOADS]
        place = table["metadata"]["namespace"]
        of_route = owner in (self.owner(place), self.owner("edge"))
        found: list[object] = []
        if ROUTES in fields and of_route:
            entries = spec.get(ROUTES) or [{}]
            if any(self.means_route(each, policy, destinations, labels, place) for each in entries):
                found.append("route")
        for number, each in enumerate(destinations):
            if TO in fields and self.means_target(policy, each):
                found.append(number)
            if PAIRS in fields and of_route:
                entries = [entry for entry in spec.get(PAIRS, ()) if self.fits_route(entry["route"], labels, place)]
                if any(self.available(policy, each, one) for entry in entries for one in entry["onDestinations"]):
                    found.append(number)
        if owner == self.owner("edge") and not listener and WORKLOADS in fields:
            answers = set(map(self.of_all_workloads, spec.get(WORKLOADS) or [{}])) - {False}
            return [("workload", True in answers)] if answers else []
        if owner == self.owner("edge") and listener:
            if LISTENERS in fields and any(self.at_listener(each, listener) for each in spec.get(LISTENERS, ())):
                found.append("listener")
            if WORKLOADS in fields and any(map(self.on_gateway, spec.get(WORKLOADS) or [{}])):
                found.append("workload")
        return [(scope, certain) for scope in found]

    def means_route(self, entry: Json, policy: Json, destinations: list[Json], labels: Json, place: str) -> bool:
        if "withDestinations" in entry:
            return any(self.available(policy, each, entry["withDestinations"]) for each in destinations)
        return self.fits_route(entry.get("route", {}), labels, place)

    def fits_route(self, route: Json, labels: Json, place: str) -> bool:
        here = route.get("namespace", place) == place and self.is_of(route, place)
        return here and all(labels.get(key) == value for key, value in route.get("labels", {}).items())

    def is_of(self, selector: Json, place: str) -> bool:
        return "workspace" not in selector or selector["workspace"] == self.owner(place)

    def available(self, policy: Json, destination: Json, wanted: Json) -> bool:
        """A selector sees what is its workspace's own or imported (2.2)."""
        thing, viewer = self.thing(destination), self.owner(policy["metadata"]["namespace"])
        return self.is_meant(destination, wanted) and self.sees(viewer, thing, MOVES[thing["kind"]])

    def is_meant(self, destination: Json, wanted: Json, kind: str = "") -> bool:
        thing = self.thing(destination)
        owned = self.is_of(wanted.get("selector", {}), thing["metadata"]["namespace"])
        return owned and chosen(thing, destination, wanted, kind)

    def means_target(self, policy: Json, destination: Json) -> bool:
        """Policies act on destinations of their own workspace only."""
        thing = self.thing(destination)
        if self.owner(thing["metadata"]["namespace"]) != self.owner(policy["metadata"]["namespace"]):
            return False
        entries = policy["spec"].get(TO)
        if not entries:
            return destination["kind"] in ACTS_ON[policy["kind"]]
        return any(self.is_meant(destination, each, policy["kind"]) for each in entries)

    def at_listener(self, entry: Json, listener: int) -> bool:
        wanted, labels = entry.get("virtualGateway", {}), self.estate.gateway["metadata"]["labels"]
        if not self.is_of(wanted, "edge") or not wanted.get("labels", {}).items() <= labels.items():
            return False
        port = list(PORTS.items())[listener - 1]
        return all(value in port for value in entry.get("port", {}).values())

    def of_all_workloads(self, entry: Json) -> bool | None:
        """Whether the workloads of the root's tenant are meant; None if some may be, which have no labels here."""
        selector = entry.get("selector", {})
        if not self.is_of(selector, "edge"):
            return False
        return None if {"labels", "namespace", "name"} & set(selector) else True

    def on_gateway(self, entry: Json) -> bool:
        """Whether any gateway Service of the workspace is meant; all are in `edge`."""
        selector = entry.get("selector", {})
        if not self.is_of(selector, "edge") or selector.get("namespace", "edge") != "edge":
            return False
        return any(
            selector.get("labels", {}).items() <= pods.items() and selector.get("name", f"front{n}") == f"front{n}"
            for n, pods in enumerate(PODS)
        )


def led(rule: Json) -> list[Json]:
    found: list[Json] = rule["forwardTo"]["destinations"]
    return found


# ---- the order of effect


def misordered(estate: Estate, told: list[tuple[str, str]]) -> str:
    """The first two policies that stand the wrong way round; `told` are names and states in order."""
    policies = {each["metadata"]["name"]: each for each in estate.policies}
    for (first, state), (second, other) in combinations(told, 2):
        if "applied" == other != state:
            return f"{first} does not act and stands before {second}"
        one, two = rank(policies[first]), rank(policies[second])
        if state == other == "applied" and one is not None and two is not None and one[0] == two[0] and one > two:
            return f"{first} acts before {second}"
    return ""


def rank(policy: Json) -> tuple[Any, ...] | None:
    """What is compared within a group: phases by priority, firewalls by theirs (11.1, 11.2 rule 7)."""
    config = policy["spec"]["config"]
    if policy["kind"] in PHASED:
        default = "preAuthz" if policy["kind"] in FIRST else "postAuthz"
        stage, said = next(iter(config.get("phase", {default: {}}).items()))
        return "phased", stage == "postAuthz", said.get("priority", 0), *age(policy)
    if policy["kind"] == "WAFPolicy":
        return ("ranked", config["priority"], *age(policy)) if "priority" in config else ("unranked", *age(policy))
    return None if policy["kind"] in OLDEST else (policy["kind"], *age(policy))
