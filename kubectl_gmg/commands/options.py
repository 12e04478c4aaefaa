"""The flags that every command shares, and what turns a function into a command (`spec/cli.md` 2).

Shared flags are accepted before and after the command; the later one wins. Only this file builds signatures.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubectl_gmg.errors import UsageError
from kubectl_gmg.model.release import number_of
from kubectl_gmg.pipeline import GENERATIONS, Session, Settings, positive_seconds

if TYPE_CHECKING:
    from kubectl_gmg.views import View

COLORS = ("auto", "always", "never")


def flag(name: str, kind: Any, default: Any, *words: str, text: str, **more: Any) -> inspect.Parameter:
    """One shared flag as a parameter of a function."""
    option = typer.Option(*words, help=text, **more)
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def words(name: str, *long: str, text: str, metavar: str) -> inspect.Parameter:
    """A shared flag with a text, which may be left out."""
    return flag(name, str | None, None, *long, text=text, metavar=metavar)


CLUSTER = (
    words("kubeconfig", "--kubeconfig", text="Read this kubeconfig.", metavar="FILE"),
    words("context", "--context", text="Read the cluster of this context.", metavar="NAME"),
    words("cluster", "--cluster", text="Read this cluster of the kubeconfig.", metavar="NAME"),
    words("user", "--user", text="Log in as this user of the kubeconfig.", metavar="NAME"),
    words("server", "--server", text="Ask this API server.", metavar="URL"),
    words("token", "--token", text="Log in with this bearer token.", metavar="TOKEN"),
    words("certificate_authority", "--certificate-authority", text="Trust this authority.", metavar="FILE"),
    words("tls_server_name", "--tls-server-name", text="The name in the server's certificate.", metavar="NAME"),
    flag("insecure", bool, False, "--insecure-skip-tls-verify", text="Do not verify the server's certificate."),
    words("as_user", "--as", text="Act as this user.", metavar="USER"),
    flag("as_group", list[str], [], "--as-group", text="Act as a member of this group.", metavar="GROUP"),
    words("as_uid", "--as-uid", text="Act as the user with this UID.", metavar="UID"),
    words(
        "read_namespaces",
        "--read-namespaces",
        text="Where to read if listing in all namespaces is forbidden.",
        metavar="NS,NS",
    ),
)
"""Which cluster, as whom, and where in it."""

SHARED = (
    *CLUSTER,
    flag(
        "filename",
        list[str],
        [],
        "-f",
        "--filename",
        text="Read files, directories, globs, or - for stdin instead of a cluster.",
        metavar="FILE",
    ),
    flag("recursive", bool, False, "-R", "--recursive", text="Go down into directories given with -f."),
    flag("overlay", bool, False, "--overlay", text="Read the cluster too; objects from -f replace its objects."),
    flag(
        "workload_context",
        list[str],
        [],
        "--workload-context",
        text="Look up Services and Pods of a managed cluster in the cluster of this context.",
        metavar="CLUSTER=CONTEXT",
    ),
    flag("demo", bool, False, "--demo", text="Read the built-in example; needs neither cluster nor files."),
    flag(
        "namespace",
        str | None,
        None,
        "-n",
        "--namespace",
        text="Report only what passes through this namespace.",
        metavar="NS",
    ),
    flag("all_namespaces", bool, False, "-A", "--all-namespaces", text="Report on all namespaces (the default)."),
    flag(
        "selector",
        str | None,
        None,
        "-l",
        "--selector",
        text="Report only what passes through objects with these labels.",
        metavar="LABELS",
    ),
    flag("gateway", str | None, None, "--gateway", text="Report only on this VirtualGateway.", metavar="[NS/]NAME"),
    flag(
        "generation",
        str,
        "auto",
        "--generation",
        text="Read only this API generation: auto, v1beta1 or v2.",
        metavar="NAME",
    ),
    words("product_version", "--product-version", text="Follow this release where releases differ.", metavar="X.Y"),
    flag(
        "request_timeout", str, "10s", "--request-timeout", text="Limit of one request to the cluster.", metavar="TIME"
    ),
    flag("deadline", str, "60s", "--deadline", text="Limit of all reading.", metavar="TIME"),
    flag("chunk_size", int, 500, "--chunk-size", text="Objects asked for at once; 0 for all.", metavar="N", min=0),
    flag("stream", bool, False, "--stream", text="Read by streaming if the server and your rights (watch) allow it."),
    flag(
        "require_complete",
        bool,
        False,
        "--require-complete",
        text="Anything that could not be read is an error (exit 5).",
    ),
    flag("no_headers", bool, False, "--no-headers", text="Print no headings."),
    flag("color", str, "auto", "--color", text="auto, always or never.", metavar="WHEN"),
    flag("ascii", bool, False, "--ascii", text="Print ASCII only."),
    flag("width", int | None, None, "--width", text="The width to print for in a terminal.", metavar="N", min=20),
    flag("quiet", bool, False, "-q", "--quiet", text="Say less on stderr."),
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
NAMES = frozenset(parameter.name for parameter in SHARED)

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
    known = {each.name for each in fields(Settings)}
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
    if (version := values.get("product_version")) is not None and number_of(version) is None:
        raise UsageError(f"{version} is not a release", "write --product-version 2.5")
    require_one_source(values)
    return Settings(**values)


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


Runner = Callable[[Callable[[Session], "View"], Settings, tuple[str, ...]], None]


def command(
    app: typer.Typer, name: str, formats: tuple[str, ...], run: Runner, *, watched: bool = False
) -> Callable[[Callable[..., View]], Callable[..., View]]:
    """Make a function of a session, and of flags of its own, a command that prints what it returns.

    A command without formats prints a stream that has just one form. One that is `watched` can run again and again.
    """

    def decorate(function: Callable[..., View]) -> Callable[..., View]:
        # A flag's annotation is the name of an alias in its module; the view it returns is not imported yet.
        own = [
            each.replace(annotation=function.__globals__[each.annotation])
            for each in inspect.signature(function).parameters.values()
            if each.name != "session"
        ]
        taken = {each.name for each in own}
        more = (*([WATCH] if watched else ()), *([output_flag(formats)] if formats else ()))
        shared = [each for each in (*SHARED, *more) if each.name not in taken]

        def called(caller: typer.Context, **values: Any) -> None:
            before: Given = caller.obj or {}
            flags = {**before, **given(caller, values)}
            arguments = {each.name: values[each.name] for each in own}
            run(lambda session: function(session, **arguments), settings_of(flags), formats)

        first = inspect.Parameter("caller", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        positional = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        called.__dict__["__signature__"] = inspect.Signature([first, *positional, *shared])
        called.__doc__ = function.__doc__
        app.command(name)(called)
        return function

    return decorate
