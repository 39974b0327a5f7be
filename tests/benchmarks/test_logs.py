"""What a log costs: an event with its checksum, written and read, and 500,000 of them taken in."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from seqkit.events import Event, EventLog, read_events
from seqkit.runs.log import RunLog
from tests.benchmarks.long_runs import make_run

EVENTS = 50_000
LONG = 500_000
FIELDS = {
    "loss": 0.6180339887498949,
    "learning_rate": 0.000999998,
    "gradient_norm": 2.542301210811698,
    "examples_per_second": 652.7549237953228,
    "tokens_per_second": 11275.345128697109,
    "elapsed": 0.1,
    "eta": 49999.9,
}


@pytest.mark.slow
def test_an_event_written_and_read(tmp_path: Path) -> None:
    events = [Event("step", step, step / 1000, FIELDS, 1e9) for step in range(EVENTS)]
    writing, reading = [], []
    for turn in range(7):
        path = tmp_path / f"{turn}.jsonl"
        start = time.process_time()
        log = EventLog(path)
        for event in events:
            log.write(event)
        log.close()
        written = time.process_time()
        assert sum(1 for _ in read_events(path)) == EVENTS
        writing.append((written - start) / EVENTS * 1e6)
        reading.append((time.process_time() - written) / EVENTS * 1e6)
    for what, times in (("written", writing), ("read", reading)):
        print(f"\nan event {what}: min {min(times):.1f}  median {sorted(times)[3]:.1f} us", end="")
    print()


@pytest.mark.slow
def test_a_long_log_taken_in(tmp_path: Path) -> None:
    run = make_run(tmp_path / "long", LONG, "finished")
    times = []
    for _ in range(5):
        start = time.process_time()
        log = RunLog(run.events_file).read_all()
        times.append(time.process_time() - start)
        assert (log.summary.step, log.damaged) == (LONG - 1, [])
    print(
        f"\n{LONG:,} step events taken in: min {min(times):.2f}  median {sorted(times)[2]:.2f} s "
        "of processor time (aim: under 1)"
    )
