"""Writes TensorBoard files of runs that ask for it: `trainer.tensorboard=true`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import seqkit

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Observer:
    """Turns the events of one run at a time into scalars and texts in `RUN/tensorboard/`."""

    def __init__(self) -> None:
        self._writer: SummaryWriter | None = None

    def see(self, event: seqkit.Event) -> None:
        """Takes in one event.

        Raises:
            PluginError: TensorBoard is asked for and not installed.
        """
        if event.kind == "started" and event["experiment"]["trainer"]["tensorboard"]:
            self._writer = _open(event)
        writer = self._writer
        if writer is None:
            return
        if event.kind == "step":
            for name in ("loss", "learning_rate", "gradient_norm", "examples_per_second"):
                _scalar(writer, f"train/{name}", event[name], event.step)
        elif event.kind == "evaluation":
            for name, value in {"loss": event["loss"], **event["metrics"]}.items():
                _scalar(writer, f"{event['split']}/{name}", value, event.step)
        elif event.kind == "sample":
            text = "\n\n".join(f"    {item}" for item in event["items"])
            writer.add_text(f"{event['split']}/samples", text, event.step)
        elif event.kind == "ended":
            writer.close()
            self._writer = None


def _open(event: seqkit.Event) -> SummaryWriter:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise seqkit.PluginError(
            "trainer.tensorboard is true, and TensorBoard is not installed. "
            "Run: pip install 'seqkit[tensorboard]'"
        ) from error
    # Steps after the one a resumed run continues from are written again, and purged first.
    resumed = event["resumed_from"]
    purge = None if resumed is None else resumed + 1
    return SummaryWriter(f"{event['folder']}/tensorboard", purge_step=purge)


def _scalar(writer: SummaryWriter, name: str, value: Any, step: int) -> None:
    if isinstance(value, int | float) and not math.isnan(value):
        writer.add_scalar(name, value, step)


_observer = Observer()


@seqkit.hookimpl
def on_event(event: seqkit.Event) -> None:
    """Passes events on to TensorBoard."""
    _observer.see(event)
