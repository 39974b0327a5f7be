"""The Components screen: what each plugin brings, with its documentation and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option
from textual.worker import Worker

from seqkit.errors import SeqkitError
from seqkit.experiments.schema import MISSING, settings_of, show
from seqkit.kinds import SINGULAR
from seqkit.terminal.safe_text import one_line, visible
from seqkit.tui.colours import colour
from seqkit.tui.components.going_back import go_back
from seqkit.tui.context import Context
from seqkit.tui.failing import failure_of
from seqkit.tui.narrowing import narrowed
from seqkit.tui.new.catalogue import Catalogue, load_catalogue
from seqkit.tui.scrolling import Scrolled
from seqkit.tui.topbar import TopBar
from seqkit.tui.workers import begin


class ComponentsScreen(Screen[None]):
    """What is installed, by kind or by plugin, and what each of it is.

    Args:
        context: What every screen is given.
    """

    HELP: ClassVar[str] = """Everything that is installed. Type / to narrow the list, p to order it
    by plugin or by kind. A plugin that could not be loaded stands at the top of its list with its
    error; 'seqkit plugin check NAME' tells more."""
    TITLE = "Components"
    DEFAULT_CSS = """
    ComponentsScreen {
        background: $surface;
        & > Horizontal { height: 1fr; }
        & #list { width: 34; }
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
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "narrow", "Filter", key_display="/", id="components.filter"),
        Binding("p", "order", "By plugin or kind", id="components.order"),
        Binding("R", "reload", "Read again", id="components.reload"),
        Binding("y", "yank", "Copy name", id="components.yank"),
        Binding(
            "escape", "back", "Back to the list, then to Runs", show=False, id="components.back"
        ),
    ]
    AUTO_FOCUS = "OptionList"
    # Without room for both, the list gives way to what enter is pressed on.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (64, "-wide")]  # noqa: RUF012

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.catalogue: Catalogue | None = None
        self._by_plugin = False
        self._shown: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def compose(self) -> ComposeResult:
        """Lays the screen out."""
        yield TopBar("components")
        with Horizontal():
            with Vertical(id="list"):
                yield Input(placeholder="/ filter")
                yield OptionList(compact=True)
            with Scrolled(id="detail"):
                yield Static(Text("Reading what is installed …"), id="about")
                yield Static(id="settings")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Asks what is installed."""
        begin(self, self._load, exclusive=True)

    async def _load(self) -> None:
        try:
            self.catalogue = await load_catalogue(self.context.plugin_words)
        except SeqkitError as error:
            self.query_one("#about", Static).update(Text(visible(error)))
            return
        self._fill()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Says why something that was asked for will not come."""
        if why := failure_of(event):
            self.app.notify(why, severity="error", markup=False)

    # --- the list ---------------------------------------------------------------------------------

    def _fill(self) -> None:
        catalogue = self.catalogue
        if catalogue is None:
            return
        wanted = self.query_one(Input).value
        everything = [(kind, entry) for kind in SINGULAR for entry in catalogue.entries(kind)]
        if not wanted:
            everything.sort(key=lambda item: not item[1].get("error"))
        found = narrowed(
            everything,
            wanted,
            lambda item: str(item[1]["name"]),
            lambda item: f"{item[1].get('summary', '')} {item[0]}",
        )
        groups: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        if not self._by_plugin:
            groups = {kind: [] for kind in SINGULAR}
        for kind, entry in found:
            plugin = str(entry.get("plugin") or entry["name"])
            groups.setdefault(plugin if self._by_plugin else kind, []).append((kind, entry))
        options = self.query_one(OptionList)
        options.clear_options()
        self._shown = {}
        for heading, items in groups.items():
            if not items:
                continue
            options.add_option(Option(Text(heading.capitalize(), "bold underline"), disabled=True))
            for kind, entry in items:
                key = _key(kind, entry)
                self._shown[key] = (kind, entry)
                options.add_option(Option(self._label(kind, entry), id=key))
        options.highlighted = 1 if options.option_count > 1 else None
        if found and wanted:
            nearest = _key(*found[0])
            options.highlighted = options.get_option_index(nearest)
        if not found:
            said = Text(f"Nothing matches {one_line(wanted)}; escape takes the filter away.", "dim")
            self.query_one("#about", Static).update(said)
            self.query_one("#settings", Static).update("")

    def _label(self, kind: str, entry: Mapping[str, Any]) -> Text:
        label = Text("  " + one_line(entry.get("shown") or entry["name"]), no_wrap=True)
        if entry.get("error"):
            label.append("  ✗ broken", f"bold {colour(self.app.theme_variables, 'error')}")
        elif self._by_plugin:
            label.append(f"  {kind}", "dim")
        return label

    def on_input_changed(self) -> None:
        """Narrows the list."""
        self._fill()

    def on_input_submitted(self) -> None:
        """Goes to the list."""
        self.query_one(OptionList).focus()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Explains the highlighted one."""
        found = self._shown.get(str(event.option.id))
        if found is not None:
            self._explain(*found)

    def on_option_list_option_selected(self) -> None:
        """Goes to the explanation, to scroll it."""
        self.add_class("-inside")
        self.call_after_refresh(self.query_one("#detail").focus)

    # --- the explanation --------------------------------------------------------------------------

    def _explain(self, kind: str, entry: Mapping[str, Any]) -> None:
        self.query_one("#detail").scroll_home(animate=False)
        about = self.query_one("#about", Static)
        settings = self.query_one("#settings", Static)
        if kind == "plugins":
            about.update(_plugin_text(entry, colour(self.app.theme_variables, "error")))
            settings.update("")
        elif kind == "recipes":
            about.update(_head(kind, entry, str(entry.get("summary", ""))))
            settings.update(_recipe_text(entry))
        else:
            about.update(_head(kind, entry, str(entry.get("documentation") or entry["summary"])))
            settings.update(_settings_table(entry))

    # --- actions ----------------------------------------------------------------------------------

    def action_narrow(self) -> None:
        """Goes to the filter."""
        self.remove_class("-inside")
        self.query_one(Input).focus()

    def action_order(self) -> None:
        """Orders by plugin or by kind."""
        self._by_plugin = not self._by_plugin
        self._fill()

    def action_reload(self) -> None:
        """Asks anew what is installed."""
        begin(self, self._load, exclusive=True)

    def action_back(self) -> None:
        """Goes back to the list, then takes the filter away, and then goes to the runs."""
        go_back(self)

    def action_yank(self) -> None:
        """Copies the qualified name."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            name = str(options.get_option_at_index(options.highlighted).id).partition("/")[2]
            self.app.copy_to_clipboard(name)
            self.app.notify(name, title="Copied", markup=False)


