"""Classification that begins from NB-SVM: `task.residual=nb-svm`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor, nn

import seqkit
from seqkit.api import Arrays, Outcome, Record
from seqkit.errors import CheckpointError, SeqkitError
from seqkit.text.packing import packed_texts
from seqkit_classification import _nb_svm
from seqkit_classification._codec import ClassificationCodec
from seqkit_classification._nb_svm import Texts, fit_nb_svm, texts_of
from seqkit_classification._residual import FOLDS, fit_base
from seqkit_classification._words import without_each
from seqkit_classification.datasets import Sentences
from seqkit_classification.task import Classification

TASK = Classification()


def sentences(count: int = 300) -> dict[str, list[Record]]:
    dataset = Sentences()
    splits = dataset.splits(dataset.Config(), lambda _: None)
    return {name: list(records)[:count] for name, records in splits.items()}


def encoded(
    splits: Mapping[str, list[Record]], **settings: Any
) -> tuple[ClassificationCodec, dict[str, Arrays]]:
    config = TASK.Config(**{"residual": "nb-svm", **settings})
    codec, arrays = TASK.encode(config, splits, lambda _: None)
    assert isinstance(codec, ClassificationCodec)
    return codec, dict(arrays)


def further(
    codec: ClassificationCodec, splits: Mapping[str, list[Record]], *, refit: bool
) -> tuple[ClassificationCodec, dict[str, Arrays]]:
    config = TASK.Config(residual="nb-svm")
    found, arrays = TASK.encode_further(config, codec, splits, lambda _: None, refit=refit)
    assert isinstance(found, ClassificationCodec)
    return found, dict(arrays)


class Constant(nn.Module):
    """Says the same of every text."""

    def __init__(self, *logits: float) -> None:
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        return self.logits.expand(len(inputs), -1)


def batch_of(codec: ClassificationCodec, arrays: Arrays) -> dict[str, Tensor]:
    cut = codec.batch(arrays, np.arange(len(arrays["offsets"]) - 1))
    return {name: torch.from_numpy(array) for name, array in cut.items()}


def margins(logits: np.ndarray) -> np.ndarray:
    return logits[:, 1] - logits[:, 0]


# --- what a network begins from -------------------------------------------------------------------


def packed(records: list[Record]) -> Texts:
    targets = np.array([int(record["label"] == "positive") for record in records])
    assert set(targets) == {0, 1}
    return Texts(*packed_texts([record["text"] for record in records]), targets)


def test_a_training_text_is_told_by_what_was_fitted_without_it() -> None:
    splits = sentences()
    train, others = packed(splits["train"]), packed(splits["validation"])
    base, logits = fit_base(train, others, 2)
    flipped = train.targets.copy()
    flipped[7] = 1 - flipped[7]
    other, changed = fit_base(Texts(train.text, train.bounds, flipped), others, 2)
    assert base.grams == other.grams
    before, after = margins(logits) / base.scale, margins(changed) / other.scale
    assert after[7] == pytest.approx(before[7], abs=1e-3)
    # Four in five of the others were told by something that had seen it.
    assert np.mean(np.abs(after - before) > 1e-4) > 0.5


def test_texts_that_are_equal_are_left_out_together() -> None:
    splits = sentences()
    twice = splits["train"] + splits["train"]
    train, others = packed(twice), packed(splits["validation"])
    _, logits = fit_base(train, others, 2)
    count = len(splits["train"])
    assert np.allclose(logits[:count], logits[count:], atol=1e-5)
    # Whoever had seen the same text once before would be right about nearly all.
    right = np.mean((margins(logits) > 0) == (train.targets == 1))
    assert 0.6 < right < 0.9


def test_training_texts_are_told_about_as_well_as_new_ones() -> None:
    _, arrays = encoded(sentences(720))
    right = {
        split: np.mean(own["base"].argmax(axis=1) == own["targets"])
        for split, own in arrays.items()
    }
    assert abs(right["train"] - right["test"]) < 0.08
    likelihoods = {
        split: own["base"][np.arange(len(own["targets"])), own["targets"]].mean()
        for split, own in arrays.items()
    }
    # Neither surer nor less sure than it should be of texts that it has not seen.
    assert abs(likelihoods["train"] - likelihoods["test"]) < 0.1


def test_new_texts_are_told_by_the_baseline_of_the_same_name() -> None:
    codec, arrays = encoded(sentences())
    baseline = fit_nb_svm(texts_of(arrays["train"]), texts_of(arrays["validation"]), 2)
    asked = texts_of(arrays["test"])
    expected = baseline.logits(asked.text, asked.bounds)
    assert codec.base is not None
    found = torch.from_numpy(arrays["test"]["base"])
    assert torch.allclose(found, (codec.base.scale * expected).log_softmax(1), atol=1e-5)
    alone = codec.encode(sentences()["test"][:3], lambda _: None)
    assert np.allclose(alone["base"], arrays["test"]["base"][:3], atol=1e-6)


def test_few_texts_and_blank_ones_have_something_to_begin_from() -> None:
    train: list[Record] = [{"text": "good", "label": "a"}, {"text": "", "label": "b"}]
    codec, arrays = encoded({"train": train}, minimum_count=1)
    assert np.isfinite(arrays["train"]["base"]).all()
    assert np.isfinite(codec.encode([{"text": " "}], lambda _: None)["base"]).all()


# --- what is added to it --------------------------------------------------------------------------


def test_the_logits_of_the_network_are_added_to_it() -> None:
    codec, arrays = encoded(sentences())
    batch = batch_of(codec, arrays["test"])
    outputs, _ = codec.forward(Constant(0.5, -0.25), batch)
    assert torch.equal(outputs, batch["base"] + torch.tensor([0.5, -0.25]))
    # A single logit is that of the second class.
    single, _ = codec.forward(Constant(0.5), batch)
    assert torch.allclose(single[:, 0], batch["base"][:, 1] - batch["base"][:, 0] + 0.5)


def test_without_it_batches_and_files_are_as_before(tmp_path: Path) -> None:
    codec, arrays = encoded(sentences(), residual="none")
    assert "base" not in arrays["train"]
    assert set(batch_of(codec, arrays["test"])) == {"inputs", "lengths", "targets"}
    codec.save(tmp_path)
    assert not (tmp_path / "residual.safetensors").exists()
    assert "residual" not in json.loads((tmp_path / "classification.json").read_text())


@pytest.mark.parametrize("tokenizer", ["basic-english", "characters", "bpe"])
def test_the_words_that_count_are_those_that_it_counts(tokenizer: str) -> None:
    codec, _ = encoded(sentences(), tokenizer=tokenizer)
    record = {"text": "A WONDERFUL film."}
    arrays = codec.encode([record], lambda _: None)
    options = TASK.PredictOptions(words=True)
    (answer,) = codec.predict(Constant(0.0, 0.0), batch_of(codec, arrays), [record], options)
    weights = [weight for _, weight in answer["words"]]
    # The network says nothing: whatever counts is of the n-grams.
    assert max(map(abs, weights)) > 0.01
    if tokenizer == "basic-english":
        assert [word for word, _ in answer["words"]] == ["a", "wonderful", "film", "."]
        (whole,) = codec.base.logits(*packed_texts([record["text"]]))  # type: ignore[union-attr]
        (without,) = codec.base.logits(*packed_texts(["A  film."]))  # type: ignore[union-attr]
        label = int(whole.argmax())
        assert weights[1] == pytest.approx(float(np.exp(whole[label]) - np.exp(without[label])))


def test_a_text_without_each_of_its_words() -> None:
    assert without_each("It's GOOD, good", ["it", "'", "s", "good", ",", "good"]) == [
        "'s GOOD, good",
        "Its GOOD, good",
        "It' GOOD, good",
        "It's , good",
        "It's GOOD good",
        "It's GOOD, ",
    ]
    assert without_each("one two", ["one", "gone", "", "two"]) == [
        " two", "one two", "one two", "one ",
    ]  # fmt: skip
    # One letter in small letters is two.
    assert without_each("Bad film İ", ["bad", "film", "i̇"]) == [" film İ", "Bad  İ", "Bad film İ"]
    assert without_each("no yes no", ["yes", "no"], from_end=True) == ["no  no", "no yes "]


# --- what is kept ---------------------------------------------------------------------------------


def test_it_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    codec, arrays = encoded(sentences())
    codec.save(tmp_path)
    back = TASK.load(tmp_path)
    again = back.encode(sentences()["test"], lambda _: None)
    assert np.array_equal(again["base"], arrays["test"]["base"])


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("scale", lambda array: array * 0, "its scale is not above 0"),
        ("scale", lambda array: array.astype(np.float32), "its scale is no number"),
        ("features0", lambda array: array[::-1].copy(), "not in order"),
        ("features0", lambda array: array + 2**22, "not in order"),
        ("coefficients0", lambda array: array[:-1], "do not fit together"),
        ("coefficients0", lambda array: array * np.nan, "not finite"),
        ("intercept0", lambda array: array[:0], "do not fit together"),
        ("added", lambda array: np.zeros(1, np.float32), "likelier than sure"),
        ("added", lambda array: np.full(1, -5, np.float32), "further classes"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, name: str, change: Any, reason: str) -> None:
    codec, _ = encoded(sentences(100))
    codec.save(tmp_path)
    path = tmp_path / "residual.safetensors"
    arrays = load_file(path)
    save_file({**arrays, name: change(arrays[name])}, path)
    with pytest.raises(CheckpointError, match=reason):
        TASK.load(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CheckpointError, match="classification file is damaged"):
        TASK.load(tmp_path)
    path.unlink()
    with pytest.raises(CheckpointError, match="cannot be read"):
        TASK.load(tmp_path)


# --- going on -------------------------------------------------------------------------------------


def test_a_warm_start_keeps_it_and_knows_new_classes_by_their_frequency(tmp_path: Path) -> None:
    codec, arrays = encoded(sentences())
    new: list[Record] = [{"text": f"neither nor {n}", "label": "so-so"} for n in range(30)]
    splits = sentences()
    splits["train"] = splits["test"][:30] + new
    second, further_arrays = further(codec, splits, refit=False)
    assert codec.base is not None
    assert second.labels == (*codec.labels, "so-so")
    probabilities = np.exp(further_arrays["test"]["base"])
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(probabilities)), abs=1e-5)
    assert probabilities[:, 2] == pytest.approx(np.full(len(probabilities), 31 / 63), abs=1e-5)
    before = np.exp(arrays["test"]["base"])
    assert probabilities[:, :2] == pytest.approx(before * (1 - 31 / 63), abs=1e-4)
    second.save(tmp_path)
    third, once_more = further(TASK.load(tmp_path), splits, refit=False)  # type: ignore[arg-type]
    assert third.base is not None
    assert np.allclose(once_more["test"]["base"], further_arrays["test"]["base"], atol=1e-6)


def swapped(records: list[Record]) -> list[Record]:
    others = {"negative": "positive", "positive": "negative"}
    return [{**record, "label": others[record["label"]]} for record in records]


def test_a_warm_start_that_refits_begins_from_the_new_texts() -> None:
    splits = sentences()
    codec, _ = encoded(splits)
    other = {**splits, "train": swapped(splits["test"]), "test": splits["train"]}
    kept, old = further(codec, other, refit=False)
    again, new = further(codec, other, refit=True)
    assert kept.base is not None
    assert codec.base is not None
    assert kept.base.n_grams is codec.base.n_grams
    assert again.base is not codec.base
    told = [np.sign(margins(arrays["test"]["base"])) for arrays in (old, new)]
    assert np.mean(told[0] == -told[1]) > 0.6


def test_texts_that_it_was_fitted_to_are_not_told_by_heart_in_a_warm_start() -> None:
    splits = sentences()
    codec, first = encoded(splits)
    told: list[str] = []
    config = TASK.Config(residual="nb-svm")
    _, arrays = TASK.encode_further(config, codec, splits, told.append)
    assert np.array_equal(arrays["train"]["base"], first["train"]["base"])
    assert any("300 of 300 training texts are those of the former run" in one for one in told)


def test_another_residual_makes_no_warm_start(tmp_path: Path) -> None:
    words = ["trainer.max_steps=2", "trainer.device=cpu", "task.residual=nb-svm"]
    run = seqkit.run("sentiment", *words, runs_dir=tmp_path, name="first")
    with pytest.raises(SeqkitError, match="residual"):
        seqkit.run(f"from={run.folder}", "task.residual=none", runs_dir=tmp_path)


def test_large_data_are_thinned_out_whatever_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_nb_svm, "_MOST_WORK", 20_000)
    words = [f"word{place}" for place in range(10)]
    texts = [f"{words[number % 10]} {number}" for number in range(2000)]
    targets = np.arange(2000) % 10
    base, logits = fit_base(Texts(*packed_texts(texts), targets), None, 10)
    assert np.mean(logits.argmax(axis=1) == targets) > 0.95
    asked = base.logits(*packed_texts([f"{word} new" for word in words]))
    assert asked.argmax(axis=1).tolist() == list(range(10))


def test_a_run_begins_where_the_baseline_ends_and_answers_the_same_everywhere(
    tmp_path: Path,
) -> None:
    words = ["task.residual=nb-svm", "trainer.epochs=2", "trainer.device=cpu"]
    result = seqkit.run("sentiment", *words, runs_dir=tmp_path, name="begun")
    evaluations = [event.data for event in result.events if event.kind == "evaluation"]
    baselines = next(one["baselines"] for one in evaluations if one["split"] == "test")
    assert result.metrics["accuracy"] > baselines["nb-svm"]["accuracy"] - 0.05
    predictor = seqkit.load(tmp_path / "begun")
    many = ["a dull film", "wonderful", ""]
    alone, together = predictor.predict(many[:1]), predictor.predict(many)
    assert alone[0]["probability"] == pytest.approx(together[0]["probability"], abs=1e-6)
    assert together[2]["label"] == ""


# --- what a person is told ------------------------------------------------------------------------


def outcome(residual: str, accuracy: float, baseline: float) -> Outcome:
    return Outcome(
        metric="accuracy",
        higher_is_better=True,
        split="test",
        scores={"accuracy": accuracy},
        baselines={"nb-svm": {"accuracy": baseline}},
        settings={"task.residual": residual},
    )


def test_a_run_behind_nb_svm_is_told_to_begin_from_it() -> None:
    (advice,) = TASK.advice(outcome("none", 0.7, 0.8))
    assert advice.words == ("task.residual=nb-svm",)
    (told,) = TASK.advice(outcome("nb-svm", 0.79, 0.8))
    assert told.words == ()
    assert not TASK.advice(outcome("none", 0.9, 0.8))


def test_every_part_of_the_texts_is_left_out_once() -> None:
    train = packed(sentences()["train"])
    assert FOLDS > 1
    _, logits = fit_base(train, None, 2)
    assert (logits != 0).any(axis=1).all()
