"""What a run says of itself: in `run.json`, in its `started` event, and after an evaluation."""

from __future__ import annotations

import importlib.metadata
import platform
import shlex
import time
from collections.abc import Sequence
from typing import Any

from torch import nn

from seqkit._version import __version__
from seqkit.api import Task
from seqkit.engine.attribution import attributed_to
from seqkit.engine.batching import epoch_generator
from seqkit.engine.encoding import EncodedData
from seqkit.engine.learner import Learner
from seqkit.engine.train import Training
from seqkit.events import Event
from seqkit.experiments.experiment import Experiment, Part
from seqkit.experiments.provenance import code_of
from seqkit.experiments.used import used_plugins
from seqkit.registry.registry import Registry
from seqkit.runs.folder import RunFolder
from seqkit.shapes import Shape, kind_of
from seqkit.storage.locks import this_process

RUN_SCHEMA_VERSION = 1


def identity(experiment: Experiment, registry: Registry) -> dict[str, Any]:
    """Returns what `run.json` holds from the first moment on."""
    used = used_plugins(experiment, registry)
    origin = experiment.origin
    return {
        "schema": RUN_SCHEMA_VERSION,
        "recipe": experiment.recipe,
        "task": experiment.task.name,
        "dataset": experiment.dataset.name,
        "model": experiment.model.name,
        "created": time.time(),
        "status": "running",
        "process": this_process(),
        "versions": versions(),
        "plugins": {plugin.name: plugin.origin for plugin in used},
        "plugin_paths": {p.name: str(p.path) for p in used if p.path is not None},
        "code": code_of(experiment, registry),
        **({} if origin is None else {"from": origin.model_dump(mode="json")}),
    }


def versions() -> dict[str, str]:
    """Returns the versions that results may depend on."""
    found = {"seqkit": __version__, "python": platform.python_version()}
    for name in ("torch", "numpy", "tokenizers", "safetensors"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def started(
    folder: RunFolder,
    training: Training,
    data: EncodedData,
    baselines: dict[str, dict[str, float]],
    resumed_from: int | None,
    estimate: float | None,
    plugins: Sequence[str],
) -> Event:
    """Returns the event that begins a run, or goes on with it."""
    learner = training.learner
    experiment = learner.experiment
    metric, higher_is_better = experiment.monitor
    fields = {
        "run": folder.name,
        "folder": str(folder.path.resolve()),
        "experiment": experiment.as_dict(),
        "recipe": experiment.recipe,
        "task": experiment.task.name,
        "dataset": experiment.dataset.name,
        "model": experiment.model.name,
        "device": f"{learner.device.device} ({learner.device.name})",
        "device_reason": learner.device.reason,
        "precision": learner.device.precision,
        "parameters": sum(p.numel() for p in learner.model.parameters()),
        "layers": _layers(learner),
        "examples": {split: len(data.sizes(split)) for split in data.splits},
        "tokens": {split: _tokens(training, data, split) for split in data.splits},
        "facts": dict(data.codec.facts(data.splits["train"])),
        "legend": dict(data.codec.legend()),
        "outputs": kind_of(learner.shape.outputs),
        "next": _next(experiment.task.component),
        "plugins": list(plugins),
        "batch_size": experiment.trainer.batch_size,
        "steps_per_epoch": training.steps_per_epoch,
        "total_steps": training.total_steps,
        "epochs": experiment.trainer.epochs,
        "estimate": None if estimate is None else round(estimate, 3),
        "metric": metric,
        "higher_is_better": higher_is_better,
        "about": about_metrics(experiment.metrics, learner.shape),
        "directions": {
            part.name: bool(part.component.higher_is_better)
            for part in experiment.metrics
            if part.component.higher_is_better is not None
        },
        "baselines": baselines,
        "encoding": {"seconds": round(data.seconds, 3), "cached": data.cached},
        "resumed_from": resumed_from,
        "versions": versions(),
    }
    return Event("started", training.progress.step, training.epoch, fields)


def about_metrics(metrics: Sequence[Part], shape: Shape) -> dict[str, dict[str, Any]]:
    """Returns what metrics are of: the class of each that is of one, and the names of tables."""
    positive: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for part in metrics:
        with attributed_to(part):
            if found := part.component.positive(part.config, shape):
                positive[part.name] = found
            if rows := part.component.names(part.config, shape):
                names[part.name] = list(rows)
    return {"positive": positive, "names": names}


def _next(task: Task) -> list[list[str]]:
    """Returns commands worth trying on the trained run, with `{run}` for its name, and their use.

    They stand in the event, as whoever reports a run has its events alone.
    """
    words = ["predict {run}", *(_quoted(example) for example in task.examples[:1])]
    return [[" ".join(words), task.purpose], *map(list, task.next_commands.items())]


def _quoted(text: str) -> str:
    """Returns a text as one word of a command line, in double quotes where those do."""
    return shlex.quote(text) if any(sign in text for sign in '"\\$`!') else f'"{text}"'


def _tokens(training: Training, data: EncodedData, split: str) -> int:
    """Returns the time steps that one pass over a split reads.

    Examples of a task with a plan of its own may overlap, so that those of its plan count.
    """
    sizes, batch_size = data.sizes(split), training.config.batch_size
    generator = epoch_generator(0, 0) if split == "train" else None
    plan = data.codec.plan(data.splits[split], batch_size, generator)
    if plan is None:
        return int(sizes.sum())
    return sum(int(sizes[indices].sum()) for indices in plan)


def _layers(learner: Learner) -> list[dict[str, Any]]:
    """Returns the parts of a model with their parameters.

    A lone embedding is called so, whatever the model calls it, as that is how people know it.
    """
    children = dict(learner.model.named_children())
    embeddings = [name for name, module in children.items() if _embeds(module)]
    found = []
    for name, module in children.items():
        count = sum(parameter.numel() for parameter in module.parameters())
        if count:
            shown = "embedding" if embeddings == [name] else name
            found.append({"name": shown, "type": type(module).__name__, "parameters": count})
    return found


def _embeds(module: nn.Module) -> bool:
    """Tells whether all weights of a module are those of one embedding."""
    holders = [part for part in module.modules() if any(True for _ in part.parameters(False))]
    return len(holders) == 1 and isinstance(holders[0], nn.Embedding)


def summary(started: Event) -> dict[str, Any]:
    """Returns what `run.json` keeps of the `started` event."""
    keys = (
        "device",
        "precision",
        "parameters",
        "examples",
        "tokens",
        "metric",
        "higher_is_better",
        "total_steps",
        "epochs",
    )
    return {key: started[key] for key in keys}


def scalars_of(event: Event) -> dict[str, Any]:
    """Returns what `run.json` keeps of an evaluation: numbers, and no matrices."""
    return {
        "step": event.step,
        "epoch": event.epoch,
        "split": event["split"],
        "loss": event["loss"],
        "train_loss": event["train_loss"],
        "metrics": {k: v for k, v in event["metrics"].items() if isinstance(v, int | float)},
        "baselines": event["baselines"],
        "examples": event["examples"],
        "seconds": event["seconds"],
    }
