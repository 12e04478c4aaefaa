"""A policy for retries and timeouts that admission refuses.

It must set `retries` or `requestTimeout`. `attempts: 0` switches retries off, so nothing else about retries may stand
beside it, and a negative number means nothing. Timeouts are at least one millisecond, in whole milliseconds. Since
release 2.6 such a policy cannot be applied at all; before that it was taken and reported as invalid, and the routes
keep the product's own retries and timeouts.

Example:
    kind: RetryTimeoutPolicy
    spec:
      config:
        retries: {attempts: 0, perTryTimeout: 2s}

Fix:
    Write attempts of one or more, or leave out everything beside attempts: 0; give timeouts as 1ms or more.

Source:
    `spec/v2.md` 15.1 (RTP-01) and 15.3: the admission rules of release 2.6.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG511", v2=ERROR, rows=("RTP-01",))
def bad_retry_policy(context: CheckContext) -> Iterable[Problem]:
    """Every such policy, noted when it was read."""
    return context.noted("GMG511")
