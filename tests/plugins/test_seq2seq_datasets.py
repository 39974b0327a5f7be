"""Datasets of pairs: bundled, fetched, a person's own, and made up."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from seqkit.api import Dataset, Record
from seqkit.data import FetchOptions
from seqkit.errors import DataError
from seqkit.paths import bundled
from seqkit_seq2seq.datasets import Addition, Multi30k, PairsTsv, Reverse, Sort, Tatoeba
from seqkit_seq2seq.datasets.multi30k import COUNTS, PARTS, SHA256

RealData = Callable[[str], Path]


def read(dataset: Dataset, **config: Any) -> tuple[dict[str, list[Record]], list[str]]:
    told: list[str] = []
    splits = dataset.splits(dataset.Config(**config), told.append)
    return {name: list(records) for name, records in splits.items()}, told


def texts(records: list[Record], side: str) -> set[str]:
    return {record[side] for record in records}


# --- tatoeba --------------------------------------------------------------------------------------


def test_the_bundled_pairs_share_no_sentence_between_splits() -> None:
    splits, told = read(Tatoeba())
    assert {name: len(records) for name, records in splits.items()} == {
        "train": 20_000,
        "validation": 1000,
        "test": 1000,
    }
    for side in ("source", "target"):
        for name in ("validation", "test"):
            assert len(texts(splits[name], side)) == 1000
        assert not texts(splits["train"], side) & texts(splits["test"], side)
        assert not texts(splits["train"], side) & texts(splits["validation"], side)
        assert not texts(splits["validation"], side) & texts(splits["test"], side)
    assert not told


def test_the_bundled_pairs_are_those_that_their_page_describes() -> None:
    page = bundled("tatoeba/README.md").read_text(encoding="utf-8")
    hashes = dict(re.findall(r"`(\w+\.tsv)`\s+`([0-9a-f]{64})`", page))
    assert set(hashes) == {"train.tsv", "validation.tsv", "test.tsv"}
    for name, digest in hashes.items():
        assert hashlib.sha256(bundled(f"tatoeba/{name}").read_bytes()).hexdigest() == digest


def test_a_direction_turns_every_pair_round() -> None:
    forwards, _ = read(Tatoeba(), limit=5)
    backwards, _ = read(Tatoeba(), limit=5, direction="en-de")
    assert len(forwards["train"]) == 5
    for one, other in zip(forwards["test"], backwards["test"], strict=True):
        assert (one["source"], one["target"]) == (other["target"], other["source"])
    assert "Ich" in " ".join(texts(forwards["test"], "source"))


# --- multi30k -------------------------------------------------------------------------------------


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with as many lines as Multi30k has, some packed and some not."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for split, part in PARTS.items():
        for language in ("de", "en"):
            lines = (f"{language} {split} {number}\n" for number in range(COUNTS[split]))
            content = "".join(lines).encode()
            name = f"{part}.{language}"
            if language == "de":
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
    return folder


def test_multi30k_is_taken_from_a_folder_and_read_from_its_own(pictures: Path) -> None:
    told: list[str] = []
    dataset = Multi30k()
    config = dataset.Config()
    home = dataset.get(config, FetchOptions(source=pictures, notify=told.append))
    assert home == dataset.location(config)
    assert home is not None
    assert sorted(path.name for path in home.iterdir()) == sorted([*SHA256, "SHA256SUMS"])
    assert len([message for message in told if "sha256 differs" in message]) == 3
    splits, _ = read(dataset, limit=3)
    assert splits["train"] == [
        {"id": str(n + 1), "source": f"de train {n}", "target": f"en train {n}"} for n in range(3)
    ]
    assert len(splits["validation"]) == 1014
    assert len(splits["test"]) == 1000
    assert dataset.fingerprint(config) != dataset.fingerprint(dataset.Config(direction="en-de"))


def test_multi30k_that_is_not_here_says_how_to_get_it() -> None:
    with pytest.raises(DataError, match="Run 'seqkit data get multi30k'"):
        read(Multi30k())


def test_a_damaged_or_foreign_multi30k_is_named(pictures: Path) -> None:
    (pictures / "val.en").write_text("one line\n")
    with pytest.raises(DataError, match=r"val\.en has 1 lines instead of 1,014"):
        Multi30k().get(Multi30k.Config(), FetchOptions(source=pictures))
    (pictures / "train.de.gz").write_bytes(b"\x1f\x8bnot gzip")
    with pytest.raises(DataError, match=r"train\.de\.gz is damaged"):
        read(Multi30k(), path=str(pictures))
    with pytest.raises(DataError, match="is not a folder"):
        Multi30k().get(Multi30k.Config(), FetchOptions(source=pictures / "val.en"))


def test_the_published_multi30k_has_the_hashes_that_downloads_are_checked_by(
    real_data: RealData,
) -> None:
    folder = real_data("multi30k")
    for name, digest in SHA256.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    told: list[str] = []
    Multi30k().get(Multi30k.Config(), FetchOptions(source=folder, notify=told.append))
    assert not told
    splits, _ = read(Multi30k())
    assert splits["test"][0]["source"].startswith("Ein Mann mit einem orangefarbenen Hut")
    assert splits["test"][0]["target"].startswith("A man in an orange hat")


# --- own pairs ------------------------------------------------------------------------------------


def pairs_file(folder: Path, text: str, name: str = "pairs.tsv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def many(count: int = 40) -> str:
    """Two targets of each source."""
    return "".join(f"source {n}\ttarget {n}{letter}\n" for n in range(count) for letter in "ab")


def test_own_pairs_are_divided_so_that_no_source_is_in_two_splits(tmp_path: Path) -> None:
    path = pairs_file(tmp_path, many())
    splits, _ = read(PairsTsv(), path=path, validation=0.1, test=0.2)
    assert {name: len(records) for name, records in splits.items()} == {
        "train": 58,
        "validation": 6,
        "test": 16,
    }
    found = [texts(records, "source") for records in splits.values()]
    assert len(set.union(*found)) == sum(map(len, found)) == 40
    again, _ = read(PairsTsv(), path=path, validation=0.1, test=0.2)
    assert again == splits


def test_files_of_ones_own_for_validation_and_test_are_kept_as_they_are(tmp_path: Path) -> None:
    splits, _ = read(
        PairsTsv(),
        path=pairs_file(tmp_path, many()),
        validation_path=pairs_file(tmp_path, "a\tb\n", "valid.tsv"),
        test_path=pairs_file(tmp_path, "c\td\n", "test.tsv"),
    )
    assert len(splits["train"]) == 80
    assert splits["validation"] == [{"id": "1", "source": "a", "target": "b"}]
    assert splits["test"] == [{"id": "1", "source": "c", "target": "d"}]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("dog\tHund\n", {"source": "2", "target": "1"}),
        ("target,source\ndog,Hund\n", {"header": True, "delimiter": ","}),
        (
            "en;de;who\ndog;Hund;me\n",
            {"header": True, "delimiter": "", "source": "de", "target": "en"},
        ),
        ('"dog"|"Hund"\n', {"delimiter": "|", "quotes": True, "source": "2"}),
    ],
)
def test_columns_are_chosen_by_name_or_place(
    tmp_path: Path, text: str, settings: Mapping[str, Any]
) -> None:
    path = pairs_file(tmp_path, text)
    splits, _ = read(PairsTsv(), path=path, validation=0, test=0, **settings)
    assert [(r["source"], r["target"]) for r in splits["train"]] == [("Hund", "dog")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("c\t \n\tc\n", r"pairs\.tsv holds no pair in columns '1' and '2'"),
        ("a\tb\nc\n", r"pairs\.tsv has 1 field in the row on line 2, where its first row has 2"),
        ("a\nb\n", r"pairs\.tsv has 1 column, and pairs need two"),
        ("", r"pairs\.tsv is empty"),
    ],
)
def test_a_row_that_is_no_pair_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(PairsTsv(), path=pairs_file(tmp_path, text))


def test_rows_with_an_empty_side_are_left_out_and_counted(tmp_path: Path) -> None:
    path = pairs_file(tmp_path, "a\tb\nc\t \n\td\ne\tf\n")
    splits, notes = read(PairsTsv(), path=path, validation=0, test=0)
    assert [one["source"] for one in splits["train"]] == ["a", "e"]
    assert any("2 rows without one of the two" in note and "(line 2, 3)" in note for note in notes)


@pytest.mark.parametrize(
    ("heading", "config"),
    [
        ("source\ttarget", {}),
        ("en\tde", {}),
        ("Question\tAnswer", {}),
        ("en\tde", {"source": "en", "target": "de"}),
        ("source\ttarget", {"source": "1", "target": "2"}),
    ],
)
def test_a_first_row_that_names_the_columns_is_no_pair(
    tmp_path: Path, heading: str, config: dict[str, Any]
) -> None:
    path = pairs_file(tmp_path, f"{heading}\n{many()}")
    test = pairs_file(tmp_path, f"{heading}\nlook at the dog\tsieh den Hund\n", "test.tsv")
    splits, notes = read(PairsTsv(), path=path, test_path=test, **config)
    assert sum(len(records) for records in splits.values()) == 81
    assert [record["source"] for record in splits["test"]] == ["look at the dog"]
    assert heading.split("\t")[0] not in texts(splits["train"], "source")
    assert sum("names its columns" in note for note in notes) == 2


def test_a_heading_may_turn_the_columns_round(tmp_path: Path) -> None:
    path = pairs_file(tmp_path, "target\tsource\n" + "".join(f"y {n}\tx {n}\n" for n in range(40)))
    splits, _ = read(PairsTsv(), path=path)
    assert all(record["source"].startswith("x") for record in splits["train"])


def test_a_heading_that_may_be_a_pair_is_a_pair_and_is_told(tmp_path: Path) -> None:
    path = pairs_file(tmp_path, "es\tit\n" + "".join(f"b{n}\tc{n}\n" for n in range(40)))
    splits, notes = read(PairsTsv(), path=path)
    assert sum(len(records) for records in splits.values()) == 41
    assert any("may be a heading" in note for note in notes)


def test_columns_that_do_not_fit_are_named(tmp_path: Path) -> None:
    path = pairs_file(tmp_path, "german\tenglish\na\tb\n")
    with pytest.raises(DataError, match=r"has no column 'germn'.*Did you mean 'german'"):
        read(PairsTsv(), path=path, header=True, source="germn")
    with pytest.raises(DataError, match="source and target are both column 'german'"):
        read(PairsTsv(), path=path, header=True, source="german", target="german")


# --- generated ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", [Reverse(), Sort(), Addition()], ids=lambda one: one.name)
def test_generated_pairs_keep_their_rule_and_no_source_occurs_twice(dataset: Dataset) -> None:
    rules: dict[str, Callable[[str], str]] = {
        "reverse": lambda source: source[::-1],
        "sort": lambda source: "".join(sorted(source)),
        "addition": lambda source: str(sum(map(int, source.split("+")))),
    }
    sizes = {"train": 300, "validation": 30, "test": 20}
    splits, _ = read(dataset, **sizes)
    assert {name: len(records) for name, records in splits.items()} == sizes
    records = [record for part in splits.values() for record in part]
    assert len(texts(records, "source")) == 350
    assert all(record["target"] == rules[dataset.name](record["source"]) for record in records)
    assert read(dataset, **sizes)[0] == splits
    assert read(dataset, **sizes, seed=1)[0] != splits


def test_the_seed_gives_the_same_pairs_on_every_machine() -> None:
    first = [read(dataset, train=1)[0]["train"][0]["source"] for dataset in (Reverse(), Addition())]
    assert first == ["wexeekitr", "124+60"]


def test_lengths_lie_within_their_bounds() -> None:
    splits, _ = read(Reverse(), train=500, minimum_length=2, maximum_length=4, letters=20)
    lengths = {len(record["source"]) for record in splits["train"]}
    assert lengths == {2, 3, 4}
    assert set("".join(texts(splits["train"], "source"))) == set("abcdefghijklmnopqrst")
    with pytest.raises(ValueError, match=r"minimum_length \(5\) must not be above maximum_length"):
        Reverse.Config(minimum_length=5, maximum_length=4)


def test_every_split_has_sources_of_every_length() -> None:
    splits, _ = read(Addition(), train=3000, validation=300, test=300)
    shares = [
        sum(len(record["source"]) <= 4 for record in records) / len(records)
        for records in splits.values()
    ]
    assert min(shares) > 0.5 * max(shares) > 0


def test_more_pairs_than_there_can_be_are_refused() -> None:
    with pytest.raises(DataError, match="22,000 different sources are asked for and there are 676"):
        read(Reverse(), minimum_length=2, maximum_length=2)
    splits, _ = read(Addition(), digits=1, train=70, validation=10, test=10)
    assert len(splits["train"]) == 70
