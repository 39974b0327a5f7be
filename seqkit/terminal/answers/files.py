"""Answers as files: a table, JSON, or a drawing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.data import write_table, written_whole
from seqkit.errors import ConfigurationError, DataError
from seqkit.events import spell_out
from seqkit.terminal.answers.rows import as_rows, cell
from seqkit.views import Answer, view_of

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_DRAWN = (".png", ".svg")
_KINDS = (".csv", ".tsv", ".json", ".jsonl", ".parquet", *_DRAWN)


def check_files(paths: Iterable[Path], read: Path | None = None) -> None:
    """Raises ConfigurationError for a file that could not be written in the end.

    Nor is one written that the inputs are `read` from: those are a person's data.
    """
    for path in paths:
        kind = path.suffix.lower()
        if read is not None and read.exists() and path.exists() and path.samefile(read):
            raise ConfigurationError(
                f"{path} holds the inputs, in --save. Give the answers a file of their own"
            )
        if kind not in _KINDS:
            raise ConfigurationError(
                f"{path} has no ending that is known, in --save. Write one of {', '.join(_KINDS)}"
            )
        if not path.parent.is_dir():
            raise ConfigurationError(
                f"there is no folder {path.parent}, in --save {path}. Make it first"
            )
        if kind == ".parquet":
            _parquet(path)


def write_answers(
    answers: Sequence[Answer], path: Path, inputs: Sequence[Mapping[str, Any]] = ()
) -> None:
    """Writes answers in the form that the file's ending says.

    Args:
        answers: What was answered.
        path: The file.
        inputs: The row of a person's table that each answers; its columns are kept. Without them,
            and for series, JSON has the whole answers.

    Raises:
        ConfigurationError: These answers have no such form, or what writes it is not installed.
        DataError: The file cannot be written.
    """
    kind = path.suffix.lower()
    series = bool(answers) and all(view_of(answer) == "series" for answer in answers)
    try:
        if kind in _DRAWN:
            _draw(answers, path, series)
        elif kind in (".json", ".jsonl"):
            _write_json(answers if series or not inputs else _objects(answers, inputs), path)
        else:
            if series:
                from seqkit.terminal.answers.series_files import as_rows as of_series

                heads, found = of_series(answers)
                rows: Iterable[Sequence[Any]] = found
            else:
                heads, rows = as_rows(answers, inputs)
            if kind == ".parquet":
                _write_parquet(path, heads, rows)
            else:
                cells = ([cell(value) for value in row] for row in rows)
                write_table(path, heads, cells, delimiter=_DELIMITERS[kind])
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}. "
            "What was there before is untouched; make room, or save to another folder"
        ) from error


def _objects(
    answers: Sequence[Answer], inputs: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yields an object for each answer: the row that it answers, then what was answered."""
    heads, rows = as_rows(answers, inputs)
    for row in rows:
        yield dict(zip(heads, row, strict=True))


def _write_json(objects: Iterable[Mapping[str, Any]], path: Path) -> None:
    """Writes objects as lines, or as the one list of a .json file."""
    texts = (json.dumps(spell_out(one), ensure_ascii=False) for one in objects)
    lines = path.suffix.lower() == ".jsonl"
    with written_whole(path) as aside, aside.open("wb") as stream:
        parts = (f"{text}\n" for text in texts) if lines else _listed(texts)
        # JSON spells half a surrogate pair as Python does, which UTF-8 has not.
        stream.writelines(part.encode("utf-8", "backslashreplace") for part in parts)


def _listed(texts: Iterable[str]) -> Iterator[str]:
    before = "["
    for text in texts:
        yield f"{before}\n{text}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _parquet(path: Path) -> Any:
    """Returns what writes Parquet files. Raises ConfigurationError where it is not installed."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigurationError(
            f"{path} would be written by pyarrow, which is not installed. "
            "Install it: pip install 'seqkit[parquet]'"
        ) from error
    return parquet


def _write_parquet(path: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    parquet = _parquet(path)
    import pyarrow

    columns = list(zip(*rows, strict=True)) or [()] * len(heads)
    table = {
        _text(head): _of_one_type([_text(cell(value)) for value in column])
        for head, column in zip(heads, columns, strict=True)
    }
    with written_whole(path) as aside:
        parquet.write_table(pyarrow.table(table), aside)


def _text(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _of_one_type(values: Sequence[Any]) -> list[Any]:
    """Returns a column as Parquet takes it: its values as text where they are of several types."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2 or kinds == {int, float}:
        return list(values)
    return [None if value is None else str(value) for value in values]


def _draw(answers: Sequence[Answer], path: Path, series: bool) -> None:
    if series:
        from seqkit.terminal.answers import series_files

        series_files.write_picture(answers, path)
        return
    from seqkit.terminal.answers import attention_files

    if not answers or not all(map(attention_files.has_attention, answers)):
        raise ConfigurationError(
            f"{path} would be a drawing, and only series, and pairs with their attention, "
            f"are drawn. Write {path.with_suffix('.csv').name}"
        )
    attention_files.write_picture(answers, path)
