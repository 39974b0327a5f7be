"""`seqkit watch`: follow a run line by line, wherever it was started."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqkit.cli.common import json_option, open_run, run_argument, runs_dir_option
from seqkit.errors import CheckpointError, ExitCode
from seqkit.terminal import output

if TYPE_CHECKING:
    from seqkit.events import Event
    from seqkit.runs.folder import RunFolder
    from seqkit.runs.tail import News

_POLL_SECONDS = 0.25


@click.command()
@run_argument()
@runs_dir_option()
@json_option("Write every event to stdout, one JSON object a line.")
def watch(run: str, runs_dir: Path, as_json: bool) -> int:
    """Follow a run line by line until it ends.

    Steers nothing: Ctrl-C ends the watching, and the run goes on. A run that has ended already is
    told from its beginning.
    """
    return follow(open_run(run, runs_dir), as_json)


def follow(run: RunFolder, as_json: bool = False) -> int:
    """Tells of a run until it ends.

    Returns:
        The exit code: 1 for a run that failed or whose process is gone, and else 0.
    """
    from seqkit.cli.run import EventStream
    from seqkit.terminal.report.console import Console

    console = Console(result=True)
    stream = EventStream()
    status = ""
    try:
        for event, past in followed(run):
            if as_json:
                stream(event)
            elif past and event.kind in ("step", "sample"):
                console.note(event)
            else:
                console(_of_this_name(event, run))
            status = str(event.get("status", "")) if event.kind == "ended" else ""
    finally:
        console.close()
    if status:
        return ExitCode.FAILED if status == "failed" else ExitCode.DONE
    if (now := run.status()) == "crashed":
        output.note(
            f"The process of {run.name} is gone, and left no word. "
            f"Go on from its last checkpoint: {run.command('resume')}"
        )
    else:
        output.note(f"{run.name} is {now}, and its log does not say how it ended.")
    return ExitCode.FAILED


def followed(run: RunFolder) -> Iterator[tuple[Event, bool]]:
    """Yields each event of a run, and whether it was there before; ends when the run has ended.

    A line that is damaged is left out and told; one that is still being written is waited for.

    Raises:
        CheckpointError: The log is no regular file, or cannot be read.
    """
    from seqkit.runs.folder import LIVE
    from seqkit.runs.tail import Tail

    past, tail = True, Tail(run.events_file)
    while True:
        # Asked before the log is read: a run that had ended by then has written everything.
        live = run.status() in LIVE
        while True:
            news = tail.read()
            if tail.problem:
                raise CheckpointError(tail.problem)
            for event in _parsed(news, run.events_file):
                yield event, past
            if not news.more:
                break
        past = False
        if not live:
            return
        time.sleep(_POLL_SECONDS)


def _of_this_name(event: Event, run: RunFolder) -> Event:
    """Returns what a run said of itself as it began, with its present name and place."""
    if event.kind != "started":
        return event
    here = {"run": run.name, "folder": os.path.realpath(run.path)}
    return replace(event, data={**event.data, **here})


def _parsed(news: News, path: Path) -> Iterator[Event]:
    from seqkit.events import parse_event
    from seqkit.runs.log import damaged_lines

    damaged = []
    for number, line in enumerate(news.lines, start=news.first):
        if not line.strip():
            continue
        try:
            yield parse_event(line)
        except (ValueError, RecursionError):
            damaged.append(number)
    if damaged:
        output.warn(damaged_lines(path, damaged))
