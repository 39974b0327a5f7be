"""A run goes on from the weights of another one: nothing learnt is lost, and what is new grows."""

from __future__ import annotations

import hashlib
import random
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import seqkit
from seqkit.engine.checkpoint import checkpoint_name
from seqkit.engine.encoding import encode_for_run
from seqkit.engine.predict import Predictor, load_predictor
from seqkit.errors import CheckpointError, ConfigurationError, DataError
from seqkit.events import Event
from seqkit.experiments.provenance import load_run_experiment
from seqkit.experiments.warm_start import load_from_run
from seqkit.registry.discovery import load_registry
from seqkit.runs.folder import RunFolder

if TYPE_CHECKING:
    from tests.engine.conftest import Lab, Run

SignalAt = Callable[..., Callable[[Event], None]]

TASKS: dict[str, dict[str, Any]] = {
    "classification": {"dataset": {"name": "sentences"}},
    "language-modeling": {
        "task": {"name": "language-modeling", "window": 16},
        "dataset": {"name": "text-file", "path": "{}/old.txt"},
    },
    "seq2seq": {
        "task": {"name": "seq2seq", "tokenizer": "whitespace", "minimum_count": 1},
        "dataset": {"name": "pairs-tsv", "path": "{}/old.tsv"},
        "model": {"name": "seq2seq", "hidden_size": 8, "embedding_size": 8},
    },
    "forecasting": {
        "task": {"name": "forecasting", "context": 8, "horizon": 2},
        "dataset": {"name": "series-csv", "path": "{}/old.csv"},
        "model": {"name": "gru", "hidden_size": 8},
    },
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Old and new data of three tasks; what is new has other letters and another level."""
    rng = random.Random(0)
    for name, letters, level in (("old", "abcdef", 0.0), ("new", "cdefgh", 9.0)):
        lines = ["".join(rng.choices(letters, k=4)) for _ in range(120)]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
        pairs = [f"{' '.join(line)}\t{' '.join(reversed(line))}" for line in lines]
        (tmp_path / f"{name}.tsv").write_text("\n".join(pairs), encoding="utf-8")
        rows = [f"2020-01-{day:02d}T{hour:02d}" for day in range(1, 11) for hour in range(24)]
        values = [f"{row},{level + hour % 24 + rng.random():.4f}" for hour, row in enumerate(rows)]
        (tmp_path / f"{name}.csv").write_text("time,y\n" + "\n".join(values), encoding="utf-8")
    return tmp_path


def tables(task: str, folder: Path) -> dict[str, Any]:
    found = {key: dict(table) for key, table in TASKS[task].items()}
    if "path" in found["dataset"]:
        found["dataset"]["path"] = found["dataset"]["path"].format(folder)
    return found


def further(lab: Lab, run: Run | str, *words: str, **options: Any) -> Run:
    """Trains on from a run with some words changed."""
    from seqkit.engine.run import start_run
    from tests.engine.conftest import Run as Found

    registry = load_registry()
    name = run if isinstance(run, str) else run.folder.name
    experiment = load_from_run(name, None, registry, words, lab.runs)
    outcome = start_run(experiment, registry, lab.runs, **options)
    return Found(outcome.folder, outcome.status)


def first(run: Run) -> Predictor:
    """A run as it came, before any step."""
    return load_predictor(run.folder, load_registry(), "cpu", checkpoint_name(0))


def outputs(predictor: Predictor, run: Run, split: str = "validation") -> bytes:
    """What a model puts out for a split of the data of a run, bit by bit."""
    registry = load_registry()
    experiment = load_run_experiment(run.folder, registry)
    data = encode_for_run(experiment, registry, run.folder.codec, lambda _: None)
    arrays = data.splits[split]
    plan = predictor.learner.codec.plan(arrays, 8, None)
    indices = np.arange(min(8, len(data.sizes(split)))) if plan is None else plan[0][:8]
    found, _ = predictor.outputs(arrays, indices)
    return found.numpy().tobytes()


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


KEEP = "trainer.keep_checkpoints=3"


# --- nothing that was learnt is lost --------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
def test_before_its_first_step_it_puts_out_what_the_other_run_does_bit_for_bit(
    lab: Lab, data: Path, task: str
) -> None:
    old = lab.train("trainer.max_steps=3", **tables(task, data))
    before = contents(old.path)
    new = further(lab, old, "trainer.max_steps=1", KEEP)
    theirs = load_predictor(old.folder, load_registry(), "cpu")

    assert outputs(first(new), old) == outputs(theirs, old)
    assert new.of("evaluation")[0].step == 0
    assert new.of("evaluation")[0]["loss"] == old.of("evaluation")[-1]["loss"]
    assert contents(old.path) == before


@pytest.mark.parametrize("task", ["language-modeling", "seq2seq", "forecasting"])
def test_an_interrupted_run_needs_not_the_other_one_and_ends_with_the_same_bits(
    lab: Lab, data: Path, task: str, signal_at: SignalAt
) -> None:
    ending = {"language-modeling": "txt", "seq2seq": "tsv", "forecasting": "csv"}[task]
    old = lab.train("trainer.max_steps=3", **tables(task, data))
    words = [f"dataset.path={data}/new.{ending}", "trainer.max_steps=6", "trainer.epochs=6", KEEP]
    whole = further(lab, old, *words)
    cut = further(lab, old, *words, observers=[signal_at(3)])
    assert cut.status == "interrupted"
    shutil.rmtree(old.path)

    resumed = lab.resume(cut)

    assert resumed.status == "finished"
    assert resumed.weights_file == whole.weights_file
    assert resumed.numbers()[-1] == whole.numbers()[-1]
    assert not any("have changed" in said for said in resumed.warnings)


def test_one_that_was_ended_before_its_first_checkpoint_begins_with_the_other_again(
    lab: Lab, signal_at: SignalAt
) -> None:
    old = lab.train("trainer.max_steps=3")
    whole = further(lab, old, "trainer.max_steps=4")
    cut = further(lab, old, "trainer.max_steps=4", observers=[signal_at(2)])
    shutil.rmtree(cut.folder.checkpoints)

    assert lab.resume(cut).weights_file == whole.weights_file

    shutil.rmtree(cut.folder.checkpoints)
    shutil.rmtree(old.path)
    with pytest.raises(CheckpointError, match=r"there is no run '.*' any more"):
        lab.resume(cut)


def test_moving_averages_begin_with_the_weights_of_the_other_run(lab: Lab) -> None:
    old = lab.train("trainer.max_steps=3", "trainer.ema_decay=0.5")
    new = further(lab, old, "trainer.max_steps=1", KEEP)

    theirs = load_predictor(old.folder, load_registry(), "cpu")
    assert outputs(first(new), old) == outputs(theirs, old)


# --- what is new ----------------------------------------------------------------------------------


def test_new_words_are_read_as_unknown_at_first_and_old_texts_as_before(
    lab: Lab, reviews: Callable[..., Path]
) -> None:
    dataset = {"name": "text-csv", "path": str(reviews())}
    old = lab.train("task.minimum_count=1", "trainer.max_steps=5", dataset=dataset)
    path = reviews("more.csv", extra=" superb awful")
    new = further(lab, old, f"dataset.path={path}", "trainer.max_steps=2", KEEP)
    theirs = load_predictor(old.folder, load_registry(), "cpu")
    mine, known = first(new), ["good film plot", "bad cast"]

    assert any("2 tokens are new, beside" in said for said in new.warnings)
    assert mine.predict(known) == theirs.predict(known)
    asked = mine.predict(["good superb film"])[0]["probabilities"]
    assert asked == theirs.predict(["good superb film"])[0]["probabilities"]
    rows = mine.learner.model.state_dict()["reader.embedding.weight"]
    before = theirs.learner.model.state_dict()["reader.embedding.weight"]
    assert len(rows) == len(before) + 2
    assert torch.equal(rows[: len(before)], before)
    assert torch.equal(rows[-1], before[1])


def test_a_new_class_is_put_behind_the_known_ones(lab: Lab, reviews: Callable[..., Path]) -> None:
    dataset = {"name": "text-csv", "path": str(reviews())}
    old = lab.train("trainer.max_steps=5", dataset=dataset)
    path = reviews("more.csv", count=90)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("good script,pos", "good script,best"), encoding="utf-8")

    new = further(lab, old, f"dataset.path={path}", "trainer.max_steps=2", KEEP)

    assert any("1 class is new, beside 2: 'best'" in said for said in new.warnings)
    mine, theirs = first(new), load_predictor(old.folder, load_registry(), "cpu")
    assert mine.learner.codec.labels == ("neg", "pos", "best")  # type: ignore[attr-defined]
    weight = mine.learner.model.state_dict()["head.weight"]
    assert torch.equal(weight[:2], theirs.learner.model.state_dict()["head.weight"])
    assert set(mine.predict(["good film"])[0]["probabilities"]) == {"neg", "pos", "best"}


@pytest.mark.parametrize(("task", "ending"), [("language-modeling", "txt"), ("seq2seq", "tsv")])
def test_a_vocabulary_that_is_written_from_grows_too(
    lab: Lab, data: Path, task: str, ending: str
) -> None:
    old = lab.train("trainer.max_steps=3", **tables(task, data))
    new = further(lab, old, f"dataset.path={data}/new.{ending}", "trainer.max_steps=2", KEEP)

    assert any("2 tokens are new, beside" in said for said in new.warnings)
    tokens = list(first(new).learner.codec.tokens or ())
    before = list(load_predictor(old.folder, load_registry(), "cpu").learner.codec.tokens or ())
    assert tokens[: len(before)] == before
    assert sorted(tokens[len(before) :]) == ["g", "h"]


def test_scalers_stay_unless_they_are_to_be_fitted_anew(lab: Lab, data: Path) -> None:
    old = lab.train("trainer.max_steps=3", **tables("forecasting", data))
    words = [f"dataset.path={data}/new.csv", "trainer.max_steps=2", KEEP]
    kept, anew = further(lab, old, *words), further(lab, old, *words, "from.refit=true")

    def location(run: Run) -> float:
        codec: Any = load_predictor(run.folder, load_registry(), "cpu").learner.codec
        return float(next(iter(codec.scalers.values())).location[0])

    assert location(kept) == location(old)
    assert location(anew) == pytest.approx(location(old) + 9, abs=1)
    assert any("scalers of 1 series stay" in said for said in kept.warnings)
    assert not any("scalers of" in said for said in anew.warnings)


# --- what is said and kept ------------------------------------------------------------------------


def test_the_run_says_what_goes_on_and_what_begins_anew_and_keeps_where_it_comes_from(
    lab: Lab,
) -> None:
    old = lab.train("trainer.max_steps=3", name="old")
    new = further(lab, "old", "trainer.max_steps=2", "trainer.schedule=one-cycle")

    assert any(
        "training goes on from run old, step-00000003: its weights, and what its task learnt. "
        "The optimiser begins anew, and so does the learning rate: one-cycle at 0.01 after a "
        "warm-up" in said
        for said in new.warnings
    )
    origin = {
        "run": "old",
        "checkpoint": "step-00000003",
        "digest": old.manifest()["files"]["model.safetensors"]["sha256"],
        "refit": False,
    }
    assert new.folder.info()["from"] == origin
    text = new.folder.experiment_file.read_text(encoding="utf-8")
    assert tomllib.loads(text)["from"] == origin
    assert new.rates[0] < 0.01


def test_an_experiment_file_may_name_the_run_and_its_weights_must_be_the_same(lab: Lab) -> None:
    old = lab.train("trainer.max_steps=3", name="old")
    new = further(lab, "old", "trainer.max_steps=2", name="new")
    again = lab.train(source=new.folder.experiment_file, name="again")
    assert again.weights_file == new.weights_file

    shutil.rmtree(old.path)
    lab.train("trainer.max_steps=3", "trainer.seed=5", name="old")
    with pytest.raises(CheckpointError, match="are not those that this experiment goes on from"):
        lab.train(source=new.folder.experiment_file)


def test_from_python_a_run_is_named_by_its_result_too(lab: Lab) -> None:
    tables = {**lab.experiment("trainer.max_steps=2").as_dict()}
    old = seqkit.run(tables, runs_dir=lab.runs, progress=False)
    new = seqkit.run("trainer.max_steps=3", from_run=old, runs_dir=lab.runs, progress=False)

    assert RunFolder(new.folder).info()["from"]["run"] == old.name
    assert new.status == "finished"


def test_a_task_that_says_nothing_of_it_keeps_its_codec(lab: Lab) -> None:
    class Kept:
        def encode(self, records: Any, _notify: Any) -> Any:
            return {"values": list(records)}

    codec: Any = Kept()
    found, arrays = seqkit.Task().encode_further(None, codec, {"train": [{"x": 1}]}, print)

    assert found is codec
    assert arrays == {"train": {"values": [{"x": 1}]}}


# --- what does not go together --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["model=lstm"], "is of the model gru, and the experiment names lstm"),
        (
            ["model.hidden_size=9"],
            r"recurrent.weight_ih_l0 has 24x8 in the run and 27x8 here; .*"
            r"Write as the run has it: model.hidden_size=8",
        ),
        (["task.tokenizer=bpe"], "Write as it has them: task.tokenizer=basic-english"),
        (["from.checkpoint=step-9"], "has no checkpoint 'step-9'"),
        (["loss=bce"], "head.weight has 2x16 in the run and 1x16 here"),
    ],
)
def test_what_does_not_go_together_is_refused_with_its_name_and_leaves_no_run(
    lab: Lab, words: list[str], message: str
) -> None:
    old = lab.train("trainer.max_steps=1")

    with pytest.raises((ConfigurationError, CheckpointError), match=message):
        further(lab, old, *words)

    assert [path.name for path in lab.runs.iterdir()] == [old.folder.name]


def test_series_of_another_step_or_with_other_columns_are_refused(lab: Lab, data: Path) -> None:
    old = lab.train("trainer.max_steps=1", **tables("forecasting", data))
    days = [f"2020-{month:02d}-{day:02d},{day}.5" for month in range(1, 9) for day in range(1, 29)]
    (data / "days.csv").write_text("time,y\n" + "\n".join(days), encoding="utf-8")
    text = (data / "new.csv").read_text(encoding="utf-8")
    (data / "other.csv").write_text(text.replace("time,y", "time,z"), encoding="utf-8")

    for name, message in (("days", "rows are .*hourly"), ("other", "targets are z in the data")):
        with pytest.raises(DataError, match=message):
            further(lab, old, f"dataset.path={data}/{name}.csv")


def test_a_damaged_run_is_not_gone_on_from(lab: Lab) -> None:
    old = lab.train("trainer.max_steps=1")
    (RunFolder(old.path).codec / "vocabulary.json").write_text("{}", encoding="utf-8")

    with pytest.raises(CheckpointError, match=r"vocabulary\.json"):
        further(lab, old)
