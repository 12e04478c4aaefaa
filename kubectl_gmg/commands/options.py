"""The flags that every command shares (`spec/cli.md` 2.1, 2.3), and the settings that they ask for.

Shared flags are accepted before and after the command; the later one wins.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_gmg.errors import UsageError

if TYPE_CHECKING:
    from kubectl_gmg.settings import Settings

COLORS = ("auto", "always", "never")

Flag = inspect.Parameter


def flag(name: str, kind: Any, default: Any, *words: str, text: str, **more: Any) -> Flag:
    """One shared flag as a parameter of a function."""
    option = typer.Option(*words, help=text, **more)
    return Flag(name, Flag.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def words(name: str, *long: str, text: str, metavar: str) -> Flag:
    """A shared flag with a text, which may be left out."""
    return flag(name, str | None, None, *long, text=text, metavar=metavar)


def switch(name: str, *words: str, text: str) -> Flag:
    """A shared flag without a value."""
    return flag(name, bool, False, *words, text=text)


def several(name: str, *words: str, text: str, metavar: str) -> Flag:
    """A shared flag that may be repeated."""
    return flag(name, list[str], [], *words, text=f"{text} May be repeated.", metavar=metavar)


def at_least(least: int) -> Callable[[str], int]:
    """What reads a number that has a lower bound; help says nothing of the bound, its text does."""

    def number(text: str) -> int:
        if not (str(text).isascii() and str(text).isdigit() and int(text) >= least):
            raise typer.BadParameter(f"{text} is not a whole number from {least} on")
        return int(text)

    return number


READING = (
    several("filename", "-f", "--filename", text="Read this file, directory or glob, or - for stdin.", metavar="FILE"),
    switch("recursive", "-R", "--recursive", text="Go down into directories given with -f."),
    switch("overlay", "--overlay", text="Read the cluster too; objects from -f replace its objects."),
    switch("demo", "--demo", text="Read the built-in example: needs neither cluster nor files."),
    flag(
        "generation",
        str,
        "auto",
        "--generation",
        text="Read only this generation of the Gloo API: auto, v1beta1 or v2.",
        metavar="NAME",
    ),
    words("product_version", "--product-version", text="Follow this release where releases differ.", metavar="X.Y"),
    several(
        "workload_context",
        "--workload-context",
        text="Look up Services and Pods of a managed cluster in the cluster of this context.",
        metavar="CLUSTER=CONTEXT",
    ),
    flag(
        "no_workload_contexts",
        bool,
        False,
        "--no-workload-contexts",
        text="Do not look for contexts named like managed clusters.",
    ),
    words("read_namespaces", "--read-namespaces", text="Read these if you may not list all.", metavar="NS,NS"),
    switch("require_complete", "--require-complete", text="Fail (exit 5) if anything could not be read."),
)
"""Which objects to read."""

REPORTING = (
    words("namespace", "-n", "--namespace", text="Report only what passes through this namespace.", metavar="NS"),
    switch("all_namespaces", "-A", "--all-namespaces", text="Report on all namespaces (the default)."),
    words(
        "selector",
        "-l",
        "--selector",
        text="Report only what passes through objects with these labels.",
        metavar="LABELS",
    ),
    words("gateway", "--gateway", text="Report only on this VirtualGateway.", metavar="[NS/]NAME"),
)
"""Which part of what was read to tell of."""

CLUSTER = (
    words("kubeconfig", "--kubeconfig", text="Read this kubeconfig.", metavar="FILE"),
    words("context", "--context", text="Read the cluster of this context.", metavar="NAME"),
    words("cluster", "--cluster", text="Read this cluster of the kubeconfig.", metavar="NAME"),
    words("user", "--user", text="Log in as this user of the kubeconfig.", metavar="NAME"),
    words("server", "--server", text="Ask this API server.", metavar="URL"),
    words("token", "--token", text="Log in with this bearer token.", metavar="TOKEN"),
    words("certificate_authority", "--certificate-authority", text="Trust this authority.", metavar="FILE"),
    words("tls_server_name", "--tls-server-name", text="The name in the server's certificate.", metavar="NAME"),
    switch("insecure", "--insecure-skip-tls-verify", text="Do not verify the server's certificate."),
    words("as_user", "--as", text="Act as this user.", metavar="USER"),
    several("as_group", "--as-group", text="Act as a member of this group.", metavar="GROUP"),
    words("as_uid", "--as-uid", text="Act as the user with this UID.", metavar="UID"),
    flag(
        "request_timeout", str, "10s", "--request-timeout", text="Limit of one request to the cluster.", metavar="TIME"
    ),
    flag("deadline", str, "60s", "--deadline", text="Limit of all reading.", metavar="TIME"),
    flag(
        "chunk_size",
        int,
        500,
        "--chunk-size",
        text="Objects asked for at once; 0 for all.",
        metavar="N",
        parser=at_least(0),
    ),
    switch("stream", "--stream", text="Read by streaming if the server and your rights (watch) allow it."),
)
"""Which cluster, as whom, and with what patience."""

PRINTING = (
    switch("no_headers", "--no-headers", text="Print no headings."),
    flag("color", str, "auto", "--color", text="auto, always or never.", metavar="WHEN"),
    switch("ascii", "--ascii", text="Print ASCII only."),
    flag(
        "width",
        int | None,
        None,
        "--width",
        text="The width to print for in a terminal, from 20 on.",
        metavar="N",
        parser=at_least(20),
    ),
    switch("quiet", "-q", "--quiet", text="Say less on stderr."),
    flag(
        "verbose",
        int,
        0,
        "-v",
        text="Show the requests made; -vv also the traceback of a bug.",
        count=True,
        show_default=False,
    ),
)
"""How to print, and what to say meanwhile."""

SECTIONS = {
    "What to read": READING,
    "What to report on": REPORTING,
    "Which cluster, and how to reach it": CLUSTER,
    "How to print": PRINTING,
}
"""The shared flags under the headings that they have in help."""

SHARED = tuple(each for flags in SECTIONS.values() for each in flags)
NAMES = frozenset(each.name for each in SHARED)

Given = dict[str, Any]


WATCH = flag("watch", bool, False, "-w", "--watch", text="Run again whenever an object changes.", show_default=False)
"""The flag of commands that can go on for ever."""


def output_flag(formats: tuple[str, ...]) -> inspect.Parameter:
    """The output formats of one command; without any, those of the commands."""
    text = f"One of {', '.join(formats)}." if formats else "The output format of the command."
    return flag("output", str | None, None, "-o", "--output", text=text, metavar="FORMAT")


def given(caller: typer.Context, values: Mapping[str, Any]) -> Given:
    """The shared flags that were written on this side of the command."""
    sources = {name: caller.get_parameter_source(name) for name in values}
    return {
        name: value
        for name, value in values.items()
        if name in NAMES | {"output", WATCH.name} and (source := sources[name]) is not None and source.name != "DEFAULT"
    }


def settings_of(flags: Given) -> Settings:
    """The settings that the flags ask for. Raises `UsageError` for values that mean nothing."""
    from kubectl_gmg.settings import GENERATIONS, Settings, positive_seconds  # noqa: PLC0415 - help needs none of it

    known = Settings.__dataclass_fields__
    values = {name: value for name, value in flags.items() if name in known}
    for name in ("request_timeout", "deadline"):
        if name in values:
            values[name] = positive_seconds(values[name])
    # A short flag's value may follow `=`, as kubectl allows it: -o=json.
    for name in ("output", "namespace", "selector"):
        if name in values and values[name] is not None:
            values[name] = values[name].removeprefix("=")
    values["filename"] = tuple(name.removeprefix("=") for name in values.get("filename", ()))
    require(values.get("color", "auto"), COLORS, "--color")
    require(values.get("generation", "auto"), GENERATIONS, "--generation")
    values["as_group"] = tuple(values.get("as_group", ()))
    values["read_namespaces"] = namespaces_of(values.get("read_namespaces") or "")
    values["workload_context"] = clusters_of(values.get("workload_context", ()))
    if (version := values.get("product_version")) is not None:
        require_release(version)
    require_one_source(values)
    return Settings(**values)


def require_release(version: str) -> None:
    """Raises `UsageError` unless this is a release as people write it."""
    from kubectl_gmg.model.release import number_of  # noqa: PLC0415

    if number_of(version) is None:
        raise UsageError(f"{version} is not a release", "write --product-version 2.5")


def require_one_source(values: Given) -> None:
    """Raises `UsageError` for sources that exclude each other, or that one needs another for."""
    files, overlay = values["filename"], values.get("overlay")
    if values.get("demo") and files:
        raise UsageError("--demo and -f exclude each other", "give one of them")
    if overlay and not files:
        raise UsageError("--overlay needs -f", "name the files whose objects replace those of the cluster")
    if values["workload_context"] and (values.get("demo") or (files and not overlay)):
        source = "--demo is" if values.get("demo") else "-f alone is"
        hint = "leave it out" if values.get("demo") else "leave it out, or read the cluster too with --overlay"
        raise UsageError(f"--workload-context reads a cluster, but {source} offline", hint)


def clusters_of(texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Clusters with their contexts, from `CLUSTER=CONTEXT`. Raises `UsageError` for other texts, or a cluster twice."""
    found: dict[str, str] = {}
    for text in texts:
        cluster, _, context = text.removeprefix("=").partition("=")
        if not (cluster and context):
            raise UsageError(f"{text} is not a cluster with its context", "write --workload-context CLUSTER=CONTEXT")
        if cluster in found:
            raise UsageError(f"--workload-context names cluster {cluster} twice", "give one context for each cluster")
        found[cluster] = context
    return tuple(found.items())


def namespaces_of(text: str) -> tuple[str, ...]:
    """The namespaces of `a,b`. Raises `UsageError` for what cannot be one."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if not (name.isascii() and name.replace("-", "").isalnum() and name == name.lower()):
            raise UsageError(f"{name} cannot be a namespace", "write --read-namespaces team-a,team-b")
    return names


def require(value: str, known: tuple[str, ...], name: str) -> None:
    """Raises `UsageError` unless `value` is one of the known ones."""
    if value not in known:
        raise UsageError(f"{name} is {value}, not one of {', '.join(known)}")
