"""Baselines of classification against scikit-learn's."""

from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from seqkit.api import Arrays
from seqkit_classification._bag_of_words import fit_bag_of_words
from seqkit_classification.datasets import Sentences
from seqkit_classification.task import Classification


def encoded(records: Any, **settings: Any) -> tuple[Any, dict[str, Arrays]]:
    task = Classification()
    return task.encode(task.Config(**settings), records, lambda message: None)


def sentences() -> tuple[Any, dict[str, Arrays]]:
    dataset = Sentences()
    return encoded(dataset.splits(dataset.Config(), lambda message: None), minimum_count=1)


def counts(arrays: Arrays, vocabulary: int) -> np.ndarray:
    """Texts by words; neither padding nor the unknown token is a word."""
    found = np.zeros((len(arrays["offsets"]) - 1, vocabulary))
    rows = np.repeat(np.arange(len(found)), np.diff(arrays["offsets"]))
    np.add.at(found, (rows, arrays["values"]), 1)
    found[:, :2] = 0
    return found


def scikit_learn(splits: dict[str, Arrays], vocabulary: int) -> np.ndarray:
    train, test = (counts(splits[split], vocabulary) for split in ("train", "test"))
    weights = TfidfTransformer().fit(train)
    model = LogisticRegression(max_iter=1000).fit(weights.transform(train), targets(splits))
    return model.decision_function(weights.transform(test))


def targets(splits: dict[str, Arrays], split: str = "train") -> np.ndarray:
    return np.asarray(splits[split]["targets"])


def test_bag_of_words_is_scikit_learns_logistic_regression_on_tf_idf() -> None:
    codec, splits = sentences()
    size = codec.shape.inputs.size
    expected = scikit_learn(splits, size)
    logits = fit_bag_of_words(splits["train"], size, 2).logits(splits["test"])
    assert not logits[:, 0].any()
    np.testing.assert_allclose(logits[:, 1], expected, atol=0.02)
    accuracy = codec.baselines(splits, "test")["bag-of-words"]["accuracy"]
    assert abs(accuracy - np.mean((expected > 0) == targets(splits, "test"))) < 0.01


def test_bag_of_words_of_three_classes_is_scikit_learns_multinomial_one() -> None:
    generator = np.random.default_rng(0)
    records = [
        {"text": " ".join(f"w{number}" for number in generator.poisson(4 + 2 * label, 12)),
         "label": label}
        for label in generator.integers(0, 3, 400)
    ]  # fmt: skip
    codec, splits = encoded({"train": records[:300], "test": records[300:]}, minimum_count=1)
    size = codec.shape.inputs.size
    expected = scikit_learn(splits, size)
    logits = fit_bag_of_words(splits["train"], size, 3).logits(splits["test"]).numpy()
    np.testing.assert_allclose(
        logits - logits.mean(1, keepdims=True),
        expected - expected.mean(1, keepdims=True),
        atol=5e-3,
    )


def test_majority_answers_the_most_frequent_training_class() -> None:
    train = [{"text": f"word{n % 3} here", "label": "b" if n < 7 else "a"} for n in range(10)]
    test = [{"text": "word", "label": label} for label in "aaab"]
    codec, splits = encoded({"train": train, "test": test})
    scores = codec.baselines(splits, "test")["majority"]
    assert scores == {"accuracy": 0.25, "f1": 0.4, "auroc": 0.5}


def test_scores_that_are_not_defined_are_left_out() -> None:
    train = [{"text": f"word{n % 3} here", "label": "ab"[n % 2]} for n in range(10)]
    codec, splits = encoded({"train": train, "test": [{"text": "here", "label": "a"}]})
    scores = codec.baselines(splits, "test")
    assert {frozenset(values) for values in scores.values()} == {frozenset({"accuracy", "f1"})}


def test_a_split_without_labels_has_no_baselines() -> None:
    train = [{"text": f"word{n % 3} here", "label": "ab"[n % 2]} for n in range(10)]
    codec, splits = encoded({"train": train, "unlabelled": [{"text": "here"}]})
    assert codec.baselines(splits, "unlabelled") == {}


def test_baselines_learn_from_the_training_split_alone() -> None:
    codec, splits = sentences()
    wrong = {"test": {**splits["test"], "targets": 1 - splits["test"]["targets"]}}
    right = codec.baselines(splits, "test")["bag-of-words"]["accuracy"]
    assert codec.baselines({**splits, **wrong}, "test")["bag-of-words"]["accuracy"] == 1 - right


def test_baselines_are_the_same_each_time() -> None:
    codec, splits = sentences()
    scores = [codec.baselines(splits, "validation") for _ in range(2)]
    assert scores[0] == scores[1]


def test_very_large_data_are_thinned_out_for_the_linear_model(monkeypatch: Any) -> None:
    codec, splits = sentences()
    monkeypatch.setattr("seqkit_classification._bag_of_words._MOST_WORK", 6000)
    scores = codec.baselines(splits, "test")
    assert 0.55 < scores["bag-of-words"]["accuracy"] < 0.9


def test_texts_without_a_known_word_and_a_vocabulary_seen_in_part_are_scored() -> None:
    train = [{"text": f"good{n} fine" if n % 2 else "bad poor", "label": n % 2} for n in range(20)]
    splits_given = {"train": train, "test": [{"text": "???", "label": 1}, {"text": "", "label": 0}]}
    codec, splits = encoded(splits_given, tokenizer="bpe")
    scores = codec.baselines(splits, "test")
    assert set(scores) == {"majority", "bag-of-words", "nb-svm"}
