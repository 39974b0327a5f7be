"""The program: its screens, its keys, and what they share."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widgets import TextArea

from seqkit.errors import ExitCode, SeqkitError
from seqkit.runs.folder import RunFolder
from seqkit.tui import messages
from seqkit.tui.colours import CHART_DEFAULTS, THEMES
from seqkit.tui.context import Context
from seqkit.tui.preferences import load_keymap
from seqkit.tui.runs.screen import RunsScreen
from seqkit.tui.sanitize import Harmless
from seqkit.tui.topbar import SCREENS, TopBar
from seqkit.tui.typing_order import TypingOrder
from seqkit.tui.workers import begin


class SeqkitApp(App[None]):
    """A front end of the commands and run folders.

    Args:
        context: The folder of runs, and what may be done to it.
    """

    TITLE = "seqkit"
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Footer { background: $panel; }
    Toast { max-width: 80; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"go('{mode}')", title, show=False, id=f"app.{mode}")
            for mode, key, title in SCREENS
        ),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("f1", "widget_help", "Help on this part", show=False, id="app.widget-help"),
        # Over dialogs too.
        Binding(
            "ctrl+z", "suspend_process", "Suspend", show=False, priority=True, id="app.suspend"
        ),
        Binding("ctrl+t", "next_theme", "Next theme", show=False, id="app.theme"),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        context.tell = self._warn
        self._harmless = Harmless()
        self._typed = TypingOrder(self, super().on_event)
        self._leaving = False
        self._events: asyncio.AbstractEventLoop | None = None
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self._known_theme(context.preferences.theme)
        self.add_mode("runs", lambda: RunsScreen(context))
        self.add_mode("new", self._new_screen)
        self.add_mode("components", self._components_screen)
        self.add_mode("data", self._data_screen)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Returns the chart colours of themes that have none of their own."""
        return CHART_DEFAULTS

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Has every line that is drawn freed of control characters."""
        return [*super().get_line_filters(), self._harmless]

    def get_driver_class(self) -> type[Driver]:
        """Returns what draws on the terminal and reads its keys."""
        usual = super().get_driver_class()
        if sys.platform == "win32" or usual.__name__ != "LinuxDriver":
            return usual
        from seqkit.tui.driver import TerminalDriver

        return TerminalDriver

    async def on_event(self, event: events.Event) -> None:
        """Takes keys one after the other."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self._typed.take(event)
        else:
            await super().on_event(event)

    def leave(self) -> None:
        """Ends the program from another thread; before its first screen nothing happens."""
        if self._events is not None:
            self._events.call_soon_threadsafe(self.exit, None, ExitCode.INTERRUPTED)

    def copy_to_clipboard(self, text: str) -> None:
        """Copies text; what of it cannot be encoded, as in some names of files, becomes `?`."""
        super().copy_to_clipboard(text.encode("utf-8", "replace").decode("utf-8"))

    def on_mount(self) -> None:
        """Shows the runs."""
        self._events = asyncio.get_running_loop()
        keymap, problem = load_keymap()
        self.set_keymap(keymap)
        if problem:
            self.notify(problem, severity="warning", markup=False)
        self.switch_mode("runs")
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        # Continued after ctrl+z, it finds an empty screen.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.set_interval(1.0, self._reap)

    # --- screens ----------------------------------------------------------------------------------

    def _new_screen(self) -> Screen[Any]:
        from seqkit.tui.new.screen import NewRunScreen

        return NewRunScreen(self.context)

    def _components_screen(self) -> Screen[Any]:
        from seqkit.tui.components.screen import ComponentsScreen

        return ComponentsScreen(self.context)

    def _data_screen(self) -> Screen[Any]:
        from seqkit.tui.components.data import DataScreen

        return DataScreen(self.context)

    def on_top_bar_chosen(self, event: TopBar.Chosen) -> None:
        """Goes to the screen whose name was clicked."""
        self.action_go(event.mode)

    def action_go(self, mode: str) -> None:
        """Goes to one of the main screens, and takes off what lies over it."""
        if self.current_mode != mode:
            self.switch_mode(mode)
        while len(self.screen_stack) > 1 and not self.screen.is_modal:
            self.pop_screen()

    def on_open_run(self, message: messages.OpenRun) -> None:
        """Shows a run while it happens, or as it ended."""
        self._open_run(message.run)

    def _open_run(self, run: RunFolder) -> None:
        from seqkit.tui.monitor import MonitorScreen

        for screen in self.screen_stack:
            if isinstance(screen, RunsScreen):
                screen.left = run.name
        self.push_screen(MonitorScreen(run, self.context.read_only))

    def on_try_run(self, message: messages.TryRun) -> None:
        """Loads the model of a run, to be used."""
        from seqkit.tui.playground.screen import TryScreen

        self.push_screen(TryScreen(self.context, message.run))

    def on_compare_runs(self, message: messages.CompareRuns) -> None:
        """Lays runs over each other."""
        from seqkit.tui.comparing.screen import CompareScreen

        self.push_screen(CompareScreen(self.context, message.runs))

    def on_new_run_like(self, message: messages.NewRunLike) -> None:
        """Opens the form of a new run with the settings of another one."""
        self.switch_mode("new")
        from seqkit.tui.new.screen import NewRunScreen

        if isinstance(self.screen, NewRunScreen):
            self.screen.start_anew(str(message.run.experiment_file), message.run.name)

    # --- training ---------------------------------------------------------------------------------

    def on_train_demo(self) -> None:
        """Trains the recipe to start with, and shows it."""
        begin(self, self._train_first, group="first", exclusive=True)

    async def _train_first(self) -> None:
        from seqkit.tui.new.catalogue import load_catalogue

        try:
            catalogue = await load_catalogue(self.context.plugin_words)
        except SeqkitError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        if catalogue.first_recipe:
            self._train([catalogue.first_recipe])
        else:
            self.notify("No plugin brings a recipe.", severity="error", markup=False)

    def on_train_run(self, message: messages.TrainRun) -> None:
        """Starts `seqkit run WORDS` in a process of its own, and shows the run when it is there."""
        self._train(message.words, message.begun)

    def _train(self, words: Iterable[str], begun: Callable[[], None] = lambda: None) -> None:
        from seqkit.processes.launch import start_run
        from seqkit.tui.starting import Starting

        try:
            launch = start_run([*words, *self.context.plugin_words], self.context.runs_dir)
        except SeqkitError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.context.launches.append(launch)

        def there(run: RunFolder | None) -> None:
            if run is not None:
                begun()
                # What was looked at there before is not what lies below this run.
                self.action_go("runs")
                self._open_run(run)

        self.push_screen(Starting(launch, self.context), there)

    def _reap(self) -> None:
        """Says when something that was started has failed, and forgets what has ended."""
        for launch in list(self.context.launches):
            if launch.running():
                continue
            self.context.launches.remove(launch)
            failure = launch.failure()
            if failure and launch.process.returncode > 0:
                self.notify(failure, title="A run failed", severity="error", markup=False)

    # --- keys that work everywhere ----------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaves ctrl+z to a text that is being written, where it takes changes back."""
        return not (action == "suspend_process" and isinstance(self.focused, TextArea))

    async def action_quit(self) -> None:
        """Quits, after a question where changes to a new run would be lost."""
        from seqkit.tui.dialogs import Confirm

        lost = self.context.unkept()
        if not lost or self._leaving:
            self.exit()
            return

        def answered(yes: bool | None) -> None:
            self._leaving = False
            if yes:
                self.exit()

        self._leaving = True
        changes = "one change" if lost == 1 else f"{lost} changes"
        saves = "" if self.context.read_only else " w there saves a file."
        detail = f"The new run has {changes} that no run and no file holds.{saves}"
        self.push_screen(Confirm("Quit?", detail), answered)

    def action_help(self) -> None:
        """Explains the screen."""
        from seqkit.tui.help import screen_help

        self.push_screen(screen_help(self.screen))

    def action_widget_help(self) -> None:
        """Explains the focused widget."""
        from seqkit.tui.help import screen_help, widget_help

        focused = self.focused
        self.push_screen(
            screen_help(self.screen) if focused is None else widget_help(focused, self.screen)
        )

    def action_next_theme(self) -> None:
        """Changes between dark, light and high contrast."""
        names = [theme.name for theme in THEMES]
        place = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(place + 1) % len(names)]

    def action_toggle_confirm(self) -> None:
        """Turns questions before stopping, deleting and the like on or off."""
        self.context.remember(confirm=not self.context.preferences.confirm)
        self.notify(f"Questions are {'on' if self.context.preferences.confirm else 'off'}.")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Adds the screens, and every action of the present one, to the command palette."""
        for mode, key, title in SCREENS:
            yield SystemCommand(title, f"Go to {title} ({key})", lambda m=mode: self.action_go(m))
        for active in screen.active_bindings.values():
            binding, node = active.binding, active.node
            if node is not self and active.enabled and binding.id and binding.description:
                key = self.get_key_display(binding)
                action = binding.action
                yield SystemCommand(
                    binding.description,
                    f"On this screen ({key})",
                    lambda action=action, node=node: self.run_worker(self.run_action(action, node)),
                )
        yield SystemCommand(
            "Questions on or off", "Whether to ask before stopping", self.action_toggle_confirm
        )
        yield from super().get_system_commands(screen)

    def _warn(self, message: str) -> None:
        self.notify(message, severity="warning", markup=False)

    # --- themes -----------------------------------------------------------------------------------

    def _known_theme(self, name: str) -> str:
        return name if name in self.available_themes else THEMES[0].name

    def _remember_theme(self, _theme: object) -> None:
        self.context.remember(theme=self.theme)


def run_app(runs_dir: Path, read_only: bool, plugins: tuple[Path, ...]) -> int:
    """Runs the program until the user quits; training that was started goes on.

    Returns:
        The exit code.
    """
    _pass_over_broken_bytes()
    _let_the_terminal_tell_its_size()
    app = SeqkitApp(Context(runs_dir, read_only, plugins))
    if app.console.color_system == "standard" and app.current_theme in THEMES:
        # Sixteen colours are best left to the terminal's own.
        app.theme = "ansi-dark" if app.current_theme.dark else "ansi-light"
    if sys.platform == "win32":
        app.run()
        return app.return_code or 0
    from seqkit.tui.lifeline import Lifeline

    lifeline = Lifeline(app.leave)
    lifeline.start()
    app.run()
    if lifeline.ending:
        # Where the terminal is gone, Textual's thread would read from it for ever, at a full core.
        os._exit(app.return_code or ExitCode.INTERRUPTED)
    return app.return_code or 0


def _let_the_terminal_tell_its_size() -> None:
    """Forgets `COLUMNS` and `LINES`, which some shells export and no resize changes.

    Where the terminal cannot tell its size, as over a serial line, they are all there is.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if all(os.get_terminal_size(sys.__stdout__.fileno())):  # type: ignore[union-attr]
            for name in ("COLUMNS", "LINES"):
                os.environ.pop(name, None)


def _pass_over_broken_bytes() -> None:
    """Has Textual read bytes that are no UTF-8 as characters that mean nothing.

    A terminal may send such after tmux is attached again, with the mouse, and Textual's strict
    decoder ends the program then (https://github.com/Textualize/textual/issues/6668).
    """
    with contextlib.suppress(ImportError):
        from textual.drivers import linux_driver

        vars(linux_driver)["getincrementaldecoder"] = lambda encoding: functools.partial(
            codecs.getincrementaldecoder(encoding), errors="replace"
        )
