"""The built-in recurrent models, from their configs to their outputs."""

from itertools import product
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import seqkit
import seqkit_recurrent
from seqkit.errors import ConfigurationError
from seqkit_recurrent._inputs import TokenInput
from seqkit_recurrent._net import RecurrentNetwork, StepNetwork
from seqkit_recurrent.models import Pooling

MODELS = {model.name: model for model in seqkit_recurrent.register_models()}
POOLINGS = get_args(Pooling)
LENGTHS = torch.tensor([4, 9, 1, 7])
TOKENS = seqkit.Tokens(40)
FEATURES = seqkit.Features(6)


def shape_of(inputs: seqkit.Tokens | seqkit.Features, logits: int = 3) -> seqkit.Shape:
    names = tuple(f"class {number}" for number in range(max(2, logits)))
    counts = (10,) * len(names)
    return seqkit.Shape("classification", inputs, seqkit.Classes(names, counts, logits))


def build(name: str, shape: seqkit.Shape, **settings: Any) -> RecurrentNetwork:
    model = MODELS[name]()
    network = model.build(model.Config(**{"hidden_size": 8, **settings}), shape)
    assert isinstance(network, RecurrentNetwork)
    return network


def inputs_for(inputs: seqkit.Tokens | seqkit.Features) -> Tensor:
    if isinstance(inputs, seqkit.Tokens):
        return torch.randint(2, 40, (4, 9))
    return torch.randn(4, 9, 6)


def packed_logits(network: RecurrentNetwork, inputs: Tensor, pooling: str) -> Tensor:
    """The logits by torch.nn alone, on packed input, one sequence's steps at a time."""
    stack = network.recurrent
    kind: Any = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[stack.cell]
    size, hidden = stack.input_size, stack.hidden_size
    reference = kind(
        size, hidden, stack.layers, batch_first=True, bidirectional=stack.bidirectional
    )
    reference.load_state_dict(stack.state_dict())
    packed = pack_padded_sequence(
        network.reader(inputs), LENGTHS, batch_first=True, enforce_sorted=False
    )
    outputs, state = reference(packed)
    outputs, _ = pad_packed_sequence(outputs, batch_first=True)
    last = (state[0] if stack.cell == "lstm" else state)[-stack.directions :]
    pooled = []
    for row, length in enumerate(LENGTHS.tolist()):
        steps = outputs[row, :length]
        parts = {"last": last[:, row].reshape(-1), "mean": steps.mean(0), "max": steps.amax(0)}
        if network.pooling.attention is not None:
            attention = network.pooling.attention
            scores = attention.score(torch.tanh(attention.project(steps)))
            parts["attention"] = (torch.softmax(scores, dim=0) * steps).sum(0)
        pooled.append(torch.cat([parts[part] for part in pooling.split("+")]))
    logits: Tensor = network.head(torch.stack(pooled))
    return logits


