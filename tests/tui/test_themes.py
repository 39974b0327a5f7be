"""Every screen in every theme, and in terminals of few colours or none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from rich.style import Style
from textual.theme import BUILTIN_THEMES
from textual.widgets import Static, TextArea

from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.colours import CHART_DEFAULTS, THEMES, colour
from seqkit.tui.comparing.screen import CompareScreen
from seqkit.tui.components.data import DataScreen
from seqkit.tui.components.screen import ComponentsScreen
from seqkit.tui.context import Context
from seqkit.tui.messages import CompareRuns, OpenRun, TryRun
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.playground.screen import TryScreen
from seqkit.tui.preferences import Preferences
from seqkit.tui.runs.screen import RunsScreen
from tests.tui.waiting import until

pytestmark = pytest.mark.proof

NAMES = [*(theme.name for theme in THEMES), *BUILTIN_THEMES]
SOME = [
    pytest.param(["seqkit-light", "ansi-dark", "ansi-light", "nord"], id="some"),
    pytest.param(NAMES, id="all", marks=pytest.mark.proof),
]


@pytest.mark.parametrize("name", NAMES)
def test_rich_reads_every_variable_of_a_theme_as_a_colour(name: str) -> None:
    themes = {theme.name: theme for theme in THEMES} | BUILTIN_THEMES
    variables = themes[name].to_color_system().generate()
    for variable in {*variables, *CHART_DEFAULTS, "none at all"}:
        found = colour(variables, variable)
        assert Style.parse(f"{found} bold on {found}").color is not None, variable


@pytest.mark.parametrize("names", SOME)
async def test_every_screen_is_drawn_in_every_theme(
    recorded_runs: Path, names: Sequence[str]
) -> None:
    first, second = (RunFolder(recorded_runs / run) for run in ("first", "second"))
    app = SeqkitApp(Context(recorded_runs))
    async with app.run_test(size=(160, 50)) as pilot:
        for name in names:
            app.theme = name
            for key, kind in (("2", NewRunScreen), ("3", ComponentsScreen), ("4", DataScreen)):
                await pilot.press(key)
                await until(pilot, lambda kind=kind: isinstance(app.screen, kind))  # type: ignore[misc]
            await pilot.press("1")
            app.screen.post_message(OpenRun(first))
            await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen._drawn)
            await pilot.press("left", "left", "D", "A", "question_mark", "escape")
            await pilot.press("escape", "escape")
            assert isinstance(app.screen, RunsScreen)
            app.screen.post_message(CompareRuns([first, second]))
            await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.side)
            await pilot.press("d", "e", "escape")
            assert isinstance(app.screen, RunsScreen)


async def test_the_theme_of_the_terminals_colours_is_begun_with(recorded_runs: Path) -> None:
    Preferences(theme="ansi-dark").save()
    app = SeqkitApp(Context(recorded_runs))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.screen.post_message(OpenRun(RunFolder(recorded_runs / "first")))
        await until(pilot, lambda: isinstance(app.screen, MonitorScreen) and app.screen._drawn)
        assert app.theme == "ansi-dark"


@pytest.mark.parametrize("names", SOME)
async def test_what_a_model_answers_is_drawn_in_every_theme(
    recorded_runs: Path, names: Sequence[str]
) -> None:
    app = SeqkitApp(Context(recorded_runs))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        app.screen.post_message(TryRun(RunFolder(recorded_runs / "first")))
        await until(pilot, lambda: isinstance(app.screen, TryScreen))
        screen = app.screen
        assert isinstance(screen, TryScreen)
        await until(pilot, lambda: screen.task_name)
        for number, name in enumerate(names):
            app.theme = name
            screen.query_one(TextArea).text = f"a film of {number}"
            screen.action_answer()
            await until(
                pilot,
                lambda number=number: (  # type: ignore[misc]
                    screen._waiting is None and screen._prompt.endswith(f" {number}")
                ),
            )
            assert "%" in str(screen.query_one("#try-answer", Static).content)


POOR = [
    {"TERM": "linux", "COLORTERM": ""},
    {"TERM": "xterm", "COLORTERM": ""},
    {"TERM": "screen", "COLORTERM": ""},
    {"TERM": "vt100", "COLORTERM": ""},
    {"NO_COLOR": "1"},
]


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")
@pytest.mark.parametrize("variables", POOR, ids=lambda found: found.get("TERM", "NO_COLOR"))
def test_every_screen_is_drawn_with_few_colours(
    variables: dict[str, str], runs_dir: Path, tmp_path: Path
) -> None:
    from tests.tui.terminal import Terminal

    with Terminal("tui", folder=tmp_path, environment=variables) as terminal:
        terminal.wait_for("1 Runs", "first", "second")
        terminal.press("enter")
        terminal.wait_for("Loss", "finished", "epoch")
        terminal.press("D", "A", "t")
        terminal.wait_for("ready")
        terminal.type("a wonderful film")
        terminal.wait_for("%", "positive")
        terminal.press("escape")
        terminal.wait_for("Loss")
        terminal.press("escape")
        terminal.wait_for("2 runs")
        terminal.press("a", "v")
        terminal.wait_for("Compare", "accuracy")
        terminal.press("escape", "2")
        terminal.wait_for("start from", "hidden size")
        terminal.press("3")
        terminal.wait_for("recurrent:")
        terminal.press("4")
        terminal.wait_for("sentences")
        assert terminal.process.poll() is None
