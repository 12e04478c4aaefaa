"""No test here may see the cluster, the proxy or the pod of the machine that runs it."""

from __future__ import annotations

from tests.live.conftest import own_environment

__all__ = ["own_environment"]
