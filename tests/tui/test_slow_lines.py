"""What reaches a terminal: the newest picture, in as few bytes as can be, when it can take it."""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path

import pyte
import pytest
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

from seqkit.runs.folder import RunFolder
from seqkit.tui.line import Line
from seqkit.tui.painting import Painting
from tests.benchmarks.long_runs import make_run, step_lines
from tests.tui.terminal import Terminal

WIDTH, HEIGHT = 24, 4
RED, BLUE = Style.parse("#ff0000 on #101010"), Style.parse("bold #0000ff on #101010")
UNDER = Style.parse("underline #00ff00 on #202020")


# --- what is written ------------------------------------------------------------------------------


def rows(*lines: list[tuple[str, Style]]) -> LayoutUpdate:
    strips = [[Strip([Segment(text, style) for text, style in line])] for line in lines]
    return LayoutUpdate(strips, Region(0, 0, WIDTH, len(lines)))  # type: ignore[arg-type]


def on(screen: pyte.Screen) -> list[list[tuple[str, str, str, bool, bool]]]:
    """Returns each cell as it looks; of one without a sign, what is seen of it."""

    def look(cell: pyte.screens.Char) -> tuple[str, str, str, bool, bool]:
        shown = cell.data != " " or cell.underscore
        colour, bold = (cell.fg, cell.bold) if shown else ("", False)
        return (cell.data, colour, cell.bg, bold, cell.underscore)

    return [[look(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


PICTURES = [
    rows(*[[("." * WIDTH, RED)]] * HEIGHT),
    rows([("⣿ ⡇ " * 6, BLUE)], [(" " * WIDTH, UNDER)], [("a" * 12, RED), ("b" * 12, BLUE)]),
    rows([("⣿ ⡇ " * 5, BLUE), ("⣿x⡇ ", RED)], [(" " * 20, UNDER), ("  ! ", RED)]),
    rows([("中文 e\u0301 wide " + " " * 9, RED), ("x", BLUE)], [("日" * 12, UNDER)]),
    rows([("plain again " * 2, UNDER)], [("日" * 6, BLUE), ("narrow words", RED)]),
]


def test_any_picture_after_any_other_is_what_it_would_be_alone() -> None:
    for before, after in [*pairwise(PICTURES), *pairwise(reversed(PICTURES))]:
        changed, whole = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
        one, other = Painting(), Painting()
        for painting in (one, other):
            painting.resize(WIDTH, HEIGHT)
            painting.take(PICTURES[0])
        pyte.Stream(changed).feed(one.changes())
        for update in (before, after):
            one.take(update)
            pyte.Stream(changed).feed(one.changes())
            other.take(update)
        pyte.Stream(whole).feed(other.changes())
        assert on(changed) == on(whole)


def test_cells_that_differ_are_written_alone() -> None:
    painting = Painting()
    painting.resize(WIDTH, HEIGHT)
    painting.take(PICTURES[0])
    assert len(painting.changes()) > WIDTH * HEIGHT
    painting.take(PICTURES[0])
    assert painting.changes() == ""
    painting.take(rows([("." * 10, RED), ("x", RED), ("." * 13, RED)]))
    assert painting.changes() == "\x1b[1;11H\x1b[0;38;2;255;0;0;48;2;16;16;16mx\x1b[0m"


def test_what_was_left_out_is_never_written() -> None:
    painting = Painting()
    painting.resize(WIDTH, HEIGHT)
    painting.take(PICTURES[0])
    painting.changes()
    for letter in "abc":
        line = Strip([Segment(letter * WIDTH, RED)])
        painting.take(ChopsUpdate([{0: line}], [(0, 0, WIDTH)], [[WIDTH]]))
    written = painting.changes()
    assert "c" * WIDTH in written
    assert "a" not in written
    painting.forget()
    assert "c" * WIDTH in painting.changes()


def test_signs_come_before_the_colours_of_what_stays() -> None:
    painting, screen = Painting(), pyte.Screen(WIDTH, HEIGHT)
    painting.resize(WIDTH, HEIGHT)
    painting.take(PICTURES[0])
    pyte.Stream(screen).feed(painting.changes())
    darker = [("." * WIDTH, UNDER)]
    dialog = [(".....", UNDER), ("dialog", BLUE), ("." * 13, UNDER)]
    painting.take(rows(darker, darker, dialog, darker))
    pyte.Stream(screen).feed(painting.changes(most=0))
    assert "dialog" in screen.display[2]
    assert screen.buffer[2][5].fg == "0000ff"
    assert screen.buffer[0][0].fg == "ff0000"
    left = [painting.left]
    pyte.Stream(screen).feed(painting.changes())
    assert screen.buffer[0][0].fg == screen.buffer[2][0].fg == "00ff00"
    assert [*left, painting.left] == [True, False]
    assert painting.changes() == ""


# --- when -----------------------------------------------------------------------------------------


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_picture_waits_until_the_one_before_it_is_written() -> None:
    line = Line(60, Clock())
    assert line.wait(False) == 0
    line.sent(1000)
    assert line.wait(False) == line.wait(True) == float("inf")
    line.written(0, 0.0)
    assert 0 < line.wait(False) <= 1 / 60
    assert line.wait(True) == 0


def test_a_terminal_that_answers_is_waited_for_and_keys_are_not() -> None:
    clock = Clock()
    line = Line(60, clock)
    line.answers = True
    line.sent(1000)
    line.written(0, 0.0)
    clock.now += 0.4
    assert line.wait(False) > 1
    assert line.wait(True) == 0
    line.answered()
    assert line.wait(False) == pytest.approx(0.2)
    clock.now += 0.2
    assert line.wait(False) == 0
    line.sent(1000)
    line.written(0, 0.0)
    clock.now += 10
    assert line.wait(False) == 0, "one that answers no more is not waited for"


def test_a_slow_line_is_measured_and_never_filled() -> None:
    clock = Clock()
    line = Line(60, clock)
    line.sent(40_000)
    clock.now += 1.3
    line.written(19_500, 1.3)
    assert line.wait(False) == pytest.approx(1.0), "never longer than a second"
    clock.now += 3.0
    assert line.wait(False) == 0
    line.sent(3000)
    line.written(0, 0.0)
    assert 0.2 < line.wait(False) < 0.3, "as long as 3,000 bytes take at 15 kB/s"


def test_a_pause_of_the_reader_does_not_make_a_line_slow_for_long() -> None:
    clock = Clock()
    line = Line(60, clock)
    line.sent(30_000)
    clock.now += 5.0
    line.written(500, 5.0)
    begun = clock.now
    while (wait := line.wait(False)) > 0.3 or clock.now == begun:
        clock.now += wait
        line.sent(4000)
        line.written(0, 0.0)
        assert clock.now - begun < 30


def test_the_rest_of_a_picture_waits_where_nothing_is_known_of_the_line() -> None:
    line = Line(60, Clock())
    line.sent(4000)
    line.written(0, 0.0)
    assert line.slow
    assert line.wait(False) < 0.02
    assert 0.25 < line.wait(False, rest=True) < 0.4
    line.answers = True
    assert line.wait(False, rest=True) < 0.02
    assert not line.slow


def test_pictures_may_be_few() -> None:
    line = Line(2, Clock())
    line.sent(10)
    line.written(0, 0.0)
    assert line.wait(False) == pytest.approx(0.5)
    assert line.wait(True) == 0


# --- in a terminal --------------------------------------------------------------------------------


@pytest.mark.proof
def test_a_key_is_answered_at_the_end_of_a_slow_line(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "live", 5000, "running")
    step = 5000
    with (
        run.hold(),
        Terminal("tui", folder=tmp_path, columns=160, lines=50) as terminal,
        run.events_file.open("a", encoding="utf-8") as file,
    ):

        def go_on(seconds: float) -> None:
            nonlocal step
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                file.writelines(step_lines(step, step + 50))
                file.flush()
                step += 50
                terminal.read(0.05)

        terminal.wait_for("1 Runs", run.name)
        terminal.rate = 15_000
        terminal.press("enter")
        terminal.wait_for("Loss", "running")
        go_on(12.0)
        before = len(terminal.raw)
        go_on(3.0)
        assert 200 < len(terminal.raw) - before < 3 * 15_000 / 2, "half of the line is left"
        terminal.type("?")
        terminal.wait_for("On this screen", seconds=4)


@pytest.mark.proof
def test_pictures_come_no_more_often_than_they_are_wanted(tmp_path: Path) -> None:
    run = RunFolder(make_run(tmp_path / "runs" / "live", 5000, "running").path)
    with run.hold(), Terminal("tui", "--fps", "0.5", folder=tmp_path) as terminal:
        terminal.wait_for("1 Runs", run.name)
        terminal.press("enter")
        terminal.wait_for("Loss", "running")
        terminal.settle(1.0)
        with run.events_file.open("a", encoding="utf-8") as file:
            pictures = 0
            for step in range(5000, 5080):
                file.writelines(step_lines(step, step + 1))
                file.flush()
                pictures += bool(terminal.read(0.05))
                time.sleep(0.05)
        assert 1 <= pictures <= 5
        terminal.press("?")
        terminal.wait_for("On this screen", seconds=10)
