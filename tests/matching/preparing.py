"""Prepared requests for the tests of this folder."""

from __future__ import annotations

from typing import Any

from kubectl_gmg.matching.path import Normalization, Prepared, prepare
from kubectl_gmg.model.request import Request


def prepared(
    path: str = "/", *headers: tuple[str, str], normalization: Normalization = Normalization.BASE, **fields: Any
) -> Prepared:
    """A request that the proxy must accept; `fields` are those of `Request`."""
    found = prepare(Request(path=path, headers=headers, **fields), normalization)
    assert isinstance(found, Prepared), found
    return found
