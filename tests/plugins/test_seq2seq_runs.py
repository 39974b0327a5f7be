"""Whole runs of the task seq2seq: resumed to the bit, predicted from the folder alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import seqkit
import seqkit_seq2seq
from seqkit.engine.evaluate import evaluate_run
from seqkit.engine.run import resume_run, start_run
from seqkit.events import Event
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder

TIMES = {"time", "seconds", "elapsed", "eta", "examples_per_second", "tokens_per_second"}

SMALL: dict[str, Any] = {
    "task": {"name": "seq2seq", "tokenizer": "characters"},
    "dataset": {
        "name": "reverse",
        "train": 200,
        "validation": 20,
        "test": 20,
        "letters": 4,
        "maximum_length": 6,
    },
    "model": {"name": "seq2seq", "hidden_size": 12, "embedding_size": 8},
    "metrics": ["exact-match", "bleu", "chrf", "token-accuracy", "perplexity"],
    "trainer": {
        "epochs": 2,
        "batch_size": 20,
        "learning_rate": 0.01,
        "threads": 1,
        "device": "cpu",
        "log_every": 1,
        "samples": 2,
    },
}

WAYS = {
    "all steps at once": [],
    "own tokens by a schedule": [
        "model.cell=lstm",
        "model.final_teacher_forcing=0.3",
        "model.teacher_forcing_steps=12",
    ],
    "input feeding": ["model.input_feeding=true", "model.attention=additive", "model.cell=rnn"],
    "written from words": ["model.lexical=true", "model.upper_layers=1"],
    "averaged weights": ["model.upper_layers=1", "trainer.ema_decay=0.9"],
}


def train(folder: Path, *words: str, stop_at: int = 0) -> RunFolder:
    """Trains, or is interrupted at a step."""
    left = [signal.SIGINT] if stop_at else []

    def observe(event: Event) -> None:
        if left and event.kind == "step" and event.step >= stop_at:
            signal.raise_signal(left.pop())

    registry = load_registry()
    experiment = load_experiment(SMALL, registry, words)
    return start_run(experiment, registry, folder, "", [observe]).folder


def events(folder: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [
        {"step": event.step} | {k: v for k, v in event.data.items() if k not in TIMES}
        for event in folder.events()
        if event.kind == kind
    ]


def weights(folder: RunFolder) -> bytes:
    return (max(folder.checkpoints.glob("step-*")) / "model.safetensors").read_bytes()


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS)
def test_a_run_interrupted_mid_epoch_ends_with_the_same_bits(
    tmp_path: Path, words: list[str]
) -> None:
    whole = train(tmp_path, *words)
    cut = train(tmp_path, *words, stop_at=7)
    assert cut.status() == "interrupted"
    resume_run(cut, load_registry())
    assert cut.status() == "finished"
    assert weights(cut) == weights(whole)
    assert events(cut, "step") == events(whole, "step")
    assert events(cut, "evaluation") == events(whole, "evaluation")


def test_a_run_answers_from_its_folder_alone(tmp_path: Path) -> None:
    folder = train(tmp_path / "here", "trainer.max_steps=5")
    moved = shutil.move(folder.path, tmp_path / "there")
    predictor = seqkit.load(str(moved))
    inputs = ["abca", "d", "", "bbbbbbbb"]
    plain = predictor.predict(inputs)
    assert [answer["source"] for answer in plain] == inputs
    assert predictor.predict(inputs, batch_size=1) == [
        {**answer, "score": pytest.approx(answer["score"], abs=1e-5)} for answer in plain
    ]
    best = predictor.predict(inputs, beam=4, n_best=2, attention=True)
    for answer in best:
        assert len(answer["n_best"]) == 2
        assert len(answer["attention"]) == len(answer["prediction_tokens"])
        assert all(len(row) == len(answer["source_tokens"]) for row in answer["attention"])
    with pytest.raises(seqkit.ConfigurationError, match="beam"):
        predictor.predict(inputs, beam=0)


def test_samples_and_baselines_are_shown_with_the_metrics_of_texts(tmp_path: Path) -> None:
    folder = train(tmp_path, "trainer.max_steps=3")
    sample = events(folder, "sample")[0]
    assert {"source", "prediction", "target", "correct"} <= set(sample["items"][0])
    evaluation = events(folder, "evaluation")[0]
    assert set(evaluation["metrics"]) == set(SMALL["metrics"])
    score = evaluate_run(folder, load_registry())
    assert set(score["signatures"]) == {"bleu", "chrf"}
    assert score["signatures"]["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|")
    assert set(score["baselines"]) > {"copy-source", "most-frequent-target"}


def test_loading_the_plugin_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import sys, seqkit_seq2seq as plugin\n"
        "for components in (plugin.register_models(), plugin.register_tasks(),\n"
        "                   plugin.register_metrics(), plugin.register_datasets()):\n"
        "    for component in components:\n"
        "        component().Config.model_json_schema(), component.summary()\n"
        "print(sorted({'torch', 'numpy', 'tokenizers', 'sacrebleu'} & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_every_recipe_is_a_valid_experiment_with_a_description() -> None:
    recipes = {recipe.name for recipe in seqkit_seq2seq.register_recipes()}
    assert recipes == {
        "addition-seq2seq",
        "multi30k-attention",
        "reverse-seq2seq",
        "tatoeba-seq2seq",
    }
    registry = load_registry()
    for name in recipes:
        experiment = load_experiment(name, registry)
        assert experiment.task.name == "seq2seq"
        assert experiment.description.endswith(".")
        assert not experiment.notes


def test_a_model_without_attention_says_so_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = train(tmp_path, "trainer.max_steps=2", "model.attention=none")
    predictor = seqkit.load(str(folder.path))
    assert "prediction" in predictor.predict(["abc"])[0]
    with pytest.raises(seqkit.ConfigurationError, match="attention needs a model with attention"):
        predictor.predict(["abc"], attention=True)
