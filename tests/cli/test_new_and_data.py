"""`new`, `data` and `doctor`."""

import json
import tarfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seqkit.engine.device import cpu_has_bfloat16
from seqkit.errors import ConfigurationError, DataError
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.own_data import recognise, said_in_full
from seqkit.paths import cache_home, data_home
from seqkit.registry.discovery import load_registry


@dataclass(frozen=True)
class Found:
    """What a look at one's own data came to."""

    task: str
    dataset: dict[str, Any]
    examples: int
    said: str


def look_at(path: Path, task: str = "") -> Found:
    entry, found = recognise(path, load_registry(), task)
    table = {"name": entry.name, **found.settings}
    return Found(found.task, table, found.examples, said_in_full(found))


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


# --- new ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entry", load_registry().entries("recipes"), ids=lambda e: e.name)
def test_a_new_file_is_the_same_experiment_as_its_recipe(entry: object, seqkit: Callable) -> None:
    registry = load_registry()
    name = entry.name  # type: ignore[attr-defined]
    assert seqkit("new", "mine.toml", "--recipe", name).code == 0
    assert (
        load_experiment("mine.toml", registry).as_dict()
        == load_experiment(name, registry).as_dict()
    )


def test_every_commented_default_is_a_valid_line(seqkit: Callable) -> None:
    assert seqkit("new", "mine.toml").code == 0
    text = Path("mine.toml").read_text(encoding="utf-8")
    begun = [line.removeprefix("# ") if _is_default(line) else line for line in text.splitlines()]
    Path("whole.toml").write_text("\n".join(begun), encoding="utf-8")
    registry = load_registry()
    assert len(begun) > 100
    assert (
        load_experiment("whole.toml", registry).as_dict()
        == load_experiment("mine.toml", registry).as_dict()
    )


def _is_default(line: str) -> bool:
    key, equals, _ = line.removeprefix("# ").partition(" = ")
    return line.startswith("# ") and bool(equals) and key.replace("_", "").isalnum()


def test_a_new_file_has_a_comment_for_each_observer_that_turns_it_on(
    seqkit: Callable, tmp_path: Path
) -> None:
    plugin = tmp_path / "watching.py"
    plugin.write_text(
        "import seqkit\n"
        "class Watcher(seqkit.Observer):\n    'Watches.'\n    name = 'watcher'\n"
        "    class Config(seqkit.Config):\n"
        "        often: int = seqkit.Field(3, help='How often.')\n"
        "@seqkit.hookimpl\ndef register_observers():\n    return [Watcher]\n"
    )
    assert seqkit("new", "mine.toml", "--plugin", plugin).code == 0
    text = Path("mine.toml").read_text(encoding="utf-8")
    table = '# [observers."watching:watcher"]'
    assert table in text
    assert "#   often = 3" in text

    Path("on.toml").write_text(
        text.replace(table, table[2:]).replace("#   often = 3", "often = 4"), encoding="utf-8"
    )
    registry = load_registry([plugin])
    assert not load_experiment("mine.toml", registry).observers
    assert load_experiment("on.toml", registry).observers[0].settings() == {"often": 4}


def test_new_never_writes_over_a_file_without_force(seqkit: Callable) -> None:
    Path("mine.toml").write_text("precious", encoding="utf-8")
    done = seqkit("new", "mine.toml")
    assert done.code == 2
    assert "mine.toml" in done.err
    assert "--force" in done.err
    assert Path("mine.toml").read_text(encoding="utf-8") == "precious"
    assert seqkit("new", "mine.toml", "--force").code == 0


CSV = 'id,review body,stars\n1,"good, really",5\n2,so bad,1\n3,very fine film,5\n4,a bore it is,1\n'
JSONL = "".join(
    json.dumps({"id": n, "stars": label, "review body": text}) + "\n"
    for n, (text, label) in enumerate([("good one", 5), ("bad one", 1)] * 3)
)


