"""Inputs of `seqkit predict`: lines, and the rows of tables."""

from __future__ import annotations

import codecs
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from seqkit.data.endings import OTHER_KINDS, kind_of
from seqkit.errors import ConfigurationError, DataError, suggestion

if TYPE_CHECKING:
    from seqkit.api import Notify
    from seqkit.data import Table
    from seqkit.engine.predict import Predictor

Input = str | Mapping[str, Any]


def read_inputs(
    file: Path, predictor: Predictor, encoding: str, column: str, notify: Notify
) -> list[Input]:
    """Reads the inputs of a file: the rows of a table, or the lines of a text.

    Args:
        file: A table by its ending, .csv, .tsv or .jsonl, or else a text.
        predictor: What will answer them.
        encoding: The encoding of the file.
        column: The column to take; empty to tell it from the names there are.
        notify: Receives messages about what a person should know of the file.

    Raises:
        ConfigurationError: A column is named, and the inputs have none.
        DataError: The file cannot be read, or no column is the one to take.
    """
    from seqkit.data import lines_of, read_jsonl, read_text

    kind = kind_of(file)
    if predictor.experiment.task.component.reads_whole_table:
        if kind in (".jsonl", ".ndjson"):
            objects = read_jsonl(file, notify, encoding=encoding, option=True)
            return [values for _, values in objects]
        if kind in (".csv", ".tsv") or (kind and kind == _own_kind(predictor)):
            return _rows(_own_table(file, kind, predictor, encoding, notify))
    elif kind in (".csv", ".tsv") or _is_like_own(file, kind, predictor, encoding, notify):
        table = _text_table(file, kind, predictor, encoding, notify, named=bool(column))
        rows = _rows(table)
        chosen = column or _usual_column(table.columns, predictor)
        return _taken(file, rows, table.lines, chosen, predictor, named=bool(column))
    elif kind in (".jsonl", ".ndjson"):
        objects = read_jsonl(file, notify, encoding=encoding, option=True)
        names = tuple(dict.fromkeys(name for _, values in objects for name in values))
        chosen = column or _usual_column(names, predictor)
        lines = [line for line, _ in objects]
        rows = [values for _, values in objects]
        return _taken(file, rows, lines, chosen, predictor, named=bool(column))
    if column:
        raise ConfigurationError(
            f"--column {column} names a column, and the inputs have none. Leave it out"
        )
    if kind in OTHER_KINDS:
        raise DataError(f"{file} is not a file of inputs. {OTHER_KINDS[kind].rstrip()}")
    return list(lines_of(read_text(file, notify, encoding=encoding, option=True)))


def read_table_from_stdin(predictor: Predictor, encoding: str, notify: Notify) -> list[Input]:
    """Returns the rows of a table that comes by stdin."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        if isinstance(sys.stdin, TextIOWrapper):
            path.write_bytes(sys.stdin.buffer.read())
        else:
            path.write_text(sys.stdin.read(), encoding=encoding)
        try:
            return _rows(_own_table(path, _own_kind(predictor), predictor, encoding, notify))
        except DataError as error:
            raise DataError(str(error).replace(str(path), "stdin")) from error


def lines_from(stream: TextIO, encoding: str, interactive: bool) -> Iterator[str]:
    r"""Yields the lines of a stream, as those of a file: `\n` and `\r\n` end one.

    An empty line asks for nothing where a person types.

    Raises:
        DataError: A line is not of the encoding, or holds a NUL byte.
    """
    from seqkit.data.texts import nul_byte, undecodable

    if isinstance(stream, TextIOWrapper):
        if interactive:
            stream.reconfigure(newline="\n")
        else:
            codec = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
            stream.reconfigure(encoding=codec, errors="strict", newline="\n")
    number = 0
    try:
        for number, line in enumerate(stream, start=1):
            if "\0" in line:
                raise nul_byte("stdin", number, option=True)
            text = line.removesuffix("\n").removesuffix("\r")
            if text.strip() or not interactive:
                yield text
    except UnicodeDecodeError as error:
        head = error.object[:2] if not number else b""
        raise undecodable("stdin", head, encoding, error, option=True, before=number) from error


def _rows(table: Table) -> list[Input]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _own_kind(predictor: Predictor) -> str:
    """Returns the ending of the run's own file; empty where it has none."""
    path = getattr(predictor.experiment.dataset.config, "path", "")
    return kind_of(Path(path)) if isinstance(path, str) else ""


def _is_like_own(
    file: Path, kind: str, predictor: Predictor, encoding: str, notify: Notify
) -> bool:
    """Tells whether a text is a table of tabs, as the run's own of the same ending is."""
    from seqkit.data import lines_of, read_text

    if not hasattr(predictor.experiment.dataset.config, "delimiter"):
        return False
    if not kind or kind != _own_kind(predictor):
        return False
    text = read_text(file, notify, encoding=encoding, option=True)
    lines = [line for line in lines_of(text) if line.strip()]
    return bool(lines) and all("\t" in line for line in lines)


def _own_table(
    file: Path,
    kind: str,
    predictor: Predictor,
    encoding: str,
    notify: Notify,
    *,
    keep_empty: bool = False,
) -> Table:
    """Reads a table as the run's own was read, where it has the same ending."""
    from seqkit.data import read_csv

    config = predictor.experiment.dataset.config
    alike = _own_kind(predictor) == kind
    return read_csv(
        file,
        notify,
        encoding=encoding,
        delimiter=str(getattr(config, "delimiter", "")) if alike else "",
        quotes=bool(getattr(config, "quotes", True)) if alike else True,
        header=bool(getattr(config, "header", True)),
        keep_empty=keep_empty,
        option=True,
    )


