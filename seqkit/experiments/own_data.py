"""Which dataset recognises a user's own data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from seqkit.api import Dataset, Notify, Recognition, ignore
from seqkit.data.endings import OTHER_KINDS, SHEETS, TABLES
from seqkit.data.folders import missing_file
from seqkit.data.own import OwnData
from seqkit.errors import DataError, SeqkitError, sentence
from seqkit.registry.registry import Entry, Registry

ERROR_CONFIDENCE = 0.8
"""An error of a dataset counts as much as a recognition that is so sure."""


def recognise(
    path: Path,
    registry: Registry,
    task: str = "",
    given: Mapping[str, Any] | None = None,
    warn: Notify = ignore,
    in_memory: bool = False,
) -> tuple[Entry, Recognition]:
    """Asks every dataset what it makes of a user's file or folder, and takes the surest.

    Args:
        path: The file or folder; it is written as it is given.
        registry: Where the datasets are.
        task: The task that the data are for; told from what they hold when empty.
        given: Settings of the dataset that are known, such as its encoding or its columns.
        warn: Receives messages about a dataset that fails to look at them.
        in_memory: Whether the file was made of records in memory, so that no sign parts it wrongly.

    Returns:
        The dataset, and what it made of them: with the settings that were given, and where it is
        not sure, with what else they could be for.

    Raises:
        ConfigurationError: There is no such task.
        DataError: There is no such file, or no dataset recognises it.
    """
    if not path.exists():
        raise missing_file(path)
    data = OwnData(path, given)
    wanted = registry.find("tasks", task, "--task") if task else None
    asked = [
        entry
        for entry in registry.entries("datasets")
        if wanted is None or {wanted.name, wanted.qualified} & set(entry.component.tasks)
    ]
    found: list[tuple[Entry, Recognition]] = []
    errors: list[SeqkitError] = []
    for entry in asked:
        try:
            recognition = entry.component.recognise(data, wanted.name if wanted else "")
        except SeqkitError as error:
            errors.append(error)
        except (Exception, SystemExit) as error:
            warn(_failure(entry, registry, f"{type(error).__name__}: {error}"))
        else:
            wrong = _what_is_wrong(recognition, registry)
            if wrong:
                warn(_failure(entry, registry, wrong))
            elif recognition is not None:
                found.append((entry, recognition))
    found.sort(key=lambda pair: -pair[1].confidence)
    surest = found[0][1].confidence if found else 0.0
    if errors and surest <= ERROR_CONFIDENCE:
        raise errors[0]
    if not surest:
        raise _unrecognised(
            data, registry, wanted, asked, [said.said for _, said in found], in_memory
        )
    entry, recognition = found[0]
    settings = {**recognition.settings, **data.given}
    said = recognition.said
    if "encoding" in entry.component.Config.model_fields and "encoding" not in settings:
        settings |= _encoding(data)
        said += _read_as(data)
    said += _otherwise(found)
    recognition = replace(recognition, settings=settings, said=said)
    if wanted and registry.find("tasks", recognition.task, own=(entry.plugin,)) != wanted:
        # The person named the task of one plugin, and the dataset another of the same name.
        recognition = replace(recognition, task=wanted.qualified)
    return entry, recognition


def said_in_full(recognition: Recognition) -> str:
    """Returns what was found as a sentence of its own."""
    return f"{recognition.said[:1].upper()}{recognition.said[1:]}."


# --- what is said ---------------------------------------------------------------------------------


def _encoding(data: OwnData) -> dict[str, str]:
    """Returns the setting for a text that is not UTF-8."""
    return {"encoding": data.encoding} if data.is_text and data.encoding != "utf-8" else {}


def _read_as(data: OwnData) -> str:
    """Says how a text is read whose encoding was guessed."""
    from seqkit.data.encodings import WESTERN
    from seqkit.data.texts import read_as

    if not data.is_text or data.encoding != WESTERN:
        return ""
    text = "" if data.is_folder else data.text
    return f"; it is {read_as(WESTERN, text)}: set dataset.encoding if that is wrong"


def _otherwise(found: Sequence[tuple[Entry, Recognition]]) -> str:
    """Says what else data could be for, where that is not plain."""
    surest = found[0][1]
    if surest.confidence > ERROR_CONFIDENCE:
        return ""
    tasks = [said.task for _, said in found if said.confidence > 0]
    others = [task for task in dict.fromkeys(tasks) if task != surest.task]
    if not others:
        return ""
    words = " or ".join(f"--task {task}" for task in others)
    return f". It could be for {' or '.join(others)} as well: give {words}"


def _what_is_wrong(recognition: Any, registry: Registry) -> str:
    """Tells why what a plugin's dataset returned is no recognition; empty where it is one."""
    if recognition is None:
        return ""
    if not isinstance(recognition, Recognition):
        return f"it returned {type(recognition).__name__}, not a Recognition"
    if not 0 <= recognition.confidence <= 1:
        return f"its confidence is {recognition.confidence}, not from 0 to 1"
    tasks = [name for task in registry.entries("tasks") for name in (task.name, task.qualified)]
    if recognition.task not in tasks:
        return f"there is no task {recognition.task!r}"
    return ""


