"""The example plugin's task in use: its sentences, and a run of it that was trained on a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.nursery import Done, Nursery

PLUGIN = Path(__file__).resolve().parents[1] / "plugins" / "example"
SENTENCES = PLUGIN / "tests" / "sentences.conll"


@dataclass(frozen=True)
class Tagged:
    """A folder with an experiment, `mine.toml`, and its run `runs/mine`."""

    nursery: Nursery
    folder: Path

    @property
    def run(self) -> Path:
        return self.folder / "runs" / "mine"

    def seqkit(self, *words: object, stdin: str = "") -> Done:
        """Runs `seqkit WORDS` with the plugin; the command must not fail."""
        words = (*words, "--plugin", PLUGIN)
        done = self.nursery.run(*words, folder=self.folder, stdin=stdin)
        assert done.code == 0, done.out + done.err
        return done


def train_tagged(nursery: Nursery, folder: Path) -> Tagged:
    """Trains a tagger on the sentences of the plugin's tests, found by `seqkit new --data`."""
    tagged = Tagged(nursery, folder)
    tagged.seqkit("new", "mine.toml", "--data", SENTENCES)
    words = ("trainer.epochs=30", "trainer.batch_size=16", "trainer.seed=1")
    tagged.seqkit("run", "mine.toml", *words, "--name", "mine")
    return tagged
