"""What is looked for is found, what was marked or typed stays, and what is told is told once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from textual.app import App
from textual.widgets import Checkbox, Input, OptionList

from seqkit.engine.preview import _plain
from seqkit.processes.launch import Launch
from seqkit.runs.folder import RunFolder
from seqkit.runs.summary import summarise
from seqkit.storage.locks import Hold, this_process
from seqkit.tui.app import SeqkitApp
from seqkit.tui.comparing.panes import _named
from seqkit.tui.comparing.reading import Compared
from seqkit.tui.components.data import DataScreen
from seqkit.tui.components.screen import ComponentsScreen
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Choice, Choose, Confirm
from seqkit.tui.messages import OpenRun, TrainRun
from seqkit.tui.narrowing import narrowed
from seqkit.tui.new.pictures import data_text, examples_text, layers_text
from seqkit.tui.playground.screen import TryScreen
from tests.tui.test_shell import names_of, running, shown, table_of
from tests.tui.waiting import until

pytestmark = pytest.mark.proof

# --- lists that are narrowed ----------------------------------------------------------------------


def test_the_nearest_name_comes_first_and_then_what_is_told_of_others() -> None:
    names = ["imdb-bilstm", "sentiment-2", "sentiment", "my-sentiment"]
    found = narrowed(names, "Sentiment", str, lambda _name: "a sentiment")
    assert found == ["sentiment", "sentiment-2", "my-sentiment", "imdb-bilstm"]
    assert narrowed(names, "", str) == names
    assert narrowed(names, "bilstm imdb", str) == ["imdb-bilstm"]
    assert narrowed(names, "gru", str) == []


@pytest.mark.parametrize("height", [12, 24, 50])
async def test_a_list_to_choose_from_keeps_its_size_and_says_when_nothing_fits(height: int) -> None:
    about = "a very long line about it that no terminal has the room for " * 3
    choices = [Choice(f"one-{n}", f"one-{n}", about, words="forecasting") for n in range(30)]
    app: App[None] = App()
    async with app.run_test(size=(80, height)) as pilot:
        await app.push_screen(Choose("Recipe", choices))
        await pilot.pause()
        options = app.screen.query_one(OptionList)
        lines, whole = options.size.height, options.region
        assert options.virtual_size.height == len(choices), "each takes one line"
        for typed, said in (("one-7", 1), ("forecasting", 30), ("nothing-such", 1)):
            app.screen.query_one(Input).value = typed
            await pilot.pause()
            assert options.option_count == said
            assert options.region == whole
        assert "Nothing matches" in str(options.get_option_at_index(0).prompt)
        await pilot.press("enter")
        assert isinstance(app.screen, Choose), "nothing was taken"
        app.screen.query_one(Input).value = ""
        await pilot.pause()
        await pilot.press(*["down"] * 29)
        top = options.scroll_offset.y
        assert top <= 29 < top + lines
        assert app.screen.region.contains_region(options.region)


@pytest.mark.parametrize("size", [(40, 12), (120, 36)])
async def test_what_is_installed_is_explained_at_any_size(
    recorded_runs: Path, size: tuple[int, int]
) -> None:
    async with running(recorded_runs, size) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "bilstm" in shown(app))
        await pilot.press("slash", *"lstm", "enter")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ComponentsScreen)
        highlighted = screen.query_one(OptionList).highlighted
        assert highlighted is not None
        chosen = screen.query_one(OptionList).get_option_at_index(highlighted)
        assert str(chosen.id).endswith(":lstm")
        await pilot.press("enter")
        await until(pilot, lambda: "recurrent:lstm" in shown(app))
        assert screen.query_one("#detail").size.width > 30
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one(OptionList).has_focus)
        assert screen.query_one(OptionList).region


@pytest.mark.parametrize("size", [(40, 12), (120, 36)])
async def test_a_look_inside_data_is_seen_at_any_size(
    recorded_runs: Path, size: tuple[int, int]
) -> None:
    async with running(recorded_runs, size) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "sentences" in shown(app))
        screen = app.screen
        assert isinstance(screen, DataScreen)
        await until(pilot, lambda: screen._catalogue is not None)
        await pilot.press("slash", *"stocks", "enter", "enter")
        detail = screen.query_one("#detail")
        await until(pilot, lambda: "2" in screen._looks.get("timeseries:stocks", ""))
        detail.scroll_end(animate=False)
        await until(pilot, lambda: "start" in shown(app))
        assert "[" not in str(screen._looks["timeseries:stocks"])
        await pilot.press("escape")
        await until(pilot, lambda: screen.query_one(OptionList).has_focus)


# --- marks ----------------------------------------------------------------------------------------


async def test_marks_stay_while_a_filter_hides_their_runs(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        table = table_of(app)
        for name in ("first", "second"):
            await pilot.press("slash", *f"name:{name}", "enter")
            await until(pilot, lambda: len(names_of(app)) == 1)
            assert names_of(app) == [name]
            await pilot.press("space", "slash", "ctrl+u", "enter")
            await pilot.pause()
        await pilot.press("slash", *"name:first", "enter")
        await until(pilot, lambda: "2 marked, 1 of them hidden by the filter" in shown(app))
        assert {row.name for row in table.targets()} == {"first", "second"}
        await pilot.press("d")
        await until(pilot, lambda: "Delete 2 runs?" in shown(app))
        assert "The filter hides 1 of them." in shown(app)
        await pilot.press("n", "a")
        await until(pilot, lambda: table.marked == {"second"})
        await pilot.press("escape")
        assert not table.marked
        assert [row.name for row in table.targets()] == ["first"]


# --- Try ------------------------------------------------------------------------------------------


async def test_what_is_typed_to_a_model_stays_when_one_leaves_it(recorded_runs: Path) -> None:
    app = SeqkitApp(Context(recorded_runs))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = TryScreen(app.context, RunFolder(recorded_runs / "first"))
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name == "classification")
        await pilot.press(*"a fine film")
        await pilot.press("tab")
        assert isinstance(screen.focused, Checkbox), "the first stop is the first option"
        for _ in range(8):
            await pilot.press("tab")
            assert screen.focused is not None
            assert screen.focused.id not in ("try-options", "try-result")
        app.set_focus(None)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, DataScreen))
        again = TryScreen(app.context, RunFolder(recorded_runs / "first"))
        await app.push_screen(again)
        assert again.area.text == "a fine film"
        other = TryScreen(app.context, RunFolder(recorded_runs / "second"))
        await app.push_screen(other)
        assert other.area.text == ""


# --- where one comes from and goes ----------------------------------------------------------------


async def test_what_could_not_be_started_is_told_in_one_place(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        app.on_train_run(TrainRun(["sentiment", "trainer.epochs=0"]))
        await until(pilot, lambda: "It could not be started" in shown(app))
        await pilot.pause(1.2)
        assert not [note for note in app._notifications if note.title == "A run failed"]
        assert not app.context.launches


async def test_a_run_that_was_ended_by_a_signal_has_not_failed(runs_dir: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(130)"])
    failed = subprocess.Popen([sys.executable, "-c", "raise SystemExit(1)"])
    ended.wait()
    failed.wait()
    async with running(runs_dir) as (app, pilot):
        for process in (ended, failed):
            log = runs_dir / ".logs" / f"{process.pid}.log"
            app.context.launches.append(Launch(("run",), process, log))
        await until(pilot, lambda: not app.context.launches)
        (told,) = [note.message for note in app._notifications]
        assert "exit code 1," in str(told)


async def test_the_key_that_pauses_is_called_by_what_it_does_now(
    runs_dir: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(runs_dir / "first")
    held(run.path)
    run.update(status="running", process=this_process())
    async with running(runs_dir) as (app, pilot):
        app.on_open_run(OpenRun(run))
        await until(pilot, lambda: "p Pause" in shown(app))
        assert "p Go on" not in shown(app)
        run.update(status="paused")
        await until(pilot, lambda: "p Go on" in shown(app))
        assert "p Pause" not in shown(app)
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, Confirm))


# --- words and numbers ----------------------------------------------------------------------------


def test_series_are_shown_as_people_write_them() -> None:
    record = {
        "time": np.array(["2012-01-01", "2012-01-02"], "datetime64[s]"),
        "values": {"t": np.array([0.1, 2.0], np.float32)},
        "start": np.int64(3),
    }
    plain = {key: _plain(value) for key, value in record.items()}
    assert plain["values"] == {"t": [0.1, 2.0]}
    preview = {"shape": {}, "samples": [plain, {"long": list(range(40))}]}
    text = str(examples_text(preview))
    assert "time 2012-01-01, 2012-01-02\n" in text
    assert "values t 0.1, 2\n" in text
    assert "long 0, 1, 2, 3, 4, 5, 6, 7, … 30 more …, 38, 39\n" in text


def test_one_of_anything_is_called_so() -> None:
    shape = {
        "inputs": {"kind": "features", "size": 1},
        "outputs": {"kind": "values", "size": 1, "horizon": 7},
    }
    data = {
        "examples": {"train": 1},
        "lengths": {"least": 14, "most": 14, "median": 14.0, "bins": [3]},
        "shape": shape,
    }
    preview = data | {
        "layers": [],
        "parameters": 1,
        "batch": [1, 1],
        "memory": {"weights": 4},
        "seconds": 1.0,
        "steps": 1,
        "device": "cpu",
    }
    text = str(layers_text(preview, 80))
    assert "one batch: 1 example of up to 1 step\n" in text
    assert "1 number a step" in text
    assert "1 value × 7 steps ahead" in text
    assert "  14 steps" in text
    assert "to 14" not in str(data_text(data))


def test_long_names_of_compared_runs_differ_at_their_ends() -> None:
    runs = [
        Compared(f"tatoeba-seq2seq-with-attention-{n:04}", summarise([]), {}, "running", {})
        for n in (1, 2)
    ]
    first, second = (str(_named(run, "red", 24)) for run in runs)
    assert first != second
    assert len(first) == len(second) == 24
