"""What can go wrong, and the exit code each kind of failure ends with.

    SeqkitError
    ├── ConfigurationError   what the user asked for is not valid        (exit 2)
    ├── PluginError          a plugin is broken or missing               (exit 3)
    ├── DataError            a dataset or file cannot be used            (exit 4)
    │   └── CheckpointError  a run folder or checkpoint cannot be used   (exit 4)
    └── RunError             training itself failed                      (exit 1)

A message reads `<what is wrong, with the value>, <where>. <nearest valid value or next step>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the `seqkit` command; part of its public interface."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PLUGIN = 3
    DATA = 4
    INTERRUPTED = 130


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an experiment.

    Attributes:
        key: Full dotted path of the setting, such as `trainer.batch_size`; empty when no single
            setting is to blame.
        message: What is wrong, with the value.
        hint: The nearest valid value or the next step; may be empty.
    """

    key: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{sentence(self.message)} {self.hint}".rstrip()


@dataclass(frozen=True)
class UnknownSetting(Problem):
    """A key that is no setting where it stands; whoever knows all tables may find its place.

    Attributes:
        value: What was to be set, as it was written; empty where that is not known.
        near: Whether `hint` names a valid key that looks like it.
    """

    value: str = ""
    near: bool = False


class SeqkitError(Exception):
    """Base of every error seqkit raises on purpose."""

    exit_code = ExitCode.FAILED


class ConfigurationError(SeqkitError):
    """What was asked for is not valid. Carries every problem found, not only the first."""

    exit_code = ExitCode.USAGE

    def __init__(self, message: str = "", problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message or "\n".join(str(problem) for problem in self.problems))


class PluginError(SeqkitError):
    """A plugin is broken, or something it should bring is missing."""

    exit_code = ExitCode.PLUGIN


class DataError(SeqkitError):
    """A dataset, file or folder cannot be used."""

    exit_code = ExitCode.DATA


class CheckpointError(DataError):
    """A run folder or a checkpoint cannot be used."""


class RunError(SeqkitError):
    """Training failed: a non-finite loss, no memory left, a component that raised."""


def sentence(text: str) -> str:
    """Returns a text with one mark at its end: a full stop where it has none."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Returns the valid name that looks most like `name`, or None when none does.

    Dotted and qualified names also match by their last part, so that `trainer.bach_size` finds
    `trainer.batch_size` and `nam` finds `plugin:name`.
    """
    names = sorted(set(valid))
    if not names:
        return None
    by_tail = {candidate.rsplit(":", 1)[-1].lower(): candidate for candidate in reversed(names)}
    by_tail |= {candidate.lower(): candidate for candidate in names}
    import difflib

    found = difflib.get_close_matches(name.lower(), by_tail, n=1, cutoff=0.6)
    return by_tail[found[0]] if found else None


def suggestion(name: str, valid: Iterable[str], otherwise: str = "") -> str:
    """Returns `Did you mean X?`, or else a sentence listing what is valid, or `otherwise`."""
    names = sorted(set(valid))
    found = nearest(name, names)
    if found is not None:
        return f"Did you mean {found}?"
    if otherwise:
        return otherwise
    if not names:
        return ""
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"Valid: {', '.join(names[:12])}{more}."
