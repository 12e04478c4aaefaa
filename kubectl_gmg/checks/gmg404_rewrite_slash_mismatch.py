"""A prefix and its rewrite of which only one ends with a slash.

The proxy replaces the matched text by the rewrite, letter by letter, and tidies nothing. A prefix without a last slash
and a rewrite with one leave two slashes, which many servers take for another path. The other way round the last word of
the rewrite and the next word of the path are glued together. The prefix is the effective one: in a table it begins with
that of the delegating rule.

Example:
    matchers: [{uri: {prefix: /static}}]
    routeAction: {pathRewrite: /, destinations: [...]}   # /static/a.css is sent as //a.css

Fix:
    End both with a slash, or neither; to rewrite /static to /, match the prefix /static/ and, beside it, exactly
    /static.

Source:
    Measured on Envoy 1.40 (`spec/envoy.md` 30, 31 and 42).
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.catalogue import exists_in
from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.path_rewrites import delegating, rewrite_place, rewriting_rows
from kubectl_gmg.checks.rewrite_fixes import RewriteFixes
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.checks.witnesses import Witnesses
from kubectl_gmg.matching.path import Prepared
from kubectl_gmg.matching.rewrite import rewritten
from kubectl_gmg.model.declared import RouteRule
from kubectl_gmg.model.finding import Problem
from kubectl_gmg.model.match import ROOT, PathKind
from kubectl_gmg.model.origin import Origin
from kubectl_gmg.views import RouteRow

CODE, WITHOUT_PATH = "GMG404", "GMG406"
NEEDS = ("VirtualHost", "RouteTable")
REST = ("items", "a", "x1")
"""What may follow a prefix in a request."""


@check(CODE, v1beta1=WARNING, v2=WARNING, rows=("envoy 31",), needs=NEEDS)
def rewrite_slash_mismatch(context: CheckContext) -> Iterator[Problem]:
    """Rewriting rules where a request shows it."""
    told: set[Origin] = set()
    fixes = RewriteFixes(context, mismatched)
    for row, rule, rewrite in context.once(rewriting_rows):
        if rule.origin not in told and mismatched(row, rewrite):
            shown = showing(context.once(Witnesses), row)
            if shown is not None:
                told.add(rule.origin)
                yield problem(row, rule, rewrite, shown, fixes)


def mismatched(row: RouteRow, rewrite: str) -> bool:
    """Whether only one of both ends with a slash, and the other one with a word.

    What ends with another sign, or has a query, was made to be continued without a slash.
    """
    path = row.route.match.path
    if path is None and exists_in(WITHOUT_PATH, row.gateway.ref.generation):
        return False
    path = path or ROOT
    if path.kind is not PathKind.PREFIX or "?" in rewrite:
        return False
    if path.value.endswith("/"):
        return rewrite[-1].isalnum()
    return rewrite.endswith("/") and path.value[-1:].isalnum()


def prefix_of(row: RouteRow) -> str:
    """The text that is replaced."""
    return (row.route.match.path or ROOT).value


def showing(witnesses: Witnesses, row: RouteRow) -> Prepared | None:
    """A request that shows it; None if every such request goes elsewhere."""
    prefix = prefix_of(row)
    slash = "" if prefix.endswith("/") else "/"
    found = witnesses.reaching(row, (f"{prefix}{slash}{rest}" for rest in REST))
    return None if found is None or "//" in found.path else found


def problem(row: RouteRow, rule: RouteRule, rewrite: str, shown: Prepared, fixes: RewriteFixes) -> Problem:
    """What is said of one rule, with what would mend it if that is the rewrite alone."""
    prefix, sent = prefix_of(row), rewritten(row.route.match, rewrite, None, shown)
    what = "with two words glued together" if prefix.endswith("/") else "with a doubled slash"
    message = f"prefix {prefix} is rewritten to {rewrite}: {shown.path} becomes {sent}, {what}"
    better = rewrite.rstrip("/") if rewrite.endswith("/") else f"{rewrite}/"
    hint = f"write {better} instead of {rewrite}"
    if not better:
        hint = f"make the prefix {prefix}/, and match {prefix} itself by an exact path beside it"
    fix = fixes.of(row, rule, better, shown) if better else None
    place, notes = rewrite_place(rule), delegating(row)
    return Problem(CODE, message, place, hint=hint, related=notes, request=shown.request, fix=fix)
