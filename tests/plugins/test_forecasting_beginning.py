"""The table that the Try screen begins with: the end of the data, to be changed by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit

_DAYS = [str(np.datetime64("2024-01-01") + day) for day in range(70)]


def _table(kind: str) -> tuple[list[dict[str, str]], str, str]:
    """Returns the rows of a table of days, what parts its fields, and its column to forecast."""
    waves = [f"{20 + 5 * np.sin(day):.2f}" for day in range(70)]
    if kind == "german":
        rows = [
            {
                "Tag": f"{day[8:]}.{day[5:7]}.{day[:4]}",
                "Last": wave.replace(".", ","),
                "Wind": other.replace(".", ","),
            }
            for day, wave, other in zip(_DAYS, waves, waves[::-1], strict=True)
        ]
        return rows, ";", "Last"
    rows = [
        {"day": day, "load": wave, "wind": other}
        for day, wave, other in zip(_DAYS, waves, waves[::-1], strict=True)
    ]
    if kind == "shops":
        return [{"shop": shop, **row} for shop in "ab" for row in rows], ",", "load"
    more = {"days": ("off", "0000011"), "kinds": ("sky", ["sun", "rain", "fog"])}
    name, values = more[kind]
    rows = [{**row, name: values[n % len(values)]} for n, row in enumerate(rows)]
    return rows, ",", "load"


def _trained(folder: Path, kind: str, task: dict[str, Any], dataset: dict[str, Any]) -> Any:
    rows, parted, target = _table(kind)
    lines = [parted.join(rows[0]), *(parted.join(row.values()) for row in rows)]
    path = folder / "data.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    targets = [] if "wide" in dataset else [target]
    document = {
        "dataset": {"name": "series-csv", "path": str(path), **dataset},
        "task": {"name": "forecasting", "context": 7, "horizon": 3, "targets": targets, **task},
        "model": {"name": "rnn", "hidden_size": 4},
        "trainer": {"max_steps": 4, "threads": 1, "device": "cpu", "samples": 0},
    }
    return seqkit.load(seqkit.run(document, runs_dir=folder / "runs", progress=False))


@pytest.mark.parametrize(
    ("kind", "task", "dataset", "columns"),
    [
        ("days", {}, {}, ["day", "load", "wind", "off"]),
        ("days", {"future_covariates": ["off"]}, {}, ["day", "load", "wind", "off"]),
        ("days", {"calendar": ["weekday"]}, {}, ["day", "load", "wind", "off"]),
        ("days", {"residual": "smoothing"}, {}, ["day", "load", "wind", "off"]),
        ("days", {}, {"wide": "columns"}, ["day", "load"]),
        ("german", {}, {}, ["Tag", "Last", "Wind"]),
        ("kinds", {"past_covariates": ["sky"]}, {}, ["day", "load", "sky"]),
        ("shops", {}, {"id": ["shop"]}, ["day", "shop", "load", "wind"]),
    ],
    ids=["columns", "known ahead", "calendar", "smoothing", "wide", "commas", "kinds", "series"],
)
def test_the_table_to_begin_with_has_every_column_and_is_answered_as_the_data_are(
    kind: str, task: dict[str, Any], dataset: dict[str, Any], columns: list[str], tmp_path: Path
) -> None:
    predictor = _trained(tmp_path, kind, task, dataset)
    rows = predictor.learner.codec.beginning()
    assert sorted(rows[0]) == sorted(columns)
    assert len(rows) == (10 if "future_covariates" in task else 7)
    answer, usual = predictor.predict(rows)[0], predictor.predict([])[0]
    assert answer["series"] == usual["series"]
    assert answer["forecast"]["time"] == usual["forecast"]["time"]
    np.testing.assert_allclose(answer["forecast"]["values"], usual["forecast"]["values"], rtol=1e-6)


def test_what_is_not_known_ahead_is_left_to_be_filled_in(tmp_path: Path) -> None:
    predictor = _trained(tmp_path, "days", {"future_covariates": ["wind"]}, {})
    rows = predictor.learner.codec.beginning()
    assert [row["load"] for row in rows[7:]] == [row["wind"] for row in rows[7:]] == [""] * 3
    with pytest.raises(seqkit.DataError):
        predictor.predict(rows)
    filled = [{**row, "wind": row["wind"] or "20"} for row in rows]
    assert len(predictor.predict(filled)[0]["forecast"]["time"]) == 3
