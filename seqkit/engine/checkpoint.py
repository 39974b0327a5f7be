"""Checkpoints: written aside, synced and renamed; verified before they are trusted. No pickle.

checkpoints/step-00001200/
  model.safetensors    the weights that are evaluated (their moving average, where one is kept)
  state.safetensors    optimiser, random generators, carried state: what resuming needs
  manifest.json        sizes and checksums of the two, the numbers that are not tensors, and a
                       checksum of its own
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from seqkit.errors import CheckpointError
from seqkit.storage.checksums import fingerprint, read_document, sealed_document
from seqkit.storage.regular_files import read_regular

MODEL, STATE, MANIFEST = "model.safetensors", "state.safetensors", "manifest.json"
REPLACED = ".replaced"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint on disk.

    Attributes:
        path: Its folder.
        manifest: Its manifest; `progress` in it holds the numbers that resuming needs.
    """

    path: Path
    manifest: dict[str, Any]

    @property
    def step(self) -> int:
        """Optimiser steps done."""
        return int(self.manifest["step"])

    @property
    def epoch(self) -> float:
        """Epochs done, as a float."""
        progress = self.manifest["progress"]
        whole = progress.get("epoch_steps") or progress["batch"] or 1
        return float(progress["epoch"] + progress["batch"] / whole)

    def model_state(self) -> dict[str, Tensor]:
        """Reads the weights, on the CPU."""
        tensors = _load(self.path / MODEL)
        for name, original in self.manifest.get("aliases", {}).items():
            if original not in tensors:
                raise CheckpointError(f"{self.path / MODEL} is damaged: it holds no {original!r}.")
            tensors[name] = tensors[original]
        return tensors

    def training_state(self) -> dict[str, Tensor]:
        """Reads what else resuming needs, on the CPU."""
        return _load(self.path / STATE)


