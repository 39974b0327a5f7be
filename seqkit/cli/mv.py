"""`seqkit mv`: rename a run."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from seqkit.cli.common import json_option, open_run, run_argument, runs_dir_option
from seqkit.errors import ConfigurationError
from seqkit.terminal import output


@click.command()
@run_argument()
@click.argument("name", metavar="NEW")
@runs_dir_option()
@json_option()
def mv(run: str, name: str, runs_dir: Path, as_json: bool) -> None:
    """Rename a run: its folder, and what a sweep calls it.

    Its title, tags, scores and checkpoints go with it, and its group still knows it.
    """
    from seqkit.experiments.sweep_file import groups_with, hold_group, rename_in_group
    from seqkit.runs.renaming import rename_run

    folder = open_run(run, runs_dir)
    before, place = folder.name, folder.path.resolve().parent
    if taken := groups_with(name, place):
        raise ConfigurationError(
            f"a run of the sweep {taken[0]} has the name {name!r}, in {place}. Choose another name"
        )
    groups = groups_with(before, place)
    with contextlib.ExitStack() as stack:
        for group in groups:
            stack.enter_context(hold_group(group, place))
        renamed = rename_run(folder, name)
        for group in groups:
            rename_in_group(group, before, name, place)
    if as_json:
        output.json_document({"run": name, "before": before, "path": str(renamed.path)})
        return
    known = f", also in the sweep {' and '.join(groups)}" if groups else ""
    output.line(f"{before} is {name} now{known}.")
