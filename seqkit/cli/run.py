"""`seqkit run`: train a model."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from seqkit.cli.common import (
    open_registry,
    running_options,
)
from seqkit.cli.completion import complete_experiment
from seqkit.cli.examples import ExampleCommand
from seqkit.errors import ConfigurationError, ExitCode
from seqkit.terminal import output, streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seqkit.engine.run import Outcome
    from seqkit.events import Event
    from seqkit.registry.registry import Registry
    from seqkit.runs.folder import RunFolder


# What 'seqkit new' has as an option is a word here.
_OPTION = re.compile(r"--task (?=\S)")


@click.command(
    cls=ExampleCommand, example="seqkit run {recipe} model={model} {setting} trainer.epochs=3"
)
@click.argument(
    "experiment", metavar="RECIPE|FILE|DATA", required=False, shell_complete=complete_experiment
)
@click.argument("settings", metavar="[KEY=VALUE]...", nargs=-1, shell_complete=complete_experiment)
@click.option(
    "--from",
    "begin_from",
    default="",
    metavar="RUN",
    help="Go on from the weights, vocabulary and scalers of a run; its experiment needs no name.",
)
@click.option("--name", default="", help="Name of the run.  [default: the recipe's and a number]")
@click.option(
    "--folds",
    type=click.IntRange(2, 1000),
    metavar="K",
    help="Cross-validate: K runs, each tested on another part of all examples.",
)
@click.option(
    "--fold-by", default="", metavar="COLUMN", help="Keep equal values of a column in one fold."
)
@click.option("--group", default="", metavar="NAME", help="Group to compare the run in.")
@click.option("--varies", multiple=True, hidden=True, help="A setting that varies in the group.")
@running_options("Write every event to stdout as it happens, one JSON object a line.")
@click.option("--quiet", "-q", is_flag=True, help="Write nothing but the result and warnings.")
def run(
    experiment: str | None,
    settings: tuple[str, ...],
    begin_from: str,
    folds: int | None,
    fold_by: str,
    name: str,
    group: str,
    varies: tuple[str, ...],
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
    quiet: bool,
) -> int:
    """Train a model, from a recipe, a TOML file, or your own data.

    KEY=VALUE words change the experiment: model=NAME, trainer.epochs=3. For your own file or folder
    an experiment is written first, as by 'seqkit new', and named after it: my.toml for my.csv.
    """
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.own_file import own_data
    from seqkit.experiments.warm_start import load_from_run
    from seqkit.runs.folder import require_name

    if experiment and begin_from and "=" in experiment:
        settings, experiment = (experiment, *settings), None
    words = [*settings, *([f"trainer.device={device}"] if device else [])]
    if (folds or fold_by) and (not folds or not experiment or begin_from):
        raise ConfigurationError(
            "a cross-validation needs --folds K and a recipe or file of its own; the run that "
            "all folds go on from is named in it: from=RUN"
        )
    if name:
        require_name(name, "--name ")
    registry = open_registry(plugins)
    data = own_data(experiment, registry) if experiment else None
    if data is not None and begin_from:
        words, experiment = [f"dataset.path={json.dumps(str(data))}", *words], None
    elif data is not None:
        experiment = str(_experiment_on(data, words, registry, runs_dir, quiet, bool(folds)))
    if folds and experiment:
        from seqkit.processes.folding import cross_validate

        return cross_validate(
            experiment, words, folds, fold_by, name, runs_dir, registry, plugins, as_json
        )
    if begin_from:
        loaded = load_from_run(begin_from, experiment, registry, words, runs_dir)
    elif experiment:
        loaded = load_experiment(experiment, registry, words)
    else:
        raise ConfigurationError(
            "no experiment is named. Write seqkit run RECIPE, or seqkit run --from RUN"
        )
    with Observers(as_json, quiet) as observers:
        observers.preparing(loaded.dataset.name)
        from seqkit.engine.run import start_run

        notes = {"group": group, "varies": list(varies)} if group else None
        outcome = start_run(
            loaded, registry, runs_dir, name, observers.all, notes, observers.waiting
        )
    return exit_code(outcome)


def _experiment_on(
    data: Path,
    words: Sequence[str],
    registry: Registry,
    runs_dir: Path,
    quiet: bool,
    folded: bool,
) -> Path:
    """Returns the experiment file of some data, which is written where there is none.

    Raises:
        ConfigurationError: The file is there, and is for other data, or a word is wrong, or the
            data cannot be folded as they must: nothing is written then.
        CheckpointError: There is no such run to go on from.
        DataError: No dataset recognises the data.
    """
    from seqkit.experiments.folds import require_foldable
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.own_file import (
        about_data,
        begin_on,
        is_of,
        named_after,
        task_of,
        write_experiment,
    )
    from seqkit.runs.folder import find_run

    def say(text: str) -> None:
        if not quiet:
            output.note(text)

    file = named_after(data)
    task, given = about_data(words)
    if file.exists():
        other = "" if is_of(file, data) else f"no experiment on {data}"
        if not other and task and (before := task_of(file)) != task:
            other = f"for the task {before}"
        if other:
            for_task = ["--task", task] if task else []
            command = shlex.join(["seqkit", "new", "OTHER.toml", "--data", str(data), *for_task])
            raise ConfigurationError(
                f"{file} is there already, and is {other}. Write another one, and run it: {command}"
            )
        say(f"Taking {file}, which is there already.")
        return file
    found = begin_on(data, registry, task=task, given=given, warn=output.warn)
    experiment = load_experiment(found.begun.document, registry, words)
    if folded:
        require_foldable(experiment)
    if experiment.origin is not None:
        find_run(experiment.origin.run, runs_dir)
    write_experiment(file, found.begun, registry, f"seqkit run {shlex.quote(str(file))}")
    say(f"Wrote {file}. {_OPTION.sub('task=', found.said)}")
    for reason in dict.fromkeys(found.begun.reasons.values()):
        say(f"- {reason}")
    if found.begun.warning:
        output.warn(found.begun.warning)
    return file


def exit_code(outcome: Outcome) -> int:
    """Returns the exit code that tells how a run ended."""
    return ExitCode.INTERRUPTED if outcome.status == "interrupted" else ExitCode.DONE


class Observers:
    """Who watches a run from the command line: the console, and the event stream of `--json`.

    Args:
        as_json: Whether events go to stdout.
        quiet: Whether narration is left out.
    """

    def __init__(self, as_json: bool, quiet: bool) -> None:
        from seqkit.terminal.report.console import Console

        beside_events = as_json and not streams.is_plain(streams.stdout())
        self._console = Console(quiet=quiet, result=not as_json, live=not beside_events)
        self.all: list[Callable[[Event], None]] = [self._console]
        if as_json:
            self.all.insert(0, EventStream())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self._console.close()

    def recall(self, folder: RunFolder) -> None:
        """Lets the console know what a run did before it is resumed."""
        from seqkit.runs.listing import reading
        from seqkit.runs.log import damaged_lines, read_log

        with reading(folder):
            log = read_log(folder)
        if said := damaged_lines(log.path, log.damaged):
            output.warn(said)
        self._console.recall(log.summary)

    def preparing(self, what: str) -> None:
        """Says that data are being prepared, until the run has started."""
        self._console.preparing(what)

    def waiting(self, text: str) -> None:
        """Says what is being done while no step is."""
        self._console.waiting(text)


class EventStream:
    """Writes each event to stdout as it happens. A reader that goes away does not end the run."""

    def __init__(self) -> None:
        self._open = True

    def __call__(self, event: Event) -> None:
        """Writes one event."""
        from seqkit.events import dump_event

        if not self._open:
            return
        try:
            output.raw(dump_event(event))
            output.flush()
        except streams.ReaderGoneError:
            self._close()
        except (OSError, ValueError) as error:
            self._close()
            output.warn(f"no more events can be written to stdout: {error}")

    def _close(self) -> None:
        self._open = False
        streams.discard_stdout()
