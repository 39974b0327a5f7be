"""Files of texts and pairs as people have them: what `new` writes for them, `run` accepts."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seqkit.callbacks import ignore
from seqkit.errors import DataError
from seqkit.registry.discovery import load_registry
from tests.own_files import Taken, take, train

REGISTRY = load_registry()
NOUNS = ["film", "plot", "cast", "scene", "music", "story", "actor", "sound", "light", "end"]
ROWS = [
    (f"a {'good' if n % 2 else 'bad'} {NOUNS[n % 10]} and {NOUNS[n // 10]}", "yn"[n % 2])
    for n in range(60)
]
GERMAN = [(f"schön{e}s Wörtchen “{text}”", label) for e, (text, label) in enumerate(ROWS)]
PAIRS = [(text, f"le {text[::-1]}") for text, _ in ROWS]
NAMES = [f"{a}{b}{c}" for a in ("Ab", "Be", "Chi", "Do") for b in "aeiou" for c in ("n", "ng", "r")]
LANGUAGES = ["english", "german", "chinese", "italian"]
SPLITS = ["train", "Train", "training", "train", "dev", "test"]
CHINESE = ["这部电影很好看", "音乐非常动听", "演员表现一般", "剧情有些无聊", "画面真的漂亮"]
THAI = ["หนังเรื่องนี้ดีมาก", "เพลงไพเราะ", "น่าเบื่อมาก"]


def table(rows: Any, heading: str = "", delimiter: str = ",") -> str:
    """Returns a table as text."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    if heading:
        writer.writerow(heading.split(","))
    writer.writerows(rows)
    return stream.getvalue()


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        content: What the file holds, or of a folder what its files hold.
        dataset: The dataset that must take it.
        settings: Settings that must follow.
        records: How many examples it has.
        said: What `new` must say.
        told: What reading it must tell.
        encoding: The encoding of the file.
        task: The task that is given.
    """

    content: str | dict[str, str] | Callable[[Path], None]
    dataset: str
    settings: dict[str, Any] = field(default_factory=dict)
    records: int = 60
    said: str = ""
    told: str = ""
    encoding: str = "utf-8"
    task: str = ""

    def write(self, path: Path) -> Path:
        """Writes the file or folder."""
        if callable(self.content):
            self.content(path)
            return path
        if isinstance(self.content, dict):
            for name, text in self.content.items():
                inner = path / name
                inner.parent.mkdir(parents=True, exist_ok=True)
                inner.write_text(text, encoding=self.encoding)
            return path
        data = self.content.encode(self.encoding)
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return path


def _workbook(**sheets: list[tuple[Any, ...]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(path)

    return write


def _parquet(columns: dict[str, list[Any]]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pytest.importorskip("pyarrow").table(columns), path)

    return write


TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]
TEXT = {"text": "text", "label": "label"}
SOME = [(text, "" if n % 20 == 3 else label) for n, (text, label) in enumerate(ROWS)]
DAYS = [datetime.fromisoformat("2024-01-01") + timedelta(days=n) for n in range(120)]

FILES: dict[str, Kind] = {
    "plain.csv": Kind(table(ROWS, "text,label"), "text-csv", TEXT),
    "semicolons.csv": Kind(table(ROWS, "text,label", ";"), "text-csv", TEXT),
    "bars.csv": Kind(table(ROWS, "text,label", "|"), "text-csv", TEXT),
    "tabs.csv": Kind(table(ROWS, "text,label", "\t"), "text-csv", TEXT),
    "packed.csv.gz": Kind(table(ROWS, "text,label"), "text-csv", TEXT),
    "marked.csv": Kind(table(GERMAN, "text,label"), "text-csv", TEXT, encoding="utf-8-sig"),
    "wide.csv": Kind(
        table(GERMAN, "text,label"),
        "text-csv",
        TEXT | {"encoding": "utf-16"},
        encoding="utf-16",
    ),
    "windows.csv": Kind(
        table(GERMAN, "text,label"),
        "text-csv",
        TEXT | {"encoding": "cp1252"},
        said="not valid utf-8, and read as cp1252 ('schön')",
        encoding="cp1252",
    ),
    "sorted.csv": Kind(
        table(
            [(f"{text} {n}", label) for label in "ny" for n in range(25) for text, _ in ROWS],
            "review,sentiment",
        ),
        "text-csv",
        {"text": "review", "label": "sentiment"},
        records=3000,
    ),
    "stars.csv": Kind(
        table([(text, n % 5 + 1) for n, (text, _) in enumerate(ROWS)], "review,stars"),
        "text-csv",
        {"text": "review", "label": "stars"},
    ),
    "sequences.csv": Kind(
        table([(name.upper() * 3, n % 2) for n, name in enumerate(NAMES)], "sequence,localisation"),
        "text-csv",
        {"text": "sequence", "label": "localisation"},
    ),
    "x_y.csv": Kind(table(PAIRS, "x,y"), "pairs-tsv", {"source": "x", "target": "y"}),
    "short_names.csv": Kind(
        table([(text, n % 2) for n, (text, _) in enumerate(ROWS)], "t,l"),
        "text-csv",
        {"text": "t", "label": "l"},
    ),
    "chinese.csv": Kind(
        table([(f"{CHINESE[n % 5]}{n}", "好坏"[n % 2]) for n in range(60)], "评论,情感"),
        "text-csv",
        {"text": "评论", "label": "情感"},
    ),
    "thai.csv": Kind(
        table([(f"{THAI[n % 3]}{n}", "ab"[n % 2]) for n in range(60)], "ข้อความ,ป้าย"),
        "text-csv",
        {"text": "ข้อความ", "label": "ป้าย"},
    ),
    "surnames.csv": Kind(
        table([(name, LANGUAGES[n % 4]) for n, name in enumerate(NAMES)], "surname,language"),
        "text-csv",
        {"text": "surname", "label": "language"},
    ),
    "names_alone.csv": Kind(
        table([(name, LANGUAGES[n % 4]) for n, name in enumerate(NAMES)]),
        "text-csv",
        {"header": False, "text": "1", "label": "2"},
    ),
    "no_heading.csv": Kind(table(ROWS), "text-csv", {"header": False, "text": "1", "label": "2"}),
    "no_heading.tsv": Kind(
        table([(text, n % 2) for n, (text, _) in enumerate(ROWS)], delimiter="\t"),
        "text-csv",
        {"header": False, "text": "1", "label": "2"},
    ),
    "no_heading.txt": Kind(
        table([(text, n % 2) for n, (text, _) in enumerate(ROWS)], delimiter="\t"),
        "text-csv",
        {"header": False, "text": "1", "label": "2"},
    ),
    "label_first.csv": Kind(
        table([(label, text) for text, label in ROWS]),
        "text-csv",
        {"header": False, "text": "2", "label": "1"},
    ),
    "splits.csv": Kind(
        table([(*row, SPLITS[n % 6]) for n, row in enumerate(ROWS)], "text,label,part"),
        "text-csv",
        {**TEXT, "split": "part"},
        said="column 'part' tells the splits",
    ),
    "splits.jsonl": Kind(
        "".join(
            json.dumps({"text": t, "label": y, "Split": [*SPLITS[:5], None][n % 6]}) + "\n"
            for n, (t, y) in enumerate(ROWS)
        ),
        "text-jsonl",
        {**TEXT, "split": "Split"},
        records=50,
        told="10 rows of no split left out",
    ),
    "splits_of_pairs.csv": Kind(
        table([(*row, SPLITS[n % 6]) for n, row in enumerate(PAIRS)], "en,fr,split"),
        "pairs-tsv",
        {"split": "split"},
    ),
    "some_labels.csv": Kind(
        table(SOME, "text,label"),
        "text-csv",
        TEXT,
        records=57,
        said="3 rows without a label are left out",
        told="3 rows without label in",
    ),
    "columns.csv": Kind(
        table(
            [(n, "Bonn", text, "x y z", label) for n, (text, label) in enumerate(ROWS)],
            "Nr.,Ort,Bewertung,Notiz,Klasse",
        ),
        "text-csv",
        {"text": "Bewertung", "label": "Klasse"},
        said="'Nr.', 'Ort', 'Notiz' are left out",
    ),
    "entailment.csv": Kind(
        table(
            [(text, f"{text} indeed", label) for text, label in ROWS], "premise,hypothesis,label"
        ),
        "text-csv",
        {"text": "hypothesis", "label": "label"},
        said="'premise' is left out, as an example has one text",
    ),
    "several.csv": Kind(
        table(
            [
                (text, ("food", "price", "food;price", "price;staff")[n % 4])
                for n, (text, _) in enumerate(ROWS)
            ],
            "text,tags",
        ),
        "text-csv",
        {"text": "text", "label": "tags"},
        said="'food;price' is taken for one class",
    ),
    "flags.csv": Kind(
        table([(text, n % 2, n % 3 % 2) for n, (text, _) in enumerate(ROWS)], "text,toxic,threat"),
        "text-csv",
        {"text": "text"},
        said="left out, as an example has one class",
    ),
    "lines.jsonl": Kind(
        "".join(json.dumps({"text": t, "label": y or None}) + "\n" for t, y in SOME),
        "text-jsonl",
        TEXT,
        records=57,
        told="3 rows without label in",
    ),
    "list.json": Kind(
        json.dumps([{"text": t, "label": n % 5 + 1} for n, t in enumerate(TEXTS)]),
        "text-jsonl",
        TEXT,
    ),
    "columns.json": Kind(json.dumps({"text": TEXTS, "label": LABELS}), "text-jsonl", TEXT),
    "pandas.json": Kind(
        json.dumps(
            {name: dict(enumerate(values)) for name, values in (("text", TEXTS), ("label", LABELS))}
        ),
        "text-jsonl",
        TEXT,
    ),
    "inside.json": Kind(
        json.dumps({"version": 1, "data": [{"text": t, "label": y} for t, y in ROWS]}),
        "text-jsonl",
        TEXT,
    ),
    "lines.json": Kind(
        "".join(json.dumps({"text": t, "label": y}) + "\n" for t, y in ROWS), "text-jsonl", TEXT
    ),
    "classes": Kind(
        {f"{label}/{n}.txt": text for n, (text, label) in enumerate(GERMAN)},
        "text-folder",
        {"encoding": "cp1252"},
        encoding="cp1252",
    ),
    "book.md": Kind("".join(f"{text}.\n" for text in TEXTS * 9), "text-file", records=2),
    "wide.txt": Kind(
        "".join(f"{text}.\n" for text, _ in GERMAN * 9),
        "text-file",
        {"encoding": "utf-16"},
        records=2,
        encoding="utf-16",
    ),
    "pairs.tsv": Kind(table(PAIRS, delimiter="\t"), "pairs-tsv"),
    "pairs_in_a_text.txt": Kind(table(PAIRS, delimiter="\t"), "pairs-tsv"),
    "id_en_fr.csv": Kind(
        table([(n, *pair) for n, pair in enumerate(PAIRS)], "id,en,fr"),
        "pairs-tsv",
        {"source": "en", "target": "fr", "header": True},
        said="'id' is left out",
    ),
    "id_without_heading.csv": Kind(
        table([(n, *pair) for n, pair in enumerate(PAIRS)]),
        "pairs-tsv",
        {"source": "2", "target": "3"},
    ),
    "words.csv": Kind(
        table([(name.lower(), f"{name.lower()}s") for name in NAMES], "word,plural"),
        "pairs-tsv",
        {"source": "word", "target": "plural"},
    ),
    "some_targets.tsv": Kind(
        table(
            [(s, "" if n % 20 == 3 else t) for n, (s, t) in enumerate(PAIRS)], "source,target", "\t"
        ),
        "pairs-tsv",
        {"source": "source", "target": "target"},
        records=57,
        told="3 rows without one of the two",
    ),
    "nested.jsonl": Kind(
        "".join(json.dumps({"translation": {"en": s, "fr": t}}) + "\n" for s, t in PAIRS),
        "pairs-tsv",
        {"source": "translation.en", "target": "translation.fr"},
    ),
    "instructions.json": Kind(
        json.dumps([{"instruction": s, "input": "", "output": t} for s, t in PAIRS]),
        "pairs-tsv",
        {"source": "instruction", "target": "output"},
        said="'input' is left out",
    ),
    "two_languages_and_a_kind.csv": Kind(
        table([(s, t, "ab"[n % 2]) for n, (s, t) in enumerate(PAIRS)], "en,fr,domain"),
        "pairs-tsv",
        {"source": "en", "target": "fr"},
        said="could be for classification as well",
    ),
    "answered.jsonl": Kind(
        "".join(
            json.dumps({"instruction": s, "context": "", "response": t, "category": "ab"[n % 2]})
            + "\n"
            for n, (s, t) in enumerate(PAIRS)
        ),
        "pairs-tsv",
        {"source": "instruction", "target": "response"},
    ),
    "text_hardly_filled.csv": Kind(
        table([("" if n % 9 else t, t, kind) for n, (t, kind) in enumerate(ROWS)], "text,body,k"),
        "text-csv",
        {"text": "body", "label": "k"},
    ),
    "parallel": Kind(
        {
            "train.en": "".join(f"{s}\n" for s, _ in PAIRS),
            "train.fr": "".join(f"{t}\n" for _, t in PAIRS),
            "val.en": "one line\n\n",
            "val.fr": "une ligne\n\n",
        },
        "parallel-text",
        {"source": "en", "target": "fr"},
        records=61,
        said="train.en and train.fr; val.en and val.fr",
        told="1 pair with an empty side",
    ),
    "sheet.xlsx": Kind(
        _workbook(
            Empty=[],
            Reviews=[("text", "label", None), *((t, n % 5 + 1, None) for n, t in enumerate(TEXTS))],
            Other=[("a", "b"), (1, 2)],
        ),
        "text-csv",
        TEXT,
        told="sheet 'Reviews' is read, and not 'Empty', 'Other'. Set dataset.sheet",
    ),
    "pairs.xlsx": Kind(
        _workbook(A=[("english", "french"), *PAIRS]),
        "pairs-tsv",
        {"source": "english", "target": "french"},
    ),
    "days.xlsx": Kind(
        _workbook(A=[("day", "sales"), *((day, n % 7 + 0.5) for n, day in enumerate(DAYS))]),
        "series-csv",
        {"time": "day"},
        records=3,
    ),
    "texts.parquet": Kind(
        _parquet({"text": TEXTS, "label": [None, *(n % 2 for n in range(59))]}),
        "text-csv",
        TEXT,
        records=59,
    ),
    "nested.parquet": Kind(
        _parquet({"id": list(range(60)), "translation": [{"en": s, "fr": t} for s, t in PAIRS]}),
        "pairs-tsv",
        {"source": "translation.en", "target": "translation.fr"},
    ),
    "days.parquet": Kind(
        _parquet({"day": DAYS, "sales": [n % 7 + 0.5 for n in range(120)], "l": [[1]] * 120}),
        "series-csv",
        {"time": "day"},
        records=3,
        told="columns of lists or of bytes in",
    ),
}


def taken(name: str, folder: Path) -> Taken:
    kind = FILES[name]
    return take(kind.write(folder / name), REGISTRY, kind.task)


@pytest.mark.parametrize("name", FILES)
def test_what_new_writes_for_it_run_accepts(name: str, tmp_path: Path) -> None:
    kind = FILES[name]
    found = taken(name, tmp_path)
    assert found.dataset == kind.dataset
    assert found.recognition.settings == {**found.recognition.settings, **kind.settings}
    assert len(found.records) == kind.records
    assert found.recognition.examples in (kind.records, kind.records + 1, 0)
    assert kind.said in found.said
    assert kind.told in " ".join(found.told)
    assert all(record.get("text", "x").strip() for record in found.records)


@pytest.mark.parametrize(
    "name", ["chinese.csv", "names_alone.csv", "nested.jsonl", "parallel", "wide.csv", "pairs.xlsx"]
)
def test_it_is_trained_on(name: str, tmp_path: Path) -> None:
    assert (train(taken(name, tmp_path)) / "run.json").is_file()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "rating.csv",
            table([(text, f"{1 + n / 17:.2f}") for n, text in enumerate(TEXTS)], "text,rating"),
            "'rating' holds 60 different numbers, and no classes: round them",
        ),
        (
            "scores.csv",
            table([(n, text, n / 17) for n, text in enumerate(TEXTS)], "id,text,score"),
            "'score' holds 60 different numbers, and no classes: round them",
        ),
        (
            "users.csv",
            table([(text, f"u{n:03}") for n, text in enumerate(TEXTS)], "text,label"),
            "'label' holds 60 different values, too many for classes",
        ),
        (
            "russian.csv",
            table([("добрый день", "да"), ("злой день", "нет")] * 9, "text,label"),
            "is not valid utf-8",
        ),
        ("a.json", "[]", "holds no objects"),
        ("a.json", '{"a": 1}', "holds one object with 'a'. Write a list of objects"),
        ("a.json", '{"a": ["b"], "c": ["d", "e"]}', "1 value under 'a' and 2 values under 'c'"),
        ("a.json", '["a text", "another"]', "holds str 'a text' in place 1 of its list"),
        ("a.json", '[{"a": 1}', "is not valid JSON"),
        ("a.json", "", "is empty"),
    ],
    ids=range(10),
)
def test_what_cannot_be_read_is_an_error_with_the_next_step(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    # Cyrillic letters in their own encoding are no words of the West, and are not guessed.
    path.write_text(content, encoding="cp1251" if name == "russian.csv" else "utf-8")
    with pytest.raises(DataError) as caught:
        take(path, REGISTRY)
    assert said in str(caught.value)


def test_a_sheet_of_notes_before_that_of_the_data_is_named(tmp_path: Path) -> None:
    path = tmp_path / "both.xlsx"
    _workbook(Notes=[("note",), ("see Data",)], Data=[("text", "label"), *ROWS])(path)
    with pytest.raises(DataError, match="'Notes' is read, and not 'Data': set dataset"):
        take(path, REGISTRY)


def test_a_folder_of_tables_is_told_to_give_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.csv").write_text(table(ROWS, "text,label"))
    with pytest.raises(DataError, match="tables: give one of them, such as"):
        take(tmp_path / "parts", REGISTRY)


def test_examples_are_counted_without_those_that_have_no_text(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text(table([*ROWS, ("", "y"), ("a good film", "")], "text,label"))
    found = take(path, REGISTRY)
    assert found.recognition.examples == len(found.records) == len(ROWS)


def test_one_file_of_two_is_the_source_and_the_other_the_target(tmp_path: Path) -> None:
    FILES["parallel"].write(tmp_path / "parallel")
    found = take(tmp_path / "parallel" / "train.fr", REGISTRY)
    assert (found.recognition.settings["source"], found.recognition.settings["target"]) == (
        "fr",
        "en",
    )
    assert len(found.records) == 60


def test_other_parallel_files_are_read_to_be_scored(tmp_path: Path) -> None:
    path = FILES["parallel"].write(tmp_path / "parallel")
    dataset = take(path, REGISTRY).experiment.dataset
    read = dataset.component.read
    assert [r["target"] for r in read(dataset.config, path / "val.en", ignore)] == ["une ligne"]
    assert len(list(read(dataset.config, path, ignore))) == 61
    with pytest.raises(DataError, match=r"val.fr does not end in \.en"):
        list(read(dataset.config, path / "val.fr", ignore))


def test_parallel_files_of_unequal_length_are_refused(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("a\nb\n")
    (tmp_path / "train.fr").write_text("a\n")
    with pytest.raises(DataError, match=r"train.en has 2 lines and .*train.fr 1: a line of one"):
        take(tmp_path / "train.en", REGISTRY)


def test_an_encoding_and_a_delimiter_that_are_given_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(table(ROWS, "text,label", ":").replace("a", "ж"), encoding="cp1251")
    found = take(path, REGISTRY, encoding="cp1251", delimiter=":")
    assert found.experiment.dataset.config.encoding == "cp1251"
    assert found.experiment.dataset.config.delimiter == ":"
    assert "ж" in found.records[0]["text"]
