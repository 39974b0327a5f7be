"""A run's log: read on from where it ended, with its damage numbered and what is cut off told."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import CheckpointError
from seqkit.events import Event, EventLog, dump_event
from seqkit.runs.folder import RunFolder, create_run
from seqkit.runs.listing import describe
from seqkit.runs.log import RunLog, damage_of, damaged_lines, read_log
from seqkit.runs.summary import MOST_STEPS, summarise
from seqkit.storage.checksums import sealed_line
from seqkit.storage.locks import Hold


def step(number: int, **more: Any) -> Event:
    fields = {"loss": 1 / number, "examples_per_second": 100.0 * number, "elapsed": number * 0.5}
    return Event("step", number, number / 10, fields | {"eta": 3.0} | more, 1e9 + number)


def evaluation(number: int, split: str = "validation") -> Event:
    fields = {"split": split, "loss": 0.5, "metrics": {"accuracy": 0.75}, "best": True}
    return Event("evaluation", number, number / 10, fields, 1e9 + number)


def started(resumed_from: int | None = None) -> Event:
    fields = {"metric": "accuracy", "total_steps": 20, "resumed_from": resumed_from}
    return Event("started", resumed_from or 0, (resumed_from or 0) / 10, fields, 1e9)


ENDED = Event("ended", 20, 2.0, {"status": "finished", "message": "", "elapsed": 10.0}, 2e9)
WHOLE = (started(), *map(step, range(1, 21)), evaluation(20), evaluation(20, "test"), ENDED)


def make_run(folder: Path, *events: Event, **info: Any) -> RunFolder:
    run = create_run(folder, "base", "one")
    run.update(**({"status": "finished", "ended": 2e9, "evaluation": {"step": 20}} | info))
    log = EventLog(run.events_file)
    for event in events:
        log.write(event)
    log.close()
    return run


def lines_of(run: RunFolder) -> list[bytes]:
    return run.events_file.read_bytes().splitlines(keepends=True)


# --- reading on -----------------------------------------------------------------------------------


def test_a_log_is_read_on_from_where_it_ended(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE[:5])
    log = read_log(run)
    before = log.summary
    # What is read already may change: nothing of it is read again.
    content = run.events_file.read_bytes()
    run.events_file.write_bytes(b"x" * 200 + content[200:])
    writer = EventLog(run.events_file)
    for event in WHOLE[5:]:
        writer.write(event)
    writer.close()

    assert log.read_all().summary is before
    assert log.damaged == []
    assert (log.summary.step, log.summary.speed) == (20, 1050.0)
    assert [point[0] for point in log.summary.train] == [number / 10 for number in range(1, 21)]
    assert log.summary.score() == ("test", "accuracy", 0.75)


def test_a_line_that_is_being_written_is_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE[:3])
    line = dump_event(step(3)).encode() + b"\n"
    log = read_log(run)
    for place in range(len(line)):
        with run.events_file.open("ab") as file:
            file.write(line[place : place + 1])
        log.read_all()
        assert log.damaged == []
    assert log.summary.step == 3
    assert len(log.summary.train) == 3


def test_a_last_line_without_its_line_break_counts_once(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE[:3])
    content = run.events_file.read_bytes()
    run.events_file.write_bytes(content[:-1])
    log = read_log(run)
    assert log.summary.step == 2
    run.events_file.write_bytes(content + b"{torn\n" + dump_event(step(3)).encode() + b"\n")

    assert len(log.read_all().summary.train) == 3
    assert log.damaged == [4]


def test_another_log_in_its_place_is_read_from_its_start(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE)
    log = read_log(run)
    run.events_file.write_bytes(b"{torn\n" + dump_event(step(1)).encode() + b"\n")

    assert log.read_all().summary.step == 1
    assert log.damaged == [1]


def test_a_log_is_read_in_slices(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE)
    log, slices = RunLog(run.events_file), 1
    while log.read(limit=300):
        slices += 1

    assert slices > 5
    assert vars(log.summary) == vars(read_log(run).summary)


def test_what_is_no_log_is_an_error(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    run.events_file.unlink()
    assert read_log(run).summary.step == 0
    run.events_file.mkdir()
    with pytest.raises(CheckpointError, match=r"events\.jsonl is a folder"):
        read_log(run)


# --- damage ---------------------------------------------------------------------------------------


def test_damaged_lines_are_left_out_and_numbered(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE)
    lines = lines_of(run)
    lines[11] = lines[11].replace(b'"loss":0.0909', b'"loss":0.0509')
    lines[21] = lines[21].replace(b'"accuracy":0.75', b'"accuracy":0.95')
    run.events_file.write_bytes(b"\n".join([b"".join(lines[:5]), b"".join(lines[5:])]))
    log = read_log(run)

    assert log.damaged == [13, 23]
    assert len(log.summary.train) == 19
    assert log.summary.evaluations == []
    assert describe(run)["damage"] == (
        f"2 lines of {run.events_file} are damaged and left out: line 13, 23"
    )


def test_damage_is_said_in_a_few_words(tmp_path: Path) -> None:
    assert damaged_lines(Path("log"), []) == ""
    assert damaged_lines(Path("log"), [4]) == "1 line of log is damaged and left out: line 4"
    many = damaged_lines(Path("log"), range(1, 2001))
    assert many == "2,000 lines of log are damaged and left out: line 1, 2, 3, 4, 5, ..."


@pytest.mark.parametrize("kept", [0, 1, 4, 20, 22, 23])
def test_a_log_that_breaks_off_before_the_run_ended_is_told(tmp_path: Path, kept: int) -> None:
    run = make_run(tmp_path, *WHOLE)
    assert describe(run)["damage"] == ""
    run.events_file.write_bytes(b"".join(lines_of(run)[:kept]))

    assert "breaks off before the end of what the run did" in describe(run)["damage"]


def test_a_log_that_breaks_off_within_a_line_is_told(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE)
    content = run.events_file.read_bytes()
    run.events_file.write_bytes(content[:-1])
    assert describe(run)["damage"] == ""
    run.events_file.write_bytes(content[:-10])
    assert "breaks off" in describe(run)["damage"]


def test_what_a_killed_process_had_no_time_to_write_is_no_damage(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE[:-2], status="running")
    run.events_file.write_bytes(run.events_file.read_bytes() + b'{"v":1,"event":"st')
    assert run.status() == "crashed"
    assert describe(run)["damage"] == ""
    run.events_file.write_bytes(b"".join(lines_of(run)[:15]))
    assert "breaks off" in describe(run)["damage"]


def test_a_run_that_went_back_to_a_checkpoint_has_lost_nothing(tmp_path: Path) -> None:
    events = (*WHOLE[:-2], started(15), step(16), step(17))
    run = make_run(tmp_path, *events, status="running")
    log = read_log(run)

    assert (log.summary.step, log.reached) == (17, 20)
    assert describe(run)["damage"] == ""


def test_the_end_of_a_run_that_is_just_being_written_is_not_missed(
    tmp_path: Path, held: Callable[[Path], Hold]
) -> None:
    run = make_run(tmp_path, *WHOLE[:-1])
    hold = held(run.path)
    assert damage_of(run, run.info(), live=False, log=read_log(run)) == ""
    hold.release()
    assert damage_of(run, run.info(), live=False, log=read_log(run)) != ""


# --- long logs ------------------------------------------------------------------------------------


def long_log(path: Path, steps: int) -> None:
    log = EventLog(path)
    log.write(started())
    for number in range(1, steps + 1):
        log.write(step(number))
    log.close()


def test_a_long_log_comes_to_few_steps_evenly_chosen_and_the_newest(tmp_path: Path) -> None:
    steps = 5 * MOST_STEPS
    long_log(tmp_path / "events.jsonl", steps)
    summary = RunLog(tmp_path / "events.jsonl").read_all().summary
    every = [step(number) for number in range(1, steps + 1)]

    assert (summary.step, summary.epoch) == (steps, steps / 10)
    assert (summary.elapsed, summary.eta) == (steps * 0.5, 3.0)
    assert summary.every == 8
    assert summary.train == [(event.epoch, event["loss"]) for event in every[::8]]
    assert summary.speed == pytest.approx(100 * steps / 2, rel=0.01)
    # As it does where every event is parsed.
    assert vars(summary) == vars(summarise([started(), *every]))


def test_steps_that_are_not_kept_are_checked_and_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    long_log(path, MOST_STEPS + 10)
    lines = path.read_bytes().splitlines()
    odd = sealed_line('{"v":1,"event":"step","time":1,"step":"no number","epoch":0}')
    # The first is kept as all are until then; of what follows every second one.
    lines[MOST_STEPS + 2] = odd
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert RunLog(path).read_all().damaged == []
    lines[MOST_STEPS + 3] = odd
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert RunLog(path).read_all().damaged == [MOST_STEPS + 4]


def test_damage_is_found_in_every_line_of_a_long_log(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    long_log(path, 3 * MOST_STEPS)
    content = bytearray(path.read_bytes())
    ends = [place for place, byte in enumerate(content) if byte == ord("\n")]
    chosen = sorted(random.Random(0).sample(range(1, len(ends)), 40))
    for number in chosen:
        content[ends[number] - 30] ^= 1
    path.write_bytes(content)

    assert RunLog(path).read_all().damaged == [number + 1 for number in chosen]


def test_a_run_that_goes_back_forgets_the_steps_after_it_in_a_long_log_too(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    long_log(path, 3 * MOST_STEPS)
    log = EventLog(path)
    log.write(started(resumed_from=100))
    log.write(step(101))
    log.close()
    read = RunLog(path).read_all()

    assert max(epoch for epoch, _ in read.summary.train) <= 10.1
    assert (read.summary.step, read.reached) == (101, 3 * MOST_STEPS)


def test_the_summary_of_a_log_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    long_log(path, 6 * MOST_STEPS)
    tracemalloc.start()
    log = RunLog(path).read_all()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert log.summary.step == 6 * MOST_STEPS
    assert kept < 1e6
    assert peak < 3e6


def test_a_copy_of_a_summary_stays_as_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path, *WHOLE[:3])
    log = read_log(run)
    before = log.summary.copy()
    log.summary.add(evaluation(3))

    assert (len(before.evaluations), len(log.summary.evaluations)) == (0, 1)
    assert before.train == log.summary.train
