"""`seqkit runs`: the runs of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from seqkit.cli.common import json_option, runs_dir_option
from seqkit.errors import CheckpointError, suggestion
from seqkit.terminal import figures, output
from seqkit.terminal.figures import age
from seqkit.terminal.report.status import STATUS_COLOURS
from seqkit.terminal.safe_text import bare


@click.command()
@click.option("--group", default="", metavar="NAME", help="List the runs of a group alone.")
@runs_dir_option()
@json_option()
def runs(group: str, runs_dir: Path, as_json: bool) -> None:
    """List the runs, the newest first, with how far they are and how well they do."""
    from seqkit.runs.folder import all_runs
    from seqkit.runs.listing import listed

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
        from seqkit.experiments.beginning import first_recipe
        from seqkit.registry.discovery import load_registry

        name = first_recipe(load_registry()) or "RECIPE"
        output.note(f"There are no runs in {runs_dir}. Start one with 'seqkit run {name}'.")
        return
    output.table(
        ["RUN", "STATUS", "SCORE", "DATASET", "MODEL", "TRAINED", "AGE"],
        [_row(run) for run in described],
        numbers=("TRAINED", "AGE"),
        optional=("TRAINED", "DATASET", "MODEL", "AGE"),
    )


def _row(run: dict[str, Any]) -> tuple[output.Piece, ...]:
    score = run["score"]
    shown = f"{score['metric']} {figures.number(score['value'])}" if score else "-"
    unfinished = run["status"] != "finished" and run["progress"] is not None
    status = run["status"] + (f" {run['progress']:.0%}" if unfinished else "")
    return (
        (run["name"], "cyan"),
        (status, STATUS_COLOURS.get(run["status"], "")),
        shown if not score or score["split"] == "test" else f"{shown} (val)",
        bare(run["dataset"]) or "-",
        bare(run["model"]) or "-",
        figures.duration(run["elapsed"]) if run["elapsed"] else "-",
        age(run["created"]) or "-",
    )
