"""Two rules of a table have the same name.

Names of rules must be unique within a table. The product renames the later ones, so that whatever goes by the name,
as reports, metrics and translated objects do, shows a rule that nobody wrote, and another one as soon as the order
changes.

Example:
    http:
    - {name: web, matchers: [{uri: {prefix: /a}}], ...}
    - {name: web, matchers: [{uri: {prefix: /b}}], ...}     # becomes duplicate-web-1

Fix:
    Give each rule a name of its own.

Source:
    `spec/v2.md` 4.5: `duplicate-<name>-<n>`, counted from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Note, Problem


@check("GMG312", v2=WARNING, rows=("SEM-11",))
def duplicate_name(context: CheckContext) -> Iterable[Problem]:
    """Every rule whose name an earlier one of its table has."""
    for table in context.declared.tables:
        if len({rule.name for rule in table.rules}) < len(table.rules):
            yield from repeated(table.rules)


def repeated(rules: tuple[RouteRule, ...]) -> Iterator[Problem]:
    """The later ones of equal names."""
    seen: dict[str, tuple[RouteRule, int]] = {}
    for rule in rules:
        first, count = seen.get(rule.name, (rule, 0))
        seen[rule.name] = first, count + 1
        if count and rule.name:
            becomes = f" to {rule.runtime_name}" if rule.runtime_name else ""
            said = f"an earlier rule of this table is called {rule.name} too; the product renames this one{becomes}"
            yield Problem("GMG312", said, rule.origin / "name", related=(Note("has the name first", first.origin),))
