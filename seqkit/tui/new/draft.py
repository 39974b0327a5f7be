"""An experiment that is being put together: where it starts from, and what was changed."""

from __future__ import annotations

import copy
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seqkit.experiments.schema import MISSING, Setting, in_toml, show
from seqkit.kinds import OBSERVERS, PARTS, PLURAL
from seqkit.tui.new.catalogue import Catalogue

TABLES = (*PARTS, "trainer")
"""The tables of an experiment, in their order."""


@dataclass
class Draft:
    """A starting point and the changes to it.

    Attributes:
        catalogue: What is installed.
        source: What `seqkit run` is given: a recipe's name or a file; empty for neither.
        base: The nested tables that it starts from.
        chosen: Components chosen in place of those of the base: `{"model": NAME}`.
        metrics: Metrics chosen in place of those of the base.
        values: Changed settings, by part and component: `{("model", NAME): {KEY: 64}}`. Those of
            the part `observers` turn one on or off; the part of its settings is `observers.NAME`.
        data: The user's own file or folder that the base was made for; empty for none.
        reasons: Why a setting of the base was chosen for those data, by its dotted key.
        run_name: What the folder of the run is to be called; empty for a name that it gets.
    """

    catalogue: Catalogue
    source: str = ""
    base: Mapping[str, Any] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    metrics: list[str] | None = None
    values: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    data: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    run_name: str = ""
    _kept: Mapping[str, Any] | None = None

    # --- components -------------------------------------------------------------------------------

    def table(self, part: str) -> dict[str, Any]:
        """Returns a table of the base, without the name of its component."""
        head, _, observer = part.partition(".")
        found = self.base.get(head)
        if observer:
            found = found.get(observer) if isinstance(found, Mapping) else None
        return {k: v for k, v in found.items() if k != "name"} if isinstance(found, Mapping) else {}

    def base_name(self, part: str) -> str:
        """Returns the component that a part has without changes: the base's, or else the usual."""
        if part not in PARTS:
            return ""
        found = self.base.get(part)
        name = found.get("name", "") if isinstance(found, Mapping) else found or ""
        if name:
            return self._shown(part, str(name))
        if part == "task":
            dataset = self.catalogue.find("datasets", self.name("dataset"))
            usual = str(dataset["tasks"][0]) if dataset and dataset.get("tasks") else ""
            return self._shown(part, usual, str(dataset["plugin"]) if dataset else "")
        if part == "loss":
            task = self.catalogue.find("tasks", self.name("task"))
            return self._shown(part, str(task["loss"]), str(task["plugin"])) if task else ""
        return ""

    def name(self, part: str) -> str:
        """Returns the component that a part has."""
        return self.chosen.get(part) or self.base_name(part)

    def _shown(self, part: str, name: str, own: str = "") -> str:
        entry = self.catalogue.find(PLURAL.get(part, part), name, own)
        return str(entry["shown"]) if entry else name

    def choose(self, part: str, name: str) -> None:
        """Puts a component in; a part that no longer fits the task gets the usual one."""
        self._put(part, name)
        if part == "dataset":
            self._refit("task")
        if part in ("dataset", "task"):
            for other in ("loss", "model"):
                self._refit(other)
            usual = self.base_metrics()
            fitting = {
                fit.name
                for fit in self.catalogue.fitting("metrics", self.name("task"))
                if not fit.why_not
            }
            if self.metrics is not None and not set(self.metrics) <= fitting:
                self.metrics = None
            if self.metrics is None and not set(usual) <= fitting:
                self.metrics = self._usual_metrics()

    def _refit(self, part: str) -> None:
        """Changes a part that does not fit the task to one that does."""
        task = self.name("task")
        if part == "task":
            dataset = self.catalogue.find("datasets", self.name("dataset"))
            tasks = list(dataset.get("tasks", ())) if dataset else []
            if tasks and task not in tasks:
                self._put("task", tasks[0])
            return
        fits = [fit for fit in self.catalogue.fitting(part, task) if not fit.why_not]
        names = [fit.name for fit in fits]
        if self.name(part) in names:
            return
        self.chosen.pop(part, None)
        if self.name(part) not in names:
            entry = self.catalogue.find("tasks", task)
            usual = ""
            if entry and part == "loss":
                usual = self._shown(part, str(entry["loss"]), str(entry["plugin"]))
            if names:
                self._put(part, usual if usual in names else names[0])

    def _put(self, part: str, name: str) -> None:
        """Puts a component in; the one that the base has is no change."""
        self.chosen[part] = name
        if name == self.base_name(part):
            del self.chosen[part]

    def base_metrics(self) -> list[str]:
        """Returns the metrics of the base, or else the usual ones of the task."""
        found = self.base.get("metrics")
        if found is None:
            return self._usual_metrics()
        items = found.split(",") if isinstance(found, str) else found
        names = [item.get("name", "") if isinstance(item, Mapping) else item for item in items]
        return [self._shown("metrics", str(name)) for name in names]

    def _usual_metrics(self) -> list[str]:
        task = self.catalogue.find("tasks", self.name("task"))
        if task is None:
            return []
        own = str(task["plugin"])
        return [self._shown("metrics", name, own) for name in task.get("metrics", ())]

    def metric_names(self) -> list[str]:
        """Returns the metrics, as they are chosen."""
        return self.base_metrics() if self.metrics is None else self.metrics

    # --- settings ---------------------------------------------------------------------------------

    def observers(self) -> list[str]:
        """Returns the parts of the observers that are on: `observers.NAME`."""
        on = dict.fromkeys(self.table(OBSERVERS), True)
        on |= self.values.get((OBSERVERS, ""), {})
        return [f"{OBSERVERS}.{name}" for name, value in on.items() if value]

    def tables(self) -> tuple[str, ...]:
        """Returns the parts that have settings."""
        return (*TABLES, OBSERVERS, *self.observers())

    def fields(self, part: str) -> list[Setting]:
        """Returns the settings of a part."""
        head, _, observer = part.partition(".")
        if observer:
            return self.catalogue.fields(head, observer)
        if part == OBSERVERS:
            known = self.catalogue.fields(OBSERVERS, "")
            missing = dict.fromkeys(self.table(OBSERVERS)).keys() - {field.key for field in known}
            about = "It is not installed; turn it off to do without."
            return known + [Setting(name, "boolean", help=about) for name in sorted(missing)]
        return self.catalogue.fields(PLURAL.get(part, part), self.name(part))

    def before(self, part: str, setting: Setting) -> Any:
        """Returns the value that a setting has without changes: the base's or its default."""
        if part == OBSERVERS:
            return setting.key in self.table(part)
        value: Any = self.table(part)
        for key in setting.key.split("."):
            value = value.get(key, MISSING) if isinstance(value, Mapping) else MISSING
        return setting.default if value is MISSING else value

    def value(self, part: str, setting: Setting) -> Any:
        """Returns the value of a setting."""
        changed = self.values.get((part, self.name(part)), {})
        return changed[setting.key] if setting.key in changed else self.before(part, setting)

    def is_changed(self, part: str, setting: Setting) -> bool:
        """Tells whether a setting was changed."""
        return setting.key in self.values.get((part, self.name(part)), {})

    def set(self, part: str, setting: Setting, value: Any) -> None:
        """Changes a setting; the value that it had before is no change."""
        changed = self.values.setdefault((part, self.name(part)), {})
        before = self.before(part, setting)
        if value == before and isinstance(value, bool) == isinstance(before, bool):
            changed.pop(setting.key, None)
        else:
            changed[setting.key] = value

    def reset(self, part: str, setting: Setting) -> None:
        """Takes a change back."""
        self.values.get((part, self.name(part)), {}).pop(setting.key, None)

    def reason(self, key: str) -> str:
        """Returns why a setting or part was chosen for the data; empty once it is another."""
        part, _, setting = key.partition(".")
        if part in self.chosen or (part == "metrics" and self.metrics is not None):
            return ""
        if setting in self.values.get((part, self.name(part)), {}):
            return ""
        return self.reasons.get(key, "") or self.reasons.get(f"{key}.name", "")

    def unchanged(self) -> Draft:
        """Returns the starting point without the changes."""
        return Draft(self.catalogue, self.source, self.base, data=self.data, reasons=self.reasons)

    def changes(self) -> int:
        """Returns how much differs from the starting point."""
        settings = sum(len(self.values.get((part, self.name(part)), {})) for part in self.tables())
        named = bool(self.run_name)
        return settings + len(self.chosen) + (self.metrics is not None) + named

    def keep(self) -> None:
        """Takes note that a run or a file holds what is here."""
        self._kept = self.document()

    def unkept(self) -> int:
        """Returns how many changes nothing else holds."""
        return 0 if self._kept is not None and self._kept == self.document() else self.changes()

    # --- the result -------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """Returns the nested tables of the experiment."""
        result: dict[str, Any] = {}
        if self.base.get("description") and (self.source or self.data):
            result["description"] = self.base["description"]
        for part in TABLES:
            name = self.name(part)
            table = copy.deepcopy(self.table(part))
            if part in self.chosen:
                valid = {setting.key.partition(".")[0] for setting in self.fields(part)}
                table = {key: value for key, value in table.items() if key in valid}
            for key, value in self.values.get((part, name), {}).items():
                _put(table, key, value)
            if part != "trainer":
                table = {"name": name, **table} if name else table
            if table:
                result[part] = table
        if self.metrics is not None or "metrics" in self.base:
            result["metrics"] = self._metric_items()
        if observers := self._observer_tables():
            result[OBSERVERS] = observers
        return result

    def _observer_tables(self) -> Any:
        """Returns a table for each observer that is on; what is none stays, for the check."""
        found = self.base.get(OBSERVERS, {})
        if not isinstance(found, Mapping):
            return found
        result = {}
        for part in self.observers():
            name = part.partition(".")[2]
            table = copy.deepcopy(found.get(name, {}))
            if isinstance(table, dict):
                for key, value in self.values.get((part, ""), {}).items():
                    _put(table, key, value)
            result[self._shown(OBSERVERS, name)] = table
        return result

    def _metric_items(self) -> list[Any]:
        """Returns the metrics, those of the base with the settings that it gives them."""
        found = self.base.get("metrics")
        items = found if isinstance(found, list) else []
        tables = {
            self._shown("metrics", str(item.get("name", ""))): item
            for item in items
            if isinstance(item, Mapping)
        }
        return [tables.get(name, name) for name in self.metric_names()]

    def words(self) -> list[str]:
        """Returns what differs from the starting point as `key=value` words."""
        named = self.catalogue.unmistakable
        words = [f"{part}={named(PLURAL[part], name)}" for part, name in self.chosen.items()]
        if self.metrics is not None:
            metrics = [named("metrics", name) for name in self.metrics]
            words.append(f"metrics={','.join(metrics)}")
        for part in self.tables():
            head, _, observer = part.partition(".")
            where = f"{head}.{named(head, self._shown(head, observer))}" if observer else part
            for key, value in self.values.get((part, self.name(part)), {}).items():
                if value is not None:
                    shown = named(part, self._shown(part, key)) if part == OBSERVERS else key
                    words.append(f"{where}.{shown}={_word(value)}")
        return words

    def command(self, source: str = "", plugin_words: Sequence[str] = ()) -> str:
        """Returns the command line that runs it.

        Args:
            source: A file that it was saved to, which needs no words.
            plugin_words: `--plugin PATH` words.
        """
        words = [source] if source else [self.source or "FILE.toml", *self.words()]
        words += ["--name", self.run_name] if self.run_name else []
        return shlex.join(["seqkit", "run", *words, *plugin_words])

    def loses(self) -> list[str]:
        """Returns the changes that words cannot express.

        These are settings that were emptied, and observers left out that are not installed.
        """
        return [
            f"{part}.{key}"
            for part in self.tables()
            for key, value in self.values.get((part, self.name(part)), {}).items()
            if value is None or (part == OBSERVERS and not self.catalogue.find(part, key))
        ]


def _put(table: dict[str, Any], key: str, value: Any) -> None:
    *path, last = key.split(".")
    for name in path:
        inner = table.get(name)
        table[name] = dict(inner) if isinstance(inner, Mapping) else {}
        table = table[name]
    if value is None:
        table.pop(last, None)
    else:
        table[last] = value


def _word(value: Any) -> str:
    """Returns a value as the right side of a `key=value` word reads it back."""
    from seqkit.experiments.words import parse_override

    if isinstance(value, str) and value:
        return value if parse_override(f"key={value}")[1] == value else in_toml(value)
    return show(value) if isinstance(value, bool | int | float) else in_toml(value)
