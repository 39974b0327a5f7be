"""Why a run may have done badly, told from its events: small rules, each with its sentence.

What is peculiar to a task, such as a class that was never told, the task says itself: see
`Task.advice`. Torch-free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seqkit.events import Event
from seqkit.outcome import Advice
from seqkit.runs.summary import RunSummary, flatten

FEW_STEPS = 200
"""Optimiser steps below which a model has usually just begun to learn."""
VERY_FEW_STEPS = 60
"""Optimiser steps that are too few for anything, whatever the loss did meanwhile."""
_ENOUGH_STEPS = 400
_SMALLEST_BATCH = 4
_SHORT_EPOCH = 20
"""Steps of an epoch below which batches are better made smaller."""
_LEAST_FALL = 0.02
"""The part of a loss that counts as falling, and not as noise."""
_LEAST_LEARNT = 0.03
"""The part of the training loss that must go before anything was learnt."""
_JUMP, _RISE = 3.0, 1.2
_OVERFITTED = 1.03
_MOST_DROPOUT = 0.5

Rule = Callable[[RunSummary], Advice | None]


def diagnose(run: RunSummary) -> list[Advice]:
    """Returns what a run shows to be wrong with it, the likeliest first."""
    found = [rule(run) for rule in RULES]
    return [advice for advice in found if advice is not None]


def likeliest_first(advice: Sequence[Advice], run: RunSummary) -> list[Advice]:
    """Returns what a task says of a run and what the run shows, the likeliest first.

    What the task says comes first, but for a run that hardly began to learn: what it did not find
    in so few steps tells nothing of the data.
    """
    shown = diagnose(run)
    few = learning_unfinished(run) if run.step < VERY_FEW_STEPS else None
    if few is None or rate_too_high(run) is not None:
        return [*advice, *shown]
    return [few, *advice, *(one for one in shown if one != few)]


def settings_of(run: RunSummary) -> dict[str, Any]:
    """Returns the settings of a run as its events have them, flat."""
    experiment = run.started.get("experiment")
    return flatten(experiment) if isinstance(experiment, Mapping) else {}


# --- rules ----------------------------------------------------------------------------------------


def rate_too_high(run: RunSummary) -> Advice | None:
    """The training loss went up instead of down, or was no number."""
    rate = _rate(run)
    losses = [loss for _, loss in run.train]
    broken = any(not math.isfinite(loss) for loss in losses) or any(
        not math.isfinite(_number(event, "loss")) for event in run.evaluations
    )
    words = (f"trainer.learning_rate={rate / 10:.1g}",) if rate else ()
    if broken:
        return Advice("the loss was no finite number on the way", words)
    if len(losses) < 4 or losses[0] <= 0:
        return None
    first, last, worst = losses[0], _last(losses), max(losses)
    if last > _RISE * first or worst > _JUMP * first:
        how = f"from {first:.3g} to {max(last, worst):.3g}"
        return Advice(f"the learning rate is too high: the training loss jumped {how}", words)
    return None


def metric_stands_still(run: RunSummary) -> Advice | None:
    """What chooses the best checkpoint was the same every time, so that it chose nothing."""
    if run.metric == "loss" or len(run.evaluations) < 2:
        return None
    values = [_metric(event, run.metric) for event in run.evaluations]
    losses = [_number(event, "loss") for event in run.evaluations]
    if len(set(values)) > 1 or values[0] is None or len(set(losses)) < 2:
        return None
    return Advice(
        f"{run.metric} was {values[0]:.3g} in each of {len(values)} evaluations, and so it chose "
        "no checkpoint",
        ("trainer.monitor=loss",),
    )


def learning_unfinished(run: RunSummary) -> Advice | None:
    """The loss was still falling when the run ended, or had hardly begun to."""
    if run.ended is not None and "early" in str(run.ended.get("message", "")):
        return None
    steps = f"{run.step:,} optimiser step{'s' * (run.step != 1)}"
    if run.step < FEW_STEPS and _fell_little(run):
        return Advice(f"only {steps}: the loss had hardly begun to fall", more_steps(run))
    if not _still_falling(run):
        few = run.step < VERY_FEW_STEPS and overfitted(run) is None
        return Advice(f"only {steps}", more_steps(run)) if few else None
    if run.step < FEW_STEPS:
        return Advice(f"only {steps}, and the loss was still falling", more_steps(run))
    return Advice(f"the loss was still falling at the end, after {steps}", more_steps(run))


def _still_falling(run: RunSummary) -> bool:
    validation = [loss for _, loss in run.validation if math.isfinite(loss)]
    losses = validation if len(validation) >= 3 else [loss for _, loss in run.train]
    if len(losses) < 2:
        return False
    # Over the last third, as a schedule may make the very last steps small.
    before = losses[-max(2, len(losses) // 3)]
    return losses[-1] == min(losses) and before - losses[-1] > _LEAST_FALL * abs(before)


def _fell_little(run: RunSummary) -> bool:
    losses = [loss for _, loss in run.train]
    if len(losses) < 4:
        return False
    first, last = losses[0], _last(losses)
    return abs(first - last) < _LEAST_LEARNT * abs(first) and min(losses) > 0.9 * first


def never_left_chance(run: RunSummary) -> Advice | None:
    """The training loss hardly fell at all."""
    if run.step < FEW_STEPS or not _fell_little(run):
        return None
    losses = [loss for _, loss in run.train]
    first, last = losses[0], _last(losses)
    rate = _rate(run)
    other = 3 * rate if rate <= 0.003 else rate / 10
    words = (f"trainer.learning_rate={other:.1g}",) if rate else ()
    return Advice(
        f"nothing was learnt: the training loss went from {first:.3g} to {last:.3g}", words
    )


def overfitted(run: RunSummary) -> Advice | None:
    """The validation loss rose while the training loss went on falling."""
    if len(run.validation) < 3:
        return None
    losses = [loss for _, loss in run.validation]
    place = min(range(len(losses)), key=losses.__getitem__)
    lowest, last = run.evaluations[place], run.evaluations[-1]
    before, after = _number(lowest, "train_loss"), _number(last, "train_loss")
    # Where losses may be below 0, a part of one says nothing.
    if losses[place] <= 0 or losses[-1] < _OVERFITTED * losses[place] or not after < before:
        return None
    return Advice(
        f"overfitted since epoch {round(lowest.epoch, 2):g}: from there on the training loss fell "
        f"from {before:.3g} to {after:.3g}, and the validation loss rose from "
        f"{losses[place]:.3g} to {losses[-1]:.3g}",
        _less_freedom(settings_of(run)),
    )


RULES: tuple[Rule, ...] = (
    rate_too_high,
    metric_stands_still,
    learning_unfinished,
    never_left_chance,
    overfitted,
)
"""The rules, the likeliest first."""


# --- what to try ----------------------------------------------------------------------------------


def more_steps(run: RunSummary) -> tuple[str, ...]:
    """Returns settings by which a run has several times as many steps, some hundred at least.

    Where an epoch has few steps, smaller batches cost little and make more of them.
    """
    started, settings = run.started, settings_of(run)
    epochs, per_epoch = started.get("epochs"), started.get("steps_per_epoch")
    batch = started.get("batch_size")
    if not (isinstance(epochs, int) and isinstance(per_epoch, int) and isinstance(batch, int)):
        return ()
    done = max(1, run.step)
    wanted = max(4 * done, _ENOUGH_STEPS) if done < FEW_STEPS else 2 * done
    words: list[str] = []
    limit = settings.get("trainer.max_steps") or 0
    if limit and limit <= epochs * per_epoch:
        words.append(f"trainer.max_steps={wanted}")
    elif epochs * per_epoch < wanted and batch >= 2 * _SMALLEST_BATCH and per_epoch < _SHORT_EPOCH:
        factor = 2
        while 2 * factor * _SMALLEST_BATCH <= batch and factor * epochs * per_epoch < wanted:
            factor *= 2
        words.append(f"trainer.batch_size={batch // factor}")
        per_epoch *= factor
    if epochs * per_epoch < wanted:
        words.append(f"trainer.epochs={-(-wanted // max(1, per_epoch))}")
    return tuple(words)


def _less_freedom(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns settings that keep a model from learning its examples by heart."""
    for key, value in sorted(settings.items(), key=lambda item: len(item[0])):
        is_one = key.startswith("model.") and key.endswith("dropout")
        if is_one and isinstance(value, int | float) and value < _MOST_DROPOUT:
            return (f"{key}={0.3 if value < 0.3 else _MOST_DROPOUT:g}",)
    if not settings.get("trainer.weight_decay"):
        return ("trainer.optimizer=adamw", "trainer.weight_decay=0.05")
    return ()


# --- reading --------------------------------------------------------------------------------------


def _rate(run: RunSummary) -> float:
    rate = settings_of(run).get("trainer.learning_rate")
    return float(rate) if isinstance(rate, int | float) else 0.0


def _last(losses: list[float]) -> float:
    """Returns the mean of the last tenth, as single steps are noisy."""
    tail = losses[-max(1, len(losses) // 10) :]
    return sum(tail) / len(tail)


def _number(event: Event, key: str) -> float:
    value = event.get(key)
    return float(value) if isinstance(value, int | float) else math.nan


def _metric(event: Event, name: str) -> float | None:
    metrics = event.get("metrics")
    value = metrics.get(name) if isinstance(metrics, Mapping) else None
    return float(value) if isinstance(value, int | float) else None
