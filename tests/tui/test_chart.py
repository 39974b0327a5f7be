import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.containers import Vertical

from seqkit.tui.chart import (
    Axis,
    Band,
    Chart,
    Level,
    Mark,
    Plot,
    Series,
    clock,
    number,
    raster,
    whole,
)
from seqkit.tui.chart.axis import fitting, log_ticks, stepped, stepped_end, ticks
from seqkit.tui.chart.canvas import Picture
from seqkit.tui.chart.picture import compose
from seqkit.tui.chart.smooth import Smoothed, moving_average


def line(x: Any, y: Any, **options: Any) -> Series:
    return Series(
        options.pop("name", "train"),
        np.asarray(x, dtype=np.float64),
        np.asarray(y, dtype=np.float64),
        **options,
    )


def rows(picture: Picture) -> list[str]:
    return [picture.text(row) for row in range(len(picture.codes))]


# --- raster ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("points", [2, 7, 40, 5000])
def test_extents_are_those_of_the_curve_drawn_from_point_to_point(points: int) -> None:
    generator = np.random.default_rng(points)
    x = np.sort(generator.uniform(0, 10, points))
    y = generator.normal(size=points)
    at = raster.edges(1.0, 9.0, 37)
    low, high = raster.extents(x, y, at)
    for column in range(37):
        fine = np.linspace(at[column], at[column + 1], 2000)
        inside = (x >= at[column]) & (x < at[column + 1])
        fine = np.concatenate([fine, x[inside]])
        fine = fine[(fine >= x[0]) & (fine <= x[-1])]
        if len(fine) > 1:
            drawn = np.interp(fine, x, y)
            assert low[column] == pytest.approx(drawn.min(), abs=1e-2)
            assert high[column] == pytest.approx(drawn.max(), abs=1e-2)


def test_where_there_is_no_curve_nothing_is_drawn() -> None:
    low, high = raster.extents(np.array([4.0, 5.0]), np.array([1.0, 2.0]), raster.edges(0, 10, 10))
    assert np.isnan(low[[0, 1, 2, 6, 9]]).all()
    assert np.isfinite(high[[4, 5]]).all()


def test_one_spike_among_a_million_points_is_drawn() -> None:
    y = np.zeros(1_000_000, dtype=np.float32)
    y[654_321] = 1.0
    low, high = raster.extents(np.arange(1_000_000, dtype=np.float32), y, raster.edges(0, 1e6, 200))
    assert np.flatnonzero(high == 1.0).tolist() == [130]
    assert low[130] == 0.0


def test_dots_of_a_cell_become_the_bits_of_its_character() -> None:
    dots = np.zeros((4, 4), dtype=np.bool_)
    dots[0, 0] = dots[3, 1] = dots[1, 3] = True
    packed = raster.pack(dots, "braille")
    assert packed.tolist() == [[0x01 | 0x80, 0x10]]
    assert "".join(map(chr, raster.characters(packed, "braille")[0])) == "⢁⠐"
    assert "".join(map(chr, raster.characters(raster.pack(dots, "blocks"), "blocks")[0])) == "▘▗"
    ascii_cells = raster.characters(raster.pack(dots, "ascii"), "ascii")
    assert "".join(map(chr, ascii_cells[0])) == "'  ."


def test_what_cannot_be_drawn_is_kept_apart() -> None:
    x, y = np.arange(5.0), np.array([1.0, np.nan, -1.0, np.inf, 2.0])
    good_x, _, bad_x, _ = raster.separate(x, y)
    assert (good_x.tolist(), bad_x.tolist()) == ([0, 2, 4], [1, 3])
    assert raster.separate(x, y, positive=True)[2].tolist() == [1, 2, 3]


# --- smoothing ------------------------------------------------------------------------------------


@pytest.mark.parametrize("decay", [0.0, 1e-8, 1e-3, 0.5, 0.9, 0.999, 0.99999])
def test_the_moving_average_is_that_of_the_recurrence(decay: float) -> None:
    values = np.random.default_rng(1).normal(3, 1, 9001)
    expected, state = [], 0.7
    for value in values:
        state = decay * state + (1 - decay) * value
        expected.append(state)
    np.testing.assert_allclose(moving_average(values, decay, 0.7), expected, rtol=1e-9)


