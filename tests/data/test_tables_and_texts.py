"""Readers of CSV and JSONL files, good and bad."""

import csv
import gzip
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from seqkit.data import LocalPath, lines_of, read_csv, read_jsonl, read_text
from seqkit.errors import DataError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1)
Writer = Callable[..., Path]


@pytest.fixture
def notes() -> Any:
    return []


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "reviews.csv") -> Any:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_rows_come_with_the_line_they_begin_on(file: Writer, notes: list[str]) -> None:
    path = file('text,label\n"two\nlines",a\none,b\n')
    table = read_csv(path, notes.append)
    assert table.columns == ("text", "label")
    assert table.rows == [["two\nlines", "a"], ["one", "b"]]
    assert table.lines == [2, 4]
    assert notes == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_line_ends_and_delimiters_are_found_out(
    file: Writer, notes: list[str], end: str, delimiter: str
) -> None:
    rows = [["text", "label"], ["well, done; x", "a"], ['she said "no"', "b"], ["x", "a"]]
    lines = [delimiter.join('"' + f.replace('"', '""') + '"' for f in row) for row in rows]
    table = read_csv(file(end.join(lines) + end), notes.append)
    assert [list(table.columns), *table.rows] == rows


@given(
    st.lists(
        st.tuples(
            TEXTS,
            st.sampled_from(["pos", "neg"]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_the_csv_module_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("text", "label"), *rows])
    table = read_csv(path, lambda note: None, delimiter=",")
    assert table.rows == [list(row) for row in rows]


def test_a_delimiter_can_be_given(file: Writer, notes: list[str]) -> None:
    assert read_csv(file("a:b\n1,2:3\n"), notes.append, delimiter=":").rows == [["1,2", "3"]]


def test_a_comma_in_the_texts_does_not_hide_a_tab(file: Writer, notes: list[str]) -> None:
    table = read_csv(file("text\tlabel\nwell, well, well\ta\nno, no\tb\n"), notes.append)
    assert table.columns == ("text", "label")


def test_a_single_column_is_read_as_such(file: Writer, notes: list[str]) -> None:
    assert read_csv(file("text\nwell\ndone\n"), notes.append).rows == [["well"], ["done"]]


def test_without_a_header_the_columns_are_numbered(file: Writer, notes: list[str]) -> None:
    table = read_csv(file("good,1\nbad,0\n"), notes.append, header=False)
    assert table.columns == ("1", "2")
    assert table.rows == [["good", "1"], ["bad", "0"]]
    assert table.position("2") == 1


@pytest.mark.parametrize("mark", ["\r", "\u2028", "\x85", "\x0c", "\x1c", "\x0b"])
@pytest.mark.parametrize("quotes", [True, False])
def test_only_line_feeds_end_rows(file: Writer, notes: list[str], mark: str, quotes: bool) -> None:
    path = file(f"text,label\r\nwell{mark}done,a\r\n{mark}x,b\n")
    table = read_csv(path, notes.append, quotes=quotes)
    assert table.rows == [[f"well{mark}done", "a"], [f"{mark}x", "b"]]
    assert table.lines == [2, 3]
    assert lines_of(f"a{mark}b\r\n\nc\n") == [f"a{mark}b", "", "c"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\n\n\n", ["a", "", ""]), ("\r\n", [""])],
)
def test_a_line_feed_ends_a_line_and_begins_none(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines


def test_returns_before_a_line_feed_are_a_line_end(file: Writer, notes: list[str]) -> None:
    assert read_csv(file("text,label\r\r\nx,a\r\r\n"), notes.append).rows == [["x", "a"]]


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"quotes": True}, "in double quotes, or set dataset.delimiter"),
        (
            {"quotes": False},
            "Take the ',' out of the field that holds it, or set dataset.quotes=true and put",
        ),
        ({"quotes": True, "option": True}, "in double quotes$"),
        ({"quotes": False, "option": True}, "Take the ',' out of the field that holds it$"),
    ],
)
def test_a_row_of_too_many_fields_has_a_hint_that_can_be_followed(
    file: Writer, notes: list[str], settings: dict[str, Any], hint: str
) -> None:
    with pytest.raises(DataError, match=f"3 fields in the row on line 3.*{hint}"):
        read_csv(file("text,label\nx,a\nx,y,b\n"), notes.append, delimiter=",", **settings)


