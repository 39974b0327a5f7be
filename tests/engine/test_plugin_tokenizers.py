"""Tokenizers of plugins are components: in the key of the cache, in `run.json`, checked, named."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.engine.encoding import encode_data
from seqkit.engine.evaluate import evaluate_run
from seqkit.engine.predict import load_predictor
from seqkit.errors import ConfigurationError, PluginError
from seqkit.registry.discovery import load_registry
from seqkit.testing import check_plugin
from seqkit.text import build_tokenizer, load_tokenizer

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run

CUTTER = '''
import pathlib
import seqkit

class Pieces(seqkit.Tokenizer):
    """Cuts into pieces of so many letters."""
    name = "pieces"

    def build(self, variant):
        size = int(variant or 2)
        return lambda text: [text[k : k + size] for k in range(0, len(text), size)]

    def join(self, tokens):
        return "".join(tokens)

    def fingerprint(self, variant):
        return pathlib.Path(__file__ + ".version").read_text()

@seqkit.hookimpl
def register_tokenizers():
    return [Pieces]
'''


@pytest.fixture
def cutter(tmp_path: Path) -> Path:
    path = tmp_path / "cutter.py"
    path.write_text(CUTTER)
    Path(f"{path}.version").write_text("1")
    return path


def encoded(lab: Lab, plugin: Path, name: str = "cutter:pieces") -> tuple[bool, int]:
    """Whether the data came from the cache, and the size of the vocabulary."""
    experiment = lab.experiment(f"task.tokenizer={name}", plugins=[plugin])
    data = encode_data(experiment, load_registry([plugin]), lambda _: None)
    return data.cached, data.codec.shape.as_dict()["inputs"]["size"]


def test_data_are_encoded_anew_when_the_tokenizer_of_a_plugin_changes(
    lab: Lab, cutter: Path
) -> None:
    first = encoded(lab, cutter)
    assert encoded(lab, cutter) == (True, first[1])
    cutter.write_text(CUTTER.replace("or 2", "or 4"))
    os.utime(cutter, ns=(0, 0))
    changed = encoded(lab, cutter)
    assert not changed[0]
    assert changed[1] != first[1]
    Path(f"{cutter}.version").write_text("2")
    assert encoded(lab, cutter) == (False, changed[1])
    assert encoded(lab, cutter, "cutter:pieces/3")[0] is False


def test_a_run_names_the_plugin_of_its_tokenizer_and_finds_it_again(lab: Lab, cutter: Path) -> None:
    words = ["task.tokenizer=cutter:pieces/3", "trainer.max_steps=1"]
    run = lab.train(*words, plugins=[cutter])
    document = json.loads((run.path / "run.json").read_text())

    assert document["plugins"]["cutter"] == str(cutter)
    loaded = load_tokenizer(run.path / "encoder")
    assert loaded.name == "cutter:pieces/3"
    assert loaded.tokenize("good film") == ["goo", "d f", "ilm"]
    assert loaded.detokenize(["goo", "d"]) == "good"


@pytest.mark.parametrize(
    ("returned", "shown"),
    [("None", "a NoneType"), ("{'a'}", "a set"), ("[1, 2]", "a list of int"), ("'ab'", "a str")],
)
def test_a_tokenizer_that_returns_no_list_of_texts_is_named(
    cutter: Path, returned: str, shown: str
) -> None:
    cutter.write_text(
        CUTTER.replace("[text[k : k + size] for k in range(0, len(text), size)]", returned)
    )
    load_registry([cutter])
    tokenizer = build_tokenizer("cutter:pieces")

    with pytest.raises(PluginError, match=f"tokenizer 'cutter:pieces' gave {shown} for 'ab'") as e:
        tokenizer.tokenize("ab")
    assert f"'seqkit plugin check {cutter}'" in str(e.value)
    (failed,) = [finding for finding in check_plugin(cutter) if finding.status == "failed"]
    assert (failed.subject, failed.check) == ("tokenizers:pieces", "tokens")


def test_a_tokenizer_that_is_not_there_is_named_with_the_nearest(cutter: Path) -> None:
    load_registry([cutter])
    with pytest.raises(ConfigurationError, match=r"no tokenizer 'peaces'. Did you mean pieces\?"):
        build_tokenizer("cutter:peaces")
    with pytest.raises(PluginError, match="is of a plugin that is not installed"):
        build_tokenizer("cuter:pieces")


def test_the_kit_checks_tokenizers(cutter: Path) -> None:
    findings = {(f.subject, f.check): f.status for f in check_plugin(cutter)}
    assert findings["tokenizers:pieces", "tokens"] == "passed"


def told_by_all(lab: Lab, run: Run, plugin: Path) -> list[list[str]]:
    """What predicting, evaluating and resuming say of the code."""
    registry = load_registry([plugin])
    predicted: list[str] = []
    evaluated: list[str] = []
    load_predictor(run.folder, registry, notify=predicted.append)
    evaluate_run(run.folder, registry, "validation", notify=evaluated.append)
    resumed = lab.resume(run, "trainer.max_steps=2", plugins=[plugin]).warnings
    return [[t for t in texts if "trained with" in t] for texts in (predicted, evaluated, resumed)]


@pytest.mark.parametrize(
    ("change", "reason"),
    [("code", "its code has changed"), ("version", "what it depends on has changed")],
)
def test_a_tokenizer_whose_code_changed_after_training_is_told_wherever_the_run_is_used(
    lab: Lab, cutter: Path, change: str, reason: str
) -> None:
    run = lab.train("task.tokenizer=cutter:pieces/3", "trainer.max_steps=1", plugins=[cutter])
    os.utime(cutter, ns=(0, 0))
    told: list[str] = []
    load_predictor(run.folder, load_registry([cutter]), notify=told.append)
    assert told == [], "the same code of another time is the same code"
    if change == "code":
        cutter.write_text(CUTTER.replace("range(0,", "range(1,"))
    else:
        Path(f"{cutter}.version").write_text("2")
    said = [
        f"the tokenizer cutter:pieces/3 is not what the run was trained with ({reason}): "
        "answers may differ"
    ]
    assert told_by_all(lab, run, cutter) == [said] * 3


def test_nothing_is_told_of_a_run_that_kept_no_hash_of_its_code(lab: Lab, cutter: Path) -> None:
    run = lab.train("task.tokenizer=cutter:pieces/3", "trainer.max_steps=1", plugins=[cutter])
    run.folder.update(code=None)
    cutter.write_text(CUTTER.replace("range(0,", "range(1,"))
    assert told_by_all(lab, run, cutter) == [[], [], []]


def test_built_in_tasks_have_no_hash_in_a_run(lab: Lab) -> None:
    assert lab.train("trainer.max_steps=1").folder.info()["code"] == {}


SPACED = """
import seqkit

