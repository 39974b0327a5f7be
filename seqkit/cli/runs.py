"""`seqkit runs`: the runs of a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from seqkit.cli import output
from seqkit.cli.common import json_option, runs_dir_option
from seqkit.errors import CheckpointError, suggestion

COLOURS = {
    "running": "green",
    "paused": "yellow",
    "finished": "",
    "stopped": "yellow",
    "interrupted": "yellow",
    "failed": "red",
    "crashed": "red",
    "unreadable": "red",
}


@click.command()
@click.option("--group", default="", metavar="NAME", help="List the runs of a group alone.")
@runs_dir_option()
@json_option()
def runs(group: str, runs_dir: Path, as_json: bool) -> None:
    """List the runs, the newest first, with how far they are and how well they do."""
    from seqkit.run_listing import listed
    from seqkit.runs import all_runs

    described = [listed(run) for run in all_runs(runs_dir)]
    for run in described:
        if said := run["error"] or run["damage"]:
            output.warn(said)
    groups = sorted({run["group"] for run in described if run["group"]})
    if group:
        if group not in groups:
            hint = suggestion(group, groups, "There are none" if not groups else "")
            raise CheckpointError(f"no run is of group {group!r}, in {runs_dir}. {hint}")
        described = [run for run in described if run["group"] == group]
    if as_json:
        output.json_document(described)
        return
    if not described:
        output.note(f"There are no runs in {runs_dir}. Start one with 'seqkit run sentiment'.")
        return
    output.table(
        ["RUN", "STATUS", "SCORE", "DATASET", "MODEL", "TRAINED", "AGE"],
        [_row(run) for run in described],
        numbers=("TRAINED", "AGE"),
        optional=("TRAINED", "DATASET", "MODEL", "AGE"),
    )


def _row(run: dict[str, Any]) -> tuple[output.Piece, ...]:
    score = run["score"]
    shown = f"{score['metric']} {output.number(score['value'])}" if score else "-"
    unfinished = run["status"] != "finished" and run["progress"] is not None
    status = run["status"] + (f" {run['progress']:.0%}" if unfinished else "")
    return (
        (run["name"], "cyan"),
        (status, COLOURS.get(run["status"], "")),
        shown if not score or score["split"] == "test" else f"{shown} (val)",
        bare(run["dataset"]),
        bare(run["model"]),
        output.duration(run["elapsed"]) if run["elapsed"] else "-",
        age(run["created"]),
    )


def bare(name: object) -> str:
    """Returns a component's name without its plugin's."""
    return str(name).rpartition(":")[2] if name else "-"


def age(created: object) -> str:
    """Returns how long ago a time was: `5 min`."""
    if not isinstance(created, int | float) or isinstance(created, bool):
        return "-"
    seconds = max(0.0, time.time() - created)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return "now"
