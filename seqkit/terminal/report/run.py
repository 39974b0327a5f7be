"""A run in lines of text: its parts, progress and results. Fed with events alone."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqkit.events import Event
from seqkit.paths import runs_home
from seqkit.runs.summary import RunSummary, words_to_go_on
from seqkit.runs.verdict import verdict_of
from seqkit.terminal.answers import lines as answers
from seqkit.terminal.figures import count_of, duration, number, scores
from seqkit.terminal.output import Piece, styled
from seqkit.terminal.plot import epoch_number, plot_losses
from seqkit.terminal.report.matrix import matrix
from seqkit.terminal.report.verdict import experiment_of, verdict_lines
from seqkit.terminal.safe_text import bare, encodable, one_line

Line = list[Piece]
_SPLITS = ("train", "validation", "test")
WIDTH = 80
_NAME_WIDTH = 16
_LOSSES = 23
"""Columns of the two losses in a table of scores."""
_LABEL_WIDTH = 14
_NAMED = 12


def reference(folder: str | Path) -> str:
    """Returns how a command line names a run: its name, or its path where that is not enough."""
    path = Path(folder)
    usual = os.path.realpath(path.parent) == os.path.realpath(runs_home())
    return shlex.quote(path.name if usual else str(path))


def shown(path: str | Path) -> str:
    """Returns a path from the current folder where it lies below, and whole elsewhere."""
    whole = Path(path)
    here = Path.cwd()
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


def facts(rows: Iterable[tuple[str, str]]) -> list[Line]:
    """Returns labelled facts, each on a line of its own, or on more where it is long."""
    lines: list[Line] = []
    for label, value in rows:
        parts = textwrap.wrap(
            value, WIDTH - _LABEL_WIDTH, break_long_words=False, break_on_hyphens=False
        )
        for place, part in enumerate(parts):
            head = "" if place else label
            lines.append([(f"  {head:<{_LABEL_WIDTH - 2}}", "bold"), part])
    return lines


# --- before the first step ------------------------------------------------------------------------


def opening(started: Mapping[str, Any]) -> list[Line]:
    """Returns what a person wants to know before the first step."""
    title = f"{bare(started.get('model'))} on {bare(started.get('dataset'))}"
    lines: list[Line] = [
        [(str(started.get("run", "run")), "bold cyan"), f"  {title}, {bare(started.get('task'))}"]
    ]
    return lines + facts(
        [
            ("device", device(started)),
            ("data", data_sizes(started)),
            *_told_by_the_task(started),
            ("model", _model(started)),
            ("training", _plan(started)),
            ("time", _time(started)),
            ("goes on", _resumed(started)),
        ]
    )


def device(started: Mapping[str, Any]) -> str:
    """Returns the device, its precision, and why it was chosen."""
    words = [str(started.get("device", "?"))]
    if started.get("precision") not in (None, "float32"):
        words.append(str(started["precision"]))
    reason = started.get("device_reason")
    return ", ".join(words) + (f": {reason}" if reason else "")


def data_sizes(started: Mapping[str, Any]) -> str:
    """Returns the examples of each split and how they were encoded."""
    examples = started.get("examples") or {}
    # A task may have splits of its own for `evaluate`; they hold no other examples.
    examples = {split: n for split, n in examples.items() if split in _SPLITS} or examples
    counts = ", ".join(f"{split} {count:,}" for split, count in examples.items())
    encoding = started.get("encoding") or {}
    if not encoding:
        return counts
    how = "from cache" if encoding.get("cached") else "encoded"
    return f"{counts}; {how} in {duration(float(encoding.get('seconds', 0.0)))}"


def _told_by_the_task(started: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields what the task knows of the training data: a sentence, or names with their counts."""
    told = started.get("facts")
    for label, value in told.items() if isinstance(told, Mapping) else ():
        if isinstance(value, Mapping):
            pairs = list(value.items())
            if len(pairs) > _NAMED and all(isinstance(count, int) for _, count in pairs):
                pairs.sort(key=lambda pair: -pair[1])
            named = [f"{one_line(name, 24)} {number(count)}" for name, count in pairs]
            more = f" and {len(named) - _NAMED:,} more" if len(named) > _NAMED else ""
            heads = ", ".join(named[:_NAMED]) + more
            value = f"{len(named):,}: {heads}" if len(named) > 2 else heads
        yield one_line(label, _LABEL_WIDTH - 3), one_line(value)


