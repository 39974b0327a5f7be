"""Writing token after token: what a network must offer for it, greedy and beam search."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor


class DecodingStep(NamedTuple):
    """What one step of decoding gives.

    Attributes:
        logits: For the next token, ``(batch, tokens)``.
        state: Where the decoder is now.
        attention: Weights of the source's steps, ``(batch, source steps)``, or None.
    """

    logits: Tensor
    state: Any
    attention: Tensor | None = None


@runtime_checkable
class Decoding(Protocol):
    """What a network that writes tokens offers beside ``forward``, so that it can be decoded.

    Memory and state are whatever the network likes: a tensor, None, or tuples, named tuples, lists
    and dictionaries of them. Every tensor in them has the batch as its first dimension, so that
    `select_rows` can repeat, reorder and drop examples.
    """

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        """Reads the sources.

        Args:
            inputs: ``(batch, source steps)`` int64, padded with 0 on the right.
            lengths: ``(batch,)`` int64.

        Returns:
            The memory, which stays as it is, and the first state.
        """
        ...

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        """Reads one more token of each target, ``(batch,)`` int64, and predicts the next."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """One output that decoding found.

    Attributes:
        tokens: Its ids, without the ids it begins and ends with.
        score: Its log-probability, the end included, divided by ``length ** length_penalty``.
        ended: Whether it ended by itself, rather than at the longest length allowed.
        attention: Weights of the source's steps, ``(tokens, source steps)`` on the host, or None.
    """

    tokens: list[int]
    score: float
    ended: bool = True
    attention: Tensor | None = field(default=None, repr=False, compare=False)


def select_rows(tree: Any, rows: Tensor) -> Any:
    """Takes examples of a memory or a state, each as often as it is named.

    Args:
        tree: Tensors with the batch first, in tuples, lists and dictionaries; None stays None.
        rows: Numbers of the examples, ``(rows,)`` int64.
    """
    if isinstance(tree, Tensor):
        return tree.index_select(0, rows)
    if isinstance(tree, dict):
        return {name: select_rows(item, rows) for name, item in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(select_rows(item, rows) for item in tree))
    if isinstance(tree, tuple | list):
        return type(tree)(select_rows(item, rows) for item in tree)
    return tree


def decode(
    network: Decoding,
    inputs: Tensor,
    lengths: Tensor,
    *,
    begin: int,
    end: int,
    maximum_lengths: Tensor,
    beam: int = 1,
    n_best: int = 1,
    length_penalty: float = 1.0,
) -> list[list[Hypothesis]]:
    """Decodes a batch; what it finds for an example does not depend on the others.

    Args:
        network: In evaluation mode, and without gradients.
        inputs: The sources, ``(batch, source steps)`` int64, padded with 0 on the right.
        lengths: ``(batch,)`` int64.
        begin: The id that targets begin with.
        end: The id that ends them.
        maximum_lengths: Most tokens of each output, ``(batch,)`` int64, at least 1.
        beam: Hypotheses that are followed at once; 1 takes the best token each time (greedy).
        n_best: Hypotheses that are returned of each example, at most `beam`.
        length_penalty: Exponent of the length that scores are divided by; 0 prefers short outputs,
            1 compares the mean log-probability of a token.

    Returns:
        The hypotheses of each example, the best first.

    Raises:
        ValueError: `beam` is below 1, or `n_best` is not from 1 to `beam`.
    """
    if beam < 1 or not 1 <= n_best <= beam:
        raise ValueError(f"n_best is {n_best} and beam is {beam}. Both count from 1 to the beam.")
    maximum_lengths = maximum_lengths.to(inputs.device).clamp(min=1)
    if beam == 1:
        return greedy(network, inputs, lengths, begin, end, maximum_lengths, length_penalty)
    return beam_search(
        network, inputs, lengths, begin, end, maximum_lengths, length_penalty, beam, n_best
    )


def greedy(
    network: Decoding,
    inputs: Tensor,
    lengths: Tensor,
    begin: int,
    end: int,
    maximum_lengths: Tensor,
    length_penalty: float = 1.0,
) -> list[list[Hypothesis]]:
    """Takes the most probable token each time; see `decode`."""
    memory, state = network.begin(inputs, lengths)
    batch, device = len(inputs), inputs.device
    rows = torch.arange(batch, device=device)
    tokens = torch.full((batch,), begin, device=device)
    totals = torch.zeros(batch, device=device)
    counts = torch.zeros(batch, dtype=torch.int64, device=device)
    ended = torch.zeros(batch, dtype=torch.bool, device=device)
    written: list[Tensor] = []
    weights: list[Tensor] = []
    live = torch.ones(batch, dtype=torch.bool, device=device)
    while bool(live.any()):
        step = network.step(tokens, memory, state)
        state = step.state
        best, tokens = _log_probabilities(step.logits, begin).max(dim=-1)
        here = rows[live]
        totals[here] += best[live]
        counts[here] += 1
        column = torch.full((batch,), end, device=device)
        column[here] = tokens[live]
        written.append(column)
        if step.attention is not None:
            row = step.attention.new_zeros((batch, step.attention.shape[1]))
            row[here] = step.attention[live]
            weights.append(row)
        ended[here] = tokens[live] == end
        live = live & (tokens != end) & (counts[rows] < maximum_lengths[rows])
        if int(live.sum()) <= len(rows) * 3 // 4:
            # What has ended is dropped when it makes a good part of the batch.
            kept = live.nonzero()[:, 0]
            memory, state = select_rows(memory, kept), select_rows(state, kept)
            rows, tokens, live = rows[kept], tokens[kept], live[kept]
    scores = (totals / counts.clamp(min=1) ** length_penalty).tolist()
    table = torch.stack(written, dim=1).tolist()
    attention = torch.stack(weights, dim=1).float().cpu() if weights else None
    found: list[list[Hypothesis]] = []
    for index, (count, has_ended) in enumerate(zip(counts.tolist(), ended.tolist(), strict=True)):
        size = count - has_ended
        shown = None if attention is None else attention[index, :size]
        found.append([Hypothesis(table[index][:size], scores[index], has_ended, shown)])
    return found


def beam_search(
    network: Decoding,
    inputs: Tensor,
    lengths: Tensor,
    begin: int,
    end: int,
    maximum_lengths: Tensor,
    length_penalty: float = 1.0,
    beam: int = 5,
    n_best: int = 1,
) -> list[list[Hypothesis]]:
    """Follows several hypotheses at once; see `decode`.

    An example is done when `beam` of its hypotheses have ended, or at its longest length; of those
    that have not ended then, the best fill what is missing.
    """
    memory, state = network.begin(inputs, lengths)
    batch, device = len(inputs), inputs.device
    found = _Found(batch, beam, length_penalty, device)
    rows = torch.arange(batch, device=device)
    repeated = rows.repeat_interleave(beam)
    memory, state = select_rows(memory, repeated), select_rows(state, repeated)
    tokens = torch.full((batch * beam,), begin, device=device)
    # All hypotheses are the same at first, so that only one of them may go on.
    totals = torch.full((batch, beam), -torch.inf, device=device)
    totals[:, 0] = 0.0
    while len(rows):
        step = network.step(tokens, memory, state)
        probabilities = _log_probabilities(step.logits, begin).view(len(rows), beam, -1)
        sums = totals.unsqueeze(-1) + probabilities
        # Twice the beam, as no more than half of these can end the target.
        totals, places = sums.flatten(1).topk(2 * beam, dim=1)
        parents, candidates = places // sums.shape[2], places % sums.shape[2]
        ends = candidates == end
        found.add_ended(rows, totals, parents, ends)
        # The candidates are sorted, and a stable sort keeps them so.
        order = ends.to(torch.int8).argsort(dim=1, stable=True)[:, :beam]
        totals, parents = totals.gather(1, order), parents.gather(1, order)
        chosen = candidates.gather(1, order)
        found.add_step(rows, chosen, parents, step.attention)
        longest = found.steps >= maximum_lengths[rows]
        found.add_unfinished(rows, totals, longest)
        kept = (~(longest | (found.counts[rows] >= beam))).nonzero()[:, 0]
        sources = (torch.arange(len(rows), device=device).unsqueeze(1) * beam + parents)[kept]
        state = select_rows(step.state, sources.flatten())
        if len(kept) < len(rows):
            memory = select_rows(memory, sources.flatten())
        rows, totals, tokens = rows[kept], totals[kept], chosen[kept].flatten()
    return found.best(n_best)


class _Found:
    """The hypotheses of a beam search: every step of those followed, and those that are done.

    A hypothesis is the place of its last token: a step, and a place in the beam at that step.
    """

    def __init__(self, batch: int, beam: int, length_penalty: float, device: torch.device) -> None:
        self.beam = beam
        self.length_penalty = length_penalty
        self.steps = 0
        self.counts = torch.zeros(batch, dtype=torch.int64, device=device)
        self._scores = torch.full((batch, beam), -torch.inf, device=device)
        self._last = torch.zeros((batch, beam), dtype=torch.int64, device=device)
        self._places = torch.zeros((batch, beam), dtype=torch.int64, device=device)
        self._ended = torch.zeros((batch, beam), dtype=torch.bool, device=device)
        self._tokens: list[Tensor] = []
        self._parents: list[Tensor] = []
        self._attention: list[Tensor] = []

    def add_ended(self, rows: Tensor, totals: Tensor, parents: Tensor, ends: Tensor) -> None:
        """Keeps what ends among the candidates, `(rows, 2 * beam)`, unless others are better."""
        inside = torch.arange(ends.shape[1], device=ends.device) < self.beam
        taken = ends & inside & totals.isfinite()
        self._keep(rows, taken, totals, self.steps - 1, parents, ended=True)

    def add_step(
        self, rows: Tensor, chosen: Tensor, parents: Tensor, attention: Tensor | None
    ) -> None:
        """Remembers the tokens that are followed, `(rows, beam)`."""
        batch = len(self.counts)
        for history, values in ((self._tokens, chosen), (self._parents, parents)):
            history.append(values.new_zeros((batch, self.beam)).index_copy(0, rows, values))
        if attention is not None:
            weights = attention.reshape(len(rows), self.beam, -1)
            whole = weights.new_zeros((batch, *weights.shape[1:]))
            self._attention.append(whole.index_copy(0, rows, weights))
        self.steps += 1

    def add_unfinished(self, rows: Tensor, totals: Tensor, longest: Tensor) -> None:
        """Keeps hypotheses of the examples that have come to their longest length."""
        places = torch.arange(self.beam, device=rows.device).expand(len(rows), -1)
        taken = longest.unsqueeze(1) & totals.isfinite()
        self._keep(rows, taken, totals, self.steps - 1, places, ended=False)

    def _keep(
        self,
        rows: Tensor,
        taken: Tensor,
        totals: Tensor,
        last: int,
        places: Tensor,
        *,
        ended: bool,
    ) -> None:
        slots = self.counts[rows].unsqueeze(1) + taken.cumsum(dim=1) - 1
        taken = taken & (slots < self.beam)
        where = (rows.unsqueeze(1).expand_as(slots)[taken], slots[taken])
        length = last + 1 + ended
        self._scores[where] = totals[taken] / length**self.length_penalty
        self._last[where] = last
        self._places[where] = places[taken]
        self._ended[where] = ended
        self.counts[rows] += taken.sum(dim=1)

    def best(self, count: int) -> list[list[Hypothesis]]:
        """Returns the best hypotheses of each example, the best first."""
        scores, order = self._scores.sort(dim=1, descending=True, stable=True)
        scores, order = scores[:, :count], order[:, :count]
        last, places = self._last.gather(1, order), self._places.gather(1, order)
        tokens, attention = self._traced(last, places)
        ended = self._ended.gather(1, order).tolist()
        sizes = (last + 1).tolist()
        return [
            [
                Hypothesis(
                    tokens[example][rank][: sizes[example][rank]],
                    score,
                    ended[example][rank],
                    None if attention is None else attention[example, rank, : sizes[example][rank]],
                )
                for rank, score in enumerate(row)
                if score > -math.inf
            ]
            for example, row in enumerate(scores.tolist())
        ]

    def _traced(self, last: Tensor, places: Tensor) -> tuple[list[list[list[int]]], Tensor | None]:
        """Follows hypotheses back to their first tokens; all at once, the longest first."""
        tokens: list[Tensor] = []
        attention: list[Tensor] = []
        for time in reversed(range(self.steps)):
            inside = last >= time
            parents = self._parents[time].gather(1, places)
            tokens.append(self._tokens[time].gather(1, places))
            if self._attention:
                weights = self._attention[time]
                index = parents.unsqueeze(-1).expand(-1, -1, weights.shape[2])
                attention.append(weights.gather(1, index))
            places = torch.where(inside, parents, places)
        table = torch.stack(tokens[::-1], dim=2).tolist()
        if not attention:
            return table, None
        return table, torch.stack(attention[::-1], dim=2).float().cpu()


def _log_probabilities(logits: Tensor, begin: int) -> Tensor:
    """Returns the log-probability of each token, `(batch, tokens)`, and never of padding."""
    found = torch.log_softmax(logits.float(), dim=-1)
    found[:, [0, begin]] = -torch.inf
    return found
