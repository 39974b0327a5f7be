"""How long a first model on one's own data trains: by steps and by time, not by epochs."""

from __future__ import annotations

import math

from seqkit.api import Choice

__all__ = ["step_seconds", "threads", "training"]

BUDGET, FEWEST = 180.0, 1000
"""Seconds that a first model may take, by estimate; and the steps that it gets all the same."""

_FEW_EPOCHS = 3
"""Epochs whose ends are enough evaluations."""

_EVALUATIONS = 20
_PATIENCE = 10
"""Evaluations of a run, and those without improvement that end it.

Half of the run: with one cycle of the learning rate most is gained late.
"""

_OVERHEAD = 0.003
"""Seconds of a step, whatever it computes."""

_SHARED, _TWO_CORES = 500_000, 1.6
"""Numbers of a step from which on cores share it with profit, and what two of them gain."""


def training(
    examples: int, batch_size: int, *, steps: int, epochs: tuple[int, int], seconds: float
) -> list[Choice]:
    """Returns the epochs that make about so many steps, and when to evaluate and stop.

    Args:
        examples: Examples of an epoch.
        batch_size: Examples of a step.
        steps: Optimiser steps that are wanted.
        epochs: The least and the most epochs, whatever the steps.
        seconds: What a step takes, by estimate.
    """
    each = math.ceil(examples / batch_size)
    fewest, most = epochs
    wanted = min(max(math.ceil(steps / each), fewest), most)
    affordable = max(FEWEST, int(BUDGET / seconds))
    whole = max(1, min(wanted, affordable // each))
    total = min(whole * each, affordable)
    why = f"{total:,} steps, about {_duration(total * seconds)}, or fewer once nothing is gained"
    choices = {"trainer.epochs": whole}
    if total < each:
        choices["trainer.max_steps"] = total
    if total < each or not _FEW_EPOCHS <= whole <= _EVALUATIONS:
        choices["trainer.evaluate_every"] = math.ceil(total / _EVALUATIONS)
    evaluations = _EVALUATIONS if "trainer.evaluate_every" in choices else whole
    choices["trainer.early_stopping"] = max(3, min(_PATIENCE, evaluations // 2))
    return [Choice(key, value, why) for key, value in choices.items()]


def step_seconds(numbers: float, speed: float) -> float:
    """Estimates what an optimiser step takes on two cores.

    Args:
        numbers: Tokens of a step times units of the model.
        speed: How many of them one core trains in a second.
    """
    return _OVERHEAD + numbers / speed / (_TWO_CORES if numbers >= _SHARED else 1)


def threads(numbers: float, cores: int) -> Choice:
    """Returns the threads for steps that compute so many numbers.

    Args:
        numbers: Tokens or rows of a step times units of the model.
        cores: Processor cores.
    """
    if cores > 1 and numbers >= _SHARED:
        return Choice("trainer.threads", 0, f"steps large enough for all {cores} cores")
    return Choice("trainer.threads", 1, "steps this small cost more on several threads")


def _duration(seconds: float) -> str:
    minutes = seconds / 60
    return f"{max(10, round(seconds, -1)):.0f} s" if minutes < 1.5 else f"{minutes:.0f} minutes"
