"""What real runs say of themselves when they end, from data that lead to it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seqkit.engine.evaluate import Wanted, evaluate_run
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.runs.example_scores import load_scores
from tests.engine.conftest import Lab, Run

LONGER = ("trainer.epochs=12", "trainer.batch_size=16")
"""So many steps that what the task says goes before their number."""
FAST = ("trainer.baselines=true", "trainer.test=true", "trainer.log_every=5")


def verdict(run: Run) -> dict[str, Any]:
    (ended,) = run.of("ended")
    found = dict(ended["verdict"])
    for cause in found["causes"]:
        # Whatever is told to try can be run.
        load_experiment(run.path / "experiment.toml", load_registry(), cause["try"])
    return found


def texts(path: Path, rows: Iterator[tuple[str, str]]) -> dict[str, Any]:
    lines = ["text,label", *(f"{text},{label}" for text, label in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"name": "text-csv", "path": str(path)}


@pytest.fixture
def imbalanced(tmp_path: Path) -> dict[str, Any]:
    """One text in ten is rare in its label, and nothing in it tells."""
    draw = random.Random(0)

    def rows() -> Iterator[tuple[str, str]]:
        for index in range(300):
            words = draw.choices(["box", "came", "fine", "use", "daily"], k=6)
            yield " ".join(words), "rare" if index % 10 == 0 else "usual"

    return texts(tmp_path / "imbalanced.csv", rows())


def test_a_rare_class_that_is_never_told_is_named(lab: Lab, imbalanced: dict[str, Any]) -> None:
    found = verdict(lab.train(*FAST, *LONGER, dataset=imbalanced))
    assert found["better"] is False
    first = found["causes"][0]
    assert "never rightly tells the rare class 'rare'" in first["cause"]
    assert first["try"] == ["loss.class_weights=balanced", "trainer.monitor=f1"]
    weighted = verdict(lab.train(*FAST, *LONGER, "loss.class_weights=balanced", dataset=imbalanced))
    assert not any("class_weights" in " ".join(one["try"]) for one in weighted["causes"])


def test_words_that_are_unknown_are_counted(lab: Lab, tmp_path: Path) -> None:
    draw = random.Random(1)

    def rows() -> Iterator[tuple[str, str]]:
        for index in range(200):
            end = "ova" if index % 2 else "ini"
            yield "".join(draw.choices("bcdfgklmnprst", k=5)) + end, "ab"[index % 2]

    dataset = texts(tmp_path / "names.csv", rows())
    run = lab.train(*FAST, *LONGER, "task.minimum_count=1", dataset=dataset)
    (test,) = [event for event in run.of("evaluation") if event["split"] == "test"]
    assert test["unknown"] > 0.9
    found = verdict(run)
    assert "of the words of the test split are unknown" in found["causes"][0]["cause"]
    assert found["try"] == ["task.tokenizer=characters"]

    known = lab.train(*FAST, "task.tokenizer=characters", dataset=dataset)
    assert not any("unknown" in one["cause"] for one in verdict(known)["causes"])


@pytest.fixture
def rising(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "rising.csv"
    lines = [f"{n},{10 * n + 30 * math.sin(n / 12 * math.tau):.2f}" for n in range(150)]
    path.write_text("\n".join(["n,value", *lines]) + "\n", encoding="utf-8")
    return {
        "task": {"name": "forecasting", "context": 12, "horizon": 4},
        "dataset": {"name": "series-csv", "path": str(path), "time": "n"},
        "model": {"name": "rnn", "hidden_size": 8},
    }


def test_a_level_that_moves_is_told_until_the_last_value_is_taken_away(
    lab: Lab, rising: dict[str, Any]
) -> None:
    found = verdict(lab.train(*FAST, *LONGER, **rising))
    assert found["better"] is False
    assert found["interval"][1] < 0
    assert "the level of the series moves" in found["causes"][0]["cause"]
    assert found["try"] == ["task.normalization=standard+last"]
    mended = verdict(lab.train(*FAST, *LONGER, *found["try"], **rising))
    assert not any("level" in one["cause"] for one in mended["causes"])
    assert mended["value"] < found["value"] / 2


def test_a_text_read_in_few_steps_is_told_so(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "small.txt"
    path.write_text("the sea is wide and the boat is small. " * 40, encoding="utf-8")
    tables: dict[str, Any] = {
        "task": {"name": "language-modeling", "window": 32},
        "dataset": {"name": "text-file", "path": str(path)},
        "model": {"name": "lstm", "hidden_size": 8, "embedding_size": 8},
    }
    found = verdict(lab.train(*FAST, "trainer.batch_size=16", **tables))
    assert found["better"] is False
    assert "only 6 optimiser steps" in found["sentence"]
    assert found["try"] == ["trainer.batch_size=4", "trainer.epochs=34"]


def test_examples_of_the_best_baseline_are_kept_and_used_again(
    lab: Lab, reviews: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = {"name": "text-csv", "path": str(reviews(count=200))}
    run = lab.train(*FAST, "trainer.epochs=1", dataset=dataset)
    scores = load_scores(run.folder.scores("test"))
    assert scores is not None
    ((name, values),) = scores.baselines.items()
    found = verdict(run)
    assert name == f"accuracy {found['baseline']}"
    assert values.mean() == pytest.approx(found["of_baseline"])
    low, high = found["interval"]
    assert low <= found["difference"] <= high

    document = evaluate_run(run.folder, load_registry())
    assert document["verdict"]["interval"] == found["interval"]
    assert document["verdict"]["better"] == found["better"]
    other = evaluate_run(run.folder, load_registry(), wanted=Wanted("validation"))
    assert other["verdict"]["split"] == "validation"


def test_a_run_without_baselines_ends_with_no_claim(lab: Lab) -> None:
    found = verdict(lab.train("trainer.epochs=1"))
    assert found["better"] is None
    assert found["baseline"] is None
    assert "no baseline" in found["sentence"]


def test_advice_of_a_plugin_that_fails_or_is_not_valid_ends_no_run(lab: Lab) -> None:
    plugin = lab.plugin(
        """
        import seqkit
        from seqkit_classification.task import Classification

        class Wary(Classification):
            "Tell classes, and say too much."
            name = "wary"

            def advice(self, outcome):
                if outcome.scores["accuracy"] >= 0:
                    yield seqkit.Advice("it knows better", ("task.no_such=1",))
                raise ValueError("broken")

        class Careful(Wary):
            "Tell classes, and say what cannot be run."
            name = "careful"

            def advice(self, outcome):
                return [seqkit.Advice("it knows better", ("task.no_such=1",))]

        class Notes(seqkit.Dataset):
            "A few notes."
            name = "notes"
            tasks = ("wary", "careful")

            def splits(self, config, notify):
                rows = [{"text": f"{w} note", "label": w} for w in ("good", "bad") * 10]
                return {"train": rows, "validation": rows[:4], "test": rows[:6]}

        @seqkit.hookimpl
        def register_tasks():
            return [Wary, Careful]

        @seqkit.hookimpl
        def register_datasets():
            return [Notes]
        """
    )
    words = (*FAST, "trainer.epochs=70")
    for name, causes in (("wary", []), ("careful", [{"cause": "it knows better", "try": []}])):
        tables: dict[str, Any] = {
            "task": {"name": name},
            "dataset": {"name": "notes"},
            "loss": {"name": "cross-entropy"},
            "metrics": ["accuracy"],
            "model": {"name": "gru", "hidden_size": 2, "embedding_size": 2, "dropout": 0.0},
        }
        run = lab.train(*words, "trainer.learning_rate=1e-9", plugins=[plugin], **tables)
        (ended,) = run.of("ended")
        assert run.status == "finished"
        assert ended["verdict"]["better"] is False
        assert ended["verdict"]["causes"][: len(causes)] == causes
