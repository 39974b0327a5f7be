"""Which columns tell series apart, and which only count the rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from seqkit.data.columns import names_ids, names_rows
from seqkit.data.roles import aside, ids_among, joined_ids

ROWS = 12


@pytest.mark.parametrize(
    "name", ["id", "ID", "store", "Item ID", "item_id", "storeId", "store_nbr", "shop-nr", "ticker"]
)
def test_a_name_says_that_a_column_tells_series_apart(name: str) -> None:
    assert names_ids(name)


@pytest.mark.parametrize("name", ["humid", "paid", "row_nbr", "nbr", "restored", "price", "idle"])
def test_other_names_do_not(name: str) -> None:
    assert not names_ids(name)


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "Unnamed: 3.1", "No.", "row_number", "#", "t"])
def test_a_name_says_that_a_column_numbers_the_rows(name: str) -> None:
    assert names_rows(name)
    assert not names_rows("sales")


@pytest.mark.parametrize(
    ("columns", "ids"),
    [
        ({"id": "aaaaaabbbbbb"}, ["id"]),
        ({"id": "abcdefghijkl"}, []),
        ({"id": "abcdefgaaaaa"}, []),
        ({"id": "            "}, []),
        ({"y": "aaaaaabbbbbb"}, []),
        # Days of a series that are numbered under such a name tell no series apart.
        ({"store": "aaaaaabbbbbb", "id": "123456123456"}, ["store"]),
        ({"store": "aaaaaabbbbbb", "item": "xxxyyyxxxyyy"}, ["store", "item"]),
        ({"store": "aaaaaabbbbbb", "item": "xxxyyyzzzzzz"}, ["item"]),
    ],
)
def test_ids_are_few_and_tell_more_together_than_alone(
    columns: dict[str, str], ids: Sequence[str]
) -> None:
    assert ids_among({name: list(cells) for name, cells in columns.items()}, ()) == tuple(ids)


def test_a_column_with_another_part_is_no_id() -> None:
    assert ids_among({"id": list("aaaaaabbbbbb")}, ("id",)) == ()


def test_spaces_part_no_series_and_a_slash_joins_no_two() -> None:
    assert joined_ids({"id": ["a", " a", "a "]}, ["id"]) == ["a"] * 3
    cells = {"store": ["a/b", "a", "a\\"], "item": ["c", "b/c", "/c"]}
    assert len(set(joined_ids(cells, ["store", "item"]))) == 3


Y: Any = np.arange(ROWS) % 5 + 0.5
COUNT: Any = np.arange(ROWS, dtype=float)
TWO = np.repeat([0, 1], 6)
"""The series of each row, where there are two."""


@pytest.mark.parametrize(
    ("name", "numbers", "why"),
    [
        ("index", COUNT, "counts the rows"),
        ("index", COUNT + 1, "counts the rows"),
        ("index", COUNT[::-1], "counts the rows"),
        ("index", np.tile(COUNT[:6], 2), "counts the rows"),
        # The rows of a file may have been sorted by something else.
        ("index", np.random.default_rng(0).permutation(ROWS).astype(float), "counts the rows"),
        ("index", COUNT + 2, "counts the rows"),
        ("index", np.tile(COUNT[:6] + 2, 2), "counts the rows"),
        ("index", COUNT * 2, "goes on in equal steps"),
        ("index", np.where(COUNT == 4, np.nan, COUNT), ""),
        ("Unnamed: 1", COUNT**2, "has no name and stands where rows are numbered"),
        ("Unnamed: 1", COUNT // 2, ""),
        ("Unnamed: 1", Y, ""),
        ("store", COUNT // 6, "is named as an id"),
        ("store", COUNT**2 / 2, ""),
        ("sales", COUNT // 6, "is the same in all rows of each series"),
        ("sales", COUNT // 4, ""),
        ("sales", COUNT * 0, ""),
    ],
)
def test_a_column_is_not_forecast_for_its_name_and_what_it_holds(
    name: str, numbers: np.ndarray, why: str
) -> None:
    left, doubtful = aside({"y": Y, name: numbers}, TWO, ("date", "y", name), ())
    assert left == ({name: why} if why else {})
    assert doubtful == []


def test_a_first_column_without_a_name_is_not_forecast_whatever_it_holds() -> None:
    left, _ = aside({"Unnamed: 0": COUNT // 2, "y": Y}, TWO, ("Unnamed: 0", "y"), ())
    assert list(left) == ["Unnamed: 0"]


@pytest.mark.parametrize(("first", "left"), [("sales", ["sales"]), ("date", [])])
def test_a_counter_of_another_name_is_forecast_and_told_unless_it_comes_first(
    first: str, left: list[str]
) -> None:
    found, doubtful = aside({"sales": COUNT, "y": Y}, TWO, (first, "sales", "y"), ())
    assert list(found) == left
    assert doubtful == [name for name in ["sales"] if name not in left]


def test_what_is_asked_for_is_read_and_something_is_always_forecast() -> None:
    values = {"index": COUNT, "store": COUNT // 6}
    assert aside(values, TWO, tuple(values), ()) == ({}, [])
    assert aside(values | {"y": Y}, TWO, (*values, "y"), tuple(values)) == ({}, [])
    assert list(aside(values | {"y": Y}, TWO, (*values, "y"), (), no_ids=True)[0]) == [
        "index",
        "store",
    ]
