"""The built-in plugin `textgen`: language modelling, sampling, datasets and recipes."""

from __future__ import annotations

from pathlib import Path

from seqkit.api import Dataset, Metric, Recipe, Task, recipes_in
from seqkit.hookspecs import hookimpl
from seqkit_textgen.datasets import Shakespeare, TextFile
from seqkit_textgen.metrics import BitsPerCharacter
from seqkit_textgen.task import LanguageModeling


@hookimpl
def register_tasks() -> list[type[Task]]:
    return [LanguageModeling]


@hookimpl
def register_datasets() -> list[type[Dataset]]:
    return [Shakespeare, TextFile]


@hookimpl
def register_metrics() -> list[type[Metric]]:
    return [BitsPerCharacter]


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes")
