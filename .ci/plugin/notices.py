"""The licences of everything in a bundle, which whoever hands on the bundle must hand on too."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from manifest import PackagingError

LINE = "=" * 78
OURS = "kubectl_gmg"
LICENCE_WORDS = ("LICENSE", "LICENCE", "COPYING", "NOTICE")
HEAD = """\
kubectl gmg itself is under the Apache License 2.0, see LICENSE. This folder holds other people's work too, unchanged.
What it is and under which terms it may be used and handed on:
"""


def text(inside: Path) -> str:
    """All notices for the libraries in a bundle's folder."""
    parts = [HEAD, *(section(each) for each in distributions(inside)), python(), *system_libraries(inside)]
    return f"\n{LINE}\n".join(part.rstrip() + "\n" for part in parts)


def distributions(inside: Path) -> list[Distribution]:
    """Of which packages parts were collected, and PyInstaller, whose bootloader is the program that starts."""
    known = packages_distributions()
    modules = {path.name.partition(".")[0] for path in inside.iterdir() if not path.name.endswith(".dist-info")}
    wanted = {name for module in modules if module != OURS for name in known.get(module, ())}
    return [distribution(name) for name in sorted({*wanted, "pyinstaller"}, key=str.lower)]


def section(package: Distribution) -> str:
    """Name, version, terms and licence files of a package. Raises `PackagingError` if nothing tells its terms."""
    meta = package.metadata
    kinds = [each.rpartition(" :: ")[2] for each in meta.get_all("Classifier") or () if each.startswith("License ::")]
    told = [*(meta.get_all("License-Expression") or ()), ", ".join(kinds), *(meta.get_all("License") or ())]
    terms = next((each.partition("\n")[0] for each in told if each), "")
    texts = list(licence_texts(package))
    if not terms and not texts:
        raise PackagingError(f"nothing tells the licence of {meta['Name']}; find out before it is handed on")
    return "\n\n".join([f"{meta['Name']} {package.version}\n{terms or 'terms below'}", *texts])


def licence_texts(package: Distribution) -> Iterator[str]:
    """What stands in the licence files of a package."""
    for path in sorted(package.files or (), key=str):
        folder = path.parent.as_posix()
        if ".dist-info" in folder and path.name.upper().startswith(LICENCE_WORDS):
            yield Path(str(path.locate())).read_text(encoding="utf-8", errors="replace").strip()


def python() -> str:
    """Python and its own library."""
    places = [Path(sysconfig.get_path("stdlib")), Path(sys.base_prefix)]
    found = next((place / "LICENSE.txt" for place in places if (place / "LICENSE.txt").is_file()), None)
    terms = found.read_text(encoding="utf-8") if found else "PSF-2.0, https://docs.python.org/3/license.html"
    return f"Python {sys.version.partition(' ')[0]}\n\n{terms.strip()}"


def system_libraries(inside: Path) -> Iterator[str]:
    """The shared libraries of the machine that Python needs, with Debian's notices where there are any."""
    found = (path for path in inside.iterdir() if ".so" in path.name or path.suffix in {".dylib", ".dll"})
    shared = sorted(path.name for path in found if not path.name.startswith(("libpython", "python", "Python")))
    said: set[Path] = set()
    for name in shared:
        notice = debian_notice(name)
        if notice is None:
            yield f"{name}\n\na library of the machine that this was built on, or of Python"
        elif notice not in said:
            said.add(notice)
            yield f"{name}\n\n{notice.read_text(encoding='utf-8', errors='replace').strip()}"


def debian_notice(library: str) -> Path | None:
    """Where Debian says under which terms a library is."""
    dpkg = shutil.which("dpkg-query")
    if dpkg is None:
        return None
    command = [dpkg, "--search", f"*/{library}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a name from the bundle
    package = done.stdout.partition(":")[0].partition(",")[0].strip()
    notice = Path("/usr/share/doc") / package / "copyright"
    return notice if package and notice.is_file() else None