def test_a_row_that_double_quotes_hold_together_is_told_to_allow_them(
    file: Writer, notes: list[str]
) -> None:
    path = file('text,label\nx,a\n"x,y",b\n')
    with pytest.raises(DataError, match=r"or set dataset.quotes=true$"):
        read_csv(path, notes.append, delimiter=",", quotes=False)


def test_a_carriage_return_in_a_row_that_does_not_fit_is_told(
    file: Writer, notes: list[str]
) -> None:
    with pytest.raises(DataError, match=r"line 3 \(and one of its fields holds a carriage return"):
        read_csv(file("text,label\nx,a\nonly\rone\n"), notes.append)


def test_empty_rows_can_be_kept_but_for_those_at_the_end(file: Writer, notes: list[str]) -> None:
    table = read_csv(file("\ntext,label\nx,a\n\n,\ny,b\n\n,\n"), notes.append, keep_empty=True)
    assert table.rows == [["x", "a"], ["", ""], ["", ""], ["y", "b"]]
    assert notes == []


def test_quotes_can_be_left_alone(file: Writer, notes: list[str]) -> None:
    path = file('text\tlabel\n"quoted" start\ta\nan "open one\tb\n', "reviews.tsv")
    table = read_csv(path, notes.append, quotes=False)
    assert table.rows == [['"quoted" start', "a"], ['an "open one', "b"]]


@pytest.mark.parametrize("row", ['"never closed,a\n', '"closed" early,a\n'])
def test_quotes_that_do_not_pair_up_are_named_with_the_line(
    file: Writer, notes: list[str], row: str
) -> None:
    path = file(f"text,label\nfine,b\n{row}fine,b\n")
    with pytest.raises(DataError, match=r"reviews.csv is not valid CSV.*line 3.*quotes=false"):
        read_csv(path, notes.append, delimiter=",")


def test_empty_rows_are_left_out_and_counted_in_one_sentence(
    file: Writer, notes: list[str]
) -> None:
    table = read_csv(file("\ntext,label\n\nx,a\n,\n \n" + "\n" * 5 + "y,b\n"), notes.append)
    assert table.rows == [["x", "a"], ["y", "b"]]
    assert table.lines == [4, 12]
    assert len(notes) == 1
    assert notes[0].startswith("9 empty rows in ")
    assert notes[0].endswith("reviews.csv left out (line 1, 3, 5, 6, 7, ...).")


@pytest.mark.parametrize(("row", "fields"), [("only one", 1), ("well, done,a", 3)])
def test_a_row_that_does_not_fit_its_header_is_named(
    file: Writer, notes: list[str], row: str, fields: int
) -> None:
    path = file(f"text,label\nx,a\n{row}\ny,b\n")
    with pytest.raises(DataError, match=rf"reviews.csv has {fields} fields? .*line 3.* has 2.*','"):
        read_csv(path, notes.append)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_an_error(file: Writer, notes: list[str], content: str) -> None:
    with pytest.raises(DataError, match=r"reviews.csv is empty"):
        read_csv(file(content), notes.append)


def test_a_header_alone_is_an_error(file: Writer, notes: list[str]) -> None:
    with pytest.raises(DataError, match=r"has a header \('text', 'label'\) and no rows"):
        read_csv(file("text,label\n\n"), notes.append)


def test_a_column_named_twice_is_an_error(file: Writer, notes: list[str]) -> None:
    with pytest.raises(DataError, match=r"more than one column 'text'"):
        read_csv(file("text,text\na,b\n"), notes.append)


def test_a_missing_column_names_those_there_and_the_nearest(file: Writer, notes: list[str]) -> None:
    table = read_csv(file("text,label\na,b\n"), notes.append)
    with pytest.raises(DataError) as raised:
        table.position("lable")
    message = str(raised.value)
    assert "reviews.csv has no column 'lable'; it has 'text', 'label'." in message
    assert "Did you mean 'label'?" in message


def test_a_field_of_a_megabyte_is_read(file: Writer, notes: list[str]) -> None:
    text = "word, " * 200_000
    assert read_csv(file(f'text,label\n"{text}",a\n'), notes.append).rows[0][0] == text


