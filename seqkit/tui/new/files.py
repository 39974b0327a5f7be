"""A picker for files and folders of one's own, with their columns previewed and guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from seqkit.cli.output import size
from seqkit.tui.new.catalogue import Catalogue
from seqkit.tui.new.client import Checker
from seqkit.tui.text import fit, plain

_KINDS = {
    ".csv": ("text-csv",),
    ".tsv": ("text-csv", "pairs-tsv"),
    ".jsonl": ("text-jsonl",),
    ".ndjson": ("text-jsonl",),
    ".txt": ("text-file",),
    "": ("text-folder", "text-file"),
}
"""Datasets that read a file, by its suffix, the likeliest first; a folder has none."""

_ROWS = 8
_ROLES = ("text", "label", "time", "id", "source", "target")
_COLUMN = 24


def readers(path: Path, catalogue: Catalogue) -> list[Mapping[str, Any]]:
    """Returns the datasets that may read a file or folder, the likeliest first."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = "" if path.is_dir() else (suffixes[-1] if suffixes else ".txt")
    named = [catalogue.find("datasets", name) for name in _KINDS.get(kind, ())]
    able = [
        entry
        for entry in catalogue.entries("datasets")
        if "path" in entry["schema"].get("properties", {})
        and "path" in entry["schema"].get("required", ())
    ]
    first = [entry for entry in named if entry is not None]
    return [*first, *(entry for entry in able if entry not in first)]


def listed(folder: Path, beginning: str) -> list[Path]:
    """Returns folders, then files, that begin so; hidden ones only where that is asked for."""
    try:
        found = [
            path
            for path in folder.iterdir()
            if path.name.lower().startswith(beginning.lower())
            and (beginning.startswith(".") or not path.name.startswith("."))
        ]
    except OSError:
        return []
    return sorted(found, key=lambda path: (not path.is_dir(), path.name.lower()))


