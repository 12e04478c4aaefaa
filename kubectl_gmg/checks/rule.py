"""A rule: a function that finds problems, with its code and its severity in each generation (`spec/cli.md` 8.1).

The docstring of a rule's module is its entry in the catalogue. It has fixed parts, in this order: a title in one line,
what happens and why it matters, `Example:`, `Fix:`, `Source:` (a section of the specification, or what was measured).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING

from kubectl_gmg.model.finding import Problem, Severity
from kubectl_gmg.views import RuleInfo

if TYPE_CHECKING:
    from kubectl_gmg.checks.context import CheckContext

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

Find = Callable[["CheckContext"], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """What the catalogue says of a rule, what finds its problems, and the kinds it needs to have been read."""

    info: RuleInfo
    find: Find
    needs: tuple[str, ...] = ()

    def severity(self, generation: str) -> Severity | None:
        """How bad its problems are in a generation; None if it does not exist there."""
        return dict(self.info.severities).get(generation)


def check(
    code: str,
    *,
    v1beta1: Severity | None = None,
    v2: Severity | None = None,
    rows: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Callable[[Find], Rule]:
    """Make a function a rule: its name is the slug, the docstring of its module the entry in the catalogue.

    `rows` are those of the specification; `needs` names kinds (`RouteTable`, `Service`, …) without all of which the
    rule cannot be judged everywhere. The function must stay silent where it depends on what was not read.
    """

    def made(find: Find) -> Rule:
        severities = (("v1beta1", v1beta1), ("v2", v2))
        title, why, example, fix, source = parts_of(sys.modules[find.__module__].__doc__ or "")
        slug = find.__name__.replace("_", "-")
        return Rule(RuleInfo(code, slug, title, severities, rows, why, example, fix, source), find, needs)

    return made


PARTS = ("Example:", "Fix:", "Source:")


def parts_of(doc: str) -> tuple[str, str, str, str, str]:
    """The parts of a rule's docstring: title, why, example, fix, source; a missing part is empty."""
    title, _, rest = cleandoc(doc).partition("\n")
    found: dict[str, list[str]] = {name: [] for name in ("why", *PARTS)}
    part = "why"
    for line in rest.splitlines():
        if line in PARTS:
            part = line
        else:
            found[part].append(line)
    texts = {part: cleandoc("\n" + "\n".join(lines)).strip("\n") for part, lines in found.items()}
    return title, flowing(texts["why"]), texts["Example:"], flowing(texts["Fix:"]), flowing(texts["Source:"])


def flowing(text: str) -> str:
    """Paragraphs, each in one line: how long lines may be is decided where they are printed."""
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))
