"""Sweeps from Python: a grid of settings and seeds, each run in a process of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.errors import ConfigurationError
from seqkit.experiments.schema import in_toml
from seqkit.experiments.words import word_of, words_of
from seqkit.paths import data_home, runs_home
from seqkit.python.data import Draft
from seqkit.python.running import Result
from seqkit.registry.discovery import load_registry

if TYPE_CHECKING:
    from seqkit.experiments.sweep_plan import SweepPlan
    from seqkit.runs.comparison import Comparison


@dataclass(frozen=True)
class Sweep:
    """A sweep that has ended.

    Attributes:
        group: Its name, by which it is gone on with, and compared.
        runs: Its finished runs, in their order.
        failed: Why runs failed, by name.
        comparison: Scores by setting, with what there is evidence of; None where no run finished.
    """

    group: str
    runs: tuple[Result, ...]
    failed: Mapping[str, str] = field(default_factory=dict)
    comparison: Comparison | None = None


def sweep(
    experiment: str | Path | Mapping[str, Any] | Draft,
    *words: str,
    seeds: int = 0,
    jobs: int = 1,
    name: str = "",
    runs_dir: str | Path | None = None,
    plugins: str | Path | Iterable[str | Path] = (),
    retry_failed: bool = False,
    **settings: Any,
) -> Sweep:
    """Runs a grid of settings and seeds, each run in a process of its own, and compares them.

    The same call again leaves out the runs that are finished.

    Args:
        experiment: A recipe, the path of a TOML file, its tables, or what `new` returned.
        *words: Settings as words; those with values parted by commas vary.
        seeds: How many seeds every setting has; 0 for the one of the experiment.
        jobs: Runs at a time.
        name: Name of the group of runs.
        runs_dir: The folder of runs; `runs` when not given.
        plugins: Paths of plugins that are not installed.
        retry_failed: Whether runs that failed before are tried again.
        **settings: Settings as `run` takes them; a list varies: `model=["NAME", "NAME"]`.

    Raises:
        SeqkitError: A setting is not valid; no run is started then.
    """
    from seqkit.experiments.sweep_file import (
        file_of,
        free_name,
        hold_group,
        load_plan,
        save_plan,
        up_to_date,
    )
    from seqkit.experiments.sweep_plan import checked, joined, plan_sweep
    from seqkit.processes.sweep_runner import Sweep as Work

    paths = [Path(plugins)] if isinstance(plugins, str | Path) else [Path(one) for one in plugins]
    registry = load_registry(paths)
    home = Path(runs_dir) if runs_dir is not None else runs_home()
    source = _named(experiment)
    asked = [*_varying(settings), *words]
    if not name:
        base = f"{Path(source).stem}-sweep"
        name = free_name(base, plan_sweep(source, asked, seeds, base, registry), home)
    plan = plan_sweep(source, asked, seeds, name, registry)
    if file_of(name, home).exists():
        plan = replace(checked(joined(load_plan(name, home), plan), registry), notes=plan.notes)
    with hold_group(plan.group, home):
        work = Work(up_to_date(plan, home), home, jobs, retry_failed, paths)
        work.survey()
        save_plan(work.plan, home)
        work.run()
    return _ended(work.plan, home, work.failed, paths)


def _ended(
    plan: SweepPlan, home: Path, failed: Mapping[str, str], plugins: Iterable[Path]
) -> Sweep:
    from seqkit.runs.compare import compare_runs
    from seqkit.runs.folder import RunFolder, is_run

    folders = [RunFolder(home / run.name) for run in plan.runs if is_run(home / run.name)]
    done = [folder for folder in folders if folder.status() == "finished"]
    runs = tuple(Result(folder.path, "finished", tuple(plugins)) for folder in done)
    compared = compare_runs(done, keys=plan.varies) if done else None
    return Sweep(plan.group, runs, dict(failed), compared)


def _named(experiment: str | Path | Mapping[str, Any] | Draft) -> str:
    """Returns a recipe's name or a path; tables in memory are written to a file, by content."""
    tables = experiment.experiment if isinstance(experiment, Draft) else experiment
    if not isinstance(tables, Mapping):
        return str(tables)
    called = str(tables.get("recipe", "")) or "experiment"
    lines = [f"{key} = {in_toml(value)}" for key, value in tables.items() if key != "recipe"]
    text = "\n".join(lines) + "\n"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    path = data_home() / "experiments" / digest / f"{called}.toml"
    if not path.is_file():
        from seqkit.data import write_text

        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text)
    return str(path)


def _varying(settings: Mapping[str, Any], before: str = "") -> list[str]:
    """Returns settings as words; a list has its values parted by commas."""
    found: list[str] = []
    for key, value in settings.items():
        # A component is named by its part alone: `model`, not `model.name`.
        whole = before.removesuffix(".") if before and key == "name" else f"{before}{key}"
        if isinstance(value, Mapping):
            found += _varying(value, f"{whole}.")
        elif isinstance(value, list | tuple) and whole != "metrics":
            if not value:
                raise ConfigurationError(f"{whole} is an empty list. Give the values to try")
            texts = [word_of(whole, one).partition("=")[2] for one in value]
            found.append(f"{whole}={','.join(texts)}")
        else:
            found += words_of({whole: value})
    return found
