"""The step of the rows, which is one for all series that are learnt together."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.data.times import DAY
from seqkit.errors import DataError
from seqkit_timeseries._frequency import Frequency, Times, infer_frequency

_FEW_ROWS = 4
_MOSTLY, _HALF = 0.8, 0.5


def paces(series: Sequence[tuple[str, Times]], source: str) -> list[Frequency]:
    """Returns the frequency that each series is put on: that of the longest, wherever it can be.

    Rows of a series may be missing, so that it looks slower than the others; one that is whole in
    a step of its own is of another frequency.

    Args:
        series: Names and rising times.
        source: What holds them, for messages.

    Raises:
        DataError: Two series differ in their steps; names them.
    """
    own = [infer_frequency(times) for _, times in series]
    if len(series) < 2:
        return own
    longest = max(range(len(series)), key=lambda place: len(series[place][1]))
    # Business days among series of all days are days of which some are missing.
    daily = [one for one in own if one.regular and one.step == ("seconds", DAY)]
    for common in (own[longest], *daily[:1]):
        found = [_on(common, one, times) for one, (_, times) in zip(own, series, strict=True)]
        fitting = [one for one in found if one is not None]
        if len(fitting) == len(series):
            return fitting
    common = own[longest]
    pairs = zip(own, series, strict=True)
    odd, name = next((one, n) for one, (n, times) in pairs if _on(common, one, times) is None)
    raise DataError(
        f"series {name!r} of {source} is {odd}, and series {series[longest][0]!r} is {common}. "
        "Give series of one step: a file, and a run, for each kind"
    )


def _on(common: Frequency, own: Frequency, times: Times) -> Frequency | None:
    """Returns the frequency for a series beside others; None where it is of another one."""
    if len(times) < 2:
        return common
    if own.step == common.step and own.regular and common.regular:
        return own
    if common.regular and common.holds(times):
        return common.on(times) if not _whole_by_itself(own, common, times) else None
    if own.regular and common.regular:
        return None
    ratio = own.length / common.length
    return own if own.dated == common.dated and 1 / 2 < ratio < 2 else None


def _whole_by_itself(own: Frequency, common: Frequency, times: Times) -> bool:
    """Tells whether a series is whole in its own step, and full of holes in the common one."""
    if not own.regular or len(times) < _FEW_ROWS:
        return False
    parts = [len(times) / (int(one.steps(times)[-1]) + 1) for one in (own, common)]
    return parts[0] >= _MOSTLY and parts[1] < _HALF
