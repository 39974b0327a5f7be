"""`seqkit evaluate`: newly labelled files, other metrics, and the score of each part."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from seqkit.cli.main import run_command_line
from seqkit.terminal.report.evaluation import breakdown
from seqkit.terminal.report.matrix import matrix

WORDS = {"spam": ["win", "money", "now"], "ham": ["see", "you", "soon"]}
HEADER = "text,note,kind,shop"


def line(kind: str, number: int, shop: str = "north") -> str:
    words = WORDS[kind]
    return f"{words[number % 3]} {words[(number + 1) % 3]} it,secret,{kind},{shop}"


@pytest.fixture(scope="module")
def run(isolated_session: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on an unbalanced table whose text is not in the column that is called so."""
    folder = tmp_path_factory.mktemp("evaluating")
    table = folder / "messages.csv"
    lines = [line("spam" if place % 5 == 0 else "ham", place) for place in range(100)]
    table.write_text("\n".join(["body,text,kind,shop", *lines]) + "\n", encoding="utf-8")
    words = [
        "task=classification",
        "dataset=text-csv",
        f"dataset.path={table}",
        "dataset.text=body",
        "dataset.label=kind",
        "model=gru",
        "model.hidden_size=8",
        "trainer.max_steps=40",
        "trainer.batch_size=8",
        "trainer.learning_rate=0.02",
        "trainer.threads=1",
    ]
    base = folder / "base.toml"
    base.write_text("", encoding="utf-8")
    there = ["run", str(base), *words, "--runs-dir", str(folder), "--name", "messages", "--quiet"]
    assert run_command_line(there) == 0
    return folder / "messages"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Newly labelled rows: of two shops, and some of a class that was never learnt."""
    lines = [line("spam", 0), line("ham", 1), line("ham", 2, "south"), line("spam", 3, "south")]
    lines += ["odd,secret,other,south", "odd,secret,other,south", "odd,secret,strange,north"]
    path = tmp_path / "new.csv"
    path.write_text("\n".join(["body,text,kind,shop", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_new_file_is_scored_by_class_and_slice_with_names(
    seqkit: Callable, run: Path, new: Path
) -> None:
    done = seqkit("evaluate", run, "--file", new, "--metrics", "f1,confusion", "--by", "shop")
    assert done.code == 0
    for text in (
        "new.csv, 4 examples, 3 left out",
        "f1 is of 'spam'",
        "  true  ham  spam  predicted",
        "  ham     2     0",
        "f1 by class",
        "By shop",
        "majority",
    ):
        assert text in done.out, text
    assert "3 of 7 records are left out of the scores" in done.err
    assert "('other' 2, 'strange' 1)" in done.err


def test_the_document_has_every_part(seqkit: Callable, run: Path, new: Path) -> None:
    found = json.loads(seqkit("evaluate", run, "--file", new, "--by", "shop", "--json").out)
    assert (found["examples"], found["left_out"], found["split"]) == (4, 3, None)
    assert found["details"]["f1"]["spam"] == {
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
        "support": 2,
    }
    assert {name: part["examples"] for name, part in found["parts"]["shop"].items()} == {
        "north": 2,
        "south": 2,
    }
    assert found["threshold"]["class"] == "spam"


def test_f1_can_be_of_either_class(seqkit: Callable, run: Path, new: Path) -> None:
    words = ["--file", new, "--threshold", "spam=0.999999", "--json"]
    usual = json.loads(seqkit("evaluate", run, *words).out)
    other = json.loads(seqkit("evaluate", run, "f1.positive=ham", *words).out)
    assert usual["about"]["positive"] == {"f1": "spam"}
    assert other["about"]["positive"] == {"f1": "ham"}
    assert usual["metrics"]["f1"] == usual["details"]["f1"]["spam"]["f1"] == 0.0
    assert other["metrics"]["f1"] == other["details"]["f1"]["ham"]["f1"] > 0.6
    assert usual["metrics"]["auroc"] == 1.0
    assert other["baselines"]["majority"]["f1"] > usual["baselines"]["majority"]["f1"] == 0.0


def test_the_best_threshold_is_chosen_on_validation(seqkit: Callable, run: Path) -> None:
    found = json.loads(seqkit("evaluate", run, "--threshold", "best", "--json").out)
    threshold = found["threshold"]
    assert threshold["best"]["split"] == "validation"
    assert threshold["value"] == threshold["best"]["value"]
    assert threshold["best"]["score"] >= threshold["best"]["usual"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--metrics", "f2"], "there is no metric 'f2'"),
        (["--metrics", "mae"], "does not fit classification"),
        (["f1.positiv=ham"], "Did you mean"),
        (["f1.positive=hm"], "'hm', which is no class of the data. Did you mean ham?"),
        (["mae.x=1"], "mae.x is no setting of the metrics that are scored"),
        (["--by", "shop"], "names a column of --file"),
        (["--threshold", "2"], "between 0 and 1"),
        (["--threshold", "hm=0.5"], "no class of the run"),
        (["--file", "nowhere.csv"], "there is no file nowhere.csv"),
        (["--split", "test", "--file", "a.csv"], "exclude each other"),
    ],
)
def test_what_cannot_be_scored_is_refused(
    words: list[str], message: str, seqkit: Callable, run: Path
) -> None:
    done = seqkit("evaluate", run, *words)
    assert done.code in (2, 4)
    assert message in done.err


def test_a_file_of_unknown_labels_alone_is_refused_with_the_reason(
    seqkit: Callable, run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "strange.csv"
    path.write_text("body,kind\nodd,strange\n", encoding="utf-8")
    done = seqkit("evaluate", run, "--file", path)
    assert done.code == 4
    assert "all of its 1 records are left out" in done.err


def test_a_column_that_is_not_there_is_named_with_the_nearest(
    seqkit: Callable, run: Path, new: Path
) -> None:
    done = seqkit("evaluate", run, "--file", new, "--by", "shp")
    assert done.code == 2
    assert "no column of" in done.err
    assert "Did you mean shop?" in done.err


def test_a_file_of_another_kind_is_read_by_the_dataset_that_recognises_it(
    seqkit: Callable, run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "new.jsonl"
    rows = [{"body": "win money it", "kind": "spam"}, {"body": "see you it", "kind": "ham"}] * 6
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = json.loads(seqkit("evaluate", run, "--file", path, "--json").out)
    assert (found["examples"], found["metrics"]["accuracy"]) == (12, 1.0)


@pytest.mark.parametrize(
    ("encoding", "sign", "words"),
    [
        ("utf-16", ",", []),
        ("cp1252", ";", []),
        ("cp1251", ":", ["--encoding", "cp1251", "--delimiter", ":"]),
    ],
)
def test_the_encoding_of_a_file_is_found_or_given(
    encoding: str, sign: str, words: list[str], seqkit: Callable, run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "new.csv"
    letter = "ж" if encoding == "cp1251" else "ü"
    lines = ["body,kind", *[f"win money{letter} it,spam", f"see you{letter} it,ham"] * 6]
    path.write_text("\n".join(lines).replace(",", sign), encoding=encoding)
    done = seqkit("evaluate", run, "--file", path, *words, "--json")
    assert json.loads(done.out)["examples"] == 12
    told = "not valid utf-8, and read as cp1252 ('moneyü'). Give --encoding if it is another"
    assert (told in done.err) == (encoding == "cp1252")


@pytest.mark.parametrize("kind", [".json", ".xlsx", ".parquet"])
def test_a_file_of_any_kind_of_table_is_scored(
    kind: str, seqkit: Callable, run: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"new{kind}"
    rows = [("win money it", "spam", "n"), ("see you it", "ham", "s")] * 6
    columns = {
        "body": [r[0] for r in rows],
        "kind": [r[1] for r in rows],
        "shop": [r[2] for r in rows],
    }
    if kind == ".json":
        path.write_text(json.dumps(columns))
    elif kind == ".xlsx":
        book = pytest.importorskip("openpyxl").Workbook()
        for row in [tuple(columns), *rows]:
            book.active.append(row)
        book.save(path)
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pytest.importorskip("pyarrow").table(columns), path)
    found = json.loads(seqkit("evaluate", run, "--file", path, "--by", "shop", "--json").out)
    assert (found["examples"], found["metrics"]["accuracy"]) == (12, 1.0)
    assert set(found["parts"]["shop"]) == {"n", "s"}


def test_scores_without_the_data_of_the_run_stand_without_baselines(
    seqkit: Callable, run: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    alone = shutil.copytree(run, tmp_path / "alone")
    text = (alone / "experiment.toml").read_text(encoding="utf-8")
    assert "messages.csv" in text
    table = run.parent / "messages.csv"
    hidden = table.rename(table.with_name("hidden.csv"))
    try:
        done = seqkit("evaluate", alone, "--file", new, "--json")
    finally:
        hidden.rename(table)
    found: dict[str, Any] = json.loads(done.out)
    assert found["metrics"]["accuracy"] == 1.0
    assert found["baselines"] == {}
    assert "there are no baselines" in done.err


def test_series_and_columns_have_scores_of_their_own(seqkit: Callable, tmp_path: Path) -> None:
    table = tmp_path / "series.csv"
    rows = [
        f"{name},{day},{(day * 3) % 7},{day % 5 + shift}"
        for name, shift in (("a", 0), ("b", 50))
        for day in range(60)
    ]
    table.write_text("\n".join(["id,day,x,y", *rows]) + "\n", encoding="utf-8")
    base = tmp_path / "base.toml"
    base.write_text(
        f'task = {{name="forecasting", context=5, horizon=2}}\n[model]\nname="rnn"\n'
        f'[dataset]\nname="series-csv"\npath="{table}"\ntime="day"\nid=["id"]\n',
        encoding="utf-8",
    )
    there = ["--runs-dir", tmp_path, "--quiet"]
    assert seqkit("run", base, "trainer.max_steps=3", "--name", "s", *there).code == 0
    new = tmp_path / "new.csv"
    new.write_text("\n".join(["id,day,x,y", *rows[30:60], *rows[80:]]) + "\n", encoding="utf-8")
    for words in ((), ("--file", new)):
        found = json.loads(seqkit("evaluate", tmp_path / "s", *words, "--json").out)
        columns = {name: part["metrics"]["mae"] for name, part in found["parts"]["column"].items()}
        series = found["parts"]["series"]
        assert set(columns) == {"x", "y"}
        assert sum(columns.values()) / 2 == pytest.approx(found["metrics"]["mae"])
        assert set(series) == {"a", "b"}
        mean = sum(part["metrics"]["mae"] * part["examples"] for part in series.values())
        assert mean / found["examples"] == pytest.approx(found["metrics"]["mae"])


def test_answers_are_told_by_the_threshold_that_is_asked_for(
    seqkit: Callable, run: Path, new: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "answers.json"
    words = ["predict", run, "--file", new, "--save", saved, "--threshold"]
    assert seqkit(*words, "spam=0.999999").code == 0
    rows = json.loads(saved.read_text(encoding="utf-8"))
    assert list(rows[0])[:4] == ["body", "text", "kind", "shop"]
    assert {row["predicted"] for row in rows} == {"ham"}
    assert all(row["probability"] == row["probability_ham"] for row in rows)
    assert seqkit(*words, "0.000001").code == 0
    found = {row["predicted"] for row in json.loads(saved.read_text(encoding="utf-8"))}
    assert found == {"spam"}
    for wrong, message in (("2", "between 0 and 1"), ("hm=0.5", "Did you mean ham?")):
        done = seqkit(*words, wrong)
        assert done.code == 2
        assert message in done.err


@pytest.mark.parametrize(
    ("document", "old", "new", "metric"),
    [
        (
            'task="language-modeling"\n[dataset]\nname="text-file"\n[model]\nname="rnn"\n',
            "the cat sat on the mat and the dog ran. " * 60,
            "the dog sat on the mat and the cat ran. " * 9,
            "perplexity",
        ),
        (
            'task="seq2seq"\n[dataset]\nname="pairs-tsv"\n[model]\nname="seq2seq"\n',
            "".join(f"a b {n}\tb a {n}\n" for n in range(60)),
            "".join(f"a b {n}\tb a {n}\n" for n in range(5, 12)),
            "bleu",
        ),
    ],
    ids=["language-modeling", "seq2seq"],
)
def test_a_new_file_is_scored_whatever_the_task(
    document: str, old: str, new: str, metric: str, seqkit: Callable, tmp_path: Path
) -> None:
    kind = ".txt" if "text-file" in document else ".tsv"
    for name, text in (("old", old), ("new", new)):
        (tmp_path / f"{name}{kind}").write_text(text, encoding="utf-8")
    base = tmp_path / "base.toml"
    base.write_text(document, encoding="utf-8")
    words = [
        f"dataset.path={tmp_path / f'old{kind}'}",
        "trainer.max_steps=2",
        "model.hidden_size=8",
    ]
    there = ["--runs-dir", tmp_path, "--name", "run", "--quiet"]
    done = seqkit("run", base, *words, *there)
    assert done.code == 0, done.err
    done = seqkit("evaluate", tmp_path / "run", "--file", tmp_path / f"new{kind}", "--json")
    found = json.loads(done.out)
    assert found["metrics"][metric] >= 0
    assert found["verdict"]["split"] == ""
    assert found["baselines"]


def test_classes_in_wide_characters_stand_in_columns() -> None:
    names = ("正面", "bad")
    classes = {name: {"precision": 0.5, "support": 12} for name in names}
    tables = [
        matrix([[101, 2], [3, 90]], names),
        breakdown({"threshold": None, "details": {"f1": classes}, "parts": {}}, ()),
    ]
    for lines in tables:
        drawn = ["".join(p if isinstance(p, str) else p[0] for p in line) for line in lines]
        rows = [line.removesuffix("  predicted") for line in drawn if line[:1] == " "]
        assert len({cell_len(row) for row in rows}) == 1
        assert len(rows) == 3


def test_the_file_that_a_run_was_trained_on_is_told_to_be_no_test(
    seqkit: Callable, run: Path, new: Path
) -> None:
    trained_on = run.parent / "messages.csv"
    said = "holds what the run was trained on, so that this score is no test"
    assert said in seqkit("evaluate", run, "--file", trained_on).err
    assert said not in seqkit("evaluate", run, "--file", new).err


@pytest.mark.parametrize("names", ["f1", "confusion,f1", "f1,confusion"])
def test_other_metrics_end_with_a_verdict_by_the_first_that_a_baseline_has(
    seqkit: Callable, run: Path, new: Path, names: str
) -> None:
    for where in ([], ["--file", new]):
        done = seqkit("evaluate", run, *where, "--metrics", names, "--json")
        verdict = json.loads(done.out)["verdict"]
        assert verdict["metric"] == "f1"
        assert verdict["of_baseline"] is not None
        assert verdict["difference"] == pytest.approx(verdict["value"] - verdict["of_baseline"])
        done = seqkit("evaluate", run, *where, "--metrics", names)
        # Its lines are as wide as the terminal.
        assert verdict["sentence"].partition(":")[0] in " ".join(done.out.split())


def test_metrics_that_rank_no_models_say_why_there_is_no_verdict(
    seqkit: Callable, run: Path
) -> None:
    done = seqkit("evaluate", run, "--metrics", "confusion")
    assert done.code == 0
    said = "There is no verdict, as confusion does not tell which of two models is better."
    assert said in done.out
    assert (
        json.loads(seqkit("evaluate", run, "--metrics", "confusion", "--json").out)["verdict"]
        is None
    )


@pytest.mark.parametrize("command", ["evaluate", "predict"])
def test_a_file_that_is_not_there_is_told_with_the_nearest_one(
    seqkit: Callable, run: Path, command: str
) -> None:
    done = seqkit(command, run, "--file", run.parent / "messages.cvs")
    assert done.code == 4
    assert "messages.cvs. Did you mean messages.csv?" in done.err