def test_an_average_that_follows_is_that_of_the_whole_curve() -> None:
    values = np.random.default_rng(2).normal(3, 1, 4000).astype(np.float32)
    following = Smoothed(0.03)
    for end in (1, 2, 3, 50, 51, 700, 701, 2100, 4000):
        grown = following.follow(values[:end])
        np.testing.assert_allclose(grown, Smoothed(0.03).follow(values[:end]), rtol=1e-5)
    assert grown.std() < values.std() / 5


def test_an_average_starts_at_the_first_value_and_not_at_zero() -> None:
    assert Smoothed(0.1).follow(np.full(100, 5.0)) == pytest.approx(5.0)


def test_an_average_forgets_what_a_resumed_run_undid() -> None:
    values = np.random.default_rng(3).normal(size=100)
    following = Smoothed(0.05)
    following.follow(values)
    other = np.concatenate([values[:50], values[:30] + 9])
    np.testing.assert_allclose(following.follow(other), Smoothed(0.05).follow(other), rtol=1e-5)


# --- axes -----------------------------------------------------------------------------------------


def test_ticks_are_round_and_no_more_than_asked_for() -> None:
    assert ticks(0, 1, 5) == ([0.0, 0.25, 0.5, 0.75, 1.0], 0.25)
    assert ticks(0, 100, 4, "seconds")[0] == [0, 30, 60, 90]
    assert ticks(0, 3, 8, "whole")[0] == [0, 1, 2, 3]
    assert [round(tick, 6) for tick in log_ticks(-3, 1, 5)[0]] == [0.001, 0.01, 0.1, 1, 10]
    assert ticks(math.nan, 1, 5) == ([], 1.0)
    assert ticks(1, 1, 5)[0] == []


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0, 1, "0"),
        (0.25, 0.25, "0.25"),
        (1.0, 0.5, "1.0"),
        (0.00002, 0.00001, "2e-5"),
        (1_500_000, 500_000, "1.5M"),
        (20_000, 10_000, "20k"),
        (300, 100, "300"),
        (-0.5, 0.25, "-0.50"),
    ],
)
def test_a_tick_is_written_as_short_as_it_can_be_told_apart(
    value: float, step: float, text: str
) -> None:
    assert number(value, step) == text


def test_times_and_whole_numbers_are_written_as_people_do() -> None:
    assert [clock(value, 30) for value in (30, 90, 3661, 90_000)] == [
        "30s",
        "1:30",
        "1:01:01",
        "1d 1h",
    ]
    assert whole(1200, 400) == "1200"


def test_a_range_stays_while_data_change_a_little() -> None:
    first = stepped(0.2, 1.0, None, 12, live=True)
    assert first[0] <= 0.2 < 1.0 <= first[1]
    assert stepped(0.19, 1.01, first, 12, live=True) == first
    assert stepped(0.2, 1.5, first, 12, live=True) != first
    assert stepped(0.5, 0.6, first, 12, live=True) != first
    assert stepped(3.0, 3.0, None, 12, live=False)[0] < 3.0
    ends = {stepped_end(0, step, live=True) for step in range(1000, 1030)}
    assert len(ends) == 1
    assert stepped_end(0, 1013, live=False) == 1013


# --- pictures -------------------------------------------------------------------------------------


def test_values_that_are_not_finite_are_marked_and_counted() -> None:
    y = np.ones(100)
    y[[30, 31]], y[70] = np.nan, np.inf
    drawn = rows(compose(Plot("Loss", [line(range(100), y)]), 60, 10))
    assert drawn[0].endswith("× 2 NaN, ∞ 1 infinite")
    assert drawn[-2].count("×") == 1
    assert drawn[-2].count("∞") == 1
    in_ascii = rows(compose(Plot("Loss", [line(range(100), y)]), 60, 10, "ascii"))
    assert in_ascii[-2].count("x") == 1
    assert "".join(in_ascii).isascii()


def test_a_curve_of_nan_alone_is_marked_all_along() -> None:
    drawn = rows(compose(Plot("Loss", [line(range(50), [math.nan] * 50)]), 40, 8))
    assert "× 50 NaN" in drawn[0]
    assert drawn[-2].count("×") > 20


