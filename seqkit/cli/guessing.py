"""A first look at a person's own data: which task they are for, and which column holds what."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seqkit.errors import ConfigurationError, DataError, suggestion

RECIPES = {
    "classification": "sentiment",
    "forecasting": "weather-rnn",
    "language-modeling": "shakespeare-lstm",
    "seq2seq": "tatoeba-seq2seq",
}
"""The recipe whose model and training one's own data of a task begin with."""

TEXT_NAMES = ("text", "review", "sentence", "content", "comment", "message", "body", "tweet")
LABEL_NAMES = ("label", "sentiment", "class", "category", "target", "rating", "topic", "y")
SOURCE_NAMES = ("source", "src", "question", "input", "from")
TARGET_NAMES = ("target", "tgt", "answer", "output", "to", "translation")
_LOOKED_AT = 2000
_MOST_CLASSES = 100
_MOSTLY = 0.9
_SHOWN = 20
_WITHOUT = "Write the file without --data, and set "


@dataclass(frozen=True)
class Found:
    """What a look at the data came to.

    Attributes:
        task: The task they are for.
        dataset: The dataset table for them.
        examples: How many there are, of which not many are counted.
        said: What was found, in a sentence.
        settings: What the task has to be told, beside the dataset.
    """

    task: str
    dataset: dict[str, Any]
    examples: int
    said: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rows:
    """The first rows of a table, column by column."""

    path: Path
    columns: tuple[str, ...]
    values: Mapping[str, list[Any]]
    count: int
    kind: str
    table: Sequence[Sequence[str]] = ()
    lines: Sequence[int] = ()

    def whole(self, name: str) -> list[str]:
        """Returns all cells of a column of a table."""
        place = self.columns.index(name)
        return [row[place] for row in self.table]


def look_at(path: Path, task: str = "", encoding: str | None = None) -> Found:
    """Looks into a person's file or folder.

    Args:
        path: A CSV, TSV, JSONL or text file, or a folder; it is written as it is given.
        task: The task they are for; told from what they hold when empty.
        encoding: The encoding of the file; UTF-8 when empty, and None where none can be given.

    Raises:
        ConfigurationError: There is no such task.
        DataError: There is no such file, it is of another kind, or nothing in it looks like what
            the task reads.
    """
    if task and task not in RECIPES:
        raise ConfigurationError(f"there is no task {task!r} to begin. {suggestion(task, RECIPES)}")
    found = _look_at(path, task, encoding)
    if encoding:
        found.dataset["encoding"] = encoding
    return found


def _look_at(path: Path, task: str, encoding: str | None) -> Found:
    if path.is_dir():
        return _folder(path, task)
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = kinds[-1] if kinds else ""
    if kind in (".txt", ".text") and task in ("", "language-modeling"):
        size = path.stat().st_size if path.is_file() else 0
        dataset = {"name": "text-file", "path": _portable(path)}
        return Found("language-modeling", dataset, size, "It is a text to learn to write from.")
    if kind in (".csv", ".tsv", ".txt"):
        rows = _csv(path, kind, encoding)
    elif kind in (".jsonl", ".ndjson"):
        rows = _jsonl(path, encoding)
    else:
        raise DataError(
            f"--data {path} is not a file that seqkit knows. Give a .csv, .tsv, .jsonl or .txt "
            "file, a folder of texts, or one with a folder for each class"
        )
    guesses: dict[str, Callable[[_Rows, bool], Found | None]] = {
        "forecasting": _series,
        "seq2seq": _pairs,
        "classification": _labelled,
    }
    for name, guess in guesses.items():
        if task in ("", name) and (found := guess(rows, bool(task))):
            return found
    hint = "Write the file without --data, and name the columns"
    if not task and rows.kind != ".jsonl" and _series(rows, True):
        hint = "If its rows follow each other in time, say so: --task forecasting"
    raise DataError(
        f"nothing in {path} looks like what {task or 'a task'} reads; it has "
        f"{', '.join(map(repr, rows.columns[:_SHOWN]))}"
        f"{', ...' if len(rows.columns) > _SHOWN else ''}. {hint}"
    )


