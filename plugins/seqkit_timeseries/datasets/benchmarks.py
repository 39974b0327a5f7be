"""Benchmarks of forecasting with published splits: ETTh1, exchange rates, and M4 Hourly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.api import Dataset, Notify, Record, ignore
from seqkit.data import FetchOptions, Table, fingerprint, listed, read_csv
from seqkit.paths import data_home
from seqkit_timeseries.datasets.published import Published, damaged, stored, take

ETTH1 = Published(
    "ETTh1.csv",
    "https://raw.githubusercontent.com/zhouhaoyi/ETDataset/main/ETT-small/ETTh1.csv",
    "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066",
)
EXCHANGE_RATE = Published(
    "exchange_rate.txt.gz",
    "https://raw.githubusercontent.com/laiguokun/multivariate-time-series-data/master/"
    "exchange_rate/exchange_rate.txt.gz",
    "6a4fbb561dcdee43f071a83badbeec9223a335552278348656738b556f1c2e9d",
)
M4_TRAIN = Published(
    "Hourly-train.csv",
    "https://raw.githubusercontent.com/Mcompetitions/M4-methods/master/Dataset/Train/"
    "Hourly-train.csv",
    "ea59b7783573c49077a835ab6465c7d66f1474783360f310988a9a737fbca62f",
)
M4_TEST = Published(
    "Hourly-test.csv",
    "https://raw.githubusercontent.com/Mcompetitions/M4-methods/master/Dataset/Test/"
    "Hourly-test.csv",
    "71a57fccb15e534d973626ada4fb87febf789e9317715b7cc6dd3b5f90db6f42",
)
ETTH1_COLUMNS = ("date", "HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
ETTH1_ROWS, MONTH = 17_420, 30 * 24
EXCHANGE_ROWS = 7_588
EXCHANGE_COLUMNS = (
    "Australia",
    "United Kingdom",
    "Canada",
    "Switzerland",
    "China",
    "Japan",
    "New Zealand",
    "Singapore",
)
M4_SERIES, M4_HORIZON = 414, 48


class Etth1(Dataset):
    """Electricity transformer, hourly: oil temperature and six loads (Zhou et al. 2021).

    Splits are those of the literature: 12 months for training, 4 for validation, 4 for the test,
    of 30 days each; what follows is not read. It forecasts all seven columns; `task.targets` names
    fewer. Informer's score and those after it are of scaled values: `task.report=scaled`.
    """

    name = "etth1"
    tasks = ("forecasting",)

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return self._read([stored(self.name, ETTH1)], notify)

    def _read(self, paths: Sequence[Path], notify: Notify) -> Mapping[str, Iterable[Record]]:
        from seqkit_timeseries._splitting import split_records
        from seqkit_timeseries._table import Reading, Series, Tabled, read_series

        (path,) = paths
        table = read_csv(path, notify)
        if table.columns != ETTH1_COLUMNS:
            raise damaged(self.name, path, f"its columns are {listed(table.columns)}")
        if len(table.rows) != ETTH1_ROWS:
            reason = f"it has {len(table.rows):,} rows instead of {ETTH1_ROWS:,}"
            raise damaged(self.name, path, reason)
        how = Reading(str(path), time="date", decimal=".")
        tabled = read_series(table.columns, table.rows, table.lines, how, notify)
        whole, end = tabled.series[0], 20 * MONTH
        values = {name: column[:end] for name, column in whole.values.items()}
        used = Tabled([Series("", whole.time[:end], values)], tabled.names)
        return split_records(used, 4 * MONTH, 4 * MONTH, notify, period=24)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [data_home() / self.name / ETTH1.name])

    def get(self, config: Any, options: FetchOptions) -> Path:
        return take(self.name, [ETTH1], options, self._read)

    def location(self, config: Any) -> Path:
        return data_home() / self.name


class ExchangeRate(Dataset):
    """Daily exchange rates of eight currencies to the dollar, 1990 to 2010 (Lai et al. 2018).

    The first 60% of the rows are for training, 20% for validation and the last 20% for the test,
    as in the literature. The file has no dates.
    """

    name = "exchange-rate"
    tasks = ("forecasting",)

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return self._read([stored(self.name, EXCHANGE_RATE)], notify)

    def _read(self, paths: Sequence[Path], notify: Notify) -> Mapping[str, Iterable[Record]]:
        from seqkit_timeseries._splitting import split_records
        from seqkit_timeseries._table import Reading, read_series

        (path,) = paths
        table = read_csv(path, notify, header=False)
        if (len(table.rows), len(table.columns)) != (EXCHANGE_ROWS, len(EXCHANGE_COLUMNS)):
            reason = f"it has {len(table.rows):,} rows of {len(table.columns)} columns"
            raise damaged(self.name, path, reason)
        tabled = read_series(
            EXCHANGE_COLUMNS, table.rows, table.lines, Reading(str(path), decimal="."), notify
        )
        return split_records(tabled, 0.2, 0.2, notify, period=1)

    def fingerprint(self, config: Any) -> str:
        return fingerprint(config, [data_home() / self.name / EXCHANGE_RATE.name])

    def get(self, config: Any, options: FetchOptions) -> Path:
        return take(self.name, [EXCHANGE_RATE], options, self._read)

    def location(self, config: Any) -> Path:
        return data_home() / self.name


class M4Hourly(Dataset):
    """414 hourly series of the M4 competition, the last 48 hours to be forecast.

    The test is the competition's own, validation the 48 hours before it; use `task.horizon=48`.
    The files tell no times of day (Makridakis et al. 2020).
    """

    name = "m4-hourly"
    tasks = ("forecasting",)

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        return self._read([stored(self.name, file) for file in (M4_TRAIN, M4_TEST)], notify)

    def _read(self, paths: Sequence[Path], _notify: Notify) -> Mapping[str, Iterable[Record]]:
        import numpy as np

        pasts, futures = (_wide(path, read_csv(path, ignore)) for path in paths)
        if len(pasts) != M4_SERIES or list(pasts) != list(futures):
            reason = f"it has {len(pasts)} series instead of {M4_SERIES}"
            raise damaged(self.name, paths[0], reason)
        splits: dict[str, list[Record]] = {"train": [], "validation": [], "test": []}
        for name, past in pasts.items():
            values = np.array(past + futures[name])
            rows = len(values)
            ends = {"test": (rows - M4_HORIZON, rows)}
            ends["validation"] = (rows - 2 * M4_HORIZON, rows - M4_HORIZON)
            ends["train"] = (0, rows - 2 * M4_HORIZON)
            for split, (start, end) in ends.items():
                splits[split].append(
                    {
                        "series": name,
                        "time": np.arange(end),
                        "values": {"value": values[:end]},
                        "start": start,
                        "period": 24,
                    }
                )
        return splits

    def fingerprint(self, config: Any) -> str:
        return fingerprint(
            config, [data_home() / self.name / file.name for file in (M4_TRAIN, M4_TEST)]
        )

    def get(self, config: Any, options: FetchOptions) -> Path:
        return take(self.name, [M4_TRAIN, M4_TEST], options, self._read)

    def location(self, config: Any) -> Path:
        return data_home() / self.name


def _wide(path: Path, table: Table) -> dict[str, list[float]]:
    """Returns the numbers of each row by its id, without the empty cells that end it."""
    found: dict[str, list[float]] = {}
    for line, (name, *cells) in zip(table.lines, table.rows, strict=True):
        try:
            found[name] = [float(cell) for cell in cells if cell]
        except ValueError as error:
            raise damaged("m4-hourly", path, f"{error}, on line {line}") from error
    return found
