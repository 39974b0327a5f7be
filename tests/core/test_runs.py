"""Run folders: made without races, found by any name, read whatever has happened to them."""

import errno
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import CheckpointError, ConfigurationError, DataError
from seqkit.events import Event, EventLog
from seqkit.runs.folder import (
    RunFolder,
    all_runs,
    create_run,
    find_run,
    write_atomically,
)
from seqkit.storage.locks import Hold, this_process


def make_run(folder: Path, name: str, **info: object) -> RunFolder:
    run = create_run(folder, "base", name)
    run.update(**({"status": "finished"} | info))
    return run


# --- names ----------------------------------------------------------------------------------------


def test_runs_are_numbered_after_the_last_one(tmp_path: Path) -> None:
    names = [create_run(tmp_path / "runs", "imdb-lstm").name for _ in range(3)]
    (tmp_path / "runs" / "imdb-lstm-0041").mkdir()
    (tmp_path / "runs" / "imdb-lstm-notes").mkdir()
    (tmp_path / "runs" / "imdb-lstm-big-9000").mkdir()

    assert names == ["imdb-lstm-0001", "imdb-lstm-0002", "imdb-lstm-0003"]
    assert create_run(tmp_path / "runs", "imdb-lstm").name == "imdb-lstm-0042"


def test_a_number_may_outgrow_its_digits(tmp_path: Path) -> None:
    (tmp_path / "imdb-9999").mkdir()

    assert create_run(tmp_path, "imdb").name == "imdb-10000"


def test_a_base_with_special_characters_is_taken_as_it_is(tmp_path: Path) -> None:
    names = [create_run(tmp_path, "a[b]*?").name for _ in range(2)]

    assert names == ["a[b]*?-0001", "a[b]*?-0002"]


def test_a_name_of_the_users_is_kept(tmp_path: Path) -> None:
    assert create_run(tmp_path, "imdb", "first try").path == tmp_path / "first try"
    with pytest.raises(ConfigurationError, match="there is a run 'first try' already, in"):
        create_run(tmp_path, "imdb", "first try")


def test_an_empty_folder_of_that_name_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigurationError, match="there is a run 'mine' already"):
        create_run(tmp_path, "imdb", "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]


def test_a_run_that_cannot_be_begun_leaves_nothing(tmp_path: Path) -> None:
    def fill(run: RunFolder) -> None:
        run.control_file.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(DataError, match="cannot be written: No space left"):
        create_run(tmp_path, "imdb", fill=fill)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_another_process_is_about_to_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".new-run-0123").mkdir()
    create_run(tmp_path, "imdb")

    assert (tmp_path / ".new-run-0123").is_dir()


@pytest.mark.parametrize("name", ["a/b", "../a", "/a", ".", "..", ".hidden", "a/", "a\0b"])
def test_a_name_that_cannot_be_a_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a run's name"):
        create_run(tmp_path / "runs", "imdb", name)
    assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


def test_processes_that_create_runs_at_once_never_share_one(
    tmp_path: Path, repository: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from seqkit.runs.folder import create_run\n"
        "print(*[create_run(Path(sys.argv[1]), 'imdb').name for _ in range(25)])"
    )

    def start(_: int) -> list[str]:
        finished = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "runs")],
            capture_output=True,
            text=True,
            check=True,
            cwd=repository,
        )
        return finished.stdout.split()

    with ThreadPoolExecutor(3) as pool:
        names = [name for found in pool.map(start, range(3)) for name in found]

    assert sorted(names) == [f"imdb-{number:04d}" for number in range(1, 76)]


def test_a_runs_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(DataError, match=r"the runs folder .*file/runs cannot be written: Not a"):
        create_run(tmp_path / "file" / "runs", "imdb")


# --- finding --------------------------------------------------------------------------------------


