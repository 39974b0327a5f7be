"""What a plugin author builds on: components and the codec of a task. Torch-free.

A component is a class with a `name`, a one-line docstring and a nested `Config`. Nothing here
imports torch: a plugin's `__init__` declares its components, and `build` imports the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from seqkit.callbacks import Notify, Say, ignore
from seqkit.codec import Arrays, Batch, Codec, Record
from seqkit.component import Component, Observer, Recipe, Tokenizer, recipes_in
from seqkit.config import Config
from seqkit.outcome import Advice, Outcome
from seqkit.shapes import (
    Classes,
    Features,
    Labels,
    NextTokens,
    Number,
    Shape,
    StepClasses,
    Tokens,
    Values,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

    from seqkit.data.fetch import FetchOptions
    from seqkit.data.own import OwnData


class Model(Component):
    """A network, for every task whose inputs and outputs it can have, or for some tasks alone.

    Attributes:
        inputs: The kinds of input it takes, of `seqkit.shapes.INPUTS`.
        outputs: The kinds of output it can have, of `seqkit.shapes.OUTPUTS`.
        tasks: Names of tasks that it is for whatever their outputs are.
        refuses: Kinds of output, or tasks, that someone may well try it on, and why it is not for
            them.
    """

    inputs: ClassVar[tuple[str, ...]] = ("tokens", "features")
    outputs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ()
    refuses: ClassVar[Mapping[str, str]] = {}

    def build(self, config: Any, shape: Shape) -> nn.Module:
        """Builds the network, a module with `forward(inputs, lengths)`.

        `inputs` are padded on the right, `(batch, time)` int64 or `(batch, time, features)`
        float32; `lengths` is `(batch,)` int64. By the kind of `shape.outputs`, what comes out,
        and what goes in beside these:

        - `classes`, `labels`, `number`: one vector for each example, `(batch,
          shape.output_size)`; logits of classes and labels.
        - `step-classes`: logits of each time step, `(batch, time, classes)`; those of padded steps
          count nothing.
        - `values`: `(batch, horizon, size)`, and `(batch, horizon, size, quantiles)` where the
          shape has quantiles. Every window has as many steps as `shape.extras["context"]` says, so
          that none is padded. Where `shape.extras` has a `future` that is not 0, the third
          argument is what is known of the horizon, `(batch, horizon, future)`.
        - `next-tokens`: the third argument is the state after the batch before, None at first; the
          result is the logits `(batch, time, tokens)` and the state, a tensor or a tuple of
          tensors.
        - `tokens`: the third argument is the target so far, `(batch, target time)` int64, which
          begins with `shape.extras["begin"]`; the result is the logits `(batch, target time,
          tokens)`. Such a network also decodes: see `seqkit.nn.Decoding`.
        """
        raise NotImplementedError

    def initialize(self, config: Any, network: nn.Module, codec: Codec, notify: Notify) -> None:
        """Gives a network that was just built another start, such as pretrained embeddings.

        Called before the first step of a run, and not when it goes on nor for predictions: what is
        read here is not needed again.
        """


@dataclass(frozen=True)
class Recognition:
    """What a dataset makes of a user's own data.

    Attributes:
        settings: Settings of the dataset that follow from the data, its path among them.
        said: What was found, in one sentence without its first capital and its full stop: `texts
            are in column 'a'`.
        confidence: How sure it is, from 0 to 1: 1 where nothing else could be meant, 0.5 where a
            person should look. At 0 it cannot use the data, and `said` is what to do if they are
            for it, shown where no other dataset can.
        task: The task that the data are for.
        examples: How many there are, where that is known; training on few is made fit for them.
        overrides: Other settings that suit such data, by dotted key: `{"trainer.epochs": 20}`. The
            key `task` with a table replaces all that a recipe sets of the task.
    """

    settings: Mapping[str, Any]
    said: str
    confidence: float
    task: str
    examples: int = 0
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A setting that suits a user's own data, and why.

    Attributes:
        key: The dotted key: `trainer.batch_size`. The keys `model` and `loss` with a table replace
            all that a recipe sets of them, and `metrics` takes a list.
        value: Its value.
        reason: What of the data it follows from, in a few words that begin with a small letter:
            `2,860 short names: characters`. The experiment file shows it beside the setting.
    """

    key: str
    value: Any
    reason: str


