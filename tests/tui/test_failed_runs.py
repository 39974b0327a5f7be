"""A run that failed: its message in full and what its process wrote, on every screen."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Reading
from seqkit.tui.messages import OpenRun
from seqkit.tui.monitor import MonitorScreen
from tests.tui.test_shell import names_of, running, shown
from tests.tui.waiting import until

REMEDY = "or set trainer.on_nonfinite=skip"
MESSAGE = (
    "the loss or gradient of step 2 is not finite, first in the loss; every output of the model is "
    "finite; epoch 1, batch 2, training examples 84, 36, 859, 807, 150, .... The state before it "
    f"is saved; lower trainer.learning_rate or trainer.clip_norm, {REMEDY}"
)
CONSOLE = "Preparing\n" + "".join(f"line {n}\n" for n in range(400)) + "RuntimeError: \x1b[31mboom"


@pytest.fixture
def failed(runs_dir: Path) -> RunFolder:
    """A run that failed with a long message, the only one of its folder."""
    run = RunFolder(runs_dir / "first")
    events = [json.loads(line) for line in run.events_file.read_text("utf-8").splitlines()]
    assert events[-1]["event"] == "ended"
    events[-1] |= {"status": "failed", "message": MESSAGE}
    for event in events:
        event.pop("crc", None)
    run.events_file.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    run.update(status="failed")
    return run


def together(text: str) -> str:
    """Takes frames and line ends out of what is on a screen."""
    return " ".join(text.translate({ord(sign): " " for sign in "│─╭╮╰╯"}).split())


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_message_of_a_failed_run_stands_in_the_monitor_in_full(
    failed: RunFolder, size: tuple[int, int]
) -> None:
    async with running(failed.path.parent, size) as (app, pilot):
        app.on_open_run(OpenRun(failed))
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen._drawn)
        await until(pilot, lambda: REMEDY in together(shown(app)))
        assert MESSAGE in together(shown(app))
        await pilot.press("E", "z")
        await pilot.pause()
        assert MESSAGE in together(shown(app))


async def test_what_its_process_wrote_is_read_from_the_monitor_and_from_the_list(
    failed: RunFolder,
) -> None:
    (failed.path / "console.log").write_text(CONSOLE, encoding="utf-8")
    async with running(failed.path.parent, (100, 30)) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("slash", *"name:first", "enter", "o")
        for _ in range(2):
            await until(pilot, lambda: isinstance(app.screen, Reading))
            reading = app.screen
            assert isinstance(reading, Reading)
            assert reading._text.startswith(MESSAGE)
            assert "line 399\nRuntimeError: " in reading._text
            assert "boom" in reading._text
            assert "\x1b" not in reading._text
            assert "Preparing" not in reading._text
            await pilot.press("escape")
            app.on_open_run(OpenRun(failed))
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen._drawn)
            await pilot.press("o")


async def test_a_run_whose_output_nobody_kept_says_where_that_is(failed: RunFolder) -> None:
    os.mkfifo(failed.path / "console.log")
    async with running(failed.path.parent, (100, 30)) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("slash", *"name:first", "enter", "o")
        await until(pilot, lambda: isinstance(app.screen, Reading))
        assert "There is no console.log in its folder" in together(shown(app))


async def test_a_message_that_is_cut_in_the_list_says_how_to_read_it(failed: RunFolder) -> None:
    async with running(failed.path.parent, (80, 24)) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("slash", *"name:first", "enter")
        await until(pilot, lambda: "o: all of it" in shown(app))


async def test_a_run_that_went_well_has_no_message_in_the_monitor(recorded_runs: Path) -> None:
    app = SeqkitApp(Context(recorded_runs))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        app.on_open_run(OpenRun(RunFolder(recorded_runs / "first")))
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen._drawn)
        assert not app.screen.query_one("#monitor-message").display
