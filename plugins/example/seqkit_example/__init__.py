"""An example plugin: a model, a task, datasets, a metric, recipes and a command.

seqkit imports this module for every command, so nothing here imports torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import seqkit
from seqkit_example.event_order import EventOrder, add_command
from seqkit_example.word_tags import EventTags, TaggedFile, WordTags

if TYPE_CHECKING:
    import click
    from torch import nn


class AttnGRU(seqkit.Model):
    """GRU whose steps are averaged by learnt attention.

    A single layer of additive attention (Yang et al., 2016) over a GRU (Cho et al., 2014).
    """

    name = "attn-gru"
    outputs = ("classes",)

    class Config(seqkit.Config):
        embedding_size: int = seqkit.Field(64, ge=1, help="Size of a token's embedding.")
        hidden_size: int = seqkit.Field(64, ge=1, help="Units of each direction of the GRU.")
        bidirectional: bool = seqkit.Field(True, help="Read the sequence backwards as well.")
        dropout: float = seqkit.Field(0.2, ge=0, lt=1, help="Dropout before the last layer.")

    def build(self, config: Config, shape: seqkit.Shape) -> nn.Module:
        from seqkit_example.network import AttnGRUNetwork

        return AttnGRUNetwork(
            inputs=shape.inputs,
            output_size=shape.output_size,
            embedding_size=config.embedding_size,
            hidden_size=config.hidden_size,
            bidirectional=config.bidirectional,
            dropout=config.dropout,
        )


class BalancedAccuracy(seqkit.Metric):
    """Mean over the classes of the share of each that was found.

    Chance is one over the number of classes, however unequal they are (Brodersen et al., 2010).
    """

    name = "balanced-accuracy"
    outputs = ("classes",)

    def build(self, config: Any, shape: seqkit.Shape) -> seqkit.Accumulator:
        from seqkit_example.balanced_accuracy import ClassCounts

        assert isinstance(shape.outputs, seqkit.Classes)
        return ClassCounts(len(shape.outputs.names))


@seqkit.hookimpl
def register_models() -> list[type[seqkit.Model]]:
    return [AttnGRU]


@seqkit.hookimpl
def register_datasets() -> list[type[seqkit.Dataset]]:
    return [EventOrder, EventTags, TaggedFile]


@seqkit.hookimpl
def register_tasks() -> list[type[seqkit.Task]]:
    return [WordTags]


@seqkit.hookimpl
def register_metrics() -> list[type[seqkit.Metric]]:
    return [BalancedAccuracy]


@seqkit.hookimpl
def register_recipes() -> list[seqkit.Recipe]:
    return seqkit.recipes_in(Path(__file__).parent / "recipes")


@seqkit.hookimpl
def register_commands(cli: click.Group) -> None:
    add_command(cli)