def _folder(path: Path, task: str) -> Found:
    inner = sum(1 for _ in itertools.islice(path.glob("*/*"), _LOOKED_AT))
    if task == "language-modeling" or (not task and not inner and any(path.glob("*.txt"))):
        files = len(list(itertools.islice(path.glob("**/*.txt"), _LOOKED_AT)))
        dataset = {"name": "text-file", "path": _portable(path)}
        return Found("language-modeling", dataset, files, f"It holds {files} texts to learn from.")
    dataset = {"name": "text-folder", "path": _portable(path)}
    return Found("classification", dataset, inner, "Each folder in it is a class.")


# --- columns --------------------------------------------------------------------------------------


def _series(rows: _Rows, asked: bool) -> Found | None:
    """Tells a table of a time and numbers, and no texts."""
    if rows.kind == ".jsonl":
        return None
    texts = [name for name in rows.columns if _text_score(rows.values[name]) > 0]
    free = _free_texts(rows, texts)
    time = "" if free and not asked else _time(rows)
    if not asked and (free or not time):
        return None
    numbers, ids = _measurements(rows, time)
    if not numbers:
        return None
    dataset: dict[str, Any] = {"name": "series-csv", "path": _portable(rows.path)}
    if time:
        _check_times(rows, time, ids)
        dataset["time"] = time
    where = f"Times are in column {time!r}, numbers" if time else "Numbers are"
    shown = ", ".join(map(repr, numbers[:5])) + (", ..." if len(numbers) > 5 else "")
    if ids:
        shown += f"; series are told apart by {' and '.join(map(repr, ids))}"
    settings: dict[str, Any] = {}
    if empty := [name for name in rows.columns if not any(map(_given, rows.values[name]))]:
        dataset["targets"] = numbers
        settings["past_covariates"] = "none"
        shown += f"; {', '.join(map(repr, empty))} is empty and left out"
    return Found("forecasting", dataset, rows.count, f"{where} in {shown}.", settings)


def _time(rows: _Rows) -> str:
    """Returns the column that a run would take for the times.

    Raises:
        DataError: There is none, and one that seems to be it cannot be read.
    """
    from seqkit.data.times import resembles_times, time_column

    cells = {name: rows.whole(name) for name in rows.columns}
    time = time_column(cells)
    seeming = [name for name in rows.columns if not time and resembles_times(cells[name])]
    others = [name for name in rows.columns if name not in seeming]
    if seeming and any(_share(rows.values[name], _is_number) >= _MOSTLY for name in others):
        example = next(text for text in cells[seeming[0]] if text.strip())
        raise DataError(
            f"column {seeming[0]!r} of {rows.path} seems to hold times that are not read, such as "
            f"{example!r}. Write them as 2024-01-31"
        )
    return time


def _check_times(rows: _Rows, time: str, ids: Sequence[str]) -> None:
    """Raises DataError where a run would refuse the times."""
    import numpy as np

    from seqkit.data.times import TimesError, other_parts, read_times

    try:
        times = read_times(rows.whole(time)).times
    except TimesError as error:
        hint = error.hint.replace("Set time_format", f"{_WITHOUT}dataset.time_format")
        raise DataError(
            f"{rows.path}, line {rows.lines[error.row]}: {error.reason}, in column {time!r}. "
            f"{hint.replace(' or set time_format', '')}"
        ) from error
    same = len(times) - len(np.unique(times))
    if same and not ids:
        parts = other_parts({name: rows.whole(name) for name in rows.columns}, time)
        shown = f", which {' and '.join(map(repr, parts))} may part" if parts else ""
        hint = "Join them in a column, as 2024-01-31 13:45. Or w" if parts else "W"
        raise DataError(
            f"{rows.path} has {same:,} rows with the time of another one, in column {time!r}"
            f"{shown}. {hint}{_WITHOUT[1:]}dataset.id or dataset.duplicates"
        )


