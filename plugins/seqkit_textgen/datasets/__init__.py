"""Datasets of texts to learn to write from."""

from seqkit_textgen.datasets.shakespeare import Shakespeare
from seqkit_textgen.datasets.text_file import TextFile

__all__ = ["Shakespeare", "TextFile"]
