"""Answers as files: a table, JSON lines, or a drawing of a forecast."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.cli.saving import csv_cell, save
from seqkit.errors import ConfigurationError, DataError
from seqkit.events import spell_out

_KINDS = (".csv", ".jsonl", ".png", ".svg")

Answer = Mapping[str, Any]


def check_files(paths: Iterable[Path]) -> None:
    """Raises ConfigurationError for a file that could not be written in the end."""
    for path in paths:
        if path.suffix.lower() not in _KINDS:
            raise ConfigurationError(
                f"{path} has no ending that is known, in --save. Write one of {', '.join(_KINDS)}"
            )
        if not path.parent.is_dir():
            raise ConfigurationError(
                f"there is no folder {path.parent}, in --save {path}. Make it first"
            )


def write_answers(answers: Sequence[Answer], path: Path) -> None:
    """Writes answers in the form that the file's ending says: the whole file, or nothing.

    Raises:
        ConfigurationError: These answers have no such form.
        DataError: The file cannot be written.
    """
    kind = path.suffix.lower()
    forecasts = any("forecast" in answer for answer in answers)
    try:
        if kind == ".jsonl":
            lines = (json.dumps(spell_out(answer), ensure_ascii=False) for answer in answers)
            save(path, "".join(line + "\n" for line in lines))
        elif forecasts:
            from seqkit.cli import forecast_files

            write = forecast_files.write_csv if kind == ".csv" else forecast_files.write_picture
            write(answers, path)
        elif kind == ".csv":
            save(path, _table(answers))
        else:
            raise ConfigurationError(
                f"{path} would be a drawing, and only forecasts are drawn. "
                f"Write {path.with_suffix('.csv').name}"
            )
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}.") from error


def _table(answers: Sequence[Answer]) -> str:
    """Returns a row for each answer; what is no single value is written as JSON."""
    columns = list(dict.fromkeys(key for answer in answers for key in answer))
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(map(csv_cell, columns))
    for answer in answers:
        writer.writerow([_cell(answer.get(column)) for column in columns])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(spell_out(value), ensure_ascii=False)
    return "" if value is None else csv_cell(value)
