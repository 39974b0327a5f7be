"""The commands that plugins add: found when one is used, and remembered for `seqkit --help`.

Help must not load plugins, which takes longer than the help. So their names and summaries are kept
in a file, for as long as the same plugins are installed; they are asked for in another process.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

_GROUP = "seqkit"
"""The entry points of plugins, said here as `seqkit.hookspecs` imports pluggy."""

_ASK = "import seqkit.cli.main as here, sys; here.remember_plugin_commands(sys.argv[1])"
_PATIENCE = 20.0
"""Seconds that plugins have to say which commands they add, before help goes without."""


def remembered() -> dict[str, str]:
    """Returns the name and the summary of every command that plugins add."""
    file, key = _file(), _key()
    found = _read(file, key)
    if found is None:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            words = [sys.executable, "-c", _ASK, key]
            subprocess.run(words, capture_output=True, timeout=_PATIENCE, check=False)
        found = _read(file, key)
    return found or {}


def remember(commands: Mapping[str, click.Command], key: str = "") -> None:
    """Keeps names and summaries for the next help.

    Args:
        commands: Those that plugins add.
        key: What stands for the plugins that are installed; found out where it is empty.
    """
    names = {name: command.get_short_help_str(60) for name, command in commands.items()}
    file = _file()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        aside.write_text(json.dumps({"key": key or _key(), "commands": names}), encoding="utf-8")
        aside.replace(file)


def _file() -> Path:
    from seqkit.paths import cache_home

    return cache_home() / "commands.json"


def _read(file: Path, key: str) -> dict[str, str] | None:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        found = document["commands"] if document["key"] == key else None
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not isinstance(found, dict):
        return None
    return {str(name): str(summary) for name, summary in found.items()}


def _key() -> str:
    """Returns what changes with the plugins that are installed, or with the code of one."""
    installed = [
        (point.name, point.value, point.dist.version if point.dist else "", _changed(point.value))
        for point in metadata.entry_points(group=_GROUP)
    ]
    local = [os.environ.get(name, "") for name in ("SEQKIT_PLUGIN", "SEQKIT_DISABLE_PLUGINS")]
    changed = [_modified(Path(path)) for path in local[0].split(os.pathsep) if path]
    text = json.dumps([sys.prefix, sorted(installed), local, changed])
    return hashlib.sha256(text.encode()).hexdigest()


def _changed(value: str) -> int:
    """Returns when the module of an entry point was changed, without importing it."""
    try:
        spec = importlib.util.find_spec(value.partition(":")[0].partition(".")[0])
    except (ImportError, ValueError):
        return 0
    return _modified(Path(spec.origin)) if spec is not None and spec.origin else 0


def _modified(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return 0
