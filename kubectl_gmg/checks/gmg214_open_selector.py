"""A selector takes any route table that somebody creates where it looks.

It asks for no label, so every table in these namespaces joins, also one that was made for something else. Its weight
then decides what it takes from the others. That may be just what is wanted where one team owns the namespace.

Example:
    delegateAction:
      selector: {namespaces: ["*"]}   # every table of every namespace

Fix:
    Ask for a label that only the tables have which are meant.

Source:
    `spec/v1beta1.md` 1.2 rule 7, 5.5; `spec/v2.md` 2.2, 8.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.dead_selectors import dead_origins
from kubectl_gmg.checks.delegating_rules import delegating_rules
from kubectl_gmg.checks.rule import INFO, check
from kubectl_gmg.checks.selector_words import condition, is_open, where
from kubectl_gmg.model.action import Selector
from kubectl_gmg.model.finding import Problem


@check("GMG214", v1beta1=INFO, v2=INFO)
def open_selector(context: CheckContext) -> Iterator[Problem]:
    """Finds them where they select anything; elsewhere that is what is wrong."""
    dead = dead_origins(context)
    for rule in context.once(delegating_rules):
        for selector in rule.selectors:
            if is_open(selector) and selector.origin not in dead:
                yield Problem("GMG214", f"any RouteTable {created(selector)} joins", selector.origin)


def created(selector: Selector) -> str:
    """Where a table would have to be created, and which labels it must not have."""
    without = ", ".join(map(condition, selector.requirements))
    return f"that is created {where(selector)}{f' ({without})' if without else ''}"
