"""`seqkit sweep`: a grid of settings and seeds, each run in a process of its own."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli import output
from seqkit.cli.common import (
    device_option,
    json_option,
    open_registry,
    plugin_option,
    runs_dir_option,
)
from seqkit.cli.completion import complete_experiment
from seqkit.errors import ConfigurationError, ExitCode

if TYPE_CHECKING:
    from seqkit.cli.children import Child
    from seqkit.cli.sweep_table import SweepTable
    from seqkit.grid import Grid, PlannedRun
    from seqkit.registry import Registry

_POLL_SECONDS = 0.1
_LAST_WAIT = 10.0
"""Seconds that runs have to end after the second Ctrl-C."""

_AGAIN = ("stopped", "interrupted", "crashed")


@click.command()
@click.argument(
    "experiment", metavar="RECIPE|FILE", required=False, shell_complete=complete_experiment
)
@click.argument(
    "settings", metavar="[KEY=VALUE,VALUE...]...", nargs=-1, shell_complete=complete_experiment
)
@click.option(
    "--seeds", type=click.IntRange(min=1), metavar="N", help="Run every setting with N seeds."
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Runs at a time. Training times compare only where it is 1.",
)
@click.option("--name", default="", metavar="GROUP", help="Name of the group of runs.")
@click.option("--resume", "group", default="", metavar="GROUP", help="Go on with a sweep.")
@click.option("--retry-failed", is_flag=True, help="Try runs again that failed before.")
@click.option("--dry-run", is_flag=True, help="Check and list the runs, and start none.")
@runs_dir_option()
@device_option()
@plugin_option()
@json_option()
def sweep(
    experiment: str | None,
    settings: tuple[str, ...],
    seeds: int | None,
    jobs: int,
    name: str,
    group: str,
    retry_failed: bool,
    dry_run: bool,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Run a grid of settings and seeds, then compare them.

    Values parted by commas vary: model=lstm,gru trainer.learning_rate=1e-3,3e-3. Each run is like
    one of 'seqkit run'. The same command again leaves out the runs that are finished.
    """
    from seqkit.grid import in_progress, save_grid

    registry = open_registry(plugins)
    words = [*settings, *([f"trainer.device={device}"] if device else [])]
    if group:
        if experiment or name or seeds or words:
            raise ConfigurationError(
                f"--resume {group} goes on with a sweep as it was begun. Leave out all but --jobs, "
                "--retry-failed, --plugin and --runs-dir"
            )
        grid = _resumed(group, runs_dir, registry)
    elif experiment:
        grid = _planned(experiment, words, seeds or 0, name, runs_dir, registry)
    else:
        raise ConfigurationError(
            "no experiment is named. Write seqkit sweep RECIPE KEY=A,B, or --resume GROUP"
        )
    for note in grid.notes:
        output.note(note)
    if dry_run:
        _list(grid, as_json)
        return ExitCode.DONE
    if in_progress(grid.group, runs_dir):
        raise ConfigurationError(
            f"sweep {grid.group} is running already, in {runs_dir}. Stop that one with Ctrl-C first"
        )
    work = Sweep(grid, runs_dir, jobs, retry_failed, plugins)
    save_grid(grid, runs_dir, running=True)
    try:
        code = work.run()
    finally:
        save_grid(work.grid, runs_dir, running=False)
    return _close(work, code, as_json)


def _resumed(group: str, runs_dir: Path, registry: Registry) -> Grid:
    from seqkit.grid import checked, load_grid

    return checked(load_grid(group, runs_dir), registry)


def _planned(
    experiment: str,
    words: Sequence[str],
    seeds: int,
    name: str,
    runs_dir: Path,
    registry: Registry,
) -> Grid:
    """Returns the runs of a command line, those of its group before included."""
    from seqkit.grid import checked, file_of, free_name, joined, load_grid, plan

    if name and (Path(name).name != name or name.startswith(".")):
        raise ConfigurationError(
            f"--name {name!r} cannot be a file's name. Use letters, digits and hyphens"
        )
    if not name:
        base = f"{Path(experiment).stem}-sweep"
        name = free_name(base, plan(experiment, words, seeds, base, registry), runs_dir)
    grid = plan(experiment, words, seeds, name, registry)
    if not file_of(name, runs_dir).exists():
        return grid
    whole = joined(load_grid(name, runs_dir), grid)
    return replace(checked(whole, registry), notes=grid.notes)


def _list(grid: Grid, as_json: bool) -> None:
    if as_json:
        runs = [{"name": run.name, "seed": run.seed, "settings": run.words} for run in grid.runs]
        output.json_document({"group": grid.group, "experiment": grid.experiment, "runs": runs})
        return
    output.note(f"{grid.group} would have {output.count_of(len(grid.runs), 'run')}:")
    rows: list[list[output.Piece]] = [
        [(run.name, "cyan"), run.label, str(run.seed)] for run in grid.runs
    ]
    output.table(["RUN", "SETTING", "SEED"], rows, numbers=("SEED",), optional=("SETTING",))


