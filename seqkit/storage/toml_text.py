"""TOML that may come from anyone: read in a time that grows with its length alone. Torch-free."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from seqkit.storage.regular_files import LARGEST_TEXT

_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_ENDLESS_KEY = re.compile(r"(?<![\w-])(?:" + _PART + "){32}")
"""A dotted key, bare or quoted, wherever it stands: tomllib takes the square of its length."""

_DEEPEST = 32
_LARGEST = 2**63
"""TOML's numbers have 64 bits; Python reads longer ones, and cannot write them."""


def parse_toml(text: str) -> dict[str, Any]:
    """Reads TOML.

    Raises:
        ValueError: It is not valid TOML, or larger, deeper or with longer numbers than settings
            have.
    """
    if len(text) > LARGEST_TEXT:
        raise ValueError(f"it has more than {LARGEST_TEXT:,} characters")
    if _ENDLESS_KEY.search(text):
        raise ValueError("a key has more parts than any setting")
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    _check(document)
    return document


def _check(document: dict[str, Any]) -> None:
    """Refuses what cannot be shown: numbers without end, and tables that hold too many others."""
    level: list[Any] = [document]
    for _ in range(_DEEPEST):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
                raise ValueError("a number has more than 64 bits")
        if not inner:
            return
        level = inner
    raise ValueError("it is nested too deeply")
