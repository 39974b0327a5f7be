"""Encoded data: made once for the same data and settings, kept on disk, and memory-mapped."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import seqkit.data
import seqkit.text
from seqkit.api import Arrays, Codec, Notify, ignore
from seqkit.engine import cache
from seqkit.engine.baselines import scores_of_outputs
from seqkit.engine.folding import folded
from seqkit.engine.per_example import scores_of_each
from seqkit.errors import DataError, sentence
from seqkit.experiments.experiment import Experiment, Part
from seqkit.experiments.used import used_tokenizers
from seqkit.paths import cache_home
from seqkit.registry.registry import Plugin, Registry
from seqkit.storage.checksums import CHECKSUMS

SCHEMA_VERSION = 2
_READERS = (seqkit.data, seqkit.text)
"""Packages that plugins read data with: what they did before a change is encoded no more."""

_SPLITS = ("train", "validation", "test")


@dataclass
class EncodedData:
    """A dataset as a task encodes it.

    Attributes:
        codec: The fitted task.
        splits: Flat arrays of each split.
        key: Hash of everything they depend on; empty when they are not kept.
        cached: They were there already.
        seconds: Time it took to have them.
        changed: The run that they are for began with others.
        waiting: Receives what is being done, where baselines are not known and have to be computed.
    """

    codec: Codec
    splits: dict[str, Arrays]
    key: str = ""
    cached: bool = False
    seconds: float = 0.0
    changed: bool = False
    folder: Path | None = None
    waiting: Notify = ignore
    _baselines: dict[str, Any] = field(default_factory=dict)

    def sizes(self, split: str) -> np.ndarray[Any, Any]:
        """Returns the time steps of each example of a split."""
        return self.codec.sizes(self.splits[split])

    def baselines(self, split: str, metrics: Sequence[Part] = ()) -> dict[str, dict[str, float]]:
        """Returns the scores of baselines on a split, computed once.

        Args:
            split: The split.
            metrics: Those of the experiment; any that the codec has no score of, or that has other
                settings than the usual ones, is scored by what the baselines put out.
        """
        scores = self._known_baselines(split)
        there = {name for values in scores.values() for name in values}
        others = [
            part
            for part in metrics
            if (part.name not in there or part.config != type(part.config)())
            and part.component.reads == "outputs"
            and part.component.higher_is_better is not None
        ]
        if not others:
            return scores
        key = " ".join([split, *(f"{part.entry.qualified} {part.config!r}" for part in others)])
        if key not in self._baselines:
            self._tell_computing(split)
            outputs = self.codec.baseline_outputs(self.splits, split)
            self._baselines[key] = scores_of_outputs(outputs, others, self.codec.shape)
        more: dict[str, dict[str, float]] = self._baselines[key]
        names = dict.fromkeys([*scores, *more])
        return {name: {**scores.get(name, {}), **more.get(name, {})} for name in names}

    def baseline_examples(
        self, split: str, part: Part, baseline: str
    ) -> np.ndarray[Any, Any] | None:
        """Returns the score of every example of a split by a baseline, computed once.

        Args:
            split: The split.
            part: The metric.
            baseline: Name of the baseline.

        Returns:
            `(examples,)`; None where examples have no scores of their own.
        """
        if part.component.reads != "outputs":
            return None
        settings = json.dumps(part.as_dict(), sort_keys=True, default=str)
        name = hashlib.sha256(f"{split} {baseline} {settings}".encode()).hexdigest()[:16]
        file = self.folder / f"examples-{name}.safetensors" if self.folder else None
        kept = cache.read_examples(file) if file is not None else None
        if kept is not None and len(kept) == len(self.sizes(split)):
            return kept
        with torch.inference_mode(mode=False), torch.random.fork_rng(devices=[]):
            answers = self.codec.baseline_answers(self.splits, split, baseline)
        if answers is None or len(answers[1]) != len(self.sizes(split)):
            return None
        values = scores_of_each(part, self.codec.shape, *answers)
        if values is not None and file is not None:
            cache.write_examples(file, values)
        return values

    def _known_baselines(self, split: str) -> dict[str, dict[str, float]]:
        if split not in self._baselines:
            file = self.folder / f"baselines-{split}.json" if self.folder else None
            scores = _kept_scores(file) if file is not None else None
            if scores is None:
                self._tell_computing(split)
                scores = self.codec.baselines(self.splits, split)
                if file is not None:
                    cache.write_scores(file, scores)
            self._baselines[split] = scores
        return dict(self._baselines[split])

    def _tell_computing(self, split: str) -> None:
        self.waiting(f"Computing the baselines of the {split} split ...")


def _kept_scores(file: Path) -> cache.Scores | None:
    try:
        return cache.read_scores(file)
    except cache.DamagedEntryError:
        cache.discard(file)
        return None


def encode_data(experiment: Experiment, registry: Registry, notify: Notify) -> EncodedData:
    """Returns the encoded data of an experiment, from the cache where they are there.

    Raises:
        DataError: The dataset cannot be read or encoded.
    """
    start = time.perf_counter()
    key = _key(experiment, registry)
    folder = cache_home() / "encoded" / key if key else None
    data = _read(experiment, folder, notify) if folder is not None else None
    if data is None:
        data = _encode(experiment, notify)
        if folder is not None:
            data = _keep(experiment, data, folder, notify)
    data.key = key
    data.seconds = time.perf_counter() - start
    _require_examples(data, experiment)
    return data


def _require_examples(data: EncodedData, experiment: Experiment) -> None:
    if not len(data.sizes("train")):
        raise DataError(f"dataset {experiment.dataset.name!r} has no training examples.")


def encode_further(experiment: Experiment, codec: Codec, notify: Notify) -> EncodedData:
    """Encodes the data of an experiment by the codec of another run, with what is new in them.

    Raises:
        DataError: The dataset cannot be read or encoded.
    """
    return _or_as_before(
        experiment,
        codec,
        partial(_encode_further, codec=codec),
        "the data are read as those of the run that is gone on from",
        notify,
    )


def _encode_further(experiment: Experiment, notify: Notify, codec: Codec) -> EncodedData:
    start = time.perf_counter()
    task = experiment.task
    refit = experiment.origin is not None and experiment.origin.refit
    try:
        further, arrays = task.component.encode_further(
            task.config, codec, _records(experiment, notify), notify, refit=refit
        )
    except DataError as error:
        raise _with_file(error, experiment) from error
    data = EncodedData(further, arrays, seconds=time.perf_counter() - start)
    _require_examples(data, experiment)
    return data


def encode_for_run(
    experiment: Experiment, registry: Registry, saved: Path, notify: Notify
) -> EncodedData:
    """Returns the encoded data of a run that has a codec already.

    Where data, settings or code have changed since, the data are encoded by the codec that the run
    saved, which is what its weights belong to. Where they cannot be read any more, what was found
    out of them when the run began stands in for the settings that leave it open.

    Args:
        experiment: What the run is.
        registry: Where its components come from.
        saved: The run's `encoder` folder.
        notify: Called when the data are not what they were.

    Raises:
        DataError: The dataset cannot be read or encoded, or the saved codec is damaged.
    """
    codec = experiment.task.component.load(saved)
    encode = partial(_encode_for_run, registry=registry, saved=saved, codec=codec)
    said = "the data are read as they were when the run began"
    return _or_as_before(experiment, codec, encode, said, notify)


def _or_as_before(
    experiment: Experiment,
    codec: Codec,
    encode: Callable[[Experiment, Notify], EncodedData],
    said: str,
    notify: Notify,
) -> EncodedData:
    """Encodes data; where they cannot be read, with what a codec found out of those before."""
    heard: set[str] = set()

    def once(text: str) -> None:
        if text not in heard:
            heard.add(text)
            notify(text)

    try:
        return encode(experiment, once)
    except DataError as error:
        words, before = _as_it_was(experiment, codec)
        if not words:
            raise
        try:
            data = encode(before, once)
        except DataError:
            raise error from None
    notify(f"{said}: {words}")
    return data


def _encode_for_run(
    experiment: Experiment, notify: Notify, registry: Registry, saved: Path, codec: Codec
) -> EncodedData:
    start = time.perf_counter()
    if experiment.origin is None:
        data = encode_data(experiment, registry, notify)
    else:
        data = _encode_further(experiment, notify, codec)
    with tempfile.TemporaryDirectory(prefix="seqkit-") as fresh:
        data.codec.save(Path(fresh))
        if _contents(Path(fresh)) == _contents(saved):
            return data
    records = _records(experiment, ignore)
    heard: list[str] = []
    splits = {split: codec.encode(rows, heard.append) for split, rows in records.items()}
    if _same(splits, data.splits):
        # Another version of seqkit wrote another file of what does the same.
        data.codec = codec
        return data
    notify(
        "the data, or how they are read, have changed since the run began, and are encoded by the "
        "codec that the run saved"
    )
    for text in heard:
        notify(text)
    return EncodedData(codec, splits, seconds=time.perf_counter() - start, changed=True)


def _as_it_was(experiment: Experiment, codec: Codec) -> tuple[str, Experiment]:
    """Returns settings of the dataset that the run found out and that are not given, as words too.

    The words are empty where there are none.
    """
    config = experiment.dataset.config
    fields = type(config).model_fields
    changes = {
        name: value
        for name, value in codec.found.items()
        if name in fields and getattr(config, name) == fields[name].get_default()
    }
    words = " ".join(f"dataset.{name}={_word(value)}" for name, value in changes.items())
    dataset = replace(experiment.dataset, config=config.model_copy(update=changes))
    return words, replace(experiment, dataset=dataset)


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ",".join(map(str, value))


def _same(one: Mapping[str, Arrays], other: Mapping[str, Arrays]) -> bool:
    """Tells whether all splits hold the same arrays, bit by bit."""
    if one.keys() != other.keys() or any(one[split].keys() != other[split].keys() for split in one):
        return False
    pairs = ((one[split][name], other[split][name]) for split in one for name in one[split])
    return all(
        mine.dtype == its.dtype and mine.shape == its.shape and mine.tobytes() == its.tobytes()
        for mine, its in pairs
    )


def _contents(folder: Path) -> dict[str, bytes]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != CHECKSUMS)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _encode(experiment: Experiment, notify: Notify) -> EncodedData:
    task = experiment.task
    splits = _records(experiment, notify)
    try:
        codec, arrays = task.component.encode(task.config, splits, notify)
    except DataError as error:
        raise _with_file(error, experiment) from error
    return EncodedData(codec, arrays)


def _records(experiment: Experiment, notify: Notify) -> Mapping[str, Any]:
    """Returns the records of each split."""
    dataset = experiment.dataset
    splits: Mapping[str, Any] = dataset.component.splits(dataset.config, notify)
    if "train" not in splits:
        raise DataError(
            f"dataset {dataset.name!r} has no training split; it has {', '.join(splits) or 'none'}."
        )
    if experiment.folds is not None:
        return folded(experiment, experiment.folds, splits, notify)
    return splits


def _with_file(error: DataError, experiment: Experiment) -> DataError:
    """Returns what is wrong with the records of a split, with the file they come from."""
    config = experiment.dataset.config
    own = (
        getattr(config, f"{split}_path", "") for split in _SPLITS if f"{split} split" in str(error)
    )
    path = next(filter(None, own), None) or experiment.dataset.component.location(config)
    if path is None or Path(path).name in str(error):
        return error
    return DataError(f"{sentence(str(error))} The data come from {path}")


def _key(experiment: Experiment, registry: Registry) -> str:
    dataset, task = experiment.dataset, experiment.task
    fingerprint = dataset.component.fingerprint(dataset.config)
    if not fingerprint:
        return ""
    tokenizers = used_tokenizers(experiment, registry)
    owners = {part.entry.plugin for part in (dataset, task)}
    owners |= {entry.plugin for entry, _ in tokenizers}
    if any(plugin.code is None for plugin in registry.working(owners)):
        # As in a notebook: whether the code is still the same cannot be told.
        return ""
    identity = {
        "schema": SCHEMA_VERSION,
        "dataset": dataset.as_dict(),
        "task": task.as_dict(),
        "fingerprint": fingerprint,
        "plugins": {plugin.name: _code(plugin) for plugin in registry.working(owners)},
        "seqkit": {package.__name__: _sources(Path(package.__path__[0])) for package in _READERS},
    }
    if experiment.folds is not None:
        identity["folds"] = experiment.folds.model_dump(mode="json")
    if tokenizers:
        identity["tokenizers"] = [
            [entry.qualified, variant, entry.component.fingerprint(variant)]
            for entry, variant in tokenizers
        ]
    text = json.dumps(identity, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _code(plugin: Plugin) -> str:
    """Returns a text that changes with the plugin's code, released or being written."""
    return f"{plugin.origin}:{_sources(plugin.code)}" if plugin.code else plugin.origin


