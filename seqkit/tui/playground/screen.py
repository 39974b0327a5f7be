"""The Try screen: type, and see what the model makes of it."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalScroll, VerticalScroll
from textual.events import DescendantFocus
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Checkbox, Footer, Input, Label, Static, TextArea

from seqkit.errors import ExitCode
from seqkit.processes.worker import AnswerWorker, Reply
from seqkit.runs.folder import RunFolder
from seqkit.terminal.answers.in_short import asked, said
from seqkit.terminal.answers.lines import answer_lines
from seqkit.terminal.safe_text import one_line
from seqkit.tui.colours import colour, themed
from seqkit.tui.context import Context
from seqkit.tui.playground.inputs import (
    inputs_of,
    option_fields,
    rows_of,
    table_of,
    table_to_begin_with,
)
from seqkit.views import Answer, view_of

_PAUSE = 0.35
"""Seconds without a key after which what was typed is answered."""


class TryScreen(Screen[None]):
    """Holds a model in a process of its own and answers what is typed.

    Args:
        context: What every screen is given.
        run: The run whose best checkpoint answers.
    """

    HELP: ClassVar[str] = """The best checkpoint of a run, finished or still running, in a process
    of its own. It answers as you type where that is quick, and on ctrl+r; escape ends a text that
    is being written. Green words speak for a label, red ones against it, with what each adds. A
    model of tables begins with the end of the data: change any number, or paste your own
    table."""
    TITLE = "Try"
    DEFAULT_CSS = """
    TryScreen {
        & > #try-head { height: 1; background: $panel; padding: 0 1; }
        & > TextArea {
            height: 30%; min-height: 4; border: round $border; padding: 0 1;
            background: $surface; &:focus { border: round $primary; }
        }
        & > #try-options { height: 1; padding: 0 1; scrollbar-size: 0 0; background: $surface; }
        & #try-options Label { color: $foreground 70%; margin: 0 1 0 0; }
        & #try-options Input {
            border: none; height: 1; padding: 0; width: 8; margin: 0 2 0 0; background: $panel;
        }
        & #try-options Checkbox { border: none; height: 1; padding: 0; margin: 0 2 0 0; }
        & > #try-about {
            height: auto; min-height: 1; max-height: 2; padding: 0 1; color: $foreground 70%;
        }
        & > #try-result { height: 1fr; padding: 0 1; scrollbar-gutter: stable; }
        & #try-answer { height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "answer", "Answer", id="try.answer", priority=True),
        Binding("ctrl+o", "other", "Best or last", id="try.other", priority=True),
        Binding("ctrl+y", "copy", "Copy answer", id="try.copy", priority=True),
        Binding("ctrl+l", "clear", "Clear", id="try.clear", priority=True, show=False),
        Binding("escape", "leave", "Stop, or back", id="try.leave", priority=True),
    ]
    AUTO_FOCUS = "TextArea"

    class Heard(Message):
        """The worker said something.

        Attributes:
            worker: Which one, as an old one may still speak.
            reply: What it said.
        """

        def __init__(self, worker: int, reply: Reply) -> None:
            super().__init__()
            self.worker = worker
            self.reply = reply

    def __init__(self, context: Context, run: RunFolder) -> None:
        super().__init__()
        self.context = context
        self.run = run
        self.task_name = ""
        self.answers: list[Answer] = []
        self._checkpoint = "best"
        self._worker: AnswerWorker | None = None
        self._workers = 0
        self._waiting: int | None = None
        self._again = False
        self._prompt = ""
        self._said = ""
        self._untouched = ""
        self._live = self._table = False
        self._options: dict[str, Any] = {}
        self._about: dict[str, str] = {}
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lays the screen out."""
        yield Static(id="try-head")
        yield TextArea(soft_wrap=True, show_line_numbers=False, tab_behavior="focus")
        yield HorizontalScroll(id="try-options", can_focus=False)
        yield Static(id="try-about", markup=False)
        with VerticalScroll(id="try-result"):
            yield Static(id="try-answer")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Loads the model."""
        self._start()

    def on_unmount(self) -> None:
        """Ends the worker."""
        if self._worker is not None:
            self._worker.close()

    # --- the worker -------------------------------------------------------------------------------

    def _start(self) -> None:
        if self._worker is not None:
            self._worker.close()
        self._workers += 1
        number = self._workers

        def hear(reply: Reply) -> None:
            with contextlib.suppress(Exception):
                # The screen may be gone by now.
                self.post_message(self.Heard(number, reply))

        self._waiting = None
        self._head("loading the model …")
        words = self.context.plugin_words
        try:
            self._worker = AnswerWorker(self.run, hear, words, self._checkpoint)
        except OSError as error:
            hear({"ended": f"its process cannot be started: {error}"})

    async def on_try_screen_heard(self, event: Heard) -> None:
        """Shows what the worker said."""
        if event.worker != self._workers:
            return
        reply = event.reply
        if "ready" in reply:
            await self._ready(reply["ready"])
        elif "ended" in reply:
            self._worker, self._waiting = None, None
            remedy = self._remedy() if reply.get("code") == ExitCode.PLUGIN else ""
            gone = "the model is gone" if self.task_name else "the model cannot be loaded"
            self._head(f"{gone}; ctrl+r tries again", "$error")
            self._show(self._wrong(reply["ended"]).append(remedy))
        elif reply.get("id") == self._waiting or reply.get("id") is None:
            self._heard_of_request(reply)

    def _remedy(self) -> str:
        """Returns how to start the program with the plugins of the run that it was not given."""
        given = [str(path) for path in self.context.plugins]
        missing = [path for path in self.run.local_plugins() if path not in given]
        if not missing:
            return ""
        words = [word for path in (*given, *missing) for word in ("--plugin", path)]
        command = one_line(shlex.join(["seqkit", "tui", *words]))
        return f"\n\nQuit, and start this program with it:\n{command}"

    async def _ready(self, ready: Mapping[str, Any]) -> None:
        self.task_name = str(ready["task"])
        self._live, self._table = bool(ready.get("live")), bool(ready.get("reads_whole_table"))
        facts = [str(ready["model"]), str(ready["checkpoint"]), str(ready["device"])]
        self._facts = " · ".join(facts)
        self._head("ready", "$success")
        for text in ready.get("warnings", ()):
            self.notify(one_line(text), severity="warning", timeout=15, markup=False)
        if not self._options:
            await self._offer(option_fields(ready.get("options", {})), ready.get("try_options", {}))
        if self._table and not self._untouched and not self.area.text:
            self._begin_with(table_to_begin_with(ready.get("beginning", ())))
            self._ask([])
        elif self.area.text:
            self.action_answer()
        else:
            self._show(Text(_hint(ready), "dim"))

    def _heard_of_request(self, reply: Reply) -> None:
        if "piece" in reply:
            self._said += str(reply["piece"])
            shown = {"view": "text", "prompt": self._prompt, "continuation": self._said}
            self._show_answers([shown])
            self.query_one("#try-result", VerticalScroll).scroll_end(animate=False)
            return
        self._waiting = None
        self._head("ready", "$success")
        if "error" in reply:
            self._show(self._wrong(reply["error"]))
        elif "answers" in reply:
            self.answers = list(reply["answers"])
            self._show_answers(self.answers)
            self._begin_with_history()
        if self._again:
            self._again = False
            self.action_answer()

    def _begin_with_history(self) -> None:
        """Puts the end of the data into the input, where only an answer tells it."""
        if not self._table or self._untouched or self.area.text or not self.answers:
            return
        answer = self.answers[0]
        if view_of(answer) != "series":
            return
        self._begin_with(table_of(answer["history"], list(answer["columns"])))

    def _begin_with(self, table: str) -> None:
        self._untouched = table
        self.area.load_text(table)
        self.area.move_cursor(self.area.document.end)

    # --- options ----------------------------------------------------------------------------------

    async def _offer(
        self, fields: Mapping[str, Mapping[str, Any]], begin: Mapping[str, Any]
    ) -> None:
        bar = self.query_one("#try-options", HorizontalScroll)
        bar.display = bool(fields)
        for name, field in fields.items():
            value = begin.get(name, field.get("default"))
            self._options[name] = value
            label = name.replace("_", " ")
            widget: Checkbox | Input
            if field.get("type") == "boolean":
                widget = Checkbox(label, bool(value), name=name, compact=True)
            else:
                await bar.mount(Label(label))
                widget = Input("" if value is None else str(value), name=name, compact=True)
            self._about[name] = f"{label}: {one_line(field.get('description', ''))}"
            widget.tooltip = Text(self._about[name])
            await bar.mount(widget)
        self._tell_about("")

    def _tell_about(self, name: str) -> None:
        """Tells what an option is for: the one that is being set, or else the first."""
        said = self._about.get(name) or next(iter(self._about.values()), "")
        self.query_one("#try-about", Static).update(said)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Tells what the option is for that is being set."""
        self._tell_about(event.widget.name or "")

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Takes an option in."""
        if event.checkbox.name:
            self._options[event.checkbox.name] = event.value
            self._soon()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Takes an option in."""
        if event.input.name:
            self._options[event.input.name] = event.value
            self._soon()

    def on_input_submitted(self) -> None:
        """Answers at once."""
        self.action_answer()

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self._options.items() if value not in (None, "")}

    # --- asking -----------------------------------------------------------------------------------

    @property
    def area(self) -> TextArea:
        """Where one types."""
        return self.query_one(TextArea)

    def on_text_area_changed(self) -> None:
        """Answers soon, where the task answers as one types."""
        self._soon()

    def _soon(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        if self._live and self._worker is not None:
            self._pause = self.set_timer(_PAUSE, self.action_answer)

    def action_answer(self) -> None:
        """Asks the model about what was typed."""
        if self._worker is None:
            self._start()
        elif self._waiting is not None:
            self._again = True
            if not self._live:
                self._worker.interrupt()
        elif self.task_name:
            text = self.area.text
            table = self._table
            inputs = rows_of(text, self._untouched) if table else inputs_of(text, live=self._live)
            if inputs is not None:
                self._ask(inputs)

    def _ask(self, inputs: list[Any]) -> None:
        assert self._worker is not None
        self._prompt, self._said = self.area.text, ""
        self._waiting = self._worker.ask(inputs, self._given())
        self._head("answering …", "$accent")

    def action_other(self) -> None:
        """Changes between the best checkpoint and the newest one."""
        self._checkpoint = "last" if self._checkpoint == "best" else "best"
        self._start()

    def action_clear(self) -> None:
        """Empties the input, or brings the end of the data back."""
        self.area.load_text(self._untouched)

    def action_copy(self) -> None:
        """Copies the answer to the clipboard."""
        shown = "\n".join(_copied(answer) for answer in self.answers)
        if shown:
            self.app.copy_to_clipboard(shown)
            self.notify("Copied.", timeout=2)

    def action_leave(self) -> None:
        """Ends a text that is being generated, or leaves the screen."""
        if self._waiting is not None and not self._live and self._worker is not None:
            self._again = False
            self._worker.interrupt()
        else:
            self.app.pop_screen()

    # --- showing ----------------------------------------------------------------------------------

    _facts = ""

    def _head(self, state: str, tone: str = "$foreground") -> None:
        head = Text.assemble((" Try ", "bold"), (one_line(self.run.name), "bold"), "  ")
        head.append(self._facts or self._checkpoint, "dim")
        head.append("  " + state, colour(self.app.theme_variables, tone))
        self.query_one("#try-head", Static).update(head)

    def _wrong(self, message: object) -> Text:
        return Text().append(one_line(message), colour(self.app.theme_variables, "error"))

    def _show(self, text: Text) -> None:
        self.query_one("#try-answer", Static).update(text)

    def _show_answers(self, answers: Sequence[Answer]) -> None:
        width = max(20, self.query_one("#try-result").content_size.width - 2)
        lines = [line for answer in answers for line in answer_lines(answer, width, bar=True)]
        self._show(themed(lines, self.app.theme_variables))

    def on_resize(self) -> None:
        """Draws the answers for the new width."""
        if self.answers and self._waiting is None:
            self._show_answers(self.answers)


def _copied(answer: Answer) -> str:
    """Returns an answer as it is copied; a text with its beginning."""
    return f"{asked(answer) if view_of(answer) == 'text' else ''}{said(answer)}"


def _hint(ready: Mapping[str, Any]) -> str:
    """Returns what to type, by the task's own words or else by its example."""
    if ready.get("hint"):
        return one_line(ready["hint"])
    examples = ready.get("examples") or []
    like = f", such as {one_line(examples[0], 60)}" if examples else ""
    return f"Type an input{like}, then press ctrl+r."
