"""Whole runs of language models: the state is carried, saved, and gone on from to the bit."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

import seqkit
from seqkit.engine.evaluate import evaluate_run
from seqkit.engine.run import resume_run, start_run
from seqkit.errors import ConfigurationError
from seqkit.events import Event
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder

TIMES = {"time", "seconds", "elapsed", "eta", "examples_per_second", "tokens_per_second"}
LINES = "The fox ran over the hill,\nand the hen sat still.\nWho saw the fox? The owl, who will.\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A text of 2,480 characters."""
    path = tmp_path / "book.txt"
    path.write_text((LINES * 31)[:2480], encoding="utf-8")
    return path


def experiment(book: Path, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "task": {"name": "language-modeling", "window": 16},
        "dataset": {"name": "text-file", "path": str(book)},
        "model": {
            "name": "lstm",
            "hidden_size": 12,
            "embedding_size": 6,
            "layers": 2,
            "weight_drop": 0.3,
            "dropout": 0.2,
            "layer_dropout": 0.2,
            "layer_dropout_kind": "locked",
        },
        "trainer": {
            "epochs": 2,
            "batch_size": 8,
            "learning_rate": 0.01,
            "threads": 1,
            "device": "cpu",
            "log_every": 1,
            "samples": 2,
        },
    }
    for key, value in changes.items():
        document[key] |= value
    return document


def train(document: dict[str, Any], runs: Path, observers: Any = (), name: str = "") -> RunFolder:
    registry = load_registry()
    found = load_experiment(document, registry, [])
    return start_run(found, registry, runs, name, list(observers)).folder


