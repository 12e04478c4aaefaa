"""A redirect that changes neither host nor path nor scheme.

The location of such a redirect is the very URL that was asked for, so a client that follows it asks the same again
until it gives up. Istio refuses to accept redirects of this kind, while the proxy itself would serve them.

Example:
    redirect: {responseCode: FOUND}

Fix:
    Say where to: a host, a path, or, in the first generation, https or a prefix.

Source:
    `spec/envoy.md` 94 and the measured configuration redirect-empty.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.redirect_loops import leads_nowhere
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.action import Redirect
from kubectl_gmg.model.finding import Problem


@check("GMG407", v1beta1=WARNING, v2=WARNING, rows=("envoy 94",))
def redirect_changes_nothing(context: CheckContext) -> Iterator[Problem]:
    """Redirects that say only how, not where to."""
    message = "the redirect changes neither host, path nor scheme, so it leads to the URL that was asked for"
    for rule in context.rules:
        if isinstance(rule.action, Redirect) and leads_nowhere(rule.action):
            yield Problem("GMG407", message, rule.origin / rule.action_field)
