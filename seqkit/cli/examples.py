"""Help that ends with words to type, made of the recipe that one begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click


class ExampleCommand(click.Command):
    """A command whose help ends with an example.

    Args:
        example: What to type, with `{recipe}`, `{model}`, its `{setting}`, and `{other}`, another
            model that fits; left out of the help where there are none.
        **options: As for `click.Command`.
    """

    def __init__(self, *, example: str, **options: Any) -> None:
        super().__init__(**options)
        self._example = example

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help, and the example below it."""
        super().format_help_text(ctx, formatter)
        if words := _words():
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(f"Example: {self._example.format(**words)}")


def _words() -> Mapping[str, str]:
    """Returns what stands for the names in an example; empty where it cannot be told."""
    from seqkit.errors import SeqkitError
    from seqkit.experiments.beginning import first_recipe
    from seqkit.experiments.loading import load_experiment
    from seqkit.experiments.schema import settings_of
    from seqkit.registry.discovery import load_registry
    from seqkit.registry.fitting import fitting

    registry = load_registry()
    try:
        recipe = first_recipe(registry)
        experiment = load_experiment(recipe, registry)
    except SeqkitError:
        return {}
    own = registry.name_of(experiment.model.entry)
    model, *more = [
        name for name in fitting(registry, "models", experiment.task.entry) if name != own
    ] or [own]
    settings = settings_of(registry.find("models", model).component.Config)
    numbers = [one for one in settings if one.type == "int" and isinstance(one.default, int)]
    setting = f"model.{numbers[0].key}={max(1, numbers[0].default // 2)}" if numbers else ""
    return {"recipe": recipe, "model": model, "other": (more or [own])[0], "setting": setting}
