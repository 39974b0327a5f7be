"""What a person calls a run: a title and tags, kept in its folder beside the engine's files.

They lie in a file of their own, since the training process rewrites `run.json`. The folder keeps
its name, which commands, checkpoints and other programs know the run by.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from seqkit.errors import DataError, SeqkitError
from seqkit.runs.folder import write_atomically
from seqkit.storage.checksums import read_document, sealed_document
from seqkit.storage.regular_files import read_regular

FILE = "label.json"
_LARGEST = 2**20


@dataclass(frozen=True)
class Label:
    """A title, empty for the folder's own name, and tags; and why they cannot be read, if so."""

    title: str = ""
    tags: tuple[str, ...] = ()
    damage: str = ""


NO_LABEL = Label()


def read_label(folder: Path) -> Label:
    """Reads a run's label; one that is missing or damaged has no title and no tags."""
    try:
        document = read_document(read_regular(folder / FILE, _LARGEST))
        tags = document.get("tags", [])
        return Label(
            str(document.get("title", "")), tuple(str(tag) for tag in tags if str(tag).strip())
        )
    except FileNotFoundError:
        return NO_LABEL
    except (OSError, ValueError, TypeError, RecursionError, SeqkitError):
        return Label(damage=f"{folder / FILE} is damaged: its title and tags are not shown")


def write_label(folder: Path, label: Label) -> None:
    """Writes a run's label.

    Raises:
        DataError: The folder cannot be written.
    """
    document = {"title": label.title, "tags": list(label.tags)}
    try:
        text = json.dumps(sealed_document(document), ensure_ascii=False)
        write_atomically(folder / FILE, text + "\n")
    except OSError as error:
        raise DataError(f"{folder / FILE} cannot be written: {error.strerror}.") from error


def split_tags(text: str) -> tuple[str, ...]:
    """Returns the tags that a person wrote, parted by commas or spaces, each once."""
    return tuple(dict.fromkeys(tag for tag in re.split(r"[,\s]+", text.strip()) if tag))
