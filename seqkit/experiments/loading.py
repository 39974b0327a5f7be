"""Experiments read from TOML, overridden by `key=value` words, and checked whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from seqkit.config import Config, canonical, validate
from seqkit.errors import ConfigurationError, Problem, suggestion
from seqkit.experiments.documents import read_document
from seqkit.experiments.experiment import Absent, Experiment, Folds, Part, WarmStart
from seqkit.experiments.observers import chosen_observers
from seqkit.experiments.places import tables_of, with_their_places
from seqkit.experiments.schema import show
from seqkit.experiments.trainer import TrainerConfig
from seqkit.experiments.words import (
    KEYS,
    Settings,
    apply_words,
    unknown_key,
    with_words,
)
from seqkit.kinds import PARTS, PLURAL
from seqkit.registry.fitting import fitting, why_not
from seqkit.registry.registry import NOT_INSTALLED, Entry, Registry

NEEDED = (*PARTS, "metrics", "observers")
"""Parts of an experiment that training needs."""


def load_experiment(
    source: str | Path | Mapping[str, Any],
    registry: Registry,
    overrides: Sequence[str] = (),
    own: Sequence[str] = (),
    needed: Collection[str] = NEEDED,
) -> Experiment:
    """Reads and checks an experiment.

    A bare name means, in this order, the component of the plugin that ships the recipe, of the
    plugin of the task (for a task that is not named: of the dataset), of seqkit itself, or else
    the only one there is.

    Args:
        source: Name of a recipe, path of a TOML file, or the nested tables themselves.
        registry: Where its components are looked up.
        overrides: Words such as `model=NAME` and `trainer.epochs=3`; later ones win.
        own: Plugins whose components bare names mean first, where the source is no recipe.
        needed: The parts that must be installed and valid. For others that are not, something
            stands in that raises PluginError when it is used; such metrics are left out.

    Raises:
        ConfigurationError: Something is not valid; every problem is reported at once.
    """
    found = read_document(source, registry)
    own = (found.plugin,) if found.plugin else tuple(own)
    return _resolve(found.whole, found.recipe, registry, overrides, own, needed)


def chosen_metrics(
    experiment: Experiment,
    registry: Registry,
    names: Sequence[str] = (),
    words: Sequence[str] = (),
) -> tuple[Part, ...]:
    """Returns metrics to score a trained run by, each with the settings that the run has of it.

    Args:
        experiment: What the run was.
        registry: Where metrics are looked up.
        names: Their names; those of the run when empty.
        words: Words such as `NAME.KEY=VALUE`, which set something of a metric.

    Raises:
        ConfigurationError: There is no such metric or setting, or it is not for the task.
    """
    problems: list[Problem] = []
    own = {part.name: part for part in experiment.metrics}
    value = [own[name].as_dict() if name in own else name for name in names or own]
    given = apply_words({}, words, problems)
    task = experiment.task.entry
    finder = _Finder(registry, {}, (task.plugin,), ("metrics",), problems)
    metrics = _metrics(value, finder, task, given)
    chosen = [part.name for part in metrics]
    for head, settings in given.items():
        if head not in chosen:
            key = ".".join((head, *settings[0][0]))
            message = f"{key} is no setting of the metrics that are scored"
            problems.append(Problem(head, message, suggestion(head, chosen)))
    if problems:
        raise ConfigurationError(problems=problems)
    return tuple(metrics)


def _component_table(value: Any, key: str, problems: list[Problem]) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, Mapping):
        return dict(value)
    problems.append(
        Problem(key, f"{key} is {value!r}; it must be a name or a table", f'Write {key} = "..."')
    )
    return {}


def _resolve(
    document: dict[str, Any],
    recipe: str,
    registry: Registry,
    overrides: Sequence[str],
    own: Sequence[str],
    needed: Collection[str],
) -> Experiment:
    problems: list[Problem] = []
    notes: list[str] = []
    document = {key: value for key, value in document.items() if key != "recipe"}
    _tidy(document, problems)
    before = {key: document.get(key, {}).get("name") for key in PARTS}
    given = apply_words(document, overrides, problems)

    finder = _Finder(registry, document, own, needed, problems)
    entries: dict[str, Entry | None] = {"dataset": finder.find("dataset")}
    dataset = entries["dataset"]
    if "task" not in document and dataset is not None:
        document["task"] = {"name": dataset.component.tasks[0]}
        finder.own = (*finder.own, dataset.plugin)
    task = entries["task"] = finder.find("task")
    if task is not None:
        finder.own = (*own, task.plugin)
        loss = document.setdefault("loss", {})
        if "name" not in loss:
            loss["name"] = _usual(registry, "losses", task.component.loss, task)
        usual = [_usual(registry, "metrics", name, task) for name in task.component.metrics]
        document.setdefault("metrics", usual)
    entries["model"] = finder.find("model")
    entries["loss"] = finder.find("loss", required=task is not None)

    parts: dict[str, Part] = {}
    for key, entry in entries.items():
        if entry is None:
            continue
        table = {name: value for name, value in document[key].items() if name != "name"}
        if isinstance(entry.component, Absent):
            parts[key] = Part(entry, SimpleNamespace(**table))
            continue
        if not finder.is_same(entry, before[key]):
            table = _known_settings(table, entry, f"{key}={entry.name}", notes)
        table = with_words(entry.component.Config, table, given.get(key, []))
        found: list[Problem] = []
        part = _part(entry, table, key, found)
        if part is None and key not in needed:
            absent = Absent(" ".join(map(str, found)))
            parts[key] = Part(replace(entry, component=absent), SimpleNamespace(**table))
            continue
        problems += found
        if part is not None:
            parts[key] = part
        if task is not None and key in ("dataset", "model", "loss"):
            _check_task(entry, key, task, registry, problems)
    metrics = _metrics(document.get("metrics", []), finder, task, given)
    _no_settings(given, [part.name for part in metrics], problems)
    # Asked for in any case, as it also takes out the settings that chose one formerly.
    wrong = problems if "observers" in needed else []
    chosen = chosen_observers(document, given, registry, finder.own, wrong)
    observers = [Part(entry, config) for entry, config in chosen]
    origin = _origin(document.get("from"), given.get("from", []), problems)
    folds = _folds(document.get("folds"), given.get("folds", []), problems)
    trainer = _trainer(document["trainer"], given.get("trainer", []), metrics, finder)
    if problems or trainer is None:
        placed = with_their_places(problems, tables_of(entries))
        raise ConfigurationError(problems=_each_plugin_once(placed))
    return Experiment(
        **parts,
        metrics=tuple(metrics),
        trainer=trainer,
        observers=tuple(observers),
        description=document.get("description", ""),
        recipe=recipe,
        notes=notes,
        origin=origin,
        folds=folds,
    )


def _usual(registry: Registry, kind: str, name: str, task: Entry) -> str:
    """Returns the name of a component that a task names, as its own plugin means it."""
    try:
        return registry.find(kind, name, own=(task.plugin,)).qualified
    except ConfigurationError:
        return name


def _each_plugin_once(problems: Sequence[Problem]) -> list[Problem]:
    """Returns the problems, those that one missing plugin makes as one."""
    kept: list[Problem] = []
    hints: set[str] = set()
    for problem in problems:
        if problem.hint.startswith(NOT_INSTALLED):
            if problem.hint in hints:
                continue
            hints.add(problem.hint)
        kept.append(problem)
    return kept


def _tidy(document: dict[str, Any], problems: list[Problem]) -> None:
    """Gives each part of a document its form: tables for components and trainer."""
    for key in sorted(set(document) - set(KEYS)):
        value = document[key]
        problems.append(unknown_key(key, "" if isinstance(value, dict | list) else show(value)))
        del document[key]
    for key in PARTS:
        if key in document:
            document[key] = _component_table(document[key], key, problems)
    trainer = document.get("trainer", {})
    if not isinstance(trainer, Mapping):
        problems.append(
            Problem("trainer", f"trainer is {trainer!r}; it must be a table", "Write [trainer]")
        )
        trainer = {}
    document["trainer"] = dict(trainer)
    description = document.get("description", "")
    if not isinstance(description, str):
        problems.append(Problem("description", f"description is {description!r}; it must be text"))


def _origin(value: Any, words: Settings, problems: list[Problem]) -> WarmStart | None:
    """Returns the run that training begins with; None where none is named."""
    if value is None and not words:
        return None
    table = {"run": value} if isinstance(value, str) else value or {}
    if not isinstance(table, Mapping):
        problems.append(
            Problem("from", f"from is {value!r}; it must be a run or a table", 'Write from = "RUN"')
        )
        return None
    merged = with_words(WarmStart, table, words)
    found, wrong = validate(WarmStart, merged, "from", "from")
    problems += wrong
    return found if isinstance(found, WarmStart) else None


def _folds(value: Any, words: Settings, problems: list[Problem]) -> Folds | None:
    """Returns which part of a cross-validation it is; None where it is none."""
    if value is not None and not isinstance(value, Mapping):
        problems.append(
            Problem("folds", f"folds is {value!r}; it must be a table", "Write folds.number=5")
        )
        return None
    found, wrong = validate(Folds, with_words(Folds, value or {}, words), "folds", "folds")
    problems += wrong
    return found if isinstance(found, Folds) and found.number else None


def _trainer(
    table: Mapping[str, Any], words: Settings, metrics: Sequence[Part], finder: _Finder
) -> TrainerConfig | None:
    merged = with_words(TrainerConfig, table, words)
    settings, found = validate(TrainerConfig, merged, "trainer", "the trainer")
    finder.problems += found
    if not isinstance(settings, TrainerConfig):
        return None
    ranking = [m.name for m in metrics if m.component.higher_is_better is not None]
    if "metrics" in finder.needed and settings.monitor not in ("", "loss", *ranking):
        finder.problems.append(
            Problem(
                "trainer.monitor",
                f"trainer.monitor is {settings.monitor!r}, which is not a metric of this run "
                "that ranks models",
                suggestion(settings.monitor, ["loss", *ranking]),
            )
        )
    return settings


@dataclass
class _Finder:
    """Looks up the components of one document, and gathers what is wrong.

    Attributes:
        own: Plugins whose components a bare name means first.
        needed: The parts that must be installed.
    """

    registry: Registry
    document: Mapping[str, Any]
    own: tuple[str, ...] | Sequence[str]
    needed: Collection[str]
    problems: list[Problem]

    def find(self, key: str, required: bool = True) -> Entry | None:
        """Returns the component of a part; None where none is named or it is not found."""
        kind = PLURAL[key]
        name = self.document.get(key, {}).get("name")
        if name is None:
            if required and not any(problem.key == key for problem in self.problems):
                choices = ", ".join(self.registry.names(kind)[:8])
                self.problems.append(
                    Problem(key, f"no {key} is named", f"Write {key}=NAME; there are: {choices}")
                )
            return None
        return self.named(kind, str(name), key)

    def named(self, kind: str, name: str, key: str) -> Entry | None:
        """Returns a component by its name; what stands for it where it need not be installed."""
        try:
            return self.registry.find(kind, name, key, self.own)
        except ConfigurationError as error:
            if key.partition("[")[0] in self.needed:
                self.problems += error.problems
                return None
            plugin, _, bare = name.rpartition(":")
            return Entry(kind, plugin, bare, Absent(str(error)))

    def is_same(self, entry: Entry, name: str | None) -> bool:
        """Tells whether a name that stood in the document before means this component, or none."""
        if name is None or name == entry.qualified:
            return True
        try:
            return self.registry.find(entry.kind, name, own=self.own) == entry
        except ConfigurationError:
            return False


def _known_settings(
    table: dict[str, Any], entry: Entry, word: str, notes: list[str]
) -> dict[str, Any]:
    """Drops the settings meant for another component that this one does not have."""
    table = canonical(entry.component.Config, table)
    dropped = [name for name in table if name not in entry.component.Config.model_fields]
    if dropped:
        notes.append(f"{word} has no setting {', '.join(dropped)}; left out")
    return {name: value for name, value in table.items() if name not in dropped}


def _part(entry: Entry, table: Mapping[str, Any], key: str, problems: list[Problem]) -> Part | None:
    config, found = validate(entry.component.Config, table, key, entry.qualified)
    problems += found
    return Part(entry, config) if isinstance(config, Config) else None


def _check_task(
    entry: Entry, key: str, task: Entry, registry: Registry, problems: list[Problem]
) -> None:
    why = why_not(entry, task)
    if not why:
        return
    others = fitting(registry, entry.kind, task)
    problems.append(
        Problem(
            key,
            f"{key} {entry.name!r} does not fit {task.name}: {why}",
            f"For {task.name} there are: {', '.join(others)}" if others else "",
        )
    )


def _no_settings(
    given: Mapping[str, Settings], metrics: Sequence[str], problems: list[Problem]
) -> None:
    """Notes the words that set something of what is neither a part nor a metric of this one."""
    for head, settings in given.items():
        if head not in (*KEYS, *metrics):
            path, value = settings[0]
            problems.append(unknown_key(".".join((head, *path)), show(value), metrics))


def _metrics(
    value: Any, finder: _Finder, task: Entry | None, given: Mapping[str, Settings]
) -> list[Part]:
    problems = finder.problems
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        problems.append(
            Problem(
                "metrics",
                f"metrics is {value!r}; it must be a list of names",
                "Write metrics = [NAME, NAME]",
            )
        )
        return []
    parts: list[Part] = []
    for index, item in enumerate(value):
        key = f"metrics[{index}]"
        item = item.strip() if isinstance(item, str) else item
        table = _component_table(item, key, problems)
        name = table.pop("name", None)
        if name is None:
            if not any(problem.key == key for problem in problems):
                choices = ", ".join(finder.registry.names("metrics")[:8])
                problems.append(
                    Problem(key, f"no {key} is named", f"Write {key}=NAME; there are: {choices}")
                )
            continue
        entry = finder.named("metrics", str(name), key)
        if entry is None or isinstance(entry.component, Absent):
            continue
        if task is not None:
            _check_task(entry, key, task, finder.registry, problems)
        if any(part.entry == entry for part in parts):
            problems.append(Problem(key, f"metric {entry.name!r} is named twice", "Leave one out"))
            continue
        if twin := next((part for part in parts if part.name == entry.name), None):
            both = f"{twin.entry.qualified} and {entry.qualified}"
            message = f"two metrics are called {entry.name!r}: {both}"
            problems.append(Problem(key, message, "Leave one out"))
            continue
        wrong: list[Problem] = []
        table = with_words(entry.component.Config, table, given.get(entry.name, []))
        part = _part(entry, table, entry.name if entry.name in given else key, wrong)
        problems += wrong if "metrics" in finder.needed else []
        if part is not None:
            parts.append(part)
    return parts
