"""Answers of every view, whole and damaged, for the tests of all that draws or saves them."""

from __future__ import annotations

from typing import Any

Answer = dict[str, Any]

ANSWERS: dict[str, Answer] = {
    "labels": {
        "view": "labels",
        "text": "a good film",
        "label": "yes",
        "probability": 0.9,
        "probabilities": {"yes": 0.9, "no": 0.1},
        "target": "no",
        "correct": False,
        "rank": [1, None],
    },
    "labels, several": {
        "view": "labels",
        "label": ["news", "sport"],
        "probabilities": {"news": 0.9, "sport": 0.7, "art": 0.1},
        "target": ["news"],
        "correct": False,
    },
    "labels, words": {
        "view": "labels",
        "text": "a good film",
        "label": "yes",
        "words": [["a", 0.0], ["good", 0.4], ["film", -0.2]],
    },
    "words": {
        "view": "words",
        "words": ["Ada", "went", "to", "Rome"],
        "tags": ["PERSON", "O", "O", "PERSON"],
        "target": ["PERSON", "O", "O", "PLACE"],
        "correct": False,
    },
    "words, weights": {"view": "words", "words": ["not", "bad"], "weights": [0.5, -0.3]},
    "text": {
        "view": "text",
        "prompt": "Once",
        "continuation": " upon a time",
        "tokens": 12,
        "ended": "stop",
        "note": "read as unknown: x",
        "samples": [
            {"continuation": " upon a time", "tokens": 12, "ended": "stop"},
            {"continuation": " more", "tokens": 5, "ended": "length"},
        ],
    },
    "pair": {
        "view": "pair",
        "source": "the house",
        "prediction": "das haus",
        "target": "das Haus",
        "correct": False,
        "score": -0.5,
        "n_best": [
            {"prediction": "das haus", "score": -0.5},
            {"prediction": "ein haus", "score": -2.5},
        ],
        "source_tokens": ["the", "house"],
        "prediction_tokens": ["das", "haus"],
        "attention": [[1.0, 0.0], [0.25, 0.75]],
    },
    "series": {
        "view": "series",
        "columns": ["sales"],
        "history": {"time": ["2026-01-01", "2026-01-02"], "values": [[1.0, None]]},
        "forecast": {
            "time": ["2026-01-03", "2026-01-04"],
            "values": [[3.0, 4.0]],
            "quantiles": {"0.1": [[2.0, 3.0]], "0.5": [[3.0, 4.0]], "0.9": [[4.0, 5.0]]},
        },
        "target": [[3.5, None]],
    },
    "numbers": {
        "view": "numbers",
        "values": {"stars": 3.25, "price": None},
        "target": {"stars": 4.0},
        "text": "a fine room",
    },
    "table": {"view": "table", "columns": ["name", "age"], "rows": [["Ada", 36], ["Bo", None]]},
    "table of keys": {"verdict": "fine", "spans": [[0, 4], [7, 9]], "more": {"a": None, "b": True}},
}
"""A whole answer of each view."""

SHOWN: dict[str, tuple[str, ...]] = {
    "labels": ("yes", "90%", "(is no)", "a good film", "rank [1, null]"),
    "labels, several": ("news, sport", "90% 70% (is news)"),
    "labels, words": ("yes", "a", "good+40%", "film-20%"),
    "words": ("Ada/PERSON", "went to", "Rome/PERSON(is PLACE)"),
    "words, weights": ("not+50%", "bad-30%"),
    "text": ("Once upon a time", "Once more", "(read as unknown: x)"),
    "pair": ("the house", "das haus", "das Haus", "ein haus", "-2.500", "das ██", "haus ░░▓▓"),
    "series": ("sales", "2 steps ahead", "80% interval", "actual", "3.000", "3.500"),
    "numbers": ("stars", "3.250", "(is 4.000)", "price", "a fine room"),
    "table": ("name", "age", "Ada", "36"),
    "table of keys": ("verdict fine", "spans [[0, 4], [7, 9]]", 'more {"a": null, "b": true}'),
}
"""What is to be read where they are drawn."""

DAMAGED: tuple[Answer, ...] = (
    {"view": "labels", "label": None},
    {"view": "labels", "label": "yes", "probability": "high"},
    {"view": "labels", "label": "yes", "words": [["a"], 3]},
    {"view": "words", "words": ["a", "b"], "tags": ["X"]},
    {"view": "words", "words": ["a"]},
    {"view": "text", "prompt": 3, "continuation": []},
    {"view": "text", "prompt": "a", "continuation": "b", "samples": "ccc"},
    {"view": "pair", "source": "a", "prediction": "b", "attention": [[1.0]]},
    {"view": "pair", "source": "a", "prediction": "b", "n_best": [{"prediction": 3}]},
    {"view": "series", "columns": ["a"], "history": {"values": "x"}, "forecast": 3},
    {
        "view": "series",
        "columns": ["a"],
        "history": {"time": ["1"], "values": [[1.0]]},
        "forecast": {"time": ["2", "3"], "values": [[1.0]]},
    },
    {
        "view": "series",
        "columns": ["a"],
        "history": {"time": ["1"], "values": [[1.0]]},
        "forecast": {"time": ["2"], "values": [[1e308]], "quantiles": {"low": [[1.0]]}},
    },
    {"view": "numbers", "values": {"a": [1]}},
    {"view": "table", "columns": ["a", "b"], "rows": [["one"], 3]},
    {"view": "pie", "slices": [1, 2]},
    {"view": ["labels"], "label": "yes"},
    {"forecast": None, "words": None, "nested": [[[[{"a": ["b"]}]]]]},
)
"""Answers that name a view and are not fit for it."""