def test_a_logarithmic_scale_tells_what_it_cannot_show() -> None:
    y = np.geomspace(1e-4, 10, 200)
    y[50] = 0.0
    drawn = rows(compose(Plot("Loss", [line(range(200), y)], log=True), 60, 14))
    assert "1 not above 0" in drawn[0]
    labels = [row[:6].strip() for row in drawn if row[:6].strip()]
    assert {"1", "0.01", "1e-4"} <= set(labels)


def test_a_smoothed_line_stands_out_from_the_noise_behind_it() -> None:
    generator = np.random.default_rng(0)
    noisy = line(range(500), generator.normal(size=500), colour="chart-raw", behind=True)
    calm = line(range(500), np.zeros(500), colour="chart-1", name="smoothed")
    for order in ([noisy, calm], [calm, noisy]):
        picture = compose(Plot("", order), 60, 12)
        row = next(
            row
            for row in range(12)
            if "smoothed" not in picture.text(row)
            and any(picture.looks[look % 128][0] == "chart-1" for _, look in picture.runs(row))
        )
        own = [text for text, look in picture.runs(row) if picture.looks[look][0] == "chart-1"]
        assert max(map(len, own)) >= 50
        assert len(set("".join(own))) <= 3


def test_levels_marks_bands_and_markers_are_drawn() -> None:
    x = np.arange(10.0)
    plot = Plot(
        "accuracy",
        [line(x, x, marker="●", name="validation")],
        bands=[Band("90% interval", x, x - 2, x + 2)],
        levels=[Level("majority 5.0", 5.0)],
        marks=[Mark(4.0, "‖", "paused"), Mark(6.0, "★", "best", line=False)],
    )
    drawn = rows(compose(plot, 70, 14))
    assert "validation" in drawn[0]
    assert any("majority 5.0" in row for row in drawn)
    assert "90% interval" in drawn[0]
    assert sum(row.count("●") for row in drawn[1:]) == 10
    assert any("╌╌" in row for row in rows(compose(plot, 70, 14, "blocks"))[1:])
    assert "‖" in drawn[-2]
    assert "★" in drawn[-2]
    assert sum("┊" in row for row in drawn) >= 5


def dots(picture: Picture, row: int) -> list[int]:
    """Returns the dots of each cell of a row, as the bits of its braille character."""
    return [code - 0x2800 if 0x2800 <= code < 0x2900 else 0 for code in picture.codes[row].tolist()]


@pytest.mark.parametrize("behind", [False, True])
def test_curves_that_meet_keep_their_dots_and_their_colours(behind: bool) -> None:
    x = np.linspace(0, 10, 50)
    rising = line(x, x, colour="chart-1", behind=behind)
    falling = line(x, 10 - x, colour="chart-2", behind=behind)
    near = line(x, x + 0.05, colour="chart-3", behind=behind)
    series = [rising, falling, near]
    together = compose(Plot("both", series, live=True), 60, 12)
    alone = {
        one.colour: compose(Plot("one", [one], live=True), 60, 12, before=together)
        for one in series
    }
    seen = set()
    for row in range(1, 10):
        for column, (bits, style) in enumerate(
            zip(dots(together, row), together.styles[row].tolist(), strict=True)
        ):
            colour = together.looks[style][0]
            if colour in alone and bits:
                seen.add(colour)
                assert bits == dots(alone[colour], row)[column]
    assert seen == set(alone), "none is hidden by the others"


def test_levels_and_ticks_are_drawn_where_curves_of_their_values_are() -> None:
    x = np.arange(60.0)
    for value in (0.0, 12.0, 20.0, 28.43):
        flat = line(x, np.full(60, value), colour="chart-1")
        scale = line(x, np.linspace(0, 30, 60), colour="chart-2")
        levels = [Level("", value, "chart-3")]
        curve, level = (
            compose(plot, 70, 20)
            for plot in (Plot("curve", [scale, flat]), Plot("level", [scale], levels=levels))
        )

        def heights(picture: Picture, colour: str) -> set[tuple[int, int]]:
            found = set()
            for row in range(1, 18):
                for bits, style in zip(
                    dots(picture, row), picture.styles[row].tolist(), strict=True
                ):
                    if picture.looks[style][0] == colour:
                        found |= {(row, r) for r, b in enumerate((9, 18, 36, 192)) if bits & b}
            return found

        assert heights(curve, "chart-1") == heights(level, "chart-3")
        if value in (0.0, 20.0):
            assert heights(level, "chart-3") <= heights(curve, "chart-1") | heights(
                compose(Plot("grid", [scale]), 70, 20), "chart-grid"
            )


