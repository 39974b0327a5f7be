"""What `seqkit.command` gives to the commands of plugins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from tests.core.test_public_api import loaded_by

Call = Callable[..., Any]

STEPS = '''
import click
import seqkit
from seqkit.command import Run, json_document, line, run_command, table

@seqkit.hookimpl
def register_commands(cli):
    @cli.command()
    @click.option("--split", default="test", help="Which split.")
    @run_command
    def steps(run: Run, split: str) -> None:
        """Tell how many steps the examples of a split have."""
        arrays = run.split(split)
        sizes = run.codec.sizes(arrays)
        outputs, batch = run.predictor.outputs(arrays, sizes.argsort()[:3])
        found = {"run": run.name, "task": run.task.name, "examples": len(sizes)}
        found |= {"shape": list(outputs.shape), "lengths": batch["lengths"].tolist()}
        if run.as_json:
            json_document(found)
            return
        line(f"{run.name}, {run.device}, {run.checkpoint}")
        table(["steps", "examples"], [["least", str(sizes.min())]])
'''


@pytest.fixture
def trained(seqkit: Call, tiny: tuple[str, ...], tmp_path: Path) -> Path:
    (tmp_path / "steps_of.py").write_text(STEPS)
    words = ("--runs-dir", tmp_path / "runs", "--name", "one", "--quiet")
    assert seqkit("run", "sentiment", *tiny, *words).code == 0
    return tmp_path


def test_a_command_of_a_run_has_its_parts(seqkit: Call, trained: Path) -> None:
    plugin = ("--plugin", trained / "steps_of.py")
    words = ("one", *plugin, "--runs-dir", trained / "runs")
    document = json.loads(seqkit("steps", *words, "--json").out)
    shown = seqkit("steps", *words, "--device", "cpu", "--checkpoint", "last")
    wrong = seqkit("steps", *words, "--split", "tests")
    missing = seqkit("steps", "another", *plugin, "--runs-dir", trained / "runs")

    assert document["task"] == "classification"
    assert document["examples"] == 200
    assert document["shape"] == [3, 2]
    assert document["lengths"] == sorted(document["lengths"])
    assert shown.out.startswith("one, cpu, last\nsteps  examples\n")
    assert (wrong.code, missing.code) == (2, 4)
    assert "dataset sentences has no split 'tests'. Did you mean test?" in wrong.err


def test_a_command_has_its_own_options_before_those_of_every_run(
    seqkit: Call, trained: Path
) -> None:
    text = seqkit("steps", "--help", "--plugin", trained / "steps_of.py").out
    options = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]

    assert "steps [OPTIONS] RUN" in text
    assert options[:2] == ["--split", "--checkpoint"]
    assert options[-1] in ("--help", "--json")


def test_importing_the_helpers_imports_no_torch() -> None:
    loaded = loaded_by("import seqkit.command", REPOSITORY)

    assert not loaded & {"torch", "seqkit.engine", "seqkit.nn"}
