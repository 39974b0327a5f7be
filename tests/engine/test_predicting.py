"""A run folder alone is enough to predict; scores and answers are the same everywhere."""

from __future__ import annotations

import math
import shutil
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import seqkit
from seqkit.engine.checkpoint import Checkpoint
from seqkit.engine.evaluate import evaluate_run
from seqkit.engine.predict import Predictor, load_predictor
from seqkit.errors import CheckpointError, ConfigurationError, DataError
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run

HOSTILE = [
    "",
    " ",
    "\x00",
    "good\x00film",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07",
    "\ud800 lone surrogate",
    "\u202e right to left \u200b\ufeff",
    "e\u0301" * 50,
    "good " * 200_000,
    "x" * 1_000_000,
    "\r\n\t\v\f",
    "'; DROP TABLE runs; --",
    "\U0001f600" * 10,
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained run with a test score; its tests only read it."""
    from tests.engine.conftest import Lab

    lab = Lab(tmp_path_factory.mktemp("trained"))
    path = lab.folder / "reviews.csv"
    rows = [f"{'good' if i % 2 else 'bad'} film {i % 9},{i % 2}" for i in range(200)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    dataset = {"name": "text-csv", "path": str(path)}
    words = ["trainer.test=true", "trainer.epochs=6", "trainer.batch_size=16"]
    return lab.train(*words, dataset=dataset).path


@pytest.fixture(scope="module")
def predictor(trained: Path) -> Predictor:
    return load_predictor(RunFolder(trained), load_registry())


def labels(answers: list[dict[str, Any]]) -> list[Any]:
    return [answer["label"] for answer in answers]


def test_a_copied_folder_predicts_where_there_is_nothing_else(
    trained: Path, predictor: Predictor, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere"
    for name in ("experiment.toml", "run.json", "encoder", "checkpoints"):
        source = trained / name
        target = copy / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    text = (copy / "experiment.toml").read_text(encoding="utf-8")
    data = str(trained.parents[1] / "reviews.csv")
    assert data in text
    # As the message on an edited file says, it is used without its first line.
    edited = text.replace(data, "/nowhere/reviews.csv")
    (copy / "experiment.toml").write_text(edited)
    with pytest.raises(CheckpointError, match="delete its first line"):
        load_predictor(RunFolder(copy), load_registry())
    (copy / "experiment.toml").write_text(edited.partition("\n")[2])
    moved = load_predictor(RunFolder(copy), load_registry())
    texts = ["good film", "bad film 3", "unknown words only"]
    assert moved.predict(texts) == predictor.predict(texts)
    assert labels(moved.predict(texts[:2])) == ["1", "0"]
    with pytest.raises(DataError, match=r"reviews\.csv"):
        evaluate_run(RunFolder(copy), load_registry())


def test_the_batch_size_does_not_change_an_answer(predictor: Predictor) -> None:
    texts = [f"{'good' if i % 3 else 'bad'} " + "film " * (i % 17) for i in range(40)]
    reference = predictor.predict(texts, batch_size=1)
    for size in (2, 7, 64):
        found = predictor.predict(texts, batch_size=size)
        assert labels(found) == labels(reference)
        for mine, other in zip(found, reference, strict=True):
            np.testing.assert_allclose(numbers(mine), numbers(other), atol=1e-6)


def numbers(answer: dict[str, Any]) -> list[float]:
    found: list[float] = []
    for value in answer.values():
        if isinstance(value, dict):
            found += numbers(value)
        elif isinstance(value, float):
            found.append(value)
    return found


def test_hostile_texts_get_ordinary_answers(predictor: Predictor) -> None:
    answers = predictor.predict(HOSTILE)
    for text, label in zip(HOSTILE, labels(answers), strict=True):
        assert label in ({"0", "1"} if text.strip() else {""})
    assert all(np.isfinite(numbers(answer)).all() for answer in answers)
    alone = [predictor.predict([text])[0]["label"] for text in HOSTILE[:8]]
    assert alone == labels(answers)[:8]


def test_no_inputs_give_no_answers_and_a_bare_text_is_refused(predictor: Predictor) -> None:
    assert predictor.predict([]) == []
    with pytest.raises(ConfigurationError, match="takes a list"):
        predictor.predict("good film")
    with pytest.raises(ConfigurationError):
        predictor.predict([3])


@pytest.mark.parametrize("inputs", ["good", b"good", {"text": "good"}, None, 5])
def test_what_is_no_list_of_inputs_is_refused(predictor: Predictor, inputs: Any) -> None:
    with pytest.raises(ConfigurationError, match="takes a list of inputs"):
        predictor.predict(inputs)
    with pytest.raises(ConfigurationError, match="batch_size is 0"):
        predictor.predict(["good"], batch_size=0)


class Frame(dict[str, list[str]]):
    """What pandas' DataFrame does that matters here: it goes through the names of its columns."""

    __slots__ = ()

    @property
    def columns(self) -> list[str]:
        return list(self)

    def to_dict(self, orient: str) -> list[dict[str, str]]:
        assert orient == "records"
        return [dict(zip(self, row, strict=True)) for row in zip(*self.values(), strict=True)]


def test_the_rows_of_a_frame_are_answered_and_not_the_names_of_its_columns(
    predictor: Predictor,
) -> None:
    frame: Any = Frame(text=["good film", "bad film"], stars=["5", "1"])
    assert labels(predictor.predict(frame)) == labels(predictor.predict(["good film", "bad film"]))
    other: Any = Frame(first=["good film", "bad film"], second=["a", "b"], third=["c", "d"])
    with pytest.raises(DataError, match="does not tell which column is the text; it has 'first'"):
        predictor.predict(other)
    assert labels(predictor.predict(other, column="first")) == labels(predictor.predict(frame))


def test_evaluating_a_run_gives_the_score_it_ended_with(trained: Path) -> None:
    folder = RunFolder(trained)
    ended = next(e for e in folder.events() if e.kind == "evaluation" and e["split"] == "test")
    seen: list[tuple[int, int]] = []
    found = evaluate_run(
        folder, load_registry(), progress=lambda done, all_: seen.append((done, all_))
    )
    assert found["loss"] == ended["loss"]
    assert found["metrics"] == ended["metrics"]
    assert found["examples"] == ended["examples"]
    assert found["checkpoint"] == folder.info()["best"]["checkpoint"]
    assert seen[-1][0] == seen[-1][1]
    best = folder.info()["best"]["value"]
    validation = evaluate_run(folder, load_registry(), "validation")
    assert validation["metrics"]["accuracy"] == best


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers_are_named_and_not_answered_with(
    trained: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    whole = Checkpoint.model_state

    def diverged(checkpoint: Checkpoint) -> dict[str, Any]:
        state = {name: tensor.clone() for name, tensor in whole(checkpoint).items()}
        next(iter(state.values())).view(-1)[0] = value
        return state

    monkeypatch.setattr(Checkpoint, "model_state", diverged)
    with pytest.raises(CheckpointError, match="no finite numbers"):
        load_predictor(RunFolder(trained), load_registry())


def test_an_unknown_split_is_answered_with_the_nearest(trained: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no split 'tset'\. Did you mean test\?"):
        evaluate_run(RunFolder(trained), load_registry(), "tset")


def test_a_damaged_encoder_is_named(trained: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(trained, tmp_path / "copy"))
    for path in (copy / "encoder").iterdir():
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(DataError, match="encoder"):
        load_predictor(RunFolder(copy), load_registry())


# --- from Python ----------------------------------------------------------------------------------

SMALLEST = ["trainer.max_steps=3", "trainer.baselines=false", "model.hidden_size=4"]


def test_python_trains_reads_and_predicts(tmp_path: Path) -> None:
    seen: list[str] = []
    result = seqkit.run(
        "sentiment", *SMALLEST, runs_dir=tmp_path, on_event=lambda event: seen.append(event.kind)
    )
    assert result.status == "finished"
    assert result.folder.parent == tmp_path
    assert seen == [event.kind for event in result.events]
    assert 0 <= result.metrics["accuracy"] <= 1
    texts = ["what a film", "what a bore"]
    answers = result.predict(texts)
    assert seqkit.load(result).predict(texts) == answers
    assert seqkit.load("last", runs_dir=tmp_path).predict(texts) == answers
    assert seqkit.load(result.folder, checkpoint="last").predict(texts) == answers
    with pytest.raises(CheckpointError, match="there is no run"):
        seqkit.load("nothing", runs_dir=tmp_path)
    with pytest.raises(ConfigurationError, match=r"model\.hiden_size"):
        seqkit.run("sentiment", "model.hiden_size=3", runs_dir=tmp_path)


def test_python_trains_in_a_thread_where_no_signal_can_be_handled(lab: Lab) -> None:
    found: list[Run] = []
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=lambda: found.append(lab.train()))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) == before
    assert found[0].status == "finished"
    assert found[0].weights_file == lab.train().weights_file


def test_a_callback_that_raises_ends_the_run_with_its_own_words(tmp_path: Path) -> None:
    def callback(event: seqkit.Event) -> None:
        if event.kind == "step":
            raise LookupError("mine")

    with pytest.raises(seqkit.SeqkitError, match="LookupError: mine"):
        seqkit.run("sentiment", *SMALLEST, runs_dir=tmp_path, on_event=callback)
