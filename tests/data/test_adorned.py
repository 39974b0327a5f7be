"""Numbers that all carry one sign, and such as are never guessed at."""

from __future__ import annotations

import pytest

from seqkit.data.adorned import bared


@pytest.mark.parametrize(
    ("cells", "sign", "bare"),
    [
        (["$1,234.50", "", "-$5", "$-4", "NA"], "$", ["1,234.50", "", "-5", "-4", "NA"]),
        (["12.5%", "3 %"], "%", ["12.5", "3"]),
        (["1 234 €", "\u22125 €"], "€", ["1 234", "-5"]),
        (["₩500", "₩ 7"], "₩", ["500", "7"]),
    ],
)
def test_one_sign_in_one_place_is_taken_off(cells: list[str], sign: str, bare: list[str]) -> None:
    found = bared({"paid": cells}, ["paid"])
    assert (found.signs, found.cells) == ({"paid": sign}, {"paid": bare})


@pytest.mark.parametrize(
    "cells",
    [
        ["$5", "6"], ["$5", "€6"], ["$5", "6$"], ["$-", "$5"], ["-$-5"], ["$5%"], ["($5)"], ["$"],
        ["5", "6"], ["", "-"], [], ["#5", "#6"], ["$1,234", "$5"], ["$5x", "$6"], ["%", "5%"],
    ],
)  # fmt: skip
def test_what_is_mixed_bare_or_open_is_left_as_it_is(cells: list[str]) -> None:
    assert not bared({"paid": cells}, ["paid"]).signs


def test_an_open_number_is_read_by_what_the_file_shows() -> None:
    cells = {"paid": ["$1,234", "$5"]}
    assert (
        bared(cells, ["paid"], usual=".").signs == bared(cells, ["paid"], decimal=",").signs != {}
    )