class Spaced(seqkit.Tokenizer):
    \"\"\"Cuts at spaces and sets full stops off.\"\"\"
    name = "spaced"

    def build(self, variant):
        return lambda text: text.replace(".", " .").split()

    def join(self, tokens):
        return " ".join(tokens).replace(" .", ".")

@seqkit.hookimpl
def register_tokenizers():
    return [Spaced]
"""


def test_pairs_are_cut_by_the_tokenizer_of_a_plugin(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "spaced.py").write_text(SPACED, encoding="utf-8")
    plugin = tmp_path / "spaced.py"
    rows = [f"one {place % 7} two.\ttwo {place % 7} one." for place in range(60)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows), encoding="utf-8")
    run = lab.train(
        "trainer.max_steps=2",
        plugins=[plugin],
        task={"name": "seq2seq", "tokenizer": "spaced:spaced", "minimum_count": 1},
        dataset={"name": "pairs-tsv", "path": str(tmp_path / "pairs.tsv")},
        model={"name": "seq2seq", "hidden_size": 8, "embedding_size": 8},
    )

    predictor = load_predictor(run.folder, load_registry([plugin]), "cpu")
    tokens = predictor.learner.codec.tokens
    assert tokens is not None
    assert {"one", "two", "."} < set(tokens)
    assert predictor.predict(["one 3 two."])[0]["source"] == "one 3 two."
    assert run.folder.info()["plugins"].keys() >= {"spaced"}


def test_a_text_is_written_as_the_tokenizer_of_a_plugin_puts_it_together(
    lab: Lab, tmp_path: Path
) -> None:
    (tmp_path / "spaced.py").write_text(SPACED, encoding="utf-8")
    plugin = tmp_path / "spaced.py"
    (tmp_path / "text.txt").write_text("the cat sat. the dog ran. " * 60, encoding="utf-8")
    run = lab.train(
        "trainer.max_steps=30",
        "trainer.epochs=30",
        "trainer.learning_rate=0.05",
        plugins=[plugin],
        task={"name": "language-modeling", "tokens": "spaced:spaced", "window": 16},
        dataset={"name": "text-file", "path": str(tmp_path / "text.txt")},
        metrics=["bits-per-character"],
    )

    predictor = load_predictor(run.folder, load_registry([plugin]), "cpu")
    codec: Any = predictor.learner.codec
    spelt = dict(zip(codec.vocabulary.tokens, codec.spelt, strict=True))
    assert (spelt["cat"], spelt["."]) == (b" cat", b".")
    answer = predictor.predict(["the cat"], temperature=0.0, length=6)[0]
    assert "sat. the" in str(answer)
    assert run.of("evaluation")[-1]["metrics"]["bits-per-character"] < 1
