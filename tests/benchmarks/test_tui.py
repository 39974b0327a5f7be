"""The terminal UI in a real terminal: how soon, how often, and at what price.

Times are taken where bytes leave the program, before the terminal of the test draws them. Where a
figure is of processor time, it is that of the program alone.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest

from seqkit.events import Event, dump_event
from seqkit.runs.folder import RunFolder, all_runs
from tests.benchmarks.long_runs import EVENTS, make_run, step_lines

if sys.platform == "win32":
    pytest.skip("pseudo-terminals are of POSIX", allow_module_level=True)

from tests.tui.terminal import Terminal

pytestmark = pytest.mark.slow

HELLO = """
from textual.app import App
from textual.widgets import Static

class Hello(App):
    def compose(self):
        yield Static("hello, terminal")

Hello().run()
"""
BRAILLE = re.compile(rb"(?:\xe2[\xa0-\xa3][\x80-\xbf]){3}")
USUAL, LARGE = (120, 36), (200, 60)
SLOW = 15_000
"""Bytes a second that a slow line takes."""


def seconds_of(program: psutil.Process) -> float:
    """Returns the processor time of a program so far."""
    times = program.cpu_times()
    return times.user + times.system


def megabytes(program: psutil.Process) -> float:
    return program.memory_info().rss / 1e6


def until_written(terminal: Terminal, pattern: re.Pattern[bytes], since: int = 0) -> float:
    """Waits until a program has written something; returns when, without the time to draw it."""
    deadline = time.monotonic() + 120
    while not pattern.search(terminal.raw, since):
        assert time.monotonic() < deadline, terminal.text
        terminal.read()
    return terminal.taken


def wait(terminal: Terminal, seconds: float) -> None:
    """Reads what a program writes for so long, as a terminal would."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        terminal.read(min(left, 0.05))


def describe(name: str, values: list[float], unit: str, aim: str) -> str:
    low, middle, high = min(values), float(np.median(values)), max(values)
    return f"{name}: min {low:.3g}  median {middle:.3g}  max {high:.3g} {unit} ({aim})"


@contextmanager
def opened(run: RunFolder, folder: Path, size: tuple[int, int] = USUAL) -> Iterator[Terminal]:
    """Opens the monitor of the only run of a folder."""
    with Terminal("tui", folder=folder, columns=size[0], lines=size[1]) as terminal:
        terminal.wait_for("1 Runs", run.name)
        terminal.press("enter")
        terminal.wait_for("Loss", "ex/s")
        wait(terminal, 2.0)
        yield terminal


@contextmanager
def writing(run: RunFolder, rate: int, first: int) -> Iterator[None]:
    """Writes so many step events a second, twenty batches a second, while a block runs.

    The run is held as training holds it: of one that nobody holds, the monitor looks once a second.
    """
    ended = threading.Event()

    def write() -> None:
        beat, step = 1 / min(20, rate), first
        due = time.perf_counter()
        with run.events_file.open("a", encoding="utf-8") as file:
            while not ended.wait(max(0.0, due - time.perf_counter())):
                last = step + max(1, round(rate * beat))
                file.writelines(step_lines(step, last))
                file.flush()
                step, due = last, due + beat

    thread = threading.Thread(target=write)
    with run.hold():
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def test_the_first_picture_of_the_shell(tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "one", 1000, "finished")
    shell, hello, busy, ratios, memory = [], [], [], [], []
    for _ in range(7):
        with Terminal(folder=tmp_path, program=(sys.executable, "-c", HELLO)) as terminal:
            hello.append(until_written(terminal, re.compile(b"hello, terminal")) - terminal.started)
            bare = seconds_of(psutil.Process(terminal.process.pid))
        with Terminal("tui", folder=tmp_path) as terminal:
            shell.append(until_written(terminal, re.compile(b"New run")) - terminal.started)
            program = psutil.Process(terminal.process.pid)
            busy.append(seconds_of(program))
            ratios.append(busy[-1] / bare)
            wait(terminal, 1.0)
            memory.append(megabytes(program))
    print(
        "\n"
        + describe("shell, first picture", shell, "s", "aim: 0.35")
        + "\n"
        + describe("  of processor time", busy, "s", "as above, without waiting")
        + "\n"
        + describe("  / a bare Textual app", ratios, "x in processor time", "no aim")
        + "\n"
        + describe("  a bare Textual app", hello, "s", "for comparison")
        + "\n"
        + describe("  memory", memory, "MB", "aim: at most 90")
    )


