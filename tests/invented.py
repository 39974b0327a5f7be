"""A finished run of the invented task of `tests/oracle.py`."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from seqkit.cli.main import run_command_line
from tests.answers import ANSWERS, Answer

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


def train_invented(folder: Path, **answers: Answer) -> Invented:
    """Puts the plugin into a folder and trains its task there.

    Args:
        folder: An empty folder.
        answers: What the task answers beside the answers of every view, by what it is asked.
    """
    plugin = folder / "oracle.py"
    shutil.copyfile(Path(__file__).parent / "oracle.py", plugin)
    (folder / "answers.json").write_text(json.dumps(ANSWERS | answers))
    (folder / "oracle.toml").write_text(_TOML)
    words = ["run", str(folder / "oracle.toml"), "--plugin", str(plugin)]
    words += ["--runs-dir", str(folder / "runs"), "--name", "asked", "--quiet"]
    assert run_command_line(words) == 0
    return Invented(plugin, folder / "runs" / "asked")
