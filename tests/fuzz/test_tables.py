"""Any table, text or JSON lines train a model or are refused; no run folder is left half made."""

from __future__ import annotations

import csv
import io
import itertools
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.registry.registry import Registry
from tests.fuzz.support import NUMBERS, TEXTS, VALUES, cases, train

pytestmark = pytest.mark.proof

JUNK = st.one_of(
    TEXTS, NUMBERS.map(str), st.sampled_from(["", "NaN", "inf", "-", "n/a", "True", "1e999", '"'])
)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def document(kind: str, path: Path, task: str, model: str, trainer: dict[str, Any]) -> Any:
    sizes = {"hidden_size": 4} | ({} if task == "forecasting" else {"embedding_size": 4})
    settings: dict[str, dict[str, Any]] = {
        "forecasting": {"context": 3, "horizon": 2},
        "classification": {"minimum_count": 1},
        "seq2seq": {"tokenizer": "characters"},
    }
    return {
        "task": {"name": task, **settings.get(task, {})},
        "dataset": {"name": kind, "path": str(path)},
        "model": {"name": model, **sizes},
        "trainer": trainer,
    }


def tried(
    registry: Registry, runs: Path, kind: str, text: str, shape: tuple[str, str], trainer: Any
) -> None:
    """Writes a file, trains on it, and clears the runs away for the next case."""
    runs.parent.mkdir(exist_ok=True)
    path = runs.parent / ("data.jsonl" if kind.endswith("jsonl") else "data.csv")
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    train(registry, runs, document(kind, path, *shape, trainer))
    shutil.rmtree(runs, ignore_errors=True)


@st.composite
def series(draw: st.DrawFn) -> str:
    """A table of times and numbers, more or less whole."""
    step = draw(st.sampled_from([1, 60, 3600, 86_400, 7 * 86_400, 30 * 86_400, 0.5, 0, -86_400]))
    form = draw(
        st.sampled_from(
            ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%y", "%Y-%m-%dT%H:%M:%S", "%s", "%s000", "#"]
        )
    )
    rows = draw(st.integers(20, 40) | st.integers(0, 40))
    start = draw(st.sampled_from([0, 951_700_000, 1_700_000_000, -1e10, 2.5e11]))
    number = draw(
        st.sampled_from(["{}", "{}.5", "{},5", "1e{}", "1.{:03d}", "{}%", "True", "{}e300"])
    )
    columns = draw(st.integers(1, 3) | st.integers(0, 3))
    header = [draw(st.sampled_from(["date", "date", "date", "time", "x", ""]) | TEXTS)]
    names = draw(st.permutations(["price", "volume", "sales", "id", "Unnamed: 0", "a,b"]))
    header += names[:columns]
    lines = [header]
    for index in range(rows):
        cells = [_time(start + index * step, index, form)]
        lines.append(
            cells + [number.format(index * (column + 3) % 17) for column in range(columns)]
        )
    for _ in range(draw(st.sampled_from([0, 0, 1, 2])) if rows else 0):
        line = draw(st.sampled_from(lines))
        line[draw(st.integers(0, len(line) - 1))] = draw(JUNK)
    return as_csv(lines, draw(st.sampled_from([",", ";", "\t", "|"])))


def as_csv(rows: Iterable[Sequence[str]], delimiter: str) -> str:
    """Writes rows as spreadsheets do."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def _time(seconds: float, index: int, form: str) -> str:
    import numpy as np

    if form == "#":
        return str(index)
    if form.startswith("%s"):
        return f"{seconds:.0f}{form[2:]}"
    moment = np.datetime64(int(seconds), "s").item()
    return moment.strftime(form) if hasattr(moment, "strftime") else str(seconds)


@cases(0.06)
@given(text=series())
def test_a_table_of_series_trains_or_is_refused(
    registry: Registry, runs: Path, trainer: dict[str, Any], text: str
) -> None:
    tried(registry, runs, "series-csv", text, ("forecasting", "gru"), trainer)


GOOD = st.sampled_from(["a good film", "bad", "so long, too long", "=1+1", " ", "😀 映画"])
ROWS = st.lists(
    st.tuples(GOOD | GOOD | TEXTS, st.sampled_from("ab") | st.sampled_from("ab") | JUNK),
    max_size=20,
)
HEADS = st.sampled_from([("text", "label")] * 3 + [("review", "class"), ("", ""), ("a", "a")])


@cases(0.03)
@given(rows=ROWS, head=HEADS, parted=st.sampled_from(",;\t"))
def test_a_table_of_texts_trains_or_is_refused(
    registry: Registry,
    runs: Path,
    trainer: dict[str, Any],
    rows: list[tuple[str, str]],
    head: tuple[str, str],
    parted: str,
) -> None:
    text = as_csv([head, *rows], parted)
    tried(registry, runs, "text-csv", text, ("classification", "gru"), trainer)


LABELS = st.sampled_from(["a", "b", "1", 1, 1.0, True])
OBJECTS = st.fixed_dictionaries({"text": GOOD | TEXTS, "label": LABELS})
ODD = st.fixed_dictionaries({"text": TEXTS | VALUES, "label": LABELS | VALUES}) | VALUES
LINES = st.tuples(
    st.lists(OBJECTS.map(json.dumps), max_size=12),
    st.just([]) | st.just([]) | st.lists(ODD.map(json.dumps) | TEXTS, max_size=2),
).map(lambda parts: [*parts[0], *parts[1]])


@cases(0.03)
@given(lines=LINES)
def test_json_lines_train_or_are_refused(
    registry: Registry, runs: Path, trainer: dict[str, Any], lines: list[str]
) -> None:
    tried(registry, runs, "text-jsonl", "\n".join(lines), ("classification", "gru"), trainer)


PAIRS = st.tuples(
    st.lists(st.tuples(GOOD, GOOD | TEXTS), max_size=15),
    st.just([]) | st.just([]) | st.lists(st.lists(TEXTS, min_size=1, max_size=3), max_size=2),
).map(lambda parts: [*parts[0], *parts[1]])


@cases(0.02)
@given(pairs=PAIRS)
def test_pairs_train_or_are_refused(
    registry: Registry, runs: Path, trainer: dict[str, Any], pairs: list[Sequence[str]]
) -> None:
    text = "\n".join("\t".join(pair) for pair in pairs)
    tried(registry, runs, "pairs-tsv", text, ("seq2seq", "seq2seq"), trainer)


@cases(0.02)
@given(pieces=st.lists(TEXTS, max_size=12), times=st.sampled_from([1, 20]))
def test_a_text_trains_or_is_refused(
    registry: Registry, runs: Path, trainer: dict[str, Any], pieces: list[str], times: int
) -> None:
    text = "".join(itertools.chain.from_iterable([pieces] * times))
    tried(registry, runs, "text-file", text, ("language-modeling", "gru"), trainer)
