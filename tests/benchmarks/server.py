"""The stand-in API server, answering from a cache: what is compared is clients."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.objects import Manifest
from tests.oracle.apiserver import ApiServer
from tests.oracle.https import Answer, Call


class CachingServer(ApiServer):
    """Makes every answer once, and compresses it once, as an API server answers from its watch cache."""

    def answer(self, call: Call) -> Answer:
        """The same as that of the server it stands on."""
        packed = "gzip" in call.headers.get("accept-encoding", "")
        key = (call.method, call.path, *sorted(call.query.items()), packed)
        cache = self.__dict__.setdefault("cache", {})
        if key not in cache:
            cache[key] = compressed(super().answer(call)) if packed else super().answer(call)
        found: Answer = cache[key]
        return found


def compressed(answer: Answer) -> Answer:
    """A good answer with a compressed body."""
    if answer.status != 200:
        return answer
    body = gzip.compress(answer.body, compresslevel=1, mtime=0)
    return replace(answer, body=body, headers=(*answer.headers, ("Content-Encoding", "gzip")))


@contextmanager
def serving(manifests: list[Manifest], folder: Path) -> Iterator[Path]:
    """A server with these objects; the path of its kubeconfig."""
    with CachingServer(manifests) as server:
        yield server.write_kubeconfig(folder / "kubeconfig")
