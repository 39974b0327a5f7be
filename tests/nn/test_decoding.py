"""Decoding: greedy and beam search over networks made by hand, whose best outputs are known."""

import itertools
import math
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor

from seqkit.nn import Decoding, DecodingStep, Hypothesis, decode, select_rows
from seqkit.nn.decoding import beam_search

BEGIN, END = 2, 3


class Table:
    """A network that looks the next token's probabilities up by the last token.

    Memory and state are dictionaries, tuples and None, and count the steps of each example.
    """

    def __init__(self, probabilities: dict[int, dict[int, float]], size: int = 8) -> None:
        self.table = torch.full((size, size), 1e-9)
        for last, following in probabilities.items():
            for token, probability in following.items():
                self.table[last, token] = probability

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        return {"inputs": inputs, "none": None}, (torch.zeros(len(inputs)), [lengths.clone()])

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        steps, (lengths,) = state
        assert len(tokens) == len(memory["inputs"]) == len(steps) == len(lengths)
        attention = torch.nn.functional.one_hot(
            steps.long().clamp(max=memory["inputs"].shape[1] - 1), memory["inputs"].shape[1]
        ).float()
        return DecodingStep(self.table[tokens].log(), (steps + 1, [lengths]), attention)


# Greedy takes 4 first, with 0.6, and then has nothing better than 0.3; by way of 5 there is 0.36.
GARDEN_PATH = Table(
    {
        BEGIN: {4: 0.6, 5: 0.4},
        4: {6: 0.5, 7: 0.5},
        5: {6: 0.9, END: 0.1},
        6: {END: 1.0},
        7: {END: 1.0},
    }
)


def found(
    network: Decoding, count: int = 1, limit: int = 10, **options: Any
) -> list[list[Hypothesis]]:
    return decode(
        network,
        torch.ones(count, 4, dtype=torch.int64),
        torch.full((count,), 4),
        begin=BEGIN,
        end=END,
        maximum_lengths=torch.full((count,), limit),
        **options,
    )


def random_network(seed: int, size: int = 9) -> Table:
    generator = torch.Generator().manual_seed(seed)
    network = Table({}, size)
    network.table = torch.softmax(2 * torch.randn(size, size, generator=generator), dim=1)
    return network


def test_a_table_is_a_network_that_can_be_decoded() -> None:
    assert isinstance(GARDEN_PATH, Decoding)
    assert not isinstance(torch.nn.Linear(1, 1), Decoding)


def test_greedy_takes_the_most_probable_token_each_time() -> None:
    (best,) = found(GARDEN_PATH, length_penalty=0.0)[0]
    assert best.tokens == [4, 6]
    assert best.ended
    assert best.score == pytest.approx(math.log(0.3), abs=1e-5)


