"""What all tests share: compiled code is kept, collected tests are not looked at by the garbage collector again."""

from __future__ import annotations

import gc
import os
import sys

import pytest

SLOWEST = ("packaging/test_bundle.py", "test_counts.py", "packaging/test_wheel.py")
"""The files whose single tests take longest, in order: were they last, one worker would wait for the other."""

# Hundreds of tests start the program: without this, each start compiles all of it again where the caller forbids the
# interpreter to keep what it has compiled. It holds for this process, for workers, and for what they start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the slowest files first, and leave the order as it is otherwise."""
    ranks = {path: place for place, path in enumerate(SLOWEST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(item.config.rootpath / "tests").as_posix(), len(ranks)))


def pytest_collection_finish() -> None:
    """Ten thousand tests stay until the end; every full collection would go through all of them."""
    gc.collect()
    gc.freeze()