def _model(started: Mapping[str, Any]) -> str:
    parameters = started.get("parameters")
    if not isinstance(parameters, int):
        return ""
    layers = started.get("layers") or []
    largest = sorted(layers, key=lambda layer: -layer.get("parameters", 0))[:3]
    named = ", ".join(
        f"{layer['name']} {_share(layer['parameters'] / max(1, parameters))}" for layer in largest
    )
    return f"{parameters:,} parameters" + (f" ({named})" if named else "")


def _share(part: float) -> str:
    return "<1%" if 0 < part < 0.005 else f"{part:.0%}"


def _plan(started: Mapping[str, Any]) -> str:
    epochs, per_epoch = started.get("epochs"), started.get("steps_per_epoch")
    if not isinstance(per_epoch, int):
        return ""
    total = started.get("total_steps") or 0
    planned = int(epochs or 0)
    whole = total == planned * per_epoch
    epoch_words = (
        f"{count_of(planned, 'epoch')} of {per_epoch:,}" if whole else f"an epoch has {per_epoch:,}"
    )
    trainer = (started.get("experiment") or {}).get("trainer", {})
    rate = trainer.get("learning_rate")
    how = f", {trainer.get('optimizer')} at {rate:g}" if isinstance(rate, int | float) else ""
    return f"{count_of(total, 'step')} ({epoch_words}), batches of {started.get('batch_size')}{how}"


def _time(started: Mapping[str, Any]) -> str:
    seconds = started.get("estimate")
    return f"about {duration(seconds)}, and evaluations" if isinstance(seconds, int | float) else ""


def _resumed(started: Mapping[str, Any]) -> str:
    step = started.get("resumed_from")
    return f"after step {step:,}" if isinstance(step, int) else ""


# --- while it runs --------------------------------------------------------------------------------


class ScoreTable:
    """The rows of a run's evaluations, with the baselines above them.

    Args:
        started: Fields of the `started` event.
        metrics: Names of the metrics, the chosen one first.
    """

    def __init__(self, started: Mapping[str, Any], metrics: Sequence[str]) -> None:
        self._baselines = started.get("baselines") or {}
        space = WIDTH - _NAME_WIDTH - 12 - 10 - 16
        self._metrics: list[str] = []
        for name in metrics:
            space -= max(len(name), 6) + 2
            if space < 0 and self._metrics:
                break
            self._metrics.append(name)

    def head(self) -> list[Line]:
        """Returns the headings and the baselines."""
        cells = [f"{name:>{max(len(name), 6)}}" for name in self._metrics]
        words = [f"{'epoch':>{_NAME_WIDTH}}", "train loss", "val. loss", *cells]
        lines: list[Line] = [[("  ".join(words), "bold")]]
        for name, values in self._baselines.items():
            # A baseline has no losses, and a long name may have their room.
            row = self._cells("", "", "", values)
            shown = f"{one_line(name, _NAME_WIDTH + _LOSSES):>{_NAME_WIDTH}}"
            lines.append([(shown + row[len(shown) :].rstrip(), "dim")])
        return lines

    def row(self, epoch: float, event: Mapping[str, Any], elapsed: str) -> Line:
        """Returns the row of one evaluation."""
        name = epoch_number(epoch)
        # Weights of another run are scored before anything was trained.
        train = number(event.get("train_loss")) if epoch else ""
        losses = train, number(event.get("loss"))
        pieces: Line = [self._cells(name, *losses, event.get("metrics") or {})]
        pieces.append((f"  {elapsed:>6}", "dim"))
        if event.get("best"):
            pieces.append(("  best", "bold green"))
        return pieces

    def _cells(self, name: str, train: str, loss: str, values: Mapping[str, Any]) -> str:
        cells = [f"{name:>{_NAME_WIDTH}}", f"{train:>10}", f"{loss:>9}"]
        for metric in self._metrics:
            value = values.get(metric)
            shown = number(value) if isinstance(value, int | float) else ""
            cells.append(f"{shown:>{max(len(metric), 6)}}")
        return "  ".join(cells)


