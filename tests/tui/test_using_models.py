"""The Compare and Try screens, on runs that the engine recorded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Static

from seqkit.cli.main import run_command_line
from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.comparing.reading import read_side
from seqkit.tui.comparing.screen import CompareScreen
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Ask, Choose, Confirm
from seqkit.tui.messages import OpenRun
from seqkit.tui.new.files import FilePicker
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.playground.inputs import inputs_of, option_fields, rows_of, table_of
from seqkit.tui.playground.screen import TryScreen
from seqkit.tui.runs.screen import RunsScreen
from tests.answers import ANSWERS, SHOWN
from tests.invented import train_invented
from tests.tui.waiting import until

SMALL = ("trainer.max_steps=12", "trainer.threads=1", "model.hidden_size=8", "--quiet")


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunFolder]:
    folder = tmp_path_factory.mktemp("compared")
    for name, *words in (("one", "trainer.seed=1"), ("two", "model=gru", "trainer.seed=2")):
        words = ["run", "sentiment", *SMALL, *words, "--name", name, "--runs-dir", str(folder)]
        assert run_command_line(words) == 0
    return [RunFolder(folder / "one"), RunFolder(folder / "two")]


def shown(screen: Any, selector: str) -> str:
    """Returns what a Static shows, as text."""
    from rich.console import Console

    console = Console(width=100, color_system=None)
    with console.capture() as captured:
        console.print(screen.query_one(selector, Static).content)
    return captured.get()


# --- Try ------------------------------------------------------------------------------------------


async def test_what_is_typed_is_answered_with_the_words_that_count(
    two_runs: list[RunFolder],
) -> None:
    app = SeqkitApp(Context(two_runs[0].path.parent))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = TryScreen(app.context, two_runs[0])
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name == "classification")
        await pilot.press(*"good")
        await until(pilot, lambda: bool(screen.answers))
        assert screen.answers[0]["text"] == "good"
        assert [word for word, _ in screen.answers[0]["words"]] == ["good"]
        assert "%" in shown(screen, "#try-answer")


async def test_the_help_of_the_option_that_is_set_is_shown(two_runs: list[RunFolder]) -> None:
    app = SeqkitApp(Context(two_runs[0].path.parent))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = TryScreen(app.context, two_runs[0])
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name == "classification")
        await until(pilot, lambda: "words: Tell which words count" in shown(screen, "#try-about"))
        screen.query_one("#try-options Input").focus()
        await until(pilot, lambda: "threshold: The probability" in shown(screen, "#try-about"))
        assert 0 < screen.query_one("#try-about").region.height <= 2


async def test_a_killed_model_leaves_the_screen_alive_and_is_loaded_again(
    two_runs: list[RunFolder],
) -> None:
    app = SeqkitApp(Context(two_runs[0].path.parent))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = TryScreen(app.context, two_runs[0])
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name != "")
        assert screen._worker is not None
        screen._worker._process.kill()
        await until(pilot, lambda: screen._worker is None)
        assert "the model is gone" in shown(screen, "#try-head")
        screen.area.load_text("a dull film")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: bool(screen.answers))


async def test_a_model_of_a_plugin_that_is_missing_says_how_to_start_with_it(
    two_runs: list[RunFolder], tmp_path: Path
) -> None:
    run = RunFolder(shutil.copytree(two_runs[0].path, tmp_path / "mine"))
    plugins = run.info()["plugins"] | {"mine": "my models.py"}
    run.update(plugins=plugins, plugin_paths={"mine": "my models.py"})
    toml = run.experiment_file.read_text(encoding="utf-8")
    toml = toml.replace('name = "recurrent:bilstm"', 'name = "mine:net"')
    # Without its first line, the checksum.
    run.experiment_file.write_text(toml.partition("\n")[2], encoding="utf-8")
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(100, 24)) as pilot:
        screen = TryScreen(app.context, run)
        await app.push_screen(screen)
        await until(pilot, lambda: screen._worker is None)
        assert "cannot be loaded" in shown(screen, "#try-head")
        assert "Add --plugin 'my models.py'" in shown(screen, "#try-answer")
        assert "seqkit tui --plugin 'my models.py'" in shown(screen, "#try-answer")
    assert run.command("resume") == "seqkit resume mine --plugin 'my models.py'"


async def test_a_run_without_a_checkpoint_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "run.json").write_text("{}", encoding="utf-8")
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = TryScreen(app.context, RunFolder(tmp_path / "empty"))
        await app.push_screen(screen)
        await until(pilot, lambda: screen._worker is None)
        assert "experiment" in shown(screen, "#try-answer")


async def test_a_task_that_seqkit_has_never_heard_of_is_tried(tmp_path: Path) -> None:
    invented = train_invented(tmp_path)
    context = Context(invented.run.parent, plugins=(invented.plugin,))
    app = SeqkitApp(context)
    async with app.run_test(size=(100, 40)) as pilot:
        screen = TryScreen(app.context, RunFolder(invented.run))
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name == "oracle")
        assert "Ask for a view by its name." in shown(screen, "#try-answer")
        for name, answer in ANSWERS.items():
            screen.area.load_text(name)
            await pilot.press("ctrl+r")
            await until(pilot, lambda answer=answer: screen.answers == [answer])  # type: ignore[misc]
            for words in SHOWN[name]:
                assert words in shown(screen, "#try-answer")


async def test_code_that_changed_since_the_training_is_told_where_a_model_is_tried(
    tmp_path: Path,
) -> None:
    invented = train_invented(tmp_path)
    with invented.plugin.open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    app = SeqkitApp(Context(invented.run.parent, plugins=(invented.plugin,)))
    async with app.run_test(size=(100, 40)) as pilot:
        screen = TryScreen(app.context, RunFolder(invented.run))
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name == "oracle")
        await until(pilot, lambda: bool(app._notifications))
        (told,) = [notice.message for notice in app._notifications]
        assert told.endswith("(its code has changed): answers may differ")


async def test_any_number_of_a_forecasts_table_can_be_changed(tmp_path: Path) -> None:
    words = ["run", "weather-rnn", *SMALL, "--name", "one", "--runs-dir", str(tmp_path)]
    assert run_command_line(words) == 0
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        screen = TryScreen(app.context, RunFolder(tmp_path / "one"))
        await app.push_screen(screen)
        await until(pilot, lambda: bool(screen.answers) and screen._waiting is None)
        columns, *rows = screen.area.text.splitlines()
        assert columns.split(",")[1:] == ["temp_max", "precipitation", "temp_min", "wind"]
        assert rows[-1].startswith("2015-12-31,")
        before = screen.answers[0]["forecast"]
        await pilot.press("up", "end", "backspace", "9", "9")
        await until(pilot, lambda: screen.answers[0]["forecast"] != before)
        assert screen.answers[0]["forecast"]["time"] == before["time"]


def test_a_history_is_a_table_and_goes_back_as_rows() -> None:
    history = {"time": ["2012-01-01", "2012-01-02"], "values": [[1.5, None], [2.0, 3.0]]}
    text = table_of(history, ["a", "b"])
    assert text.splitlines() == ["time,a,b", "2012-01-01,1.5,2", "2012-01-02,,3"]
    assert rows_of(text, text) == rows_of(" ", text) == []
    changed = rows_of(text.replace("1.5", "9"), text)
    assert changed[0] == {"time": "2012-01-01", "a": "9", "b": "2"}
    assert changed[1]["a"] == ""


def test_a_blank_text_is_asked_on_request_alone() -> None:
    assert inputs_of("a text", live=True) == inputs_of("a text", live=False) == ["a text"]
    assert inputs_of(" ", live=True) is None
    assert inputs_of("", live=False) == [""]


def test_options_that_fit_on_a_line_are_offered() -> None:
    schema = {
        "properties": {
            "temperature": {"type": "number", "default": 1.0},
            "stop": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "series": {"type": "array"},
        }
    }
    assert list(option_fields(schema)) == ["temperature", "stop"]


# --- Compare --------------------------------------------------------------------------------------


def test_disagreements_are_examples_that_some_runs_answer_right(two_runs: list[RunFolder]) -> None:
    side = read_side(two_runs)
    found = side.disagreements()
    one, two = (run.answers for run in side.runs)
    expected = [e for e in one if one[e]["correct"] != two[e]["correct"]]
    assert found == expected
    assert all(one[e]["target"] == two[e]["target"] for e in one)
    assert "model" in side.differing
    assert side.metrics[0] == "accuracy"


def test_a_torn_line_of_answers_is_left_out(two_runs: list[RunFolder], tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "copy")
    run.answers("test").parent.mkdir(parents=True)
    run.update(status="finished")
    lines = two_runs[0].answers("test").read_text(encoding="utf-8").splitlines()
    run.answers("test").write_text("\n".join([*lines[:3], lines[3][:40]]), encoding="utf-8")
    assert len(read_side([run]).runs[0].answers) == 3


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12)])
async def test_runs_are_laid_over_each_other(
    two_runs: list[RunFolder], size: tuple[int, int]
) -> None:
    app = SeqkitApp(Context(two_runs[0].path.parent))
    async with app.run_test(size=size) as pilot:
        screen = CompareScreen(app.context, two_runs)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.side is not None)
        assert "one" in shown(screen, "#compare-scores")
        assert "bag-of-words" in shown(screen, "#compare-scores")
        assert "evidence" in shown(screen, "#compare-scores") or "better" in shown(
            screen, "#compare-scores"
        )
        await pilot.press("d")
        assert "gru" in shown(screen, "#compare-settings")
        await pilot.press("e", "m", "x", "l")
        assert "test examples" in shown(screen, "#compare-examples")
        await pilot.press("escape")
        assert app.screen is not screen


async def test_a_run_that_is_deleted_while_it_is_compared_has_nothing_to_show(
    two_runs: list[RunFolder], tmp_path: Path
) -> None:
    side = read_side([two_runs[0], RunFolder(tmp_path / "gone")])
    assert side.runs[1].status == "cannot be read"
    assert side.problem


async def test_text_of_data_is_no_markup_and_moves_no_cursor(
    two_runs: list[RunFolder], tmp_path: Path
) -> None:
    hostile = "[red]x[/red] \x1b[2J \x07"
    runs = []
    for name, right in (("one", True), ("two", False)):
        run = RunFolder(tmp_path / name)
        run.answers("test").parent.mkdir(parents=True)
        run.update(status="finished")
        answer = {"example": 1, "text": hostile, "label": hostile, "target": hostile}
        run.answers("test").write_text(json.dumps(answer | {"correct": right}), encoding="utf-8")
        runs.append(run)
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = CompareScreen(app.context, runs)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.side is not None)
        text = shown(screen, "#compare-examples")
        assert "[red]x[/red]" in text
        assert "\x1b" not in text


# --- from screen to screen ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["one", "two"])
async def test_the_cursor_is_on_the_run_that_was_left(two_runs: list[RunFolder], name: str) -> None:
    folder = two_runs[0].path.parent
    app = SeqkitApp(Context(folder))
    async with app.run_test(size=(100, 30)) as pilot:
        runs = app.screen
        assert isinstance(runs, RunsScreen)
        await until(pilot, lambda: len(runs.table.rows) == 2)
        app.on_open_run(OpenRun(RunFolder(folder / name)))
        await pilot.pause(0.3)
        app.pop_screen()
        await until(pilot, lambda: runs.table.current is not None and not runs.left)
        assert runs.table.current is not None
        assert runs.table.current.name == name


async def test_a_line_that_is_wrong_stays_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(80, 24)) as pilot:
        asked = Ask("Rate", "-5", "", lambda line: "above 0 please" if "-" in line else "")
        given: list[str | None] = []
        app.push_screen(asked, given.append)
        await pilot.press("enter")
        assert app.screen is asked
        assert "above 0 please" in shown(asked, ".dialog--text")
        await pilot.press("backspace", "backspace", "3", "enter")
        assert given == ["3"]


async def test_a_key_pressed_while_components_are_being_read_counts(tmp_path: Path) -> None:
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))


async def test_changes_are_not_lost_to_another_recipe_without_a_question(tmp_path: Path) -> None:
    app = SeqkitApp(Context(tmp_path))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        await until(pilot, lambda: screen.draft is not None)
        draft = screen.draft
        assert draft is not None
        draft.choose("model", "gru")
        assert draft.words()
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        app.screen.dismiss("weather-rnn")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.draft is draft
