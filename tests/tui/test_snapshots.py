"""What some screens look like at 80 x 24, as text that a review can read.

A picture that is not there yet is written, and the test fails once; delete one to take it anew.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.events import Event, dump_event
from seqkit.runs.folder import RunFolder
from seqkit.tui.app import SeqkitApp
from seqkit.tui.context import Context
from seqkit.tui.messages import CompareRuns, OpenRun

PICTURES = Path(__file__).parent / "snapshots"
BEGAN = 1_700_000_000.0


def make_run(folder: Path, name: str, rate: float) -> RunFolder:
    """A finished run of fixed numbers and times."""
    run = RunFolder(folder / name)
    run.path.mkdir(parents=True)
    settings = {"model": {"name": "gru"}, "trainer": {"learning_rate": rate}}
    events = [
        Event(
            "started",
            data={
                "run": name, "task": "classification", "dataset": "sentences", "model": "gru",
                "recipe": "sentiment", "device": "cpu", "parameters": 20_778, "total_steps": 40,
                "epochs": 4, "metric": "accuracy", "higher_is_better": True, "batch_size": 16,
                "baselines": {"majority": {"accuracy": 0.5}}, "experiment": settings,
            },
            time=BEGAN,
        )
    ]  # fmt: skip
    for step in range(1, 41):
        loss, now = math.exp(-rate * step), BEGAN + step
        fields = {"loss": loss, "learning_rate": rate, "elapsed": float(step)}
        events.append(Event("step", step, step / 10, fields, now))
        if step % 10 == 0:
            scores = {"loss": loss * 1.1, "metrics": {"accuracy": 1 - loss / 2}, "best": True}
            scores |= {"split": "validation", "elapsed": float(step)}
            events.append(Event("evaluation", step, step / 10, scores, now))
    test = {"split": "test", "loss": 0.3, "metrics": {"accuracy": 0.5 + rate}, "elapsed": 40.0}
    events.append(Event("evaluation", 40, 4.0, test, BEGAN + 40))
    ended = {"status": "finished", "message": "", "elapsed": 40.0}
    events.append(Event("ended", 40, 4.0, ended, BEGAN + 41))
    with run.events_file.open("w", encoding="utf-8") as file:
        file.writelines(dump_event(event) + "\n" for event in events)
    run.experiment_file.write_text('task = "classification"\n', encoding="utf-8")
    run.update(status="finished", created=BEGAN, process={}, recipe="sentiment")
    return run


def compare(app: SeqkitApp) -> None:
    app.on_compare_runs(
        CompareRuns([RunFolder(app.context.runs_dir / name) for name in ("fast", "slow")])
    )


def monitor(app: SeqkitApp) -> None:
    app.on_open_run(OpenRun(RunFolder(app.context.runs_dir / "fast")))


SCREENS: dict[str, tuple[Callable[[SeqkitApp], None] | None, str]] = {
    "welcome": (None, "trains a first model"),
    "runs": (None, "test scores"),
    "monitor": (monitor, "majority 0.500"),
    "compare": (compare, "fast"),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_a_screen_looks_as_it_did(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    folder = Path("runs")
    if name != "welcome":
        make_run(folder, "slow", 0.05)
        make_run(folder, "fast", 0.1)
    act, words = SCREENS[name]
    app = SeqkitApp(Context(folder))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.2)
        if act is not None:
            act(app)
        for _ in range(200):
            await pilot.pause(0.05)
            if words in shown(app):
                break
        await pilot.pause(0.3)
        # How long ago the runs were begun changes with the day.
        picture = re.sub(r"\d+ d\b", lambda found: "n d".rjust(len(found.group())), shown(app))
    path = PICTURES / f"{name}.txt"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(picture, encoding="utf-8")
        pytest.fail(f"{path.name} was not there; it is now: look at it, and run the test again")
    assert picture == path.read_text(encoding="utf-8")


def shown(app: SeqkitApp) -> str:
    """Returns the screen as text, without what is blank at the ends of its lines."""
    lines = app.screen._compositor.render_strips()[: app.size.height]
    return "".join("".join(part.text for part in strip).rstrip() + "\n" for strip in lines)
