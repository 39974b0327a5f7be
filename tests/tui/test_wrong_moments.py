"""Keys at moments when they were not expected: together, twice, too early, and too late."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from seqkit.processes.client import Checker
from seqkit.processes.launch import Launch
from seqkit.runs.folder import RunFolder
from seqkit.runs.labels import read_label
from seqkit.storage.locks import Hold, this_process
from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Ask, Confirm
from seqkit.tui.messages import OpenRun, TryRun
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.new.form import Form
from seqkit.tui.new.pane import Pane
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.runs.screen import RunsScreen
from seqkit.tui.runs.table import RunTable
from seqkit.tui.starting import Starting
from tests.tui.waiting import as_soon_as


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[tuple[SeqkitApp, Pilot[None]]]:
    app = SeqkitApp(Context(folder))
    async with app.run_test(size=(120, 36)) as pilot:
        await as_soon_as(
            pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.index.scanned
        )
        await as_soon_as(pilot, lambda: len(app.screen.query_one(RunTable).rows) == 2)
        yield app, pilot


def type_at_once(app: SeqkitApp, *keys: str) -> None:
    """Sends keys that arrive in one piece, as over a slow connection."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


def told(app: SeqkitApp) -> list[str]:
    """Returns every message that was shown."""
    return [str(note.message) for note in app._notifications]


# --- together, and twice --------------------------------------------------------------------------


