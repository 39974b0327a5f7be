"""The Data screen: datasets, what is here of them, and a look inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from seqkit.errors import SeqkitError
from seqkit.paths import cache_home
from seqkit.processes.client import Checker
from seqkit.terminal.cells import fit
from seqkit.terminal.figures import size
from seqkit.terminal.safe_text import one_line, visible
from seqkit.tui.colours import colour
from seqkit.tui.components.fetching import Fetch, progress_text
from seqkit.tui.components.going_back import go_back
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Confirm
from seqkit.tui.failing import failure_of
from seqkit.tui.narrowing import narrowed
from seqkit.tui.new.catalogue import Catalogue, load_catalogue, run_json
from seqkit.tui.new.pictures import data_text, examples_text
from seqkit.tui.scrolling import Scrolled
from seqkit.tui.topbar import TopBar
from seqkit.tui.workers import begin

_STATES = {"here": ("✓", "success"), "missing": ("○", "warning")}
_NAME = 18


class DataScreen(Screen[None]):
    """Datasets with their size, a look inside, and downloads.

    Args:
        context: What every screen is given.
    """

    HELP: ClassVar[str] = """Every dataset, and whether its data are here. g fetches one, which goes
    on when you leave; enter looks inside: sizes, lengths, vocabulary and examples as a model sees
    them. What is read is kept in the cache that runs use too; C empties that."""
    TITLE = "Data"
    DEFAULT_CSS = """
    DataScreen {
        background: $surface;
        & > Horizontal { height: 1fr; }
        & #list { width: 40; }
        &.-narrow #list { width: 1fr; }
        &.-narrow #detail, &.-narrow.-inside #list { display: none; }
        &.-narrow.-inside #detail { display: block; padding: 0 1; }
        & Input, & Input:focus { border: none; height: 1; padding: 0 1; background: $surface; }
        & OptionList {
            height: 1fr; border: none; background: $surface; padding: 0;
            scrollbar-size-vertical: 1;
        }
        & #detail { width: 1fr; padding: 0 2; background: $panel; scrollbar-size-vertical: 1; }
        & #detail > Static { width: 1fr; margin-bottom: 1; }
        & #cache { height: 1; padding: 0 1; color: $foreground 60%; background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "narrow", "Filter", key_display="/", id="data.filter"),
        Binding("g", "get", "Fetch", id="data.get"),
        Binding("enter", "look", "Look inside", show=False, id="data.look"),
        Binding("C", "clean", "Empty the cache", id="data.clean"),
        Binding("y", "yank", "Copy path", id="data.yank"),
        Binding("R", "reload", "Read again", show=False, id="data.reload"),
        Binding("escape", "back", "Back to the list, then to Runs", show=False, id="data.back"),
    ]
    AUTO_FOCUS = "OptionList"
    # Without room for both, the list gives way to what enter is pressed on.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-wide")]  # noqa: RUF012

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self._catalogue: Catalogue | None = None
        self._datasets: list[dict[str, Any]] = []
        self._fetches: dict[str, Fetch] = {}
        self._looks: dict[str, Text] = {}
        self._checker = Checker(context.plugins)

    def compose(self) -> ComposeResult:
        """Lays the screen out."""
        yield TopBar("data")
        with Horizontal():
            with Vertical(id="list"):
                yield Input(placeholder="/ filter")
                yield OptionList(compact=True)
            with Scrolled(id="detail"):
                yield Static(Text("Looking for data …"), id="about")
                yield Static(id="inside")
        yield Static(id="cache")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Asks what there is."""
        begin(self, self._load, group="load", exclusive=True)
        self.set_interval(0.5, self._follow)

    async def on_unmount(self) -> None:
        """Ends the helper."""
        await self._checker.close()

    async def _load(self) -> None:
        try:
            self._datasets = list(
                await run_json(["data", "list", "--json", *self.context.plugin_words])
            )
            self._fill()
            if self._catalogue is None:
                self._catalogue = await load_catalogue(self.context.plugin_words)
        except SeqkitError as error:
            self.query_one("#about", Static).update(Text(visible(error)))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Says why something that was asked for will not come."""
        if why := failure_of(event):
            self.app.notify(why, severity="error", markup=False)

    # --- the list ---------------------------------------------------------------------------------

    def _fill(self, typing: bool = False) -> None:
        """Shows what passes the filter; the cursor stays where it is unless that is being typed."""
        wanted = self.query_one(Input).value
        options = self.query_one(OptionList)
        current = self._current()
        order = {"here": 0, "generated": 1, "your files": 2, "missing": 3}
        datasets = sorted(self._datasets, key=lambda d: (order.get(d["state"], 4), d["name"]))
        found = narrowed(datasets, wanted, lambda d: str(d["name"]), lambda d: str(d["summary"]))
        options.clear_options()
        options.add_options(Option(self._label(d), id=d["qualified"]) for d in found)
        names = [dataset["qualified"] for dataset in found]
        name = current["qualified"] if current else ""
        if found:
            options.highlighted = names.index(name) if name in names and not typing else 0
        elif self._datasets:
            said = Text(f"Nothing matches {one_line(wanted)}; escape takes the filter away.", "dim")
            self.query_one("#about", Static).update(said)
            self.query_one("#inside", Static).update("")
        self._show_cache()

    def _label(self, dataset: Mapping[str, Any]) -> Text:
        sign, tone = _STATES.get(dataset["state"], ("·", "foreground"))
        label = Text(no_wrap=True)
        label.append(f" {sign} ", colour(self.app.theme_variables, tone))
        label.append(fit(dataset["name"], _NAME))
        fetch = self._fetches.get(dataset["qualified"])
        if fetch is not None and fetch.running:
            return label.append(f" {progress_text(fetch)}", "bold")
        amount = dataset.get("bytes")
        shown = size(amount) if amount is not None else dataset["state"]
        return label.append(fit(shown, 11, right=True), "dim")

    def _current(self) -> dict[str, Any] | None:
        options = self.query_one(OptionList)
        if options.highlighted is None or options.highlighted >= options.option_count:
            return None
        name = options.get_option_at_index(options.highlighted).id
        return next((d for d in self._datasets if d["qualified"] == name), None)

    def on_input_changed(self) -> None:
        """Narrows the list."""
        self._fill(typing=True)

    def on_input_submitted(self) -> None:
        """Goes to the list."""
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self) -> None:
        """Tells of the highlighted one."""
        self._explain()

    def on_option_list_option_selected(self) -> None:
        """Looks inside."""
        self.action_look()

    # --- the explanation --------------------------------------------------------------------------

    def _explain(self) -> None:
        dataset = self._current()
        if dataset is None:
            return
        text = Text(one_line(dataset["qualified"]), "bold")
        text.append(f"\n\n{visible(dataset['summary'])}\n\n", "not bold")
        text.append(f"{dataset['state']}", "bold")
        if dataset.get("bytes") is not None:
            text.append(f"  {size(dataset['bytes'])}", "not bold")
        if dataset.get("path"):
            text.append(f"\n{one_line(dataset['path'])}", "not bold dim")
        if dataset["state"] == "missing":
            text.append(
                f"\n\ng fetches it: seqkit data get {one_line(dataset['name'])}", "not bold"
            )
        fetch = self._fetches.get(dataset["qualified"])
        if fetch is not None:
            text.append(f"\n\n{progress_text(fetch, 40)}", "not bold")
        self.query_one("#about", Static).update(text)
        hint = Text("enter looks inside", "dim") if dataset["state"] != "missing" else Text()
        if dataset["state"] == "your files":
            hint = Text("It reads your own files: press f on the New run screen (2).", "dim")
        self.query_one("#inside", Static).update(self._looks.get(dataset["qualified"], hint))

    def _show_cache(self) -> None:
        folder = cache_home() / "encoded"
        entries = [path for path in folder.glob("*") if not path.name.startswith(".")]
        total = sum(
            file.stat().st_size for path in entries for file in path.rglob("*") if file.is_file()
        )
        shown = f"Cache of encoded data: {len(entries)} kept, {size(total)}, in {folder}"
        self.query_one("#cache", Static).update(Text(shown, no_wrap=True, overflow="ellipsis"))

    # --- looking inside ---------------------------------------------------------------------------

    def action_look(self) -> None:
        """Reads the highlighted dataset as a model would."""
        dataset = self._current()
        if dataset is None or self._catalogue is None:
            return
        self.add_class("-inside")
        if self.has_class("-narrow"):
            self.call_after_refresh(self.query_one("#detail").focus)
        if dataset["state"] in ("missing", "your files"):
            return
        self.query_one("#inside", Static).update(Text("Reading it …", "dim"))
        begin(self, partial(self._look, dataset), group="look", exclusive=True)

    async def _look(self, dataset: Mapping[str, Any]) -> None:
        catalogue = self._catalogue
        entry = catalogue.find("datasets", dataset["qualified"]) if catalogue else None
        if catalogue is None or entry is None:
            return
        task = entry["tasks"][0]
        models = [
            fit.entry["qualified"] for fit in catalogue.fitting("model", task) if not fit.why_not
        ]
        document = {"dataset": dataset["qualified"], "task": task, "model": models[0]}
        answer = await self._checker.ask("data", document=document)
        if "error" in answer:
            look = Text(visible(answer["error"]))
        else:
            look = data_text(answer).append("\n\n").append_text(examples_text(answer))
        self._looks[dataset["qualified"]] = look
        self._explain()
        self._show_cache()

    # --- fetching ---------------------------------------------------------------------------------

    def action_get(self) -> None:
        """Fetches the highlighted dataset in a process of its own."""
        dataset = self._current()
        if dataset is None or self.context.read_only:
            return
        fetch = self._fetches.get(dataset["qualified"])
        if dataset["state"] != "missing":
            self.app.notify(f"{dataset['name']} needs no fetching.", markup=False)
        elif fetch is None or not fetch.running:
            try:
                self._fetches[dataset["qualified"]] = Fetch.begin(
                    str(dataset["qualified"]), self.context.plugin_words
                )
            except SeqkitError as error:
                self.app.notify(str(error), severity="error", markup=False)
            self._fill()
            self._explain()

    def _follow(self) -> None:
        """Shows how far downloads are."""
        if not self.is_current:
            return
        running = [fetch for fetch in self._fetches.values() if fetch.running]
        for fetch in running:
            fetch.look()
            if not fetch.running:
                if fetch.error:
                    self.app.notify(
                        fetch.error, title="It was not fetched", severity="error", markup=False
                    )
                begin(self, self._load, group="load", exclusive=True)
        if running:
            self._fill()
            self._explain()

    # --- other actions ----------------------------------------------------------------------------

    def action_narrow(self) -> None:
        """Goes to the filter."""
        self.remove_class("-inside")
        self.query_one(Input).focus()

    def action_back(self) -> None:
        """Goes back to the list, then takes the filter away, and then goes to the runs."""
        go_back(self)

    def action_reload(self) -> None:
        """Looks again for what is here."""
        begin(self, self._load, group="load", exclusive=True)

    def action_yank(self) -> None:
        """Copies the path of the data."""
        dataset = self._current()
        if dataset is not None and dataset.get("path"):
            self.app.copy_to_clipboard(dataset["path"])
            self.app.notify(dataset["path"], title="Copied", markup=False)

    def action_clean(self) -> None:
        """Empties the cache of encoded data, after a question."""
        if self.context.read_only:
            return

        def clean(yes: bool | None) -> None:
            if yes:
                begin(self, self._clean, group="load", exclusive=True)

        detail = "The next run encodes its data anew. Fetched data and runs are left alone."
        self.app.push_screen(Confirm("Empty the cache of encoded data?", detail), clean)

    async def _clean(self) -> None:
        words: Sequence[str] = ("data", "clean", "--yes", "--json")
        try:
            done = await run_json(words)
        except SeqkitError as error:
            self.app.notify(str(error), severity="error", markup=False)
            return
        self.app.notify(f"{size(done['bytes'])} freed.")
        self._looks.clear()
        self._fill()
        self._explain()