def test_a_run_is_found_by_path_name_beginning_and_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_run(tmp_path, "imdb-0001", created=1.0)
    second = make_run(tmp_path, "sentiment-0001", created=2.0)
    monkeypatch.chdir(tmp_path.parent)

    assert find_run(str(first.path), tmp_path / "elsewhere").path == first.path
    assert find_run("imdb-0001", tmp_path).path == first.path
    assert find_run("im", tmp_path).path == first.path
    assert find_run("last", tmp_path).path == second.path
    assert find_run(f"{tmp_path.name}/imdb-0001", Path("runs")).name == "imdb-0001"


def test_the_current_folder_can_be_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_run(tmp_path, "imdb-0001")
    monkeypatch.chdir(tmp_path / "imdb-0001")

    assert find_run(".", Path("runs")).name == "imdb-0001"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("imdb", "'imdb' begins the names of several runs. Write one of: imdb-0001, imdb-0002"),
        ("imbd-0001", "there is no run 'imbd-0001', in {}. Did you mean imdb-0001?"),
        ("xyzzy", "there is no run 'xyzzy', in {}. Run 'seqkit runs' for the runs"),
    ],
)
def test_a_run_that_is_not_found_gets_the_nearest_name(
    tmp_path: Path, name: str, message: str
) -> None:
    make_run(tmp_path, "imdb-0001")
    make_run(tmp_path, "imdb-0002")

    with pytest.raises(CheckpointError) as caught:
        find_run(name, tmp_path)
    assert str(caught.value) == message.format(tmp_path)


def test_where_there_are_no_runs_the_first_step_is_named(tmp_path: Path) -> None:
    for name in ("last", "imdb", ""):
        with pytest.raises(CheckpointError, match="start one with 'seqkit run RECIPE'"):
            find_run(name, tmp_path / "runs")


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"is not a run: it has no run\.json"):
        find_run(str(tmp_path), tmp_path / "runs")
    with pytest.raises(CheckpointError, match=r"is not a run: it has no run\.json"):
        RunFolder(tmp_path).info()


def test_runs_are_listed_the_newest_first_whatever_state_they_are_in(tmp_path: Path) -> None:
    make_run(tmp_path, "old", created=1.0)
    make_run(tmp_path, "new", created=3.0)
    make_run(tmp_path, "middle", created=2.0)
    (tmp_path / "not-a-run").mkdir()
    damaged = make_run(tmp_path, "damaged", created=9.0)
    (damaged.path / "run.json").write_text("{")
    strange = make_run(tmp_path, "strange", created=9.0)
    (strange.path / "run.json").write_text('{"created": "yesterday"}')

    assert [run.name for run in all_runs(tmp_path)][:3] == ["new", "middle", "old"]
    assert {run.name for run in all_runs(tmp_path)[3:]} == {"damaged", "strange"}
    assert all_runs(tmp_path / "nowhere") == []


# --- run.json -------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"\x00" * 100])
def test_a_damaged_run_json_is_named_and_the_checkpoints_are_remembered(
    tmp_path: Path, content: bytes
) -> None:
    run = make_run(tmp_path, "imdb-0001")
    (run.path / "run.json").write_bytes(content)

    with pytest.raises(CheckpointError, match=r"run\.json cannot be read: .*resume imdb-0001"):
        run.info()
    with pytest.raises(CheckpointError):
        run.status()


def test_a_run_json_of_another_form_is_damaged_too(tmp_path: Path) -> None:
    run = make_run(tmp_path, "imdb-0001")
    (run.path / "run.json").write_text("[1, 2]")

    with pytest.raises(CheckpointError, match=r"run\.json cannot be read: it holds no JSON"):
        run.info()


