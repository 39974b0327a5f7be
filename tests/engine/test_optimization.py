"""Optimisers, schedules, clipping, accumulation, averaged weights, and when training ends."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

from seqkit.engine.device import choose_device
from seqkit.engine.encoding import encode_data
from seqkit.engine.learner import build_learner
from seqkit.engine.optimization import build_optimizer, learning_rate
from seqkit.engine.predict import load_predictor
from seqkit.engine.progress import Progress
from seqkit.engine.train import Training
from seqkit.errors import RunError
from seqkit.events import Event
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.discovery import load_registry

if TYPE_CHECKING:
    from tests.engine.conftest import Lab

NO_DROPOUT = ["model.word_dropout=0", "model.embedding_dropout=0"]
Reviews = Callable[..., Path]


def training(lab: Lab, *words: str, **tables: Any) -> Training:
    """Puts a loop together whose steps a test takes one by one."""
    experiment = lab.experiment(*words, **tables)
    data = encode_data(experiment, load_registry(), lambda message: None)
    learner = build_learner(experiment, data.codec, choose_device(experiment.trainer))
    progress = Progress(accumulation=experiment.trainer.accumulation)

    def save(training: Training, reason: str, best: bool) -> Event:
        return Event("checkpoint", progress.step, 0.0, {"path": "", "best": best, "reason": reason})

    return Training(learner, data.splits, progress, save)


class Silence:
    """Controls that ask for nothing."""

    def poll(self) -> list[dict[str, Any]]:
        return []


def parameters(loop: Training) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in loop.learner.model.named_parameters()}


# --- accumulation and memory ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "weights", [[], ["loss.class_weights={negative=0.1, positive=4.0}"]], ids=["plain", "weighted"]
)
@pytest.mark.parametrize("parts", [2, 5, 64])
def test_accumulation_gives_the_same_weights(lab: Lab, weights: list[str], parts: int) -> None:
    words = [
        *NO_DROPOUT,
        *weights,
        "trainer.max_steps=3",
        "trainer.optimizer=sgd",
        "trainer.clip_norm=0",
    ]
    whole = lab.train(*words).weights()
    pieces = lab.train(*words, f"trainer.accumulation={parts}").weights()
    for name, tensor in whole.items():
        torch.testing.assert_close(pieces[name], tensor, rtol=0, atol=1e-6)


def test_each_part_of_a_batch_carries_its_own_state(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat and the dog ran to the red barn. " * 40)
    tables: dict[str, Any] = {
        "task": {"name": "language-modeling", "tokens": "characters"},
        "dataset": {"name": "text-file", "path": str(path)},
        "model": {"name": "lstm", "hidden_size": 8, "embedding_size": 8},
    }
    words = [*NO_DROPOUT, "trainer.batch_size=4", "trainer.max_steps=6"]
    whole, parts = (lab.train(*words, f"trainer.accumulation={n}", **tables) for n in (1, 2))
    assert len(whole.losses) == 6
    assert parts.losses == pytest.approx(whole.losses, rel=1e-5)


HUNGRY = """
    import seqkit

    class Hungry(seqkit.Model):
        "Has no memory for more than some examples."
        name = "hungry"
        tasks = ("classification",)

        class Config(seqkit.Config):
            most: int = seqkit.Field(16, help="Examples it has memory for.")

        def build(self, config, shape):
            import torch
            from torch import nn

            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.embedding = nn.Embedding(shape.inputs.size, 4)
                    self.head = nn.Linear(4, shape.output_size)

                def forward(self, inputs, lengths):
                    if len(inputs) > config.most:
                        raise torch.OutOfMemoryError("tried to allocate 1 PiB")
                    mask = (inputs > 0).unsqueeze(2)
                    mean = (self.embedding(inputs) * mask).sum(1) / mask.sum(1).clamp(min=1)
                    return self.head(mean)

            return Net()

    @seqkit.hookimpl
    def register_models():
        return [Hungry]
