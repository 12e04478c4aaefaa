"""Conditions of a rule and of those that delegate to it exclude each other.

A rule of a route table takes only requests that satisfy the rule that delegates to it as well. Here no request can:
the methods differ, or (in the second generation) ports, header tests, query tests, or a path below a parent that is
already an exact path or a regular expression. In the first generation that rule, or that matcher of it, is left out.
In the second one the delegating rule directly above answers 500 for everything that it should hand over. Selectors of
workloads that contradict those above exclude each other too, within the mesh: then the rules of the table answer 500.
A server name of a TLS route excludes the hosts of its table if it is not within them: no connection gets to it.

Example:
    matchers: [{uri: {prefix: /api}, method: GET}]    # of the rule that delegates
    matchers: [{uri: {prefix: /save}, method: POST}]  # of the rule in the table

Fix:
    Drop the condition from one of the two, or delegate to the table from a second rule that has the other condition.

Source:
    `spec/v1beta1.md` 8.4 rule 3, 8.7, D-20; `spec/v2.md` 4.4, 4.6, 8.2, 8.7, DEC-26.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.child_rules import ChildRule, broken_delegations, child_rules
from kubectl_gmg.checks.connection_rules import unmet_names
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.contradicting_workloads import contradicting_workloads
from kubectl_gmg.checks.contradictions import (
    conditioned,
    exclusion_place,
    indices,
    told_pairs,
    why_excluded,
)
from kubectl_gmg.checks.matcher_places import Told, at_each_place
from kubectl_gmg.checks.rule import ERROR, WARNING, check
from kubectl_gmg.checks.words import match_words, rule_words
from kubectl_gmg.model.conventions import Conflict
from kubectl_gmg.model.finding import Note, Problem
from kubectl_gmg.model.resolved import Delegation, Target, Terminal
from kubectl_gmg.resolve.delegate import excluded

CODE = "GMG303"


@check(CODE, v1beta1=WARNING, v2=ERROR, rows=("RT-NEVER-MATCHES", "SEM-03"), needs=("RouteTable",))
def never_matches(context: CheckContext) -> Iterator[Problem]:
    """Pairs that are dropped with nothing in their place, and delegating rules that answer 500."""
    yield from at_each_place(CODE, dropped(context))
    yield from at_each_place(CODE, replaced(context))
    yield from unmet_names(context)
    yield from contradicting_workloads(context)


def dropped(context: CheckContext) -> Iterator[Told]:
    """Own matches that some match above excludes, where the pair is simply not there."""
    for child in context.once(child_rules):
        if child.conventions.conflict is Conflict.DROPPED and conditioned(child) and fit(child):
            yield from dropped_pairs(context, child)


def fit(child: ChildRule) -> bool:
    """Whether nothing else is wrong with the rule."""
    return child.sound or (isinstance(child.node, Terminal) and child.node.because == (CODE,))


def dropped_pairs(context: CheckContext, child: ChildRule) -> Iterator[Told]:
    """Each own match of one rule that something above excludes."""
    for index in indices(child):
        if excluding := child.excluded(index):
            words = "never matches below" if len(excluding) == len(child.above) else "does not match everywhere below"
            notes = (Note("delegates here", child.parent.origin),)
            yield exclusion_place(context, child, index), told_pairs(child, index, words), notes


def replaced(context: CheckContext) -> Iterator[Told]:
    """Delegating rules that a child breaks, since every pair of their matches is impossible."""
    for node in broken_delegations(context):
        if node.replaced is not None and node.replaced.because == (CODE,):
            children = tuple(children_excluded(node))
            notes = tuple(Note("excluded by what is above it", each.rules[-1].origin) for each in children)
            yield node.rule.origin, replaced_words(node, node.replaced, children[0]), notes


def children_excluded(node: Delegation) -> Iterator[Terminal]:
    """The rules below that no request can reach."""
    targets = (each for each in node.targets if isinstance(each, Target))
    for child in (child for target in targets for child in target.nodes):
        if isinstance(child, Terminal) and excluded(child):
            yield child


def replaced_words(node: Delegation, served: Terminal, child: Terminal) -> str:
    """Which rule below breaks a delegating rule, and why."""
    rule = child.rules[-1]
    why = why_excluded(served.matches[0], rule.matches[0])
    words = f"{rule_words(node.rule)} answers 500 in place of all that it delegates"
    return f"{words}: {match_words(rule.matches[0])} of {rule_words(rule)} never matches below it, since {why}"
