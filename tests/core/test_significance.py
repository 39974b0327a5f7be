"""Intervals, tests and the bootstrap, beside scipy and beside what is known by construction."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from seqkit.runs.significance import (
    bootstrap_difference,
    holm,
    mean_interval,
    over_both,
    paired_difference,
    resampled_sums,
    student,
    t_quantile,
    t_tail,
    unpaired_difference,
)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4.7, 9, 30, 200.5, 1e4, 5e6])
def test_student_t_is_that_of_scipy(freedom: float) -> None:
    for t in (0.0, 0.01, 0.5, 1.0, 2.0, 5.0):
        assert t_tail(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-4)
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-6)
    assert t_quantile(freedom, 0.5) == pytest.approx(stats.t.ppf(0.75, freedom), rel=1e-6)


def test_the_interval_of_a_mean_is_that_of_scipy() -> None:
    values = [0.81, 0.79, 0.84, 0.80, 0.83]
    mean, low, high = mean_interval(values)
    expected = stats.t.interval(0.95, 4, np.mean(values), stats.sem(values))
    assert mean == pytest.approx(0.814)
    assert (low, high) == pytest.approx(expected)


def test_one_value_has_a_mean_and_no_interval() -> None:
    mean, low, high = mean_interval([0.8])
    assert mean == 0.8
    assert math.isnan(low)
    assert math.isnan(high)


def test_differences_over_seeds_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    first, second = generator.random(6).tolist(), generator.random(6).tolist()
    paired = paired_difference(first, second)
    expected = stats.ttest_rel(second, first)
    assert paired.p == pytest.approx(expected.pvalue)
    assert (paired.low, paired.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    unpaired = unpaired_difference(first, second[:4])
    welch = stats.ttest_ind(second[:4], first, equal_var=False)
    assert unpaired.p == pytest.approx(welch.pvalue)
    assert (unpaired.low, unpaired.high) == pytest.approx(tuple(welch.confidence_interval(0.95)))


def test_runs_that_agree_in_everything_do_not_differ() -> None:
    same = paired_difference([0.5, 0.7], [0.5, 0.7])
    assert (same.estimate, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)
    assert bootstrap_difference(0.0, np.zeros(1000)).p == 1.0


def test_over_both_is_never_narrower_than_over_seeds_or_examples() -> None:
    seeds = student(0.02, 0.004, 4)
    examples = bootstrap_difference(0.02, np.random.default_rng(0).normal(0.02, 0.005, 5000))
    both = over_both(seeds, examples)
    assert both.low < min(seeds.low, examples.low)
    assert both.high > max(seeds.high, examples.high)
    assert both.error == pytest.approx(math.hypot(seeds.error, examples.error))


@pytest.mark.parametrize("kinds", ["many", "few"])
def test_resampling_spreads_as_theory_says(kinds: str) -> None:
    generator = np.random.default_rng(1)
    values = generator.random(900) if kinds == "many" else (generator.random(900) < 0.3) * 1.0
    columns = np.stack([values, np.ones(900)], axis=1)
    drawn = resampled_sums(columns, 4000)
    assert drawn.shape == (4000, 2)
    assert (drawn[:, 1] == 900).all()
    means = drawn[:, 0] / drawn[:, 1]
    assert means.mean() == pytest.approx(values.mean(), abs=0.002)
    assert means.std() == pytest.approx(values.std() / 30, rel=0.05)


def test_resampling_is_paired_and_seeded() -> None:
    values = np.random.default_rng(2).random((300, 1))
    drawn = resampled_sums(np.hstack([values, values + 1, np.ones((300, 1))]), 200)
    np.testing.assert_allclose(drawn[:, 1] - drawn[:, 0], drawn[:, 2])
    np.testing.assert_array_equal(
        drawn, resampled_sums(np.hstack([values, values + 1, np.ones((300, 1))]), 200)
    )


def test_blocks_keep_the_dependence_of_neighbours() -> None:
    # A moving sum of 20: the mean's standard error is 20 times that of the noise, not sqrt(20).
    noise = np.random.default_rng(3).normal(size=6000)
    values = np.convolve(noise, np.ones(20), mode="same")
    columns = np.stack([values, np.ones(6000)], axis=1)
    alone = resampled_sums(columns, 2000)
    blocks = resampled_sums(columns, 2000, block=100)
    true = 20 / math.sqrt(6000)
    assert (alone[:, 0] / alone[:, 1]).std() < 0.3 * true
    assert (blocks[:, 0] / blocks[:, 1]).std() == pytest.approx(true, rel=0.2)


def test_a_block_longer_than_the_data_is_the_data() -> None:
    columns = np.stack([np.arange(5.0), np.ones(5)], axis=1)
    drawn = resampled_sums(columns, 1000, block=50)
    np.testing.assert_allclose(drawn[:, 0] / drawn[:, 1], 2.0)


def test_large_splits_are_drawn_less_often() -> None:
    columns = np.stack([np.arange(200_000.0) % 2, np.ones(200_000)], axis=1)
    assert len(resampled_sums(columns)) == 5000


def test_the_bootstrap_errs_as_often_as_it_says() -> None:
    generator = np.random.default_rng(4)
    wrong = 0
    for _ in range(300):
        # Two models of the same accuracy, which agree on most examples as two models do.
        hard = generator.random(400)
        first, second = ((hard + 0.3 * generator.normal(size=400)) < 0.7 for _ in range(2))
        columns = np.stack([first * 1.0, second * 1.0, np.ones(400)], axis=1)
        drawn = resampled_sums(columns, 1000, seed=int(generator.integers(2**31)))
        gap = (drawn[:, 1] - drawn[:, 0]) / drawn[:, 2]
        wrong += bootstrap_difference(second.mean() - first.mean(), gap).p < 0.05
    assert 4 <= wrong <= 28, "about 15 of 300 are expected"


def test_the_bootstrap_finds_a_difference_that_is_there() -> None:
    generator = np.random.default_rng(5)
    first = generator.random(2000) < 0.80
    second = first | (generator.random(2000) < 0.15)
    columns = np.stack([first * 1.0, second * 1.0, np.ones(2000)], axis=1)
    drawn = resampled_sums(columns)
    gap = (drawn[:, 1] - drawn[:, 0]) / drawn[:, 2]
    found = bootstrap_difference(float(second.mean() - first.mean()), gap)
    assert found.p < 0.001
    assert 0 < found.low < second.mean() - first.mean() < found.high


def test_holm_corrects_as_in_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2]) == [0.2]
    assert holm([]) == []
    for p_values in product([0.001, 0.3, 0.9], repeat=3):
        assert all(a >= b for a, b in zip(holm(p_values), p_values, strict=True))
        assert max(holm(p_values)) <= 1
