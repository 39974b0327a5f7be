"""torchtext's datasets, in tiny files laid out as the published ones."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from seqkit.config import validate
from seqkit.data import FetchOptions
from seqkit.errors import DataError
from seqkit.experiments.loading import load_experiment
from seqkit.registry.discovery import load_registry
from seqkit_torchtext import import_torchtext
from seqkit_torchtext._published import PUBLISHED

ZHANG = {
    "ag-news": ("ag_news_csv", 4),
    "dbpedia": ("dbpedia_csv", 14),
    "yelp-polarity": ("yelp_review_polarity_csv", 2),
    "yelp-full": ("yelp_review_full_csv", 5),
    "amazon-polarity": ("amazon_review_polarity_csv", 2),
    "amazon-full": ("amazon_review_full_csv", 5),
    "yahoo-answers": ("yahoo_answers_csv", 10),
    "sogou-news": ("sogou_news_csv", 5),
}


def tar(path: Path, files: Mapping[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def zipped(path: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def zhang(classes: int) -> str:
    rows = [
        f'"{label}","Title {label}","He said ""no"",\\nthen left."\n'
        for label in range(1, classes + 1)
    ]
    return "".join(rows * 5)


@pytest.fixture
def read() -> Callable[..., Any]:
    """Reads the splits of a dataset, and what it said."""
    registry, notes = load_registry(), list[str]()

    def splits(name: str, **settings: Any) -> Any:
        entry = registry.find("datasets", name)
        config, problems = validate(entry.component.Config, settings, "dataset", entry.qualified)
        assert not problems
        found = entry.component.splits(config, notes.append)
        return {split: list(records) for split, records in found.items()}, notes

    return splits


@pytest.fixture
def get() -> Callable[..., Any]:
    """Does what `seqkit data get` does."""
    registry = load_registry()

    def fetched(name: str, source: Path | None) -> Any:
        component = registry.find("datasets", name).component
        return component.get(component.Config(), FetchOptions(source=source))

    return fetched


def glue(folder: Path) -> Path:
    train = (
        'sentence\tlabel\nhide " new secretions \t0\nno wit\u2028at all \t0\na charming film \t1\n'
    )
    files = {"train": train, "dev": "sentence\tlabel\nit works .\t1\n", "test": "index\tsentence\n"}
    return zipped(folder / "SST-2.zip", {f"SST-2/{part}.tsv": text for part, text in files.items()})


def cola(folder: Path) -> Path:
    line = "gj04\t1\t\tOur friends won't buy this.\ngj04\t0\t*\tThey drank the pub.\n"
    parts = ("in_domain_train", "in_domain_dev", "out_of_domain_dev")
    files = {f"cola_public/raw/{part}.tsv": line for part in parts}
    tokenized = {f"cola_public/tokenized/{part}.tsv": "x" for part in parts}
    return zipped(folder / "cola_public_1.1.zip", files | tokenized)


def wikitext(folder: Path) -> Path:
    files = {
        f"wikitext-2/wiki.{part}.tokens": f" \n = {part} = \n \n A <unk> . \n"
        for part in ("train", "valid", "test")
    }
    return zipped(folder / "wikitext-2-v1.zip", files)


def penn(folder: Path) -> Path:
    files = {
        f"./simple-examples/data/ptb.{part}.txt": f" {part} of <unk> \n"
        for part in ("train", "valid", "test")
    }
    return tar(folder / "simple-examples.tgz", files)


def multi30k(folder: Path) -> Path:
    for archive, part in (
        ("training", "train"),
        ("validation", "val"),
        ("mmt16_task1_test", "test"),
    ):
        tar(
            folder / f"{archive}.tar.gz",
            {
                f"{part}.de": f"Ein Hund im {part}.\nZwei\n",
                f"{part}.en": f"A dog in {part}.\nTwo\n",
            },
        )
    return folder


@pytest.mark.parametrize("name", ZHANG)
def test_classes_are_named_and_fields_are_joined_as_torchtext_joins_them(
    name: str, read: Any, tmp_path: Path
) -> None:
    folder, classes = ZHANG[name]
    files = {f"{folder}/train.csv": zhang(classes), f"{folder}/test.csv": zhang(classes)}
    path = tar(tmp_path / f"{folder}.tar.gz", files | {f"{folder}/readme.txt": "read me"})
    splits, notes = read(name, path=str(path))
    assert list(splits) == ["train", "validation", "test"]
    assert len(splits["train"]) + len(splits["validation"]) == len(splits["test"]) == 5 * classes
    assert splits["test"][0]["text"] == 'Title 1 He said "no",\\nthen left.'
    assert len({record["label"] for record in splits["test"]}) == classes
    assert any("where the published one has" in note for note in notes)
    assert {len(part) for part in read(name, path=str(path), limit=3)[0].values()} <= {1, 2, 3}


@pytest.mark.parametrize(
    ("name", "make", "expected"),
    [
        (
            "sst2",
            glue,
            {
                "train": [
                    {"id": "1", "text": 'hide " new secretions', "label": "negative"},
                    {"id": "2", "text": "no wit\u2028at all", "label": "negative"},
                    {"id": "3", "text": "a charming film", "label": "positive"},
                ],
                "validation": [{"id": "1", "text": "it works .", "label": "positive"}],
            },
        ),
        (
            "cola",
            cola,
            {
                split: [
                    {"id": "1", "text": "Our friends won't buy this.", "label": "acceptable"},
                    {"id": "2", "text": "They drank the pub.", "label": "unacceptable"},
                ]
                for split in ("train", "validation", "test")
            },
        ),
        (
            "wikitext-2",
            wikitext,
            {
                "train": [{"text": " \n = train = \n \n A <unk> . \n"}],
                "validation": [{"text": " \n = valid = \n \n A <unk> . \n"}],
                "test": [{"text": " \n = test = \n \n A <unk> . \n"}],
            },
        ),
        (
            "penn-treebank",
            penn,
            {
                "train": [{"text": " train of <unk> \n"}],
                "validation": [{"text": " valid of <unk> \n"}],
                "test": [{"text": " test of <unk> \n"}],
            },
        ),
        (
            "multi30k-archives",
            multi30k,
            {
                split: [
                    {"id": "1", "source": f"Ein Hund im {part}.", "target": f"A dog in {part}."},
                    {"id": "2", "source": "Zwei", "target": "Two"},
                ]
                for split, part in (("train", "train"), ("validation", "val"), ("test", "test"))
            },
        ),
    ],
)
def test_records_are_those_of_the_files_read_in_place_or_got(
    name: str,
    make: Callable[[Path], Path],
    expected: dict[str, Any],
    read: Any,
    get: Any,
    tmp_path: Path,
) -> None:
    source = make(tmp_path)
    assert read(name, path=str(source))[0] == expected
    home = get(name, source)
    assert read(name)[0] == expected
    assert read(name, path=str(home))[0] == expected


def test_the_other_direction_of_a_translation(read: Any, tmp_path: Path) -> None:
    splits, _ = read("multi30k-archives", path=str(multi30k(tmp_path)), direction="en-de", limit=1)
    assert splits["test"] == [
        {"id": "1", "source": "A dog in test.", "target": "Ein Hund im test."}
    ]


def test_a_folder_of_torchtexts_cache_is_read(read: Any, tmp_path: Path) -> None:
    folder = tmp_path / "datasets" / "AG_NEWS"
    folder.mkdir(parents=True)
    for part in ("train", "test"):
        (folder / f"{part}.csv").write_text(zhang(4))
    assert len(read("ag-news", path=str(folder))[0]["test"]) == 20


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("5,a,b\n", r"train\.csv of .* is damaged on line 2: its class is '5', none of 1, 2, 3, 4"),
        ("1\n", "line 2: it has 1 fields"),
        ("1,\xff\n", "line 2: it is not valid UTF-8"),
    ],
)
def test_a_damaged_row_is_named(row: str, message: str, read: Any, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(b"1,a,b\n" + row.encode("latin-1"))
    (tmp_path / "test.csv").write_text("1,a,b\n")
    with pytest.raises(DataError, match=message):
        read("ag-news", path=str(tmp_path))


def test_what_is_missing_is_named_with_the_next_step(read: Any, get: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data get dbpedia --from PATH' if you have dbpedia_csv"):
        read("dbpedia")
    with pytest.raises(DataError, match=r"only a browser gets it\. Open https://drive"):
        get("dbpedia", None)
    with pytest.raises(DataError, match=r"holds no 'train\.csv', 'test\.csv'\. Give dbpedia_csv"):
        read("dbpedia", path=str(tmp_path))
    multi30k(tmp_path)
    tar(tmp_path / "training.tar.gz", {"train.de": "Eins\nZwei\n", "train.en": "One\n"})
    with pytest.raises(DataError, match=r"has 2 lines and train\.en of .* 1\. Give files that"):
        read("multi30k-archives", path=str(tmp_path))


@pytest.mark.skipif(find_spec("torchtext") is None, reason="torchtext is not installed")
def test_checksums_addresses_and_sizes_are_those_of_torchtext() -> None:
    import_torchtext()
    for published in PUBLISHED:
        module = import_module(f"torchtext.datasets.{published.title.lower()}")
        urls, hashes = ([v] if isinstance(v, str) else v.values() for v in (module.URL, module.MD5))
        assert {file.url for file in published.downloads} == set(urls), published.name
        assert {file.known_hash.split(":")[1] for file in published.downloads} == set(hashes)
        sizes = {"valid": "validation", "dev": "validation"}
        counts = {sizes.get(split, split): lines for split, lines in module.NUM_LINES.items()}
        assert published.counts.items() <= counts.items(), published.name


def test_a_model_learns_from_one(tmp_path: Path) -> None:
    from seqkit.engine.run import start_run

    for part in ("train", "test"):
        (tmp_path / f"{part}.csv").write_text(zhang(4))
    words = [f"dataset.path={tmp_path}", "trainer.epochs=1", "trainer.threads=1"]
    registry = load_registry()
    document: dict[str, Any] = {
        "task": "classification",
        "dataset": {"name": "ag-news"},
        "model": {"name": "gru", "hidden_size": 4, "embedding_size": 4},
    }
    outcome = start_run(load_experiment(document, registry, words), registry, tmp_path / "runs")
    assert outcome.status == "finished"
