"""The third-party example, used from its folder as its author would before installing it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import seqkit
from seqkit.runs.folder import RunFolder

if TYPE_CHECKING:
    from tests.nursery import Nursery


@pytest.fixture
def example(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's folder; what importing it leaves behind is taken away again."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield repository / "plugins" / "example"
    for name in [name for name in sys.modules if name.startswith("seqkit_example")]:
        del sys.modules[name]


def test_its_own_tests_pass(nursery: Nursery, example: Path) -> None:
    words = ("-q", "-rs", "-W", "error", "-p", "no:cacheprovider")
    finished = nursery.run(*words, module="pytest", folder=example)

    assert finished.code == 0, finished.out
    skipped = [line for line in finished.out.splitlines() if line.startswith("SKIPPED")]
    # A fingerprint in another process is that of the defaults, and a path has none.
    assert all("settings without a default" in line for line in skipped), skipped


def test_its_recipe_learns_what_a_bag_of_words_cannot(example: Path, tmp_path: Path) -> None:
    words = ("dataset.sentences=1600", "model.hidden_size=32", "model.embedding_size=32")
    result = seqkit.run(
        "event-order", *words, "trainer.learning_rate=0.01", runs_dir=tmp_path, plugins=[example]
    )
    (ended,) = [event for event in result.events if event.kind == "ended"]
    (test,) = [e for e in result.events if e.kind == "evaluation" and e["split"] == "test"]

    assert ended["status"] == "finished"
    assert result.metrics["balanced-accuracy"] > 0.9
    assert test["baselines"]["bag-of-words"]["accuracy"] < 0.6
    # Its own metric scores what the built-in baselines put out.
    assert test["baselines"]["majority"]["balanced-accuracy"] == 0.5
    assert 0.3 < test["baselines"]["bag-of-words"]["balanced-accuracy"] < 0.6

    answers = seqkit.load(result, plugins=[example]).predict(
        ["Ada sang a song before Ben danced.", "Before Ada sang a song, Ben danced."]
    )
    assert [answer["label"] for answer in answers] == ["in-order", "reversed"]


def test_it_is_resumed_to_the_numbers_of_an_uninterrupted_run(
    nursery: Nursery, example: Path, tmp_path: Path, repository: Path
) -> None:
    small = ("dataset.sentences=200", "model.hidden_size=8", "model.embedding_size=8")
    words = (*small, "trainer.epochs=2", "trainer.batch_size=16", "trainer.log_every=1")
    whole = seqkit.run("event-order", *words, runs_dir=tmp_path, name="whole", plugins=[example])

    def stop_at_once(event: seqkit.Event) -> None:
        if event.kind == "step" and event.step == 1:
            RunFolder(tmp_path / "parts").request("stop")

    parts = seqkit.run(
        "event-order",
        *words,
        runs_dir=tmp_path,
        name="parts",
        plugins=[example],
        on_event=stop_at_once,
    )
    assert parts.status == "stopped"
    command = ("resume", "parts", "--runs-dir", tmp_path, "--plugin", example)
    finished = nursery.run(*command, folder=repository)

    assert finished.code == 0, finished.err
    assert parts.metrics == whole.metrics
    last = [event for event in parts.events if event.kind == "step"][-1]
    assert last["loss"] == [event for event in whole.events if event.kind == "step"][-1]["loss"]


def test_without_the_plugin_its_run_says_what_is_missing(example: Path, tmp_path: Path) -> None:
    words = ("dataset.sentences=100", "trainer.max_steps=2", "trainer.epochs=1")
    result = seqkit.run("event-order", *words, runs_dir=tmp_path, plugins=[example])

    with pytest.raises(seqkit.SeqkitError, match="needs the plugin 'example', not installed here"):
        seqkit.load(result.folder)
