"""The Runs screen: the home of the terminal UI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from seqkit.terminal.figures import count_of
from seqkit.terminal.safe_text import one_line
from seqkit.tui.colours import SERIES
from seqkit.tui.context import Context
from seqkit.tui.messages import CompareRuns, NewRunLike, OpenRun, TrainDemo, TryRun
from seqkit.tui.runs.actions import RunActions
from seqkit.tui.runs.columns import COLUMNS, sort_rows
from seqkit.tui.runs.detail import RunDetail
from seqkit.tui.runs.index import RunIndex
from seqkit.tui.runs.query import Query, parse
from seqkit.tui.runs.rows import RunRow
from seqkit.tui.runs.table import RunTable
from seqkit.tui.topbar import TopBar
from seqkit.tui.welcome import Welcome

_SCAN_SECONDS = 1.0
_MANY = 200
"""With more runs than so many, the folder is looked through less often."""
_AGES = 20
"""Turns after which the ages are written anew."""
_SLICE_SECONDS = 0.008
_BETWEEN_SLICES = 0.025
_SLICES_BETWEEN_PICTURES = 12


class RunsScreen(Screen[None]):
    """Every run of the folder, the live ones first.

    Args:
        context: What every screen is given.
    """

    HELP: ClassVar[str] = """Every run of the folder, live ones first, kept up to date. Filter with
    /: words are looked for anywhere, task:NAME in one field, score>0.85 compares a score,
    lr<=0.001 a setting, age<2d an age, -tag:old turns round. What acts on a run acts on every
    marked one, or on the one under the cursor. Deleted runs lie in .trash beside the others."""
    TITLE = "Runs"
    DEFAULT_CSS = """
    RunsScreen {
        background: $surface;
        & > #filter-line { height: 1; background: $surface; margin: 0 0 0 1; }
        & #filter-sign { width: 2; color: $accent; }
        & #filter, & #filter:focus {
            width: 1fr; border: none; height: 1; padding: 0; background: $surface;
        }
        & #filter-count { width: auto; max-width: 60%; color: $foreground 60%; padding: 0 1; }
        & #filter-count.problem { color: $warning; }
        &.empty > #filter-line, &.empty > RunTable, &.empty > RunDetail { display: none; }
        & > Welcome { display: none; }
        &.empty > Welcome { display: block; }
        &.short > RunDetail { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "try", "Try", id="runs.try"),
        Binding("v", "compare", "Compare", id="runs.compare"),
        Binding("slash", "filter", "Filter", key_display="/", id="runs.filter"),
        Binding("space", "mark", "Mark", key_display="␣", id="runs.mark"),
        Binding("s", "sort", "Sort", id="runs.sort", show=False),
        Binding("S", "reverse", "Reverse order", id="runs.reverse", show=False),
        Binding("t", "tag", "Tag", id="runs.tag", show=False),
        Binding("r", "rename", "Rename", id="runs.rename", show=False),
        Binding("d,delete", "delete", "Delete", key_display="d", id="runs.delete"),
        Binding("u", "undelete", "Bring back the last deleted", id="runs.undelete", show=False),
        Binding("c", "resume", "Resume", id="runs.resume"),
        Binding("x", "stop", "Stop", id="runs.stop"),
        Binding("n", "copy", "New like this", id="runs.copy", show=False),
        Binding("o", "console", "All that it said", id="runs.console", show=False),
        Binding("y", "yank", "Copy the folder's path", id="runs.yank", show=False),
        Binding("a", "mark_all", "Mark all shown, or none", id="runs.mark-all", show=False),
        Binding("escape", "clear", "Clear marks and filter", id="runs.clear", show=False),
    ]
    AUTO_FOCUS = "RunTable"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.index = RunIndex(context.runs_dir)
        self._query = Query()
        self._fresh = True
        self.left = ""
        self._turns = 0
        self._slices = 0

    def compose(self) -> ComposeResult:
        """Lays the screen out."""
        yield TopBar("runs")
        with Horizontal(id="filter-line"):
            yield Static(Text("/"), id="filter-sign")
            yield Input(
                self.context.preferences.filter,
                placeholder=_hint(()),
                id="filter",
            )
            yield Static("", id="filter-count")
        yield RunTable()
        yield Welcome(self.context.runs_dir, self.context.read_only)
        yield RunDetail()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begins to look for runs, after the first picture."""
        self._actions = RunActions(self, self.context, self.table, self.changed)
        self._query = parse(self.context.preferences.filter)
        self.call_after_refresh(self._scan)
        self.set_interval(_SCAN_SECONDS, self._scan)
        self._working = self.set_interval(_BETWEEN_SLICES, self._work, pause=True)

    def on_resize(self) -> None:
        """Gives a low screen's lines to the list."""
        self.set_class(self.size.height < 18, "short")

    def on_screen_resume(self) -> None:
        """Looks at once when the screen is shown again, with the cursor on the run one leaves."""
        self._turns = -1
        self.call_after_refresh(self._scan)

    def on_unmount(self) -> None:
        """Keeps what was read for the next start."""
        self.index.save()

    # --- runs -------------------------------------------------------------------------------------

    def _scan(self) -> None:
        self._turns += 1
        seldom = 1 + len(self.index.rows) // _MANY
        if not self._fresh and (not self.is_current or self._turns % min(seldom, 4)):
            return
        changed = self.index.scan()
        changed |= self.index.work(_SLICE_SECONDS)
        # Without a change, ages alone grow; a terminal far away is spared the rest.
        if changed or self._fresh or self._turns % _AGES == 0:
            self._fresh = False
            self.show_rows()
        if self.index.waiting:
            self._working.resume()

    def _work(self) -> None:
        self.index.work(_SLICE_SECONDS)
        self._slices += 1
        if not self.index.waiting:
            self._working.pause()
        if not self.index.waiting or self._slices % _SLICES_BETWEEN_PICTURES == 0:
            self.show_rows()

    def show_rows(self) -> None:
        """Filters, sorts and shows what is known."""
        rows = self.index.rows
        table, sort = self.query_one(RunTable), self.context.preferences
        shown = sort_rows([row for row in rows if self._query.matches(row)], *self._sort())
        was_empty = self.has_class("empty")
        empty = not rows and not self.index.waiting and self.index.scanned
        self.set_class(empty, "empty")
        if empty != was_empty:
            (self.query_one(Welcome) if empty else table).focus()
        table.hint = "No run passes the filter. escape takes it away." if rows else ""
        table.show(shown, (sort.sort, sort.descending))
        if self.left and any(row.name == self.left for row in shown):
            table.go_to(self.left)
            self.left = ""
        self.query_one(RunDetail).show(table.current, len(table.marked))
        live = sum(row.live for row in rows)
        self.query_one(TopBar).note = (
            f"● {live} running " if live else "read-only " if self.context.read_only else ""
        )
        self.query_one("#filter", Input).placeholder = _hint(rows)
        self._count(len(shown), len(rows))

    def _sort(self) -> tuple[str, bool]:
        return self.context.preferences.sort, self.context.preferences.descending

    def _count(self, shown: int, total: int) -> None:
        count = self.query_one("#filter-count", Static)
        count.set_class(bool(self._query.problem), "problem")
        reading = f"reading {self.index.waiting} · " if self.index.waiting else ""
        whole = count_of(total, "run")
        number = whole if shown == total else f"{shown} of {whole}"
        count.update(Text(self._query.problem or reading + number, no_wrap=True))

    @property
    def table(self) -> RunTable:
        """The list."""
        return self.query_one(RunTable)

    def changed(self, *names: str) -> None:
        """Shows these runs anew, after an action."""
        for name in names:
            self.index.refresh(name)
        self.index.scan()
        while self.index.work(0.05):
            continue
        self.show_rows()

    # --- filter and order -------------------------------------------------------------------------

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filters while the user types."""
        known = {name for row in self.index.rows for name in (*row.scores, *row.settings)}
        self._query = parse(event.value, known)
        self.show_rows()

    def on_input_submitted(self) -> None:
        """Goes back to the list, with the filter left on."""
        self.context.remember(filter=self.query_one("#filter", Input).value)
        self.table.focus()

    def on_run_table_head_clicked(self, event: RunTable.HeadClicked) -> None:
        """Sorts by the column, or turns the order round."""
        self.sort_by(event.key)

    def on_run_table_moved(self) -> None:
        """Shows the run under the cursor more closely."""
        self.query_one(RunDetail).show(self.table.current, len(self.table.marked))

    def on_run_table_opened(self) -> None:
        """Opens the run."""
        self.action_open()

    def on_welcome_demo(self) -> None:
        """Trains the demonstration."""
        self.post_message(TrainDemo())

    def sort_by(self, key: str) -> None:
        """Sorts by a column; turns the order round when it is sorted by that already."""
        column = next(column for column in COLUMNS if column.key == key)
        before, descending = self._sort()
        self.context.remember(
            sort=key, descending=not descending if key == before else column.descending
        )
        self.show_rows()

    # --- actions ----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaves out of the footer what cannot be done now."""
        if self.has_class("empty") and action != "undelete":
            return False
        changes = {"tag", "rename", "delete", "undelete", "resume", "stop", "copy"}
        return not (action in changes and self.context.read_only)

    def action_open(self) -> None:
        """Opens the run under the cursor."""
        if self.table.current is not None:
            self.post_message(OpenRun(self.table.current.folder))

    def action_try(self) -> None:
        """Opens the model of the run under the cursor, to be used."""
        if self.table.current is not None:
            self.post_message(TryRun(self.table.current.folder))

    def action_compare(self) -> None:
        """Lays the marked runs over each other."""
        runs = [row.folder for row in self.table.targets()]
        if not 2 <= len(runs) <= SERIES:
            self.notify(f"Mark 2 to {SERIES} runs with the space bar first.", timeout=4)
        else:
            self.post_message(CompareRuns(runs))

    def action_filter(self) -> None:
        """Goes to the filter."""
        self.query_one("#filter", Input).focus()

    def action_clear(self) -> None:
        """Takes marks away, then the filter."""
        line = self.query_one("#filter", Input)
        if line.has_focus:
            self.on_input_submitted()
        elif self.table.marked:
            self.table.mark(())
        else:
            line.value = ""
            self.context.remember(filter="")
        self.on_run_table_moved()

    def action_console(self) -> None:
        """Shows how the run under the cursor ended, and what its process wrote."""
        row = self.table.current
        if row is not None:
            from seqkit.tui.console import console_reading

            message = ". ".join(one_line(text) for text in (row.message, row.verdict) if text)
            self.app.push_screen(console_reading(row.folder, message))

    def action_mark(self) -> None:
        """Marks the run under the cursor."""
        self.table.action_mark()
        self.on_run_table_moved()

    def action_mark_all(self) -> None:
        """Marks every run that is shown, or none when all are marked."""
        names = {row.name for row in self.table.rows}
        self.table.mark(() if names == self.table.marked else names)
        self.on_run_table_moved()

    def action_sort(self) -> None:
        """Lets the user choose a column to sort by."""
        from seqkit.tui.dialogs import Choice, Choose

        choices = [Choice(column.key, column.title) for column in COLUMNS]

        def chosen(key: str | None) -> None:
            if key is not None:
                self.sort_by(key)

        self.app.push_screen(Choose("Sort by", choices, self._sort()[0]), chosen)

    def action_reverse(self) -> None:
        """Turns the order round."""
        self.sort_by(self._sort()[0])

    def action_tag(self) -> None:
        """Asks for tags."""
        self._actions.tag()

    def action_rename(self) -> None:
        """Asks for a title."""
        self._actions.rename()

    def action_delete(self) -> None:
        """Moves runs into the trash."""
        self._actions.delete()

    def action_undelete(self) -> None:
        """Brings the last deleted runs back."""
        self._actions.undelete()

    def action_resume(self) -> None:
        """Goes on with a run."""
        self._actions.resume()

    def action_stop(self) -> None:
        """Asks runs to save and stop."""
        self._actions.stop()

    def action_copy(self) -> None:
        """Starts a new run from the settings of this one."""
        if self.table.current is not None:
            self.post_message(NewRunLike(self.table.current.folder))

    def action_yank(self) -> None:
        """Puts the path of the run's folder on the clipboard."""
        if self.table.current is not None:
            path = str(self.table.current.folder.path.resolve())
            self.app.copy_to_clipboard(path)
            self.app.notify(path, title="Copied", markup=False)


def _hint(rows: Sequence[RunRow]) -> str:
    """Returns a filter to type, with names that the first run has."""
    row = next((row for row in rows if row.task and row.model), None)
    task, model = (row.task, row.model) if row is not None else ("NAME", "NAME")
    return one_line(f"filter: task:{task} model:{model} score>0.85")
