"""Charts and long logs: how long a redraw takes, and how soon a long run is seen."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from textual.app import App

from seqkit.runs.folder import RunFolder
from seqkit.tui.chart import Axis, Plot, Series, whole
from seqkit.tui.chart.picture import compose
from seqkit.tui.chart.smooth import Smoothed
from seqkit.tui.colours import CHART_DEFAULTS
from seqkit.tui.monitor import MonitorScreen
from tests.benchmarks.long_runs import EVENTS, make_run, step_lines

AIMS = {1_000: 2.0, 10_000: 2.0, 100_000: 2.0, 1_000_000: 6.0}
"""Milliseconds that a redraw of so many points may take."""


@pytest.mark.slow
@pytest.mark.parametrize("points", AIMS)
def test_the_redraw_of_a_chart(points: int) -> None:
    generator = np.random.default_rng(0)
    x = np.arange(points, dtype=np.float64)
    y = (1 + generator.normal(0, 0.1, points)).astype(np.float32)
    smoothed = Smoothed(0.03)
    start = time.perf_counter()
    average = smoothed.follow(y)
    first = time.perf_counter() - start
    plot = Plot(
        "Loss",
        [Series("train", x, y, "chart-raw", behind=True), Series("smoothed", x, average)],
        axis=Axis("step", whole, "whole"),
        live=True,
    )
    picture = compose(plot, 120, 24)
    times = []
    for _ in range(50):
        start = time.perf_counter()
        compose(plot, 120, 24, before=picture)
        times.append(1000 * (time.perf_counter() - start))
    print(
        f"\n{points:>9,} points, raw and smoothed, 120 x 24: "
        f"min {min(times):.2f} ms  median {np.median(times):.2f} ms  (aim: at most {AIMS[points]} "
        f"ms); first average {1000 * first:.1f} ms"
    )


WATCH = """
import resource, sys, time
from pathlib import Path
start = time.perf_counter()
from seqkit.runs.folder import RunFolder
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.monitor.curves import Curves, View
from seqkit.tui.chart.picture import compose
from seqkit.tui.watch import Watch
imported = time.perf_counter()
watch = Watch(RunFolder(Path(sys.argv[1])))
watch.open()
curves = Curves()
def draw():
    for plot in curves.plots(watch.history, View(live=False)).values():
        compose(plot, 120, 24)
draw()
seen, points = time.perf_counter(), watch.history.steps.count
longest = 0.0
while watch.filling:
    time.sleep(0.1)
    before = time.perf_counter()
    watch.poll()
    longest = max(longest, time.perf_counter() - before)
whole = time.perf_counter()
draw()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(imported - start, seen - imported, points, whole - imported, watch.history.steps.count,
      longest, memory)
"""


@pytest.mark.slow
def test_a_run_of_a_million_events(tmp_path: Path) -> None:
    run = make_run(tmp_path / "million", EVENTS + 1, "finished")
    size = run.events_file.stat().st_size / 1e6
    print(f"\n{EVENTS:,} events, {size:.0f} MB (aims: charts 0.6 s, whole 6 s, reopened 0.5 s)")
    for name in ("first time", "reopened"):
        done = subprocess.run(
            [sys.executable, "-c", WATCH, str(run.path)],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"SEQKIT_HOME": str(tmp_path / "home")},
        )
        imported, seen, points, whole, count, longest, memory = map(float, done.stdout.split())
        assert count == EVENTS
        print(
            f"{name:10}  imports {imported:.2f} s, then charts of {points:,.0f} points after "
            f"{seen:.2f} s, of all after {whole:.2f} s; longest stall {1000 * longest:.0f} ms; "
            f"{memory:.0f} MB"
        )


class Alone(App[None]):
    """Shows one monitor."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self.run_folder = run

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return CHART_DEFAULTS

    def on_mount(self) -> None:
        self.push_screen(MonitorScreen(self.run_folder))


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0, 20, 1000])
def test_the_cost_of_watching_a_live_run(tmp_path: Path, rate: int) -> None:
    """Processor time of five charts at 200 x 60 while a run writes so many events a second."""
    run = make_run(tmp_path / "live", 20_000, "running" if rate else "finished")
    seconds, beats = 10.0, 20

    async def watched() -> float:
        app = Alone(run)
        async with app.run_test(size=(200, 60)):
            await asyncio.sleep(3.0)
            lines = list(step_lines(20_000, 20_000 + int(rate * seconds)))
            share = max(1, len(lines) // int(seconds * beats))
            start, begun = time.process_time(), time.perf_counter()
            with run.events_file.open("a", encoding="utf-8") as file:
                while (elapsed := time.perf_counter() - begun) < seconds:
                    written = int(elapsed * beats) * share
                    file.writelines(lines[written : written + share])
                    file.flush()
                    await asyncio.sleep(1 / beats)
            return (time.process_time() - start) / (time.perf_counter() - begun)

    with contextlib.closing(asyncio.new_event_loop()) as loop:
        used = loop.run_until_complete(watched())
    aim = "0.5 %" if not rate else "15 %"
    print(f"\n{rate:>5} events/s: {used:.1%} of a core (aim: at most {aim})")
