"""`seqkit sweep`: a grid of settings and seeds, each run in a process of its own."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import (
    open_registry,
    running_options,
)
from seqkit.cli.completion import complete_experiment
from seqkit.cli.examples import ExampleCommand
from seqkit.errors import ConfigurationError, ExitCode
from seqkit.terminal import figures, output

if TYPE_CHECKING:
    from seqkit.experiments.sweep_plan import SweepPlan, SweepRun
    from seqkit.processes.sweep_runner import Sweep
    from seqkit.registry.registry import Registry

_AGAIN = ("stopped", "interrupted", "crashed")


@click.command(
    cls=ExampleCommand,
    example="seqkit sweep {recipe} model={model},{other} trainer.learning_rate=1e-3,3e-3",
)
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
@running_options()
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

    Values parted by commas vary: trainer.learning_rate=1e-3,3e-3. Each run is like one of 'seqkit
    run'. The same command again leaves out the runs that are finished.
    """
    from seqkit.experiments.sweep_file import hold_group, save_plan, up_to_date
    from seqkit.processes.sweep_runner import Sweep

    registry = open_registry(plugins)
    words = [*settings, *([f"trainer.device={device}"] if device else [])]
    if group:
        if experiment or name or seeds or words:
            raise ConfigurationError(
                f"--resume {group} goes on with a sweep as it was begun. Leave out all but --jobs, "
                "--retry-failed, --plugin and --runs-dir"
            )
        plan = _resumed(group, runs_dir, registry)
    elif experiment:
        plan = _planned(experiment, words, seeds or 0, name, runs_dir, registry)
    else:
        raise ConfigurationError(
            "no experiment is named. Write seqkit sweep RECIPE KEY=A,B, or --resume GROUP"
        )
    for note in plan.notes:
        output.note(note)
    if dry_run:
        _list(plan, as_json)
        return ExitCode.DONE
    with hold_group(plan.group, runs_dir):
        work = Sweep(up_to_date(plan, runs_dir), runs_dir, jobs, retry_failed, plugins)
        work.survey()
        save_plan(work.plan, runs_dir)
        code = work.run()
    return _close(work, code, as_json)


def _resumed(group: str, runs_dir: Path, registry: Registry) -> SweepPlan:
    from seqkit.experiments.sweep_file import load_plan
    from seqkit.experiments.sweep_plan import checked

    return checked(load_plan(group, runs_dir), registry)


def _planned(
    experiment: str,
    words: Sequence[str],
    seeds: int,
    name: str,
    runs_dir: Path,
    registry: Registry,
) -> SweepPlan:
    """Returns the runs of a command line, those of its group before included."""
    from seqkit.experiments.sweep_file import file_of, free_name, load_plan
    from seqkit.experiments.sweep_plan import checked, joined, plan_sweep

    if name and (Path(name).name != name or name.startswith(".")):
        raise ConfigurationError(
            f"--name {name!r} cannot be a file's name. Use letters, digits and hyphens"
        )
    if not name:
        base = f"{Path(experiment).stem}-sweep"
        name = free_name(base, plan_sweep(experiment, words, seeds, base, registry), runs_dir)
    plan = plan_sweep(experiment, words, seeds, name, registry)
    if not file_of(name, runs_dir).exists():
        return plan
    whole = joined(load_plan(name, runs_dir), plan)
    return replace(checked(whole, registry), notes=plan.notes)


def _list(plan: SweepPlan, as_json: bool) -> None:
    if as_json:
        runs = [{"name": run.name, "seed": run.seed, "settings": run.words} for run in plan.runs]
        output.json_document({"group": plan.group, "experiment": plan.experiment, "runs": runs})
        return
    output.note(f"{plan.group} would have {figures.count_of(len(plan.runs), 'run')}:")
    rows: list[list[output.Piece]] = [
        [(run.name, "cyan"), run.label, str(run.seed)] for run in plan.runs
    ]
    output.table(["RUN", "SETTING", "SEED"], rows, numbers=("SEED",), optional=("SETTING",))


def _close(work: Sweep, code: int, as_json: bool) -> int:
    """Writes what came of it, and what to do next."""
    from seqkit.runs.compare import compare_runs
    from seqkit.runs.folder import RunFolder, is_run
    from seqkit.runs.listing import listed
    from seqkit.terminal.report.comparison import write_comparison, write_what_is_missing

    plan, runs_dir = work.plan, work.runs_dir
    found = [(run, RunFolder(runs_dir / run.name)) for run in plan.runs]
    listings = {run.name: listed(folder) for run, folder in found if is_run(folder.path)}
    for listing in listings.values():
        if said := listing["error"] or listing["damage"]:
            output.warn(said)
    statuses = {name: listing["status"] for name, listing in listings.items()}
    finished = [folder for run, folder in found if statuses.get(run.name) == "finished"]
    unfinished = [name for name, status in statuses.items() if status in _AGAIN]
    compared = None
    if finished and (as_json or code != ExitCode.INTERRUPTED):
        described = [listings[folder.name] for folder in finished]
        compared = compare_runs(finished, keys=plan.varies, described=described)
    if as_json:
        output.json_document(
            {
                "group": plan.group,
                "experiment": plan.experiment,
                "runs": [_outcome(run, listings.get(run.name), work.failed) for run in plan.runs],
                "comparison": compared.as_dict() if compared is not None else None,
            }
        )
    elif compared is not None:
        output.note("")
        write_what_is_missing(compared)
        write_comparison(compared)
    _next(plan, runs_dir, work.failed, unfinished, code)
    return code


def _outcome(
    run: SweepRun, described: dict[str, Any] | None, failed: Mapping[str, str]
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
    plan: SweepPlan, runs_dir: Path, failed: Mapping[str, str], unfinished: Sequence[str], code: int
) -> None:
    words = ["seqkit", "sweep", "--resume", plan.group]
    if os.path.realpath(runs_dir) != os.path.realpath("runs"):
        words += ["--runs-dir", str(runs_dir)]
    command = shlex.join(words)
    if failed:
        output.errors(f"{name} failed: {message}" for name, message in failed.items())
        if code != ExitCode.INTERRUPTED:
            output.note(("Try them again: ", "bold"), (f"{command} --retry-failed", "cyan"))
    if code == ExitCode.INTERRUPTED or unfinished:
        output.note(("Go on with it: ", "bold"), (command, "cyan"))
