"""The program in a terminal of several sizes: its screens, its keys, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from seqkit.paths import config_home
from seqkit.runs.folder import RunFolder
from seqkit.runs.labels import Label, read_label
from seqkit.storage.locks import Hold, this_process
from seqkit.tui.app import SeqkitApp
from seqkit.tui.colours import THEMES
from seqkit.tui.components.screen import ComponentsScreen
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Choose
from seqkit.tui.help import Help
from seqkit.tui.messages import TrainRun
from seqkit.tui.new.form import Form
from seqkit.tui.new.pane import Pane
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.preferences import Preferences, keymap_file
from seqkit.tui.runs.screen import RunsScreen
from seqkit.tui.runs.table import RunTable
from seqkit.tui.welcome import Welcome
from tests.tui.waiting import until

SIZES = [(80, 24), (120, 36)]


@asynccontextmanager
async def running(
    folder: Path, size: tuple[int, int] = (120, 36), **options: Any
) -> AsyncIterator[tuple[SeqkitApp, Pilot[None]]]:
    app = SeqkitApp(Context(folder, **options))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.index.scanned)
        yield app, pilot


def table_of(app: SeqkitApp) -> RunTable:
    return app.screen.query_one(RunTable)


def names_of(app: SeqkitApp) -> list[str]:
    return [row.name for row in table_of(app).rows]


def shown(app: SeqkitApp) -> str:
    """Everything that stands on the screen, as text."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()[:height]
    return "\n".join("".join(segment.text for segment in strip)[:width] for strip in lines)


# --- runs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
async def test_every_run_is_listed_with_its_state_score_and_loss(
    recorded_runs: Path, size: tuple[int, int]
) -> None:
    async with running(recorded_runs, size) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        text = shown(app)
        assert "✓ finished" in text
        assert "first" in text
        assert "accuracy" in text
        assert "2 runs" in text
        assert "test scores" in text


@pytest.mark.parametrize("size", [(40, 12), (200, 60)])
async def test_any_size_can_be_drawn(recorded_runs: Path, size: tuple[int, int]) -> None:
    async with running(recorded_runs, size) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        assert "first" in shown(app)
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "finished" in shown(app)


