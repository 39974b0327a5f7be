"""What a command imports is what it costs to start."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.long_runs import make_run

PROBE = """
import sys
from seqkit.cli.main import run_command_line
code = run_command_line(sys.argv[1:])
sys.stdout.flush()
print("code", code, file=sys.stderr)
print(*sys.modules, file=sys.stderr)
"""


def modules_after(folder: Path, *words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        check=True,
    )
    assert "code 0" in done.stderr, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "--json"],
        ["runs"],
        ["show", "lstm"],
        ["show", "sentiment"],
        ["data", "list"],
        ["doctor", "--help"],
        ["run", "--help"],
        ["sweep", "sentiment", "model=lstm,gru", "--seeds", "2", "--dry-run"],
        ["predict", "--help"],
    ],
    ids=" ".join,
)
def test_a_command_that_trains_nothing_imports_neither_torch_nor_textual(
    words: list[str], tmp_path: Path
) -> None:
    found = modules_after(tmp_path, *words)
    assert not found & {"torch", "textual", "tokenizers", "sklearn", "tensorboard", "requests"}


def test_help_imports_no_plugin_and_no_other_command(tmp_path: Path) -> None:
    found = modules_after(tmp_path, "--help")
    assert not found & {"pydantic", "pluggy", "rich", "numpy", "psutil", "seqkit.registry.registry"}
    assert not {name for name in found if name.startswith("seqkit_")}
    assert {name for name in found if name.startswith("seqkit.cli.")} == {
        "seqkit.cli.lazy",
        "seqkit.cli.main",
        "seqkit.cli.plugin_commands",
    }


def test_training_imports_no_compiler(tmp_path: Path) -> None:
    small = ["model.hidden_size=4", "trainer.max_steps=2", "trainer.samples=0"]
    found = modules_after(tmp_path, "run", "weather-rnn", *small)
    assert "torch" in found
    assert "torch._dynamo" not in found


@pytest.mark.parametrize("words", [["runs"], ["tui"]], ids=" ".join)
def test_a_list_of_runs_imports_neither_numpy_nor_pydantic_nor_a_plugin(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The terminal UI lists the runs where it cannot be drawn.
    monkeypatch.setenv("TERM", "dumb")
    make_run(tmp_path / "runs" / "one", 20, "finished")
    found = modules_after(tmp_path, *words)
    assert not found & {"pydantic", "pluggy", "numpy", "psutil", "seqkit.registry.registry"}
    assert not {name for name in found if name.startswith("seqkit_")}