def test_a_run_of_a_million_events_in_view(tmp_path: Path) -> None:
    run = make_run(tmp_path / "runs" / "million", EVENTS, "finished")
    seen: list[float] = []
    again: list[float] = []
    busy, whole, memory = [], [], []
    for turn in range(3):
        os.environ["SEQKIT_HOME"] = str(tmp_path / f"home-{turn}")
        for times in (seen, again):
            with Terminal("tui", folder=tmp_path, columns=120, lines=36) as terminal:
                terminal.wait_for("1 Runs", run.name)
                wait(terminal, 0.5)
                program = psutil.Process(terminal.process.pid)
                before, start, cost = len(terminal.raw), time.perf_counter(), seconds_of(program)
                terminal.type("\r")
                times.append(until_written(terminal, BRAILLE, before) - start)
                if times is seen:
                    busy.append(seconds_of(program) - cost)
                terminal.wait_for("Loss", "ex/s")
                terminal.wait_for("reading its history", gone=True)
                if times is seen:
                    whole.append(terminal.taken - start)
                wait(terminal, 0.5)
                memory.append(megabytes(program))
    print(
        f"\n{EVENTS:,} events, {run.events_file.stat().st_size / 1e6:.0f} MB\n"
        + describe("charts in view", seen, "s", "aim: 0.6")
        + "\n"
        + describe("  of processor time", busy, "s", "as above, without waiting")
        + "\n"
        + describe("whole history", whole, "s", "aim: 6")
        + "\n"
        + describe("opened again", again, "s", "aim: 0.5")
        + "\n"
        + describe("memory", memory, "MB", "aim: at most 150")
    )


def test_the_delay_from_a_key_to_the_screen(tmp_path: Path) -> None:
    """Moves the cursor that all charts share, while a run writes 1,000 events a second."""
    run = make_run(tmp_path / "runs" / "live", 100_000, "running")
    reading, delays = re.compile(r"Loss +step ([\d,]+)"), []
    with writing(run, 1000, 100_000), opened(run, tmp_path) as terminal:
        terminal.press("\x1b[H", *["\x1b[C"] * 5)
        terminal.wait_until(lambda: bool(reading.search(terminal.text)), "a reading")
        generator = np.random.default_rng(0)
        for number in range(300):
            wait(terminal, float(generator.uniform(0.02, 0.1)))
            found = reading.findall(terminal.text)
            start = time.perf_counter()
            terminal.type("\x1b[C" if number % 2 else "\x1b[D")
            while reading.findall(terminal.text) == found:
                assert time.perf_counter() - start < 10, terminal.text
                terminal.read(0.02)
            delays.append(1000 * (terminal.taken - start))
    middle, high = np.quantile(delays, [0.5, 0.95])
    print(
        f"\nkey to screen at 1,000 events/s: median {middle:.1f} ms (aim: 15), 95 % under "
        f"{high:.1f} ms (aim: 50), longest {max(delays):.1f} ms"
    )


@pytest.mark.parametrize("rate", [20, 1000])
def test_the_delay_from_an_event_to_the_screen(tmp_path: Path, rate: int) -> None:
    run = make_run(tmp_path / "runs" / "live", 20_000, "running")
    generator, delays = np.random.default_rng(0), []
    with writing(run, rate, 20_000), opened(run, tmp_path) as terminal:
        for number in range(100):
            wait(terminal, float(generator.uniform(0.05, 0.3)))
            # A line that is longer than a pipe takes at once would be torn; this one is not.
            event = Event("warning", 20_000, 0.2, {"message": f"mark {number:04}."})
            line = dump_event(event) + "\n"
            start = time.perf_counter()
            with run.events_file.open("a", encoding="utf-8") as file:
                file.write(line)
            since = len(terminal.raw)
            while f"mark {number:04}.".encode() not in terminal.raw[since:]:
                if terminal.read(0.02) and f"mark {number:04}." in terminal.text:
                    break
                assert time.perf_counter() - start < 10, terminal.text
            delays.append(1000 * (terminal.taken - start))
    middle, high = np.quantile(delays, [0.5, 0.99])
    print(
        f"\nevent to screen at {rate:,} events/s: median {middle:.0f} ms, 99 % under {high:.0f} ms "
        f"(aim: 300)"
    )


@pytest.mark.parametrize("size", [USUAL, LARGE])
@pytest.mark.parametrize("rate", [20, 1000])
def test_the_cost_of_charts_that_move(tmp_path: Path, rate: int, size: tuple[int, int]) -> None:
    run = make_run(tmp_path / "runs" / "live", 20_000, "running")
    with writing(run, rate, 20_000), opened(run, tmp_path, size) as terminal:
        wait(terminal, 2.0)
        program = psutil.Process(terminal.process.pid)
        start, cost, before = time.perf_counter(), seconds_of(program), len(terminal.raw)
        wait(terminal, 15.0)
        elapsed = time.perf_counter() - start
        cost, written = seconds_of(program) - cost, len(terminal.raw) - before
    print(
        f"\n{rate:>5} events/s, {size[0]} x {size[1]}: {cost / elapsed:.1%} of a core (aim: at most"
        f" 15 %), {written / elapsed / 1000:.1f} kB/s (aim: at most 60)"
    )