class FilePicker(ModalScreen[dict[str, Any] | None]):
    """Closes with a dataset's table for the file that was chosen.

    Args:
        catalogue: What is installed.
        checker: Who looks into files.
    """

    HELP: ClassVar[str] = """Type a path, or go through folders with the arrows and enter. The first
    rows are shown, and the columns with texts and labels are guessed; ctrl+n takes another column
    for the texts, ctrl+b for the labels, ctrl+d another way to read the file. Ctrl+o takes it."""
    DEFAULT_CSS = """
    FilePicker {
        align: center middle; background: $background 60%;
        & > Vertical {
            width: 112; max-width: 98%; height: 32; max-height: 96%; padding: 0 1;
            background: $panel; border: round $primary; border-title-color: $primary;
            border-subtitle-color: $foreground 60%;
        }
        & Input { border: none; height: 1; padding: 0; background: $surface; }
        & Horizontal { height: 1fr; margin-top: 1; }
        & OptionList {
            width: 36; height: 1fr; border: none; background: $panel; padding: 0;
            scrollbar-size-vertical: 1;
        }
        & #look { width: 1fr; height: 1fr; padding: 0 0 0 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel", id="files.cancel"),
        Binding("down", "move('cursor_down')", "Down", show=False),
        Binding("up", "move('cursor_up')", "Up", show=False),
        Binding("ctrl+o", "take", "Use it", priority=True, id="files.take"),
        Binding("ctrl+n", "column('text')", "Other text column", priority=True, id="files.text"),
        Binding("ctrl+b", "column('label')", "Other label column", priority=True, id="files.label"),
        Binding("ctrl+d", "reader", "Read it otherwise", priority=True, id="files.reader"),
    ]

    def __init__(self, catalogue: Catalogue, checker: Checker) -> None:
        super().__init__()
        self._catalogue = catalogue
        self._checker = checker
        self._path: Path | None = None
        self._readers: list[Mapping[str, Any]] = []
        self._reader = 0
        self._columns: list[str] = []
        self._rows: list[list[str]] = []
        self._guess: dict[str, Any] = {}
        self._said = ""

    def compose(self) -> ComposeResult:
        """Lays the picker out."""
        box = Vertical()
        box.border_title = Text("Your own file or folder")
        box.border_subtitle = Text("enter opens · ctrl+o uses it · escape")
        with box:
            yield Input("./", placeholder="path", select_on_focus=False)
            with Horizontal():
                yield OptionList(compact=True)
                yield Static(id="look")

    def on_mount(self) -> None:
        """Shows the current folder."""
        self._fill()

    def _place(self) -> tuple[Path, str]:
        """Returns the folder that is written so far, and the beginning of a name in it."""
        folder, _, beginning = self.query_one(Input).value.rpartition("/")
        return Path(f"{folder}/" if folder or self.query_one(Input).value[:1] == "/" else "."), (
            beginning
        )

    def _fill(self) -> None:
        folder, beginning = self._place()
        folder = folder.expanduser()
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_option(Option(Text("../"), id=".."))
        options.add_options(_options(listed(folder, beginning)))
        options.highlighted = 1 if options.option_count > 1 else 0

    def on_input_changed(self) -> None:
        """Narrows the list."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Opens the highlighted folder, or takes the file."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            self._open(str(options.get_option_at_index(options.highlighted).id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Opens what was clicked."""
        self._open(str(event.option.id))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Looks into the highlighted file."""
        name = str(event.option.id)
        if name != "..":
            self.run_worker(self._look(Path(name)), group="look", exclusive=True)

    def _open(self, name: str) -> None:
        line = self.query_one(Input)
        folder, _ = self._place()
        path = (folder / "..") if name == ".." else Path(name)
        if path.expanduser().is_dir():
            shown = path.expanduser().resolve() if name == ".." else path
            line.value = f"{shown}/"
            line.cursor_position = len(line.value)
            line.focus()
        else:
            self.action_take()

    # --- looking ----------------------------------------------------------------------------------

    async def _look(self, path: Path) -> None:
        await asyncio.sleep(0.1)
        self._path, self._reader = path, 0
        self._columns, self._rows, self._guess, self._said = [], [], {}, "Looking …"
        self._readers = readers(path, self._catalogue)
        self._draw()
        answer = await self._checker.ask("look", path=str(path))
        self._columns = list(answer.get("columns", ()))
        self._rows = list(answer.get("rows", ()))
        self._guess = dict(answer.get("dataset") or {})
        names = [entry["name"] for entry in self._readers]
        if self._guess.get("name") in names:
            self._reader = names.index(self._guess["name"])
        self._said = str(answer.get("error") or answer.get("problem") or "")
        self._draw()

    def _table(self) -> dict[str, Any]:
        """Returns the dataset's table as it stands now."""
        if self._path is None or not self._readers:
            return {}
        entry = self._readers[self._reader]
        settings = entry["schema"].get("properties", {})
        guess = {key: value for key, value in self._guess.items() if key in settings}
        return {**guess, "name": entry["shown"], "path": str(self._path)}

    def _draw(self) -> None:
        table = self._table()
        text = Text(no_wrap=True, overflow="ellipsis")
        if self._path is not None:
            text.append(f"{plain(self._path)}\n", "bold")
        if table:
            entry = self._readers[self._reader]
            text.append("read as ", "dim").append(f"{table['name']}", "bold")
            text.append(f"  for {', '.join(entry.get('tasks', ()))}\n", "dim")
            for role in _ROLES:
                if isinstance(table.get(role), str):
                    text.append(f"{role} in ", "dim").append(f"{plain(table[role])}\n", "bold")
        if self._said:
            text.append(f"{plain(self._said)}\n", "italic")
        text.append("\n")
        chosen = {
            str(table[role]): "bold underline" if place % 2 else "bold"
            for place, role in enumerate(_ROLES)
            if role in table
        }
        for column in self._columns:
            text.append(f"{fit(column, _COLUMN)} ", chosen.get(column, "dim"))
        text.append("\n")
        for row in self._rows[:_ROWS]:
            for column, cell in zip(self._columns, row, strict=False):
                style = "" if column in chosen or len(self._columns) == 1 else "dim"
                width = _COLUMN if len(self._columns) > 1 else 70
                text.append(f"{fit(cell, width)} ", style)
            text.append("\n")
        if table:
            text.append("\nctrl+n other texts  ctrl+b other labels  ctrl+d read otherwise", "dim")
        self.query_one("#look", Static).update(text)

    # --- actions ----------------------------------------------------------------------------------

    def action_column(self, role: str) -> None:
        """Takes the next column for a role."""
        if self._columns:
            before = self._guess.get(role)
            place = self._columns.index(before) if before in self._columns else -1
            self._guess[role] = self._columns[(place + 1) % len(self._columns)]
            self._draw()

    def action_reader(self) -> None:
        """Takes the next way to read the file."""
        if self._readers:
            self._reader = (self._reader + 1) % len(self._readers)
            self._draw()

    def action_take(self) -> None:
        """Closes with what is shown."""
        table = self._table()
        if table:
            self.dismiss(table)

    def action_move(self, how: str) -> None:
        """Moves in the list while the path is written in."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_give_up(self) -> None:
        """Closes with nothing."""
        self.dismiss(None)


def _options(paths: Iterable[Path]) -> Iterable[Option]:
    for path in paths:
        label = Text(no_wrap=True, overflow="ellipsis")
        if path.is_dir():
            label.append(f"{plain(path.name)}/", "bold")
        else:
            label.append(plain(path.name))
            try:
                label.append(f"  {size(path.stat().st_size)}", "dim")
            except OSError:
                label.append("  gone", "dim")
        yield Option(label, id=str(path))
