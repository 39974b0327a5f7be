"""Series of any source turned into the records of `forecasting`, for datasets of other plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqkit.api import Record
from seqkit.callbacks import Notify, ignore
from seqkit.errors import DataError


def split_series(
    series: Mapping[str, tuple[Any, Mapping[str, Any]]],
    *,
    validation: float | str = 0.1,
    test: float | str = 0.1,
    targets: Sequence[str] = (),
    period: int = 0,
    notify: Notify = ignore,
) -> dict[str, list[Record]]:
    """Splits series by time, as `Dataset.splits` of a dataset for `forecasting` returns them.

    Each record holds all rows up to the end of its split, and says where the split begins.

    Args:
        series: The times and the columns of each series, by its name; an empty name where there
            is one series. Times rise: texts such as `2024-01-31`, dates, or positions. Of each
            column a number for each time, None or NaN where one is missing.
        validation: A part of the rows (below 1), a number of rows, or the date it begins; 0 for
            none.
        test: The same; it ends with the data.
        targets: The columns to forecast; all of them where none is named.
        period: Rows of a season; 0 where it follows from the times.
        notify: Told of series that begin after the training split.

    Raises:
        DataError: The columns of a series are of different lengths, or no row is left to train.
        ConfigurationError: A date is none.
    """
    import numpy as np

    from seqkit_timeseries._splitting import split_records
    from seqkit_timeseries._table import Series, Tabled

    held = []
    for name, (time, columns) in series.items():
        times: Any = np.asarray(time)
        if times.dtype.kind in "UO":
            times = times.astype("datetime64")
        values = {key: np.asarray(column, dtype=np.float64) for key, column in columns.items()}
        for key, column in values.items():
            if column.shape != times.shape:
                raise DataError(
                    f"column {key!r} of series {name!r} has {len(column)} numbers, and there are "
                    f"{len(times)} times. Give one for each, NaN where it is missing"
                )
        if len(times) > 1 and not (times[1:] > times[:-1]).all():
            raise DataError(f"the times of series {name!r} do not rise. Sort them, one row each")
        held.append(Series(name, times, values))
    if not held:
        raise DataError("there are no series. Give at least one")
    declared: dict[str, Any] = {"targets": tuple(targets)} if targets else {}
    if period:
        declared["period"] = period
    return split_records(Tabled(held), validation, test, notify, **declared)
