"""A person's own file or folder, looked into once for every dataset that is asked about it."""

from __future__ import annotations

from pathlib import Path


class OwnData:
    """What a file or folder holds, read when it is asked for and kept.

    Args:
        path: The file or folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def kind(self) -> str:
        """The ending that tells how a file is read, in small letters; empty for a folder."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes if suffix.lower() != ".gz"]
        return suffixes[-1] if suffixes and not self.path.is_dir() else ""
