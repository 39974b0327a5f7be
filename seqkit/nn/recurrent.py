"""A recurrent stack over padded batches, equal to ``torch.nn`` on packed input and faster."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from seqkit.nn._passes import Hidden, StackWeights, run_stack
from seqkit.nn.dropout import checked_probability

Cell = Literal["rnn", "lstm", "gru"]
DropoutKind = Literal["ordinary", "locked"]
Nonlinearity = Literal["tanh", "relu"]
State = Tensor | tuple[Tensor, Tensor]
"""As in ``torch.nn``: h, or for an LSTM (h, c), each ``(layers * directions, batch, hidden)``."""

GATES = {"rnn": 1, "gru": 3, "lstm": 4}


class RecurrentOutput(NamedTuple):
    """What a recurrent stack gives for a batch.

    Attributes:
        outputs: The last layer's output at each step, ``(batch, time, directions * hidden)``, zero
            at padded steps.
        final: The last valid step of each direction, ``(batch, directions * hidden)``: the forward
            direction's at the sequence's last step, the backward direction's at its first; zero
            for a sequence of length zero.
        state: The state to go on from, as ``torch.nn`` returns it, or None if not asked for.
    """

    outputs: Tensor
    final: Tensor
    state: State | None


class RecurrentStack(nn.Module):
    """Layers of an RNN, LSTM (Hochreiter and Schmidhuber, 1997) or GRU (Cho et al., 2014).

    Parameters have the names, shapes and initial distribution of ``torch.nn.RNN``, ``LSTM`` and
    ``GRU``, so that a ``state_dict`` goes either way. Padding never reaches an output, a state or
    a gradient, as long as it is finite.

    Args:
        cell: ``rnn``, ``lstm`` or ``gru``.
        input_size: Features of each input step.
        hidden_size: Units of each layer and direction.
        layers: Number of layers.
        bidirectional: Whether each layer also reads the sequences backwards.
        dropout: Probability of dropout between layers.
        dropout_kind: ``ordinary``, or ``locked`` for one mask over all steps of a sequence (the
            variational dropout of Gal and Ghahramani, 2016; not on recurrent connections).
        nonlinearity: Of an ``rnn``: ``tanh`` or ``relu``.

    Raises:
        ValueError: A size is below one, or the dropout is outside [0, 1).
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        dropout_kind: DropoutKind = "ordinary",
        nonlinearity: Nonlinearity = "tanh",
    ) -> None:
        super().__init__()
        sizes = {"input_size": input_size, "hidden_size": hidden_size, "layers": layers}
        for name, size in sizes.items():
            if size < 1:
                raise ValueError(f"{name} is {size}. It must be at least 1.")
        if cell not in GATES:
            raise ValueError(f"Unknown cell {cell!r}. Choose from {', '.join(GATES)}.")
        self.cell = cell
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = checked_probability(dropout, "dropout between layers")
        self.dropout_kind = dropout_kind
        self.nonlinearity = nonlinearity
        self.directions = 2 if bidirectional else 1
        self.output_size = self.directions * hidden_size
        rows = GATES[cell] * hidden_size
        for layer in range(layers):
            columns = self.output_size if layer else input_size
            for suffix in self._suffixes(layer):
                for name, shape in (
                    ("weight_ih", (rows, columns)),
                    ("weight_hh", (rows, hidden_size)),
                    ("bias_ih", (rows,)),
                    ("bias_hh", (rows,)),
                ):
                    self.register_parameter(name + suffix, nn.Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws each parameter as ``torch.nn`` does, uniformly within 1 / sqrt(hidden)."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(
        self,
        inputs: Tensor,
        lengths: Tensor,
        state: State | None = None,
        *,
        return_state: bool = False,
    ) -> RecurrentOutput:
        """Runs the stack over a padded batch.

        Args:
            inputs: Right-padded batch, ``(batch, time, input_size)``. A transposed view of a
                time-major tensor saves a copy.
            lengths: Valid steps of each sequence, ``(batch,)``, from zero to `time`. Best kept on
                the CPU, as lengths on another device are waited for.
            state: The state to start from, as ``torch.nn`` takes it; zeros if None.
            return_state: Whether to return the state after each sequence's last valid step.

        Returns:
            The outputs, the last valid step of each direction and, if asked for, the state. A
            sequence of length zero has zero outputs and leaves its state as it was.

        Raises:
            ValueError: Shapes disagree, or a length is outside the batch's time.
        """
        batch, time = self._checked_sizes(inputs)
        lengths = _checked_lengths(lengths, batch, time)
        hidden = self._initial(state, inputs)
        if batch == 0 or time == 0:
            outputs = inputs.new_zeros(batch, time, self.output_size)
            final = inputs.new_zeros(batch, self.output_size)
            return RecurrentOutput(outputs, final, self._as_state(hidden, return_state))
        result = run_stack(
            self._weights(), inputs.transpose(0, 1), hidden, lengths, with_state=return_state
        )
        final = result.final.transpose(0, 1).reshape(batch, self.output_size)
        after = self._as_state(result.state, return_state)
        return RecurrentOutput(result.outputs.transpose(0, 1), final, after)

    def extra_repr(self) -> str:
        """The settings, for the module's printed form."""
        text = f"{self.cell}, {self.input_size}, {self.hidden_size}, layers={self.layers}"
        if self.bidirectional:
            text += ", bidirectional=True"
        if self.dropout:
            text += f", dropout={self.dropout} ({self.dropout_kind})"
        return text

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"][: self.directions]

    def _weights(self) -> StackWeights:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        layers = [
            [getattr(self, name + suffix) for suffix in self._suffixes(layer) for name in names]
            for layer in range(self.layers)
        ]
        return StackWeights(
            mode=f"rnn_{self.nonlinearity}" if self.cell == "rnn" else self.cell,
            layers=layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout if self.training else 0.0,
            locked_dropout=self.dropout_kind == "locked",
        )

    def _checked_sizes(self, inputs: Tensor) -> tuple[int, int]:
        if inputs.dim() != 3 or inputs.shape[2] != self.input_size:
            raise ValueError(
                f"Inputs have the shape {tuple(inputs.shape)}, "
                f"where (batch, time, {self.input_size}) was expected."
            )
        return inputs.shape[0], inputs.shape[1]

    def _initial(self, state: State | None, inputs: Tensor) -> Hidden:
        shape = (self.layers * self.directions, inputs.shape[0], self.hidden_size)
        parts = 2 if self.cell == "lstm" else 1
        if state is None:
            return (inputs.new_zeros(shape),) * parts
        hidden: Hidden = (state,) if isinstance(state, Tensor) else tuple(state)
        if [tuple(part.shape) for part in hidden] != [shape] * parts:
            given = ", ".join(str(tuple(part.shape)) for part in hidden)
            wanted = ", ".join([str(shape)] * parts)
            raise ValueError(f"The state has the shape {given}, where {wanted} was expected.")
        return hidden

    def _as_state(self, hidden: Hidden | None, wanted: bool) -> State | None:
        if hidden is None or not wanted:
            return None
        return (hidden[0], hidden[1]) if self.cell == "lstm" else hidden[0]


