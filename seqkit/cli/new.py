"""`seqkit new`: writes an experiment file to start from."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click

from seqkit.cli.common import (
    in_seconds,
    json_option,
    open_registry,
    plugin_option,
    reading_options,
)
from seqkit.cli.completion import complete_experiment, complete_task
from seqkit.errors import ConfigurationError
from seqkit.terminal import output


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
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
    help="Your own file, such as .csv, .xlsx, .json or .txt, or folder of texts.",
)
@click.option(
    "--task",
    default="",
    metavar="NAME",
    shell_complete=complete_task,
    help="What --data are for.  [default: told from what they hold]",
)
@reading_options("--data")
@click.option(
    "--search",
    "seconds",
    callback=in_seconds,
    metavar="TIME",
    help="Train variations for so long, such as 90s, 10m or 2h, and write the best of them.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@plugin_option()
@json_option()
def new(
    file: Path | None,
    settings: tuple[str, ...],
    experiment: str,
    data: Path | None,
    task: str,
    encoding: str,
    delimiter: str,
    seconds: float | None,
    force: bool,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write an experiment file to start from, with every setting explained.

    With --data, asks every dataset that is installed what it makes of your file or folder, and
    writes an experiment ready to run with the surest; without FILE it is named after the data. What
    cannot be told from the file is said by words: dataset.KEY=COLUMN for a column.

    With --search, trains the experiment and variations of it, and writes the settings that did
    best on the validation split.
    """
    from seqkit.data.folders import missing_file
    from seqkit.experiments.beginning import Begun, first_recipe, recipe_document
    from seqkit.experiments.own_file import begin_on, named_after, write_experiment

    if file is not None and _is_setting(file):
        file, settings = None, (str(file), *settings)
    given = _of_dataset(settings)
    if file is None and data is None:
        raise click.MissingParameter(param_hint="'FILE'", param_type="argument")
    if data is not None and not data.exists():
        raise missing_file(data)
    file = file or named_after(data or Path())
    _check_target(file, data, force)
    registry = open_registry(plugins)
    reading = {"encoding": encoding, "delimiter": delimiter}
    named = [f"--{name} {value}" for name, value in ({"task": task} | reading).items() if value]
    if data is None and (named or settings):
        raise ConfigurationError(f"{[*named, *settings][0]} says more of --data. Give --data too")
    said = ""
    if data is not None:
        given |= {name: value for name, value in reading.items() if value}
        found = begin_on(
            data, registry, recipe=experiment, task=task, given=given, warn=output.warn
        )
        begun, said = found.begun, found.said
    else:
        recipe = experiment or first_recipe(registry)
        document = recipe_document(registry.find("recipes", recipe), registry)
        begun = Begun(document, recipe, "")
    write_experiment(file, begun, registry, _command(file, plugins))
    if begun.warning:
        output.warn(begun.warning)
    tried: list[dict[str, Any]] = []
    if seconds is not None:
        from seqkit.processes.searching import best_of_variations

        begun, tried = best_of_variations(begun, registry, file, seconds, plugins)
        write_experiment(file, begun, registry, _command(file, plugins))
    document, recipe, reasons = begun.document, begun.recipe, begun.reasons
    if as_json:
        output.json_document(
            {
                "file": str(file),
                "recipe": recipe,
                "dataset": document["dataset"],
                "said": said,
                "reasons": dict(reasons),
                **({"tried": tried} if seconds is not None else {}),
            }
        )
        return
    output.line(f"Wrote {file}, from recipe {recipe}." if recipe else f"Wrote {file}.")
    if said:
        output.line(said)
    for reason in dict.fromkeys(reasons.values()):
        output.line(f"- {reason}")
    output.note(f"Run it: {_command(file, plugins)}")


def _is_setting(file: Path) -> bool:
    """Tells whether what stands in the place of FILE is a word: KEY=VALUE, and no experiment."""
    key, equals, _ = str(file).partition("=")
    return bool(equals) and (key.startswith("dataset.") or file.suffix != ".toml")


def _check_target(file: Path, data: Path | None, force: bool) -> None:
    """Raises ConfigurationError where an experiment would be written over a file, or over data."""
    from seqkit.experiments.own_file import looks_like_data, named_after

    if looks_like_data(file):
        told = "is there already, and seems to hold data" if file.exists() else "is named like data"
        words = ["seqkit", "new", str(named_after(file)), "--data", str(data or file)]
        raise ConfigurationError(
            f"{file} {told}. Write an experiment for them: {shlex.join(words)}"
        )
    if file.exists() and not force:
        raise ConfigurationError(f"{file} is there already. Give another name, or --force")


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
