"""Naive forecasts on the same windows: repeat-last, seasonal-naive, drift, and linear (NLinear)."""

from __future__ import annotations

from typing import Any

from seqkit.api import Arrays


def score_baselines(encoder: Any, train: Arrays, split: Arrays) -> dict[str, dict[str, float]]:
    return {}
