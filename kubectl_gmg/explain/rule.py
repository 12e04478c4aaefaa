"""Why a rule that hands over leads to the routes below it (`spec/cli.md` 4.1)."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.analysis.wording import counted, rule_name
from kubectl_gmg.explain.action import dead_end
from kubectl_gmg.explain.compare import delegating, sorting
from kubectl_gmg.explain.order import weighed
from kubectl_gmg.explain.route import Ground, trouble_steps
from kubectl_gmg.explain.words import match_words, quoted
from kubectl_gmg.model.action import SortMethod
from kubectl_gmg.model.naming import encoded, located
from kubectl_gmg.model.resolved import DeadEnd, Delegation, Node, Target
from kubectl_gmg.resolve.order import ranked
from kubectl_gmg.views import Explained, Step


def explain_rule(target: str, prefix: str, delegation: Delegation, ground: Ground) -> Explained:
    """The tables below a rule that hands over, and the routes it leads to, whose ids begin with `prefix`."""
    rows = tuple(ground.judged(row) for row in ground.every if row.id.startswith(f"{prefix}/"))
    rule = delegation.rule
    matches = " or ".join(map(match_words, rule.matches))
    served = {id(row.route) for row in rows if row.route.index is not None}
    ends = (end for end in delegation.targets if isinstance(end, DeadEnd))
    tables = (table_step(each, delegation) for each in ranked(delegation.targets))
    return Explained(
        target=target,
        target_type="table",
        rows=rows,
        title=(
            f"{quoted(rule)} of {rule.origin.ref} delegates {matches} to route tables",
            f"It leads to {counted(len(served), 'route') if served else 'no route at all'}.",
        ),
        order=(sort_step(delegation),) if rows else (),
        action=(*tables, *(dead_end(end, rule) for end in ends), *skipped(delegation), *trouble_steps(rows)),
    )


def rules_that_hand_over(ground: Ground) -> Iterator[tuple[str, Delegation]]:
    """Every such rule on its way down, by what the ids of the routes below it begin with (`spec/cli.md` 4.2)."""
    for gateway in ground.resolved.entrances:
        for listener in gateway.listeners:
            for host in listener.hosts:
                for root in host.roots:
                    own = {id(rule) for rule in root.rules}
                    name = located(root.segment, root.ref.namespace, gateway.ref.namespace)
                    nodes = (each for each in host.tree if isinstance(each, Delegation) and id(each.rule) in own)
                    for node in nodes:
                        yield from handing_over(node, name, root.ref.namespace)


def handing_over(node: Node, above: str, namespace: str) -> Iterator[tuple[str, Delegation]]:
    """A delegating rule and those below it; `above` names the holder, which stands in `namespace`."""
    if not isinstance(node, Delegation):
        return
    name = f"{above}/{node.rule.segment}"
    yield name, node
    for target in node.targets:
        if isinstance(target, Target):
            table = target.inclusion.table.ref
            for below in target.nodes:
                yield from handing_over(
                    below, f"{name}/{located(encoded(table.name), table.namespace, namespace)}", table.namespace
                )


def skipped(delegation: Delegation) -> Iterator[Step]:
    """The tables that a selector hits although they are on the way down already (`spec/v1beta1.md` 8.6)."""
    for ref in delegation.skipped:
        text = f"it leaves out {ref}, which is on the way down already"
        yield Step("lost", text, delegating(delegation.rule), delegation.rule.name, other=str(ref))


def table_step(target: Target, delegation: Delegation) -> Step:
    """A table that the rule leads to."""
    inclusion = target.inclusion
    rule = delegation.rule
    verb = "names" if inclusion.via.value == "ref" else "selects"
    crossed = f", imported from workspace {inclusion.workspace}" if inclusion.imported else ""
    text = f"it {verb} {inclusion.table.ref}, weight {inclusion.table.weight}{crossed}"
    return Step("applied", text, delegating(rule), rule_name(rule), inclusion.via.value, str(inclusion.table.ref))


def sort_step(delegation: Delegation) -> Step:
    """How the tables below the rule are ordered."""
    rule, tables = delegation.rule, ranked(delegation.targets)
    if delegation.sort is SortMethod.ROUTE_SPECIFICITY:
        text = "the routes of all its tables are sorted by ROUTE_SPECIFICITY"
    else:
        text = f"its tables are ordered by weight, higher first: {weighed(tables, None)}"
    return Step("rank", text, sorting(rule), rule_name(rule), delegation.sort.value)
