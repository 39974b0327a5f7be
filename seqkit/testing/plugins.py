"""Finds one plugin, loads it alone, and puts together the checks of everything it brings."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import SkipTest

import click

from seqkit.errors import PluginError, suggestion
from seqkit.registry.discovery import installed_plugins, local_plugin, provide_tokenizers
from seqkit.registry.observing import Observers
from seqkit.registry.registry import Plugin, Registry
from seqkit.testing.checks import Check, Finding, once, require
from seqkit.testing.components import component_checks, with_expected
from seqkit.testing.events import show_run
from seqkit.testing.records import Records, Settings

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
    source: str | Path | ModuleType,
    settings: Settings | None = None,
    expected_failures: Mapping[str, str] | None = None,
) -> list[Finding]:
    """Runs every check of a plugin; see `plugin_checks` for the arguments and errors."""
    return [check.finding() for check in plugin_checks(source, settings, expected_failures)]


def plugin_checks(
    source: str | Path | ModuleType | Subject,
    settings: Settings | None = None,
    expected_failures: Mapping[str, str] | None = None,
    commands: Collection[str] = (),
) -> list[Check]:
    """Loads a plugin alone and returns its checks, ready to be run one by one.

    Args:
        source: What `find_plugin` takes, or what it returned.
        settings: By component name, the settings that have no default, or others to check with.
        expected_failures: Checks that fail for a good reason, and the reason, beside those that
            the components name themselves: by the name of the check, or as `str(check)` has it
            for one component alone. One that passes all the same fails.
        commands: Names of the commands of seqkit itself, which those of plugins cannot have.

    Returns:
        The checks. For a plugin that cannot be loaded, the one that says why.

    Raises:
        PluginError: There is no such plugin.
        ConfigurationError: `expected_failures` names a check that there is not.
    """
    subject = source if isinstance(source, Subject) else find_plugin(source)
    registry = Registry()
    plugin = subject.plugin
    if plugin.path is not None:
        # No plugin that is given by its path takes the name of one of seqkit's own.
        own = [other for other, _ in installed_plugins() if other.built_in]
        registry.plugins += [other for other in own if other.name == plugin.name]
    registry.add(plugin, subject.load)
    checks = [Check("plugin", "loads", partial(_loads, plugin))]
    if plugin.error:
        return checks
    for other, load in installed_plugins():
        if other.name != plugin.name:
            registry.add(other, load)
    provide_tokenizers(registry)
    seen = once(partial(_in_fresh_process, subject, settings or {}))
    checks.append(Check("plugin", "cheap-import", lambda: _cheap_import(seen())))
    if any(owner is plugin for owner, _ in registry.with_hook("register_commands")):
        checks.append(Check("plugin", "commands", partial(_commands, plugin, commands)))
    if any(owner is plugin for owner, _ in registry.with_hook("on_event")):
        checks.append(Check("plugin", "observer", partial(_observer, plugin)))
    records = Records(registry, settings)
    for entry in plugin.entries:
        checks += component_checks(entry, records, seen)
    return with_expected(checks, expected_failures or {})


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


def _in_fresh_process(subject: Subject, settings: Settings) -> dict[str, Any]:
    if not subject.source:
        raise SkipTest(f"a fresh process cannot import {subject.plugin.distribution}")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "PYTHONHASHSEED": "1",
    }
    command = [sys.executable, "-m", "seqkit.testing.probe", subject.source, json.dumps(settings)]
    finished = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    require(
        finished.returncode == 0,
        f"it failed in a fresh process:\n{finished.stderr.strip()[-2000:]}",
    )
    seen: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return seen


def _commands(plugin: Plugin, taken: Collection[str]) -> None:
    cli = click.Group("seqkit")
    only = Registry()
    only.add(Plugin(plugin.name, plugin.distribution), lambda: plugin.module)
    only.add_commands(cli)
    notes = only.plugins[0].notes
    require(not notes, f"register_commands() {'; '.join(notes)}")
    require(cli.commands, "register_commands() added no command")
    for name, command in cli.commands.items():
        require(command.help or command.short_help, f"the command {name!r} has no help text")
    for name in cli.commands:
        if name in taken:
            raise UserWarning(
                f"the command {name!r} can never be called, as seqkit itself has one of that name. "
                "Choose another name"
            )


def _observer(plugin: Plugin) -> None:
    only = Registry()
    only.add(Plugin(plugin.name, plugin.distribution), lambda: plugin.module)
    show_run(Observers(only))
