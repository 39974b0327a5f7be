"""The table of keys of the documentation, made from the bindings of every screen."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding
from textual.keys import format_key

from seqkit.tui.app import SeqkitApp
from seqkit.tui.chart import Chart
from seqkit.tui.comparing.screen import CompareScreen
from seqkit.tui.components.data import DataScreen
from seqkit.tui.components.screen import ComponentsScreen
from seqkit.tui.monitor.answers_pane import AnswersPane
from seqkit.tui.monitor.log import LogLines
from seqkit.tui.monitor.screen import MonitorScreen
from seqkit.tui.new.files import FilePicker
from seqkit.tui.new.form import Form
from seqkit.tui.new.screen import NewRunScreen
from seqkit.tui.playground.screen import TryScreen
from seqkit.tui.runs.screen import RunsScreen
from seqkit.tui.runs.table import RunTable

SECTIONS: tuple[tuple[str, tuple[type[Any], ...]], ...] = (
    ("Everywhere", (SeqkitApp,)),
    ("Runs", (RunTable, RunsScreen)),
    ("New run", (NewRunScreen, Form)),
    ("New run: a file of your own", (FilePicker,)),
    ("Monitor", (MonitorScreen,)),
    ("Monitor: a chart", (Chart,)),
    ("Monitor: answers and log", (AnswersPane, LogLines)),
    ("Compare", (CompareScreen,)),
    ("Try", (TryScreen,)),
    ("Components", (ComponentsScreen,)),
    ("Data", (DataScreen,)),
)
HEADING = "\n## Keys\n"
"""Where the page ends that a person writes; what follows is made by `make docs`."""


def keys_section() -> str:
    """Returns the keys of every screen as Markdown tables."""
    lines: list[str] = []
    for heading, owners in SECTIONS:
        lines += [f"### {heading}", "", "| Key | What it does | Name |", "| --- | --- | --- |"]
        for owner in owners:
            lines += [_row(binding) for binding in vars(owner)["BINDINGS"] if binding.id]
        lines.append("")
    return "\n".join(lines)


def _row(binding: Binding) -> str:
    keys = " ".join(f"`{_shown(key)}`" for key in binding.key.split(","))
    return f"| {keys} | {binding.description} | `{binding.id}` |"


def _shown(key: str) -> str:
    parts = key.split("+")
    last = format_key(parts[-1])
    return "+".join([*parts[:-1], last if last.isascii() else parts[-1]])


def with_keys(page: str) -> str:
    """Returns a page with everything after its heading `Keys` written anew.

    Raises:
        ValueError: It has no such heading.
    """
    before, heading, _ = page.partition(HEADING)
    if not heading:
        raise ValueError("the page has no heading 'Keys'")
    return f"{before}{HEADING}\n{keys_section().rstrip()}\n"
