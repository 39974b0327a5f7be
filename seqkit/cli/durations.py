"""Times as they are typed on the command line: `90s`, `10m`, `2h`."""

from __future__ import annotations

import re
from typing import Any

import click

_UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h)")


class Duration(click.ParamType):
    """A time with its unit, as seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Returns the seconds of a time."""
        if isinstance(value, float):
            return value
        found = _TIME.fullmatch(str(value).strip().lower())
        seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
        if not 0 < seconds < 1e7:
            self.fail(f"{value!r} is not a time. Write one such as 90s, 10m or 2h", param, ctx)
        return seconds
