"""Datasets of pairs of sequences."""

from seqkit_seq2seq.datasets.generated import Addition, Reverse, Sort
from seqkit_seq2seq.datasets.multi30k import Multi30k
from seqkit_seq2seq.datasets.own_pairs import PairsTsv
from seqkit_seq2seq.datasets.parallel import ParallelText
from seqkit_seq2seq.datasets.tatoeba import Tatoeba

__all__ = ["Addition", "Multi30k", "PairsTsv", "ParallelText", "Reverse", "Sort", "Tatoeba"]
