"""A first look at a person's own data: which task they are for, and which column holds what."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seqkit.data.first_look import (
    OTHER_KINDS,
    Rows,
    csv_rows,
    holds_digits,
    holds_numbers,
    is_given,
    jsonl_rows,
    label_score,
    quiet,
    text_score,
)
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


def look_at(path: Path, task: str = "", given: Mapping[str, Any] | None = None) -> Found:
    """Looks into a person's file or folder.

    Args:
        path: A CSV, TSV, JSONL or text file, or a folder; it is written as it is given.
        task: The task they are for; told from what they hold when empty.
        given: Settings of the dataset that are known, such as its encoding or its columns.

    Raises:
        ConfigurationError: There is no such task.
        DataError: There is no such file, it is of another kind, or nothing in it looks like what
            the task reads.
    """
    given = given or {}
    if task and task not in RECIPES:
        raise ConfigurationError(f"there is no task {task!r} to begin. {suggestion(task, RECIPES)}")
    found = _look(path, task, given)
    return replace(found, dataset={**found.dataset, **given})


def _look(path: Path, task: str, given: Mapping[str, Any]) -> Found:
    if path.is_dir():
        return _folder(path, task)
    kinds = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = kinds[-1] if kinds else ""
    if kind in (".txt", ".text") and task in ("", "language-modeling"):
        return _text(path, given)
    if kind in (".csv", ".tsv", ".txt"):
        rows = csv_rows(path, kind, given)
    elif kind in (".jsonl", ".ndjson"):
        rows = jsonl_rows(path, kind, given)
    else:
        raise DataError(
            f"--data {path} is not a file that seqkit knows. {OTHER_KINDS.get(kind, '')}Give a "
            ".csv, .tsv, .jsonl or .txt file, a folder of texts, or one with a folder for each "
            "class"
        )
    found = _in_table(rows, task)
    if "header" not in given and rows.table and _is_a_row(rows, found):
        found = _in_table(csv_rows(path, kind, {**given, "header": False}), task)
        return replace(found, dataset={**found.dataset, "header": False})
    return found


def _in_table(rows: Rows, task: str) -> Found:
    guesses: dict[str, Callable[[Rows, bool], Found | None]] = {
        "forecasting": _series,
        "seq2seq": _pairs,
        "classification": _labelled,
    }
    for name, guess in guesses.items():
        if task in ("", name) and (found := guess(rows, bool(task))):
            return found
    what = task or "a task"
    raise DataError(
        f"nothing in {rows.path} looks like what {what} reads; it has {_listed(rows.columns)}. "
        f"{_why_not(rows, task)}"
    )


def _why_not(rows: Rows, task: str) -> str:
    """Returns the next step for a table in which nothing was found."""
    from seqkit.data.numbers import NumbersError, parse_numbers

    if rows.kind not in (".csv", ".tsv", ".txt"):
        if task in ("forecasting", "seq2seq"):
            return "It reads a .csv or .tsv file: write one"
        return "Give each object a text and a label, or name them: dataset.text and dataset.label"
    if rows.count and (said := _one_class(rows.values)):
        return said
    time = rows.time
    for name in rows.columns if time or task == "forecasting" else ():
        try:
            parse_numbers(rows.whole(name))
        except NumbersError as error:
            if error.adorned or (name != time and holds_digits(rows.values[name])):
                return f"Column {name!r} holds {error.reason.split(' is ')[0]}. {error.hint}"
    texts = any(text_score(cells) > 0 for cells in rows.values.values())
    numbers = any(holds_numbers(cells) for cells in rows.values.values())
    if not task and not time and not texts and numbers:
        return "For a series of numbers without times, give --task forecasting"
    return (
        "Name the columns: dataset.text and dataset.label for classification, dataset.time and "
        "dataset.targets for forecasting, dataset.source and dataset.target for pairs"
    )


def _is_a_row(rows: Rows, found: Found) -> bool:
    """Tells whether the first row is plainly one like the others, though it was taken for names."""
    from seqkit.data.headings import is_an_example
    from seqkit.data.roles import is_a_row

    if found.task == "forecasting":
        return is_a_row(rows.columns, found.dataset.get("time", ""))
    if found.task != "classification":
        return False
    label = found.dataset["label"]
    return is_an_example(found.dataset["text"], label, rows.whole(label))


def _text(path: Path, given: Mapping[str, Any]) -> Found:
    from seqkit.data import read_text

    size = path.stat().st_size if path.is_file() else 0
    said = "It is a text to learn to write from."
    reading = {name: given[name] for name in ("encoding", "errors") if name in given}
    lines = [line for line in read_text(path, quiet, **reading).split("\n") if line.strip()]
    tabs = {line.count("\t") for line in lines[:_LOOKED_AT]}
    if len(tabs) == 1 and tabs != {0}:
        said += " Its lines are parted by tabs: for pairs or labels, give --task."
    elif lines and all(_is_numbers(line) for line in lines[:_LOOKED_AT]):
        said += " It holds numbers alone: for a series, give --task forecasting."
    dataset = {"name": "text-file", "path": _portable(path)}
    return Found("language-modeling", dataset, size, said)


def _is_numbers(line: str) -> bool:
    from seqkit.data.numbers import is_number

    return all(map(is_number, re.split(r"[,;\s]+", line.strip())))


def _folder(path: Path, task: str) -> Found:
    texts = list(itertools.islice(path.glob("**/*.txt"), _LOOKED_AT))
    if not texts:
        raise DataError(
            f"{path} holds no .txt files. It needs texts to write on from, or a folder of them for "
            "each class"
        )
    inside = [file for file in texts if file.parent != path]
    if task == "language-modeling" or (not task and not inside):
        dataset = {"name": "text-file", "path": _portable(path)}
        files = len(texts)
        return Found(
            "language-modeling", dataset, files, f"It holds {files:,} texts to learn from."
        )
    dataset = {"name": "text-folder", "path": _portable(path)}
    train = path / "train"
    said = "Each folder in it is a class."
    if train.is_dir():
        inside = [file for file in inside if train in file.parents]
        said = "Each folder in its folder 'train' is a class."
    return Found("classification", dataset, len(inside), said)


# --- columns --------------------------------------------------------------------------------------


def _series(rows: Rows, asked: bool) -> Found | None:
    """Tells a table of a time and numbers, and no texts."""
    if not rows.table:
        return None
    asked = asked or bool(rows.given.keys() & {"time", "targets"})
    texts = [name for name in rows.columns if text_score(rows.values[name]) > 0]
    free = _free_texts(rows, texts)
    time = "" if free and not asked else rows.time
    if not asked and (free or not time):
        return None
    numbers, ids = _measurements(rows, time, _ids(rows, time))
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
    if empty := [name for name in rows.columns if not any(map(is_given, rows.values[name]))]:
        dataset["targets"] = numbers
        settings["past_covariates"] = "none"
        shown += f"; {', '.join(map(repr, empty))} is empty and left out"
    return Found("forecasting", dataset, rows.count, f"{where} in {shown}.", settings)


def _ids(rows: Rows, time: str) -> tuple[str, ...]:
    """Returns the columns that tell series apart: those that are given, or look like it."""
    from seqkit.data.columns import names_ids
    from seqkit.data.roles import ids_among

    given = rows.given.get("id", "auto")
    if given == "none":
        return ()
    if given != "auto":
        names = given.split(",") if isinstance(given, str) else given
        return tuple(rows.known(str(name).strip()) for name in names)
    named = [name for name in rows.columns if names_ids(name)]
    return ids_among({name: rows.whole(name) for name in named}, {time})


def _check_times(rows: Rows, time: str, ids: Sequence[str]) -> None:
    """Raises DataError where a run would refuse the times."""
    import numpy as np

    from seqkit.data import counted
    from seqkit.data.times import TimesError, other_parts, read_times

    try:
        times = read_times(rows.whole(time), str(rows.given.get("time_format", ""))).times
    except TimesError as error:
        raise DataError(
            f"{rows.path}, line {rows.lines[error.row]}: {error.reason}, in column {time!r}. "
            f"{error.hint.replace('time_format', 'dataset.time_format')}"
        ) from error
    same = len(times) - len(np.unique(times))
    if not same or ids or rows.given.get("duplicates", "error") != "error":
        return
    parts = other_parts({name: rows.whole(name) for name in rows.columns}, time)
    shown = f", which {' and '.join(map(repr, parts))} may part" if parts else ""
    hint = "Join them in a column, as 2024-01-31 13:45. Or set" if parts else "Set"
    apart = [name for name in rows.columns if name != time and _tells_apart(rows, name, times)]
    name = apart[0] if apart else "COLUMN"
    raise DataError(
        f"{rows.path} has {counted(same, 'row')} with the time of another one, in column "
        f"{time!r}{shown}. {hint} dataset.id={name} if that tells series apart, or "
        "dataset.duplicates=first, last or mean"
    )


def _tells_apart(rows: Rows, name: str, times: Any) -> bool:
    """Tells whether no two rows have the same time and the same cell in a column of few kinds."""
    cells = [text.strip() for text in rows.whole(name)]
    pairs = set(zip(times.tolist(), cells, strict=True))
    return len(pairs) == len(cells) and 2 * len(set(cells)) <= len(cells)


def _measurements(rows: Rows, time: str, ids: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """Returns the columns that a run would forecast, and those that tell series apart."""
    import numpy as np

    from seqkit.data.numbers import NumbersError, parse_numbers, settle_decimal
    from seqkit.data.roles import aside, joined_ids

    cells = {name: [str(value or "") for value in rows.values[name]] for name in rows.columns}
    others = [name for name in rows.columns if name not in (time, *ids)]
    numbers = [name for name in others if holds_numbers(cells[name])]
    decimal = str(rows.given.get("decimal", ""))
    usual = decimal or settle_decimal(cells[name] for name in numbers)
    values = {}
    for name in numbers:
        # What a run asks about, or refuses by its line, is a measurement all the same.
        values[name] = np.full(rows.count, np.nan)
        with suppress(NumbersError):
            values[name] = parse_numbers(cells[name], decimal, usual)
    owners = np.zeros(rows.count, dtype=np.int64)
    if ids:
        owners = np.unique(np.array(joined_ids(cells, ids)), return_inverse=True)[1]
    left, _ = aside(values, owners, rows.columns, ())
    return [name for name in numbers if name not in left], ids


def _pairs(rows: Rows, asked: bool) -> Found | None:
    """Tells a table of two texts a row."""
    chosen = _two_texts(rows, asked) if rows.table else ()
    if not chosen:
        return None
    headed = rows.header and (
        _word(chosen[0]) in SOURCE_NAMES
        or _word(chosen[1]) in TARGET_NAMES
        or all(_names(rows, name) for name in chosen)
    )
    dataset: dict[str, Any] = {"name": "pairs-tsv", "path": _portable(rows.path)}
    if rows.kind != ".tsv":
        dataset |= {"delimiter": "", "quotes": True}
    source, target = chosen
    said = f"Sources are in column {source!r}, targets in {target!r}."
    places = tuple(map(rows.columns.index, chosen))
    if headed or rows.given.get("header"):
        dataset |= {"header": True, "source": source, "target": target}
    elif places == (0, 1):
        said = "Each row holds a source and a target."
    else:
        source, target = (str(place + 1) for place in places)
        dataset |= {"source": source, "target": target}
        said = f"Each row holds a source, in column {source}, and a target, in {target}."
    # What was taken for the names of columns is a pair then.
    more = rows.header and "header" not in dataset
    return Found("seq2seq", dataset, rows.count + more, said)


def _two_texts(rows: Rows, asked: bool) -> tuple[str, str] | tuple[()]:
    """Returns the columns of sources and targets; none where they are not plainly there."""
    if rows.given.keys() >= {"source", "target"}:
        return rows.known(str(rows.given["source"])), rows.known(str(rows.given["target"]))
    sources = [name for name in rows.columns if _word(name) in SOURCE_NAMES]
    targets = [name for name in rows.columns if _word(name) in TARGET_NAMES and name not in sources]
    texts = [name for name in rows.columns if text_score(rows.values[name]) > 0]
    tabs = rows.kind == ".tsv"
    if sources and targets and (asked or label_score(rows.values[targets[0]]) < 0.05):
        return sources[0], targets[0]
    if len(rows.columns) >= 2 and (asked or (len(texts) >= 2 and not _labelled(rows, False))):
        source, target = (texts if len(texts) >= 2 else rows.columns)[:2]
        return source, target
    headed = bool(sources or targets) or all(_names(rows, name) for name in rows.columns[:2])
    if tabs and len(texts) >= 2 and not headed:
        return texts[0], texts[1]
    if tabs and len(rows.columns) == 2 and not _labelled(rows, False):
        return rows.columns[0], rows.columns[1]
    return ()


def _names(rows: Rows, name: str) -> bool:
    """Tells whether a column's first cell is its name: no number, and shorter than the rest."""
    values = [str(value) for value in rows.values[name] if is_given(value)]
    words = sum(len(value.split()) for value in values) / max(1, len(values))
    return not any(map(str.isdigit, name)) and len(name.split()) <= min(2.0, words - 0.5)


