"""seqkit from Python: `seqkit.run(...)` trains, `seqkit.load(run)` predicts. Made for notebooks.

Where torch is not loaded yet, both have its threads sleep while they wait: see
`seqkit.engine.openmp`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqkit.engine.openmp import wait_passively
from seqkit.errors import ConfigurationError
from seqkit.events import Event
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.warm_start import load_from_run
from seqkit.paths import runs_home
from seqkit.registry.discovery import load_registry
from seqkit.registry.in_memory import Given, listed, with_names
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, find_run

if TYPE_CHECKING:
    from seqkit.engine.predict import Predictor
    from seqkit.terminal.report.console import Console


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

    def predict(
        self, inputs: Sequence[str | Mapping[str, Any]] = (), **options: Any
    ) -> list[dict[str, Any]]:
        """Answers raw inputs with the best checkpoint."""
        return load(self).predict(inputs, **options)


def run(
    experiment: str | Path | Mapping[str, Any] | None = None,
    *overrides: str,
    from_run: str | Path | Result | None = None,
    name: str = "",
    runs_dir: str | Path | None = None,
    plugins: Given | Iterable[Given] = (),
    on_event: Callable[[Event], None] | None = None,
    progress: bool = True,
) -> Result:
    """Trains an experiment and returns when it has ended.

    Args:
        experiment: Name of a recipe, path of a TOML file, or its tables as a dictionary. In the
            place of a component's name a table may have its class. None with `from_run` for the
            experiment of that run.
        *overrides: Words such as `"model=NAME"` and `"trainer.epochs=3"`.
        from_run: A run whose weights, vocabulary and scalers training goes on from: its name, its
            path, or a result.
        name: Name of the run; the recipe's and a number when empty.
        runs_dir: The folder of runs; `runs` when not given.
        plugins: Plugins that are not installed: paths as `--plugin` takes them, modules with hooks,
            or classes of components.
        on_event: Called with every event.
        progress: Whether stderr shows how it goes, as `seqkit run` does: with a bar on a terminal,
            and in plain lines elsewhere, such as in a notebook.

    Raises:
        SeqkitError: The experiment is not valid, or the run failed.
    """
    wait_passively()
    from seqkit.engine.run import start_run

    given = listed(plugins)
    if from_run is not None and isinstance(experiment, str) and "=" in experiment:
        overrides, experiment = (experiment, *overrides), None
    if isinstance(experiment, Mapping):
        experiment, classes = with_names(experiment)
        given += [one for one in classes if one not in given]
    registry = load_registry(given)
    folder = Path(runs_dir) if runs_dir is not None else runs_home()
    if from_run is not None:
        begun = str(from_run.folder if isinstance(from_run, Result) else from_run)
        loaded = load_from_run(begun, experiment, registry, overrides, folder)
    elif experiment is not None:
        loaded = load_experiment(experiment, registry, overrides)
    else:
        raise ConfigurationError("no experiment is named. Give a recipe, a file, or from_run")
    observers: list[Callable[[Event], None]] = [on_event] if on_event is not None else []
    with contextlib.ExitStack() as stack:
        if progress:
            observers.insert(0, _console(registry, loaded.dataset.name, stack))
        outcome = start_run(loaded, registry, folder, name, observers)
    return Result(outcome.folder.path, outcome.status, tuple(given))


def from_records(
    records: Any,
    *,
    task: str = "",
    name: str = "records",
    plugins: Given | Iterable[Given] = (),
    **settings: Any,
) -> dict[str, Any]:
    """Returns the experiment that records in memory begin with, to be given to `run`.

    The records are written to a file of seqkit's data folder, named by its content, and looked at
    as `seqkit new --data` looks at a file: a dataset recognises them, and brings the settings that
    suit.

    Args:
        records: A DataFrame, columns by name, a list of dictionaries, texts or numbers, or an
            array.
        task: The task that they are for; told from what they hold when empty.
        name: What the run is called after.
        plugins: Plugins that are not installed: paths as `--plugin` takes them, modules with hooks,
            or classes of components.
        **settings: Settings of the dataset that are known, such as `label="rating"`.

    Returns:
        The tables of the experiment; change them as you like.

    Raises:
        DataError: They are no records, or no dataset recognises them.
    """
    from seqkit.experiments.beginning import begin
    from seqkit.experiments.own_data import recognise
    from seqkit.experiments.records import save_records
    from seqkit.paths import data_home

    path = save_records(records, data_home() / "records", name)
    registry = load_registry(listed(plugins))
    entry, recognition = recognise(path, registry, task, settings)
    return {"recipe": name, **begin(entry, recognition, registry).document}


def _console(registry: Registry, preparing: str, stack: contextlib.ExitStack) -> Console:
    """Returns what shows a run on stderr, until the stack is closed."""
    from seqkit.terminal import output
    from seqkit.terminal.report.console import Console

    output.warn_once(registry.warnings)
    console = Console(result=False)
    stack.callback(console.close)
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

    where = run.folder if isinstance(run, Result) else run
    folder = find_run(str(where), Path(runs_dir) if runs_dir is not None else runs_home())
    given = listed(plugins)
    if isinstance(run, Result):
        given = given or list(run._plugins)
    registry = load_registry(given)
    return load_predictor(folder, registry, device, checkpoint)