def test_a_mark_of_utf_8_is_dropped(file: Writer, notes: list[str]) -> None:
    assert read_csv(file("\ufefftext,label\nx,a\n"), notes.append).columns == ("text", "label")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "UTF-8"])
def test_a_declared_encoding_is_used(file: Writer, notes: list[str], encoding: str) -> None:
    path = file("text,label\ncafé,a\n".encode(encoding))
    assert read_csv(path, notes.append, encoding=encoding).rows == [["café", "a"]]


def test_an_unknown_encoding_is_named(file: Writer, notes: list[str]) -> None:
    with pytest.raises(DataError, match=r"encoding 'utf9' is not known.*latin-1"):
        read_text(file("x"), notes.append, encoding="utf9")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_invalid_utf_8_names_byte_line_and_what_to_do(
    file: Writer, notes: list[str], mark: bytes
) -> None:
    path = file(mark + b"text,label\nfine,a\ncaf\xe9,b\n")
    with pytest.raises(DataError, match=r"byte 0xe9 on line 3.*dataset.encoding=cp1252"):
        read_csv(path, notes.append)


@pytest.mark.parametrize("line", ["sep=;\n", "SEP=;\r\n", '"sep=;"\n'])
def test_the_line_in_which_excel_tells_the_delimiter_is_no_header(
    file: Writer, notes: list[str], line: str
) -> None:
    table = read_csv(file(f"\ufeff{line}date;value\n2022-01-01;1,5\n"), notes.append)
    assert table.columns == ("date", "value")
    assert (table.rows, table.lines) == ([["2022-01-01", "1,5"]], [3])
    with pytest.raises(DataError, match="has 4 fields in the row on line 4"):
        read_csv(file(f"{line}a;b;c\n1;2;3\n1;2;3;4\n1;2;3\n"), notes.append)


def test_a_header_below_titles_is_pointed_at(file: Writer, notes: list[str]) -> None:
    path = file("Sales of 2022,,\n,,\nDate,Sales,Cost\n2022-01-01,5,3\n2022-01-02,6,4\n")
    with pytest.raises(DataError, match=r"such as 'Sales of 2022'. The header .* line 3 .'Date'.*"):
        read_csv(path, notes.append)
    assert read_csv(file("date,,\n2022-01-01,5,3\n"), notes.append).columns[0] == "date"


def test_utf_16_is_recognised_by_its_mark(file: Writer, notes: list[str]) -> None:
    with pytest.raises(DataError, match=r"dataset.encoding=utf-16"):
        read_csv(file("text,label\nx,a\n".encode("utf-16")), notes.append)


def test_invalid_bytes_and_nuls_are_replaced_when_asked(file: Writer, notes: list[str]) -> None:
    path = file(b"text,label\ncaf\xe9 \xff,b\nn\0ul,a\n")
    table = read_csv(path, notes.append, errors="replace")
    assert table.rows == [["caf\ufffd \ufffd", "b"], ["n\ufffdul", "a"]]
    assert len(notes) == 2
    assert notes[0].startswith("2 parts of ")
    assert notes[1].startswith("1 NUL byte ")


def test_a_mark_of_utf_8_is_dropped_from_what_is_repaired_too(
    file: Writer, notes: list[str]
) -> None:
    path = file(b"\xef\xbb\xbftext\xff")
    assert read_text(path, notes.append, errors="replace") == "text\ufffd"


def test_a_nul_byte_is_named_with_its_line(file: Writer, notes: list[str]) -> None:
    with pytest.raises(DataError, match=r"reviews.csv holds a NUL byte, on line 2"):
        read_csv(file(b"text,label\nx\0y,a\n"), notes.append)


def test_a_missing_file_names_the_nearest_there(file: Writer, notes: list[str]) -> None:
    path = file("x")
    with pytest.raises(DataError, match=r"no file .*review.csv. Did you mean reviews.csv\?"):
        read_text(path.with_name("review.csv"), notes.append)


def test_a_folder_is_not_a_file(tmp_path: Path, notes: list[str]) -> None:
    with pytest.raises(DataError, match=r"is a folder"):
        read_text(tmp_path, notes.append)


