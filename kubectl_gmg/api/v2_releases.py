"""Where the releases of the second generation differ (`spec/v2.md` 1.1, 4.2, 9 rule 5, 15.1, DEC-6, DEC-17).

The cluster of an older release drops the fields that it does not know, without a word; so they are taken away here
before anything is read. What is not in these tables is the same in all releases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kubectl_gmg.model.conventions import Conventions, LabelInheritance, LoneStar, RootsAsChildren
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.model.release import Release
from kubectl_gmg.model.snapshot import RawObject, Snapshot

Number = tuple[int, int]

EACH = "[]"
"""Stands for every entry of a list."""


@dataclass(frozen=True, slots=True)
class Since:
    """A field of route tables, and the first release that knows it; `.` goes down, `[]` into every entry of a list."""

    first: Number
    field: str

    @property
    def steps(self) -> tuple[str, ...]:
        """The way down from the top of the object."""
        return ("spec", *self.field.replace(EACH, f".{EACH}").split("."))


FIELDS = (
    Since((2, 1), "http[].graphql"),
    Since((2, 1), "http[].matchers[].port"),
    Since((2, 2), "http[].delegate.allowedRoutes"),
    Since((2, 3), "tls"),
    Since((2, 3), "portalMetadata"),
    Since((2, 3), "defaultDestination.awsLambda"),
    Since((2, 3), "http[].forwardTo.destinations[].awsLambda"),
    Since((2, 3), "tcp[].forwardTo.destinations[].awsLambda"),
    Since((2, 4), "applyToDestinations"),
    Since((2, 4), "http[].forwardTo.regexRewrite"),
    Since((2, 5), "failureMode"),
    Since((2, 5), "virtualServiceAnnotations"),
)
"""The matrix of 1.1; what is not here is as old as the API."""
TABLE = "RouteTable"

CLOUD_PROVIDER = "CLOUD_PROVIDER"
WITH_CLOUD_PROVIDER: Number = (2, 2)
"""The one release whose destinations may be of that kind, where later ones have `awsLambda` (1.1, 2.5)."""
DESTINATIONS = (
    ("spec", "defaultDestination"),
    ("spec", "http", EACH, "forwardTo", "destinations", EACH),
    ("spec", "tcp", EACH, "forwardTo", "destinations", EACH),
)
"""Where route tables have destinations."""

FIRST_ADMISSION: Number = (2, 6)
"""The first release whose API server refuses what breaks a rule of 15.1."""
ADMISSION = frozenset(
    {
        *("GMG109", "GMG120", "GMG121", "GMG122", "GMG123"),
        *("GMG126", "GMG127", "GMG128", "GMG129", "GMG130"),
        *("GMG420", "GMG422", "GMG423", "GMG424", "GMG511"),
    }
)
"""The codes of what admission refuses and nothing else does: RT-01 to RT-08, VG-01 to VG-05, VD-01, RTP-01."""


def conventions_of(newest: Conventions, release: Release) -> Conventions:
    """How the objects are meant in one release, if `newest` is how they are meant in the newest.

    Before 2.6 a table with hosts could be a child as well (DEC-6), and a lone star was a host like any other (4.2);
    before 2.5 labels of delegated tables are ignored (DEC-17).
    """
    if release.number < (2, 6):
        newest = replace(newest, roots_as_children=RootsAsChildren.INCLUDED, lone_star=LoneStar.VALID)
    if release.number < (2, 5):
        newest = replace(newest, labels=LabelInheritance.WITHOUT_CHILD_TABLES)
    return newest


def pruned(snapshot: Snapshot, release: Release) -> tuple[Snapshot, tuple[Problem, ...]]:
    """The objects as a cluster of a release has them, and what its API server drops (`spec/cli.md` 8.1, GMG001)."""
    unknown = [each for each in FIELDS if release.number < each.first]
    if not unknown:
        return snapshot, ()
    problems: list[Problem] = []
    objects = tuple([of_release(raw, unknown, release, problems) for raw in snapshot.objects])
    return replace(snapshot, objects=objects), tuple(problems)


def of_release(raw: RawObject, unknown: Iterable[Since], release: Release, problems: list[Problem]) -> RawObject:
    """One object without the fields that a release does not know; each of them is noted."""
    if raw.ref.kind != TABLE or raw.ref.generation != "v2":
        return raw
    top = Origin(raw.ref)
    body: Any = raw.body
    for each in unknown:
        *above, name = each.steps
        body = edited(body, above, top, dropping(name, each.first, release, problems))
    for steps in DESTINATIONS if release.number == WITH_CLOUD_PROVIDER else ():
        body = edited(body, steps, top, as_function)
    return raw if body is raw.body else replace(raw, body=body)


Edited = Callable[[dict[str, Any], Origin], dict[str, Any]]


def edited(value: Any, steps: Sequence[str], at: Origin, edit: Edited) -> Any:
    """A copy of `value` in which the objects at the end of `steps` are edited, and `value` itself if none was."""
    if not steps:
        return edit(value, at) if isinstance(value, dict) else value
    step, rest = steps[0], steps[1:]
    if step == EACH:
        entries = value if isinstance(value, list) else []
        now = [edited(each, rest, at / place, edit) for place, each in enumerate(entries)]
        return now if any(new is not old for new, old in zip(now, entries, strict=True)) else value
    if not isinstance(value, dict) or step not in value:
        return value
    below = edited(value[step], rest, at / step, edit)
    return value if below is value[step] else {**value, step: below}


def dropping(name: str, first: Number, release: Release, problems: list[Problem]) -> Edited:
    """Takes a field away that is newer than a release, and notes it."""

    def drop(value: dict[str, Any], at: Origin) -> dict[str, Any]:
        if value.get(name) is None:
            return value
        since, here = Release(first).text, release.text
        said = f"{name} came with release {since}: a cluster of release {here} drops it, so it has no effect"
        hint = f"write what release {here} knows, or name the cluster's release with --product-version"
        problems.append(Problem("GMG001", said, at / name, hint=hint))
        return {key: each for key, each in value.items() if key != name}

    return drop


def as_function(value: dict[str, Any], _at: Origin) -> dict[str, Any]:
    """A destination of the kind that later releases write as `awsLambda`; it is called as its provider is.

    Where that release wrote the function no source says.
    """
    provider = value.get("ref")
    if value.get("kind") != CLOUD_PROVIDER or not isinstance(provider, dict):
        return value
    others = {key: each for key, each in value.items() if key not in ("kind", "ref")}
    return {**others, "awsLambda": {"cloudProvider": provider, "function": provider.get("name")}}


def as_admitted(problems: Iterable[Problem], release: Release) -> Iterator[Problem]:
    """What was noted, with what a release does that refuses none of it: it takes the object, and goes by the rest."""
    for each in problems:
        if each.code in ADMISSION and release.number < FIRST_ADMISSION:
            since = Release(FIRST_ADMISSION).text
            yield replace(each, message=f"{each.message} (refused since release {since}; {release.text} takes it)")
        else:
            yield each