def numbers(folder: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [
        {"step": event.step} | {k: v for k, v in event.data.items() if k not in TIMES}
        for event in folder.events()
        if event.kind == kind
    ]


def newest(folder: RunFolder) -> Path:
    return max(folder.checkpoints.glob("step-*"))


def interrupt_at(step: int) -> Callable[[Event], None]:
    left = [step]

    def observe(event: Event) -> None:
        if event.kind == "step" and event.step >= step and left:
            left.pop()
            signal.raise_signal(signal.SIGINT)

    return observe


WAYS: dict[str, dict[str, Any]] = {
    "lstm": {},
    "gru": {"model": {"name": "gru", "tie_weights": True}},
    "rnn": {"model": {"name": "rnn", "layers": 1, "layer_dropout": 0.0}},
    "two parts a batch": {"trainer": {"accumulation": 2}},
    "bfloat16": {"trainer": {"precision": "bfloat16"}},
    "words": {"task": {"tokens": "words", "window": 5}},
}


@pytest.mark.parametrize("changes", WAYS.values(), ids=WAYS)
def test_a_run_stopped_in_the_middle_of_a_stream_ends_with_the_same_bits(
    book: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    document = experiment(book, **changes)
    whole = train(document, tmp_path / "runs", name="whole")
    cut = train(document, tmp_path / "runs", [interrupt_at(5)], name="cut")
    assert cut.status() == "interrupted"
    carried = [name for name in load_file(newest(cut) / "state.safetensors") if "carried" in name]
    assert carried, "the state of the streams is saved"
    resume_run(cut, load_registry(), [interrupt_at(9)], [])
    assert cut.status() == "interrupted"
    resume_run(cut, load_registry(), [], [])
    assert cut.status() == "finished"
    assert (newest(cut) / "model.safetensors").read_bytes() == (
        newest(whole) / "model.safetensors"
    ).read_bytes()
    for kind in ("step", "evaluation", "sample"):
        assert numbers(cut, kind) == numbers(whole, kind)


def test_the_scores_of_a_run_are_named_and_agree(book: Path, tmp_path: Path) -> None:
    folder = train(experiment(book, dataset={"test": 0.1}), tmp_path / "runs", name="r")
    started = next(event for event in folder.events() if event.kind == "started")
    # 80% of the text, of which an epoch reads whole windows.
    assert 1984 - 32 < started["tokens"]["train"] <= 1984 + 8 * 16
    assert started["examples"]["validation"] == 248
    assert set(started["baselines"]["unigram"]) >= {"perplexity", "bits-per-character"}
    evaluation = numbers(folder, "evaluation")[0]
    metrics = evaluation["metrics"]
    assert list(metrics) == ["perplexity", "bits-per-character", "token-accuracy"]
    assert metrics["perplexity"] == pytest.approx(math.exp(evaluation["loss"]), rel=1e-5)
    bits = evaluation["loss"] / math.log(2)
    assert metrics["bits-per-character"] == pytest.approx(bits, rel=1e-5)

    registry = load_registry()
    warm = evaluate_run(folder, registry, "validation", "cpu")
    cold = evaluate_run(folder, registry, "validation-blocks", "cpu")
    # A split of 248 characters is one block, of which nothing came before.
    assert cold["loss"] == pytest.approx(warm["loss"], rel=1e-6)
    assert evaluate_run(folder, registry, "test-blocks", "cpu")["examples"] == 248
    with pytest.raises(ConfigurationError, match="validation-blocks"):
        evaluate_run(folder, registry, "validation-block", "cpu")


def test_samples_and_predictions_continue_prompts(book: Path, tmp_path: Path) -> None:
    folder = train(experiment(book), tmp_path / "runs", name="r")
    samples = numbers(folder, "sample")
    assert len(samples) == 2
    for item in samples[-1]["items"]:
        assert item["prompt"] in LINES * 2
        assert (item["tokens"], item["ended"], len(item["continuation"])) == (200, "length", 200)
    # Nothing but the run folder is needed.
    book.unlink()
    model = seqkit.load(folder.path)
    said: dict[int, str] = {0: "", 1: ""}

    def say(index: int, piece: str) -> None:
        said[index] += piece

    options: dict[str, Any] = {"length": 40, "temperature": 0.7}
    answers = model.predict(["The fox ", {"text": "The"}], say=say, **options)
    assert [answer["prompt"] for answer in answers] == ["The fox ", "The"]
    assert [said[0], said[1]] == [answer["continuation"] for answer in answers]
    assert model.predict(["The"], **options) == answers[1:]
    json.dumps(answers)
    faults: list[tuple[dict[str, Any], str]] = [
        ({"temprature": 1}, r"temperature"),
        ({"top_p": 0}, r"top_p"),
        ({"length": 0}, r"length"),
    ]
    for wrong, message in faults:
        with pytest.raises(ConfigurationError, match=message):
            model.predict(["The"], **wrong)


def test_a_language_model_learns_to_write_its_text(book: Path, tmp_path: Path) -> None:
    changes = {
        "model": {"hidden_size": 48, "embedding_size": 16, "layers": 1, "weight_drop": 0.0},
        "trainer": {"epochs": 25, "samples": 0, "baselines": False, "learning_rate": 0.02},
    }
    document = experiment(book, **changes)
    document["model"] |= {"word_dropout": 0.0, "embedding_dropout": 0.0}
    folder = train(document, tmp_path / "runs", name="r")
    assert numbers(folder, "evaluation")[-1]["metrics"]["perplexity"] < 1.2
    prompt = LINES + LINES[:20]
    [answer] = seqkit.load(folder.path).predict([prompt], temperature=0, length=40)
    assert answer["continuation"] == LINES[20:60]


@pytest.mark.parametrize("recipe", ["shakespeare-lstm", "shakespeare-gru"])
def test_the_recipes_run(recipe: str, tmp_path: Path) -> None:
    registry = load_registry()
    words = [
        "trainer.max_steps=2",
        "trainer.baselines=false",
        "trainer.samples=1",
        "trainer.threads=1",
        "dataset.validation=0.001",
        "model.hidden_size=16",
    ]
    found = load_experiment(recipe, registry, words)
    outcome = start_run(found, registry, tmp_path, "", [])
    assert outcome.status == "finished"
    [evaluation] = numbers(outcome.folder, "evaluation")
    assert evaluation["metrics"]["perplexity"] < 100
    assert torch.get_num_threads() == 1