async def test_a_filter_narrows_while_it_is_typed_and_is_remembered(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("slash", *"model:gru")
        assert names_of(app) == ["second"]
        assert "1 of 2 runs" in shown(app)
        await pilot.press(*"x")
        await pilot.pause()
        assert "No run passes the filter" in shown(app)
        await pilot.press("enter", "escape")
        assert len(names_of(app)) == 2
        await pilot.press("slash", *"lr>0.005", "enter")
    async with running(recorded_runs) as (app, pilot):
        await until(pilot, lambda: names_of(app) == ["second"])


async def test_runs_are_sorted_by_a_chosen_column(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("s")
        assert isinstance(app.screen, Choose)
        await pilot.press(*"Run", "enter")
        assert names_of(app) == ["first", "second"]
        await pilot.press("S")
        assert names_of(app) == ["second", "first"]


async def test_a_run_is_tagged_titled_deleted_and_brought_back(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("slash", *"name:first", "enter")
        await pilot.press("t", *"good v2", "enter")
        await pilot.press("r", "ctrl+u", *"[b]Best[/b]", "enter")
        assert read_label(runs_dir / "first") == Label("[b]Best[/b]", ("good", "v2"))
        assert "[b]Best[/b]" in shown(app)

        await pilot.press("d")
        assert (runs_dir / "first").exists()
        await pilot.press("y")
        await pilot.pause()
        assert not (runs_dir / "first").exists()
        assert (runs_dir / ".trash" / "first" / "events.jsonl").is_file()
        await pilot.press("u")
        await pilot.pause()
        assert (runs_dir / "first" / "label.json").is_file()


async def test_the_last_run_of_all_is_brought_back_too(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("a", "d", "y")
        await until(pilot, lambda: app.screen.has_class("empty"))
        await pilot.press("u")
        await until(pilot, lambda: len(names_of(app)) == 2)
        assert (runs_dir / "first" / "run.json").is_file()


async def test_that_settings_cannot_be_kept_is_said_once(
    recorded_runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEQKIT_HOME", str(tmp_path / "file"))
    async with running(recorded_runs) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("S", "S")
        await pilot.pause()
        said = " ".join(note.message for note in app._notifications)
        assert said.count("Settings are not remembered") == 1


async def test_marks_make_an_action_one_on_several_runs(runs_dir: Path) -> None:
    async with running(runs_dir) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("a", "t", *"both", "enter")
        assert {read_label(runs_dir / name).tags for name in ("first", "second")} == {("both",)}


async def test_a_live_run_is_asked_to_stop_and_not_deleted(
    runs_dir: Path, held: Callable[[Path], Hold]
) -> None:
    run = RunFolder(runs_dir / "first")
    run.update(status="running", process=this_process())
    held(run.path)
    async with running(runs_dir) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        assert names_of(app)[0] == "first"
        assert "1 running" in shown(app)
        await pilot.press("d")
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)
        await pilot.press("x", "y")
        await pilot.pause()
        assert json.loads(run.control_file.read_text())["request"] == "stop"


async def test_read_only_changes_nothing(runs_dir: Path) -> None:
    async with running(runs_dir, read_only=True) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        await pilot.press("d", "t", "r", "x", "c")
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)
        assert "read-only" in shown(app)


async def test_a_run_folder_that_is_deleted_leaves_the_list(runs_dir: Path) -> None:
    import shutil

    async with running(runs_dir) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        shutil.rmtree(runs_dir / "first")
        await until(pilot, lambda: names_of(app) == ["second"])


async def test_a_first_start_welcomes(tmp_path: Path) -> None:
    async with running(tmp_path / "none", (80, 24)) as (app, pilot):
        await until(pilot, lambda: isinstance(app.focused, Welcome))
        assert "trains a first model" in shown(app)


# --- the shell ------------------------------------------------------------------------------------


async def test_help_names_the_keys_of_the_screen(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("question_mark")
        assert isinstance(app.screen, Help)
        assert "Bring back the last deleted" in shown(app)
        await pilot.press("escape", "f1")
        assert "One line a run" in shown(app)


async def test_the_theme_is_remembered(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        assert app.theme == THEMES[0].name
        await pilot.press("ctrl+t")
        await pilot.pause()
    assert Preferences.load().theme == THEMES[1].name


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
async def test_every_theme_can_be_drawn(recorded_runs: Path, theme: str) -> None:
    Preferences(theme=theme).save()
    async with running(recorded_runs, (80, 24)) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        assert app.theme == theme
        assert "chart-8" in app.theme_variables


async def test_the_line_with_the_cursor_can_be_read_in_every_theme(recorded_runs: Path) -> None:
    async with running(recorded_runs, (80, 24)) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)
        for theme in ("seqkit-light", "seqkit-high-contrast", "textual-dark", "nord", "ansi-light"):
            app.theme = theme
            await pilot.pause()
            (line,) = [
                strip
                for strip in table_of(app).render_lines(table_of(app).size.region)
                if names_of(app)[0] in strip.text
            ]
            for segment in line:
                style = segment.style
                assert style is not None
                assert style.color is not None
                if segment.text.strip() and not style.reverse and not style.color.is_default:
                    assert style.color != style.bgcolor, theme


async def test_keys_can_be_changed_in_a_file(recorded_runs: Path) -> None:
    keymap_file().parent.mkdir(parents=True)
    keymap_file().write_text('{"runs.filter": "f2"}')
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("slash")
        assert not isinstance(app.focused, Input)
        await pilot.press("f2")
        assert isinstance(app.focused, Input)


@pytest.mark.parametrize("text", ["{ torn", "[]", '{"runs.filter": 3}', '{"theme": 3}'])
async def test_damaged_settings_are_no_reason_not_to_start(recorded_runs: Path, text: str) -> None:
    config_home().mkdir(parents=True)
    (config_home() / "tui.json").write_text(text)
    keymap_file().write_text(text)
    async with running(recorded_runs) as (app, pilot):
        await until(pilot, lambda: len(names_of(app)) == 2)


def test_the_terminal_ui_imports_neither_torch_nor_the_engine_nor_a_plugin() -> None:
    import subprocess
    import sys

    probe = (
        "import sys, seqkit.tui.app, seqkit.tui.new.screen, seqkit.tui.new.files, "
        "seqkit.tui.components.screen, seqkit.tui.components.data, seqkit.tui.starting; "
        "print(*[n for n in sys.modules if n.split('.')[0] in ('torch', 'pluggy') "
        "or n.startswith(('seqkit_', 'seqkit.engine', 'seqkit.registry.registry'))])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_first_picture_waits_for_neither_numpy_nor_pydantic() -> None:
    import subprocess
    import sys

    probe = (
        "import sys, seqkit.tui.app, seqkit.tui.runs.screen; "
        "print(*[n for n in ('numpy', 'pydantic', 'psutil') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- new run --------------------------------------------------------------------------------------


async def test_a_run_is_put_together_with_keys_alone(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        new: NewRunScreen = screen
        form, draft = screen.query_one(Form), screen.draft
        assert draft is not None

        await pilot.press("down", "down", "down", "enter", *"gru", "enter")
        assert draft.name("model") == "gru"
        while form.current is None or form.current.key != "model.hidden_size":
            await pilot.press("down")
        await pilot.press("enter", "ctrl+u", *"32", "enter", "down", "right")
        assert draft.words() == ["model=gru", "model.hidden_size=32", "model.layers=2"]
        await until(pilot, lambda: screen.query_one(Pane).copied.endswith("model.layers=2"))
        assert not screen.problems
        assert "hidden_size = 32" in screen.resolved_toml

        await pilot.press("up", "enter", "ctrl+u", *"0", "enter")
        await until(pilot, lambda: new.problems)
        assert screen.problems[0].key == "model.hidden_size"
        assert "✗ hidden size" in shown(app)
        assert "at least 1" in shown(app)
        await pilot.press("s")
        assert app.screen is screen
        await pilot.press("backspace")
        await until(pilot, lambda: not new.problems)
        assert draft.words() == ["model=gru", "model.layers=2"]


async def test_the_form_gives_way_to_the_pane_on_a_narrow_screen(recorded_runs: Path) -> None:
    async with running(recorded_runs, (80, 24)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        assert app.screen.query_one(Form).display
        await pilot.press("c")
        await until(pilot, lambda: "seqkit run sentiment" in shown(app))
        await pilot.press("escape")
        await pilot.pause()
        assert "hidden size" in shown(app)


async def test_what_does_not_fit_is_offered_with_the_reason(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        await pilot.press("down", "down", "down", "down", "enter")
        await pilot.press(*"mae")
        await pilot.pause()
        assert "it is for values and number" in shown(app)


async def test_a_file_of_ones_own_becomes_the_dataset(
    recorded_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n},it was a {'good' if n % 2 else 'bad'} film,{n % 2}" for n in range(40)]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "reviews.csv").write_text("id,review,stars\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        new = cast(NewRunScreen, app.screen)
        assert new.draft is not None
        await pilot.press("f", *"mine", "enter", *"rev")
        await until(pilot, lambda: "it was a good film" in shown(app))
        assert "label in stars" in shown(app)
        await pilot.press("ctrl+o")
        await until(pilot, lambda: new.draft and new.draft.name("dataset") == "text-csv")
        table = new.draft.document()["dataset"]
        assert (table["text"], table["label"]) == ("review", "stars")
        await until(pilot, lambda: "review" in new.resolved_toml)
        assert not new.problems


async def test_a_file_taken_before_it_was_looked_into_is_that_file_and_not_the_one_before(
    recorded_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, column in (("a", "review"), ("b", "words")):
        rows = [f"it was a {'good' if n % 2 else 'bad'} film,{n % 2}" for n in range(40)]
        (tmp_path / f"{name}.csv").write_text(f"{column},stars\n" + "\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen) and app.screen.draft)
        new = cast(NewRunScreen, app.screen)
        await pilot.press("f", *"a.csv")
        await until(pilot, lambda: "it was a good film" in shown(app))
        await pilot.press("backspace", "backspace", "backspace", "backspace", "backspace", "b")
        await pilot.press("ctrl+o")
        await until(pilot, lambda: new.draft and new.draft.name("dataset") == "text-csv")
        assert new.draft is not None
        table = new.draft.document()["dataset"]
        assert (table["path"], table["text"]) == ("b.csv", "words")


async def test_what_could_not_be_started_says_why(recorded_runs: Path) -> None:
    async with running(recorded_runs) as (app, pilot):
        app.on_train_run(TrainRun(["sentiment", "model=none", "trainer.epochs=0"]))
        await until(pilot, lambda: "It could not be started" in shown(app))
        assert "there is no model 'none'" in shown(app)
        assert "trainer.epochs is 0" in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)


# --- data -----------------------------------------------------------------------------------------

FETCHED = """
import time
from pathlib import Path

import seqkit


class Slow(seqkit.Dataset):
    \"\"\"Data that take a while.\"\"\"

    name = "slow-data"
    tasks = ("classification",)

    class Config(seqkit.Config):
        path: str = seqkit.Field({path!r}, help="Where it is.")

    def location(self, config):
        return Path(config.path)

    def get(self, config, options):
        options.progress(25, 100, "slow.txt")
        time.sleep(2.5)
        Path(config.path).write_text("x" * 100)
        options.progress(100, 100, "slow.txt")
        return Path(config.path)


@seqkit.hookimpl
def register_datasets():
    return [Slow]
"""


async def test_a_dataset_is_fetched_with_its_progress_shown(
    recorded_runs: Path, tmp_path: Path
) -> None:
    plugin = tmp_path / "slow.py"
    plugin.write_text(FETCHED.replace("{path!r}", repr(str(tmp_path / "slow.txt"))))
    async with running(recorded_runs, plugins=(plugin,)) as (app, pilot):
        await pilot.press("4")
        await until(pilot, lambda: "✓ sentences" in shown(app))
        await pilot.press("slash", *"slow", "enter")
        await until(pilot, lambda: "seqkit data get slow-data" in shown(app))
        await pilot.press("g")
        await until(pilot, lambda: " 25%" in shown(app))
        await until(pilot, lambda: "✓ slow-data" in shown(app))
        assert "100 bytes" in shown(app)


# --- components -----------------------------------------------------------------------------------


async def test_a_broken_plugin_is_shown_with_its_error(
    recorded_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    dist = site / "torn_plugin-1.0.dist-info"
    dist.mkdir(parents=True)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: torn-plugin\nVersion: 1.0\n")
    (dist / "entry_points.txt").write_text("[seqkit]\ntorn = torn_plugin\n")
    (site / "torn_plugin.py").write_text("raise RuntimeError('[b]no[/b] way')\n")
    monkeypatch.setenv("PYTHONPATH", str(site))
    async with running(recorded_runs) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, ComponentsScreen))
        screen = app.screen
        assert isinstance(screen, ComponentsScreen)
        await until(pilot, lambda: screen.catalogue)
        assert "recurrent:" in shown(app)
        await pilot.press("slash", *"torn", "enter")
        await pilot.pause()
        assert "✗ broken" in shown(app)
        assert "RuntimeError: [b]no[/b] way" in shown(app)
        await pilot.press("slash", *"zzz")
        await until(pilot, lambda: "Nothing matches zzz" in shown(app))
        assert "RuntimeError" not in shown(app)
