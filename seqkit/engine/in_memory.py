"""Inputs of `Predictor.predict`: texts, records, arrays, and tables in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seqkit.engine.inputs import Predictor, taken, usual_column
from seqkit.errors import ConfigurationError
from seqkit.experiments.records import rows_of


def listed_inputs(inputs: Any, predictor: Predictor, column: str = "") -> list[Any]:
    """Returns inputs one by one, as the codec takes them; of a table, the column as of a file.

    Args:
        inputs: Texts, records, an array, or a DataFrame of pandas or polars.
        predictor: What will answer them.
        column: The column to take; empty to tell it from the names there are.

    Raises:
        ConfigurationError: It is one input, which would be gone through by its letters or keys.
        DataError: No column of a table is the one to take.
    """
    table = hasattr(inputs, "columns") and any(hasattr(inputs, n) for n in ("to_dict", "to_dicts"))
    rows = rows_of(inputs) if table else _one_by_one(inputs)
    if predictor.experiment.task.component.reads_whole_table:
        return rows
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        usual = usual_column if table else _trained
        chosen = column or usual(names, predictor)
        if not table and not chosen:
            return rows
        lines = range(1, len(rows) + 1)
        return taken("the table", rows, lines, chosen, predictor, named=bool(column), python=True)
    if column:
        raise ConfigurationError(f"column={column!r} names a column, and the inputs have none.")
    return ["" if _is_missing(row) else row for row in rows]


def _one_by_one(inputs: Any) -> list[Any]:
    if isinstance(inputs, str | bytes):
        raise ConfigurationError("predict() takes a list of inputs. Write predict([text])")
    if isinstance(inputs, Mapping):
        raise ConfigurationError("predict() takes a list of inputs. Write predict([record])")
    for way in ("tolist", "to_list"):
        # An array or a column of a table, whose own texts and numbers are of another library.
        if hasattr(inputs, way):
            found = getattr(inputs, way)()
            return found if isinstance(found, list) else [found]
    if not isinstance(inputs, Iterable):
        raise ConfigurationError(
            f"predict() takes a list of inputs, and was given {inputs!r:.60}. Write predict([text])"
        )
    return list(inputs)


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _trained(columns: Sequence[str], predictor: Predictor) -> str:
    """Returns the column that was learnt from where it has another name than the task's field."""
    field = next(iter(predictor.experiment.task.component.fields), "text")
    name = getattr(predictor.experiment.dataset.config, field, "")
    return name if isinstance(name, str) and name and name in columns else ""
