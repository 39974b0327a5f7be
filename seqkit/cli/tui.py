"""`seqkit tui`: the terminal UI."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from seqkit.cli.common import plugin_option, runs_dir_option
from seqkit.errors import ExitCode, SeqkitError
from seqkit.terminal import output


@click.command()
@runs_dir_option()
@click.option("--read-only", is_flag=True, help="Show runs only: start, steer and change nothing.")
@click.option(
    "--fps",
    type=click.FloatRange(0.1, 60),
    default=60.0,
    show_default=True,
    help="Pictures a second, at most, of what changes by itself; few spare a slow line.",
)
@plugin_option()
@click.pass_context
def tui(
    context: click.Context, runs_dir: Path, read_only: bool, fps: float, plugins: tuple[Path, ...]
) -> int:
    """Assemble, train and watch models in the terminal.

    Training goes on when you leave it. Without a terminal that can be drawn on, as with TERM=dumb,
    it lists the runs and follows the newest live one line by line, as 'seqkit watch' does.
    """
    if not _can_draw():
        return _plain(context, runs_dir)
    from seqkit.runs.folder import check_runs_folder
    from seqkit.tui.app import run_app

    check_runs_folder(runs_dir)
    return run_app(runs_dir, read_only, plugins, fps)


def _can_draw() -> bool:
    return (
        os.environ.get("TERM") not in ("dumb", "unknown")
        # Textual draws on stderr.
        and all(
            stream is not None and stream.isatty()
            for stream in (sys.stdin, sys.stdout, sys.__stderr__)
        )
    )


def _plain(context: click.Context, runs_dir: Path) -> int:
    from seqkit.cli.runs import runs
    from seqkit.cli.watch import follow
    from seqkit.runs.folder import LIVE, all_runs

    output.note("This terminal cannot be drawn on; plain lines follow.")
    context.invoke(runs, runs_dir=runs_dir)
    for run in all_runs(runs_dir):
        try:
            live = run.status() in LIVE
        except SeqkitError:
            # The list says so already.
            continue
        if live:
            output.note(f"Following {run.name}; Ctrl-C ends that, and the run goes on.")
            return follow(run)
    return ExitCode.DONE
