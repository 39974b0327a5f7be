"""Names the component that raised: its plugin and version, and the line of the plugin's code.

A component that cannot be used says so by an error of seqkit, which is passed on as it is. Whatever
else it raises is a fault of its plugin. Nothing is done for that while all goes well: the traceback
tells afterwards.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from safetensors import SafetensorError
from torch import nn

from seqkit.api import Codec
from seqkit.engine.device import out_of_memory
from seqkit.errors import RunError, SeqkitError
from seqkit.experiments.experiment import Experiment, Part
from seqkit.experiments.used import used_tokenizers
from seqkit.kinds import SINGULAR
from seqkit.registry.registry import Entry, Plugin, Registry
from seqkit.text import PluginTokenizer


class ComponentError(RunError):
    """A component of a plugin raised something else than an error of seqkit."""


@contextmanager
def attributed_to(part: Part) -> Iterator[None]:
    """Turns whatever a component raises into an error that names it."""
    try:
        yield
    except Exception as error:
        blame(part, error)
        raise


@contextmanager
def attributed_in(experiment: Experiment, registry: Registry | None = None) -> Iterator[None]:
    """Turns what any component of an experiment raises into an error that names it.

    Args:
        experiment: Whose components are at work.
        registry: Where the tokenizers of plugins are looked up.
    """
    try:
        yield
    except Exception as error:
        if passes(error):
            raise
        found = _whose(error, experiment, registry)
        if found is None:
            raise
        raise ComponentError(found) from error


def blame(part: Part, error: Exception) -> None:
    """Raises an error that names a component; returns where it is not to blame.

    Raises:
        ComponentError: The component raised it.
    """
    if not passes(error):
        raise ComponentError(_told(part.entry, error)) from error


def passes(error: BaseException) -> bool:
    """Tells whether an error is no fault of a component: it says itself what is wrong and why."""
    return isinstance(error, SeqkitError | OSError | SafetensorError) or out_of_memory(error)


def _told(entry: Entry, error: BaseException) -> str:
    owner = entry.owner
    frames = [] if owner is None else _frames_of(owner, _frames(error))
    origin = entry.plugin if owner is None else owner.origin
    return _sentence(
        f"{SINGULAR[entry.kind]} {entry.qualified}", origin, frames, error, entry.reference
    )


def _sentence(
    what: str,
    origin: str,
    frames: Sequence[tuple[FrameType, int]],
    error: BaseException,
    reference: str,
) -> str:
    where = ""
    if frames:
        frame, line = frames[-1]
        file = Path(frame.f_code.co_filename).name
        where = f", line {line}" if origin.endswith(file) else f", {file}, line {line}"
    text = f": {error}" if str(error) else ""
    return (
        f"{what} ({origin}{where}) raised {type(error).__name__}{text}. "
        f"Run 'seqkit plugin check {reference}'"
    )


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """Returns the frames that an error came through, with their lines, the innermost last."""
    return list(traceback.walk_tb(error.__traceback__))


def _frames_of(
    plugin: Plugin, frames: Sequence[tuple[FrameType, int]]
) -> list[tuple[FrameType, int]]:
    """Returns those of a plugin's own code."""
    code = plugin.code
    if code is None:
        return []
    files = {code, code.resolve()}
    return [
        (frame, line)
        for frame, line in frames
        if (file := Path(frame.f_code.co_filename)) in files or not files.isdisjoint(file.parents)
    ]


def _whose(error: Exception, experiment: Experiment, registry: Registry | None) -> str | None:
    """Returns the sentence that names what raised; None where it was no plugin's code."""
    entries = [part.entry for part in experiment.parts]
    if registry is not None:
        entries += [entry for entry, _ in used_tokenizers(experiment, registry)]
    frames = _frames(error)
    owners = {entry.owner.name: entry.owner for entry in entries if entry.owner is not None}
    found: tuple[int, Plugin] | None = None
    for owner in owners.values():
        for mine in _frames_of(owner, frames)[-1:]:
            depth = frames.index(mine)
            if found is None or depth > found[0]:
                found = depth, owner
    if found is None:
        return None
    depth, owner = found
    brought = [entry for entry in entries if entry.plugin == owner.name]
    entry = brought[0] if len(brought) == 1 else _by_frames(frames[: depth + 1], brought)
    if entry is not None:
        return _told(entry, error)
    own = _frames_of(owner, frames)
    return _sentence(f"plugin {owner.name!r}", owner.origin, own, error, owner.reference)


def _by_frames(frames: Sequence[tuple[FrameType, int]], entries: Sequence[Entry]) -> Entry | None:
    """Returns the component, of several of one plugin, that the innermost frames belong to."""
    kinds: dict[type, str] = {Codec: "tasks", nn.Module: "models", PluginTokenizer: "tokenizers"}
    for frame, _ in reversed(frames):
        subject = frame.f_locals.get("self")
        for entry in entries:
            if subject is entry.component:
                return entry
        for kind, name in kinds.items():
            of_kind = [entry for entry in entries if entry.kind == name]
            if isinstance(subject, kind) and of_kind:
                return of_kind[0]
    return None
