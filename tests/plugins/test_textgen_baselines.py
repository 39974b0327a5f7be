"""The n-gram baselines against a slow copy of their definition, written with dictionaries."""

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from seqkit_textgen._baselines import LONGEST, score_baselines
from seqkit_textgen._n_grams import _discounts, kneser_ney, witten_bell

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
    found = list(witten_bell(known, tokens, SIZE, 4, block))
    for order, losses in enumerate(found, start=1):
        assert losses == pytest.approx(slow_losses(known, tokens, order, block), rel=1e-9)
    if block is None:
        assert found[2].mean() < 0.9 * found[0].mean()


def slow_kneser_ney(known: list[int], tokens: list[int], order: int) -> list[float]:
    """Interpolated Kneser-Ney with dictionaries, of the longest n-grams and of shorter ones."""

    def counted(length: int, longest: bool) -> Counter[tuple[int, ...]]:
        ends = range(length, len(known) + 1)
        if longest:
            return Counter(tuple(known[end - length : end]) for end in ends)
        longer = {tuple(known[end - length - 1 : end]) for end in ends if end > length}
        return Counter(gram[1:] for gram in longer)

    def probability(context: tuple[int, ...], token: int, longest: bool = True) -> float:
        counts = counted(len(context) + 1, longest)
        shorter = probability(context[1:], token, longest=False) if context else 1 / (SIZE - 1)
        after = {gram[-1]: n for gram, n in counts.items() if gram[:-1] == context}
        if not after:
            return shorter
        taken = _discounts(np.array(list(counts.values())))
        left = sum(taken[min(n, 3)] for n in after.values())
        own = after.get(token, 0) - taken[min(after.get(token, 0), 3)]
        return float(own + left * shorter) / sum(after.values())

    def told(at: int) -> float:
        for length in range(min(order - 1, at), -1, -1):
            context = tuple(tokens[at - length : at])
            if length == 0 or any(gram[:-1] == context for gram in counted(length + 1, True)):
                return probability(context, tokens[at], longest=length == order - 1)
        raise AssertionError

    return [-math.log(told(at)) for at in range(order - 1, len(tokens))]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_n_grams_are_those_of_kneser_and_ney(order: int) -> None:
    known, tokens = some_tokens(200, 0), some_tokens(40, 1)
    *_, losses = kneser_ney(known, tokens, SIZE, order)
    slow = slow_kneser_ney(known.tolist(), tokens.tolist(), order)
    assert losses[max(0, order - 2) :] == pytest.approx(slow[max(0, 2 - order) :], rel=1e-9)


def test_discounts_are_those_of_chen_and_goodman() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 3])
    # Half of the n-grams that came once is what the estimate leaves: 40 / (40 + 2 * 20).
    assert _discounts(counts).tolist() == pytest.approx([0, 0.5, 1.25, 2.0])
    assert _discounts(np.array([5, 6])).tolist() == [0, 0.75, 0.75, 0.75]


def test_kneser_ney_takes_no_context_from_beyond_its_block() -> None:
    known, tokens = some_tokens(400, 0), some_tokens(150, 1)
    alone = [loss.tolist() for loss in kneser_ney(known, tokens, SIZE, 3, block=1)]
    for losses in alone[1:]:
        # After the first token of a block only one token is known.
        assert np.isfinite(losses).all()
    whole = list(kneser_ney(known, tokens, SIZE, 3))
    assert whole[2].mean() < np.mean(alone[2])


@pytest.mark.parametrize("smoothed", [witten_bell, kneser_ney])
def test_the_probabilities_of_all_tokens_add_up_to_one(smoothed: Any) -> None:
    known = some_tokens(300, 0)
    for order, context in ((1, [4]), (3, [3, 5]), (4, [6, 6, 6]), (4, [2, 3, 4])):
        total = 0.0
        for token in range(1, SIZE):
            *_, losses = smoothed(known, np.array([*context, token]), SIZE, order)
            total += math.exp(-losses[-1])
        assert total == pytest.approx(1.0)


def test_a_context_never_seen_leaves_the_shorter_one() -> None:
    known = np.array([2, 3, 2, 3, 2, 3, 4])
    short = list(witten_bell(known, np.array([5, 5, 3, 2]), SIZE, 3))
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
    unigram, bigram = witten_bell(known, np.array([2, 3]), SIZE, 2)
    alone = (2 + 3 * (1 / 6)) / (6 + 3)
    assert unigram[0] == pytest.approx(-math.log(alone))
    assert bigram[0] == pytest.approx(-math.log((2 + 2 * alone) / (3 + 2)))
