"""A plugin's model of the wrong size is refused at its first step, in words about the model."""

from pathlib import Path

import pytest

import seqkit
from seqkit.cli.main import run_command_line
from seqkit.errors import RunError

PLUGIN = '''
import seqkit


class Wide(seqkit.Model):
    """One too many."""

    name, tasks, inputs = "wide", ("classification",), ("tokens",)

    def build(self, config, shape):
        from torch import nn

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.Embedding(shape.inputs.size, 4)
                self.last = nn.Linear(4, shape.output_size + 1)

            def forward(self, inputs, lengths):
                return self.last(self.table(inputs).mean(1))

        return Network()


@seqkit.hookimpl
def register_models():
    return [Wide]
'''


def test_a_model_with_a_class_too_many_is_refused_before_it_trains(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "wide.py"
    plugin.write_text(PLUGIN, encoding="utf-8")
    words = ["run", "sentiment", "model=wide", "--plugin", str(plugin), "--quiet"]
    code = run_command_line([*words, "--runs-dir", str(tmp_path / "runs")])
    said = capfd.readouterr().err
    assert code == 1
    assert "model wide:wide puts out the shape (16, 3)" in said
    assert "last dimension must be 2: a number for each class" in said
    events = (tmp_path / "runs" / "sentiment-0001" / "events.jsonl").read_text(encoding="utf-8")
    assert '"event":"step"' not in events


ODD = '''
import seqkit
from pydantic import Field


class Odd(seqkit.Model):
    """What no task can go on with."""

    name, tasks = "odd", ("classification", "forecasting", "language-modeling")

    class Config(seqkit.Config):
        kind: str = Field("one")

    def build(self, config, shape):
        import torch
        from torch import nn

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.zeros(1))

            def forward(self, inputs, *_):
                out = self.weight.expand(len(inputs), 2)
                return {
                    "scalar": out.sum(),
                    "pair": (out, None),
                    "nothing": None,
                    "whole": out.long(),
                    "fewer": out[1:],
                    "each step": out[:, None].expand(-1, inputs.shape[1], -1),
                    "unlearnt": out.detach(),
                    "one": out[:, :1],
                }[config.kind]

        return Network()


@seqkit.hookimpl
def register_models():
    return [Odd]
'''


@pytest.mark.parametrize(
    ("recipe", "kind", "said"),
    [
        ("sentiment", "scalar", "the shape (), whose last dimension must be 2"),
        ("sentiment", "pair", "a tuple of 2, and a tensor is needed"),
        ("sentiment", "nothing", "nothing, and a tensor is needed"),
        ("sentiment", "whole", "numbers that depend on no parameter"),
        ("sentiment", "fewer", "the shape (15, 2), which must be (16, 2) for this batch"),
        ("sentiment", "each step", ", 2), which must be (16, 2) for this batch"),
        ("sentiment", "unlearnt", "numbers that depend on no parameter"),
        ("weather-rnn", "one", "the shape (32, 1), which must be (32, 7, 1) for this batch"),
        ("weather-rnn", "pair", "a tuple of 2, "),
        ("shakespeare-gru", "one", "with which the task cannot go on"),
    ],
)
def test_outputs_that_no_task_can_go_on_with_are_told_before_it_trains(
    recipe: str, kind: str, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    plugin = tmp_path / "odd.py"
    plugin.write_text(ODD, encoding="utf-8")
    words = ["run", recipe, "model=odd", f"model.kind={kind}", "--plugin", str(plugin), "-q"]
    if recipe == "shakespeare-gru":
        (tmp_path / "t.txt").write_text("to be or not to be\n" * 100, encoding="utf-8")
        words += ["dataset=text-file", f"dataset.path={tmp_path / 't.txt'}"]
    assert run_command_line([*words, "--runs-dir", str(tmp_path / "runs")]) == 1
    err = capfd.readouterr().err
    assert "error: model odd:odd puts out" in err
    assert said in err
    assert f"'seqkit plugin check {plugin}'" in err


POOLED = '''
import seqkit
from pydantic import Field


class Pooled(seqkit.Model):
    """Puts out so many numbers, in one dimension too few or too many."""

    name, outputs = "pooled", ("step-classes", "labels", "number")

    class Config(seqkit.Config):
        deep: bool = Field(False)

    def build(self, config, shape):
        from torch import nn

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.table = nn.Embedding(10, shape.output_size)

            def forward(self, inputs, lengths):
                steps = self.table(inputs)
                return steps[:, :, None] if config.deep else steps.mean(1)

        return Network()


@seqkit.hookimpl
def register_models():
    return [Pooled]
'''


@pytest.mark.parametrize(
    ("task", "deep", "said"),
    [
        ("steps", False, r"\(32, 2\), which must be \(32, 9, 2\)"),
        ("steps", True, r"\(32, 9, 1, 2\), which must be \(32, 9, 2\)"),
        ("having", True, r"\(32, 9, 1, 3\), which must be \(32, 3\)"),
        ("mean", True, r"\(32, 9, 1, 1\), which must be \(32, 1\)"),
    ],
)
def test_outputs_of_another_kind_than_the_tasks_are_told(
    task: str, deep: bool, said: str, tmp_path: Path
) -> None:
    plugin = tmp_path / "pooled.py"
    plugin.write_text(POOLED, encoding="utf-8")
    digits = Path(__file__).parents[1] / "plugins" / "digits_plugin.py"
    trainer = {"batch_size": 32, "device": "cpu", "baselines": False, "bucketing": False}
    with pytest.raises(RunError, match=f"model pooled:pooled puts out the shape {said}"):
        seqkit.run(
            {"task": task, "dataset": "digits", "model": {"name": "pooled", "deep": deep}},
            *(f"trainer.{key}={value}".lower() for key, value in trainer.items()),
            runs_dir=tmp_path,
            plugins=[digits, plugin],
            progress=False,
        )
