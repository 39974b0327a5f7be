"""Inputs of `seqkit predict`: lines, and the rows of tables."""

from __future__ import annotations

import codecs
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

from seqkit.data.endings import OBJECTS, OTHER_KINDS, TABLES, kind_of
from seqkit.data.reading import flat, read_table, table_of_objects
from seqkit.errors import ConfigurationError, DataError, suggestion

if TYPE_CHECKING:
    from seqkit.api import Notify
    from seqkit.data import Table
    from seqkit.data.objects import Objects
    from seqkit.engine.learner import Learner
    from seqkit.experiments.experiment import Experiment

Input = str | Mapping[str, Any]


class Predictor(Protocol):
    """What will answer the inputs, as far as reading them needs to know it."""

    @property
    def experiment(self) -> Experiment:
        """What the run was."""
        ...

    @property
    def learner(self) -> Learner:
        """The model and its codec."""
        ...


def read_inputs(
    file: Path,
    predictor: Predictor,
    encoding: str,
    column: str,
    notify: Notify,
    delimiter: str = "",
) -> tuple[list[Input], list[Mapping[str, Any]]]:
    """Reads the inputs of a file, the rows of a table or the lines of a text, and its rows.

    The rows are those of a table with an input each; there are none where it is no such table.

    Args:
        file: A table by its ending, such as .csv, .xlsx or .jsonl, or else a text.
        predictor: What will answer them.
        encoding: The encoding of the file; empty to find it.
        column: The column to take; empty to tell it from the names there are.
        notify: Receives messages about what a person should know of the file.
        delimiter: What parts the fields; empty to find it, or to take that of the run's own file.

    Raises:
        ConfigurationError: A column is named, and the inputs have none.
        DataError: The file cannot be read, or no column is the one to take.
    """
    from seqkit.data import lines_of

    how = _How(encoding, delimiter, _usual_encoding(predictor), notify)
    kind = kind_of(file)
    if predictor.experiment.task.component.reads_whole_table:
        if kind in OBJECTS:
            return _objects_of_series(file, how), []
        if kind in TABLES or (kind and kind == _own_kind(predictor)):
            return [*_rows(_own_table(file, kind, predictor, how))], []
    elif kind in TABLES or _is_like_own(file, kind, predictor, how):
        table = _text_table(file, kind, predictor, how, named=bool(column))
        rows = _rows(table)
        chosen = column or _told_column(file, table.columns, predictor, notify)
        return taken(file, rows, table.lines, chosen, predictor, named=bool(column)), rows
    elif kind in OBJECTS:
        objects = how.objects(file)
        columns = objects.columns
        items: list[Mapping[str, Any]] = list(objects.items)
        if not column and _is_nested(columns, predictor):
            items = [flat(item) for item in items]
            columns = tuple(items[0])
        chosen = column or _told_column(file, columns, predictor, notify)
        return taken(file, items, objects.numbers, chosen, predictor, named=bool(column)), items
    if column:
        raise ConfigurationError(
            f"--column {column} names a column, and the inputs have none. Leave it out"
        )
    if kind in OTHER_KINDS:
        raise DataError(f"{file} is not a file of inputs. {OTHER_KINDS[kind].rstrip()}")
    return list(lines_of(how.text(file))), []


@dataclass(frozen=True)
class _How:
    """How a file of inputs is read.

    Attributes:
        encoding: Its encoding; empty to find it.
        delimiter: What parts the fields of a table; empty to find it.
        usual: The encoding of the run's own file.
        notify: Receives messages about what a person should know of the file.
    """

    encoding: str
    delimiter: str
    usual: str
    notify: Notify

    def text(self, file: Path) -> str:
        """Returns a text."""
        from seqkit.data import read_text

        return read_text(file, self.notify, encoding=self.encoding, option=True, usual=self.usual)

    def objects(self, file: Path) -> Objects:
        """Returns the objects of a JSON file."""
        from seqkit.data.objects import read_objects

        return read_objects(
            file, self.notify, encoding=self.encoding, option=True, usual=self.usual
        )


def _usual_encoding(predictor: Predictor) -> str:
    """Returns the encoding of the run's own file."""
    return str(getattr(predictor.experiment.dataset.config, "encoding", "") or "utf-8")


def _objects_of_series(file: Path, how: _How) -> list[Input]:
    """Returns objects as rows of a table; as they are where one holds a list, as of a series."""
    objects = how.objects(file)
    if any(isinstance(value, list) for item in objects.items for value in item.values()):
        return list(objects.items)
    return [*_rows(table_of_objects(objects, how.notify))]


def _is_nested(columns: Sequence[str], predictor: Predictor) -> bool:
    """Tells whether the column that was learnt from lies inside another one of some objects."""
    field = next(iter(predictor.experiment.task.component.fields), "text")
    name = str(getattr(predictor.experiment.dataset.config, field, ""))
    return name not in columns and name.partition(".")[0] in columns