def _text_table(
    file: Path, kind: str, predictor: Predictor, encoding: str, notify: Notify, *, named: bool
) -> Table:
    """Reads a table of texts, less a row that names the columns though the run's own has none.

    The other way round, a single column may have no name, unless a column is `named` to read.
    """
    from seqkit.data import Table
    from seqkit.data.columns import header_of
    from seqkit.data.headings import is_heading

    table = _own_table(file, kind, predictor, encoding, notify, keep_empty=True)
    header = bool(getattr(predictor.experiment.dataset.config, "header", True))
    if header:
        return table if named else _with_its_first_row(table, predictor, notify)
    first = [cell.strip().strip('"') for cell in table.rows[0]]
    usual = _usual_names(predictor)
    alone = len(first) == 1 and first[0].lower() in usual
    verdict = is_heading(first[:2], [row[0] for row in table.rows[1:]], usual)
    if not alone and (len(first) < 2 or verdict != "yes"):
        if len(first) > 1 and verdict == "perhaps":
            notify(f"the first row of {file} may be a heading, and is answered like the rest.")
        return table
    names = header_of(file, first, option=True)
    notify(f"the first row of {file} names its columns ({', '.join(names)}): no answer to it.")
    return Table(file, names, table.rows[1:], table.lines[1:])


def _with_its_first_row(table: Table, predictor: Predictor, notify: Notify) -> Table:
    """Returns a table of one column; its name is a text too where it is plainly no name."""
    from seqkit.data import Table
    from seqkit.data.headings import is_name

    field = next(iter(predictor.experiment.task.component.fields), "text")
    name = table.columns[0]
    known = name == getattr(predictor.experiment.dataset.config, field, "")
    verdict = "yes"
    if len(table.columns) == 1 and not known:
        verdict = is_name(name, _usual_names(predictor))
    if verdict == "perhaps":
        notify(f"{name!r} is taken for the name of the column of {table.path}: no answer to it.")
    if verdict != "no":
        return table
    notify(f"the first row of {table.path} is no name of a column, and answered like the rest.")
    return Table(table.path, ("1",), [[name], *table.rows], [1, *table.lines])


def _usual_names(predictor: Predictor) -> set[str]:
    """Returns the names that columns of any field of the run's task usually have."""
    named = predictor.experiment.task.component.usual_columns
    return {name for names in named.values() for name in names}


def _usual_column(columns: Sequence[str], predictor: Predictor) -> str:
    """Returns the column that the run's task reads, or an empty text where none is plainly so.

    The first field of a task is what it reads; columns of the others hold what it is to answer.
    """
    task = predictor.experiment.task.component
    field, *others = task.fields or ("text",)
    config = predictor.experiment.dataset.config
    # The column that was learnt from comes first: others may have the field's own name.
    for name in (getattr(config, field, ""), field):
        if isinstance(name, str) and name and name in columns:
            return name
    if len(columns) == 1:
        return columns[0]
    usual = [name for name in columns if name.lower() in task.usual_columns.get(field, ())]
    if len(usual) == 1:
        return usual[0]
    answers = {name for other in others for name in task.usual_columns.get(other, (other,))}
    named = [getattr(config, other, "") for other in others]
    rest = [name for name in columns if name not in named and name.lower() not in answers]
    if len(columns) == 2 and len(rest) == 1:
        return rest[0]
    # Without a header, the first column of a run's own file is the first of its fields.
    return columns[0] if not getattr(config, "header", True) else ""


def _taken(
    file: Path,
    rows: Sequence[Input],
    lines: Sequence[int],
    column: str,
    predictor: Predictor,
    *,
    named: bool,
) -> list[Input]:
    """Takes the texts of one column out of rows.

    Unless a person named the column, a record that holds a list or an object there is an input as
    it is, where the task reads it.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not column:
        if _reads(predictor, rows):
            return list(rows)
        field = next(iter(predictor.experiment.task.component.fields), "text")
        shown = ", ".join(map(repr, columns[:12]))
        raise DataError(
            f"{file} does not tell which column is the {field}; it has {shown}. "
            "Name it with --column"
        )
    if column not in columns:
        raise DataError(f"there is no column {column!r}, in {file}. {suggestion(column, columns)}")
    return [
        row
        if not named and _holds_more(row, column) and _reads(predictor, [row])
        else _text(file, row, line, column, named=named)
        for row, line in zip(rows, lines, strict=True)
    ]


def _holds_more(row: Any, column: str) -> bool:
    return isinstance(row.get(column), list | Mapping)


def _reads(predictor: Predictor, rows: Sequence[Input]) -> bool:
    """Tells whether the task reads rows as they are, such as by other names than its fields'."""
    try:
        return bool(predictor.learner.codec.parse(rows))
    except (ConfigurationError, DataError):
        return False


def _text(file: Path, row: Any, line: int, column: str, *, named: bool) -> str:
    value = row.get(column)
    if value is None and column in row:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    what = f"{value!r:.60} under {column!r}" if column in row else f"no {column!r}"
    more = "" if named or not _holds_more(row, column) else ", or a record that the task reads"
    raise DataError(f"{file} has {what} on line {line}. It must be a text{more}")
