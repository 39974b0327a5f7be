"""What a task saved, damaged or written by somebody else: loaded right, or refused by a sentence.

Checksums of a run notice damage before this; here each task has nothing but the files.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.api import Codec, Task, ignore
from seqkit.errors import CheckpointError, DataError, SeqkitError
from seqkit.registry.discovery import load_registry

CASES = int(os.environ.get("FAULTS_COUNT", "0")) or 60
"""Flips and cuts of the files of each encoder; many more of them by hand."""

TEXTS = ["the cat sat on the mat", "a dog ran in the rain", "the cat and the dog sat"] * 30


def _set(parent: Any, key: Any, value: Any) -> None:
    parent[key] = value


def records(task: str) -> list[dict[str, Any]]:
    if task == "classification":
        return [{"text": text, "label": f"l{n % 3}"} for n, text in enumerate(TEXTS)]
    if task == "seq2seq":
        return [{"source": text, "target": text[::-1]} for text in TEXTS]
    if task == "forecasting":
        hours = np.datetime64("2024-01-01T00", "s") + 3600 * np.arange(60)
        values = {"y": np.arange(60.0), "z": np.cos(np.arange(60.0))}
        return [{"series": s, "time": hours, "values": values, "start": 0} for s in ("a", "b")]
    return [{"text": text} for text in TEXTS]


SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "classification": ("classification", {}),
    "classification by bpe": ("classification", {"tokenizer": "bpe", "bpe_size": 280}),
    "language modelling": ("language-modeling", {}),
    "language modelling by words": ("language-modeling", {"tokens": "words"}),
    "language modelling by bpe": ("language-modeling", {"tokens": "bpe", "bpe_size": 280}),
    "seq2seq": ("seq2seq", {}),
    "forecasting": ("forecasting", {"context": 8, "horizon": 2, "calendar": ["hour"]}),
}


@pytest.fixture(params=SETTINGS)
def saved(request: Any, tmp_path: Path) -> tuple[Task, Path]:
    name, settings = SETTINGS[request.param]
    task = load_registry().find("tasks", name).component
    config = task.Config(**settings)
    codec, _ = task.encode(config, {"train": records(name)}, ignore)
    folder = tmp_path / "encoder"
    folder.mkdir()
    codec.save(folder)
    return task, folder


def used(codec: Codec, name: str) -> None:
    """Does what a model's training and answers need of an encoder."""
    codec.shape.to_dict() if hasattr(codec.shape, "to_dict") else codec.shape
    list(codec.tokens or ())
    arrays = codec.encode(records(name), ignore)
    codec.records(arrays, [0])


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_any_flipped_bit_or_cut_is_named_or_leaves_an_encoder_that_works(
    saved: tuple[Task, Path], tmp_path: Path
) -> None:
    task, folder = saved
    chance = random.Random(1)
    copy = tmp_path / "copy"
    named, outcomes = 0, []
    for number in range(CASES):
        shutil.copytree(folder, copy)
        path = chance.choice(files_of(copy))
        content = bytearray(path.read_bytes())
        place = chance.randrange(len(content))
        if number % 5:
            content[place] ^= 1 << chance.randrange(8)
        else:
            del content[place:]
        path.write_bytes(content)
        try:
            codec = task.load(copy)
        except CheckpointError as error:
            named += 1
            outcomes.append(str(copy) in str(error))
        else:
            # A column of another name is one that the data do not have.
            with contextlib.suppress(DataError):
                used(codec, task.name)
        shutil.rmtree(copy)
    assert named > CASES // 5
    assert all(outcomes)


WRONG: list[Any] = [None, True, -1, 0, 10**30, 1.5, "x", "\ud800", [], ["x"], [1], {}, {"x": 1}]


def places(document: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Returns the path of every value of a document, and of the first of a list."""
    if isinstance(document, dict):
        keys: list[Any] = list(document)[:12]
    elif isinstance(document, list):
        keys = list(range(len(document)))[:1]
    else:
        keys = []
    found = [here] if here else []
    return found + [place for key in keys for place in places(document[key], (*here, key))]


def replaced(document: Any, place: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    for key in place[:-1]:
        document = document[key]
    return change(document, place[-1])


def test_a_missing_key_or_a_value_of_another_kind_is_a_checkpoint_error(
    saved: tuple[Task, Path],
) -> None:
    task, folder = saved
    for path in [path for path in files_of(folder) if path.suffix == ".json"]:
        whole = path.read_bytes()
        original = json.loads(whole)
        for place in places(original):
            for wrong in [KeyError, *WRONG]:
                document = json.loads(whole)
                if wrong is KeyError:
                    replaced(document, place, lambda parent, key: parent.pop(key))
                else:
                    replaced(document, place, partial(_set, value=wrong))
                text = json.dumps(document, ensure_ascii=False)
                path.write_bytes(text.encode("utf-8", "surrogatepass"))
                try:
                    codec = task.load(folder)
                except SeqkitError as error:
                    assert isinstance(error, CheckpointError)  # noqa: PT017
                    assert str(folder) in str(error)  # noqa: PT017
                else:
                    with contextlib.suppress(DataError):
                        used(codec, task.name)
        for text in ("[" * 100_000, '{"a":' * 100_000, "", "9" * 10_000, "[1]", "null", "\xff"):
            path.write_bytes(text.encode("latin-1"))
            with pytest.raises(CheckpointError, match=path.name.replace(".", r"\.")):
                task.load(folder)
        path.write_bytes(whole)
    assert files_of(folder)
