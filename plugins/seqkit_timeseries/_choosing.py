"""Which series and columns of a forecast are answered."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.api import Notify, Record
from seqkit.errors import ConfigurationError, Problem, suggestion


def chosen_series(records: Sequence[Record], names: Sequence[str]) -> list[Record]:
    """Returns the series of some names, all where none is named.

    Raises:
        ConfigurationError: There is no such series.
    """
    if not names:
        return list(records)
    there = {str(record.get("series", "")): record for record in records}
    whole = ",".join(names)
    if len(names) > 1 and whole in there:
        # A name may hold a comma, which parts names elsewhere.
        names = [whole]
    for name in names:
        if name not in there:
            known = [one for one in there if one]
            hint = suggestion(name, known) if known else "There is one series, without a name"
            message = f"series names {name!r}, which is no series of the data"
            raise ConfigurationError(problems=[Problem("series", message, hint)])
    return [there[name] for name in dict.fromkeys(names)]


def require_columns(names: Sequence[str], targets: Sequence[str]) -> None:
    """Raises ConfigurationError where a name is no column that is forecast."""
    for name in names:
        if name not in targets:
            message = f"target names {name!r}, which is no column that the run forecasts"
            raise ConfigurationError(
                problems=[Problem("target", message, suggestion(name, targets))]
            )


def long_enough(records: Sequence[Record], context: int, notify: Notify) -> list[Record]:
    """Returns the series that are long enough to be read, and names the others.

    Where none is, all are returned: what is wrong with them is an error of its own.
    """
    long = [record for record in records if len(record["time"]) >= context]
    short = [str(record.get("series", "")) for record in records if len(record["time"]) < context]
    if not long or not short:
        return list(records)
    shown = ", ".join(map(repr, short[:5])) + (f" and {len(short) - 5} more" if short[5:] else "")
    notify(
        f"{len(short)} of {len(records)} series have fewer rows than the {context} that the run "
        f"reads, and are not forecast: {shown}"
    )
    return long
