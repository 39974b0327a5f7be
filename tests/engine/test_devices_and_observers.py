"""Devices, mixed precision, and TensorBoard files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import torch

from seqkit.engine.device import choose_device, usable_devices
from seqkit.errors import ConfigurationError
from seqkit.experiments.trainer import TrainerConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from seqkit.events import Event
    from tests.engine.conftest import Lab

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
NO_DROPOUT = ["model.word_dropout=0", "model.embedding_dropout=0"]


def test_a_device_is_chosen_with_its_reason() -> None:
    chosen = choose_device(TrainerConfig())
    assert chosen.device.type == next(iter(usable_devices()))
    assert chosen.reason
    asked = choose_device(TrainerConfig(device="cpu"))
    assert (asked.device.type, asked.reason, asked.precision) == ("cpu", "as asked", "float32")


def test_a_device_that_is_not_there_is_refused_with_those_that_are(lab: Lab) -> None:
    with pytest.raises(ConfigurationError, match=r"'cuda:99', which is not usable.*Usable: .*cpu"):
        lab.train("trainer.device=cuda:99")


def test_bfloat16_on_the_cpu_is_close_to_float32(lab: Lab) -> None:
    exact = lab.train(*NO_DROPOUT)
    mixed = lab.train(*NO_DROPOUT, "trainer.precision=bfloat16")
    assert mixed.of("started")[0]["precision"] == "bfloat16"
    assert all(tensor.dtype == torch.float32 for tensor in mixed.weights().values())
    for step, loss in exact.losses.items():
        assert mixed.losses[step] == pytest.approx(loss, abs=0.05)
    assert mixed.losses != exact.losses


@needs_cuda
def test_cuda_resumes_with_the_same_bits(
    lab: Lab, signal_at: Callable[..., Callable[[Event], None]]
) -> None:
    whole = lab.train("trainer.device=cuda")
    cut = lab.resume(lab.train("trainer.device=cuda", observers=[signal_at(5)]))
    assert cut.weights_file == whole.weights_file


@needs_cuda
def test_cuda_is_close_to_the_cpu(lab: Lab) -> None:
    words = [*NO_DROPOUT, "trainer.precision=float32"]
    exact, fast = lab.train(*words), lab.train(*words, "trainer.device=cuda")
    for step, loss in exact.losses.items():
        assert fast.losses[step] == pytest.approx(loss, abs=1e-3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboard_reads_back_what_a_run_wrote(
    lab: Lab, signal_at: Callable[..., Callable[[Event], None]]
) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    words = ["trainer.tensorboard=true", "trainer.test=true", "trainer.samples=2"]
    run = lab.resume(lab.train(*words, observers=[signal_at(5)]))
    assert run.warnings == []
    found = accumulator.EventAccumulator(str(run.path / "tensorboard"))
    found.Reload()
    losses = {scalar.step: scalar.value for scalar in found.Scalars("train/loss")}
    assert losses == pytest.approx(run.losses)
    accuracies = [scalar.value for scalar in found.Scalars("validation/accuracy")]
    expected = [
        e["metrics"]["accuracy"] for e in run.of("evaluation") if e["split"] == "validation"
    ]
    assert accuracies == pytest.approx(expected)
    assert "test/loss" in found.Tags()["scalars"]
    assert "validation/samples/text_summary" in found.Tags()["tensors"]


def test_a_missing_tensorboard_is_named_with_what_to_install(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An entry of None is how Python notes that a module cannot be imported.
    for name in [name for name in sys.modules if name.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    run = lab.train("observers=tensorboard", "trainer.max_steps=2")
    assert run.status == "finished"
    assert len(run.warnings) == 1
    assert "pip install 'seqkit[tensorboard]'" in run.warnings[0]


def test_without_being_asked_for_nothing_is_written_for_tensorboard(lab: Lab) -> None:
    assert not (lab.train("trainer.max_steps=1").path / "tensorboard").exists()
