"""Work in several threads, with the garbage collector at rest."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


@contextmanager
def collector_off() -> Iterator[None]:
    """Millions of fresh dicts would trigger full collections, which cost three times the parsing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def in_parallel(work: Callable[[T], R], things: Sequence[T], threads: int) -> list[R]:
    """What `work` makes of each thing, in their order. Raises what any of them raises.

    The threads end with the process, not the other way round: Ctrl-C is answered while requests are still waiting.
    """
    todo: SimpleQueue[tuple[int, T]] = SimpleQueue()
    done: SimpleQueue[tuple[int, R | BaseException]] = SimpleQueue()
    for each in enumerate(things):
        todo.put(each)

    def run() -> None:
        while True:
            try:
                number, thing = todo.get_nowait()
            except Empty:
                return
            try:
                done.put((number, work(thing)))
            except BaseException as error:  # noqa: BLE001 - it is raised where the results are waited for
                done.put((number, error))

    for number in range(min(threads, len(things))):
        Thread(target=run, name=f"read-{number}", daemon=True).start()
    found: dict[int, R] = {}
    for _ in things:
        number, result = done.get()
        if isinstance(result, BaseException):
            raise result
        found[number] = result
    return [found[number] for number in range(len(things))]
