"""The dropouts made for sequences."""

import pytest
import torch

from seqkit.nn import EmbeddingDropout, LockedDropout, WordDropout

TOKENS = torch.randint(1, 50, (16, 40))


def test_locked_dropout_keeps_one_mask_for_all_steps() -> None:
    dropped = LockedDropout(0.5)(torch.ones(8, 30, 12))
    assert (dropped == dropped[:, :1]).all()
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert not (dropped[0] == dropped[1:]).all()


def test_type_dropout_drops_a_word_wherever_it_stands() -> None:
    dropped = EmbeddingDropout(0.5, 50, "types")(torch.ones(16, 40, 6), TOKENS)
    for token in TOKENS.unique():
        values = dropped[token == TOKENS].unique()
        assert values.tolist() in ([0.0], [2.0])
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


def test_channel_dropout_drops_a_feature_at_every_step() -> None:
    dropped = EmbeddingDropout(0.5, 50, "channels")(torch.ones(16, 40, 6), TOKENS)
    assert (dropped == dropped[:, :1]).all()


def test_element_dropout_drops_numbers_on_their_own() -> None:
    dropped = EmbeddingDropout(0.5, 50, "elements")(torch.ones(16, 40, 6), TOKENS)
    assert not (dropped == dropped[:, :1]).all()
    assert not (dropped == dropped[:, :, :1]).all()


@pytest.mark.parametrize("kind", ["elements", "channels", "types"])
def test_embedding_dropout_keeps_the_mean(kind: str) -> None:
    dropout = EmbeddingDropout(0.25, 50, kind)  # type: ignore[arg-type]
    ones = torch.ones(16, 40, 6)
    mean = torch.stack([dropout(ones, TOKENS).mean() for _ in range(300)]).mean()
    torch.testing.assert_close(mean, torch.tensor(1.0), atol=0.03, rtol=0)


def test_word_dropout_replaces_words_but_never_padding() -> None:
    tokens = torch.full((50, 100), 7)
    tokens[:, 60:] = 0
    dropped = WordDropout(0.25, unknown_id=1)(tokens)
    assert (dropped[:, 60:] == 0).all()
    assert set(dropped[:, :60].unique().tolist()) == {1, 7}
    assert 0.2 < (dropped[:, :60] == 1).float().mean() < 0.3


def test_every_dropout_is_off_in_evaluation() -> None:
    values = torch.randn(16, 40, 6)
    assert torch.equal(LockedDropout(0.5).eval()(values), values)
    assert torch.equal(WordDropout(0.5, 1).eval()(TOKENS), TOKENS)
    for kind in ("elements", "channels", "types"):
        assert torch.equal(EmbeddingDropout(0.5, 50, kind).eval()(values, TOKENS), values)


@pytest.mark.parametrize("probability", [-0.1, 1.0, float("nan")])
def test_an_impossible_probability_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match=f"word dropout is {probability}"):
        WordDropout(probability, 1)
