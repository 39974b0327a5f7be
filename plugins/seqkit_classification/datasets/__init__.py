"""Datasets of labelled texts."""

from seqkit_classification.datasets.folder import TextFolder
from seqkit_classification.datasets.imdb import Imdb
from seqkit_classification.datasets.imdb_unlabelled import ImdbUnlabelled
from seqkit_classification.datasets.own_files import TextCsv, TextJsonl
from seqkit_classification.datasets.sentences import Sentences

__all__ = ["Imdb", "ImdbUnlabelled", "Sentences", "TextCsv", "TextFolder", "TextJsonl"]
