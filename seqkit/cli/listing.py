"""`seqkit list`: components, recipes and plugins."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import json_option, open_registry, plugin_option
from seqkit.config import older_names
from seqkit.kinds import FOR_TASKS, PLURAL, SINGULAR
from seqkit.terminal import output, safe_text

if TYPE_CHECKING:
    from seqkit.registry.registry import Entry, Plugin, Registry

NAMES = tuple(SINGULAR)
_LONGEST_PLACE = 32

if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:
    # Generic since a later version than the lowest that is allowed.
    _ParamType = click.ParamType


class KindName(_ParamType):
    """A kind of component, in the plural or the singular."""

    name = "kind"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the plural. Fails with the nearest kind when there is no such kind."""
        from seqkit.errors import suggestion

        kind = PLURAL.get(value, value)
        if kind not in NAMES:
            self.fail(f"{value!r} is not a kind. {suggestion(value, NAMES)}", param, ctx)
        return str(kind)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[Any]:
        """Completes the name of a kind."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in NAMES if name.startswith(incomplete)]


@click.command("list")
@click.argument("kind", required=False, type=KindName())
@plugin_option()
@json_option("Write one JSON document, with the JSON Schema of every component's settings.")
def list_components(kind: str | None, plugins: tuple[Path, ...], as_json: bool) -> None:
    """List components, recipes and plugins.

    KIND is models, datasets, tasks, losses, metrics, tokenizers, observers, recipes or plugins;
    all of them without one.
    """
    registry = open_registry(plugins)
    kinds = [kind] if kind else list(NAMES)
    if as_json:
        output.json_document(_document(registry, kinds, whole=kind is None))
        return
    if kind is None:
        _list_all(registry)
    elif kind == "plugins":
        _list_plugins(registry)
    else:
        _list_kind(registry, kind)


def _list_all(registry: Registry) -> None:
    """Writes a name and a summary of everything there is."""
    from seqkit.registry.registry import KINDS

    widest = max((len(name) for name in registry.all_names()), default=1)
    for kind in KINDS:
        output.line((kind.capitalize(), "bold"))
        rows = [
            ((f"  {name:<{widest}}", "cyan"), safe_text.one_line(summary_of(entry)))
            for entry, name in zip(registry.entries(kind), registry.names(kind), strict=True)
        ]
        output.table(["NAME", "SUMMARY"], rows or [("  none", "")], wide="SUMMARY", headings=False)
        output.line()
    output.line(("Plugins", "bold"))
    rows = [
        (
            (f"  {plugin.name:<{widest}}", "red" if plugin.error else "cyan"),
            _brought(plugin, registry),
        )
        for plugin in _sorted(registry)
    ]
    output.table(["NAME", "BRINGS"], rows or [("  none", "")], wide="BRINGS", headings=False)
    output.note("\n'seqkit list KIND' tells more of one kind, 'seqkit show NAME' of one of them.")


def _list_kind(registry: Registry, kind: str) -> None:
    from seqkit.registry.fitting import tasks_of

    rows: list[tuple[output.Piece, ...]] = []
    for entry, name in zip(registry.entries(kind), registry.names(kind), strict=True):
        name = entry.qualified if kind == "tokenizers" else name
        tasks = ", ".join(tasks_of(entry, registry) if kind in FOR_TASKS else ())
        summary = safe_text.one_line(summary_of(entry))
        rows.append(((name, "cyan"), entry.plugin, tasks or "-", summary))
    columns = ["NAME", "PLUGIN", "FOR", "SUMMARY"]
    if all(row[2] == "-" for row in rows):
        columns.remove("FOR")
        rows = [(*row[:2], row[3]) for row in rows]
    if rows:
        output.table(columns, rows, wide="SUMMARY")
    else:
        output.note(f"There are no {kind}.")
    if kind == "tokenizers":
        from seqkit.text import TOKENIZERS

        output.note(f"Of every installation, without a plugin: {', '.join(TOKENIZERS)}.")


def _list_plugins(registry: Registry) -> None:
    rows: list[tuple[output.Piece, ...]] = [
        (
            (plugin.name, "red" if plugin.error else "cyan"),
            plugin.version or "-",
            _end_of(plugin.distribution),
            f"{plugin.seconds:.2f} s",
            _brought(plugin, registry),
        )
        for plugin in _sorted(registry)
    ]
    columns = ["NAME", "VERSION", "FROM", "LOAD", "BRINGS"]
    output.table(columns, rows, numbers=["LOAD"], wide="BRINGS")
    if registry.left_out:
        output.note(f"Left out: {', '.join(registry.left_out)}.")


def _end_of(place: str) -> str:
    """Returns the end of a long path, which tells more than its beginning."""
    if len(place) <= _LONGEST_PLACE:
        return place
    return ("…" if safe_text.encodable("…") else "~") + place[1 - _LONGEST_PLACE :]


def _sorted(registry: Registry) -> list[Plugin]:
    return sorted(registry.plugins, key=lambda plugin: plugin.name)


def _brought(plugin: Plugin, registry: Registry) -> str:
    """Returns what a plugin brings, or why it was skipped, on one line."""
    if plugin.error:
        return safe_text.one_line(f"skipped: {plugin.error}")
    return safe_text.one_line("; ".join([_count(plugin, registry), *plugin.notes]))


def _count(plugin: Plugin, registry: Registry) -> str:
    counts: dict[str, int] = {}
    for entry in plugin.entries:
        counts[entry.kind] = counts.get(entry.kind, 0) + 1
    words = [f"{count} {kind if count != 1 else SINGULAR[kind]}" for kind, count in counts.items()]
    if commands := len(registry.commands_of(plugin)):
        words.append(f"{commands} command{'s' if commands > 1 else ''}")
    return ", ".join(words) or "hooks"


def summary_of(entry: Entry) -> str:
    """Returns one line about a component or recipe."""
    if entry.kind != "recipes":
        return str(entry.component.summary())
    from seqkit.experiments.beginning import recipe_document

    return str(recipe_document(entry).get("description", ""))


def _document(registry: Registry, kinds: list[str], whole: bool) -> dict[str, Any]:
    from seqkit._version import __version__
    from seqkit.experiments.trainer import TrainerConfig

    document: dict[str, Any] = {}
    if whole:
        document["version"] = __version__
        document["trainer"] = {"schema": TrainerConfig.model_json_schema()}
    for kind in kinds:
        if kind == "plugins":
            document[kind] = [_plugin_document(plugin) for plugin in registry.plugins]
        else:
            document[kind] = [
                entry_document(entry, registry) | {"shown": registry.name_of(entry)}
                for entry in registry.entries(kind)
            ]
    return document


def entry_document(entry: Entry, registry: Registry) -> dict[str, Any]:
    """Returns everything a front end needs to know about a component, as JSON values.

    `tasks` are those it fits; `why_not` has the others, by their qualified names.
    """
    from seqkit.registry.fitting import tasks_of, why_not

    document: dict[str, Any] = {
        "name": entry.name,
        "qualified": entry.qualified,
        "plugin": entry.plugin,
        "summary": summary_of(entry),
    }
    if entry.kind == "recipes":
        from seqkit.experiments.beginning import recipe_document

        return document | {
            "path": str(entry.component.path),
            "first": entry.component.first,
            "experiment": recipe_document(entry, registry),
        }
    component = entry.component
    for attribute in (
        "inputs",
        "outputs",
        "refuses",
        "loss",
        "metrics",
        "fields",
        "optional_fields",
        "extras",
        "reads_whole_table",
        "higher_is_better",
        "reads",
        "formerly",
    ):
        if hasattr(component, attribute):
            value = getattr(component, attribute)
            document[attribute] = list(value) if isinstance(value, tuple) else value
    if entry.kind in FOR_TASKS:
        reasons = {task.qualified: why_not(entry, task) for task in registry.entries("tasks")}
        document["tasks"] = tasks_of(entry, registry)
        document["why_not"] = {task: reason for task, reason in reasons.items() if reason}
    if hasattr(component, "PredictOptions"):
        document["prediction"] = component.PredictOptions.model_json_schema()
    documentation = inspect.getdoc(type(component)) or ""
    if older := older_names(component.Config):
        document["older_names"] = older
    schema = component.Config.model_json_schema()
    return document | {"documentation": documentation, "schema": schema}


def _plugin_document(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "error": plugin.error,
        "notes": plugin.notes,
        "seconds": round(plugin.seconds, 3),
        "components": [{"kind": entry.kind, "name": entry.name} for entry in plugin.entries],
    }