def _load(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except Exception as error:
        # A crafted file raises much more than SafetensorError.
        raise CheckpointError(f"{path} cannot be read: {error}.") from error


def write_checkpoint(
    folder: Path,
    step: int,
    model: Mapping[str, Tensor],
    state: Mapping[str, Tensor],
    progress: Mapping[str, Any],
) -> Checkpoint:
    """Writes a checkpoint whole or not at all.

    Args:
        folder: The run's `checkpoints` folder.
        step: Optimiser steps done.
        model: The weights, by name; tied ones are written once.
        state: Further tensors.
        progress: Plain numbers; floats come back with the same bits.

    Raises:
        CheckpointError: It could not be written; what was there before still is.
    """
    target = folder / checkpoint_name(step)
    aside = folder / f".{target.name}.{os.getpid()}"
    tensors, aliases = _untied(model)
    try:
        shutil.rmtree(aside, ignore_errors=True)
        # Never the run's folder itself: where that is gone, nothing takes its place.
        folder.mkdir(exist_ok=True)
        aside.mkdir()
        save_file(tensors, aside / MODEL)
        save_file(
            {name: tensor.contiguous().cpu() for name, tensor in state.items()}, aside / STATE
        )
        files = {name: fingerprint(aside / name) for name in (MODEL, STATE)}
        manifest = {
            "schema": SCHEMA_VERSION,
            "step": step,
            "files": files,
            "aliases": aliases,
            "progress": dict(progress),
        }
        text = json.dumps(sealed_document(manifest), indent=2)
        (aside / MANIFEST).write_text(text + "\n", encoding="utf-8")
        for name in (MODEL, STATE):
            # safetensors makes files for their owner alone; a run is as open as its folder.
            shutil.copymode(aside / MANIFEST, aside / name)
        for name in (MODEL, STATE, MANIFEST):
            _sync(aside / name)
        replaced = folder / f".{target.name}{REPLACED}"
        if target.exists():
            shutil.rmtree(replaced, ignore_errors=True)
            target.replace(replaced)
        aside.replace(target)
        _sync(folder)
        shutil.rmtree(replaced, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise CheckpointError(
            f"the checkpoint of step {step} could not be written, in {folder}: {error}. "
            "Earlier checkpoints are untouched; free some space, then resume the run"
        ) from error
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return Checkpoint(target, manifest)


def checkpoint_name(step: int) -> str:
    """Returns the name of a checkpoint's folder."""
    return f"step-{step:08d}"


def _untied(model: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Separates tensors that share memory, which safetensors refuses, from their originals."""
    tensors: dict[str, Tensor] = {}
    aliases: dict[str, str] = {}
    seen: dict[tuple[int, torch.Size, tuple[int, ...]], str] = {}
    storages: set[int] = set()
    for name, tensor in model.items():
        key = (tensor.data_ptr(), tensor.shape, tensor.stride())
        if tensor.numel() and key in seen:
            aliases[name] = seen[key]
        else:
            seen[key] = name
            storage = tensor.untyped_storage().data_ptr()
            alone = tensor.clone() if storage in storages else tensor
            storages.add(storage)
            tensors[name] = alone.detach().contiguous().cpu()
    return tensors, aliases


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_manifest(path: Path) -> dict[str, Any]:
    """Reads the manifest of a checkpoint.

    Raises:
        CheckpointError: It is missing, damaged, or not what a manifest of this folder says.
    """
    file = path / MANIFEST
    try:
        manifest = read_document(read_regular(file), sealed=True)
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{file} is damaged: {error}.") from error
    if manifest.get("schema") != SCHEMA_VERSION:
        raise CheckpointError(
            f"{path} was written by another version of seqkit (schema {manifest.get('schema')!r})."
        )
    try:
        _Manifest.model_validate(manifest, strict=True)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        message = error.errors()[0]["msg"]
        raise CheckpointError(f"{file} is damaged: {where}: {message}.") from error
    if checkpoint_name(manifest["step"]) != path.name.removesuffix(REPLACED).removeprefix("."):
        raise CheckpointError(f"{file} is damaged: it is that of step {manifest['step']}.")
    return manifest


class _File(BaseModel):
    size: int
    sha256: str


class _Manifest(BaseModel):
    """What is relied on in a manifest; the numbers in `progress` have a reader of their own."""

    step: int = Field(ge=0, lt=2**62)
    files: dict[str, _File]
    aliases: dict[str, str] = {}
    progress: dict[str, Any]


def open_checkpoint(path: Path, files: Sequence[str] = (MODEL, STATE)) -> Checkpoint:
    """Opens a checkpoint after checking sizes and checksums.

    Args:
        path: Its folder.
        files: Which of its files are going to be read.

    Raises:
        CheckpointError: It is torn, damaged or missing; the message says which file.
    """
    manifest = read_manifest(path)
    for name in files:
        try:
            found = fingerprint(path / name)
        except OSError as error:
            raise CheckpointError(f"{path / name} cannot be read: {error.strerror}.") from error
        if found != manifest["files"].get(name):
            raise CheckpointError(f"{path / name} is damaged: its checksum does not match.")
    return Checkpoint(path, manifest)


def checkpoints_in(folder: Path) -> list[Path]:
    """Returns the folders of a run's checkpoints, the newest first; none of them checked.

    One that was being replaced when the process was killed counts where nothing took its place.
    """
    whole = {path.name: path for path in folder.glob("step-*")}
    for path in folder.glob(f".step-*{REPLACED}"):
        whole.setdefault(path.name.removesuffix(REPLACED).removeprefix("."), path)
    return [whole[name] for name in sorted(whole, reverse=True)]


def newest_whole(
    folder: Path, warn: Callable[[str], None], files: Sequence[str] = (MODEL, STATE)
) -> Checkpoint | None:
    """Opens the newest checkpoint that is whole, warning of each damaged one on the way."""
    for path in checkpoints_in(folder):
        try:
            return open_checkpoint(path, files)
        except CheckpointError as error:
            warn(f"a damaged checkpoint was passed over: {error}")
    return None


def tidy_up(folder: Path) -> None:
    """Puts back or removes what killed processes left between two steps of their work.

    Args:
        folder: A run's folder, which no other process works on.
    """
    checkpoints = folder / "checkpoints"
    for replaced in checkpoints.glob(f".step-*{REPLACED}"):
        path = checkpoints / replaced.name.removesuffix(REPLACED).removeprefix(".")
        if not path.exists():
            replaced.replace(path)
    leftovers = [*folder.glob(".encoder.*"), *folder.glob(".*.json.*"), *folder.glob(".*.toml.*")]
    for path in [*leftovers, *checkpoints.glob(".step-*"), *(folder / "scores").glob(".*")]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def prune(folder: Path, keep: int, step: int, best_step: int | None) -> None:
    """Deletes checkpoints that are needed no more, and what killed processes left half written.

    Kept are the best one and the newest `keep` others, so that there is always one to fall back
    on. Those of later steps than `step`, which was just saved, are damaged ones that the run
    passed over when it was resumed; they are left alone and count for nothing.
    """
    best = "" if best_step is None else checkpoint_name(best_step)
    newest = checkpoint_name(step)
    others = [p for p in checkpoints_in(folder) if p.name != best and p.name <= newest]
    for path in others[keep:]:
        # Renamed first, so that a process killed here leaves nothing that looks like a checkpoint.
        gone = path.with_name(f".{path.name}.pruned")
        try:
            path.rename(gone)
        except OSError:
            continue
        shutil.rmtree(gone, ignore_errors=True)
    for path in folder.glob(".step-*"):
        if not path.name.endswith(f".{os.getpid()}"):
            shutil.rmtree(path, ignore_errors=True)


def load_weights(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    path: Path,
    remedy: str = "Install the plugin version that run.json names",
) -> None:
    """Loads weights into a model built from the same experiment.

    Args:
        model: The model.
        weights: By name.
        path: Where they come from.
        remedy: What to do where they do not fit, as a sentence without its full stop.

    Raises:
        CheckpointError: Names or shapes do not agree, as after a plugin changed its network.
    """
    try:
        model.load_state_dict(dict(weights), strict=True)
    except (RuntimeError, ValueError, TypeError, KeyError) as error:
        first = " ".join(str(error).split())[:300]
        raise CheckpointError(f"{path} does not fit the model: {first}. {remedy}") from error


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Returns the optimiser's tensors by name: `optimizer/3/exp_avg`."""
    return {
        f"optimizer/{index}/{key}": value
        for index, values in optimizer.state_dict()["state"].items()
        for key, value in values.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Puts back what `optimizer_tensors` returned; hyper-parameters come from the experiment."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer/"):
            _, index, key = name.split("/", 2)
            state.setdefault(int(index), {})[key] = tensor
    document = optimizer.state_dict()
    trained = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for place, values in state.items():
        shapes = {value.shape for value in values.values()} - {torch.Size([])}
        if place >= len(trained) or shapes - {trained[place].shape}:
            raise ValueError(f"the optimiser's state of parameter {place} has another shape")
    optimizer.load_state_dict({"state": state, "param_groups": document["param_groups"]})
