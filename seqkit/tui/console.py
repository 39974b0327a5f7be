"""What a run said in full: how it ended, and the end of what its process wrote."""

from __future__ import annotations

from seqkit.processes.launch import console_of
from seqkit.runs.folder import RunFolder
from seqkit.terminal.safe_text import one_line, visible
from seqkit.tui.dialogs import Reading


def console_reading(run: RunFolder, message: str) -> Reading:
    """Returns what there is to read of a run.

    Args:
        run: The run.
        message: How it ended, or what is wrong with it; empty where nothing is known of that.
    """
    lines = console_of(run)
    if lines:
        said = "\n".join(["Its process wrote, the newest last:", "", *map(visible, lines)])
    else:
        said = (
            "There is no console.log in its folder: only what is started or resumed from here "
            "has one. Elsewhere its output is in the terminal that it was started in."
        )
    parts = [one_line(message), said] if message else [said]
    return Reading(one_line(run.name), "\n\n".join(parts))
