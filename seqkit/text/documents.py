"""JSON files of a codec: every Python string is kept exactly, and damage is named.

A run may come from a stranger or from a failing disk, so that nothing in these files is believed:
they are opened only where they are ordinary files, and what they hold is checked against the
structure that seqkit writes before anything is made of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from seqkit.config import Config, canonical
from seqkit.errors import CheckpointError
from seqkit.storage.regular_files import read_regular

LARGEST = 2**29
"""Most bytes of a document: a vocabulary of millions of words has a fifth of it."""


class Document(BaseModel):
    """What a file holds, key by key; a key that is not declared, or NaN, is damage.

    Fields may be dataclasses, whose own fields are checked in the same way.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


_Kind = TypeVar("_Kind", bound=Document)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Writes `document` to `path`, making its folder; an existing file stays whole until the end.

    Lone surrogates are written by the bytes of their code points: as escapes, two in a row would
    be read back as one character.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    aside = path.with_name(path.name + ".partial")
    try:
        aside.write_bytes(text.encode("utf-8", "surrogatepass"))
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Returns the JSON object in `path`.

    Args:
        path: A file written by `write_json`.
        what: What the file holds, for the messages, such as `vocabulary`.

    Raises:
        CheckpointError: The file is missing or unreadable, or does not hold a JSON object.
    """
    try:
        document = json.loads(read_regular(path, LARGEST).decode("utf-8", "surrogatepass"))
    except FileNotFoundError as error:
        raise CheckpointError(
            f"No {what} file {path.name}, in {path.parent}. Save the {what} there first."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"Cannot read the {what}, in {path}: {reason}.") from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, what, f"it is not valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise damaged(path, what, f"it holds a {type(document).__name__} and not an object")
    return document


def read_document(path: Path, what: str, kind: type[_Kind]) -> _Kind:
    """Returns what a JSON file holds, checked.

    Args:
        path: The file.
        what: What it holds, for the messages.
        kind: What it must hold.

    Raises:
        CheckpointError: The file cannot be read, or lacks a key, or has one of another kind.
    """
    document = read_json(path, what)
    for name, field in kind.model_fields.items():
        settings, config = document.get(name), field.annotation
        if isinstance(settings, dict) and isinstance(config, type) and issubclass(config, Config):
            # Written before a setting had its present name.
            document[name] = canonical(config, settings)
    try:
        found = kind.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "it"
        shown = "" if first["type"] == "missing" else f", and is {_shown(first['input'])}"
        message = first["msg"][:1].lower() + first["msg"][1:200]
        raise damaged(path, what, f"{key:.80}: {message}{shown}") from error
    changed = _changed(document, found.model_dump())
    if changed is not None:
        raise damaged(path, what, f"it has {_shown(changed)}, which is of another kind")
    return found


def damaged(path: Path, what: str, reason: str) -> CheckpointError:
    """Returns the error for a `what` file whose content cannot be used, for `reason`."""
    return CheckpointError(
        f"The {what} file is damaged: {reason}, in {path}. "
        f"Restore it from a copy, or encode the data again."
    )


def _changed(read: Any, taken: Any) -> Any:
    """Returns the first value that was read as another, such as the text `2` as the number."""
    if isinstance(read, dict) and isinstance(taken, dict):
        pairs = [(value, taken.get(key)) for key, value in read.items()]
    elif isinstance(read, list) and isinstance(taken, list | tuple):
        pairs = list(zip(read, taken, strict=True))
    else:
        number = type(read) is int and type(taken) is float
        return None if number or (type(read) is type(taken) and read == taken) else read
    return next((found for pair in pairs if (found := _changed(*pair)) is not None), None)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
