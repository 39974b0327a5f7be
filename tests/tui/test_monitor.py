"""The monitor on real run folders, recorded once by the engine."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.geometry import Size
from textual.pilot import Pilot
from textual.widgets import Static

from seqkit.engine.run import start_run
from seqkit.events import Event, dump_event
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder
from seqkit.storage.locks import Hold, this_process
from seqkit.terminal.answers.curves import curves_of, interval_of
from seqkit.terminal.answers.lines import answer_lines
from seqkit.tui.chart import Chart
from seqkit.tui.colours import CHART_DEFAULTS, colour, themed
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Ask, Confirm, Reading
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.monitor.answers_pane import AnswersPane, series_plot
from seqkit.tui.monitor.header import RunHeader
from seqkit.tui.monitor.layout import PANES, Split, plan
from seqkit.tui.monitor.log import LogLines
from seqkit.tui.monitor.steering import learning_rate
from seqkit.tui.runs.rows import read_row
from seqkit.views import view_of
from tests.answers import ANSWERS, DAMAGED, SHOWN
from tests.tui.waiting import until

SIZES = [(80, 24), (120, 36), (200, 60)]
NARROW = SIZES[0]


class Tiny(App[None]):
    """Shows one monitor."""

    def __init__(self, run: RunFolder, read_only: bool = False) -> None:
        super().__init__()
        self.context = Context(run.path.parent)
        self.monitor = MonitorScreen(run, read_only)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return CHART_DEFAULTS

    def on_mount(self) -> None:
        self.push_screen(self.monitor)

    @property
    def text(self) -> str:
        return "\n".join(
            "".join(segment.text for segment in strip)
            for strip in self.screen._compositor.render_strips()
        )


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A finished run of 24 steps."""
    document = {
        "task": {"name": "classification"},
        "dataset": {"name": "sentences"},
        "model": {"name": "gru", "hidden_size": 8, "embedding_size": 8},
        "trainer": {"epochs": 2, "batch_size": 64, "threads": 1, "device": "cpu", "log_every": 1},
    }
    registry = load_registry([])
    folder = tmp_path_factory.mktemp("runs")
    return start_run(load_experiment(document, registry), registry, folder, "recorded").folder


