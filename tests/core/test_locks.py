"""Who works on a run: a lock where there are locks, and signs of life where there are none."""

from __future__ import annotations

import errno
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.storage import locks as holding
from seqkit.storage.locks import HeldError, Hold, is_held, is_preparing, this_process

if sys.platform == "win32":
    pytest.skip("looks at locks as Unix has them", allow_module_level=True)

import fcntl

LOCK = "run.lock"
ELSEWHERE = {"host": "node17", "boot": "another", "pid": 1, "started": 1.0}


@pytest.fixture
def look(tmp_path: Path) -> Callable[[float], None]:
    """Looks at the lock of a run for some seconds, as `seqkit runs` does for an instant."""
    (tmp_path / LOCK).touch()

    def begin(seconds: float) -> None:
        handle = os.open(tmp_path / LOCK, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_SH)
        threading.Timer(seconds, os.close, [handle]).start()

    return begin


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks, as some that machines share are."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_those_who_look_do_not_take_each_other_for_a_process_at_work(
    tmp_path: Path, look: Callable[[float], None]
) -> None:
    look(0.2)
    assert not is_held(tmp_path / LOCK, {})


def test_a_look_holds_nobody_up(tmp_path: Path, look: Callable[[float], None]) -> None:
    look(0.1)
    Hold(tmp_path / LOCK, {}).release()


def test_without_locks_a_run_can_be_taken_and_signs_of_life_hold_it(
    tmp_path: Path, no_locks: None
) -> None:
    Hold(tmp_path / LOCK, {}).release()
    assert not is_held(tmp_path / LOCK, this_process())
    assert is_held(tmp_path / LOCK, ELSEWHERE)
    with pytest.raises(HeldError, match="on node17"):
        Hold(tmp_path / LOCK, ELSEWHERE)


@pytest.mark.parametrize("failures", [0, 2])
def test_a_holder_gives_signs_of_life_though_one_may_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    # A slow look at a shared folder, and one that is lost, count for no silence.
    assert 5 * holding.BEAT_SECONDS < holding.SILENCE_SECONDS
    given, left = os.utime, [None] * failures

    def utime(*words: object) -> None:
        if left:
            left.pop()
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        given(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(holding, "BEAT_SECONDS", 0.01)
    with Hold(tmp_path / LOCK, {}):
        monkeypatch.setattr(os, "utime", utime)
        given(tmp_path / LOCK, (0, 0))
        end = time.monotonic() + 20
        while (tmp_path / LOCK).stat().st_mtime == 0:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_a_lock_that_is_made_only_now_is_no_sign_of_life(tmp_path: Path) -> None:
    Hold(tmp_path / LOCK, ELSEWHERE).release()


def test_a_sign_of_life_of_a_wrong_clock_does_not_hold_a_run_for_ever(tmp_path: Path) -> None:
    (tmp_path / LOCK).touch()
    assert is_held(tmp_path / LOCK, ELSEWHERE)
    ahead = time.time() + 86_400
    os.utime(tmp_path / LOCK, (ahead, ahead))
    assert not is_held(tmp_path / LOCK, ELSEWHERE)


def test_who_is_refused_is_told_who_holds_it_now(tmp_path: Path) -> None:
    with (
        Hold(tmp_path / LOCK, {}),
        pytest.raises(HeldError, match=f"by process {os.getpid()} on this machine"),
    ):
        Hold(tmp_path / LOCK, this_process() | {"pid": 1})


def test_each_holder_begins_anew(tmp_path: Path) -> None:
    for _ in range(2):
        with Hold(tmp_path / LOCK, {}) as hold:
            assert is_preparing(tmp_path / LOCK)
            hold.begun()
            assert not is_preparing(tmp_path / LOCK)
