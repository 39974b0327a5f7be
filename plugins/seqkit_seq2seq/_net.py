"""Encoder and decoder, joined by a bridge and by attention."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqkit.nn import Attention, DecodingStep, RecurrentStack, valid_mask
from seqkit.nn.attention import AttentionKind
from seqkit.nn.recurrent import Cell

PADDING_ID = 0

Hidden = tuple[Tensor, ...]
"""h, or h and c of an LSTM, each `(batch, layers, hidden)`."""


class Memory(NamedTuple):
    """What the decoder reads of a source; batch first.

    Attributes:
        values: The encoder's steps, `(batch, steps, memory_size)`.
        keys: What attention projects of them; empty without attention.
        mask: True at valid steps, `(batch, steps)`.
        words: The embedded tokens; empty where nothing is written from them alone.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor
    words: Tensor


class State(NamedTuple):
    """Where the decoder is; batch first.

    Attributes:
        hidden: State of the recurrent layers.
        upper: State of those above the attention; empty without them.
        readout: The last step's readout, `(batch, embedding_size)`, for input feeding.
    """

    hidden: Hidden
    upper: Hidden
    readout: Tensor


class Encoder(nn.Module):
    """Embedded source tokens in; the memory's values and the decoder's first state out."""

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        layers: int,
        *,
        bidirectional: bool,
        add_directions: bool,
        dropout: float,
        layer_dropout: float,
    ) -> None:
        super().__init__()
        self.recurrent = RecurrentStack(
            cell,
            input_size,
            hidden_size,
            layers,
            bidirectional=bidirectional,
            dropout=layer_dropout,
        )
        self.add_directions = add_directions and bidirectional
        self.output_size = hidden_size if self.add_directions else self.recurrent.output_size
        self.dropout = nn.Dropout(dropout)
        parts = 2 if cell == "lstm" else 1
        self.bridge = nn.ModuleList(
            nn.Linear(self.recurrent.output_size, hidden_size) for _ in range(parts)
        )

    def forward(self, embedded: Tensor, lengths: Tensor) -> tuple[Tensor, Hidden]:
        """Reads `(batch, steps, input_size)`; gives `(batch, steps, output_size)` and the state."""
        stack = self.recurrent
        outputs, _, state = stack(embedded, lengths, return_state=True)
        values: Tensor = self.dropout(outputs)
        if self.add_directions:
            values = values[..., : stack.hidden_size] + values[..., stack.hidden_size :]
        states = (state,) if isinstance(state, Tensor) else state
        hidden = []
        for part, bridge in zip(states, self.bridge, strict=True):
            joined = part.unflatten(0, (stack.layers, stack.directions)).permute(2, 0, 1, 3)
            hidden.append(bridge(joined.flatten(2)))
        # Hidden states lie within -1 and 1; the cell of an LSTM has no such bounds.
        hidden[0] = torch.tanh(hidden[0])
        return values, tuple(hidden)


