"""The n-gram baselines against a slow copy of their definition, written with dictionaries."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from seqkit_textgen._baselines import LONGEST, n_gram_losses, score_baselines

SIZE = 7


def some_tokens(count: int, seed: int) -> np.ndarray:
    """Tokens that depend on the two before them, with some that hardly ever occur."""
    generator = np.random.default_rng(seed)
    tokens = [2, 3]
    for _ in range(count - 2):
        likely = 2 + (tokens[-1] * 3 + tokens[-2]) % (SIZE - 2)
        tokens.append(likely if generator.random() < 0.7 else int(generator.integers(1, SIZE)))
    return np.array(tokens)


def slow_losses(
    known: np.ndarray, tokens: np.ndarray, order: int, block: int | None
) -> list[float]:
    grams: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
    for length in range(order):
        for at in range(length, len(known)):
            grams[tuple(known[at - length : at].tolist())][int(known[at])] += 1
    losses = []
    for at in range(1, len(tokens)):
        probability = 1 / (SIZE - 1)
        before = at if block is None else (at - 1) % block + 1
        for length in range(order):
            after = grams.get(tuple(tokens[at - length : at].tolist()))
            if length > before or not after:
                break
            seen = after[int(tokens[at])] + len(after) * probability
            probability = seen / (sum(after.values()) + len(after))
        losses.append(-math.log(probability))
    return losses


@pytest.mark.parametrize("block", [None, 5, 1])
def test_n_grams_are_those_of_witten_and_bell(block: int | None) -> None:
    known, tokens = some_tokens(400, 0), some_tokens(150, 1)
    found = list(n_gram_losses(known, tokens, SIZE, 4, block))
    for order, losses in enumerate(found, start=1):
        assert losses == pytest.approx(slow_losses(known, tokens, order, block), rel=1e-9)
    if block is None:
        assert found[2].mean() < 0.9 * found[0].mean()


def test_the_probabilities_of_all_tokens_add_up_to_one() -> None:
    known = some_tokens(300, 0)
    for order, context in ((1, [4]), (3, [3, 5]), (4, [6, 6, 6]), (4, [2, 3, 4])):
        total = 0.0
        for token in range(1, SIZE):
            *_, losses = n_gram_losses(known, np.array([*context, token]), SIZE, order)
            total += math.exp(-losses[-1])
        assert total == pytest.approx(1.0)


def test_a_context_never_seen_leaves_the_shorter_one() -> None:
    known = np.array([2, 3, 2, 3, 2, 3, 4])
    short = list(n_gram_losses(known, np.array([5, 5, 3, 2]), SIZE, 3))
    assert short[2][0] == short[0][0]
    assert np.isfinite(short[2]).all()


def test_the_scores_have_the_names_of_the_metrics_and_agree_with_each_other() -> None:
    train = {"values": some_tokens(3000, 0).astype(np.int32), "window": np.array([10])}
    split = {"values": some_tokens(800, 1).astype(np.int32), "window": np.array([1024])}
    characters = np.array([0, 0, 1, 2, 3, 1, 1])
    scores = score_baselines(train, split, characters)
    assert list(scores) == ["unigram", "3-gram"]
    spelt = characters[split["values"][1:]].sum()
    for values in scores.values():
        assert values["perplexity"] == pytest.approx(math.exp(values["loss"]))
        bits = values["loss"] * 799 / math.log(2) / spelt
        assert values["bits-per-character"] == pytest.approx(bits)
    assert scores["3-gram"]["loss"] < scores["unigram"]["loss"]
    counts = np.bincount(train["values"])
    right = float(np.mean(split["values"][1:] == counts.argmax()))
    assert scores["unigram"]["token-accuracy"] == pytest.approx(right)
    cold = dict(split) | {"window": np.array([2]), "cold": np.ones(1, dtype=bool)}
    colder = score_baselines(train, cold, characters)
    assert colder["3-gram"]["loss"] > scores["3-gram"]["loss"]


def test_the_order_is_chosen_without_looking_at_the_split() -> None:
    train = {"values": some_tokens(3000, 0).astype(np.int32), "window": np.array([10])}
    generator = np.random.default_rng(5)
    noise = {
        "values": generator.integers(2, SIZE, 500).astype(np.int32),
        "window": np.array([1024]),
    }
    assert list(score_baselines(train, noise, np.ones(SIZE, dtype=np.int64))) == [
        "unigram",
        "3-gram",
    ]
    assert LONGEST > 3


def test_bigrams_of_a_short_text_by_hand() -> None:
    # After 2 came 3 twice and 4 once: two kinds. Alone, 3 is two of six, of three kinds.
    known = np.array([2, 3, 2, 3, 2, 4])
    unigram, bigram = n_gram_losses(known, np.array([2, 3]), SIZE, 2)
    alone = (2 + 3 * (1 / 6)) / (6 + 3)
    assert unigram[0] == pytest.approx(-math.log(alone))
    assert bigram[0] == pytest.approx(-math.log((2 + 2 * alone) / (3 + 2)))
