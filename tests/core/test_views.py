"""The vocabulary of views: which one an answer is shown in, and what is wrong with one."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqkit.views import VIEWS, problems_of, view_of
from tests.answers import ANSWERS, DAMAGED


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_shown_in_the_view_it_names(name: str) -> None:
    assert view_of(ANSWERS[name]) == name.partition(",")[0].partition(" ")[0]
    assert problems_of(ANSWERS[name]) == []


def test_every_view_has_an_answer_among_them() -> None:
    assert {view_of(answer) for answer in ANSWERS.values()} == set(VIEWS)


@pytest.mark.parametrize("answer", DAMAGED, ids=str)
def test_an_answer_that_does_not_fit_its_view_is_a_table(answer: dict[str, Any]) -> None:
    assert view_of(answer) == "table"
    if answer.get("view", "table") != "table":
        assert problems_of(answer)


def test_answers_of_before_views_had_names_are_shown_as_they_were() -> None:
    for name in ("labels", "text", "pair", "series"):
        answer = {key: value for key, value in ANSWERS[name].items() if key != "view"}
        assert view_of(answer) == name


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("yes", "must be a dict"),
        ({"view": "label", "label": "x"}, "must be one of labels, words"),
        ({"view": "labels"}, "needs 'label'"),
        ({"view": "labels", "label": 3}, "'label' of the view labels is 3"),
        ({"view": "words", "words": ["a"], "tags": []}, "'tags' has 0 items, and 'words' has 1"),
        ({"label": np.int64(3)}, "int64, which JSON has not"),
        ({"a": {"b": [object()]}}, "['a']['b'][0]"),
        ({"a": {1: 2}}, "must be a str"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(answer: Any, said: str) -> None:
    assert said in " ".join(problems_of(answer))


def test_lists_without_end_are_a_problem_and_no_crash() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "nested" in " ".join(problems_of({"a": endless}))


@pytest.mark.parametrize("number", [None, math.nan, math.inf, "NaN", "-Infinity", 3, 0.5])
def test_a_number_may_be_unknown(number: Any) -> None:
    assert view_of({"view": "labels", "label": "x", "probability": number}) == "labels"


def test_the_keys_of_every_view_are_documented(repository: Path) -> None:
    page = (repository / "docs" / "components.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z]+`)? ?\| `([a-z_]+)` \| (needs|may) \| (.+) \|$", page, re.M)
    view, found = "", []
    for name, key, kind, holds in rows:
        view = name.strip("`") or view
        found.append((view, key, kind, holds))
    assert found == [
        (view.name, name, kind, key.holds)
        for view in VIEWS.values()
        for kind, keys in (("needs", view.needs), ("may", view.may))
        for name, key in keys.items()
    ]
