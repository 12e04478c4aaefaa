"""Comparing texts as the proxy does."""

from __future__ import annotations

_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(text: str) -> str:
    """`text` with its ASCII letters in lower case: the proxy knows no other letters when it ignores case."""
    return text.lower() if text.isascii() else text.translate(_LOWER)
