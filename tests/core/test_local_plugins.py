"""Local code as a plugin, without packaging it: a file, a package folder, a project folder."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seqkit.errors import PluginError
from seqkit.registry.discovery import load_registry

SOURCE = '''
import seqkit

class Local(seqkit.Model):
    """A model that works."""
    name = "local"
    tasks = ("classification",)

@seqkit.hookimpl
def register_models():
    return [Local]
'''


@pytest.fixture(autouse=True)
def forget_what_was_imported(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        if name.startswith(("seqkit_local", "seqkit_mine", "mine")):
            del sys.modules[name]


def test_a_file_is_a_plugin_named_after_it(tmp_path: Path) -> None:
    file = tmp_path / "my_idea.py"
    file.write_text(SOURCE)
    registry = load_registry([file])

    assert registry.find("models", "local").qualified == "my-idea:local"
    assert registry.plugins[-1].origin == str(file)


def test_a_file_with_the_name_of_a_standard_module_shadows_nothing(tmp_path: Path) -> None:
    import random

    file = tmp_path / "random.py"
    file.write_text(SOURCE)
    load_registry([file])

    assert sys.modules["random"] is random


def test_a_package_folder_may_import_itself_by_name(tmp_path: Path) -> None:
    package = tmp_path / "seqkit_mine"
    package.mkdir()
    (package / "parts.py").write_text(SOURCE)
    (package / "__init__.py").write_text("from seqkit_mine.parts import register_models\n")
    registry = load_registry([package])

    assert registry.find("models", "local").qualified == "mine:local"


@pytest.mark.parametrize("layout", ["", "src"])
def test_a_project_folder_is_read_as_pip_would(tmp_path: Path, layout: str) -> None:
    package = tmp_path / layout / "seqkit_mine"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(SOURCE)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "seqkit-mine"\nversion = "2.1"\n'
        '[project.entry-points.seqkit]\nmy-plugin = "seqkit_mine"\n'
    )
    registry = load_registry([tmp_path])

    assert registry.find("models", "local").qualified == "my-plugin:local"
    assert registry.plugins[-1].version == "2.1"


def test_a_path_that_is_nearly_there_is_suggested(tmp_path: Path) -> None:
    (tmp_path / "my_plugin.py").write_text("")
    with pytest.raises(PluginError, match=r"Did you mean my_plugin\.py"):
        load_registry([tmp_path / "my_plugn.py"])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no such file or folder"),
        (lambda path: path.mkdir(), "has no __init__.py and no pyproject.toml"),
        (lambda path: path.write_text("import not_there"), "ModuleNotFoundError"),
        (lambda path: path.write_text("import sys; sys.exit(0)"), "SystemExit: 0"),
        (lambda path: path.write_bytes(b"\xff\x00"), "SyntaxError"),
        (lambda path: path.write_text(""), "it has no hook"),
    ],
)
def test_a_path_given_by_hand_that_does_not_work_is_an_error(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / "mine.py"
    make(path)

    with pytest.raises(PluginError, match=message) as caught:
        load_registry([path])
    assert f"--plugin {path}" in str(caught.value)
    assert "mine" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[project", "cannot be read"),
        ('[project]\nname = "x"\n', "names 0 entry points"),
        ('[project.entry-points.seqkit]\na = "x"\nb = "y"\n', "names 2 entry points"),
        ('[project.entry-points.seqkit]\na = "nowhere_at_all"\n', "ModuleNotFoundError"),
    ],
)
def test_a_project_that_names_no_plugin_says_so(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)

    with pytest.raises(PluginError, match=message):
        load_registry([tmp_path])


def test_two_packages_with_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        package = tmp_path / folder / "seqkit_mine"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(SOURCE)
    load_registry([tmp_path / "here" / "seqkit_mine"])

    with pytest.raises(PluginError, match="another package 'seqkit_mine' is in use, from"):
        load_registry([tmp_path / "there" / "seqkit_mine"])
    again = load_registry([tmp_path / "here" / "seqkit_mine"])
    assert again.names("models").count("local") == 1
