"""JSON files that keep every Python string exactly, and say clearly when they are damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from seqkit.errors import DataError


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
        DataError: The file is missing or unreadable, or does not hold a JSON object.
    """
    try:
        document = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except FileNotFoundError as error:
        raise DataError(
            f"No {what} file {path.name}, in {path.parent}. Save the {what} there first."
        ) from error
    except OSError as error:
        raise DataError(f"Cannot read the {what}, in {path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise damaged(path, what, f"it is not valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise damaged(path, what, f"it holds a {type(document).__name__} and not an object")
    return document


def damaged(path: Path, what: str, reason: str) -> DataError:
    """Returns the error for a `what` file whose content cannot be used, for `reason`."""
    return DataError(
        f"The {what} file is damaged: {reason}, in {path}. "
        f"Restore it from a copy, or encode the data again."
    )
