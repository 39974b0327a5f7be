"""What is built holds what it should: the wheel, the source distribution, the bundled data."""

import hashlib
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

IGNORED = {"__pycache__", ".DS_Store"}


def files_under(folder: Path) -> set[str]:
    """Returns the files of a folder that belong to the project, relative to it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not IGNORED.intersection(path.parts)
    }


def build(repository: Path, kind: str, folder: Path) -> Path:
    """Builds a distribution with the installed hatchling and returns its file."""
    command = [sys.executable, "-m", "build", "--no-isolation", kind, "--outdir", str(folder)]
    finished = subprocess.run(
        [*command, str(repository)], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def project(repository: Path) -> dict:
    """The table of pyproject.toml."""
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plugins(repository: Path) -> list[Path]:
    """The folders of the built-in plugins."""
    return sorted(path for path in (repository / "plugins").glob("seqkit_*") if path.is_dir())


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(repository, "--wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_every_file_of_the_core_the_plugins_and_the_data(
    wheel: Path, repository: Path, plugins: list[Path]
) -> None:
    expected = {f"seqkit/{name}" for name in files_under(repository / "seqkit")}
    expected |= {f"seqkit/_bundled/{name}" for name in files_under(repository / "data")}
    for plugin in plugins:
        expected |= {f"{plugin.name}/{name}" for name in files_under(plugin)}

    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert names == expected
    assert "seqkit/py.typed" in names


def test_each_built_in_plugin_has_an_entry_point(wheel: Path, plugins: list[Path]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        entry_points = ConfigParser()
        entry_points.read_string(archive.read(path).decode())

    assert sorted(entry_points["seqkit"].values()) == [plugin.name for plugin in plugins]
    assert dict(entry_points["console_scripts"]) == {"seqkit": "seqkit.__main__:main"}


def test_the_source_distribution_can_be_built_and_tested(repository: Path, tmp_path: Path) -> None:
    with tarfile.open(build(repository, "--sdist", tmp_path)) as archive:
        names = {PurePosixPath(*Path(name).parts[1:]).as_posix() for name in archive.getnames()}

    assert {
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "constraints.txt",
        "pyproject.toml",
    } <= names
    for folder in ("data", "docs", "plugins", "seqkit", "tests"):
        assert {f"{folder}/{name}" for name in files_under(repository / folder)} <= names


def test_every_direct_dependency_is_pinned_within_its_range(
    project: dict, repository: Path
) -> None:
    extras = project["project"]["optional-dependencies"].values()
    ranges = [
        Requirement(text)
        for texts in (project["project"]["dependencies"], *extras)
        for text in texts
    ]
    lines = (repository / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))

    assert set(pins) == {canonicalize_name(requirement.name) for requirement in ranges}
    for requirement in ranges:
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier


def test_each_bundled_file_names_its_source_licence_and_hash(repository: Path) -> None:
    folders = sorted(path for path in (repository / "data").iterdir() if path.is_dir())
    assert folders
    for folder in folders:
        notes = (folder / "README.md").read_text(encoding="utf-8")
        assert "**Source:**" in notes
        assert "**Licence:**" in notes
        hashes = set(re.findall(r"\b[0-9a-f]{64}\b", notes))
        files = [path for path in folder.iterdir() if path.name != "README.md"]
        assert files
        for path in files:
            assert f"`{path.name}`" in notes
            assert hashlib.sha256(path.read_bytes()).hexdigest() in hashes, path


def test_make_names_the_python_it_needs(repository: Path, tmp_path: Path) -> None:
    old_python = tmp_path / "python3.8"
    old_python.write_text("#!/bin/sh\nexit 1\n")
    old_python.chmod(0o755)
    finished = subprocess.run(
        ["make", "venv", f"PYTHON={old_python}", f"VENV={tmp_path / 'venv'}"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )

    assert finished.returncode == 2
    assert f"seqkit needs Python 3.11 or newer, and PYTHON={old_python} is not" in finished.stderr
    assert not (tmp_path / "venv").exists()


def test_real_data_that_is_missing_skips_the_test_by_name(
    real_data: Callable[[str], Path],
) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"nowhere/nothing\.csv not found"):
        real_data("nowhere/nothing.csv")
