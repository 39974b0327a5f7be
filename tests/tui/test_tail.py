import json
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.events import Event, EventLog, dump_event
from seqkit.runs.folder import RunFolder
from seqkit.runs.tail import Tail, first_and_last, here_and_there
from seqkit.tui import backfill
from seqkit.tui.history import History
from seqkit.tui.watch import Watch


@pytest.fixture(autouse=True)
def as_much_time_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The helper steps back behind other programs; here it runs in the process of the tests."""
    monkeypatch.setattr("os.nice", lambda _: 0)


def step(number: int, loss: Any = 0.5, **more: Any) -> Event:
    fields = {
        "loss": loss,
        "learning_rate": 0.001,
        "gradient_norm": 1.0,
        "examples_per_second": 100.0,
        "tokens_per_second": 1000.0,
        "elapsed": number * 0.1,
        "eta": 1.0,
    }
    return Event("step", number, number / 100, fields | more, 1e9 + number)


def evaluation(number: int, **metrics: float) -> Event:
    fields = {"split": "validation", "loss": 0.6, "train_loss": 0.5, "metrics": metrics}
    return Event("evaluation", number, number / 100, fields | {"best": True, "elapsed": 1.0}, 1e9)


def started(number: int = 0, resumed_from: int | None = None) -> Event:
    fields = {"run": "one", "task": "classification", "resumed_from": resumed_from}
    return Event("started", number, number / 100, fields, 1e9)


def line(event: Event) -> bytes:
    return dump_event(event).encode()


def write(path: Path, *events: Event) -> None:
    with path.open("ab") as file:
        for event in events:
            file.write(line(event) + b"\n")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


# --- following ------------------------------------------------------------------------------------


def test_lines_are_read_once_as_they_come(log: Path) -> None:
    tail = Tail(log)
    assert tail.read().lines == ()
    assert tail.state == "waiting"
    log.write_bytes(b"one\ntwo\n")
    assert list(tail.read().lines) == [b"one", b"two"]
    assert not tail.changed()
    with log.open("ab") as file:
        file.write(b"three\n\n")
    assert tail.changed()
    assert list(tail.read().lines) == [b"three", b""]
    assert tail.offset == log.stat().st_size


def test_a_line_cut_in_the_middle_waits_for_its_rest(log: Path) -> None:
    tail = Tail(log)
    log.write_bytes(b"one\nhal")
    assert list(tail.read().lines) == [b"one"]
    assert not tail.changed()
    with log.open("ab") as file:
        file.write(b"f")
    assert list(tail.read().lines) == []
    with log.open("ab") as file:
        file.write(b"\nnext\n")
    assert list(tail.read().lines) == [b"half", b"next"]


def test_a_long_log_is_read_in_slices(log: Path) -> None:
    lines = [b"%06d" % number for number in range(1000)]
    log.write_bytes(b"\n".join(lines) + b"\n")
    tail, looks = Tail(log), 0
    found: list[bytes] = []
    while True:
        news = tail.read(limit=100)
        found += news.lines
        looks += 1
        if not news.more:
            break
    assert found == lines
    assert looks == 70


@pytest.mark.parametrize("how", ["cut short", "rewritten", "replaced"])
def test_another_file_in_its_place_is_read_from_its_start(log: Path, how: str) -> None:
    log.write_bytes(b"one\ntwo\nthree\n")
    tail = Tail(log)
    tail.read()
    if how == "cut short":
        log.write_bytes(b"new\n")
    elif how == "rewritten":
        log.write_bytes(b"new\n" + b"x" * 40 + b"\n")
    else:
        other = log.with_name("other")
        other.write_bytes(b"new\ntwo\nthree\nfour\n")
        other.replace(log)
    assert tail.changed()
    news = tail.read()
    assert news.restarted
    assert news.lines[0] == b"new"


def test_a_log_that_is_deleted_is_gone_and_may_come_back(log: Path) -> None:
    log.write_bytes(b"one\n")
    tail = Tail(log)
    tail.read()
    log.unlink()
    assert tail.changed()
    assert tail.read().lines == ()
    assert str(tail.state) == "gone"
    assert not tail.changed()
    log.write_bytes(b"two\n")
    assert list(tail.read().lines) == [b"two"]
    assert tail.state == "following"


def test_whole_lines_of_the_ends_and_the_middle_are_found(log: Path) -> None:
    lines = [b"%08d %s" % (number, b"x" * 50) for number in range(20_000)]
    log.write_bytes(b"\n".join(lines) + b"\nunfinished")
    head, tail, end = first_and_last(log, 4096)
    assert head[0] == lines[0]
    assert tail[-1] == lines[-1]
    between = here_and_there(log, 4096, end - 4096, seeks=100)
    assert 90 <= len(between) <= 100
    assert set(between) <= set(lines)
    assert between == sorted(between)
    head, tail, _ = first_and_last(log, 10**9)
    assert head == lines
    assert tail == []


# --- taking in ------------------------------------------------------------------------------------


def test_events_become_columns(log: Path) -> None:
    history = History()
    history.feed(map(line, [started(), step(1, 0.9), step(2, math.nan), step(3, -math.inf)]))
    history.feed(map(line, [evaluation(3, accuracy=0.7), evaluation(6, accuracy=0.8, f1=0.5)]))
    assert history.steps["step"].tolist() == [1, 2, 3]
    assert history.steps["loss"].tolist() == pytest.approx([0.9, math.nan, -math.inf], nan_ok=True)
    assert history.evaluations["accuracy"].tolist() == pytest.approx([0.7, 0.8])
    assert history.evaluations["f1"].tolist() == pytest.approx([math.nan, 0.5], nan_ok=True)
    assert [event.step for event in history.best] == [3, 6]
    assert history.damaged == 0
    assert (history.step, history.eta) == (6, 1.0)


HOSTILE: list[bytes] = [
    b"{",
    b"null",
    b"[]",
    b'"step"',
    b"\xff\xfe\x00",
    b'{"event": "step"}',
    b'{"v": 2, "event": "step", "step": 5}',
    b'{"v": 1, "event": ["step"], "step": 5}',
    b'{"v": 1, "event": "step"}',
    b'{"v": 1, "event": "step", "step": "five"}',
    b'{"v": 1, "event": "step", "step": 5, "loss": [1]}',
    b'{"v": 1, "event": "step", "step": 5, "loss": "much"}',
    b'{"v": 1, "event": "step", "step": 5, "loss": {"a": 1}}',
    b'{"v": 1, "event": "step", "step": 1' + b"0" * 400 + b', "loss": 1.0}',
    b'{"v": 1, "event": "evaluation", "time": 0, "step": "x", "epoch": 0}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_a_damaged_line_is_counted_and_costs_no_other(hostile: bytes) -> None:
    history = History()
    history.feed([line(step(4)), hostile, line(step(6))])
    assert history.steps["step"].tolist() == [4, 6]
    assert history.damaged == 1


def test_odd_values_in_whole_events_do_no_harm() -> None:
    history = History()
    odd: list[dict[str, Any]] = [
        {"event": "evaluation", "metrics": "none", "loss": None},
        {"event": "evaluation", "metrics": {"step": 7, "a": [1], "b": True}, "loss": "x"},
        {"event": "sample", "items": 3},
        {"event": "control", "request": None, "message": {"a": "\x1b[2J"}},
        {"event": "checkpoint"},
        {"event": "ended", "status": None, "elapsed": "long"},
        {"event": "surprise"},
    ]
    head: dict[str, Any] = {"v": 1, "time": 0, "step": 9, "epoch": 0.1}
    history.feed(json.dumps(head | fields).encode() for fields in odd)
    assert history.damaged == 0
    assert history.evaluations["step"].tolist() == [9, 9]
    assert "\x1b" not in "".join(entry.text for entry in history.entries)


def test_steps_that_run_backwards_without_a_reason_are_damage() -> None:
    history = History()
    history.feed(map(line, [step(5), step(3), step(7, elapsed="NaN"), step(8, elapsed=0.1)]))
    assert history.steps["step"].tolist() == [5, 7, 8]
    assert history.damaged == 1
    assert sorted(history.steps["elapsed"].tolist()) == history.steps["elapsed"].tolist()


def test_a_resumed_run_forgets_what_came_after_its_checkpoint() -> None:
    history = History()
    sample = Event("sample", 8, 0.08, {"split": "validation", "items": []})
    checkpoint = Event("checkpoint", 8, 0.08, {"path": "x", "best": True})
    history.feed(map(line, [started(), *map(step, range(1, 11)), evaluation(4, a=1)]))
    history.feed(map(line, [evaluation(8, a=2), sample, checkpoint]))
    history.feed(map(line, [started(5, resumed_from=5), step(6, 0.25)]))
    assert history.steps["step"].tolist() == [1, 2, 3, 4, 5, 6]
    assert history.steps["loss"][-1] == 0.25
    assert history.evaluations["step"].tolist() == [4]
    assert [event.step for event in history.best] == [4]
    assert list(history.samples) == []
    assert [event.kind for event in history.marks] == ["started"]
    assert history.damaged == 0


def test_the_log_of_a_long_run_stays_bounded() -> None:
    history = History()
    warning = line(Event("warning", 1, 0.0, {"message": "again"}))
    history.feed([warning] * 6000)
    assert len(history.entries) == 5000
    assert history.entries_before == 1000


# --- long logs ------------------------------------------------------------------------------------


@pytest.fixture
def long_run(tmp_path: Path) -> RunFolder:
    """A run of 6,000 steps whose process was resumed after step 4,000, from step 3,000."""
    run = RunFolder(tmp_path / "long")
    run.path.mkdir()
    write(run.events_file, started(), *(step(number, 1 / number) for number in range(1, 4001)))
    write(run.events_file, evaluation(2000, accuracy=0.5), evaluation(4000, accuracy=0.9))
    write(run.events_file, started(3000, resumed_from=3000))
    write(run.events_file, *(step(number, 2 / number) for number in range(3001, 6001)))
    (run.path / "run.json").write_text(json.dumps({"status": "finished"}))
    return run


def until(condition: Callable[[], bool], watch: Watch) -> None:
    for _ in range(2000):
        watch.poll()
        if condition():
            return
        os.sched_yield()
        if watch._helper is not None:
            watch._helper.wait(30)
    raise AssertionError("it never came true")


def assert_whole(history: History) -> None:
    assert history.steps["step"].tolist() == list(range(1, 6001))
    assert history.steps["loss"][3499] == pytest.approx(2 / 3500)
    assert history.evaluations["accuracy"].tolist() == pytest.approx([0.5])
    assert history.damaged == 0
    assert not history.sparse


def test_a_long_log_is_seen_sparsely_at_once_and_wholly_soon(long_run: RunFolder) -> None:
    watch = Watch(long_run, large=1000)
    watch.open()
    assert watch.filling
    seen = watch.history.steps["step"]
    assert 100 < len(seen) < 6001
    assert seen.tolist() == sorted(seen.tolist())
    assert seen[-1] == 6000
    write(long_run.events_file, step(6001))
    watch.poll()
    assert watch.history.steps["step"][-1] == 6001
    until(lambda: not watch.filling, watch)
    assert watch.history.steps["step"].tolist() == list(range(1, 6002))
    watch.close()


def test_a_run_seen_before_is_there_at_once_and_goes_on(long_run: RunFolder) -> None:
    assert backfill.main([str(long_run.events_file)]) == 0
    write(long_run.events_file, step(6001), Event("warning", 6001, 0.0, {"message": "late"}))
    watch = Watch(long_run, large=1000)
    watch.open()
    assert not watch.filling
    assert_whole(watch.history)
    watch.poll()
    assert watch.history.steps["step"][-1] == 6001
    assert watch.history.entries[-1].text == "late"
    watch.close()


def test_a_cache_keeps_everything_a_history_has(long_run: RunFolder) -> None:
    sample = Event("sample", 6000, 1.0, {"split": "test", "items": [{"text": "NaN"}]})
    test = Event("evaluation", 6000, 1.0, {"split": "test", "loss": math.nan, "metrics": {}})
    ended = Event("ended", 6000, 1.0, {"status": "finished", "message": "", "elapsed": 1.0})
    write(long_run.events_file, sample, test, ended)
    assert backfill.main([str(long_run.events_file)]) == 0
    found = backfill.load(long_run.events_file)
    assert found is not None
    history, offset = found
    read, tail = History(), Tail(long_run.events_file)
    backfill.read_whole(read, tail)
    assert offset == tail.offset == long_run.events_file.stat().st_size
    assert_whole(history)
    for name in ("started", "samples", "marks", "entries", "ended", "step", "eta"):
        assert getattr(history, name) == getattr(read, name), name
    assert history.test is not None
    assert math.isnan(history.test["loss"])


def test_a_cache_of_another_log_or_a_damaged_one_is_not_used(long_run: RunFolder) -> None:
    log = long_run.events_file
    assert backfill.main([str(log)]) == 0
    whole = log.read_bytes()
    log.write_bytes(whole.replace(b'"step":5999', b'"step":5998'))
    assert backfill.load(log) is None
    log.write_bytes(whole[:-10])
    assert backfill.load(log) is None
    log.write_bytes(whole)
    assert backfill.load(log) is not None
    cache = backfill.cache_file(log)
    cache.write_bytes(cache.read_bytes()[:-300])
    assert backfill.load(log) is None
    assert backfill.main([str(log)]) == 0
    assert backfill.load(log) is not None


def test_old_caches_are_deleted(tmp_path: Path) -> None:
    for number in range(backfill.KEPT + 3):
        log = tmp_path / f"{number}.jsonl"
        write(log, step(1))
        assert backfill.main([str(log)]) == 0
        os.utime(backfill.cache_file(log), (number, number))
    kept = list(backfill.cache_file(log).parent.glob("*.npz"))
    assert len(kept) == backfill.KEPT
    assert backfill.load(tmp_path / "0.jsonl") is None


def test_a_helper_that_fails_costs_nothing(long_run: RunFolder, monkeypatch: Any) -> None:
    blocked = long_run.path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SEQKIT_HOME", str(blocked))
    watch = Watch(long_run, large=1000)
    watch.open()
    assert watch.filling
    until(lambda: not watch.filling, watch)
    assert_whole(watch.history)
    watch.close()


def test_a_log_that_its_writer_left_unfinished_is_read_to_its_last_line(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "one")
    run.path.mkdir()
    write(run.events_file, started(), step(1))
    with run.events_file.open("ab") as file:
        file.write(line(step(2))[:40])
    watch = Watch(run)
    watch.open()
    watch.poll()
    writer = EventLog(run.events_file)
    writer.write(step(3))
    writer.close()
    watch.poll()
    assert watch.history.steps["step"].tolist() == [1, 3]
    assert watch.history.damaged == 1
    assert "is not a run" in watch.complaint


def test_a_hole_of_a_terabyte_in_the_place_of_a_log_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with path.open("wb") as file:
        file.truncate(2**40)
    tail = Tail(path)
    assert not tail.read().lines
    assert tail.problem == f"{path} has more than 16 GiB, as no log has."
