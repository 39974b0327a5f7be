"""`seqkit show`: explains a run, a component or a recipe."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import (
    complete_runs,
    json_option,
    open_registry,
    plugin_option,
    runs_dir_option,
)
from seqkit.cli.listing import entry_document, summary_of
from seqkit.errors import CheckpointError, ConfigurationError, SeqkitError, suggestion
from seqkit.kinds import FOR_TASKS, PARTS, PLURAL, SINGULAR
from seqkit.storage.regular_files import LARGEST_TEXT, read_regular
from seqkit.terminal import figures, output, safe_text

if TYPE_CHECKING:
    from seqkit.config import Config
    from seqkit.registry.registry import Entry, Registry
    from seqkit.runs.folder import RunFolder
    from seqkit.runs.summary import RunSummary
    from seqkit.terminal.report.run import Line


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from seqkit.registry.discovery import load_registry

    names = [*load_registry().all_names(), "trainer"]
    found = [name for name in names if name.startswith(incomplete)]
    return found + complete_runs(context, parameter, incomplete)


@click.command()
@click.argument("name", metavar="RUN|COMPONENT|RECIPE|FILE", shell_complete=_complete)
@runs_dir_option()
@plugin_option()
@json_option()
def show(name: str, runs_dir: Path, plugins: tuple[Path, ...], as_json: bool) -> None:
    """Explain a run, a component, a recipe or an experiment file.

    A component is shown with every setting, its type, default and bounds; 'trainer' shows the
    settings of the trainer. Of a file it is told where each value comes from.
    """
    from seqkit.runs.folder import find_run

    if name == "last" or _is_run(name, runs_dir):
        _show_run(find_run(name, runs_dir), plugins, as_json)
        return
    registry = open_registry(plugins)
    entries = registry.search(name)
    if name.endswith(".toml"):
        _show_file(name, registry, as_json)
    elif entries:
        _show_entries(entries, registry, as_json)
    elif name == "trainer":
        _show_trainer(as_json)
    else:
        _show_run(_find(name, runs_dir, registry), plugins, as_json)


def _is_run(name: str, runs_dir: Path) -> bool:
    from seqkit.runs.folder import is_run

    return is_run(runs_dir / name) or is_run(Path(name))


def _find(name: str, runs_dir: Path, registry: Registry) -> RunFolder:
    """Finds a run by the beginning of its name, or says what is nearest of everything there is."""
    from seqkit.runs.folder import all_runs, find_run

    names = [run.name for run in all_runs(runs_dir)]
    if any(run.startswith(name) for run in names):
        return find_run(name, runs_dir)
    otherwise = "Run 'seqkit list' or 'seqkit runs' for what there is"
    hint = suggestion(name, [*registry.all_names(), *names], otherwise)
    raise ConfigurationError(f"there is no run, component or recipe {name!r}. {hint}")


# --- components and recipes -----------------------------------------------------------------------


def _show_entries(entries: list[Entry], registry: Registry, as_json: bool) -> None:
    if as_json:
        documents = [
            {"kind": SINGULAR[entry.kind]} | entry_document(entry, registry) for entry in entries
        ]
        output.json_document(documents[0] if len(documents) == 1 else documents)
        return
    for number, entry in enumerate(entries):
        if number:
            output.line()
        if entry.kind == "recipes":
            _show_recipe(entry)
        else:
            _show_component(entry, registry)


def _show_component(entry: Entry, registry: Registry) -> None:
    component = entry.component
    output.line((entry.qualified, "bold cyan"), f"  {SINGULAR[entry.kind]}")
    output.line()
    output.raw(safe_text.visible(inspect.getdoc(type(component)) or summary_of(entry)))
    output.line()
    for label, value in _traits(entry, registry):
        output.line((f"{label:<11}", "bold"), value)
    _show_settings(component.Config)
    if entry.kind in FOR_TASKS:
        key = "metrics" if entry.kind == "metrics" else SINGULAR[entry.kind]
        output.note(f"\nUse it: seqkit run RECIPE {key}={entry.name}")


def _traits(entry: Entry, registry: Registry) -> list[tuple[str, str]]:
    from seqkit.registry.fitting import tasks_of

    component = entry.component
    if entry.kind == "tasks":
        return _task_traits(component)
    traits = []
    if entry.kind in FOR_TASKS:
        traits.append(("for", ", ".join(tasks_of(entry, registry)) or "no task that is installed"))
    for name in ("inputs", "outputs"):
        value = getattr(component, name, ())
        if value:
            traits.append((name, ", ".join(value)))
    traits += [("refuses", f"{what}: {why}") for what, why in _items(component, "refuses")]
    if hasattr(component, "higher_is_better"):
        words = {True: "higher is better", False: "lower is better"}
        traits.append(("ranking", words.get(component.higher_is_better, "ranks nothing")))
    return traits


def _task_traits(task: Any) -> list[tuple[str, str]]:
    """Returns what goes in and out, the usual loss and metrics, and what records and shape hold."""
    from seqkit.shapes import about_kind

    traits = [("inputs", f"{kind}: {about_kind(kind)}") for kind in task.inputs]
    if task.outputs:
        traits.append(("outputs", f"{task.outputs}: {about_kind(task.outputs)}"))
    traits += [("loss", task.loss), ("metrics", ", ".join(task.metrics))]
    traits += [("records", f"{key}: {text}") for key, text in _items(task, "fields")]
    traits += [("may hold", f"{key}: {text}") for key, text in _items(task, "optional_fields")]
    return traits + [("extras", f"{key}: {text}") for key, text in _items(task, "extras")]


def _items(component: Any, attribute: str) -> list[tuple[str, str]]:
    return list(getattr(component, attribute, {}).items())


def _show_settings(config: type[Config]) -> None:
    from seqkit.experiments.schema import settings_of

    settings = settings_of(config)
    if not settings:
        output.line("It has no settings.")
        return
    rows = []
    for setting in settings:
        kind = setting.type + (f", {setting.bounds}" if setting.bounds else "")
        about = f"{setting.help} ({kind})" if setting.help else kind
        rows.append(((setting.key, "cyan"), safe_text.one_line(setting.written), about))
    output.line()
    output.table(["SETTING", "DEFAULT", "WHAT IT IS"], rows, wide="WHAT IT IS")


def _show_recipe(entry: Entry) -> None:
    output.line((entry.qualified, "bold cyan"), "  recipe")
    output.line()
    try:
        output.raw(safe_text.visible(entry.component.path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{entry.component.path} cannot be read: {error}") from error
    output.line()
    output.line(("Run it:          ", "bold"), f"seqkit run {entry.name}")
    output.line(("Start from it:   ", "bold"), f"seqkit new FILE.toml --recipe {entry.name}")


def _show_trainer(as_json: bool) -> None:
    from seqkit.experiments.trainer import TrainerConfig

    if as_json:
        output.json_document({"name": "trainer", "schema": TrainerConfig.model_json_schema()})
        return
    output.line(("trainer", "bold cyan"))
    output.line()
    output.line(TrainerConfig.__doc__ or "")
    _show_settings(TrainerConfig)


def _show_file(name: str, registry: Registry, as_json: bool) -> None:
    """Shows what an experiment file sets, with what it extends, and where each value is from."""
    from seqkit.experiments.documents import origins, read_document
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.schema import in_toml
    from seqkit.runs.summary import flatten

    loaded = load_experiment(name, registry)
    document = read_document(name, registry)
    places = origins(document)
    if as_json:
        output.json_document({"experiment": loaded.as_dict(), "from": places})
        return
    values = flatten(document.whole)
    rows: list[list[output.Piece]] = [
        [(key, "cyan"), safe_text.one_line(in_toml(values[key])), place]
        for key, place in places.items()
    ]
    output.line((name, "bold cyan"), "  experiment")
    output.line()
    output.table(["SETTING", "VALUE", "FROM"], rows, wide="VALUE")
    output.note(f"\nAll else has its default. Run it: seqkit run {name}")


# --- runs -----------------------------------------------------------------------------------------


def _show_run(run: RunFolder, plugins: tuple[Path, ...], as_json: bool) -> None:
    from seqkit.experiments.present import present_settings
    from seqkit.experiments.provenance import drift
    from seqkit.runs.listing import describe, reading
    from seqkit.runs.log import RunLog
    from seqkit.runs.summary import read_settings

    log = RunLog(run.events_file)
    described, summary = describe(run, log), log.summary
    defaults: dict[str, Any] = {}
    given: dict[str, Any] = {}
    wrong = older = ""
    try:
        given = read_settings(run)
        registry = _registry(plugins)
        if registry is not None:
            defaults = _defaults(run, registry)
            given = present_settings(run, registry)
            older = drift(run, registry)
    except CheckpointError as error:
        wrong = str(error)
        output.warn(wrong)
    if described["damage"]:
        output.warn(described["damage"])
    if older:
        output.warn(older)
    changed = {key: value for key, value in given.items() if defaults.get(key, None) != value}
    if as_json:
        with reading(run):
            document = described | {
                "settings": given,
                "changed": changed,
                "evaluations": [event.as_dict() for event in summary.evaluations],
                "test": summary.test.as_dict() if summary.test else None,
                "samples": {
                    split: list(event.get("items", ())) for split, event in summary.samples.items()
                },
                "checkpoints": [path.name for path in _checkpoints(run)],
                "settings_error": wrong,
                "drift": older,
                "damaged_lines": log.damaged,
            }
        output.json_document(document)
        return
    with reading(run):
        lines = _run_lines(run, summary, described, changed, defaults)
    for line in lines:
        output.line(*line)


def _registry(plugins: tuple[Path, ...]) -> Registry | None:
    """Returns what is installed; None where a plugin that is named cannot be loaded."""
    try:
        return open_registry(plugins)
    except SeqkitError:
        return None


def _defaults(run: RunFolder, registry: Registry) -> dict[str, Any]:
    """Returns the default of every setting of the run's components; those missing have none."""
    from seqkit.experiments.trainer import TrainerConfig
    from seqkit.runs.summary import flatten
    from seqkit.storage.toml_text import parse_toml

    try:
        document = parse_toml(read_regular(run.experiment_file, LARGEST_TEXT).decode("utf-8"))
    except (OSError, ValueError, SeqkitError):
        return {}
    configs: dict[str, type[Config]] = {"trainer": TrainerConfig}
    for key in PARTS:
        table = document.get(key, {})
        name = str(table.get("name", "")) if isinstance(table, dict) else str(table)
        found = [
            entry
            for entry in registry.entries(PLURAL[key])
            if name in (entry.name, entry.qualified)
        ]
        if len(found) == 1:
            configs[key] = found[0].component.Config
    values = {}
    for key, config in configs.items():
        fields = config.model_fields.items()
        plain = {
            name: field.get_default(call_default_factory=True)
            for name, field in fields
            if not field.is_required()
        }
        values[key] = config.model_construct(**plain).model_dump(mode="json", warnings=False)
    return flatten(values)


