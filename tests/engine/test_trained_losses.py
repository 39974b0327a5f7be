"""A loss with parameters of its own: they are trained, kept, and restored with the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from seqkit.engine.evaluate import evaluate_run
from seqkit.registry.discovery import load_registry

if TYPE_CHECKING:
    from seqkit.events import Event
    from tests.engine.conftest import Lab

TEMPERATURE = '''
    import seqkit

    class Temperature(seqkit.Loss):
        """Cross-entropy at a temperature that is learnt."""
        name = "temperature"
        tasks = ("classification",)
        outputs = ("classes",)

        def build(self, config, shape):
            import torch

            class Loss(torch.nn.Module):
                def __init__(self):
                    super().__init__()
                    self.scale = torch.nn.Parameter(torch.ones(1))
                    self.bias = torch.nn.Parameter(torch.zeros(2, 2))

                def forward(self, outputs, targets):
                    logits = outputs * self.scale @ (torch.eye(2) + self.bias)
                    entropy = torch.nn.functional.cross_entropy
                    return entropy(logits, targets, reduction="sum"), len(targets)

            return Loss()

    @seqkit.hookimpl
    def register_losses():
        return [Temperature]
'''


@pytest.mark.parametrize("words", [[], ["trainer.ema_decay=0.9"], ["trainer.accumulation=2"]])
def test_they_are_trained_and_go_on_with_the_same_bits(
    lab: Lab, signal_at: Callable[..., Callable[[Event], None]], words: list[str]
) -> None:
    plugins = [lab.plugin(TEMPERATURE)]
    whole = lab.train("loss=temperature", *words, plugins=plugins)
    part = lab.train("loss=temperature", *words, plugins=plugins, observers=[signal_at(5)])
    cut = lab.resume(part, plugins=plugins)

    learnt = {k: v for k, v in whole.state().items() if k.startswith("loss/")}
    assert set(learnt) == {"loss/scale", "loss/bias"}
    assert learnt["loss/scale"].item() != 1.0
    assert cut.weights_file == whole.weights_file
    assert all(cut.state()[name].equal(value) for name, value in learnt.items())
    assert cut.losses.items() <= whole.losses.items()


def test_a_score_is_computed_with_those_of_the_checkpoint(lab: Lab) -> None:
    plugins = [lab.plugin(TEMPERATURE)]
    run = lab.train("loss=temperature", plugins=plugins)
    best = min(event["loss"] for event in run.of("evaluation") if event["split"] == "validation")
    score = evaluate_run(run.folder, load_registry(plugins), "validation", checkpoint="last")
    last = [event["loss"] for event in run.of("evaluation") if event["split"] == "validation"][-1]

    assert score["loss"] == pytest.approx(last, rel=1e-6)
    assert best <= last


def test_a_loss_without_any_leaves_nothing_in_a_checkpoint(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=2")
    assert not [name for name in run.state() if name.startswith("loss/")]
