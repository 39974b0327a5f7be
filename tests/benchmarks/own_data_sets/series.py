"""Series of numbers: months, years, hours and days, made and real."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from tests.benchmarks.own_data_sets import OwnDataSet, write_table


def _months(count: int, first: int = 2015) -> list[str]:
    return [f"{first + at // 12}-{at % 12 + 1:02d}-01" for at in range(count)]


def _days(count: int) -> list[str]:
    return [str(date(2021, 1, 4) + timedelta(days=at)) for at in range(count)]


def _hours(count: int) -> list[str]:
    return [
        str(hour).replace("T", " ") for hour in np.datetime64("2023-01-02T00") + np.arange(count)
    ]


def _table(name: str, times: list[str], **columns: np.ndarray) -> Callable[..., Path]:
    def write(folder: Path, _real: Path | None) -> Path:
        cells = [[f"{value:.4f}" for value in column] for column in columns.values()]
        rows = zip(times, *cells, strict=True)
        return write_table(folder / f"{name}.csv", ["date", *columns], rows)

    return write


def _season(count: int, period: int, size: float = 1.0) -> np.ndarray:
    return size * np.sin(2 * np.pi * np.arange(count) / period)


def _trend_and_season(count: int, slope: float, size: float, noise: float, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed)
    shape = made.normal(size=12)
    return (
        100
        + slope * np.arange(count)
        + size * shape[np.arange(count) % 12]
        + made.normal(0, noise, count)
    )


def _growth() -> np.ndarray:
    made = np.random.default_rng(3)
    return 1000 * np.exp(np.cumsum(made.normal(0.0105, 0.006, 120)))


def _daily_and_weekly(count: int) -> np.ndarray:
    made, at = np.random.default_rng(4), np.arange(count)
    day = 10 * np.sin(2 * np.pi * at / 24) + 4 * np.cos(4 * np.pi * at / 24)
    return 50 + day * np.where((at // 24) % 7 >= 5, 0.4, 1.0) + made.normal(0, 2, count)


def _walk(count: int, seed: int) -> np.ndarray:
    return 100 + np.cumsum(np.random.default_rng(seed).normal(0, 1, count))


def _shifts(count: int) -> np.ndarray:
    made = np.random.default_rng(6)
    levels = np.repeat(made.normal(100, 20, count // 90 + 1), 90)[:count]
    return levels + _season(count, 7, 5) + made.normal(0, 1.5, count)


def _multiplicative(count: int) -> np.ndarray:
    made = np.random.default_rng(7)
    level = 50 * 1.008 ** np.arange(count)
    return level * (1 + _season(count, 12, 0.3)) * np.exp(made.normal(0, 0.03, count))


def _intermittent(count: int) -> np.ndarray:
    made = np.random.default_rng(8)
    rate = 0.25 + 0.2 * (np.arange(count) % 7 >= 5)
    return np.where(made.random(count) < rate, made.poisson(4, count) + 1, 0).astype(float)


def _sales(folder: Path, _real: Path | None) -> Path:
    made, count = np.random.default_rng(9), 900
    at = np.arange(count)
    promotion = (made.random(count) < 0.15).astype(int)
    holiday = (made.random(count) < 0.03).astype(int)
    week = np.array([0, -5, -3, 2, 10, 25, 15])[at % 7]
    units = 80 + 0.02 * at + week + 30 * promotion - 25 * holiday + made.normal(0, 8, count)
    rows = zip(_days(count), np.round(units, 1), promotion, holiday, strict=True)
    return write_table(folder / "sales.csv", ["date", "units", "promo", "is_holiday"], rows)


def _many(folder: Path, _real: Path | None) -> Path:
    made = np.random.default_rng(10)
    rows: list[list[object]] = []
    for shop in range(40):
        count = int(made.integers(60, 120))
        values = _trend_and_season(count, made.normal(0, 0.6), made.uniform(2, 12), 3, 100 + shop)
        rows += [
            [f"shop {shop}", month, f"{value:.2f}"]
            for month, value in zip(_months(count), values, strict=True)
        ]
    return write_table(folder / "shops.csv", ["unique_id", "ds", "y"], rows)


def _part(file: str, rows: int, columns: tuple[str, ...] = ()) -> Callable[..., Path]:
    """Writes the first rows of a real table, and some of its columns."""

    def write(folder: Path, real: Path | None) -> Path:
        assert real is not None
        with (real / file).open(encoding="utf-8", newline="") as stream:
            table = list(islice(csv.reader(stream), rows + 1))
        kept = [at for at, name in enumerate(table[0]) if not columns or name in columns]
        picked = [[row[at] for at in kept] for row in table]
        return write_table(folder / f"{Path(file).stem}.csv", picked[0], picked[1:])

    return write


def _m4_hourly(folder: Path, real: Path | None) -> Path:
    """Writes 30 series of M4 as rows of id, time and value."""
    assert real is not None
    lines = (real / "m4" / "Hourly-train.csv").read_text(encoding="utf-8").splitlines()
    rows: list[list[object]] = []
    for line in lines[1::14][:30]:
        name, *cells = (cell.strip('"') for cell in line.split(","))
        values = [cell for cell in cells if cell]
        rows += [
            [name, hour, value] for hour, value in zip(_hours(len(values)), values, strict=True)
        ]
    return write_table(folder / "m4-hourly.csv", ["unique_id", "ds", "y"], rows)


def _short(seed: int) -> tuple[list[str], np.ndarray]:
    """Returns months of one of four kinds, each drawn with sizes of its own."""
    made = np.random.default_rng(2000 + seed)
    count = int(made.choice([48, 60, 72, 96, 120, 144, 200]))
    at = np.arange(count)
    if seed % 4 == 0:  # a line, a season
        line, size = made.uniform(0, 2) * at, made.uniform(3, 15)
        noise = made.normal(size=12)[at % 12] * size
        values = 100 + line + noise + made.normal(0, made.uniform(1, 4), count)
    elif seed % 4 == 1:  # a level that wanders, a season
        level = np.cumsum(made.normal(0, 1.5, count))
        season = made.uniform(2, 10) * made.normal(size=12)[at % 12]
        values = 100 + level + season + made.normal(0, 2, count)
    elif seed % 4 == 2:  # growth, a season that grows
        growth = 50 * np.exp(made.uniform(0, 0.01) * at)
        waves = made.uniform(0.1, 0.3) * np.sin(2 * np.pi * at / 12 + 1)
        season = 1 + waves + 0.1 * np.sin(4 * np.pi * at / 12)
        values = growth * season * np.exp(made.normal(0, 0.04, count))
    else:  # errors that last, around a line
        errors = np.zeros(count)
        for row in range(1, count):
            errors[row] = 0.7 * errors[row - 1] + made.normal(0, 3)
        values = 100 + made.uniform(-0.5, 0.5) * at + errors
    return _months(count), values


_MADE: list[tuple[str, Literal["tune", "check"], str, list[str], np.ndarray]] = [
    (
        "months-60",
        "tune",
        "60 months, trend and season",
        _months(60),
        _trend_and_season(60, 0.8, 8, 2, 1),
    ),
    ("months-96", "check", "96 months, steeper", _months(96), _trend_and_season(96, 2.5, 15, 4, 2)),
    ("years-120", "tune", "120 years of growth", [str(1900 + at) for at in range(120)], _growth()),
    ("hours", "tune", "hours with day and week", _hours(4000), _daily_and_weekly(4000)),
    ("walk", "check", "a random walk, daily", _days(1200), _walk(1200, 5)),
    ("shifts", "tune", "days whose level shifts", _days(900), _shifts(900)),
    ("growing-season", "check", "144 months, season grows", _months(144), _multiplicative(144)),
    ("intermittent", "check", "demand with many zeros", _days(730), _intermittent(730)),
    (
        "sine",
        "tune",
        "a sine with noise, daily",
        _days(800),
        _season(800, 25, 5) + np.random.default_rng(11).normal(0, 1, 800),
    ),
]

SETS = (
    *(
        OwnDataSet(name, half, about, _table(name, times, value=values))
        for name, half, about, times, values in _MADE
    ),
    *(
        OwnDataSet(name, "check", f"months drawn, {seed}", _table(name, times, value=values))
        for seed in range(24)
        for name, (times, values) in [(f"short-{seed}", _short(seed))]
    ),
    OwnDataSet("sales", "check", "daily sales with flags", _sales),
    OwnDataSet("shops", "tune", "40 shops, monthly", _many),
    OwnDataSet("etth1", "tune", "ETTh1, half a year", _part("ett/ETTh1.csv", 4400), real=True),
    OwnDataSet(
        "etth1-oil",
        "check",
        "ETTh1, one column",
        _part("ett/ETTh1.csv", 4400, ("date", "OT")),
        real=True,
    ),
    OwnDataSet("m4-hourly", "check", "M4, 30 hourly series", _m4_hourly, real=True),
    OwnDataSet(
        "minimum",
        "tune",
        "ten years of temperatures",
        _part("weather/daily-min-temperatures.csv", 3650),
        real=True,
    ),
    OwnDataSet(
        "seattle",
        "check",
        "four years of weather",
        _part("weather/seattle-weather.csv", 1461),
        real=True,
    ),
)
