"""Scalers fitted on training rows, and the normalisation of a single window, both reversible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqkit_timeseries._precision import is_constant

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
EPSILON = 1e-5


@dataclass(frozen=True)
class Scaler:
    """An affine map of each column: `scaled = (value - location) / scale`.

    Attributes:
        location: `(columns,)`.
        scale: `(columns,)`, above 0.
    """

    location: Floats
    scale: Floats

    def scaled(self, values: Floats) -> Floats:
        """Scales `(rows, columns)`."""
        return np.asarray((values - self.location) / self.scale)


def fit_scaler(values: Floats, kind: str) -> Scaler:
    """Fits a scaler on rows, leaving out NaN.

    A constant column is moved, and never divided by 0: one below 1 is divided by its size, so that
    what a network makes of it stays as small.

    Args:
        values: `(rows, columns)`; every column has a number.
        kind: A task's normalisation. `min-max` scales from 0 to 1, `none` leaves all as it is, and
            all others make mean 0 and deviation 1: what a window is normalised by itself lies in
            single precision, which holds no wave of 3 around a thousand millions.
    """
    columns = values.shape[1]
    kind = kind.split("+")[0]
    if kind == "none":
        return Scaler(np.zeros(columns), np.ones(columns))
    if kind == "min-max":
        location = np.nanmin(values, axis=0)
        scale = np.nanmax(values, axis=0) - location
    else:
        location, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        # Squares of very small numbers vanish, and the numbers do not.
        scale = np.where(scale > 0, scale, np.nanmax(values, axis=0) - np.nanmin(values, axis=0))
    size = np.nanmax(np.abs(values), axis=0)
    unit = np.where(size > 0, np.minimum(size, 1.0), 1.0)
    return Scaler(location, np.where(is_constant(values), unit, scale))


def normalise(inputs: Tensor, known: Tensor | None, columns: int, kind: str) -> tuple[Tensor, ...]:
    """Normalises the first columns of each window by the window itself.

    `window` is the reversible instance normalisation of Kim et al. 2022 (RevIN) without its learnt
    affine map; `last` takes away the last known value, as NLinear does (Zeng et al. 2023).

    Args:
        inputs: `(batch, context, channels)`.
        known: 1 where one of these columns is known and 0 where it was filled,
            `(batch, context, columns)`; None where all are known.
        columns: How many channels, the first ones, are normalised.
        kind: `window` or `last`.

    Returns:
        The inputs, and shift and scale, both `(batch, 1, columns)`, that undo it.
    """
    import torch

    values = inputs[..., :columns]
    if kind == "last":
        if known is None:
            shift = values[:, -1:]
        else:
            steps = torch.arange(1, values.shape[1] + 1, device=values.device)[:, None]
            last = (known * steps).argmax(dim=1, keepdim=True)
            shift = values.gather(1, last)
        scale = torch.ones_like(shift)
    elif known is None:
        shift = values.mean(dim=1, keepdim=True)
        scale = (values.var(dim=1, keepdim=True, unbiased=False) + EPSILON).sqrt()
    else:
        count = known.sum(dim=1, keepdim=True).clamp(min=1)
        shift = (values * known).sum(dim=1, keepdim=True) / count
        squares = ((values - shift) * known).square().sum(dim=1, keepdim=True)
        scale = (squares / count + EPSILON).sqrt()
    values = (values - shift) / scale
    if known is not None:
        values = values * known
    return torch.cat([values, inputs[..., columns:]], dim=-1), shift, scale
