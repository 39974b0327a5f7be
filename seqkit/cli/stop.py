"""`seqkit stop`: ask a running run for something."""

from __future__ import annotations

import time
from pathlib import Path

import click

from seqkit.cli.common import json_option, open_run, run_argument, runs_dir_option
from seqkit.errors import CheckpointError, ExitCode
from seqkit.terminal import output

_POLL_SECONDS = 0.2
_DONE = {
    "stop": "Asked {} to save and stop.",
    "save": "Asked {} to save a checkpoint.",
    "pause": "Asked {} to pause.",
    "resume": "Asked {} to go on.",
}


@click.command()
@run_argument()
@click.option("--save", "action", flag_value="save", help="Save a checkpoint and go on instead.")
@click.option("--pause", "action", flag_value="pause", help="Pause instead.")
@click.option("--continue", "action", flag_value="resume", help="Go on after a pause instead.")
@click.option("--no-wait", is_flag=True, help="Do not wait until it has stopped.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="Longest wait.",
)
@runs_dir_option()
@json_option()
def stop(
    run: str, action: str | None, no_wait: bool, timeout: float, runs_dir: Path, as_json: bool
) -> int:
    """Ask a running run to save and stop, and wait until it has.

    The run may be anywhere that shares its folder; nothing is lost, and 'seqkit resume' goes on.
    """
    from seqkit.runs.folder import LIVE

    folder = open_run(run, runs_dir)
    status = folder.status()
    if status not in LIVE:
        raise CheckpointError(
            f"{folder.name} is not running: it is {status}. "
            f"Run 'seqkit show {folder.name}' for what there is"
        )
    asked = action or "stop"
    folder.request(asked)
    output.note(_DONE[asked].format(folder.name))
    if asked == "stop" and not no_wait:
        deadline = time.monotonic() + timeout
        while (status := folder.status()) in LIVE:
            if time.monotonic() > deadline:
                raise CheckpointError(
                    f"{folder.name} has not stopped after {timeout:g} seconds. It stops after its "
                    "present batch or evaluation; look again with 'seqkit runs'"
                )
            time.sleep(_POLL_SECONDS)
    if as_json:
        output.json_document({"run": folder.name, "request": asked, "status": status})
    elif asked == "stop" and not no_wait:
        output.line(f"{folder.name} is {status}.")
        output.note(f"Go on with it: {folder.command('resume')}")
    return ExitCode.DONE
