"""Held-out records."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.data import hold_out
from seqkit.errors import ConfigurationError

labels = st.lists(st.sampled_from("abc"), max_size=60)
fractions = st.floats(0, 0.99)


def records_with(names: str | list[str]) -> Any:
    return [{"id": number, "label": name} for number, name in enumerate(names)]


@given(labels, fractions, st.integers(0, 5))
def test_carving_divides_the_records_and_keeps_their_order(
    names: str | list[str], fraction: float, seed: int
) -> None:
    records = records_with(names)
    rest, held_out = hold_out(records, fraction, seed, key="label")
    assert sorted(rest + held_out, key=lambda record: record["id"]) == records
    assert [record["id"] for record in rest] == sorted(record["id"] for record in rest)
    assert [record["id"] for record in held_out] == sorted(record["id"] for record in held_out)


@given(labels, fractions, st.integers(0, 5))
def test_each_class_gives_its_part_to_within_one_record(
    names: str | list[str], fraction: float, seed: int
) -> None:
    rest, held_out = hold_out(records_with(names), fraction, seed, key="label")
    counts = [names.count(name) for name in set(names)]
    # What a small class cannot give, as one record of each stays, others give in its place.
    moved = sum(max(0, count * fraction + 1 - (count - 1)) for count in counts)
    for name in set(names):
        expected = len(held_out) * names.count(name) / len(names)
        given = sum(record["label"] == name for record in held_out)
        assert abs(given - expected) < 1 + moved
    assert {record["label"] for record in rest} == set(names)


@given(labels, fractions)
def test_the_part_held_out_is_the_nearest_to_the_fraction(
    names: str | list[str], fraction: float
) -> None:
    rest, held_out = hold_out(records_with(names), fraction, seed=0)
    if len(names) > 1 and fraction > 0:
        assert rest
        assert held_out
        assert abs(len(held_out) - fraction * len(names)) <= 1
    else:
        assert not held_out


def test_what_is_left_over_comes_from_the_class_of_the_largest_remainder() -> None:
    _, held_out = hold_out(records_with("aaaaaaaabb"), 0.1, seed=0, key="label")
    assert [record["label"] for record in held_out] == ["a"]


def test_the_same_seed_holds_out_the_same_records_on_every_machine() -> None:
    _, held_out = hold_out(records_with("ab" * 20), 0.2, seed=3, key="label")
    assert [record["id"] for record in held_out] == [0, 5, 6, 8, 21, 25, 37, 38]


def test_another_seed_holds_out_other_records() -> None:
    records = records_with("ab" * 50)
    assert hold_out(records, 0.2, seed=0)[1] != hold_out(records, 0.2, seed=1)[1]


def test_a_class_with_one_record_stays_in_training() -> None:
    rest, held_out = hold_out(records_with("a" * 20 + "b"), 0.1, seed=0, key="label")
    assert any(record["label"] == "b" for record in rest)
    assert len(held_out) == 2


@pytest.mark.parametrize("fraction", [-0.1, 1, 1.5])
def test_a_fraction_out_of_range_is_refused(fraction: float) -> None:
    with pytest.raises(ConfigurationError, match=rf"{fraction}.*below 1"):
        hold_out([], fraction, seed=0)
