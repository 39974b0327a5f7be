"""Tells whether a person's own table holds pairs of texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seqkit.api import Recognition
from seqkit.data import listed
from seqkit.data.cells import (
    holds_numbers,
    is_given,
    kinds_score,
    mostly_given,
    prose_score,
    words_score,
)
from seqkit.data.columns import names_ids, names_rows
from seqkit.data.headings import names_a_language
from seqkit.data.own import OBJECTS, TABLES, OwnData, Rows
from seqkit.data.split_column import likely_split, of_splits, unlikely_split
from seqkit_seq2seq._columns import USUAL_COLUMNS

_ASKED, _NAMED, _TABS, _ALIKE, _WORDS, _TEXT = 0.95, 0.87, 0.75, 0.5, 0.45, 0.65
"""How sure it is: if asked, of columns called so, of tabs or two languages, of two texts, of two
words, and of a text with tabs."""

_FEW_KINDS = 0.05
"""Score of a column of so few kinds that it holds labels rather than targets."""
_NAMES = frozenset({"word", "words", "name", "singular", "plural", "lemma", "form", "stem"})


def recognise(data: OwnData, task: str) -> Recognition | None:
    """Looks for sources and targets in a table."""
    if data.kind not in (*TABLES, *OBJECTS, ".txt") or (
        data.kind == ".txt" and not (task or data.tabs)
    ):
        return None
    rows = data.table()
    chosen, confidence = _two_texts(data, rows, bool(task))
    if not confidence:
        return None
    if data.kind == ".txt" and not task:
        confidence = min(confidence, _TEXT)
    return _found(data, rows, chosen, confidence)


def _found(data: OwnData, rows: Rows, chosen: tuple[str, str], confidence: float) -> Recognition:
    source, target = chosen
    headed = rows.header and (data.names_its_columns or _is_headed(rows, chosen))
    settings: dict[str, Any] = {}
    if data.is_text and data.kind not in (".tsv", *OBJECTS):
        settings = {"delimiter": "", "quotes": True}
    split = likely_split(rows, chosen) if headed else ""
    left = [name for name in rows.columns if name not in (*chosen, split)]
    said = f"sources are in column {source!r}, targets in {target!r}"
    places = tuple(map(rows.columns.index, chosen))
    if headed or data.given.get("header"):
        settings |= {"header": True, "source": source, "target": target}
    else:
        left = [str(rows.columns.index(name) + 1) for name in left]
        source, target = (str(place + 1) for place in places)
        said = "each row holds a source and a target"
        if places != (0, 1):
            settings |= {"source": source, "target": target}
            said = f"each row holds a source, in column {source}, and a target, in {target}"
        if rows.header and not any(" " in name for name in chosen):
            said += f", the first {' and '.join(map(repr, chosen))}"
    if split:
        settings["split"] = split
        said += f"; column {split!r} tells the splits"
    elif headed and (unlike := unlikely_split(rows, chosen)):
        said += f"; {unlike}"
    if left:
        said += f"; {listed(left)} {'is' if len(left) == 1 else 'are'} left out"
    # What was taken for the names of columns is a pair then.
    more = rows.header and "header" not in settings
    cells = zip(rows.whole(chosen[0]), rows.whole(chosen[1]), strict=True)
    pairs = sum(
        bool(one.strip() and other.strip()) and there
        for (one, other), there in zip(cells, of_splits(rows, split), strict=True)
    )
    return _recognition(data, settings, said, confidence, pairs + more)


def _two_texts(data: OwnData, rows: Rows, asked: bool) -> tuple[tuple[str, str], float]:
    """Returns the columns of sources and targets, and how sure that is; 0 for not at all."""
    given, columns = data.given, rows.columns
    if given.keys() >= {"source", "target"}:
        return (rows.known(str(given["source"])), rows.known(str(given["target"]))), _ASKED
    # An input that most rows do without, beside an instruction, is not what is answered.
    sources = [
        name
        for name in columns
        if _word(name) in USUAL_COLUMNS["source"] and mostly_given(rows.spread(name))
    ]
    targets = [
        name for name in columns if _word(name) in USUAL_COLUMNS["target"] and name not in sources
    ]
    if sources and targets and (asked or kinds_score(rows.whole(targets[0])) < _FEW_KINDS):
        chosen = (sources[0], targets[0])
        numbers = all(holds_numbers(rows.values[name]) for name in chosen)
        return chosen, _ASKED if asked else _ALIKE if numbers else _NAMED
    texts = _texts(rows, prose_score)
    two_languages = len(texts) == 2 and all(names_a_language(_word(name)) for name in texts)
    sure = _TABS if two_languages else _ALIKE
    if len(texts) < 2 and data.kind == ".tsv" and len(columns) == 2:
        texts = list(columns)
    if len(texts) < 2:
        texts, sure = _texts(rows, words_score), _WORDS
    first, second = (texts if len(texts) >= 2 else [*_others(rows), *columns, "", ""])[:2]
    if len(columns) < 2 or (len(texts) < 2 and not asked):
        return ("", ""), 0.0
    if asked:
        return (first, second), _ASKED
    headed = bool(sources or targets) or all(_is_name(rows, name) for name in columns[:2])
    tabs = data.kind == ".tsv" and not headed and all(map(prose_score, map(rows.spread, texts[:2])))
    return (first, second), _TABS if tabs else sure


def _texts(rows: Rows, score: Callable[[Sequence[Any]], float]) -> list[str]:
    """Returns the columns that hold texts, those in languages first where they are two."""
    texts = [name for name in _others(rows) if score(rows.spread(name)) > 0]
    languages = [name for name in texts if names_a_language(_word(name))]
    return languages if len(languages) >= 2 else texts


def _others(rows: Rows) -> list[str]:
    """Returns the columns that neither number rows nor are named as what tells them apart."""
    return [
        name
        for name in rows.columns
        if not names_ids(name) and not (names_rows(name) and holds_numbers(rows.values[name]))
    ]


def _is_headed(rows: Rows, chosen: tuple[str, str]) -> bool:
    """Tells whether the first row of a table names its columns."""
    words = [_word(name) for name in chosen]
    return (
        words[0] in USUAL_COLUMNS["source"]
        or words[1] in USUAL_COLUMNS["target"]
        or all(names_a_language(word) or word in _NAMES for word in words)
        or bool(_NAMES.intersection(words))
        or all(_is_name(rows, name) for name in chosen)
    )


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
    """Returns a name in small letters: of nested ones, such as `translation.en`, the last."""
    return name.lower().strip().rpartition(".")[2]
