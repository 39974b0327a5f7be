"""The network of the model seq2seq: all steps at once, step by step, and teacher forcing."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from seqkit.api import Features, Shape, Tokens
from seqkit.config import validate
from seqkit.errors import ConfigurationError
from seqkit.nn import Decoding, decode
from seqkit_seq2seq._net import Seq2SeqNetwork
from seqkit_seq2seq.model import Seq2Seq, Seq2SeqConfig

BEGIN, END = 2, 3
SOURCES, TARGETS = 20, 24
LENGTHS = torch.tensor([6, 1, 4, 3])


def network(**options: Any) -> Seq2SeqNetwork:
    values: dict[str, Any] = {"embedding_size": 8, "hidden_size": 6, "layers": 2} | options
    return Seq2SeqNetwork(values.pop("cell", "gru"), SOURCES, TARGETS, **values)


def batch() -> tuple[Tensor, Tensor]:
    """Four padded sources, and what the decoder reads."""
    inputs = torch.randint(1, SOURCES, (4, 6))
    inputs[torch.arange(6) >= LENGTHS.unsqueeze(1)] = 0
    decoder_inputs = torch.randint(1, TARGETS, (4, 5))
    decoder_inputs[:, 0] = BEGIN
    return inputs, decoder_inputs


def by_steps(model: Seq2SeqNetwork, inputs: Tensor, decoder_inputs: Tensor) -> Tensor:
    memory, state = model.begin(inputs, LENGTHS)
    logits = []
    for tokens in decoder_inputs.unbind(dim=1):
        step = model.step(tokens, memory, state)
        state = step.state
        logits.append(step.logits)
    return torch.stack(logits, dim=1)


VARIANTS: dict[str, dict[str, Any]] = {
    "rnn without attention": {"cell": "rnn", "attention": None},
    "lstm with general attention": {"cell": "lstm", "attention": "general"},
    "gru with additive attention": {"attention": "additive"},
    "dot attention of two directions": {"attention": "dot"},
    "one direction": {"attention": "dot", "bidirectional": False},
    "input feeding": {"cell": "lstm", "input_feeding": True},
    "layers above the attention": {"cell": "lstm", "upper_layers": 2, "layers": 1},
    "layers above and input feeding": {"upper_layers": 1, "input_feeding": True},
    "embeddings of their own": {"tied": False},
    "written from words": {"lexical": True, "cell": "lstm"},
    "written from words and input feeding": {"lexical": True, "input_feeding": True},
}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_all_steps_at_once_equal_one_step_after_another(options: dict[str, Any]) -> None:
    model = network(**options).eval()
    assert isinstance(model, Decoding)
    inputs, decoder_inputs = batch()
    with torch.inference_mode():
        at_once = model(inputs, LENGTHS, decoder_inputs)
        torch.testing.assert_close(at_once, by_steps(model, inputs, decoder_inputs))


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_padding_of_a_source_changes_nothing(options: dict[str, Any]) -> None:
    model = network(**options).eval()
    inputs, decoder_inputs = batch()
    padding = torch.arange(6) >= LENGTHS.unsqueeze(1)
    with torch.inference_mode():
        one = model(inputs, LENGTHS, decoder_inputs)
        other = model(inputs.masked_fill(padding, 7), LENGTHS, decoder_inputs)
        alone = model(inputs[1:2, :1], LENGTHS[1:2], decoder_inputs[1:2])
    torch.testing.assert_close(one, other)
    torch.testing.assert_close(one[1:2], alone)


def test_training_step_by_step_gives_the_gradients_of_all_steps_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = network(cell="lstm", attention="additive", upper_layers=1)
    inputs, decoder_inputs = batch()
    found = []
    for ratio in (1.0, 1.0 - 1e-9):
        monkeypatch.setattr(model, "teacher_forcing", ratio)
        model.zero_grad()
        torch.manual_seed(0)
        model(inputs, LENGTHS, decoder_inputs).square().sum().backward()
        found.append({name: p.grad for name, p in model.named_parameters()})
    for name, gradient in found[0].items():
        torch.testing.assert_close(gradient, found[1][name], msg=name)


def test_without_teacher_forcing_training_reads_what_the_network_wrote() -> None:
    model = network(teacher_forcing=0.0)
    inputs, decoder_inputs = batch()
    own = decoder_inputs.clone()
    with torch.no_grad():
        logits = model.train()(inputs, LENGTHS, decoder_inputs)
        own[:, 1:] = logits[:, :-1].argmax(dim=-1)
        torch.testing.assert_close(logits, model.eval()(inputs, LENGTHS, own))


def test_evaluation_always_reads_the_target() -> None:
    model = network(teacher_forcing=0.0).eval()
    inputs, decoder_inputs = batch()
    with torch.inference_mode():
        logits = model(inputs, LENGTHS, decoder_inputs)
        torch.testing.assert_close(logits, by_steps(model, inputs, decoder_inputs))


def test_the_schedule_falls_in_a_straight_line_and_is_a_part_of_the_state() -> None:
    options = {"final_teacher_forcing": 0.2, "teacher_forcing_steps": 4}
    model = network(**options)
    inputs, decoder_inputs = batch()
    ratios = []
    for _ in range(6):
        resumed = network(**options)
        resumed.load_state_dict(model.state_dict())
        ratios.append(resumed._given())
        model(inputs, LENGTHS, decoder_inputs)
    assert ratios == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.2])
    model.eval()(inputs, LENGTHS, decoder_inputs)
    assert int(model.get_buffer("batches_seen")) == 6


def test_tied_embeddings_are_one_parameter() -> None:
    sizes = {
        name: sum(
            p.numel() for n, p in model.named_parameters() if "embedding" in n or n[:6] == "output"
        )
        for name, model in {
            "one table": Seq2SeqNetwork("gru", 20, 20, joint=True, embedding_size=8),
            "two tables": Seq2SeqNetwork("gru", 20, 20, joint=False, embedding_size=8),
            "three tables": Seq2SeqNetwork("gru", 20, 20, joint=True, tied=False, embedding_size=8),
        }.items()
    }
    assert sizes == {"one table": 180, "two tables": 340, "three tables": 500}


@pytest.mark.parametrize("beam", [1, 3])
def test_what_is_written_does_not_depend_on_the_rest_of_the_batch(beam: int) -> None:
    torch.manual_seed(3)
    model = network(cell="lstm", upper_layers=1, input_feeding=True).eval()
    for parameter in model.parameters():
        parameter.data.mul_(3)
    inputs, _ = batch()
    options: dict[str, Any] = {"begin": BEGIN, "end": END, "beam": beam, "n_best": beam}
    limits = 2 * LENGTHS + 3
    with torch.inference_mode():
        together = decode(model, inputs, LENGTHS, maximum_lengths=limits, **options)
        for index, length in enumerate(LENGTHS.tolist()):
            one = slice(index, index + 1)
            (alone,) = decode(
                model, inputs[one, :length], LENGTHS[one], maximum_lengths=limits[one], **options
            )
            assert [h.tokens for h in alone] == [h.tokens for h in together[index]]
            assert [h.score for h in alone] == pytest.approx(
                [h.score for h in together[index]], abs=1e-4
            )


def test_settings_that_contradict_each_other_are_refused() -> None:
    for values, message in (
        ({"attention": "none", "upper_layers": 1}, "attention is none"),
        ({"attention": "none", "lexical": True}, "attention is none"),
        ({"final_teacher_forcing": 0.5}, "teacher_forcing_steps, which are 0"),
    ):
        _, problems = validate(Seq2SeqConfig, values, "model", "seq2seq:seq2seq")
        assert len(problems) == 1
        assert message in str(problems[0])


def test_a_shape_of_other_inputs_is_refused() -> None:
    shape = Shape("seq2seq", Features(3), Tokens(5))
    with pytest.raises(ConfigurationError, match="writes tokens from tokens"):
        Seq2Seq().build(Seq2SeqConfig(), shape)


def test_the_model_is_built_from_its_settings() -> None:
    shape = Shape("seq2seq", Tokens(20), Tokens(20), {"begin": 2, "end": 3, "joint": True})
    built = Seq2Seq().build(Seq2SeqConfig(cell="lstm", layers=2, attention="none"), shape)
    assert isinstance(built, Seq2SeqNetwork)
    assert built.cell == "lstm"
    assert built.attention is None
    assert built.source_embedding is None
    assert built.decoder.layers == 2
