"""Reads files of tagged sentences: a word and its tag a line, an empty line between sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import seqkit
from seqkit.callbacks import ignore
from seqkit.data import read_text

ENDINGS = (".conll", ".tsv", ".txt")


def read_sentences(path: Path) -> list[dict[str, Any]]:
    """Returns the sentences of a file, as `words` and `tags`.

    Raises:
        DataError: A line lacks its tag, or there are too few sentences to hold some out.
    """
    sentences: list[dict[str, Any]] = []
    begun = False
    for number, line in enumerate(read_text(path, ignore).split("\n"), start=1):
        columns = line.split()
        if len(columns) == 1:
            raise seqkit.DataError(
                f"{path} has no tag behind {columns[0]!r:.40} on line {number}. "
                "Write a word, a tab and its tag on each line"
            )
        if columns and not begun:
            sentences.append({"words": [], "tags": []})
        begun = bool(columns)
        if columns:
            sentences[-1]["words"].append(columns[0])
            sentences[-1]["tags"].append(columns[-1])
    if len(sentences) < 3:
        raise seqkit.DataError(
            f"{path} has {len(sentences)} of the 3 sentences that are needed at least. "
            "Write an empty line between sentences"
        )
    return sentences
