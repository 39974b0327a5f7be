"""NB-SVM over n-grams of raw texts, against slow copies in plain Python and scikit-learn."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from seqkit.text.packing import packed_texts
from seqkit_classification import _grams, _nb_svm
from seqkit_classification._grams import Grams, grams_of
from seqkit_classification._nb_svm import CHARACTERS, WORDS, Texts, fit_linear, fit_nb_svm
from seqkit_classification.datasets import Sentences

TEXTS = [
    "Good film, GOOD cast!!",
    "",
    "  don't\tworry\n\nabout   it ",
    "Ein Übel. ΣΑΣ",
    "我爱你 北京",
    "x",
    "\ud800 \u200b\x00 ok",
    "?",
    "🙂 fine 🙂",
]


def slow_words(text: str) -> list[str]:
    return [sign for sign in re.findall(r"[^\W_]+|[^\s]", text.lower()) if sign.isprintable()]


def slow_characters(text: str) -> list[str]:
    signs = [sign if sign.isprintable() else " " for sign in text.lower()]
    return [*" ", *re.sub(" +", " ", "".join(signs)), *" "] if text else []


def slow_grams(text: str, grams: Grams) -> set[tuple[str, ...]]:
    units = (slow_words if grams.unit == "words" else slow_characters)(text)
    return {
        tuple(units[at : at + length])
        for length in range(grams.shortest, grams.longest + 1)
        for at in range(len(units) - length + 1)
    }


def hashes_by_text(texts: list[str], grams: Grams) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in texts]
    first = 0
    for hashes, places, count in grams_of(*packed_texts(texts), grams):
        for value, place in zip(hashes.tolist(), places.tolist(), strict=True):
            found[first + place].add(value)
        first += count
    assert first == len(texts)
    return found


@pytest.mark.parametrize("grams", [WORDS, CHARACTERS, Grams("words", 3, 3)])
@pytest.mark.parametrize("at_once", [1, 20, 1 << 18])
def test_n_grams_of_any_text_are_those_of_plain_python(
    grams: Grams, at_once: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr(_grams, "_BYTES_AT_ONCE", at_once)
    # Half a surrogate is no character, and the final sigma of Python's lower() is another letter.
    texts = [text.replace("ΣΑΣ", "ΣΑ") for text in TEXTS if "\ud800" not in text]
    slow = [slow_grams(text, grams) for text in texts]
    fast = hashes_by_text(texts, grams)
    assert [len(one) for one in fast] == [len(one) for one in slow]
    # Two texts share as many hashes as they share n-grams.
    for a, b in [(0, 0), (0, 3), (0, 5), (2, 3), (2, 7), (4, 4), (5, 6)]:
        assert len(fast[a] & fast[b]) == len(slow[a] & slow[b])


def test_an_n_gram_has_the_same_hash_wherever_it_stands() -> None:
    alone, before, behind, other = hashes_by_text(
        ["good film", "so good film it is", "a good, good film", "film good"], WORDS
    )
    assert alone <= before
    assert alone <= behind
    assert len(alone & other) == 2


def test_half_a_surrogate_and_control_characters_are_read_past() -> None:
    (found,) = hashes_by_text(["\ud800 \x00ok\x1b[31m"], Grams("words", 1, 1))
    assert found == hashes_by_text(["ok [31m"], Grams("words", 1, 1))[0]


def sentences() -> tuple[list[str], np.ndarray, list[str], np.ndarray]:
    dataset = Sentences()
    splits = dataset.splits(dataset.Config(), lambda _: None)
    train, test = list(splits["train"]), list(splits["test"])
    names = sorted({record["label"] for record in train})
    return (
        [record["text"] for record in train],
        np.array([names.index(record["label"]) for record in train]),
        [record["text"] for record in test],
        np.array([names.index(record["label"]) for record in test]),
    )


def scikit_learn(train: list[str], y: np.ndarray, test: list[str]) -> np.ndarray:
    """Binary words and word pairs of two texts or more, scaled to norm 1, by naive Bayes."""
    counter = CountVectorizer(analyzer=lambda text: slow_grams(text, WORDS), min_df=2)
    x, asked = counter.fit_transform(train).toarray(), counter.transform(test).toarray()
    p, q = 1 + x[y == 1].sum(axis=0), 1 + x[y == 0].sum(axis=0)
    ratio = np.log((p / p.sum()) / (q / q.sum()))
    scaled = [each / np.sqrt(np.maximum(each.sum(axis=1, keepdims=True), 1)) for each in (x, asked)]
    model = LogisticRegression(C=20, max_iter=2000, tol=1e-8).fit(scaled[0] * ratio, y)
    return model.decision_function(scaled[1] * ratio)


def test_its_linear_model_is_scikit_learns_logistic_regression_on_ratios_of_naive_bayes() -> None:
    train, y, test, wanted = sentences()
    expected = scikit_learn(train, y, test)
    model = fit_linear(Texts(*packed_texts(train), y), WORDS, 2)
    logits = model.logits(*packed_texts(test))
    assert not logits[:, 0].any()
    # Some of a few thousand n-grams share one of four million numbers.
    assert np.quantile(np.abs(logits[:, 1].numpy() - expected), 0.95) < 0.05
    assert np.mean((logits[:, 1].numpy() > 0) == (expected > 0)) > 0.97
    assert np.mean((expected > 0) == wanted) > 0.7


def test_two_classes_as_three_of_which_one_is_never_asked_for_are_told_alike() -> None:
    train, y, test, wanted = sentences()
    third = ["zebra quagga giraffe"] * 30
    packed = packed_texts([*train, *third])
    model = fit_linear(Texts(*packed, np.concatenate([y, np.full(30, 2)])), WORDS, 3)
    logits = model.logits(*packed_texts([*test, "a quagga giraffe"]))
    assert logits.shape == (len(test) + 1, 3)
    assert logits[-1].argmax() == 2
    assert np.mean(logits[:-1].argmax(dim=1).numpy() == wanted) > 0.7


def words_by_ending(count: int, seed: int) -> Texts:
    """Words that never come twice, whose last letters tell the class."""
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 2, count)
    letters = generator.integers(97, 123, (count, 6)).astype(np.uint8)
    texts = [
        row.tobytes().decode() + ("ov" if target else "ez")
        for row, target in zip(letters, targets, strict=True)
    ]
    return Texts(*packed_texts(texts), targets)


@pytest.mark.parametrize("validation", [True, False])
def test_texts_of_one_word_each_are_read_by_their_characters(validation: bool) -> None:
    train, others = words_by_ending(300, 0), words_by_ending(100, 1)
    model = fit_nb_svm(train, others if validation else None, 2)
    assert [part.grams.unit for part in model.models] == ["characters"]
    asked = words_by_ending(200, 2)
    found = model.logits(asked.text, asked.bounds)
    assert float((found.argmax(dim=1) == torch.from_numpy(asked.targets)).float().mean()) > 0.98
    assert torch.allclose(found.exp().sum(dim=1), torch.ones(200))


def test_large_data_are_compared_in_part_and_thinned_out_for_the_fit(monkeypatch: Any) -> None:
    monkeypatch.setattr(_nb_svm, "_COMPARED", 1500)
    monkeypatch.setattr(_nb_svm, "_MOST_WORK", 8000)
    monkeypatch.setattr(_nb_svm, "_MOST_COEFFICIENTS", 200)
    train, others = words_by_ending(2000, 0), words_by_ending(500, 1)
    model = fit_nb_svm(train, others, 2)
    assert [part.grams.unit for part in model.models] == ["characters"]
    assert len(model.models[0].coefficients) <= 200
    asked = words_by_ending(200, 2)
    right = model.logits(asked.text, asked.bounds).argmax(dim=1).numpy() == asked.targets
    assert right.mean() > 0.9


def test_texts_without_anything_in_common_are_told_by_how_frequent_their_class_is() -> None:
    train = Texts(*packed_texts(["a", "", "b", "c"]), np.array([1, 1, 1, 0]))
    for grams in (WORDS, Grams("words", 2, 2)):
        logits = fit_linear(train, grams, 2).logits(*packed_texts(["", "q"]))
        assert (logits.argmax(dim=1) == 1).all()
    assert fit_linear(train, WORDS, 2).logits(*packed_texts([])).shape == (0, 2)


@pytest.mark.slow
def test_words_and_word_pairs_have_the_published_accuracy_on_imdb(real_data: Any) -> None:
    from seqkit.data import FetchOptions
    from seqkit_classification.datasets import Imdb

    dataset = Imdb()
    dataset.get(dataset.Config(), FetchOptions(source=real_data("imdb") / "aclImdb_v1.tar.gz"))
    found = {}
    for name, records in dataset.splits(dataset.Config(), lambda _: None).items():
        rows = list(records)
        targets = np.array([row["label"] == "positive" for row in rows]).astype(np.int64)
        found[name] = Texts(*packed_texts([row["text"] for row in rows]), targets)
    model = fit_nb_svm(found["train"], found["validation"], 2)
    assert [part.grams for part in model.models] == [WORDS]
    test = found["test"]
    right = model.logits(test.text, test.bounds).argmax(dim=1).numpy() == test.targets
    # Wang and Manning 2012 have 91.2% with all 25,000 reviews to learn from; here they are 22,500.
    assert right.mean() > 0.912
