"""The words `key=value` that change an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, time
from pathlib import PurePath
from typing import Any

from seqkit.config import Config, canonical, canonical_path
from seqkit.errors import ConfigurationError, Problem, UnknownSetting, nearest, suggestion
from seqkit.experiments.schema import in_toml
from seqkit.kinds import PARTS
from seqkit.storage.toml_text import parse_toml

KEYS = ("description", "from", "folds", *PARTS, "metrics", "observers", "trainer")
_DEEPEST = 16
"""Parts of the longest dotted key that any table of settings could have."""

Settings = list[tuple[tuple[str, ...], Any]]
"""What words set in one table: each the parts of the key inside it, and the value."""


def parse_override(word: str) -> tuple[tuple[str, ...], Any]:
    """Splits a word `key=value` into the key's parts and a typed value.

    The value is read as TOML where it is such (`3`, `1e-3`, `true`, `[1, 2]`, `"text"`), and as
    plain text where it is not.

    Raises:
        ConfigurationError: The word has no `=` or no key.
    """
    key, equals, text = word.partition("=")
    parts = tuple(key.strip().split("."))
    if not equals or not all(parts):
        raise ConfigurationError(
            f"{word!r} is not a setting. Write key=value, such as trainer.epochs=3"
        )
    try:
        value = parse_toml(f"value = {text}")["value"] if "\n" not in text else text
    except ValueError:
        value = text
    # Dates are TOML, and no setting takes one: they are parts of a name or path.
    return parts, text if isinstance(value, date | time) else value


def words_of(settings: Mapping[str, Any]) -> list[str]:
    """Returns settings of Python as words: `{"trainer": {"epochs": 3}}` is `trainer.epochs=3`.

    Raises:
        ConfigurationError: A value is None, or of a kind that no setting takes.
    """
    found: list[str] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            inner = sorted(value.items(), key=lambda item: item[0] != "name")
            found += words_of({f"{key}.{name}": item for name, item in inner})
        else:
            found.append(word_of(str(key), value))
    return found


def word_of(key: str, value: Any) -> str:
    """Returns a setting as a word that reads back as the same value.

    Raises:
        ConfigurationError: The value is None, or of a kind that no setting takes.
    """
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, PurePath):
        value = str(value)
    if not isinstance(value, str | int | float | list | tuple | Mapping):
        raise ConfigurationError(
            f"{key} is {value!r:.60}, and a setting is a text, a number, true or false, or a list. "
            "Leave it out for its default"
        )
    if isinstance(value, str) and "," not in value:
        with suppress(ConfigurationError):
            if parse_override(f"{key}={value}")[1] == value:
                return f"{key}={value}"
    return f"{key}={in_toml(value)}"


def apply_words(
    document: dict[str, Any], overrides: Iterable[str], problems: list[Problem]
) -> dict[str, Settings]:
    """Puts what words say of whole parts into a document, in place.

    Returns:
        What they set inside tables, by table: which settings there are depends on the component.
        A table that is no part of an experiment may be that of a metric, `NAME.KEY=VALUE`.
    """
    given: dict[str, Settings] = {}
    for word in overrides:
        parts, value = parse_override(word)
        head, rest = parts[0], parts[1:]
        if len(parts) > _DEEPEST:
            message = f"a key that begins with {head[:40]!r} has {len(parts):,} parts"
            problems.append(Problem("", message, f"At most {_DEEPEST} make one"))
        elif head not in KEYS and rest:
            given.setdefault(head, []).append((rest, value))
        elif head not in KEYS:
            problems.append(unknown_key(".".join(parts), word.partition("=")[2]))
        elif head in PARTS and (not rest or rest == ("name",)):
            document.setdefault(head, {})["name"] = value
        elif head == "from" and rest in ((), ("run",)):
            # What stood there of another run, such as its checkpoint, is not that of this one.
            document["from"] = {"run": value}
        elif head in (*PARTS, "from", "folds", "trainer", "observers") and rest:
            given.setdefault(head, []).append((rest, value))
        elif problem := _set_whole(document, head, rest, value, word):
            problems.append(problem)
    return given


def unknown_key(key: str, value: str = "", more: Iterable[str] = ()) -> UnknownSetting:
    """Returns the problem of a key that begins with the name of no table.

    Args:
        key: The key.
        value: What was to be set, as it was written.
        more: Names that are valid beside those of the tables.
    """
    head, valid = key.partition(".")[0], [*KEYS, *more]
    near = nearest(head, valid) is not None
    return UnknownSetting(head, f"{key} is not a setting", suggestion(head, valid), value, near)


def _set_whole(
    document: dict[str, Any], head: str, rest: tuple[str, ...], value: Any, word: str
) -> Problem | None:
    """Sets metrics, observers or the description; returns what is wrong with the word."""
    key = ".".join((head, *rest))
    if head == "metrics" and rest:
        return Problem(
            head, f"{key} cannot be set by a word", "Write metrics=NAME,NAME, and NAME.KEY=VALUE"
        )
    if head == "description" and rest:
        return Problem(head, f"{key} is not a setting", "Write description=TEXT")
    if head == "description":
        # It is text whatever it looks like: 2024 is no number here.
        document[head] = value if isinstance(value, str) else word.partition("=")[2]
    elif head in ("metrics", "observers"):
        document[head] = value.split(",") if isinstance(value, str) else value
    else:
        return Problem(head, f"{head} is a table", f"Write {head}.KEY={value}")
    return None


def with_words(
    config: type[Config], table: Mapping[str, Any], settings: Settings
) -> dict[str, Any]:
    """Returns a table with what words set in it; either may use an older name of a setting."""
    merged = canonical(config, table)
    for path, value in settings:
        inner = merged
        names = canonical_path(config, path)
        for part in names[:-1]:
            there = inner.get(part)
            inner[part] = dict(there) if isinstance(there, Mapping) else {}
            inner = inner[part]
        inner[names[-1]] = value
    return merged
