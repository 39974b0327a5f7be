"""Which components fit a task: by kinds of inputs and outputs, or by its name."""

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import seqkit
from seqkit.api import Classes, Component, Features, Number, Shape, Tokens
from seqkit.cli.main import run_command_line
from seqkit.errors import ConfigurationError
from seqkit.registry.discovery import load_registry
from seqkit.registry.fitting import fitting, require_shape, tasks_of, why_not
from seqkit.registry.registry import Entry, Plugin, Registry
from seqkit.tui.new.catalogue import Catalogue


def entry(kind: str, base: type[Component], name: str, plugin: str = "toy", **says: Any) -> Entry:
    made = type(name, (base,), {"name": name, "__doc__": "A part.", **says})
    return Entry(kind, plugin, name, made())


def task(**says: Any) -> Entry:
    return entry("tasks", seqkit.Task, "sorting", "boxes", loss="", metrics=(), **says)


def model(**says: Any) -> Entry:
    return entry("models", seqkit.Model, "reader", **says)


@pytest.mark.parametrize("name", ["sorting", "boxes:sorting"])
def test_a_part_that_names_the_task_fits_whatever_goes_in_and_out(name: str) -> None:
    named = model(tasks=(name,), inputs=("tokens",), outputs=("number",))
    assert why_not(named, task(inputs=("features",), outputs="classes")) == ""
    assert why_not(named, task()) == ""


def test_a_part_of_the_same_outputs_fits_a_task_that_it_never_heard_of() -> None:
    classes = task(outputs="classes")
    assert why_not(model(outputs=("labels", "classes")), classes) == ""
    assert why_not(entry("losses", seqkit.Loss, "hinge", outputs=("classes",)), classes) == ""
    assert why_not(entry("metrics", seqkit.Metric, "kappa", outputs=("classes",)), classes) == ""


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ({"tasks": ("other", "third")}, "it is for other and third"),
        ({"outputs": ("values", "number", "labels")},
         "it is for values, number and labels, not for classes"),
        ({"outputs": ("classes",), "inputs": ("tokens",)}, "it reads tokens, not features"),
        ({"outputs": ("classes",), "refuses": {"classes": "it counts"}}, "it counts"),
        ({"outputs": ("classes",), "refuses": {"boxes:sorting": "it drops"}}, "it drops"),
        ({"tasks": ("sorting",), "refuses": {"sorting": "it shuffles"}}, "it shuffles"),
    ],
)  # fmt: skip
def test_what_does_not_fit_says_why(says: dict[str, Any], reason: str) -> None:
    assert why_not(model(**says), task(inputs=("features",), outputs="classes")) == reason


def test_a_task_that_names_no_outputs_takes_only_what_names_it() -> None:
    reason = why_not(model(outputs=("classes",)), task())
    assert reason == "it is for classes, and the task names no outputs"


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (Shape("sorting", Features(2), Number()), "it reads tokens, and the data are features"),
        (Shape("sorting", Tokens(9), Number()), "it is for classes, and the data have number"),
    ],
)
def test_data_that_turn_out_otherwise_are_refused_before_a_model_is_built(
    shape: Shape, reason: str
) -> None:
    reader = model(inputs=("tokens",), outputs=("classes",))
    require_shape(reader, Shape("sorting", Tokens(9), Classes(("a", "b"), (1, 1), 2)))
    with pytest.raises(ConfigurationError, match=f"model 'reader' does not fit.*{reason}"):
        require_shape(reader, shape)


def test_tasks_that_a_part_names_come_before_those_that_it_fits(
    make_plugin: Callable[..., ModuleType],
) -> None:
    tasks = [
        type(name, (seqkit.Task,), {"name": name, "__doc__": "Toy.", "outputs": "classes"})
        for name in ("aligning", "sorting")
    ]
    made = Registry()
    made.add(Plugin("toy", "seqkit-toy"), lambda: make_plugin("toy", tasks=tasks))
    assert tasks_of(model(outputs=("classes",)), made) == ["aligning", "sorting"]
    assert tasks_of(model(outputs=("classes",), tasks=("sorting",)), made) == [
        "sorting",
        "aligning",
    ]


@pytest.mark.parametrize("kind", ["models", "losses", "metrics", "datasets"])
def test_the_terminal_ui_gives_the_reasons_of_the_rule(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = load_registry()
    assert run_command_line(["list", "--json"]) == 0
    catalogue = Catalogue(json.loads(capsys.readouterr().out))
    for wanted in registry.entries("tasks"):
        fits = {fit.name: fit.why_not for fit in catalogue.fitting(kind, wanted.name)}
        assert fits == {e.name: why_not(e, wanted) for e in registry.entries(kind)}
        assert fitting(registry, kind, wanted) == [name for name, why in fits.items() if not why]
