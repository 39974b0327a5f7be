"""A run that goes on from the weights of another one, whose layers grow by what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from seqkit.api import Codec, Notify, Shape
from seqkit.engine.checkpoint import MODEL, Checkpoint, open_checkpoint
from seqkit.engine.learner import Learner
from seqkit.engine.predict import adapted_outputs, choose_checkpoint
from seqkit.engine.progress import loss_tensors
from seqkit.errors import CheckpointError, ConfigurationError
from seqkit.experiments.experiment import Experiment, Part, WarmStart
from seqkit.experiments.provenance import drift, load_run_experiment
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder, find_run, is_run
from seqkit.shapes import Classes, Labels, NextTokens, StepClasses, Tokens
from seqkit.storage.checksums import check_folder_seal, check_text_seal
from seqkit.storage.regular_files import check_folder

_SHOWN = 5


@dataclass(frozen=True)
class Source:
    """The run that training begins with.

    Attributes:
        origin: Which one it is, its checkpoint and their digest written out.
        experiment: What it was.
        codec: What its task learnt.
        shape: What went into its network and came out.
        checkpoint: Where its weights are.
        notes: What a person should know of it.
    """

    origin: WarmStart
    experiment: Experiment
    codec: Codec
    shape: Shape
    checkpoint: Checkpoint
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the run."""
        return Path(self.origin.run).name


def open_source(experiment: Experiment, registry: Registry, runs_dir: Path) -> Source:
    """Opens the run that an experiment goes on from, and checks that the two go together.

    Raises:
        CheckpointError: There is no such run, it is damaged, or its weights are others by now.
        ConfigurationError: The task, its settings or the model are others.
    """
    origin = experiment.origin
    assert origin is not None
    folder = _found(origin, runs_dir)
    notes: list[str] = []
    check_folder(folder.path)
    restore = "Restore it from a copy of the run"
    check_text_seal(folder.experiment_file, restore)
    check_folder_seal(folder.codec, restore)
    before = load_run_experiment(folder, registry, needed=("task", "model"))
    _require_same(experiment, before, folder)
    if said := drift(folder, registry):
        notes.append(said)
    checkpoint = choose_checkpoint(folder, origin.checkpoint, notes.append)
    digest = str(checkpoint.manifest["files"][MODEL]["sha256"])
    if origin.digest not in ("", digest):
        raise CheckpointError(
            f"the weights of {checkpoint.path} are not those that this experiment goes on from. "
            "Restore them, or leave from.digest out"
        )
    codec = before.task.component.load(folder.codec)
    outputs = adapted_outputs(folder)
    shape = codec.shape if outputs is None else codec.shape.with_those_outputs(outputs)
    known = {"checkpoint": checkpoint.path.name, "digest": digest}
    if folder.path.parent.resolve() == runs_dir.resolve():
        known["run"] = folder.name
    settled = origin.model_copy(update=known)
    return Source(settled, before, codec, shape, checkpoint, tuple(notes))


def _found(origin: WarmStart, runs_dir: Path) -> RunFolder:
    """Finds the run; one that was written down by its whole name, and not by a beginning of it."""
    if origin.digest and not any(
        is_run(path) for path in (runs_dir / origin.run, Path(origin.run))
    ):
        raise CheckpointError(
            f"there is no run {origin.run!r} any more, in {runs_dir}, whose weights this one "
            "begins with. Restore it, or give its new name or path: from=RUN"
        )
    return find_run(origin.run, runs_dir)


def _require_same(experiment: Experiment, before: Experiment, folder: RunFolder) -> None:
    """Refuses another task, another model, and settings of the task that were learnt with."""
    for key, now, then in (
        ("task", experiment.task, before.task),
        ("model", experiment.model, before.model),
    ):
        if now.entry.qualified != then.entry.qualified:
            raise ConfigurationError(
                f"run {folder.name} is of the {key} {then.name}, and the experiment names "
                f"{now.name}. Weights go on in the same {key} alone: write {key}={then.name}"
            )
    free = experiment.task.component.further_settings
    words = _words("task", experiment.task, before.task, free)
    if words:
        raise ConfigurationError(
            f"what run {folder.name} learnt hangs on settings of its task that are others here. "
            f"Write as it has them: {' '.join(words)}"
        )


def _words(key: str, now: Part, then: Part, free: tuple[str, ...] = ()) -> list[str]:
    """Returns as words the settings of a part that another one has otherwise."""
    mine, its = now.settings(), then.settings()
    return [
        f"{key}.{name}={_value(its[name])}"
        for name in its
        if name in mine and name not in free and mine[name] != its[name]
    ]


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def begin_from(source: Source, learner: Learner, notify: Notify) -> None:
    """Gives a new learner the weights of a run, and says what is new in it.

    Rows of new tokens begin as that of the unknown one, as which they were read before; those of
    new classes as any new network has them.

    Raises:
        CheckpointError: The weights cannot be read.
        ConfigurationError: They do not fit.
    """
    for note in source.notes:
        notify(note)
    grown = _grown_sizes(source.shape, learner.shape)
    weights = _fitted(learner.model, source.checkpoint.model_state(), grown, source, learner)
    learner.model.load_state_dict(weights)
    loss, before = learner.trained_loss, source.experiment.loss
    if loss is not None and before.entry.qualified == learner.experiment.loss.entry.qualified:
        kept = loss_tensors(open_checkpoint(source.checkpoint.path).training_state())
        if kept:
            loss.load_state_dict(_fitted(loss, kept, grown, source, learner))
    for text in _said(source, learner):
        notify(text)


