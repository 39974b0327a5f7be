"""The pages that `make docs` writes."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from seqkit.cli.main import COMMANDS
from seqkit.experiments.schema import settings_of
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.discovery import load_registry


def test_the_pages_name_every_command_and_every_setting(repository: Path) -> None:
    commands = (repository / "docs" / "commands.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"## seqkit {name}\n" in commands
    assert "### seqkit data get" in commands
    settings = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    for setting in settings_of(TrainerConfig):
        assert f"| `{setting.key}` |" in settings


# `make check` says so too, before each run of the tests in CI.
@pytest.mark.slow
def test_the_pages_in_docs_are_up_to_date(repository: Path) -> None:
    if any(plugin.distribution != "seqkit" for plugin in load_registry().plugins):
        pytest.skip("other plugins are installed")
    done = subprocess.run(
        [sys.executable, repository / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def documented(page: str) -> dict[str, str]:
    """Returns what the page says of each public name, by the name."""
    parts = re.split(r"^### `([\w.]+)`$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_public_name_stands_on_the_page_of_the_api_and_is_explained(
    repository: Path,
) -> None:
    found = documented((repository / "docs" / "api.md").read_text(encoding="utf-8"))
    reference = runpy.run_path(str(repository / "docs" / "api_reference.py"))
    names = [
        f"{name}.{public}"
        for name in reference["MODULES"]
        for public in reference["public_names"](import_module(name))
    ]

    assert len(names) > 150
    assert {"seqkit.Model", "seqkit.nn.Decoding", "seqkit.data.fetch", "seqkit.paths.data_home"} < {
        *names
    }
    for name in names:
        said = found[name].partition("\n## ")[0]
        assert re.sub(r"```.*?```", "", said, flags=re.DOTALL).strip(), f"{name} has no docstring"


def test_the_page_of_the_api_holds_signatures_and_no_addresses(repository: Path) -> None:
    page = (repository / "docs" / "api.md").read_text(encoding="utf-8")

    assert "splits(config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]" in page
    assert "pad_ragged(" in page
    assert not re.search(r"0x[0-9a-f]{6}", page)


def test_the_keys_of_records_and_of_extras_of_every_task_are_listed(repository: Path) -> None:
    page = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    for entry in load_registry().entries("tasks"):
        section = page.partition("## Tasks")[2].partition(f"### `{entry.name}`")[2]
        section = section.partition("### ")[0]
        task = entry.component
        for key in (*task.fields, *task.optional_fields, *task.extras):
            assert f"- `{key}`: " in section, f"{entry.name}: {key}"
