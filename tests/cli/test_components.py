"""`list`, `show`, `completion` and the generated reference: what is known about components."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.config import Config, Field
from seqkit.experiments.schema import in_toml, settings_of
from seqkit.experiments.trainer import TrainerConfig
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import KINDS


class Nested(Config):
    """Settings inside settings."""

    depth: int = Field(2, ge=1, lt=9, help="How deep.")


class Example(Config):
    """Settings of every kind."""

    name: str = Field(help="A name.")
    rate: float | None = Field(None, gt=0, help="A rate.")
    sizes: tuple[int, ...] = Field((1, 2), help="Sizes.")
    flag: bool = Field(True, help="A flag.")
    inner: Nested = Field(Nested(), help="More.")


def test_the_list_of_plugins_counts_what_each_brings_commands_too(
    seqkit: Callable, tmp_path: Path
) -> None:
    path = tmp_path / "busy.py"
    path.write_text(
        "import click\nimport seqkit\n"
        "class Watcher(seqkit.Observer):\n    name = 'watcher'\n"
        "@seqkit.hookimpl\ndef register_observers():\n    return [Watcher]\n"
        "@seqkit.hookimpl\ndef register_commands(cli):\n"
        "    cli.add_command(click.Command('hi', help='Say hi.'))\n"
    )
    shown = seqkit("list", "plugins", "--plugin", path).out

    assert "1 observer, 1 command" in " ".join(shown.split())


def test_settings_are_read_from_the_schema() -> None:
    found = {setting.key: setting for setting in settings_of(Example)}
    assert list(found) == ["name", "rate", "sizes", "flag", "inner.depth"]
    assert found["name"].written == "required"
    assert (found["rate"].type, found["rate"].written) == ("float", "none")
    assert found["rate"].bounds == "above 0"
    assert (found["sizes"].type, found["sizes"].written) == ("list of int", "[1, 2]")
    assert (found["flag"].type, found["flag"].written) == ("true or false", "true")
    assert found["inner.depth"].bounds == "at least 1, below 9"
    assert found["inner.depth"].help == "How deep."


def test_every_setting_there_is_has_help() -> None:
    configs = [TrainerConfig] + [
        entry.component.Config
        for kind in KINDS
        if kind != "recipes"
        for entry in load_registry().entries(kind)
    ]
    assert len(configs) > 15
    for config in configs:
        assert all(setting.help for setting in settings_of(config)), config


@pytest.mark.parametrize(
    ("value", "toml"),
    [
        (0.004, "0.004"),
        (2.0, "2.0"),
        (1e-7, "1e-07"),
        (True, "true"),
        ('a "b"', '"a \\"b\\""'),
        ([1, "x"], '[1, "x"]'),
        ({"a": 1}, "{a = 1}"),
    ],
)
def test_values_are_shown_as_toml(value: object, toml: str) -> None:
    import tomllib

    assert in_toml(value) == toml
    assert tomllib.loads(f"value = {toml}")["value"] == value


def test_list_names_every_component_of_every_kind(seqkit: Callable) -> None:
    out = seqkit("list").out
    registry = load_registry()
    for kind in KINDS:
        assert kind.capitalize() in out
        for entry in registry.entries(kind):
            assert entry.name in out


@pytest.mark.parametrize("kind", ["models", "model", "loss", "losses", "plugins"])
def test_list_takes_a_kind_in_the_singular_or_the_plural(kind: str, seqkit: Callable) -> None:
    assert seqkit("list", kind).code == 0


def test_list_json_has_what_a_form_needs(seqkit: Callable) -> None:
    document = json.loads(seqkit("list", "--json").out)
    assert set(document) == {"version", "trainer", "plugins", *KINDS}
    lstm = next(model for model in document["models"] if model["name"] == "lstm")
    hidden = lstm["schema"]["properties"]["hidden_size"]
    assert hidden["type"] == "integer"
    assert hidden["minimum"] == 1
    assert hidden["description"]
    assert "classification" in lstm["tasks"]
    assert "epochs" in document["trainer"]["schema"]["properties"]
    sentiment = next(r for r in document["recipes"] if r["name"] == "sentiment")
    assert sentiment["experiment"]["dataset"]["name"] == "sentences"
    plugins = {plugin["name"]: plugin for plugin in document["plugins"]}
    assert plugins["text"]["version"]
    assert {"kind": "models", "name": "lstm"} in plugins["recurrent"]["components"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lstm", ["recurrent:lstm", "model", "hidden_size", "128", "at least 1"]),
        ("recurrent:lstm", ["recurrent:lstm"]),
        ("cross-entropy", ["loss", "label_smoothing"]),
        ("accuracy", ["metric", "higher is better"]),
        ("classification", ["task", "text: the text to classify", "cross-entropy"]),
        ("sentiment", ["recipe", '[model]\nname = "bilstm"', "seqkit run sentiment"]),
        (
            "bilstm",
            ["classification, forecasting", "step-classes", "refuses    next-tokens: it reads"],
        ),
        ("forecasting", ["features: Real values", "values: ", "future: how many features"]),
        ("tensorboard", ["observer"]),
        ("moses", ["tokenizer"]),
        ("trainer", ["learning_rate", "above 0"]),
    ],
)
def test_show_explains_a_component(name: str, said: list[str], seqkit: Callable) -> None:
    done = seqkit("show", name)
    assert done.code == 0
    for words in said:
        assert words in done.out


def test_a_component_is_shown_before_a_run_whose_name_begins_like_it(
    seqkit: Callable, runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runs_dir / "first").rename(runs_dir / "sentiment-0001")
    try:
        assert "recipe" in seqkit("show", "sentiment", "--runs-dir", runs_dir).out
        shown = seqkit("show", "sentiment-0001", "--runs-dir", runs_dir).out
        assert "bilstm on sentences" in shown
    finally:
        (runs_dir / "sentiment-0001").rename(runs_dir / "first")


# --- completion -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_for_the_shell(shell: str, seqkit: Callable) -> None:
    done = seqkit("completion", shell)
    assert done.code == 0
    assert "_SEQKIT_COMPLETE" in done.out
    assert shell in done.err


def test_a_shell_that_is_not_known_is_named(
    seqkit: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = seqkit("completion")
    assert done.code == 2
    assert "'tcsh'" in done.err


def completed(folder: Path, words: str, **environment: str) -> list[str]:
    """Returns what bash would offer for the last word of a command line."""
    done = subprocess.run(
        [sys.executable, "-m", "seqkit"],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ
        | {"_SEQKIT_COMPLETE": "bash_complete", "COMP_WORDS": words}
        | {"COMP_CWORD": str(len(words.split(" ")) - 1)}
        | environment,
        timeout=60,
        check=False,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("seqkit ru", ["run", "runs"]),
        ("seqkit run imdb-l", ["imdb-lstm"]),
        ("seqkit run sentiment model=bi", ["model=bilstm"]),
        ("seqkit run sentiment model.hid", ["model.hidden_size=64"]),
        ("seqkit run sentiment trainer.optimizer=adam", ["adam", "adamw"]),
        ("seqkit list mod", ["models"]),
        ("seqkit show cross", ["cross-entropy"]),
        ("seqkit data get imd", ["imdb"]),
    ],
)
def test_words_are_completed(words: str, offered: list[str], tmp_path: Path) -> None:
    found = completed(tmp_path, words)
    for word in offered:
        assert any(word in item for item in found), found


def test_names_of_runs_are_completed(runs_dir: Path, tmp_path: Path) -> None:
    found = completed(tmp_path, "seqkit predict fi", SEQKIT_RUNS_DIR=str(runs_dir))
    assert found == ["first"]


# --- reference ------------------------------------------------------------------------------------
