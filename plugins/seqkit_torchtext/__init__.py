"""The built-in plugin `torchtext`: what torchtext had, on current torch."""

from __future__ import annotations

from pathlib import Path

from seqkit.api import Recipe, recipes_in
from seqkit.hookspecs import hookimpl


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes")
