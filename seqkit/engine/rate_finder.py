"""A range of learning rates tried on a few batches, to choose one before training.

Smith 2017, "Cyclical Learning Rates for Training Neural Networks": the rate rises from step to
step, here exponentially, and the loss falls as long as it is neither too low nor too high.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Notify
from seqkit.engine.attribution import attributed_in, attributed_to
from seqkit.engine.device import choose_device, set_threads
from seqkit.engine.encoding import EncodedData, encode_data, encode_further
from seqkit.engine.learner import build_learner
from seqkit.engine.optimization import clip_gradients, gradient_norm
from seqkit.engine.progress import Progress
from seqkit.engine.train import Training
from seqkit.engine.warm_start import Source, begin_from, open_source
from seqkit.errors import RunError
from seqkit.events import Event
from seqkit.experiments.experiment import Experiment
from seqkit.registry.registry import Registry

SMOOTHING = 0.9
"""Share of the past in the moving average of the losses."""

FEWEST = 10
"""Steps without which nothing can be read off, and at the beginning that tell where it began."""

_SURE = 3.0
"""How many standard deviations of chance a fall has to be."""

_DIVERGED = 4.0
"""How many times the lowest loss is so much that training has come apart."""


@dataclass(frozen=True)
class RangeTest:
    """What a range of learning rates came to.

    Attributes:
        rates: The learning rate of each step.
        losses: The mean loss of each batch, over all seeds.
        smoothed: Their moving average, without the bias of its beginning.
        steepest: The rate at which the loss falls fastest; None where it never falls.
        lowest: The rate at which it is lowest.
        diverged: Whether it was ended as the loss rose without bounds.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    steepest: float | None
    lowest: float | None
    diverged: bool

    @property
    def suggestion(self) -> float | None:
        """A learning rate to begin with, in two digits: where the loss falls fastest."""
        return None if self.steepest is None else float(f"{self.steepest:.1e}")

    def as_dict(self) -> dict[str, Any]:
        """Returns it as plain JSON values."""
        tenth = None if self.lowest is None else float(f"{self.lowest / 10:.1e}")
        return {
            "suggestion": self.suggestion,
            "steepest": self.steepest,
            "lowest": self.lowest,
            "tenth_of_lowest": tenth,
            "diverged": self.diverged,
            "rates": list(self.rates),
            "losses": list(self.losses),
            "smoothed": list(self.smoothed),
        }


def find_rate(
    experiment: Experiment,
    registry: Registry,
    runs_dir: Path,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 200,
    seeds: int = 1,
    notify: Notify,
    progress: Callable[[int, int], None] | None = None,
) -> RangeTest:
    """Trains a new model on a few batches with a rising learning rate. Nothing of it is kept.

    Args:
        experiment: What is to be trained; its learning rate and schedule do not count.
        registry: Where its components come from.
        runs_dir: Where the run is that it goes on from, if it does.
        low: The learning rate of the first step.
        high: That of the last one.
        steps: How many there are.
        seeds: Models whose losses are averaged, each of another seed.
        notify: Receives warnings.
        progress: Called with the steps done and their number.

    Raises:
        SeqkitError: The data cannot be had, a component fails, or there is no memory.
    """
    rates = np.geomspace(low, high, steps)
    set_threads(experiment.trainer.threads)
    with attributed_in(experiment, registry):
        source = None
        if experiment.origin is not None:
            source = open_source(experiment, registry, runs_dir)
        curves: list[list[float]] = []
        for number in range(seeds):
            seed = experiment.trainer.seed + number
            one = replace(experiment, trainer=experiment.trainer.model_copy(update={"seed": seed}))
            said = notify if number == 0 else _nothing
            if source is None:
                data = encode_data(one, registry, said)
            else:
                data = encode_further(one, source.codec, said)
            losses: list[float] = []
            for loss in _losses(one, data, source, rates, said):
                losses.append(loss)
                if progress is not None:
                    progress(number * steps + len(losses), seeds * steps)
                if _has_diverged(losses):
                    break
            curves.append(losses)
    return _judged(rates, curves)


def _nothing(_message: str) -> None:
    return


