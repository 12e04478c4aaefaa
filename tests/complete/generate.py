"""Writes the words that completion knows, from the program itself: `python -m tests.complete.generate`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kubectl_gmg import cli
from kubectl_gmg.analysis.what_if import FIELDS
from kubectl_gmg.checks import catalogue
from kubectl_gmg.commands.completion import KUBECTL, SCRIPTS
from kubectl_gmg.commands.expect import READERS
from kubectl_gmg.commands.options import COLORS
from kubectl_gmg.commands.snapshot import PARTS
from kubectl_gmg.model.action import SortMethod
from kubectl_gmg.model.finding import Severity
from kubectl_gmg.pipeline import GENERATIONS

WORDS = Path(__file__).parents[2] / "kubectl_gmg" / "complete" / "words.json"

Json = dict[str, Any]
Pairs = list[list[str]]

OUTCOMES = (  # `spec/cli.md` 6.8
    *("forward", "redirect", "directResponse", "proxyResponse", "connectionClosed", "frozen", "notRouted"),
    *("notSimulated", "noGateway", "noHost", "noRoute"),
)
FAMILIES = (  # `spec/cli.md` 8
    ["GMG0", "input and shape"],
    ["GMG1", "gateways, listeners, hosts, attachment"],
    ["GMG2", "delegation"],
    ["GMG3", "order and matching"],
    ["GMG4", "actions and destinations"],
    ["GMG5", "options, policies, workspaces"],
    ["GMG6", "what the controller reports"],
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LISTS = frozenset(("select", "redact", "read_namespaces"))
"""The flags that take several values in one word, with commas between them."""


def plain(*values: str) -> Pairs:
    """Values that speak for themselves."""
    return [[value, ""] for value in values]


def codes() -> Pairs:
    """The codes of findings, with their titles."""
    return [[rule.info.code, rule.info.title] for rule in catalogue.rules()]


def values() -> dict[str, Json]:
    """The values of flags that may have only these, by the name of the flag."""
    sorts = plain(*SortMethod)
    return {
        "color": {"values": plain(*COLORS)},
        "generation": {"values": plain(*GENERATIONS)},
        "fail_on": {"values": plain(*Severity, "never")},
        "select": {"values": [*FAMILIES, *codes()]},
        "ignore": {"values": codes()},
        "redact": {"values": plain(*PARTS)},
        "method": {"values": plain(*METHODS)},
        "expect": {
            "values": plain(*(f"{each}=" for each in (*READERS, "route")), "subset."),
            "parts": {"outcome": plain(*OUTCOMES), "route": []},
        },
        "what_if": {"values": plain(*(f"{each}=" for each in FIELDS)), "parts": {"sortMethod": sorts}},
    }


def formats(text: str) -> Pairs:
    """The formats that the help of `-o` lists."""
    return plain(*re.findall(r"\w+", text.removeprefix("One of"))) if text.startswith("One of") else []


def flag(param: Any, known: dict[str, Json]) -> Json:
    """What completion knows of one flag."""
    said: Json = {"name": param.name, "names": sorted(param.opts, key=len), "text": param.help}
    if not (param.is_flag or param.count):
        said["metavar"] = param.metavar or "VALUE"
        said |= known.get(param.name, {})
        if param.name in LISTS:
            said["listed"] = True
    if param.name == "output" and (found := formats(param.help)):
        said["values"] = found
    if param.multiple or param.count:
        said["many"] = True
    return said


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command with its words."""
    yield path, command
    for name in getattr(command, "commands", {}):
        yield from commands(command.commands[name], (*path, name))


def summary(command: Any) -> str:
    """The first line of a command's help."""
    return str(command.help).splitlines()[0].removesuffix(".")


def described(path: tuple[str, ...], command: Any, known: dict[str, Json]) -> Json:
    """What completion knows of one command."""
    caller = command.make_context(command.name, [], resilient_parsing=True)
    params = command.get_params(caller)
    arguments = [
        each.metavar.strip("[]").replace("]...", "...")
        + ("..." if each.nargs == -1 and not each.metavar.endswith("...") else "")
        for each in params
        if not hasattr(each, "is_flag")
    ]
    subcommands = getattr(command, "commands", {})
    said: Json = {
        "commands": [[name, summary(subcommands[name])] for name in subcommands if not subcommands[name].hidden],
        "arguments": arguments,
        "flags": [flag(each, known) for each in params if hasattr(each, "is_flag") and not each.hidden],
    }
    if choices := {"rules": codes(), "completion": plain(*SCRIPTS, KUBECTL)}.get(" ".join(path)):
        said["values"] = choices
    return said


def generated() -> Json:
    """All of it; a flag that several commands share is there once, and they have its name."""
    known = values()
    found = {" ".join(path): described(path, command, known) for path, command in commands(cli.program())}
    everything = [one for each in found.values() for one in each["flags"]]
    union = plain(*dict.fromkeys(v for one in everything if one["name"] == "output" for v, _ in one.get("values", ())))
    for one in found[""]["flags"]:
        if one["name"] == "output":
            one["values"] = union
    count = Counter(json.dumps(one) for one in everything)
    shared = {one["names"][-1]: one for one in everything if count[json.dumps(one)] > 1}
    for each in found.values():
        each["flags"] = [one["names"][-1] if shared.get(one["names"][-1]) == one else one for one in each["flags"]]
    return {"flags": shared, "commands": found, "codes": codes()}


def text() -> str:
    """The content of the file: one flag, code or command a line, so that changes can be read."""

    def lines(content: Any, depth: int) -> str:
        if depth and isinstance(content, dict) and content:
            inner = ",\n".join(f"{json.dumps(key)}: {lines(each, depth - 1)}" for key, each in content.items())
            return f"{{\n{inner}\n}}"
        if depth and isinstance(content, list) and content:
            return "[\n" + ",\n".join(lines(each, depth - 1) for each in content) + "\n]"
        return json.dumps(content, ensure_ascii=False)

    content = generated()
    parts = {"flags": 1, "commands": 3, "codes": 1}
    return "{\n" + ",\n".join(f'"{name}": {lines(content[name], depth)}' for name, depth in parts.items()) + "\n}\n"


if __name__ == "__main__":
    WORDS.write_text(text(), encoding="utf-8")
