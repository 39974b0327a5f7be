"""Forecasting fitted to training data: series to windows, outputs to forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqkit.api import Arrays, Batch, Codec, Features, Notify, Record, Say, Shape, Values, ignore
from seqkit.config import Config
from seqkit.errors import DataError
from seqkit_timeseries._answers import answers_of, note_of_record
from seqkit_timeseries._encoding import (
    encode_series,
    last_known,
    scaler_of,
    smoothed_targets,
    too_short,
)
from seqkit_timeseries._fitted import Fitted
from seqkit_timeseries._frequency import time_texts
from seqkit_timeseries._kinds import tell_new, with_kinds
from seqkit_timeseries._layout import ids_of, named, rows_with_targets
from seqkit_timeseries._normalization import Scaler, normalise
from seqkit_timeseries._residual import baseline_of_context, expected, with_past
from seqkit_timeseries._windows import gather

if TYPE_CHECKING:
    from torch import Tensor, nn

Ints = NDArray[np.int64]


@dataclass
class ForecastingCodec(Fitted, Codec):
    """Turns series into windows, and outputs into forecasts, by what was fitted.

    Arrays of a split, whose series lie one after the other, each with its whole past:

    - `values` float32 `(rows, channels)`, scaled and filled; `targets` float64 `(rows, size)`, in
      the units of the data, NaN where missing; `times` `(rows,)`; `offsets` int64 `(series + 1,)`.
    - `windows` int64 `(windows,)`, the row each begins at; `owners` int64, its series.
    - `location`, `scale` and `naive_error`, float64 `(series, size)`, and `ids` `(series,)`.
    - What exponential smoothing makes of the targets, where forecasts begin from it: `smoothed`.

    A network computes in single precision with scaled values. Everything in the units of the data
    is in double precision, and on the host, as not every accelerator has doubles.
    """

    on_host = (*Codec.on_host, "location", "scale", "naive_error", "actual", "expected", "spread")
    _quantiles: tuple[float, ...] = field(default=(), repr=False)
    _told: bool = field(default=False, repr=False, compare=False)

    @property
    def shape(self) -> Shape:
        layout = self.layout
        extras = {
            "context": self.context,
            "future": layout.ahead,
            "targets": list(range(len(layout.targets))),
            "columns": list(layout.channels),
            "period": self.period,
            "frequency": str(self.frequency),
        }
        outputs = Values(len(layout.targets), self.horizon)
        return Shape("forecasting", Features(len(layout.channels)), outputs, extras)

    @property
    def found(self) -> Mapping[str, Any]:
        names = self.names
        ids = ids_of(names)
        known = {key: names.get(key) for key in ("time", "time_format", "time_zone")}
        if "decimal" in names:
            known["decimal"] = names["decimal"] or "."
        return {key: value for key, value in known.items() if value} | {"id": list(ids) or "none"}

    def set_output_shape(self, shape: Shape) -> None:
        if isinstance(shape.outputs, Values):
            self._quantiles = shape.outputs.quantiles

    def save(self, folder: Path) -> None:
        from seqkit_timeseries._saving import save_fitted

        save_fitted(self, folder)

    @classmethod
    def load(cls, folder: Path, settings: type[Config]) -> ForecastingCodec:
        """Reads back what `save` wrote. Raises CheckpointError where it is damaged.

        Args:
            folder: Where it was saved.
            settings: Class of the task's settings.
        """
        from seqkit_timeseries._saving import load_fitted

        return cls(**vars(load_fitted(folder, settings)))

    # --- encoding ---------------------------------------------------------------------------------

    def encode(self, records: Iterable[Record], notify: Notify) -> Arrays:
        """Encodes records: windows of a split where they tell its `start`, else one to forecast."""
        held = list(records)
        arrays = self.encode_from(held, notify, "the inputs")
        self._tell_later_rows(held, notify)
        return arrays

    def _tell_later_rows(self, records: Iterable[Record], notify: Notify) -> None:
        """Says once where the data of a resumed run have grown behind the rows that it kept."""
        ends = {record["series"]: record["time"] for record in self.tail}
        for record in records:
            kept, rows = ends.get(str(record.get("series", ""))), record["time"]
            last = rows_with_targets(record, self.layout.targets)
            if record.get("start") is None or kept is None or self._told or not last:
                continue
            if kept.dtype.kind == rows.dtype.kind and rows[last - 1] > kept[-1]:
                self._told = True
                end = time_texts(kept[-1:], self.frequency)[0]
                notify(
                    f"the data go on behind {end}, where the rows that the run kept end: predict "
                    "without input still goes on from there. Give it the last rows (--file)"
                )

    def scorable(self, records: Sequence[Record], notify: Notify) -> list[Record]:
        """Has every window scored that a series holds: the first one's context is read alone.

        Errors that are scaled by those of a naive forecast are so by all rows, as what the run was
        trained on is not at hand.
        """
        rows = {"start": self.context}
        return [{**record, **rows, "in_sample": len(record["time"])} for record in records]

    def encode_from(self, records: Iterable[Record], notify: Notify, place: str) -> Arrays:
        """Encodes records that come from `place`.

        Raises:
            DataError: A series lacks a column, or no series is long enough for a window.
        """
        parts: list[dict[str, NDArray[Any]]] = []
        short: list[tuple[str, int]] = []
        rows = 0
        known = True
        new: set[str] = set()
        for given in records:
            record, others = with_kinds(given, self.layout.kinds)
            new |= others
            part = encode_series(self, record, place)
            known = known and "targets" in part
            if not len(part["windows"]):
                short.append((named(record), len(record["time"]) - int(record.get("start", 0))))
                continue
            part["windows"] += rows
            part["owners"] = np.full(len(part["windows"]), len(parts), dtype=np.int64)
            rows += len(part["values"])
            parts.append(part)
        if short and (not parts or not known):
            raise too_short(self, short[0], place, known)
        if new:
            notify(f"{tell_new(new)}.")
        if not parts:
            raise DataError(f"there is no series, in {place}. Give at least one")
        if short:
            notify(
                f"{len(short)} of {len(short) + len(parts)} series are too short for a window, and "
                f"left out of {place} ({', '.join(name for name, _ in short[:3])}"
                f"{', ...' if len(short) > 3 else ''})."
            )
        lengths = [len(part["values"]) for part in parts]
        names = [name for name in parts[0] if known or name != "targets"]
        arrays = {name: np.concatenate([part[name] for part in parts]) for name in names}
        arrays["offsets"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        if self.smooths:
            arrays |= smoothed_targets(
                self, arrays.pop("past"), arrays["offsets"], arrays["ids"].tolist(), arrays["scale"]
            )
        return arrays

    def scaler_of(self, record: Record, place: str) -> Scaler:
        """Returns the scaler of a record without a `start`."""
        return scaler_of(self, record, place)

    # --- batches ----------------------------------------------------------------------------------

    def sizes(self, arrays: Arrays) -> NDArray[np.int64]:
        return np.full(len(arrays["windows"]), self.context, dtype=np.int64)

    def plan(
        self, arrays: Arrays, batch_size: int, generator: np.random.Generator | None
    ) -> Sequence[NDArray[np.int64]]:
        """Shuffles the windows of a training epoch, and keeps their order in evaluation."""
        count = len(arrays["windows"])
        order = np.arange(count) if generator is None else generator.permutation(count)
        return [order[first : first + batch_size] for first in range(0, count, batch_size)]

    def overlap(self, arrays: Arrays) -> int:
        starts, owners = np.asarray(arrays["windows"]), np.asarray(arrays["owners"])
        gaps = np.diff(starts)[np.diff(owners) == 0]
        return max(1, -(-self.horizon // int(gaps.min()))) if len(gaps) else 1

    def batch(self, arrays: Arrays, indices: NDArray[Any]) -> dict[str, NDArray[Any]]:
        starts = np.asarray(arrays["windows"][indices])
        owners = np.asarray(arrays["owners"][indices])
        ahead = starts + self.context
        batch = {
            "inputs": gather(arrays["values"], starts, self.context),
            "lengths": np.full(len(starts), self.context, dtype=np.int64),
        }
        for name in ("location", "scale", "naive_error"):
            batch[name] = np.asarray(arrays[name][owners])
        if self.layout.ahead:
            known = arrays["values"][:, -self.layout.ahead :]
            batch["future"] = gather(known, ahead, self.horizon)
        origin, scale = batch["location"][:, None], batch["scale"][:, None]
        if self.smooths:
            self._take_smoothing_away(batch, arrays, starts, owners)
            origin, scale = batch["expected"], batch["spread"][:, None]
        if "targets" in arrays:
            actual = gather(arrays["targets"], ahead, self.horizon)
            batch["actual"] = actual
            batch["targets"] = ((actual - origin) / scale).astype(np.float32)
        return batch

    def _take_smoothing_away(
        self, batch: dict[str, NDArray[Any]], arrays: Arrays, starts: Ints, owners: Ints
    ) -> None:
        """Puts the smoothed forecast into a batch, and takes level and season out of its inputs."""
        context, period, targets = self.context, self.period, len(self.layout.targets)
        batch["expected"] = expected(arrays, starts + context, owners, self.horizon, period)
        batch["spread"] = np.asarray(arrays["spread"][owners])
        location, scale = batch["location"][:, None], batch["scale"][:, None]
        line = baseline_of_context(arrays, starts, owners, context, period)
        read = batch["inputs"]
        left = (read[..., :targets] * scale + location - line) / batch["spread"][:, None]
        for channel, name in enumerate(self.layout.masked, start=len(self.layout.observed)):
            if name in self.layout.targets:
                left[..., self.layout.observed.index(name)] *= read[..., channel]
        read[..., :targets] = left

    def forward(self, model: nn.Module, batch: Batch, state: Any = None) -> tuple[Tensor, Any]:
        inputs, layout = batch["inputs"], self.layout
        kind = self.settings["normalization"].split("+")[-1]
        local = kind in ("window", "last")
        if local:
            names = {*layout.indicators, *(layout.targets if self.smooths else ())}
            plain = [place for place, name in enumerate(layout.observed) if name in names]
            kinds = inputs[..., plain]
            inputs, shift, scale = normalise(
                inputs, self._known(inputs), len(layout.observed), kind
            )
            if plain:
                inputs[..., plain] = kinds
        given = (inputs, batch["lengths"])
        outputs = model(*given, batch["future"]) if layout.ahead else model(*given)
        if local and not self.smooths:
            size = len(layout.targets)
            shift, scale = shift[..., :size], scale[..., :size]
            if outputs.dim() == 4:
                shift, scale = shift[..., None], scale[..., None]
            outputs = outputs.float() * scale + shift
        return outputs, None

    def _known(self, inputs: Tensor) -> Tensor | None:
        """Returns where the observed columns are known, `(batch, context, columns)`."""
        layout = self.layout
        if not layout.masked:
            return None
        seen = len(layout.observed)
        known = inputs.new_ones(*inputs.shape[:2], seen)
        for channel, name in enumerate(layout.masked, start=seen):
            if name in layout.observed:
                known[..., layout.observed.index(name)] = inputs[..., channel]
        return known

    def metric_inputs(self, outputs: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns forecasts and targets, in the units of `task.report`; quantiles rise.

        Both are in double precision and on the host.
        """
        if self.settings["report"] == "scaled" and not self.smooths:
            return _rising(outputs).cpu().double(), batch["targets"].cpu().double()
        return self.compared(self.in_units(outputs, batch), batch)

    def compared(self, forecasts: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Returns forecasts in the units of the data, and targets, as `metric_inputs` does."""
        if self.settings["report"] == "scaled":
            location, scale = batch["location"][:, None], batch["scale"][:, None]
            targets = batch["targets"].cpu().double()
            if self.smooths:
                targets = (batch["actual"] - location) / scale
            if forecasts.dim() == 4:
                location, scale = location[..., None], scale[..., None]
            return (forecasts - location) / scale, targets
        return forecasts, batch["actual"]

    def in_units(self, outputs: Tensor, batch: Batch) -> Tensor:
        """Turns outputs into the units of the data, `(batch, horizon, size[, quantiles])`.

        The result is in double precision and on the host; quantiles rise.
        """
        location, scale = batch["location"][:, None], batch["scale"][:, None]
        if self.smooths:
            location, scale = batch["expected"], batch["spread"][:, None]
        if outputs.dim() == 4:
            location, scale = location[..., None], scale[..., None]
        return _rising(outputs).cpu().double() * scale + location

    def groups(self, arrays: Arrays) -> Mapping[str, Sequence[str]]:
        names = np.asarray(arrays["ids"])[np.asarray(arrays["owners"])]
        return {"series": names.tolist()}

    def by_column(
        self, predictions: Tensor, targets: Tensor, batch: Batch
    ) -> dict[str, tuple[Tensor, Tensor, Batch]]:
        found: dict[str, tuple[Tensor, Tensor, Batch]] = {}
        for place, name in enumerate(self.layout.targets):
            one = slice(place, place + 1)
            own = {key: batch[key][:, one] for key in ("location", "scale", "naive_error")}
            found[name] = (predictions[:, :, one], targets[..., one], {**batch, **own})
        return found

    # --- answers ----------------------------------------------------------------------------------

    def parse(self, inputs: Iterable[str | Record]) -> list[Record]:
        from seqkit_timeseries._reading import parse

        return parse(self, list(inputs))

    def beginning(self) -> list[Record]:
        from seqkit_timeseries._beginning import rows_of_end
        from seqkit_timeseries._reading import kept_records

        return [dict(row) for record in kept_records(self)[:1] for row in rows_of_end(self, record)]

    def answerable(self, records: Sequence[Record], options: Any, notify: Notify) -> list[Record]:
        """Takes the series that are wanted, and leaves out what is too short beside others."""
        from seqkit_timeseries._choosing import chosen_series, long_enough, require_columns

        require_columns(options.target, self.layout.targets)
        found = chosen_series(records, options.series)
        blocks = -(-max(options.horizon, self.horizon) // self.horizon)
        found = [self._known_ahead(record, blocks * self.horizon) for record in found]
        if self.smooths:
            kept = {record["series"]: record for record in self.tail}
            found = [
                with_past(record, kept.get(str(record.get("series", ""))), self.layout.columns)
                for record in found
            ]
        found = long_enough(found, self.context, notify)
        if options.horizon > self.horizon:
            from seqkit_timeseries._rolling import check_rolling

            check_rolling(self, found, options.horizon)
        return found

    def _known_ahead(self, record: Record, rows: int) -> Record:
        """Returns a record with its kinds as columns, and what stays as it is told ahead."""
        record, _ = with_kinds(record, self.layout.kinds)
        same = {name: last_known(record["values"][name]) for name in self.layout.static}
        same |= {name: record["ahead"][name][0] for name in record.get("assumed", ())}
        if not same:
            return record
        more = {name: np.full(rows, value) for name, value in same.items()}
        return {**record, "ahead": {**record.get("ahead", {}), **more}}

    def predict(
        self,
        model: nn.Module,
        batch: Batch,
        records: Sequence[Record],
        options: Any,
        say: Say = ignore,
    ) -> list[dict[str, Any]]:
        from seqkit_timeseries._rolling import note_of, rolled

        rows = options.horizon or self.horizon
        if rows > self.horizon:
            forecasts = rolled(self, model, batch, records, rows, self._quantiles)
        else:
            outputs, _ = self.forward(model, batch)
            forecasts = self.in_units(outputs.float(), batch).numpy()[:, :rows]
        shown = min(options.history or self.context, self.context)
        targets = list(self.layout.targets)
        wanted = [name for name in targets if name in options.target] if options.target else targets
        places = [targets.index(name) for name in wanted]
        answers = answers_of(
            forecasts[:, :, places],
            batch["location"].numpy()[:, places],
            records,
            wanted,
            self.frequency,
            self._quantiles,
            shown,
        )
        rolling = [note_of(self, rows, self._quantiles)] if rows > self.horizon else []
        notes = ["; ".join(note_of_record(one, self.layout) + rolling) for one in records]
        return [
            {**answer, "note": note} if note else answer
            for answer, note in zip(answers, notes, strict=True)
        ]

    def records(self, arrays: Arrays, indices: Sequence[int]) -> list[Record]:
        """Returns windows as records that begin with their context, in the units of the data."""
        found: list[Record] = []
        for index in indices:
            first, owner = int(arrays["windows"][index]), int(arrays["owners"][index])
            origin = first + self.context
            rows = slice(
                max(int(arrays["offsets"][owner]), origin - self.reach), origin + self.horizon
            )
            values = np.asarray(arrays["targets"][rows])
            found.append(
                {
                    "series": str(arrays["ids"][owner]),
                    "time": np.asarray(arrays["times"][rows]),
                    "values": dict(zip(self.layout.targets, values.T, strict=True)),
                    "start": origin - rows.start,
                }
            )
        return found

    def baselines(self, splits: Mapping[str, Arrays], split: str) -> dict[str, dict[str, float]]:
        from seqkit_timeseries._baselines import score_baselines

        return score_baselines(self, self.compared, splits["train"], splits[split])

    def baseline_answers(
        self, splits: Mapping[str, Arrays], split: str, baseline: str
    ) -> tuple[Tensor, Tensor] | None:
        from seqkit_timeseries._baselines import forecasts_of

        return forecasts_of(self, self.compared, splits["train"], splits[split], baseline)


def _rising(outputs: Tensor) -> Tensor:
    """Sorts quantiles, which a network may give in any order (Chernozhukov et al. 2010)."""
    return outputs.sort(dim=-1).values if outputs.dim() == 4 else outputs
