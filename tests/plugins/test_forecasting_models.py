"""The networks that forecast: rnn, lstm, gru, bilstm, segrnn and the encoder-decoder."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import seqkit
import seqkit_recurrent
from seqkit.errors import ConfigurationError
from seqkit.nn import Pooling
from seqkit.registry.discovery import load_registry
from seqkit.testing.models import model_checks
from seqkit.testing.records import Records
from seqkit_seq2seq._forecaster import EncoderDecoderForecaster
from seqkit_seq2seq.model import Seq2Seq
from seqkit_timeseries._segrnn import SegRnn
from seqkit_timeseries.models import SegRnn as SegRnnModel

RECURRENT = {model.name: model for model in seqkit_recurrent.register_models()}
MODELS: dict[str, type[seqkit.Model]] = {
    **RECURRENT,
    "segrnn": SegRnnModel,
    "seq2seq": Seq2Seq,
}
QUANTILES = (0.1, 0.5, 0.9)
CONTEXT, FEATURES, HORIZON = 12, 3, 5


def shape_of(
    targets: tuple[int, ...] = (0, 2), future: int = 0, quantiles: tuple[float, ...] = ()
) -> seqkit.Shape:
    extras = {
        "context": CONTEXT,
        "future": future,
        "targets": list(targets),
        "columns": ["a", "b", "c"],
        "period": 1,
    }
    outputs = seqkit.Values(len(targets), HORIZON, quantiles)
    return seqkit.Shape("forecasting", seqkit.Features(FEATURES), outputs, extras)


def build(name: str, shape: seqkit.Shape, **settings: Any) -> nn.Module:
    model = MODELS[name]()
    usual = {"segment": 4} if name == "segrnn" else {}
    return model.build(model.Config(**{"hidden_size": 8, **usual, **settings}), shape)


def contexts(batch: int = 4) -> tuple[Tensor, Tensor]:
    return torch.randn(batch, CONTEXT, FEATURES), torch.full((batch,), CONTEXT)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("quantiles", [(), QUANTILES])
@pytest.mark.parametrize("future", [0, 2])
def test_a_forecast_has_a_number_for_each_step_target_and_quantile(
    name: str, quantiles: tuple[float, ...], future: int
) -> None:
    shape = shape_of(future=future, quantiles=quantiles)
    known = (torch.randn(4, HORIZON, future),) if future else ()
    outputs = build(name, shape)(*contexts(), *known)
    assert outputs.shape == (4, HORIZON, 2, *([3] if quantiles else []))


@pytest.mark.parametrize("name", MODELS)
def test_what_is_known_of_the_horizon_changes_the_forecast(name: str) -> None:
    network = build(name, shape_of(future=2)).eval()
    inputs, lengths = contexts(1)
    known = torch.zeros(1, HORIZON, 2)
    plain = network(inputs, lengths, known)
    known[0, 3, 1] = 5.0
    assert not torch.allclose(network(inputs, lengths, known)[0, 3], plain[0, 3])


@pytest.mark.parametrize("name", MODELS)
def test_padding_never_changes_a_forecast(name: str) -> None:
    network = build(name, shape_of()).eval()
    inputs = torch.randn(3, CONTEXT, FEATURES)
    lengths = torch.tensor([12, 7, 1])
    alone = [
        network(inputs[row : row + 1, :length], lengths[row : row + 1])
        for row, length in enumerate(lengths.tolist())
    ]
    for row, length in enumerate(lengths.tolist()):
        inputs[row, length:] = 99.0
    padded = torch.cat([inputs, torch.full((3, 5, FEATURES), -99.0)], dim=1)
    for batch in (inputs, padded):
        torch.testing.assert_close(network(batch, lengths), torch.cat(alone))


@pytest.mark.parametrize("name", MODELS)
def test_a_model_learns_a_sine(name: str) -> None:
    torch.manual_seed(3)
    network = build(name, shape_of((0,)), hidden_size=16)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for step in range(61):
        start = 6.3 * torch.rand(32, 1)
        wave = torch.sin(start + 0.5 * torch.arange(CONTEXT + HORIZON))
        inputs = torch.randn(32, CONTEXT, FEATURES)
        inputs[..., 0] = wave[:, :CONTEXT]
        outputs = network(inputs, torch.full((32,), CONTEXT))
        loss = (outputs.squeeze(-1) - wave[:, CONTEXT:]).square().mean()
        if step < 60:
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    assert loss < 0.1


def test_the_pooling_suits_the_task_unless_one_is_chosen() -> None:
    tokens = seqkit.Shape("classification", seqkit.Tokens(9), seqkit.Classes(("a", "b"), (1, 1), 2))
    assert pooling_of(build("gru", tokens)) == "max+mean"
    assert pooling_of(build("gru", shape_of())) == "last"
    assert pooling_of(build("gru", shape_of(), pooling="mean")) == "mean"


def pooling_of(network: nn.Module) -> str:
    (pooling,) = (module for module in network.modules() if isinstance(module, Pooling))
    return pooling.name


@pytest.mark.parametrize("name", ["segrnn", "seq2seq"])
def test_targets_are_the_channels_the_task_names(name: str) -> None:
    network = build(name, shape_of((2,))).eval()
    other = build(name, shape_of((0,))).eval()
    other.load_state_dict(network.state_dict())
    inputs, lengths = contexts()
    swapped = inputs[..., [2, 0, 1]]
    if name == "seq2seq":
        # The encoder reads the channels in their order; only the first decoded value moves.
        assert not torch.allclose(network(inputs, lengths), other(inputs, lengths))
    else:
        torch.testing.assert_close(network(inputs, lengths), other(swapped, lengths))


@pytest.mark.parametrize("quantiles", [(), QUANTILES])
def test_a_linear_map_of_the_context_of_the_targets_is_added(quantiles: tuple[float, ...]) -> None:
    network: Any = build("gru", shape_of(future=2, quantiles=quantiles), linear=True).eval()
    inputs, lengths = contexts()
    known = torch.randn(4, HORIZON, 2)
    without = network(inputs, lengths, known)
    with torch.no_grad():
        weights = network.linear.weight.copy_(torch.randn(HORIZON, CONTEXT))
    added = network(inputs, lengths, known) - without
    by_hand = torch.einsum("hc,bcv->bhv", weights, inputs[..., [0, 2]])
    for place in range(len(quantiles) or 1):
        found = added[..., place] if quantiles else added
        torch.testing.assert_close(found, by_hand, atol=1e-5, rtol=1e-5)
    padded = torch.cat([inputs, torch.full((4, 3, FEATURES), 9.0)], dim=1)
    torch.testing.assert_close(
        network(padded, lengths, known) - without, added, atol=1e-5, rtol=1e-5
    )


def test_a_linear_map_begins_at_nothing_and_leaves_the_rest_of_the_network_as_it_was() -> None:
    inputs, lengths = contexts()
    networks = []
    for linear in (False, True):
        torch.manual_seed(3)
        networks.append(build("lstm", shape_of(), linear=linear).eval())
    plain, more = networks
    names = set(more.state_dict()) - set(plain.state_dict())
    assert names == {"linear.weight"}
    assert set(build("lstm", shape_of()).state_dict()) == set(plain.state_dict())
    torch.testing.assert_close(more(inputs, lengths), plain(inputs, lengths), atol=0, rtol=0)


def test_a_linear_map_learns_what_a_small_network_cannot() -> None:
    torch.manual_seed(0)
    network = build("rnn", shape_of((0,)), linear=True, hidden_size=1)
    inputs, lengths = contexts(64)
    # The forecast is far outside what a bounded unit was shown.
    targets = 50 * inputs[:, -HORIZON:, :1]
    optimizer = torch.optim.Adam(network.parameters(), lr=0.5)
    for _ in range(300):
        loss = (network(inputs, lengths) - targets).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.01 * float(targets.square().mean())


def test_a_linear_map_is_refused_without_a_context_of_numbers_and_elsewhere_left_alone() -> None:
    shape = shape_of()
    tokens = seqkit.Shape("mine", seqkit.Tokens(40), shape.outputs, shape.extras)
    lengthless = seqkit.Shape("mine", shape.inputs, shape.outputs, {})
    for other in (tokens, lengthless):
        with pytest.raises(ConfigurationError, match=r"model\.linear is true, and task 'mine'"):
            build("gru", other, linear=True)
    classes = seqkit.Classes(("a", "b"), (5, 5), 2)
    labels = seqkit.Shape("classification", seqkit.Features(FEATURES), classes, {})
    assert build("gru", labels, linear=True)(*contexts()).shape == (4, 2)


def segrnn(**settings: Any) -> SegRnn:
    network = build("segrnn", shape_of((0, 1, 2)), **settings)
    assert isinstance(network, SegRnn)
    return network.eval()


def test_segrnn_reads_each_target_on_its_own() -> None:
    network = segrnn()
    inputs, lengths = contexts()
    before = network(inputs, lengths)
    inputs[..., 1] += 1
    after = network(inputs, lengths)
    torch.testing.assert_close(after[..., [0, 2]], before[..., [0, 2]])
    assert not torch.allclose(after[..., 1], before[..., 1])


def test_segrnn_reads_past_covariates() -> None:
    network = build("segrnn", shape_of((0,))).eval()
    inputs, lengths = contexts()
    before = network(inputs, lengths)
    inputs[..., 1] += 1
    assert not torch.allclose(network(inputs, lengths), before)


def test_segrnn_continues_to_the_left_a_context_that_the_segment_does_not_divide() -> None:
    network = segrnn(segment=5)
    inputs, lengths = contexts()
    longer = torch.cat([inputs[:, :1].expand(-1, 3, -1), inputs], dim=1)
    torch.testing.assert_close(network(inputs, lengths), network(longer, lengths + 3))


def test_segrnn_is_what_torch_computes_step_by_step() -> None:
    network = segrnn()
    cell = nn.GRU(8, 8, batch_first=True)
    cell.load_state_dict(network.recurrent.state_dict())
    inputs, lengths = contexts()
    outputs = network(inputs, lengths)
    for target in range(FEATURES):
        segments = inputs[..., target].view(4, 3, 4)
        _, state = cell(torch.relu(network.value(segments)))
        for step in range(network.steps):
            asked = torch.cat([network.channel[target], network.position[step]])
            values = network.head(cell(asked.expand(4, 1, 8), state)[0][:, 0])
            part = outputs[:, 4 * step : 4 * step + 4, target]
            torch.testing.assert_close(part, values[:, : part.shape[1]])


def test_segrnn_is_refused_with_an_odd_number_of_units() -> None:
    with pytest.raises(ValueError, match="multiple of 2"):
        SegRnnModel.Config(hidden_size=7)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_decoder_starts_from_what_the_encoder_read(cell: Any, bidirectional: bool) -> None:
    network = build(
        "seq2seq", shape_of(), cell=cell, bidirectional=bidirectional, layers=2, attention="none"
    ).eval()
    inputs, lengths = contexts()
    before = network(inputs, lengths)
    inputs[:, 0] += 1
    assert not torch.allclose(network(inputs, lengths), before)


@pytest.mark.parametrize("attention", ["none", "general"])
def test_the_decoder_goes_on_from_its_median_and_the_last_observed_values(attention: str) -> None:
    shape = shape_of((1,), quantiles=QUANTILES)
    network = build("seq2seq", shape, attention=attention, bidirectional=False).eval()
    assert isinstance(network, EncoderDecoderForecaster)
    inputs, lengths = contexts()
    outputs = network(inputs, lengths)
    cell = nn.GRU(1, 8, batch_first=True)
    cell.load_state_dict(network.decoder.state_dict())
    memory, (hidden,) = network.encoder(inputs, lengths)
    state, value = hidden.transpose(0, 1).contiguous(), inputs[:, -1, 1]
    for step in range(HORIZON):
        read, state = cell(value[:, None, None], state)
        known = read[:, 0]
        if network.attention is not None:
            weights = torch.softmax(read @ network.attention.keys(memory).mT, dim=-1)
            known = torch.cat([known, (weights @ memory)[:, 0]], dim=1)
        values = network.head(known)
        torch.testing.assert_close(outputs[:, step, 0], values)
        value = values[:, 1]


@pytest.mark.parametrize("name", ["gru", "segrnn", "seq2seq"])
def test_the_conformance_kit_accepts_a_built_in_forecaster(name: str) -> None:
    model = MODELS[name]
    registry = load_registry()
    entry = registry.find("models", name)
    small = model.Config.model_validate({"hidden_size": 8})
    for check in model_checks(entry, lambda: small, Records(registry)):
        check.run()
