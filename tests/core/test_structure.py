"""The structure of the house, read from its source: what the import contracts cannot say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ROOTS = [REPOSITORY / "seqkit", *sorted((REPOSITORY / "plugins").glob("seqkit_*"))]
LONGEST = 600


def sources(root: Path) -> dict[str, Path]:
    """Returns the modules of a package by their dotted names."""
    found = {}
    for path in root.rglob("*.py"):
        name = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


def imported(name: str, path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yields the modules that a module imports, anywhere in it and for type checking too."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = [package, node.module] if node.level else [node.module]
            base = ".".join(part for part in parts if part)
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in known else base


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Returns the groups of modules that reach each other (Tarjan, 1972)."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = lowest[node] = len(number)
        stack.append(node)
        for other in graph[node]:
            if other not in number:
                visit(other)
            if other in stack:
                lowest[node] = min(lowest[node], lowest[other])
        if lowest[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in number:
            visit(node)
    return found


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = {name: path for root in ROOTS for name, path in sources(root).items()}
    graph = {
        name: {other for other in imported(name, path, known) if other in known and other != name}
        for name, path in known.items()
    }
    # The package itself names its public parts and imports each when it is asked for.
    graph["seqkit"] = set()
    assert len(known) > 300
    assert sum(map(len, graph.values())) > 1000
    assert circles(graph) == []
    assert circles({**graph, "seqkit.errors": {"seqkit.cli.main"}}) != []


@pytest.mark.parametrize("path", sorted((REPOSITORY / "seqkit" / "cli").glob("*.py")))
def test_the_room_of_the_commands_holds_commands_and_what_they_share(path: Path) -> None:
    shared = {"__init__", "common", "examples", "lazy", "main", "plugin_commands"}
    shared |= {"settings", "task_options"}
    tree = ast.parse(path.read_text(encoding="utf-8"))
    decorated = [
        ast.unparse(decorator)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    ]
    is_command = any(word.startswith(("click.command", "click.group")) for word in decorated)
    assert is_command or path.stem in shared, f"{path.name} holds no command"


def test_no_file_is_longer_than_a_room_may_be() -> None:
    long = {
        str(path.relative_to(REPOSITORY)): count
        for root in ROOTS
        for path in sources(root).values()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
    }
    assert long == {}