class Seq2SeqNetwork(nn.Module):
    """Reads a source and writes a target, token by token (Sutskever et al., 2014).

    The decoder attends after its recurrent layers (Luong et al., 2015), so that with teacher
    forcing all steps of a target are computed at once. Only input feeding, which hands each step's
    readout to the next step, and training on the network's own tokens go step by step. Layers above
    the attention read what it found, and so remember it (Wu et al., 2016). The readout is
    `tanh(W [context; hidden])`, of the embeddings' size, and the logits are its products with the
    embeddings where they are tied (Press and Wolf, 2017).

    Args:
        cell: `rnn`, `lstm` or `gru`.
        source_size: Ids of the source; 0 is padding.
        target_size: Ids of the target.
        joint: Whether source and target have the same ids.
        embedding_size: Features of an embedded token.
        hidden_size: Units of each layer and direction.
        layers: Recurrent layers of the encoder, and of the decoder.
        bidirectional: Whether the encoder also reads backwards.
        attention: Its score, or None for none: the state is then all that passes the bridge. For
            `dot`, both directions of the encoder are added.
        upper_layers: Recurrent layers of the decoder above the attention, which must not be None.
        input_feeding: Whether the readout is an input of the next step.
        lexical: Whether logits are also made of the source tokens that attention looks at, and of
            nothing else (Nguyen and Chiang, 2018); attention must not be None.
        tied: Whether the target's embeddings are the weights of the output layer, and, where the
            ids are the same, the source's embeddings too.
        embedding_dropout: Probability of dropout of embedded tokens.
        layer_dropout: Probability of dropout between recurrent layers.
        dropout: Probability of dropout of the encoder's outputs and of the readout.
        teacher_forcing: Part of the target's tokens that the decoder is given in training; the
            others are its own (scheduled sampling, Bengio et al., 2015).
        final_teacher_forcing: What that part becomes.
        teacher_forcing_steps: Training batches over which it goes there, in a straight line;
            0 leaves it where it is.
    """

    def __init__(
        self,
        cell: Cell,
        source_size: int,
        target_size: int,
        *,
        joint: bool = False,
        embedding_size: int = 256,
        hidden_size: int = 256,
        layers: int = 1,
        bidirectional: bool = True,
        attention: AttentionKind | None = "general",
        upper_layers: int = 0,
        input_feeding: bool = False,
        tied: bool = True,
        lexical: bool = False,
        embedding_dropout: float = 0.0,
        layer_dropout: float = 0.0,
        dropout: float = 0.0,
        teacher_forcing: float = 1.0,
        final_teacher_forcing: float = 1.0,
        teacher_forcing_steps: int = 0,
    ) -> None:
        super().__init__()
        self.cell = cell
        self.input_feeding = input_feeding
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.layer_dropout = nn.Dropout(layer_dropout)
        self.dropout = nn.Dropout(dropout)
        self.teacher_forcing = teacher_forcing
        self.final_teacher_forcing = final_teacher_forcing
        self.teacher_forcing_steps = teacher_forcing_steps
        if teacher_forcing_steps:
            # In the state of the network, so that a resumed run goes on where it stopped.
            self.register_buffer("batches_seen", torch.zeros((), dtype=torch.int64))

        self.target_embedding = _embedding(target_size, embedding_size)
        self.source_embedding = None if tied and joint else _embedding(source_size, embedding_size)
        self.encoder = Encoder(
            cell,
            embedding_size,
            hidden_size,
            layers,
            bidirectional=bidirectional,
            add_directions=attention == "dot",
            dropout=dropout,
            layer_dropout=layer_dropout,
        )
        fed_size = embedding_size if input_feeding else 0
        self.decoder = RecurrentStack(
            cell, embedding_size + fed_size, hidden_size, layers, dropout=layer_dropout
        )
        memory_size = self.encoder.output_size
        self.attention = Attention(attention, hidden_size, memory_size) if attention else None
        context_size = memory_size if attention else 0
        self.upper = (
            RecurrentStack(
                cell, hidden_size + context_size, hidden_size, upper_layers, dropout=layer_dropout
            )
            if upper_layers
            else None
        )
        self.readout = nn.Linear(hidden_size + context_size, embedding_size)
        self.output_weight = (
            None if tied else nn.Parameter(_embedding(target_size, embedding_size).weight.detach())
        )
        self.output_bias = nn.Parameter(torch.zeros(target_size))
        self.lexicon = Lexicon(embedding_size, target_size) if lexical else None

    def forward(self, inputs: Tensor, lengths: Tensor, decoder_inputs: Tensor) -> Tensor:
        """Predicts each next token of the targets.

        Args:
            inputs: The sources, `(batch, steps)` int64, padded with 0 on the right.
            lengths: Their lengths, `(batch,)`.
            decoder_inputs: The targets behind the token they begin with, `(batch, time)` int64.

        Returns:
            Logits, `(batch, time, target_size)`.
        """
        memory, state = self.begin(inputs, lengths)
        ratio = self._given() if self.training else 1.0
        if self.input_feeding or ratio < 1.0:
            readouts, weights = self._step_by_step(decoder_inputs, memory, state, ratio)
        else:
            embedded = self.embedding_dropout(self.target_embedding(decoder_inputs))
            readouts, _, weights = self._advance(embedded, memory, state)
        return self._logits(readouts, weights, memory)

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Memory, State]:
        """Reads the sources; see `seqkit.nn.Decoding`."""
        embedding = self.source_embedding or self.target_embedding
        # Embedded time-major, as the recurrent kernels want it, which saves them a copy.
        embedded = self.embedding_dropout(embedding(inputs.t()).transpose(0, 1))
        values, hidden = self.encoder(embedded, lengths)
        mask = valid_mask(lengths, inputs.shape[1], inputs.device)
        keys = values[:, :, :0] if self.attention is None else self.attention.keys(values)
        readout = values.new_zeros(len(inputs), self.readout.out_features)
        upper: Hidden = ()
        if self.upper is not None:
            size = (len(inputs), self.upper.layers, self.upper.hidden_size)
            upper = (values.new_zeros(size),) * len(hidden)
        words = embedded if self.lexicon is not None else embedded[:, :, :0]
        return Memory(values, keys, mask, words), State(hidden, upper, readout)

    def step(self, tokens: Tensor, memory: Memory, state: State) -> DecodingStep:
        """Goes on by one token; see `seqkit.nn.Decoding`."""
        readout, state, attention = self._step(tokens, memory, state)
        return DecodingStep(self._logits(readout, attention, memory), state, attention)

    def _step(
        self, tokens: Tensor, memory: Memory, state: State
    ) -> tuple[Tensor, State, Tensor | None]:
        embedded = self.embedding_dropout(self.target_embedding(tokens)).unsqueeze(1)
        if self.input_feeding:
            embedded = torch.cat([embedded, state.readout.unsqueeze(1)], dim=-1)
        readouts, state, weights = self._advance(embedded, memory, state)
        return readouts[:, 0], state, None if weights is None else weights[:, 0]

    def _step_by_step(
        self, decoder_inputs: Tensor, memory: Memory, state: State, ratio: float
    ) -> tuple[Tensor, Tensor | None]:
        """Goes one step after another; gives readouts and attention as `_advance` does."""
        readouts: list[Tensor] = []
        weights: list[Tensor] = []
        for time in range(decoder_inputs.shape[1]):
            tokens = decoder_inputs[:, time]
            if time and ratio < 1.0:
                with torch.no_grad():
                    seen = weights[-1] if weights else None
                    own = self._logits(readouts[-1], seen, memory).argmax(dim=-1)
                given = torch.rand(tokens.shape, device=tokens.device) < ratio
                tokens = torch.where(given, tokens, own)
            readout, state, attention = self._step(tokens, memory, state)
            readouts.append(readout)
            if attention is not None:
                weights.append(attention)
        return torch.stack(readouts, dim=1), torch.stack(weights, dim=1) if weights else None

    def _given(self) -> float:
        """Returns the part of the tokens that a training batch is given, and counts the batch."""
        if not self.teacher_forcing_steps:
            return self.teacher_forcing
        seen = self.get_buffer("batches_seen")
        done = min(1.0, int(seen) / self.teacher_forcing_steps)
        seen += 1
        return self.teacher_forcing + done * (self.final_teacher_forcing - self.teacher_forcing)

    def _advance(
        self, embedded: Tensor, memory: Memory, state: State
    ) -> tuple[Tensor, State, Tensor | None]:
        """Goes on by one or several steps, `(batch, time, size)`, all of which count.

        Returns:
            The readouts, the state after the last step, and the weights of the attention.
        """
        outputs, hidden = self._recur(self.decoder, embedded, state.hidden)
        upper, weights = state.upper, None
        if self.attention is not None:
            context, weights = self.attention(outputs, memory.keys, memory.values, memory.mask)
            if self.upper is not None:
                below = self.layer_dropout(torch.cat([context, outputs], dim=-1))
                outputs, upper = self._recur(self.upper, below, upper)
            outputs = torch.cat([context, outputs], dim=-1)
        readouts = self.dropout(torch.tanh(self.readout(outputs)))
        return readouts, State(hidden, upper, readouts[:, -1]), weights

    def _recur(
        self, stack: RecurrentStack, inputs: Tensor, hidden: Hidden
    ) -> tuple[Tensor, Hidden]:
        batch, time = inputs.shape[:2]
        parts = tuple(part.transpose(0, 1).contiguous().to(inputs.dtype) for part in hidden)
        state = (parts[0], parts[1]) if self.cell == "lstm" else parts[0]
        outputs, _, after = stack(inputs, torch.full((batch,), time), state, return_state=True)
        parts = (after,) if isinstance(after, Tensor) else after
        return outputs, tuple(part.transpose(0, 1) for part in parts)

    def _logits(self, readouts: Tensor, attention: Tensor | None, memory: Memory) -> Tensor:
        """Returns the logits of one step or of several.

        Args:
            readouts: `(batch, size)` or `(batch, time, size)`.
            attention: Its weights, `(batch, steps)` or `(batch, time, steps)`.
            memory: What it looked at.
        """
        weight = self.target_embedding.weight if self.output_weight is None else self.output_weight
        logits = functional.linear(readouts, weight, self.output_bias)
        if self.lexicon is None or attention is None:
            return logits
        found: Tensor = logits + self.lexicon(attention, memory.words)
        return found


