"""Runs on one's own file, of every task and kind of file, through the commands that are advised."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TINY = ["trainer.max_steps=2", "trainer.batch_size=8", "trainer.threads=1", "trainer.device=cpu"]


def _reviews(folder: Path) -> list[tuple[str, str]]:
    words = ["film", "plot", "cast", "scene", "music"]
    rows = []
    for number in range(40):
        kind = "good" if number % 2 else "bad"
        rows.append((f"{kind} {words[number % 5]} {words[number // 5 % 5]}", kind))
    return rows


def _text_csv(folder: Path) -> tuple[str, list[str]]:
    path = folder / "r.csv"
    path.write_text("text,label\n" + "".join(f"{t},{k}\n" for t, k in _reviews(folder)))
    return "text-csv", [f"dataset.path={path}"]


def _text_jsonl(folder: Path) -> tuple[str, list[str]]:
    path = folder / "r.jsonl"
    rows = [json.dumps({"text": t, "label": k}) for t, k in _reviews(folder)]
    path.write_text("\n".join(rows) + "\n")
    return "text-jsonl", [f"dataset.path={path}"]


def _text_folder(folder: Path) -> tuple[str, list[str]]:
    for number, (text, kind) in enumerate(_reviews(folder)):
        path = folder / "r" / kind / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return "text-folder", [f"dataset.path={folder / 'r'}"]


def _text_file(folder: Path) -> tuple[str, list[str]]:
    path = folder / "r.txt"
    path.write_text("the cat sat on the mat and the dog ran to the barn. " * 60)
    return "text-file", [f"dataset.path={path}"]


def _pairs(folder: Path) -> tuple[str, list[str]]:
    path = folder / "r.tsv"
    path.write_text("".join(f"{t}\t{' '.join(reversed(t.split()))}\n" for t, _ in _reviews(folder)))
    return "pairs-tsv", [f"dataset.path={path}"]


def _series(folder: Path) -> tuple[str, list[str]]:
    path = folder / "r.csv"
    rows = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d},{n % 7 + 0.25}" for n in range(160)]
    path.write_text("date,sales\n" + "\n".join(rows) + "\n")
    return "series-csv", [f"dataset.path={path}"]


KINDS: dict[str, tuple[Callable[[Path], tuple[str, list[str]]], str, list[str]]] = {
    "text-csv": (_text_csv, "sentiment", ["good film"]),
    "text-jsonl": (_text_jsonl, "sentiment", ["good film"]),
    "text-folder": (_text_folder, "sentiment", ["good film"]),
    "text-file": (_text_file, "shakespeare-gru", ["the cat"]),
    "pairs-tsv": (_pairs, "reverse-seq2seq", ["good film"]),
    "series-csv": (_series, "stocks-gru", []),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_on_an_own_file_is_shown_scored_compared_used_and_resumed(
    tmp_path: Path, seqkit: Callable[..., Any], kind: str
) -> None:
    make, task, inputs = KINDS[kind]
    dataset, words = make(tmp_path)
    file = tmp_path / "e.toml"
    tasks = {
        "sentiment": 'task = "classification"\n[model]\nname = "gru"\nhidden_size = 4\n',
        "shakespeare-gru": 'task = "language-modeling"\n[model]\nname = "gru"\nhidden_size = 4\n',
        "reverse-seq2seq": 'task = "seq2seq"\n[model]\nname = "seq2seq"\nhidden_size = 4\n',
        "stocks-gru": 'task = {name = "forecasting", context = 14, horizon = 3}\n'
        '[model]\nname = "gru"\nhidden_size = 4\n',
    }
    file.write_text(tasks[task] + f'[dataset]\nname = "{dataset}"\npath = "x"\n')
    runs = ["--runs-dir", tmp_path / "runs"]
    done = seqkit("run", file, *words, *TINY, "--name", "mine", *runs)
    assert done.code == 0, done.err
    for command in (
        ["show", "mine"],
        ["show", "mine", "--json"],
        ["evaluate", "mine", "--split", "validation"],
        ["compare", "mine", "mine"],
        ["predict", "mine", *inputs, "--json"],
        ["resume", "mine", "trainer.max_steps=3"],
        ["runs"],
    ):
        used = seqkit(*command, *runs)
        assert used.code == 0, (command, used.err)
        assert "bug in seqkit" not in used.err


DAYS = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}" for n in range(160)]
SERIES = [f"{day},{n % 7 + 0.25}" for n, day in enumerate(DAYS)]


@pytest.mark.parametrize(
    ("name", "lines", "settings", "after"),
    [
        ("rows.csv", SERIES, ["dataset.header=false"], "2024-06-21"),
        ("rows.txt", SERIES, ["dataset.header=false"], "2024-06-21"),
        ("bars.csv", [s.replace(",", "|") for s in ["date,sales", *SERIES]], [], "2024-06-21"),
        (
            "twice.csv",
            ["date,sales", *SERIES, f"{DAYS[-1]},9.0"],
            ["dataset.duplicates=last"],
            "2024-06-21",
        ),
    ],
)
def test_a_forecast_is_made_of_the_very_file_that_the_run_was_trained_on(
    tmp_path: Path,
    seqkit: Callable[..., Any],
    name: str,
    lines: list[str],
    settings: list[str],
    after: str,
) -> None:
    path, runs = tmp_path / name, ["--runs-dir", tmp_path / "runs"]
    path.write_text("\n".join(lines) + "\n")
    words = ["dataset=series-csv", f"dataset.path={path}", *settings, *TINY, "model.hidden_size=4"]
    words += ["task.context=14", "task.horizon=3", "task.targets=[]", "task.past_covariates=auto"]
    done = seqkit("run", "weather-rnn", *words, "--name", "mine", "-q", *runs)
    assert done.code == 0, done.err
    kept, given = (
        json.loads(seqkit("predict", "mine", "--json", *more, *runs).out)["answers"]
        for more in ([], ["--file", path])
    )
    assert kept == given
    assert given[0]["forecast"]["time"][0] == after


MONTHS = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec"
TABLES = {
    "signs": ["date,sales", *(f'{day},"${1000 + n % 7}.50"' for n, day in enumerate(DAYS))],
    "months": [
        f"Year,{MONTHS}",
        *(f"{y},{','.join(str(y % 5 + month) for month in range(12))}" for y in range(1990, 2010)),
    ],
    "hours": ["Date;Hour;load", *(f"{DAYS[n // 24]};{n % 24};{n % 24 + 0.5}" for n in range(480))],
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_is_read_alike_by_new_run_predict_and_evaluate(
    tmp_path: Path, seqkit: Callable[..., Any], kind: str
) -> None:
    path, file, runs = tmp_path / "a.csv", tmp_path / "a.toml", ["--runs-dir", tmp_path / "runs"]
    path.write_text("\n".join(TABLES[kind]) + "\n")
    told = {"signs": "'sales' ($)", "months": "each column a month", "hours": "'Hour', joined"}
    new = seqkit("new", file, "--data", path)
    assert (new.code, told[kind] in new.out + new.err) == (0, True), new.err
    assert (new.out + new.err).count(told[kind]) == 1
    done = seqkit("run", file, *TINY, "--name", "mine", "-q", *runs)
    assert done.code == 0, done.err
    kept, given = (
        json.loads(seqkit("predict", "mine", "--json", *more, *runs).out)["answers"]
        for more in ([], ["--file", path])
    )
    assert kept == given
    after = {"signs": "2024-06-21", "months": "2010-01-01", "hours": "2024-01-21T00:00"}
    assert given[0]["forecast"]["time"][0] == after[kind]
    scored = seqkit("evaluate", "mine", "--file", path, *runs)
    assert scored.code == 0, scored.err
