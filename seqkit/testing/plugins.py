"""Finds one plugin, loads it alone, and puts together the checks of everything it brings."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import SkipTest

import click

from seqkit.config import Config, validate
from seqkit.discovery import installed_plugins, local_plugin, provide_tokenizers
from seqkit.errors import PluginError, nearest, suggestion
from seqkit.experiments.experiment import load_experiment
from seqkit.observing import Observers
from seqkit.registry import Entry, Plugin, Registry
from seqkit.shapes import INPUTS, OUTPUTS
from seqkit.testing.checks import Check, Finding, require
from seqkit.testing.datasets import dataset_checks
from seqkit.testing.events import sample_events
from seqkit.testing.models import model_checks
from seqkit.testing.scores import loss_checks, metric_checks
from seqkit.testing.tokenizers import tokenizer_checks

Settings = Mapping[str, Mapping[str, Any]]
_HEAVY = ("torch", "seqkit.engine", "seqkit.nn")


@dataclass(frozen=True)
class Subject:
    """A plugin that was found and is not loaded yet.

    Attributes:
        plugin: What is known of it before it is loaded.
        load: Loads it.
        source: What finds it in a fresh process: a name or a path; empty when nothing does.
    """

    plugin: Plugin
    load: Callable[[], Any]
    source: str


def find_plugin(source: str | Path | ModuleType) -> Subject:
    """Finds a plugin without loading it.

    Args:
        source: Name of an installed plugin, path of a module, package or project folder, or a
            module, imported or by name.

    Raises:
        PluginError: There is none.
    """
    if isinstance(source, ModuleType):
        name = source.__name__
        return Subject(_named_after(name), lambda: source, name if _importable(name) else "")
    installed = installed_plugins()
    for plugin, load in installed:
        if plugin.name == source:
            return Subject(plugin, load, plugin.name)
    path = Path(source)
    if path.exists():
        plugin, load = local_plugin(path)
        return Subject(plugin, load, str(path.resolve()))
    name = str(source)
    if all(part.isidentifier() for part in name.split(".")) and _importable(name):
        return Subject(_named_after(name), lambda: importlib.import_module(name), name)
    hint = suggestion(
        name, [plugin.name for plugin, _ in installed], "Run 'seqkit list plugins' for their names"
    )
    raise PluginError(f"there is no plugin {name!r}, installed or at that path. {hint}")


def _named_after(module: str) -> Plugin:
    name = module.rpartition(".")[2].removeprefix("seqkit_").replace("_", "-")
    return Plugin(name, f"module {module}")


def _importable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def check_plugin(
    source: str | Path | ModuleType, settings: Settings | None = None
) -> list[Finding]:
    """Runs every check of a plugin; see `plugin_checks` for the arguments and errors."""
    return [check.finding() for check in plugin_checks(source, settings)]


def plugin_checks(
    source: str | Path | ModuleType | Subject, settings: Settings | None = None
) -> list[Check]:
    """Loads a plugin alone and returns its checks, ready to be run one by one.

    Args:
        source: What `find_plugin` takes, or what it returned.
        settings: By component name, the settings that have no default, or others to check with.

    Returns:
        The checks. For a plugin that cannot be loaded, the one that says why.

    Raises:
        PluginError: There is no such plugin.
    """
    subject = source if isinstance(source, Subject) else find_plugin(source)
    registry = Registry()
    plugin = subject.plugin
    registry.add(plugin, subject.load)
    checks = [Check("plugin", "loads", partial(_loads, plugin))]
    if plugin.error:
        return checks
    for other, load in installed_plugins():
        if other.name != plugin.name:
            registry.add(other, load)
    provide_tokenizers(registry)
    seen = cache(partial(_in_fresh_process, subject))
    checks.append(Check("plugin", "cheap-import", lambda: _cheap_import(seen())))
    if any(owner is plugin for owner, _ in registry.with_hook("register_commands")):
        checks.append(Check("plugin", "commands", partial(_commands, plugin)))
    if any(owner is plugin for owner, _ in registry.with_hook("on_event")):
        checks.append(Check("plugin", "observer", partial(_observer, plugin)))
    for entry in plugin.entries:
        given = (settings or {}).get(entry.name, {})
        checks += _component_checks(entry, given, registry, seen)
    return checks


def _component_checks(
    entry: Entry, given: Mapping[str, Any], registry: Registry, seen: Callable[[], dict[str, Any]]
) -> Iterator[Check]:
    name = f"{entry.kind}:{entry.name}"
    if twin := registry.taken(entry):
        yield Check(name, "name", partial(_warn_of_a_twin, entry, twin))
    if entry.kind == "recipes":
        yield Check(name, "resolves", partial(_recipe_resolves, entry, registry))
        return
    config = partial(_config, entry, given)
    yield Check(name, "described", partial(_described, entry))
    yield Check(name, "settings", partial(_settings, entry))
    if entry.kind not in ("tokenizers", "observers"):
        yield Check(name, "tasks", partial(_tasks, entry, registry))
    match entry.kind:
        case "models":
            yield from model_checks(entry, config, registry)
        case "losses":
            yield from loss_checks(entry, config, registry)
        case "metrics":
            yield from metric_checks(entry, config, registry)
        case "tokenizers":
            yield from tokenizer_checks(entry)
        case "observers":
            yield Check(name, "observer", partial(_observes, entry, config))
        case "datasets":
            yield from dataset_checks(entry, config, registry)
            yield Check(name, "fingerprint", lambda: _fingerprint(entry, seen()))


def _config(entry: Entry, given: Mapping[str, Any]) -> Config:
    config, problems = validate(entry.component.Config, given, entry.name, entry.qualified)
    if config is not None:
        return config
    text = " ".join(str(problem) for problem in problems)
    if not given:
        raise SkipTest(text)
    raise AssertionError(text)


# --- the plugin as a whole -----------------------------------------------------------------------


def _loads(plugin: Plugin) -> None:
    if plugin.cause is not None:
        raise plugin.cause


def _cheap_import(seen: Mapping[str, Any]) -> None:
    heavy = [name for name in _HEAVY if name in seen["modules"]]
    require(
        not heavy,
        f"importing it imports {', '.join(heavy)}, which slows every command. "
        "Move that import into build() or the function that needs it",
    )


def _in_fresh_process(subject: Subject) -> dict[str, Any]:
    if not subject.source:
        raise SkipTest(f"a fresh process cannot import {subject.plugin.distribution}")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONHASHSEED": "1",
    }
    command = [sys.executable, "-m", "seqkit.testing.probe", subject.source]
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    require(
        finished.returncode == 0,
        f"it failed in a fresh process:\n{finished.stderr.strip()[-2000:]}",
    )
    seen: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return seen


def _commands(plugin: Plugin) -> None:
    cli = click.Group("seqkit")
    only = Registry()
    only.add(Plugin(plugin.name, plugin.distribution), lambda: plugin.module)
    only.add_commands(cli)
    notes = only.plugins[0].notes
    require(not notes, f"register_commands() {'; '.join(notes)}")
    require(cli.commands, "register_commands() added no command")
    for name, command in cli.commands.items():
        require(command.help or command.short_help, f"the command {name!r} has no help text")


def _observer(plugin: Plugin) -> None:
    only = Registry()
    only.add(Plugin(plugin.name, plugin.distribution), lambda: plugin.module)
    _show_run(Observers(only))


def _observes(entry: Entry, config: Callable[[], Config]) -> None:
    _show_run(Observers(Registry(), [(entry, config())]))


def _show_run(observers: Observers) -> None:
    """Shows observers the events of a made-up run, called `seqkit-check`."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "seqkit-check"
        run.mkdir()
        for event in sample_events(run):
            complaints = observers.publish(event)
            require(not complaints, " ".join(complaints))


