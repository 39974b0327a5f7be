"""What every screen is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from seqkit.runs import RunFolder
from seqkit.tui.launch import Launch
from seqkit.tui.preferences import Preferences


@dataclass
class Context:
    """What the command line asked for, and what lasts while the program runs.

    Attributes:
        runs_dir: The folder of runs.
        read_only: Whether nothing may be started, steered, renamed or deleted.
        plugins: Local plugins of `--plugin`.
        preferences: What the user set; replaced as a whole when something changes.
        launches: Commands that were started from here.
    """

    runs_dir: Path
    read_only: bool = False
    plugins: tuple[Path, ...] = ()
    preferences: Preferences = field(default_factory=Preferences.load)
    launches: list[Launch] = field(default_factory=list)

    def remember(self, **changes: object) -> None:
        """Changes preferences, and keeps them for the next start."""
        self.preferences = self.preferences.changed(**changes)

    def resuming(self, run: RunFolder) -> bool:
        """Tells whether a process that was started from here is going on with a run."""
        return any(launch.resumes(run) and launch.running() for launch in self.launches)

    @property
    def plugin_words(self) -> list[str]:
        """The local plugins as words of a command line."""
        return [word for path in self.plugins for word in ("--plugin", str(path))]
