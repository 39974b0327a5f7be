"""Datasets of labelled texts."""

from seqkit_text.datasets.folder import TextFolder
from seqkit_text.datasets.imdb import Imdb
from seqkit_text.datasets.imdb_unlabelled import ImdbUnlabelled
from seqkit_text.datasets.own_files import TextCsv, TextJsonl
from seqkit_text.datasets.sentences import Sentences

__all__ = ["Imdb", "ImdbUnlabelled", "Sentences", "TextCsv", "TextFolder", "TextJsonl"]
