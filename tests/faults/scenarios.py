"""One small run of each task, with everything that resuming could get wrong switched on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqkit.paths import bundled

COMMON = (
    "trainer.ema_decay=0.9",
    "trainer.accumulation=2",
    "trainer.log_every=3",
    "trainer.samples=2",
    "trainer.threads=1",
    "trainer.device=cpu",
)


@dataclass(frozen=True)
class Scenario:
    """A run and what is asked of it afterwards.

    Attributes:
        name: Its name, and that of the task.
        words: The words after `seqkit run`.
        asked: The words after `seqkit predict RUN`.
    """

    name: str
    words: tuple[str, ...]
    asked: tuple[str, ...]


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "classification",
            (
                "sentiment",
                *("model=gru", "model.hidden_size=6", "model.embedding_size=6"),
                *("model.dropout=0.3", "trainer.batch_size=64", "trainer.max_steps=36"),
                *("trainer.optimizer=adamw", "trainer.weight_decay=0.1"),
                *("trainer.schedule=plateau", "trainer.plateau_patience=0"),
                *("trainer.learning_rate=0.02", "trainer.evaluate_every=8"),
                *("trainer.checkpoint_every=5", "trainer.early_stopping=3"),
                *COMMON,
            ),
            ("a wonderful film", "dull and far too long"),
        ),
        # It stops early: its checkpoint of the end is not the best one.
        Scenario(
            "forecasting",
            (
                "weather-rnn",
                *("model=gru", "model.hidden_size=6", "model.dropout=0.2"),
                *("trainer.learning_rate=0.05", "trainer.schedule=cosine"),
                *("trainer.epochs=5", "trainer.evaluate_every=10"),
                *("trainer.checkpoint_every=7", "trainer.early_stopping=2"),
                *COMMON,
            ),
            (),
        ),
        Scenario(
            "language-modeling",
            (
                "shakespeare-gru",
                *("dataset=text-file", "dataset.path=lines.txt", "dataset.test=0.1"),
                *("task.window=16", "model.hidden_size=8", "model.embedding_size=6"),
                *("trainer.batch_size=8", "trainer.max_steps=40", "trainer.evaluate_every=10"),
                *("trainer.checkpoint_every=7", "trainer.optimizer=rmsprop"),
                *COMMON,
            ),
            ("To be", "--length", "12", "--seed", "1"),
        ),
        Scenario(
            "seq2seq",
            (
                "reverse-seq2seq",
                *("dataset.train=400", "dataset.validation=40", "dataset.test=40"),
                *("dataset.letters=8", "dataset.maximum_length=6"),
                *("model.hidden_size=6", "model.embedding_size=6", "model.dropout=0.2"),
                *("trainer.batch_size=16", "trainer.max_steps=36", "trainer.optimizer=adam"),
                *("trainer.schedule=linear", "trainer.evaluate_every=9"),
                *("trainer.checkpoint_every=7", "trainer.learning_rate=0.03"),
                *COMMON,
            ),
            ("a b c", "c a f e"),
        ),
    )
}


def write_data(folder: Path) -> None:
    """Writes what the scenarios read from the current folder."""
    text = bundled("shakespeare/tinyshakespeare.txt").read_text(encoding="utf-8")
    (folder / "lines.txt").write_text(text[:6000], encoding="utf-8")
