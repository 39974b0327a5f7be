"""`seqkit resume`: go on with a run."""

from __future__ import annotations

from pathlib import Path

import click

from seqkit.cli.common import (
    open_registry,
    open_run,
    run_argument,
    running_options,
)
from seqkit.cli.run import Observers, exit_code


@click.command()
@run_argument()
@click.argument("settings", metavar="[KEY=VALUE]...", nargs=-1)
@running_options("Write every event to stdout as it happens, one JSON object a line.")
@click.option(
    "--force", is_flag=True, help="Take over from another machine that seems to be at work on it."
)
@click.option("--quiet", "-q", is_flag=True, help="Write nothing but the result and warnings.")
def resume(
    run: str,
    settings: tuple[str, ...],
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
    force: bool,
    quiet: bool,
) -> int:
    """Go on with a run that was stopped, interrupted or killed, at the very next batch.

    KEY=VALUE words change how it goes on, such as trainer.epochs=10.
    """
    registry = open_registry(plugins)
    folder = open_run(run, runs_dir)
    words = [*settings, *([f"trainer.device={device}"] if device else [])]
    with Observers(as_json, quiet) as observers:
        observers.recall(folder)
        observers.preparing(folder.name)
        from seqkit.engine.run import resume_run

        outcome = resume_run(folder, registry, observers.all, words, force, observers.waiting)
    return exit_code(outcome)
