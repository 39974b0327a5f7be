"""What a person calls a run: a title and tags, kept in its folder beside the engine's files.

They lie in a file of their own, since the training process rewrites `run.json`. The folder keeps
its name, which commands, checkpoints and other programs know the run by.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from seqkit.errors import CheckpointError, DataError
from seqkit.regular_files import read_regular
from seqkit.runs import write_atomically

FILE = "label.json"
_LARGEST = 2**20


@dataclass(frozen=True)
class Label:
    """A title, empty for the folder's own name, and tags."""

    title: str = ""
    tags: tuple[str, ...] = ()


NO_LABEL = Label()


def read_label(folder: Path) -> Label:
    """Reads a run's label; a missing or damaged one is empty."""
    try:
        document = json.loads(read_regular(folder / FILE, _LARGEST).decode("utf-8"))
        tags = document.get("tags", [])
        return Label(
            str(document.get("title", "")), tuple(str(tag) for tag in tags if str(tag).strip())
        )
    except (OSError, CheckpointError, ValueError, AttributeError, TypeError, RecursionError):
        return NO_LABEL


def write_label(folder: Path, label: Label) -> None:
    """Writes a run's label.

    Raises:
        DataError: The folder cannot be written.
    """
    document = {"title": label.title, "tags": list(label.tags)}
    try:
        write_atomically(folder / FILE, json.dumps(document, ensure_ascii=False) + "\n")
    except OSError as error:
        raise DataError(f"{folder / FILE} cannot be written: {error.strerror}.") from error


def split_tags(text: str) -> tuple[str, ...]:
    """Returns the tags that a person wrote, parted by commas or spaces, each once."""
    return tuple(dict.fromkeys(tag for tag in re.split(r"[,\s]+", text.strip()) if tag))
