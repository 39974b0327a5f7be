"""What commands of plugins are written with: options, a run and its parts, and one writer.

    @click.command()
    @run_command
    def longest(run: Run) -> None:
        '''Tell how long the longest example is.'''
        length = int(run.codec.sizes(run.split("test")).max())
        if run.as_json:
            json_document({"run": run.name, "longest": length})
        else:
            line(f"{length} steps")

Importing this module does not import torch; the parts of a run do that need it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import open_registry, open_run, run_argument, running_options
from seqkit.errors import ConfigurationError, suggestion
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder
from seqkit.terminal.bar import Bar
from seqkit.terminal.output import Piece, json_document, line, note, table, warn
from seqkit.terminal.safe_text import one_line

if TYPE_CHECKING:
    from seqkit.api import Arrays, Codec, Task
    from seqkit.engine.encoding import EncodedData
    from seqkit.engine.predict import Predictor
    from seqkit.experiments.experiment import Experiment


@dataclass(frozen=True)
class Run:
    """A run that a command was given. Its parts are read when they are asked for, and once.

    Attributes:
        folder: Its folder.
        registry: Where its components come from.
        device: `--device`; `auto` where it was not given.
        checkpoint: `--checkpoint`: `best`, `last` or a name.
        as_json: Whether the result is wanted as one JSON document.
    """

    folder: RunFolder
    registry: Registry
    device: str = "auto"
    checkpoint: str = "best"
    as_json: bool = False

    @property
    def name(self) -> str:
        """Its name."""
        return self.folder.name

    @cached_property
    def experiment(self) -> Experiment:
        """What it was, with every setting. Parts other than task and dataset need not be installed.

        Raises:
            PluginError: The plugin of its task or dataset is not installed.
        """
        from seqkit.experiments.provenance import load_run_experiment

        return load_run_experiment(self.folder, self.registry, needed=("task", "dataset"))

    @property
    def task(self) -> Task:
        """The task that was learnt."""
        task: Task = self.experiment.task.component
        return task

    @cached_property
    def predictor(self) -> Predictor:
        """The trained model: it answers raw inputs, and has outputs for encoded examples.

        Raises:
            CheckpointError: There is no whole checkpoint.
        """
        from seqkit.engine.predict import load_predictor

        return load_predictor(self.folder, self.registry, self.device, self.checkpoint, warn)

    @property
    def codec(self) -> Codec:
        """The fitted task, which encoded the splits."""
        return self._data.codec

    @property
    def splits(self) -> Mapping[str, Arrays]:
        """The encoded data of every split, read or made anew from the dataset.

        Raises:
            DataError: The dataset cannot be read or encoded.
        """
        return self._data.splits

    def split(self, name: str) -> Arrays:
        """Returns the encoded data of one split.

        Raises:
            ConfigurationError: There is no such split.
            DataError: The dataset cannot be read or encoded.
        """
        if name not in self.splits:
            raise ConfigurationError(
                f"dataset {self.experiment.dataset.name} has no split {name!r}. "
                f"{suggestion(name, list(self.splits))}"
            )
        return self.splits[name]

    @cached_property
    def _data(self) -> EncodedData:
        from seqkit.engine.encoding import encode_for_run

        return encode_for_run(self.experiment, self.registry, self.folder.codec, warn)


def run_command(command: Callable[..., Any]) -> Callable[..., Any]:
    """Makes a function a command of one trained run, which it is given as `run`.

    The argument RUN and the options `--checkpoint`, `--runs-dir`, `--device`, `--plugin`,
    `--no-plugin` and `--json` are read here. Options of the command's own stand above it, as
    `click.option`, and are passed by their names.
    """

    @functools.wraps(command)
    def opened(
        run: str,
        runs_dir: Path,
        device: str | None,
        checkpoint: str,
        plugins: tuple[Path, ...],
        as_json: bool,
        **options: Any,
    ) -> Any:
        registry = open_registry(plugins)
        folder = open_run(run, runs_dir)
        return command(run=Run(folder, registry, device or "auto", checkpoint, as_json), **options)

    checkpoint = click.option(
        "--checkpoint",
        default="best",
        show_default=True,
        metavar="NAME",
        help="best, last or a name.",
    )
    made: Callable[..., Any] = opened
    # The last one that is added stands first in the help.
    for option in (running_options(), checkpoint, run_argument()):
        made = option(made)
    return made


__all__ = [
    "Bar",
    "Piece",
    "Run",
    "json_document",
    "line",
    "note",
    "one_line",
    "run_command",
    "table",
    "warn",
]
