"""Which column of a table holds the times of its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from seqkit.data.times.dates import FORMS, TimesError, parts_of
from seqkit.data.times.frequency import infer_frequency
from seqkit.data.times.numbers import are_spreadsheet_days, is_numeric
from seqkit.data.times.reading import is_missing, read_times

_NAMES = ("date", "time", "datetime", "timestamp", "ds", "date_time")
_COARSE_NAMES = ("day", "month", "year")
_PART_NAMES = (*_COARSE_NAMES, "hour", "minute", "second", "time", "quarter", "week")
_FIRST, _LOOKED_AT, _COMPARED = 20, 200, 10_000
_MOSTLY, _MOSTLY_RISING = 0.8, 0.1
_MONTH_WORDS = (
    "jan|feb|fev|fév|mar|mär|apr|avr|abr|mai|may|jun|jul|juin|juil|aug|aou|aoû|ago|sep|oct|okt|out|"
    "nov|dec|dez|déc|dic|ene"
)
_RESEMBLING = re.compile(
    r"(?<![\d.])\d{4}[-/.:]\d{1,2}[-/.:]\d{1,2}(?![\d.])|"
    r"(?<![\d.])(?:1[5-9]|2[01])\d\d\D{1,2}\d{1,2}\D{1,2}\d{1,2}(?![\d.])|"
    r"^\s*(?:1[5-9]|2[01])\d\d/\d\d\s*$|^\s*\d{1,2}:\d\d(?::\d\d)?\s*$|"
    r"(?<![\d.])\d{1,2}[-/.]\d{1,2}[-/.]\d{4}(?!\d)|"
    rf"\d\W{{0,3}}(?:{_MONTH_WORDS})[^\W\d]*\W{{0,3}}\d|"
    rf"\b(?:{_MONTH_WORDS})[^\W\d]*\W{{0,3}}\d{{2}}|"
    r"\b(?:19|20)\d\d\W?[HQWTS]\W?\d{1,2}\b|\b[HQWTS]\d{1,2}\W?(?:19|20)?\d\d\b|"
    r"\bFY\W?(?:19|20)?\d\d\b",
    re.IGNORECASE,
)


def time_column(cells: Mapping[str, Sequence[str]]) -> str:
    """Returns the column that holds the times of the rows, by name and content; empty for none."""
    words = {name: name.lower().strip() for name in cells}
    named = [name for name in cells if words[name] in _NAMES]
    coarse = [name for name in cells if words[name] in _COARSE_NAMES]
    filled = [name for name in (*named, *coarse) if not all(map(is_missing, cells[name]))]
    numeric = {name: is_numeric(sample) for name in cells if (sample := _sample(cells[name]))}
    dated = [name for name, numbers in numeric.items() if not numbers and _is_dated(cells[name])]
    for name in named:
        if name in dated or (numeric.get(name) and _is_moment(cells[name])):
            return name
    for name, numbers in numeric.items():
        if numbers and not dated and are_spreadsheet_days(name, cells[name]):
            return name
    if dated:
        return next((name for name in dated if name in coarse), dated[0])
    counting = [name for name, numbers in numeric.items() if numbers and name not in filled]
    found = [name for name in counting if len(_sample(cells[name])[0]) != 4]
    found = [name for name in found if _follows_a_calendar(cells[name])]
    found += [name for name in coarse if numeric.get(name) and _is_moment(cells[name])]
    found += filled
    if found:
        return found[0]
    years = (name for name in counting if len(_sample(cells[name])[0]) == 4)
    return next((name for name in years if _counts_years(cells[name])), "")


def looks_like_times(texts: Sequence[str]) -> bool:
    """Tells whether the cells of a column are plainly times."""
    sample = _sample(texts)
    if not sample:
        return False
    if is_numeric(sample):
        return _follows_a_calendar(texts) if len(sample[0]) != 4 else _counts_years(texts)
    return _is_dated(texts)


def resembles_times(texts: Sequence[str]) -> bool:
    """Tells whether cells have something of dates, in a way that may be unknown here."""
    sample = _sample(texts)
    found = sum(bool(_RESEMBLING.search(text)) and len(text) < 50 for text in sample)
    return bool(sample) and not is_numeric(sample) and found >= _MOSTLY * len(sample)


def other_parts(cells: Mapping[str, Sequence[str]], time: str) -> list[str]:
    """Returns columns that hold the rest of the times of which `time` holds a part."""
    names = [name for name in cells if name != time]
    return [name for name in names if name.lower().strip() in _PART_NAMES or _clocks(cells[name])]


def _sample(texts: Sequence[str]) -> list[str]:
    """Returns some of the cells that hold something, from all over the column."""
    step = max(1, len(texts) // _LOOKED_AT)
    chosen = (*texts[:_FIRST], *texts[_FIRST::step])
    return [" ".join(text.split()) for text in chosen if not is_missing(text)]


def _clocks(texts: Sequence[str]) -> bool:
    found = [parts_of(text) for text in _sample(texts)]
    return bool(found) and all(part is not None and not part.date for part in found)


def _is_dated(texts: Sequence[str]) -> bool:
    # A zone that is not read makes no other thing of a time.
    sample = [re.sub(r"(:\d\d) ?(?:[A-Z]{2,5}|\[.+\])$", r"\1", text) for text in _sample(texts)]
    parts = [parts_of(text) for text in sample]
    dates = [part.date for part in parts if part is not None and part.date]
    if len(dates) < _MOSTLY * len(sample):
        return False
    enough = _MOSTLY * len(sample)
    return any(sum(form.day(text) is not None for text in dates) >= enough for form in FORMS)


def _is_moment(texts: Sequence[str]) -> bool:
    try:
        return read_times(_sample(texts)).times.dtype.kind == "M"
    except TimesError as error:
        return error.open


def _follows_a_calendar(texts: Sequence[str]) -> bool:
    """Tells whether numbers are moments that follow each other in equal steps."""
    try:
        times = read_times([text for text in texts[:_COMPARED] if not is_missing(text)]).times
    except TimesError as error:
        return error.open
    moments = np.unique(times)
    if times.dtype.kind != "M" or len(moments) < 3:
        return False
    steps = np.diff(times).astype(np.int64)
    falls = min((steps < 0).sum(), (steps > 0).sum())
    frequency = infer_frequency(moments)
    whole = int(frequency.steps(moments)[-1]) + 1
    return bool(
        falls <= _MOSTLY_RISING * len(times) and frequency.regular and 2 * len(moments) >= whole
    )


def _counts_years(texts: Sequence[str]) -> bool:
    if not all(re.fullmatch(r"(1[5-9]|2[01])\d\d", text.strip()) for text in texts):
        return False
    steps = np.diff([int(text) for text in texts])
    falls = steps < 0
    return len(texts) > 4 and bool((steps[~falls] == 1).all() and falls.mean() <= _MOSTLY_RISING)
