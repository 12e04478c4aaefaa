"""`python .ci/plugin`: the archive that krew installs, and the release of all of them.

python .ci/plugin build                      this platform's archive and manifest, in dist/
python .ci/plugin release --tag v1.2.3 DIR   all archives of a release, in dist/; DIR holds a folder for each
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bundling import build
from manifest import ROOT, PackagingError
from releasing import release


def main() -> int:
    """Run what is asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python .ci/plugin", description="Archives for krew.")
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="the folder to write to")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("build", help="make this platform's archive and its manifest")
    releases = steps.add_parser("release", help="check and put together the archives of all platforms")
    releases.add_argument("--tag", required=True, help="the tag that is released, such as v1.2.3")
    releases.add_argument("built", type=Path, help="a folder with one folder for each platform")
    given = parser.parse_args()
    try:
        made = [build(given.output)] if given.step == "build" else release(given.tag, given.built, given.output)
    except PackagingError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write("".join(f"{path}\n" for path in made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