def _labelled(rows: Rows, asked: bool) -> Found | None:
    try:
        table = [list(row) for row in zip(*rows.values.values(), strict=True)]
        named = [str(rows.given.get(field, "")) for field in ("text", "label")]
        text, label = guess_columns(rows.path, rows.columns, table, *named)
    except DataError:
        if asked:
            raise
        return None
    name = "text-csv" if rows.table else "text-jsonl"
    dataset: dict[str, Any] = {"name": name, "path": _portable(rows.path)}
    dataset |= {"text": text, "label": label}
    if not rows.given.get("quotes", True):
        dataset["quotes"] = False
    said = f"Texts are in column {text!r}, labels in {label!r}."
    return Found("classification", dataset, rows.count, said)


def guess_columns(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    text: str = "",
    label: str = "",
) -> tuple[str, str]:
    """Tells which column holds texts and which holds labels: by name, and else by content.

    Args:
        path: The file, for messages.
        columns: Its columns.
        rows: Their cells.
        text: The column of the texts, where it is known.
        label: The column of the labels, where it is known.

    Raises:
        DataError: No column looks like one of the two.
    """
    values = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    others = [name for name in columns if name != label]
    text = text or _best(others, TEXT_NAMES, lambda name: text_score(values[name]))
    others = [name for name in columns if name != text]
    label = label or _best(others, LABEL_NAMES, lambda name: label_score(values[name]))
    if not text or not label:
        missing = [word for word, name in (("text", text), ("label", label)) if not name]
        sought = " and ".join(f"{word}s" for word in missing)
        settings = " and ".join(f"dataset.{word}=COLUMN" for word in missing)
        raise DataError(
            f"no column of {path} looks like {sought}; it has {_listed(columns)}. "
            f"{_one_class(values) or f'Name it: {settings}'}"
        )
    return text, label


