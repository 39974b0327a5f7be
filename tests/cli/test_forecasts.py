"""Forecasts drawn in text, and written as tables and pictures."""

import contextlib
import csv
import math
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from seqkit.cli.predict import MOST_SERIES
from seqkit.errors import ConfigurationError
from seqkit.terminal import output
from seqkit.terminal.answers.files import write_answers
from seqkit.terminal.answers.pictures import MOST_DRAWN
from seqkit.terminal.answers.series import series_lines
from seqkit.terminal.answers.series_files import write_picture


def days(first: str, count: int) -> list[str]:
    return [str(np.datetime64(first) + np.timedelta64(day)) for day in range(count)]


def answer(
    columns: int = 1,
    history: int = 40,
    horizon: int = 10,
    quantiles: bool = True,
    target: bool = True,
) -> dict[str, Any]:
    steps = np.arange(history + horizon)
    waves = [10 * column + np.sin(steps / 3 + column) for column in range(columns)]
    ahead = [wave[history:].tolist() for wave in waves]
    times = days("2015-03-01", history + horizon)
    forecast: dict[str, Any] = {"time": times[history:], "values": ahead}
    if quantiles:
        forecast["quantiles"] = {
            level: [[value + shift for value in values] for values in ahead]
            for level, shift in (("0.1", -0.5), ("0.5", 0.0), ("0.9", 0.5))
        }
    made: dict[str, Any] = {
        "view": "series",
        "series": "H7",
        "columns": [f"column {number}" for number in range(columns)],
        "history": {
            "time": times[:history],
            "values": [wave[:history].tolist() for wave in waves],
        },
        "forecast": forecast,
    }
    if target:
        made["target"] = [[value + 0.9 for value in values] for values in ahead]
    return made


def draw(made: dict[str, Any], width: int = 80, unicode: bool = True) -> list[str]:
    """The lines as plain text, for an encoding that has all of Unicode or ASCII alone."""
    with (
        Path(os.devnull).open("w", encoding="utf-8" if unicode else "ascii") as stream,
        contextlib.redirect_stderr(stream),
    ):
        lines = series_lines(made, width)
    return ["".join(p if isinstance(p, str) else p[0] for p in line) for line in lines]


both = pytest.mark.parametrize("unicode", [True, False], ids=["unicode", "ascii"])


@both
@pytest.mark.parametrize("width", [40, 80, 100])
@pytest.mark.parametrize("columns", [1, 3, 9])
def test_every_line_fits_the_width(unicode: bool, width: int, columns: int) -> None:
    made = answer(columns, 300, 48)
    made["columns"] = [f"a long name of a column, number {n}" for n in range(columns)]
    lines = draw(made, width, unicode)
    assert max(map(len, lines)) <= width
    assert all(line.isascii() for line in lines) is not unicode


@both
def test_history_forecast_interval_and_truth_are_told_apart_without_colours(unicode: bool) -> None:
    lines = draw(answer(), 80, unicode)
    plot = "\n".join(line[8:] for line in lines[1:11])
    assert ("░" if unicode else ":") in plot
    assert ("×" if unicode else "o") in plot
    legend = next(line for line in lines if "history" in line)
    for words in ("history", "forecast", "80% interval", "actual"):
        assert words in legend
    keys = [part.split()[0] for part in legend.split("  ") if part.strip()]
    assert len(set(keys)) == 4
    plain = "\n".join(line[8:] for line in draw(answer(quantiles=False, target=False))[1:11])
    forecast = set(plain) & set("▀▄█")
    history = {sign for sign in plain if 0x2800 < ord(sign) < 0x2900}
    assert forecast
    assert history


@both
def test_what_is_not_there_is_not_in_the_legend(unicode: bool) -> None:
    lines = draw(answer(quantiles=False, target=False), 80, unicode)
    legend = next(line for line in lines if "history" in line)
    assert "interval" not in legend
    assert "actual" not in legend


def test_the_forecast_begins_where_the_axis_has_its_mark() -> None:
    made = answer(quantiles=False, target=False)
    made["forecast"]["values"] = [[5.0] * 10]
    lines = draw(made)
    mark = max(lines[11].find("┴"), lines[11].rfind("+"))
    # The forecast alone is that high.
    drawn = next(at for at in range(9, len(lines[1])) if lines[1][at] != " ")
    assert abs(drawn - mark) <= 1


@both
def test_the_table_has_the_first_and_last_steps_with_their_times(unicode: bool) -> None:
    lines = draw(answer(horizon=10), 80, unicode)
    table = lines[lines.index("") + 1 :]
    assert table[0].split() == ["time", "forecast", "10%", "90%", "actual"]
    assert table[1].split()[0] == "2015-04-10"
    assert table[-1].split()[0] == "2015-04-19"
    expected = math.sin(49 / 3)
    cells = [f"{expected + shift:.3f}" for shift in (0, -0.5, 0.5, 0.9)]
    assert table[-1].split()[1:] == cells
    assert table[4].strip() == ("…" if unicode else "...")


def test_a_short_forecast_is_told_whole() -> None:
    lines = draw(answer(horizon=4))
    assert len(lines[lines.index("") + 1 :]) == 1 + 4


def test_more_columns_than_can_be_drawn_are_named() -> None:
    lines = draw(answer(9))
    assert sum(line.strip() in {f"column {n}" for n in range(9)} for line in lines) == 4
    (note,) = (line for line in lines if "5 more" in line)
    assert "column 4, column 5" in note


