"""The conformance kit on datasets: records, splits, fingerprints, and files of one's own."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqkit
from seqkit.data.own import OwnData

Failures = Callable[..., dict[str, str]]


RECORDS = [{"text": f"word {number}", "label": "ab"[number % 2]} for number in range(20)]

OTHERS = [{"text": f"word other {number}", "label": "ab"[number % 2]} for number in range(20)]


def dataset_with(splits: Callable[[], Any], mark: Callable[[], Any] = lambda: "1") -> Any:
    class Subject(seqkit.Dataset):
        """A dataset to check."""

        name = "subject"
        tasks = ("classification",)

        def splits(self, config: Any, notify: seqkit.Notify) -> Mapping[str, Any]:
            return splits()

        def fingerprint(self, config: Any) -> str:
            return mark()

    return Subject


@pytest.mark.parametrize(
    "splits",
    [
        {"train": RECORDS},
        {"train": RECORDS, "validation": OTHERS[:10], "test": OTHERS[10:], "test-hard": OTHERS},
        # A few may be the same by chance.
        {"train": RECORDS, "test": [*OTHERS, RECORDS[0]], "extra": OTHERS},
    ],
)
def test_a_sound_dataset_passes_every_check(failures: Failures, splits: Any) -> None:
    def fresh() -> Any:
        return {name: iter(records) for name, records in splits.items()}

    assert failures("datasets", dataset_with(fresh)) == {}


def with_arrays(*last: float) -> dict[str, Any]:
    values = {"y": np.array([1.0, np.nan, *last])}
    return {
        "train": [
            {"text": "a", "label": label, "time": np.arange(3), "values": values}
            for label in "bcbc"
        ]
    }


def test_records_may_hold_arrays_also_with_missing_numbers(failures: Failures) -> None:
    assert failures("datasets", dataset_with(lambda: with_arrays(2.0))) == {}


@pytest.mark.parametrize(
    ("splits", "check", "message"),
    [
        (
            lambda: with_arrays(random.random()),
            "repeatable",
            "splits() gave other records the second time",
        ),
        (
            lambda: {"train": RECORDS, "valid": OTHERS},
            "records",
            "there is a split 'valid', which nothing reads by itself. Did you mean validation?",
        ),
        (lambda: {"train": RECORDS, "tests": OTHERS}, "records", "Did you mean test?"),
        (
            lambda: {"train": RECORDS, "test": RECORDS[:10]},
            "apart",
            "10 of 10 records of 'test' are in 'train' too. Scores on them say nothing",
        ),
        (
            lambda: {"train": RECORDS, "validation": [*OTHERS[:6], *RECORDS[:4]]},
            "apart",
            "4 of 10 records of 'validation' are in 'train' too",
        ),
        (
            lambda: {"train": [{**record, "label": "a"} for record in RECORDS]},
            "encoded",
            "with the usual settings: there is only one class, 'a', in the train split",
        ),
        (
            lambda: {"train": [{**record, "text": len} for record in RECORDS]},
            "encoded",
            "classification",
        ),
        (lambda: {"training": RECORDS}, "records", "with 'train' among them"),
        (lambda: RECORDS, "records", "splits() must return a mapping"),
        (lambda: {"train": RECORDS, "test": []}, "records", "the split 'test' is empty"),
        (lambda: {"train": ["text"]}, "records", "record 1 of 'train' is str, not a mapping"),
        (
            lambda: {"train": [*RECORDS, {"text": "x"}]},
            "records",
            "record 21 of 'train' lacks label, which classification reads",
        ),
        (
            lambda: {
                "train": [{"text": f"word {random.random()}", "label": one} for one in "abab"]
            },
            "repeatable",
            "splits() gave other records the second time",
        ),
    ],
)
def test_each_fault_of_a_dataset_is_found(
    failures: Failures, splits: Callable[[], Any], check: str, message: str
) -> None:
    found = failures("datasets", dataset_with(splits))

    assert message in found[check]
    assert len(found) == 1


def test_a_fingerprint_must_be_stable_text(failures: Failures) -> None:
    found = failures("datasets", dataset_with(lambda: {"train": RECORDS}, lambda: 3))
    assert "fingerprint() returned int, not text" in found["repeatable"]
    found = failures(
        "datasets", dataset_with(lambda: {"train": RECORDS}, lambda: str(random.random()))
    )
    assert "fingerprint() gave two texts for the same data" in found["repeatable"]


def series(**more: Any) -> dict[str, Any]:
    values = {"y": np.sin(np.arange(300.0))}
    return {"series": "a", "time": np.arange(300), "values": values, **more}


class Rows(dataset_with(lambda: {"train": [series(start=0)]})):  # type: ignore[misc]
    """Rows."""

    tasks = ("forecasting",)


def test_a_series_needs_the_row_that_its_split_begins_with(failures: Failures) -> None:
    class WithoutStart(Rows):
        """Rows."""

        def splits(self, config: Any, notify: seqkit.Notify) -> Mapping[str, Any]:
            return {"train": [series()]}

    class WithoutTargets(Rows):
        """Rows."""

        def splits(self, config: Any, notify: seqkit.Notify) -> Mapping[str, Any]:
            return {"train": [series(start=0)], "test": [series(start=None)]}

    assert failures("datasets", Rows) == {}
    assert failures("datasets", WithoutStart) == {
        "records": "record 1 of 'train' lacks start, which forecasting reads",
    }
    message = failures("datasets", WithoutTargets)["encoded"]
    assert message.startswith("forecasting finds no targets in the records of 'test'. ")


def test_records_that_make_a_task_raise_name_both(failures: Failures) -> None:
    class WithoutTimes(Rows):
        """Rows."""

        def splits(self, config: Any, notify: seqkit.Notify) -> Mapping[str, Any]:
            return {"train": [series(start=0, time=None)]}

    message = failures("datasets", WithoutTimes)["encoded"]
    assert message.startswith("forecasting cannot encode its records: TypeError")


def test_a_fingerprint_is_compared_with_the_settings_that_are_given(tmp_path: Path) -> None:
    from seqkit.testing import check_plugin

    path = tmp_path / "reviews.csv"
    rows = [f"text number {number},{'good' if number % 3 else 'bad'}" for number in range(30)]
    path.write_text("text,label\n" + "\n".join(rows))
    findings = check_plugin("text", {"text-csv": {"path": str(path)}})
    found = {f.check: f.status for f in findings if f.subject == "datasets:text-csv"}

    assert set(found.values()) == {"passed"}


@pytest.mark.parametrize(
    ("recognise", "message"),
    [
        (lambda data: 1 / 0, "recognise() raised ZeroDivisionError on empty.csv"),
        (lambda data: "yes", "returned str for empty.csv, not a Recognition or None"),
        (lambda data: recognition(confidence=90), "was 90 sure of empty.csv"),
        (lambda data: recognition(settings={"path": "x"}), "set path for empty.csv, which are no"),
        (lambda data: recognition() if data.rows().columns else None, None),
    ],
)
def test_odd_files_are_shown_to_what_recognises_them(
    failures: Failures, recognise: Callable[[OwnData], Any], message: str | None
) -> None:
    class Reader(dataset_with(lambda: {"train": RECORDS})):  # type: ignore[misc]
        """A reader of files."""

        def recognise(self, data: OwnData, task: str) -> Any:
            return recognise(data)

    found = failures("datasets", Reader)

    assert message in found["recognises"] if message else not found


def recognition(confidence: float = 0.5, **changes: Any) -> seqkit.Recognition:
    known: dict[str, Any] = {"settings": {}, "said": "texts", "task": "classification"}
    return seqkit.Recognition(confidence=confidence, **(known | changes))