def _one_class(values: Mapping[str, Sequence[Any]]) -> str:
    """Says where a column that is named as one of labels holds a single class."""
    for name, cells in values.items():
        kinds = {str(cell).strip() for cell in cells if is_given(cell)}
        if _word(name) in LABEL_NAMES and len(kinds) == 1:
            return f"Column {name!r} holds the class {kinds.pop()!r} alone, and two are needed"
    return ""


def _listed(columns: Sequence[str]) -> str:
    from seqkit.data import listed

    return listed(columns)


def _best(columns: Sequence[str], names: Sequence[str], score: Callable[[str], float]) -> str:
    scored = {column: score(column) for column in columns}
    fitting = [column for column in columns if scored[column] > 0]
    named = [c for name in names for c in fitting if _word(c) == name]
    return named[0] if named else max(fitting, key=lambda column: scored[column], default="")


def _free_texts(rows: Rows, texts: Sequence[str]) -> bool:
    """Tells whether a column holds sentences, and not times or a few kinds of things."""
    from seqkit.data.times import looks_like_times, resembles_times

    return any(
        text_score(rows.values[name]) > 20
        and not looks_like_times(rows.whole(name))
        and not resembles_times(rows.whole(name))
        for name in texts
    )


def _word(name: str) -> str:
    return name.lower().strip()


def _portable(path: Path) -> str:
    return str(path).replace(os.sep, "/")
