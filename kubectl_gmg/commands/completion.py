"""`kubectl gmg completion`: the scripts that make a shell complete, and the helper that kubectl asks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kubectl_gmg.errors import SourceError, UsageError

if TYPE_CHECKING:
    from kubectl_gmg.pipeline import Session
    from kubectl_gmg.views import Stream

SCRIPTS = {
    "bash": "kubectl-gmg.bash",
    "zsh": "kubectl-gmg.zsh",
    "fish": "kubectl-gmg.fish",
    "powershell": "kubectl-gmg.ps1",
}
"""The shells, and the script of each."""
KUBECTL = "kubectl"
PLUGIN = "kubectl-gmg"
HELPER = "kubectl_complete-gmg"
"""What kubectl runs to complete a plugin: the plugin's name with `_complete` before its first dash."""
PACKAGED = "from kubectl_gmg"
"""What pip makes of the package's entry point contains this."""
OURS = ("Installed by `kubectl gmg completion kubectl`", PACKAGED)
"""What a helper of ours contains: others may speak of kubectl gmg, too."""
HOMES = (".krew/bin", ".local/bin", "bin")
"""Where programs are kept in a home directory."""
NEEDS = "kubectl completes plugins since release 1.26, where its own completion is on: kubectl completion --help"

# Hidden, since Typer would print a Python type beside it: the text of the command says what it may be.
ShellArgument = Annotated[str | None, typer.Argument(metavar="SHELL", hidden=True)]


def completion(session: Session, shell: ShellArgument = None) -> Stream:
    """Let the TAB key complete commands, hosts and routes for you.

    With SHELL bash, zsh, fish or powershell it prints the script for that shell, which completes kubectl-gmg; the
    first lines of the script say where it goes. With kubectl it installs kubectl_complete-gmg, a small program that
    kubectl 1.26 and later runs to complete kubectl gmg, and says whether kubectl will find it.

    \b
    Examples:
      kubectl gmg completion kubectl
      source <(kubectl gmg completion bash)
    """
    from kubectl_gmg.commands.rules import about_nothing  # noqa: PLC0415
    from kubectl_gmg.views import Stream  # noqa: PLC0415

    if shell == KUBECTL:
        return Stream(about_nothing(session), (helper_for_kubectl(),))
    if shell not in SCRIPTS:
        what = "completion needs a shell" if shell is None else f"there is no completion for {shell}"
        raise UsageError(what, f"write kubectl gmg completion {', '.join(SCRIPTS)} or {KUBECTL}")
    # What prints a stream ends it with a line's end of its own.
    return Stream(about_nothing(session), (script(SCRIPTS[shell]).removesuffix("\n"),))


def script(name: str) -> str:
    """The text of a script."""
    from importlib.resources import files  # noqa: PLC0415

    return files("kubectl_gmg").joinpath("completions", name).read_text(encoding="utf-8")


def helper_for_kubectl() -> str:
    """Install the helper, unless kubectl finds one of ours; what to say of it. Raises `SourceError` if that fails."""
    installed = found(HELPER)
    if os.name == "nt":
        return said(already_there(installed))
    if found(PLUGIN) is None:
        raise SourceError(f"{PLUGIN} is not on your PATH", "kubectl runs it from there: add its folder to PATH")
    if installed is not None and is_current(installed):
        return said(f"{installed} is there already")
    helper = installed or place() / HELPER
    write(helper)
    if found(HELPER) != helper:
        raise SourceError(f"kubectl cannot run {helper}", "is its folder mounted so that programs may run?")
    return said(f"{'renewed' if installed else 'installed'} {helper}")


def already_there(helper: Path | None) -> str:
    """What to say of a helper on Windows, where a script would not do. Raises `SourceError` if there is none."""
    if helper is not None and is_ours(helper):
        return f"{helper} is there already"
    raise SourceError(
        f"kubectl looks on PATH for {HELPER}.exe, .bat or .cmd, and finds none of kubectl gmg",
        f"install with pip or pipx, which makes the .exe; or write {HELPER}.bat with the line: @{PLUGIN} __complete %*",
    )


def said(first: str) -> str:
    """What was done, and what else it takes."""
    return f"{first}\nkubectl will find it: it is the first {HELPER} on your PATH\n{NEEDS}"


def folders() -> list[Path]:
    """The folders of PATH, in order. kubectl runs nothing from one that depends on where you are."""
    return [path for name in os.environ.get("PATH", "").split(os.pathsep) if (path := Path(name)).is_absolute()]


def found(name: str) -> Path | None:
    """The program that kubectl finds under a name."""
    path = shutil.which(name, path=os.pathsep.join(map(str, folders())))
    return Path(path) if path else None


def place() -> Path:
    """The folder for the helper: beside the plugin, or where programs are kept at home. Raises `SourceError`."""
    plugin = found(PLUGIN)
    homes = [Path.home() / name for name in HOMES]
    wanted = [*([plugin.parent] if plugin else []), *(folder for folder in folders() if folder in homes)]
    for folder in wanted:
        if folder.is_dir() and os.access(folder, os.W_OK):
            return folder
    raise SourceError(
        f"no folder of your PATH is fit for {HELPER}: none of {', '.join(map(str, wanted))} can be written",
        f'mkdir -p ~/{HOMES[1]}, add it to PATH (export PATH="$HOME/{HOMES[1]}:$PATH") and run this again',
    )


def is_ours(helper: Path) -> bool:
    """Whether a program is a helper of ours, of any version. A compiled one is the one that pip makes on Windows."""
    try:
        text = helper.read_bytes().decode(errors="replace")
    except OSError:
        return False
    return any(each in text for each in OURS)


def is_current(helper: Path) -> bool:
    """Whether a helper can stay: it is the script as it is now, or runs the package itself."""
    return is_ours(helper) and (
        helper.read_bytes() == script(HELPER).encode() or PACKAGED in helper.read_text(errors="replace")
    )


def write(helper: Path) -> None:
    """Write the helper, whole or not at all. Raises `SourceError` if it cannot be, or if another's file is there."""
    if os.path.lexists(helper) and not is_ours(helper):
        raise SourceError(
            f"{helper} is not from kubectl gmg, and was left as it is",
            "move it away if you do not need it, and run this again",
        )
    made = helper.with_name(f".{HELPER}.{os.getpid()}")
    try:
        made.write_bytes(script(HELPER).encode())
        made.chmod(0o755)
        made.replace(helper)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise SourceError(
            f"{helper} cannot be written: {error.strerror}",
            "look at its folder: may you write there, and is there room?",
        ) from error
