"""Changes that make a delegating rule use a table, proved by resolving again."""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.analysis.alternatives import used
from kubectl_gmg.analysis.compare import Comparison, harmless
from kubectl_gmg.analysis.edits import Change, in_namespace, renamed, with_namespaces
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.near_misses import elsewhere
from kubectl_gmg.checks.words import edit_words, located
from kubectl_gmg.model.action import Selector, TableRef
from kubectl_gmg.model.declared import RouteRule, RouteTable
from kubectl_gmg.model.finding import Fix
from kubectl_gmg.model.resolved import Resolved, Target
from kubectl_gmg.resolve.walk import delegations_below

MOST_FIXES = 3
"""How often a rule of `check` resolves again to prove a fix."""

MOST_TABLES = 2000
"""Tables in a configuration up to which that is done."""


class DelegationFixes:
    """Proves by resolving again that a change makes a rule use a table; only for the first few that are asked for."""

    def __init__(self, context: CheckContext) -> None:
        self._context = context
        self._comparison: Comparison | None = None
        self._left = MOST_FIXES if len(context.declared.tables) <= MOST_TABLES else 0

    def to_name(self, rule: RouteRule, entry: TableRef, table: RouteTable) -> Fix | None:
        """A reference that names a table."""
        changes = []
        if entry.name != table.ref.name:
            changes.append(renamed(rule, entry, table.ref.name))
        if entry.namespace != table.ref.namespace:
            changes.append(in_namespace(rule, entry, table.ref.namespace))
        return self._proved(rule, changes, table)

    def to_reach(self, rule: RouteRule, selector: Selector, table: RouteTable) -> Fix | None:
        """A selector that looks in the namespace of a table as well, or there instead if it can name only one."""
        if not elsewhere(selector, table):
            return None
        own = frozenset({table.ref.namespace})
        spaces = own if selector.one_namespace else own | (selector.namespaces or own)
        return self._proved(rule, [with_namespaces(rule, selector, spaces)], table)

    def _proved(self, rule: RouteRule, changes: Iterable[Change], table: RouteTable) -> Fix | None:
        made = tuple(changes)
        if not self._left:
            return None
        self._left -= 1
        self._comparison = self._comparison or Comparison(self._context.declared, self._context.resolved)
        after = self._comparison.after(made)
        if not used(table, after, self._comparison.rows(made, after)):
            return None
        if not always_enters(rule, table, after.resolved):
            return None
        if not harmless(self._comparison.effect(made, after)):
            return None
        edits = tuple(each.edit for each in made)
        return Fix(
            f"{' and '.join(map(edit_words, edits))} makes it delegate to {located(table.ref)}", edits, verified=True
        )


def always_enters(rule: RouteRule, table: RouteTable, resolved: Resolved) -> bool:
    """Whether a rule enters a table on every way down to the rule: on one the table may be passed already."""
    served = (host for gateway in resolved.entrances for listener in gateway.listeners for host in listener.hosts)
    nodes = (node for host in (*served, *resolved.unattached) for node in host.tree)
    ways = (each for each in delegations_below(nodes) if each.rule.origin == rule.origin)
    return all(
        any(isinstance(each, Target) and each.inclusion.table.ref == table.ref for each in way.targets) for way in ways
    )