def test_an_update_keeps_the_other_fields(tmp_path: Path) -> None:
    run = make_run(tmp_path, "imdb-0001", device="cpu")
    run.update(status="failed", message="naïve \u2028 text")

    assert run.info() == {"status": "failed", "device": "cpu", "message": "naïve \u2028 text"}


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_atomically(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "new \ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["run.json"]  # noqa: PTH208


# --- status ---------------------------------------------------------------------------------------


def test_a_run_that_this_process_holds_is_running(
    tmp_path: Path, held: Callable[[Path], Hold]
) -> None:
    run = make_run(tmp_path, "imdb-0001", status="running", process=this_process())

    assert run.status() == "crashed"
    hold = held(run.path)
    assert run.status() == "running"
    hold.release()
    assert run.status() == "crashed"


def test_a_run_that_is_about_to_be_resumed_is_running_though_nothing_of_it_has_changed(
    tmp_path: Path,
) -> None:
    run = make_run(tmp_path, "imdb-0001", status="stopped", process=this_process())
    with run.hold() as hold:
        assert run.status() == "running"
        hold.begun()
        assert run.status() == "stopped"


def test_a_clock_or_host_name_that_changes_does_not_let_a_second_process_in(
    tmp_path: Path, held: Callable[[Path], Hold]
) -> None:
    process = this_process() | {"host": "renamed", "started": 1.0}
    run = make_run(tmp_path, "imdb-0001", status="running", process=process)
    held(run.path)
    os.utime(run.lock_file, (0, 0))

    assert run.status() == "running"
    with pytest.raises(CheckpointError, match="still running, as process"):
        run.hold(process)


@pytest.mark.parametrize("replaced", [True, False])
def test_a_lock_that_was_deleted_is_made_anew(tmp_path: Path, replaced: bool) -> None:
    run = make_run(tmp_path, "imdb-0001", status="running")
    with run.hold() as hold:
        run.lock_file.unlink()
        if replaced:
            run.lock_file.touch()
        assert run.status() == "crashed"
        hold.keep()
        assert run.status() == "running"
        with pytest.raises(CheckpointError, match="still running"):
            run.hold()
        hold.keep()
    assert run.status() == "crashed"


def test_a_run_that_another_process_has_taken_by_a_new_lock_is_given_up(tmp_path: Path) -> None:
    run = make_run(tmp_path, "imdb-0001", status="running")
    with run.hold() as hold:
        run.lock_file.unlink()
        with run.hold():
            with pytest.raises(CheckpointError, match=r"run\.lock was deleted"):
                hold.keep()
            assert run.status() == "running"


def test_a_run_whose_process_is_gone_has_crashed(tmp_path: Path, repository: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from seqkit.storage.locks import this_process\n"
        "from seqkit.runs.folder import RunFolder\n"
        "run = RunFolder(Path(sys.argv[1]))\n"
        "hold = run.hold()\n"
        "run.update(status='running', process=this_process())\n"
        "hold.begun()\n"
        "input()"
    )
    run = create_run(tmp_path, "imdb")
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(run.path)], stdin=subprocess.PIPE, cwd=repository
    )
    while not (run.path / "run.json").exists():
        assert child.poll() is None
        time.sleep(0.01)
    assert run.status() == "running"
    child.kill()
    while run.info()["process"]["pid"] == child.pid and run.status() == "running":
        time.sleep(0.01)
    zombie = run.status()
    child.communicate()

    assert (zombie, run.status()) == ("crashed", "crashed")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 5000, b'{"pid": 1, "sha256": "0"}'])
def test_a_damaged_note_of_who_holds_a_run_says_nothing(tmp_path: Path, content: bytes) -> None:
    run = make_run(tmp_path, "imdb-0001", status="running", process=this_process())
    run.lock_file.write_bytes(content)

    assert run.status() == "crashed"
    with run.hold():
        assert run.status() == "running"


def test_a_run_on_another_machine_runs_as_long_as_it_gives_signs_of_life(tmp_path: Path) -> None:
    elsewhere = this_process() | {"host": "some-other-host", "boot": "another"}
    run = make_run(tmp_path, "imdb-0001", status="paused", process=elsewhere)
    run.lock_file.touch()

    assert run.status() == "paused"
    with pytest.raises(CheckpointError, match=r"still running, on some-other-host.*--force"):
        run.hold(elsewhere)
    os.utime(run.lock_file, (time.time() - 61, time.time() - 61))
    assert run.status() == "crashed"
    run.hold(elsewhere).release()


