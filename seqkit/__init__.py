"""A plugin-based toolkit for sequence models: one line from a recipe to a trained, saved model.

Importing this package is cheap and does not import torch. What trains or answers does, when
it is called.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqkit._version import __version__ as __version__

if TYPE_CHECKING:
    from seqkit.api import (
        Accumulator,
        Advice,
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
        Outcome,
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
    from seqkit.callbacks import STOP, StopRun
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
    from seqkit.python.data import Draft, from_records, new
    from seqkit.python.running import Result, load, resume, run
    from seqkit.python.scoring import Evaluation, compare, evaluate
    from seqkit.python.sweeping import Sweep, sweep


_HOMES = {
    "seqkit.api": (
        "Accumulator",
        "Advice",
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
        "Outcome",
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
    "seqkit.callbacks": ("STOP", "StopRun"),
    "seqkit.python.data": ("Draft", "from_records", "new"),
    "seqkit.python.running": ("Result", "load", "resume", "run"),
    "seqkit.python.scoring": ("Evaluation", "compare", "evaluate"),
    "seqkit.python.sweeping": ("Sweep", "sweep"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "STOP",
    "Accumulator",
    "Advice",
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
    "Draft",
    "Evaluation",
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
    "Outcome",
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
    "StopRun",
    "Sweep",
    "Task",
    "Tokenizer",
    "Tokens",
    "Values",
    "compare",
    "evaluate",
    "from_records",
    "hookimpl",
    "load",
    "new",
    "recipes_in",
    "resume",
    "run",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'seqkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
