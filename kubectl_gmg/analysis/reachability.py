"""Which routes a request can reach, and who takes the others (`spec/cli.md` 6.2)."""

from __future__ import annotations

from kubectl_gmg.resolve.rows import Rows
from kubectl_gmg.views import Reach, RouteRow


class Reachability:
    """Tells of each route whether a request can reach it; what is worked out for a host is kept."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def of(self, row: RouteRow, *, shadows: bool = False) -> Reach:
        """What is known of a route; with `shadows` every earlier route that takes some of its requests."""
        raise NotImplementedError(row, shadows)
