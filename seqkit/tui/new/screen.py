"""The New run screen: a form, and a preview beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.worker import Worker

from seqkit.errors import ConfigurationError, Problem, SeqkitError
from seqkit.experiments.schema import show
from seqkit.processes.client import Checker
from seqkit.terminal.safe_text import one_line
from seqkit.tui.context import Context
from seqkit.tui.dialogs import Choice, Choose, Confirm
from seqkit.tui.failing import failure_of
from seqkit.tui.messages import TrainRun
from seqkit.tui.new import draft_files
from seqkit.tui.new.catalogue import Catalogue, load_catalogue
from seqkit.tui.new.draft import Draft
from seqkit.tui.new.form import Form
from seqkit.tui.new.pane import BUILDING, TABS, Pane
from seqkit.tui.new.rows import METRICS, SOURCE, Row, as_problems, explain
from seqkit.tui.topbar import TopBar
from seqkit.tui.workers import begin

_WIDE = 104
_CHECK_SECONDS = 0.1
_PREVIEW_SECONDS = 0.5
_READ_AT_ONCE = 20_000_000
"""Bytes of data that are read for a preview without being asked to."""


class NewRunScreen(Screen[None]):
    """An experiment, put together, checked as one types, and started.

    Args:
        context: What every screen is given.
    """

    HELP: ClassVar[str] = """An experiment, put together. Choose what to start from, then change
    what you like: only components that fit together are offered, the others say why not. The whole
    experiment is checked as you type, by the same code that runs it. The pane beside has a
    preview; on a narrow screen its keys show it in place of the form. Escape goes back to the form,
    and from there to the runs."""
    TITLE = "New run"
    DEFAULT_CSS = """
    NewRunScreen {
        background: $surface;
        & > Horizontal { height: 1fr; }
        & #form-side { width: 1fr; }
        & Pane { width: 46%; border-left: tall $panel; }
        & #about {
            height: 3; padding: 0 1; background: $panel; color: $foreground 75%;
            border-top: solid $border-blurred; text-wrap: nowrap; text-overflow: ellipsis;
        }
        & #about.wrong { color: $error; }
        &.narrow Pane { display: none; }
        &.narrow.pane Pane { display: block; width: 1fr; border: none; }
        &.narrow.pane #form-side { display: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "start", "Start", id="new.start"),
        Binding("w", "save", "Save as file", id="new.save"),
        Binding("r", "recipe", "Recipe", id="new.recipe"),
        Binding("f", "file", "Own file", id="new.file"),
        *(
            Binding(key, f"pane('{name}')", title, show=False, id=f"new.{name}")
            for name, key, title in TABS
        ),
        Binding("b", "build", "Read the data and build", show=False, id="new.build"),
        Binding("y", "yank", "Copy command", id="new.yank"),
        Binding("X", "reset_all", "Reset everything", show=False, id="new.reset-all"),
        Binding("escape", "back", "Back to the form, then to Runs", show=False, id="new.back"),
    ]
    AUTO_FOCUS = "Form"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.catalogue: Catalogue | None = None
        self.problems: list[Problem] = []
        self.resolved_toml = ""
        self._checker = Checker(context.plugins)
        self._builder = Checker(context.plugins)
        self._building: tuple[str, str] | None = None
        self._source: str | None = None
        self._checked = False
        self._name_problem: Problem | None = None
        self._wanted: Callable[[], None] | None = None
        self._wanted_checked: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """Lays the screen out."""
        yield TopBar("new")
        with Horizontal():
            with Vertical(id="form-side"):
                yield Form()
                yield Static(id="about")
            yield Pane()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Asks what is installed."""
        self.query_one(Pane).tab = self.context.preferences.preview
        self.context.unkept = lambda: self.draft.unkept() if self.draft is not None else 0
        begin(self, self._load)

    async def on_unmount(self) -> None:
        """Ends the helpers."""
        await self._checker.close()
        await self._builder.close()

    def on_resize(self) -> None:
        """Puts form and pane side by side where there is room."""
        self.set_class(self.size.width < _WIDE, "narrow")

    @property
    def form(self) -> Form:
        """The form."""
        return self.query_one(Form)

    @property
    def draft(self) -> Draft | None:
        """What is being put together; None until it is known what is installed."""
        return self.form.draft

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Says why something that was asked for will not come."""
        if why := failure_of(event):
            self.app.notify(why, severity="error", markup=False)

    def on_screen_resume(self) -> None:
        """Looks whether the name of the run has been taken meanwhile."""
        if self._checked:
            self._mark()

    # --- where it starts from ---------------------------------------------------------------------

    async def _load(self) -> None:
        try:
            self.catalogue = await load_catalogue(self.context.plugin_words)
        except SeqkitError as error:
            self.query_one(Pane).say(str(error))
            # On a narrow screen the pane is not seen.
            self.app.notify(str(error), severity="error", markup=False)
            return
        first = self.catalogue.first_recipe
        self.start_from(first if self._source is None else self._source)
        if self._wanted is not None and self.is_current:
            # Asked for before it was known what there is.
            wanted, self._wanted = self._wanted, None
            wanted()

    def start_from(self, source: str) -> None:
        """Starts anew from a recipe, an experiment file, or from nothing when it is empty."""
        self._source = source
        if self.catalogue is None:
            return
        try:
            base = draft_files.base_of(source, self.catalogue)
        except ConfigurationError as error:
            self.app.notify(str(error), severity="error", markup=False)
            return
        draft = Draft(self.catalogue, source, base)
        if not source:
            for part in ("dataset", "model"):
                fits = self.catalogue.fitting(part, draft.name("task"))
                able = [fit.name for fit in fits if not fit.why_not]
                if able:
                    draft.choose(part, able[0])
            # Nobody chose these.
            draft.keep()
        self._show(draft)

    def start_anew(self, source: str, name: str = "") -> None:
        """Starts anew from a recipe or file, after a question where changes would be lost.

        Args:
            source: As in `start_from`.
            name: What it is called in the question.
        """
        self._unless_lost(f"Start from {name or source}?", lambda: self.start_from(source))

    def _unless_lost(self, question: str, act: Callable[[], None]) -> None:
        """Does what puts another draft in place of this one, after a question if it has changes."""
        if self.draft is None or not self.draft.unkept():
            act()
            return
        detail = "What you changed here is then gone."
        self.app.push_screen(Confirm(question, detail), lambda yes: act() if yes else None)

    def _show(self, draft: Draft) -> None:
        self.form.show(draft)
        self.draft_changed()

    # --- checking ---------------------------------------------------------------------------------

    def on_form_changed(self) -> None:
        """Checks what was changed."""
        self.draft_changed()

    def _metrics_changed(self) -> None:
        self.form.rebuild()
        self.draft_changed()

    def draft_changed(self) -> None:
        """Has the whole experiment checked, and its preview built, a little later."""
        self._checked = False
        self._wanted_checked = None
        # What is being built is no longer what the form holds, and is not to be shown as that.
        self.workers.cancel_group(self, "build")
        self.query_one(Pane).set_stale(True, "checking")
        self._show_command()
        begin(self, self._check, group="check", exclusive=True)

    async def _check(self) -> None:
        await asyncio.sleep(_CHECK_SECONDS)
        draft, pane = self.draft, self.query_one(Pane)
        if draft is None:
            return
        answer = await self._checker.ask("check", document=draft.document())
        if "error" in answer:
            self.problems = [Problem("", str(answer["error"]))]
        else:
            self.problems = as_problems(answer["problems"])
        self._checked = True
        self._mark()
        if self.problems:
            pane.set_stale(True, "stale: see ✗")
        else:
            self.resolved_toml = str(answer["toml"])
            pane.show_toml(self.resolved_toml)
            self._build_soon(asked=False)
        if self._wanted_checked is not None:
            wanted, self._wanted_checked = self._wanted_checked, None
            wanted()

    def _mark(self) -> None:
        """Marks what is wrong; the name of the run may be taken at any time."""
        if self.draft is not None:
            self._name_problem = draft_files.name_problem(self.draft, Path(self.context.runs_dir))
        named = [self._name_problem] if self._name_problem is not None else []
        self.form.mark_problems([*named, *self.problems])

    def _show_command(self) -> None:
        """Shows the command for what the form holds now, which need not be checked for that."""
        draft = self.draft
        if draft is None:
            return
        notes = [f"{key} was emptied, which no word can say." for key in draft.loses()]
        source = self._file_name() if not draft.source or draft.loses() else ""
        if source:
            notes.append("Save it first: press w.")
        command = draft.command(source, self.context.plugin_words)
        self.query_one(Pane).show_command(command, notes)

    def _postponed(self, action: Callable[[], None], said: str) -> bool:
        """Tells whether an action has to wait for the check; it then happens by itself."""
        if self.catalogue is None:
            self._wanted = action
        elif not self._checked:
            self._wanted_checked = action
        else:
            return False
        self.app.notify(said, timeout=3)
        return True

    def _refused(self, title: str, more: Problem | None = None) -> bool:
        """Says what is wrong with the experiment, or more than that; tells whether anything is."""
        problems = [*self.problems, *([more] if more is not None else [])]
        if problems:
            self.app.notify(str(problems[0]), title=title, severity="error", markup=False)
        return bool(problems)

    def _build_soon(self, asked: bool) -> None:
        if self.draft is not None:
            begin(
                self,
                partial(self._build, self.draft.document(), asked),
                group="build",
                exclusive=True,
            )

    async def _build(self, document: dict[str, Any], asked: bool) -> None:
        pane = self.query_one(Pane)
        pane.set_stale(True, BUILDING)
        data = str((document.get("dataset"), document.get("task"), ""))
        if self._building is not None and self._building[0] != data:
            # What is being read is wanted no more.
            await self._builder.restart()
        self._building = (data, "")
        await asyncio.sleep(0 if asked else _PREVIEW_SECONDS)
        state = await self._builder.ask("ready", document=document)
        name = document["dataset"]["name"]
        if state.get("state") == "missing":
            pane.say(f"The data of {name} are not here yet. Fetch them on the Data screen (4).")
        elif state.get("bytes", 0) > _READ_AT_ONCE and not asked:
            pane.say(
                f"The data of {name} are large and have not been read yet. b reads them and "
                "builds the model; what is read is kept for the run."
            )
        else:
            preview = (
                state if "error" in state else await self._builder.ask("preview", document=document)
            )
            if "error" in preview:
                pane.say(str(preview["error"]))
            else:
                pane.show_preview(preview)
        self._building = None
        pane.set_stale(False)

    def on_form_moved(self) -> None:
        """Explains the line with the cursor."""
        form, about = self.form, self.query_one("#about", Static)
        if form.draft is None or form.current is None:
            return
        problem = form.problems.get(form.current.key)
        first, second = explain(form.current, form.draft, problem)
        about.set_class(problem is not None, "wrong")
        text = Text(first + "\n", no_wrap=True, overflow="ellipsis")
        about.update(text.append(second, "dim"))

    # --- choosing ---------------------------------------------------------------------------------

    def on_form_choice_wanted(self, event: Form.ChoiceWanted) -> None:
        """Shows the list that a line is chosen from."""
        row, draft = event.row, self.draft
        if draft is None or row.setting is None:
            return
        if row.setting is SOURCE:
            self.action_recipe()
        elif row.setting is METRICS:
            draft_files.choose_metrics(self, draft, self._metrics_changed)
        elif row.component:
            self._choose_component(row)
        else:
            setting = row.setting
            choices = [Choice(show(value), show(value)) for value in setting.choices]
            current = show(draft.value(row.part, setting))
            self.app.push_screen(
                Choose(setting.label.replace("_", " "), choices, current),
                lambda value: None if value is None else self.form.put(row, setting.read(value)),
            )

    def _choose_component(self, row: Row) -> None:
        draft = self.draft
        if draft is None:
            return
        task = "" if row.part in ("dataset", "task") else draft.name("task")
        choices = [
            Choice(fit.name, fit.name, draft_files.about(fit.entry), fit.why_not)
            for fit in draft.catalogue.fitting(row.part, task)
        ]
        if row.part == "task":
            dataset = draft.catalogue.find("datasets", draft.name("dataset")) or {}
            why = f"dataset {draft.name('dataset')} is not for it"
            able = dataset.get("tasks", [])
            choices = [
                Choice(c.value, c.label, c.about, "" if c.value in able else why) for c in choices
            ]

        def chosen(name: str | None) -> None:
            if name is not None and draft is not None:
                draft.choose(row.part, name)
                self.form.rebuild()
                self.draft_changed()

        self.app.push_screen(
            Choose(f"Choose the {row.part}", choices, draft.name(row.part)), chosen
        )

    # --- actions ----------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leaves out of the footer what cannot be done."""
        return not (action in ("start", "save") and self.context.read_only)

    def action_recipe(self) -> None:
        """Lets the user choose what to start from."""
        if self.catalogue is None:
            self._wanted = self.action_recipe
            return
        recipes = self.catalogue.entries("recipes")
        choices = [Choice(e["shown"], e["shown"], str(e["summary"])) for e in recipes]
        choices.append(Choice("-", "nothing", "Choose every part yourself."))

        def chosen(name: str | None) -> None:
            if name is None:
                return
            self.start_anew("" if name == "-" else name, "nothing" if name == "-" else name)

        self.app.push_screen(Choose("Start from", choices, self._source or "-"), chosen)

    def action_pane(self, name: str) -> None:
        """Shows one of the pictures."""
        self.query_one(Pane).tab = name
        self.context.remember(preview=name)
        self.add_class("pane")

    def action_back(self) -> None:
        """Goes back to the form, and from there to the runs."""
        if self.form.has_focus and not self.has_class("narrow", "pane"):
            self.post_message(TopBar.Chosen("runs"))
        self.remove_class("pane")
        self.form.focus()

    def action_build(self) -> None:
        """Reads the data and builds the model, however long that takes."""
        if self._postponed(self.action_build, "It is built as soon as it is checked."):
            return
        if not self._refused("It cannot be built yet"):
            self._build_soon(asked=True)

    def action_yank(self) -> None:
        """Copies the command, or the TOML where that is shown, as the form says it now."""
        pane = self.query_one(Pane)
        if pane.copies_toml or self.catalogue is None:
            if self._postponed(self.action_yank, "It is copied as soon as it is checked."):
                return
            if self._refused("There is no TOML to copy yet"):
                return
        copied = pane.copied
        self.app.copy_to_clipboard(copied)
        self.app.notify(copied.splitlines()[0] if copied else "", title="Copied", markup=False)

    def action_reset_all(self) -> None:
        """Takes every change back, after a question."""
        draft = self.draft
        if draft is None or not draft.changes():
            return
        question = f"Take {draft.changes()} changes back?"
        self.app.push_screen(
            Confirm(question, f"Everything as in {draft.source or 'the beginning'} again."),
            lambda yes: self._take_back(draft) if yes else None,
        )

    def _take_back(self, draft: Draft) -> None:
        if draft.data:
            self._show(draft.unchanged())
        else:
            self.start_from(self._source or "")

    def action_file(self) -> None:
        """Lets the user choose a file or folder of their own."""
        if self.catalogue is None:
            self._wanted = self.action_file
            return
        from seqkit.tui.new.files import FilePicker

        picker = FilePicker(self.catalogue, self._checker)
        self.app.push_screen(picker, self._take_file)

    def _take_file(self, found: dict[str, Any] | None) -> None:
        draft = self.draft
        if found is None or draft is None:
            return
        kept = draft.words() or draft.source not in ("", found["recipe"])
        if found["task"] != draft.name("task") or not kept:
            name = one_line(Path(found["path"]).name)
            self._unless_lost(f"Start from {name}?", lambda: self._begin_with(found))
            return
        question = Confirm(
            "Take the settings that suit the data?",
            "No keeps the settings that are here, and takes the data alone.",
        )
        self.app.push_screen(
            question, lambda yes: self._begin_with(found) if yes else self._put_in(found)
        )

    def _begin_with(self, found: dict[str, Any]) -> None:
        """Starts anew from what `seqkit new` would write for the user's own data."""
        if self.catalogue is None:
            return
        self._source = ""
        draft = draft_files.begun_on(self.catalogue, found)
        self.form.folded -= {"dataset", *(key.partition(".")[0] for key in draft.reasons)}
        self._show(draft)

    def _put_in(self, found: dict[str, Any]) -> None:
        """Puts the user's own data in, and leaves the rest as it is."""
        if self.draft is not None:
            draft_files.use_dataset(self.draft, found["dataset"])
            self.form.folded.discard("dataset")
            self.form.rebuild()
            self.draft_changed()

    def _file_name(self) -> str:
        draft = self.draft
        return draft_files.file_name(draft) if draft is not None else "experiment.toml"

    def action_save(self) -> None:
        """Saves the experiment as a file that `seqkit run` takes."""
        if self.catalogue is None:
            self._wanted = self.action_save
            return
        if self.draft is not None:
            draft_files.save(self, self.draft, lambda: self.problems)

    def action_start(self) -> None:
        """Starts the run, and shows it."""
        if self.context.read_only:
            return
        if self._postponed(self.action_start, "It starts as soon as it is checked."):
            return
        draft = self.draft
        self._mark()
        if draft is None or self._refused("It cannot be started yet", self._name_problem):
            return
        name = ["--name", draft.run_name] if draft.run_name else []
        source = draft.source
        words = draft.words()
        if not source or draft.loses():
            try:
                source = draft_files.write_for_launch(draft, Path(self.context.runs_dir))
            except SeqkitError as error:
                self.app.notify(str(error), severity="error", markup=False)
                return
            words = []
        self.post_message(TrainRun([source, *words, *name], draft.keep))