class Dataset(Component):
    """A source of records.

    Attributes:
        tasks: The tasks its records are for, the usual one first.
        foldable: Whether any of its examples may be held out, as cross-validation does: not where
            they hang together, as rows of a series do, or where a published test is to be kept.
        together: Field of its records whose equal values are never parted by folds.
    """

    tasks: ClassVar[tuple[str, ...]]
    foldable: ClassVar[bool] = False
    together: ClassVar[str] = ""

    def splits(self, config: Any, notify: Notify) -> Mapping[str, Iterable[Record]]:
        """Returns the records of each split: `train`, and `validation` and `test` where they are.

        Each iterable is read once, in the order train, validation, test, others. Splits never
        mix: a missing validation split is carved from train with a seed (`seqkit.data.hold_out`).

        Raises:
            DataError: The data are missing or damaged; says which file or row, and the next step.
        """
        raise NotImplementedError

    def fingerprint(self, config: Any) -> str:
        """Returns a text that changes whenever `splits` would yield something else.

        Cheap: sizes, modification times and published hashes do. An empty text means that the
        encoded data are not kept from run to run.
        """
        return ""

    def read(self, config: Any, path: Path, notify: Notify) -> Iterable[Record] | None:
        """Returns all records of another file or folder, read as its own; None where it reads none.

        They are scored by `seqkit evaluate --file`. A record may hold its `row` besides: every
        field of the row that it comes from, by column, for scores of the values of a column.

        Raises:
            DataError: The file is missing or damaged; says which row, and the next step.
        """
        return None

    def recognise(self, data: OwnData, task: str) -> Recognition | None:
        """Returns what it makes of a user's own file or folder; None where it is not for it.

        Every dataset for the task is asked, and the surest is taken.

        Args:
            data: The file or folder, read once for all that are asked.
            task: The task that the person named; empty where they named none.

        Raises:
            DataError: It is plainly for this dataset and cannot be used; says why, and what to do.
                That is said to the person unless another dataset is surer than 0.8.
        """
        return None

    def get(self, config: Any, options: FetchOptions) -> Path | None:
        """Fetches the data for `seqkit data get NAME`; None for a dataset with nothing to fetch."""
        return None

    def location(self, config: Any) -> Path | None:
        """Returns the file or folder of the records, present or not; None for generated data."""
        return None


