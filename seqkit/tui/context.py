"""What every screen is given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seqkit.processes.launch import Launch
from seqkit.runs.folder import RunFolder
from seqkit.tui.preferences import Preferences, preferences_file


@dataclass
class Context:
    """What the command line asked for, and what lasts while the program runs.

    Attributes:
        runs_dir: The folder of runs.
        read_only: Whether nothing may be started, steered, renamed or deleted.
        plugins: Local plugins of `--plugin`.
        preferences: What the user set; replaced as a whole when something changes.
        launches: Commands that were started from here.
        tell: Shows a message to the user.
        unkept: Returns how many changes to a new run would be lost with the program.
    """

    runs_dir: Path
    read_only: bool = False
    plugins: tuple[Path, ...] = ()
    preferences: Preferences = field(default_factory=Preferences.load)
    launches: list[Launch] = field(default_factory=list)
    tell: Callable[[str], None] = lambda _message: None
    unkept: Callable[[], int] = lambda: 0
    _told: bool = False

    def remember(self, **changes: Any) -> None:
        """Changes preferences, and keeps them for the next start; says once that it cannot."""
        before, self.preferences = self.preferences, replace(self.preferences, **changes)
        if self.preferences == before:
            return
        try:
            self.preferences.save()
        except OSError as error:
            if not self._told:
                self._told = True
                why = error.strerror or str(error)
                self.tell(f"Settings are not remembered: {preferences_file()}: {why}.")

    def resuming(self, run: RunFolder) -> bool:
        """Tells whether a process that was started from here is going on with a run."""
        return any(launch.resumes(run) and launch.running() for launch in self.launches)

    @property
    def plugin_words(self) -> list[str]:
        """The local plugins as words of a command line."""
        return [word for path in self.plugins for word in ("--plugin", str(path))]
