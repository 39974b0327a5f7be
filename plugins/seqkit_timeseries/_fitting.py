"""Fits the forecasting codec: columns, frequency and scalers, from the training split alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays, Notify, Record
from seqkit.data import counted
from seqkit.errors import DataError
from seqkit_timeseries._codec import ForecastingCodec
from seqkit_timeseries._frequency import Frequency
from seqkit_timeseries._kinds import kinds_in, tell_new, with_kinds
from seqkit_timeseries._layout import (
    Layout,
    choose_layout,
    matrix_of,
    named,
    row_text,
    rows_with_targets,
    unread,
    zoned,
)
from seqkit_timeseries._normalization import Floats, Scaler, fit_scaler
from seqkit_timeseries._paces import paces
from seqkit_timeseries._precision import ROUNDING, check_training, coarse, is_constant
from seqkit_timeseries._residual import Smoother, fit_smoothers, kept_rows

_TRAIN = "the train split"


def fit(
    splits: Mapping[str, Iterable[Record]],
    notify: Notify,
    settings: Mapping[str, Any],
    before: ForecastingCodec | None = None,
    refit: bool = False,
) -> tuple[ForecastingCodec, dict[str, Arrays]]:
    """Fits a codec on the training split and encodes every split.

    With a codec of `before` columns and frequency are its own, and so are the scalers of the series
    that it knows, unless they are to be fitted again.

    Raises:
        DataError: A split is empty, a series lacks a column or has only missing values, or no
            series is long enough for a window.
        ConfigurationError: A setting names a column that is not there.
    """
    if "train" not in splits:
        raise DataError(
            f"there is no train split, in the dataset. It has: {', '.join(splits) or 'none'}"
        )
    held = {split: list(records) for split, records in splits.items()}
    train = held["train"]
    if not train:
        raise DataError(f"there is no series, in {_TRAIN}. Give at least one")
    _check_records(held)
    longest = max(train, key=lambda record: len(record["time"]))
    frequency = _frequency(held, longest)
    layout = choose_layout(longest, settings, frequency)
    layout = _with_kinds(held, layout, longest, notify, before)
    train = held["train"]
    if before is not None:
        layout = _as_before(layout, frequency, before)
    if said := unread(longest, layout):
        notify(f"{said}.")
    period = int(settings["season"] or longest.get("period", 0) or frequency.period)
    if before is None and not (settings["season"] or "period" in longest):
        season = f"a season is {counted(period, 'row')}" if period > 1 else "no season is assumed"
        notify(f"rows are {frequency}; {season} (task.season sets it).")
    scalers, missing = _fit_scalers(train, layout, settings["normalization"], notify)
    missing[[layout.columns.index(name) for name in layout.static]] = False
    if before is not None:
        period = int(settings["season"]) or before.period
        scalers = _with_those_before(scalers, before, refit, notify)
    elif settings["missing"] == "mask":
        layout = layout.with_masks(missing)
    reach = kept_rows(int(settings["context"]), period)
    reach = reach if settings["residual"] == "smoothing" else int(settings["context"])
    tail = _tail(held, layout, settings, reach, notify)
    names = longest.get("names", {})
    codec = ForecastingCodec(settings, layout, frequency, period, names, scalers, tail)
    if codec.smooths:
        codec.smoothers = _smoothers(train, codec, before, refit)
    return codec, {
        split: codec.encode_from(records, notify, f"the {split} split")
        for split, records in held.items()
    }


def _as_before(layout: Layout, frequency: Frequency, before: ForecastingCodec) -> Layout:
    """Returns the columns of a codec. Raises DataError where the data have others, or another step.

    Which columns have a channel that tells where they are known was chosen by the former data.
    """
    for what, now, then in (
        ("rows are", str(frequency), str(before.frequency)),
        ("targets are", ", ".join(layout.targets), ", ".join(before.layout.targets)),
        ("columns are", ", ".join(layout.columns), ", ".join(before.layout.columns)),
    ):
        if now != then:
            raise DataError(
                f"{what} {now} in the data, and {then} in the run that is gone on from. Give data "
                "like those it was trained on, or train a new model"
            )
    return before.layout


def _with_those_before(
    scalers: Mapping[str, Scaler], before: ForecastingCodec, refit: bool, notify: Notify
) -> dict[str, Scaler]:
    """Returns the scalers of a codec with those of series that are new, or of all if `refit`."""
    known = [name for name in scalers if name in before.scalers]
    new = len(scalers) - len(known)
    if known and not refit:
        notify(
            f"the scalers of {counted(len(known), 'series', 'series')} stay those of the run that "
            "is gone on from (from.refit=true fits them to these data)."
        )
    if new and known:
        notify(f"{counted(new, 'series is', 'series are')} new, and scaled by their own rows.")
    if refit:
        return {**before.scalers, **scalers}
    return {**scalers, **before.scalers}


def _with_kinds(
    held: dict[str, list[Record]],
    layout: Layout,
    longest: Record,
    notify: Notify,
    before: ForecastingCodec | None,
) -> Layout:
    """Puts a column for each kind of the training split into the layout and all records.

    The kinds are those of a codec of `before`, which has a channel for no others.
    """
    texts = [name for name in layout.sources if name in longest.get("kinds", {})]
    known = before.layout.kinds if before is not None else {}
    kinds = {name: known.get(name) or kinds_in(held["train"], name) for name in texts}
    for name, found in kinds.items():
        if not found:
            raise DataError(
                f"column {name!r} is empty in {_TRAIN}. Take it out of the covariates, or begin "
                "the test later"
            )
    layout = layout.with_kinds(kinds)
    new: set[str] = set()
    for split, records in held.items() if kinds else ():
        pairs = [with_kinds(record, kinds) for record in records]
        held[split] = [record for record, _ in pairs]
        new.update(*(others for _, others in pairs))
    if new:
        notify(f"{tell_new(new)}.")
    return layout


def _latest(held: Mapping[str, Sequence[Record]]) -> dict[str, Record]:
    """Returns the record of each series that goes on for longest, of all splits."""
    latest: dict[str, Record] = {}
    for records in held.values():
        for record in records:
            identity = str(record.get("series", ""))
            if identity not in latest or len(record["time"]) > len(latest[identity]["time"]):
                latest[identity] = record
    return latest


def _check_records(held: Mapping[str, Sequence[Record]]) -> None:
    """Refuses records that lack what every record of a split holds."""
    for split, records in held.items():
        for number, record in enumerate(records, start=1):
            lacks = next((key for key in ("time", "values", "start") if key not in record), "")
            if lacks:
                raise DataError(
                    f"record {number} of the {split} split has no {lacks!r}. 'seqkit show "
                    "forecasting' says what it holds, and seqkit_timeseries.split_series makes it"
                )


def _frequency(held: Mapping[str, Sequence[Record]], longest: Record) -> Frequency:
    """Returns the step of all series, told from every row: times are known ahead."""
    latest = _latest(held)
    found = paces([(name, record["time"]) for name, record in latest.items()], "the data")
    return zoned(found[list(latest).index(str(longest.get("series", "")))], longest)


def _fit_scalers(
    train: Sequence[Record], layout: Layout, kind: str, notify: Notify
) -> tuple[dict[str, Scaler], NDArray[np.bool_]]:
    """Returns a scaler for each series, and which columns have missing values."""
    missing = np.zeros(len(layout.columns), dtype=bool)
    constant: list[str] = []
    lost: list[str] = []
    scalers: dict[str, Scaler] = {}
    levels: list[Floats] = []
    plain = {*layout.indicators, *layout.static}
    for record in train:
        matrix = matrix_of(record, layout.columns, _TRAIN)
        gaps = np.isnan(matrix)
        empty = np.flatnonzero(gaps.all(axis=0))
        if len(empty):
            raise DataError(
                f"{named(record)} has no number in column {layout.columns[empty[0]]!r}, "
                f"in {_TRAIN}. Leave the column or the series out, or begin the test later"
            )
        identity = str(record.get("series", ""))
        if identity in scalers:
            raise DataError(f"{named(record)} is there twice, in {_TRAIN}. Give each its own id")
        missing |= gaps.any(axis=0)
        check_training(matrix, record, layout.columns, _TRAIN)
        scalers[identity] = fit_scaler(matrix, kind)
        levels.append(np.nanmean(matrix, axis=0))
        found = (constant, is_constant(matrix)), (lost, coarse(matrix))
        for names, columns in found:
            places = [c for c in np.flatnonzero(columns) if layout.columns[c] not in plain]
            names += [f"{layout.columns[c]!r} of {named(record)}" for c in places]
    if constant:
        what = counted(len(constant), "column is", "columns are")
        notify(f"{what} constant in {_TRAIN}, and not scaled: {_shown(constant)}.")
    if lost and kind == "none":
        notify(
            f"{_shown(lost)}: the values differ by too little for single precision, in which a "
            "network reads them. Write task.normalization=standard."
        )
    return shared_scales(scalers, layout, np.array(levels)), missing


def shared_scales(
    scalers: Mapping[str, Scaler], layout: Layout, levels: Floats
) -> dict[str, Scaler]:
    """Gives all series one scale for what tells them apart, and none for kinds.

    Args:
        scalers: That of each series.
        layout: The columns.
        levels: The mean of each column in each series, `(series, columns)`.
    """
    places = [layout.columns.index(name) for name in (*layout.indicators, *layout.static)]
    kinds = [place for place in places if layout.columns[place] in layout.indicators]
    if not places:
        return dict(scalers)
    location, scale = levels.mean(axis=0), levels.std(axis=0)
    scale = np.where(scale > ROUNDING * np.abs(levels).max(axis=0), scale, 1.0)
    location[kinds], scale[kinds] = 0.0, 1.0
    found = {}
    for name, own in scalers.items():
        moved, sized = own.location.copy(), own.scale.copy()
        moved[places], sized[places] = location[places], scale[places]
        found[name] = Scaler(moved, sized)
    return found


def _smoothers(
    train: Sequence[Record], codec: ForecastingCodec, before: ForecastingCodec | None, refit: bool
) -> dict[str, Smoother]:
    """Returns how to smooth each series: as `before` if it knows it, unless fitted again."""
    then = dict(before.smoothers) if before is not None else {}
    held = {str(record.get("series", "")): record for record in train}
    new = {name: record for name, record in held.items() if refit or name not in then}
    if not new:
        return then
    targets = [matrix_of(record, codec.layout.targets, _TRAIN) for record in new.values()]
    scales = [codec.scalers[name].scale[: len(codec.layout.targets)] for name in new]
    found = fit_smoothers(targets, scales, codec.period, codec.horizon)
    return then | dict(zip(new, found, strict=True))


def _shown(names: Sequence[str]) -> str:
    return "; ".join(names[:3]) + ("; ..." if len(names) > 3 else "")


def _tail(
    held: Mapping[str, Sequence[Record]],
    layout: Layout,
    settings: Mapping[str, Any],
    reach: int,
    notify: Notify,
) -> list[Record]:
    """Returns the last `reach` rows of each series with targets, and what is known ahead of it."""
    context, horizon, most = (int(settings[k]) for k in ("context", "horizon", "keep_series"))
    latest = _latest(held)
    rows = {name: rows_with_targets(one, layout.targets) for name, one in latest.items()}
    cut = [name for name, one in latest.items() if rows[name] < _length(one)]
    if cut:
        first = latest[cut[0]]
        what = counted(_length(first) - rows[cut[0]], "row at the end has", "rows at the end have")
        more = f" (and of {len(cut) - 1} more series)" if len(cut) > 1 else ""
        of = f" of {named(first)}" if cut[0] else ""
        last = row_text(first, max(0, rows[cut[0]] - 1))
        notify(f"{what} no target{of}{more}: forecasts begin behind {last}.")
    for text in _ended_before(latest, rows, layout, min(context, horizon)):
        notify(text)
    enough = {name: record for name, record in latest.items() if rows[name] >= context}
    if len(enough) > most:
        notify(
            f"the run keeps the last rows of {most:,} of {len(enough):,} series to forecast from "
            "(task.keep_series)."
        )
    tail: list[Record] = []
    for name, record in list(enough.items())[:most]:
        kept = slice(max(0, rows[name] - reach), rows[name])
        values = {column: record["values"][column] for column in layout.columns}
        one = {
            "series": name,
            "time": record["time"][kept],
            "values": {column: numbers[kept] for column, numbers in values.items()},
        }
        ahead = {
            column: np.concatenate(
                [values[column][rows[name] :], record.get("ahead", {}).get(column, ())]
            )[:horizon]
            for column in layout.future
        }
        told = any(len(ahead[column]) for column in layout.future if column not in layout.static)
        tail.append(one | {"ahead": ahead} if told else one)
    return tail


def _ended_before(
    latest: Mapping[str, Record], rows: Mapping[str, int], layout: Layout, least: int
) -> Iterable[str]:
    """Yields a sentence for each target that has no value in `least` rows or more at the end."""
    for target in layout.targets if len(layout.targets) > 1 else ():
        for name, record in latest.items():
            own = rows_with_targets(record, [target])
            if 0 < own <= rows[name] - least:
                there = ", ".join(other for other in layout.targets if other != target)
                yield (
                    f"{target!r} of {named(record)} has no value in the last {rows[name] - own:,} "
                    f"rows, where other targets go on: its forecasts begin behind these rows. If "
                    f"others are known ahead, write task.future_covariates={there}."
                )
                break


def _length(record: Record) -> int:
    """Returns the rows of a record, with those behind its end that a dataset tells ahead."""
    ahead = record.get("ahead", {})
    return len(record["time"]) + max((len(column) for column in ahead.values()), default=0)
