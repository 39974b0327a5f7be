"""Tells whether a person's own table holds pairs of texts."""

from __future__ import annotations

from typing import Any

from seqkit.api import Recognition
from seqkit.data.cells import holds_numbers, is_given, kinds_score, prose_score
from seqkit.data.own import OBJECTS, TABLES, OwnData, Rows
from seqkit_seq2seq._columns import USUAL_COLUMNS

_ASKED, _NAMED, _TABS, _ALIKE, _PERHAPS = 0.95, 0.87, 0.75, 0.5, 0.3
"""How sure it is: if asked, of columns called so, of tabs, of two texts, of a text with tabs."""

_FEW_KINDS = 0.05
"""Score of a column of so few kinds that it holds labels rather than targets."""


def recognise(data: OwnData, task: str) -> Recognition | None:
    """Looks for sources and targets in a table."""
    if data.kind in OBJECTS:
        said = "it reads a .csv or .tsv file: write one"
        return Recognition({}, said, 0, "seq2seq") if task else None
    if data.kind == ".txt" and not task:
        said = "its lines are parted by tabs"
        return _recognition(data, {}, said, _PERHAPS) if data.tabs else None
    if data.kind not in (*TABLES, ".txt"):
        return None
    rows = data.rows()
    chosen, confidence = _two_texts(data, rows, bool(task))
    return _found(data, rows, chosen, confidence) if confidence else None


def _found(data: OwnData, rows: Rows, chosen: tuple[str, str], confidence: float) -> Recognition:
    source, target = chosen
    headed = rows.header and (
        _word(source) in USUAL_COLUMNS["source"]
        or _word(target) in USUAL_COLUMNS["target"]
        or all(_is_name(rows, name) for name in chosen)
    )
    settings: dict[str, Any] = {}
    if data.kind != ".tsv":
        settings = {"delimiter": "", "quotes": True}
    said = f"sources are in column {source!r}, targets in {target!r}"
    places = tuple(map(rows.columns.index, chosen))
    if headed or data.given.get("header"):
        settings |= {"header": True, "source": source, "target": target}
    elif places == (0, 1):
        said = "each row holds a source and a target"
    else:
        source, target = (str(place + 1) for place in places)
        settings |= {"source": source, "target": target}
        said = f"each row holds a source, in column {source}, and a target, in {target}"
    # What was taken for the names of columns is a pair then.
    more = rows.header and "header" not in settings
    return _recognition(data, settings, said, confidence, len(rows) + more)


def _two_texts(data: OwnData, rows: Rows, asked: bool) -> tuple[tuple[str, str], float]:
    """Returns the columns of sources and targets, and how sure that is; 0 for not at all."""
    given, columns = data.given, rows.columns
    if given.keys() >= {"source", "target"}:
        return (rows.known(str(given["source"])), rows.known(str(given["target"]))), _ASKED
    sources = [name for name in columns if _word(name) in USUAL_COLUMNS["source"]]
    targets = [
        name for name in columns if _word(name) in USUAL_COLUMNS["target"] and name not in sources
    ]
    texts = [name for name in columns if prose_score(rows.values[name]) > 0]
    if sources and targets and (asked or kinds_score(rows.values[targets[0]]) < _FEW_KINDS):
        chosen = (sources[0], targets[0])
        numbers = all(holds_numbers(rows.values[name]) for name in chosen)
        return chosen, _ASKED if asked else _ALIKE if numbers else _NAMED
    if len(columns) < 2:
        return ("", ""), 0.0
    first, second = (texts if len(texts) >= 2 else columns)[:2]
    if asked:
        return (first, second), _ASKED
    headed = bool(sources or targets) or all(_is_name(rows, name) for name in columns[:2])
    if len(texts) >= 2:
        return (first, second), _TABS if data.kind == ".tsv" and not headed else _ALIKE
    if data.kind == ".tsv" and len(columns) == 2:
        return (columns[0], columns[1]), _ALIKE
    return ("", ""), 0.0


def _is_name(rows: Rows, name: str) -> bool:
    """Tells whether a column's first cell is its name: no number, and shorter than the rest."""
    values = [str(value) for value in rows.values[name] if is_given(value)]
    words = sum(len(value.split()) for value in values) / max(1, len(values))
    return not any(map(str.isdigit, name)) and len(name.split()) <= min(2.0, words - 0.5)


def _recognition(
    data: OwnData, settings: dict[str, Any], said: str, confidence: float, examples: int = 0
) -> Recognition:
    return Recognition(
        settings={"path": data.as_setting} | settings,
        said=said,
        confidence=confidence,
        task="seq2seq",
        examples=examples,
        overrides={
            "description": f"Writes the targets of {data.path.name} after reading the sources."
        },
    )


def _word(name: str) -> str:
    return name.lower().strip()