def test_levels_are_named_at_their_lines_and_else_above() -> None:
    x = np.arange(10.0)
    levels = [Level("majority 0.500", 0.5), Level("nb-svm 0.805", 0.805)]
    plot = Plot("accuracy", [line(x, np.full(10, 0.5), name="validation")], levels=levels)
    drawn = rows(compose(plot, 70, 14))
    assert "majority 0.500" in drawn[0], "the curve lies on its line"
    assert "nb-svm 0.805" not in drawn[0]
    assert sum("nb-svm 0.805" in row for row in drawn[1:]) == 1


def test_a_curve_behind_leaves_the_legend_first() -> None:
    x = np.arange(10.0)
    series = [
        line(x, x, name="train", behind=True),
        line(x, x, name="smoothed"),
        line(x, x, name="validation"),
    ]
    assert "train" in compose(Plot("Loss", series), 60, 10).text(0)
    narrow = compose(Plot("Loss", series), 34, 10).text(0)
    assert "train" not in narrow
    assert "validation" in narrow


def test_a_logarithmic_scale_is_called_so() -> None:
    plot = Plot("Loss", [line([0, 10], [1, 2])], log=True)
    assert "Loss  log  ━ train" in compose(plot, 60, 10).text(0)


def test_signs_on_the_axis_leave_its_labels_alone() -> None:
    x = np.arange(600.0)
    marks = [Mark(float(at), "◆", line=False) for at in range(0, 600, 20)]
    axis = Axis("step", whole, "whole")
    axis_row = compose(Plot("Loss", [line(x, x)], marks=marks, axis=axis), 36, 6).text(5)
    assert "◆" in axis_row
    assert "500" in axis_row


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (6e29, 2e29, "6e29"),
        (2.5e29, 2.5e29, "2.5e29"),
        (1.25e30, 2.5e29, ""),
        (123_456.0, 1000.0, "123k"),
        (1.25e-5, 2.5e-6, ""),
        (-6e29, 2e29, "-6e29"),
    ],
)
def test_a_label_is_never_another_number(value: float, step: float, text: str) -> None:
    assert fitting(value, step, 6) == text


def test_the_cursor_reads_the_nearest_values_of_every_curve() -> None:
    plot = Plot(
        "Loss",
        [line([0, 10, 20], [1, 2, 3]), line([0, 20], [5, 7], name="validation")],
        axis=Axis("step", whole, "whole"),
    )
    picture = compose(plot, 90, 10, cursor=11.0)
    assert "step 11" in picture.text(0)
    assert "train 2.0000" in picture.text(0)
    assert "validation 7.0000" in picture.text(0)
    assert ((picture.styles >= 128).any(axis=0)).sum() == 1


def test_every_cell_of_a_row_is_one_column_whatever_a_name_holds() -> None:
    hostile = "\x1b[31m漢字[bold]\n\u202e"
    picture = compose(Plot(hostile, [line([0, 1], [0, 1], name=hostile)]), 50, 8)
    assert all(len(row) == 50 for row in rows(picture))
    assert "\x1b" not in "".join(rows(picture))
    assert "\u202e" not in "".join(rows(picture))


@pytest.mark.parametrize("glyphs", ["braille", "blocks", "ascii"])
@pytest.mark.parametrize("size", [(1, 1), (5, 2), (12, 3), (23, 4), (24, 6), (300, 90)])
def test_a_chart_is_drawn_at_any_size(glyphs: Any, size: tuple[int, int]) -> None:
    series = [line(range(30), np.sin(range(30)), marker="●")]
    plot = Plot("Loss", series, marks=[Mark(3, "◆")])
    picture = compose(plot, *size, glyphs, cursor=4.0)
    assert picture.codes.shape == (size[1], size[0])


