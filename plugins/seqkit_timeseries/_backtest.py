"""Errors of a trained model and of naive forecasts, step by step of the horizon."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from seqkit import ConfigurationError, Predictor
from seqkit.api import Arrays
from seqkit_timeseries._answers import middle
from seqkit_timeseries._baselines import naive_forecasts
from seqkit_timeseries._codec import ForecastingCodec

Progress = Callable[[int, int], None]
_AT_ONCE = 256


@dataclass
class StepErrors:
    """Sums of errors at each step of the horizon, `(horizon,)`, in double precision."""

    absolute: list[Tensor] = field(default_factory=list)
    squared: list[Tensor] = field(default_factory=list)
    counts: list[Tensor] = field(default_factory=list)

    def add(self, forecasts: Tensor, targets: Tensor) -> None:
        """Takes in a batch, both `(batch, horizon, columns)`; NaN targets count nowhere."""
        known = ~torch.isnan(targets)
        errors = torch.where(known, forecasts - targets, 0.0)
        self.absolute.append(errors.abs().sum(dim=(0, 2)))
        self.squared.append(errors.square().sum(dim=(0, 2)))
        self.counts.append(known.sum(dim=(0, 2)))

    def as_dict(self) -> dict[str, Any]:
        """Returns `mae` and `rmse` of each step and over all of them, and how many were scored."""
        absolute, squared, counts = (
            torch.stack(part).sum(dim=0).tolist()
            for part in (self.absolute, self.squared, self.counts)
        )
        steps = [_errors(*sums) for sums in zip(absolute, squared, counts, strict=True)]
        overall = _errors(sum(absolute), sum(squared), sum(counts))
        return {"steps": steps, "overall": overall}


def _errors(absolute: float, squared: float, count: float) -> dict[str, float | int | None]:
    if not count:
        return {"mae": None, "rmse": None, "targets": 0}
    rmse = math.sqrt(squared / count)
    return {"mae": absolute / count, "rmse": rmse, "targets": int(count)}


def origins(codec: ForecastingCodec, arrays: Arrays, stride: int) -> NDArray[np.int64]:
    """Returns the windows of a split that begin every so many rows in their series.

    Raises:
        ConfigurationError: The stride is no multiple of the run's own.
    """
    own = int(codec.settings["evaluation_stride"])
    if stride % own:
        lower = max(own, stride - stride % own)
        raise ConfigurationError(
            f"--stride is {stride}, and the run has a window every {own} rows "
            f"(task.evaluation_stride). Write a multiple of that, such as {lower}"
        )
    starts, owners = np.asarray(arrays["windows"]), np.asarray(arrays["owners"])
    first = np.full(int(owners.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, owners, starts)
    chosen: NDArray[np.int64] = np.flatnonzero((starts - first[owners]) % stride == 0)
    return chosen


@torch.inference_mode()
def step_errors(
    predictor: Predictor,
    codec: ForecastingCodec,
    arrays: Arrays,
    train: Arrays,
    chosen: NDArray[np.int64],
    progress: Progress,
) -> dict[str, StepErrors]:
    """Forecasts from each chosen window by the model and by every naive way.

    Args:
        predictor: The trained model.
        codec: What encoded the arrays.
        arrays: The split.
        train: The training split, which the linear baseline is fitted on.
        chosen: Windows of the split.
        progress: Called with the windows done and their number.
    """
    makers = naive_forecasts(codec, train, arrays)
    found = {name: StepErrors() for name in ("model", *makers)}
    for first in range(0, len(chosen), _AT_ONCE):
        indices = chosen[first : first + _AT_ONCE]
        outputs, batch = predictor.outputs(arrays, indices)
        forecasts, targets = codec.metric_inputs(outputs, batch)
        found["model"].add(_point(forecasts, predictor), targets)
        here = {name: torch.from_numpy(a) for name, a in codec.batch(arrays, indices).items()}
        starts = np.asarray(arrays["windows"])[indices]
        for name, make in makers.items():
            found[name].add(*codec.compared(torch.from_numpy(make(starts)), here))
        progress(first + len(indices), len(chosen))
    return found


def _point(forecasts: Tensor, predictor: Predictor) -> Tensor:
    """Returns the forecast itself: of quantiles the middle one."""
    levels: Sequence[float] = getattr(predictor.shape.outputs, "quantiles", ())
    return forecasts[..., middle(levels)] if levels else forecasts