def test_a_beam_finds_what_greedy_misses() -> None:
    (best,) = found(GARDEN_PATH, beam=2, length_penalty=0.0)[0]
    assert best.tokens == [5, 6]
    assert best.score == pytest.approx(math.log(0.36), abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy(seed: int) -> None:
    network = random_network(seed)
    inputs, lengths = torch.ones(4, 3, dtype=torch.int64), torch.full((4,), 3)
    limits = torch.tensor([1, 3, 8, 20])
    options: dict[str, Any] = {"begin": BEGIN, "end": END, "maximum_lengths": limits}
    greedy = decode(network, inputs, lengths, **options)
    beam = beam_search(network, inputs, lengths, BEGIN, END, limits, beam=1)
    for one, other in zip(greedy, beam, strict=True):
        assert one[0].tokens == other[0].tokens
        assert one[0].ended == other[0].ended
        assert one[0].score == pytest.approx(other[0].score, abs=1e-5)
        torch.testing.assert_close(one[0].attention, other[0].attention)


@pytest.mark.parametrize("seed", range(3))
def test_a_beam_as_wide_as_everything_finds_the_best_of_all(seed: int) -> None:
    network, limit = random_network(seed, size=6), 3
    (best,) = found(network, limit=limit, beam=64, length_penalty=0.0)[0]
    logs = network.table.log()
    scores = {}
    for length in range(limit):
        for tokens in itertools.product((1, 4, 5), repeat=length):
            path = [BEGIN, *tokens, END]
            scores[tokens] = sum(float(logs[a, b]) for a, b in itertools.pairwise(path))
    ended = max(scores, key=scores.__getitem__)
    if best.ended:
        assert tuple(best.tokens) == ended
        assert best.score == pytest.approx(scores[ended], abs=1e-4)
    else:
        assert best.score > scores[ended]


def test_n_best_are_sorted_and_different() -> None:
    network = random_network(1)
    hypotheses = found(network, beam=6, n_best=5)[0]
    assert len(hypotheses) == 5
    scores = [hypothesis.score for hypothesis in hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert len({tuple(hypothesis.tokens) for hypothesis in hypotheses}) == 5


def test_the_length_penalty_favours_longer_outputs() -> None:
    # To end at once has 0.4; going on has 0.6 * 0.6 * 0.6 = 0.216 in three steps.
    network = Table(
        {BEGIN: {END: 0.4, 4: 0.6}, 4: {5: 0.6, 6: 0.4}, 5: {END: 0.6, 7: 0.4}, 6: {7: 1.0}}
    )
    short = found(network, beam=3, length_penalty=0.0)[0][0]
    long = found(network, beam=3, length_penalty=1.0)[0][0]
    assert short.tokens == []
    assert short.score == pytest.approx(math.log(0.4), abs=1e-5)
    assert long.tokens == [4, 5]
    assert long.score == pytest.approx(math.log(0.216) / 3, abs=1e-5)


@pytest.mark.parametrize("beam", [1, 4])
def test_what_is_found_does_not_depend_on_the_rest_of_the_batch(beam: int) -> None:
    network = random_network(3)
    limits = torch.tensor([2, 12, 5, 7, 1])
    sources, lengths = torch.ones(5, 3, dtype=torch.int64), torch.full((5,), 3)
    options = {"begin": BEGIN, "end": END, "beam": beam, "n_best": beam}
    together = decode(network, sources, lengths, maximum_lengths=limits, **options)
    for index in range(5):
        one = slice(index, index + 1)
        (alone,) = decode(
            network, sources[one], lengths[one], maximum_lengths=limits[one], **options
        )
        assert [h.tokens for h in alone] == [h.tokens for h in together[index]]
        assert [h.score for h in alone] == pytest.approx([h.score for h in together[index]])


@pytest.mark.parametrize("beam", [1, 3])
def test_no_output_is_longer_than_allowed_and_those_cut_off_say_so(beam: int) -> None:
    endless = Table({last: {4: 0.5, 5: 0.5} for last in (BEGIN, 4, 5)})
    (best,) = found(endless, limit=6, beam=beam)[0]
    assert len(best.tokens) == 6
    assert not best.ended


@pytest.mark.parametrize("beam", [1, 3])
def test_padding_and_the_token_to_begin_with_are_never_written(beam: int) -> None:
    network = Table({BEGIN: {0: 0.5, BEGIN: 0.4, 4: 0.1}, 4: {END: 1.0}})
    assert found(network, beam=beam)[0][0].tokens == [4]


@pytest.mark.parametrize("beam", [1, 3])
def test_each_token_has_the_weights_of_its_own_step(beam: int) -> None:
    (best,) = found(GARDEN_PATH, beam=beam)[0]
    assert best.attention is not None
    assert best.attention.argmax(dim=1).tolist() == list(range(len(best.tokens)))


class Pair(NamedTuple):
    first: Tensor
    second: list


def test_rows_are_taken_from_every_kind_of_nest() -> None:
    tree = Pair(torch.arange(3), [{"a": torch.arange(6).view(3, 2)}, None, (torch.ones(3),)])
    taken = select_rows(tree, torch.tensor([2, 2, 0]))
    assert isinstance(taken, Pair)
    assert taken.first.tolist() == [2, 2, 0]
    assert taken.second[0]["a"].tolist() == [[4, 5], [4, 5], [0, 1]]
    assert taken.second[1] is None
    assert taken.second[2][0].shape == (3,)


def test_more_of_the_best_than_the_beam_holds_are_refused() -> None:
    with pytest.raises(ValueError, match="n_best is 3 and beam is 2"):
        found(GARDEN_PATH, beam=2, n_best=3)
