"""What is installed, as `seqkit list --json` tells it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqkit.errors import PluginError
from seqkit.experiments.schema import Setting, settings_of
from seqkit.kinds import OBSERVERS, PARTS, PLURAL
from seqkit.processes.command import Command, end


@dataclass(frozen=True)
class Fit:
    """A component, and why it does not fit; empty when it does."""

    entry: Mapping[str, Any]
    why_not: str = ""

    @property
    def name(self) -> str:
        """The component's name, qualified where it must be."""
        return str(self.entry["shown"])


class Catalogue:
    """Everything that is installed.

    Args:
        document: What `seqkit list --json` wrote.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def entries(self, kind: str) -> list[Mapping[str, Any]]:
        """Returns the components of a kind, or the recipes or plugins."""
        return list(self.document.get(kind, ()))

    def find(self, kind: str, name: str, own: str = "") -> Mapping[str, Any] | None:
        """Returns a component by bare or qualified name, as `Registry.find` does.

        Args:
            kind: Its plural.
            name: Its name.
            own: A plugin whose components a bare name means first.
        """
        found = [e for e in self.entries(kind) if name and name in (e["name"], e["qualified"])]
        meant = [e for e in found if e["plugin"] == own] or [e for e in found if e["shown"] == name]
        return next(iter(meant or found), None)

    def unmistakable(self, kind: str, name: str) -> str:
        """Returns a name that means the same wherever it is written."""
        entry = self.find(kind, name)
        twins = [other for other in self.entries(kind) if entry and other["name"] == entry["name"]]
        return str(entry["qualified"]) if entry and len(twins) > 1 else name

    def as_own(self, document: Mapping[str, Any], plugin: str) -> dict[str, Any]:
        """Returns an experiment with names that mean outside a plugin what they mean in it.

        Settings have their present names.

        Args:
            document: Its nested tables.
            plugin: The plugin that ships it; empty for none.
        """
        result = dict(document)
        for part in PARTS:
            kind = PLURAL[part]
            if part in document:
                result[part] = self._own_part(kind, document[part], plugin)
        metrics = document.get("metrics")
        if isinstance(metrics, list):
            result["metrics"] = [self._own_part("metrics", item, plugin) for item in metrics]
        self._take_observers(result, plugin)
        return result

    def _take_observers(self, document: dict[str, Any], plugin: str) -> None:
        """Gives each observer that is on a table, by its qualified name where it has one.

        Settings that chose one in older experiments are taken out. What is no table of observers
        stays, for the check to name.
        """
        found: dict[str, Any] = {}
        for entry in self.entries(OBSERVERS):
            head, _, key = str(entry.get("formerly", "")).partition(".")
            table = document.get(head)
            if key and isinstance(table, Mapping) and isinstance(table.get(key), bool):
                document[head] = {k: value for k, value in table.items() if k != key}
                found |= {str(entry["qualified"]): {}} if table[key] else {}
        written = document.get(OBSERVERS, {})
        if isinstance(written, list) and all(isinstance(name, str) for name in written):
            written = dict.fromkeys(written, True)
        if not isinstance(written, Mapping):
            return
        for name, value in written.items():
            entry_of_name = self.find(OBSERVERS, str(name), plugin)
            qualified = str(entry_of_name["qualified"]) if entry_of_name else str(name)
            if value is False:
                found.pop(qualified, None)
            else:
                found[qualified] = {} if value is True else value
        document.pop(OBSERVERS, None)
        if found:
            document[OBSERVERS] = found

    def _own_part(self, kind: str, value: Any, plugin: str) -> Any:
        name = value.get("name", "") if isinstance(value, Mapping) else value
        entry = self.find(kind, str(name), plugin)
        if entry is None:
            return value
        named = entry["shown"] if entry["plugin"] == plugin else name
        if not isinstance(value, Mapping):
            return named
        older = entry.get("older_names", {})
        rest = {older.get(key, key): item for key, item in value.items() if key != "name"}
        return {"name": named, **rest} if name else rest

    @property
    def first_recipe(self) -> str:
        """The recipe to start with: one that says so, or else any; empty for none."""
        recipes = self.entries("recipes")
        first = [recipe for recipe in recipes if recipe.get("first")] or recipes
        return str(first[0]["shown"]) if first else ""

    def fields(self, kind: str, name: str) -> list[Setting]:
        """Returns the settings of a component; of the trainer for `trainer`.

        Of observers without a name: which of them are on.
        """
        if kind == "trainer":
            return settings_of(self.document["trainer"]["schema"])
        if kind == OBSERVERS and not name:
            return [
                Setting(str(e["qualified"]), "boolean", help=str(e["summary"]), default=False)
                for e in self.entries(OBSERVERS)
            ]
        entry = self.find(kind, name)
        return settings_of(entry["schema"]) if entry else []

    def fitting(self, part: str, task: str) -> list[Fit]:
        """Returns the components for a part of an experiment, each with why it does not fit.

        Args:
            part: `dataset`, `model`, `loss` or `metrics`; every task fits.
            task: Name of the task that is chosen; where there is none of that name, all fit.
        """
        found = self.find("tasks", task) or {}
        task = str(found.get("qualified", ""))
        entries = self.entries(PLURAL.get(part, part))
        return [Fit(entry, str(entry.get("why_not", {}).get(task, ""))) for entry in entries]


async def load_catalogue(plugin_words: Sequence[str] = ()) -> Catalogue:
    """Asks a child process what is installed.

    Args:
        plugin_words: `--plugin PATH` words.

    Raises:
        PluginError: The process failed.
    """
    return Catalogue(await run_json(["list", "--json", *plugin_words]))


async def run_json(words: Sequence[str]) -> Any:
    """Runs `seqkit WORDS` in a child process, and returns the JSON document that it writes.

    Raises:
        PluginError: It failed; says what it said.
    """
    try:
        command = Command(tuple(words))
        process = await command.start_async(asked=False, errors=asyncio.subprocess.PIPE)
    except OSError as error:
        raise PluginError(f"'seqkit {' '.join(words)}' cannot be started: {error}") from error
    try:
        out, err = await process.communicate()
    finally:
        # Given up, as when the program ends meanwhile, it leaves no process behind.
        await end(process)
    try:
        return json.loads(out)
    except ValueError as error:
        said = err.decode("utf-8", "replace").strip() or str(error)
        raise PluginError(f"'seqkit {' '.join(words)}' failed: {said}") from error
