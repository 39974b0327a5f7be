"""The datasets of labelled texts: imdb, the bundled sentences, and people's own files."""

import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from seqkit.config import validate
from seqkit.data import FetchOptions
from seqkit.errors import ConfigurationError, DataError
from seqkit.paths import data_home
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry
from seqkit_classification.datasets.imdb import read_reviews

Writer = Callable[..., str]
Splits = Callable[..., dict[str, list[Any]]]


@pytest.fixture(scope="module")
def registry() -> Any:
    return load_registry()


@pytest.fixture
def dataset(registry: Registry) -> Any:
    """Gives a dataset and its settings, checked as in an experiment."""

    def make(name: str, **settings: Any) -> Any:
        entry = registry.find("datasets", name)
        config, problems = validate(entry.component.Config, settings, "dataset", entry.qualified)
        if problems:
            raise ConfigurationError(problems=problems)
        return entry.component, config

    return make


@pytest.fixture
def splits(dataset: Any, notes: list[str]) -> Any:
    def read(name: str, **settings: Any) -> Any:
        component, config = dataset(name, **settings)
        found = component.splits(config, notes.append)
        return {split: list(records) for split, records in found.items()}

    return read


@pytest.fixture
def notes() -> Any:
    return []


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "reviews.csv") -> Any:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def labels(records: Iterable[Any]) -> Counter[Any]:
    return Counter(record["label"] for record in records)


# --- sentences ------------------------------------------------------------------------------------


def test_the_bundled_sentences_are_whole_and_balanced_in_every_split(
    splits: Splits, notes: list[str]
) -> None:
    found = splits("sentences")
    assert {name: labels(records) for name, records in found.items()} == {
        "train": {"negative": 360, "positive": 360},
        "validation": {"negative": 40, "positive": 40},
        "test": {"negative": 100, "positive": 100},
    }
    identities = [record["id"] for records in found.values() for record in records]
    assert len(set(identities)) == 1000
    assert all(record["text"] and "\t" not in record["text"] for record in found["train"])
    assert notes == []


def test_a_seed_chooses_the_sentences_held_out(splits: Splits) -> None:
    assert splits("sentences") == splits("sentences")
    assert splits("sentences")["test"] != splits("sentences", seed=1)["test"]


# --- imdb -----------------------------------------------------------------------------------------


def some_reviews(count: int) -> dict[str, str]:
    """Returns names and texts as in the archive, with `count` reviews of each class and part."""
    members = {"aclImdb/README": "Large Movie Review Dataset"}
    for part, label in product(("test", "train"), ("neg", "pos")):
        for number in range(count):
            members[f"aclImdb/{part}/{label}/{number}_{number % 10}.txt"] = f"{part} {label} é"
    return members