class Task(Component):
    """What is learnt: how records become arrays, and outputs become answers.

    Attributes:
        inputs: The kinds of input its shapes may have, of `seqkit.shapes.INPUTS`.
        outputs: The kind of output its shapes have, of `seqkit.shapes.OUTPUTS`.
        loss: Name of the usual loss.
        metrics: Names of the usual metrics; the first chooses the best checkpoint.
        fields: What each of its records holds: `{"text": "the text to read", ...}`.
        optional_fields: What a record may hold besides.
        extras: What `Shape.extras` holds beside inputs and outputs, for the parts that know of it.
        usual_columns: Names in small letters that people give to the column of a field, by the
            field: `{"text": ("text", "sentence")}`. A column of theirs is found by them.
        PredictOptions: What `seqkit predict` may be told, as `--temperature 0.8`; each has a
            default.
        reads_whole_table: Whether the inputs of `predict` are the rows of one table, read as a
            whole. Such a task answers without any input too, from what its codec kept of the data.
        examples: Inputs to try, as a person would write them after `seqkit predict RUN`; none for a
            task that answers without any.
        purpose: What predicting does, for the list of what to do next: `label new texts`.
        hint: What to type into the Try screen, in a sentence or two.
        live: Whether the Try screen answers while one types; not where an answer takes seconds.
        try_options: Values of `PredictOptions` that the Try screen begins with.
        own_data_recipe: Name of the recipe that one's own data begin with; empty where none is.
        further_settings: Settings that a run which goes on from another one may have otherwise: of
            all others it has the values of that run, as what was learnt hangs on them.
        stratum: Field of its records that every fold of a cross-validation has its share of each
            value of, such as a label; empty for none.
        next_commands: Other commands worth trying on a trained run, `{run}` for its name, and what
            each is for: `{"COMMAND {run}": "errors of each class"}`.
        sample_shapes: Small shapes that `seqkit plugin check` tries models, losses and metrics on,
            for a task whose `Shape.extras` hold what they read; without any it takes the shape of
            encoded records, and makes some up.
        sample_records: A few records that it tries the task on, by split; without any it takes
            the first ones of a dataset for the task.
    """

    inputs: ClassVar[tuple[str, ...]] = ("tokens", "features")
    outputs: ClassVar[str] = ""
    loss: ClassVar[str]
    metrics: ClassVar[tuple[str, ...]]
    fields: ClassVar[Mapping[str, str]] = {}
    optional_fields: ClassVar[Mapping[str, str]] = {}
    extras: ClassVar[Mapping[str, str]] = {}
    usual_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    PredictOptions: ClassVar[type[Config]] = Config
    reads_whole_table: ClassVar[bool] = False
    examples: ClassVar[tuple[str, ...]] = ("your own input",)
    purpose: ClassVar[str] = "answer new inputs"
    hint: ClassVar[str] = ""
    live: ClassVar[bool] = False
    try_options: ClassVar[Mapping[str, Any]] = {}
    own_data_recipe: ClassVar[str] = ""
    further_settings: ClassVar[tuple[str, ...]] = ()
    stratum: ClassVar[str] = ""
    next_commands: ClassVar[Mapping[str, str]] = {}
    sample_shapes: ClassVar[tuple[Shape, ...]] = ()
    sample_records: ClassVar[Mapping[str, Sequence[Record]]] = {}

    def choose(self, splits: Mapping[str, Sequence[Record]], cores: int) -> Sequence[Choice]:
        """Returns the settings that suit a user's own data, by what they hold.

        Asked once, when an experiment on one's own data is begun, and never by a run: the settings
        are written into the experiment. Rules rest on the training split, and are the same on
        every machine but for the threads. Without torch.

        Args:
            splits: The records that the dataset read, by split.
            cores: Processor cores of this machine.
        """
        return ()

    def encode(
        self, config: Any, splits: Mapping[str, Iterable[Record]], notify: Notify
    ) -> tuple[Codec, dict[str, Arrays]]:
        """Fits a codec on the training split alone and encodes every split.

        Raises:
            DataError: The records are empty, lack a field, or have a single class.
        """
        raise NotImplementedError

    def encode_further(
        self,
        config: Any,
        codec: Codec,
        splits: Mapping[str, Iterable[Record]],
        notify: Notify,
        *,
        refit: bool = False,
    ) -> tuple[Codec, dict[str, Arrays]]:
        """Encodes every split for a run that goes on from another one, by the codec of that run.

        Every id goes on meaning the same token or class, and what is new in the training split has
        the ids behind the last one: the layers of the network grow by as many rows. Given the codec
        that it returned and the same records it returns the same again, by which a run is resumed.

        A task that says nothing of its own keeps the codec as it is: what is new is unknown.

        Args:
            config: Its settings, which are those of the other run but for `further_settings`.
            codec: The codec of the other run, which is left as it is.
            splits: The records of the new data.
            notify: Receives what a person should know, such as how much is new.
            refit: Whether scalers are fitted to the new data, where the codec has any.

        Raises:
            DataError: The records cannot be encoded.
        """
        return codec, {split: codec.encode(rows, notify) for split, rows in splits.items()}

    def load(self, folder: Path) -> Codec:
        """Reads back a codec that `Codec.save` wrote. Raises DataError when it is damaged."""
        raise NotImplementedError

    def advice(self, outcome: Outcome) -> Sequence[Advice]:
        """Returns what may be behind a score that is no better than the best baseline.

        Asked when a run or an evaluation ends; what is true of any run, such as too few steps, is
        told without it. The likeliest cause comes first, each with the settings to try.

        Args:
            outcome: What the run shows.
        """
        return ()


