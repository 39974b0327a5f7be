"""What the columns of a table of series are good for: targets, covariates, or nothing yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.data.cells import is_given
from seqkit.data.numbers import NumbersError, parse_numbers
from seqkit.data.roles import same_in_each
from seqkit_timeseries._kinds import coded

Floats = NDArray[np.float64]
_KNOWN_AHEAD = re.compile(
    "holiday|promo|weekend|week_?day|working_?day|business_?day|event|campaign|school|vacation|"
    "payday|black_?friday|christmas|easter|discount|snap_|feiertag|ferien|aktion|"
    "is_?open|is_?closed|^open$|^closed$",
    re.IGNORECASE,
)
"""Names of flags that are decided, or stand in a calendar, before the day."""
_SENTINEL = re.compile(r"-?(?:9{2,}|9{2,}\.9+)")
_LEAST_REPEATED, _FAR = 3, 8.0


@dataclass(frozen=True)
class Uses:
    """What columns are good for.

    Attributes:
        targets: Those to forecast.
        known: Those that are known over the horizon.
        told: Those of `known` that the table has rows ahead of.
        flags: Those of two kinds that are read, and not forecast.
        static: Those that are the same in all rows of a series.
        kinds: Those of text of few kinds.
        left: Those of other text.
        missing: Numbers that stand for a missing one.
        odd: Numbers that may do so, with their column.
    """

    targets: Sequence[str] = ()
    known: Sequence[str] = ()
    told: Sequence[str] = ()
    flags: Sequence[str] = ()
    static: Sequence[str] = ()
    kinds: Sequence[str] = ()
    left: Sequence[str] = ()
    missing: Sequence[float] = ()
    odd: Sequence[tuple[str, float, int]] = ()

    def said(self) -> str:
        """Returns what to say of them, to go on behind a sentence."""
        parts = []
        by_name = [name for name in self.known if name not in self.told]
        if self.told:
            parts.append(f"{_listed(self.told)} {_are(self.told)} known ahead")
        if by_name:
            parts.append(f"{_listed(by_name)} {_are(by_name)} taken as known ahead")
        if self.flags:
            their = "it is a flag" if len(self.flags) == 1 else "they are flags"
            parts.append(f"{_listed(self.flags)} {_are(self.flags)} read and not forecast: {their}")
        for names, what, setting in (
            (self.static, "the same in each series", "static_covariates"),
            (self.kinds, "text of few kinds", "past_covariates"),
        ):
            if names:
                how = f"task.{setting}={','.join(names)}"
                reads = f"{how} reads {'it' if len(names) == 1 else 'them'}"
                parts.append(f"{_listed(names)} {_are(names)} {what} and left out ({reads})")
        if self.left:
            parts.append(f"{_listed(self.left)} {_are(self.left)} text and left out")
        if self.missing:
            shown = ", ".join(f"{number:g}" for number in self.missing)
            parts.append(f"{shown} is taken for a missing value")
        for name, number, times in self.odd:
            parts.append(
                f"{name!r} is {number:g} in {times} rows, far from the others (dataset.missing="
                f"{number:g} if that means none)"
            )
        return "".join(f"; {part}" for part in parts)


def uses_of(
    cells: Mapping[str, Sequence[str]],
    values: Mapping[str, Floats],
    moments: Any,
    owners: NDArray[np.int64],
    given: Mapping[str, Any],
) -> Uses:
    """Tells what the columns of a table are good for.

    Args:
        cells: All but the times, the ids and those that hold nothing; rows from all over, with
            the last of each series.
        values: Those of numbers that may be forecast.
        moments: The time of each row; None without.
        owners: The series of each row.
        given: Settings that the person gave.
    """
    static = [name for name in cells if name not in values and _is_static(cells[name], owners)]
    texts = [name for name in cells if name not in (*values, *static) and _is_text(cells[name])]
    kinds = [name for name in texts if coded(cells[name]) is not None]
    left = [name for name in texts if name not in kinds]
    missing, odd = _sentinels(values) if "missing" not in given else ((), ())
    if given.get("targets"):
        return Uses(_named(given["targets"]), (), (), (), static, kinds, left, missing, odd)
    told = _told_ahead(values, moments, owners)
    flags = [name for name, numbers in values.items() if is_flag(numbers) and name not in told]
    if len(flags) + len(told) == len(values):
        flags = []
    known = [*told, *(name for name in flags if _KNOWN_AHEAD.search(name))]
    targets = [name for name in values if name not in (*known, *flags)]
    rest = [name for name in flags if name not in known]
    return Uses(targets, known, told, rest, static, kinds, left, missing, odd)


def is_flag(numbers: Floats) -> bool:
    """Tells whether a column is 0 and 1, and both of them."""
    known = numbers[~np.isnan(numbers)]
    return len(known) > 0 and bool(np.isin(known, (0, 1)).all()) and len(np.unique(known)) == 2


def _told_ahead(values: Mapping[str, Floats], moments: Any, owners: NDArray[np.int64]) -> list[str]:
    """Returns columns that go on behind the last rows of others, in every series."""
    if moments is None or len(values) < 2:
        return []
    order = np.lexsort((np.asarray(moments).astype(np.int64), owners))
    lasts = order[np.flatnonzero(np.append(np.diff(owners[order]) != 0, True))]
    there = {name: ~np.isnan(numbers[lasts]) for name, numbers in values.items()}
    open_ = [name for name, known in there.items() if not known.any()]
    return [name for name, known in there.items() if known.all()] if open_ else []


def _sentinels(
    values: Mapping[str, Floats],
) -> tuple[tuple[float, ...], tuple[tuple[str, float, int], ...]]:
    """Returns numbers far outside that repeat: those that plainly stand for none, and others."""
    plain: set[float] = set()
    odd = []
    for name, numbers in values.items():
        known = numbers[~np.isnan(numbers)]
        if len(known) < 2 * _LEAST_REPEATED or is_flag(numbers):
            continue
        for number in {float(known.min()), float(known.max())}:
            times = int((known == number).sum())
            rest = known[known != number]
            if times < _LEAST_REPEATED or len(rest) < len(known) / 2:
                continue
            low, high = float(rest.min()), float(rest.max())
            gap = low - number if number < low else number - high
            if gap <= _FAR * max(float(rest.std()), 1e-12):
                continue
            if _SENTINEL.fullmatch(f"{number:g}"):
                plain.add(number)
            else:
                odd.append((name, number, times))
    return tuple(sorted(plain)), tuple(odd)


def _is_static(cells: Sequence[str], owners: NDArray[np.int64]) -> bool:
    texts = [cell.strip() for cell in cells]
    kinds = {text: float(place) for place, text in enumerate(dict.fromkeys(texts))}
    if len(kinds) > int(owners.max(initial=0)) + 1:
        return False
    return same_in_each(np.array([kinds[text] for text in texts]), owners)


def _is_text(cells: Sequence[str]) -> bool:
    if not any(map(is_given, cells)):
        return False
    try:
        parse_numbers(cells)
    except NumbersError as error:
        return error.mostly_text
    return False


def _named(names: Any) -> list[str]:
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", ..." if names[5:] else "")


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
