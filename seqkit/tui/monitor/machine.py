"""What the machine does meanwhile: processors, memory, the run's own process, and GPUs."""

from __future__ import annotations

import contextlib
import socket
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import psutil
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from seqkit.terminal.cells import BLOCKS, bar
from seqkit.terminal.safe_text import one_line
from seqkit.tui.colours import colour
from seqkit.tui.monitor.panes import PaneTitle

_LABEL = 9
_KEPT = 60
_GIB = 2**30


@dataclass(frozen=True)
class Reading:
    """One row of the pane.

    Attributes:
        name: What is measured.
        part: Its value from 0 to 1, or None where there is no whole.
        text: Its value in words.
    """

    name: str
    part: float | None
    text: str


@dataclass
class Machine:
    """Reads the machine that a run is on, if it is this one."""

    _process: psutil.Process | None = None
    _pid: int | None = None
    _gpus: list[Any] | None = None

    def readings(self, info: Mapping[str, Any], live: bool) -> list[Reading]:
        """Returns what can be measured now; nothing that fails is shown."""
        memory = psutil.virtual_memory()
        found = [
            Reading("CPU", psutil.cpu_percent() / 100, f"{psutil.cpu_count()} cores"),
            Reading(
                "memory",
                memory.percent / 100,
                f"{(memory.total - memory.available) / _GIB:.1f} of {memory.total / _GIB:.0f} GiB",
            ),
        ]
        if live:
            found += self._own(info, memory.total)
        return found + self._graphics()

    def _own(self, info: Mapping[str, Any], total: int) -> list[Reading]:
        """Returns what the run's process takes; 100 % is all of the machine's cores."""
        process = info.get("process")
        if not isinstance(process, Mapping) or process.get("host") != socket.gethostname():
            return []
        try:
            pid = int(process["pid"])
            if self._process is None or pid != self._pid:
                self._process, self._pid = psutil.Process(pid), pid
            share = self._process.cpu_percent() / 100
            size = self._process.memory_info().rss
        except (psutil.Error, KeyError, TypeError, ValueError, OverflowError):
            return []
        cores = psutil.cpu_count() or 1
        return [
            Reading("run CPU", min(1.0, share / cores), f"{share:.1f} cores busy"),
            Reading("run mem.", min(1.0, size / total), f"{size / _GIB:.2f} GiB"),
        ]

    def _graphics(self) -> list[Reading]:
        try:
            import pynvml
        except ImportError:
            return []
        if self._gpus is None:
            self._gpus = []
            with contextlib.suppress(pynvml.NVMLError):
                pynvml.nvmlInit()
                count = pynvml.nvmlDeviceGetCount()
                self._gpus = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(count)]
        found = []
        for number, handle in enumerate(self._gpus):
            try:
                use = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
                memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
            except pynvml.NVMLError:
                continue
            used = f"{memory.used / _GIB:.1f} of {memory.total / _GIB:.0f} GiB"
            found += [
                Reading(f"GPU {number}", use, "busy"),
                Reading(f"GPU {number} m.", memory.used / max(1, memory.total), used),
            ]
        return found


@dataclass
class _Past:
    """The readings of the last minute, by name."""

    values: dict[str, deque[float]] = field(default_factory=dict)

    def add(self, reading: Reading) -> list[float]:
        kept = self.values.setdefault(reading.name, deque(maxlen=_KEPT))
        kept.append(reading.part or 0.0)
        return list(kept)


class MachinePane(VerticalScroll, can_focus=True):
    """Processors, memory, the run's own process, and NVIDIA GPUs where there are any."""

    HELP: ClassVar[str] = (
        "How busy this machine is: processors and memory, the part of them that the run takes, "
        "and NVIDIA GPUs where nvidia-ml-py is installed. Behind each bar is its last minute."
    )
    DEFAULT_CSS = """
    MachinePane {
        height: 1fr;
        scrollbar-size: 1 1;
        background: transparent;
        & > Static { text-wrap: nowrap; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._machine = Machine()
        self._past = _Past()

    def compose(self) -> ComposeResult:
        """Lays the pane out."""
        yield PaneTitle("Device")
        yield Static(id="machine--rows")

    def show(self, info: Mapping[str, Any], device: str, live: bool) -> None:
        """Measures and shows this machine, or says that the run is on another one."""
        process = info.get("process")
        host = process.get("host") if isinstance(process, Mapping) else None
        elsewhere = isinstance(host, str) and host != socket.gethostname()
        note = f"{device}, on {host}; below is this machine" if elsewhere else device
        self.query_one(PaneTitle).describe(note)
        rows = self._machine.readings(info, live and not elsewhere)
        width = max(20, self.size.width - 1)
        lines = [self._row(reading, width) for reading in rows]
        self.query_one("#machine--rows", Static).update(Text("\n").join(lines))

    def _row(self, reading: Reading, width: int) -> Text:
        variables = self.app.theme_variables
        part = reading.part or 0.0
        full = "mem" in reading.name and part > 0.9
        tint = "$error" if full else "$primary"
        text = Text(no_wrap=True)
        text.append(f"{one_line(reading.name):<{_LABEL}}", colour(variables, "$chart-axis"))
        length = max(6, min(20, width - _LABEL - 30))
        ground = colour(variables, "$panel-lighten-2")
        text.append(bar(part, length), f"{colour(variables, tint)} on {ground}")
        text.append(f" {part:4.0%} ", "bold")
        past = self._past.add(reading)
        text.append(f"{one_line(reading.text):<17}")
        room = width - text.cell_len - 1
        if room >= 8:
            drawn = "".join(BLOCKS[min(7, int(value * 8))] for value in past[-room:])
            text.append(drawn.rjust(min(room, _KEPT)), colour(variables, "$chart-raw"))
        return text

    def on_focus(self) -> None:
        """Makes the title stand out."""
        self.query_one(PaneTitle).stand_out(True)

    def on_blur(self) -> None:
        """Lets the title stand back."""
        self.query_one(PaneTitle).stand_out(False)
