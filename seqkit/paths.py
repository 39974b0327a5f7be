"""Where seqkit keeps things on a user's machine, and where its bundled data lie.

`SEQKIT_HOME` puts everything under one folder of the user's choice.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import platformdirs

from seqkit.errors import DataError


def data_home() -> Path:
    """Returns the folder that `seqkit data get` fills, one folder a dataset."""
    home = os.environ.get("SEQKIT_HOME")
    return Path(home) / "data" if home else _of_user(platformdirs.user_data_path) / "data"


def cache_home() -> Path:
    """Returns the folder of encoded data, which can always be made again."""
    home = os.environ.get("SEQKIT_HOME")
    return Path(home) / "cache" if home else _of_user(platformdirs.user_cache_path)


def config_home() -> Path:
    """Returns the folder of what a user set in the terminal UI: preferences and keys."""
    home = os.environ.get("SEQKIT_HOME")
    return Path(home) / "config" if home else _of_user(platformdirs.user_config_path)


def _of_user(place: Callable[[str], Path]) -> Path:
    """Returns a folder below the user's home.

    Raises:
        DataError: There is no home: no `HOME`, and a user without an entry in `/etc/passwd`.
    """
    with contextlib.suppress(RuntimeError):
        path = place("seqkit")
        if path.is_absolute():
            return path
    raise DataError(
        "this user has no home folder: HOME is not set and the system knows none. "
        "Set SEQKIT_HOME to a folder for data, cache and preferences"
    )


def runs_home() -> Path:
    """Returns the folder of runs: `SEQKIT_RUNS_DIR`, or else `runs` in the current folder."""
    return Path(os.environ.get("SEQKIT_RUNS_DIR") or "runs")


def bundled(name: str) -> Path:
    """Returns the path of a file that ships with seqkit, such as `sentences/imdb_labelled.txt`.

    In an installed wheel the bundled data lie inside the package; in a checkout, in `data/`.

    Raises:
        DataError: There is no such file: the installation is damaged.
    """
    package = Path(__file__).parent
    for folder in (package / "_bundled", package.parent / "data"):
        path = folder / name
        if path.exists():
            return path
    raise DataError(
        f"the bundled file {name} is missing, in {package / '_bundled'}. "
        "Install seqkit again: pip install --force-reinstall --no-deps seqkit"
    )
