"""A newly labelled file as records, read as the data of a run were."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqkit.api import Dataset, Notify, Record
from seqkit.config import validate
from seqkit.data.encodings import WESTERN
from seqkit.data.folders import missing_file
from seqkit.data.own import OwnData, kind_of
from seqkit.data.texts import read_as
from seqkit.errors import ConfigurationError, DataError, suggestion
from seqkit.experiments.experiment import Experiment
from seqkit.experiments.own_data import recognise
from seqkit.registry.registry import Registry

ROW = "row"
"""The key of a record that holds the row which it comes from."""


def read_labelled(
    path: Path,
    experiment: Experiment,
    registry: Registry,
    notify: Notify,
    encoding: str = "",
    delimiter: str = "",
) -> list[Record]:
    """Reads a file by the run's own dataset; one of another kind by the dataset that recognises it.

    Args:
        path: The file, or a folder.
        experiment: What the run was.
        registry: Where the datasets are.
        notify: Receives messages about what a person should know of the file.
        encoding: The encoding of the file; empty to find it.
        delimiter: What parts its fields; empty for that of the run's own file, or to find it.

    Raises:
        DataError: There is no such file, it cannot be read, or no dataset reads such files.
    """
    if not path.exists():
        raise missing_file(path)
    dataset = experiment.dataset
    where = dataset.component.location(dataset.config)
    if where is not None and where.resolve() == path.resolve():
        notify(
            f"{path} holds what the run was trained on, so that this score is no test: "
            "without --file, the test split is scored."
        )
    own = getattr(dataset.config, "path", None)
    alike = isinstance(own, str) and (path.is_dir() or kind_of(Path(own)) == kind_of(path))
    if alike:
        own_config = _for_file(dataset.config, path, notify, encoding, delimiter)
        records = dataset.component.read(own_config, path, notify)
        if records is not None:
            return list(records)
    task = experiment.task.entry.qualified
    given = {"encoding": encoding, "delimiter": delimiter}
    given = {name: value for name, value in given.items() if value}
    entry, recognition = recognise(path, registry, task, given, notify)
    settings = _of_the_run(dict(recognition.settings), experiment, entry.component)
    config, problems = validate(entry.component.Config, settings, "dataset", entry.name)
    if problems:
        raise ConfigurationError(problems=problems)
    records = entry.component.read(config, path, notify)
    if records is None:
        raise DataError(
            f"{path} cannot be scored: dataset {entry.name} reads no other file than its own. "
            "Give a table, such as a .csv file"
        )
    return list(records)


def _for_file(config: Any, path: Path, notify: Notify, encoding: str, delimiter: str) -> Any:
    """Returns the settings of the run's dataset for another file, which may be encoded otherwise.

    Raises:
        DataError: The file cannot be read.
    """
    more = {"delimiter": delimiter} if delimiter and hasattr(config, "delimiter") else {}
    own = getattr(config, "path", None) == str(path.absolute())
    if not own and hasattr(config, "sheet"):
        more["sheet"] = ""
    if hasattr(config, "encoding"):
        data = OwnData(path, {"encoding": encoding} if encoding else {}, config.encoding)
        more["encoding"] = data.encoding if data.is_text else config.encoding
        if more["encoding"] == WESTERN != config.encoding and not encoding and not data.is_folder:
            notify(f"{path} is {read_as(WESTERN, data.text)}. Give --encoding if it is another.")
    return config.model_copy(update=more)


def _of_the_run(
    settings: dict[str, Any], experiment: Experiment, dataset: Dataset
) -> dict[str, Any]:
    """Returns settings with the columns that the run itself was told to read."""
    own = experiment.dataset.config
    fields = experiment.task.component.fields
    for name in fields:
        value = getattr(own, name, "")
        if name in dataset.Config.model_fields and isinstance(value, str) and value:
            settings[name] = value
    return settings


def column_of(records: Sequence[Record], column: str, path: Path) -> list[Any]:
    """Returns the value of a column for each record.

    Raises:
        ConfigurationError: The records do not say which row they are of, or have no such column.
    """
    rows = [record.get(ROW) for record in records]
    if not records or any(row is None for row in rows):
        raise ConfigurationError(
            f"--by {column} needs a table with an example a row, and {path} is none. Leave it out"
        )
    columns = list(dict.fromkeys(name for row in rows for name in row or ()))
    if column not in columns:
        raise ConfigurationError(
            f"--by names {column!r}, which is no column of {path}. {suggestion(column, columns)}"
        )
    return [row.get(column) if row else None for row in rows]
