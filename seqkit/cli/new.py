"""`seqkit new`: writes an experiment file to start from."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.common import Duration, json_option, open_registry, plugin_option
from seqkit.cli.completion import complete_experiment, complete_task
from seqkit.data.own import OBJECTS, TABLES, TEXTS, kind_of
from seqkit.errors import ConfigurationError, DataError
from seqkit.terminal import output

if TYPE_CHECKING:
    from seqkit.registry.registry import Registry


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
@click.option(
    "--search",
    "seconds",
    type=Duration(),
    metavar="TIME",
    help="Train variations for so long, such as 90s, 10m or 2h, and write the best of them.",
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
    seconds: float | None,
    force: bool,
    plugins: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write an experiment file to start from, with every setting explained.

    With --data, asks every dataset that is installed what it makes of your file or folder, and
    writes an experiment ready to run with the surest. What cannot be told from the file is said by
    words: dataset.encoding=cp1252, or dataset.KEY=COLUMN for a column.

    With --search, trains the experiment and variations of it, and writes the settings that did
    best on the validation split.
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

    def write(document: Mapping[str, Any], reasons: Mapping[str, str]) -> None:
        text = experiment_toml(document, registry, _command(file, plugins), warning, reasons)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, text)
        except OSError as error:
            raise DataError(f"{file} cannot be written: {error.strerror or error}.") from error

    write(document, reasons)
    if warning:
        output.warn(warning)
    tried: list[dict[str, Any]] = []
    if seconds is not None:
        document, reasons, tried = _searched(document, reasons, registry, file, seconds, plugins)
        write(document, reasons)
    if as_json:
        output.json_document(
            {
                "file": str(file),
                "recipe": recipe,
                "dataset": document["dataset"],
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


def _searched(
    document: dict[str, Any],
    reasons: Mapping[str, str],
    registry: Registry,
    file: Path,
    seconds: float,
    plugins: tuple[Path, ...],
) -> tuple[dict[str, Any], Mapping[str, str], list[dict[str, Any]]]:
    """Returns the best of an experiment and its variations, its reasons, and what was tried."""
    from seqkit.experiments.searching import Search
    from seqkit.processes.searching import try_variations
    from seqkit.terminal import figures

    search = Search(document, registry)
    try_variations(search, file, seconds, plugins)
    best, scores = search.best(), [one.score for one in search.tried]
    tried = [
        {
            "settings": dict(one.settings),
            search.metric: one.score if one.score == one.score else None,
        }
        for one in search.tried
    ]
    if best is None:
        output.warn("nothing that was tried came to a score, and the file is as it was begun")
        return document, reasons, tried
    why = (
        f"best of {figures.count_of(len(scores), 'setting')} that were tried: {search.metric} "
        f"{figures.number(best.score)} on validation, and {figures.number(scores[0])} before"
    )
    return search.document(best.settings), {**reasons, **dict.fromkeys(best.settings, why)}, tried


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
