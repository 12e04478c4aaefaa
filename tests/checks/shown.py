"""Whether the requests that findings show do what the findings say: `curl` is asked, on the same objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.request import Request
from kubectl_gmg.views import Finding
from tests.run import gmg, manifests_text

Json = dict[str, Any]
Complaint = str
MOST_NOTES = 5
"""As many related places a finding of a shadowed rule names at least, before it stops."""


def answers(documents: list[Json], request: Request, *flags: str) -> list[Json]:
    """What every entry point answers."""
    ran = gmg("curl", *words_of(request), "-f", "-", "-o", "json", *flags, stdin=manifests_text(documents))
    assert ran.code in (0, 1), ran.err
    items: list[Json] = ran.json["items"]
    return items


def words_of(request: Request) -> list[str]:
    """The request as it is typed; the port of the listener that it comes to stands in the URL."""
    url = f"{request.scheme}://{request.host}{request.path}"
    name, _, port = (request.host or "").rpartition(":")
    if request.port != (443 if request.scheme == "https" else 80) and not (name and port.isdecimal()):
        url = f"{request.scheme}://{request.host}:{request.port}{request.path}"
    headers = [word for name, value in request.headers for word in ("-H", f"{name}: {value}" if value else f"{name};")]
    server_name = ["--sni", request.sni] if request.sni else []
    return [url, "-X", request.method, *headers, *server_name]


def place(origin: Json) -> tuple[str, str, str, str]:
    ref = origin["ref"]
    return ref["kind"], ref["namespace"], ref["name"], origin["field"]


def place_of(at: Origin) -> tuple[str, str, str, str]:
    return at.ref.kind, at.ref.namespace, at.ref.name, at.field


def rule_of(item: Json) -> tuple[str, str, str, str] | None:
    """The rule that answers."""
    return place(item["route"]["hops"][-1]) if item["route"] else None


def within(at: Origin, rule: tuple[str, str, str, str] | None) -> bool:
    """Whether a place lies in a rule."""
    return rule is not None and any(
        place_of(Origin(at.ref, at.path[:length])) == rule for length in range(len(at.path) + 1)
    )


def named(finding: Finding, item: Json) -> bool:
    """Whether a related rule answers; a long list of them is cut."""
    related = finding.problem.related
    rule = rule_of(item)
    return any(within(note.at, rule) for note in related) or (rule is not None and len(related) >= MOST_NOTES)


def goes_elsewhere(finding: Finding, item: Json) -> Complaint:
    """GMG301, 302: one of the rules that are blamed answers, and not the one of the finding."""
    if item["route"] is None or not named(finding, item):
        return f"{rule_of(item)} answers, which is not blamed"
    return ""


def first_one_answers(finding: Finding, item: Json) -> Complaint:
    """GMG213, 217: the first related rule."""
    return "" if within(finding.problem.related[0].at, rule_of(item)) else f"{rule_of(item)} answers"


def own_one_answers(finding: Finding, item: Json) -> Complaint:
    """GMG310: the rule of the finding itself."""
    return "" if within(finding.problem.at, rule_of(item)) else f"{rule_of(item)} answers"


def is_sent_so(finding: Finding, item: Json) -> Complaint:
    """GMG404, 406: it goes on from this rule under the path that is named."""
    answer = item["upstream"] or {}
    sent = str(answer["path"] if answer else path_of_location(item))
    text = finding.problem.message
    becomes = text.partition(" becomes ")[2].partition(",")[0]
    fits = sent.partition("?")[0] == (becomes or item["request"]["path"].partition("?")[0])
    return own_one_answers(finding, item) or ("" if fits else f"{sent} is sent")


def path_of_location(item: Json) -> str:
    """Where a redirect leads, without the host."""
    headers = {each["name"]: each["value"] for each in item["response"]["headers"]} if item["response"] else {}
    return "/" + str(headers.get("location", "")).partition("://")[2].partition("/")[2]


def owner_answers(finding: Finding, item: Json) -> Complaint:
    """GMG113: the host that has the domain, and not this one."""
    host = item["host"]
    found = {(note.at.ref.kind, note.at.ref.namespace, note.at.ref.name) for note in finding.problem.related}
    return "" if host and (host["kind"], host["namespace"], host["name"]) in found else f"{host} answers"


JUDGES: dict[str, Callable[[Finding, Json], Complaint]] = {
    "GMG113": owner_answers,
    "GMG213": first_one_answers,
    "GMG217": first_one_answers,
    "GMG301": goes_elsewhere,
    "GMG302": goes_elsewhere,
    "GMG310": own_one_answers,
    "GMG404": is_sent_so,
    "GMG406": is_sent_so,
}
"""What is to be true of the answer of one entry point."""
LOOPS = "GMG405"


def complaint_about(documents: list[Json], finding: Finding) -> Complaint:
    """What speaks against a finding that shows a request: no entry point answers as it says."""
    request = finding.problem.request
    assert request is not None
    if finding.rule.code == LOOPS:
        return runs_in_circles(documents, finding, request)
    judge = JUDGES[finding.rule.code]
    found = [judge(finding, item) for item in answers(documents, request)]
    return "" if "" in found else "; ".join(found) or "nobody answers"


def runs_in_circles(documents: list[Json], finding: Finding, request: Request) -> Complaint:
    """GMG405: whoever follows comes back to a request that was answered before, or never to an end."""
    for item in answers(documents, request, "-L"):
        (plain,) = [
            each
            for each in answers(documents, request)
            if (each["gateway"], each["listener"]) == (item["gateway"], item["listener"])
        ] or [item]
        if within(finding.problem.at, rule_of(plain)) and item["redirects"] and 300 <= item["response"]["status"] < 400:
            return ""
    return "it comes to an end"
