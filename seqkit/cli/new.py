"""`seqkit new`: writes an experiment file to start from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from seqkit.cli import output
from seqkit.cli.common import json_option, open_registry, plugin_option
from seqkit.cli.completion import complete_experiment
from seqkit.errors import ConfigurationError, DataError


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--recipe",
    "experiment",
    default="",
    metavar="NAME",
    shell_complete=complete_experiment,
    help="The recipe to start from.  [default: sentiment]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Your own .csv, .tsv or .jsonl file, or folder with a folder of texts for each class.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@plugin_option()
@json_option()
def new(
    file: Path,
    experiment: str,
    data: Path | None,
    force: bool,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write an experiment file to start from, with every setting explained.

    With --data, looks at your file, tells texts from labels, and writes an experiment ready to run.
    """
    from seqkit.cli.listing import recipe_document
    from seqkit.cli.template import experiment_toml, for_few, look_at

    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already. Give another name, or --force")
    registry = open_registry(plugins)
    recipe = experiment or "sentiment"
    document = recipe_document(registry.find("recipes", recipe))
    found: dict[str, Any] = {}
    warning = ""
    if data is not None:
        found, examples = look_at(data)
        trainer, warning = for_few(document.get("trainer", {}), examples)
        document = {
            **document,
            "description": f"Classes of the texts in {data.name}.",
            "dataset": found,
            "trainer": trainer,
        }
    text = experiment_toml(document, registry, _command(file), warning)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror}.") from error
    if warning:
        output.warn(warning)
    if as_json:
        output.json_document({"file": str(file), "recipe": recipe, "dataset": document["dataset"]})
        return
    output.line(f"Wrote {file}, from recipe {recipe}.")
    if found.get("text"):
        output.line(f"Texts are in column {found['text']!r}, labels in {found['label']!r}.")
    output.note(f"Run it: {_command(file)}")


def _command(file: Path) -> str:
    """Returns the command that runs a file; a name without a suffix needs its folder."""
    import shlex

    shown = str(file) if file.suffix == ".toml" or len(file.parts) > 1 else f".{os.sep}{file}"
    return f"seqkit run {shlex.quote(shown)}"
