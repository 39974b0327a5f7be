"""`seqkit compare`: runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import (
    complete_runs,
    json_option,
    open_registry,
    open_run,
    runs_dir_option,
)
from seqkit.errors import CheckpointError, ConfigurationError, suggestion
from seqkit.terminal import figures, output, safe_text

if TYPE_CHECKING:
    from seqkit.registry.registry import Registry
    from seqkit.runs.folder import RunFolder
    from seqkit.terminal.output import Piece

_MEASURES = ("parameters", "epoch", "elapsed", "examples_per_second")
_TITLES = {
    "epoch": "epochs trained",
    "elapsed": "training time",
    "examples_per_second": "examples/s",
}
_MOST_COLUMNS = 4


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from seqkit.paths import runs_home
    from seqkit.runs.folder import group_names

    groups = group_names(Path(context.params.get("runs_dir") or runs_home()))
    found = [name for name in groups if name.startswith(incomplete)]
    return found + complete_runs(context, parameter, incomplete)


@click.command()
@click.argument("runs", metavar="RUN|GROUP...", nargs=-1, required=True, shell_complete=_complete)
@click.option(
    "--metric", default="", metavar="NAME", help="What differences are of.  [default: the first]"
)
@click.option(
    "--sort", default="", metavar="KEY", help="Best first, by a metric, a measure or a setting."
)
@runs_dir_option()
@json_option()
def compare(runs: tuple[str, ...], metric: str, sort: str, runs_dir: Path, as_json: bool) -> None:
    """Put runs side by side: the settings that differ, scores, size and speed.

    Runs that differ in their seeds alone count as one setting, with a mean and its interval.
    Between settings, the difference is given with the noise of seeds and of test examples, and
    whether there is evidence of any. GROUP is a group of runs, as of 'seqkit sweep'.
    """
    from seqkit.runs.compare import compare_runs
    from seqkit.runs.summary import differing
    from seqkit.terminal.report.comparison import write_comparison, write_what_is_missing

    found, varies, grouped = _found(runs, runs_dir)
    folders, described = _readable(found)
    registry = open_registry(())
    given = [_settings(folder, registry) for folder in folders]
    # A run whose settings are lost differs in nothing that is known.
    keys = [key for key in differing([one for one in given if one]) if key != "description"]
    compared = [
        run | {"settings": {key: values.get(key) for key in keys}}
        for run, values in zip(described, given, strict=True)
    ]
    rows = _rows(compared, keys)
    if sort:
        order = _order(rows, sort)
        folders = [folders[place] for place in order]
        described = [described[place] for place in order]
        given = [given[place] for place in order]
        compared = [compared[place] for place in order]
        rows = _rows(compared, keys)
    comparison = compare_runs(folders, metric, varies, described=described, flat=given)
    if as_json:
        output.json_document({"differing": keys, "runs": compared} | comparison.as_dict())
        return
    if len({run["dataset"] for run in compared}) > 1:
        output.note("These runs are not of the same dataset; their scores do not compare.")
    repeated = any(len(setting.runs) > 1 for setting in comparison.settings)
    write_what_is_missing(comparison)
    if not grouped:
        _write(compared, rows)
        if repeated or comparison.pairs:
            output.line()
    write_comparison(comparison, settings=grouped or repeated)


def _settings(folder: RunFolder, registry: Registry) -> dict[str, Any]:
    """Returns the settings of a run by their present names; none where they are lost."""
    from seqkit.experiments.present import present_settings

    try:
        return present_settings(folder, registry)
    except CheckpointError:
        return {}


def _readable(folders: list[RunFolder]) -> tuple[list[RunFolder], list[dict[str, Any]]]:
    """Returns the runs that can be read and their summaries, and warns of all that cannot.

    Raises:
        CheckpointError: None of them can.
    """
    from seqkit.runs.listing import describe
    from seqkit.runs.summary import read_settings

    readable: list[RunFolder] = []
    described: list[dict[str, Any]] = []
    for folder in folders:
        try:
            described.append(describe(folder))
            readable.append(folder)
            if said := described[-1]["damage"]:
                output.warn(said)
            read_settings(folder)
        except CheckpointError as error:
            if not readable and len(folders) == 1:
                raise
            output.warn(str(error))
    if not readable:
        raise CheckpointError("none of these runs can be read. Run 'seqkit runs' for the others")
    return readable, described


def _found(names: Sequence[str], runs_dir: Path) -> tuple[list[RunFolder], list[str], bool]:
    """Returns the runs, what varies in those of groups, and whether all come from groups."""
    from seqkit.runs.folder import group_members, is_run

    found: dict[Path, RunFolder] = {}
    grouped = True
    varies: dict[str, None] = {}
    for name in names:
        named = is_run(runs_dir / name) or is_run(Path(name))
        members = [] if named else _as_planned(name, group_members(name, runs_dir), runs_dir)
        grouped = grouped and bool(members)
        for folder in members or [open_run(name, runs_dir)]:
            found[folder.path.resolve()] = folder
        for folder in members:
            keys = folder.info().get("varies")
            varies |= dict.fromkeys(map(str, keys if isinstance(keys, list) else ()))
    return list(found.values()), list(varies), grouped


def _as_planned(group: str, members: list[RunFolder], runs_dir: Path) -> list[RunFolder]:
    """Returns the runs of a sweep in its own order, as several may have begun at once."""
    from seqkit.errors import SeqkitError
    from seqkit.experiments.sweep_file import groups_in, load_plan

    if group not in groups_in(runs_dir):
        return members
    try:
        names = [run.name for run in load_plan(group, runs_dir).runs]
    except SeqkitError:
        # A damaged file of the sweep takes nothing from its runs.
        return members
    places = {name: place for place, name in enumerate(names)}
    return sorted(members, key=lambda run: places.get(run.name, len(places)))


Row = tuple[str, list[Any], bool | None]
"""A title, the value of each run, and which way is better (None: neither)."""


def _rows(runs: Sequence[dict[str, Any]], keys: Sequence[str]) -> list[Row]:
    rows: list[Row] = [("status", [run["status"] for run in runs], None)]
    rows += [(key, [run["settings"][key] for run in runs], None) for key in keys]
    for split in ("validation", "test"):
        names = dict.fromkeys(
            name
            for run in runs
            for name, value in (run["metrics"].get(split) or {}).items()
            if isinstance(value, int | float)
        )
        for name in names:
            values = [(run["metrics"].get(split) or {}).get(name) for run in runs]
            rows.append((f"{split} {name}", values, _better(name, runs)))
    for key in _MEASURES:
        rows.append((_TITLES.get(key, key), [run[key] for run in runs], None))
    return rows


def _better(name: str, runs: Sequence[dict[str, Any]]) -> bool | None:
    """Tells whether higher is better, as far as the runs themselves say."""
    if name == "loss":
        return False
    for run in runs:
        score = run["score"]
        if score and score["metric"] == name:
            return bool(run["higher_is_better"])
    return None


def _order(rows: Sequence[Row], key: str) -> list[int]:
    """Returns the places of the runs, the best first."""
    names = {title: title for title, _, _ in rows}
    for split in ("validation", "test"):
        tails = [title for title in names.values() if title.startswith(f"{split} ")]
        names |= {title.partition(" ")[2]: title for title in tails}
        names |= {title.replace(" ", "."): title for title in tails}
    names |= _TITLES
    if key not in names:
        raise ConfigurationError(
            f"--sort {key} is nothing these runs differ in. {suggestion(key, names)}"
        )
    _, values, higher = next(row for row in rows if row[0] == names[key])
    numeric = all(isinstance(value, int | float) or value is None for value in values)

    def place(index: int) -> tuple[bool, Any]:
        value = values[index]
        if value is None:
            return True, 0
        return False, (-value if higher else value) if numeric else str(value)

    return sorted(range(len(values)), key=place)


def _write(runs: Sequence[dict[str, Any]], rows: Sequence[Row]) -> None:
    """Writes few runs as columns, and many as rows."""
    cells: list[list[Piece]] = [
        [(title, "bold"), *_cells(title, values, better)] for title, values, better in rows
    ]
    if len(runs) <= _MOST_COLUMNS:
        output.table(["", *(run["name"] for run in runs)], cells)
        return
    turned = [[(run["name"], "cyan")] for run in runs]
    for row in cells:
        for place, cell in zip(turned, row[1:], strict=True):
            place.append(cell)  # type: ignore[arg-type]
    output.table(["RUN", *(title for title, _, _ in rows)], turned)


def _cells(title: str, values: Sequence[Any], better: bool | None) -> list[Piece]:
    numbers = [value for value in values if isinstance(value, int | float)]
    best = None
    if better is not None and len(set(numbers)) > 1:
        best = max(numbers) if better else min(numbers)
    return [
        (_shown(title, value), "bold green" if best is not None and value == best else "")
        for value in values
    ]


def _shown(title: str, value: Any) -> str:
    if value is None:
        return "-"
    if title == "training time":
        return figures.duration(float(value))
    if title == "examples/s":
        return f"{value:,.0f}"
    if isinstance(value, float):
        return figures.number(value) if title.startswith(("validation", "test")) else f"{value:g}"
    if isinstance(value, bool):
        return str(value).lower()
    return safe_text.one_line(figures.number(value), 32)
