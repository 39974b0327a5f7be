"""The built-in plugin `torchtext`: what torchtext had, on current torch.

Its tokenizers need torchtext; its datasets and `import_torchtext` are described in their modules.
"""

from __future__ import annotations

from seqkit.api import Dataset, Tokenizer
from seqkit.hookspecs import hookimpl
from seqkit_torchtext.datasets import DATASETS
from seqkit_torchtext.standin import import_torchtext
from seqkit_torchtext.tokenizers import TOKENIZERS

__all__ = ["import_torchtext"]


@hookimpl
def register_datasets() -> list[type[Dataset]]:
    return DATASETS


@hookimpl
def register_tokenizers() -> list[type[Tokenizer]]:
    return TOKENIZERS
