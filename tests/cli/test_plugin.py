"""`seqkit plugin`: a new plugin works at once, and a broken one is explained."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit import __version__
from seqkit.kinds import NEW

if TYPE_CHECKING:
    from tests.nursery import Nursery

Call = Callable[..., Any]


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A plugin that cannot be loaded."""
    path = tmp_path / "broken.py"
    path.write_text("def explode():\n    raise RuntimeError('no licence')\nexplode()\n")
    return path


# --- new ------------------------------------------------------------------------------------------


@pytest.mark.proof
@pytest.mark.parametrize("kind", NEW)
def test_a_new_plugin_of_any_kind_passes_its_checks_and_trains_in_its_own_tests(
    nursery: Nursery, tmp_path: Path, kind: str
) -> None:
    written = nursery.run("plugin", "new", "attn-two", "--kind", kind, "--json", folder=tmp_path)
    document = json.loads(written.out)
    words = ("-q", "-W", "error", "-p", "no:cacheprovider")
    tested = nursery.run(*words, module="pytest", folder=tmp_path / "seqkit-attn-two")

    assert (written.code, document["folder"]) == (0, "seqkit-attn-two")
    assert document["kind"] == kind
    assert tested.code == 0, tested.out
    assert " passed" in tested.out
    assert "skipped" not in tested.out


@pytest.mark.slow
def test_a_new_plugin_of_any_kind_is_typed_strictly(seqkit: Call, tmp_path: Path) -> None:
    for kind in NEW:
        assert seqkit("plugin", "new", f"a-{kind}", "--kind", kind, "--folder", tmp_path / kind)
    packages = [str(path) for path in tmp_path.glob("*/seqkit_*")]
    places = os.pathsep.join(str(tmp_path / kind) for kind in NEW)
    words = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *packages]
    done = subprocess.run(
        words,
        cwd=tmp_path,
        env=os.environ | {"MYPYPATH": places},
        capture_output=True,
        text=True,
    )

    assert len(packages) == len(NEW)
    assert done.stdout == ""


@pytest.mark.proof
def test_a_new_task_trains_and_answers_by_its_own_recipe(nursery: Nursery, tmp_path: Path) -> None:
    nursery.run("plugin", "new", "heights", "--kind", "task", folder=tmp_path)
    plugin = ("--plugin", "seqkit-heights")
    trained = nursery.run("run", "heights", *plugin, "--name", "one", "--quiet", folder=tmp_path)
    done = nursery.run("predict", "one", "up up up", *plugin, "--json", folder=tmp_path)

    assert trained.code == 0, trained.err
    assert 2 < json.loads(done.out)["answers"][0]["values"]["height"] < 4
    test = json.loads((tmp_path / "runs" / "one" / "run.json").read_text())["test"]
    for metric, score in test["metrics"].items():
        assert score < test["baselines"]["mean"][metric] / 2


