"""The terminal UI starts quickly because it never imports torch, the engine or a plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WALK = """
import asyncio, sys
from pathlib import Path
from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.messages import CompareRuns, OpenRun

async def walk():
    app = SeqkitApp(Context(Path(sys.argv[1])))
    async with app.run_test(size=(100, 30)) as pilot:
        for key in "1234":
            await pilot.press(key)
            await pilot.pause(0.2)
        run = RunFolder(Path(sys.argv[1]) / "gone")
        app.on_open_run(OpenRun(run))
        await pilot.pause(0.2)
        app.pop_screen()
        app.on_compare_runs(CompareRuns([run, run]))
        await pilot.pause(0.5)

asyncio.run(walk())
heavy = ("torch", "seqkit.engine", "seqkit_classification", "seqkit_recurrent")
print(sorted(name for name in heavy if name in sys.modules))
"""


@pytest.mark.proof
def test_no_screen_imports_torch_the_engine_or_a_plugin(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WALK, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "[]"
