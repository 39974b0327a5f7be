"""`seqkit new`: writes an experiment file to start from."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from seqkit.cli.common import json_option, open_registry, plugin_option
from seqkit.cli.completion import complete_experiment, complete_task
from seqkit.data.own import OBJECTS, TABLES, TEXTS, kind_of
from seqkit.errors import ConfigurationError, DataError
from seqkit.terminal import output


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.argument("settings", metavar="[dataset.KEY=VALUE]...", nargs=-1)
@click.option(
    "--recipe",
    "experiment",
    default="",
    metavar="NAME",
    shell_complete=complete_experiment,
    help="The recipe to start from.  [default: one for a first run, or what suits --data]",
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
    shell_complete=complete_task,
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

    With --data, asks every dataset that is installed what it makes of your file or folder, and
    writes an experiment ready to run with the surest. What cannot be told from the file is said by
    words: dataset.encoding=cp1252, or dataset.KEY=COLUMN for a column.
    """
    from seqkit.data import write_text
    from seqkit.experiments.beginning import begin, first_recipe, recipe_document
    from seqkit.experiments.own_data import recognise, said_in_full
    from seqkit.experiments.template import experiment_toml

    if file.exists() and kind_of(file) in (*TABLES, *OBJECTS, *TEXTS):
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
    said = warning = ""
    reasons: Mapping[str, str] = {}
    if data is not None:
        given = _of_dataset(settings)
        entry, recognition = recognise(data, registry, task, given, output.warn)
        begun = begin(entry, recognition, registry, experiment, output.warn)
        document, recipe, warning = begun.document, begun.recipe, begun.warning
        reasons = begun.reasons
        said = said_in_full(recognition)
    else:
        recipe = experiment or first_recipe(registry)
        document = recipe_document(registry.find("recipes", recipe))
    text = experiment_toml(document, registry, _command(file, plugins), warning, reasons)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    except OSError as error:
        raise DataError(f"{file} cannot be written: {error.strerror or error}.") from error
    if warning:
        output.warn(warning)
    if as_json:
        output.json_document(
            {
                "file": str(file),
                "recipe": recipe,
                "dataset": document["dataset"],
                "reasons": dict(reasons),
            }
        )
        return
    output.line(f"Wrote {file}, from recipe {recipe}." if recipe else f"Wrote {file}.")
    if said:
        output.line(said)
    for reason in dict.fromkeys(reasons.values()):
        output.line(f"- {reason}")
    output.note(f"Run it: {_command(file, plugins)}")


def _of_dataset(words: tuple[str, ...]) -> dict[str, Any]:
    """Returns the settings of the dataset that words give."""
    from seqkit.experiments.words import parse_override

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


def _command(file: Path, plugins: tuple[Path, ...]) -> str:
    """Returns the command that runs a file; a name without a suffix needs its folder."""
    shown = str(file) if file.suffix == ".toml" or len(file.parts) > 1 else f".{os.sep}{file}"
    words = [word for path in plugins for word in ("--plugin", str(path))]
    return shlex.join(["seqkit", "run", shown, *words])