async def test_keys_that_arrive_together_go_to_what_the_first_of_them_opens(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        line = app.screen.query_one("#filter", Input)
        type_at_once(app, "slash", *"second", "enter", "t", *"good", "enter", "r", *"er", "enter")
        await as_soon_as(pilot, lambda: read_label(runs_dir / "second").title)
        assert line.value == "second"
        assert read_label(runs_dir / "second").tags == ("good",)
        assert read_label(runs_dir / "second").title == "er"


async def test_enter_answers_no_question_with_less_than_was_typed_before_it(
    runs_dir: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="running", process=this_process())
    held(run.path)
    async with running(runs_dir) as (app, pilot):
        app.on_open_run(OpenRun(run))
        await as_soon_as(pilot, lambda: cast(MonitorScreen, app.screen).steering.possible("rate"))
        type_at_once(app, "r", "ctrl+u", *"0.5", "enter")
        await as_soon_as(pilot, run.control_file.read_text)
        assert '"value": 0.5,' in run.control_file.read_text()


async def test_a_key_pressed_twice_opens_one_screen(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        type_at_once(app, "enter", "enter")
        await as_soon_as(pilot, lambda: isinstance(app.screen, MonitorScreen))
        await pilot.pause(0.2)
        assert len(app.screen_stack) == 2
        type_at_once(app, "escape", "d", "d", "y")
        await as_soon_as(pilot, lambda: len(list(runs_dir.glob("*/run.json"))) == 1)
        await pilot.pause(0.2)
        assert isinstance(app.screen, RunsScreen)


async def test_a_widget_that_goes_while_it_has_a_key_holds_no_other_key_up(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        app.push_screen(Ask("A question"))
        await pilot.pause()
        started = asyncio.get_running_loop().time()
        type_at_once(app, *"abc", "escape", "slash", "x")
        line = app.screen_stack[0].query_one("#filter", Input)
        await as_soon_as(pilot, lambda: line.value == "x", 5)
        assert asyncio.get_running_loop().time() - started < 5


# --- too early ------------------------------------------------------------------------------------


async def test_a_form_that_is_not_read_yet_does_afterwards_what_it_was_asked(
    runs_dir: Path,
) -> None:
    async with running(runs_dir) as (app, pilot):
        type_at_once(app, "2", "w")
        await as_soon_as(pilot, lambda: isinstance(app.screen, Ask))


async def test_what_is_copied_is_what_the_form_holds_now(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        await pilot.press("2")
        await as_soon_as(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        new = cast(NewRunScreen, app.screen)
        form = new.query_one(Form)
        await as_soon_as(pilot, lambda: new.resolved_toml)
        while form.current is None or form.current.key != "model.hidden_size":
            await pilot.press("down")
        type_at_once(app, "right", "y")
        await as_soon_as(pilot, lambda: app.clipboard)
        assert app.clipboard == "seqkit run sentiment model.hidden_size=65"
        type_at_once(app, "t", "right", "y")
        await as_soon_as(pilot, lambda: "hidden_size = 66" in app.clipboard)
        type_at_once(app, "enter", "ctrl+u", "0", "enter", "y")
        await as_soon_as(
            pilot, lambda: any("model.hidden_size is 0" in words for words in told(app))
        )
        assert "hidden_size = 66" in app.clipboard


async def test_a_model_built_for_an_earlier_form_is_not_shown_as_the_present_one(
    runs_dir: Path,
) -> None:
    async with running(runs_dir) as (app, pilot):
        await pilot.press("2")
        await as_soon_as(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        new = cast(NewRunScreen, app.screen)
        form, pane = new.query_one(Form), new.query_one(Pane)

        def building() -> bool:
            return any(w.group == "build" and not w.is_finished for w in new.workers)

        await as_soon_as(pilot, building)
        while form.current is None or form.current.key != "model.hidden_size":
            await pilot.press("down")
        type_at_once(app, "enter", "ctrl+u", "0", "enter")
        await as_soon_as(pilot, lambda: new.problems)
        assert not building()
        assert pane.has_class("stale")


# --- too late -------------------------------------------------------------------------------------


async def test_a_run_that_has_ended_while_it_was_asked_is_not_said_to_be_stopping(
    runs_dir: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="running", process=this_process())
    hold = held(run.path)
    async with running(runs_dir) as (app, pilot):
        app.screen.query_one(RunTable).go_to("first")
        await pilot.press("x")
        assert isinstance(app.screen, Confirm)
        run.update(status="finished")
        hold.release()
        await pilot.press("y")
        await pilot.pause(0.1)
        assert told(app) == ["first is not running: it is finished"]
        assert not run.control_file.read_text()


async def test_a_run_is_resumed_once_however_often_it_is_asked_for(
    runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="stopped")
    started: list[Any] = []

    def resume(run: RunFolder, _words: object = ()) -> Launch:
        process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        started.append(process)
        return Launch(("resume", str(run.path)), process, run.path / "console.log")

    monkeypatch.setattr("seqkit.tui.runs.actions.resume_run", resume)
    monkeypatch.setattr("seqkit.tui.monitor.steering.resume_run", resume)
    try:
        async with running(runs_dir) as (app, pilot):
            app.screen.query_one(RunTable).go_to("first")
            await pilot.press("c", "y", "c", "y")
            await pilot.press("enter")
            await as_soon_as(pilot, lambda: isinstance(app.screen, MonitorScreen))
            monitor = cast(MonitorScreen, app.screen)
            await as_soon_as(pilot, lambda: monitor.steering.status == "stopped")
            assert not monitor.steering.possible("resume")
            assert len(started) == 1
            started[0].communicate(b"\n")
            await as_soon_as(pilot, lambda: monitor.steering.possible("resume"))
    finally:
        for process in started:
            process.kill()
            process.wait()


async def test_a_run_that_begins_while_the_palette_is_open_is_shown_once_that_is_closed(
    runs_dir: Path,
) -> None:
    run = RunFolder(runs_dir / "first")
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        async with running(runs_dir) as (app, pilot):
            launch = Launch(("run", "sentiment"), process, runs_dir / ".logs" / "a.log")
            app.push_screen(
                Starting(launch, app.context), lambda found: app.on_open_run(OpenRun(found or run))
            )
            await pilot.press("ctrl+p")
            palette = app.screen
            assert not isinstance(palette, Starting)
            run.update(process=this_process() | {"pid": process.pid})
            await pilot.pause(0.6)
            assert app.screen is palette
            await pilot.press("escape")
            await as_soon_as(pilot, lambda: isinstance(app.screen, MonitorScreen))
            assert not any(isinstance(screen, Starting) for screen in app.screen_stack)
    finally:
        process.kill()
        process.communicate()


# --- never ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["2", "3", "4"])
async def test_a_helper_that_cannot_be_started_is_told_of_at_any_size(
    runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async with running(runs_dir) as (app, pilot):
        await pilot.resize_terminal(80, 24)
        monkeypatch.setattr(sys, "executable", str(tmp_path / "moved"))
        await pilot.press(key)
        if key == "2":
            await as_soon_as(
                pilot, lambda: any("cannot be started" in words for words in told(app)), 5
            )
        else:
            about = app.screen.query_one("#about", Static)
            await as_soon_as(pilot, lambda: "cannot be started" in str(about.render()), 5)


async def test_a_model_that_cannot_be_loaded_ends_no_more_than_its_screen(
    runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(runs_dir) as (app, pilot):
        monkeypatch.setattr(sys, "executable", str(tmp_path / "moved"))
        app.on_try_run(TryRun(RunFolder(runs_dir / "first")))
        await pilot.pause()
        answer = app.screen.query_one("#try-answer", Static)
        await as_soon_as(pilot, lambda: "cannot be started" in str(answer.render()), 5)


async def test_a_checker_that_cannot_be_started_answers_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "moved"))
    assert "No such file" in (await Checker().ask("check", document={}))["error"]


async def test_a_helper_ends_though_nobody_waits_for_its_end() -> None:
    checker = Checker()
    asking = asyncio.ensure_future(checker.ask("check", document={}))
    await asyncio.sleep(0.01)
    ending = asyncio.ensure_future(checker.restart())
    await asyncio.sleep(0)
    for task in (asking, ending):
        task.cancel()
    await asyncio.gather(asking, ending, return_exceptions=True)
    await checker.close()
    own = psutil.Process().children()
    assert not [one for one in own if "seqkit.processes.checker" in " ".join(one.cmdline())]
