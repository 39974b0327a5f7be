"""One bad run takes no command down: it is a line that says so, and the others are as before."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

DEEP = "[" * 100_000


def _info(**changes: Any) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        path = run / "run.json"
        info = json.loads(path.read_text("utf-8")) | changes
        # As somebody writes it who knows what they do.
        info.pop("sha256")
        path.write_text(json.dumps(info), "utf-8")

    return change


def _text(name: str, text: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / name).write_text(text, "utf-8")

    return change


def _events(kind: str, **changes: Any) -> Callable[[Path], None]:
    """Changes fields of the events of a kind; None takes the field out."""

    def change(run: Path) -> None:
        path = run / "events.jsonl"
        lines = []
        for line in path.read_text("utf-8").splitlines():
            event = json.loads(line)
            if event["event"] == kind:
                event |= changes
                event = {key: value for key, value in event.items() if value is not None}
            lines.append(json.dumps(event))
        path.write_text("\n".join(lines) + "\n", "utf-8")

    return change


def _folder(run: Path) -> None:
    (run / "events.jsonl").unlink()
    (run / "events.jsonl").mkdir()


def _fifo(name: str) -> Callable[[Path], None]:
    def change(run: Path) -> None:
        (run / name).unlink()
        os.mkfifo(run / name)

    return change


BAD = {
    "deep-info": _text("run.json", DEEP),
    "list-info": _text("run.json", "[]"),
    "typed-info": _info(status=[1], created={}, group=[1], varies=5, process=3, test=[1]),
    "endless-created": _info(created=1e999, evaluation={"baselines": [1]}, metric=3),
    "deep-events": _text("events.jsonl", DEEP + "\n"),
    "no-metrics": _events("evaluation", metrics=None, letrics={}),
    "list-metrics": _events("evaluation", metrics=[1, 2]),
    "texts": _events("step", elapsed="long", loss="low", eta="soon", examples_per_second="fast"),
    "text-losses": _events("evaluation", loss="low", elapsed=[1]),
    "text-total": _events("started", total_steps="many", epochs="few", steps_per_epoch=[]),
    "text-parameters": _events("started", parameters="many", epochs="few"),
    "started": _events("started", baselines=5, layers="many", dataset={}, model=[], experiment=3),
    "samples": _events("sample", items=3),
    "events-folder": _folder,
    "deep-toml": _text("experiment.toml", "x = " + DEEP),
    "endless-toml": _text("experiment.toml", "x = {" + ".".join(["a"] * 100_000) + " = 1}"),
    "endless-number": _text("experiment.toml", "x = 0x" + "F" * 6000),
    "empty-toml": _text("experiment.toml", ""),
    "fifo-toml": _fifo("experiment.toml"),
    "fifo-events": _fifo("events.jsonl"),
    "damaged-toml": _text("experiment.toml", "metrics = 5\n"),
}


@pytest.fixture
def folder(runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of two finished runs, one to damage."""
    for name, source in (("whole", "second"), ("bad", "first")):
        shutil.copytree(runs_dir / source, tmp_path / name)
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("damage", BAD)
def test_a_bad_run_takes_no_command_down(seqkit: Callable, folder: Path, damage: str) -> None:
    BAD[damage](folder / "bad")
    listed = seqkit("runs", "--json")
    assert listed.code == 0
    assert {run["name"] for run in json.loads(listed.out)} == {"whole", "bad"}
    table = seqkit("runs")
    assert table.code == 0
    assert {line.split()[0] for line in table.out.splitlines()[1:]} == {"whole", "bad"}
    for words in (
        *(("show", "bad"), ("show", "bad", "--json"), ("compare", "bad", "whole")),
        *(("predict", "bad", "--help"), ("stop", "bad")),
    ):
        done = seqkit(*words)
        assert done.code in (0, 4), (words, done.err)
        assert "bug in seqkit" not in done.err
        assert "Traceback" not in done.err


