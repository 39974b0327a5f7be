"""The conformance kit on tasks: a sound one of a new kind passes, and each fault is found."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import seqkit
from seqkit.testing import Finding, check_plugin

Failures = Callable[..., dict[str, str]]
Results = Callable[..., dict[str, Finding]]

NAMES = ("lower", "upper")
RECORDS = [
    {"letters": letters, "cases": [NAMES[letter.isupper()] for letter in letters]}
    for letters in ("aB", "Abc", "x", "ZZtop", "QuitE", "lOw", "mE", "UP", "downTown", "e", "F")
]


class Cases(seqkit.Codec):
    """Letters as numbers, and for each whether it is upper or lower case."""

    @property
    def shape(self) -> seqkit.Shape:
        counts = (10, 10)
        return seqkit.Shape("cases", seqkit.Tokens(200), seqkit.StepClasses(NAMES, counts))

    def save(self, folder: Path) -> None:
        (folder / "cases.json").write_text(json.dumps(NAMES))

    def encode(self, records: Iterable[seqkit.Record], notify: seqkit.Notify) -> seqkit.api.Arrays:
        rows = list(records)
        sizes = [len(row["letters"]) for row in rows]
        values = [ord(letter) for row in rows for letter in row["letters"]]
        arrays = {
            "values": np.array(values, dtype=np.int64),
            "offsets": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        }
        if all("cases" in row for row in rows):
            targets = [NAMES.index(case) for row in rows for case in row["cases"]]
            arrays["targets"] = np.array(targets, dtype=np.int64)
        return arrays

    def parse(self, inputs: Iterable[Any]) -> list[seqkit.Record]:
        return [{"letters": text} if isinstance(text, str) else text for text in inputs]

    def batch(self, arrays: seqkit.api.Arrays, indices: Any) -> dict[str, Any]:
        offsets = arrays["offsets"]
        lengths = offsets[indices + 1] - offsets[indices]
        size = (len(indices), int(lengths.max()))
        batch = {"inputs": np.zeros(size, dtype=np.int64), "lengths": lengths}
        if "targets" in arrays:
            batch["targets"] = np.full(size, -1)
        for row, index in enumerate(indices):
            here = slice(offsets[index], offsets[index + 1])
            batch["inputs"][row, : lengths[row]] = arrays["values"][here]
            if "targets" in arrays:
                batch["targets"][row, : lengths[row]] = arrays["targets"][here]
        return batch

    def records(self, arrays: seqkit.api.Arrays, indices: Sequence[int]) -> list[seqkit.Record]:
        ends = arrays["offsets"]
        words = [arrays["values"][ends[index] : ends[index + 1]] for index in indices]
        return [{"letters": "".join(map(chr, word))} for word in words]

    def answers(self, outputs: Tensor, records: Sequence[seqkit.Record]) -> list[dict[str, Any]]:
        found = outputs.argmax(dim=2).tolist()
        return [
            {
                "view": "words",
                "words": list(record["letters"]),
                "tags": [NAMES[case] for case in row[: len(record["letters"])]],
            }
            for record, row in zip(records, found, strict=True)
        ]


def task_with(of: type[seqkit.Codec] = Cases, **changes: Any) -> type[seqkit.Task]:
    def encode(self: Any, config: Any, splits: Mapping[str, Any], notify: Any) -> Any:
        codec = of()
        return codec, {name: codec.encode(rows, notify) for name, rows in splits.items()}

    def load(self: Any, folder: Path) -> seqkit.Codec:
        assert json.loads((folder / "cases.json").read_text()) == list(NAMES)
        return of()

    body = {
        "__doc__": "Tell upper from lower case.",
        "name": "cases",
        "inputs": ("tokens",),
        "outputs": "step-classes",
        "loss": "cross-entropy",
        "metrics": ("accuracy",),
        "fields": {"letters": "a word", "cases": "the case of each letter"},
        "examples": ("aBc", "x"),
        "sample_records": {"train": RECORDS[:8], "test": RECORDS[8:]},
        "encode": encode,
        "load": load,
    }
    return type("Subject", (seqkit.Task,), body | changes)


def test_a_sound_task_of_a_plugin_passes_every_check(results: Results) -> None:
    found = results("tasks", task_with())

    assert {name: one.message for name, one in found.items() if one.status != "passed"} == {}
    assert {"encodes", "saved", "batches", "answers", "examples", "scores"} < set(found)


# --- codecs that are wrong in one thing ----------------------------------------------------------


class OfAnotherKind(Cases):
    @property
    def shape(self) -> seqkit.Shape:
        return seqkit.Shape("cases", seqkit.Tokens(200), seqkit.Number())


class DrawsAtRandom(Cases):
    def encode(self, records: Any, notify: Any) -> seqkit.api.Arrays:
        arrays = dict(super().encode(records, notify))
        return {**arrays, "values": arrays["values"] + np.random.default_rng().integers(0, 9)}


class KeepsObjects(Cases):
    def encode(self, records: Any, notify: Any) -> seqkit.api.Arrays:
        return {**super().encode(records, notify), "texts": np.array([RECORDS, None], dtype=object)}


class Raises(Cases):
    def encode(self, records: Any, notify: Any) -> seqkit.api.Arrays:
        raise KeyError("start")


class ForgetsWhatItLearnt(Cases):
    shift = 0

    def __init__(self) -> None:
        # As if it were fitted: another one for each that is made.
        type(self).shift += 1
        self.mine = type(self).shift > 2

    def encode(self, records: Any, notify: Any) -> seqkit.api.Arrays:
        arrays = dict(super().encode(records, notify))
        return {**arrays, "values": arrays["values"] + self.mine}


class SortsByNumber(Cases):
    def batch(self, arrays: Any, indices: Any) -> dict[str, Any]:
        return super().batch(arrays, np.sort(indices))


class SortsByLength(Cases):
    def batch(self, arrays: Any, indices: Any) -> dict[str, Any]:
        order = np.argsort(self.sizes(arrays)[indices], kind="stable")
        return super().batch(arrays, indices[order])


class SqueezesTheLast(Cases):
    def batch(self, arrays: Any, indices: Any) -> dict[str, Any]:
        batch = super().batch(arrays, indices)
        return {name: value.squeeze() for name, value in batch.items()}


class HalfSize(Cases):
    def batch(self, arrays: Any, indices: Any) -> dict[str, Any]:
        batch = super().batch(arrays, indices)
        return {**batch, "inputs": batch["inputs"].astype(np.int32)}


class TooManyTokens(Cases):
    @property
    def shape(self) -> seqkit.Shape:
        return seqkit.Shape("cases", seqkit.Tokens(100), super().shape.outputs)


class OneTargetForAll(Cases):
    def batch(self, arrays: Any, indices: Any) -> dict[str, Any]:
        batch = super().batch(arrays, indices)
        return {**batch, "targets": batch["targets"][:, 0]} if "targets" in batch else batch


class AnswersTensors(Cases):
    def answers(self, outputs: Tensor, records: Any) -> list[dict[str, Any]]:
        return [{"logits": row} for row in outputs]


class OtherTags(Cases):
    def answers(self, outputs: Tensor, records: Any) -> list[dict[str, Any]]:
        return [{**answer, "tags": ["upper"]} for answer in super().answers(outputs, records)]


class AnswersOneAtMost(Cases):
    def answers(self, outputs: Tensor, records: Any) -> list[dict[str, Any]]:
        return super().answers(outputs[:1], records[:1])


class TakesNoText(Cases):
    def parse(self, inputs: Any) -> list[seqkit.Record]:
        raise seqkit.ConfigurationError("input 1 is a text, and must be a record.")


class ReportsNothing(Cases):
    def metric_inputs(self, outputs: Tensor, batch: Any) -> tuple[Tensor, Tensor]:
        return outputs[..., :0], batch["targets"]


@pytest.mark.parametrize(
    ("codec", "check", "message"),
    [
        (OfAnotherKind, "encodes", "the shape has number as outputs, and the task says step-cla"),
        (DrawsAtRandom, "encodes", "encoded otherwise the second time. Draw with a seed"),
        (KeepsObjects, "encodes", "'texts' of 'train' is ndarray of object; it must be an array"),
        (Raises, "encodes", "raised KeyError: 'start'"),
        (ForgetsWhatItLearnt, "saved", "after it was saved and loaded, it encodes records otherw"),
        (SortsByNumber, "batches", "an example is another one when it is alone in its batch"),
        (SortsByLength, "batches", "examples do not come in the order of the indices"),
        (SqueezesTheLast, "batches", "inputs are int64 of the shape (); they must be int64, (bat"),
        (HalfSize, "batches", "inputs are int32 of the shape (8, 5); they must be int64"),
        (TooManyTokens, "batches", "inputs hold the id 120, and the shape has 100 tokens"),
        (OneTargetForAll, "batches", "targets are int64 of the shape (8,); for step-classes they"),
        (AnswersTensors, "answers", "an answer cannot be shown: the answer['logits'] is of type"),
        (OtherTags, "answers", "'tags' has 1 items, and 'words' has"),
        (AnswersOneAtMost, "answers", "must return a list with an answer for each of 8 records"),
        (TakesNoText, "examples", "its own examples, 'aBc', 'x', are refused: input 1 is a text"),
        (ReportsNothing, "scores", ""),
    ],
)
def test_each_fault_of_a_codec_is_found(
    failures: Failures, codec: type[seqkit.Codec], check: str, message: str
) -> None:
    found = failures("tasks", task_with(codec))

    assert message in found[check]
    assert check != "encodes" or len(found) == 1


class Needy(seqkit.Config):
    beam: int = seqkit.Field(ge=1, help="Beam.")


@pytest.mark.parametrize(
    ("changes", "check", "message"),
    [
        ({"loss": "mse"}, "tasks", "its usual loss 'mse' is not for it: it is for"),
        ({"metrics": ("bleu",)}, "tasks", "its usual metric 'bleu' is not for it"),
        ({"metrics": ("acuracy",)}, "tasks", "Did you mean accuracy?"),
        ({"metrics": ()}, "contract", "metrics names none; the first chooses"),
        ({"metrics": "accuracy"}, "contract", "metrics is 'accuracy'; it must be a tuple of names"),
        ({"outputs": "steps"}, "contract", "outputs has 'steps', which is no kind of output"),
        ({"outputs": ""}, "contract", "outputs names no kind of output"),
        ({"examples": "abc"}, "contract", "examples is 'abc'; it must be a tuple of texts"),
        ({"hint": None}, "contract", "hint is None; it must be a text"),
        ({"fields": {}}, "contract", "fields must say what its records hold"),
        ({"PredictOptions": Needy}, "contract", "the option beam has no default"),
        ({"try_options": {"beam": 3}}, "contract", "try_options.beam is not a setting of"),
        ({"sample_records": {"test": RECORDS}}, "contract", "sample_records has no split 'train'"),
        ({"own_data_recipe": "nothing"}, "tasks", "there is no recipe 'nothing'"),
    ],
)
def test_what_a_task_says_of_itself_is_checked(
    failures: Failures, changes: dict[str, Any], check: str, message: str
) -> None:
    found = failures("tasks", task_with(**changes))

    assert message in found[check]
    assert len(found) == 1


def test_a_task_without_a_usual_loss_is_told_in_a_sentence(failures: Failures) -> None:
    class Lossless(seqkit.Task):
        """A task."""

        name = "lossless"

    assert failures("tasks", Lossless) == {
        "contract": "Lossless has no loss; it must be a text",
    }


# --- where records and shapes come from -----------------------------------------------------------


class Letters(seqkit.Dataset):
    """Words."""

    name = "letters"
    tasks = ("cases",)

    def splits(self, config: Any, notify: seqkit.Notify) -> Mapping[str, Any]:
        return {"train": RECORDS}


def test_a_task_is_tried_on_records_of_a_dataset_for_it(
    make_plugin: Callable[..., Any],
) -> None:
    task = task_with(sample_records={})
    alone = check_plugin(make_plugin(tasks=[task]))
    both = check_plugin(make_plugin(tasks=[task], datasets=[Letters]))
    told = {f.check: f for f in alone if f.subject == "tasks:cases"}["encodes"]

    assert (told.status, told.message) == (
        "skipped",
        "there are no records for cases on this machine. Give some in sample_records of the task, "
        "or settings of a dataset for it",
    )
    assert {f.status for f in both if f.check in ("encodes", "encoded", "scores")} == {"passed"}


class OfLetters(nn.Module):
    def __init__(self, shape: seqkit.Shape) -> None:
        super().__init__()
        assert isinstance(shape.inputs, seqkit.Tokens)
        self.embed = nn.Embedding(shape.inputs.size, shape.extras["width"])
        self.head = nn.Linear(shape.extras["width"], shape.output_size)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        outputs: Tensor = self.head(self.embed(inputs))
        return outputs


def for_cases(network: Any) -> type[seqkit.Model]:
    class Subject(seqkit.Model):
        """A model of letters."""

        name = "of-letters"
        tasks = ("cases",)
        inputs = ("tokens",)

        def build(self, config: Any, shape: seqkit.Shape) -> nn.Module:
            built: nn.Module = network(shape)
            return built

    return Subject


class WithExtras(Cases):
    @property
    def shape(self) -> seqkit.Shape:
        plain = super().shape
        return seqkit.Shape(plain.task, plain.inputs, plain.outputs, {"width": 5})


@pytest.mark.parametrize(
    "changes",
    [
        {"of": WithExtras},
        {"sample_shapes": (WithExtras().shape,)},
    ],
)
def test_a_model_of_a_new_task_is_tried_on_its_shapes(
    make_plugin: Callable[..., Any], changes: dict[str, Any]
) -> None:
    module = make_plugin(tasks=[task_with(**changes)], models=[for_cases(OfLetters)])
    found = {f.check: f for f in check_plugin(module) if f.subject == "models:of-letters"}

    assert {f.status for f in found.values()} == {"passed"}
    assert {"padding", "gradients", "batch-of-one"} < set(found)


def test_a_model_of_a_new_task_without_extras_is_tried_on_shapes_of_its_kind(
    make_plugin: Callable[..., Any],
) -> None:
    class Widens(OfLetters):
        def __init__(self, shape: seqkit.Shape) -> None:
            super().__init__(seqkit.Shape("cases", shape.inputs, shape.outputs, {"width": 5}))

        def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
            return super().forward(inputs, lengths) + torch.ones(()).expand(inputs.shape[1], 1)

    class SeesThePadding(Widens):
        def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
            return super().forward(inputs, lengths) + inputs.sum(dim=1)[:, None, None]

    task = task_with(sample_records={})
    for network, expected in ((Widens, set()), (SeesThePadding, {"padding"})):
        module = make_plugin(tasks=[task], models=[for_cases(network)])
        found = check_plugin(module)
        assert expected <= {f.check for f in found if f.status == "failed"}
        assert bool(expected) == any(f.status == "failed" for f in found)
