"""The built-in plugin `timeseries`: forecasting."""

from __future__ import annotations

from pathlib import Path

from seqkit.api import Model, Recipe, recipes_in
from seqkit.hookspecs import hookimpl


@hookimpl
def register_models() -> list[type[Model]]:
    from .models import SegRnn

    return [SegRnn]


@hookimpl
def register_recipes() -> list[Recipe]:
    return recipes_in(Path(__file__).parent / "recipes")
