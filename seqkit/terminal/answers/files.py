"""Answers as files: a table, JSON lines, or a drawing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.data import write_table, written_whole
from seqkit.errors import ConfigurationError, DataError
from seqkit.events import spell_out
from seqkit.views import Answer, view_of

_KINDS = (".csv", ".jsonl", ".png", ".svg")


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
    """Writes answers in the form that the file's ending says.

    Raises:
        ConfigurationError: These answers have no such form.
        DataError: The file cannot be written.
    """
    kind = path.suffix.lower()
    series = bool(answers) and all(view_of(answer) == "series" for answer in answers)
    try:
        if kind == ".jsonl":
            lines = (json.dumps(spell_out(answer), ensure_ascii=False) for answer in answers)
            with written_whole(path) as aside, aside.open("wb") as stream:
                # JSON spells half a surrogate pair as Python does, which UTF-8 has not.
                stream.writelines(
                    (line + "\n").encode("utf-8", "backslashreplace") for line in lines
                )
        elif series:
            from seqkit.terminal.answers import series_files

            write = series_files.write_csv if kind == ".csv" else series_files.write_picture
            write(answers, path)
        elif kind == ".csv":
            _write_table(answers, path)
        else:
            from seqkit.terminal.answers import attention_files

            if not answers or not all(map(attention_files.has_attention, answers)):
                raise ConfigurationError(
                    f"{path} would be a drawing, and only series, and pairs with their attention, "
                    f"are drawn. Write {path.with_suffix('.csv').name}"
                )
            attention_files.write_picture(answers, path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written: {error.strerror or error}. "
            "What was there before is untouched; make room, or save to another folder"
        ) from error


def _write_table(answers: Sequence[Answer], path: Path) -> None:
    """Writes a row for each answer; what is no single value is written as JSON."""
    columns = list(dict.fromkeys(key for answer in answers for key in answer if key != "view"))
    rows = ([_cell(answer.get(column)) for column in columns] for answer in answers)
    write_table(path, columns, rows)


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(spell_out(value), ensure_ascii=False)
    return value
