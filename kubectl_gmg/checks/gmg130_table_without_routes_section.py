"""A table has none of the sections that hold routes.

Routes stand in http, tcp or tls. A table with none of them routes nothing; the newer admission rules refuse it. Often
the section has another name, or is indented wrongly.

Example:
    kind: RouteTable
    spec:
      hosts: [shop.example.com]
      routes: [...]         # of the first generation; here it is http

Fix:
    Add http, tcp or tls, or remove the table.

Source:
    `spec/v2.md` 4.1 and 15.1, RT-04.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import ERROR, check
from kubectl_gmg.model.finding import Problem


@check("GMG130", v2=ERROR, rows=("RT-04",))
def table_without_routes_section(context: CheckContext) -> Iterable[Problem]:
    """Every table that has none of `http`, `tcp` and `tls`."""
    return context.noted("GMG130")