def _measurements(rows: _Rows, time: str) -> tuple[list[str], tuple[str, ...]]:
    """Returns the columns that a run would forecast, and those that tell series apart."""
    import numpy as np

    from seqkit.data.columns import names_ids
    from seqkit.data.numbers import NumbersError, parse_numbers, settle_decimal
    from seqkit.data.roles import aside, ids_among, joined_ids

    cells = {name: [str(value or "") for value in rows.values[name]] for name in rows.columns}
    named = [name for name in rows.columns if names_ids(name)]
    ids = ids_among({name: rows.whole(name) for name in named}, {time})
    others = [name for name in rows.columns if name not in (time, *ids)]
    numbers = [name for name in others if _share(cells[name], _is_number) >= _MOSTLY]
    decimal = settle_decimal(cells[name] for name in numbers)
    values = {}
    for name in numbers:
        # What a run asks about, or refuses by its line, is a measurement all the same.
        values[name] = np.full(rows.count, np.nan)
        with suppress(NumbersError):
            values[name] = parse_numbers(cells[name], usual=decimal)
    owners = np.zeros(rows.count, dtype=np.int64)
    if ids:
        owners = np.unique(np.array(joined_ids(cells, ids)), return_inverse=True)[1]
    left, _ = aside(values, owners, rows.columns, ())
    return [name for name in numbers if name not in left], ids


def _pairs(rows: _Rows, asked: bool) -> Found | None:
    """Tells a table of two texts a row."""
    sources = [name for name in rows.columns if _word(name) in SOURCE_NAMES]
    targets = [name for name in rows.columns if _word(name) in TARGET_NAMES and name not in sources]
    texts = [name for name in rows.columns if _text_score(rows.values[name]) > 0]
    headed = bool(sources or targets) or all(_names(rows, name) for name in rows.columns[:2])
    two = rows.kind == ".tsv" and len(rows.columns) == 2
    if sources and targets and (asked or _label_score(rows.values[targets[0]]) < 0.05):
        source, target = sources[0], targets[0]
    elif len(rows.columns) >= 2 and (asked or (len(texts) >= 2 and not _labelled(rows, False))):
        source, target = (texts if len(texts) >= 2 else list(rows.columns))[:2]
    elif rows.kind == ".tsv" and len(texts) >= 2 and not headed:
        source, target = texts[:2]
    elif two and not _labelled(rows, False):
        source, target = rows.columns
    else:
        return None
    dataset: dict[str, Any] = {"name": "pairs-tsv", "path": _portable(rows.path)}
    if rows.kind != ".tsv":
        dataset |= {"delimiter": "", "quotes": True}
    if headed:
        dataset |= {"header": True, "source": source, "target": target}
        said = f"Sources are in column {source!r}, targets in {target!r}."
    else:
        said = "Each row holds a source and a target."
    return Found("seq2seq", dataset, rows.count, said)


def _names(rows: _Rows, name: str) -> bool:
    """Tells whether a column's first cell is its name: no number, and shorter than the rest."""
    values = [str(value) for value in rows.values[name] if _given(value)]
    words = sum(len(value.split()) for value in values) / max(1, len(values))
    return not any(map(str.isdigit, name)) and len(name.split()) <= min(2.0, words - 0.5)


def _labelled(rows: _Rows, asked: bool) -> Found | None:
    try:
        table = [list(row) for row in zip(*rows.values.values(), strict=True)]
        text, label = guess_columns(rows.path, rows.columns, table)
    except DataError:
        if asked:
            raise
        return None
    name = "text-jsonl" if rows.kind == ".jsonl" else "text-csv"
    dataset = {"name": name, "path": _portable(rows.path), "text": text, "label": label}
    said = f"Texts are in column {text!r}, labels in {label!r}."
    return Found("classification", dataset, rows.count, said)


