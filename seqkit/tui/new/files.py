"""A picker for files and folders of one's own, with their columns previewed and guessed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from seqkit.processes.client import Checker
from seqkit.terminal.cells import fit
from seqkit.terminal.figures import size
from seqkit.terminal.safe_text import one_line
from seqkit.tui.new.catalogue import Catalogue
from seqkit.tui.workers import begin

_ROWS = 8
_REST = 0.1
"""Seconds that a file stays highlighted before it is looked into."""
_COLUMN = 24
_FOLDERS = ("~", ".", "..")
"""Names that mean a folder by themselves."""
_HERE = "./"
_LOOKING = "Looking …"


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


def place_of(written: str) -> tuple[Path, str]:
    """Returns the folder of what is written so far, and the beginning of a name in it."""
    if written in _FOLDERS:
        return _expanded(written), ""
    folder, slash, beginning = written.rpartition("/")
    return _expanded(folder + slash), beginning


def _expanded(folder: str) -> Path:
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        # Of a user that there is not.
        return Path(folder)


def completed(written: str) -> str:
    """Returns what is written with all that every path that begins so has in common."""
    if written in _FOLDERS:
        return f"{written}/"
    folder, beginning = place_of(written)
    paths = listed(folder, beginning)
    # A name of another case is put in place of what is written of it.
    common = paths[0].name if paths else ""
    while not all(path.name.startswith(common) for path in paths):
        common = common[:-1]
    if len(common) < len(beginning):
        return written
    only_folder = len(paths) == 1 and paths[0].is_dir()
    return written[: len(written) - len(beginning)] + common + ("/" if only_folder else "")


class FilePicker(ModalScreen[dict[str, Any] | None]):
    """Closes with what a look into the chosen file found, as `seqkit.processes.checker` calls it.

    That is `path`, `dataset`, `task`, `recipe`, `document` and `reasons`.

    Args:
        catalogue: What is installed.
        checker: Who looks into files.
    """

    HELP: ClassVar[str] = """Type a path, also from / or ~, or go through folders with the arrows
    and enter; tab completes a name. The first rows are shown, and what they are for is guessed;
    ctrl+d takes another task, ctrl+n and ctrl+k take other columns. Ctrl+o uses the file."""
    DEFAULT_CSS = """
    FilePicker {
        align: center middle; background: $background 60%;
        & > .picker--box {
            width: 112; max-width: 98%; height: 32; max-height: 96%; padding: 0 1;
            background: $panel; border: round $primary; border-title-color: $primary;
            border-subtitle-color: $foreground 60%;
        }
        & Input, & Input:focus { border: none; height: 1; padding: 0; background: $surface; }
        & Horizontal { height: 1fr; margin-top: 1; }
        & OptionList {
            width: 36; height: 1fr; border: none; background: $panel; padding: 0;
            scrollbar-size-vertical: 1;
        }
        & OptionList > .option-list--option-highlighted {
            background: $block-cursor-background; color: $block-cursor-foreground;
        }
        & #side { width: 1fr; height: 1fr; padding: 0 0 0 2; }
        & #look { height: auto; margin-bottom: 1; }
        & #rows { height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Cancel", id="files.cancel"),
        Binding("down", "move('cursor_down')", "Down", show=False),
        Binding("up", "move('cursor_up')", "Up", show=False),
        Binding("tab", "complete", "Complete the name", show=False, priority=True),
        Binding("ctrl+o", "take", "Use it", priority=True, id="files.take"),
        Binding("ctrl+n", "column(0)", "Other first column", priority=True, id="files.first"),
        Binding("ctrl+k", "column(1)", "Other second column", priority=True, id="files.second"),
        Binding("ctrl+d", "task", "For another task", priority=True, id="files.task"),
    ]

    def __init__(self, catalogue: Catalogue, checker: Checker) -> None:
        super().__init__()
        self._checker = checker
        self._tasks = [str(entry["name"]) for entry in catalogue.entries("tasks")]
        self._wanted = ""
        self._path: Path | None = None
        self._found: dict[str, Any] = {}
        self._given: dict[str, str] = {}
        self._looking = self._take_when_known = False
        self._put = _HERE

    def compose(self) -> ComposeResult:
        """Lays the picker out."""
        box = Vertical(classes="picker--box")
        box.border_title = Text("Your own file or folder")
        box.border_subtitle = Text("enter opens · ctrl+o uses it · escape")
        with box:
            yield Input(_HERE, placeholder="path", select_on_focus=False)
            with Horizontal():
                yield OptionList(compact=True)
                with Vertical(id="side"):
                    yield Static(id="look")
                    yield Static(id="rows")

    def on_mount(self) -> None:
        """Shows the current folder."""
        self._fill()

    def _fill(self) -> None:
        folder, beginning = place_of(self.query_one(Input).value)
        paths = listed(folder, beginning)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_option(Option(Text("../"), id=".."))
        options.add_options(_options(paths))
        whole = [number for number, path in enumerate(paths, 1) if path.name == beginning]
        options.highlighted = whole[0] if whole else min(1, len(paths))
        if not paths:
            # What was found in a file that is no longer shown is not to be taken.
            self.workers.cancel_group(self, "look")
            self._path, self._looking = None, False
            self._found = {"said": _nothing(folder, beginning)}
            self._draw()

    def on_input_changed(self) -> None:
        """Narrows the list; a path from the root or the home folder begins anew."""
        line = self.query_one(Input)
        for put in (self._put, _HERE):
            more = line.value.removeprefix(put)
            if more != line.value and more[:1] in ("/", "~"):
                self._write(more, by_hand=True)
                return
        self._fill()

    def _write(self, path: str, by_hand: bool = False) -> None:
        line = self.query_one(Input)
        self._put = path if path.endswith("/") and not by_hand else ""
        line.value = path
        line.cursor_position = len(path)

    def on_input_submitted(self) -> None:
        """Opens the highlighted folder, or takes the file."""
        options, written = self.query_one(OptionList), self.query_one(Input).value
        if written in _FOLDERS:
            self._write(f"{written}/")
        elif options.highlighted is not None and (options.option_count > 1 or written[-1:] == "/"):
            self._open(str(options.get_option_at_index(options.highlighted).id))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Opens what was clicked."""
        self._open(str(event.option.id))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Looks into the highlighted file."""
        name = str(event.option.id)
        if name != "..":
            self._look_into(Path(name))

    def _open(self, name: str) -> None:
        line = self.query_one(Input)
        folder, _ = place_of(line.value)
        path = (folder / "..").resolve() if name == ".." else Path(name)
        if path.is_dir():
            self._write(f"{path}/".replace("//", "/"))
            line.focus()
        else:
            if path != self._path:
                self._look_into(path)
            self.action_take()

    # --- looking ----------------------------------------------------------------------------------

    def _look_into(
        self, path: Path, task: str = "", given: Mapping[str, str] | None = None
    ) -> None:
        # What was found in another file is forgotten at once: it is never taken in this one's name.
        self._path, self._wanted, self._found = path, task, {"said": _LOOKING}
        self._looking, self._take_when_known, self._given = True, False, dict(given or {})
        look = partial(self._look, path, task, dict(given or {}))
        begin(self, look, group="look", exclusive=True, exit_on_error=True)

    async def _look(self, path: Path, task: str, given: dict[str, str]) -> None:
        await asyncio.sleep(_REST)
        self._draw()
        self._found = await self._checker.ask("look", path=str(path), task=task, given=given)
        self._looking = False
        self._draw()
        if self._take_when_known and self.app.screen is self:
            self.action_take()

    def _roles(self) -> dict[str, str]:
        """Returns the settings of the dataset that name a column, and those columns."""
        columns = self._found.get("columns", ())
        found = {key: value for key, value in self._table().items() if value in columns}
        # Where a file cannot be read with the columns that were chosen, others can be.
        return found or self._given

    def _table(self) -> dict[str, Any]:
        return dict(self._found.get("dataset") or {})

    def _draw(self) -> None:
        if not self.query("#look"):
            return  # An answer came when the dialog was on its way out.
        found, table = self._found, self._table()
        text = Text()
        text.append(f"{one_line(self._path or '')}\n", "bold")
        if table:
            text.append(f"{found['task']}", "bold").append(f", read as {table['name']}\n", "dim")
        elif self._wanted:
            text.append(f"{self._wanted}\n", "bold")
        roles = self._roles()
        for role, column in roles.items():
            text.append(f"{role} in ", "dim").append(f"{one_line(column)}\n", "bold")
        said = found.get("error") or found.get("problem") or found.get("said")
        if said:
            # What the command line is told names an option of it.
            text.append(f"{one_line(said).removeprefix('--data ')}\n", "italic")
        if self._path is not None:
            columns = "  ctrl+n, ctrl+k other columns" if roles else ""
            text.append(f"ctrl+d another task{columns}", "dim")
        self.query_one("#look", Static).update(text)
        self.query_one("#rows", Static).update(self._drawn_rows(list(roles.values())))

    def _drawn_rows(self, chosen: Sequence[str]) -> Text:
        """Draws the first rows, the columns that are taken before the others."""
        text = Text()
        columns = list(self._found.get("columns", ()))
        order = sorted(range(len(columns)), key=lambda place: columns[place] not in chosen)
        rows = [row for row in self._found.get("rows", ()) if len(row) == len(columns)][:_ROWS]
        widths = [
            min(_COLUMN, max(cell_len(one_line(cell)) for cell in cells))
            for cells in zip(columns, *rows, strict=True)
        ]
        for shown in (columns, *rows):
            for place in order:
                taken = columns[place] in chosen
                style = ("bold underline" if taken else "dim") if shown is columns else ""
                cell, widest = one_line(shown[place]), widths[place]
                cell = cell if len(columns) == 1 else fit(cell, widest)
                text.append(f"{cell} ", style or ("" if taken else "dim"))
            text.append("\n")
        return text

    # --- actions ----------------------------------------------------------------------------------

    def action_column(self, number: int) -> None:
        """Takes the next column for one of the settings that name one."""
        roles, columns = dict(self._roles()), list(self._found.get("columns", ()))
        if self._path is None or number >= len(roles):
            return
        role, now = list(roles.items())[number]
        others = [column for column in columns if column == now or column not in roles.values()]
        roles[role] = others[(others.index(now) + 1) % len(others)]
        rows = {key: self._found[key] for key in ("columns", "rows")}
        # Other columns may want another reading and other settings.
        self._look_into(self._path, str(self._found.get("task") or self._wanted), roles)
        self._found |= rows
        self._draw()

    def action_task(self) -> None:
        """Looks at the file as data of the next task."""
        if self._path is not None:
            now = str(self._found.get("task") or self._wanted)
            place = self._tasks.index(now) if now in self._tasks else -1
            self._look_into(self._path, self._tasks[(place + 1) % len(self._tasks)])

    def action_take(self) -> None:
        """Closes with what is shown; a file that is still being looked into, once it is known."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            name = str(options.get_option_at_index(options.highlighted).id)
            if name != ".." and Path(name) != self._path:
                # The list has just moved on, and has not said so yet.
                self._look_into(Path(name))
        self._take_when_known = self._looking
        if self._found.get("dataset"):
            keys = ("dataset", "task", "recipe", "document", "reasons")
            self.dismiss({"path": str(self._path)} | {key: self._found[key] for key in keys})

    def action_complete(self) -> None:
        """Completes the name that is written, as far as there is one way to."""
        self._write(completed(self.query_one(Input).value))

    def action_move(self, how: str) -> None:
        """Moves in the list while the path is written in."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_give_up(self) -> None:
        """Closes with nothing."""
        self.dismiss(None)


def _nothing(folder: Path, beginning: str) -> str:
    """Says why there is nothing to choose from."""
    if not folder.is_dir():
        return f"There is no folder {one_line(folder)}."
    where = "here" if folder == Path() else f"in {one_line(folder)}"
    return f"Nothing {where} begins with {beginning}." if beginning else f"Nothing is {where}."


def _options(paths: Iterable[Path]) -> Iterable[Option]:
    for path in paths:
        label = Text(no_wrap=True, overflow="ellipsis")
        if path.is_dir():
            label.append(f"{one_line(path.name)}/", "bold")
        else:
            label.append(one_line(path.name))
            try:
                label.append(f"  {size(path.stat().st_size)}", "dim")
            except OSError:
                label.append("  gone", "dim")
        yield Option(label, id=str(path))
