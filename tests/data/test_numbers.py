"""Numbers of people's tables: the decimal sign of a file, and what is asked about."""

import numpy as np
import pytest

from seqkit.data.numbers import NumbersError, is_number, parse_numbers, settle_decimal, signs_of


@pytest.mark.parametrize(
    "text", ["1.5", "0.125", "1234.567", "1,234.5", "1,234,567", "2.5e3", ".25"]
)
def test_numbers_that_only_a_point_can_write_are_certain(text: str) -> None:
    assert signs_of([text, "7"]).decimal == "."
    mirrored = text.translate(str.maketrans(".,", ",."))
    assert signs_of([mirrored, "7"]).decimal == ","


@pytest.mark.parametrize("text", ["1.234", "12,345", "-123.456"])
def test_three_digits_behind_a_sign_are_asked_about(text: str) -> None:
    assert signs_of([text]).open
    with pytest.raises(NumbersError, match=r"may be -?\d+ or -?\d+\.\d+"):
        parse_numbers([text, "5"])
    whole = float(text.replace(",", "").replace(".", ""))
    assert parse_numbers([text], "," if "." in text else ".").tolist() == [whole]
    assert parse_numbers([text], usual="," if "." in text else ".").tolist() == [whole]


def test_one_column_settles_the_sign_of_the_file() -> None:
    columns = [["12,5", "8"], ["1.001", "998"], ["north", "so, so"]]
    assert settle_decimal(columns) == ","
    assert parse_numbers(columns[1], usual=settle_decimal(columns)).tolist() == [1001, 998]


def test_columns_that_contradict_each_other_settle_nothing() -> None:
    assert settle_decimal([["12,5"], ["3.14"]]) == ""
    assert parse_numbers(["12,5"]).tolist() == [12.5]
    assert parse_numbers(["3.14"]).tolist() == [3.14]
    # What a column itself shows counts before what the others do.
    assert parse_numbers(["12,5"], usual=".").tolist() == [12.5]


def test_texts_among_which_is_a_number_settle_nothing() -> None:
    assert settle_decimal([["1.5"], ["so, so", "at 7", "north", "12,5"]]) == "."


@pytest.mark.parametrize("cells", [["12,34", "1"], ["1,23,456"], ["1 2", "34"], ["1 23,4"]])
def test_groups_that_are_no_thousands_are_refused(cells: list[str]) -> None:
    with pytest.raises(NumbersError, match=r"is no number"):
        parse_numbers(cells, ".")


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "’", "'"])
def test_thousands_may_be_parted_by_spaces(space: str) -> None:
    assert parse_numbers([f"1{space}234,5", "7"]).tolist() == [1234.5, 7]


@pytest.mark.parametrize("yes", ["True", "TRUE", "true"])
def test_true_and_false_are_numbers(yes: str) -> None:
    assert parse_numbers([yes, "False", "", "1"])[:2].tolist() == [1, 0]
    with pytest.raises(NumbersError, match="'maybe' is no number"):
        parse_numbers([yes, "maybe"])
    with pytest.raises(NumbersError, match=f"'{yes}' is no number"):
        parse_numbers([yes, "5"])


@pytest.mark.parametrize(
    ("text", "number"), [("-3", True), ("1.2.3", False), ("x", False), ("", True), ("inf", False)]
)
def test_a_text_is_a_number_under_one_of_the_signs(text: str, number: bool) -> None:
    assert is_number(text) == number


def test_scientific_numbers_have_a_point_in_any_file() -> None:
    assert parse_numbers(["1.5e3", "2,5"], ",").tolist() == [1500, 2.5]
    assert np.isnan(parse_numbers(["NA"], ",")[0])


def test_the_minus_sign_of_type_setters_is_one() -> None:
    assert parse_numbers(["\u22123,5", "7"]).tolist() == [-3.5, 7]
    assert is_number("\u22121.5e\u22123")


@pytest.mark.parametrize(
    "word", ["", "NA", "<NA>", "n.a.", "#N/A", "\\N", "--", "\u2013", "\u2014", ".."]
)
def test_words_for_none_are_no_numbers(word: str) -> None:
    assert np.isnan(parse_numbers(["1.5", word])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("cell", "adorned"),
    [
        ("12 km", True),
        ("12 %", True),
        ("1.234,50 €", True),
        ("3.67-", True),
        ("(3.67)", True),
        ("100.5*", True),
        ("<0.5", True),
        ("21°C", True),
        ("5kWh", True),
        ("12A", False),
        ("#DIV/0!", False),
        ("2022-01-31", False),
        ("rain", False),
    ],
)
def test_what_stands_around_a_number_is_told_from_texts_and_codes(cell: str, adorned: bool) -> None:
    with pytest.raises(NumbersError) as caught:
        parse_numbers(["1.5", cell])
    assert caught.value.adorned == adorned