def guess_columns(
    path: Path, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[str, str]:
    """Tells which column holds texts and which holds labels: by name, and else by content.

    Raises:
        DataError: No column looks like one of the two.
    """
    values = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    text = _best(columns, TEXT_NAMES, lambda name: _text_score(values[name]))
    others = [name for name in columns if name != text]
    label = _best(others, LABEL_NAMES, lambda name: _label_score(values[name]))
    if not text or not label:
        missing = " and ".join(
            word for word, name in (("texts", text), ("labels", label)) if not name
        )
        raise DataError(
            f"no column of {path} looks like {missing}; it has {', '.join(map(repr, columns))}. "
            "Write the file without --data, and set dataset.text and dataset.label in it"
        )
    return text, label


def _best(columns: Sequence[str], names: Sequence[str], score: Callable[[str], float]) -> str:
    scored = {column: score(column) for column in columns}
    fitting = [column for column in columns if scored[column] > 0]
    named = [c for name in names for c in fitting if _word(c) == name]
    return named[0] if named else max(fitting, key=lambda column: scored[column], default="")


def _word(name: str) -> str:
    return name.lower().strip()


def _free_texts(rows: _Rows, texts: Sequence[str]) -> bool:
    """Tells whether a column holds sentences, and not times or a few kinds of things."""
    from seqkit.data.times import looks_like_times, resembles_times

    return any(
        _text_score(rows.values[name]) > 20
        and not looks_like_times(rows.whole(name))
        and not resembles_times(rows.whole(name))
        for name in texts
    )


def _given(value: Any) -> bool:
    return value is not None and bool(str(value).strip())


def _share(values: Sequence[Any], test: Callable[[str], bool]) -> float:
    """Returns the part of the values that are something, of those that are there."""
    given = [str(value).strip() for value in values[:200] if value not in (None, "")]
    return sum(map(test, given)) / len(given) if given else 0.0


def _is_number(text: str) -> bool:
    from seqkit.data.numbers import TRUTHS, is_number

    return is_number(text) or text.lower() in TRUTHS


def _text_score(values: Sequence[Any]) -> float:
    """Returns the mean number of characters where the values are texts, and 0 elsewhere."""
    texts = [value for value in values if isinstance(value, str) and value.strip()]
    if len(texts) * 2 < len(values) or not any(" " in text for text in texts):
        return 0.0
    return sum(map(len, texts)) / len(texts)


def _label_score(values: Sequence[Any]) -> float:
    """Returns more for fewer classes, and 0 where the values cannot be classes."""
    kinds = {str(value) for value in values if value is not None and value != ""}
    if not 2 <= len(kinds) <= min(_MOST_CLASSES, max(2, len(values) // 2)):
        return 0.0
    if max(map(len, kinds)) > 100:
        return 0.0
    return 1 / len(kinds)


# --- files ----------------------------------------------------------------------------------------


def _portable(path: Path) -> str:
    return str(path).replace(os.sep, "/")


def _quiet(_message: str) -> None:
    """Leaves aside what the run itself will say again."""


def _csv(path: Path, kind: str, encoding: str | None) -> _Rows:
    from seqkit.data import read_csv

    table = read_csv(path, _quiet, encoding=encoding or "utf-8", option=encoding is not None)
    rows = table.rows[:_LOOKED_AT]
    values = {name: [row[place] for row in rows] for place, name in enumerate(table.columns)}
    return _Rows(path, tuple(table.columns), values, len(rows), kind, table.rows, table.lines)


def _jsonl(path: Path, encoding: str | None) -> _Rows:
    from seqkit.data import read_jsonl

    known, option = encoding or "utf-8", encoding is not None
    objects = [values for _, values in read_jsonl(path, _quiet, encoding=known, option=option)]
    del objects[_LOOKED_AT:]
    columns = tuple(objects[0])
    values = {name: [item.get(name) for item in objects] for name in columns}
    return _Rows(path, columns, values, len(objects), ".jsonl")
