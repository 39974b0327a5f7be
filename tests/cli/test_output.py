"""What reaches stdout and stderr: results apart from narration, and no escape but our own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seqkit.terminal import figures, output, safe_text
from seqkit.terminal.answers.lines import sample_lines
from seqkit.terminal.streams import is_plain

if TYPE_CHECKING:
    from tests.nursery import Nursery

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(pieces: list[output.Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece[0] for piece in pieces)


def test_control_characters_become_visible_text() -> None:
    assert safe_text.visible("a\x1b[31mb\x07\x9b\x7f") == "a\\x1b[31mb\\x07\\x9b\\x7f"
    assert safe_text.visible("right\u202eleft\u2066") == "right\\u202eleft\\u2066"
    assert (
        safe_text.visible("line\nbreak\tand [bold]markup[/]") == "line\nbreak  and [bold]markup[/]"
    )
    assert safe_text.visible("\ud800") == "\\ud800"


def test_one_line_joins_lines_and_cuts_at_the_width() -> None:
    assert safe_text.one_line("a\n b\r\n  c") == "a b c"
    assert len(safe_text.one_line("word " * 50, 20)) <= 20


def test_an_answer_shows_the_escapes_of_its_text() -> None:
    answer = {"text": "\x1b]0;title\x07 hi", "label": "[red]pos", "probability": 0.934}
    assert plain(sample_lines(answer)[0]) == "[red]pos  93%  \\x1b]0;title\\x07 hi"


def test_an_answer_says_whether_it_was_right() -> None:
    wrong = {"text": "t", "label": "pos", "probability": 0.9, "target": "neg", "correct": False}
    assert "(is neg)" in plain(sample_lines(wrong)[0])
    (right,) = sample_lines(wrong | {"correct": True, "target": "pos"})
    assert plain(right).endswith("pos  90%  t")


def test_an_answer_of_another_task_lists_its_fields() -> None:
    assert "value 3.500" in plain(sample_lines({"value": 3.5})[0])


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.31, "0.3 s"), (42.4, "0:42"), (3723, "1:02:03"), (None, "?")]
)
def test_durations_read_as_clocks(seconds: float | None, shown: str) -> None:
    assert figures.duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, "0.500"), (0.0, "0.000"), (1234.5, "1234"), (1.5e-5, "1.5e-05"), (12345, "12,345")],
)
def test_numbers_keep_about_four_digits(value: float, shown: str) -> None:
    assert figures.number(value) in (shown, "1235")


def test_a_stream_that_cannot_encode_gets_escapes_and_not_a_failure(
    in_process_of_its_own: Callable,
) -> None:
    done = in_process_of_its_own("show", "bilstm", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_a_json_document_has_no_number_that_json_lacks(capfd: pytest.CaptureFixture[str]) -> None:
    output.json_document({"loss": float("nan"), "text": "\x1b[31m"})
    written = capfd.readouterr().out
    assert json.loads(written, parse_constant=pytest.fail) == {"loss": "NaN", "text": "\x1b[31m"}
    assert "\x1b" not in written


@pytest.mark.parametrize(
    "words",
    [["list"], ["list", "models"], ["runs"], ["show", "lstm"], ["data", "list"], ["doctor"]],
    ids=" ".join,
)
def test_json_is_one_document_and_nothing_else_on_stdout(
    words: list[str], seqkit: Callable, runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(runs_dir))
    done = seqkit(*words, "--json")
    assert json.loads(done.out)
    assert done.err == ""


@pytest.mark.parametrize("words", [("list", "--json"), ("list",), ("show", "lstm")], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(words: tuple[str, ...], nursery: Nursery) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as pipe:
        done = nursery.run(*words, streams={1: pipe})
    assert (done.code, done.err) == (0, "")


def test_a_stream_is_plain_without_a_terminal_with_no_color_and_when_dumb(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert is_plain(io.StringIO())
    assert not is_plain(Terminal())
    monkeypatch.setenv("TERM", "dumb")
    assert is_plain(Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert is_plain(Terminal())


@pytest.fixture
def in_a_terminal(nursery: Nursery, tmp_path: Path) -> Callable[..., str]:
    """Runs a command on a terminal of 80 columns and returns all that it wrote there."""

    def call(*words: str, **more: str) -> str:
        parent, terminal = pty.openpty()
        environment = {"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"} | more
        streams = dict.fromkeys(range(3), terminal)
        child = nursery.start(*words, folder=tmp_path, environment=environment, streams=streams)
        os.close(terminal)
        written = b""
        # Reading fails once nobody holds the other side any more.
        with contextlib.suppress(OSError):
            while part := os.read(parent, 65536):
                written += part
        os.close(parent)
        assert child.wait().code == 0, written
        return written.decode("utf-8")

    return call


def test_a_terminal_gets_colours_and_lines_of_80_columns(
    in_a_terminal: Callable[..., str], runs_dir: Path
) -> None:
    for words in (["show", "first"], ["compare", "first", "second"], ["predict", "first", "a b"]):
        written = in_a_terminal(*words, "--runs-dir", str(runs_dir), NO_COLOR="")
        assert ESCAPE.search(written)
        lines = ESCAPE.sub("", written).replace("\r", "").split("\n")
        too_long = [line for line in lines if len(line) > 80 and str(runs_dir) not in line]
        assert not too_long


def test_a_terminal_without_colours_gets_no_escape_and_no_live_bar(
    in_a_terminal: Callable[..., str], tiny: tuple[str, ...]
) -> None:
    written = in_a_terminal("run", "sentiment", *tiny, NO_COLOR="1")
    assert "\x1b" not in written
    assert "of 6: loss" in written
    assert "\x1b" not in in_a_terminal("show", "lstm", TERM="dumb")


def test_json_spells_out_what_moves_a_cursor_and_is_the_same_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = {"name": "a\x1b[31m\x9b31m\x7f\u202eb", "word": "grün 語"}
    output.json_document(document)
    output.json_line(document)
    out = capsys.readouterr().out
    assert not {"\x1b", "\x9b", "\x7f", "\u202e"} & set(out)
    assert r"\u009b" in out
    assert "grün 語" in out
    assert json.loads(out.splitlines()[-1]) == document
