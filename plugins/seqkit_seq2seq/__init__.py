"""The built-in plugin `seq2seq`: translation and other pairs of sequences."""

from __future__ import annotations

from pathlib import Path

from seqkit.api import Model, Recipe, recipes_in
from seqkit.hookspecs import hookimpl
from seqkit_seq2seq.model import Seq2Seq


@hookimpl
def register_models() -> list[type[Model]]:
    return [Seq2Seq]


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes")