@pytest.mark.parametrize("name", ["my.csv", "MY.TSV", "a.jsonl", "a.csv.gz", "book.txt"])
def test_new_never_writes_over_data_whatever_is_said(name: str, seqkit: Callable) -> None:
    Path(name).write_bytes(b"text,label\nfine,1\n")
    for more in ((), ("--force",), ("--force", "--data", name)):
        done = seqkit("new", name, *more)
        assert done.code == 2
        assert f"--data {name}" in done.err
    assert Path(name).read_bytes() == b"text,label\nfine,1\n"


def test_new_takes_an_encoding_and_writes_it(seqkit: Callable) -> None:
    rows = [f"{'schön' if n % 2 else 'öde'} film {n},{n % 2}\n" for n in range(60)]
    Path("t.csv").write_text("text,label\n" + "".join(rows), encoding="cp1252")
    for words in ([], ["dataset.encoding=cp1252"], ["--encoding", "cp1252"]):
        done = seqkit("new", "t.toml", "--data", "t.csv", "--force", *words)
        assert done.code == 0
        assert ("read as cp1252 ('öde')" in done.out) == (not words)
        assert tomllib.loads(Path("t.toml").read_text())["dataset"]["encoding"] == "cp1252"
    assert seqkit("new", "u.toml", "dataset.encoding=cp1252").code == 2
    assert seqkit("new", "u.toml", "--encoding", "cp1252").code == 2
    assert seqkit("new", "u.toml", "--data", "t.csv", "dataset.encoding=klingon").code == 4
    assert seqkit("new", "u.toml", "--data", "t.csv", "--encoding", "klingon").code == 2
    done = seqkit("run", "t.toml", "dataset.encoding=utf-8")
    assert done.code == 4
    assert "Set its encoding (dataset.encoding=" in done.err


@pytest.mark.parametrize(
    ("name", "content", "dataset"),
    [("own.csv", CSV, "text-csv"), ("own.jsonl", JSONL, "text-jsonl")],
)
def test_new_looks_at_a_file_and_writes_a_ready_experiment(
    name: str, content: str, dataset: str, seqkit: Callable
) -> None:
    Path(name).write_text(content, encoding="utf-8")
    done = seqkit("new", "mine.toml", "--data", name, "--json")
    table = json.loads(done.out)["dataset"]
    assert table == {"name": dataset, "path": name, "text": "review body", "label": "stars"}
    assert tomllib.loads(Path("mine.toml").read_text(encoding="utf-8"))["dataset"] == table
    load_experiment("mine.toml", load_registry())
    assert "only" in done.err


@pytest.mark.parametrize(("rows", "batch_size"), [(40, 4), (400, 16)])
def test_few_rows_get_small_batches_and_a_warning(
    rows: int, batch_size: int, seqkit: Callable
) -> None:
    lines = [f"text number {number},{number % 2}" for number in range(rows)]
    Path("own.csv").write_text("text,label\n" + "\n".join(lines), encoding="utf-8")
    done = seqkit("new", "mine.toml", "--data", "own.csv")
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["trainer"]["batch_size"] == batch_size
    few = rows < 200
    assert (f"There are only {rows} examples" in done.err) == few
    assert (f"# There are only {rows} examples" in text) == few


def test_a_new_experiment_on_own_data_runs(seqkit: Callable) -> None:
    rows = "".join(f"{word} text number {n},{word}\n" for n in range(20) for word in ("up", "down"))
    Path("own.csv").write_text("text,label\n" + rows, encoding="utf-8")
    assert seqkit("new", "mine.toml", "--data", "own.csv").code == 0
    done = seqkit("run", "mine.toml", "trainer.max_steps=2", "model.hidden_size=4")
    assert done.code == 0, done.err
    assert "Test score" in done.out


def test_new_takes_a_folder_of_classes(seqkit: Callable) -> None:
    for label in ("up", "down"):
        Path("texts", label).mkdir(parents=True)
        Path("texts", label, "1.txt").write_text("some text", encoding="utf-8")
    assert seqkit("new", "mine.toml", "--data", "texts").code == 0
    assert load_experiment("mine.toml", load_registry()).dataset.name == "text-folder"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("own.ods", "", ".xlsx or .csv"),
        ("own.csv", "", "empty"),
        ("own.csv", "a,b\n1,2\n3,4\n", "'a', 'b'"),
        ("own.jsonl", "[1]\n", "place 1"),
    ],
)
def test_new_says_why_a_file_cannot_be_used(
    name: str, content: str, said: str, seqkit: Callable
) -> None:
    Path(name).write_text(content, encoding="utf-8")
    done = seqkit("new", "mine.toml", "--data", name)
    assert done.code == 4
    assert said in done.err
    assert not Path("mine.toml").exists()