def _failure(entry: Entry, registry: Registry, reason: str) -> str:
    origin = next((plugin.origin for plugin in registry.plugins if plugin.name == entry.plugin), "")
    return (
        f"dataset {entry.qualified!r} ({origin}) failed to look at the data and was passed over: "
        f"{sentence(reason)} Run 'seqkit plugin check {entry.reference}'"
    )


def _unrecognised(
    data: OwnData,
    registry: Registry,
    task: Entry | None,
    asked: Sequence[Entry],
    hints: Sequence[str],
    in_memory: bool,
) -> DataError:
    """Says why no dataset can be taken, and what to do about it."""
    from seqkit.data import listed

    if not data.is_folder and not data.holds_rows:
        return DataError(
            f"--data {data.path} is not a file that seqkit knows. "
            f"{OTHER_KINDS.get(data.kind, '')}Give a .csv, .tsv, .xlsx, .parquet, .json, .jsonl or "
            ".txt file, a folder of texts, or one with a folder for each class"
        )
    if data.kind in (".csv", ".tsv") and len(data.rows().columns) == 1 and not hints:
        hints = [
            "it has one column: give columns by name or a DataFrame, or write a long text to a "
            ".txt file and give its path"
            if in_memory
            else "it has one column: set dataset.delimiter where another sign parts its fields"
        ]
    what = task.name if task else "a task"
    has = "" if data.is_folder else f"; it has {listed(data.rows().columns)}"
    if data.kind in SHEETS and not data.given.get("sheet"):
        from seqkit.data.sheets import sheet_rows

        # A sheet of notes often stands before that of the data.
        if said := sheet_rows(data.path, "")[1]:
            hints = [*hints, f"{said}: set dataset.sheet for another"]
    if data.is_folder and (tables := [path for end in TABLES for path in data.files(f"*{end}")]):
        hints = [f"it holds tables: give one of them, such as {tables[0]}"]
    steps = [f"{hint[:1].upper()}{hint[1:]}" for hint in dict.fromkeys(hints)]
    return DataError(
        f"nothing in {data.path} looks like what {what} reads{has}. "
        f"{'. '.join(steps) or _ways(registry, asked, data.is_folder)}"
    )


def _ways(registry: Registry, asked: Sequence[Entry], folder: bool) -> str:
    """Returns the settings that name columns, by task, or else who reads one's own data."""
    reading = [e for e in asked if type(e.component).recognise is not Dataset.recognise]
    ways: dict[str, str] = {}
    for task in () if folder else registry.entries("tasks"):
        for entry in reading:
            fits = {task.name, task.qualified} & set(entry.component.tasks)
            fields = [
                f"dataset.{name}"
                for name in task.component.usual_columns
                if name in entry.component.Config.model_fields
            ]
            if fits and fields:
                ways[task.name] = " and ".join(fields)
    if ways:
        return f"Name the columns: {', '.join(f'{way} for {task}' for task, way in ways.items())}"
    if not reading:
        return "No dataset of it takes one's own data: 'seqkit list datasets' shows what each takes"
    names = [registry.name_of(entry) for entry in reading]
    return f"Such data are taken by {', '.join(names)}: see 'seqkit show {names[0]}'"
