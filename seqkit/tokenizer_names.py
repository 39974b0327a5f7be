"""The setting of a task that names a tokenizer: one of its own, or a plugin's `PLUGIN:NAME`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from seqkit import component
from seqkit.errors import nearest

OF_A_PLUGIN = r"[a-z0-9_-]{1,100}:[\w-][\w.-]{0,99}(?:/[\w-][\w.-]{0,99})*"
"""A name, and no path: what a run names is handed to the plugin, which may look for a folder."""


@dataclass(frozen=True, init=False)
class TokenizerIn:
    """Says of a text setting that it names a tokenizer: `Annotated[str, TokenizerIn("bpe")]`.

    Args:
        *names: Those that are no plugin's.
    """

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)

    def valid(self, name: str) -> str:
        """Returns the name. Raises ValueError where it is none, with the nearest one."""
        if name in self.names or re.fullmatch(OF_A_PLUGIN, name):
            return name
        found = _with_its_plugin(name) or nearest(name, self.names)
        hint = f"; the nearest is {found}" if found else ""
        raise ValueError(f"it must be {', '.join(self.names)} or PLUGIN:NAME{hint}")

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.valid, handler(source))

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        pattern = OF_A_PLUGIN.replace("(?:", "(")
        return {
            "anyOf": [
                {"type": "string", "enum": list(self.names)},
                {"type": "string", "pattern": f"^{pattern}$"},
            ]
        }


def _with_its_plugin(written: str) -> str:
    """Returns the whole name of a plugin's tokenizer that was written without the plugin."""
    name, slash, variant = written.partition("/")
    bare = name.replace("_", "-")
    for plugin, known in component.tokenizers_in_use() or {}:
        if known == bare:
            return f"{plugin}:{known}{slash}{variant}"
    return ""