def _key(kind: str, entry: Mapping[str, Any]) -> str:
    return f"{kind}/{entry.get('qualified') or entry['name']}"


def _head(kind: str, entry: Mapping[str, Any], documentation: str) -> Text:
    text = Text(one_line(entry["qualified"]), "bold")
    text.append(f"  {'loss' if kind == 'losses' else kind.removesuffix('s')}\n\n", "not bold dim")
    text.append(f"{visible(documentation)}\n", "not bold")
    for label, key in (
        ("for", "tasks"),
        ("inputs", "inputs"),
        ("outputs", "outputs"),
        ("metrics", "metrics"),
    ):
        value = entry.get(key)
        value = [value] if isinstance(value, str) and value else value
        if isinstance(value, list) and value:
            text.append(f"\n{label:<9}", "not bold dim")
            text.append(one_line(", ".join(map(str, value))), "not bold")
    for key in ("refuses", "extras"):
        for name, what in (entry.get(key) or {}).items():
            text.append(f"\n{key:<9}", "not bold dim")
            text.append(one_line(f"{name}: {what}"), "not bold")
    return text


def _settings_table(entry: Mapping[str, Any]) -> Table | Text:
    fields = settings_of(entry.get("schema") or {})
    if not fields:
        return Text("It has no settings.", "dim")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(no_wrap=True)
    table.add_column(ratio=1)
    for setting in fields:
        default = "required" if setting.default is MISSING else show(setting.default) or "empty"
        extra = f" ({setting.bounds})" if setting.bounds else ""
        if setting.choices:
            extra = f" ({', '.join(map(show, setting.choices))})"
        table.add_row(
            Text(one_line(setting.key)),
            Text(one_line(default)),
            Text(one_line(setting.help + extra), "dim"),
        )
    return table


def _recipe_text(entry: Mapping[str, Any]) -> Text:
    from seqkit.runs.summary import flatten

    text = Text("Settings that it gives\n", "bold")
    for key, value in flatten(entry.get("experiment") or {}).items():
        if key != "description":
            text.append(f"{one_line(key):<32} ", "not bold dim")
            text.append(f"{one_line(show(value))}\n", "not bold")
    return text.append(f"\nseqkit run {one_line(entry['shown'])}", "bold")


def _plugin_text(entry: Mapping[str, Any], alarm: str) -> Text:
    text = Text(one_line(entry["name"]), "bold")
    origin = f"{entry.get('distribution', '')} {entry.get('version', '')}"
    text.append(f"  plugin, from {one_line(origin)}\n\n", "not bold dim")
    if entry.get("error"):
        text.append("It could not be loaded, and is left out:\n", f"bold {alarm}")
        text.append(f"{visible(entry['error'])}\n\n", "not bold")
        text.append(f"seqkit plugin check {one_line(entry['name'])}   tells where\n", "dim")
    for note in entry.get("notes", ()):
        text.append(f"It {visible(note)}\n", f"not bold {alarm}")
    for component in entry.get("components", ()):
        kind = str(component["kind"])
        text.append(f"{kind:<10}", "not bold dim")
        text.append(f"{one_line(component['name'])}\n", "not bold")
    return text
