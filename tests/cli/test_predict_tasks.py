"""`seqkit predict` for texts, forecasts and translations: what is printed, streamed and saved."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.cli.main import run_command_line
from seqkit.terminal.answers.lines import answer_lines, sample_lines
from seqkit.terminal.output import styled

TINY = ("model.hidden_size=8", "trainer.max_steps=3", "trainer.threads=1", "--quiet")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    text = folder / "text.txt"
    text.write_text("To be, or not to be: that is the question.\n" * 60, encoding="utf-8")
    experiments: dict[str, dict[str, Any]] = {
        "text": {
            "task": "language-modeling",
            "dataset": {"name": "text-file", "path": str(text)},
            "model": "lstm",
        },
        "series": {
            "task": {"name": "forecasting", "context": 12, "horizon": 4},
            "dataset": "temperatures",
            "model": "gru",
            "loss": "quantile",
        },
        "pairs": {
            "task": "seq2seq",
            "dataset": {"name": "reverse", "train": 200, "validation": 20, "test": 20},
            "model": "seq2seq",
        },
    }
    import tomlkit

    for name, experiment in experiments.items():
        file = folder / f"{name}.toml"
        file.write_text(tomlkit.dumps(experiment), encoding="utf-8")
        words = ["run", str(file), *TINY, "--name", name, "--runs-dir", str(folder)]
        assert run_command_line(words) == 0
    return folder


@pytest.fixture(autouse=True)
def _there(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(runs))


def test_one_prompt_is_continued_as_it_is_written(seqkit: Callable) -> None:
    done = seqkit("predict", "text", "To be", "--length", 20, "--seed", 3)
    document = json.loads(
        seqkit("predict", "text", "To be", "--length", 20, "--seed", 3, "--json").out
    )
    (answer,) = document["answers"]
    assert done.out == f"To be{answer['continuation']}\n"
    assert len(answer["continuation"]) == 20


def test_many_prompts_are_continued_at_once(seqkit: Callable) -> None:
    done = seqkit("predict", "text", "To be", "that", "--length", 5, "--temperature", 0)
    assert "To be" in done.out
    assert "that" in done.out


def test_every_sample_of_a_prompt_is_shown(seqkit: Callable) -> None:
    done = seqkit("predict", "text", "To be", "--length", 10, "--samples", 3)
    assert done.out.count("To be") == 3


def test_what_a_prompt_has_that_was_never_seen_is_said(seqkit: Callable) -> None:
    done = seqkit("predict", "text", "Ünïx", "--length", 3)
    assert "Ü" in done.err
    assert "vocabulary" in done.err


def test_a_bad_option_is_named(seqkit: Callable) -> None:
    done = seqkit("predict", "text", "To be", "--temperature", "hot")
    assert done.code == 2
    assert "temperature" in done.err
    assert "number" in done.err


def test_a_forecast_needs_no_input_and_is_drawn_with_its_interval(seqkit: Callable) -> None:
    done = seqkit("predict", "series")
    assert done.code == 0, done.err
    assert "4 steps ahead" in done.out
    assert "80% interval" in done.out
    assert "1991-01-01" in done.out


def test_a_forecast_goes_on_from_a_table(seqkit: Callable, tmp_path: Path) -> None:
    done = json.loads(seqkit("predict", "series", "--json").out)
    (kept,) = done["answers"]
    column = kept["columns"][0]
    rows = zip(kept["history"]["time"], kept["history"]["values"][0], strict=True)
    table = tmp_path / "table.csv"
    lines = [f"time,{column}", *(f"{time},{value}" for time, value in rows)]
    table.write_text("\n".join(lines), encoding="utf-8")
    (again,) = json.loads(seqkit("predict", "series", "--file", table, "--json").out)["answers"]
    assert again["forecast"]["time"] == kept["forecast"]["time"]
    assert again["forecast"]["values"][0] == pytest.approx(kept["forecast"]["values"][0], rel=1e-4)


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_a_forecast_is_saved_as_a_picture(kind: str, seqkit: Callable, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"forecast.{kind}"
    assert seqkit("predict", "series", "--save", path).code == 0
    head = path.read_bytes()[:400]
    assert head.startswith(b"\x89PNG") if kind == "png" else b"<svg" in head or b"<?xml" in head


def test_a_forecast_is_saved_as_a_table(seqkit: Callable, tmp_path: Path) -> None:
    path = tmp_path / "forecast.csv"
    assert seqkit("predict", "series", "--save", path).code == 0
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["time"] for row in rows][:1] == ["1991-01-01"]
    assert len(rows) == 4
    assert all(float(row["q0.1"]) <= float(row["q0.9"]) for row in rows)


def test_a_translation_has_its_attention(seqkit: Callable) -> None:
    done = seqkit("predict", "pairs", "abc", "--attention")
    assert done.code == 0, done.err
    assert "abc" in done.out
    (answer,) = json.loads(seqkit("predict", "pairs", "abc", "--attention", "--json").out)[
        "answers"
    ]
    assert len(answer["attention"]) == len(answer["prediction_tokens"])
    for row in answer["attention"]:
        assert sum(row) == pytest.approx(1, abs=1e-3)


def test_several_hypotheses_are_shown_best_first(seqkit: Callable) -> None:
    done = seqkit("predict", "pairs", "abc", "--beam", 4, "--n-best", 3, "--json")
    (answer,) = json.loads(done.out)["answers"]
    scores = [item["score"] for item in answer["n_best"]]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)


# --- drawing --------------------------------------------------------------------------------------

HOSTILE = "\x1b[31m[red]x[/red]\x07"
ANSWERS: list[dict[str, Any]] = [
    {"prompt": HOSTILE, "continuation": f"{HOSTILE}\n{HOSTILE}"},
    {"source": HOSTILE, "prediction": HOSTILE, "target": HOSTILE, "correct": False},
    {
        "source": HOSTILE,
        "prediction": HOSTILE,
        "source_tokens": [HOSTILE, "b"],
        "prediction_tokens": [HOSTILE],
        "attention": [[0.25, 0.75]],
    },
    {
        "series": HOSTILE,
        "columns": [HOSTILE],
        "history": {"time": [HOSTILE, "2"], "values": [[1.0, None]]},
        "forecast": {"time": ["3"], "values": [[2.0]]},
    },
    {"text": HOSTILE, "label": HOSTILE, "probability": 0.5, "words": [[HOSTILE, 0.2]]},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=["text", "pair", "attention", "series", "words"])
@pytest.mark.parametrize("width", [20, 80])
@pytest.mark.parametrize("draw", [answer_lines, sample_lines])
def test_no_text_of_an_answer_moves_the_cursor(
    draw: Callable[..., Any], width: int, answer: dict[str, Any]
) -> None:
    drawn = "\n".join(styled(*line).plain for line in draw(answer, width))
    assert "\x1b" not in drawn
    assert "\x07" not in drawn
    assert drawn.strip()


def test_a_text_is_wrapped_and_the_prompt_stands_back() -> None:
    lines = answer_lines({"prompt": "ab\ncd", "continuation": "ef\n\n" + "g" * 50}, 20)
    assert [styled(*line).plain for line in lines] == [
        "ab",
        "cdef",
        "",
        "g" * 20,
        "g" * 20,
        "g" * 10,
    ]
    assert lines[1][0] == ("cd", "dim")
