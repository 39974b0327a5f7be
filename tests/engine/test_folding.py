"""A run of one fold is tested on its fold alone, and all folds together on every example once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seqkit.cli.main import run_command_line
from seqkit.engine.folding import folded
from seqkit.errors import ConfigurationError, DataError
from seqkit.events import Event
from seqkit.runs.folder import all_runs

if TYPE_CHECKING:
    from tests.engine.conftest import Lab
    from tests.nursery import Nursery

SignalAt = Callable[..., Callable[[Event], None]]


@pytest.fixture
def patients(tmp_path: Path) -> Path:
    """60 texts of 12 patients."""
    rows = [
        f"note {place} of it,{'ill' if place % 3 else 'well'},p{place // 5}" for place in range(60)
    ]
    path = tmp_path / "notes.csv"
    path.write_text("text,label,patient\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def splits(lab: Lab, path: Path, fold: int, *words: str, number: int = 4) -> dict[str, Any]:
    dataset = {"name": "text-csv", "path": str(path), "label": "label"}
    experiment = lab.experiment(
        f"folds.number={number}", f"folds.fold={fold}", *words, dataset=dataset
    )
    assert experiment.folds is not None
    found = experiment.dataset.component.splits(experiment.dataset.config, print)
    return folded(experiment, experiment.folds, found, print)


def texts(records: Any) -> set[str]:
    return {record["text"] for record in records}


def test_folds_test_every_example_once_and_train_on_none_that_they_test(
    lab: Lab, patients: Path
) -> None:
    tested: list[str] = []
    for fold in range(1, 5):
        parts = splits(lab, patients, fold)
        train, validation, test = (texts(parts[s]) for s in ("train", "validation", "test"))
        assert len(train | validation | test) == 60
        assert len(train) + len(validation) + len(test) == 60
        assert Counter(record["label"] for record in parts["test"]) == {"ill": 10, "well": 5}
        tested += test
    assert len(tested) == len(set(tested)) == 60


def test_what_a_column_holds_together_is_never_parted(lab: Lab, patients: Path) -> None:
    for fold in range(1, 5):
        parts = splits(lab, patients, fold, "folds.by=patient")
        groups = {
            name: {int(record["text"].split()[1]) // 5 for record in records}
            for name, records in parts.items()
        }
        assert len(groups["train"] | groups["validation"] | groups["test"]) == 12
        assert sum(map(len, groups.values())) == 12
        assert all("row" not in record for record in parts["train"])


def test_pairs_of_one_source_are_never_parted(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    lines = [f"s {place % 10}\tt {place}" for place in range(40)]
    path.write_text("\n".join(lines), encoding="utf-8")
    experiment = lab.experiment(
        "folds.number=5",
        task={"name": "seq2seq"},
        dataset={"name": "pairs-tsv", "path": str(path)},
        model={"name": "seq2seq"},
    )
    found = experiment.dataset.component.splits(experiment.dataset.config, print)
    parts = folded(experiment, experiment.folds, found, print)

    sources = {name: {one["source"] for one in records} for name, records in parts.items()}
    assert not sources["test"] & (sources["train"] | sources["validation"])


def test_an_interrupted_run_of_a_fold_ends_with_the_same_bits(
    lab: Lab, signal_at: SignalAt
) -> None:
    words = ["folds.number=3", "folds.fold=2", "trainer.epochs=1", "trainer.test=true"]
    whole = lab.train(*words)
    cut = lab.train(*words, observers=[signal_at(3)])
    resumed = lab.resume(cut)

    assert resumed.weights_file == whole.weights_file
    assert whole.of("started")[0]["examples"] == {"train": 600, "validation": 67, "test": 333}
    other = lab.train("folds.number=3", "folds.fold=1", "trainer.max_steps=1")
    assert other.of("started")[0]["encoding"]["cached"] is False


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["folds.by=pateint"], DataError, r"no column 'pateint' .* Did you mean patient\?"),
        (["folds.by=patient", "folds.number=13"], DataError, "12 different values .* 13 folds"),
        (["folds.number=1"], ConfigurationError, r"number \(1\) must be 0, or at least 2"),
        (["folds.fold=9"], ConfigurationError, r"fold \(9\) must not be above number \(4\)"),
        (["folds.foo=9"], ConfigurationError, "folds.foo is not a setting"),
        (["dataset.test_path=x.csv"], (ConfigurationError, DataError), r"test_path|x\.csv"),
    ],
)
def test_folds_that_cannot_be_made_are_refused(
    lab: Lab, patients: Path, words: list[str], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        splits(lab, patients, 1, *words)


def test_data_that_hang_together_are_refused_before_any_run(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["run", "shakespeare-gru", "--folds", "3"]) == 2
    assert "cannot be folded" in capfd.readouterr().err


def test_a_cross_validation_ends_with_mean_and_spread_and_is_gone_on_with(
    lab: Lab, nursery: Nursery
) -> None:
    file = lab.toml("trainer.max_steps=3", "trainer.test=true", "trainer.baselines=true")
    words = ["run", str(file), "--folds", "2", "--name", "both", "--runs-dir", str(lab.runs)]

    first = nursery.run(*words, "--json")
    assert first.code == 0
    document = json.loads(first.out)
    again = nursery.run(*words)
    assert again.code == 0

    values = [one["metrics"]["accuracy"] for one in document["folds"].values()]
    (row,) = [r for r in document["scores"] if (r["of"], r["metric"]) == ("", "accuracy")]
    assert len(values) == 2
    assert row["mean"] == pytest.approx(sum(values) / 2)
    assert row["spread"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert any(one["of"] == "baseline majority" for one in document["scores"])
    assert "SPREAD" in again.out
    assert "1,000 examples tested once each" in " ".join(again.err.split())
    assert "etter than " in again.err
    assert sorted(run.name for run in all_runs(lab.runs)) == ["both-1-seed0", "both-2-seed0"]