def sample_lines(items: Sequence[Any], width: int = WIDTH, faint: bool = False) -> list[Line]:
    """Returns some answers in few lines each; faint ones stand back behind the scores."""
    return [
        ["    ", *(_faint(piece) if faint else piece for piece in pieces)]
        for item in items
        if isinstance(item, Mapping)
        for pieces in answers.sample_lines(item, width - 4)
    ]


def _faint(piece: Piece) -> Piece:
    text, style = (piece, "") if isinstance(piece, str) else piece
    colours = [word for word in style.split() if word not in ("bold", "dim")]
    return text, " ".join(["dim", *colours])


def explain_signs(lines: Iterable[Line], started: Mapping[str, Any]) -> Line:
    """Returns what signs of the task mean that occur in these lines, and nothing elsewhere."""
    legend = started.get("legend")
    if not isinstance(legend, Mapping):
        return []
    text = "\n".join(styled(*line).plain for line in lines)
    found = [f"{one_line(sign)}: {one_line(told)}" for sign, told in legend.items() if sign in text]
    return [(f"    ({'; '.join(found)})", "dim")] if found else []


# --- when it is over ------------------------------------------------------------------------------


def closing(summary: RunSummary, width: int = WIDTH, explain: bool = True) -> list[Line]:
    """Returns the result of a run that ended well: scores, examples, plot, verdict, next steps.

    Args:
        summary: The run.
        width: Columns there are.
        explain: Whether signs in an example are explained.
    """
    folder = str(summary.started.get("folder") or summary.started.get("run") or "")
    lines = [*score_lines(summary), *example_lines(summary, width, explain=explain)]
    lines += [*plot_lines(summary), *closing_verdict(summary, folder, width)]
    lines += [[], [("Run folder  ", "bold"), shown(folder)]]
    return [*lines, [], *next_lines(summary, folder)]


def closing_verdict(summary: RunSummary, folder: str | Path, width: int = WIDTH) -> list[Line]:
    """Returns whether a run is better than the best baseline, below an empty line; or nothing."""
    verdict = verdict_of(summary)
    if verdict is None:
        return []
    started = summary.started
    where = experiment_of(started, folder)
    return [[], *verdict_lines(verdict, where, _plugin_words(started), width)]


def score_lines(summary: RunSummary) -> list[Line]:
    """Returns the score beside each baseline on the same split."""
    event = summary.scored
    if event is None:
        return []
    split, started = str(event.get("split", "validation")), summary.started
    baselines = event.get("baselines") or started.get("baselines") or {}
    count = event.get("examples") or (started.get("examples") or {}).get(split)
    best = summary.best
    which = f", {checkpoint_words(best.step, best.epoch)}" if best is not None else ""
    name = str(started.get("run", "this run"))
    return [
        [],
        [
            (f"{split.capitalize()} score", "bold"),
            f"  {count_of(int(count or 0), 'example')}{which}",
        ],
        *scores_beside(name, event.data, baselines, summary.metric, started.get("about")),
    ]


def checkpoint_words(step: int, epoch: float) -> str:
    """Returns a checkpoint in words: `checkpoint of step 30 (epoch 0.67)`."""
    return f"checkpoint of step {step:,} (epoch {epoch_number(epoch)})"


def checkpoint_named(name: str, checkpoints: Iterable[Event]) -> str:
    """Returns a checkpoint of this name in words; the name itself where no event has it."""
    for event in checkpoints:
        if str(event.get("path")).endswith(f"/{name}"):
            return checkpoint_words(event.step, event.epoch)
    return name


