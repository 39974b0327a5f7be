"""Folds part all records, spread what is asked for, and never divide what belongs together."""

from collections import Counter

import pytest

from seqkit.data.folds import deal


def test_every_record_is_in_one_fold_and_each_fold_has_its_share_of_every_class() -> None:
    strata = ["a"] * 50 + ["b"] * 30 + ["c"] * 7
    found = deal(range(87), strata, 5, seed=0)

    assert set(found) == set(range(5))
    for one, count in Counter(strata).items():
        shares = Counter(f for f, s in zip(found, strata, strict=True) if s == one)
        assert all(abs(shares[fold] - count / 5) < 1 for fold in range(5))
    sizes = Counter(found)
    assert max(sizes.values()) - min(sizes.values()) <= 2


def test_groups_stay_together_and_folds_are_of_one_size_as_far_as_they_allow() -> None:
    groups = [place // 4 for place in range(80)]
    strata = [str(group % 2) for group in groups]
    found = deal(groups, strata, 5, seed=0)

    assert all(
        len({f for f, g in zip(found, groups, strict=True) if g == one}) == 1 for one in groups
    )
    assert set(Counter(found).values()) == {16}


def test_a_seed_deals_the_same_folds_each_time_and_another_one_others() -> None:
    strata = ["a", "b"] * 20

    assert deal(range(40), strata, 4, 0) == deal(range(40), strata, 4, 0)
    assert deal(range(40), strata, 4, 0) != deal(range(40), strata, 4, 1)


def test_fewer_groups_than_folds_are_refused() -> None:
    with pytest.raises(ValueError, match="3 groups cannot be dealt into 4 folds"):
        deal([0, 0, 1, 2], [""] * 4, 4, 0)