class Lexicon(nn.Module):
    """Logits of a token from the source tokens that attention looks at, and from nothing else.

    A rare word is written from the word that it translates, where a readout, which holds what was
    written too, has something frequent in its place (Nguyen and Chiang 2018, "Improving Lexical
    Choice in Neural Machine Translation").

    Args:
        embedding_size: Features of an embedded source token.
        target_size: Ids of the target.
    """

    def __init__(self, embedding_size: int, target_size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(embedding_size, embedding_size)
        self.output = nn.Linear(embedding_size, target_size, bias=False)
        nn.init.normal_(self.output.weight, std=embedding_size**-0.5)

    def forward(self, attention: Tensor, words: Tensor) -> Tensor:
        """Returns logits, `(batch, [time,] target_size)`.

        Args:
            attention: Its weights, `(batch, [time,] steps)`.
            words: The embedded source, `(batch, steps, embedding_size)`.
        """
        several = attention if attention.dim() == 3 else attention.unsqueeze(1)
        seen = torch.tanh(several.to(words.dtype) @ words)
        logits: Tensor = self.output(torch.tanh(self.hidden(seen)) + seen)
        return logits if attention.dim() == 3 else logits.squeeze(1)


def _embedding(size: int, features: int) -> nn.Embedding:
    """Makes embeddings whose products with a readout are of the size of logits at the start."""
    embedding = nn.Embedding(size, features, padding_idx=PADDING_ID)
    with torch.no_grad():
        embedding.weight.normal_(std=features**-0.5)
        embedding.weight[PADDING_ID].zero_()
    return embedding
