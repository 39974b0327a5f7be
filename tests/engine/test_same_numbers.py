"""The same seed gives the same numbers, and a resumed run ends with the bits of a whole one."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.events import Event

if TYPE_CHECKING:
    from tests.engine.conftest import Lab
    from tests.nursery import Nursery

SignalAt = Callable[..., Callable[[Event], None]]

WAYS: dict[str, list[str]] = {
    "adam": [],
    "adamw with weight decay": ["trainer.optimizer=adamw", "trainer.weight_decay=0.1"],
    "sgd with momentum": ["trainer.optimizer=sgd", "trainer.learning_rate=0.1"],
    "rmsprop": ["trainer.optimizer=rmsprop"],
    "averaged weights": ["trainer.ema_decay=0.9"],
    "one-cycle": ["trainer.schedule=one-cycle"],
    "plateau": [
        "trainer.schedule=plateau",
        "trainer.plateau_patience=0",
        "trainer.evaluate_every=2",
        "trainer.learning_rate=0.3",
    ],
    "accumulation": ["trainer.accumulation=3"],
    "two directions, two layers, dropout everywhere": [
        "model=bilstm",
        "model.layers=2",
        "model.layer_dropout=0.2",
        "model.dropout=0.2",
    ],
    "no bucketing": ["trainer.bucketing=false"],
    "one batch again and again": ["trainer.overfit_batches=5"],
}


def test_the_same_seed_gives_the_same_losses_weights_and_scores(lab: Lab) -> None:
    first, second = lab.train("trainer.test=true"), lab.train("trainer.test=true")
    assert first.losses == second.losses
    assert first.weights_file == second.weights_file
    assert first.numbers() == second.numbers()
    assert len(first.numbers()) == 3


def test_the_saved_experiment_gives_the_same_numbers_again(lab: Lab) -> None:
    first = lab.train("model=bilstm", "trainer.schedule=cosine", "trainer.seed=3")
    again = lab.train(source=first.folder.experiment_file)
    assert first.losses == again.losses
    assert first.weights_file == again.weights_file


def test_another_seed_gives_other_numbers(lab: Lab) -> None:
    first = lab.train("trainer.max_steps=3")
    second = lab.train("trainer.max_steps=3", "trainer.seed=1")
    assert all(first.losses[step] != second.losses[step] for step in (1, 2, 3))


def test_scoring_and_samples_leave_training_as_it_is(lab: Lab) -> None:
    plain = lab.train()
    watching = ["trainer.samples=5", "trainer.baselines=true", "trainer.evaluate_every=3"]
    watched = lab.train(*watching, "trainer.test=true")
    assert plain.losses == watched.losses


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS)
def test_a_run_interrupted_mid_epoch_ends_with_the_same_bits(
    lab: Lab, signal_at: SignalAt, words: list[str]
) -> None:
    whole = lab.train(*words)
    cut = lab.train(*words, observers=[signal_at(3)])
    assert cut.status == "interrupted"
    assert cut.of("ended")[-1]["resume"] is not None
    cut = lab.resume(cut, observers=[signal_at(8)])
    assert cut.status == "interrupted"
    cut = lab.resume(cut)
    assert cut.status == "finished"
    assert [event["resumed_from"] for event in cut.of("started")] == [None, 3, 8]
    assert cut.weights_file == whole.weights_file
    assert cut.losses == whole.losses
    assert cut.numbers() == whole.numbers()
    assert cut.rates == whole.rates


def test_a_run_killed_outright_ends_with_the_same_bits(lab: Lab, nursery: Nursery) -> None:
    killer = lab.plugin(
        """
        import os, signal
        import seqkit

        @seqkit.hookimpl
        def on_event(event):
            if event.kind == "step" and event.step == 9 and "KILL" in os.environ:
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    # Reports at other steps than checkpoints: the mean loss must not lose what was unreported.
    words = ["trainer.checkpoint_every=4", "trainer.log_every=3"]
    whole = lab.train(*words)
    source = lab.toml(*words)
    words_of_run = ("run", source, "--plugin", killer)
    done = nursery.run(*words_of_run, folder=lab.folder, environment={"KILL": "1"})
    assert done.code == -signal.SIGKILL
    cut = lab.newest()
    assert cut.folder.status() == "crashed"
    cut = lab.resume(cut)
    assert cut.of("started")[-1]["resumed_from"] == 8
    assert cut.weights_file == whole.weights_file
    assert cut.numbers() == whole.numbers()


def test_a_run_that_crashed_before_its_first_checkpoint_starts_anew(lab: Lab) -> None:
    whole = lab.train()

    def crash(event: Event) -> None:
        if event.kind == "step" and event.step == 2:
            raise OSError("gone")

    with pytest.raises(Exception, match="gone"):
        lab.train(observers=[crash])
    cut = lab.resume(lab.newest())
    assert cut.of("started")[-1]["resumed_from"] is None
    assert cut.weights_file == whole.weights_file


