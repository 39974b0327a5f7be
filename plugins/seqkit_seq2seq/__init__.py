"""The built-in plugin `seq2seq`: translation and other pairs of sequences."""

from __future__ import annotations

from pathlib import Path

from seqkit.api import Dataset, Metric, Model, Recipe, Task, recipes_in
from seqkit.hookspecs import hookimpl
from seqkit_seq2seq.datasets import (
    Addition,
    Multi30k,
    PairsTsv,
    ParallelText,
    Reverse,
    Sort,
    Tatoeba,
)
from seqkit_seq2seq.metrics import Bleu, ChrF, ExactMatch
from seqkit_seq2seq.model import Seq2Seq
from seqkit_seq2seq.task import Seq2SeqTask


@hookimpl
def register_models() -> list[type[Model]]:
    return [Seq2Seq]


@hookimpl
def register_tasks() -> list[type[Task]]:
    return [Seq2SeqTask]


@hookimpl
def register_datasets() -> list[type[Dataset]]:
    return [Tatoeba, Multi30k, PairsTsv, ParallelText, Reverse, Sort, Addition]


@hookimpl
def register_metrics() -> list[type[Metric]]:
    return [Bleu, ChrF, ExactMatch]


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes")
