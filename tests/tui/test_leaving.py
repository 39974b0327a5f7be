"""Ways home from every main screen, and what is asked before a changed draft is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.components.data import DataScreen
from seqkit.tui.components.screen import ComponentsScreen
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Confirm
from seqkit.tui.messages import OpenRun, TrainRun
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.runs.screen import RunsScreen
from tests.tui.test_shell import names_of, shown
from tests.tui.waiting import until


@asynccontextmanager
async def on_new_run(
    folder: Path, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[SeqkitApp, Pilot[None], NewRunScreen]]:
    """Runs the program, with the form of a new run before it."""
    app = SeqkitApp(Context(folder))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.index.scanned)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        yield app, pilot, screen


async def change(pilot: Pilot[None], screen: NewRunScreen) -> None:
    """Changes the hidden size to 65."""
    await go_to(pilot, screen, "model.hidden_size")
    await pilot.press("right")
    assert screen.draft is not None
    assert screen.draft.words() == ["model.hidden_size=65"]


async def go_to(pilot: Pilot[None], screen: NewRunScreen, key: str) -> None:
    await pilot.press("home")
    while screen.form.current is None or screen.form.current.key != key:
        await pilot.press("down")


async def test_a_digit_leads_to_its_screen_from_every_line_of_the_form(recorded_runs: Path) -> None:
    async with on_new_run(recorded_runs) as (app, pilot, screen):
        kinds = set()
        for line in range(len(screen.form.rows)):
            screen.form.cursor = line
            setting = screen.form.rows[line].setting
            kind = setting.kind if setting is not None else "heading"
            if kind not in kinds:
                kinds.add(kind)
                await pilot.press("1")
                assert isinstance(app.screen, RunsScreen), kind
                await pilot.press("2")
                assert app.screen.title == "New run"
        assert {"heading", "choice", "integer", "number", "boolean"} <= kinds
        assert screen.draft is not None
        assert not screen.draft.changes()


async def test_digits_are_written_while_a_line_is_edited(recorded_runs: Path) -> None:
    async with on_new_run(recorded_runs) as (app, pilot, screen):
        await go_to(pilot, screen, "model.hidden_size")
        await pilot.press("enter", "ctrl+u", "1", "2", "enter")
        assert app.screen is screen
        assert screen.draft is not None
        assert screen.draft.words() == ["model.hidden_size=12"]
        await pilot.press("enter", "3", "escape")
        assert app.screen is screen
        assert screen.draft.words() == ["model.hidden_size=12"]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_escape_goes_from_the_pane_to_the_form_and_from_there_to_the_runs(
    recorded_runs: Path, size: tuple[int, int]
) -> None:
    async with on_new_run(recorded_runs, size) as (app, pilot, screen):
        await pilot.press("t", "tab")
        await pilot.press("escape")
        assert app.screen is screen
        assert screen.form.has_focus
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


@pytest.mark.parametrize(("key", "kind"), [("3", ComponentsScreen), ("4", DataScreen)])
async def test_escape_takes_the_filter_away_and_then_goes_to_the_runs(
    recorded_runs: Path, key: str, kind: type[Screen[None]]
) -> None:
    app = SeqkitApp(Context(recorded_runs))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: isinstance(app.screen, kind))
        await pilot.press("slash", "a", "enter", "escape")
        assert isinstance(app.screen, kind)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_escape_goes_from_a_run_that_was_started_to_the_runs(runs_dir: Path) -> None:
    app = SeqkitApp(Context(runs_dir))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.index.scanned)
        app.on_open_run(OpenRun(RunFolder(runs_dir / "first")))
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen._drawn)
        await pilot.press("2")
        app.on_train_run(TrainRun(["sentiment", "trainer.max_steps=2", "--name", "begun"]))
        await until(
            pilot,
            lambda: isinstance(app.screen, MonitorScreen) and app.screen.folder.name == "begun",
        )
        await until(pilot, lambda: not app.context.launches)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))


# --- what would be lost ---------------------------------------------------------------------------


async def test_a_new_run_like_another_asks_before_a_changed_draft_is_lost(
    recorded_runs: Path,
) -> None:
    async with on_new_run(recorded_runs) as (app, pilot, screen):
        await change(pilot, screen)
        await pilot.press("1")
        await until(pilot, lambda: len(names_of(app)) == 2)
        name = names_of(app)[0]
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert f"Start from {name}?" in shown(app)
        await pilot.press("n")
        assert app.screen is screen
        assert screen.draft is not None
        assert screen.draft.words() == ["model.hidden_size=65"]
        await pilot.press("1", "n")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        assert screen.draft.source.endswith("experiment.toml")
        assert not screen.draft.changes()
        await pilot.press("1", "n")
        assert app.screen is screen


async def test_quitting_asks_before_a_changed_draft_is_lost(recorded_runs: Path) -> None:
    async with on_new_run(recorded_runs) as (app, pilot, screen):
        await change(pilot, screen)
        await pilot.press("1", "q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        assert "The new run has one change" in shown(app)
        await pilot.press("n")
        assert isinstance(app.screen, RunsScreen)
        await pilot.press("q", "y")
        await until(pilot, lambda: app._exit)


async def test_what_a_file_or_nobody_changed_is_no_reason_to_ask(
    recorded_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with on_new_run(recorded_runs) as (app, pilot, screen):
        screen.start_from("")
        assert screen.draft is not None
        assert not screen.draft.unkept()
        screen.start_from("sentiment")
        await change(pilot, screen)
        assert screen.draft.unkept() == 1
        await until(pilot, lambda: screen._checked)
        await pilot.press("w", "enter")
        await until(pilot, lambda: (tmp_path / "sentences-bilstm.toml").is_file())
        await pilot.press("q")
        await until(pilot, lambda: app._exit)


# --- the name of the run --------------------------------------------------------------------------


async def test_a_name_belongs_to_its_draft_and_backspace_takes_it_back(recorded_runs: Path) -> None:
    async with on_new_run(recorded_runs) as (_, pilot, screen):
        await go_to(pilot, screen, "name of the run")
        await pilot.press("enter", *"mine", "enter")
        assert screen.draft is not None
        assert screen.draft.run_name == "mine"
        assert screen.draft.command().endswith("--name mine")
        await pilot.press("backspace")
        assert screen.draft.run_name == ""
        await pilot.press("enter", *"mine", "enter", "r", *"stocks", "enter")
        await pilot.pause()
        await pilot.press("y")
        assert screen.draft.source != "sentiment"
        assert screen.draft.run_name == ""


@pytest.mark.parametrize(
    ("name", "why"), [("my trans/1", "cannot be a run's name"), ("first", "there is a run 'first'")]
)
async def test_a_name_that_cannot_be_is_marked_and_not_started(
    runs_dir: Path, name: str, why: str
) -> None:
    async with on_new_run(runs_dir) as (app, pilot, screen):
        await go_to(pilot, screen, "name of the run")
        spelt = {" ": "space", "/": "slash"}
        await pilot.press("enter", *(spelt.get(letter, letter) for letter in name), "enter")
        await until(pilot, lambda: "✗ name of the run" in shown(app))
        assert why in shown(app)
        assert screen.draft is not None
        assert not screen.problems
        await pilot.press("s")
        titles = [note.title for note in app._notifications]
        assert titles == ["It cannot be started yet"]
        assert app.screen is screen
