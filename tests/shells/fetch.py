"""Gets the shells that completion is tested in, and curl: `python -m tests.shells.fetch`, which `make test` calls.

What the machine lacks comes from Debian packages, with the sources and keys that apt is set up with. Nothing on the
system changes: the packages are unpacked into a folder of the checkout, and stay there for the next run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CACHE = Path(__file__).parents[2] / ".cache" / "shells"
UNPACKED = CACHE / "root"
BASH_COMPLETION = Path("usr/share/bash-completion/bash_completion")
TOOLS = ("apt-get", "dpkg-deb")


def program(shell: str) -> Path | None:
    """A shell or curl as it is installed, or else unpacked."""
    if installed := shutil.which(shell):
        return Path(installed)
    return next((path for path in (UNPACKED / "usr/bin" / shell, UNPACKED / "bin" / shell) if path.exists()), None)


def bash_completion() -> Path | None:
    """What turns on the completions of the bash-completion package."""
    return next((path for root in (Path("/"), UNPACKED) if (path := root / BASH_COMPLETION).exists()), None)


def missing() -> list[str]:
    """The packages whose content is neither installed nor unpacked."""
    programs = [name for name in ("zsh", "fish", "curl") if program(name) is None]
    return programs if bash_completion() else [*programs, "bash-completion"]


def apt(folder: Path, *arguments: str) -> None:
    """Run apt-get with lists and archives of its own; what is installed is only read."""
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    settings = {
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder,
        "Dir::Cache::archives": folder / "archives",
        "Debug::NoLocking": 1,
        "APT::Get::List-Cleanup": 0,
        "APT::Install-Recommends": 0,
    }
    if os.getuid() == 0:
        settings["APT::Sandbox::User"] = "root"  # the user that apt would change to cannot write into the checkout
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    subprocess.run(("apt-get", "-qq", "-y", *options, *arguments), check=True, stdin=subprocess.DEVNULL, timeout=600)


def unpack(packages: list[str], folder: Path) -> None:
    """Download the packages with the libraries that the machine lacks, and unpack them to where they stay."""
    apt(folder, "update")
    apt(folder, "--download-only", "install", *packages)
    root = folder / "root"
    if UNPACKED.exists():
        shutil.copytree(UNPACKED, root, symlinks=True)
    for archive in sorted((folder / "archives").glob("*.deb")):
        subprocess.run(("dpkg-deb", "-x", archive, root), check=True, timeout=120)
    if not (root / "usr/etc").exists():
        (root / "usr/etc").symlink_to("../etc")  # fish looks for its settings there, seen from its own place
    shutil.rmtree(UNPACKED, ignore_errors=True)
    root.rename(UNPACKED)


def main() -> None:
    """Get what is missing; say it if that fails. Whether tests may go without is for them to decide."""
    packages = missing()
    if not packages:
        return
    print(f"programs for the tests: getting {', '.join(packages)}", flush=True)
    if absent := [tool for tool in TOOLS if not shutil.which(tool)]:
        print(f"there is no {' or '.join(absent)} here: install {', '.join(packages)} yourself")
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        try:
            unpack(packages, Path(folder))
        except (OSError, subprocess.SubprocessError) as error:
            print(f"that failed: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