"""


def test_out_of_memory_halves_what_is_computed_at_once_and_keeps_the_batch(lab: Lab) -> None:
    plugin = lab.plugin(HUNGRY)
    words = [
        "trainer.test=true",
        "trainer.samples=3",
        "trainer.clip_norm=0",
        "trainer.optimizer=sgd",
    ]
    run = lab.train(*words, plugins=[plugin], model={"name": "hungry", "most": 10})
    plenty = lab.train(*words, plugins=[plugin], model={"name": "hungry", "most": 1000})
    first, second, third, evaluation = run.warnings
    assert "step 1: batches of 64 are now computed 32 examples at a time" in first
    assert "16 examples at a time" in second
    assert "8 examples at a time" in third
    assert "8 examples are now scored at a time" in evaluation
    assert run.manifest()["progress"]["accumulation"] == 8
    for name, tensor in plenty.weights().items():
        torch.testing.assert_close(run.weights()[name], tensor, rtol=0, atol=1e-6)
    for mine, other in zip(run.numbers(), plenty.numbers(), strict=True):
        assert mine["loss"] == pytest.approx(other["loss"], abs=1e-6)
        assert mine["metrics"]["accuracy"] == other["metrics"]["accuracy"]


def test_prediction_takes_fewer_inputs_at_once_where_memory_ends(lab: Lab) -> None:
    plugin = lab.plugin(HUNGRY)
    run = lab.train(plugins=[plugin], model={"name": "hungry", "most": 64})
    registry = load_registry([plugin])
    texts = [f"a film of {number} good and bad hours" for number in range(40)]
    expected = load_predictor(run.folder, registry).predict(texts)
    file = run.folder.experiment_file
    edited = file.read_text().partition("\n")[2]
    file.write_text(edited.replace("most = 64", "most = 5"))
    answers = load_predictor(run.folder, registry).predict(texts)
    assert [answer["label"] for answer in answers] == [answer["label"] for answer in expected]
    file.write_text(file.read_text().replace("most = 5", "most = 0"))
    with pytest.raises(RunError, match="out of memory while answering one input"):
        load_predictor(run.folder, registry).predict(texts)


def test_a_resumed_run_remembers_what_memory_allows(lab: Lab, signal_at: Any) -> None:
    plugin = lab.plugin(HUNGRY)
    run = lab.train(
        plugins=[plugin], model={"name": "hungry", "most": 32}, observers=[signal_at(3)]
    )
    assert len(run.warnings) == 1
    assert len([w for w in lab.resume(run, plugins=[plugin]).warnings if "step" in w]) == 1


def test_no_memory_for_one_example_ends_the_run_with_one_clear_error(lab: Lab) -> None:
    with pytest.raises(
        Exception, match=r"out of memory at step 1 with 1 examples? at once"
    ) as caught:
        lab.train(plugins=[lab.plugin(HUNGRY)], model={"name": "hungry", "most": 0})
    assert type(caught.value).__name__ == "RunError"
    assert "trainer.batch_size" in str(caught.value)
    assert lab.newest().folder.status() == "failed"
    assert lab.newest().of("ended")[0]["message"] == str(caught.value)


# --- the gradient ---------------------------------------------------------------------------------


def test_clipping_equals_torch_and_the_norm_is_logged_before_it(lab: Lab) -> None:
    words = [
        *NO_DROPOUT,
        "trainer.optimizer=sgd",
        "trainer.momentum=0",
        "trainer.learning_rate=0.5",
    ]
    loop = training(lab, *words, "trainer.clip_norm=0.05")
    model = copy.deepcopy(loop.learner.model)
    batch = loop.plan(0)[0]
    placed = loop.learner.place(loop.splits["train"], batch)
    total, count = loop.learner.loss(model(placed["inputs"], placed["lengths"]), placed["targets"])
    (total / count).backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.05)
    assert float(norm) > 0.1
    torch.optim.SGD(model.parameters(), lr=0.5).step()
    assert list(loop._step(batch)) == []
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameters(loop)[name], parameter.detach(), rtol=0, atol=1e-7)
    report = next(loop.report())
    assert report["gradient_norm"] == pytest.approx(float(norm), rel=1e-6)


def test_a_gradient_below_the_limit_is_left_as_it_is(lab: Lab) -> None:
    words = ["trainer.max_steps=4"]
    assert (
        lab.train(*words, "trainer.clip_norm=1000").weights_file
        == lab.train(*words, "trainer.clip_norm=0").weights_file
    )


# --- schedules ------------------------------------------------------------------------------------


def rates(total: int, **settings: Any) -> list[float]:
    config = TrainerConfig(learning_rate=0.4, **settings)
    return [learning_rate(config, step, total) for step in range(total)]


def torch_rates(total: int, make: Callable[[torch.optim.Optimizer], Any]) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.4)
    schedule = make(optimizer)
    found = []
    for _ in range(total):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("total", [7, 40, 1000])
def test_schedules_equal_those_of_torch(total: int) -> None:
    from torch.optim import lr_scheduler

    pairs: list[tuple[dict[str, Any], Callable[[torch.optim.Optimizer], Any]]] = [
        ({"schedule": "constant"}, lambda o: lr_scheduler.ConstantLR(o, 1.0)),
        (
            {"schedule": "linear"},
            lambda o: lr_scheduler.LinearLR(o, start_factor=1.0, end_factor=0.0, total_iters=total),
        ),
        ({"schedule": "cosine"}, lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=total)),
        (
            {"schedule": "one-cycle"},
            lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.4, total_steps=total + 1),
        ),
        (
            {"schedule": "one-cycle", "warmup": 0.5},
            lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.4, total_steps=total + 1, pct_start=0.5),
        ),
    ]
    for settings, make in pairs:
        # torch's one-cycle refuses the step after its last, which the loop above takes.
        asked = total + 1 if settings["schedule"] == "one-cycle" else total
        ours = rates(asked, **settings)[:total]
        np.testing.assert_allclose(ours, torch_rates(total, make), rtol=1e-9, atol=1e-12)


def test_the_warm_up_rises_in_a_line_to_the_peak() -> None:
    assert rates(20, warmup=4)[:6] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    assert rates(20, warmup=0.25)[:6] == pytest.approx([0.08, 0.16, 0.24, 0.32, 0.4, 0.4])
    linear = rates(20, warmup=4, schedule="linear")
    assert linear[4:] == pytest.approx([0.4 * (16 - step) / 16 for step in range(16)])
    cosine = rates(20, warmup=4, schedule="cosine")
    assert cosine[12] == pytest.approx(0.2)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "one-cycle", "plateau"])
@pytest.mark.parametrize("warmup", [0.0, 0.3, 1.0, 5.0, 50.0])
@pytest.mark.parametrize("total", [1, 2, 3, 20])
def test_every_rate_is_above_zero_and_at_most_the_peak(
    schedule: Any, warmup: float, total: int
) -> None:
    found = rates(total, schedule=schedule, warmup=warmup)
    assert all(0 < rate <= 0.4 for rate in found)


def test_a_run_logs_the_rates_of_its_schedule(lab: Lab) -> None:
    run = lab.train("trainer.schedule=one-cycle", "trainer.learning_rate=0.4")
    assert run.rates == pytest.approx(rates(24, schedule="one-cycle"))


def test_a_plateau_lowers_the_rate_after_waiting(lab: Lab) -> None:
    # So high a rate never improves on its first score for long.
    run = lab.train(
        "trainer.schedule=plateau",
        "trainer.plateau_patience=1",
        "trainer.plateau_factor=0.1",
        "trainer.learning_rate=1e-9",
        "trainer.evaluate_every=1",
        "trainer.max_steps=8",
    )
    expected, factor, waited = [], 1.0, 0
    for evaluation in run.of("evaluation"):
        expected.append(1e-9 * factor)
        waited = 0 if evaluation["best"] else waited + 1
        if waited > 1:
            factor, waited = factor * 0.1, 0
    assert run.rates == pytest.approx(expected)
    assert run.rates[-1] < 1e-10


# --- averaged weights and decay -------------------------------------------------------------------


def test_averaged_weights_equal_a_computation_by_hand(lab: Lab) -> None:
    loop = training(lab, "trainer.ema_decay=0.8")
    plain = training(lab)
    expected: dict[str, torch.Tensor] = {}
    for batch in loop.plan(0)[:5]:
        torch.manual_seed(1)
        list(loop._step(batch))
        torch.manual_seed(1)
        list(plain._step(batch))
        for name, tensor in parameters(plain).items():
            before = expected.get(name, tensor)
            expected[name] = 0.8 * before + 0.2 * tensor
    assert loop.averaged is not None
    for name, parameter in loop.evaluated.named_parameters():
        torch.testing.assert_close(parameter.detach(), expected[name], rtol=1e-5, atol=1e-7)
    for name, tensor in parameters(plain).items():
        assert torch.equal(parameters(loop)[name], tensor)


def test_averaged_weights_are_what_is_scored_and_saved(lab: Lab) -> None:
    run = lab.train("trainer.ema_decay=0.5", "trainer.epochs=1")
    raw = {
        name.removeprefix("raw/"): t for name, t in run.state().items() if name.startswith("raw/")
    }
    assert set(raw) == set(run.weights())
    assert any(not torch.equal(raw[name], tensor) for name, tensor in run.weights().items())
    assert lab.train("trainer.epochs=1").losses == run.losses


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw"])
def test_weight_decay_leaves_biases_alone(name: Any) -> None:
    model = nn.Sequential(nn.Embedding(5, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    config = TrainerConfig(optimizer=name, weight_decay=0.1)
    optimizer = build_optimizer(list(model.parameters()), config, torch.device("cpu"))
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    before = {key: p.detach().clone() for key, p in model.named_parameters()}
    optimizer.step()
    changed = {key for key, p in model.named_parameters() if not torch.equal(p, before[key])}
    assert changed == {"0.weight", "2.weight"}


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam", "adamw"])
def test_optimisers_equal_those_of_torch(lab: Lab, name: str) -> None:
    loop = training(
        lab, f"trainer.optimizer={name}", "trainer.weight_decay=0.0", "trainer.clip_norm=0"
    )
    model = copy.deepcopy(loop.learner.model)
    rate = loop.config.learning_rate
    reference: torch.optim.Optimizer
    match name:
        case "sgd":
            reference = torch.optim.SGD(model.parameters(), rate, momentum=0.9)
        case "rmsprop":
            reference = torch.optim.RMSprop(model.parameters(), rate, momentum=0.9)
        case "adam":
            reference = torch.optim.Adam(model.parameters(), rate)
        case _:
            reference = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.0)
    for batch in loop.plan(0)[:4]:
        placed = loop.learner.place(loop.splits["train"], batch)
        torch.manual_seed(1)
        outputs = model(placed["inputs"], placed["lengths"])
        nn.functional.cross_entropy(outputs, placed["targets"]).backward()
        reference.step()
        reference.zero_grad()
        torch.manual_seed(1)
        list(loop._step(batch))
    for key, parameter in model.named_parameters():
        torch.testing.assert_close(parameters(loop)[key], parameter.detach(), rtol=1e-4, atol=1e-6)


def test_frozen_parameters_stay_as_they_are(lab: Lab) -> None:
    plugin = lab.plugin(
        HUNGRY.replace(
            "return Net()", "net = Net(); net.embedding.requires_grad_(False); return net"
        )
    )
    words = ["trainer.ema_decay=0.9", "trainer.max_steps=5", "trainer.evaluate_every=1"]
    run = lab.train(
        *words,
        "trainer.keep_checkpoints=5",
        plugins=[plugin],
        model={"name": "hungry", "most": 999},
    )
    first, last = run.weights(0), run.weights()
    assert torch.equal(first["embedding.weight"], last["embedding.weight"])
    assert not torch.equal(first["head.weight"], last["head.weight"])


# --- when training ends ---------------------------------------------------------------------------


def test_training_stops_early_when_nothing_improves(lab: Lab) -> None:
    run = lab.train(
        "trainer.early_stopping=2",
        "trainer.epochs=50",
        "trainer.evaluate_every=2",
        "trainer.learning_rate=1e-12",
        "trainer.monitor=loss",
    )
    evaluations = run.of("evaluation")
    assert run.status == "finished"
    assert [event["best"] for event in evaluations[-2:]] == [False, False]
    assert len(evaluations) < 50 * 12 // 2
    assert run.of("ended")[0]["message"].startswith("stopped early")


def test_the_best_checkpoint_is_chosen_on_validation_ties_by_loss_and_tested(lab: Lab) -> None:
    run = lab.train(
        "trainer.evaluate_every=2",
        "trainer.test=true",
        "trainer.learning_rate=0.2",
        "trainer.epochs=1",
    )
    validation = [event for event in run.of("evaluation") if event["split"] == "validation"]
    best = max(validation, key=lambda event: (event["metrics"]["accuracy"], -event["loss"]))
    info = run.folder.info()["best"]
    assert info["step"] == best.step
    assert info["metric"] == "accuracy"
    assert info["value"] == best["metrics"]["accuracy"]
    assert run.of("ended")[0]["best"] == info
    assert f"step-{best.step:08d}" in {path.name for path in run.checkpoints}
    assert run.of("evaluation")[-1]["split"] == "test"


def test_the_loss_can_choose_the_best_checkpoint(lab: Lab) -> None:
    run = lab.train("trainer.monitor=loss", "trainer.evaluate_every=2", "trainer.learning_rate=0.2")
    lowest = min(run.of("evaluation"), key=lambda event: event["loss"])
    assert run.folder.info()["best"]["step"] == lowest.step


@pytest.mark.parametrize("keep", [1, 3])
def test_the_best_checkpoint_and_the_newest_others_are_kept(lab: Lab, keep: int) -> None:
    run = lab.train("trainer.checkpoint_every=2", f"trainer.keep_checkpoints={keep}")
    steps = [int(path.name.removeprefix("step-")) for path in run.checkpoints]
    best = run.folder.info()["best"]["step"]
    saved = [event.step for event in run.of("checkpoint")]
    assert steps == sorted({best, *[step for step in saved if step != best][-keep:]})


def test_max_steps_ends_a_run_with_a_score(lab: Lab) -> None:
    run = lab.train("trainer.max_steps=5")
    assert run.of("ended")[0].step == 5
    assert [event.step for event in run.of("evaluation")] == [5]
    assert list(run.losses) == [1, 2, 3, 4, 5]


def test_evaluations_come_as_often_as_asked(lab: Lab) -> None:
    run = lab.train("trainer.evaluate_every=5")
    assert [event.step for event in run.of("evaluation")] == [5, 10, 15, 20, 24]
    assert [event.step for event in lab.train().of("evaluation")] == [12, 24]


def test_one_batch_is_learnt_by_heart(lab: Lab) -> None:
    words = ["trainer.overfit_batches=1", "trainer.epochs=80", "trainer.evaluate_every=80"]
    run = lab.train(*words, *NO_DROPOUT)
    assert run.of("started")[0]["steps_per_epoch"] == 1
    assert run.of("ended")[0].step == 80
    assert run.losses[80] < 0.02


def test_the_mean_loss_of_an_epoch_does_not_depend_on_reports(lab: Lab) -> None:
    often, seldom = lab.train(), lab.train("trainer.log_every=1000")
    assert often.numbers() == seldom.numbers()
    mean = np.mean(list(often.losses.values())[:12])
    assert often.of("evaluation")[0]["train_loss"] == pytest.approx(mean, abs=0.01)
    assert [event.step for event in seldom.of("step")] == [12, 24]


def test_without_a_validation_split_the_newest_checkpoint_is_the_best(
    lab: Lab, reviews: Reviews
) -> None:
    path = reviews()
    dataset = {"name": "text-csv", "path": str(path), "validation": 0, "test": 0}
    run = lab.train("trainer.epochs=4", "trainer.keep_checkpoints=1", dataset=dataset)
    assert any("no validation split" in warning for warning in run.warnings)
    assert run.folder.info()["best"]["step"] == run.of("ended")[0].step
    # There is one to fall back on.
    assert len(run.checkpoints) == 2
    assert not math.isnan(run.losses[1])