def archive_of(members: dict[str, str], path: Path) -> Path:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, text in members.items():
            member = tarfile.TarInfo(name)
            content = text.encode()
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture(scope="module")
def home(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home that has imdb, from an archive of the right layout and size, but for the texts."""
    folder = tmp_path_factory.mktemp("home")
    archive = archive_of(some_reviews(12_500), folder / "aclImdb_v1.tar.gz")
    entry = registry.find("datasets", "imdb")
    notes: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQKIT_HOME", str(folder))
        options = FetchOptions(source=archive, notify=notes.append)
        stored = entry.component.get(entry.component.Config(), options)
    assert stored == folder / "data" / "imdb"
    assert "is not the published archive" in notes[0]
    assert "holds 0 unlabelled reviews instead of 50,000" in notes[1]
    return folder


@pytest.fixture
def got(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The folder of imdb in that home."""
    monkeypatch.setenv("SEQKIT_HOME", str(home))
    return home / "data" / "imdb"


def test_without_its_data_imdb_says_how_to_get_them(splits: Splits) -> None:
    with pytest.raises(DataError, match=r"seqkit data get imdb.*--from aclImdb_v1.tar.gz"):
        splits("imdb")


def test_imdb_has_its_splits_balanced_and_in_a_fixed_order(splits: Splits, got: Path) -> None:
    found = splits("imdb")
    assert {name: labels(records) for name, records in found.items()} == {
        "train": {"negative": 11_250, "positive": 11_250},
        "validation": {"negative": 1_250, "positive": 1_250},
        "test": {"negative": 12_500, "positive": 12_500},
    }
    assert found["test"][:3] == [
        {"id": "test/neg/0_0", "text": "test neg é", "label": "negative"},
        {"id": "test/pos/0_0", "text": "test pos é", "label": "positive"},
        {"id": "test/neg/1_1", "text": "test neg é", "label": "negative"},
    ]
    assert all(record["id"].startswith("train/") for record in found["validation"])


def test_an_archive_and_its_folder_hold_the_same_reviews(tmp_path: Path) -> None:
    members = some_reviews(12) | {"aclImdb/train/unsup/3_0.txt": "unlabelled"}
    for name, text in members.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    archive = archive_of(dict(reversed(members.items())), tmp_path / "aclImdb_v1.tar.gz")
    reviews = read_reviews(archive, unlabelled=True)
    assert [record["id"] for record in reviews["train"][-3:]] == [
        "train/pos/10_0",
        "train/neg/11_1",
        "train/pos/11_1",
    ]
    assert reviews["unlabelled"] == [{"id": "train/unsup/3_0", "text": "unlabelled"}]
    assert read_reviews(tmp_path, unlabelled=True) == reviews
    assert read_reviews(tmp_path / "aclImdb", unlabelled=True) == reviews
    assert "unlabelled" not in read_reviews(archive, unlabelled=False)


def test_imdb_is_read_from_its_archive_without_being_stored(
    splits: Splits, home: Path, got: Path
) -> None:
    stored = splits("imdb", limit=100)
    assert splits("imdb", limit=100, path=str(home / "aclImdb_v1.tar.gz")) == stored


def test_a_limit_takes_as_many_reviews_of_each_class(splits: Splits, got: Path) -> None:
    found = splits("imdb", limit=200)
    assert {name: labels(records) for name, records in found.items()} == {
        "train": {"negative": 90, "positive": 90},
        "validation": {"negative": 10, "positive": 10},
        "test": {"negative": 100, "positive": 100},
    }


def test_without_validation_imdb_has_no_such_split(splits: Splits, got: Path) -> None:
    assert set(splits("imdb", limit=10, validation=0)) == {"train", "test"}


def test_what_is_here_is_not_fetched_again(dataset: Any, got: Path) -> None:
    component, config = dataset("imdb")
    before = component.fingerprint(config)
    assert component.get(config, FetchOptions()) == got
    assert component.fingerprint(config) == before


def test_a_part_of_the_archive_is_refused_and_leaves_what_was_here(
    dataset: Any, got: Path, tmp_path: Path
) -> None:
    component, config = dataset("imdb")
    before = component.fingerprint(config)
    part = archive_of(some_reviews(3), tmp_path / "part.tar.gz")
    with pytest.raises(DataError, match=r"holds 3 negative reviews for train instead of 12,500"):
        component.get(config, FetchOptions(source=part))
    assert component.fingerprint(config) == before
    assert list(got.parent.iterdir()) == [got]


def test_a_truncated_archive_is_refused(dataset: Any, tmp_path: Path) -> None:
    path = archive_of(some_reviews(30), tmp_path / "aclImdb_v1.tar.gz")
    path.write_bytes(path.read_bytes()[:-100])
    component, config = dataset("imdb")
    with pytest.raises(DataError, match=r"aclImdb_v1.tar.gz is damaged, truncated"):
        component.get(config, FetchOptions(source=path))
    assert not data_home().exists()


def test_an_archive_with_a_member_that_leads_out_is_refused(dataset: Any, tmp_path: Path) -> None:
    bad = archive_of({"aclImdb/train/pos/../../../../evil.txt": "x"}, tmp_path / "bad.tar.gz")
    component, config = dataset("imdb")
    with pytest.raises(DataError, match=r"evil.txt' leads out of the archive"):
        component.get(config, FetchOptions(source=bad))


def test_a_source_that_is_not_there_is_named(dataset: Any, tmp_path: Path) -> None:
    component, config = dataset("imdb")
    with pytest.raises(DataError, match=r"no file or folder .*none.tar.gz"):
        component.get(config, FetchOptions(source=tmp_path / "none.tar.gz"))


@pytest.mark.parametrize("damage", [b"", b'{"id": '])
def test_a_stored_split_that_was_cut_off_is_named(splits: Splits, damage: bytes) -> None:
    folder = data_home() / "imdb"
    folder.mkdir(parents=True)
    (folder / "test.jsonl").touch()
    (folder / "train.jsonl").write_bytes(
        b'{"id": "1", "text": "x", "label": "positive"}\n' + damage
    )
    with pytest.raises(DataError, match=r"train.jsonl is damaged: .*seqkit data get imdb --force"):
        splits("imdb")


@pytest.mark.proof
def test_the_real_archive_is_whole(
    dataset: Any, real_data: Callable[[str], Path], notes: list[str]
) -> None:
    component, config = dataset("imdb", unlabelled=True)
    source = real_data("imdb/aclImdb_v1.tar.gz")
    component.get(config, FetchOptions(source=source, notify=notes.append))
    assert not any("unlabelled" in note for note in notes)
    found = component.splits(config, notes.append)
    assert list(found) == ["train", "validation", "test", "unlabelled"]
    assert sum(set(record) == {"id", "text"} for record in found["unlabelled"]) == 50_000
    assert labels(found["test"]) == {"negative": 12_500, "positive": 12_500}
    texts = {record["id"]: record["text"] for record in found["train"]}
    texts |= {record["id"]: record["text"] for record in found["validation"]}
    assert len(texts) == 25_000
    assert texts["train/pos/0_9"].startswith("Bromwell High is a cartoon comedy.")


# --- a person's own files -------------------------------------------------------------------------

ROWS = [("fine film", "good"), ("dull film", "bad"), ("great", "good"), ("poor", "bad")] * 10


def csv_of(rows: Iterable[tuple[str, str]], header: str = "text,label") -> str:
    return "".join(f"{line}\n" for line in [header, *(",".join(row) for row in rows)])


def jsonl_of(rows: Iterable[tuple[Any, Any]], text: str = "text", label: str = "label") -> str:
    return "".join(json.dumps({text: t, label: name}) + "\n" for t, name in rows)


@pytest.mark.parametrize("name", ["text-csv", "text-jsonl"])
def test_held_out_splits_are_carved_by_class_and_never_overlap(
    splits: Splits, file: Writer, name: str, notes: list[str]
) -> None:
    rows = [(f"film {number}", label) for number, (_, label) in enumerate(ROWS)]
    path = file(csv_of(rows) if name == "text-csv" else jsonl_of(rows))
    found = splits(name, path=path, test=0.2, validation=0.25)
    assert {split: labels(records) for split, records in found.items()} == {
        "train": {"good": 12, "bad": 12},
        "validation": {"good": 4, "bad": 4},
        "test": {"good": 4, "bad": 4},
    }
    texts = [record["text"] for records in found.values() for record in records]
    assert sorted(texts) == sorted(text for text, _ in rows)
    assert notes == []


@pytest.mark.parametrize("name", ["text-csv", "text-jsonl"])
def test_given_splits_are_used_as_they_are(splits: Splits, file: Writer, name: str) -> None:
    make = csv_of if name == "text-csv" else jsonl_of
    found = splits(
        name,
        path=file(make(ROWS), "train"),
        validation_path=file(make(ROWS[:2]), "validation"),
        test_path=file(make(ROWS[2:4]), "test"),
    )
    assert [record["text"] for record in found["train"]] == [text for text, _ in ROWS]
    assert [record["text"] for record in found["validation"]] == ["fine film", "dull film"]
    assert [record["text"] for record in found["test"]] == ["great", "poor"]


def test_a_pattern_names_several_files(splits: Splits, file: Writer) -> None:
    file(csv_of(ROWS[:1]), "reviews-1.csv")
    path = file(csv_of(ROWS[1:2]), "reviews-2.csv")
    found = splits("text-csv", path=path.replace("-2", "-*"), test=0, validation=0)
    assert [record["text"] for record in found["train"]] == ["fine film", "dull film"]
    assert list(found) == ["train"]


def test_a_pattern_that_matches_nothing_is_named(splits: Splits, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no file matches .*none-\*.csv"):
        splits("text-csv", path=str(tmp_path / "none-*.csv"))


@pytest.mark.parametrize(
    "header",
    [
        "Review,Sentiment",
        "sentence,class",
        "content,category",
        "comment,target",
        "text,x",
        "y,label",
    ],
)
def test_usual_column_names_are_recognised(splits: Splits, file: Writer, header: str) -> None:
    found = splits("text-csv", path=file(csv_of(ROWS, header)), test=0, validation=0)
    assert found["train"][0] == {"text": "fine film", "label": "good"}


def test_columns_can_be_named_and_an_id_comes_along(splits: Splits, file: Writer) -> None:
    path = file("ID,title,body,stars\n7,film,fine,5\n8,other,dull,1\n")
    found = splits("text-csv", path=path, text="title", label="stars", test=0, validation=0)
    assert found["train"][0] == {"id": "7", "text": "film", "label": "5"}


@pytest.mark.parametrize("header", ["title,stars", "text,review,label", "a,b"])
def test_columns_that_cannot_be_told_are_asked_for(
    splits: Splits, file: Writer, header: str
) -> None:
    count = header.count(",") + 1
    path = file(header + "\n" + ",".join(["x"] * count) + "\n")
    with pytest.raises(DataError, match=r"reviews.csv does not tell.*it has '.*Set dataset.text"):
        splits("text-csv", path=path)


@pytest.mark.parametrize("name", ["text-csv", "text-jsonl"])
def test_a_missing_column_is_named_with_the_nearest(
    splits: Splits, file: Writer, name: str
) -> None:
    path = file(csv_of(ROWS) if name == "text-csv" else jsonl_of(ROWS))
    with pytest.raises(
        DataError, match=r"no column 'labels'; it has 'text', 'label'. Did you mean"
    ):
        splits(name, path=path, label="labels")


def test_a_file_without_header_goes_by_numbers(splits: Splits, file: Writer) -> None:
    path = file("good\tfine film\nbad\tdull\n", "reviews.tsv")
    found = splits("text-csv", path=path, header=False, text="2", label="1", test=0, validation=0)
    assert found["train"][1] == {"text": "dull", "label": "bad"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text-csv", "text,label\nx,a\ny, \nz,\n"),
        ("text-jsonl", jsonl_of([("x", "a"), ("y", None)]) + '{"text": "z"}\n'),
    ],
)
def test_rows_without_label_are_left_out_and_counted(
    splits: Splits, file: Writer, notes: list[str], name: str, content: str
) -> None:
    path = file(content)
    found = splits(name, path=path, test=0, validation=0)
    assert [record["text"] for record in found["train"]] == ["x"]
    first = 3 if name == "text-csv" else 2
    assert notes == [f"2 rows without label in {path} left out (line {first}, {first + 1})."]


def test_a_file_whose_rows_all_lack_a_label_is_an_error(splits: Splits, file: Writer) -> None:
    with pytest.raises(DataError, match=r"reviews.csv holds no label in column 'label'"):
        splits("text-csv", path=file("text,label\nx,\n"))


def test_rows_without_text_are_left_out_and_counted(
    splits: Splits, file: Writer, notes: list[str]
) -> None:
    path = file("text,label\nx,a\n  ,a\n,b\ny,b\n")
    found = splits("text-csv", path=path, test=0, validation=0)
    assert [record["text"] for record in found["train"]] == ["x", "y"]
    assert notes == [f"2 rows without text in {path} left out (line 3, 4)."]


def test_a_file_whose_rows_all_lack_text_is_an_error(splits: Splits, file: Writer) -> None:
    with pytest.raises(DataError, match=r"reviews.csv holds no text in column 'text'"):
        splits("text-csv", path=file("text,label\n ,a\n"))


def test_jsonl_of_the_wrong_kind_is_named_with_its_line(splits: Splits, file: Writer) -> None:
    with pytest.raises(DataError, match=r"holds 12 \(int\) under 'text' on line 2.*must be text"):
        splits("text-jsonl", path=file(jsonl_of([("x", "a"), (12, "b")])))
    with pytest.raises(DataError, match=r"holds \['a'\] \(list\) under 'label' on line 1"):
        splits("text-jsonl", path=file(jsonl_of([("x", ["a"])])))
    with pytest.raises(DataError, match=r"no 'text' on line 2, which has 'label'"):
        splits("text-jsonl", path=file('{"text": "x", "label": 1}\n{"label": 0}\n'))


def test_labels_that_are_numbers_stay_what_they_are(splits: Splits, file: Writer) -> None:
    path = file(jsonl_of([("x", 1), ("y", 0)] * 5))
    found = splits("text-jsonl", path=path, test=0.2)
    assert labels(found["test"]) == {1: 1, 0: 1}


def test_a_review_of_a_megabyte_nuls_and_invalid_bytes(
    splits: Splits, file: Writer, notes: list[str]
) -> None:
    long = "word " * 200_000
    found = splits("text-csv", path=file(csv_of([(long, "a"), ("x", "b")])), test=0, validation=0)
    assert found["train"][0]["text"] == long
    with pytest.raises(DataError, match=r"NUL byte, on line 2"):
        splits("text-csv", path=file(b"text,label\nx\0,a\n"))
    path = file(b"text,label\n\xe9t\xe9,a\n")
    with pytest.raises(DataError, match=r"byte 0xe9 on line 2"):
        splits("text-csv", path=path)
    assert splits("text-csv", path=path, encoding="latin-1")["train"][0]["text"] == "été"
    assert splits("text-csv", path=path, errors="replace")["train"][0]["text"] == "\ufffdt\ufffd"
    assert len(notes) == 1


def test_settings_that_are_not_valid_are_refused_with_their_key(dataset: Any) -> None:
    for settings, message in (
        ({}, "dataset.path is missing"),
        ({"path": "x", "test": 1.0}, "dataset.test is 1.0"),
        ({"path": "x", "delimiter": "::"}, "dataset.delimiter"),
        ({"path": "x", "errors": "replac"}, "Did you mean replace"),
        ({"path": "x", "labels": "a"}, "Did you mean dataset.label"),
        ({"path": "x", "encoding": "utf9"}, "dataset.encoding is 'utf9'"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            dataset("text-csv", **settings)


def test_paths_are_absolute_in_the_settings(
    dataset: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("text-csv", "text-jsonl", "text-folder", "imdb"):
        component, config = dataset(name, path="data/reviews")
        assert config.path == str(tmp_path / "data" / "reviews")
        assert component.location(config) == tmp_path / "data" / "reviews"


@pytest.mark.parametrize("name", ["text-csv", "text-jsonl", "text-folder", "sentences", "imdb"])
def test_the_fingerprint_goes_by_settings_and_files(dataset: Any, file: Writer, name: str) -> None:
    path = file(csv_of(ROWS), "data/train/good/reviews.txt")
    own = {} if name in ("sentences", "imdb") else {"path": path}
    if name == "text-folder":
        own = {"path": path.removesuffix("/train/good/reviews.txt")}
    component, config = dataset(name, **own)
    before = component.fingerprint(config)
    assert before == component.fingerprint(config)
    assert before != component.fingerprint(dataset(name, seed=1, **own)[1])
    if own:
        file(csv_of(ROWS[1:]), "data/train/good/reviews.txt")
        assert component.fingerprint(config) != before


# --- text-folder ----------------------------------------------------------------------------------


def test_each_folder_is_a_class(splits: Splits, file: Writer, tmp_path: Path) -> None:
    for number in range(10):
        file(f"fine {number}", f"reviews/good/{number}.txt")
        file(f"dull {number}", f"reviews/bad/deeper/{number}.txt")
    found = splits("text-folder", path=str(tmp_path / "reviews"), test=0.2)
    assert {split: labels(records) for split, records in found.items()} == {
        "train": {"bad": 7, "good": 7},
        "validation": {"bad": 1, "good": 1},
        "test": {"bad": 2, "good": 2},
    }
    assert found["train"][-1]["id"].startswith("good/")
    assert found["train"][0]["id"].startswith("bad/deeper/")


def test_folders_named_after_splits_are_splits(
    splits: Splits, file: Writer, tmp_path: Path
) -> None:
    for split in ("train", "test"):
        for name in ("good", "bad"):
            for number in range(5):
                file(f"{split} {name} {number}", f"{split}/{name}/{number}.txt")
    found = splits("text-folder", path=str(tmp_path), validation=0.2)
    assert {split: len(records) for split, records in found.items()} == {
        "train": 8,
        "validation": 2,
        "test": 10,
    }
    assert all(record["text"].startswith("test") for record in found["test"])


def test_empty_and_other_files_are_left_out_and_counted(
    splits: Splits, file: Writer, tmp_path: Path, notes: list[str]
) -> None:
    file("x", "good/1.txt")
    file(" \n", "good/2.txt")
    file("x", "bad/1.txt")
    file("x", "bad/notes.pdf")
    splits("text-folder", path=str(tmp_path))
    assert notes == [
        f"1 empty file in {tmp_path} left out ('good/2').",
        f"1 file in {tmp_path} left out, not .txt ('notes.pdf').",
    ]


def test_a_folder_that_cannot_be_used_is_named(
    splits: Splits, file: Writer, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"none does not exist"):
        splits("text-folder", path=str(tmp_path / "none"))
    path = file("x", "lonely/1.txt")
    with pytest.raises(DataError, match=r"1.txt is a file, not a folder"):
        splits("text-folder", path=path)
    with pytest.raises(DataError, match=r"lonely holds no folders"):
        splits("text-folder", path=str(tmp_path / "lonely"))
    file("x", "other/good/1.pdf")
    with pytest.raises(DataError, match=r"other holds no text in .txt files.*'good'"):
        splits("text-folder", path=str(tmp_path / "other"))


def test_an_invalid_byte_in_a_file_names_the_file(
    splits: Splits, file: Writer, tmp_path: Path
) -> None:
    file("x", "good/1.txt")
    file(b"x\ny\xff", "bad/7.txt")
    with pytest.raises(DataError, match=r"bad/7.txt is not valid utf-8: byte 0xff on line 2"):
        splits("text-folder", path=str(tmp_path))