def test_an_empty_chart_says_so() -> None:
    assert any("waiting" in row for row in rows(compose(Plot("Loss", empty="waiting"), 40, 8)))


def test_a_new_point_changes_a_few_cells_alone() -> None:
    x = np.arange(1000.0)
    y = np.exp(-x / 300)
    before = compose(Plot("Loss", [line(x[:930], y[:930])], live=True), 100, 20)
    after = compose(Plot("Loss", [line(x[:931], y[:931])], live=True), 100, 20, before=before)
    changed = after.changed(before)
    assert changed is not None
    assert sum(width for _, _, width in changed) < 30
    assert compose(Plot("Loss"), 90, 20).changed(before) is None


# --- the widget -----------------------------------------------------------------------------------


class Two(App[None]):
    """Two charts that share what they show."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            for name in ("first", "second"):
                plot = Plot(name, [line(range(101), np.sin(np.arange(101) / 9), name=name)])
                yield Chart(plot, id=name)

    def on_chart_cursor_moved(self, event: Chart.CursorMoved) -> None:
        self.seen.append(("cursor", event.x))
        for chart in self.query(Chart):
            chart.set_cursor(event.x)

    def on_chart_view_changed(self, event: Chart.ViewChanged) -> None:
        self.seen.append(("view", event.view))
        for chart in self.query(Chart):
            chart.set_view(event.view)


def screen_text(app: App[None]) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


async def test_keys_move_a_cursor_and_a_view_that_charts_share() -> None:
    app = Two()
    async with app.run_test(size=(80, 24)) as pilot:
        first, second = app.query(Chart)
        first.focus()
        await pilot.press("right", "left", "left")
        assert first.cursor == second.cursor
        assert first.cursor is not None
        assert first.cursor < 100
        assert "first 0." in screen_text(app) or "first -0." in screen_text(app)
        await pilot.press("home", "plus", "plus")
        assert first.view is not None
        assert first.view == second.view
        left, right = first.view
        assert right - left == pytest.approx(36)
        await pilot.press("full_stop")
        assert first.view == pytest.approx((left + 9, right + 9))
        await pilot.press("minus", "minus", "minus", "minus")
        assert [chart.view for chart in (first, second)] == [None, None]
        await pilot.press("end", "0")
        assert [chart.cursor for chart in (first, second)] == [None, None]
        assert ("cursor", None) in app.seen


async def test_the_mouse_places_the_cursor_and_the_wheel_zooms() -> None:
    from textual import events

    app = Two()
    async with app.run_test(size=(80, 24)) as pilot:
        first = app.query_one("#first", Chart)
        await pilot.click("#first", offset=(43, 5))
        assert first.cursor == pytest.approx(50, abs=1.5)
        wheel = events.MouseScrollUp(first, 43, 5, 0, 1, 0, False, False, False)
        first.post_message(wheel)
        await pilot.pause()
        assert first.view is not None
        left, right = first.view
        assert right - left == pytest.approx(60)
        assert left < 50 < right
        await pilot.click("#first", offset=(2, 5))
        assert first.cursor == pytest.approx(50, abs=1.5)


async def test_a_chart_that_cannot_be_drawn_leaves_the_program_alive() -> None:
    app = Two()
    async with app.run_test(size=(80, 24)) as pilot:
        broken = Series("broken", np.arange(5.0), np.arange(3.0))
        app.query_one("#first", Chart).show(Plot("first", [broken]))
        await pilot.pause()
        assert "This chart cannot be drawn" in screen_text(app)
        app.query_one("#first", Chart).show(Plot("mended", [line([0, 1], [0, 1])]))
        await pilot.pause()
        assert "mended" in screen_text(app)


async def test_a_chart_follows_the_size_and_the_theme() -> None:
    app = Two()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.resize_terminal(40, 12)
        await pilot.resize_terminal(120, 40)
        app.theme = "textual-light"
        await pilot.pause()
        assert screen_text(app).count("first") == 2
        app.query_one("#first", Chart).glyphs = "ascii"
        await pilot.pause()
        assert "|" in screen_text(app)


def test_importing_the_chart_does_not_import_numpy() -> None:
    code = "import sys, seqkit.tui.chart; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