class LossFunction(Protocol):
    """Called with a model's outputs and a batch's targets."""

    def __call__(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor | int]:
        """Returns the summed loss and what to divide it by, so that batches can be added up."""
        ...


class Loss(Component):
    """What training makes small. It returns a sum and a count, never a mean.

    Attributes:
        outputs: The kinds of output it compares with their targets, of `seqkit.shapes.OUTPUTS`.
        tasks: Names of tasks that it is for whatever their outputs are.
    """

    outputs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ()

    def adapt(self, config: Any, shape: Shape) -> Shape:
        """Returns the shape of the outputs this loss needs; most need no change.

        Raises:
            ConfigurationError: The loss cannot be used with such data.
        """
        return shape

    def build(self, config: Any, shape: Shape) -> LossFunction:
        """Builds the loss; a tensor it holds belongs to an `nn.Module`, so that it moves along.

        The parameters of such a module are trained with those of the model, and kept with them.
        """
        raise NotImplementedError


class Accumulator(Protocol):
    """A metric over one pass: adds up on the device, and computes at the end."""

    @property
    def update(self) -> Callable[..., None]:
        """Takes in one batch, and must not copy to the host.

        What it is called with hangs on `Metric.reads`, always by position: predictions and targets
        for `outputs`; these and the batch for `batch`; answers and records, as lists, for
        `answers`.
        """
        ...

    def merge(self, other: Any) -> None:
        """Takes in what another accumulator saw, so that splitting a pass changes nothing."""
        ...

    def compute(self) -> Any:
        """Returns the value over everything seen: a float, or nested lists of numbers."""
        ...


class Metric(Component):
    """A score of predictions against targets.

    Attributes:
        outputs: The kinds of output it scores, of `seqkit.shapes.OUTPUTS`.
        tasks: Names of tasks that it is for whatever their outputs are.
        higher_is_better: Which way is better; None for one that ranks nothing (a confusion matrix).
        reads: What it compares: the `outputs` of the model with the targets, as
            `Codec.metric_inputs` gives them; the same with the whole `batch` as a third argument;
            or the `answers` of `Codec.predict` with the records.
    """

    outputs: ClassVar[tuple[str, ...]] = ()
    tasks: ClassVar[tuple[str, ...]] = ()
    higher_is_better: ClassVar[bool | None] = True
    reads: ClassVar[Literal["outputs", "batch", "answers"]] = "outputs"

    def build(self, config: Any, shape: Shape) -> Accumulator:
        """Builds an empty accumulator."""
        raise NotImplementedError

    def signature(self, config: Any) -> str:
        """Returns what scores must share to be compared, such as the version of a library.

        `seqkit evaluate` shows it with the score; empty where the name says all.
        """
        return ""

    def positive(self, config: Any, shape: Shape) -> str:
        """Returns the one of two classes that the score is of; empty where it is of none.

        It is told beside the score, and `seqkit evaluate` looks for the threshold of the decision
        between the two that makes the score best.
        """
        return ""

    def names(self, config: Any, shape: Shape) -> Sequence[str]:
        """Returns what the rows and columns of nested lists stand for; none where it is a place."""
        return ()

    def details(
        self, config: Any, shape: Shape, accumulator: Any
    ) -> Mapping[str, Mapping[str, float]]:
        """Returns what makes up the score, a row for each class or label: its numbers, by name.

        `seqkit evaluate` shows it as a table, once for metrics that have the same.

        Args:
            config: Settings of the metric.
            shape: What goes in and comes out of the model.
            accumulator: What `build` made, when all examples were seen.
        """
        return {}


__all__ = [
    "Accumulator",
    "Advice",
    "Arrays",
    "Batch",
    "Choice",
    "Classes",
    "Codec",
    "Component",
    "Dataset",
    "Features",
    "Labels",
    "Loss",
    "LossFunction",
    "Metric",
    "Model",
    "NextTokens",
    "Notify",
    "Number",
    "Observer",
    "Outcome",
    "Recipe",
    "Recognition",
    "Record",
    "Say",
    "Shape",
    "StepClasses",
    "Task",
    "Tokenizer",
    "Tokens",
    "Values",
    "ignore",
    "recipes_in",
]
