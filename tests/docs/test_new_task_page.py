"""The page about a new task: what `plugin new` writes is what it shows, and its commands work."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.api import Codec, Task
from seqkit.shapes import INPUTS, OUTPUTS

if TYPE_CHECKING:
    from tests.nursery import Nursery

pytestmark = pytest.mark.proof

FENCE = re.compile(r"^```(\S+)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BRIDGES = {"Config", "PredictOptions", "name", "expected_failures"}
"""Attributes of every component, which the page about plugins explains."""


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "new-task.md").read_text(encoding="utf-8")


def test_its_commands_work_and_its_excerpts_are_of_what_they_write(
    nursery: Nursery, page: str, tmp_path: Path
) -> None:
    found = FENCE.findall(page)
    for _, title, text in found:
        if title:
            (tmp_path / title).write_text(text, encoding="utf-8")
    commands = [line for kind, _, text in found if kind == "sh" for line in text.splitlines()]
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "seqkit"
        done = nursery.run(*words, folder=tmp_path)
        assert done.code == 0, f"{command}\n{done.out}\n{done.err}"
        assert "was skipped" not in done.err
    written = [path.read_text() for path in (tmp_path / "seqkit-heights").rglob("*.py")]
    excerpts = [text for kind, title, text in found if kind == "python" and not title]

    assert len(commands) >= 6
    assert len(excerpts) >= 5
    for excerpt in excerpts:
        assert any(excerpt in text for text in written), excerpt
    assert "10 walks with their heights" in (tmp_path / "mine.toml").read_text()


def test_it_names_everything_that_a_task_and_its_codec_have(page: str) -> None:
    codec = [name for name in vars(Codec) if not name.startswith("_")]
    task = [name for name in vars(Task) if not name.startswith("_")]
    for name in {*codec, *task} - BRIDGES:
        assert re.search(rf"`(?:\w+\.)?{name}\b", page), name


def test_it_lists_every_kind_of_input_and_output(page: str) -> None:
    for kind in {*INPUTS, *OUTPUTS}:
        assert f"| `{kind}` | `" in page


def test_every_block_is_of_a_kind_that_is_tested(page: str) -> None:
    assert {kind for kind, _, _ in FENCE.findall(page)} == {"python", "sh", "csv"}
    assert page.count("```") == 2 * len(FENCE.findall(page))
