"""Checks of a metric: how a pass is split must change nothing, and its value is plain numbers."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from unittest import SkipTest

from seqkit.registry.fitting import tasks_of
from seqkit.registry.registry import Entry
from seqkit.shapes import Shape
from seqkit.testing.checks import Check, require
from seqkit.testing.networks import Refusals
from seqkit.testing.records import Records
from seqkit.testing.samples import kinds_tried, sample_shapes
from seqkit.testing.targets import (
    SPLITS,
    UNKNOWN_TARGETS,
    outputs_and_targets,
    unknown_target,
)

TOLERANCE = 1e-5
Given = tuple[Any, ...]
"""What `update` is called with."""
Trial = Callable[[bool | None, Callable[[], Any], Sequence[Given]], None]
"""Takes which way is better, what builds an accumulator, and what it is given: whole, in parts."""


def metric_checks(entry: Entry, config: Callable[[], Any], records: Records) -> Iterator[Check]:
    """Yields the checks of a metric, on every sample shape that it is for and takes."""
    subject = f"metrics:{entry.name}"
    yield Check(subject, "splits", partial(_over_samples, entry, config, _splits, records))
    yield Check(subject, "value", partial(_over_samples, entry, config, _value, records))
    kinds = set(kinds_tried(entry, records))
    if entry.component.reads == "outputs" and kinds & set(UNKNOWN_TARGETS):
        yield Check(subject, "unknown-targets", partial(_unknown_targets, entry, config, records))


def _over_samples(
    entry: Entry,
    config: Callable[[], Any],
    trial: Trial,
    records: Records,
) -> str | None:
    """Tries a metric on random outputs; one that reads more, on answers to encoded records."""
    settings, component = config(), entry.component
    samples: list[tuple[Shape, Callable[[], list[Given]]]]
    if component.reads == "outputs":
        samples = [(shape, partial(_drawn, shape)) for shape in sample_shapes(entry, records)]
    else:
        samples = _answered(entry, records)

    def attempt(shape: Shape, draw: Callable[[], list[Given]]) -> None:
        trial(component.higher_is_better, partial(component.build, settings, shape), draw())

    found = Refusals()
    for shape, draw in samples:
        found.attempt(partial(attempt, shape, draw), shape)
    note = found.note()
    return note if trial is _splits else None


def _drawn(shape: Shape) -> list[Given]:
    outputs, targets = outputs_and_targets(shape)
    return [(outputs, targets), *((outputs[a:b], targets[a:b]) for a, b in SPLITS)]


def _answered(entry: Entry, records: Records) -> list[tuple[Shape, Callable[[], list[Given]]]]:
    from seqkit.testing.answering import Answering

    found: list[tuple[Shape, Callable[[], list[Given]]]] = []
    for task in records.tasks_named(tasks_of(entry, records.registry)):
        try:
            encoded = records.encoded(task)
        except Exception:
            # The task's own checks say what keeps it from being encoded.
            continue
        answering = Answering(task, encoded, records)
        found.append((answering.shape, partial(answering.read_by, entry.component.reads)))
    if not found:
        raise SkipTest(f"it reads {entry.component.reads}, and no task for it has records here")
    return found


def _splits(ranks: bool | None, build: Callable[[], Any], given: Sequence[Given]) -> None:
    del ranks
    whole, *parts = given
    at_once, batch_by_batch, merged = (build() for _ in range(3))
    at_once.update(*whole)
    for taken in parts:
        batch_by_batch.update(*taken)
        part = build()
        part.update(*taken)
        merged.merge(part)
    expected = at_once.compute()
    for name, way in {"batch by batch": batch_by_batch, "merged from parts": merged}.items():
        found = way.compute()
        require(
            _alike(expected, found),
            f"{name} it gave {found}, at once {expected}. "
            "Add up counts in update() and merge(), and divide in compute() alone",
        )


def _value(ranks: bool | None, build: Callable[[], Any], given: Sequence[Given]) -> None:
    accumulator = build()
    accumulator.update(*given[0])
    value = accumulator.compute()
    try:
        json.dumps(value)
    except TypeError as error:
        raise AssertionError(
            f"compute() returned {type(value).__name__}. Return a float or nested lists of numbers"
        ) from error
    if ranks is not None:
        require(
            isinstance(value, int | float) and math.isfinite(value),
            f"compute() returned {value!r}, which cannot rank models. "
            "Return a float, or set higher_is_better = None",
        )
    require(_alike(value, accumulator.compute()), "a second compute() gave something else")


def _unknown_targets(entry: Entry, config: Callable[[], Any], records: Records) -> None:
    settings, component = config(), entry.component
    shapes = [s for s in sample_shapes(entry, records) if unknown_target(s) is not None]
    found = Refusals()
    for shape in shapes:
        found.attempt(partial(_try_unknown, component, settings, shape), shape)
    found.note()


def _try_unknown(component: Any, settings: Any, shape: Shape) -> None:
    unknown = unknown_target(shape)
    assert unknown is not None
    outputs, targets = outputs_and_targets(shape)
    targets[3] = unknown
    others = [row for row in range(len(targets)) if row != 3]
    with_unknown, without = (component.build(settings, shape) for _ in range(2))
    with_unknown.update(outputs, targets)
    without.update(outputs[others], targets[others])
    value, expected = with_unknown.compute(), without.compute()
    word = "NaN" if math.isnan(unknown) else f"{unknown:g}"
    require(
        _alike(expected, value),
        f"an example whose targets are not known, {word}, changed it from {expected} to {value}. "
        "Leave such targets out",
    )


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, int | float) and isinstance(other, int | float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return bool(one == other)