@pytest.mark.parametrize("inputs", [TOKENS, FEATURES])
@pytest.mark.parametrize(("name", "pooling"), product(MODELS, POOLINGS))
def test_padding_never_changes_a_logit(
    name: str, pooling: str, inputs: seqkit.Tokens | seqkit.Features
) -> None:
    for layers, bidirectional in product((1, 2), (False, True)):
        network = build(
            name, shape_of(inputs), pooling=pooling, layers=layers, bidirectional=bidirectional
        ).eval()
        plain = inputs_for(inputs)
        with torch.no_grad():
            expected = packed_logits(network, plain, pooling)
            for more in (0, 7):
                padded = inputs_for(inputs).repeat(1, 2, *[1] * (plain.dim() - 2))[:, : 9 + more]
                for row, length in enumerate(LENGTHS.tolist()):
                    padded[row, :length] = plain[row, :length]
                logits = network(padded, LENGTHS)
                torch.testing.assert_close(logits, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", MODELS)
def test_a_sequence_alone_gives_what_it_gives_among_others(name: str) -> None:
    network, inputs = (
        build(name, shape_of(TOKENS), pooling="last+max+mean").eval(),
        inputs_for(TOKENS),
    )
    together = network(inputs, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = network(inputs[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], together[row], atol=1e-6, rtol=0)


@pytest.mark.parametrize("inputs", [TOKENS, FEATURES])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_an_empty_sequence_gives_finite_logits(
    pooling: str, inputs: seqkit.Tokens | seqkit.Features
) -> None:
    network = build("bilstm", shape_of(inputs), pooling=pooling)
    logits = network(inputs_for(inputs), torch.tensor([4, 0, 1, 9]))
    logits.sum().backward()
    assert logits.isfinite().all()
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()


@pytest.mark.parametrize("name", MODELS)
def test_every_dropout_is_off_in_evaluation(name: str) -> None:
    dropouts = {"word_dropout": 0.4, "embedding_dropout": 0.4, "layer_dropout": 0.4, "dropout": 0.4}
    for kind, layer_kind in product(("elements", "channels", "types"), ("ordinary", "locked")):
        network = build(
            name,
            shape_of(TOKENS),
            layers=2,
            embedding_dropout_kind=kind,
            layer_dropout_kind=layer_kind,
            **dropouts,
        )
        inputs = inputs_for(TOKENS)
        assert not torch.equal(network(inputs, LENGTHS), network(inputs, LENGTHS))
        network.eval()
        assert torch.equal(network(inputs, LENGTHS), network(inputs, LENGTHS))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("logits", [1, 2, 7])
def test_the_shape_decides_the_head_and_the_reader(name: str, logits: int) -> None:
    for inputs in (TOKENS, FEATURES):
        network = build(name, shape_of(inputs, logits))
        assert network(inputs_for(inputs), LENGTHS).shape == (4, logits)
    assert build(name, shape_of(FEATURES), projection_size=5).recurrent.input_size == 5
    assert build(name, shape_of(TOKENS), embedding_size=5).recurrent.input_size == 5


def test_settings_reach_the_stack() -> None:
    settings = {"layers": 3, "bidirectional": True, "hidden_size": 4, "layer_dropout": 0.2}
    for name, cell in (("rnn", "rnn"), ("lstm", "lstm"), ("gru", "gru"), ("bilstm", "lstm")):
        stack = build(name, shape_of(TOKENS), layer_dropout_kind="locked", **settings).recurrent
        assert (stack.cell, stack.layers, stack.hidden_size) == (cell, 3, 4)
        assert (stack.bidirectional, stack.dropout, stack.dropout_kind) == (True, 0.2, "locked")
    assert build("rnn", shape_of(TOKENS), nonlinearity="relu").recurrent.nonlinearity == "relu"
    assert build("bilstm", shape_of(TOKENS)).recurrent.bidirectional
    assert not build("lstm", shape_of(TOKENS)).recurrent.bidirectional
    stack = build("lstm", shape_of(TOKENS), initialization="orthogonal").recurrent
    assert (stack.get_parameter("bias_hh_l0").chunk(4)[1] == 0.5).all()


def test_the_padding_embedding_stays_zero() -> None:
    assert not TokenInput(40, 5).embedding.weight[0].any()
    network = build("lstm", shape_of(TOKENS))
    network(torch.tensor([[3, 4, 0]]), torch.tensor([2])).sum().backward()
    assert isinstance(network.reader, TokenInput)
    gradient = network.reader.embedding.weight.grad
    assert gradient is not None
    assert not gradient[0].any()
    assert gradient[3].any()


@pytest.mark.parametrize("inputs", [TOKENS, FEATURES], ids=["tokens", "features"])
@pytest.mark.parametrize("name", MODELS)
def test_one_class_a_step_is_told_from_torchs_own_layers_on_packed_input(
    name: str, inputs: seqkit.Tokens | seqkit.Features
) -> None:
    shape = seqkit.Shape("tags", inputs, seqkit.StepClasses(("a", "b", "c"), (9, 9, 9)))
    settings: dict[str, Any] = {"hidden_size": 8, "layers": 2, "dropout": 0.5}
    model = MODELS[name]()
    network = model.build(model.Config(**settings), shape).eval()
    assert isinstance(network, StepNetwork)
    given = inputs_for(inputs)
    logits = network(given, LENGTHS)
    assert logits.shape == (4, 9, 3)

    stack = network.recurrent
    kind: Any = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[stack.cell]
    reference = kind(stack.input_size, 8, 2, batch_first=True, bidirectional=stack.bidirectional)
    reference.load_state_dict(stack.state_dict())
    packed = pack_padded_sequence(
        network.reader(given), LENGTHS, batch_first=True, enforce_sorted=False
    )
    outputs, _ = pad_packed_sequence(reference(packed)[0], batch_first=True)
    valid = torch.arange(9) < LENGTHS[:, None]
    torch.testing.assert_close(logits[valid], network.head(outputs)[valid])


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("outputs", "width"),
    [(seqkit.Labels(("a", "b", "c"), (9, 9, 9)), 3), (seqkit.Number(), 1)],
)
def test_several_labels_and_one_number_are_one_vector_a_sequence(
    name: str, outputs: seqkit.Labels | seqkit.Number, width: int
) -> None:
    network = build(name, seqkit.Shape("task", TOKENS, outputs))
    assert network(inputs_for(TOKENS), LENGTHS).shape == (4, width)
    assert network.pooling.parts == ("max", "mean")


def test_next_tokens_cannot_be_told_from_features() -> None:
    shape = seqkit.Shape("task", FEATURES, seqkit.NextTokens(9))
    with pytest.raises(ConfigurationError, match="cannot make NextTokens of Features"):
        MODELS["gru"]().build(MODELS["gru"].Config(), shape)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_learns_to_tell_two_orders_of_the_same_tokens(name: str) -> None:
    torch.manual_seed(1)
    network = build(name, shape_of(TOKENS, 2), hidden_size=16, word_dropout=0, embedding_dropout=0)
    inputs = torch.randint(4, 40, (32, 8))
    inputs[:16, 1], inputs[:16, 3], inputs[16:, 1], inputs[16:, 3] = 2, 3, 3, 2
    lengths, targets = torch.randint(4, 9, (32,)), torch.arange(32) // 16
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(60):
        loss = nn.functional.cross_entropy(network(inputs, lengths), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (network(inputs, lengths).argmax(1) == targets).all()
