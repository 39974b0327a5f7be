"""Every failure is one clear message on stderr and an exit code that means something."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.cli.main import COMMANDS, cli

FAULTY = """
import seqkit
from seqkit.errors import RunError

class Faulty(seqkit.Dataset):
    \"\"\"Raises what its setting names.\"\"\"
    name = "faulty"
    tasks = ("classification",)

    class Config(seqkit.Config):
        kind: str = seqkit.Field("bug", help="What to raise.")

    def splits(self, config, notify):
        if config.kind == "interrupt":
            raise KeyboardInterrupt
        raise ZeroDivisionError("a bug \\x1b[31m in red")

    def location(self, config):
        raise ZeroDivisionError("a bug \\x1b[31m in red")

@seqkit.hookimpl
def register_datasets():
    return [Faulty]

@seqkit.hookimpl
def register_commands(cli):
    import click

    @cli.command("greet")
    def greet():
        "Says hello."
        click.echo("hello")
"""


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY, encoding="utf-8")
    return path


def test_an_unknown_command_names_the_nearest_one(seqkit: Callable) -> None:
    done = seqkit("rnu")
    assert done.code == 2
    assert done.err == "seqkit: error: there is no command 'rnu'. Did you mean run?\n"
    assert done.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["run", "{}/x.toml"],
        ["run", "sentiment", "--runs-dir", "{}"],
        ["run", "sentiment", "--plugin", "{}"],
        ["run", "sentiment", "dataset=text-csv", "dataset.path={}"],
        ["run", "sentiment", "dataset=text-folder", "dataset.path={}"],
        ["sweep", "sentiment", "model=lstm,gru", "--runs-dir", "{}"],
        ["new", "{}"],
        ["plugin", "check", "{}"],
        ["plugin", "new", "{}"],
        ["runs", "--runs-dir", "{}"],
        ["show", "{}"],
        ["predict", "{}", "hello"],
        ["resume", "{}"],
        ["evaluate", "{}"],
        ["compare", "{}", "{}"],
        ["stop", "{}"],
    ],
    ids=lambda words: " ".join(words),
)
@pytest.mark.parametrize("kind", ["loop", "long name", "below a file"])
def test_a_path_that_the_system_refuses_is_no_bug(
    seqkit: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("text")
    path = {"loop": "loop", "long name": "n" * 300, "below a file": "file/below"}[kind]
    done = seqkit(*(word.format(path) for word in words))
    assert "bug" not in done.err
    assert bool(done.code) == (
        words[0] != "runs" and (kind, words[:2]) != ("loop", ["plugin", "new"])
    )


def test_an_unknown_option_names_the_nearest_one(seqkit: Callable) -> None:
    done = seqkit("runs", "--jsn")
    assert done.code == 2
    assert "there is no option --jsn, in seqkit runs. Did you mean --json?" in done.err


def test_an_unknown_option_before_the_command_is_named(seqkit: Callable) -> None:
    done = seqkit("--versio")
    assert done.code == 2
    assert "--versio" in done.err
    assert "--version" in done.err.replace("--versio,", "")


def test_a_missing_argument_is_a_usage_error(seqkit: Callable) -> None:
    done = seqkit("show")
    assert done.code == 2
    assert done.err.startswith("seqkit: error: missing argument 'RUN|COMPONENT|RECIPE|FILE'")
    done = seqkit("run")
    assert done.code == 2
    assert "Write seqkit run RECIPE" in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["run", "sentimnt"], 2, ["'sentimnt'", "sentiment"]),
        (["run", "sentiment", "model.hiden_size=3"], 2, ["model.hiden_size", "model.hidden_size"]),
        (["run", "sentiment", "model=lstmm"], 2, ["'lstmm'", "lstm"]),
        (["run", "sentiment", "nonsense"], 2, ["'nonsense'", "key=value"]),
        (["run", "missing.toml"], 2, ["missing.toml", "seqkit new"]),
        (["run", "sentiment", "--device", "gpu"], 2, ["gpu", "device"]),
        (["list", "modles"], 2, ["'modles'", "models"]),
        (["show", "lstmm"], 2, ["'lstmm'", "lstm"]),
        (["list", "--plugin", "nowhere.py"], 3, ["nowhere.py"]),
        (["resume", "nothing"], 4, ["'nothing'"]),
        (["predict", "nothing", "text"], 4, ["'nothing'"]),
        (["evaluate", "nothing"], 4, ["'nothing'"]),
        (["compare", "nothing"], 4, ["'nothing'"]),
        (["stop", "nothing"], 4, ["'nothing'"]),
        (["data", "path", "imdb"], 4, ["imdb", "seqkit data get imdb"]),
        (["data", "get", "imbd"], 2, ["'imbd'", "imdb"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_is_wrong_is_named_with_the_next_step(
    words: list[str],
    code: int,
    said: list[str],
    seqkit: Callable,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = seqkit(*words)
    assert done.code == code
    assert done.out == ""
    assert all(line.startswith("seqkit: error: ") for line in done.err.splitlines())
    assert "Traceback" not in done.err
    for word in said:
        assert word in done.err


def test_every_problem_of_an_experiment_is_a_line_of_its_own(seqkit: Callable) -> None:
    done = seqkit("run", "sentiment", "model.hidden_size=0", "trainer.epoch=3", "task.tokenizer=x")
    assert done.code == 2
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("seqkit: error: ") for line in lines)


def test_an_unexpected_failure_is_called_a_bug_and_shows_no_traceback(
    seqkit: Callable, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = seqkit("data", "list", "--plugin", faulty)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "ZeroDivisionError: a bug \\x1b[31m in red" in done.err
    assert "bug" in done.err
    assert "--traceback" in done.err
    monkeypatch.setenv("SEQKIT_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in seqkit("data", "list", "--plugin", faulty).err


@pytest.mark.parametrize(
    "words",
    [
        ["run", "TOO-LONG"],
        ["run", "sentiment", "TOO-LONG"],
        ["run", "sentiment", "model=TOO-LONG"],
        ["run", "sentiment", "--plugin", "TOO-LONG"],
        ["show", "x", "--runs-dir", "TOO-LONG"],
        ["sweep", "sentiment", "--dry-run", "--name", "TOO-LONG"],
        ["sweep", "sentiment", "--dry-run", "--runs-dir", "TOO-LONG"],
        ["new", "x.toml", "--data", "TOO-LONG"],
        ["plugin", "check", "TOO-LONG"],
        ["data", "get", "imdb", "--from", "TOO-LONG"],
    ],
    ids=" ".join,
)
def test_a_word_or_path_without_end_is_no_bug_and_fills_no_screen(
    seqkit: Callable, words: list[str]
) -> None:
    done = seqkit(*(word.replace("TOO-LONG", "x" * 50_000) for word in words))
    assert "bug in seqkit" not in done.err
    assert done.code in (2, 3, 4)
    assert "xxx..." in done.err or "x" * 57 not in done.err
    assert len(done.err) < 1000


def test_the_traceback_option_goes_anywhere_before_a_lone_double_dash(
    seqkit: Callable, faulty: Path
) -> None:
    for words in (
        ["--traceback", "data", "list", "--plugin", faulty],
        ["data", "list", "--traceback", "--plugin", faulty],
    ):
        done = seqkit(*words)
        assert done.code == 1
        assert "Traceback (most recent call last)" in done.err
    assert "Traceback" not in seqkit("data", "list", "--plugin", faulty, "--", "--traceback").err


def test_an_interrupt_ends_with_130(seqkit: Callable, faulty: Path, tmp_path: Path) -> None:
    words = ["dataset=faulty", "dataset.kind=interrupt", "--plugin", faulty, "--runs-dir", tmp_path]
    done = seqkit("run", "sentiment", *words)
    assert done.code == 130
    assert "Traceback" not in done.err


WRITING = """
import time
import click, seqkit
from pathlib import Path
from seqkit.data.written import written_whole

