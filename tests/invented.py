"""A finished run of the invented task of `tests/oracle.py`."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from seqkit.cli.main import run_command_line
from tests.answers import ANSWERS

_TOML = """
task = "oracle:oracle"
dataset = "oracle:questions"
model = "oracle:oracle-model"
[trainer]
epochs = 2
threads = 1
samples = 20
"""


@dataclass(frozen=True)
class Invented:
    """A run, and the plugin that it needs."""

    plugin: Path
    run: Path


def train_invented(folder: Path) -> Invented:
    """Puts the plugin into a folder and trains its task there."""
    plugin = folder / "oracle.py"
    shutil.copyfile(Path(__file__).parent / "oracle.py", plugin)
    (folder / "answers.json").write_text(json.dumps(ANSWERS))
    (folder / "oracle.toml").write_text(_TOML)
    words = ["run", str(folder / "oracle.toml"), "--plugin", str(plugin)]
    words += ["--runs-dir", str(folder / "runs"), "--name", "asked", "--quiet"]
    assert run_command_line(words) == 0
    return Invented(plugin, folder / "runs" / "asked")
