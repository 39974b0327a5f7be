"""Checks of what a component says of itself: its docstring, its settings, its attributes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seqkit.config import Config, validate
from seqkit.errors import nearest, suggestion
from seqkit.registry.fitting import why_not
from seqkit.registry.registry import Entry, Registry
from seqkit.shapes import INPUTS, OUTPUTS, Shape
from seqkit.testing.checks import require

READS = ("outputs", "batch", "answers")


def described(entry: Entry) -> None:
    """Requires a docstring whose first line is one sentence."""
    component = type(entry.component)
    require(
        component.__dict__.get("__doc__"),
        f"{component.__name__} has no docstring; its first line is what 'seqkit list' shows",
    )
    summary = component.summary()
    require(
        summary.endswith(".") and len(summary) <= 100,
        f"the first line of its docstring is {summary!r}; "
        "it must be one sentence of at most 100 characters, with a full stop",
    )


def settings(entry: Entry) -> None:
    """Requires settings with types, help and valid defaults."""
    config = entry.component.Config
    _fields(config, "the setting")
    require("name" not in config.model_fields, "a setting cannot be called 'name', the component's")
    try:
        json.dumps(config.model_json_schema(mode="serialization"))
    except Exception as error:
        raise AssertionError(
            f"its Config has no JSON Schema: {error}. Use types that JSON can hold"
        ) from error
    if all(not field.is_required() for field in config.model_fields.values()):
        _, problems = validate(config, {}, entry.name, entry.qualified)
        require(not problems, f"its defaults are not valid: {' '.join(map(str, problems))}")


def _fields(config: type[Config], what: str) -> None:
    require(
        config.model_config.get("extra") == "forbid",
        "its Config lets unknown settings pass. Leave model_config as seqkit.Config has it",
    )
    for name, field in config.model_fields.items():
        require(
            field.description,
            f"{what} {name!r} has no help. Declare it with seqkit.Field(..., help=...)",
        )
        require(field.annotation is not Any, f"{what} {name!r} has the type Any. Name its type")


# --- attributes -----------------------------------------------------------------------------------


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(map(_text, value))


def _said(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_text, (*value, *value.values())))


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _columns(value: Any) -> bool:
    return (
        isinstance(value, Mapping) and all(map(_text, value)) and all(map(_texts, value.values()))
    )


def _shapes(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(item, Shape) for item in value)


def _splits(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(records, Sequence) and all(isinstance(record, Mapping) for record in records)
        for records in value.values()
    )


_NAMES = (_texts, "a tuple of names, such as ('a',)")
_SAYINGS = (_said, "a dict of texts")
_WORD = (_text, "a text")
_TRUTH = (_flag, "True or False")
Rule = tuple[Callable[[Any], bool], str]

_RULES: dict[str, dict[str, Rule]] = {
    "models": {"inputs": _NAMES, "outputs": _NAMES, "tasks": _NAMES, "refuses": _SAYINGS},
    "losses": {"outputs": _NAMES, "tasks": _NAMES},
    "metrics": {
        "outputs": _NAMES,
        "tasks": _NAMES,
        "higher_is_better": (lambda value: value is None or _flag(value), "True, False or None"),
        "reads": (lambda value: value in READS, f"one of {', '.join(READS)}"),
    },
    "datasets": {"tasks": _NAMES},
    "tasks": {
        "inputs": _NAMES,
        "outputs": _WORD,
        "loss": _WORD,
        "metrics": _NAMES,
        "fields": _SAYINGS,
        "extras": _SAYINGS,
        "usual_columns": (_columns, "a dict of tuples of names"),
        "reads_whole_table": _TRUTH,
        "examples": (_texts, "a tuple of texts, such as ('a text',)"),
        "purpose": _WORD,
        "hint": _WORD,
        "live": _TRUTH,
        "try_options": (lambda value: isinstance(value, Mapping), "a dict of options"),
        "own_data_recipe": _WORD,
        "next_commands": _SAYINGS,
        "sample_shapes": (_shapes, "a tuple of seqkit.Shape"),
        "sample_records": (_splits, "a dict of lists of records, by split"),
    },
}
"""What the attributes of each kind of component must be."""


def contract(entry: Entry) -> None:
    """Requires attributes of the kinds that their contract says, and kinds that there are."""
    component = entry.component
    rules = _RULES.get(entry.kind, {}) | {"expected_failures": _SAYINGS}
    for name, (fits, what) in rules.items():
        require(
            hasattr(component, name), f"{type(component).__name__} has no {name}; it must be {what}"
        )
        value = getattr(component, name)
        require(fits(value), f"{name} is {value!r:.60}; it must be {what}")
    for name, known in {"inputs": INPUTS, "outputs": OUTPUTS}.items():
        given = getattr(component, name, ())
        for kind in filter(None, (given,) if isinstance(given, str) else given):
            require(
                kind in known,
                f"{name} has {kind!r}, which is no kind of {name[:-1]}. {suggestion(kind, known)}",
            )
    if entry.kind == "tasks":
        _task(component)


def _task(task: Any) -> None:
    require(task.outputs, f"outputs names no kind of output. Valid: {', '.join(OUTPUTS)}")
    require(task.metrics, "metrics names none; the first chooses the best checkpoint")
    require(task.fields, "fields must say what its records hold")
    options = task.PredictOptions
    require(
        isinstance(options, type) and issubclass(options, Config),
        "PredictOptions is not a subclass of seqkit.Config",
    )
    _fields(options, "the option")
    needed = [name for name, field in options.model_fields.items() if field.is_required()]
    require(not needed, f"the option {', '.join(needed)} has no default, which predict begins with")
    _, problems = validate(options, task.try_options, "try_options", "PredictOptions")
    require(not problems, " ".join(map(str, problems)))
    require(
        not task.sample_records or "train" in task.sample_records,
        "sample_records has no split 'train'",
    )


# --- what it is for -------------------------------------------------------------------------------


def tasks(entry: Entry, registry: Registry) -> None:
    """Requires that what it is for is there, and that a task's usual loss and metrics fit it."""
    component = entry.component
    if entry.kind == "tasks":
        for kind, names in {"losses": (component.loss,), "metrics": component.metrics}.items():
            for name in names:
                found = registry.find(kind, name)
                reason = why_not(found, entry)
                require(not reason, f"its usual {_ONE[kind]} {name!r} is not for it: {reason}")
        if component.own_data_recipe:
            registry.find("recipes", component.own_data_recipe)
        return
    others = "" if entry.kind == "datasets" else ", or outputs at least one kind of output"
    require(
        component.tasks or getattr(component, "outputs", ()),
        f"tasks must name at least one task{others}",
    )
    known = {name for e in registry.entries("tasks") for name in (e.name, e.qualified)}
    unknown = [task for task in component.tasks if task not in known]
    for task in unknown:
        hint = suggestion(task, known, "Install the plugin that brings it")
        wrong = len(unknown) == len(component.tasks) or nearest(task, known)
        require(not wrong, f"there is no task {task!r}. {hint}")


_ONE = {"losses": "loss", "metrics": "metric"}
