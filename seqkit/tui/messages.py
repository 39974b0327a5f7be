"""What screens ask of the program: they post these, and know nothing of it or of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.message import Message

from seqkit.runs.folder import RunFolder


class OpenRun(Message):
    """Show a run while it happens, or as it ended."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self.run = run


class TryRun(Message):
    """Load the model of a run, to be used."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self.run = run


class CompareRuns(Message):
    """Lay runs over each other."""

    def __init__(self, runs: Sequence[RunFolder]) -> None:
        super().__init__()
        self.runs = runs


class NewRunLike(Message):
    """Open the form of a new run with the settings of another one."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self.run = run


class TrainRun(Message):
    """Start `seqkit run WORDS`, and show the run when it is there.

    Attributes:
        words: The words.
        begun: Called once it is there.
    """

    def __init__(self, words: Sequence[str], begun: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.words = words
        self.begun = begun


class TrainDemo(Message):
    """Train the demonstration, and show it."""
