"""The public door: what `import seqkit` offers, and what it costs."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqkit


def test_the_public_names_are_sorted_and_once_each() -> None:
    names = sorted(set(seqkit.__all__), key=lambda name: (not name.isupper(), name))
    assert seqkit.__all__ == names


@pytest.mark.parametrize("name", seqkit.__all__)
def test_every_public_name_is_there_and_explained(name: str) -> None:
    value = getattr(seqkit, name)

    assert name in dir(seqkit)
    if isinstance(value, type):
        assert value.__module__.startswith("seqkit.")
    if callable(value) and not hasattr(value, "__args__") and name != "hookimpl":
        assert value.__doc__


def test_what_type_checkers_see_is_what_there_is(repository: Path) -> None:
    tree = ast.parse((repository / "seqkit" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    declared = {
        (node.module, alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert declared == {(home, name) for name, home in seqkit._HOME_OF.items()}
    assert {name for _, name in declared} == set(seqkit.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'seqkit' has no attribute 'modle'"):
        seqkit.modle  # noqa: B018


def loaded_by(code: str, repository: Path) -> set[str]:
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json; print(json.dumps(list(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
        cwd=repository,
    )
    return set(json.loads(finished.stdout))


def test_importing_seqkit_imports_nothing_heavy(repository: Path) -> None:
    loaded = loaded_by("import seqkit; seqkit.__version__; dir(seqkit)", repository)

    assert not loaded & {"torch", "numpy", "pydantic", "pluggy", "click", "rich", "seqkit.api"}


def test_what_a_plugin_author_uses_does_not_import_torch(repository: Path) -> None:
    names = ["Model", "Dataset", "Config", "Field", "hookimpl", "Event", "SeqkitError"]
    code = "import seqkit\n" + "\n".join(f"seqkit.{name}" for name in names)
    loaded = loaded_by(code, repository)

    assert not loaded & {"torch", "numpy", "seqkit.engine", "seqkit.nn", "click", "rich"}


def test_the_conformance_kit_is_imported_without_torch(repository: Path) -> None:
    loaded = loaded_by("import seqkit.testing", repository)

    assert not loaded & {"torch", "pytest", "seqkit.engine", "seqkit.nn"}


def test_every_plugin_here_is_imported_without_torch(repository: Path) -> None:
    plugins = [*(repository / "plugins").glob("seqkit_*")]
    plugins += [*(repository / "plugins" / "example").glob("seqkit_*")]
    folders = {str(plugin.parent) for plugin in plugins}
    code = f"import sys; sys.path[:0] = {sorted(folders)!r}\n"
    code += "\n".join(f"import {plugin.name}" for plugin in plugins)
    loaded = loaded_by(code, repository)

    assert len(plugins) >= 4
    assert {plugin.name for plugin in plugins} <= loaded
    assert not loaded & {"torch", "tensorboard", "seqkit.engine", "seqkit.nn"}