def read_table_from_stdin(
    predictor: Predictor, encoding: str, notify: Notify, delimiter: str = ""
) -> list[Input]:
    """Returns the rows of a table that comes by stdin."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        if isinstance(sys.stdin, TextIOWrapper):
            path.write_bytes(sys.stdin.buffer.read())
        else:
            path.write_text(sys.stdin.read(), encoding=encoding or "utf-8")
        how = _How(encoding, delimiter, _usual_encoding(predictor), notify)
        try:
            return [*_rows(_own_table(path, _own_kind(predictor), predictor, how))]
        except DataError as error:
            raise DataError(str(error).replace(str(path), "stdin")) from error


def lines_from(stream: TextIO, encoding: str, interactive: bool) -> Iterator[str]:
    r"""Yields the lines of a stream, as those of a file: `\n` and `\r\n` end one.

    An empty line asks for nothing where a person types.

    Raises:
        DataError: A line is not of the encoding, or holds a NUL byte.
    """
    from seqkit.data.texts import nul_byte, undecodable

    encoding = encoding or "utf-8"
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


def _rows(table: Table) -> list[Mapping[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def _own_kind(predictor: Predictor) -> str:
    """Returns the ending of the run's own file; empty where it has none."""
    path = getattr(predictor.experiment.dataset.config, "path", "")
    return kind_of(Path(path)) if isinstance(path, str) else ""


def _is_like_own(file: Path, kind: str, predictor: Predictor, how: _How) -> bool:
    """Tells whether a text is a table of tabs, as the run's own of the same ending is."""
    from seqkit.data import lines_of

    if not hasattr(predictor.experiment.dataset.config, "delimiter"):
        return False
    if not kind or kind != _own_kind(predictor):
        return False
    lines = [line for line in lines_of(how.text(file)) if line.strip()]
    return bool(lines) and all("\t" in line for line in lines)


def _own_table(
    file: Path, kind: str, predictor: Predictor, how: _How, *, keep_empty: bool = False
) -> Table:
    """Reads a table as the run's own was read, where it has the same ending."""
    config = predictor.experiment.dataset.config
    alike = _own_kind(predictor) == kind
    delimiter = str(getattr(config, "delimiter", "")) if alike else ""
    own = str(getattr(config, "path", "")) == str(file.absolute())
    return read_table(
        file,
        how.notify,
        encoding=how.encoding,
        delimiter=how.delimiter or delimiter,
        quotes=bool(getattr(config, "quotes", True)) if alike else True,
        header=bool(getattr(config, "header", True)),
        # Another file may call its sheets otherwise.
        sheet=str(getattr(config, "sheet", "")) if own else "",
        keep_empty=keep_empty,
        option=True,
        usual=how.usual,
    )


def _text_table(file: Path, kind: str, predictor: Predictor, how: _How, *, named: bool) -> Table:
    """Reads a table of texts, less a row that names the columns though the run's own has none.

    The other way round, a single column may have no name, unless a column is `named` to read.
    """
    from seqkit.data.columns import header_of
    from seqkit.data.headings import is_heading

    notify = how.notify
    table = _own_table(file, kind, predictor, how, keep_empty=True)
    if table.headed:
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
    return replace(table, columns=names, rows=table.rows[1:], lines=table.lines[1:])


def _with_its_first_row(table: Table, predictor: Predictor, notify: Notify) -> Table:
    """Returns a table of one column; its name is a text too where it is plainly no name."""
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
    return replace(table, columns=("1",), rows=[[name], *table.rows], lines=[1, *table.lines])


def _usual_names(predictor: Predictor) -> set[str]:
    """Returns the names that columns of any field of the run's task usually have."""
    named = predictor.experiment.task.component.usual_columns
    return {name for names in named.values() for name in names}


def _told_column(file: Path, columns: Sequence[str], predictor: Predictor, notify: Notify) -> str:
    """Returns the column that the run's task reads, and tells where it was not learnt from."""
    chosen = usual_column(columns, predictor)
    field = next(iter(predictor.experiment.task.component.fields), "text")
    config = predictor.experiment.dataset.config
    learnt = str(getattr(config, field, ""))
    named = bool(getattr(config, "header", True)) and len(columns) > 1
    if named and chosen and learnt and chosen != learnt:
        notify(
            f"{file} has no column {learnt!r}, which the run was trained on: {chosen!r} is read. "
            "Name another one with --column."
        )
    return chosen


def usual_column(columns: Sequence[str], predictor: Predictor) -> str:
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


def taken(
    file: object,
    rows: Sequence[Input],
    lines: Sequence[int],
    column: str,
    predictor: Predictor,
    *,
    named: bool,
    python: bool = False,
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
            f"Name it with {'column=...' if python else '--column'}"
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


def _text(file: object, row: Any, line: int, column: str, *, named: bool) -> str:
    value = row.get(column)
    if value is None and column in row:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    what = f"{value!r:.60} under {column!r}" if column in row else f"no {column!r}"
    more = "" if named or not _holds_more(row, column) else ", or a record that the task reads"
    raise DataError(f"{file} has {what} on line {line}. It must be a text{more}")
