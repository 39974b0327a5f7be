"""The example's own task on the screens, without a line about it in seqkit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.monitor.answers_pane import AnswersPane
from seqkit.tui.new.files import FilePicker
from seqkit.tui.new.pane import Pane
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.playground.screen import TryScreen
from tests.tagged import PLUGIN, SENTENCES, Tagged, train_tagged
from tests.tui.waiting import until

if TYPE_CHECKING:
    from tests.nursery import Nursery


@pytest.fixture(scope="module")
def tagged(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    return train_tagged(nursery, tmp_path_factory.mktemp("tagged"))


def shown(screen: Any, selector: str) -> str:
    return str(screen.query_one(selector, Static).render())


async def test_the_monitor_shows_its_answers(tagged: Tagged) -> None:
    app = SeqkitApp(Context(tagged.run.parent, plugins=(PLUGIN,)))
    async with app.run_test(size=(200, 60)) as pilot:
        screen = MonitorScreen(RunFolder(tagged.run), False)
        await app.push_screen(screen)
        await until(pilot, lambda: screen.query(AnswersPane))
        await until(pilot, lambda: "/later" in shown(screen, "#answers--text"))
        assert "/earlier" in shown(screen, "#answers--text")


async def test_try_answers_while_one_types(tagged: Tagged) -> None:
    app = SeqkitApp(Context(tagged.run.parent, plugins=(PLUGIN,)))
    async with app.run_test(size=(100, 40)) as pilot:
        screen = TryScreen(app.context, RunFolder(tagged.run))
        await app.push_screen(screen)
        await until(pilot, lambda: screen.task_name == "word-tags")
        assert "the tag of each word follows" in shown(screen, "#try-answer")
        screen.area.focus()
        await pilot.press(*"Ada", "space", *"danced")
        await until(pilot, lambda: screen.answers and screen.answers[0]["words"][1:] == ["danced"])
        assert "Ada/" in shown(screen, "#try-answer")


async def test_the_wizard_finds_its_own_files(tmp_path: Path) -> None:
    app = SeqkitApp(Context(tmp_path / "runs", plugins=(PLUGIN,)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        await until(pilot, lambda: screen.draft is not None)
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        picker = app.screen
        picker.query_one(Input).value = str(SENTENCES)
        await until(pilot, lambda: "3 different tags" in shown(picker, "#look"))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: app.screen is screen)
        assert screen.draft is not None
        assert screen.draft.document()["task"]["name"] == "word-tags"
        assert screen.query_one(Pane).copied.endswith(f" --plugin {PLUGIN}")