def test_a_run_is_taken_over_from_another_machine_by_force(tmp_path: Path) -> None:
    elsewhere = this_process() | {"host": "some-other-host", "boot": "another"}
    run = make_run(tmp_path, "imdb-0001", status="running", process=elsewhere)
    run.lock_file.touch()
    with run.hold(elsewhere, force=True) as hold:
        assert hold.forced == "some-other-host"


def test_a_run_killed_under_another_host_name_of_this_machine_has_crashed(tmp_path: Path) -> None:
    process = this_process() | {"host": "container-17"}
    run = make_run(tmp_path, "imdb-0001", status="running", process=process)
    run.lock_file.touch()

    assert run.status() == ("crashed" if process["boot"] else "running")


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
@pytest.mark.parametrize("name", ["run.json", "events.jsonl", "control.jsonl"])
def test_a_file_of_a_run_that_is_no_file_is_refused(tmp_path: Path, kind: str, name: str) -> None:
    run = make_run(tmp_path, "imdb-0001", status="running")
    path = run.path / name
    path.unlink(missing_ok=True)
    outside = tmp_path / "outside"
    outside.write_text("{}\n")
    if kind == "link":
        path.symlink_to(outside)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    used: dict[str, Callable[[], Any]] = {
        "run.json": run.info,
        "events.jsonl": lambda: list(run.events()),
        "control.jsonl": lambda: run.request("stop"),
    }
    with pytest.raises(CheckpointError, match=re.escape(name)):
        used[name]()
    assert outside.read_text() == "{}\n"


@pytest.mark.parametrize("name", ["events.jsonl", "control.jsonl", "run.lock"])
def test_nothing_is_written_to_a_file_that_has_another_name_elsewhere(
    tmp_path: Path, name: str
) -> None:
    run = make_run(tmp_path, "imdb-0001")
    precious = tmp_path / "precious"
    precious.write_text("{}\n")
    (run.path / name).unlink(missing_ok=True)
    (run.path / name).hardlink_to(precious)
    write: dict[str, Callable[[], Any]] = {
        "events.jsonl": lambda: EventLog(run.events_file).write(Event("warning")),
        "control.jsonl": lambda: run.request("stop"),
        "run.lock": lambda: Hold(run.lock_file),
    }
    with pytest.raises(CheckpointError, match=r"hard link"):
        write[name]()
    assert precious.read_text() == "{}\n"
    assert run.status() == "finished"


@pytest.mark.parametrize(
    "info",
    ['{"status": "running"}', "{}", '{"status": "running", "process": 3}'],
)
def test_a_run_that_says_too_little_has_crashed(tmp_path: Path, info: str) -> None:
    run = make_run(tmp_path, "imdb-0001")
    (run.path / "run.json").write_text(info)
    run.lock_file.touch()

    assert run.status() == "crashed"


# --- requests and events --------------------------------------------------------------------------


def test_requests_are_appended_for_the_running_process(tmp_path: Path) -> None:
    run = make_run(tmp_path, "imdb-0001")
    run.request("save")
    run.request("set-learning-rate", 3e-4)
    lines = [json.loads(line) for line in run.control_file.read_text().splitlines()]

    assert [line["request"] for line in lines] == ["save", "set-learning-rate"]
    assert lines[1]["value"] == 3e-4


def test_an_unknown_request_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"'stopp' is not a request\. Did you mean stop\?"):
        make_run(tmp_path, "imdb-0001").request("stopp")


def test_a_request_to_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"control\.jsonl cannot be written: No such file"):
        RunFolder(tmp_path / "gone").request("stop")


def test_events_are_read_from_the_folder(tmp_path: Path) -> None:
    run = make_run(tmp_path, "imdb-0001")
    log = EventLog(run.events_file)
    log.write(Event("started"))
    log.close()

    assert [event.kind for event in run.events()] == ["started"]
