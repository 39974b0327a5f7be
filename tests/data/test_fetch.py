"""Downloads, against a real server on the loopback address."""

import contextlib
import hashlib
import http.server
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seqkit.data import fetch
from seqkit.errors import DataError

CONTENT = random.Random(0).randbytes(3_000_000)
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
MD5 = "md5:" + hashlib.md5(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """A server that remembers what it was asked: paths and ranges."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str | None]] = []
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `CONTENT`, well or badly, as the path asks for."""

    server: "Server"

    def refuses(self) -> bool:
        """Answers where the path asks for something else than the content."""
        codes = {"/missing": 404, "/broken": 503, "/unsatisfied": 416}
        if self.path in codes:
            self.send_error(codes[self.path])
        elif self.path == "/busy" and len(self.server.asked) < 3:
            self.send_response(429)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/endless":
            self.send_without_end()
        elif self.path == "/huge":
            self.send_response(200)
            self.send_header("Content-Length", str(10**15))
            self.end_headers()
        else:
            return False
        return True

    def do_GET(self) -> None:
        start = 0
        asked = self.headers.get("Range")
        self.server.asked.append((self.path, asked))
        if self.refuses():
            return None
        body = CONTENT[::-1] if self.path == "/wrong" else CONTENT
        if asked and self.path == "/other-range":
            self.send_response(206)
            self.send_header("Content-Range", f"bytes 0-{len(body) - 1}/{len(body)}")
        elif asked and self.path not in ("/no-range", "/cuts"):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        if self.path != "/chunkless":
            self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        if self.path == "/tiny":
            self.wfile.write(body[start : start + 50_000])
        elif self.path == "/cuts":
            self.wfile.write(body[: 200_000 * len(self.server.asked)])
        elif self.path == "/drops":
            self.wfile.write(body[start : start + 1_000_000])
        elif self.path == "/stops":
            self.wfile.write(body[start:1_000_000])
        elif self.path == "/slow":
            self.wfile.write(body[start:1000])
            self.wfile.flush()
            self.server.released.wait(10)
        else:
            self.wfile.write(body[start:])
        return None

    def send_without_end(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while not self.server.released.is_set():
                self.wfile.write(CONTENT)

    def log_message(self, *_: Any) -> None:
        pass


def starting(asked: str | None) -> Any:
    """Returns the first byte that a request asked for."""
    return int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqkit.data.transfer.PAUSE_SECONDS", 0.0)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "file.tar.gz"


@pytest.mark.parametrize("known_hash", [SHA256, MD5])
@pytest.mark.parametrize("path", ["whole", "no-range", "chunkless"])
def test_a_file_is_downloaded_verified_and_reported(
    server: Server, target: Path, path: str, known_hash: str
) -> None:
    seen = []
    assert (
        fetch([f"{server.url}/{path}"], target, known_hash, progress=lambda *a: seen.append(a))
        == target
    )
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]
    total = None if path == "chunkless" else len(CONTENT)
    assert seen[-1] == (len(CONTENT), total, "file.tar.gz")
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)


def test_a_file_that_is_there_and_right_is_not_downloaded_again(
    server: Server, target: Path
) -> None:
    target.parent.mkdir()
    target.write_bytes(CONTENT)
    fetch([f"{server.url}/whole"], target, SHA256)
    assert server.asked == []


def test_a_file_that_is_there_and_wrong_is_replaced(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"other")
    fetch([f"{server.url}/whole"], target, SHA256)
    assert target.read_bytes() == CONTENT


