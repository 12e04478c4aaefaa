"""Who may import whom, and how large things may be (`design.md` 2): read from the source, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1] / "kubectl_gmg"
PACKAGE = ROOT.name
FILES = sorted(ROOT.rglob("*.py"))

LAYERS = (
    ("errors", "regex", "model"),
    ("matching",),
    ("views", "kube"),
    ("api", "sources"),
    ("resolve",),
    ("simulate",),
    ("analysis",),
    ("checks", "explain"),
    ("export", "render"),
    ("settings",),
    ("reading",),
    ("pipeline", "progress"),
    ("commands", "complete"),
    ("watching",),
    ("execution",),
    ("cli",),
    ("__main__",),
)
RANK = {name: place for place, layer in enumerate(LAYERS) for name in layer}
EVERYWHERE = ""
"""The package itself, which holds the version only."""

SEES_ONLY = {
    "model": ("model",),
    "errors": (),
    "regex": (),
    "render": ("render", "views", "model", "matching.response"),
    "api": ("api", "model", "errors", "regex"),
}
LATE = ("kubernetes", "rich", "tabulate", "yaml")
EARLY_YAML = ("sources",)
"""Reading files is what they are for."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    """A module's name within the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All of a module, which most of these tests go through."""
    return list(ast.walk(tree_of(path)))


@cache
def is_known(module: str) -> bool:
    """Whether there is such a module in the package."""
    place = ROOT.joinpath(*module.split("."))
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


def ours(node: ast.AST) -> Iterator[str]:
    """The modules of the package that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (each.name.removeprefix(f"{PACKAGE}.") for each in node.names if each.name.startswith(PACKAGE))
    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
        inner = node.module.removeprefix(PACKAGE).removeprefix(".")
        for each in node.names:
            deeper = f"{inner}.{each.name}".removeprefix(".")
            yield deeper if is_known(deeper) else inner


def imports() -> list[tuple[str, str]]:
    """Who imports whom, wherever in a module it stands."""
    return [(name_of(path), found) for path in FILES for node in nodes_of(path) for found in ours(node)]


IMPORTS = imports()


def test_every_module_has_a_layer() -> None:
    assert len(IMPORTS) > 100
    assert {name_of(path).split(".")[0] for path in FILES} - set(RANK) == {EVERYWHERE}


def test_no_relative_imports() -> None:
    for path in FILES:
        assert not [node for node in nodes_of(path) if isinstance(node, ast.ImportFrom) and node.level]


def test_left_never_imports_right() -> None:
    wrong = []
    for importer, imported in IMPORTS:
        above, below = importer.split(".")[0], imported.split(".")[0]
        if below != EVERYWHERE and above != below and RANK[below] >= RANK[above]:
            wrong.append(f"{importer} imports {imported}")
    assert wrong == []


@pytest.mark.parametrize("part", SEES_ONLY)
def test_who_sees_only_what(part: str) -> None:
    allowed = SEES_ONLY[part]
    wrong = [
        f"{importer} imports {imported}"
        for importer, imported in IMPORTS
        if importer.split(".")[0] == part
        and imported != EVERYWHERE
        and not any(imported == each or imported.startswith(f"{each}.") for each in allowed)
    ]
    assert wrong == []


def test_only_sources_reach_the_cluster() -> None:
    assert {importer.split(".")[0] for importer, imported in IMPORTS if imported == "kube"} - {"kube"} == {"sources"}
    users = {name_of(path) for path in FILES for node in nodes_of(path) if "kubernetes" in foreign(node)}
    assert users == {"kube.login"}


def foreign(node: ast.AST) -> set[str]:
    """The packages of others that a statement imports."""
    if isinstance(node, ast.Import):
        return {each.name.split(".")[0] for each in node.names}
    return {(node.module or "").split(".")[0]} if isinstance(node, ast.ImportFrom) else set()


def early(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported; those for type checkers do not."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from early([*node.body, *node.orelse])
        if isinstance(node, ast.Try | ast.With | ast.ClassDef):
            yield from early(node.body)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_slow_packages_are_imported_late(path: Path) -> None:
    slow = {found for node in early(tree_of(path).body) for found in foreign(node)} & set(LATE)
    if name_of(path).split(".")[0] in EARLY_YAML:
        slow -= {"yaml"}
    assert slow == set()


def functions(path: Path) -> list[Function]:
    return [node for node in nodes_of(path) if isinstance(node, Function)]


def test_functions_are_small() -> None:
    sizes = {}
    for path in FILES:
        for each in functions(path):
            sizes[f"{name_of(path)}.{each.name}:{each.lineno}"] = (each.end_lineno or 0) - each.lineno + 1
    assert {name: size for name, size in sizes.items() if size > 60} == {}
    assert median(sizes.values()) <= 8


MOST_LINES = 400


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def undocumented(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    """Public classes and functions without docstring; what is inside a function is nobody's business."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            if ast.get_docstring(node) is None:
                yield f"{prefix}{node.name}"
            if isinstance(node, ast.ClassDef):
                yield from undocumented(node.body, f"{prefix}{node.name}.")


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_everything_public_is_documented(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree)
    assert list(undocumented(tree.body, "")) == []


def is_of_re(function: ast.expr) -> bool:
    """Whether something that is called takes a pattern."""
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return False
    return function.value.id == "re" and function.attr in ("compile", "sub", "match", "fullmatch", "search")


def test_regular_expressions_of_users_are_never_pythons() -> None:
    """`re` compiles literals of ours only; RE2 is used where patterns are kept, and where many are matched at once."""
    for path in FILES:
        for node in nodes_of(path):
            if isinstance(node, ast.Call) and is_of_re(node.func):
                assert isinstance(node.args[0], ast.Constant | ast.JoinedStr | ast.BinOp), (
                    f"{name_of(path)}: {ast.unparse(node)}"
                )
    users = {name_of(path) for path in FILES for node in nodes_of(path) if "re2" in foreign(node)}
    assert users <= {"regex", "matching.regexes"}
