"""Scores of parts of a split: of groups of examples, of columns, and of classes by metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from seqkit.api import Codec
from seqkit.engine.attribution import attributed_to
from seqkit.engine.learner import build_metric
from seqkit.experiments.experiment import Part
from seqkit.shapes import Shape, Values

COLUMN = "column"
"""The kind of part that a column of the outputs is."""

MOST_VALUES = 20
"""Values of a column that have a score of their own; the rest are scored together."""


@dataclass(frozen=True)
class Grouping:
    """Which group each example is of.

    Attributes:
        names: What the groups are called.
        places: The group of each example, a place among the names.
    """

    names: Sequence[str]
    places: np.ndarray[Any, Any]

    @classmethod
    def of(cls, names: Sequence[str]) -> Grouping:
        """Returns the grouping by the name of each example's group, in the order of the data."""
        order = {name: place for place, name in enumerate(dict.fromkeys(names))}
        return cls(list(order), np.array([order[name] for name in names], dtype=np.int64))


def by_value(values: Iterable[Any]) -> Grouping:
    """Returns the grouping by a column's values, the most frequent first, rare ones as one."""
    texts = ["(empty)" if value is None or value == "" else str(value) for value in values]
    names, counts = np.unique(np.array(texts, dtype=object).astype(str), return_counts=True)
    order = sorted(range(len(names)), key=lambda place: (-counts[place], names[place]))
    first = [str(names[place]) for place in order[:MOST_VALUES]]
    left = len(names) - len(first)
    known = {name: place for place, name in enumerate(first)}
    places = [known.get(text, len(first)) for text in texts]
    heads = [*first, f"({left:,} other values)"] if left else first
    return Grouping(heads, np.array(places, dtype=np.int64))


class Breakdown:
    """Gathers scores of parts while a split is scored.

    Args:
        codec: The fitted task.
        metrics: What is scored.
        shape: What goes in and comes out of the model.
        groups: How examples are grouped, by the kind of group.
    """

    def __init__(
        self,
        codec: Codec,
        metrics: Sequence[Part],
        shape: Shape,
        groups: Mapping[str, Grouping],
    ) -> None:
        self._codec = codec
        self._metrics = metrics
        self._shape = shape
        self._groups = groups
        self._whole = {part.name: build_metric(part, shape) for part in metrics}
        self._parts: dict[tuple[str, str], dict[str, Any]] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._scored = [part for part in metrics if part.component.higher_is_better is not None]

    def add(self, indices: np.ndarray[Any, Any], taken: Mapping[str, tuple[Any, ...]]) -> None:
        """Takes in a batch, as `Learner.score` shows it."""
        for part in self._metrics:
            with attributed_to(part):
                self._whole[part.name].update(*taken[part.component.reads])
        for kind, grouping in self._groups.items():
            places = grouping.places[indices]
            for place in np.unique(places):
                rows = np.flatnonzero(places == place)
                some = {reads: _rows(items, rows) for reads, items in taken.items()}
                self._update(kind, grouping.names[place], self._shape, some, len(rows))
        self._add_columns(taken, len(indices))

    def _add_columns(self, taken: Mapping[str, tuple[Any, ...]], examples: int) -> None:
        columns = self._codec.by_column(*taken["batch"])
        if len(columns) < 2:
            return
        outputs = self._shape.outputs
        one = replace(outputs, size=1) if isinstance(outputs, Values) else outputs
        shape = replace(self._shape, outputs=one)
        for name, items in columns.items():
            some = {"outputs": items[:2], "batch": items}
            self._update(COLUMN, name, shape, some, examples)

    def _update(
        self,
        kind: str,
        name: str,
        shape: Shape,
        taken: Mapping[str, tuple[Any, ...]],
        examples: int,
    ) -> None:
        key = kind, name
        self._counts[key] = self._counts.get(key, 0) + examples
        there = self._parts.setdefault(key, {})
        for part in self._scored:
            reads = part.component.reads
            if reads in taken:
                with attributed_to(part):
                    if part.name not in there:
                        there[part.name] = build_metric(part, shape)
                    there[part.name].update(*taken[reads])

    def details(self) -> dict[str, dict[str, dict[str, float]]]:
        """Returns the rows that make up metrics, by metric; of metrics with the same rows one."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for part in self._metrics:
            with attributed_to(part):
                rows = part.component.details(part.config, self._shape, self._whole[part.name])
            plain = {str(name): dict(values) for name, values in rows.items()}
            if plain and plain not in found.values():
                found[part.name] = plain
        return found

    def scores(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Returns `examples` and `metrics` of each part, by kind and name."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        order = {kind: list(grouping.names) for kind, grouping in self._groups.items()}
        for (kind, name), metrics in self._parts.items():
            values: dict[str, Any] = {}
            for part in self._scored:
                if part.name in metrics:
                    with attributed_to(part):
                        values[part.name] = metrics[part.name].compute()
            numbers = {k: v for k, v in values.items() if isinstance(v, int | float)}
            row = {"examples": self._counts[kind, name], "metrics": numbers}
            found.setdefault(kind, {})[name] = row
        for kind, names in order.items():
            if kind in found:
                rows = found[kind]
                found[kind] = {name: rows[name] for name in names if name in rows}
        return found


def _rows(items: tuple[Any, ...], rows: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """Returns some of the examples of what a metric takes."""
    return tuple(_some(item, rows) for item in items)


def _some(item: Any, rows: np.ndarray[Any, Any]) -> Any:
    if isinstance(item, Tensor):
        return item[torch.from_numpy(rows).to(item.device)]
    if isinstance(item, Mapping):
        return {name: _some(value, rows) for name, value in item.items()}
    return [item[row] for row in rows]