def test_what_can_be_tried_of_a_new_command_is_said(seqkit: Call, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    done = seqkit("plugin", "new", "sizes", "--kind", "command", "--folder", folder)
    taken = seqkit("plugin", "new", "evaluate", "--kind", "command", "--folder", tmp_path / "two")

    assert f"Try it:      seqkit sizes last --plugin {folder}" in done.err
    assert "there is a command 'evaluate' already, of seqkit, which plugins cannot re" in taken.err


def test_a_new_plugin_trains_before_it_is_installed(
    nursery: Nursery, tiny: tuple[str, ...], tmp_path: Path
) -> None:
    nursery.run("plugin", "new", "attn-two", folder=tmp_path)
    words = ("run", "sentiment", "model=attn-two", "--plugin", "seqkit-attn-two", *tiny, "--json")
    trained = nursery.run(*words, folder=tmp_path)

    last = json.loads(trained.out.splitlines()[-1])
    assert trained.code == 0, trained.err
    assert (last["event"], last["status"]) == ("ended", "finished")


def test_the_files_of_a_new_plugin_say_what_was_asked_for(seqkit: Call, tmp_path: Path) -> None:
    done = seqkit("plugin", "new", "seqkit-2-layers", "--folder", tmp_path / "mine")
    project = tomllib.loads((tmp_path / "mine" / "pyproject.toml").read_text())["project"]
    files = {
        path.relative_to(tmp_path / "mine").as_posix()
        for path in (tmp_path / "mine").rglob("*")
        if path.is_file()
    }

    assert done.code == 0
    assert f"seqkit plugin check {tmp_path / 'mine'}" in done.err
    assert project["name"] == "seqkit-2-layers"
    assert project["entry-points"] == {"seqkit": {"2-layers": "seqkit_2_layers"}}
    assert project["dependencies"] == [f"seqkit>={__version__},<0.2"]
    assert files == {
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "seqkit_2_layers/__init__.py",
        "seqkit_2_layers/network.py",
        "tests/test_seqkit_2_layers.py",
    }
    for path in files:
        text = (tmp_path / "mine" / path).read_text()
        assert "$" not in text
        if path.endswith(".py"):
            compile(text, path, "exec")
    assert "class Plugin2Layers(" in (tmp_path / "mine/seqkit_2_layers/__init__.py").read_text()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Attn_Two", "'Attn_Two' cannot be a plugin's name: it must be lower-case words joined by"),
        ("Attn_Two", "Did you mean attn-two?"),
        ("../up", "cannot be a plugin's name"),
        ("-", "cannot be a plugin's name"),
        ("a\nb", "cannot be a plugin's name"),
        ("recurrent", "a plugin 'recurrent' is installed already. Choose another name"),
    ],
)
def test_a_name_that_will_not_do_is_refused(
    seqkit: Call, tmp_path: Path, name: str, message: str
) -> None:
    done = seqkit("plugin", "new", "--folder", tmp_path / "mine", "--", name)

    assert done.code == 2
    assert message in done.err
    assert not (tmp_path / "mine").exists()


def test_nothing_is_written_over(seqkit: Call, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    done = seqkit("plugin", "new", "attn", "--folder", tmp_path)

    assert done.code == 2
    assert "exists and is not empty. Give another with --folder" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_a_folder_that_cannot_be_written_is_an_error(seqkit: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = seqkit("plugin", "new", "attn", "--folder", tmp_path / "file")
    inside = seqkit("plugin", "new", "attn", "--folder", tmp_path / "file" / "inside")

    assert (done.code, inside.code) == (4, 4)
    assert "cannot be written: Not a directory. Give another folder with --folder" in done.err
    assert "cannot be written: Not a directory." in inside.err


# --- check ----------------------------------------------------------------------------------------


def test_a_sound_plugin_is_listed_check_by_check(seqkit: Call) -> None:
    done = seqkit("plugin", "check", "tensorboard")

    assert done.code == 0
    start = f"tensorboard (seqkit {__version__})\n  plugin\n    ok      loads\n"
    assert done.out.startswith(start)
    assert "  observers:tensorboard\n    ok      described\n" in done.out
    assert done.out.endswith(" passed.\n")
    assert "\x1b" not in done.out


def test_a_plugin_that_fails_to_load_is_shown_with_its_traceback(
    seqkit: Call, broken: Path
) -> None:
    done = seqkit("plugin", "check", broken)

    assert done.code == 3
    assert "    FAILED  loads: raised RuntimeError: no licence\n" in done.out
    assert "line 2, in explode\n" in done.out
    assert done.out.endswith("1 check: 1 failed.\n")


def test_the_findings_as_json(seqkit: Call, broken: Path) -> None:
    done = seqkit("plugin", "check", broken, "--json")
    document = json.loads(done.out)
    (finding,) = document.pop("findings")

    assert done.code == 3
    assert document == {
        "plugin": "broken",
        "distribution": str(broken),
        "version": "",
        "passed": False,
    }
    assert finding["message"] == "raised RuntimeError: no licence"
    assert "in explode" in finding["traceback"]


def test_what_a_plugin_prints_stays_out_of_the_json(seqkit: Call, tmp_path: Path) -> None:
    path = tmp_path / "chatty.py"
    path.write_text(
        "import seqkit\nprint('hello')\n"
        "@seqkit.hookimpl\ndef on_event(event):\n    print(event.kind)\n"
    )
    done = seqkit("plugin", "check", path, "--json")

    assert json.loads(done.out)["passed"] is True
    assert "hello" in done.err


def test_an_expected_failure_is_shown_with_its_reason_and_is_none(
    seqkit: Call, tmp_path: Path
) -> None:
    path = tmp_path / "metered.py"
    path.write_text(
        "import seqkit\n\n\nclass Batches:\n    seen = 0\n"
        "    def update(self, predictions, targets):\n        self.seen += 1\n"
        "    def merge(self, other):\n        self.seen += other.seen\n"
        "    def compute(self):\n        return float(self.seen)\n\n\n"
        "class Metered(seqkit.Metric):\n    'Counts batches.'\n    name = 'metered'\n"
        "    outputs = ('classes',)\n    expected_failures = {'splits': 'it counts batches'}\n"
        "    def build(self, config, shape):\n        return Batches()\n\n\n"
        "@seqkit.hookimpl\ndef register_metrics():\n    return [Metered]\n"
    )
    done = seqkit("plugin", "check", path)
    findings = json.loads(seqkit("plugin", "check", path, "--json").out)["findings"]

    assert done.code == 0
    assert "    xfail   splits: it counts batches (it found: " in done.out
    assert done.out.endswith("passed, 1 expected.\n")
    assert [f["check"] for f in findings if f["status"] == "expected"] == ["splits"]


def test_settings_without_a_default_are_given_as_words(seqkit: Call, tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    rows = [f"text number {number},{'good' if number % 3 else 'bad'}" for number in range(30)]
    reviews.write_text("text,label\n" + "\n".join(rows))
    done = seqkit("plugin", "check", "text", f"text-csv.path={reviews}")

    assert done.code == 0
    assert "  datasets:text-csv\n    ok      described\n    ok      settings\n" in done.out
    assert "    skipped records: text-jsonl.path is missing" in done.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["recurent"], 3, "there is no plugin 'recurent', installed or at that path. Did you mean"),
        (["nowhere/at_all.py"], 3, "there is no plugin 'nowhere/at_all.py'"),
        (["recurrent", "lstm"], 2, "'lstm' is not a setting."),
        (["recurrent", "layers=2"], 2, "'layers=2' is not a setting of a component."),
        (["recurrent", "a.b.c=2"], 2, "Write COMPONENT.KEY=VALUE"),
        ([], 2, "missing argument"),
    ],
)
def test_a_check_of_nothing_says_what_there_is(
    seqkit: Call, words: list[str], code: int, message: str
) -> None:
    done = seqkit("plugin", "check", *words)

    assert done.code == code
    assert message in done.err
    assert done.out == ""


