"""How far a run is ahead of a baseline, had the split held other examples."""

from __future__ import annotations

import numpy as np

from seqkit.runs.example_scores import ExampleScores, from_sum, to_sum
from seqkit.runs.significance import RESAMPLES, bootstrap_difference, resampled_sums


def interval_over_examples(
    scores: ExampleScores,
    metric: str,
    baseline: str,
    difference: float,
    higher: bool,
    resamples: int | None = None,
) -> tuple[float, float] | None:
    """Returns the interval of 95% of a difference, by a paired bootstrap over the examples.

    None where single examples have no scores for it.

    Args:
        scores: Scores of single examples, those of the baseline among them.
        metric: What is compared.
        baseline: Name of the baseline.
        difference: How far the run is ahead of it.
        higher: Whether higher is better.
        resamples: How many sets of examples are drawn; None for as many as usual.
    """
    theirs = scores.baselines.get(f"{metric} {baseline}")
    if theirs is None or metric not in scores.columns:
        return None
    column = scores.columns[metric]
    weights = scores.count if column.weighted else np.ones_like(scores.count)
    sums = [to_sum(values, column.mean) * weights for values in (column.values, theirs)]
    drawn = resampled_sums(np.stack([*sums, weights], axis=1), resamples or RESAMPLES, scores.block)
    mine, other = (from_sum(drawn[:, place] / drawn[:, 2], column.mean) for place in (0, 1))
    found = bootstrap_difference(difference, mine - other if higher else other - mine)
    return found.low, found.high
