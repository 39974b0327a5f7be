"""A loss or gradient that is not finite is named, and nothing that was whole is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from seqkit.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Lab

BREAKING = """
    import seqkit

    class Breaking(seqkit.Model):
        "Gives NaN for a word, or a gradient that is not finite."
        name = "breaking"
        tasks = ("classification",)

        class Config(seqkit.Config):
            word: int = seqkit.Field(2, help="Id of the word it cannot bear.")
            where: str = seqkit.Field("forward", help="forward, backward or loss.")

        def build(self, config, shape):
            import torch
            from torch import nn

            class Fragile(torch.autograd.Function):
                @staticmethod
                def forward(context, values):
                    return values.clone()

                @staticmethod
                def backward(context, gradient):
                    return gradient * float("inf")

            class Middle(nn.Module):
                def forward(self, hidden, inputs):
                    found = (inputs == config.word).any(1, keepdim=True)
                    if not found.any():
                        return hidden
                    if config.where == "backward":
                        return Fragile.apply(hidden)
                    return torch.where(found, torch.full_like(hidden, float("nan")), hidden)

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.embedding = nn.Embedding(shape.inputs.size, 4)
                    self.middle = Middle()
                    self.head = nn.Linear(4, shape.output_size)

                def forward(self, inputs, lengths):
                    mask = (inputs > 0).unsqueeze(2)
                    mean = (self.embedding(inputs) * mask).sum(1) / lengths.unsqueeze(1)
                    return self.head(self.middle(mean, inputs))

            return Net()

    class Infinite(seqkit.Loss):
        "Infinite where there is a certain number of examples."
        name = "infinite"
        tasks = ("classification",)

        def build(self, config, shape):
            from torch.nn.functional import cross_entropy

            def loss(outputs, targets):
                total = cross_entropy(outputs, targets, reduction="sum")
                odd = len(targets) == 8
                return (total / 0.0 if odd else total), len(targets)

            return loss

    @seqkit.hookimpl
    def register_models():
        return [Breaking]

    @seqkit.hookimpl
    def register_losses():
        return [Infinite]
"""


@pytest.fixture
def rare(tmp_path: Path) -> dict[str, Any]:
    """A dataset of 40 texts, one of which holds the word that breaks the model: `alarm`."""
    train = ["text,label"]
    for index in range(40):
        word = "alarm" if index == 17 else "calm"
        train.append(f"{word} and quiet and {'good' if index % 2 else 'bad'},{index % 2}")
    held = [line.replace("alarm", "calm") for line in train]
    for name, rows in (("train", train), ("held", held)):
        (tmp_path / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    paths = {"path": "train", "validation_path": "held", "test_path": "held"}
    return {"name": "text-csv"} | {k: str(tmp_path / f"{v}.csv") for k, v in paths.items()}


def broken(lab: Lab, rare: dict[str, Any], *words: str, where: str = "forward") -> Any:
    # The rarest word has the highest id: and, quiet, calm, bad, good, alarm after two special ids.
    model = {"name": "breaking", "word": 7, "where": where}
    settings = ["trainer.batch_size=4", "task.minimum_count=1", *words]
    return lab.train(*settings, plugins=[lab.plugin(BREAKING)], model=model, dataset=rare)


@pytest.mark.parametrize(
    ("where", "layer"),
    [
        ("forward", r"first in the output of middle \(Middle\)"),
        ("backward", r"first in the gradient of embedding\.weight"),
    ],
)
def test_the_step_the_batch_and_the_layer_are_named(
    lab: Lab, rare: dict[str, Any], where: str, layer: str
) -> None:
    with pytest.raises(RunError, match=layer) as caught:
        broken(lab, rare, where=where)
    run = lab.newest()
    step = max(run.losses, default=0) + 1
    message = str(caught.value)
    assert f"of step {step} is not finite" in message
    assert f"epoch 1, batch {step}, training examples" in message
    examples = message.partition("training examples ")[2].partition("; ")[0].partition(". ")[0]
    assert "17" in examples.split(", ")
    assert run.folder.status() == "failed"
    assert run.of("ended")[0]["message"] == message
    assert run.of("checkpoint")[-1]["reason"] == "error"


def test_the_state_before_it_is_saved_and_whole(lab: Lab, rare: dict[str, Any]) -> None:
    with pytest.raises(RunError):
        broken(lab, rare)
    run = lab.newest()
    assert all(torch.isfinite(tensor).all() for tensor in run.weights().values())
    good = len(run.losses)
    assert run.manifest()["step"] == good
    assert run.manifest()["progress"]["batch"] == good
    resumed = lab.resume(run, "trainer.on_nonfinite=skip", plugins=[lab.plugin(BREAKING)])
    assert resumed.status == "finished"
    whole = broken(lab, rare, "trainer.on_nonfinite=skip")
    assert resumed.weights_file == whole.weights_file


@pytest.mark.parametrize("where", ["forward", "backward"])
def test_a_bad_batch_is_skipped_when_asked_for(lab: Lab, rare: dict[str, Any], where: str) -> None:
    run = broken(lab, rare, "trainer.on_nonfinite=skip", where=where)
    assert run.status == "finished"
    assert run.of("ended")[0].step == 20
    skipped = [warning for warning in run.warnings if "the batch was skipped" in warning]
    assert len(skipped) == 2
    assert all(torch.isfinite(tensor).all() for tensor in run.weights().values())
    assert all(event["train_loss"] < 10 for event in run.of("evaluation"))


def test_a_loss_that_breaks_is_told_from_a_model_that_does(lab: Lab, rare: dict[str, Any]) -> None:
    with pytest.raises(RunError, match="first in the loss; every output of the model is finite"):
        lab.train(
            "trainer.batch_size=8",
            plugins=[lab.plugin(BREAKING)],
            dataset=rare,
            loss={"name": "infinite"},
        )


def test_a_rate_far_too_high_ends_with_the_layer_and_whole_weights(lab: Lab) -> None:
    words = ["trainer.optimizer=sgd", "trainer.learning_rate=1e38", "trainer.clip_norm=0"]
    with pytest.raises(RunError, match="is not finite, first in"):
        lab.train(*words, "trainer.momentum=0")
    assert lab.newest().manifest()["step"] < 12


def test_scores_that_are_not_finite_never_count_as_the_best(
    lab: Lab, rare: dict[str, Any], tmp_path: Path
) -> None:
    # The validation texts hold the word, the training texts do not meet it in the first steps.
    swapped = rare | {"validation_path": rare["path"]}
    run = broken(
        lab, swapped, "trainer.on_nonfinite=skip", "trainer.monitor=loss", "trainer.samples=3"
    )
    assert all(event["loss"] != event["loss"] for event in run.of("evaluation"))
    assert not any(event["best"] for event in run.of("evaluation"))
    assert run.of("ended")[0]["best"] is None
