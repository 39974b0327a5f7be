"""The commands that plugins add: found when one is used, and remembered for `seqkit --help`.

Help must not load plugins, which takes longer than the help. So their names and summaries are kept
in a file, for as long as the same plugins are installed; they are asked for in another process.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

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
        import subprocess

        with contextlib.suppress(OSError, subprocess.SubprocessError):
            words = [sys.executable, "-c", _ASK, key]
            subprocess.run(words, capture_output=True, timeout=_PATIENCE, check=False)
        found = _read(file, key)
    return found or {}


def remember(commands: Mapping[str, click.Command], key: str = "") -> None:
    """Keeps names and summaries for the next help.

    Args:
        commands: Those that plugins add.
        key: What stands for the packages that are installed; found out where it is empty.
    """
    names = {name: command.get_short_help_str(60) for name, command in commands.items()}
    document = {"key": key or _key(), "commands": names, "modules": _modules()}
    file = _file()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        aside.write_text(json.dumps(document), encoding="utf-8")
        aside.replace(file)


def _file() -> Path:
    from seqkit.paths import cache_home

    return cache_home() / "commands.json"


def _read(file: Path, key: str) -> dict[str, str] | None:
    """Returns what was kept; None where it is of other packages, or a plugin's code has changed."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        same = document["key"] == key and all(
            _modified(Path(path)) == time for path, time in document["modules"].items()
        )
        found = document["commands"] if same else None
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    if not isinstance(found, dict):
        return None
    return {str(name): str(summary) for name, summary in found.items()}


def _key() -> str:
    """Returns what changes when a package is installed or removed, or a local plugin is named.

    From the names and times of the packages' metadata: importlib.metadata, which would read them,
    takes half as long as the whole help.
    """
    installed: list[tuple[str, int]] = []
    for folder in sys.path:
        with contextlib.suppress(OSError), os.scandir(folder or ".") as entries:
            installed += [
                (entry.path, entry.stat().st_mtime_ns)
                for entry in entries
                if entry.name.endswith((".dist-info", ".egg-info"))
            ]
    local = [os.environ.get(name, "") for name in ("SEQKIT_PLUGIN", "SEQKIT_DISABLE_PLUGINS")]
    changed = [_modified(Path(path)) for path in local[0].split(os.pathsep) if path]
    text = json.dumps([sys.prefix, sorted(installed), local, changed])
    return f"{crc32(text.encode()):08x}"


def _modules() -> dict[str, int]:
    """Returns when the module of each plugin was changed, by its file, without importing it."""
    from importlib import metadata
    from importlib.util import find_spec

    found: dict[str, int] = {}
    for point in metadata.entry_points(group=_GROUP):
        with contextlib.suppress(ImportError, ValueError):
            spec = find_spec(point.value.partition(":")[0].partition(".")[0])
            if spec is not None and spec.origin:
                found[spec.origin] = _modified(Path(spec.origin))
    return found


def _modified(path: Path) -> int:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime_ns
    return 0