@pytest.mark.parametrize("size", [USUAL, LARGE])
def test_the_delay_from_a_key_to_a_screen_at_the_end_of_a_slow_line(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """Opens and closes the help over charts that move, as seen where 15 kB/s arrive."""
    run = make_run(tmp_path / "runs" / "live", 20_000, "running")
    opening, closing = [], []
    with writing(run, 1000, 20_000), opened(run, tmp_path, size) as terminal:
        wait(terminal, 2.0)
        terminal.rate = SLOW
        wait(terminal, 10.0)
        generator = np.random.default_rng(0)
        for _ in range(10):
            wait(terminal, float(generator.uniform(1.0, 2.0)))
            terminal.type("?")
            opening.append(terminal.wait_for("On this screen"))
            wait(terminal, float(generator.uniform(1.0, 2.0)))
            terminal.type("q")
            closing.append(terminal.wait_for("On this screen", gone=True))
    print(
        "\n"
        + describe(f"? at {SLOW / 1000:g} kB/s, {size[0]} x {size[1]}", opening, "s", "aim: 1")
        + "\n"
        + describe("  closed again", closing, "s", "aim: 1")
    )


@pytest.mark.parametrize("screen", ["runs", "monitor"])
def test_the_cost_of_doing_nothing(tmp_path: Path, screen: str) -> None:
    run = make_run(tmp_path / "runs" / "done", 20_000, "finished")
    with Terminal("tui", folder=tmp_path) as terminal:
        terminal.wait_for("1 Runs", run.name)
        if screen == "monitor":
            terminal.press("enter")
            terminal.wait_for("Loss", "ex/s")
        wait(terminal, 3.0)
        program = psutil.Process(terminal.process.pid)
        start, cost, before = time.perf_counter(), seconds_of(program), len(terminal.raw)
        wait(terminal, 40.0)
        elapsed = time.perf_counter() - start
        cost, written = seconds_of(program) - cost, len(terminal.raw) - before
    print(
        f"\nidle, {screen}: {cost / elapsed:.2%} of a core (aim: at most 0.5 %), {written} bytes "
        f"written in {elapsed:.0f} s"
    )


def test_the_price_that_training_pays(tmp_path: Path) -> None:
    """Steps per second of processor time and of the clock, with and without a monitor beside it."""
    words = ("run", "sentiment", "--name", "busy", "trainer.epochs=1000", "trainer.log_every=1")
    with Terminal(*words, folder=tmp_path) as training:
        training.wait_until(lambda: any(all_runs(tmp_path / "runs")), "a run")
        run = RunFolder(tmp_path / "runs" / "busy")
        while not run.events_file.exists() or b'"step"' not in run.events_file.read_bytes():
            wait(training, 0.2)
        program = psutil.Process(training.process.pid)
        pairs = [
            (measured(run, program, training), beside(run, program, training)) for _ in range(6)
        ]
    processor = sorted(alone[0] / watched[0] for alone, watched in pairs)
    clock = sorted(alone[1] / watched[1] for alone, watched in pairs)
    print(
        f"\ntraining beside an open monitor / alone: processor time a step, median "
        f"{np.median(processor):.3f} ({processor[0]:.3f} to {processor[-1]:.3f}), time by the "
        f"clock {np.median(clock):.3f} ({clock[0]:.3f} to {clock[-1]:.3f}) (aim: at most 1.02)"
    )


def beside(run: RunFolder, program: psutil.Process, training: Terminal) -> tuple[float, float]:
    """Measures training while its monitor is open in another terminal."""
    with Terminal("tui", folder=run.path.parents[1], columns=120, lines=36) as terminal:
        terminal.wait_for("1 Runs", run.name)
        terminal.press("enter")
        terminal.wait_for("Loss", "ex/s")
        return measured(run, program, training, terminal)


def measured(
    run: RunFolder, program: psutil.Process, *terminals: Terminal, seconds: float = 8.0
) -> tuple[float, float]:
    """Returns the steps that training does per second of processor time, and per second."""

    def steps() -> int:
        return run.events_file.read_bytes().count(b'"event":"step"')

    first, cost, start = steps(), seconds_of(program), time.perf_counter()
    while time.perf_counter() - start < seconds:
        for terminal in terminals:
            terminal.read(0.05)
    done = steps() - first
    return done / (seconds_of(program) - cost), done / (time.perf_counter() - start)
