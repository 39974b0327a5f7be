"""Embeddings that start from pretrained vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from seqkit.api import Notify
from seqkit.errors import ConfigurationError, DataError
from seqkit.text.vectors import read_vectors


def load_vectors_(
    embedding: nn.Embedding | None, path: Path, tokens: Sequence[str] | None, notify: Notify
) -> None:
    """Gives tokens their pretrained vectors; padding and what is not found stay as they are.

    Args:
        embedding: ``(tokens, size)``, changed in place; None where the network has none.
        path: A file of vectors; see `seqkit.text.read_vectors`.
        tokens: The token of each id, as `Codec.tokens` gives them.
        notify: Receives how many of the tokens were found.

    Raises:
        ConfigurationError: The inputs are no tokens, or the task does not tell them.
        DataError: The vectors cannot be read, have another size, or are of none of the tokens.
    """
    if embedding is None or tokens is None:
        raise ConfigurationError(
            f"the vectors {path} are for tokens, and the inputs of this task are none, in "
            "model.vectors. Leave them out"
        )
    vectors, found = read_vectors(path, tokens, embedding.embedding_dim)
    if embedding.padding_idx is not None:
        found[embedding.padding_idx] = False
    count = int(found.sum())
    if not count:
        raise DataError(
            f"none of the {len(tokens):,} tokens of the vocabulary is in {path}. Its words may be "
            "written otherwise: look at the task's tokenizer and lowercase"
        )
    rows = torch.from_numpy(found).to(embedding.weight.device)
    with torch.no_grad():
        embedding.weight[rows] = torch.from_numpy(vectors[found]).to(embedding.weight)
    notify(f"{count:,} of {len(tokens):,} tokens have their vectors from {path.name}")
