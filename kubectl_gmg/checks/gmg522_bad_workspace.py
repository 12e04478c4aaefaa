"""A workspace gives a cluster no namespaces, or configEnabled to some only.

An entry of workloadClusters needs namespaces: without them it is an error, not all of them. And configEnabled, which
says whether objects of the product are read there, must be set for all clusters of a workspace, or for all namespaces
of an entry, as soon as it is set for one.

Example:
    workloadClusters:
    - name: cluster-1                 # no namespaces
    - name: cluster-2
      namespaces:
      - {name: apps, configEnabled: true}
      - {name: jobs}                  # true or false?

Fix:
    Add namespaces, "*" for all; set configEnabled for all siblings or for none.

Source:
    `spec/v2.md` 12.1.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG522", v2=ERROR, rows=("v2 12.1",))
def bad_workspace(context: CheckContext) -> Iterable[Problem]:
    """Every entry of a workspace that is an error of its own."""
    return context.noted("GMG522")