@pytest.mark.parametrize(
    ("header", "columns"),
    [("n,summary,text,class", ("text", "class")), ("n,long,short,kind", ("long", "kind"))],
)
def test_columns_are_told_by_name_and_else_by_content(
    header: str, columns: tuple[str, str]
) -> None:
    rows = [f"{n},words of a text,some words,{'ab'[n % 2]}\n" for n in range(9)]
    Path("a.csv").write_text(f"{header}\n{''.join(rows)}")
    found = look_at(Path("a.csv"))
    assert (found.dataset["text"], found.dataset["label"]) == columns


def test_a_table_without_labels_is_not_for_classification() -> None:
    Path("a.csv").write_text("n,text\n" + "".join(f"{n},text {n}\n" for n in range(50)))
    with pytest.raises(DataError, match=r"Column 'n' holds 50 different numbers, and no classes"):
        look_at(Path("a.csv"), "classification")


DAYS = "\n".join(f"2024-01-{day:02},{day}.5,{30 - day}" for day in range(1, 31))
PAIRS = "\n".join(f"der Satz Nummer {n}\tthe sentence number {n}" for n in range(60))
REVIEWS = "\n".join(f"2024-01-01,{n % 5},a long review of number {n} and more" for n in range(60))


@pytest.mark.parametrize(
    ("name", "content", "task", "dataset"),
    [
        ("a.csv", f"date,high,low\n{DAYS}", "forecasting", {"time": "date"}),
        ("a.csv", f"Zeit;Wert;Zahl\n{DAYS.replace(',', ';')}", "forecasting", {"time": "Zeit"}),
        ("a.csv", f"date,stars,review\n{REVIEWS}", "classification", {"text": "review"}),
        ("a.tsv", PAIRS, "seq2seq", {}),
        ("a.tsv", "\n".join(f"{n}. Mai 2021\t2021-05-{n:02}" for n in range(1, 31)), "seq2seq", {}),
        ("a.tsv", "\n".join(f"hund{n}\tdog{n}" for n in "abcdefghijk"), "seq2seq", {}),
        ("a.tsv", f"question\tanswer\n{PAIRS}", "seq2seq", {"source": "question"}),
        ("a.txt", "Once upon a time.\n" * 50, "language-modeling", {}),
        (
            "a.csv",
            "source,target\n" + "\n".join(f"a text {n},{n % 2}" for n in range(60)),
            "classification",
            {"text": "source", "label": "target"},
        ),
    ],
    ids=[
        "series",
        "semicolons",
        "dated reviews",
        "pairs",
        "dates",
        "words",
        "questions",
        "text",
        "labelled",
    ],
)
def test_the_task_of_ones_own_data_is_told_from_what_they_hold(
    name: str, content: str, task: str, dataset: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    found = look_at(path)
    assert found.task == task
    assert {key: found.dataset.get(key) for key in dataset} == dataset
    assert found.said


def test_pairs_without_a_heading_lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(f"{n}. Mai 2021\t2021-05-{n:02}" for n in range(1, 31)))
    assert "header" not in look_at(path).dataset
    path.write_text("Deutsch\tEnglisch\n" + PAIRS)
    assert look_at(path).dataset["header"] is True


LABELLED = (
    "\n".join(f"{n} words of a text{{}}{'up' if n % 2 else 'down'}" for n in range(60)) + "\n"
)


