"""A comparison as tables: settings with their means, then the differences between them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from seqkit.runs.comparison import heading_of
from seqkit.runs.verdict import best_baseline
from seqkit.terminal import output
from seqkit.terminal.cells import told_apart
from seqkit.terminal.figures import count_of, duration, number
from seqkit.terminal.output import Piece
from seqkit.terminal.report.verdict import STYLES, cause_lines, experiment_of, wrapped
from seqkit.terminal.safe_text import one_line

if TYPE_CHECKING:
    from seqkit.runs.comparison import Comparison, Pair, Setting
    from seqkit.runs.significance import Difference

_LABEL = 34
_MOST_PAIRS = 10
_MOST_COLUMNS = 3
_WIDTH = 80
_TWO_SEEDS = "Two seeds cannot show how much a seed matters: 'seqkit sweep ... --seeds 5'."


def write_comparison(comparison: Comparison, settings: bool = True) -> None:
    """Writes a comparison to stdout, and what was left out of it to stderr.

    Args:
        comparison: What was compared.
        settings: Whether the settings are listed; their runs may be listed already.
    """
    for name, why in comparison.left_out.items():
        output.note(f"{name} {why}, and is left out.")
    for why in comparison.damaged.values():
        output.warn(why)
    if not comparison.settings:
        return
    if settings:
        _settings(comparison)
    if settings and comparison.pairs:
        output.line()
    if comparison.pairs:
        _differences(comparison)
    if comparison.too_few_seeds:
        output.line()
        output.line((_TWO_SEEDS, "bold yellow"))
    _against_baselines(comparison)


def write_what_is_missing(comparison: Comparison) -> None:
    """Says, before anything else, where too little is known to tell settings apart."""
    unknown = sum(pair.p is None for pair in comparison.pairs)
    if unknown:
        _wrapped(_too_little(comparison, unknown), "bold yellow")
        output.line()


def _differences(comparison: Comparison) -> None:
    _pairs(comparison)
    verdicts = list(_verdicts(comparison))
    if verdicts:
        output.line()
    for verdict in verdicts:
        output.line(*verdict)
    if any(pair.p is not None for pair in comparison.pairs):
        output.line()
        _wrapped(_explained(comparison), "dim")


def _wrapped(sentences: Iterator[str], style: str) -> None:
    for text in textwrap.wrap(" ".join(sentences), _WIDTH):
        output.line((text, style))


def _too_little(comparison: Comparison, unknown: int) -> Iterator[str]:
    """Yields why there can be no verdict on differences, and what would make one."""
    where = "" if unknown == len(comparison.pairs) else " on some of the differences"
    seeds = "Two seeds" if comparison.too_few_seeds else "One run"
    why = comparison.unexplained or "the settings were not scored on the same examples"
    yield f"Too little is known for a verdict{where}."
    yield f"{seeds} of each, and no {comparison.split} examples to draw from: {why}."


def _against_baselines(comparison: Comparison) -> None:
    """Writes whether the best setting is better than the best baseline, and what to try if not."""
    verdict = comparison.verdict
    if verdict is None:
        return
    named = f"{_best_named(comparison)}: " if len(comparison.settings) > 1 else ""
    best = next(
        run
        for setting in comparison.settings
        for run in setting.runs
        if run.name == comparison.best_run
    )
    output.line()
    for part in wrapped(named + verdict.judgement, _WIDTH):
        output.line((part, STYLES[verdict.better]))
    run = experiment_of({}, best.folder)
    for line in cause_lines(verdict, run, "", _WIDTH):
        output.line(*line)


def _best_named(comparison: Comparison) -> str:
    for label, name in _names(comparison, 2 * _LABEL).items():
        if comparison.best.startswith(f"{label}, the best of "):
            return name + one_line(comparison.best.removeprefix(label))
    return one_line(comparison.best)


# --- settings -------------------------------------------------------------------------------------


def _settings(comparison: Comparison) -> None:
    title = f"{comparison.split} {comparison.metric}".upper()
    found = comparison.settings
    intervals = any(not math.isnan(setting.interval()[1]) for setting in found)
    own_baselines = not comparison.shared_baselines
    heading = (heading_of(found[0].values) or "setting").upper()
    columns = [heading, "RUNS", title, *(["95% INTERVAL"] if intervals else [])]
    columns += [*(["BEST BASELINE"] if own_baselines else []), "TRAINING TIME", "PARAMETERS"]
    means = [setting.interval()[0] for setting in found]
    best = None
    if comparison.higher_is_better is not None and len(set(means)) > 1:
        best = max(means) if comparison.higher_is_better else min(means)
    rows: list[list[Piece]] = []
    for setting in found:
        mean, low, high = setting.interval()
        seconds = sum(run.elapsed for run in setting.runs) / len(setting.runs)
        row: list[Piece] = [
            one_line(setting.short),
            str(len(setting.runs)),
            (number(mean), "bold green" if mean == best else ""),
        ]
        if intervals:
            row.append("-" if math.isnan(low) else f"{number(low)} to {number(high)}")
        if own_baselines:
            row.append(_own_baseline(setting, comparison))
        rows.append([*row, duration(seconds), f"{setting.runs[0].parameters:,}"])
    for name, value in comparison.baselines.items() if not own_baselines else ():
        cells = [one_line(f"baseline {name}"), "-", number(value)]
        cells += ["-"] * (len(columns) - len(cells))
        rows.append([(cell, "dim") for cell in cells])
    optional = ("RUNS", "PARAMETERS", "TRAINING TIME")
    labels = told_apart([str(row[0]) for row in rows[: len(found)]], _room(columns, rows, optional))
    for row, label in zip(rows, labels, strict=False):
        row[0] = (label, "cyan")
    output.table(
        columns, rows, numbers=("RUNS", title, "TRAINING TIME", "PARAMETERS"), optional=optional
    )


def _own_baseline(setting: Setting, comparison: Comparison) -> str:
    """Returns the best baseline on the data of a setting, which others do not share."""
    scores = {name: {"score": value} for name, value in setting.baselines.items()}
    name, value = best_baseline(scores, "score", comparison.higher_is_better is not False)
    return "-" if value is None else f"{one_line(name, 24)} {number(value)}"


def _room(columns: Sequence[str], rows: Sequence[Sequence[Piece]], optional: Sequence[str]) -> int:
    """Returns how wide the first column may be, where those that need not be seen give way."""
    needed = 0
    for place, column in enumerate(columns):
        if place and column not in optional:
            cells = [
                piece if isinstance(piece, str) else piece[0]
                for row in rows
                for piece in row[place : place + 1]
            ]
            needed += max(len(column), *map(len, cells)) + 2
    return max(12, output.results().width - needed - 1)


# --- pairs ----------------------------------------------------------------------------------------


def _pairs(comparison: Comparison) -> None:
    """Writes few differences as columns, and many as rows."""
    pairs = _chosen(comparison)
    if len(pairs) < len(comparison.pairs):
        output.line((f"Of {len(comparison.pairs)} differences, those with the best:", "dim"))
    cells: list[list[str]] = [[comparison.metric, *(f"{pair.estimate:+.4f}" for pair in pairs)]]
    for title, found in (
        ("over seeds", [pair.seeds for pair in pairs]),
        ("over examples", [pair.examples for pair in pairs]),
        ("over both", [pair.both for pair in pairs]),
    ):
        if any(found):
            cells.append([title, *(_interval(difference) for difference in found)])
    if any(pair.p is not None for pair in pairs):
        cells.append(["p", *("-" if pair.p is None else _p(pair.p) for pair in pairs)])
    shorter = _names(comparison, _LABEL // 2)
    names = [f"{shorter[pair.second]} - {shorter[pair.first]}" for pair in pairs]
    if len(pairs) <= _MOST_COLUMNS:
        output.table(["DIFFERENCE", *names], [[(row[0], "bold"), *row[1:]] for row in cells])
        return
    titles = [row[0].upper() for row in cells]
    rows = [[name, *(row[place] for row in cells)] for place, name in enumerate(names, start=1)]
    output.table(["DIFFERENCE", *titles], rows, numbers=("P",), optional=tuple(titles[1:-2]))


def _interval(difference: Difference | None) -> str:
    return "-" if difference is None else f"{difference.low:+.4f} to {difference.high:+.4f}"


def _chosen(comparison: Comparison) -> list[Pair]:
    """Returns the pairs that are shown: all, or of very many those with the best setting."""
    pairs = list(comparison.pairs)
    if len(pairs) <= _MOST_PAIRS:
        return pairs
    ordered = sorted(comparison.settings, key=lambda setting: setting.interval()[0])
    best = ordered[-1 if comparison.higher_is_better else 0].label
    return [pair for pair in pairs if best in (pair.first, pair.second)]


def _names(comparison: Comparison, width: int) -> dict[str, str]:
    """Returns what to call each setting where there is little room, by its label."""
    shorter = told_apart([one_line(one.short) for one in comparison.settings], _LABEL)
    return {
        setting.label: one_line(setting.label) if len(setting.label) <= width else short
        for setting, short in zip(comparison.settings, shorter, strict=True)
    }


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _verdicts(comparison: Comparison) -> Iterator[list[Piece]]:
    """Yields a sentence for each difference there is evidence of, and one for all others."""
    names = _names(comparison, 2 * _LABEL)
    for pair in comparison.pairs:
        better = comparison.better(pair)
        if better:
            worse = pair.first if better == pair.second else pair.second
            yield [(f"{names[better]} does better than {names[worse]}", "bold green"), "."]
        elif pair.evident:
            higher = pair.second if pair.estimate > 0 else pair.first
            yield [(f"{names[higher]} has the higher {comparison.metric}", "bold"), "."]
    unproven = [pair for pair in comparison.pairs if pair.p is not None and not pair.evident]
    if unproven:
        others = "the others" if len(unproven) < len(comparison.pairs) else "any two"
        if len(comparison.pairs) == 1:
            others = f"{names[unproven[0].second]} and {names[unproven[0].first]}"
        yield [("No evidence of a difference", "bold"), f" between {others}."]


def _explained(comparison: Comparison) -> Iterator[str]:
    """Yields what the intervals and p-values are, and what they do not cover."""
    pairs = comparison.pairs
    yield "All intervals are of 95%."
    if any(pair.seeds for pair in pairs):
        how = "paired by seed" if all(pair.matched for pair in pairs if pair.seeds) else "of Welch"
        yield f"Over seeds: Student's t, {how}."
    if comparison.resamples:
        of = count_of(comparison.examples, f"{comparison.split} example")
        yield f"Over examples: paired bootstrap, {comparison.resamples:,} draws of {of}."
        if comparison.block > 1:
            yield f"Windows overlap, and {comparison.block} neighbours were drawn together."
    else:
        yield f"They do not cover the choice of {comparison.split} examples: "
        yield f"{comparison.unexplained}."
    if len(pairs) > 1:
        yield f"P-values are corrected for {len(pairs)} differences (Holm)."
    if any(pair.seeds is None for pair in pairs) and not comparison.too_few_seeds:
        yield (
            "A single seed says nothing of the noise of others: for that, run several, as by "
            "'seqkit sweep RECIPE KEY=A,B --seeds 5'."
        )
