"""The records of one fold of a cross-validation, in place of the splits of a dataset."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from seqkit.api import Notify, Record
from seqkit.data.folds import deal
from seqkit.errors import DataError, suggestion
from seqkit.experiments.experiment import Experiment, Folds
from seqkit.experiments.folds import require_foldable

_VALIDATION = 10
"""Of what is not tested, every so many-th example is held out to choose the best checkpoint."""


def folded(
    experiment: Experiment, folds: Folds, splits: Mapping[str, Any], notify: Notify
) -> dict[str, list[Record]]:
    """Returns the splits of a fold: the fold itself is the test, the others are trained on.

    Args:
        experiment: What is run.
        folds: How many there are, and which one it is.
        splits: The records of the dataset, by split.
        notify: Receives warnings.

    Raises:
        ConfigurationError: The dataset cannot be folded.
        DataError: There is no such field, or there are too few groups.
    """
    dataset, task = experiment.dataset, experiment.task.component
    require_foldable(experiment)
    records = _all(experiment, folds, splits, notify)
    by = folds.by or dataset.component.together
    # A record without a group of its own is one by itself.
    groups = [_value(record, by) if by else place for place, record in enumerate(records)]
    if folds.by and any(group is None for group in groups):
        raise _no_field(records, folds.by)
    strata = [str(record.get(task.stratum)) if task.stratum else "" for record in records]
    dealt = _dealt(groups, strata, folds.number, folds)
    rest = [place for place, fold in enumerate(dealt) if fold != folds.fold - 1]
    left = [groups[place] for place in rest]
    parts = min(_VALIDATION, len(set(left)))
    held: set[int] = set()
    if parts > 1:
        inner = _dealt(left, [strata[place] for place in rest], parts, folds)
        held = {place for place, part in zip(rest, inner, strict=True) if part == 0}
    found: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
    for place, record in enumerate(records):
        tested = dealt[place] == folds.fold - 1
        split = "test" if tested else "validation" if place in held else "train"
        found[split].append({key: value for key, value in record.items() if key != "row"})
    return {split: part for split, part in found.items() if part}


def _all(
    experiment: Experiment, folds: Folds, splits: Mapping[str, Any], notify: Notify
) -> list[Record]:
    """Returns every record, with the columns of its row where groups are made by one."""
    dataset = experiment.dataset
    place = dataset.component.location(dataset.config) if folds.by else None
    if place is not None:
        read = dataset.component.read(dataset.config, place, notify)
        if read is not None:
            return list(read)
    return [record for split in splits.values() for record in split]


def _value(record: Record, name: str) -> Hashable:
    row = record.get("row")
    found = record.get(name, row.get(name) if isinstance(row, Mapping) else None)
    return None if found is None else str(found)


def _no_field(records: Sequence[Record], name: str) -> DataError:
    row = records[0].get("row") if records else None
    there = [*(row if isinstance(row, Mapping) else ()), *(records[0] if records else ())]
    hint = suggestion(name, [key for key in there if key != "row"])
    return DataError(f"there is no column {name!r} in every record to make folds by. {hint}")


def _dealt(
    groups: Sequence[Hashable], strata: Sequence[Hashable], number: int, folds: Folds
) -> list[int]:
    try:
        return deal(groups, strata, number, folds.seed)
    except ValueError:
        what = f"different values in column {folds.by!r}" if folds.by else "examples"
        raise DataError(
            f"there are {len(set(groups)):,} {what}, too few for {folds.number} folds. "
            "Lower --folds, or give more"
        ) from None