# --- the door of the command line ----------------------------------------------------------------

GREETING = """
import click
import seqkit

@seqkit.hookimpl
def register_commands(cli):
    @cli.command()
    @click.argument("name")
    def greet(name):
        \'\'\'Greet somebody.\'\'\'
        click.echo(f"Hello, {name}.")
"""


def test_a_command_of_a_plugin_that_is_not_installed_is_found_by_its_path(
    nursery: Nursery, tmp_path: Path
) -> None:
    (tmp_path / "greeting.py").write_text(GREETING)
    for words in (["--plugin", "greeting.py", "Ada"], ["Ada", "--plugin=greeting.py"]):
        done = nursery.run("greet", *words, folder=tmp_path)
        assert (done.code, done.out) == (0, "Hello, Ada.\n"), done.err
    assert "there is no command 'greet'" in nursery.run("greet", "Ada", folder=tmp_path).err


def test_help_lists_the_commands_of_a_plugin_that_is_named(
    nursery: Nursery, tmp_path: Path
) -> None:
    (tmp_path / "greeting.py").write_text(GREETING)
    for words in (["--help", "--plugin", "greeting.py"], ["--plugin=greeting.py", "-h"]):
        done = nursery.run(*words, folder=tmp_path)
        assert done.code == 0, done.err
        assert "greet       Greet somebody.\n" in done.out
        assert "backtest" in done.out
    assert "greet" not in nursery.run("--help", folder=tmp_path).out


