"""The conformance kit on language models and on models of pairs of sequences."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import seqkit
from seqkit.nn import DecodingStep, RecurrentStack

Failures = Callable[..., dict[str, str]]


class LanguageModel(nn.Module):
    """A sound one; the faulty ones change one thing of it."""

    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__()
        assert isinstance(shape.inputs, seqkit.Tokens)
        self.embed = nn.Embedding(shape.inputs.size, 8)
        self.stack = RecurrentStack("gru", 8, 8)
        self.head = nn.Linear(8, shape.output_size)

    def forward(self, inputs: Tensor, lengths: Tensor, state: Any) -> Any:
        result = self.stack(self.embed(inputs), lengths, state, return_state=True)
        return self.head(result.outputs), result.state


class ForgetsItsState(LanguageModel):
    def forward(self, inputs: Tensor, lengths: Tensor, state: Any) -> Any:
        return super().forward(inputs, lengths, None)


class ReturnsLogitsAlone(LanguageModel):
    def forward(self, inputs: Tensor, lengths: Tensor, state: Any) -> Any:
        return super().forward(inputs, lengths, state)[0]


class SeesTheFuture(LanguageModel):
    def forward(self, inputs: Tensor, lengths: Tensor, state: Any) -> Any:
        logits, state = super().forward(inputs, lengths, state)
        return logits + logits.mean(dim=1, keepdim=True), state


class SeesTheFutureInTraining(LanguageModel):
    def forward(self, inputs: Tensor, lengths: Tensor, state: Any) -> Any:
        logits, state = super().forward(inputs, lengths, state)
        return logits + logits.roll(-1, dims=1) * self.training, state


class ReadsOnInTraining(LanguageModel):
    def forward(self, inputs: Tensor, lengths: Tensor, state: Any) -> Any:
        logits, state = super().forward(inputs, lengths, state)
        return logits + self.head(self.embed(inputs.roll(-1, dims=1))) * self.training, state


class Translator(nn.Module):
    """Adds what was read to what was written."""

    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__()
        assert isinstance(shape.inputs, seqkit.Tokens)
        self.source = nn.Embedding(shape.inputs.size, 8)
        self.target = nn.Embedding(shape.output_size, 8)
        self.reader, self.writer = RecurrentStack("gru", 8, 8), RecurrentStack("gru", 8, 8)
        self.head = nn.Linear(8, shape.output_size)

    def forward(self, inputs: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        read = self.reader(self.source(inputs), lengths).final
        steps = torch.full((len(target),), target.shape[1])
        written = self.writer(self.target(target), steps, read[None]).outputs
        logits: Tensor = self.head(written)
        return logits

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        return None, self.reader(self.source(inputs), lengths).final

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        one = torch.ones(len(tokens), dtype=torch.int64)
        result = self.writer(
            self.target(tokens)[:, None], one, state[None].contiguous(), return_state=True
        )
        assert isinstance(result.state, Tensor)
        return DecodingStep(self.head(result.outputs[:, 0]), result.state[0])


class PeeksInTraining(Translator):
    def forward(self, inputs: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        logits = super().forward(inputs, lengths, target)
        return logits + logits.mean(dim=1, keepdim=True) * self.training


class ForgetsWhatItWrote(Translator):
    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        return super().step(tokens, memory, state)._replace(state=state)


class ReadsPaddedWords(Translator):
    def forward(self, inputs: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        logits = super().forward(inputs, lengths, target)
        return logits + self.source(inputs).sum(dim=(1, 2))[:, None, None]


class PutsLayersFirst(Translator):
    """As torch's own modules have their state."""

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        memory, state = super().begin(inputs, lengths)
        return memory, state[None]

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        step = super().step(tokens, memory, state[0])
        return step._replace(state=step.state[None])


class KeepsItsState(Translator):
    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        self.state = super().begin(inputs, lengths)[1]
        return None, None

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        step = super().step(tokens, memory, self.state)
        self.state = step.state
        return step._replace(state=None)


class NeedsOneVocabulary(Translator):
    """Copies tokens of the source, as a pointer-generator does (See et al., 2017)."""

    def __init__(self, shape: seqkit.Shape) -> None:
        if not shape.extras["joint"]:
            raise seqkit.ConfigurationError("it needs one vocabulary. Write task.joint=true")
        super().__init__(shape)


class WritesNothing(nn.Module):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__()
        self.inner = Translator(shape)

    def forward(self, inputs: Tensor, lengths: Tensor, target: Tensor) -> Tensor:
        logits: Tensor = self.inner(inputs, lengths, target)
        return logits


def model_for(task: str, network: Any) -> type[seqkit.Model]:
    class Subject(seqkit.Model):
        """A model to check."""

        name = "subject"
        tasks = (task,)

        def build(self, config: Any, shape: seqkit.Shape) -> nn.Module:
            built: nn.Module = network(shape)
            return built

    return Subject


@pytest.mark.parametrize(
    ("task", "network"),
    [
        ("language-modeling", LanguageModel),
        ("seq2seq", Translator),
        ("seq2seq", NeedsOneVocabulary),
    ],
)
def test_a_sound_model_passes_every_check(failures: Failures, task: str, network: Any) -> None:
    assert failures("models", model_for(task, network)) == {}


@pytest.mark.parametrize(
    ("task", "network", "check", "message"),
    [
        ("language-modeling", ForgetsItsState, "carried-state", "Begin with the state"),
        ("language-modeling", SeesTheFuture, "carried-state", "in two parts changed the outputs"),
        ("language-modeling", ReturnsLogitsAlone, "outputs", "returned Tensor, not logits and a"),
        ("seq2seq", ReadsPaddedWords, "padding", "changed by"),
        ("seq2seq", ForgetsWhatItWrote, "decoding", "step by step gave logits"),
        ("language-modeling", SeesTheFuture, "no-look-ahead", "in training, the logits of a step"),
        (
            "language-modeling",
            SeesTheFutureInTraining,
            "no-look-ahead",
            "with the tokens behind it",
        ),
        ("language-modeling", ReadsOnInTraining, "padding-in-training", "look at no later step"),
        ("seq2seq", PeeksInTraining, "no-look-ahead", "in training, the logits of a step changed"),
        ("seq2seq", PutsLayersFirst, "decoding-rows", "tensors with the batch first"),
        ("seq2seq", KeepsItsState, "decoding-rows", "nothing on the network"),
        ("seq2seq", WritesNothing, "decoding", "lacks begin() or step()"),
    ],
)
def test_each_fault_is_found(
    failures: Failures, task: str, network: Any, check: str, message: str
) -> None:
    assert message in failures("models", model_for(task, network))[check]
