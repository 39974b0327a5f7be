"""Tables of any kind of file, and encodings that are found."""

from __future__ import annotations

import json
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from seqkit.callbacks import ignore
from seqkit.data import read_text
from seqkit.data.encodings import found_encoding
from seqkit.data.objects import read_objects
from seqkit.data.reading import read_table
from seqkit.errors import ConfigurationError, DataError

NOON = datetime.fromisoformat("2024-01-31T12:30:00")
DAY = datetime.fromisoformat("2024-01-31")


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        ("plain", "ascii", "utf-8"),
        ("schön", "utf-8", "utf-8"),
        ("schön", "utf-8-sig", "utf-8"),
        ("schön", "utf-16", "utf-16"),
        ("schön und gut", "utf-16-le", "utf-16-le"),
        ("schön und gut", "utf-16-be", "utf-16-be"),
        ("schön", "utf-32", "utf-32"),
        ("schön, “so” sagte er", "cp1252", "cp1252"),
        ("à la carte", "cp1252", "cp1252"),
        ("это добрый день", "cp1251", "utf-8"),
        ("这部电影很好看", "gb18030", "utf-8"),
        ("", "utf-8", "utf-8"),
    ],
)
def test_an_encoding_is_found(text: str, written: str, found: str) -> None:
    content = text.encode(written)
    assert found_encoding(content) == found
    if found != "utf-8" or written.startswith("utf-8"):
        assert content.decode(found).lstrip("\ufeff") == text


def test_the_usual_encoding_comes_before_a_guess_and_after_utf_8() -> None:
    assert found_encoding("добрый день".encode("cp1251"), "cp1251") == "cp1251"
    assert found_encoding("добрый день".encode(), "cp1251") == "utf-8"
    assert found_encoding("schön".encode("cp1252"), "utf-16") == "cp1252"


def test_damaged_utf_8_is_not_taken_for_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("schöne grüße überall".encode() + b"\xff")
    with pytest.raises(DataError, match="is not valid utf-8: byte 0xff on line 1"):
        read_text(path, ignore, encoding="")


def test_a_guess_is_told_with_a_word(tmp_path: Path) -> None:
    path, notes = tmp_path / "a.txt", list[str]()
    path.write_bytes("ein schönes Wort".encode("cp1252"))
    assert read_text(path, notes.append, encoding="") == "ein schönes Wort"
    assert notes == [
        f"{path} is not valid utf-8, and read as cp1252 ('schönes'). Give dataset.encoding if it "
        "is another."
    ]


def _json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


@pytest.mark.parametrize(
    "document",
    [
        [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}],
        {"a": [1, 2.5], "b": ["x", None]},
        {"a": {"0": 1, "1": 2.5}, "b": {"0": "x", "1": None}},
        {"columns": ["a", "b"], "index": [0, 1], "data": [[1, "x"], [2.5, None]]},
        {"first": {"a": 1, "b": "x"}, "second": {"a": 2.5, "b": None}},
        {"rows": [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}], "count": 2},
    ],
    ids=["list", "columns", "pandas", "split", "by name", "inside"],
)
def test_objects_are_read_however_json_arranges_them(tmp_path: Path, document: Any) -> None:
    objects = read_objects(_json(tmp_path / "a.json", document), ignore)
    assert list(objects.items) == [{"a": 1, "b": "x"}, {"a": 2.5, "b": None}]
    assert (list(objects.numbers), objects.counts) == ([1, 2], "object")
    table = read_table(tmp_path / "a.json", ignore)
    assert (table.columns, list(map(list, table.rows))) == (("a", "b"), [["1", "x"], ["2.5", ""]])


def test_what_lies_inside_an_object_has_both_names_and_lists_are_left_out(tmp_path: Path) -> None:
    notes = list[str]()
    path = _json(tmp_path / "a.json", [{"t": {"en": "x", "fr": {"a": "y"}}, "l": [1], "z": True}])
    table = read_table(path, notes.append)
    assert table.columns == ("t.en", "t.fr.a", "z")
    assert list(map(list, table.rows)) == [["x", "y", "True"]]
    assert notes == [f"lists in {path} left out: 'l'."]


def test_objects_of_very_many_names_are_refused(tmp_path: Path) -> None:
    path = _json(tmp_path / "a.json", [{f"name {n}": n} for n in range(20_001)])
    with pytest.raises(DataError, match="has 20,001 names in 20,001 objects"):
        read_table(path, ignore)


def _workbook(path: Path, **sheets: list[tuple[Any, ...]]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_cells_of_a_sheet_are_texts_as_a_csv_file_has_them(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "a.xlsx",
        Data=[
            (None, None, None, None, None, None),
            ("day", "at", "clock", "whole", "part", "true"),
            (DAY, NOON, time(12, 30), 3.0, 2.5, True),
            (None, None, None, None, None, None),
            (date(2024, 2, 1), DAY, None, 4, None, "text"),
        ],
    )
    notes = list[str]()
    table = read_table(path, notes.append)
    assert table.columns == ("day", "at", "clock", "whole", "part", "true")
    assert [list(row) for row in table.rows] == [
        ["2024-01-31", "2024-01-31T12:30:00", "12:30:00", "3", "2.5", "True"],
        ["2024-02-01", "2024-01-31T00:00:00", "", "4", "", "text"],
    ]
    assert (list(table.lines), table.counts) == ([3, 5], "row")
    assert notes == [f"1 empty row in {path} left out (row 4)."]
    headless = read_table(path, ignore, header=False)
    assert headless.columns == ("1", "2", "3", "4", "5", "6")
    assert not headless.headed


def test_a_sheet_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", One=[("a",), ("x",)], Two=[("b",), ("y",)])
    notes = list[str]()
    assert read_table(path, notes.append).columns == ("a",)
    assert notes == [
        f"of {path}, sheet 'One' is read, and not 'Two'. Set dataset.sheet for another."
    ]
    assert read_table(path, ignore, sheet="Two").columns == ("b",)
    with pytest.raises(DataError, match=r"has no sheet 'Tow'; it has 'One', 'Two'. Did you mean"):
        read_table(path, ignore, sheet="Tow")


def test_titles_above_a_sheet_are_told(tmp_path: Path) -> None:
    rows = [("Sales of 2024", None, None), ("day", "shop", "sales"), (DAY, "a", 1)]
    with pytest.raises(DataError, match="The header seems to be on line 2"):
        read_table(_workbook(tmp_path / "a.xlsx", A=rows), ignore)


def test_formulas_that_were_never_computed_are_told(tmp_path: Path) -> None:
    rows = [("a", "b"), (1, "=A2*2"), (2, "=A3*2")]
    with pytest.raises(DataError, match="column 'b' holds formulas that were never computed"):
        read_table(_workbook(tmp_path / "a.xlsx", A=rows), ignore)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive", b"PK\x05\x06" + b"\0" * 18])
def test_a_damaged_sheet_is_an_error(tmp_path: Path, content: bytes) -> None:
    pytest.importorskip("openpyxl")
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"is damaged, or no \.xlsx file"):
        read_table(path, ignore)


