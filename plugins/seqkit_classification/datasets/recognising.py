"""Tells whether a person's own file holds texts and labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seqkit.api import Recognition
from seqkit.data import counted, listed
from seqkit.data.cells import holds_numbers, is_given, prose_score
from seqkit.data.columns import names_ids
from seqkit.data.headings import is_an_example
from seqkit.data.own import OBJECTS, TABLES, OwnData, Rows
from seqkit.data.split_column import likely_split, of_splits, unlikely_split
from seqkit_classification._columns import NAMES, USUAL_COLUMNS, likely_columns

_NAMED, _ALIKE, _WORDS, _ASKED, _TEXT = 0.85, 0.6, 0.4, 0.95, 0.7
"""How sure it is: of columns called so, of cells that look so, of words of many kinds, if asked,
of a text with tabs."""

_TIMES_EACH = 5
"""How often each kind occurs at least, where words plainly have kinds."""
_LONGEST_PART = 30
"""Characters of a class in a cell of several."""
_FEW_NUMBERS = 20
"""Different numbers that may well be classes, such as stars and grades."""
_SENTENCE = 20
"""Characters that a cell of a column of texts has on average, at least."""
_FLAGS = frozenset({"0", "1", "True", "False", "true", "false"})


def recognise_table(data: OwnData, task: str) -> Recognition | None:
    """Looks for texts and labels in a table."""
    if data.kind == ".txt" and not task:
        found = _found(data, task) if data.tabs else None
        return replace(found, confidence=min(found.confidence, _TEXT)) if found else None
    return _found(data, task) if data.kind in (*TABLES, ".txt") else None


def recognise_objects(data: OwnData, task: str) -> Recognition | None:
    """Looks for texts and labels in objects, one a line."""
    return _found(data, task) if data.kind in OBJECTS else None


def _found(data: OwnData, task: str) -> Recognition | None:
    rows = data.rows()
    text, label = _columns(data, rows)
    if not text or not label:
        return _hint(rows, text, label, task)
    settings: dict[str, Any] = {"path": data.as_setting}
    if (
        rows.header
        and not data.names_its_columns
        and "header" not in data.given
        and is_an_example(text, label, rows.whole(label), NAMES, rows.spread(text))
    ):
        # What was taken for the names of columns is an example.
        rows = data.rows(header=False)
        text, label = _columns(data, rows)
        settings["header"] = False
    settings |= {"text": text, "label": label}
    split = likely_split(rows, (text, label))
    if split:
        settings["split"] = split
    if not rows.quotes:
        settings["quotes"] = False
    cells = list(zip(rows.whole(text), rows.whole(label), strict=True))
    labelled = sum(is_given(kind) for _, kind in cells)
    used = of_splits(rows, split)
    examples = sum(
        is_given(one) and is_given(kind) and there
        for (one, kind), there in zip(cells, used, strict=True)
    )
    said = f"texts are in column {text!r}, labels in {label!r}"
    said += _of_several(rows.whole(label)) + _of_numbers(rows.whole(label))
    if split:
        said += f"; column {split!r} tells the splits"
    elif unlike := unlikely_split(rows, (text, label)):
        said += f"; {unlike}"
    said += _left_out(rows, text, label, split)
    if labelled < len(rows):
        rest = counted(len(rows) - labelled, "row without a label is", "rows without a label are")
        said += f"; {rest} left out"
    return _recognition(settings, said, _confidence(data, task, rows, text, label), examples, data)


def _of_several(cells: Sequence[Any]) -> str:
    """Says that an example has one class, where its cell seems to hold several."""
    kinds = {str(cell) for cell in cells if is_given(cell)}
    for sign in ";|,":
        joined = [kind for kind in kinds if sign in kind]
        parts = {part.strip() for kind in kinds for part in kind.split(sign)}
        if len(joined) > 1 and len(parts) < len(kinds) and max(map(len, parts)) < _LONGEST_PART:
            return f"; {min(joined)!r} is taken for one class, as an example has one"
    return ""


def _of_numbers(cells: Sequence[Any]) -> str:
    """Says that numbers are taken for classes, where they are more than one would call so."""
    kinds = {str(cell).strip() for cell in cells if is_given(cell)}
    if len(kinds) <= _FEW_NUMBERS or not holds_numbers(sorted(kinds)):
        return ""
    return (
        f"; its {len(kinds):,} different numbers are taken for classes: better round them to a few"
    )


def _left_out(rows: Rows, text: str, label: str, split: str) -> str:
    """Names the columns that are not read."""
    left = [name for name in rows.columns if name not in (text, label, split)]
    if not left:
        return ""
    cells = {name: rows.spread(name) for name in left}
    flags = [name for name in left if _FLAGS.issuperset(map(str, cells[name]))]
    why = ""
    if any(prose_score(cells[name]) > _SENTENCE for name in left):
        why = ", as an example has one text"
    elif flags and _FLAGS.issuperset(map(str, rows.spread(label))):
        why = ", as an example has one class"
    return f"; {listed(left)} {'is' if len(left) == 1 else 'are'} left out{why}"


def _columns(data: OwnData, rows: Rows) -> tuple[str, str]:
    given = [str(data.given.get(field, "")) for field in ("text", "label")]
    return likely_columns(rows, *(name and rows.known(name) for name in given))


def _confidence(data: OwnData, task: str, rows: Rows, text: str, label: str) -> float:
    if task or data.given.keys() & {"text", "label"}:
        return _ASKED
    named = [
        name.lower().strip() in USUAL_COLUMNS[field]
        for field, name in (("text", text), ("label", label))
    ]
    if all(named):
        return _NAMED
    kinds = len(set(map(str, rows.whole(label))))
    plain = prose_score(rows.spread(text)) > 0 or _TIMES_EACH * kinds <= len(rows)
    return _ALIKE if plain else _WORDS


def _hint(rows: Rows, text: str, label: str, task: str) -> Recognition | None:
    """Says what to do about a table in which no column looks like texts, or none like labels."""
    from seqkit.data.numbers import MISSING

    for name in rows.columns:
        kinds = {str(cell).strip() for cell in rows.whole(name) if is_given(cell)}
        if all(kind.lower() in MISSING for kind in kinds):
            continue
        if name.lower().strip() not in USUAL_COLUMNS["label"]:
            continue
        if len(kinds) == 1:
            said = f"column {name!r} holds the class {kinds.pop()!r} alone, and two are needed"
            return _recognition({}, said, 0)
        if text and len(kinds) > 1 and holds_numbers(rows.spread(name)):
            return _recognition({}, _many_numbers(name, len(kinds)), 0)
        if text and not label and len(kinds) > 1:
            said = f"column {name!r} holds {len(kinds):,} different values, too many for classes"
            return _recognition({}, said, 0)
    measured = [
        name
        for name in rows.columns
        if name != text and not names_ids(name) and holds_numbers(rows.spread(name))
    ]
    if text and not label and len(measured) == 1:
        kinds = {str(cell).strip() for cell in rows.whole(measured[0]) if is_given(cell)}
        return _recognition({}, _many_numbers(measured[0], len(kinds)), 0)
    missing = [field for field, name in (("text", text), ("label", label)) if not name]
    if not task:
        return None
    sought = " and ".join(f"{field}s" for field in missing)
    words = " and ".join(f"dataset.{field}=COLUMN" for field in missing)
    return _recognition({}, f"no column looks like {sought}; name it: {words}", 0)


def _many_numbers(name: str, kinds: int) -> str:
    return (
        f"column {name!r} holds {counted(kinds, 'different number')}, and no classes: "
        "round them to a few"
    )


def _recognition(
    settings: dict[str, Any],
    said: str,
    confidence: float,
    examples: int = 0,
    data: OwnData | None = None,
) -> Recognition:
    title = f"Classes of the texts in {data.path.name}." if data is not None else ""
    return Recognition(
        settings=settings,
        said=said,
        confidence=confidence,
        task="classification",
        examples=examples,
        overrides={"description": title} if title else {},
    )
