"""A verdict in lines of text: the judgement, then each likely cause with the command to try."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.runs.verdict import Verdict
from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import one_line

Line = list[Piece]
STYLES = {True: "bold green", False: "bold yellow", None: "bold"}
_WIDTH = 80
_MAY_DO_BETTER = "It may do better yet: "
_NO_CAUSE = "Nothing that this run shows says why."


def verdict_lines(verdict: Verdict, run: str, plugins: str = "", width: int = _WIDTH) -> list[Line]:
    """Returns a verdict in lines.

    Args:
        verdict: The verdict.
        run: What a command line names the run's experiment by.
        plugins: The words that name local plugins, a space before each.
        width: Columns there are.
    """
    style = STYLES[verdict.better]
    lines: list[Line] = [[(part, style)] for part in wrapped(verdict.judgement, width)]
    return [*lines, *cause_lines(verdict, run, plugins, width)]


def cause_lines(verdict: Verdict, run: str, plugins: str = "", width: int = _WIDTH) -> list[Line]:
    """Returns what may be behind a verdict, each cause with the command to try."""
    if verdict.better is False and not verdict.causes:
        return [[_NO_CAUSE]]
    lines: list[Line] = []
    for place, advice in enumerate(verdict.causes):
        head = "Most likely: " if verdict.better is False else _MAY_DO_BETTER
        said = (head if place == 0 else "Or: ") + one_line(advice.cause) + "."
        lines += [["  " + part] for part in wrapped(said, width - 2)]
        if advice.words:
            lines.append([("    " + command(run, advice.words) + plugins, "cyan")])
    return lines


def command(run: str, words: Sequence[str]) -> str:
    """Returns the command that trains a run's experiment with other settings."""
    return " ".join(["seqkit run", run, *map(shlex.quote, words)])


def experiment_of(started: Mapping[str, Any], folder: str | Path = "") -> str:
    """Returns what a command line names the experiment of a run by: the file in its folder."""
    path = Path(folder or str(started.get("folder") or "")) / "experiment.toml"
    here = Path.cwd()
    whole = path if path.is_absolute() else here / path
    return shlex.quote(str(whole.relative_to(here) if whole.is_relative_to(here) else whole))


def wrapped(text: str, width: int) -> list[str]:
    """Returns a sentence in lines, words and figures whole."""
    return textwrap.wrap(
        one_line(text), max(20, width), break_long_words=False, break_on_hyphens=False
    )
