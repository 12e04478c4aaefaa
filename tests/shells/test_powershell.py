"""What can be said of the script for PowerShell without one: nothing here runs it.

A small reader of the language's quotes and comments splits it into code and texts.
"""

from __future__ import annotations

import re

import pytest

from tests.shells.prompt import SCRIPTS

SCRIPT = (SCRIPTS / "kubectl-gmg.ps1").read_bytes().decode("ascii")
TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<single>'(?:[^']|'')*')
      | (?P<double>"(?:[^"`]|`.|"")*")
      | (?P<code>[^\#'"]+)
      | (?P<broken>.)""",
    re.VERBOSE | re.DOTALL,
)
PAIRS = {")": "(", "]": "[", "}": "{"}


def code() -> str:
    """The script without comments, and with nothing in its texts."""
    found = [(each.lastgroup, each.group()) for each in TOKEN.finditer(SCRIPT)]
    assert "broken" not in {kind for kind, _ in found}, "a text that does not end"
    return "".join(text if kind == "code" else "''" for kind, text in found if kind != "comment")


def test_brackets_are_balanced() -> None:
    still: list[str] = []
    for letter in code():
        if letter in PAIRS.values():
            still.append(letter)
        elif letter in PAIRS:
            assert still, letter
            assert still.pop() == PAIRS[letter]
    assert still == []


def test_it_registers_one_completer_of_programs() -> None:
    assert code().count("Register-ArgumentCompleter -Native -CommandName") == 1
    assert "'kubectl-gmg'" in SCRIPT


@pytest.mark.parametrize(
    "word", ["Invoke-Expression", "iex", "Invoke-Command", "ExpandString", "Create", "NewScriptBlock"]
)
def test_no_text_is_run(word: str) -> None:
    assert not re.search(rf"\b{word}\b", code(), re.IGNORECASE)


def test_only_the_program_is_called_and_its_stderr_is_dropped() -> None:
    calls = re.findall(r"&[^&]*?(?=\))", code())
    assert calls == ["& kubectl-gmg __complete @words 2>$null"]


def test_double_quoted_texts_hold_nothing_but_what_they_say() -> None:
    """A `$(...)` in one would run; candidates stand in none at all."""
    texts = [each.group() for each in TOKEN.finditer(SCRIPT) if each.lastgroup == "double"]
    assert '"`t"' in texts
    assert not [text for text in texts if "$(" in text or "$value" in text or "$note" in text]


def test_what_is_changed_for_the_call_is_put_back() -> None:
    """The encoding of the console, and the exit code of the user's last command."""
    body = code()
    restore = body[body.index("finally") :]
    for name in ("[Console]::OutputEncoding = $encoding", "$global:LASTEXITCODE = $code"):
        assert name in restore


def test_values_are_quoted_by_powershell_itself() -> None:
    """Its rule knows the other letters that it takes for a single quote, too."""
    assert "CodeGeneration]::EscapeSingleQuotedStringContent($value)" in code()
    bare = re.search(r"-notmatch '\^\[(?P<letters>[^]]+)\]\+\$'", SCRIPT)
    assert bare
    assert not set(bare["letters"]) & set("$`'\"(){}@#;,&|<>*?! ~")


@pytest.mark.parametrize("bit", [1, 2, 4, 8, 24, 32])
def test_every_directive_is_observed(bit: int) -> None:
    assert f"$directive -band {bit})" in code()
