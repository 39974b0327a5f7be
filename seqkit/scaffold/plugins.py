"""The files of a new plugin of any kind; what they name of other plugins is what is installed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from string import Template
from types import SimpleNamespace

from seqkit._version import __version__
from seqkit.callbacks import ignore
from seqkit.errors import ConfigurationError
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.loading import load_experiment
from seqkit.kinds import PLURAL
from seqkit.registry.fitting import why_not
from seqkit.registry.registry import Entry, Registry

TEMPLATES = Path(__file__).parent / "templates"
_SAMPLE = 200
"""Records that a new dataset has to begin with."""
_OUTPUTS = {
    "model": ("classes", "labels", "number"),
    "loss": ("classes",),
    "metric": ("classes",),
}
"""The outputs that the templates are for."""


@dataclass(frozen=True)
class NewPlugin:
    """A plugin that is not written yet.

    Attributes:
        files: The text of each file, by its path in the folder.
        use: Words of a command line that uses it, less `--plugin`.
        twin: The plugin of a component or command that its bare name means already; may be empty.
    """

    files: Mapping[str, str]
    use: Sequence[str]
    twin: str


def new_plugin(name: str, kind: str, registry: Registry, commands: Iterable[str] = ()) -> NewPlugin:
    """Returns a new plugin that works.

    Args:
        name: What it is called, and what it brings: lower-case words joined by hyphens.
        kind: One of `seqkit.kinds.NEW`.
        registry: Where the recipe, and the components that go with it, are chosen from.
        commands: Names of commands that there are.

    Raises:
        ConfigurationError: No plugin is installed that it could be tried with.
    """
    found = [e for e in registry.search(name) if kind in PLURAL and e.kind == PLURAL[kind]]
    twin = found[0].plugin if found else "seqkit" if kind == "command" and name in commands else ""
    package = f"seqkit_{name.replace('-', '_')}"
    class_name = "".join(part.capitalize() for part in name.split("-"))
    words = {
        "name": name,
        "kind": kind,
        "distribution": f"seqkit-{name}",
        "package": package,
        "class_name": class_name if class_name.isidentifier() else f"Plugin{class_name}",
        "function": f"show_{name.replace('-', '_')}",
        "seqkit_version": __version__,
        "next_version": next_breaking(__version__),
    }
    sample = ""
    own = f"{name}:{name}" if twin else name
    if kind == "task":
        words |= _around_a_number(registry)
        run = ["run", f"{name}:{name}" if _is_recipe(name, registry) else name]
    else:
        recipe, experiment = _recipe(registry, _OUTPUTS.get(kind, ()))
        run = ["run", recipe]
        if kind == "dataset":
            task = experiment.task.component
            sample = _sample(experiment)
            words |= {
                "task": registry.name_of(experiment.task.entry),
                "fields": _tuple(task.fields),
            }
        run += _chosen(name, own, kind, experiment)
    use = [name, "last"] if kind == "command" else run
    words["words"] = json.dumps(run[1:])
    words["use"] = " ".join(["seqkit", *use])
    files = {
        _home(path, package, name): Template(path.read_text(encoding="utf-8")).substitute(words)
        for folder in ("common", kind)
        for path in sorted((TEMPLATES / folder).rglob("*.in"))
        if path.name != "more_tests.py.in"
    }
    more = TEMPLATES / kind / "more_tests.py.in"
    if more.is_file():
        tests = f"tests/test_{package}.py"
        files[tests] += Template(more.read_text(encoding="utf-8")).substitute(words)
    if sample:
        files[f"{package}/sample.jsonl"] = sample
    return NewPlugin(files, use, twin)


def next_breaking(version: str) -> str:
    """Returns the first version that may change what plugins rely on: `0.2` after `0.1.3`."""
    major, minor, *_ = version.split(".")
    return f"0.{int(minor) + 1}" if major == "0" else str(int(major) + 1)


def _home(path: Path, package: str, name: str) -> str:
    """Returns where the file of a template stands in the folder of the plugin."""
    file = path.name.removesuffix(".in")
    match path.parent.name:
        case "common":
            homes = {"gitignore": ".gitignore", "test_plugin.py": f"tests/test_{package}.py"}
            return homes.get(file, file)
        case "recipes":
            return f"{package}/recipes/{name}.toml"
    return f"{package}/{'__init__.py' if file == 'init.py' else file}"


def _chosen(name: str, own: str, kind: str, experiment: Experiment) -> list[str]:
    """Returns the words that make a run use the component."""
    match kind:
        case "command":
            return []
        case "metric" | "observer":
            return [f"{kind}s={own}"]
        case "tokenizer":
            settings = type(experiment.task.config).model_fields
            # A tokenizer is named by a setting of the task, which may be called as it likes.
            found = [setting for setting in settings if kind in setting]
            return [f"task.{setting}={name}:{name}" for setting in found[:1]]
    return [f"{kind}={own}"]


def _is_recipe(name: str, registry: Registry) -> bool:
    return any(entry.name == name for entry in registry.entries("recipes"))


def _recipe(registry: Registry, outputs: Sequence[str]) -> tuple[str, Experiment]:
    """Returns a recipe to try a component on, one to start with where there is one that fits.

    Args:
        registry: Where recipes are.
        outputs: The kinds of output that its task may have; any where there is none.
    """
    recipes = registry.entries("recipes")
    for entry in sorted(recipes, key=lambda entry: not entry.component.first):
        try:
            experiment = load_experiment(entry.qualified, registry)
        except ConfigurationError:
            continue
        if not outputs or experiment.task.component.outputs in outputs:
            return registry.name_of(entry), experiment
    raise ConfigurationError(
        "there is no recipe to try it on. Install a plugin that brings one: 'seqkit list recipes'"
    )


def _around_a_number(registry: Registry) -> dict[str, str]:
    """Returns a model, a loss and metrics of a task that tells a number from tokens."""
    task = Entry("tasks", "", "", SimpleNamespace(inputs=("tokens",), outputs="number"))

    def names(kind: str) -> list[str]:
        fit = [entry for entry in registry.entries(kind) if not why_not(entry, task)]
        if not fit:
            raise ConfigurationError(
                f"none of the {kind} is for a number, which the new task tells. Install a plugin "
                f"that brings one: 'seqkit list {kind}'"
            )
        own_last = sorted(fit, key=lambda entry: entry.owner is None or not entry.owner.built_in)
        ranking = [e for e in own_last if getattr(e.component, "higher_is_better", 0) is not None]
        return [entry.qualified for entry in ranking or own_last]

    metrics = _tuple(names("metrics")[:2])
    return {"model": names("models")[0], "loss": names("losses")[0], "metrics": metrics}


def _tuple(names: Iterable[str]) -> str:
    """Returns names as a tuple in Python's own writing, in double quotes."""
    quoted = [json.dumps(name) for name in names]
    return f"({', '.join(quoted)}{',' if len(quoted) == 1 else ''})"


def _sample(experiment: Experiment) -> str:
    """Returns records of a dataset as JSON lines, taken evenly from its training split.

    Raises:
        ConfigurationError: They are not made of JSON values.
    """
    dataset = experiment.dataset
    records = list(dataset.component.splits(dataset.config, ignore)["train"])
    step = max(1, len(records) // _SAMPLE)
    chosen = islice(records[::step], _SAMPLE)
    fields: Sequence[str] = tuple(experiment.task.component.fields)
    try:
        lines = [json.dumps({name: record[name] for name in fields}) for record in chosen]
    except (TypeError, KeyError) as error:
        raise ConfigurationError(
            f"the records of {dataset.name} cannot be written as JSON lines, for a sample"
        ) from error
    return "\n".join(lines) + "\n"