class Sweep:
    """A sweep at work: starts runs, follows them, and notes how they end.

    Args:
        grid: The runs.
        runs_dir: The folder of runs.
        jobs: Runs at a time.
        retry_failed: Whether runs that failed before are tried again.
        plugins: Local plugins.
    """

    def __init__(
        self, grid: Grid, runs_dir: Path, jobs: int, retry_failed: bool, plugins: Sequence[Path]
    ) -> None:
        from seqkit.cli.sweep_table import SweepTable

        self.grid = grid
        self.runs_dir = runs_dir
        self.failed: dict[str, str] = {}
        self._jobs = jobs
        self._retry = retry_failed
        self._plugins = plugins
        self._table: SweepTable = SweepTable(grid.runs)
        self._queue: list[PlannedRun] = []
        self._running: dict[str, tuple[PlannedRun, Child]] = {}
        self._done = 0
        self._took: list[float] = []
        self._asked = self._stopping = False

    # --- the loop ---------------------------------------------------------------------------------

    def run(self) -> int:
        """Works until every run has ended, and returns the exit code."""
        from seqkit.engine.control import Signals

        self._look_at_what_is_there()
        try:
            with Signals(self._ask_to_stop):
                while self._running or (self._queue and not self._asked):
                    if self._asked and not self._stopping:
                        self._stop()
                    self._start_some()
                    self._look()
                    if not self._stopping:
                        self._table.watch([*self._running.values()], self._done, self._left())
                    time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            self._quit()
        finally:
            self._table.close()
            for _, child in self._running.values():
                child.close()
        if self._asked:
            return ExitCode.INTERRUPTED
        return ExitCode.FAILED if self.failed else ExitCode.DONE

    def _look_at_what_is_there(self) -> None:
        """Sorts the runs into those that are done, running, failed before, and still to do."""
        from seqkit.grid import folder_of
        from seqkit.runs import LIVE
        from seqkit.summary import summarise

        done = []
        for run in self.grid.runs:
            folder = folder_of(self.grid, run, self.runs_dir)
            status = folder.status() if folder is not None else ""
            if folder is not None and status == "finished":
                done.append((run, summarise(folder.events())))
            elif status in LIVE:
                self._follow(run, [])
            elif not self._retry and (status == "failed" or run.name in self.grid.failed):
                message = str(folder.info().get("message", "")) if folder is not None else ""
                self.failed[run.name] = self.grid.failed.get(run.name) or message
            else:
                self._queue.append(run)
        self._done = len(done)
        self._announce(len(done))
        for run, summary in done:
            self._table.row(run, summary, "finished", "")

    def _announce(self, done: int) -> None:
        grid = self.grid
        settings = len({run.label for run in grid.runs})
        seeds = len({run.seed for run in grid.runs})
        words = [output.count_of(len(grid.runs), "run")]
        if settings > 1:
            words.append(f"{settings} settings of {', '.join(grid.varies)}")
        if seeds > 1:
            words.append(f"{seeds} seeds")
        if self._jobs > 1:
            threads = self._environment().get("OMP_NUM_THREADS")
            each = f" with {output.count_of(int(threads), 'thread')} each" if threads else ""
            words.append(f"{self._jobs} at a time{each}")
        if done:
            words.append(f"{done} finished before")
        if self.failed:
            words.append(f"{len(self.failed)} failed before")
        output.note((grid.group, "bold cyan"), f"  {', '.join(words)}")

    def _start_some(self) -> None:
        while self._queue and not self._asked and len(self._running) < self._jobs:
            run = self._queue.pop(0)
            self._follow(run, self._command(run))

    def _follow(self, run: PlannedRun, command: Sequence[str]) -> None:
        from seqkit.cli.children import Child
        from seqkit.runs import RunFolder

        environment = {} if run.threads else self._environment()
        child = Child(RunFolder(self.runs_dir / run.name), command, environment)
        self._running[run.name] = run, child

    def _command(self, run: PlannedRun) -> list[str]:
        """Returns the words after `seqkit` that start a run, or go on with it."""
        options = ["--runs-dir", str(self.runs_dir), "--quiet"]
        for plugin in self._plugins:
            options += ["--plugin", str(plugin)]
        if (self.runs_dir / run.name / "run.json").is_file():
            return ["resume", run.name, *options]
        options += ["--name", run.name, "--group", self.grid.group]
        for key in self.grid.varies:
            options += ["--varies", key]
        return ["run", self.grid.experiment, *run.words, *options]

    def _environment(self) -> Mapping[str, str]:
        """Shares the cores among runs at a time: threads that compete are slower than fewer."""
        if self._jobs == 1 or "OMP_NUM_THREADS" in os.environ:
            return {}
        cores = (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else (os.cpu_count() or 1)
        )
        return {"OMP_NUM_THREADS": str(max(1, cores // self._jobs))}

    def _look(self) -> None:
        for run, child in [*self._running.values()]:
            if not child.look():
                continue
            del self._running[run.name]
            status, message = child.outcome()
            if status == "failed":
                self.failed[run.name] = message
            elif status == "finished":
                self._done += 1
                self._took.append(child.seconds())
            self._note(run, status, message)
            self._table.row(run, child.summary, status, message)
            child.close()

    def _note(self, run: PlannedRun, status: str, message: str) -> None:
        from seqkit.grid import save_grid

        failed = {name: said for name, said in self.grid.failed.items() if name != run.name}
        if status == "failed":
            failed[run.name] = message
        if failed != self.grid.failed:
            self.grid = replace(self.grid, failed=failed)
            save_grid(self.grid, self.runs_dir, running=True)

    def _left(self) -> str:
        """Returns in words how long everything that is left will take, as far as can be told."""
        known = list(self._took)
        for _, child in self._running.values():
            left = child.left()
            if left is not None:
                known.append(child.seconds() + left)
        if not known:
            return ""
        usual = fmean(known)
        whole = usual * len(self._queue)
        for _, child in self._running.values():
            left = child.left()
            whole += max(0.0, usual - child.seconds()) if left is None else left
        at_once = min(self._jobs, len(self._running) + len(self._queue))
        return f"about {output.duration(whole / max(1, at_once))}"

    # --- stopping ---------------------------------------------------------------------------------

    def _ask_to_stop(self, _signal: str) -> None:
        # A handler may come in the middle of anything: it leaves the work to the loop.
        self._asked = True

    def _stop(self) -> None:
        self._stopping = True
        self._table.close()
        output.end_line()
        if self._running:
            output.note("Saving the state of what is running; Ctrl-C again quits at once.")
        for _, child in self._running.values():
            child.interrupt()

    def _quit(self) -> None:
        """Ends what is running without saving."""
        for _, child in self._running.values():
            child.interrupt()
        deadline = time.monotonic() + _LAST_WAIT
        while self._running and time.monotonic() < deadline:
            self._look()
            time.sleep(_POLL_SECONDS)


def _close(work: Sweep, code: int, as_json: bool) -> int:
    """Writes what came of it, and what to do next."""
    from seqkit.cli.comparison import write_comparison
    from seqkit.comparison import compare_runs
    from seqkit.grid import folder_of
    from seqkit.summary import describe

    grid, runs_dir = work.grid, work.runs_dir
    found = [(run, folder_of(grid, run, runs_dir)) for run in grid.runs]
    folders = [folder for _, folder in found if folder is not None]
    statuses = {folder.name: folder.status() for folder in folders}
    finished = [folder for folder in folders if statuses[folder.name] == "finished"]
    unfinished = [name for name, status in statuses.items() if status in _AGAIN]
    compared = None
    if finished and (as_json or code != ExitCode.INTERRUPTED):
        compared = compare_runs(finished, keys=grid.varies)
    if as_json:
        output.json_document(
            {
                "group": grid.group,
                "experiment": grid.experiment,
                "runs": [
                    _outcome(run, describe(folder) if folder is not None else None, work.failed)
                    for run, folder in found
                ],
                "comparison": compared.as_dict() if compared is not None else None,
            }
        )
    elif compared is not None:
        output.note("")
        write_comparison(compared)
    _next(grid, runs_dir, work.failed, unfinished, code)
    return code


def _outcome(
    run: PlannedRun, described: dict[str, Any] | None, failed: Mapping[str, str]
) -> dict[str, Any]:
    status = "failed" if run.name in failed else "not started"
    return {
        "name": run.name,
        "settings": run.words,
        "seed": run.seed,
        "status": status if described is None else described["status"],
        "score": described["score"] if described else None,
        "elapsed": described["elapsed"] if described else None,
        "message": failed.get(run.name, ""),
    }


def _next(
    grid: Grid, runs_dir: Path, failed: Mapping[str, str], unfinished: Sequence[str], code: int
) -> None:
    words = ["seqkit", "sweep", "--resume", grid.group]
    if runs_dir.resolve() != Path("runs").resolve():
        words += ["--runs-dir", str(runs_dir)]
    command = shlex.join(words)
    if failed:
        output.errors(f"{name} failed: {message}" for name, message in failed.items())
        if code != ExitCode.INTERRUPTED:
            output.note(("Try them again: ", "bold"), (f"{command} --retry-failed", "cyan"))
    if code == ExitCode.INTERRUPTED or unfinished:
        output.note(("Go on with it: ", "bold"), (command, "cyan"))
