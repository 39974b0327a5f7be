"""`seqkit new`: writes an experiment file to start from."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click

from seqkit.cli.common import json_option, open_registry, plugin_option
from seqkit.cli.completion import complete_experiment
from seqkit.engine.inputs import kind_of
from seqkit.errors import ConfigurationError, DataError
from seqkit.terminal import output

_DATA = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".text")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.argument("settings", metavar="[dataset.KEY=VALUE]...", nargs=-1)
@click.option(
    "--recipe",
    "experiment",
    default="",
    metavar="NAME",
    shell_complete=complete_experiment,
    help="The recipe to start from.  [default: sentiment, or what suits --data]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Your own .csv, .tsv, .jsonl or .txt file, or folder of texts.",
)
@click.option(
    "--task",
    default="",
    metavar="NAME",
    help="What --data are for.  [default: told from what they hold]",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@plugin_option()
@json_option()
def new(
    file: Path,
    settings: tuple[str, ...],
    experiment: str,
    data: Path | None,
    task: str,
    force: bool,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write an experiment file to start from, with every setting explained.

    With --data, looks at your file and writes an experiment ready to run: to classify texts with
    labels, to forecast times with numbers, to write pairs of texts, or to go on from plain text.
    What cannot be told from the file is said by words: dataset.encoding=cp1252, dataset.id=shop.
    """
    from seqkit.cli.listing import recipe_document
    from seqkit.data import write_text
    from seqkit.experiments.own_data import RECIPES, look_at
    from seqkit.experiments.template import begun_with, experiment_toml

    if file.exists() and kind_of(file) in _DATA:
        raise ConfigurationError(
            f"{file} is there already, and seems to hold data. Write an experiment for them: "
            f"seqkit new {shlex.quote(f'{file.stem}.toml')} --data {shlex.quote(str(file))}"
        )
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already. Give another name, or --force")
    registry = open_registry(plugins)
    if data is None and (task or settings):
        what = f"--task {task}" if task else settings[0]
        raise ConfigurationError(f"{what} says more of --data. Give --data too")
    found = look_at(data, task, _of_dataset(settings)) if data is not None else None
    recipe = experiment or (RECIPES[found.task] if found else "sentiment")
    document = recipe_document(registry.find("recipes", recipe))
    warning = ""
    if found is not None and data is not None:
        document, warning = begun_with(document, found, data.name)
    text = experiment_toml(document, registry, _command(file), warning)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror or error}.") from error
    if warning:
        output.warn(warning)
    if as_json:
        output.json_document({"file": str(file), "recipe": recipe, "dataset": document["dataset"]})
        return
    output.line(f"Wrote {file}, from recipe {recipe}.")
    if found is not None:
        output.line(found.said)
    output.note(f"Run it: {_command(file)}")


def _of_dataset(words: tuple[str, ...]) -> dict[str, Any]:
    """Returns the settings of the dataset that words give."""
    from seqkit.experiments.experiment import parse_override

    given: dict[str, Any] = {}
    for word in words:
        parts, value = parse_override(word)
        if len(parts) != 2 or parts[0] != "dataset" or parts[1] in ("name", "path"):
            raise ConfigurationError(
                f"{word!r} does not say how --data are read, as dataset.encoding=cp1252 does. Give "
                "other settings to 'seqkit run', or write them into the file"
            )
        given[parts[1]] = value
    return given


def _command(file: Path) -> str:
    """Returns the command that runs a file; a name without a suffix needs its folder."""
    shown = str(file) if file.suffix == ".toml" or len(file.parts) > 1 else f".{os.sep}{file}"
    return f"seqkit run {shlex.quote(shown)}"
