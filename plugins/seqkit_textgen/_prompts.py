"""Prompts: what is read before a model writes on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqkit.text import UNKNOWN_ID, Tokenizer, Vocabulary
from seqkit_textgen._reading import Reading

SAMPLE_CHARACTERS = 40


@dataclass(frozen=True)
class Prompt:
    """A prompt as a model reads it.

    Attributes:
        text: What was given.
        ids: Its tokens, int32 `(tokens,)`; a line break where there is none.
        unknown: Its tokens that the vocabulary lacks, each once.
    """

    text: str
    ids: NDArray[np.int32]
    unknown: tuple[str, ...]


def read_prompt(
    text: str, tokenizer: Tokenizer, vocabulary: Vocabulary, reading: Reading
) -> Prompt:
    """Returns a prompt as ids; one without a token stands at the beginning of a line."""
    tokens = tokenizer.tokenize(reading.prepared(text))
    if reading.tokens == "words":
        # A word at the beginning has no space before it, with which alone it may be known.
        tokens = [
            f" {token}" if token not in vocabulary and f" {token}" in vocabulary else token
            for token in tokens
        ]
    ids = vocabulary.encode(tokens or tokenizer.tokenize("\n"))
    unknown = dict.fromkeys(token for token in tokens if token not in vocabulary)
    return Prompt(text, ids, tuple(unknown))


def longest_known(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """Returns the longest part without an unknown token, which no text can spell."""
    bounds = np.concatenate([[-1], np.flatnonzero(ids == UNKNOWN_ID), [len(ids)]])
    longest = int(np.argmax(np.diff(bounds)))
    return ids[bounds[longest] + 1 : bounds[longest + 1]]


def prompt_from(text: str) -> str:
    """Returns a few words of a text, from the beginning of a line where one comes soon."""
    before, _, after = text.partition("\n")
    if after.strip() and len(before) < len(text) // 2:
        text = after
    text = text.strip()
    if len(text) <= SAMPLE_CHARACTERS:
        return text
    words, space, _ = text[: SAMPLE_CHARACTERS + 1].rpartition(" ")
    return words if space else text[:SAMPLE_CHARACTERS]
