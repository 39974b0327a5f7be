"""`seqkit run my.csv` and `seqkit new --data my.csv`: the shortest ways to a first model."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import seqkit as seqkit_in_python
from seqkit.errors import SeqkitError

TINY = ["trainer.max_steps=2", "trainer.batch_size=8", "trainer.threads=1", "trainer.device=cpu"]
ROWS = [(f"a {'good' if n % 2 else 'bad'} film {n % 7}", "yn"[n % 2]) for n in range(40)]
CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_run_writes_an_experiment_for_data_and_trains_on_it(seqkit: Callable[..., Any]) -> None:
    Path("data").mkdir()
    Path("data/my.csv").write_text(CSV)
    done = seqkit("run", "data/my.csv", *TINY)
    assert done.code == 0, done.err
    assert "Wrote my.toml. Texts are in column 'text', labels in 'label'." in done.err
    assert tomllib.loads(Path("my.toml").read_text())["dataset"]["path"] == "data/my.csv"
    assert Path("data/my.csv").read_text() == CSV
    assert [run.name for run in Path("runs").iterdir() if run.is_dir()] == ["my-0001"]


def test_it_takes_the_experiment_that_it_wrote_and_no_other(seqkit: Callable[..., Any]) -> None:
    Path("my.csv").write_text(CSV)
    assert seqkit("run", "my.csv", *TINY, "-q").code == 0
    changed = Path("my.toml").read_text().replace("description = ", "# mine\ndescription = ")
    Path("my.toml").write_text(changed)
    done = seqkit("run", "my.csv", *TINY)
    assert done.code == 0
    assert "Taking my.toml, which is there already." in done.err
    assert Path("my.toml").read_text() == changed
    done = seqkit("run", "my.csv", "task=seq2seq", *TINY)
    assert done.code == 2
    assert "my.toml is there already, and is for the task classification. Write" in done.err
    assert "seqkit new OTHER.toml --data my.csv --task seq2seq" in done.err
    for other in (changed.replace("my.csv", "your.csv"), "precious", ""):
        Path("my.toml").write_text(other)
        done = seqkit("run", "my.csv", *TINY)
        assert done.code == 2
        assert "my.toml is there already, and is no experiment on my.csv" in done.err
        assert "seqkit new OTHER.toml --data my.csv" in done.err
        assert Path("my.toml").read_text() == other


def test_words_say_what_the_data_are_and_how_they_are_read(seqkit: Callable[..., Any]) -> None:
    Path("my.csv").write_text(CSV.replace("a ", "ж ").replace(",", ":"), encoding="cp1251")
    words = ["task=seq2seq", "dataset.encoding=cp1251", "dataset.delimiter=:"]
    done = seqkit("run", "my.csv", *words, *TINY, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out.splitlines()[-1])["event"] == "ended"
    document = tomllib.loads(Path("my.toml").read_text())
    assert document["task"]["name"] == "seq2seq"
    assert document["dataset"]["encoding"] == "cp1251"


def test_a_folder_of_data_is_run_and_a_folder_of_a_run_still_is(
    seqkit: Callable[..., Any],
) -> None:
    for number, (text, label) in enumerate(ROWS):
        path = Path("reviews", label, f"{number}.txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    done = seqkit("run", "reviews/", *TINY)
    assert done.code == 0, done.err
    assert "Wrote reviews.toml. Each folder in it is a class." in done.err
    done = seqkit("run", "runs/reviews-0001", "-q")
    assert done.code == 0, done.err
    assert not Path("reviews-0001.toml").exists()


def test_python_runs_data_by_their_path_as_well(tmp_path: Path) -> None:
    Path("my.csv").write_text(CSV)
    with pytest.warns(RuntimeWarning, match="only 40 examples"):
        result = seqkit_in_python.run("my.csv", *TINY, progress=False)
    assert result.name == "my-0001"
    assert not Path("my.toml").exists()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("nowhere.csv", "there is no file nowhere.csv. Check the path"),
        ("empty.csv", "empty.csv is empty"),
        ("nothing", "nothing in nothing looks like what a task reads"),
        (
            "colons.csv",
            "It has one column: set dataset.delimiter where another sign parts its fields",
        ),
    ],
)
def test_what_is_no_data_leaves_no_experiment(
    seqkit: Callable[..., Any], word: str, said: str
) -> None:
    Path("empty.csv").write_text("")
    Path("nothing").mkdir()
    Path("colons.csv").write_text("text:label\n" + "".join(f"{n}:x{n % 2}\n" for n in range(20)))
    done = seqkit("run", word, *TINY)
    assert done.code in (2, 4)
    assert said in done.err
    assert not list(Path().glob("*.toml"))


def test_new_names_the_experiment_after_the_data(seqkit: Callable[..., Any]) -> None:
    Path("data").mkdir()
    Path("data/my.reviews.csv").write_text(CSV)
    done = seqkit("new", "--data", "data/my.reviews.csv", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["file"] == "my.reviews.toml"
    assert found["said"] == "Texts are in column 'text', labels in 'label'."
    done = seqkit("new", "--data", "data/my.reviews.csv")
    assert done.code == 2
    assert "my.reviews.toml is there already. Give another name, or --force" in done.err
    assert (
        seqkit("new", "--data", "data/my.reviews.csv", "dataset.label=label", "--force").code == 0
    )
    done = seqkit("new")
    assert done.code == 2
    assert "missing argument 'FILE'" in done.err


@pytest.mark.parametrize("name", ["my.csv", "no.csv", "train.en", "my.xlsx", "notes"])
def test_new_writes_over_nothing_that_is_no_experiment(
    seqkit: Callable[..., Any], name: str
) -> None:
    if name != "no.csv":
        Path(name).write_text("text,label\nfine,1\n")
    done = seqkit("new", name, "--force")
    assert done.code == 2
    assert f"--data {name}" in done.err
    assert not Path("no.csv").exists()
    assert name == "no.csv" or Path(name).read_text() == "text,label\nfine,1\n"


def test_a_sweep_over_data_says_what_to_type(seqkit: Callable[..., Any]) -> None:
    Path("my.csv").write_text(CSV)
    done = seqkit("sweep", "my.csv", "model.hidden_size=4,8")
    assert done.code == 2
    assert (
        "my.csv holds data, and is no experiment. Write one: seqkit new --data my.csv" in done.err
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["WRONG=1"], "WRONG is not a setting"),
        (["trainer.epohcs=1"], "Did you mean trainer.epochs?"),
        (["model=nope"], "there is no model 'nope'"),
        (["from=nope"], "there is no run 'nope'"),
        (["--device", "gpu"], "trainer.device is 'gpu'"),
        (["--name", "a/b"], "--name 'a/b' cannot be a run's name"),
        (["--fold-by", "text"], "a cross-validation needs --folds K"),
    ],
)
def test_a_wrong_word_leaves_no_experiment(
    seqkit: Callable[..., Any], words: list[str], said: str
) -> None:
    Path("my.csv").write_text(CSV)
    done = seqkit("run", "my.csv", *words)
    assert done.code in (2, 4)
    assert said in done.err
    assert "Wrote" not in done.err
    assert [path.name for path in Path().iterdir()] == ["my.csv"]


@pytest.mark.parametrize(
    "words", [["WRONG=1"], ["dataset.lable=x"], ["trainer.epochs=3"], ["x.toml", "WRONG=1"]]
)
def test_new_writes_nothing_for_a_wrong_word(seqkit: Callable[..., Any], words: list[str]) -> None:
    Path("my.csv").write_text(CSV)
    done = seqkit("new", "--data", "my.csv", *words)
    assert done.code == 2
    assert words[-1].partition("=")[0] in done.err
    assert [path.name for path in Path().iterdir()] == ["my.csv"]


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["run", "my.cvs"], "my.csv"),
        (["run", "my.tmol"], "my.toml"),
        (["run", "sub/my.cvs"], "my.csv"),
        (["run", "sub/mine.tml"], "mine.toml"),
        (["sweep", "my.cvs", "trainer.epochs=1,2"], "my.csv"),
        (["new", "--data", "my.cvs"], "my.csv"),
        (["new", "--data", "sub/my.cvs"], "my.csv"),
        (["new", "--data", "my.xlxs"], "my.xlsx"),
        (["new", "--data", "reveiws"], "reviews"),
        (["data", "get", "imdb", "--from", "my.cvs"], "my.csv"),
    ],
)
def test_a_file_that_is_not_there_is_told_with_the_nearest_one(
    seqkit: Callable[..., Any], words: list[str], near: str
) -> None:
    for folder in ("sub", "reviews"):
        Path(folder).mkdir()
    for name in ("my.csv", "my.toml", "my.xlsx", "sub/my.csv", "sub/mine.toml", "sub/.my.cvs"):
        Path(name).write_text(CSV)
    done = seqkit(*words)
    assert done.code in (2, 4)
    assert f"Did you mean {near}?" in done.err


def test_python_names_the_nearest_file_as_well() -> None:
    Path("my.csv").write_text(CSV)
    for way in (
        lambda: seqkit_in_python.run("my.cvs"),
        lambda: seqkit_in_python.run(data="my.cvs"),
        lambda: seqkit_in_python.new("my.cvs"),
    ):
        with pytest.raises(SeqkitError, match=r"Did you mean my\.csv\?"):
            way()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (lambda: seqkit_in_python.new(["one long text " * 200]), "It has one column: give columns"),
        (lambda: seqkit_in_python.new(["so", "be", "it"]), "nothing in the data looks like"),
        (lambda: seqkit_in_python.new("colons.csv"), "set delimiter where another sign"),
        (
            lambda: seqkit_in_python.run("colons.csv"),
            'set dataset={"delimiter": ...} where another sign',
        ),
        (lambda: seqkit_in_python.new("notes.xyz"), "notes.xyz is not a file that seqkit knows"),
        (lambda: seqkit_in_python.new("my.csv", lable="x"), "Did you mean label?"),
        (
            lambda: seqkit_in_python.run("my.csv", dataset={"lable": "x"}),
            'Did you mean dataset={"label": ...}?',
        ),
        (
            lambda: seqkit_in_python.new(["so", "be"], task="classification"),
            'name it: text="COLUMN"',
        ),
    ],
)
def test_errors_in_python_name_its_own_keywords(way: Callable[[], object], said: str) -> None:
    Path("colons.csv").write_text("text:label\n" + "".join(f"{n}:x{n % 2}\n" for n in range(20)))
    Path("my.csv").write_text(CSV)
    Path("notes.xyz").write_bytes(bytes(range(256)))
    with pytest.raises(SeqkitError) as caught:
        way()
    assert said in str(caught.value)
    for word in ("--", "dataset.", "records-"):
        assert word not in str(caught.value)


def test_a_run_says_that_it_computes_baselines_and_once_they_are_kept_does_not(
    seqkit: Callable[..., Any],
) -> None:
    Path("my.csv").write_text(CSV.replace("film", "piece"))
    lines = [f"Computing the baselines of the {split} split" for split in ("validation", "test")]
    first = seqkit("run", "my.csv", *TINY, "trainer.test=true")
    assert first.code == 0
    places = [first.err.find(text) for text in ("Preparing text-csv", lines[0], "device", lines[1])]
    assert places == sorted(places)
    assert -1 not in places
    again = seqkit("run", "my.csv", *TINY, "trainer.test=true")
    assert "Computing" not in again.err


def test_data_that_cannot_be_folded_leave_no_experiment(seqkit: Callable[..., Any]) -> None:
    rows = "".join(f"2024-{1 + n // 28:02}-{1 + n % 28:02},{n % 7}\n" for n in range(200))
    Path("sold.csv").write_text(f"date,sold\n{rows}")
    done = seqkit("run", "sold.csv", "--folds", "3", *TINY)
    assert done.code == 2
    assert "cannot be folded" in done.err
    assert not Path("sold.toml").exists()


def test_run_names_another_task_by_its_own_word(seqkit: Callable[..., Any]) -> None:
    rows = "".join(f"2024-{1 + n // 28:02}-{1 + n % 28:02}\t{n % 7}\n" for n in range(200))
    Path("sold.txt").write_text(f"date\tsold\n{rows}")
    done = seqkit("run", "sold.txt", *TINY)
    assert "as well: give task=language-modeling" in done.err
    assert "--task" not in done.err