def initialize_recurrent_(stack: RecurrentStack, forget_bias: float = 1.0) -> None:
    """Initialises a stack by a recipe that suits long sequences, in place.

    Input weights are drawn by Glorot and Bengio (2010) and recurrent weights orthogonal (Saxe et
    al., 2014), each gate on its own; biases are zero, but for the LSTM's forget gate (Jozefowicz et
    al., 2015).

    Args:
        stack: The stack to initialize.
        forget_bias: The bias of an LSTM's forget gate, shared between its two bias vectors.
    """
    with torch.no_grad():
        for name, parameter in stack.named_parameters():
            if name.startswith("bias"):
                parameter.zero_()
                if stack.cell == "lstm":
                    parameter.chunk(4)[1].fill_(forget_bias / 2)
                continue
            draw = nn.init.xavier_uniform_ if name.startswith("weight_ih") else nn.init.orthogonal_
            for gate in parameter.chunk(GATES[stack.cell]):
                draw(gate)


def _checked_lengths(lengths: Tensor, batch: int, time: int) -> Tensor:
    """Returns the lengths on the CPU as int64, or raises ValueError."""
    if tuple(lengths.shape) != (batch,):
        raise ValueError(f"Lengths have the shape {tuple(lengths.shape)}, not ({batch},).")
    lengths = lengths.to("cpu", torch.int64)
    if batch:
        shortest, longest = (int(length) for length in torch.aminmax(lengths))
        if shortest < 0 or longest > time:
            wrong = shortest if shortest < 0 else longest
            raise ValueError(f"A length is {wrong}, in a batch of {time} steps.")
    return lengths
