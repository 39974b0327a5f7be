"""A plugin-based toolkit for sequence models: one line from a recipe to a trained, saved model.

Importing this package is cheap and does not import torch. `seqkit.run` and `seqkit.load` do, when
they are called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqkit._version import __version__ as __version__

if TYPE_CHECKING:
    from seqkit.api import (
        Accumulator,
        Arrays,
        Batch,
        Choice,
        Classes,
        Codec,
        Component,
        Dataset,
        Features,
        Labels,
        Loss,
        LossFunction,
        Metric,
        Model,
        NextTokens,
        Notify,
        Number,
        Observer,
        Recipe,
        Recognition,
        Record,
        Say,
        Shape,
        StepClasses,
        Task,
        Tokenizer,
        Tokens,
        Values,
        recipes_in,
    )
    from seqkit.config import Config, Field
    from seqkit.data.own import OwnData, Rows
    from seqkit.engine.predict import Predictor
    from seqkit.errors import (
        CheckpointError,
        ConfigurationError,
        DataError,
        PluginError,
        RunError,
        SeqkitError,
    )
    from seqkit.events import Event
    from seqkit.hookspecs import hookimpl
    from seqkit.python import Result, from_records, load, run


_HOMES = {
    "seqkit.api": (
        "Accumulator",
        "Arrays",
        "Batch",
        "Classes",
        "Dataset",
        "Codec",
        "Component",
        "Features",
        "Labels",
        "Loss",
        "LossFunction",
        "Metric",
        "Model",
        "NextTokens",
        "Notify",
        "Number",
        "Observer",
        "Recipe",
        "Choice",
        "Recognition",
        "Record",
        "Say",
        "Shape",
        "StepClasses",
        "Task",
        "Tokenizer",
        "Tokens",
        "Values",
        "recipes_in",
    ),
    "seqkit.config": ("Config", "Field"),
    "seqkit.data.own": ("OwnData", "Rows"),
    "seqkit.errors": (
        "CheckpointError",
        "ConfigurationError",
        "DataError",
        "PluginError",
        "RunError",
        "SeqkitError",
    ),
    "seqkit.events": ("Event",),
    "seqkit.hookspecs": ("hookimpl",),
    "seqkit.engine.predict": ("Predictor",),
    "seqkit.python": ("Result", "from_records", "load", "run"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Accumulator",
    "Arrays",
    "Batch",
    "CheckpointError",
    "Choice",
    "Classes",
    "Codec",
    "Component",
    "Config",
    "ConfigurationError",
    "DataError",
    "Dataset",
    "Event",
    "Features",
    "Field",
    "Labels",
    "Loss",
    "LossFunction",
    "Metric",
    "Model",
    "NextTokens",
    "Notify",
    "Number",
    "Observer",
    "OwnData",
    "PluginError",
    "Predictor",
    "Recipe",
    "Recognition",
    "Record",
    "Result",
    "Rows",
    "RunError",
    "Say",
    "SeqkitError",
    "Shape",
    "StepClasses",
    "Task",
    "Tokenizer",
    "Tokens",
    "Values",
    "from_records",
    "hookimpl",
    "load",
    "recipes_in",
    "run",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'seqkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
