"""The time that training will take, told before the first step."""

from __future__ import annotations

import copy

import torch

from seqkit.engine.device import choose_device
from seqkit.engine.encoding import encode_data
from seqkit.engine.estimate import estimated_seconds
from seqkit.engine.learner import Learner, build_learner
from seqkit.registry.discovery import load_registry
from tests.engine.conftest import Lab

RAISING = """
    import seqkit

    class Raising(seqkit.Model):
        "Cannot be run."
        name = "raising"
        tasks = ("classification",)

        def build(self, config, shape):
            from torch import nn

            class Net(nn.Linear):
                def forward(self, inputs, lengths):
                    raise IndexError("out of range")

            return Net(1, 1)

    @seqkit.hookimpl
    def register_models():
        return [Raising]
"""


def estimate(lab: Lab, steps: int, **tables: object) -> tuple[Learner, float | None]:
    plugins = [lab.plugin(RAISING)]
    experiment = lab.experiment(plugins=plugins, **tables)
    data = encode_data(experiment, load_registry(plugins), lambda message: None)
    learner = build_learner(experiment, data.codec, choose_device(experiment.trainer))
    before = copy.deepcopy(learner.model.state_dict())
    generator = torch.get_rng_state()
    seconds = estimated_seconds(learner, data.splits["train"], [torch.arange(8).numpy()], steps)
    assert torch.equal(torch.get_rng_state(), generator)
    for name, tensor in learner.model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert all(parameter.grad is None for parameter in learner.model.parameters())
    return learner, seconds


def test_the_estimate_leaves_weights_gradients_and_generators_alone(lab: Lab) -> None:
    _, seconds = estimate(lab, steps=100)
    assert seconds is not None
    assert seconds > 0
    _, none_left = estimate(lab, steps=0)
    assert none_left == 0


def test_a_model_that_cannot_be_run_has_no_estimate(lab: Lab) -> None:
    _, seconds = estimate(lab, steps=100, model={"name": "raising"})
    assert seconds is None


def test_a_run_tells_how_long_it_will_take_before_its_first_step(lab: Lab) -> None:
    run = lab.train("trainer.epochs=1")
    assert run.events[0].kind in ("started", "warning")
    assert run.of("started")[0]["estimate"] > 0
