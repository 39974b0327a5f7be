"""The codec of a task: what it learnt of the training data, from records to answers. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from seqkit.callbacks import Notify, Say, ignore
from seqkit.shapes import Shape

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

Record = Mapping[str, Any]
"""One raw example, as a dataset yields it: `{"text": "...", "label": "pos"}`."""

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
"""One encoded split: named flat arrays; ragged ones as `values` and `offsets`."""

SHOWN = "shown_"
"""How the names of arrays begin that hold what is shown to people, and nothing that is learnt of.
A run goes on whether they are there or not."""

Batch = Mapping[str, "Tensor"]
"""One batch: padded `inputs`, `lengths` and `targets`, with anything else a task needs."""


class Codec(ABC):
    """A task fitted to training data: turns records into arrays and outputs back into answers.

    Holds what prediction needs and nothing else, and travels in the run folder (`encoder/`).

    Attributes:
        on_host: What of a batch stays on the host, as no network reads it there. Packing for cuDNN
            needs the lengths, and not every accelerator has double precision.
    """

    on_host: ClassVar[tuple[str, ...]] = ("lengths",)

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes the codec into an empty folder, as JSON or safetensors."""

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """What the task's arrays and outputs look like."""

    def set_output_shape(self, shape: Shape) -> None:
        """Sets the shape of the outputs as the loss has adapted it, such as with quantiles."""
        return

    def facts(self, train: Arrays) -> Mapping[str, str | Mapping[str, int]]:
        """Returns what a person should know of the training data before the first step, by name.

        A sentence, or names with their counts: `{"classes": {"neg": 400, "pos": 380}}`. It stands
        in the `started` event and in the opening lines of a run.

        Args:
            train: The flat arrays of the training split; those of a run that goes on may differ
                from what the codec was fitted to.
        """
        return {}

    @property
    def found(self) -> Mapping[str, Any]:
        """Settings of the dataset that were found out from the data, by their name.

        Where the data of a run cannot be read any more, because they are others or are read
        otherwise by now, they are read with these: `{"decimal": "."}`.
        """
        return {}

    @property
    def tokens(self) -> Sequence[str] | None:
        """The token of each id of the inputs; None where the inputs are no tokens."""
        return None

    @abstractmethod
    def encode(self, records: Iterable[Record], notify: Notify) -> Arrays:
        """Encodes records into flat arrays.

        Raises:
            DataError: A record cannot be encoded, naming the row.
        """

    def scorable(self, records: Sequence[Record], notify: Notify) -> list[Record]:
        """Returns those of newly labelled records that can be scored, as `encode` takes them.

        What is left out is told, such as targets that the training data had none of.
        """
        return list(records)

    @abstractmethod
    def parse(self, inputs: Iterable[str | Record]) -> list[Record]:
        """Turns what a user hands to `predict` into records, without their targets."""

    def beginning(self) -> Sequence[Record]:
        """Returns inputs for a person to begin with, as `parse` takes them: rows of a table.

        They are for a task that reads whole tables, hold every column that is read, as texts, and
        are answered as no input at all is. Without them, the Try screen begins with the history of
        an answer.
        """
        return ()

    def answerable(self, records: Sequence[Record], options: Any, notify: Notify) -> list[Record]:
        """Returns those of the records of `parse` that are answered; as many answers are given.

        Tells which are left out though they were not, by `options`, unwanted.

        Args:
            records: What `parse` returned.
            options: The task's `PredictOptions` settings.
            notify: Receives what a person should know of the answers.

        Raises:
            ConfigurationError: The options ask for what cannot be answered.
        """
        return list(records)

    def sizes(self, arrays: Arrays) -> np.ndarray[Any, Any]:
        """Returns the time steps of each example, `(examples,)`."""
        offsets = arrays["offsets"]
        lengths: np.ndarray[Any, Any] = offsets[1:] - offsets[:-1]
        return lengths

    def plan(
        self, arrays: Arrays, batch_size: int, generator: np.random.Generator | None
    ) -> Sequence[np.ndarray[Any, Any]] | None:
        """Returns the examples of each batch of an epoch, or None to have them grouped by length.

        Args:
            arrays: The split.
            batch_size: The most examples a batch may have.
            generator: Shuffles a training epoch; None keeps the order, for evaluation.
        """
        return None

    @abstractmethod
    def batch(
        self, arrays: Arrays, indices: np.ndarray[Any, Any]
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Cuts a batch by vectorised indexing: `inputs`, `lengths` and, if known, `targets`."""

    def forward(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        """Runs the model on a batch.

        Returns:
            The outputs, and a state carried to the next batch of the plan (None for most tasks).
        """
        return model(batch["inputs"], batch["lengths"]), None

    def metric_inputs(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns predictions and targets as metrics take them, in the user's units."""
        return outputs, batch["targets"]

    def groups(self, arrays: Arrays) -> Mapping[str, Sequence[str]]:
        """Returns by what examples belong together, and the group of each: `{"series": [...]}`.

        `seqkit evaluate` scores every group of more than one.
        """
        return {}

    def by_column(
        self, predictions: Tensor, targets: Tensor, batch: Batch
    ) -> Mapping[str, tuple[Tensor, Tensor, Batch]]:
        """Returns what metrics take of a batch for each column of its outputs, by its name.

        `seqkit evaluate` scores every column of more than one.
        """
        return {}

    def answers(self, outputs: Tensor, records: Sequence[Record]) -> list[dict[str, Any]]:
        """Turns the outputs of some examples into what the user reads, as JSON values.

        Where a record holds its target, the answer holds `target` and `correct` too. A task whose
        answers are more than the outputs of one forward pass has `predict` instead.
        """
        raise NotImplementedError

    def predict(
        self,
        model: nn.Module,
        batch: Batch,
        records: Sequence[Record],
        options: Any,
        say: Say = ignore,
    ) -> list[dict[str, Any]]:
        """Answers the examples of a batch.

        Args:
            model: The network, in evaluation mode and without gradients.
            batch: What `batch` cut, on the model's device.
            records: The examples themselves, in the same order.
            options: The task's `PredictOptions` settings.
            say: Receives text as it is generated.

        Returns:
            An answer for each record, as `answers` makes them.
        """
        outputs, _ = self.forward(model, batch, None)
        return self.answers(outputs.float(), records)

    def records(self, arrays: Arrays, indices: Sequence[int]) -> list[Record]:
        """Returns examples as near to the raw records as the encoded data allow, for samples."""
        return [{} for _ in indices]

    def overlap(self, arrays: Arrays) -> int:
        """Returns how many neighbouring examples share parts of their targets; 1 where none do.

        Examples that overlap are not so many answers; `seqkit compare` takes them together.
        """
        return 1

    def legend(self) -> dict[str, str]:
        """Returns signs that answers and records may hold, and what each means in a few words.

        A run explains a sign below the first example that holds it.
        """
        return {}

    def baselines(self, splits: Mapping[str, Arrays], split: str) -> dict[str, dict[str, float]]:
        """Scores baselines on a split: `{baseline: {metric: value}}`. The result is kept.

        Metrics that are not in it, such as those of other plugins, are scored by what
        `baseline_outputs` returns.
        """
        return {}

    def baseline_outputs(
        self, splits: Mapping[str, Arrays], split: str
    ) -> Mapping[str, tuple[Tensor, Tensor]]:
        """Returns what each baseline predicts for a split, and the targets.

        Both are as `metric_inputs` returns them, of all examples at once and on the host. Every
        metric that reads outputs is then scored.
        """
        return {}

    def baseline_answers(
        self, splits: Mapping[str, Arrays], split: str, baseline: str
    ) -> tuple[Tensor, Tensor] | None:
        """Returns what one baseline predicts for a split, and the targets, as `metric_inputs` does.

        By it a run is held against its best baseline example by example. None where that is not
        known; a codec whose baselines are many or slow to compute says it of one alone.
        """
        return self.baseline_outputs(splits, split).get(baseline)
