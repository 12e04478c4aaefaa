"""What a bundle runs: the program, as if it were installed."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

LIBRARIES = "LD_LIBRARY_PATH"
BEFORE = "LD_LIBRARY_PATH_ORIG"
"""What it was, if it was set; the bootloader keeps that."""


def restore(environment: MutableMapping[str, str]) -> None:
    """Take out of an environment what the bootloader has put in.

    It leads the loader to the bundle's libraries. Every program started from here would inherit that, and a credential
    helper would load our OpenSSL in place of its own.
    """
    started = [name for name in environment if name.startswith("_PYI_")]
    if started:
        before = environment.pop(BEFORE, "")
        environment.pop(LIBRARIES, None)
        if before:
            environment[LIBRARIES] = before
    for name in started:
        del environment[name]


def find_modules_as_files() -> None:
    """Let Python's own finder look for modules: PyInstaller's is for archives, and cannot list what is in a package."""
    sys.path_hooks[:] = [each for each in sys.path_hooks if not each.__module__.startswith("pyimod")]
    sys.path_importer_cache.clear()


def main() -> None:
    """Run the program and exit."""
    restore(os.environ)
    find_modules_as_files()
    from kubectl_gmg.__main__ import main as run  # noqa: PLC0415 - only now is it found as usual

    run()


if __name__ == "__main__":
    main()