@pytest.mark.parametrize("device", ["/dev/zero", "a FIFO"])
def test_what_has_no_end_is_not_read(tmp_path: Path, notes: list[str], device: str) -> None:
    path = Path(device)
    if device == "a FIFO":
        path = tmp_path / "rows.csv"
        os.mkfifo(path)
    with pytest.raises(DataError, match=r"is a FIFO or a device"):
        read_csv(path, notes.append)


def test_a_command_reads_its_input_from_another_one(tmp_path: Path, notes: list[str]) -> None:
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    with ThreadPoolExecutor() as pool:
        written = pool.submit(path.write_text, "text\nfine\n")
        assert read_csv(path, notes.append, option=True).rows == [["fine"]]
        written.result()


def test_a_path_with_a_nul_is_no_path() -> None:
    with pytest.raises(ValidationError, match=r"holds no NUL"):
        TypeAdapter(LocalPath).validate_python("a\0b")


def test_a_file_packed_by_gzip_is_unpacked(file: Writer, notes: list[str]) -> None:
    path = file(gzip.compress(b"text,label\nx,a\n"), "reviews.csv.gz")
    assert read_csv(path, notes.append).rows == [["x", "a"]]


def test_a_truncated_gzip_is_named(file: Writer, notes: list[str]) -> None:
    path = file(gzip.compress(b"text,label\nx,a\n")[:-3], "reviews.csv.gz")
    with pytest.raises(DataError, match=r"reviews.csv.gz is damaged or truncated"):
        read_csv(path, notes.append)


def test_objects_come_with_their_lines(file: Writer, notes: list[str]) -> None:
    path = file('{"text": "a\u2028b", "label": 1}\r\n\r\n{"text": "c"}', "reviews.jsonl")
    assert read_jsonl(path, notes.append) == [
        (1, {"text": "a\u2028b", "label": 1}),
        (3, {"text": "c"}),
    ]
    assert notes == [f"1 empty line in {path} left out (line 2)."]


@pytest.mark.parametrize("line", ['{"text": ', "text", "{'text': 1}", "[" * 100_000])
def test_a_line_that_is_not_json_is_named(file: Writer, notes: list[str], line: str) -> None:
    path = file('{"text": "a"}\n' + line, "reviews.jsonl")
    with pytest.raises(DataError, match=r"reviews.jsonl is not valid JSON on line 2: .* whole"):
        read_jsonl(path, notes.append)


@pytest.mark.parametrize("value", [["a"], "a", 3, None])
def test_a_line_that_is_no_object_is_named(file: Writer, notes: list[str], value: Any) -> None:
    path = file(json.dumps(value), "reviews.jsonl")
    with pytest.raises(DataError, match=r"reviews.jsonl holds .* on line 1"):
        read_jsonl(path, notes.append)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_jsonl_file_without_objects_is_an_error(
    file: Writer, notes: list[str], content: str
) -> None:
    with pytest.raises(DataError, match=r"is empty"):
        read_jsonl(file(content), notes.append)


def test_lines_before_the_header_are_pointed_at(tmp_path: Path) -> None:
    rows = "\n".join(f"2024-01-{day:02d};{day}" for day in range(1, 29))
    for before, lines in (("Report", "line 1"), ("Report, of May\nMade by hand\n", "lines 1 to 3")):
        path = tmp_path / "t.csv"
        path.write_text(f"{before}\ndate;y\n{rows}\n")
        if before == "Report":
            path.write_text(f"{before}\ndate,y\n{rows.replace(';', ',')}\n")
        with pytest.raises(DataError, match=rf"seems to be on .*'date', 'y'\): delete {lines}$"):
            read_csv(path, print)


def test_columns_without_a_name_are_called_as_pandas_calls_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",a,,Unnamed: 0\n1,2,3,4\n")
    assert read_csv(path, print).columns == ("Unnamed: 0.1", "a", "Unnamed: 2", "Unnamed: 0")


def test_a_table_of_very_many_columns_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"c{n}" for n in range(200_000)) + "\n" + "1," * 199_999 + "1\n")
    begin = time.perf_counter()
    with pytest.raises(DataError, match="has 200,000 columns; 20,000 are the most"):
        read_csv(path, print)
    assert time.perf_counter() - begin < 5
