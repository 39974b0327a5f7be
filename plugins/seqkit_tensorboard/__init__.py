"""Writes TensorBoard files of runs that ask for it: `[observers.tensorboard]`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import seqkit

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard(seqkit.Observer):
    """Writes the curves and samples of a run as TensorBoard files, in `RUN/tensorboard/`.

    It needs the extra: `pip install 'seqkit[tensorboard]'`.
    """

    name = "tensorboard"
    formerly = "trainer.tensorboard"

    class Config(seqkit.Config):
        samples: bool = seqkit.Field(True, help="Write the samples of each evaluation, too.")

    def build(self, config: Any) -> Callable[[seqkit.Event], None]:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise seqkit.PluginError(
                "TensorBoard is not installed. Run: pip install 'seqkit[tensorboard]'"
            ) from error
        return _Writing(SummaryWriter, config.samples).see


class _Writing:
    """Turns the events of one run into scalars and texts."""

    def __init__(self, make: Callable[..., SummaryWriter], samples: bool) -> None:
        self._make = make
        self._samples = samples
        self._writer: SummaryWriter | None = None

    def see(self, event: seqkit.Event) -> None:
        if event.kind == "started":
            # Steps after the one a resumed run continues from are written again, and purged first.
            resumed = event["resumed_from"]
            purge = None if resumed is None else resumed + 1
            self._writer = self._make(f"{event['folder']}/tensorboard", purge_step=purge)
        writer = self._writer
        if writer is None:
            return
        if event.kind == "step":
            for name in ("loss", "learning_rate", "gradient_norm", "examples_per_second"):
                _scalar(writer, f"train/{name}", event[name], event.step)
        elif event.kind == "evaluation":
            for name, value in {"loss": event["loss"], **event["metrics"]}.items():
                _scalar(writer, f"{event['split']}/{name}", value, event.step)
        elif event.kind == "sample" and self._samples:
            text = "\n\n".join(f"    {item}" for item in event["items"])
            writer.add_text(f"{event['split']}/samples", text, event.step)
        elif event.kind == "ended":
            writer.close()
            self._writer = None


def _scalar(writer: SummaryWriter, name: str, value: Any, step: int) -> None:
    if isinstance(value, int | float) and not math.isnan(value):
        writer.add_scalar(name, value, step)


@seqkit.hookimpl
def register_observers() -> list[type[seqkit.Observer]]:
    return [TensorBoard]
