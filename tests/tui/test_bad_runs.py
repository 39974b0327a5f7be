"""A run that cannot be read: a line that says so, on every screen, and the other runs go on."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from seqkit.errors import CheckpointError, ConfigurationError, DataError
from seqkit.events import Event, EventLog
from seqkit.processes.checker import look
from seqkit.processes.launch import resume_run
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder
from seqkit.runs.trash import throw_away
from seqkit.terminal.cells import reason
from seqkit.tui.app import SeqkitApp
from seqkit.tui.comparing.panes import scores
from seqkit.tui.comparing.reading import Reader, Side, directions, read_side
from seqkit.tui.comparing.screen import CompareScreen
from seqkit.tui.context import Context
from seqkit.tui.history import History
from seqkit.tui.messages import CompareRuns, OpenRun
from seqkit.tui.monitor import MonitorScreen
from seqkit.tui.new.catalogue import Catalogue
from seqkit.tui.new.draft_files import base_of
from seqkit.tui.runs.index import RunIndex
from seqkit.tui.runs.rows import RunRow

DEEP = "[" * 100_000
WRONG: tuple[Any, ...] = ("x", [1], {"a": {"b": "c"}}, None, 1e308, True, [{"name": 1}])
Damage = Callable[[Path], object]


def every_event(change: Callable[[dict[str, Any]], object]) -> Damage:
    """Changes the events of a run one by one."""

    def damage(run: Path) -> None:
        path = run / "events.jsonl"
        events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for event in events:
            change(event)
        path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")

    return damage


def with_field(name: str, value: Any) -> Damage:
    return every_event(lambda event: event.update({name: value}) if name in event else None)


def a_folder(name: str) -> Damage:
    def damage(run: Path) -> None:
        (run / name).unlink()
        (run / name).mkdir()

    return damage


def a_fifo(name: str) -> Damage:
    """Puts something there that holds up whoever opens it, until somebody writes."""

    def damage(run: Path) -> None:
        (run / name).unlink(missing_ok=True)
        os.mkfifo(run / name)

    return damage


def a_link(name: str) -> Damage:
    """Puts a link there to the same content in another place."""

    def damage(run: Path) -> None:
        outside = run.parent.parent / f"{name}-of-somebody"
        (run / name).replace(outside) if (run / name).exists() else outside.write_text("{}")
        (run / name).symlink_to(outside)

    return damage


def text(name: str, content: str) -> Damage:
    return lambda run: (run / name).write_text(content, encoding="utf-8")


def letrics(run: Path) -> None:
    path = run / "events.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"metrics"', b'"letrics"'))


DAMAGES: dict[str, Damage] = {
    "a deep run.json": text("run.json", DEEP),
    "a deep object in run.json": text("run.json", '{"a":' * 100_000),
    "a list in run.json": text("run.json", "[1]"),
    "a folder as run.json": a_folder("run.json"),
    "deep events": text("events.jsonl", DEEP),
    "a folder as events": a_folder("events.jsonl"),
    "a bit of metrics": letrics,
    "a deep experiment": text("experiment.toml", f"a = {DEEP}"),
    "a deep label": text("label.json", DEEP),
    "a FIFO as run.json": a_fifo("run.json"),
    "a FIFO as events": a_fifo("events.jsonl"),
    "a FIFO as label": a_fifo("label.json"),
    "a FIFO as experiment": a_fifo("experiment.toml"),
    "a FIFO as answers": a_fifo("scores/test-answers.jsonl"),
    "a FIFO as lock": a_fifo("run.lock"),
    "a link as events": a_link("events.jsonl"),
    "a link as run.json": a_link("run.json"),
    "times of no time": text("run.json", '{"status": "finished", "created": 1e308}'),
}
FIELDS = (
    *("metrics", "elapsed", "loss", "total_steps", "baselines", "layers", "dataset", "metric"),
    *("experiment", "parameters", "epochs", "higher_is_better", "items", "message", "examples"),
)


def listed(folder: Path) -> dict[str, RunRow]:
    index = RunIndex(folder)
    index.scan()
    while index.work(1.0):
        continue
    return {row.name: row for row in index.rows}


def shown(side: Side) -> str:
    console = Console(width=200, file=io.StringIO(), record=True)
    order, colours = list(range(len(side.runs))), ["red"] * len(side.runs)
    for part in scores(side, order, colours, "accuracy", 150):
        console.print(part)
    return console.export_text()


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_run_is_a_line_of_the_list_and_of_a_comparison(runs_dir: Path, name: str) -> None:
    DAMAGES[name](runs_dir / "first")
    rows = listed(runs_dir)
    assert rows["second"].status == "finished"
    if (runs_dir / "first" / "run.json").exists():
        assert "first" in rows
    if "run.json" in name:
        assert rows["first"].status == "unreadable"
        assert rows["first"].message
    side = read_side([RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")])
    directions(side)
    assert "second" in shown(side)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_wrong_type_ends_neither_list_nor_comparison(
    runs_dir: Path, field: str
) -> None:
    log = runs_dir / "first" / "events.jsonl"
    whole = log.read_bytes()
    for value in WRONG:
        log.write_bytes(whole)
        with_field(field, value)(runs_dir / "first")
        rows = listed(runs_dir)
        assert set(rows) == {"first", "second"}
        assert rows["second"].status == "finished"
        shown(read_side([RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")]))


def test_what_of_a_log_cannot_be_read_is_said(runs_dir: Path) -> None:
    log = runs_dir / "first" / "events.jsonl"
    lines = log.read_bytes().splitlines()
    log.write_bytes(b"\n".join([*lines[:2], b"{ torn", *lines[2:]]) + b"\n")
    assert "1 line of" in listed(runs_dir)["first"].message
    log.write_bytes(b"\n".join(lines) + b'\n{"v": 1, "ev')
    assert listed(runs_dir)["first"].message == ""
    a_folder("events.jsonl")(runs_dir / "first")
    assert "events.jsonl is a folder" in listed(runs_dir)["first"].message
    a_link("events.jsonl")(runs_dir / "second")
    assert "events.jsonl is a symbolic link" in listed(runs_dir)["second"].message


def test_no_changed_digit_of_a_log_is_believed(runs_dir: Path) -> None:
    log = runs_dir / "first" / "events.jsonl"
    content = log.read_bytes()
    log.write_bytes(content.replace(b'"loss":0.', b'"loss":1.'))
    row = listed(runs_dir)["first"]
    assert row.losses == ()
    assert row.value is None
    assert f"lines of {log}" in row.message
    side = read_side([RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")])
    assert "are damaged and left out: line " in shown(side)
    history = History()
    history.feed(log.read_bytes().split(b"\n"))
    assert history.steps.count == 0
    assert history.damaged == sum(b'"loss":0.' in line for line in content.splitlines())


def test_runs_side_by_side_are_read_on_from_where_they_were(runs_dir: Path) -> None:
    folders = [RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")]
    reader = Reader(folders)
    before = reader.read()
    log = folders[0].events_file
    content = log.read_bytes()
    # Whoever read the log again would meet this.
    log.write_bytes(b"x" * 1000 + content[1000:])
    writer = EventLog(log)
    writer.write(Event("step", 99, 9.9, {"loss": 0.125}))
    writer.close()
    side = reader.read()

    assert (before.runs[0].summary.step, side.runs[0].summary.step) == (12, 99)
    assert side.runs[0].damage == ""
    assert read_side(folders).runs[0].damage != ""


def test_a_changed_answer_to_an_example_is_left_out_of_the_comparison(runs_dir: Path) -> None:
    path = RunFolder(runs_dir / "first").answers("test")
    whole = len(path.read_bytes().splitlines())
    path.write_bytes(path.read_bytes().replace(b'"probability": 0.', b'"probability": 1.', 1))
    side = read_side([RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")])
    assert len(side.runs[0].answers) == whole - 1
    assert "test-answers.jsonl" in shown(side)


def test_a_run_that_cannot_be_read_is_named_in_the_comparison(runs_dir: Path) -> None:
    text("run.json", "{ torn")(runs_dir / "first")
    side = read_side([RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")])
    assert side.runs[0].problem
    assert "first cannot be read" in shown(side)


def test_a_damaged_run_can_be_thrown_away(runs_dir: Path) -> None:
    text("run.json", DEEP)(runs_dir / "first")
    assert throw_away(RunFolder(runs_dir / "first")).parent.name == ".trash"


def test_a_deep_experiment_is_nothing_to_start_from(runs_dir: Path) -> None:
    text("experiment.toml", f"a = {DEEP}")(runs_dir / "first")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        base_of(str(runs_dir / "first" / "experiment.toml"), Catalogue({}))


def test_a_reason_is_an_errors_own_words() -> None:
    assert reason(CheckpointError("it is torn")) == "it is torn"
    assert reason(KeyError("metrics")) == "KeyError: 'metrics'"
    assert reason(RecursionError()) == "it is nested too deeply"


@pytest.mark.parametrize("damage", [a_fifo("console.log"), a_link("console.log")])
def test_a_run_that_is_resumed_writes_into_no_file_but_its_own(
    runs_dir: Path, damage: Damage
) -> None:
    damage(runs_dir / "first")
    with pytest.raises(CheckpointError, match=r"console\.log is a"):
        resume_run(RunFolder(runs_dir / "first"))


def test_a_fifo_of_ones_own_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="neither a file nor a folder"):
        look({"path": str(tmp_path / "pipe.csv")}, load_registry())


@pytest.mark.parametrize(
    "name",
    [
        *("a deep run.json", "a folder as events", "a bit of metrics"),
        *(name for name in DAMAGES if "FIFO" in name or "link" in name),
    ],
)
async def test_every_screen_of_a_damaged_run_opens(runs_dir: Path, name: str) -> None:
    DAMAGES[name](runs_dir / "first")
    app = SeqkitApp(Context(runs_dir))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause(0.2)
        app.on_compare_runs(
            CompareRuns([RunFolder(runs_dir / "first"), RunFolder(runs_dir / "second")])
        )
        compare = app.screen
        assert isinstance(compare, CompareScreen)
        for _ in range(100):
            await pilot.pause(0.02)
            if compare.side is not None:
                break
        assert compare.side is not None
        app.pop_screen()
        app.on_open_run(OpenRun(RunFolder(runs_dir / "first")))
        await pilot.pause(0.3)
        assert isinstance(app.screen, MonitorScreen)
        await pilot.press("u", "L")
        app.screen.dismiss()
        await pilot.pause(0.1)
        assert "second" in {row.name for row in app.screen.index.rows}  # type: ignore[attr-defined]
        assert app.is_running