def test_help_names_the_commands_of_plugins_and_follows_what_is_installed(
    in_process_of_its_own: Call, tmp_path: Path
) -> None:
    before = in_process_of_its_own("--help").stdout
    (tmp_path / "greeting.py").write_text(GREETING)
    folder = tmp_path / "seqkit_greeting-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: seqkit-greeting\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[seqkit]\ngreeting = greeting\n")
    here = {"PYTHONPATH": str(tmp_path)}
    after = in_process_of_its_own("--help", **here).stdout
    left_out = in_process_of_its_own("--help", SEQKIT_DISABLE_PLUGINS="greeting", **here).stdout

    assert "Plugins:\n  backtest " in before
    assert "greet" not in before
    assert "greet       Greet somebody.\n" in after
    assert left_out == before


def test_a_plugin_can_be_left_out_of_one_command(
    seqkit: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEQKIT_DISABLE_PLUGINS", raising=False)
    shown = seqkit("list", "plugins", "--no-plugin", "textgen")
    wrong = seqkit("list", "plugins", "--no-plugin", "textgn")
    again = seqkit("list", "plugins")

    assert "Left out: textgen." in shown.err
    assert "textgen" not in shown.out
    assert "there is no plugin 'textgn' to leave out. Did you mean textgen?" in wrong.err
    assert "textgen" in again.out


def test_a_name_that_is_taken_is_warned_of(nursery: Nursery, tmp_path: Path) -> None:
    written = nursery.run("plugin", "new", "gru", folder=tmp_path)
    checked = nursery.run("plugin", "check", "seqkit-gru", "--json", folder=tmp_path)
    (warned,) = [f for f in json.loads(checked.out)["findings"] if f["status"] == "warned"]

    assert "there is a model 'gru' already, of the plugin 'recurrent'" in written.err
    assert "seqkit run sentiment model=gru:gru --plugin seqkit-gru" in written.err
    assert checked.code == 0
    assert warned["message"].startswith("recurrent:gru has the bare name 'gru' too.")


LOCAL_DATA = '''
import seqkit

class Rows(seqkit.Dataset):
    """Rows."""
    name = "rows"
    tasks = ("classification",)

    class Config(seqkit.Config):
        size: int = seqkit.Field(40, ge=8, help="Rows.")

    def splits(self, config, notify):
        rows = [{"text": f"word{n % 5}", "label": "ab"[n % 2]} for n in range(config.size)]
        return {"train": rows, "validation": rows[:8]}

    def location(self, config):
        import pathlib
        return pathlib.Path("rows.txt")

    def get(self, config, options):
        import pathlib
        path = pathlib.Path("rows.txt")
        path.write_text(str(config.size))
        return path

@seqkit.hookimpl
def register_datasets():
    return [Rows]
'''


def test_what_to_do_next_names_the_plugin_of_a_run(
    nursery: Nursery, tiny: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(LOCAL_DATA)
    words = ["dataset=mine:rows", *tiny, "--plugin", "mine.py", "--name", "one"]
    done = nursery.run("run", "sentiment", *words, folder=tmp_path)

    assert done.code == 0, done.err
    said = done.out + done.err
    assert re.search(r"seqkit predict one .*--plugin mine\.py", said)
    assert re.search(r"seqkit resume one .*--plugin mine\.py", said)


def test_a_setting_that_is_dropped_is_told_once(
    nursery: Nursery, tiny: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(LOCAL_DATA)
    text = '[dataset]\nname = "text-csv"\npath = "x.csv"\n[model]\nname = "gru"\n'
    (tmp_path / "own.toml").write_text(text)
    words = ["dataset=mine:rows", *tiny, "--plugin", "mine.py"]
    done = nursery.run("run", "own.toml", *words, folder=tmp_path)

    assert done.code == 0, done.err
    assert (done.out + done.err).count("has no setting path; left out") == 1


def test_fetching_takes_settings_of_the_dataset(nursery: Nursery, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(LOCAL_DATA)
    words = ["data", "get", "rows", "--plugin", "mine.py"]
    assert nursery.run(*words, "size=16", folder=tmp_path).code == 0
    assert (tmp_path / "rows.txt").read_text() == "16"
    assert nursery.run(*words, "dataset.size=24", folder=tmp_path).code == 0
    assert (tmp_path / "rows.txt").read_text() == "24"
    wrong = nursery.run(*words, "size=2", folder=tmp_path)
    assert wrong.code == 2
    assert "dataset.size is 2" in wrong.err