@pytest.mark.parametrize(
    ("name", "content", "dataset"),
    [
        ("a.csv", f"{DAYS}\n", {"time": "1"}),
        ("a.csv", LABELLED.format(*[","] * 60), {"text": "1", "label": "2"}),
        ("a.tsv", LABELLED.format(*["\t"] * 60), {"text": "1", "label": "2"}),
        (
            "a.csv",
            "".join(f'"{n % 4}","Title {n}","the long words of text {n}"\n' for n in range(60)),
            {"text": "3", "label": "1"},
        ),
    ],
    ids=["series", "commas", "tabs", "label first"],
)
def test_a_table_without_a_header_loses_no_row(
    name: str, content: str, dataset: dict[str, Any], seqkit: Callable
) -> None:
    Path(name).write_text(content, encoding="utf-8")
    assert seqkit("new", "mine.toml", "--data", name).code == 0
    found = look_at(Path(name))
    if "label" in dataset:
        assert found.examples == content.count("\n")
    assert {key: found.dataset[key] for key in dataset} == dataset
    assert found.dataset["header"] is False
    words = ("trainer.max_steps=1", "model.hidden_size=4")
    done = seqkit("run", "mine.toml", *words)
    assert done.code == 0, done.err


@pytest.mark.parametrize("head", ["text,up", "message body,up", "comment_text,up"])
def test_a_column_may_be_called_as_one_of_its_classes(head: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{head}\n{LABELLED.format(*[','] * 60)}", encoding="utf-8")
    assert "header" not in look_at(path).dataset


def test_pairs_that_are_not_the_first_columns_are_named_by_number(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("".join(f"{n}\tein Satz Nummer {n}\ta sentence no {n}\n" for n in range(50)))
    found = look_at(path)
    assert (found.dataset["source"], found.dataset["target"]) == ("2", "3")
    assert found.examples == 50


def test_texts_without_spaces_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "text,label\n" + "".join(f"这部电影很好看{n},{n % 2}\n" for n in range(60)), "utf-8"
    )
    assert look_at(path).dataset["text"] == "text"


@pytest.mark.parametrize(
    ("name", "content", "words", "dataset"),
    [
        (
            "a.csv",
            "Дата;Размер;Число\n" + DAYS.replace(",", ";"),
            ["dataset.encoding=cp1251"],
            {"time": "Дата", "encoding": "cp1251"},
        ),
        (
            "a.csv",
            "date,owner,gdp\n"
            + "".join(f"{y},a,{y}.5\n" for y in range(1990, 2020))
            + "".join(f"{y},b,{y}.5\n" for y in range(2016, 2020)),
            ["dataset.id=owner"],
            {"time": "date", "id": "owner"},
        ),
        (
            "a.csv",
            "a,b,c\n" + "".join(f"{n}-{n},x{n % 2},{n}\n" for n in range(60)),
            ["dataset.text=a", "dataset.label=b"],
            {"name": "text-csv", "text": "a", "label": "b"},
        ),
        (
            "a.csv",
            f"date,high,low\n{DAYS}\n2024-01-30,5.5,3",
            ["dataset.duplicates=mean"],
            {"duplicates": "mean"},
        ),
        ("a.tsv", f'"der Satz\t"the sentence\n{PAIRS}', [], {"name": "pairs-tsv"}),
        (
            "a.tsv",
            "text\tlabel\n" + "".join(f'"a text {n}\t{n % 2}\n' for n in range(60)),
            [],
            {"quotes": False},
        ),
    ],
    ids=["encoding", "id", "columns", "duplicates", "pairs", "quotes"],
)
def test_words_say_what_cannot_be_told_and_the_experiment_reads_its_data(
    name: str, content: str, words: list[str], dataset: dict[str, Any], seqkit: Callable
) -> None:
    codec = "cp1251" if "dataset.encoding=cp1251" in words else "utf-8"
    Path(name).write_text(content, encoding=codec)
    assert words == [] or seqkit("new", "mine.toml", "--data", name).code == 4
    done = seqkit("new", "mine.toml", "--data", name, *words)
    assert done.code == 0, done.err
    loaded = load_experiment("mine.toml", load_registry()).dataset
    table = {"name": loaded.name} | tomllib.loads(Path("mine.toml").read_text("utf-8"))["dataset"]
    assert {key: table[key] for key in dataset} == dataset
    splits = loaded.component.splits(loaded.config, lambda _: None)
    assert all(list(records) for records in splits.values())


def test_a_word_of_new_must_be_one_about_the_data(seqkit: Callable) -> None:
    Path("a.csv").write_text(f"date,high,low\n{DAYS}")
    for words, said in (
        (["--data", "a.csv", "trainer.epochs=3"], "to 'seqkit run'"),
        (["--data", "a.csv", "dataset.path=b.csv"], "does not say how --data are read"),
        (["--data", "a.csv", "dataset.dezimal=,"], "dataset.decimal"),
        (["dataset.id=a"], "Give --data too"),
    ):
        done = seqkit("new", "mine.toml", *words)
        assert done.code == 2
        assert said in done.err
        assert not Path("mine.toml").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.csv",
            "date,y\n" + "2024-01-01,(5)\n2024-01-02,(6)\n",
            "'y' holds '(5)'. Write the digits",
        ),
        ("a.csv", "y\n1.5\n2.5\n", "give --task forecasting"),
        ("a.csv", "text,label\na text,x\nb text,x\n", "the class 'x' alone"),
        (
            "a.csv",
            "date,town,y\n2024,b,3\n" + "".join(f"{y},a,{y}\n" for y in range(2018, 2025)),
            "dataset.id=town if",
        ),
        ("a.json", "[]", "Write a list of objects"),
        ("a.zip", "", "Unpack it"),
    ],
)
def test_what_is_not_found_in_a_file_says_what_to_do(
    name: str, content: str, said: str, seqkit: Callable
) -> None:
    Path(name).write_text(content, encoding="utf-8")
    done = seqkit("new", "mine.toml", "--data", name)
    assert done.code == 4
    assert said in done.err


