"""`python -m kubectl_gmg`, and what `kubectl-gmg` runs: the program, or at `__complete` candidates for its words."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the program and exit. A shell that asks for candidates waits: it gets them without any command's imports.

    `__names` is how completion reads the names that it offers, in a process of its own. The objects of a run live as
    long as its process: looking for garbage would only cost time, a tenth of a start while it imports, and another
    tenth at its end unless the collector is told to leave them alone.
    """
    if sys.argv[1:2] == ["__complete"]:
        from kubectl_gmg.complete import main as complete  # noqa: PLC0415

        complete(sys.argv[2:])
    elif sys.argv[1:2] == ["__names"]:
        from kubectl_gmg.complete.refresh import main as refresh  # noqa: PLC0415

        refresh()
    else:
        gc.disable()
        from kubectl_gmg.cli import main as run  # noqa: PLC0415

        try:
            run()
        finally:
            gc.freeze()


if __name__ == "__main__":
    main()