def _losses(
    experiment: Experiment,
    data: EncodedData,
    source: Source | None,
    rates: NDArray[np.float64],
    notify: Notify,
) -> Iterator[float]:
    """Yields the mean loss of each batch, before the step that it leads to."""
    learner = build_learner(experiment, data.codec, choose_device(experiment.trainer))
    if source is not None:
        begin_from(source, learner, notify)
    else:
        with attributed_to(experiment.model):
            model = experiment.model
            model.component.initialize(model.config, learner.model, data.codec, notify)
    config = experiment.trainer
    training = Training(learner, data.splits, Progress(accumulation=config.accumulation), _unsaved)
    learner.model.train()
    batches = _batches(training)
    for rate in rates:
        for group in training.optimizer.param_groups:
            group["lr"] = float(rate)
        total, number = training.backward(next(batches))
        yield float(total.detach()) / float(number)
        norm = gradient_norm(learner.parameters)
        if config.clip_norm and float(norm) > config.clip_norm:
            clip_gradients(learner.parameters, config.clip_norm, norm)
        training.optimizer.step()
        training.optimizer.zero_grad(set_to_none=True)


def _batches(training: Training) -> Iterator[NDArray[Any]]:
    """Yields batch after batch, epoch after epoch."""
    for epoch in count():
        plan = training.plan(epoch)
        if not len(plan):
            raise RunError("there is no batch to train on. Use a smaller trainer.batch_size")
        training.state = None
        yield from plan


def _unsaved(_training: Training, _reason: str, _best: bool) -> Event:
    raise AssertionError("a range test keeps nothing")


def _has_diverged(losses: list[float]) -> bool:
    if not math.isfinite(losses[-1]):
        return True
    smoothed = _smoothed(np.array(losses))
    lowest = float(smoothed.min())
    rise = (_DIVERGED - 1) * max(abs(lowest), 1e-9)
    return len(losses) > FEWEST and float(smoothed[-1]) > lowest + rise


def _smoothed(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the moving average of losses, each divided by the weights that it has so far."""
    averages = np.empty(len(losses))
    average = 0.0
    for place, loss in enumerate(losses):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        averages[place] = average / (1 - SMOOTHING ** (place + 1))
    return averages


def _judged(rates: NDArray[np.float64], curves: list[list[float]]) -> RangeTest:
    """Averages the curves of all seeds as far as every one goes, and reads the rates off."""
    length = min(map(len, curves))
    diverged = any(len(curve) < len(rates) or not math.isfinite(curve[-1]) for curve in curves)
    mean = np.mean([curve[:length] for curve in curves], axis=0)
    finite = int(np.isfinite(mean).sum())
    mean, used = mean[:finite], rates[:finite]
    smoothed = _smoothed(mean)
    steepest, lowest = _read_off(used, mean, smoothed)
    return RangeTest(
        tuple(used.tolist()),
        tuple(mean.tolist()),
        tuple(smoothed.tolist()),
        steepest,
        lowest,
        diverged,
    )


def _read_off(
    rates: NDArray[np.float64], losses: NDArray[np.float64], smoothed: NDArray[np.float64]
) -> tuple[float | None, float | None]:
    """Returns the rates of the steepest fall and of the lowest loss; none where it never falls.

    At rates that are too low the loss goes up and down by chance alone: the fall begins where a
    tenth of it is done, and has to be more than chance.
    """
    if len(losses) <= FEWEST:
        return None, None
    place = int(np.argmin(smoothed))
    start = float(np.mean(losses[:FEWEST]))
    fall = start - float(smoothed[place])
    spread = float(np.std((losses - smoothed)[: place + 1]))
    chance = spread * math.sqrt(1 / FEWEST + (1 - SMOOTHING) / (1 + SMOOTHING))
    if place < FEWEST or fall <= _SURE * chance:
        return None, None
    above = np.flatnonzero(smoothed[:place] >= start - fall / 10)
    first = int(above[-1]) if len(above) else 0
    slopes = np.gradient(smoothed, np.log(rates))[first : place + 1]
    return float(rates[first + int(np.argmin(slopes))]), float(rates[place])