@both
def test_names_from_data_are_no_escapes(unicode: bool) -> None:
    evil = "\x1b[31mred\r\n\u202e"
    lines = draw(answer(2) | {"series": evil, "columns": [evil, evil]}, 80, unicode)
    assert not any(mark in "\n".join(lines) for mark in ("\x1b", "\r", "\u202e"))
    assert any("\\x1b[31mred" in line for line in lines)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_values_that_are_not_known_leave_a_gap(missing: float | None) -> None:
    made = answer()
    made["history"]["values"][0][5:12] = [missing] * 7
    made["target"][0][3] = missing
    lines = draw(made)
    assert "nan" not in "\n".join(lines)
    assert "inf" not in "\n".join(lines)


def test_a_column_without_any_value_says_so() -> None:
    made = answer(2, quantiles=False, target=False)
    made["history"]["values"][1] = [None] * 40
    made["forecast"]["values"][1] = [None] * 10
    assert any("no value that could be drawn" in line for line in draw(made))


def test_a_constant_series_is_a_level_line() -> None:
    made = answer(quantiles=False, target=False)
    made["history"]["values"], made["forecast"]["values"] = [[7.0] * 40], [[7.0] * 10]
    lines = draw(made)
    assert sum(line[9:].strip(" ┤|") != "" for line in lines[1:11]) == 1


def test_a_single_step_and_no_history_are_drawn() -> None:
    made = answer(history=1, horizon=1)
    made["history"] = {"time": [], "values": [[]]}
    assert len(series_lines(made)) > 10


def test_a_plot_is_written_without_escapes_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for line in series_lines(answer()):
        output.line(*line)
    assert "\x1b" not in capsys.readouterr().out


# --- files ----------------------------------------------------------------------------------------


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_table_has_a_row_for_each_series_column_and_time(tmp_path: Path) -> None:
    answers = [answer(2), answer(2) | {"series": '=H8, "quoted"\n'}]
    write_answers(answers, tmp_path / "forecast.csv")
    rows = table(tmp_path / "forecast.csv")
    assert len(rows) == 2 * 2 * 10
    assert list(rows[0]) == [
        *("series", "column", "time", "forecast"),
        *("q0.1", "q0.5", "q0.9", "target"),
    ]
    assert {row["series"] for row in rows} == {"H7", '\'=H8, "quoted"\n'}
    assert float(rows[0]["forecast"]) == answers[0]["forecast"]["values"][0][0]
    assert float(rows[0]["q0.9"]) == answers[0]["forecast"]["quantiles"]["0.9"][0][0]
    assert float(rows[-1]["target"]) == answers[1]["target"][1][-1]


def test_unknown_values_are_empty_cells(tmp_path: Path) -> None:
    made = answer(quantiles=False)
    made["target"][0][2] = None
    write_answers([made, answer(target=False, quantiles=False)], tmp_path / "forecast.csv")
    rows = table(tmp_path / "forecast.csv")
    assert [row["target"] == "" for row in rows] == [n == 2 or n >= 10 for n in range(20)]
    assert "q0.1" not in rows[0]


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_picture_is_written_in_the_format_of_its_ending(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"forecast.{ending}"
    write_picture([answer(2), answer(1, target=False) | {"series": "$H_8"}], path)
    if ending == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
    else:
        assert ElementTree.fromstring(path.read_text("utf-8")).tag.endswith("svg")


def test_the_same_forecast_is_the_same_picture(tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        write_picture([answer()], tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_times_that_are_positions_are_drawn(tmp_path: Path) -> None:
    made = answer(history=3, horizon=2, quantiles=False)
    made["history"]["time"], made["forecast"]["time"] = ["0", "1", "2"], ["3", "4"]
    write_picture([made], tmp_path / "forecast.svg")


def test_a_picture_of_many_series_draws_the_first(tmp_path: Path) -> None:
    write_picture([answer(1, 8, 4) for _ in range(MOST_DRAWN + 5)], tmp_path / "first.svg")
    drawn = (tmp_path / "first.svg").read_text("utf-8")
    assert len(re.findall(r'<g id="axes_\d+">', drawn)) == MOST_DRAWN


def test_without_matplotlib_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'seqkit\[plot\]'"):
        write_picture([answer()], tmp_path / "forecast.svg")
    assert not (tmp_path / "forecast.svg").exists()


# --- predict --------------------------------------------------------------------------------------


def test_of_many_series_the_first_are_drawn_and_all_are_saved(
    tmp_path: Path, seqkit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "many.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "day", "sold"])
        for series in range(MOST_SERIES + 2):
            for step, day in enumerate(days("2020-01-01", 40)):
                writer.writerow([f"shop {series}", day, step % 7 + series])
    (tmp_path / "many.toml").write_text(
        '[task]\nname = "forecasting"\ncontext = 7\nhorizon = 3\n'
        '[dataset]\nname = "series-csv"\npath = "many.csv"\n'
        '[model]\nname = "gru"\nhidden_size = 4\n[trainer]\nmax_steps = 2\nthreads = 1\n'
    )
    where = ("--runs-dir", tmp_path)
    done = seqkit("run", tmp_path / "many.toml", "--name", "many", "--quiet", *where)
    assert done.code == 0, done.err
    done = seqkit("predict", "many", "--save", tmp_path / "all.csv", *where)
    assert done.code == 0, done.err
    assert done.out.count("3 steps ahead") == MOST_SERIES
    assert "2 more series not shown" in done.out
    assert len(table(tmp_path / "all.csv")) == 3 * (MOST_SERIES + 2)
