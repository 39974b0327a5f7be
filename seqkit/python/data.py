"""Experiments on data in memory or in files: `seqkit.new` and `seqkit.from_records`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqkit.errors import ConfigurationError, DataError
from seqkit.experiments.records import save_records
from seqkit.paths import data_home
from seqkit.python.spelling import in_python, keywords_of_python
from seqkit.registry.discovery import load_registry
from seqkit.registry.in_memory import Given, listed

_LONGEST_PATH = 1000
"""Characters beyond which a string is a text, and no path."""


@dataclass(frozen=True)
class Draft:
    """An experiment to start from, as `new` makes it; change its tables as you like.

    Attributes:
        experiment: Its tables, as `run` takes them.
        recipe: The recipe that it begins with; empty for none.
        said: What was found in the data, in a sentence.
        warning: What to beware of; may be empty.
        toml: The same as a file with every setting explained.
    """

    experiment: dict[str, Any]
    recipe: str
    said: str
    warning: str
    toml: str

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Writes the file with every setting explained, and returns its path.

        Changes of the tables are not in it.

        Raises:
            ConfigurationError: There is a file already, and `force` is not given.
            DataError: It cannot be written.
        """
        from seqkit.data import write_text

        file = Path(path)
        if file.exists() and not force:
            raise ConfigurationError(f"{file} is there already. Give another name, or force=True")
        try:
            write_text(file, self.toml)
        except OSError as error:
            raise DataError(f"{file} cannot be written: {error.strerror or error}.") from error
        return file


def new(
    data: Any = None,
    *,
    task: str = "",
    recipe: str = "",
    name: str = "records",
    plugins: Given | Iterable[Given] = (),
    **settings: Any,
) -> Draft:
    """Returns an experiment to start from, as `seqkit new` writes it.

    Args:
        data: Your own data: the path of a file or folder, a DataFrame, columns by name, a list of
            dictionaries, texts or numbers, or an array. What is in memory is kept in a file of
            seqkit's data folder, named by its content. Without data, the recipe itself.
        task: What they are for; told from what they hold when empty.
        recipe: The recipe to begin with; the one that suits when empty.
        name: What records in memory, and runs on them, are called after.
        plugins: As of `run`.
        **settings: Settings of the dataset that are known, such as `label="rating"`.

    Raises:
        ConfigurationError: There is no such task or recipe.
        DataError: They are no records, or no dataset recognises them.
    """
    return draft(data, task, recipe, name, listed(plugins), settings)


def draft(
    data: Any,
    task: str,
    recipe: str,
    name: str,
    plugins: list[Given],
    settings: Mapping[str, Any],
    inside: str = "",
) -> Draft:
    """Returns what `new` does. `inside` is the argument that its caller has for the settings."""
    from seqkit.experiments.beginning import begin, first_recipe, recipe_document
    from seqkit.experiments.own_data import recognise, said_in_full
    from seqkit.experiments.template import experiment_toml

    registry = load_registry(plugins)
    if data is None:
        if task or settings:
            raise ConfigurationError("task and settings of a dataset say more of data. Give data")
        recipe = recipe or first_recipe(registry)
        document = recipe_document(registry.find("recipes", recipe))
        return Draft(
            {"recipe": recipe, **document},
            recipe,
            "",
            "",
            experiment_toml(document, registry, f"seqkit run {recipe}.toml"),
        )
    path = table_file(data, name)
    given = isinstance(data, str | Path)
    with keywords_of_python(None if given else path, inside):
        entry, recognition = recognise(path, registry, task, settings, in_memory=not given)
        begun = begin(entry, recognition, registry, recipe)
    called = path.stem if given else name
    command = f"seqkit run {called}.toml"
    text = experiment_toml(begun.document, registry, command, begun.warning, begun.reasons)
    document = {"recipe": called, **begun.document}
    said = in_python(said_in_full(recognition), None, inside)
    return Draft(document, begun.recipe, said, begun.warning, text)


def from_records(
    records: Any,
    *,
    task: str = "",
    name: str = "records",
    plugins: Given | Iterable[Given] = (),
    **settings: Any,
) -> dict[str, Any]:
    """Returns the experiment that records in memory begin with, to be given to `run`.

    The records are written to a file of seqkit's data folder, named by its content, and looked at
    as `seqkit new --data` looks at a file: a dataset recognises them, and brings the settings that
    suit.

    Args:
        records: A DataFrame, columns by name, a list of dictionaries, texts or numbers, or an
            array.
        task: The task that they are for; told from what they hold when empty.
        name: What the run is called after.
        plugins: Plugins that are not installed: paths as `--plugin` takes them, modules with hooks,
            or classes of components.
        **settings: Settings of the dataset that are known, such as `label="rating"`.

    Returns:
        The tables of the experiment; change them as you like.

    Raises:
        DataError: They are no records, or no dataset recognises them.
    """
    if isinstance(records, str | Path):
        raise DataError("a text is no records. Give a list of texts, or the path to seqkit.new")
    return new(records, task=task, name=name, plugins=plugins, **settings).experiment


def table_file(data: Any, name: str) -> Path:
    """Returns the path of a file, or of the one that data in memory are written to."""
    if isinstance(data, str) and (len(data) > _LONGEST_PATH or "\n" in data):
        raise DataError(
            f"data is a text of {len(data):,} characters, and no path. Write it to a .txt file and "
            "give the path of that"
        )
    if isinstance(data, str | Path):
        return Path(data)
    return save_records(data, data_home() / "records", name)
