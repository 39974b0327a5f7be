"""Names that people give to the columns of sources and targets."""

from __future__ import annotations

SOURCE_NAMES = (("source", "src", "input", "question"), ("from", "instruction", "prompt"))
TARGET_NAMES = (
    ("target", "tgt", "output", "answer", "translation"),
    ("to", "response", "completion"),
)
"""The usual ones, and others that count where no column is called so."""

USUAL_COLUMNS = {
    "source": tuple(name for names in SOURCE_NAMES for name in names),
    "target": tuple(name for names in TARGET_NAMES for name in names),
}