def test_a_folder_without_texts_is_no_experiment(seqkit: Callable) -> None:
    Path("texts/up").mkdir(parents=True)
    Path("texts/up/1.gz").write_bytes(b"")
    done = seqkit("new", "mine.toml", "--data", "texts")
    assert done.code == 4
    assert "holds no .txt files" in done.err
    for split in ("train", "test"):
        for label in ("up", "down"):
            Path("texts", split, label).mkdir(parents=True)
            for number in range(3):
                Path("texts", split, label, f"{number}.txt").write_text("a text")
    assert look_at(Path("texts")).examples == 6


def test_a_text_that_is_a_table_is_said_to_be_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(PAIRS)
    assert "give --task" in look_at(path).said
    path.write_text("1.5,2.5\n" * 50)
    assert "--task forecasting" in look_at(path).said
    path.write_text("to be or not\n" * 50)
    assert "--task" not in look_at(path).said


def test_an_empty_column_is_left_out(seqkit: Callable) -> None:
    rows = "\n".join(f"2024-{1 + n // 28:02}-{1 + n % 28:02},{n % 7},," for n in range(300))
    Path("own.csv").write_text(f"date,load,empty,\n{rows}", encoding="utf-8")
    done = seqkit("new", "mine.toml", "--data", "own.csv")
    assert "'empty'" in done.out
    document = tomllib.loads(Path("mine.toml").read_text(encoding="utf-8"))
    assert document["dataset"]["targets"] == ["load"]
    assert document["task"]["past_covariates"] == "none"


def test_the_task_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("text,label\n" + "\n".join(f"a {n},b{n % 2}" for n in range(40)))
    assert look_at(path).task == "classification"
    assert look_at(path, "seq2seq").task == "seq2seq"
    with pytest.raises(ConfigurationError, match="forecasting"):
        look_at(path, "forecastin")
    with pytest.raises(DataError, match="forecasting reads"):
        look_at(path, "forecasting")


@pytest.mark.parametrize(
    ("name", "content", "recipe"),
    [
        ("days.csv", f"date,high,low\n{DAYS}", "weather-rnn"),
        ("pairs.tsv", PAIRS, "tatoeba-seq2seq"),
        ("poems.txt", "Shall I compare thee to a summer's day?\n" * 99, "shakespeare-lstm"),
    ],
    ids=["series", "pairs", "text"],
)
def test_a_new_experiment_of_another_task_runs(
    name: str, content: str, recipe: str, seqkit: Callable
) -> None:
    Path(name).write_text(content, encoding="utf-8")
    document = json.loads(seqkit("new", "mine.toml", "--data", name, "--json").out)
    assert document["recipe"] == recipe
    words = ("trainer.max_steps=2", "trainer.threads=1", "model.hidden_size=8")
    done = seqkit("run", "mine.toml", *words)
    assert done.code == 0, done.err
    assert "score" in done.out