@seqkit.hookimpl
def register_commands(cli):
    @cli.command("write")
    @click.argument("path", type=click.Path(path_type=Path))
    def write(path):
        "Takes its time."
        with written_whole(path) as aside:
            aside.write_text("half")
            click.echo("writing")
            time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_half_written(tmp_path: Path, number: int) -> None:
    plugin = tmp_path / "writing.py"
    plugin.write_text(WRITING)
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "old.csv").write_text("old")
    process = subprocess.Popen(
        [sys.executable, "-m", "seqkit", "write", answers / "old.csv"],
        env=os.environ | {"SEQKIT_PLUGIN": str(plugin)},
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(number)
        assert process.wait(30) == 130
    assert [path.name for path in answers.iterdir()] == ["old.csv"]
    assert (answers / "old.csv").read_text() == "old"


def test_a_broken_plugin_is_warned_about_once_and_the_rest_works(
    in_process_of_its_own: Callable, tmp_path: Path
) -> None:
    package = tmp_path / "broken_plugin.py"
    package.write_text("raise RuntimeError('never works')\n", encoding="utf-8")
    folder = tmp_path / "broken_plugin-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[seqkit]\nbroken = broken_plugin\n")
    done = in_process_of_its_own("list", "models", PYTHONPATH=str(tmp_path))
    assert done.returncode == 0
    assert "bilstm" in done.stdout
    assert done.stderr.count("never works") == 1
    assert "broken-plugin 1.0" in done.stderr
    doctor = in_process_of_its_own("list", "plugins", PYTHONPATH=str(tmp_path))
    assert "skipped: RuntimeError: never works" in " ".join(doctor.stdout.split())


def test_a_plugin_adds_a_command_that_is_found_when_no_built_in_one_is_meant(
    seqkit: Callable, faulty: Path, in_process_of_its_own: Callable
) -> None:
    done = in_process_of_its_own("greet", SEQKIT_PLUGIN=str(faulty))
    assert (done.returncode, done.stdout) == (0, "hello\n")


def test_every_command_is_imported_from_where_it_is_said_to_be() -> None:
    import click

    context = click.Context(cli)
    # Those of plugins follow, once they were asked for.
    assert cli.list_commands(context)[: len(COMMANDS)] == list(COMMANDS)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.help
