"""`seqkit watch` and `seqkit tui` without a terminal: a run, told line by line."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import ExitCode
from seqkit.events import Event, EventLog
from seqkit.runs.folder import RunFolder
from seqkit.storage.locks import Hold, this_process


def test_a_run_that_has_ended_is_told_from_its_beginning(
    runs_dir: Path, seqkit: Callable[..., Any]
) -> None:
    done = seqkit("watch", "first", "--runs-dir", runs_dir)
    assert done.code == 0
    assert "first" in done.err
    assert "Test score" in done.out
    assert "step 2 of" not in done.err


def test_events_are_streamed_as_the_log_has_them(
    runs_dir: Path, seqkit: Callable[..., Any]
) -> None:
    done = seqkit("watch", "first", "--runs-dir", runs_dir, "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert lines[0]["event"] == "started"
    assert lines[-1]["event"] == "ended"


def test_a_run_whose_process_is_gone_ends_the_watching_with_a_hint(
    runs_dir: Path, tmp_path: Path, seqkit: Callable[..., Any]
) -> None:
    shutil.copytree(runs_dir / "first", tmp_path / "gone")
    run = RunFolder(tmp_path / "gone")
    lines = run.events_file.read_text().splitlines(keepends=True)
    run.events_file.write_text("".join(lines[:-1]) + lines[-1][:20])
    run.update(status="running", process=this_process())
    done = seqkit("watch", "gone", "--runs-dir", tmp_path)
    assert done.code == 1
    assert "seqkit resume gone" in done.err


def test_a_log_that_is_missing_or_no_file_is_told_in_a_sentence(
    runs_dir: Path, tmp_path: Path, seqkit: Callable[..., Any]
) -> None:
    shutil.copytree(runs_dir / "first", tmp_path / "first")
    log = tmp_path / "first" / "events.jsonl"
    log.unlink()
    done = seqkit("watch", "first", "--runs-dir", tmp_path)
    assert done.code == 1
    assert "first is finished, and its log does not say how it ended" in done.err
    os.mkfifo(log)
    done = seqkit("watch", "first", "--runs-dir", tmp_path)
    assert done.code == ExitCode.DATA
    assert "events.jsonl is a FIFO" in done.err


def test_a_run_of_another_name_than_it_began_with_is_told_by_its_present_one(
    runs_dir: Path, tmp_path: Path, seqkit: Callable[..., Any]
) -> None:
    shutil.copytree(runs_dir / "first", tmp_path / "renamed")
    done = seqkit("watch", "renamed", "--runs-dir", tmp_path)
    assert f"seqkit show {tmp_path / 'renamed'}" in done.out
    assert "first" not in done.out.partition("Next")[2]
    assert done.err.startswith("renamed ")


def test_a_live_run_is_followed_until_it_ends(
    runs_dir: Path, tmp_path: Path, seqkit: Callable[..., Any], held: Callable[[Path], Hold]
) -> None:
    shutil.copytree(runs_dir / "first", tmp_path / "live")
    run = RunFolder(tmp_path / "live")
    lines = run.events_file.read_text().splitlines(keepends=True)
    run.events_file.write_text("".join(lines[:2]))
    run.update(status="running", process=this_process())
    held(run.path)

    def go_on() -> None:
        time.sleep(0.5)
        with run.events_file.open("a") as file:
            file.write(lines[2][:30])
            file.flush()
            time.sleep(0.4)
            file.write(lines[2][30:])
        log = EventLog(run.events_file)
        log.write(Event("ended", 12, 1.0, {"status": "stopped", "message": "", "resume": None}))
        log.close()
        run.update(status="stopped")

    writer = threading.Thread(target=go_on)
    writer.start()
    done = seqkit("watch", "live", "--runs-dir", tmp_path, "--json")
    writer.join()
    events = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0
    assert len(events) == 4
    assert events[-1]["status"] == "stopped"


def test_without_a_terminal_the_ui_lists_the_runs_in_lines(
    runs_dir: Path, seqkit: Callable[..., Any]
) -> None:
    shutil.copytree(runs_dir / "first", runs_dir / "torn")
    (runs_dir / "torn" / "run.json").write_text("{ torn")
    done = seqkit("tui", "--runs-dir", runs_dir)
    assert done.code == 0
    assert "first" in done.out
    assert "unreadable" in done.out
    assert "plain lines follow" in done.err
    assert "\x1b" not in done.out + done.err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX sessions")
def test_what_is_started_outlives_the_one_who_started_it(tmp_path: Path) -> None:
    starter = (
        "import sys, time; from pathlib import Path; from seqkit.processes.launch import *;"
        "runs = Path(sys.argv[1]); launch = start_run(['sentiment', *sys.argv[2:]], runs);\n"
        "while run_of(launch, runs) is None: time.sleep(0.05)\n"
        "run = run_of(launch, runs); keep_log(launch, run); print(run.name, flush=True);"
        "time.sleep(60)"
    )
    tiny = ["model.hidden_size=4", "trainer.max_steps=3", "trainer.epochs=1", "trainer.threads=1"]
    process = subprocess.Popen(
        [sys.executable, "-c", starter, str(tmp_path), *tiny], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    run = RunFolder(tmp_path / name)
    deadline = time.monotonic() + 120
    while run.status() != "finished" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert run.status() == "finished"
    assert "Test score" in (run.path / "console.log").read_text()
