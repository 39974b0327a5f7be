"""Views: the few ways an answer is shown, so that every front end draws the answers of any task.

An answer is a dict of JSON values that `Codec.predict` returns, one for each example. Its key
`view` names one of the `VIEWS`, and that view's keys hold what is drawn; other keys are kept, and
shown where everything is. An answer that names no view, or lacks what its view needs, is shown as
a table of its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """A way to show an answer.

    Attributes:
        name: What an answer's key `view` says.
        summary: What it is for.
        needs: Keys that an answer must have, and what they hold.
        may: Keys that an answer may have, and what they hold.
    """

    name: str
    summary: str
    needs: Mapping[str, str]
    may: Mapping[str, str]
