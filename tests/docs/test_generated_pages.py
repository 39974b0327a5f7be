"""The pages that `make docs` writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from seqkit.cli.main import COMMANDS
from seqkit.discovery import load_registry
from seqkit.experiments.schema import settings_of
from seqkit.experiments.trainer import TrainerConfig


def test_the_pages_name_every_command_and_every_setting(repository: Path) -> None:
    commands = (repository / "docs" / "commands.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"## seqkit {name}\n" in commands
    assert "### seqkit data get" in commands
    settings = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    for setting in settings_of(TrainerConfig):
        assert f"| `{setting.key}` |" in settings


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
