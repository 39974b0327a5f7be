"""A plugin's model of the wrong size is refused at its first step, in words about the model."""

from pathlib import Path

import pytest

from seqkit.cli.main import run_command_line

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
