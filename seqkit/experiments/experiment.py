"""An experiment: read from TOML, overridden by `key=value` words, checked whole, saved resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

from seqkit.config import Config, validate
from seqkit.errors import ConfigurationError, Problem, nearest, suggestion
from seqkit.experiments.trainer import TrainerConfig
from seqkit.fitting import fitting, why_not
from seqkit.registry import Entry, Registry
from seqkit.storage.regular_files import LARGEST_TEXT
from seqkit.storage.toml_text import parse_toml

COMPONENTS = {"task": "tasks", "dataset": "datasets", "model": "models", "loss": "losses"}
KEYS = ("description", *COMPONENTS, "metrics", "trainer")


@dataclass(frozen=True)
class Part:
    """A component with its settings."""

    entry: Entry
    config: Any

    @property
    def name(self) -> str:
        """The component's bare name."""
        return self.entry.name

    @property
    def component(self) -> Any:
        """The component itself."""
        return self.entry.component

    def as_dict(self) -> dict[str, Any]:
        """Returns its qualified name and every setting, as plain values; None is left out."""
        values: dict[str, Any] = self.config.model_dump(mode="json", exclude_none=True)
        return {"name": self.entry.qualified} | values


@dataclass(frozen=True)
class Experiment:
    """Everything a run needs to know, checked and with every default filled in.

    Attributes:
        recipe: Name of the recipe it came from, or stem of the file.
        notes: What the user should know about how it was put together.
    """

    task: Part
    dataset: Part
    model: Part
    loss: Part
    metrics: tuple[Part, ...]
    trainer: TrainerConfig
    description: str = ""
    recipe: str = ""
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Returns the experiment as it is written to TOML; reading it back gives it again."""
        head: dict[str, Any] = {"description": self.description} if self.description else {}
        return head | {
            "task": self.task.as_dict(),
            "dataset": self.dataset.as_dict(),
            "model": self.model.as_dict(),
            "loss": self.loss.as_dict(),
            "metrics": [metric.as_dict() for metric in self.metrics],
            "trainer": self.trainer.model_dump(mode="json", exclude_none=True),
        }

    def as_toml(self) -> str:
        """Returns the experiment as TOML with every default spelt out."""
        import tomlkit

        return tomlkit.dumps(self.as_dict())

    @property
    def monitor(self) -> tuple[str, bool]:
        """What chooses the best checkpoint, and whether higher is better."""
        ranking = {
            part.name: bool(part.component.higher_is_better)
            for part in self.metrics
            if part.component.higher_is_better is not None
        }
        name = self.trainer.monitor or next(iter(ranking), "loss")
        return name, ranking.get(name, False)


def load_experiment(
    source: str | Path | Mapping[str, Any],
    registry: Registry,
    overrides: Sequence[str] = (),
) -> Experiment:
    """Reads and checks an experiment.

    Args:
        source: Name of a recipe, path of a TOML file, or the nested tables themselves.
        registry: Where its components are looked up.
        overrides: Words such as `model=gru` and `trainer.epochs=3`; later ones win.

    Raises:
        ConfigurationError: Something is not valid; every problem is reported at once.
    """
    document, recipe = _read(source, registry)
    return _resolve(document, recipe, registry, overrides)


def _read(source: str | Path | Mapping[str, Any], registry: Registry) -> tuple[dict[str, Any], str]:
    if isinstance(source, Mapping):
        return dict(source), str(source.get("recipe", ""))
    path = Path(source)
    looks_like_file = path.suffix == ".toml" or len(path.parts) > 1
    if not looks_like_file:
        names = registry.names("recipes")
        if str(source) not in names and path.is_file():
            return _read_toml(path), path.stem
        hint = "Run 'seqkit list recipes' for every name, or give the path of a TOML file"
        if str(source) not in names and nearest(str(source), names) is None:
            raise ConfigurationError(
                problems=[Problem("", f"there is no recipe {str(source)!r}", hint)]
            )
        entry = registry.find("recipes", str(source))
        return _read_toml(entry.component.path), entry.name
    if path.is_dir() and (path / "experiment.toml").is_file():
        path = path / "experiment.toml"
    if not path.is_file():
        raise ConfigurationError(
            problems=[Problem("", f"there is no file {source}", "Write one with 'seqkit new FILE'")]
        )
    return _read_toml(path), path.parent.name if path.name == "experiment.toml" else path.stem


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_TEXT + 1)
        return parse_toml(content.decode("utf-8-sig"))
    except ValueError as error:
        raise ConfigurationError(
            f"{path} is not valid TOML: {error}. Mend the line it names"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error


def parse_override(word: str) -> tuple[tuple[str, ...], Any]:
    """Splits a word `key=value` into the key's parts and a typed value.

    The value is read as TOML where it is such (`3`, `1e-3`, `true`, `[1, 2]`, `"text"`), and as
    plain text where it is not.

    Raises:
        ConfigurationError: The word has no `=` or no key.
    """
    key, equals, text = word.partition("=")
    parts = tuple(key.strip().split("."))
    if not equals or not all(parts):
        raise ConfigurationError(
            f"{word!r} is not a setting. Write key=value, such as trainer.epochs=3"
        )
    try:
        value = parse_toml(f"value = {text}")["value"] if "\n" not in text else text
    except ValueError:
        value = text
    # Dates are TOML, and no setting takes one: they are parts of a name or path.
    return parts, text if isinstance(value, date | time) else value


def _component_table(value: Any, key: str, problems: list[Problem]) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, Mapping):
        return dict(value)
    problems.append(
        Problem(key, f"{key} is {value!r}; it must be a name or a table", f'Write {key} = "..."')
    )
    return {}


_DEEPEST = 16
"""Parts of the longest dotted key that any table of settings could have."""


def _apply(
    document: dict[str, Any], overrides: Iterable[str], problems: list[Problem]
) -> dict[str, set[str]]:
    """Applies the words in place; returns which settings of each table they gave."""
    given: dict[str, set[str]] = {}
    for word in overrides:
        parts, value = parse_override(word)
        head, rest = parts[0], parts[1:]
        if len(parts) > _DEEPEST:
            message = f"a key that begins with {head[:40]!r} has {len(parts):,} parts"
            problems.append(Problem("", message, f"At most {_DEEPEST} make one"))
        elif head not in KEYS:
            problems.append(
                Problem(head, f"{'.'.join(parts)} is not a setting", suggestion(head, KEYS))
            )
        elif head == "metrics":
            if rest:
                problems.append(
                    Problem(
                        "metrics",
                        f"{'.'.join(parts)} cannot be set by a word",
                        "Write metrics=NAME,NAME, or use a TOML file",
                    )
                )
            else:
                document[head] = value.split(",") if isinstance(value, str) else value
        elif head == "description" and rest:
            problems.append(
                Problem(head, f"{'.'.join(parts)} is not a setting", "Write description=TEXT")
            )
        elif head in COMPONENTS and (not rest or rest == ("name",)):
            document.setdefault(head, {})["name"] = value
        elif not rest:
            if head == "description":
                # It is text whatever it looks like: 2024 is no number here.
                document[head] = value if isinstance(value, str) else word.partition("=")[2]
            else:
                problems.append(Problem(head, f"{head} is a table", f"Write {head}.KEY={value}"))
        else:
            table = document.setdefault(head, {})
            given.setdefault(head, set()).add(rest[0])
            for part in rest[:-1]:
                inner = table.get(part)
                table[part] = dict(inner) if isinstance(inner, Mapping) else {}
                table = table[part]
            table[rest[-1]] = value
    return given


def _resolve(
    document: dict[str, Any], recipe: str, registry: Registry, overrides: Sequence[str]
) -> Experiment:
    problems: list[Problem] = []
    notes: list[str] = []
    document = {key: value for key, value in document.items() if key != "recipe"}
    _tidy(document, problems)
    named_before = {key: document.get(key, {}).get("name") for key in COMPONENTS}
    given = _apply(document, overrides, problems)

    entries: dict[str, Entry | None] = {}
    dataset = _find(registry, "datasets", document, "dataset", problems)
    entries["dataset"] = dataset
    if "task" not in document and dataset is not None:
        document["task"] = {"name": dataset.component.tasks[0]}
    task = entries["task"] = _find(registry, "tasks", document, "task", problems)
    if task is not None:
        document.setdefault("loss", {})
        document["loss"].setdefault("name", task.component.loss)
        document.setdefault("metrics", list(task.component.metrics))
    entries["model"] = _find(registry, "models", document, "model", problems)
    entries["loss"] = _find(registry, "losses", document, "loss", problems, needed=task is not None)

    parts: dict[str, Part] = {}
    for key, entry in entries.items():
        if entry is None:
            continue
        table = {name: value for name, value in document[key].items() if name != "name"}
        before = named_before[key]
        if before is not None and before not in (entry.name, entry.qualified):
            table = _known_settings(
                table, entry, given.get(key, set()), f"{key}={entry.name}", notes
            )
        part = _part(entry, table, key, problems)
        if part is not None:
            parts[key] = part
        if task is not None and key in ("dataset", "model", "loss"):
            _check_task(entry, key, task, registry, problems)
    metrics = _metrics(document.get("metrics", []), registry, task, problems)
    trainer = _trainer(document["trainer"], metrics, problems)
    if problems or trainer is None:
        raise ConfigurationError(problems=problems)
    return Experiment(
        **parts,
        metrics=tuple(metrics),
        trainer=trainer,
        description=document.get("description", ""),
        recipe=recipe,
        notes=notes,
    )


def _tidy(document: dict[str, Any], problems: list[Problem]) -> None:
    """Gives each part of a document its form: tables for components and trainer."""
    for key in sorted(set(document) - set(KEYS)):
        problems.append(Problem(key, f"{key} is not a setting", suggestion(key, KEYS)))
        del document[key]
    for key in COMPONENTS:
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


def _trainer(
    table: Mapping[str, Any], metrics: Sequence[Part], problems: list[Problem]
) -> TrainerConfig | None:
    settings, found = validate(TrainerConfig, table, "trainer", "the trainer")
    problems += found
    if not isinstance(settings, TrainerConfig):
        return None
    ranking = [m.name for m in metrics if m.component.higher_is_better is not None]
    if settings.monitor not in ("", "loss", *ranking):
        problems.append(
            Problem(
                "trainer.monitor",
                f"trainer.monitor is {settings.monitor!r}, which is not a metric of this run "
                "that ranks models",
                suggestion(settings.monitor, ["loss", *ranking]),
            )
        )
    return settings


def _find(
    registry: Registry,
    kind: str,
    document: Mapping[str, Any],
    key: str,
    problems: list[Problem],
    needed: bool = True,
) -> Entry | None:
    name = document.get(key, {}).get("name")
    if name is None:
        if needed and not any(problem.key == key for problem in problems):
            choices = ", ".join(registry.names(kind)[:8])
            problems.append(
                Problem(key, f"no {key} is named", f"Write {key}=NAME; there are: {choices}")
            )
        return None
    try:
        return registry.find(kind, str(name), key)
    except ConfigurationError as error:
        problems += error.problems
        return None


def _known_settings(
    table: dict[str, Any], entry: Entry, given: set[str], word: str, notes: list[str]
) -> dict[str, Any]:
    """Drops the settings meant for another component that this one does not have."""
    fields = entry.component.Config.model_fields
    dropped = [name for name in table if name not in fields and name not in given]
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


def _metrics(
    value: Any, registry: Registry, task: Entry | None, problems: list[Problem]
) -> list[Part]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple):
        problems.append(
            Problem(
                "metrics",
                f"metrics is {value!r}; it must be a list of names",
                'Write metrics = ["NAME"]',
            )
        )
        return []
    parts: list[Part] = []
    for index, item in enumerate(value):
        key = f"metrics[{index}]"
        item = item.strip() if isinstance(item, str) else item
        table = _component_table(item, key, problems)
        entry = _find(registry, "metrics", {key: table}, key, problems)
        if entry is None:
            continue
        if task is not None:
            _check_task(entry, key, task, registry, problems)
        if any(part.entry == entry for part in parts):
            problems.append(Problem(key, f"metric {entry.name!r} is named twice", "Leave one out"))
            continue
        part = _part(entry, {k: v for k, v in table.items() if k != "name"}, key, problems)
        if part is not None:
            parts.append(part)
    return parts