def test_a_run_that_cannot_be_read_says_why(seqkit: Callable, folder: Path) -> None:
    _text("run.json", DEEP)(folder / "bad")
    runs = {run["name"]: run for run in json.loads(seqkit("runs", "--json").out)}
    assert runs["bad"]["status"] == "unreadable"
    assert "run.json" in runs["bad"]["error"]
    assert runs["whole"]["error"] == ""
    assert runs["whole"].keys() == runs["bad"].keys()
    done = seqkit("compare", "bad", "whole")
    assert done.code == 0
    assert "run.json" in done.err
    assert "whole" in done.out


def _another_number(text: str) -> str:
    return text.replace("hidden_size = ", "hidden_size = 1")


@pytest.mark.parametrize("damage", [lambda _: "x = [", _another_number])
def test_lost_settings_are_said_and_differ_in_nothing(
    seqkit: Callable, folder: Path, damage: Callable[[str], str]
) -> None:
    path = folder / "bad" / "experiment.toml"
    path.write_text(damage(path.read_text("utf-8")), encoding="utf-8")
    done = seqkit("compare", "bad", "whole", "--json")
    assert json.loads(done.out)["differing"] == []
    assert "experiment.toml is damaged" in done.err
    shown = json.loads(seqkit("show", "bad", "--json").out)
    assert "is damaged" in shown["settings_error"]
    assert shown["changed"] == {}


def test_show_tells_of_damaged_lines(seqkit: Callable, folder: Path) -> None:
    path = folder / "bad" / "events.jsonl"
    path.write_text("{\n" + path.read_text("utf-8"), encoding="utf-8")
    assert "events.jsonl is damaged and left out: line 1" in seqkit("show", "bad").err
    assert json.loads(seqkit("show", "bad", "--json").out)["damaged_lines"] == [1]


def test_no_changed_digit_of_a_log_is_believed(seqkit: Callable, folder: Path) -> None:
    path = folder / "bad" / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    (place,) = (at for at, line in enumerate(lines) if b'"split":"test","loss"' in line)
    lines[place] = re.sub(rb'("accuracy":0\.)\d', rb"\g<1>0", lines[place])
    path.write_bytes(b"".join(lines))
    said = f"1 line of {path} is damaged and left out: line {place + 1}"
    commands = (("runs",), ("show", "bad"), ("compare", "bad", "whole"), ("evaluate", "bad"))
    for words in (*commands, ("watch", "bad")):
        done = seqkit(*words)
        assert said in done.err, words
        assert done.code == 0
        assert "accuracy 0.0" not in done.out
    (bad,) = (one for one in json.loads(seqkit("runs", "--json").out) if one["name"] == "bad")
    assert bad["damage"] == said
    assert list(bad["metrics"]) == ["validation"]


def test_a_log_that_lost_its_end_is_named(seqkit: Callable, folder: Path) -> None:
    path = folder / "bad" / "events.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    for words in (("runs",), ("show", "bad"), ("compare", "bad", "whole")):
        assert "breaks off before the end of what the run did" in seqkit(*words).err


def test_no_changed_digit_of_a_record_is_believed(seqkit: Callable, folder: Path) -> None:
    path = folder / "bad" / "run.json"
    path.write_bytes(path.read_bytes().replace(b'"schema": 1', b'"schema": 3'))
    done = seqkit("runs", "--json")
    (bad,) = (one for one in json.loads(done.out) if one["name"] == "bad")
    assert bad["status"] == "unreadable"
    for words in (("runs",), ("compare", "bad", "whole")):
        assert f"{path} cannot be read: its checksum does not match" in seqkit(*words).err
    done = seqkit("show", "bad")
    assert done.code == 4
    assert "seqkit resume bad" in done.err
    assert seqkit("resume", "bad", "--quiet").code == 0
    assert seqkit("show", "bad").code == 0


def test_a_renamed_run_shows_its_own_name(seqkit: Callable, folder: Path) -> None:
    (folder / "bad").rename(folder / "another")
    assert seqkit("show", "another").out.startswith("another  ")


def test_a_comparison_writes_no_control_sequence_of_a_name(seqkit: Callable, folder: Path) -> None:
    (folder / "bad").rename(folder / "a\x1b[31mb")
    assert "\x1b" not in seqkit("compare", "whole", "a\x1b[31mb").out
