"""Checks of a task: it encodes, saves, cuts batches of, answers and scores a few records."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import SkipTest

from seqkit.api import Codec, ignore
from seqkit.errors import ConfigurationError
from seqkit.registry.registry import Entry
from seqkit.shapes import Classes, Shape, Tokens, Values, kind_of
from seqkit.testing import contracts
from seqkit.testing.checks import Check, following, once, require
from seqkit.testing.comparing import same
from seqkit.testing.records import Encoded, Records
from seqkit.testing.samples import output_shape
from seqkit.views import problems_of

if TYPE_CHECKING:
    import numpy as np

    from seqkit.testing.answering import Answering


def task_checks(entry: Entry, records: Records) -> Iterator[Check]:
    """Yields the checks of a task, on its own sample records or those of a dataset for it."""
    subject = f"tasks:{entry.name}"
    sound = once(partial(_encoded, entry, records))
    yield Check(subject, "encodes", partial(_note, sound))

    def with_codec(trial: Any) -> None:
        encoded = following("encodes", sound)()
        from seqkit.testing.answering import Answering

        trial(encoded, Answering(entry, encoded, records))

    trials = {"saved": partial(_saved, entry), "batches": _batches, "answers": _answers}
    trials |= {"examples": partial(_examples, entry), "scores": partial(_scores, entry, records)}
    for name, trial in trials.items():
        yield Check(subject, name, partial(with_codec, trial))


def _note(sound: Callable[[], Encoded]) -> None:
    sound()


def _encoded(entry: Entry, records: Records) -> Encoded:
    encoded = records.encoded(entry)
    codec, arrays, task = encoded.codec, encoded.arrays, entry.component
    shape = codec.shape
    require(isinstance(shape, Shape), f"Codec.shape is {type(shape).__name__}, not a seqkit.Shape")
    inputs, outputs = kind_of(shape.inputs), kind_of(shape.outputs)
    require(
        inputs in task.inputs, f"the shape has {inputs}, and the task says {', '.join(task.inputs)}"
    )
    require(
        outputs == task.outputs,
        f"the shape has {outputs} as outputs, and the task says {task.outputs or 'none'}",
    )
    try:
        json.dumps(shape.as_dict())
    except TypeError as error:
        raise AssertionError(f"Shape.extras must be plain JSON values: {error}") from error
    lacking = sorted(set(encoded.splits) - set(arrays))
    require(not lacking, f"encode() returned no arrays of {', '.join(lacking)}")
    for split, found in arrays.items():
        _plain_arrays(found, split)
        require(len(codec.sizes(found)), f"no example was made of the records of {split!r}")
    # Fitted anew, as the kept codec is compared with it.
    again = records.encode(entry, encoded.splits, encoded.source)
    require(
        same(dict(arrays), dict(again.arrays)),
        "the same records were encoded otherwise the second time. Draw with a seed from the "
        "settings",
    )
    return encoded


def _plain_arrays(arrays: Any, split: str) -> None:
    import numpy as np

    require(isinstance(arrays, Mapping), f"the arrays of {split!r} are no mapping of names")
    for name, array in arrays.items():
        require(
            isinstance(array, np.ndarray) and array.dtype != object,
            f"{name!r} of {split!r} is {_kind(array)}; it must be an array of numbers or texts, "
            "which can be kept on disk",
        )


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return f"{type(value).__name__}{f' of {dtype}' if dtype is not None else ''}"


def _saved(entry: Entry, encoded: Encoded, answering: Answering) -> None:
    codec = encoded.codec
    with tempfile.TemporaryDirectory() as place:
        codec.save(Path(place))
        require(any(Path(place).iterdir()), "save() wrote nothing")
        loaded = entry.component.load(Path(place))
    require(isinstance(loaded, Codec), f"load() returned {type(loaded).__name__}, not a Codec")
    loaded.set_output_shape(answering.shape)
    require(
        loaded.shape == codec.shape,
        f"after it was saved and loaded, its shape is {loaded.shape}, and was {codec.shape}",
    )
    records = encoded.splits["train"]
    one, other = (dict(which.encode(records, ignore)) for which in (codec, loaded))
    require(same(one, other), "after it was saved and loaded, it encodes records otherwise")
    indices = answering.chosen("train")
    arrays = encoded.arrays["train"]
    before = answering.answers(arrays, indices, codec.records(arrays, indices.tolist()))
    answering.codec = loaded
    after = answering.answers(arrays, indices, loaded.records(arrays, indices.tolist()))
    require(same(before, after), "after it was saved and loaded, it answers otherwise")


def _batches(encoded: Encoded, answering: Answering) -> None:
    codec = encoded.codec
    for split, arrays in encoded.arrays.items():
        indices = answering.chosen(split)
        whole = codec.batch(arrays, indices)
        _one_batch(codec.shape, whole, split)
        last = codec.batch(arrays, indices[:1])
        _one_batch(codec.shape, last, split)
        require(
            len(last["inputs"]) == 1,
            f"a batch of one example has {len(last['inputs'])}. The last batch may be such",
        )
        require(
            _same_row(whole, 0, last, 0),
            "an example is another one when it is alone in its batch. Cut by the indices alone",
        )
        if len(whole["inputs"]) == len(indices) > 1:
            turned = codec.batch(arrays, indices[::-1])
            require(
                _same_row(whole, 0, turned, len(indices) - 1),
                "examples do not come in the order of the indices",
            )


def _one_batch(shape: Shape, batch: Mapping[str, np.ndarray[Any, Any]], split: str) -> None:
    import numpy as np

    for name in ("inputs", "lengths", "targets"):
        require(
            isinstance(batch.get(name), np.ndarray), f"a batch of {split!r} has no array {name!r}"
        )
    inputs, lengths, targets = batch["inputs"], batch["lengths"], batch["targets"]
    tokens = isinstance(shape.inputs, Tokens)
    dtype, dimensions = ("int64", 2) if tokens else ("float32", 3)
    require(
        inputs.dtype == dtype and inputs.ndim == dimensions,
        f"inputs are {inputs.dtype} of the shape {inputs.shape}; they must be {dtype}, "
        f"(batch, time{'' if tokens else ', features'})",
    )
    size = shape.inputs.size
    if tokens:
        require(
            inputs.min() >= 0 and inputs.max() < size,
            f"inputs hold the id {inputs.max()}, and the shape has {size} tokens",
        )
    else:
        require(
            inputs.shape[2] == size, f"inputs have {inputs.shape[2]} features, the shape {size}"
        )
    require(
        lengths.dtype == "int64" and lengths.shape == inputs.shape[:1],
        f"lengths are {lengths.dtype} of the shape {lengths.shape}; they must be int64, (batch,)",
    )
    require(
        lengths.min() >= 1 and lengths.max() == inputs.shape[1],
        f"lengths go from {lengths.min()} to {lengths.max()}, and inputs have {inputs.shape[1]} "
        "steps. Each example has at least one step, and the longest fills its row",
    )
    _targets(shape, inputs, targets)


def _targets(shape: Shape, inputs: np.ndarray[Any, Any], targets: np.ndarray[Any, Any]) -> None:
    kind = kind_of(shape.outputs)
    written = targets.shape[1] if kind == "tokens" and targets.ndim > 1 else 0
    outputs = output_shape(shape, inputs.shape, written)
    chosen = kind in ("classes", "step-classes", "next-tokens", "tokens")
    of_quantiles = isinstance(shape.outputs, Values) and shape.outputs.quantiles
    expected = outputs[:-1] if chosen or of_quantiles else outputs
    dtype = "int64" if chosen else "float32"
    require(
        targets.shape == expected and targets.dtype == dtype,
        f"targets are {targets.dtype} of the shape {targets.shape}; for {kind} they must be "
        f"{dtype} of {expected}",
    )
    if chosen:
        # A loss may want a single logit of two classes.
        outs = shape.outputs
        size = len(outs.names) if isinstance(outs, Classes) else shape.output_size
        least = -1 if kind == "step-classes" else 0
        require(
            targets.min() >= least and targets.max() < size,
            f"targets go from {targets.min()} to {targets.max()}, and there are {size}",
        )


def _same_row(
    one: Mapping[str, np.ndarray[Any, Any]],
    row: int,
    other: Mapping[str, np.ndarray[Any, Any]],
    its: int,
) -> bool:
    steps = int(one["lengths"][row])
    return int(other["lengths"][its]) == steps and same(
        one["inputs"][row, :steps], other["inputs"][its, :steps]
    )


def _answers(encoded: Encoded, answering: Answering) -> None:
    codec = encoded.codec
    for split, arrays in encoded.arrays.items():
        indices = answering.chosen(split)
        records = codec.records(arrays, indices.tolist())
        require(
            len(records) == len(indices),
            f"records() returned {len(records)} for {len(indices)} examples of {split!r}",
        )
        _fit_to_be_shown(answering.answers(arrays, indices, records), len(records))


def _fit_to_be_shown(answers: Any, count: int) -> None:
    require(
        isinstance(answers, list) and len(answers) == count,
        f"predict() must return a list with an answer for each of {count} records",
    )
    for answer in answers:
        problems = problems_of(answer)
        require(not problems, f"an answer cannot be shown: {'; '.join(problems[:3])}")


def _examples(entry: Entry, encoded: Encoded, answering: Answering) -> None:
    task, codec = entry.component, encoded.codec
    if not task.examples and not task.reads_whole_table:
        raise SkipTest("it names no examples")
    records: Any
    try:
        records = codec.parse(list(task.examples))
    except ConfigurationError as error:
        raise AssertionError(
            f"its own examples, {', '.join(map(repr, task.examples))}, are refused: {error} "
            "Set examples to what a person would write after 'seqkit predict RUN'"
        ) from error
    require(
        isinstance(records, list) and all(isinstance(record, Mapping) for record in records),
        "parse() must return a list of records",
    )
    arrays = codec.encode(records, ignore)
    count = len(codec.sizes(arrays))
    require(
        count == len(records), f"of {len(records)} parsed inputs, encode() made {count} examples"
    )
    if records:
        import numpy as np

        _fit_to_be_shown(answering.answers(arrays, np.arange(count), records), count)


def _scores(entry: Entry, records: Records, encoded: Encoded, answering: Answering) -> None:
    task, registry = entry.component, records.registry
    following("tasks", partial(contracts.tasks, entry, registry))()
    batch = answering.batch(encoded.arrays["train"], answering.chosen("train"))
    outputs = answering.outputs(batch)
    loss = registry.find("losses", task.loss)
    config = records.config_of(loss)
    require(config is not None, f"its usual loss {task.loss!r} has settings without a default")
    total, count = loss.component.build(config, answering.shape)(outputs, batch["targets"])
    require(
        math.isfinite(float(total)) and float(count) > 0,
        f"its usual loss {task.loss!r} is {float(total)} of {float(count)} on {encoded.source}",
    )
    for name in task.metrics:
        metric = registry.find("metrics", name)
        accumulator = metric.component.build(records.config_of(metric), answering.shape)
        for given in answering.read_by(metric.component.reads)[1:]:
            accumulator.update(*given)
        _score(name, accumulator.compute(), metric.component.higher_is_better)


def _score(name: str, value: Any, ranks: bool | None) -> None:
    require(
        ranks is None or isinstance(value, int | float),
        f"its usual metric {name!r} gave {value!r:.60}, not a number",
    )
