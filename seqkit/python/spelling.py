"""Messages on one's own data with the keywords of Python, for the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqkit.errors import ConfigurationError, DataError

_OPTION = re.compile(r"--(task|data|file|by|threshold)\b")
_TASK = re.compile(r"--task ([\w:-]+)")
_SETTING = re.compile(r"\bdataset\.([a-z_]+)\b(?:=([\w-]+))?")


@contextmanager
def keywords_of_python(in_memory: Path | None = None, inside: str = "") -> Iterator[None]:
    """Has the errors of a block name what is to be given as Python has it.

    Args:
        in_memory: The file that data in memory were written to, which the person knows nothing of.
        inside: The argument that takes the settings of the dataset; empty where they are keywords.
    """
    try:
        yield
    except ConfigurationError as error:
        problems = [
            type(one)(
                **vars(one)
                | {"message": in_python(one.message, in_memory, inside)}
                | {"hint": in_python(one.hint, in_memory, inside)}
            )
            for one in error.problems
        ]
        said = "" if problems else in_python(str(error), in_memory, inside)
        raise ConfigurationError(said, problems) from error
    except DataError as error:
        raise type(error)(in_python(str(error), in_memory, inside)) from error


def in_python(text: str, in_memory: Path | None = None, inside: str = "") -> str:
    """Returns a message with keywords for words; see `keywords_of_python`."""

    def setting(found: re.Match[str]) -> str:
        name, value = found[1], f'"{found[2]}"' if found[2] else ""
        if inside:
            return f'{inside}={{"{name}": {value or "..."}}}'
        return f"{name}={value}" if value else name

    text = _TASK.sub(r'task="\1"', text)
    text = _OPTION.sub(lambda found: "data" if found[1] == "file" else found[1], text)
    text = _SETTING.sub(setting, text)
    return text if in_memory is None else text.replace(str(in_memory), "the data")
