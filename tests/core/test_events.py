"""Events: one line each, strict JSON, and a log that outlives damage."""

import json
import math
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit import events
from seqkit.events import KINDS, Event, EventLog, dump_event, parse_event, read_events, spell_out
from seqkit.testing.events import sample_events

TEXTS = st.text(st.characters(codec="utf-8"))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8
)
FIELDS = st.dictionaries(
    TEXTS.filter(lambda key: key not in {"v", "event", "time", "step", "epoch"}), VALUES
)


def not_a_number_name(value: object) -> bool:
    """Tells values that are read back as they were from the names of non-finite numbers."""
    return "NaN" not in repr(value) and "Infinity" not in repr(value)


@given(kind=st.sampled_from(KINDS), step=st.integers(0, 10**12), fields=FIELDS)
def test_an_event_is_read_back_as_it_was_written(kind: str, step: int, fields: dict) -> None:
    event = Event(kind, step, 1.25, fields, 1700000000.125)
    line = dump_event(event)

    assert "\n" not in line
    if not_a_number_name(fields):
        assert parse_event(line) == event


def test_numbers_that_are_not_finite_are_spelt_out_and_read_back() -> None:
    metrics = {"accuracy": math.nan, "confusion": [[math.inf, 1], [-math.inf, 2]]}
    line = dump_event(Event("evaluation", data={"loss": math.nan, "metrics": metrics}))
    read = parse_event(line)

    assert json.loads(line, parse_constant=pytest.fail)["loss"] == "NaN"
    assert math.isnan(read["loss"])
    assert math.isnan(read["metrics"]["accuracy"])
    assert read["metrics"]["confusion"] == [[math.inf, 1], [-math.inf, 2]]


def test_a_sample_of_the_word_nan_stays_a_word() -> None:
    event = Event("sample", data={"items": [{"text": "NaN"}, {"text": "Infinity"}]})

    assert parse_event(dump_event(event))["items"] == [{"text": "NaN"}, {"text": "Infinity"}]


def test_the_writer_spells_out_any_nested_value() -> None:
    value = {"a": (1.0, math.inf), "b": [{"c": math.nan}], "d": "NaN", "e": True}

    assert spell_out(value) == {"a": [1.0, "Infinity"], "b": [{"c": "NaN"}], "d": "NaN", "e": True}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "not json",
        '{"v":1,"event":"step","st',
        "[]",
        "3",
        "null",
        "{}",
        '{"v":1}',
        '{"v":1,"event":3}',
        '{"event":"step"}',
        '{"v":2,"event":"step"}',
        '{"v":1,"event":"step","step":"three"}',
        '{"v":1,"event":"step","epoch":null}',
        '{"v":1,"event":"step","time":[1]}',
        '{"v":1,"event":"step","step":NaN}',
        '{"v":1,"event":"step","step":Infinity}',
        '{"v":1,"event":"step","step":1e999}',
        '{"v":1,"event":"step","time":' + "9" * 400 + "}",
    ],
)
def test_a_line_that_is_no_event_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own messages differ
        parse_event(line)


def test_damaged_lines_are_skipped_and_numbered(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = dump_event(Event("step", 1)).encode()
    deep = b"[" * 100_000
    lines = [whole, b"", b"{half", b"\xff\xfe", b"\x00\x00", whole, deep, b'{"v":9}', whole[:-5]]
    path.write_bytes(b"\n".join(lines))
    damaged: list[int] = []

    assert [event.step for event in read_events(path, damaged)] == [1, 1]
    assert damaged == [3, 4, 5, 7, 8, 9]


def test_a_log_that_does_not_exist_has_no_events(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "events.jsonl")) == []


def test_line_separators_of_unicode_do_not_end_a_line(tmp_path: Path) -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\rg\nh\x1ci\0j"
    log = EventLog(tmp_path / "events.jsonl")
    log.write(Event("sample", data={"items": [{"text": text}]}))
    log.write(Event("ended", 1))
    log.close()
    read = list(read_events(tmp_path / "events.jsonl"))

    assert [event.kind for event in read] == ["sample", "ended"]
    assert read[0]["items"] == [{"text": text}]


def test_a_lone_surrogate_is_written_as_an_escape(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.write(Event("warning", data={"message": "file \udcff.csv"}))
    log.close()

    (event,) = read_events(tmp_path / "events.jsonl")
    assert event["message"] == "file \udcff.csv"


def test_a_half_written_line_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = dump_event(Event("step", 1)) + "\n"
    path.write_text(whole + whole[:20])
    log = EventLog(path)
    log.write(Event("step", 2))
    log.close()
    damaged: list[int] = []

    assert [event.step for event in read_events(path, damaged)] == [1, 2]
    assert damaged == [2]


def test_every_line_is_there_before_the_log_is_closed(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.write(Event("started"))

    assert [event.kind for event in read_events(tmp_path / "events.jsonl")] == ["started"]
    log.close()


def test_a_log_is_continued_not_replaced(tmp_path: Path) -> None:
    for step in (1, 2):
        log = EventLog(tmp_path / "events.jsonl")
        log.write(Event("step", step))
        log.close()

    assert [event.step for event in read_events(tmp_path / "events.jsonl")] == [1, 2]


def test_a_huge_log_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    line = dump_event(Event("step", 1, data={"loss": 0.5, "message": "x" * 2000})) + "\n"
    path.write_text(line * 10_000)
    tracemalloc.start()
    count = sum(1 for _ in read_events(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > 20e6
    assert count == 10_000
    assert peak < 1e6


def test_an_event_offers_its_fields() -> None:
    event = Event("step", data={"loss": 0.5})

    assert event["loss"] == 0.5
    assert event.get("accuracy") is None
    assert event.get("accuracy", 3) == 3
    with pytest.raises(KeyError):
        event["accuracy"]


def test_the_head_of_an_event_cannot_be_replaced_by_a_field() -> None:
    event = Event("step", 3, data={"event": "ended", "step": 9, "v": 7})

    assert parse_event(dump_event(event)).step == 3
    assert parse_event(dump_event(event)).kind == "step"


def test_the_sample_events_have_every_field_the_schema_lists(tmp_path: Path) -> None:
    listed = re.search(r"By kind:\n\n(.*?)\n\n", events.__doc__ or "", re.DOTALL)
    assert listed is not None
    documented: dict[str, set[str]] = {}
    for part in re.split(r"\n {4}(?=\w)", "\n" + listed[1]):
        kind, _, text = part.strip().partition(" ")
        while "(" in text:
            text = re.sub(r"\([^()]*\)", "", text)
        names = {name for name in re.split(r"[,\s]+", text) if name and name != "and"}
        documented[kind] = names

    documented.pop("")
    assert tuple(documented) == KINDS
    assert {event.kind: set(event.data) for event in sample_events(tmp_path)} == documented