def _grown_sizes(before: Shape, now: Shape) -> dict[tuple[int, int], int | None]:
    """Returns the sizes that may grow: from, to, and the id that new rows begin as, if any."""
    found: dict[tuple[int, int], int | None] = {}
    pairs = ((before.outputs, now.outputs), (before.inputs, now.inputs))
    for one, other in pairs:
        match one, other:
            case ((Tokens() | NextTokens()), (Tokens() | NextTokens())):
                found[one.size, other.size] = one.unknown
            case Classes(), Classes():
                found[one.logits, other.logits] = None
            case ((StepClasses() | Labels()), (StepClasses() | Labels())):
                found[len(one.names), len(other.names)] = None
    return {sizes: unknown for sizes, unknown in found.items() if sizes[0] < sizes[1]}


def _fitted(
    module: nn.Module,
    weights: Mapping[str, Tensor],
    grown: Mapping[tuple[int, int], int | None],
    source: Source,
    learner: Learner,
) -> dict[str, Tensor]:
    """Returns the weights of a run as a new module takes them."""
    fresh = module.state_dict()
    wrong = [f"{name} is not in the run" for name in fresh if name not in weights]
    wrong += [f"{name} is not in the model" for name in weights if name not in fresh]
    found: dict[str, Tensor] = {}
    for name, mine in fresh.items():
        its = weights.get(name)
        fits = None if its is None else _fit(its, mine, grown)
        if fits is not None:
            found[name] = fits
        elif its is not None:
            wrong.append(f"{name} has {_size(its)} in the run and {_size(mine)} here")
    if not wrong:
        return found
    shown = "; ".join(wrong[:_SHOWN]) + (
        f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    )
    now, then = learner.experiment, source.experiment
    words = _words("model", now.model, then.model)
    hint = (
        f"Write as the run has it: {' '.join(words)}" if words else _other_reason(source, learner)
    )
    raise ConfigurationError(f"the weights of run {source.name} do not fit: {shown}. {hint}")


def _other_reason(source: Source, learner: Learner) -> str:
    """Returns what to do where the settings of the model are the same."""
    before, now = source.shape.outputs, learner.shape.outputs
    if isinstance(before, Classes) and isinstance(now, Classes) and before.logits == 1:
        return "One number for two classes cannot grow: train a new model"
    return "The data have other columns or outputs, or the loss asks for others"


def _fit(its: Tensor, mine: Tensor, grown: Mapping[tuple[int, int], int | None]) -> Tensor | None:
    """Returns a tensor of a run in the size of a new one; None where it cannot grow to it."""
    if its.shape == mine.shape:
        return its
    sizes = list(zip(its.shape, mine.shape, strict=False))
    if its.dim() != mine.dim() or any(a != b and (a, b) not in grown for a, b in sizes):
        return None
    whole = mine.detach().clone()
    whole[tuple(slice(0, size) for size in its.shape)] = its.to(whole)
    for place, (before, now) in enumerate(sizes):
        unknown = grown.get((before, now)) if before != now else None
        if unknown is not None:
            new = whole.narrow(place, before, now - before)
            new.copy_(whole.narrow(place, unknown, 1).expand_as(new))
    return whole


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"


def _said(source: Source, learner: Learner) -> list[str]:
    """Returns what a person should know: what goes on, what begins anew, and what is new."""
    config = learner.experiment.trainer
    warmed = " after a warm-up" if config.warmup or config.schedule == "one-cycle" else ""
    lines = [
        f"training goes on from run {source.name}, {source.checkpoint.path.name}: its weights, and "
        f"what its task learnt. The optimiser begins anew, and so does the learning rate: "
        f"{config.schedule} at {config.learning_rate:g}{warmed}"
    ]
    old, new = source.codec.tokens, learner.codec.tokens
    if old is not None and new is not None and len(new) > len(old):
        added = new[len(old) :]
        lines.append(
            f"{len(added):,} token{'s are' if len(added) > 1 else ' is'} new, beside {len(old):,}: "
            f"{_listed(added)}; each begins as the unknown one"
        )
    before, now = (_names(shape) for shape in (source.shape, learner.shape))
    if len(now) > len(before):
        added = now[len(before) :]
        lines.append(
            f"{len(added)} class{'es are' if len(added) > 1 else ' is'} new, beside "
            f"{len(before)}: {_listed(added)}"
        )
    return lines


def _names(shape: Shape) -> tuple[str, ...]:
    outputs = shape.outputs
    return outputs.names if isinstance(outputs, Classes | StepClasses | Labels) else ()


def _listed(names: Any) -> str:
    return ", ".join(map(repr, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
