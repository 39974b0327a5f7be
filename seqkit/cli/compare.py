"""`seqkit compare`: runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli import output
from seqkit.cli.common import complete_runs, json_option, open_run, runs_dir_option
from seqkit.errors import ConfigurationError, suggestion

if TYPE_CHECKING:
    from seqkit.cli.output import Piece

_MEASURES = ("parameters", "epoch", "elapsed", "examples_per_second")
_TITLES = {
    "epoch": "epochs trained",
    "elapsed": "training time",
    "examples_per_second": "examples/s",
}
_MOST_COLUMNS = 4


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)
@click.option(
    "--sort", default="", metavar="KEY", help="Best first, by a metric, a measure or a setting."
)
@runs_dir_option()
@json_option()
def compare(runs: tuple[str, ...], sort: str, runs_dir: Path, as_json: bool) -> None:
    """Put runs side by side: the settings that differ, scores, size and speed."""
    from seqkit.summary import describe, differing, settings

    folders = [open_run(name, runs_dir) for name in runs]
    folders = list({folder.path.resolve(): folder for folder in folders}.values())
    described = [describe(folder) for folder in folders]
    given = [settings(folder) for folder in folders]
    keys = [key for key in differing(given) if key != "description"]
    compared = [
        run | {"settings": {key: values.get(key) for key in keys}}
        for run, values in zip(described, given, strict=True)
    ]
    rows = _rows(compared, keys)
    if sort:
        compared = _sorted(compared, rows, sort)
        rows = _rows(compared, keys)
    if as_json:
        output.json_document({"differing": keys, "runs": compared})
        return
    if len({run["dataset"] for run in compared}) > 1:
        output.note("These runs are not of the same dataset; their scores do not compare.")
    _write(compared, rows)


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


def _sorted(runs: list[dict[str, Any]], rows: Sequence[Row], key: str) -> list[dict[str, Any]]:
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

    return [runs[index] for index in sorted(range(len(runs)), key=place)]


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
        return output.duration(float(value))
    if title == "examples/s":
        return f"{value:,.0f}"
    if isinstance(value, float):
        return output.number(value) if title.startswith(("validation", "test")) else f"{value:g}"
    if isinstance(value, bool):
        return str(value).lower()
    return output.one_line(output.number(value), 32)