def _sources(root: Path) -> str:
    """Returns a text that changes with a module, or with any of a package."""
    sources = sorted(root.rglob("*.py")) if root.is_dir() else [root]
    changed = [f"{path.name}:{path.stat().st_mtime_ns}" for path in sources]
    return hashlib.sha256(" ".join(changed).encode()).hexdigest()


def _keep(experiment: Experiment, data: EncodedData, folder: Path, notify: Notify) -> EncodedData:
    """Writes the data into the cache and maps them from there."""
    facts = {
        "schema": SCHEMA_VERSION,
        "created": time.time(),
        "dataset": experiment.dataset.as_dict(),
        "task": experiment.task.as_dict(),
    }
    try:
        cache.write_entry(folder, facts, data.codec, data.splits)
    except OSError as error:
        if not cache.is_kept(folder):
            notify(f"the encoded data are not kept for the next run: {error}")
            return data
    kept = _read(experiment, folder, notify)
    if kept is None:
        return data
    kept.cached = False
    return kept


def _read(experiment: Experiment, folder: Path, notify: Notify) -> EncodedData | None:
    try:
        found = cache.read_entry(folder, experiment.task.component.load)
    except OSError as error:
        notify(f"the cache {folder} cannot be read, and the data are encoded again: {error}")
        return None
    except cache.DamagedEntryError as error:
        notify(f"damaged cache {folder} was thrown away and the data encoded again: {error}")
        found = None
    if found is None:
        # Whole folders are renamed into place: one without a manifest is no other process's work.
        cache.discard(folder)
        return None
    for reason in cache.damaged_scores(folder):
        notify(f"damaged baselines in the cache were thrown away, to be scored again: {reason}")
    codec, splits = found
    return EncodedData(codec, splits, cached=True, folder=folder)


def is_encoded(experiment: Experiment, registry: Registry) -> bool:
    """Tells whether the encoded data of an experiment are in the cache."""
    key = _key(experiment, registry)
    return bool(key) and cache.is_kept(cache_home() / "encoded" / key)
