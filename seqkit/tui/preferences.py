"""What the terminal UI remembers of its user: settings, and keys of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from seqkit.paths import config_home
from seqkit.runs.folder import write_atomically


@dataclass(frozen=True)
class Preferences:
    """Settings that last from one start to the next.

    Attributes:
        theme: Name of the theme.
        confirm: Whether stopping, deleting and the like are asked about first.
        sort: Column that the runs are sorted by.
        descending: Whether from the greatest to the least.
        filter: What the runs were last filtered by.
        preview: The pane beside the form of a new run.
    """

    theme: str = "seqkit-dark"
    confirm: bool = True
    sort: str = "state"
    descending: bool = False
    filter: str = ""
    preview: str = "layers"

    @classmethod
    def load(cls) -> Preferences:
        """Reads the settings; what is missing or damaged has its default."""
        try:
            document = json.loads(preferences_file().read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return cls()
        if not isinstance(document, dict):
            return cls()
        kinds = {field.name: type(field.default) for field in fields(cls)}
        known: dict[str, Any] = {
            name: value
            for name, value in document.items()
            if isinstance(value, kinds.get(name, ()))
        }
        return cls(**known)

    def save(self) -> None:
        """Keeps the settings for the next start. Raises OSError where that cannot be done."""
        path = preferences_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(asdict(self), indent=2) + "\n")


def preferences_file() -> Path:
    """Returns where the settings are kept."""
    return config_home() / "tui.json"


def keymap_file() -> Path:
    """Returns where a user writes keys of their own: `{"runs.delete": "delete,x"}`."""
    return config_home() / "keymap.json"


def load_keymap() -> tuple[dict[str, str], str]:
    """Reads the user's own keys.

    Returns:
        Keys by the name of what they do, and what is wrong with the file; empty when nothing is.
    """
    path = keymap_file()
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError) as error:
        return {}, f"{path} cannot be read: {error}. The usual keys are used"
    if not isinstance(document, Mapping):
        return {}, f'{path} holds no table of keys. Write {{"runs.delete": "delete,x"}}'
    wrong = [name for name, keys in document.items() if not isinstance(keys, str) or not keys]
    good = {str(name): keys for name, keys in document.items() if name not in wrong}
    return good, f"{path}: {wrong[0]} must be a text such as 'delete,x'" if wrong else ""