# --- data -----------------------------------------------------------------------------------------


def test_data_list_says_what_is_here(seqkit: Callable) -> None:
    datasets = {d["name"]: d for d in json.loads(seqkit("data", "list", "--json").out)}
    assert datasets["sentences"]["state"] == "here"
    assert datasets["sentences"]["bytes"] > 50_000
    assert datasets["imdb"]["state"] == "missing"
    assert datasets["text-csv"]["state"] == "your files"
    assert "seqkit data get" in seqkit("data", "list").err


def test_data_path_prints_a_path_alone(seqkit: Callable) -> None:
    done = seqkit("data", "path", "sentences")
    assert done.err == ""
    assert Path(done.out.strip()).is_file()


def test_data_get_of_bundled_data_has_nothing_to_do(seqkit: Callable) -> None:
    done = seqkit("data", "get", "sentences")
    assert (done.code, done.err) == (0, "")


def test_data_get_from_a_path_that_is_not_there_names_it(seqkit: Callable) -> None:
    done = seqkit("data", "get", "imdb", "--from", "nowhere.tar.gz")
    assert done.code == 4
    assert "nowhere.tar.gz" in done.err


def test_data_get_from_a_wrong_archive_leaves_nothing_behind(seqkit: Callable) -> None:
    Path("a.txt").write_text("no review", encoding="utf-8")
    with tarfile.open("wrong.tar.gz", "w:gz") as archive:
        archive.add("a.txt")
    done = seqkit("data", "get", "imdb", "--from", "wrong.tar.gz")
    assert done.code == 4
    assert "wrong.tar.gz" in done.err
    assert not (data_home() / "imdb").exists()


def test_clean_removes_encoded_data_and_nothing_else(
    seqkit: Callable, tiny: tuple[str, ...]
) -> None:
    assert seqkit("run", "sentiment", *tiny, "--name", "kept", "--quiet").code == 0
    other = cache_home() / "other"
    other.write_text("kept", encoding="utf-8")
    assert list((cache_home() / "encoded").iterdir())
    document = json.loads(seqkit("data", "clean", "--yes", "--json").out)
    assert document["removed"] == 1
    assert document["bytes"] > 1000
    assert not list((cache_home() / "encoded").iterdir())
    assert other.exists()
    assert Path("runs/kept/run.json").exists()
    assert "Nothing" in seqkit("data", "clean", "--yes").out


def test_clean_without_a_terminal_asks_for_yes(
    in_process_of_its_own: Callable,
) -> None:
    (cache_home() / "encoded" / "abc").mkdir(parents=True)
    done = in_process_of_its_own("data", "clean")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert (cache_home() / "encoded" / "abc").exists()


# --- doctor ---------------------------------------------------------------------------------------


def test_doctor_finds_this_installation_well(seqkit: Callable) -> None:
    done = seqkit("doctor", "--json")
    document = json.loads(done.out)
    bad = [finding for finding in document["findings"] if finding["state"] == "bad"]
    assert not bad
    assert done.code == 0
    about = {finding["about"] for finding in document["findings"]}
    assert about >= {"seqkit", "python", "torch", "devices", "threads", "data", "cache", "plugins"}
    hints = [f["text"] for f in document["findings"] if f["about"] == "precision"]
    assert len(hints) == int(cpu_has_bfloat16())
    assert all("trainer.precision=bfloat16" in hint for hint in hints)


def test_doctor_ends_with_3_when_a_folder_cannot_be_written(
    seqkit: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SEQKIT_HOME", str(tmp_path / "file"))
    done = seqkit("doctor")
    assert done.code == 3
    assert "SEQKIT_HOME" in done.out


def test_doctor_warns_of_the_other_program_of_this_name(
    seqkit: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "seqkit"
    program.write_text("#!/bin/sh\necho 'seqkit v2.8.0'\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = json.loads(seqkit("doctor", "--json").out)["findings"]
    command = next(finding for finding in findings if finding["about"] == "command")
    assert command["state"] == "note"
    assert "python -m seqkit" in command["text"]
