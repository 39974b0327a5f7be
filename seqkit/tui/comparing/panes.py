"""The panes of the Compare screen, as rich tables and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from seqkit.kinds import PARTS
from seqkit.runs.comparison import Comparison
from seqkit.terminal.answers.in_short import asked, probability, said, wanted
from seqkit.terminal.cells import fit_ends
from seqkit.terminal.figures import duration, number
from seqkit.terminal.safe_text import bare, one_line
from seqkit.tui.comparing.reading import Compared, Side

_MOST_EXAMPLES = 40
Colours = Sequence[str]


def scores(
    side: Side, order: Sequence[int], colours: Colours, metric: str, width: int
) -> list[RenderableType]:
    """Returns the scores of each run, the best first, and what there is evidence of."""
    tested = any(run.summary.test for run in side.runs)
    split = "test" if tested else "validation"
    table = _grid()
    names = [metric, *(name for name in side.metrics if name != metric)]
    shown = names[: max(1, (width - 44) // 12)]
    room = max(16, width - 24 - 12 * len(shown))
    table.add_column(no_wrap=True, max_width=room)
    for _ in range(len(shown) + 2):
        table.add_column(justify="right", no_wrap=True)
    heads = [Text(f"{split} {name}" if name == metric else name, "bold") for name in shown]
    table.add_row(Text("run", "bold"), *heads, Text("time", "bold"), Text("parameters", "bold"))
    for place in order:
        run = side.runs[place]
        cells = [run.score(split, name) for name in shown]
        table.add_row(
            _named(run, colours[place], room),
            *(Text("-" if cell is None else number(cell)) for cell in cells),
            Text(duration(run.summary.elapsed)),
            Text(number(run.summary.started.get("parameters") or 0)),
        )
    for name, value in _baselines(side, split, metric):
        table.add_row(Text(f"  {one_line(name)}", "dim"), Text(number(value), "dim"))
    verdict = side.comparison
    words = _evidence(verdict) if verdict else [Text(one_line(side.problem), "dim")]
    unread = [
        Text(f"{one_line(run.name)} cannot be read: {one_line(run.problem)}", "bold red")
        for run in side.runs
        if run.problem
    ]
    damaged = [Text(f"{one_line(run.damage)}.", "bold yellow") for run in side.runs if run.damage]
    damaged += [
        Text(one_line(why), "bold yellow") for why in (verdict.damaged.values() if verdict else ())
    ]
    judged = _judged(verdict) if verdict else []
    return [table, Text(""), *unread, *damaged, *judged, *words]


def settings(
    side: Side, order: Sequence[int], colours: Colours, width: int
) -> list[RenderableType]:
    """Returns the settings that differ, a column for each run."""
    if not side.differing:
        return [Text("These runs have the same settings.", "dim")]
    table = _grid()
    table.add_column(no_wrap=True)
    room = max(8, (width - 30) // max(1, len(order)) - 2)
    for _ in order:
        table.add_column(no_wrap=True, max_width=room)
    heads = (_named(side.runs[place], colours[place], room) for place in order)
    table.add_row(Text(""), *heads)
    for key in side.differing:
        values = [side.runs[place].settings.get(key) for place in order]
        cells = [
            Text("-", "dim") if v is None else Text(one_line(_written(key, v))) for v in values
        ]
        table.add_row(Text(one_line(key), "bold"), *cells)
    return [table]


def examples(side: Side, colours: Colours, width: int) -> list[RenderableType]:
    """Returns test examples that some runs answer right and others wrong."""
    found = side.disagreements()
    if not found:
        looked = min((len(run.answers) for run in side.runs), default=0)
        why = (
            f"Of {looked} test examples, all runs answer the same ones right."
            if looked
            else "There are no test answers that all of these runs kept."
        )
        return [Text(why, "dim")]
    lines: list[RenderableType] = [
        Text(f"{len(found)} test examples that some answer right and others wrong", "dim"),
        Text(""),
    ]
    for example in found[:_MOST_EXAMPLES]:
        first = side.runs[0].answers[example]
        text = one_line(asked(first) or f"example {example}", width)
        lines.append(Text.assemble((f"{one_line(wanted(first), 60)}: ", "bold"), text))
        for run, colour in zip(side.runs, colours, strict=True):
            lines.append(_answered(run, run.answers[example], colour))
    return lines


def _answered(run: Compared, answer: Mapping[str, Any], colour: str) -> Text:
    right = bool(answer.get("correct"))
    line = Text.assemble(("  ✓ ", "green") if right else ("  ✗ ", "red"))
    line.append("■ ", colour)
    line.append(fit_ends(run.name, 20) + " ")
    line.append(one_line(said(answer), 60))
    likely = probability(answer)
    if likely is not None:
        line.append(f"  {likely:.0%}", "dim")
    return line


def _judged(comparison: Comparison) -> list[RenderableType]:
    """Returns whether the best setting is better than the best baseline, and why if not."""
    verdict = comparison.verdict
    if verdict is None or not verdict.short:
        return []
    styles = {True: "bold green", False: "bold yellow", None: "bold"}
    line = Text.assemble((f"{one_line(comparison.best)}: ", "bold"))
    line.append(one_line(verdict.judgement), styles[verdict.better])
    lines: list[RenderableType] = [line]
    if verdict.remedy:
        lines.append(Text(f"  Most likely: {one_line(verdict.remedy)}"))
    return [*lines, Text("")]


def _evidence(comparison: Comparison) -> list[RenderableType]:
    """Returns a line for each pair of settings: the difference, its interval, and the verdict."""
    lines: list[RenderableType] = []
    for pair in comparison.pairs:
        deciding = pair.deciding
        line = Text.assemble(
            (one_line(pair.second), "bold"), " against ", (one_line(pair.first), "bold")
        )
        line.append(f"  {pair.estimate:+.4g}")
        if deciding is not None:
            line.append(f"  95% [{deciding.low:+.4g}, {deciding.high:+.4g}]", "dim")
        better = comparison.better(pair)
        if better:
            line.append(f"  {one_line(better)} is better", "bold green")
        elif pair.p is not None:
            line.append("  no evidence of a difference", "bold yellow")
        lines.append(line)
    for setting in comparison.settings:
        mean, low, high = setting.interval()
        if len(setting.runs) > 1 and low == low:
            text = f"{one_line(setting.label)}: {number(mean)}, 95% {number(low)} to {number(high)}"
            lines.append(Text(f"{text}, {len(setting.runs)} seeds", "dim"))
    if comparison.too_few_seeds:
        lines.append(Text("Two seeds cannot show how much a seed matters; try --seeds 5", "dim"))
    lines += [
        Text(f"{one_line(n)} {one_line(why)}", "dim") for n, why in comparison.left_out.items()
    ]
    return lines


def _baselines(side: Side, split: str, metric: str) -> list[tuple[str, float]]:
    for run in side.runs:
        event = run.summary.test if split == "test" else run.summary.best
        found = (event.get("baselines") if event is not None else None) or {}
        pairs = [(n, s.get(metric)) for n, s in found.items() if isinstance(s, Mapping)]
        known = [(n, float(value)) for n, value in pairs if isinstance(value, int | float)]
        if known:
            return known
    return []


def _grid() -> Table:
    return Table.grid(padding=(0, 2, 0, 0))


def _named(run: Compared, colour: str, room: int) -> Text:
    state = "" if run.status == "finished" else f" {run.status}"
    name = fit_ends(one_line(run.name), max(8, room - 2 - len(state))).rstrip()
    return Text.assemble(("■ ", colour), name, (state, "dim"))


def _written(key: str, value: object) -> str:
    if key in PARTS:
        return bare(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