@pytest.fixture
def run(recorded: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of it that a test may change."""
    shutil.copytree(recorded.path, tmp_path / "runs" / "mine")
    return RunFolder(tmp_path / "runs" / "mine")


@pytest.fixture
def live(run: RunFolder, held: Callable[[Path], Hold]) -> RunFolder:
    """The same run at its twelfth step, by a process that lives as long as the test."""
    lines = run.events_file.read_bytes().splitlines(keepends=True)
    cut = next(i for i, line in enumerate(lines) if b'"step":13,' in line)
    run.events_file.write_bytes(b"".join(lines[:cut]))
    run.update(status="running", process=this_process())
    held(run.path)
    return run


def add(run: RunFolder, *events: Event) -> None:
    with run.events_file.open("ab") as file:
        for event in events:
            file.write(dump_event(event).encode() + b"\n")


async def until_shown(pilot: Pilot[None], *words: str) -> None:
    """Waits until one of some words is on the screen."""
    await until(pilot, lambda: any(word in pilot.app.text for word in words))  # type: ignore[attr-defined]


async def opened(pilot: Pilot[None], words: str = "Loss") -> None:
    await until(pilot, lambda: words in pilot.app.text and "waiting" not in pilot.app.text)  # type: ignore[attr-defined]


def requests(run: RunFolder) -> list[dict[str, Any]]:
    if not run.control_file.exists():
        return []
    return [json.loads(line) for line in run.control_file.read_text().splitlines()]


# --- looking --------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_run_is_shown_at_any_size(
    recorded: RunFolder, size: tuple[int, int]
) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, "accuracy")
        text = app.text
        for words in ("finished", "recorded", "gru on sentences", "validation", "epoch 2/2"):
            assert words in text, words
        assert "majority" in text
        assert "Pause" not in text
        if size[0] >= 120:
            assert "float32" in text
            assert "Answers" in text
            assert "Events" in text
        if size[0] >= 200:
            for words in ("Learning rate", "Gradient norm", "Examples per second", "CPU"):
                assert words in text, words


async def test_every_pane_is_reached_by_its_key(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        shown = {
            "R": "Learning rate",
            "G": "Gradient norm",
            "T": "Examples per second",
            "D": "memory",
            "A": "answers|test, step 24",
            "E": "finished after",
            "M": "accuracy",
        }
        for key, words in shown.items():
            await pilot.press(key)
            await until_shown(pilot, *words.split("|"))
            assert "Loss" in app.text
        await pilot.press("R", "z")
        await until(pilot, lambda: "Loss" not in app.text)
        assert "Learning rate" in app.text
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: "Gradient norm" in app.text)
        await pilot.press("escape")
        await until(pilot, lambda: "Loss" in app.text)


async def test_the_cursor_is_shared_by_charts_log_and_answers(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, "accuracy")
        await pilot.press("L", "home", *["shift+right"] * 3, *["right"] * 6)
        loss, metrics = (
            app.monitor.query_one("#loss", Chart),
            app.monitor.query_one("#metrics", Chart),
        )
        assert loss.cursor is not None
        assert loss.cursor == metrics.cursor
        assert 12 <= loss.cursor < 24
        await until(pilot, lambda: "validation, step 12" in app.text)
        await pilot.press("E", "home")
        await until(pilot, lambda: loss.cursor == 0)
        await pilot.press("escape")
        await until(pilot, lambda: loss.cursor is None)
        assert "test, step 24" in app.text


async def test_x_counts_steps_epochs_time_or_tokens(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        loss = app.monitor.query_one("#loss", Chart)
        await pilot.press("end")
        ends = []
        for _ in range(4):
            ends.append((loss.plot.axis.name, loss.plot.domain, loss.cursor))
            await pilot.press("u")
        assert [name for name, _, _ in ends] == ["step", "epoch", "time", "tokens"]
        for _, domain, cursor in ends:
            assert domain is not None
            assert cursor == pytest.approx(domain[1], rel=0.1)
        assert loss.plot.axis.name == "step"


async def test_scale_and_smoothing_change(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        loss = app.monitor.query_one("#loss", Chart)
        await pilot.press("l", "w", "w")
        assert str(loss.plot.log) == "True"
        assert [series.name for series in loss.plot.series] == ["train", "validation"]
        await pilot.press("l", "w", "m")
        assert str(loss.plot.log) == "False"
        assert [series.name for series in loss.plot.series][:2] == ["train", "smoothed"]
        assert app.monitor.query_one("#metrics", Chart).plot.title == "f1"


async def test_the_log_is_searched(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await pilot.press("slash", *"ACCUR")
        await until(pilot, lambda: "4 lines match" in app.text)
        await pilot.press("enter")
        await until(pilot, lambda: "match 4 of 4" in app.text)
        loss = app.monitor.query_one("#loss", Chart)
        await until(pilot, lambda: loss.cursor == 24)
        await pilot.press("n", "n")
        await until(pilot, lambda: "match 2 of 4" in app.text)
        assert isinstance(app.focused, LogLines)


async def test_the_log_follows_its_newest_line_until_another_is_looked_at(run: RunFolder) -> None:
    def warn(first: int, last: int) -> None:
        add(run, *(Event("warning", n, 2.0, {"message": f"line {n}."}) for n in range(first, last)))

    warn(100, 140)
    app = Tiny(run)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await pilot.press("E")
        await until_shown(pilot, "line 139.")
        warn(140, 150)
        await until_shown(pilot, "line 149.")
        await pilot.press("up", "pageup", "pageup")
        await until_shown(pilot, "line 130.")
        warn(150, 160)
        await until_shown(pilot, "67")
        assert "line 130." in app.text
        await pilot.press("end")
        await until_shown(pilot, "line 159.")


# --- a live run -----------------------------------------------------------------------------------


async def test_a_live_run_is_followed(live: RunFolder, recorded: RunFolder) -> None:
    rest = recorded.events_file.read_bytes()[live.events_file.stat().st_size :]
    app = Tiny(live)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "running" in app.text and "epoch 1/2" in app.text)
        assert "ETA" in app.text
        await until(pilot, lambda: "Pause" in app.text)
        with live.events_file.open("ab") as file:
            file.write(rest[:700])
        await until(pilot, lambda: "epoch 1.08" in app.text or "epoch 1.17" in app.text)
        with live.events_file.open("ab") as file:
            file.write(rest[700:])
        live.update(status="finished")
        await until(pilot, lambda: "finished" in app.text and "100%" in app.text)
        await until(pilot, lambda: "Pause" not in app.text)


async def test_a_run_is_steered_after_a_question(live: RunFolder) -> None:
    app = Tiny(live)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "running" in app.text)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")
        assert requests(live) == []
        await pilot.press("p", "y")
        await until(pilot, lambda: requests(live))
        await pilot.press("s", "enter")
        await until(pilot, lambda: len(requests(live)) == 2)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Ask))
        await pilot.press("ctrl+u", *"3e-4", "enter")
        await until(pilot, lambda: len(requests(live)) == 3)
        app.context.remember(confirm=False)
        await pilot.press("x")
        await until(pilot, lambda: len(requests(live)) == 4)
    asked = [(line["request"], line.get("value")) for line in requests(live)]
    assert asked == [
        ("pause", None),
        ("save", None),
        ("set-learning-rate", 3e-4),
        ("stop", None),
    ]


async def test_what_people_asked_for_is_marked_in_the_charts(live: RunFolder) -> None:
    for step, action, applied, message in (
        (6, "pause", True, "paused"),
        (7, "pause", False, "the run is paused already"),
        (9, "set-learning-rate", True, "the learning rate is 1 from here on"),
    ):
        fields = {"request": {"request": action}, "applied": applied, "message": message}
        add(live, Event("control", step, step / 12, fields))
    live.update(status="paused")
    app = Tiny(live)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "‖ paused" in app.text)
        marks = app.monitor.query_one("#loss", Chart).plot.marks
        assert [(mark.x, mark.sign) for mark in marks if mark.line] == [(6.0, "‖"), (9.0, "η")]
        await pilot.press("p", "y")
        await until(pilot, lambda: requests(live))
        assert requests(live)[0]["request"] == "resume"


async def test_read_only_steers_nothing(live: RunFolder) -> None:
    app = Tiny(live, read_only=True)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "running" in app.text)
        assert "Pause" not in app.text
        await pilot.press("p", "s", "x", "r", "c")
        await pilot.pause(0.1)
        assert app.screen is app.monitor
    assert requests(live) == []


async def test_a_run_whose_record_is_damaged_is_called_as_the_list_calls_it(
    run: RunFolder,
) -> None:
    (run.path / "run.json").write_text("{ torn", encoding="utf-8")
    app = Tiny(run)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "unreadable" in app.text)
        assert "crashed" not in app.text
        assert read_row(run).status == "unreadable"


async def test_enter_shows_all_of_a_long_line_of_the_log(run: RunFolder) -> None:
    add(run, Event("warning", 24, 2.0, {"message": "a long way " * 60 + "to the end"}))
    app = Tiny(run)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot)
        await pilot.press("E")
        await until_shown(pilot, "enter reads one")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Reading))
        await until_shown(pilot, "warning, step 24")
        assert "way to the end" in " ".join(str(app.screen.query_one(Static).content).split())
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.monitor)


async def test_a_run_whose_process_was_killed_is_shown_as_crashed(run: RunFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from seqkit.runs.folder import RunFolder\n"
        "hold = RunFolder(Path(sys.argv[1])).hold(); hold.begun(); print(flush=True); input()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(run.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    run.update(status="running", process=this_process() | {"pid": process.pid})
    app = Tiny(run)
    async with app.run_test(size=NARROW) as pilot:
        await until(pilot, lambda: "running" in app.text)
        process.kill()
        process.communicate()
        await until(pilot, lambda: "crashed" in app.text)
        assert "c resumes" in app.text
        await until(pilot, lambda: "Resume" in app.text and "Pause" not in app.text)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("n")


async def test_a_folder_that_is_deleted_leaves_its_last_picture(run: RunFolder) -> None:
    app = Tiny(run)
    async with app.run_test(size=NARROW) as pilot:
        await opened(pilot, "accuracy")
        shutil.rmtree(run.path)
        await until(pilot, lambda: "its folder was deleted or renamed" in app.text)
        assert "validation" in app.text
        await pilot.press("u", "l", "E", "slash", "a", "escape", "p", "c")
        await pilot.pause(0.1)
        assert "gone" in app.text


async def test_a_damaged_log_and_hostile_text_do_no_harm(run: RunFolder) -> None:
    evil = "[bold red]trick[/] \x1b[2J\x1b]52;c;AAAA\x07 \u202e漢字 [/nonsense]"
    with run.events_file.open("ab") as file:
        file.write(b'{"v":1,"event":"step","st\n\xff\xfe\n')
    items = [{"text": evil, "label": evil, "probability": "x", "correct": False, "target": evil}]
    add(
        run,
        Event("warning", 24, 2.0, {"message": evil}),
        Event("sample", 24, 2.0, {"split": evil, "items": items}),
        Event("sample", 24, 2.0, {"split": "test", "items": [3, None, {"prediction": evil}]}),
    )
    run.update(status="failed")
    app = Tiny(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot, "2 damaged lines skipped")
        text = app.text
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[bold red]trick[/]" in text
        await pilot.press("A", "right", "left", "E", "up", "up")
        await pilot.pause(0.1)
        assert app.is_running


async def test_values_that_are_not_finite_are_marked(run: RunFolder) -> None:
    text = run.events_file.read_text(encoding="utf-8").splitlines()
    changed = []
    for line in text:
        event = json.loads(line)
        if event["event"] == "step" and event["step"] in (10, 11):
            event |= {"loss": "NaN", "gradient_norm": "Infinity"}
        changed.append(json.dumps(event))
    run.events_file.write_text("\n".join(changed) + "\n", encoding="utf-8")
    app = Tiny(run)
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(pilot, "× 2 NaN")
        assert "∞ 2 infinite" in app.text


async def test_a_terminal_may_become_tiny_and_large_again(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(pilot)
        await pilot.press("T")
        for size in ((40, 12), (20, 6), (80, 24), (5, 3), (120, 36)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.focused is not None
        await until(pilot, lambda: "Loss" in app.text)


async def test_the_edge_between_panes_is_dragged(recorded: RunFolder) -> None:
    app = Tiny(recorded)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        edge = app.monitor.panes.planned.plan.columns
        assert edge is not None
        loss = app.monitor.query_one("#loss")
        before = loss.region.width
        await pilot.mouse_down(offset=(edge + 1, 12))
        await pilot.hover(offset=(edge - 19, 12))
        await pilot.mouse_up(offset=(edge - 19, 12))
        await pilot.pause()
        assert before - 22 <= loss.region.width <= before - 18


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(20, 221, 25))
@pytest.mark.parametrize("height", [3, 9, 12, 21, 33, 57])
def test_panes_never_overlap_and_the_loss_is_always_there(width: int, height: int) -> None:
    for chosen in PANES:
        found = plan(Size(width, height), chosen, None, Split(0.9, 0.1))
        regions = [*found.panes.values(), *([found.tabs] if found.tabs else [])]
        assert "loss" in found.panes
        for place, region in enumerate(regions):
            assert region.width > 0
            assert region.height > 0
            assert region.right <= width
            assert region.bottom <= height
            assert not any(region.overlaps(other) for other in regions[place + 1 :])
        if height >= 11 and chosen != "loss":
            assert chosen in found.panes
        alone = plan(Size(width, height), chosen, chosen, Split())
        assert list(alone.panes) == [chosen]


def test_a_forecast_is_drawn_over_its_history_with_its_interval() -> None:
    answer = {
        "series": "store",
        "columns": ["sales", "visits"],
        "history": {"time": ["2026-01-01", "2026-01-02"], "values": [[1, 2], [5, None]]},
        "forecast": {
            "time": ["2026-01-03", "2026-01-04"],
            "values": [[3, 4], [6, 7]],
            "quantiles": {
                "0.1": [[2, 3], [5, 6]],
                "0.5": [[3, 4], [6, 7]],
                "0.9": [[4, 5], [7, 8]],
            },
        },
        "target": [[3, 5], [6, 6]],
    }
    plot = series_plot(curves_of(answer)[0], interval_of(answer))
    curves = {series.name: series.y.tolist() for series in plot.series}
    assert curves == {"history": [1, 2], "actual": [2, 3, 5], "forecast": [2, 3, 4]}
    assert plot.bands[0].name == "80% interval"
    assert plot.bands[0].high.tolist() == [4, 5]
    assert plot.domain == (-1.0, 2.0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        (" 0.5 ", 0.5),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_a_learning_rate_is_a_finite_number_above_zero(text: str, value: float | None) -> None:
    assert learning_rate(text) == value


async def test_answers_of_any_view_are_shown(run: RunFolder) -> None:
    app = Tiny(run)
    async with app.run_test(size=(200, 60)) as pilot:
        await opened(pilot)
        pane = app.monitor.query_one(AnswersPane)
        text = pane.query_one("#answers--text", Static)
        items = list(ANSWERS.values())
        add(run, Event("sample", 25, 2.0, {"split": "test", "items": items}))
        await until_shown(pilot, "step 25")
        for name, item in ANSWERS.items():
            if view_of(item) == "series":
                await until_shown(pilot, f"of {len(items)}, after 2026")
                assert pane.query_one(Chart).region.height > 5
            else:
                shown = str(text.render())
                for words in SHOWN[name]:
                    assert words in shown
            pane.action_turn(1)
            await pilot.pause()
        assert app.monitor.query_one(RunHeader).region.height == 3


async def test_answers_that_do_not_fit_their_view_are_shown_as_tables(run: RunFolder) -> None:
    app = Tiny(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        pane = app.monitor.query_one(AnswersPane)
        text = pane.query_one("#answers--text", Static)
        add(run, Event("sample", 25, 2.0, {"split": "test", "items": [*DAMAGED, 3, None]}))
        await until_shown(pilot, "step 25")
        for item in DAMAGED:
            key = next(key for key in item if key != "view")
            assert key in str(text.render())
            pane.action_turn(1)
            await pilot.pause()


async def test_what_is_right_and_wrong_has_the_colours_of_the_theme(run: RunFolder) -> None:
    app = Tiny(run)
    async with app.run_test(size=(120, 36)) as pilot:
        await opened(pilot)
        item = {"view": "labels", "label": "yes", "correct": False}
        add(run, Event("sample", 24, 2.0, {"split": "test", "items": [item]}))
        await until_shown(pilot, "✗ yes")
        drawn = themed(answer_lines(item), app.theme_variables)
        styles = {str(span.style) for span in drawn.spans}
        assert colour(app.theme_variables, "error") in styles
        assert "red" not in " ".join(styles)