def _run_lines(
    run: RunFolder,
    summary: RunSummary,
    described: dict[str, Any],
    changed: dict[str, Any],
    defaults: dict[str, Any],
) -> list[Line]:
    from seqkit.experiments.schema import in_toml
    from seqkit.terminal.figures import age
    from seqkit.terminal.report import run as report
    from seqkit.terminal.report.status import STATUS_COLOURS

    status = described["status"]
    unknown: list[report.Line] = [[(run.name, "bold cyan")]]
    # The folder may have been renamed since.
    named = {**summary.started, "run": run.name}
    opening = report.opening(named) if summary.started else unknown
    part, started = described["progress"], age(described["created"]) or "-"
    state = status + (f" at {part:.0%} of the steps" if part not in (None, 1.0) else "")
    state += f", started {'now' if started == 'now' else started + ' ago'}"
    lines: list[report.Line] = [
        opening[0],
        [("  status      ", "bold"), (state, STATUS_COLOURS.get(status, ""))],
        *opening[1:],
    ]
    speed = described["examples_per_second"]
    rate = f", {speed:,.0f} examples/s" if speed else ""
    trained = f"{figures.duration(described['elapsed'])}{rate}" if described["elapsed"] else ""
    lines += report.facts([("trained", trained), ("message", described["message"])])
    above = {"task", "dataset", "model", "loss", "metrics", "description"}
    rows = [(key, value) for key, value in changed.items() if key not in above]
    if rows:
        lines += [[], [("Settings that differ from their defaults", "bold")]]
        widest = max(len(key) for key, _ in rows)
        for key, value in rows:
            default = f"   (default {in_toml(defaults[key])})" if key in defaults else ""
            lines.append([f"  {key:<{widest}}  ", in_toml(value), (default, "dim")])
    if summary.evaluations:
        first = summary.evaluations[0].get("metrics") or {}
        names = [name for name, _ in figures.scores(first, [summary.metric])]
        table = report.ScoreTable(summary.started, names)
        rows_of = [
            table.row(event.epoch, event.data, figures.duration(event.get("elapsed")))
            for event in summary.evaluations
        ]
        lines += [[], *table.head(), *rows_of]
    lines += [*report.score_lines(summary), *report.example_lines(summary, _width())]
    lines += [*report.plot_lines(summary), *report.closing_verdict(summary, run.path, _width())]
    lines += [[], [("Files", "bold")]]
    checkpoints = ", ".join(path.name for path in _checkpoints(run)) or "none"
    lines += report.facts(
        [
            ("folder", str(run.path)),
            ("experiment", str(run.experiment_file)),
            ("events", str(run.events_file)),
            ("checkpoints", checkpoints),
        ]
    )
    lines += [[], *report.next_lines(summary, run.path)]
    return lines


def _checkpoints(run: RunFolder) -> list[Path]:
    return sorted(run.checkpoints.glob("step-*"))


def _width() -> int:
    return min(output.results().width, 100)
