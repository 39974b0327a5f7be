"""Recurrent language models: tied weights, weight drop, locked dropout, and who is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import seqkit
import seqkit_recurrent
from seqkit.errors import ConfigurationError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit_recurrent._language_model import RecurrentLanguageModel, TiedHead

MODELS = {model.name: model for model in seqkit_recurrent.register_models()}
CAUSAL = ("rnn", "lstm", "gru")
SHAPE = seqkit.Shape("language-modeling", seqkit.Tokens(20), seqkit.NextTokens(20))
PLAIN = {"hidden_size": 8, "embedding_size": 5, "word_dropout": 0, "embedding_dropout": 0}
LENGTHS = torch.tensor([6, 6, 6])


def build(name: str, **settings: Any) -> RecurrentLanguageModel:
    torch.manual_seed(0)
    model = MODELS[name]()
    network = model.build(model.Config(**{**PLAIN, **settings}), SHAPE)
    assert isinstance(network, RecurrentLanguageModel)
    return network


def some_inputs() -> torch.Tensor:
    return torch.randint(2, 20, (3, 6), generator=torch.Generator().manual_seed(4))


def torch_logits(network: RecurrentLanguageModel, stack: nn.Module) -> torch.Tensor:
    """The logits by torch.nn alone, with the weights that a stack has."""
    kinds: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
    reference = kinds[network.recurrent.cell](5, 8, network.recurrent.layers, batch_first=True)
    reference.load_state_dict(stack.state_dict())
    steps, _ = reference(network.reader.embedding(some_inputs()))
    logits: torch.Tensor = network.head(steps, network.reader.embedding.weight)
    return logits


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize("tied", [False, True])
def test_the_logits_are_those_of_torchs_own_layers(name: str, tied: bool) -> None:
    network = build(name, layers=2, tie_weights=tied).eval()
    logits, state = network(some_inputs(), LENGTHS, None)
    torch.testing.assert_close(logits, torch_logits(network, network.recurrent), atol=1e-6, rtol=0)
    assert logits.shape == (3, 6, 20)
    assert isinstance(state, tuple) == (name == "lstm")


@pytest.mark.parametrize("name", CAUSAL)
def test_weight_drop_equals_masking_the_recurrent_weights(name: str) -> None:
    network = build(name, layers=2, weight_drop=0.5)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    torch.manual_seed(7)
    logits, _ = network(some_inputs(), LENGTHS, None)
    torch.manual_seed(7)
    masked = build_copy(network)
    masks = {}
    with torch.no_grad():
        for key, weight in masked.recurrent.named_parameters():
            if key.startswith("weight_hh"):
                masks[key] = nn.functional.dropout(torch.ones_like(weight), 0.5)
                weight.mul_(masks[key])
    torch.testing.assert_close(logits, torch_logits(network, masked.recurrent), atol=1e-6, rtol=0)
    assert set(masks) == {"weight_hh_l0", "weight_hh_l1"}
    assert set(torch.cat([mask.flatten() for mask in masks.values()]).tolist()) == {0.0, 2.0}

    logits.square().sum().backward()
    for key, mask in masks.items():
        gradient = network.recurrent.get_parameter(key).grad
        assert gradient is not None
        assert not gradient[mask == 0].any(), "a weight left out gets no gradient"
        assert gradient[mask > 0].any()
    for key, value in network.state_dict().items():
        assert torch.equal(value, before[key]), "no weight is changed"


def build_copy(network: RecurrentLanguageModel) -> RecurrentLanguageModel:
    stack = network.recurrent
    copy = build(stack.cell, layers=stack.layers)
    copy.load_state_dict(network.state_dict())
    torch.manual_seed(7)
    return copy


def test_every_dropout_is_off_in_evaluation() -> None:
    for kind in ("ordinary", "locked"):
        network = build(
            "lstm",
            layers=2,
            weight_drop=0.5,
            dropout=0.5,
            layer_dropout=0.5,
            layer_dropout_kind=kind,
            embedding_dropout=0.5,
            word_dropout=0.3,
        )
        one, other = (network(some_inputs(), LENGTHS, None)[0] for _ in range(2))
        assert not torch.equal(one, other)
        network.eval()
        one, other = (network(some_inputs(), LENGTHS, None)[0] for _ in range(2))
        assert torch.equal(one, other)


def test_locked_dropout_before_the_head_drops_the_same_features_at_each_step() -> None:
    network = build("gru", dropout=0.5, layer_dropout_kind="locked")
    dropped = network.dropout(torch.ones(3, 6, 8))
    assert torch.equal(dropped, dropped[:, :1].expand(3, 6, 8))
    ordinary = build("gru", dropout=0.5).dropout(torch.ones(3, 6, 8))
    assert not torch.equal(ordinary, ordinary[:, :1].expand(3, 6, 8))


@pytest.mark.parametrize(("embedding", "projected"), [(8, False), (5, True)])
def test_tied_weights_are_kept_once_and_learn_from_both_ends(
    embedding: int, projected: bool, tmp_path: Path
) -> None:
    network = build("lstm", tie_weights=True, embedding_size=embedding)
    assert isinstance(network.head, TiedHead)
    assert isinstance(network.head.projection, nn.Linear) == projected
    names = [name for name, value in network.state_dict().items() if value.shape[0] == 20]
    assert names == ["reader.embedding.weight", "head.bias"]
    storages = [value.untyped_storage().data_ptr() for value in network.state_dict().values()]
    assert len(storages) == len(set(storages))

    logits, _ = network(torch.full((1, 3), 4), torch.tensor([3]), None)
    nn.functional.cross_entropy(logits[0], torch.tensor([9, 9, 9])).backward()
    gradient = network.reader.embedding.weight.grad
    assert gradient is not None
    assert gradient[9].any(), "a token that is told"
    assert gradient[4].any(), "a token that is read"


def test_a_model_that_reads_backwards_is_refused_with_the_reason() -> None:
    for name in CAUSAL:
        with pytest.raises(ConfigurationError, match=r"model\.bidirectional.*sees the token it is"):
            build(name, bidirectional=True)
    document = {
        "task": "language-modeling",
        "dataset": "shakespeare",
        "model": {"name": "bilstm"},
    }
    with pytest.raises(ConfigurationError, match=r"bilstm.*it reads backwards too"):
        load_experiment(document, load_registry(), [])


@pytest.mark.parametrize("name", CAUSAL)
def test_a_model_learns_a_text_by_heart(name: str) -> None:
    network = build(name, hidden_size=24, embedding_size=12)
    text = torch.randint(2, 20, (1, 25), generator=torch.Generator().manual_seed(2))
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(100):
        logits, _ = network(text[:, :-1], torch.tensor([24]), None)
        loss = nn.functional.cross_entropy(logits[0], text[0, 1:])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.1
