"""The source of seqkit names no built-in component: what it has to know of one, that one says.

Every file of seqkit/ is read, with its docstrings, comments and templates. Names come from the
registry, those of the example plugin included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from seqkit.api import Component
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.discovery import load_registry
from seqkit.registry.plugin import KINDS
from seqkit.text import TOKENIZERS
from seqkit.views import VIEWS

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "seqkit"

WORDS = {
    "confusion": "the term of a confusion matrix",
    "example": "an ordinary word",
    "quantile": "the term, of numpy as of forecasts",
    "recurrent": "the term of recurrent layers",
    "reverse": "an ordinary word",
    "sentences": "an ordinary word",
    "sort": "an ordinary word",
    "split": "an ordinary word",
    "subword": "the term of subword units",
    "text": "an ordinary word",
}
"""Names that are words of the language, or terms of the field, too: a name only where a component
is chosen by it, as in `dataset="sentences"`, `seqkit run sentences` or `text:sentences`."""

ALLOWED = {
    "scaffold/templates/model": {
        **dict.fromkeys(("gru", "hidden_size", "embedding_size"), "of the plugin that is written"),
    },
    "data/columns.py": {"timeseries": "people call the column of a series so"},
    "scaffold/templates/task": {"minimum_count": "of Vocabulary.fit, and of the task written"},
    "text/tokenizers.py": {"torchtext": "the library, whose tokens are matched"},
    "tui/app.py": {"f1": "a key"},
    "tui/help.py": {"f1": "a key"},
}
"""What may stand in a file, or in the files of a folder, and why."""

LEFT_OUT = ("nn",)
"""Folders that are not read: the cells of `seqkit.nn` are called as torch calls them."""
TOOLBOXES = ("nn", "text", "data")
"""Folders whose functions have parameters that are settings of datasets and tasks."""

_CHOSEN = r"(?:task|dataset|model|loss|metric|metrics|recipe|observer|observers|tokenizer|name)"


def components() -> Iterator[tuple[str, type[Component] | None]]:
    """Yields what must not be named, and the component where it is one."""
    registry = load_registry([REPOSITORY / "plugins" / "example"])
    for plugin in registry.plugins:
        assert not plugin.error, plugin.error
        yield plugin.name, None
        if plugin.distribution != "seqkit":
            yield plugin.distribution, None
        yield getattr(plugin.module, "__name__", plugin.name), None
    for kind in KINDS:
        for entry in registry.entries(kind):
            yield entry.name, None if kind == "recipes" else entry.component
    commands = click.Group()
    registry.add_commands(commands)
    for name in commands.commands:
        yield name, None


def patterns() -> dict[str, re.Pattern[str]]:
    """Returns what finds each name in a line."""
    every = list(components())
    plugins = "|".join(re.escape(plugin.name) for plugin in load_registry().plugins)
    ways: dict[str, list[str]] = {}
    for name, component in every:
        parts = name.split("-")
        if name in WORDS:
            ways[name] = [
                rf"(?:{plugins}):{name}",
                rf"seqkit run {name}",
                rf"{_CHOSEN}=[\"']?{name}[\"']?",
                rf"[\"']?{_CHOSEN}[\"']?(?: = |: )[\"']{name}[\"']",
            ]
        elif name not in TOKENIZERS:
            # Those the text toolbox brings itself.
            ways[name] = ["_?" + "[-_]".join(map(re.escape, parts))]
            ways[name] += ["".join(map(str.capitalize, parts))] if len(parts) > 1 else []
        for setting in settings_of(component) if component else ():
            ways[setting] = ["-*" + setting.replace("_", "[-_]")]
    return {
        name: re.compile(rf"(?<![\w-])(?:{'|'.join(found)})(?![\w-])")
        for name, found in ways.items()
    }


def settings_of(component: type[Component]) -> set[str]:
    """Returns settings that no one would mistake: of two words or more, and of no other thing."""
    configs = [component.Config, getattr(component, "PredictOptions", component.Config)]
    settings = {name for config in configs for name in config.model_fields}
    others = {key for view in VIEWS.values() for key in (*view.needs, *view.may)}
    return {name for name in settings - others - {*TrainerConfig.model_fields} if "_" in name}


PATTERNS = patterns()
BEGINNINGS = {name: re.split("[-_]", name)[0].lower() for name in PATTERNS}
"""What stands in whatever a pattern finds, in small letters; looked for first, which is quick."""
SETTINGS = {
    setting for _, component in components() if component for setting in settings_of(component)
}


def named_in(text: str, file: str = "somewhere.py") -> set[str]:
    """Returns the names that stand in a text."""
    allowed = {name for place, names in ALLOWED.items() if file.startswith(place) for name in names}
    if file.startswith(TOOLBOXES):
        allowed |= SETTINGS
    small = text.lower()
    near = [name for name, beginning in BEGINNINGS.items() if beginning in small]
    return {name for name in near if name not in allowed and PATTERNS[name].search(text)}


def files() -> list[Path]:
    inside = [path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file()]
    return [
        SOURCE / path
        for path in sorted(inside)
        if "__pycache__" not in path.parts and path.parts[0] not in LEFT_OUT
    ]


def test_no_file_of_seqkit_names_a_component_of_a_plugin() -> None:
    found = []
    for path in files():
        file = path.relative_to(SOURCE).as_posix()
        found += [f"{file} is called {name}" for name in named_in(path.stem, file)]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found += [f"{file}:{number}: {name}: {line.strip()}" for name in named_in(line, file)]

    assert len(files()) > 200
    assert not found, "\n".join(["a component says of itself what is to be known:", *found])


def test_every_allowance_is_used() -> None:
    used: dict[str, set[str]] = {place: set() for place in ALLOWED}
    for path in files():
        file = path.relative_to(SOURCE).as_posix()
        text = path.read_text(encoding="utf-8")
        for place, names in ALLOWED.items():
            if file.startswith(place):
                used[place] |= {name for name in names if PATTERNS[name].search(text)}

    assert used == {place: set(names) for place, names in ALLOWED.items()}
    assert set(WORDS) <= set(PATTERNS)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ('if task == "classification":', "classification"),
        ("model=gru, model.layers=2", "gru"),
        ('HIDDEN = {"forecasting": 3}', "forecasting"),
        ("seqkit run shakespeare-gru", "shakespeare-gru"),
        ("class LanguageModeling(Task):", "language-modeling"),
        ("def _language_modeling(task):", "language-modeling"),
        ("from seqkit_timeseries import task", "seqkit_timeseries"),
        ("`seqkit backtest RUN` scores it", "backtest"),
        ("# as the metric token-accuracy does", "token-accuracy"),
        ('dataset = "sentences"', "sentences"),
        ('{"name": "reverse"}', "reverse"),
        ("loss=quantile", "quantile"),
        ("take text:sentences", "sentences"),
        ("with --repetition-penalty 1.2", "repetition_penalty"),
        ("config.reversed_share", "reversed_share"),
        ("seqkit run event-tags", "event-tags"),
    ],
)
def test_a_name_is_found_however_it_stands(line: str, name: str) -> None:
    assert name in named_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "a GRU or an LSTM gains nothing",
        "text = sort(sentences, reverse=True)[0].split()",
        "a recurrent network, a confusion matrix, a quantile",
        "model=NAME trainer.learning_rate=0.1",
    ],
)
def test_words_and_terms_are_no_names(line: str) -> None:
    assert not named_in(line)
