"""Which components fit a task: by what goes in and what comes out, or by the task's name."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.api import Shape
from seqkit.errors import ConfigurationError, Problem
from seqkit.registry.registry import Entry, Registry
from seqkit.shapes import kind_of


def why_not(entry: Entry, task: Entry) -> str:
    """Returns why a component does not fit a task, as a clause; empty when it fits.

    It fits a task that it names in `tasks`, and every task whose outputs are among its `outputs`;
    a model must read one kind of the task's inputs, too. What it `refuses` never fits.
    """
    component, wanted = entry.component, task.component
    names = (task.name, task.qualified)
    refuses = getattr(component, "refuses", {})
    for key in (*names, wanted.outputs):
        if key in refuses:
            return str(refuses[key])
    if any(name in component.tasks for name in names):
        return ""
    outputs = getattr(component, "outputs", ())
    if not outputs:
        return f"it is for {_listed(component.tasks)}"
    if wanted.outputs not in outputs:
        what = f"not for {wanted.outputs}" if wanted.outputs else "and the task names no outputs"
        return f"it is for {_listed([*component.tasks, *outputs])}, {what}"
    inputs = getattr(component, "inputs", wanted.inputs)
    if not set(inputs) & set(wanted.inputs):
        return f"it reads {_listed(inputs)}, not {_listed(wanted.inputs)}"
    return ""


def tasks_of(entry: Entry, registry: Registry) -> list[str]:
    """Returns the names of the tasks that a component fits, those it names itself first."""
    named = list(getattr(entry.component, "tasks", ()))
    others = [
        registry.name_of(task)
        for task in registry.entries("tasks")
        if not {task.name, task.qualified} & set(named) and not why_not(entry, task)
    ]
    return named + others


def fitting(registry: Registry, kind: str, task: Entry) -> list[str]:
    """Returns the names of the components of a kind that fit a task."""
    return [registry.name_of(e) for e in registry.entries(kind) if not why_not(e, task)]


def require_shape(model: Entry, shape: Shape) -> None:
    """Checks a model against what the encoded data turned out to be.

    Raises:
        ConfigurationError: It reads or puts out something else.
    """
    component = model.component
    inputs, outputs = kind_of(shape.inputs), kind_of(shape.outputs)
    reason = ""
    if inputs not in component.inputs:
        reason = f"it reads {_listed(component.inputs)}, and the data are {inputs}"
    elif component.outputs and not component.tasks and outputs not in component.outputs:
        reason = f"it is for {_listed(component.outputs)}, and the data have {outputs}"
    if reason:
        problem = Problem(
            "model",
            f"model {model.name!r} does not fit these data: {reason}",
            "'seqkit list models' shows what each is for",
        )
        raise ConfigurationError(problems=[problem])


def _listed(words: Sequence[str]) -> str:
    *first, last = words or ("nothing",)
    return f"{', '.join(first)} and {last}" if first else last
