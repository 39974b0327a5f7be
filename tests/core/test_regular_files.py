"""Files of a run that a stranger may have made: nothing but regular files, also in a race."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.errors import CheckpointError
from seqkit.storage import regular_files
from seqkit.storage.regular_files import check_folder, open_regular, read_regular

if sys.platform == "win32":
    pytest.skip("makes FIFOs", allow_module_level=True)


def a_link(path: Path) -> None:
    path.with_name("outside").write_text("theirs")
    path.symlink_to(path.with_name("outside"))


def a_fifo(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.fixture
def short_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A path that is short enough for a socket."""
    monkeypatch.chdir(tmp_path)
    return Path("run.json")


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize(
    ("make", "what"),
    [(a_link, "link"), (a_fifo, "FIFO"), (a_socket, "socket"), (a_folder, "folder")],
)
def test_what_is_no_regular_file_is_not_opened(
    short_path: Path, make: Callable[[Path], None], what: str, append: bool
) -> None:
    make(short_path)
    with pytest.raises(CheckpointError, match=rf"run\.json is .*{what}, which a run does not hold"):
        open_regular(short_path, append)


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("make", [a_link, a_fifo])
def test_what_takes_the_place_of_a_file_after_the_look_is_not_opened_either(
    short_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], append: bool
) -> None:
    short_path.write_text("{}")
    looked = regular_files.check_regular

    def look_and_exchange(path: Path) -> None:
        looked(path)
        path.unlink()
        make(path)

    waited = []

    def write() -> None:
        """Lets go who waits for somebody to write into a FIFO."""
        waited.append(os.open(short_path, os.O_RDWR | os.O_NONBLOCK))

    monkeypatch.setattr(regular_files, "check_regular", look_and_exchange)
    patience = threading.Timer(5, write)
    patience.start()
    with pytest.raises((CheckpointError, OSError)):
        open_regular(short_path, append)
    patience.cancel()
    assert not waited
    assert make is not a_link or Path("outside").read_text() == "theirs"


@pytest.mark.parametrize("make", [a_link, a_fifo, a_socket])
@pytest.mark.parametrize("folder", [".", "deep/er"])
def test_a_folder_is_refused_for_what_lies_in_it_at_any_depth(
    short_path: Path, make: Callable[[Path], None], folder: str
) -> None:
    path = Path(folder) / "x"
    path.parent.mkdir(parents=True, exist_ok=True)
    check_folder(Path.cwd())
    make(path)
    with pytest.raises(CheckpointError, match="which a run does not hold"):
        check_folder(Path.cwd())


def test_a_link_to_a_folder_is_refused_and_a_link_to_the_run_itself_is_not(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "run")
    check_folder(tmp_path / "link")
    with pytest.raises(CheckpointError, match="link is a symbolic link"):
        check_folder(tmp_path)


def test_a_file_larger_than_it_may_be_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(b"12345")
    assert read_regular(path, largest=5) == b"12345"
    with pytest.raises(CheckpointError, match=r"run\.json is damaged: it has more than 4 bytes"):
        read_regular(path, largest=4)
