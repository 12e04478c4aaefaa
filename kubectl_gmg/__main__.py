"""`python -m kubectl_gmg`, and what `kubectl-gmg` runs: the program, or at the word `__complete` candidates for it."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program and exit. A shell that asks for candidates waits: it gets them without any command's imports."""
    if sys.argv[1:2] == ["__complete"]:
        from kubectl_gmg.complete import main as complete  # noqa: PLC0415

        complete(sys.argv[2:])
    else:
        from kubectl_gmg.cli import main as run  # noqa: PLC0415

        run()


if __name__ == "__main__":
    main()