def test_a_truncated_sheet_is_an_error_wherever_it_ends(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", A=[("text", "label"), ("a b", "x")] * 20)
    content = path.read_bytes()
    for end in range(0, len(content), 97):
        path.write_bytes(content[:end])
        with pytest.raises(DataError):
            read_table(path, ignore)


def test_a_sheet_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "a.xlsx", A=[("text", "label"), ("a b", "x")])
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/more.xml", b"\0" * 2**27)
    with pytest.raises(DataError, match=r"bomb.xlsx is refused: its .* bytes unpack to"):
        read_table(bomb, ignore)


def _with_sheet(path: Path, target: Path, xml: str) -> Path:
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return target


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('<row r="9999999999"><c r="A9999999999"><v>1</v></c></row>', "a number above 1,048,576"),
        (
            "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 4200)),
            "more than 67,108,864 cells",
        ),
    ],
    ids=["far down", "far right"],
)
def test_a_sheet_of_endless_empty_cells_is_refused(tmp_path: Path, rows: str, said: str) -> None:
    path = _workbook(tmp_path / "a.xlsx", A=[("a",)])
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'
    with pytest.raises(DataError, match=said):
        read_table(_with_sheet(path, tmp_path / "b.xlsx", xml), ignore)


def _parquet(path: Path, columns: dict[str, Any], **more: Any) -> Path:
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pytest.importorskip("pyarrow").table(columns), path, **more)
    return path


def test_columns_of_parquet_are_texts_as_a_csv_file_has_them(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    hours = [NOON, NOON + timedelta(hours=1)]
    path = _parquet(
        tmp_path / "a.parquet",
        {
            "day": [DAY, DAY + timedelta(days=1)],
            "at": pyarrow.array(hours, pyarrow.timestamp("ns", "Europe/Berlin")),
            "fine": pyarrow.array([1, 1001], pyarrow.timestamp("ns")),
            "kind": pyarrow.array(["x", None]).dictionary_encode(),
            "count": pyarrow.array([1.0, None]),
            "pair": [{"en": "a", "fr": "b"}, {"en": "c", "fr": None}],
            "list": [[1], []],
            "bytes": [b"a", b"b"],
            "__index_level_0__": [0, 1],
        },
    )
    notes = list[str]()
    table = read_table(path, notes.append)
    assert table.columns == ("day", "at", "fine", "kind", "count", "pair.en", "pair.fr")
    assert [list(row) for row in table.rows] == [
        ["2024-01-31", "2024-01-31T13:30:00+01:00", "1970-01-01T00:00:00", "x", "1", "a", "b"],
        ["2024-02-01", "2024-01-31T14:30:00+01:00", "1970-01-01T00:00:00.000001", "", "", "c", ""],
    ]
    assert notes == [f"columns of lists or of bytes in {path} left out: 'list', 'bytes'."]


def test_a_truncated_parquet_file_is_an_error_wherever_it_ends(tmp_path: Path) -> None:
    path = _parquet(tmp_path / "a.parquet", {"text": ["a b"] * 50, "label": ["x"] * 50})
    content = path.read_bytes()
    for end in range(0, len(content), 37):
        path.write_bytes(content[:end])
        with pytest.raises(DataError, match="is damaged"):
            read_table(path, ignore)


def test_a_parquet_file_that_fills_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqkit.data.unpacking.LARGEST", 2**26)
    pyarrow = pytest.importorskip("pyarrow")
    long = pyarrow.array(["x" * 2**18]).dictionary_encode().dictionary
    many = pyarrow.array([0] * 5000, pyarrow.int32())
    column = pyarrow.DictionaryArray.from_arrays(many, long)
    path = _parquet(tmp_path / "a.parquet", {"text": column}, store_schema=False)
    assert path.stat().st_size < 2**21
    with pytest.raises(DataError, match="is refused"):
        read_table(path, ignore)
    path = _parquet(tmp_path / "b.parquet", {"n": pyarrow.array([0]).take([0] * 10)})
    assert len(read_table(path, ignore).rows) == 10


@pytest.mark.parametrize(("name", "extra"), [("a.xlsx", "excel"), ("a.parquet", "parquet")])
def test_a_missing_extra_is_named(
    name: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("openpyxl", "pyarrow"):
        monkeypatch.setitem(__import__("sys").modules, package, None)
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(ConfigurationError, match=rf"pip install 'seqkit\[{extra}\]'"):
        read_table(tmp_path / name, ignore)