def scores_beside(
    name: str,
    event: Mapping[str, Any],
    baselines: Mapping[str, Any],
    metric: str,
    about: Mapping[str, Any] | None = None,
) -> list[Line]:
    """Returns a small table, this run's metrics and loss above each baseline's, then matrices.

    Args:
        name: The run.
        event: Its `metrics` and `loss`.
        baselines: Scores of each baseline.
        metric: The one that comes first.
        about: What the metrics are of, as the `started` event has it: `positive` and `names`.
    """
    found = event.get("metrics") or {}
    values = scores(found, [metric])
    labels = [one_line(label, 24) for label in (name, *baselines)]
    first = max(12, *map(len, labels))
    columns, space = ["loss"], WIDTH - first - 2 - 9
    for key, _ in values:
        space -= max(len(key), 7) + 2
        if space >= 0:
            columns.insert(-1, key)
    head = "".join(f"  {key:>{max(len(key), 7)}}" for key in columns)
    lines: list[Line] = [[(f"  {'':{first}}{head}", "bold")]]
    mine = dict(values) | {"loss": event.get("loss")}
    for row, numbers in enumerate([mine, *baselines.values()]):
        cells = [
            f"  {number(numbers[key]) if key in numbers else '-':>{max(len(key), 7)}}"
            for key in columns
        ]
        line = f"  {labels[row]:<{first}}" + "".join(cells)
        lines.append([(line, "" if row else "bold green")])
    about = about or {}
    told = {key: who for key, who in (about.get("positive") or {}).items() if key in found}
    lines += [[(f"  {key} is of {one_line(who, 40)!r}", "dim")] for key, who in told.items()]
    for key, value in found.items():
        if isinstance(value, list):
            names = (about.get("names") or {}).get(key) or ()
            lines += [[], [(key, "bold")], *matrix(value, names)]
    return lines


def example_lines(
    summary: RunSummary, width: int = WIDTH, each: int = 3, explain: bool = True
) -> list[Line]:
    """Returns some right and some wrong answers of the scored split."""
    event = summary.samples.get("test") or summary.samples.get("validation")
    items = event.get("items", []) if event is not None else []
    lines: list[Line] = []
    for heading, correct in (("Right", True), ("Wrong", False)):
        known = [item for item in items if isinstance(item, Mapping)]
        chosen = [item for item in known if item.get("correct") is correct][:each]
        if chosen:
            lines += [[], [(heading, "bold")], *sample_lines(chosen, width)]
    explanation = explain_signs(lines, summary.started) if explain else []
    return [*lines, explanation] if explanation else lines


def plot_lines(summary: RunSummary, width: int = 72) -> list[Line]:
    """Returns a plot of the losses, below an empty line; nothing when there is too little."""
    drawn = plot_losses(summary.train, summary.validation, width=width, unicode=encodable("⠿●┤└─"))
    return [[], *drawn] if drawn else []


def next_lines(summary: RunSummary, folder: str | Path) -> list[Line]:
    """Returns commands worth trying next; those of the task stand in the `started` event."""
    run = reference(folder)
    more = " ".join(["", *words_to_go_on(summary.started, summary.step)])
    plugins = _plugin_words(summary.started)
    (first, why_first), *others = _of_the_task(summary.started, run)
    rows = [
        (f"{first}{plugins}", why_first),
        (f"seqkit show {run}", "settings, curve, paths"),
        (f"seqkit resume {run}{more}{plugins}", "train on"),
        (f"seqkit compare {run} OTHER", "beside another run"),
        *((f"{command}{plugins}", why) for command, why in others),
    ]
    widest = max(len(command) for command, _ in rows)
    lines: list[Line] = [[("Next", "bold")]]
    for command, why in rows:
        if len(command) + len(why) + 4 <= WIDTH:
            gap = " " * (widest - len(command)) if widest + len(why) + 4 <= WIDTH else ""
            lines.append([("  " + command, "cyan"), ("  " + gap + why, "dim")])
        else:
            lines += [[("  " + command, "cyan")], [(f"    {why}", "dim")]]
    return lines


def _plugin_words(started: Mapping[str, Any]) -> str:
    """Returns the words that name the local plugins of a run, a space before each."""
    told = started.get("plugins")
    paths = [path for path in told if isinstance(path, str)] if isinstance(told, list) else []
    return "".join(f" --plugin {one_line(shlex.quote(path))}" for path in paths)


def _of_the_task(started: Mapping[str, Any], run: str) -> list[tuple[str, str]]:
    """Returns the commands of a task, and what each is for; `predict` alone in older runs."""
    told = started.get("next")
    rows = [
        (f"seqkit {one_line(row[0]).replace('{run}', run)}", one_line(row[1]))
        for row in (told if isinstance(told, list) else ())
        if isinstance(row, list) and len(row) == 2
    ]
    return rows or [(f"seqkit predict {run}", "answer new inputs")]