def test_more_epochs_continue_a_finished_run(lab: Lab) -> None:
    whole = lab.train("trainer.epochs=3")
    longer = lab.resume(lab.train(), "trainer.epochs=3")
    assert longer.status == "finished"
    assert longer.weights_file == whole.weights_file
    assert "epochs = 3" in longer.folder.experiment_file.read_text(encoding="utf-8")


def test_a_finished_run_with_nothing_left_is_left_as_it_is(lab: Lab) -> None:
    run = lab.train()
    seen: list[Event] = []
    files = (run.folder.events_file, run.folder.experiment_file)
    before = [path.read_bytes() for path in files]
    again = lab.resume(run, "trainer.epochs=1", observers=[seen.append])
    assert (again.status, again.folder.status()) == ("finished", "finished")
    assert [path.read_bytes() for path in files] == before
    (told,) = seen
    assert (told.kind, told["status"]) == ("ended", "finished")
    assert "Nothing is left to train" in told["message"]


def test_a_test_that_is_asked_for_later_is_still_made(lab: Lab) -> None:
    run = lab.train("trainer.test=false")
    assert "test" not in run.folder.info()
    again = lab.resume(run, "trainer.test=true")
    assert again.folder.info()["test"]["split"] == "test"


def test_a_carried_state_is_resumed_and_may_share_memory(lab: Lab, signal_at: SignalAt) -> None:
    stateful = lab.plugin(STATEFUL)
    tables: dict[str, Any] = {
        "task": {"name": "carrying"},
        "dataset": {"name": "lines"},
        "model": {"name": "carrier"},
        "metrics": [],
        "loss": {"name": "squares"},
    }
    for words in ([], ["trainer.accumulation=2"]):
        settings = ["trainer.batch_size=4", *words]
        whole = lab.train(*settings, plugins=[stateful], **tables)
        cut = lab.train(*settings, plugins=[stateful], observers=[signal_at(5)], **tables)
        assert any(name.startswith("carried/") for name in cut.state())
        cut = lab.resume(cut, plugins=[stateful])
        assert cut.losses == whole.losses
        assert cut.weights_file == whole.weights_file


STATEFUL = '''
import json
import numpy as np
import seqkit
from seqkit.api import Codec, Shape, Features, Values


class Lines(seqkit.Dataset):
    """Ramps."""
    name = "lines"
    tasks = ("carrying",)

    def splits(self, config, notify):
        rows = [{"values": [float(i + k) / 50 for k in range(5)]} for i in range(32)]
        return {"train": rows, "validation": rows[:8]}


class CarryingCodec(Codec):
    def save(self, folder):
        (folder / "carrying.json").write_text("{}")

    @property
    def shape(self):
        return Shape("carrying", Features(1), Values(1))

    def encode(self, records, notify):
        rows = [record["values"] for record in records]
        return {
            "values": np.asarray(rows, dtype=np.float32).reshape(-1),
            "offsets": np.arange(len(rows) + 1, dtype=np.int64) * 5,
        }

    def parse(self, inputs):
        return list(inputs)

    def plan(self, arrays, batch_size, generator):
        count = len(arrays["offsets"]) - 1
        lanes = np.arange(count).reshape(batch_size if generator else 4, -1)
        return [lanes[:, column] for column in range(lanes.shape[1])]

    def batch(self, arrays, indices):
        rows = arrays["values"].reshape(-1, 5)[indices]
        lengths = np.full(len(indices), 4, dtype=np.int64)
        inputs, targets = rows[:, :4, None].copy(), rows[:, 4:].copy()
        return {"inputs": inputs, "lengths": lengths, "targets": targets}

    def forward(self, model, batch, state=None):
        return model(batch["inputs"], state)

    def answers(self, outputs, records):
        return [{} for _ in records]


class Carrying(seqkit.Task):
    """Predicts the next value from state carried over batches."""
    name = "carrying"
    loss = "squares"
    metrics = ()

    def encode(self, config, splits, notify):
        codec = CarryingCodec()
        return codec, {name: codec.encode(rows, notify) for name, rows in splits.items()}

    def load(self, folder):
        return CarryingCodec()


class Squares(seqkit.Loss):
    """Squared error."""
    name = "squares"
    tasks = ("carrying",)

    def build(self, config, shape):
        return lambda outputs, targets: (((outputs - targets) ** 2).sum(), targets.numel())


class Carrier(seqkit.Model):
    """GRU that hands its state on."""
    name = "carrier"
    tasks = ("carrying",)

    def build(self, config, shape):
        import torch
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.gru = nn.GRU(1, 4, batch_first=True)
                self.head = nn.Linear(4, 1)

            def forward(self, inputs, state):
                before = None if state is None else state[0]
                outputs, after = self.gru(inputs, before)
                return self.head(outputs[:, -1]), (after, (after[0], after[0, :, :2]))

        return Net()


@seqkit.hookimpl
def register_tasks():
    return [Carrying]


@seqkit.hookimpl
def register_datasets():
    return [Lines]


@seqkit.hookimpl
def register_losses():
    return [Squares]


@seqkit.hookimpl
def register_models():
    return [Carrier]
'''
