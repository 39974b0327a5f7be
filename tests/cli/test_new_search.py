"""`seqkit new --search`."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry


@pytest.fixture(autouse=True)
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    generator = random.Random(1)
    words = "a film of some kind that was seen by many in the end".split()  # noqa: SIM905
    rows = []
    for number in range(120):
        text = [*generator.choices(words, k=6), ("dull", "fine")[number % 2]]
        generator.shuffle(text)
        rows.append(f"{' '.join(text)},{number % 2}\n")
    Path("own.csv").write_text("text,label\n" + "".join(rows), encoding="utf-8")


@pytest.mark.parametrize("time", ["10", "0s", "-1m", "soon", "1d", ""])
def test_a_time_has_a_unit(time: str, seqkit: Callable) -> None:
    done = seqkit("new", "own.toml", "--data", "own.csv", "--search", time)
    assert done.code == 2
    assert "Write one such as 90s, 10m or 2h" in done.err
    assert not Path("own.toml").exists()


@pytest.mark.slow
def test_the_best_of_what_was_tried_is_written(seqkit: Callable) -> None:
    done = seqkit("new", "own.toml", "--data", "own.csv", "--search", "90s", "--json")
    assert done.code == 0
    tried = json.loads(done.out)["tried"]
    assert len(tried) >= 2
    assert tried[0]["settings"] == {}
    best = max(tried, key=lambda one: one["accuracy"] or 0)
    document = tomllib.loads(Path("own.toml").read_text(encoding="utf-8"))
    for key, value in best["settings"].items():
        part, name = key.split(".")
        assert document[part][name] == value
    assert load_experiment("own.toml", load_registry()).task.name == "classification"
    # What was tried leaves nothing behind.
    assert {path.name for path in Path().iterdir()} <= {"own.csv", "own.toml", "data"}


def test_ctrl_c_keeps_what_was_written_before() -> None:
    command = [sys.executable, "-m", "seqkit", "new", "own.toml", "--data", "own.csv"]
    with subprocess.Popen(
        [*command, "--search", "1h"], stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "Searching for" in line:
                break
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(60) == 0, rest
    assert "The best so far is kept" in rest
    assert load_experiment("own.toml", load_registry()).task.name == "classification"


def test_a_try_that_the_time_ends_has_not_failed(seqkit: Callable) -> None:
    done = seqkit("new", "own.toml", "--data", "own.csv", "--search", "1s")
    assert done.code == 0
    assert "no time for an evaluation  as it is" in done.err
    assert "failed" not in done.err
