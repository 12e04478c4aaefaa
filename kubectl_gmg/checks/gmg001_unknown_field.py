"""A field that the API does not know.

A cluster drops unknown fields without a word, or refuses the object. Either way the setting that somebody meant has
no effect: mostly it is a typo, a field of another generation, or one at the wrong depth. A field that came with a newer
release than that of the cluster, or of --product-version, is dropped just so.

Example:
    matcher:          # should be matchers
    - uri: {prefix: /reviews}

Fix:
    Correct the name, or move the field to where it belongs.

Source:
    `spec/v1beta1.md` D-1 and 1.1: fields are read leniently, and files are where typos hide; `spec/v2.md` 1.1:
    since which release the fields of route tables are known.
"""

from __future__ import annotations

from collections.abc import Iterable

from kubectl_gmg.checks.context import CheckContext
from kubectl_gmg.checks.rule import WARNING, check
from kubectl_gmg.model.finding import Problem


@check("GMG001", v1beta1=WARNING, v2=WARNING, rows=("D-1",))
def unknown_field(context: CheckContext) -> Iterable[Problem]:
    """Every field that nobody asked for when its object was read."""
    return context.noted("GMG001")
