"""Writes on from prompts: many rows at once, told piece by piece."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seqkit.api import Say, ignore
from seqkit_textgen._pieces import Bytes, GrowingText
from seqkit_textgen._prompts import Prompt
from seqkit_textgen._sampling import Sampling, generate

BLOCK = 256
"""Random numbers of each row that are made at once."""

MOST_LOGITS = 2**26
"""Numbers that reading the prompts of one batch may put out: 256 MiB."""


def write_on(
    model: nn.Module,
    device: torch.device,
    prompts: Sequence[Prompt],
    spelt: Bytes,
    options: Any,
    say: Say,
) -> list[dict[str, Any]]:
    """Writes on from each prompt, as often as `options.samples` says.

    Each text is drawn with random numbers of its own, made of the seed, the prompt and its number,
    so that it does not matter with which others it is written.

    Args:
        model: A language model in evaluation mode.
        device: Where it is.
        prompts: What to go on from.
        spelt: What each token spells, by id.
        options: `LanguageModeling.Prediction`.
        say: Receives the pieces of the first text of each prompt, once they are certain.

    Returns:
        prompt, continuation, tokens (how many were written) and ended (`stop` or `length`) for
        each prompt; with several texts `samples`, which holds them all, the first again among
        them; and `note` where the vocabulary lacks a part of the prompt.
    """
    sampling = Sampling(
        options.temperature, options.top_k, options.top_p, options.repetition_penalty
    )
    rows = [(place, sample) for place in range(len(prompts)) for sample in range(options.samples)]
    longest = max((len(prompt.ids) for prompt in prompts), default=1)
    at_once = max(1, MOST_LOGITS // (longest * len(spelt)))
    texts: list[GrowingText] = []
    for start in range(0, len(rows), at_once):
        chosen = rows[start : start + at_once]
        batch = [
            GrowingText(spelt, options.stop, ignore if sample else partial(say, place))
            for place, sample in chosen
        ]
        inputs, lengths = _padded([prompts[place].ids for place, _ in chosen])
        generators = [
            generator_of(options.seed, sample, prompts[place].text) for place, sample in chosen
        ]
        numbers = drawn_numbers(generators, options.length, device)
        _write(model, device, batch, inputs, lengths, numbers, sampling)
        texts += batch
    each = options.samples
    return [
        _answer(prompt, texts[place * each : (place + 1) * each])
        for place, prompt in enumerate(prompts)
    ]


def _write(
    model: nn.Module,
    device: torch.device,
    texts: Sequence[GrowingText],
    inputs: Tensor,
    lengths: Tensor,
    numbers: Iterator[Tensor],
    sampling: Sampling,
) -> None:
    for tokens in generate(model, inputs.to(device), lengths, numbers, sampling):
        for text, token in zip(texts, tokens, strict=True):
            text.add(token)
        if all(text.stopped for text in texts):
            break
    for text in texts:
        text.finish()


def generator_of(seed: int, sample: int, prompt: str) -> np.random.Generator:
    """Returns what makes the numbers in [0, 1) that a text is drawn with."""
    digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return np.random.default_rng([seed, sample, *words])


def drawn_numbers(
    generators: Sequence[np.random.Generator], count: int, device: torch.device
) -> Iterator[Tensor]:
    """Yields one number of each generator, `(generators,)` float64, so many times.

    They are made a block at a time, as a text may end long before its longest length; a longer
    length begins with the same numbers.
    """
    for start in range(0, count, BLOCK):
        size = min(BLOCK, count - start)
        block = np.stack([generator.random(size) for generator in generators])
        yield from torch.from_numpy(block).to(device).unbind(1)


def _padded(prompts: Sequence[NDArray[np.int32]]) -> tuple[Tensor, Tensor]:
    lengths = [len(ids) for ids in prompts]
    inputs = torch.zeros(len(prompts), max(lengths), dtype=torch.int64)
    for row, ids in enumerate(prompts):
        inputs[row, : len(ids)] = torch.from_numpy(ids.astype(np.int64))
    return inputs, torch.tensor(lengths)


def _answer(prompt: Prompt, texts: Sequence[GrowingText]) -> dict[str, Any]:
    written = [
        {
            "continuation": text.text,
            "tokens": text.tokens,
            "ended": "stop" if text.stopped else "length",
        }
        for text in texts
    ]
    answer: dict[str, Any] = {"view": "text", "prompt": prompt.text, **written[0]}
    if len(written) > 1:
        answer["samples"] = written
    if prompt.unknown:
        shown = ", ".join(map(repr, prompt.unknown[:5]))
        more = ", ..." if len(prompt.unknown) > 5 else ""
        answer["note"] = f"not in the vocabulary, and read as unknown: {shown}{more}"
    return answer