def test_a_partial_download_is_continued_where_it_stopped(server: Server, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("file.tar.gz.part").write_bytes(CONTENT[:1_234_567])
    fetch([f"{server.url}/whole"], target, SHA256)
    assert server.asked == [("/whole", "bytes=1234567-")]
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("path", ["no-range", "other-range"])
def test_a_server_without_ranges_sends_it_whole_again(
    server: Server, target: Path, path: str
) -> None:
    target.parent.mkdir()
    target.with_name("file.tar.gz.part").write_bytes(CONTENT[:1000])
    fetch([f"{server.url}/{path}"], target, SHA256)
    assert server.asked == [(f"/{path}", "bytes=1000-")]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("part", [CONTENT, CONTENT + b"more"], ids=["whole", "longer"])
def test_a_part_with_nothing_missing_is_settled(server: Server, target: Path, part: bytes) -> None:
    target.parent.mkdir()
    target.with_name("file.tar.gz.part").write_bytes(part)
    fetch([f"{server.url}/whole"], target, SHA256)
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == (1 if part == CONTENT else 2)


def test_a_part_of_another_file_is_given_up_for_a_whole_download(
    server: Server, target: Path
) -> None:
    target.parent.mkdir()
    target.with_name("file.tar.gz.part").write_bytes(b"x" * 5000)
    fetch([f"{server.url}/whole"], target, SHA256)
    assert server.asked == [("/whole", "bytes=5000-"), ("/whole", None)]
    assert target.read_bytes() == CONTENT


def test_a_connection_that_drops_is_taken_up_again(server: Server, target: Path) -> None:
    fetch([f"{server.url}/drops"], target, SHA256)
    starts = [starting(asked) for _, asked in server.asked]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[1] > 900_000
    assert target.read_bytes() == CONTENT


def test_a_mirror_that_stops_is_left_for_the_next_which_sends_the_rest(
    server: Server, target: Path
) -> None:
    fetch([f"{server.url}/stops", f"{server.url}/whole"], target, SHA256)
    assert server.asked[-1][0] == "/whole"
    assert starting(server.asked[-1][1]) > 900_000
    assert target.read_bytes() == CONTENT


def test_mirrors_are_tried_in_turn(server: Server, target: Path) -> None:
    urls = [f"{server.url}/{path}" for path in ("missing", "wrong", "whole", "drops")]
    fetch(urls, target, SHA256)
    assert target.read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/missing", "/wrong", "/whole"]


def test_when_every_mirror_fails_each_is_named_with_its_reason(
    server: Server, target: Path
) -> None:
    free = server.server_port
    urls = [f"{server.url}/{path}" for path in ("missing", "broken", "stops", "wrong")]
    with pytest.raises(DataError) as raised:
        fetch([*urls, "http://127.0.0.1:1/none"], target, SHA256)
    message = str(raised.value)
    assert "file.tar.gz could not be downloaded from any of 5 addresses" in message
    assert f"127.0.0.1:{free}/missing: HTTP 404 Not Found" in message
    assert f"{free}/broken: HTTP 503" in message
    assert f"{free}/stops: the connection broke off" in message
    assert f"{free}/wrong: the file is not the published one (wrong hash)" in message
    assert "127.0.0.1:1/none: no connection" in message
    assert "--from" in message
    assert not target.exists()


def test_a_wrong_file_never_appears_under_its_name(server: Server, target: Path) -> None:
    with pytest.raises(DataError, match="wrong hash"):
        fetch([f"{server.url}/wrong"], target, MD5)
    assert list(target.parent.iterdir()) == []


def test_a_truncated_download_stays_as_a_part_for_the_next_try(
    server: Server, target: Path
) -> None:
    with pytest.raises(DataError, match="broke off"):
        fetch([f"{server.url}/stops"], target, SHA256)
    part = target.with_name("file.tar.gz.part")
    assert list(target.parent.iterdir()) == [part]
    assert len(part.read_bytes()) > 900_000
    assert CONTENT.startswith(part.read_bytes())


def test_a_server_that_falls_silent_is_left_after_the_timeout(server: Server, target: Path) -> None:
    with pytest.raises(DataError, match=r"slow: nothing came for 0\.3 seconds"):
        fetch([f"{server.url}/slow"], target, SHA256, timeout=(0.3, 0.3))


def test_a_disk_without_room_is_named_before_anything_is_written(
    server: Server, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: Full)
    with pytest.raises(DataError, match=r"no room left in .*downloads: 3,000,000 bytes are needed"):
        fetch([f"{server.url}/whole", f"{server.url}/whole"], target, SHA256)
    assert len(server.asked) == 1


class Full:
    free = 1000


def test_a_folder_that_cannot_be_made_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file cannot be written: .* SEQKIT_HOME"):
        fetch([f"{server.url}/whole"], tmp_path / "file" / "x", SHA256)


def test_an_interrupted_download_keeps_what_came(server: Server, target: Path) -> None:
    def interrupt(done: int, total: int | None, name: str) -> None:
        if done > 1_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch([f"{server.url}/whole"], target, SHA256, progress=interrupt)
    part = target.with_name("file.tar.gz.part")
    assert list(target.parent.iterdir()) == [part]
    fetch([f"{server.url}/whole"], target, SHA256)
    assert server.asked[-1][1] is not None
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("path", ["tiny", "cuts"])
def test_a_download_goes_on_for_as_long_as_each_try_brings_something(
    server: Server, target: Path, path: str
) -> None:
    fetch([f"{server.url}/{path}"], target, SHA256)
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == (60 if path == "tiny" else 15)


def test_a_busy_server_is_asked_again(server: Server, target: Path) -> None:
    fetch([f"{server.url}/busy"], target, SHA256)
    assert [path for path, _ in server.asked] == ["/busy"] * 3
    assert target.read_bytes() == CONTENT


def test_a_server_that_stays_busy_is_left_and_what_came_is_kept(
    server: Server, target: Path
) -> None:
    target.parent.mkdir()
    part = target.with_name("file.tar.gz.part")
    part.write_bytes(CONTENT[:1000])
    with pytest.raises(DataError, match="HTTP 503"):
        fetch([f"{server.url}/broken"], target, SHA256)
    assert len(server.asked) == 3
    assert part.read_bytes() == CONTENT[:1000]


def test_a_range_that_nobody_asked_for_is_named(server: Server, target: Path) -> None:
    with pytest.raises(DataError, match="unsatisfied: HTTP 416"):
        fetch([f"{server.url}/unsatisfied"], target, SHA256)


@pytest.mark.parametrize(
    ("path", "reason"),
    [("endless", "goes on after 5,000,000 bytes"), ("huge", "and may have 5,000,000")],
)
def test_a_body_without_end_is_refused(
    server: Server, target: Path, path: str, reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        fetch([f"{server.url}/{path}"], target, SHA256, largest=5_000_000)
    assert list(target.parent.iterdir()) == []


def test_what_a_killed_download_left_is_cleared_by_the_next(server: Server, target: Path) -> None:
    target.parent.mkdir()
    (target.parent / "tmpab3_x9zz").write_bytes(b"half")
    (target.parent / "tmpfile.txt").write_bytes(b"mine")
    fetch([f"{server.url}/whole"], target, SHA256)
    assert sorted(path.name for path in target.parent.iterdir()) == ["file.tar.gz", "tmpfile.txt"]


def test_a_killed_download_leaves_its_part_alone_and_is_continued(
    server: Server, target: Path
) -> None:
    code = """
import os, sys
from pathlib import Path
from seqkit.data import fetch
def progress(done, total, name):
    if done > 1_000_000:
        os.kill(os.getpid(), 9)
fetch([sys.argv[1]], Path(sys.argv[2]), sys.argv[3], progress=progress)
"""
    words = [sys.executable, "-c", code, f"{server.url}/whole", str(target), SHA256]
    assert subprocess.run(words, check=False).returncode == -9
    assert [path.name for path in target.parent.iterdir()] == ["file.tar.gz.part"]
    fetch([f"{server.url}/whole"], target, SHA256)
    assert starting(server.asked[-1][1]) > 1_000_000
    assert list(target.parent.iterdir()) == [target]


def test_of_several_that_want_a_file_one_downloads_it(server: Server, target: Path) -> None:
    threads = [
        threading.Thread(target=fetch, args=([f"{server.url}/tiny"], target, SHA256))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 60
    assert list(target.parent.iterdir()) == [target]
