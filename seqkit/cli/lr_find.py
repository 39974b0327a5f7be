"""`seqkit lr-find`: try a range of learning rates on a few batches."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqkit.cli.common import open_registry, running_options
from seqkit.cli.completion import complete_experiment
from seqkit.cli.examples import ExampleCommand
from seqkit.errors import ConfigurationError
from seqkit.terminal import output

if TYPE_CHECKING:
    from seqkit.engine.rate_finder import RangeTest


@click.command(
    "lr-find", cls=ExampleCommand, example="seqkit lr-find {recipe} model={model} --seeds 3"
)
@click.argument("experiment", metavar="RECIPE|FILE", shell_complete=complete_experiment)
@click.argument("settings", metavar="[KEY=VALUE]...", nargs=-1, shell_complete=complete_experiment)
@click.option(
    "--low",
    type=click.FloatRange(min=0, min_open=True),
    default=1e-6,
    show_default=True,
    metavar="RATE",
    help="Learning rate of the first step.",
)
@click.option(
    "--high",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="RATE",
    help="Learning rate of the last step.",
)
@click.option(
    "--steps",
    type=click.IntRange(20, 100_000),
    default=200,
    show_default=True,
    metavar="N",
    help="Steps from the one to the other.",
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1, max=100),
    default=1,
    show_default=True,
    metavar="N",
    help="Average the losses of so many models.",
)
@running_options()
def lr_find(
    experiment: str,
    settings: tuple[str, ...],
    low: float,
    high: float,
    steps: int,
    seeds: int,
    runs_dir: Path,
    device: str | None,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Try a range of learning rates on a few batches, and suggest one.

    The learning rate rises from step to step while a new model is trained, until the loss rises
    without bounds (Smith, 2017). No run is made of it and nothing is kept.
    """
    from seqkit.experiments.loading import load_experiment

    if high <= low:
        raise ConfigurationError(f"--high {high:g} must be above --low {low:g}.")
    registry = open_registry(plugins)
    words = [*settings, *([f"trainer.device={device}"] if device else [])]
    loaded = load_experiment(experiment, registry, words)
    from seqkit.engine.rate_finder import find_rate

    output.note(f"Trying {steps} learning rates from {low:g} to {high:g} ...")
    found = find_rate(
        loaded,
        registry,
        runs_dir,
        low=low,
        high=high,
        steps=steps,
        seeds=seeds,
        notify=output.warn,
    )
    if as_json:
        output.json_document(found.as_dict())
        return
    _show(found)


def _show(found: RangeTest) -> None:
    from seqkit.terminal.plot import plot_losses
    from seqkit.terminal.safe_text import encodable

    points = [(math.log10(r), loss) for r, loss in zip(found.rates, found.smoothed, strict=True)]
    ends = f"{found.rates[0]:.0e}", "learning rate", f"{found.rates[-1]:.0e}"
    width = min(output.results().width, 78)
    for line in plot_losses(points, [], width, unicode=encodable("⠿┤└─"), axis=ends):
        output.line(*line)
    if found.suggestion is None:
        output.line("The loss did not fall by more than chance: no learning rate can be suggested.")
        output.note("Try --seeds 5, a larger trainer.batch_size or more --steps.")
        return
    output.line()
    assert found.lowest is not None
    output.line(
        f"falls fastest at {found.steepest:.1e}, is lowest at {found.lowest:.1e}"
        + (", then rises without bounds" if found.diverged else "")
    )
    output.line(("Suggested: ", "bold"), (f"trainer.learning_rate={found.suggestion:g}", "cyan"))
    output.note(f"More careful is a tenth of where it is lowest: {found.lowest / 10:.1e}.")
