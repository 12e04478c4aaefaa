"""What a cluster says about itself (`spec/cli.md` 6.7)."""

from __future__ import annotations

from dataclasses import dataclass

from kubectl_gmg.model.release import DecidedBy


@dataclass(frozen=True, slots=True)
class Server:
    """The API server of a context.

    `kubernetes` is what it calls its version, which need not be a semantic one. `served` holds the kinds of each
    generation. `product_version` is that of the product (`2.4`), and `decided_by` who says so. What could not be asked
    is None, and `reason` says why.
    """

    context: str | None = None
    kubernetes: str | None = None
    served: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    product_version: str | None = None
    decided_by: DecidedBy | None = None
    reason: str | None = None
