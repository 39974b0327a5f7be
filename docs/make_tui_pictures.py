"""Draws the pictures of the terminal UI from the program: `python docs/make_tui_pictures.py`.

Trains a few small models in a folder of its own, walks through the screens, and saves each one as
it stands. Best on an idle machine; takes some minutes.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.new.pane import Pane
from seqkit.tui.runs.screen import RunsScreen

IMAGES = Path(__file__).resolve().parent / "images"
SIZE = (108, 32)
RUNS = (
    ("bilstm", "trainer.seed=1"),
    ("gru", "model=gru"),
    ("lstm-wide", "model=lstm", "model.hidden_size=128"),
    ("rnn", "model=rnn", "trainer.max_steps=200"),
)
LIVE = ("gru-slow", "model=gru", "trainer.epochs=400", "trainer.learning_rate=0.0005")


def train(folder: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "seqkit", "run", "sentiment", "trainer.threads=1", *words]
    return subprocess.Popen(
        [*command, "--name", name, "--runs-dir", str(folder), "--quiet"],
        stdout=subprocess.DEVNULL,
    )


def save(app: SeqkitApp, name: str) -> None:
    """Saves what stands on the screen, without fonts that would be fetched from elsewhere."""
    svg = app.export_screenshot(title="seqkit tui")
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
    (IMAGES / f"tui-{name}.svg").write_text(svg, encoding="utf-8")


async def until(pilot: Pilot[None], reached: Callable[[], object], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            sys.exit("make_tui_pictures.py: a screen was not ready in time")
        await pilot.pause(0.1)
    await pilot.pause(0.5)


async def walk(folder: Path) -> None:
    app = SeqkitApp(Context(folder))
    async with app.run_test(size=SIZE) as pilot:
        runs = app.screen
        await until(pilot, lambda: isinstance(runs, RunsScreen) and len(runs.index.rows) == 5)
        await pilot.pause(2)
        save(app, "runs")
        await pilot.press("enter")
        await pilot.pause(4)
        save(app, "monitor")
        await pilot.press("1", "2")
        await until(pilot, lambda: app.screen.query(Pane))
        pane = app.screen.query_one(Pane)
        await until(pilot, lambda: pane.built and not pane.has_class("stale"))
        await pilot.press("down", "down", "down", "down", "down", "down", "down", "down", "right")
        await until(pilot, lambda: pane.built and not pane.has_class("stale"))
        save(app, "new")
        await pilot.press("3")
        await pilot.pause(5)
        save(app, "components")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        os.environ["SEQKIT_HOME"] = f"{name}/home"
        os.chdir(name)
        folder = Path("runs")
        for words in RUNS:
            train(folder, *words).wait()
        live = train(folder, *LIVE)
        try:
            time.sleep(20)
            asyncio.run(walk(folder))
        finally:
            live.terminate()
            live.wait()


if __name__ == "__main__":
    main()
