"""Runs from Python: `seqkit.run(...)` trains, `resume` goes on, `seqkit.load(run)` predicts.

Where torch is not loaded yet, all have its threads sleep while they wait: see
`seqkit.engine.openmp`.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.callbacks import Stop, ignore
from seqkit.engine.openmp import wait_passively
from seqkit.errors import ConfigurationError
from seqkit.events import Event
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.warm_start import load_from_run
from seqkit.experiments.words import words_of
from seqkit.paths import runs_home
from seqkit.python.data import Draft, draft
from seqkit.registry.discovery import load_registry
from seqkit.registry.in_memory import Given, listed, with_names
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, find_run

if TYPE_CHECKING:
    from torch import nn

    from seqkit.engine.predict import Predictor
    from seqkit.terminal.report.console import Console

OnEvent = Callable[[Event], Stop | None]
"""Sees every event; `seqkit.STOP` from it, or a `seqkit.StopRun`, saves the run and ends it."""


@dataclass(frozen=True)
class Result:
    """A run that has ended.

    Attributes:
        folder: The run folder.
        status: finished, stopped or interrupted.
    """

    folder: Path
    status: str
    _plugins: tuple[Given, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.folder.name

    @property
    def metrics(self) -> dict[str, Any]:
        """Metrics of the test split where it was scored, or else of the last validation."""
        info = RunFolder(self.folder).info()
        score = info.get("test") or info.get("evaluation") or {}
        return dict(score.get("metrics", {}))

    @property
    def events(self) -> list[Event]:
        """Every event of the run."""
        return list(RunFolder(self.folder).events())

    @cached_property
    def predictor(self) -> Predictor:
        """The trained model with all that answers need, loaded once."""
        return load(self)

    @property
    def model(self) -> nn.Module:
        """The trained network, in evaluation mode."""
        return self.predictor.model

    def predict(self, inputs: Any = (), **options: Any) -> list[dict[str, Any]]:
        """Answers raw inputs with the best checkpoint; see `Predictor.predict`."""
        return self.predictor.predict(inputs, **options)


def run(
    experiment: str | Path | Mapping[str, Any] | Draft | None = None,
    *overrides: str,
    data: Any = None,
    from_run: str | Path | Result | None = None,
    name: str = "",
    runs_dir: str | Path | None = None,
    plugins: Given | Iterable[Given] = (),
    on_event: OnEvent | None = None,
    progress: bool = True,
    **settings: Any,
) -> Result:
    """Trains an experiment and returns when it has ended.

    Args:
        experiment: Name of a recipe, path of a TOML file or of your own data, its tables as a
            dictionary, or what `new` returned. In the place of a component's name a table may have
            its class. With `data`, a recipe to begin with, or nothing.
        *overrides: Words such as `"model=NAME"` and `"trainer.epochs=3"`.
        data: Your own data, as `new` takes them.
        from_run: A run whose weights, vocabulary and scalers training goes on from: its name, its
            path, or a result. Without an experiment it is that of the run.
        name: Name of the run; the recipe's and a number when empty.
        runs_dir: The folder of runs; `runs` when not given.
        plugins: Plugins that are not installed: paths as `--plugin` takes them, modules with hooks,
            or classes of components.
        on_event: Called with every event. Where it returns `seqkit.STOP`, or raises
            `seqkit.StopRun`, the run is saved and ends with the status `stopped`.
        progress: Whether stderr shows how it goes, as `seqkit run` does: with a bar on a terminal,
            and in plain lines elsewhere, such as in a notebook.
        **settings: The same as words: `model="NAME"`, `trainer={"epochs": 3}`.

    Raises:
        SeqkitError: The experiment is not valid, or the run failed.
    """
    wait_passively()
    from seqkit.engine.run import start_run
    from seqkit.experiments.own_file import own_data

    given = listed(plugins)
    settings, classes = with_names(settings)
    if data is None and isinstance(experiment, str | Path) and Path(experiment).exists():
        # As 'seqkit run my.csv' does, but for the file that it writes.
        data = own_data(experiment, load_registry(given))
        experiment = experiment if data is None else None
    if data is not None:
        if experiment is not None and not isinstance(experiment, str):
            raise ConfigurationError(
                "data makes an experiment of its own, and begins with the name of a recipe. Leave "
                "the experiment out, or name it in its dataset"
            )
        # What they are for, and how they are read, decides which experiment it is.
        task, reading = settings.pop("task", ""), settings.pop("dataset", {})
        named = task if isinstance(task, Mapping) else {"name": task}
        more = {key: value for key, value in named.items() if key != "name"}
        settings |= {"task": more} if more else {}
        how = reading if isinstance(reading, Mapping) else {"name": reading}
        recipe, asked = experiment or "", str(named.get("name", ""))
        experiment = draft(data, asked, recipe, "records", given, how, inside="dataset")
        if experiment.warning:
            warnings.warn(experiment.warning, RuntimeWarning, stacklevel=2)
    if from_run is not None and isinstance(experiment, str) and "=" in experiment:
        overrides, experiment = (experiment, *overrides), None
    if experiment is None and from_run is None:
        raise ConfigurationError(
            "no experiment is named. Write run(RECIPE), run(FILE) or run(data=...)"
        )
    source = experiment.experiment if isinstance(experiment, Draft) else experiment
    if isinstance(source, Mapping):
        source, more_classes = with_names(source)
        classes = [*more_classes, *classes]
    given += [one for one in classes if one not in given]
    registry = load_registry(given)
    words = [*words_of(settings), *overrides]
    folder = Path(runs_dir) if runs_dir is not None else runs_home()
    if from_run is not None:
        begun = str(from_run.folder if isinstance(from_run, Result) else from_run)
        loaded = load_from_run(begun, source, registry, words, folder)
    else:
        assert source is not None
        loaded = load_experiment(source, registry, words)
    with contextlib.ExitStack() as stack:
        observers: list[Callable[[Event], Any]] = [on_event] if on_event is not None else []
        if progress:
            console = _console(registry, loaded.dataset.name, stack)
            observers.insert(0, console)
        waiting = console.waiting if progress else ignore
        outcome = start_run(loaded, registry, folder, name, observers, waiting=waiting)
    return Result(outcome.folder.path, outcome.status, tuple(given))


def resume(
    run: str | Path | Result,
    *overrides: str,
    runs_dir: str | Path | None = None,
    plugins: Given | Iterable[Given] = (),
    on_event: OnEvent | None = None,
    progress: bool = True,
    force: bool = False,
    **settings: Any,
) -> Result:
    """Goes on with a run at the very next batch, and returns when it has ended.

    Args:
        run: Path or name of a run, a unique beginning of a name, `last`, or a result of `run`.
        *overrides: Words such as `"trainer.epochs=8"`.
        runs_dir: The folder of runs; `runs` when not given.
        plugins: As of `run`; those that a result was made with, when not given.
        on_event: As of `run`.
        progress: As of `run`.
        force: Take over from a process of another machine that still gives signs of life.
        **settings: The same as words: `trainer={"epochs": 8}`.

    Raises:
        SeqkitError: There is no such run, it is still at work, or it failed. Where it cannot begin,
            all of its files are as they were.
    """
    wait_passively()
    from seqkit.engine.run import resume_run

    folder, given = found(run, runs_dir, plugins)
    settings, classes = with_names(settings)
    given += [one for one in classes if one not in given]
    registry = load_registry(given)
    with contextlib.ExitStack() as stack:
        observers: list[Callable[[Event], Any]] = [on_event] if on_event is not None else []
        if progress:
            console = _console(registry, folder.name, stack, folder)
            observers.insert(0, console)
        words = [*words_of(settings), *overrides]
        waiting = console.waiting if progress else ignore
        outcome = resume_run(folder, registry, observers, words, force, waiting)
    return Result(outcome.folder.path, outcome.status, tuple(given))


def found(
    run: str | Path | Result, runs_dir: str | Path | None, plugins: Given | Iterable[Given]
) -> tuple[RunFolder, list[Given]]:
    """Returns a run and the plugins that are given for it, or those of a result.

    Raises:
        CheckpointError: There is no such run.
    """
    where = run.folder if isinstance(run, Result) else run
    folder = find_run(str(where), Path(runs_dir) if runs_dir is not None else runs_home())
    given = listed(plugins)
    return folder, given or (list(run._plugins) if isinstance(run, Result) else [])


def _console(
    registry: Registry,
    preparing: str,
    stack: contextlib.ExitStack,
    before: RunFolder | None = None,
) -> Console:
    """Returns what shows a run on stderr, until the stack is closed."""
    from seqkit.terminal import output
    from seqkit.terminal.report.console import Console

    output.warn_once(registry.warnings)
    console = Console(result=False)
    stack.callback(console.close)
    if before is not None:
        from seqkit.runs.listing import reading
        from seqkit.runs.log import read_log

        with reading(before):
            console.recall(read_log(before).summary)
    console.preparing(preparing)
    return console


def load(
    run: str | Path | Result,
    *,
    runs_dir: str | Path | None = None,
    plugins: Given | Iterable[Given] = (),
    device: str = "auto",
    checkpoint: str = "best",
) -> Predictor:
    """Loads a trained model.

    Args:
        run: Path or name of a run, a unique beginning of a name, `last`, or a result of `run`.
        runs_dir: The folder of runs; `runs` when not given.
        plugins: Plugins that are not installed: paths as `--plugin` takes them, modules with hooks,
            or classes of components. Those that a result was made with, when not given.
        device: auto, cpu, cuda, mps or xpu.
        checkpoint: `best`, `last`, or the name of a checkpoint.

    Raises:
        CheckpointError: There is no such run, or it has no whole checkpoint.
    """
    wait_passively()
    from seqkit.engine.predict import load_predictor

    folder, given = found(run, runs_dir, plugins)
    return load_predictor(folder, load_registry(given), device, checkpoint)