# --- one component -------------------------------------------------------------------------------


def _warn_of_a_twin(entry: Entry, twin: Entry) -> None:
    raise UserWarning(
        f"{twin.qualified} has the bare name {entry.name!r} too. Outside this plugin's recipes, "
        f"this one is written {entry.qualified}"
    )


def _described(entry: Entry) -> None:
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


def _settings(entry: Entry) -> None:
    config = entry.component.Config
    require(
        config.model_config.get("extra") == "forbid",
        "its Config lets unknown settings pass. Leave model_config as seqkit.Config has it",
    )
    require("name" not in config.model_fields, "a setting cannot be called 'name', the component's")
    for name, field in config.model_fields.items():
        require(
            field.description,
            f"the setting {name!r} has no help. Declare it with seqkit.Field(..., help=...)",
        )
        require(
            field.annotation is not Any, f"the setting {name!r} has the type Any. Name its type"
        )
    try:
        json.dumps(config.model_json_schema(mode="serialization"))
    except Exception as error:
        raise AssertionError(
            f"its Config has no JSON Schema: {error}. Use types that JSON can hold"
        ) from error
    if all(not field.is_required() for field in config.model_fields.values()):
        _, problems = validate(config, {}, entry.name, entry.qualified)
        require(not problems, f"its defaults are not valid: {' '.join(map(str, problems))}")


def _tasks(entry: Entry, registry: Registry) -> None:
    component = entry.component
    _kinds(component)
    if entry.kind == "tasks":
        for kind, names in {"losses": [component.loss], "metrics": component.metrics}.items():
            for name in names:
                registry.find(kind, name)
        require(component.fields, "fields must say what its records hold")
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


def _kinds(component: Any) -> None:
    """Checks that what goes in and out is of kinds that there are."""
    for attribute, known in {"inputs": INPUTS, "outputs": OUTPUTS}.items():
        given = getattr(component, attribute, ())
        for kind in [given] if isinstance(given, str) and given else given:
            hint = suggestion(str(kind), known)
            require(
                kind in known,
                f"{attribute} has {kind!r}, which is no kind of {attribute[:-1]}. {hint}",
            )


def _recipe_resolves(entry: Entry, registry: Registry) -> None:
    experiment = load_experiment(entry.component.path, registry)
    require(experiment.description, "it has no description, which 'seqkit list recipes' shows")
    again = load_experiment(experiment.as_dict(), registry)
    require(again.as_dict() == experiment.as_dict(), "its resolved form does not resolve to itself")


def _fingerprint(entry: Entry, seen: Mapping[str, Any]) -> None:
    there = seen["fingerprints"].get(entry.name)
    if there is None:
        raise SkipTest("it has settings without a default")
    require(
        there == entry.component.fingerprint(entry.component.Config()),
        "fingerprint() differs in another process, as hash() of text does. "
        "Make it from hashlib, sizes and modification times",
    )
