"""The built-in plugin `text`: text classification, its losses, metrics and datasets."""

from __future__ import annotations

from seqkit_text.datasets import Imdb, Sentences, TextCsv, TextFolder, TextJsonl

from seqkit.api import Dataset
from seqkit.hookspecs import hookimpl


@hookimpl
def register_datasets() -> list[type[Dataset]]:
    return [Imdb, Sentences, TextCsv, TextFolder, TextJsonl]
