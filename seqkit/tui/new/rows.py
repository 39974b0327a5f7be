"""The lines of the form: headings that fold, and one line a setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seqkit.errors import Problem
from seqkit.experiments.schema import MISSING, Setting, show
from seqkit.kinds import OBSERVERS, PARTS, PLURAL
from seqkit.tui.new.draft import TABLES, Draft

SOURCE = Setting("start from", "choice", help="The recipe, file or run that this one starts from.")
METRICS = Setting(
    "metrics",
    "choice",
    help="Scores of each evaluation; the first one chooses the best checkpoint.",
)
RUN_NAME = Setting(
    "name of the run",
    "text",
    help="Name of the run's folder. Empty: the name of the recipe or file, and a number.",
    default="",
)
_ABOUT = {
    "task": "What is learnt: how records become inputs, and outputs become answers.",
    "dataset": "Where the examples come from.",
    "model": "The network.",
    "loss": "What training makes small.",
}


@dataclass(frozen=True)
class Row:
    """One line of the form.

    Attributes:
        part: The table that it belongs to; `run` for what is not part of the experiment.
        setting: What is set on it; None for a heading.
        title: Text of a heading, or of a line that is not called as its setting is.
        fold: What folds under a heading, `part` or `part.group`; empty for a setting.
        depth: How far it is set in.
        component: Whether it chooses a component, and not one of its settings.
    """

    part: str
    setting: Setting | None = None
    title: str = ""
    fold: str = ""
    depth: int = 0
    component: bool = False

    @property
    def key(self) -> str:
        """What problems call it: `model.KEY`, `model`, `metrics`."""
        if self.setting is None:
            return self.fold
        if self.component or self.part in ("metrics", "run"):
            return self.setting.key
        return f"{self.part}.{self.setting.key}"


def form_rows(draft: Draft, folded: set[str]) -> list[Row]:
    """Returns every line of the form that no heading folds away."""
    rows = [Row("run", title="Experiment", fold="experiment")]
    if "experiment" not in folded:
        rows.append(Row("run", SOURCE, depth=1, component=True))
        for part in ("dataset", "task", "model", "loss"):
            choice = Setting(part, "choice", help=_ABOUT[part])
            rows.append(Row(part, choice, depth=1, component=True))
        rows.append(Row("metrics", METRICS, depth=1, component=True))
        rows.append(Row("run", RUN_NAME, depth=1))
    for part in ("model", "trainer", *(p for p in TABLES if p not in ("model", "trainer"))):
        rows += _part_rows(draft, part, folded)
    return rows + _observer_rows(draft, folded)


def _observer_rows(draft: Draft, folded: set[str]) -> list[Row]:
    """Returns a line for each observer there is, with its settings below it while it is on."""
    switches = draft.fields(OBSERVERS)
    if not switches:
        return []
    rows = [Row(OBSERVERS, title=OBSERVERS, fold=OBSERVERS)]
    if OBSERVERS in folded:
        return rows
    for switch in switches:
        entry = draft.catalogue.find(OBSERVERS, switch.key) or {}
        rows.append(Row(OBSERVERS, switch, title=str(entry.get("shown", switch.key)), depth=1))
        part = f"{OBSERVERS}.{switch.key}"
        if part in draft.observers():
            rows += [
                Row(part, setting, title=setting.key, depth=2) for setting in draft.fields(part)
            ]
    return rows


def _part_rows(draft: Draft, part: str, folded: set[str]) -> list[Row]:
    fields = draft.fields(part)
    name = draft.name(part)
    if not fields:
        return []
    title = "trainer" if part == "trainer" else f"{part} · {name}"
    rows = [Row(part, title=title, fold=part)]
    if part in folded:
        return rows
    shown: set[str] = set()
    for setting in fields:
        group = setting.group
        if group and group not in shown:
            shown.add(group)
            rows.append(Row(part, title=group, fold=f"{part}.{group}", depth=1))
        if f"{part}.{group}" not in folded or not group:
            rows.append(Row(part, setting, depth=2 if group else 1))
    return rows


def value_text(row: Row, draft: Draft) -> str:
    """Returns what stands on a line."""
    if row.setting is None:
        return ""
    if row.setting is SOURCE:
        return draft.source or draft.data or "nothing"
    if row.setting is METRICS:
        return ", ".join(draft.metric_names())
    if row.setting is RUN_NAME:
        return draft.run_name
    if row.component:
        return draft.name(row.part)
    return show(draft.value(row.part, row.setting))


def before_text(row: Row, draft: Draft) -> str:
    """Returns what stood on a line before it was changed."""
    if row.setting is None or row.part == "run":
        return ""
    if row.setting is METRICS:
        return ", ".join(draft.base_metrics())
    if row.component:
        return draft.base_name(row.part)
    return show(draft.before(row.part, row.setting))


def is_changed(row: Row, draft: Draft) -> bool:
    """Tells whether a line differs from the starting point."""
    if row.setting is None or row.setting is SOURCE:
        return False
    if row.setting is RUN_NAME:
        return bool(draft.run_name)
    if row.setting is METRICS:
        return draft.metrics is not None
    if row.component:
        return row.part in draft.chosen
    return draft.is_changed(row.part, row.setting)


def changed_in(row: Row, draft: Draft) -> int:
    """Returns how many changes a heading stands above."""
    if row.part in ("run", "metrics"):
        return len(draft.chosen) + (draft.metrics is not None) + bool(draft.run_name)
    if row.part == OBSERVERS:
        parts = (OBSERVERS, *draft.observers())
        return sum(len(draft.values.get((part, ""), {})) for part in parts)
    changed = draft.values.get((row.part, draft.name(row.part)), {})
    group = row.fold.partition(".")[2]
    return sum(1 for key in changed if not group or key.startswith(f"{group}."))


def explain(row: Row, draft: Draft, problem: Problem | None) -> tuple[str, str]:
    """Returns the two lines about the focused line: its problem or help, and what is valid."""
    if row.setting is None:
        about = "enter folds and unfolds; settings that were changed are marked with ●."
        part = PLURAL.get(row.part)
        entry = draft.catalogue.find(part, draft.name(row.part)) if part else None
        return (str(entry["summary"]) if entry else about), about if entry else ""
    setting = row.setting
    first = setting.help
    if row.component and row.part in PARTS:
        entry = draft.catalogue.find(PLURAL[row.part], draft.name(row.part))
        first = str(entry["summary"]) if entry else setting.help
    if problem is not None:
        first = str(problem)
    because = _because(row, draft)
    if row.component:
        return first, " · ".join([*because, "enter chooses from a list."])
    words = [*because, _kind_words(setting)]
    if setting.bounds:
        words.append(setting.bounds)
    if setting.nullable:
        words.append("may be empty")
    if row.part != "run":
        default = "required" if setting.default is MISSING else f"default {show(setting.default)}"
        words.append(default.strip() if show(setting.default) else "default empty")
    return first, " · ".join(words)


def _because(row: Row, draft: Draft) -> list[str]:
    """Returns why the line holds what it does, where that was chosen for the user's own data."""
    reason = draft.reason(row.key)
    if not reason and row.setting is not None and row.setting.key in draft.table(row.part):
        # A part that was chosen whole, with its settings.
        changed = draft.is_changed(row.part, row.setting)
        reason = "" if changed else draft.reason(row.part)
    return [f"Chosen: {reason}"] if reason else []


def _kind_words(setting: Setting) -> str:
    words: Mapping[str, str] = {
        "integer": "whole number",
        "number": "number",
        "boolean": "yes or no",
        "text": "text",
        "list": "values parted by commas",
        "other": "TOML value",
    }
    if setting.choices:
        return "one of " + ", ".join(map(show, setting.choices))
    extra = f" or {', '.join(setting.suggestions)}" if setting.suggestions else ""
    return words.get(setting.kind, "value") + extra


def problems_by_row(rows: Sequence[Row], problems: Sequence[Problem]) -> dict[str, Problem]:
    """Returns the problem of each line that has one, by its key.

    One that no line shows, as it is folded away or about nothing in particular, goes to the
    heading above it, or else to the first line.
    """
    keys = {row.key for row in rows}
    found: dict[str, Problem] = {}
    for problem in problems:
        key = problem.key.partition("[")[0]
        while key and key not in keys:
            key = key.rpartition(".")[0]
        found.setdefault(key or rows[0].key, problem)
    return found


def as_problems(items: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """Returns problems as the helper process sent them."""
    return [
        Problem(str(item.get("key", "")), str(item.get("message", "")), str(item.get("hint", "")))
        for item in items
    ]
