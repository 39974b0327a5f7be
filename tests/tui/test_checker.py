"""The helper process that checks experiments, and the one who talks to it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from seqkit.processes.checker import answer
from seqkit.processes.client import Checker
from seqkit.registry.discovery import load_registry

DOCUMENT = {"dataset": "sentences", "model": {"name": "gru", "hidden_size": 8}}
TORN = """
import os
import sys
import time

import pydantic
import seqkit

print("a plugin that talks")


class Loud(seqkit.Model):
    \"\"\"Ends its process when it is asked for 13 units, and takes its time for 14.\"\"\"

    name = "loud"
    tasks = ("classification",)

    class Config(seqkit.Config):
        size: int = seqkit.Field(1, help="Units.")

        @pydantic.field_validator("size")
        @classmethod
        def _unlucky(cls, size: int) -> int:
            if size == 14:
                print("waiting", file=sys.stderr, flush=True)
                time.sleep(60)
            return os._exit(3) if size == 13 else size


@seqkit.hookimpl
def register_models():
    return [Loud]
"""


def ask(**request: Any) -> dict[str, Any]:
    return answer(json.dumps({"id": 1, **request}), load_registry())


def test_a_valid_experiment_comes_back_whole() -> None:
    found = ask(do="check", document=DOCUMENT)
    assert found["problems"] == []
    assert found["resolved"]["model"]["hidden_size"] == 8
    assert "hidden_size = 8" in found["toml"]


def test_every_problem_comes_back_with_its_key() -> None:
    wrong = {"dataset": "sentences", "model": {"name": "gru", "hiden": 1}, "trainer": {"epochs": 0}}
    problems = ask(do="check", document=wrong)["problems"]
    assert [problem["key"] for problem in problems] == ["model.hiden", "trainer.epochs"]
    assert problems[0]["hint"] == "Did you mean model.hidden_size?"


def test_what_cannot_be_answered_is_an_error_and_no_end() -> None:
    registry = load_registry()
    assert "error" in answer("{ torn", registry)
    assert "error" in answer('{"id": 3, "do": "dance"}', registry)
    assert answer('{"id": 4, "do": "look", "path": "/no/such.csv"}', registry)["id"] == 4


def test_a_file_is_looked_into_with_its_columns_guessed(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = [
        f"{index},it was a {'good' if index % 2 else 'bad'} film,{index % 2}" for index in range(40)
    ]
    path.write_text("id,review,stars\n" + "\n".join(rows) + "\n")
    found = ask(do="look", path=str(path))
    assert found["columns"] == ["id", "review", "stars"]
    assert found["rows"][0] == ["0", "it was a bad film", "0"]
    assert (found["dataset"]["text"], found["dataset"]["label"]) == ("review", "stars")


def test_a_preview_is_of_the_very_model_and_data() -> None:
    import torch

    found = ask(do="preview", document=DOCUMENT)

    from seqkit.api import Classes, Shape, Tokens

    inputs, outputs = found["shape"]["inputs"], found["shape"]["outputs"]
    shape = Shape(
        "classification",
        Tokens(inputs["size"]),
        Classes(tuple(outputs["names"]), tuple(outputs["counts"]), outputs["logits"]),
    )
    entry = load_registry().find("models", "gru")
    model = entry.component.build(entry.component.Config(hidden_size=8), shape)
    assert found["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert isinstance(model, torch.nn.Module)
    top = [layer for layer in found["layers"] if not layer["depth"]]
    assert sum(layer["parameters"] for layer in top) == found["parameters"]
    assert top[-1]["output"] == [found["batch"][0], 2]
    assert found["examples"] == {"train": 720, "validation": 80, "test": 200}
    assert found["memory"]["weights"] == 4 * found["parameters"]
    assert found["memory"]["activations"] > 0
    assert found["seconds"] > 0
    assert set(found["samples"][0]) >= {"text", "label"}


async def test_the_helper_answers_in_a_process_of_its_own_and_is_started_again(
    tmp_path: Path,
) -> None:
    plugin = tmp_path / "loud.py"
    plugin.write_text(TORN)
    checker = Checker([plugin])
    try:
        found = await checker.ask("check", document=DOCUMENT)
        assert found["problems"] == []
        document = {"dataset": "sentences", "model": {"name": "loud", "size": 13}}
        gone = await checker.ask("check", document=document)
        assert "keeps ending" in gone["error"]
        document["model"] = "loud"
        assert (await checker.ask("check", document=document))["problems"] == []
    finally:
        await checker.close()


def test_the_helper_ends_with_who_asks_whatever_it_is_at(tmp_path: Path) -> None:
    plugin = tmp_path / "loud.py"
    plugin.write_text(TORN)
    words = [sys.executable, "-m", "seqkit.processes.checker", str(plugin)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe) as helper:
        assert helper.stdin is not None
        assert helper.stderr is not None
        document = {"dataset": "sentences", "model": {"name": "loud", "size": 14}}
        helper.stdin.write(json.dumps({"id": 1, "do": "check", "document": document}).encode())
        helper.stdin.write(b"\n")
        helper.stdin.flush()
        while b"waiting" not in helper.stderr.readline():
            assert helper.poll() is None
        helper.stdin.close()
        assert helper.wait(10) == 0
