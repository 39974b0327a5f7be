"""Views: the few ways an answer is shown, so that every front end draws the answers of any task.

An answer is a dict of JSON values that `Codec.predict` returns, one for each example. Its key
`view` names one of the `VIEWS`, and that view's keys hold what is drawn; other keys are kept, and
shown where everything is. An answer whose view lacks a key, or has one of a wrong type, is shown
as a table of its keys. So is one without `view`, unless it has all that another view needs, as the
answers have that were kept before views had names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Answer = Mapping[str, Any]

TABLE = "table"
"""The view of every answer that fits no other."""

_DEEPEST = 20
"""Lists in lists that an answer may hold; more is a mistake, and could not be drawn."""
_MOST_DIGITS = 300
"""Digits of a number that can be drawn; Python writes out no more than some thousands."""
_NON_FINITE = ("NaN", "Infinity", "-Infinity")
"""How JSON spells what it has no number for; see `seqkit.events.spell_out`."""


@dataclass(frozen=True)
class Key:
    """A key of a view.

    Attributes:
        holds: What it holds, in words.
        fits: Tells whether a value is of the right type.
    """

    holds: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True)
class View:
    """A way to show an answer.

    Attributes:
        name: What an answer's key `view` says.
        summary: What it is for.
        needs: Keys that an answer must have.
        may: Keys that an answer may have.
        match: Returns what is wrong between keys that are each of the right type, such as lists of
            different lengths; empty where nothing is.
    """

    name: str
    summary: str
    needs: Mapping[str, Key]
    may: Mapping[str, Key]
    match: Callable[[Answer], str] = field(default=lambda _answer: "")


def number_of(value: Any) -> float:
    """Returns a number of an answer; NaN where it is null, or spelt out as `NaN`."""
    return math.nan if value is None else float(value)


def view_of(answer: Answer) -> str:
    """Returns the name of the view that an answer is shown in."""
    named = answer.get("view")
    if "view" in answer:
        view = VIEWS.get(named) if isinstance(named, str) else None
        return view.name if view is not None and not _misfits(view, answer) else TABLE
    # Runs of before views had names keep answers without one.
    fitting = (v.name for v in VIEWS.values() if v.needs and not _misfits(v, answer))
    return next(fitting, TABLE)


def problems_of(answer: Any) -> list[str]:
    """Returns what is wrong with an answer, in sentences; none where it is fit to be shown.

    An answer without `view` is no problem: it is shown as a table.
    """
    if not isinstance(answer, Mapping):
        return [f"the answer is {_kind(answer)}; it must be a dict"]
    found = [_json_problem(answer, "the answer", 0)]
    named = answer.get("view", TABLE)
    view = VIEWS.get(named) if isinstance(named, str) else None
    if view is None:
        found.append(f"view is {_kind(named)}; it must be one of {', '.join(VIEWS)}")
    else:
        found += _misfits(view, answer)
    return [problem for problem in found if problem]


def _misfits(view: View, answer: Answer) -> list[str]:
    """Returns what keeps an answer from being shown in a view."""
    found = [
        f"the view {view.name} needs {name!r}: {key.holds}"
        for name, key in view.needs.items()
        if name not in answer
    ]
    found += [
        f"{name!r} of the view {view.name} is {_kind(answer[name])}; it must be {key.holds}"
        for name, key in {**view.needs, **view.may}.items()
        if name in answer and not key.fits(answer[name])
    ]
    if found:
        return found
    problem = view.match(answer)
    return [f"the view {view.name}: {problem}"] if problem else []


def _json_problem(value: Any, where: str, depth: int) -> str:
    """Returns what keeps a value from being written as JSON; empty where nothing does."""
    if depth > _DEEPEST:
        return f"{where[:60]} is nested more than {_DEEPEST} deep"
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        return f"{where} is a number of more than {_MOST_DIGITS} digits"
    if value is None or isinstance(value, bool | int | float | str):
        # Subclasses such as numpy's float64 are written like numbers of Python.
        return ""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"a key of {where} is {_kind(key)}; it must be a str"
            if problem := _json_problem(item, f"{where}[{key!r}]", depth + 1):
                return problem
        return ""
    if isinstance(value, list | tuple):
        for place, item in enumerate(value):
            if problem := _json_problem(item, f"{where}[{place}]", depth + 1):
                return problem
        return ""
    return f"{where} is {_kind(value)}, which JSON has not. Convert it, as by .tolist() or str()"


def _kind(value: Any) -> str:
    plain = value is None or isinstance(value, bool | float | str)
    if plain or (isinstance(value, int) and abs(value) < 10**_MOST_DIGITS):
        return f"{json.dumps(value):.40}"
    return f"of type {type(value).__name__}"


# --- types ----------------------------------------------------------------------------------------


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and _number(value)


def _number(value: Any) -> bool:
    if value is None or (isinstance(value, str) and value in _NON_FINITE):
        return True
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # What is nearly infinite has no place beside other numbers in a plot.
    return value != value or value in (math.inf, -math.inf) or abs(value) < 10**_MOST_DIGITS


def _list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(fits, value))


def _dict_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, Mapping) and all(isinstance(k, str) and fits(v) for k, v in value.items())
    )


_texts = _list_of(_text)
_numbers = _list_of(_number)
_columns = _list_of(_numbers)


def _label(value: Any) -> bool:
    return _text(value) or _texts(value)


def _weighed(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and _text(value[0])
        and _number(value[1])
    )


def _sample(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and _text(value.get("continuation"))
        and _whole(value.get("tokens", 0))
        and _text(value.get("ended", ""))
    )


def _hypothesis(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and _text(value.get("prediction"))
        and _number(value.get("score"))
    )


def _stretch(value: Any) -> bool:
    return (
        isinstance(value, Mapping) and _texts(value.get("time")) and _columns(value.get("values"))
    )


def _forecast(value: Any) -> bool:
    if not _stretch(value):
        return False
    quantiles = value.get("quantiles") or {}
    return _dict_of(_columns)(quantiles) and all(map(_is_level, quantiles))


def _is_level(name: str) -> bool:
    try:
        return 0 < float(name) < 1
    except ValueError:
        return False


# --- what must match ------------------------------------------------------------------------------


def _match_words(answer: Answer) -> str:
    given = [name for name in ("tags", "weights") if name in answer]
    if len(given) != 1:
        return "it needs either 'tags' or 'weights', one for each of 'words'"
    count = len(answer["words"])
    for name in (*given, "target"):
        if name in answer and len(answer[name]) != count:
            return f"{name!r} has {len(answer[name])} items, and 'words' has {count}"
    return ""


def _match_pair(answer: Answer) -> str:
    if "attention" not in answer:
        return ""
    rows, sources = answer["attention"], answer.get("source_tokens", ())
    written = answer.get("prediction_tokens", ())
    if len(rows) != len(written) or any(len(row) != len(sources) for row in rows):
        return (
            "'attention' must have a row for each of 'prediction_tokens', and in it a weight for "
            "each of 'source_tokens'"
        )
    return ""


def _match_series(answer: Answer) -> str:
    columns = len(answer["columns"])
    past, ahead = answer["history"], answer["forecast"]
    parts = {"history": (past["values"], past["time"])}
    parts["forecast"] = (ahead["values"], ahead["time"])
    if not columns or not ahead["time"]:
        return "it has no column, or no step to forecast"
    for level, values in (ahead.get("quantiles") or {}).items():
        parts[f"quantile {level}"] = (values, ahead["time"])
    if answer.get("target") is not None:
        parts["target"] = (answer["target"], ahead["time"])
    for name, (values, times) in parts.items():
        if len(values) != columns or any(len(column) != len(times) for column in values):
            return f"{name} must have a list of values for each of 'columns', as long as its times"
    return ""


def _match_numbers(answer: Answer) -> str:
    return "" if answer["values"] else "'values' is empty"


_CORRECT = Key("whether the answer is the target: true or false", _flag)

VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View(
            "labels",
            "One label of an example, or several.",
            {"label": Key("a label, or a list of labels", _label)},
            {
                "probability": Key("the probability of the label, or null", _number),
                "probabilities": Key("a probability for each label there is", _dict_of(_number)),
                "text": Key("what was labelled", _text),
                "target": Key("the true label, or a list of labels", _label),
                "correct": _CORRECT,
                "words": Key(
                    "[word, weight] for each word of the text: what it adds to the probability",
                    _list_of(_weighed),
                ),
            },
        ),
        View(
            "words",
            "Words of a text, each with a tag or a weight.",
            {"words": Key("a list of words", _texts)},
            {
                "tags": Key("a tag for each word; O, or an empty one, is none", _texts),
                "weights": Key("a number for each word, from -1 to 1", _numbers),
                "target": Key("the true tag of each word", _texts),
                "correct": _CORRECT,
            },
            _match_words,
        ),
        View(
            "text",
            "A text that goes on from a prompt.",
            {
                "prompt": Key("what was given", _text),
                "continuation": Key("what was written", _text),
            },
            {
                "samples": Key(
                    "several texts, the first included: {continuation, tokens, ended} of each",
                    _list_of(_sample),
                ),
                "note": Key("what to know of the prompt, in a sentence", _text),
                "tokens": Key("how many tokens were written", _whole),
                "ended": Key("why the text ends, in a word", _text),
            },
        ),
        View(
            "pair",
            "A text made of another one.",
            {
                "source": Key("what was given", _text),
                "prediction": Key("what was written", _text),
            },
            {
                "target": Key("the true text", _text),
                "correct": _CORRECT,
                "score": Key("how sure the model is", _number),
                "n_best": Key(
                    "the best texts, the best first: {prediction, score} of each",
                    _list_of(_hypothesis),
                ),
                "source_tokens": Key("the tokens of the source", _texts),
                "prediction_tokens": Key("the tokens of the prediction", _texts),
                "attention": Key(
                    "weights from 0 to 1: a row for each token of the prediction, and in it one "
                    "for each token of the source",
                    _columns,
                ),
            },
            _match_pair,
        ),
        View(
            "series",
            "Values over time, and those that are forecast.",
            {
                "columns": Key("the names of the columns", _texts),
                "history": Key(
                    "{time, values}: times as texts, and for each column a list of numbers, null "
                    "where one is missing",
                    _stretch,
                ),
                "forecast": Key(
                    "{time, values}, as the history, and perhaps quantiles: such values for each "
                    'level, {"0.1": ..., "0.9": ...}',
                    _forecast,
                ),
            },
            {
                "series": Key("the name of the series", _text),
                "note": Key("what to know of the forecast, in a sentence", _text),
                "target": Key(
                    "for each column what the values turned out to be",
                    lambda value: value is None or _columns(value),
                ),
            },
            _match_series,
        ),
        View(
            "numbers",
            "Numbers with names.",
            {"values": Key("a number for each name", _dict_of(_number))},
            {
                "target": Key("the true numbers, by name", _dict_of(_number)),
                "text": Key("what was read", _text),
                "correct": _CORRECT,
            },
            _match_numbers,
        ),
        View(
            TABLE,
            "Anything else: a row for each key, or columns and rows.",
            {},
            {
                "columns": Key("the headings of a table", lambda _value: True),
                "rows": Key("its rows, as lists of values", lambda _value: True),
            },
        ),
    )
}
"""The views there are, by name."""
