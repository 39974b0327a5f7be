"""`seqkit predict`: an answer for each line or row, in any encoding, and what is wrong by name."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.cli.main import run_command_line
from seqkit.engine.inputs import lines_from
from seqkit.errors import DataError
from seqkit.storage.checksums import digest_of, fingerprint

LINES = ["good film", "", "bad\u2028plot", "a\x0cb\x85c\x1cd\x0be", "mid\rdle", "last"]
TEXT = "good film\n\nbad\u2028plot\r\na\x0cb\x85c\x1cd\x0be\nmid\rdle\nlast\n"


@pytest.fixture(autouse=True)
def _there(runs_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(runs_dir))


@pytest.fixture(scope="module")
def other_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs on files: pairs without a header, a text, one column of texts of two, semicolons."""
    folder = tmp_path_factory.mktemp("texts")
    words = ["alpha", "beta", "gamma", "delta", "omega"]
    rows = [" ".join(words[(n * k) % 5] for k in range(1, 4)) for n in range(60)]
    pairs = folder / "p.tsv"
    pairs.write_text("".join(f"{row} {n}\t{row[::-1]}\n" for n, row in enumerate(rows)))
    text = folder / "t.txt"
    text.write_text("\n".join(rows))
    tiny = ["trainer.max_steps=2", "--runs-dir", str(folder), "-q"]
    seq2seq = ["dataset=pairs-tsv", f"dataset.path={pairs}", "model.hidden_size=4"]
    lm = ["dataset=text-file", f"dataset.path={text}", "model.hidden_size=4"]
    assert run_command_line(["run", "reverse-seq2seq", *seq2seq, *tiny, "--name", "pairs"]) == 0
    assert run_command_line(["run", "shakespeare-gru", *lm, *tiny, "--name", "texts"]) == 0
    table = folder / "t.csv"
    table.write_text(
        "text,summary,y\n" + "".join(f"no {n},{r},{n % 2}\n" for n, r in enumerate(rows))
    )
    named = [f"dataset.path={table}", "dataset.text=summary", "dataset.label=y"]
    summed = ["dataset=text-csv", *named, "model.hidden_size=4", "model.embedding_size=4"]
    assert run_command_line(["run", "sentiment", *summed, *tiny, "--name", "summed"]) == 0
    table = folder / "s.csv"
    table.write_text("text;label\n" + "".join(f"{row};{n % 2}\n" for n, row in enumerate(rows)))
    labels = ["dataset=text-csv", f"dataset.path={table}", "dataset.delimiter=;"]
    assert run_command_line(["run", "sentiment", *labels, *tiny, "--name", "semicolons"]) == 0
    return folder


def _answers(done: Any) -> list[dict[str, Any]]:
    assert done.code == 0, done.err
    return list(json.loads(done.out)["answers"])


@pytest.fixture
def piped(seqkit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs `seqkit predict` with bytes on its stdin."""

    def call(content: bytes, *words: object) -> Any:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))
        return seqkit("predict", *words)

    return call


def test_each_line_has_an_answer_by_file_stdin_and_in_what_is_saved(
    seqkit: Callable[..., Any], piped: Callable[..., Any], tmp_path: Path
) -> None:
    path, saved, table = tmp_path / "a.txt", tmp_path / "a.jsonl", tmp_path / "a.csv"
    path.write_bytes(TEXT.encode())
    words = ["first", "--json", "--save", saved, "--save", table]
    by_file = _answers(seqkit("predict", *words, "--file", path))
    assert [answer["text"] for answer in by_file] == LINES
    assert by_file[1]["label"] == ""
    assert _answers(piped(TEXT.encode(), "first", "--json")) == by_file
    assert len(saved.read_bytes().split(b"\n")[:-1]) == len(LINES)
    with table.open(encoding="utf-8", newline="") as stream:
        assert [row["text"] for row in csv.DictReader(stream)] == LINES


@pytest.mark.parametrize("interactive", [True, False])
def test_an_empty_line_is_a_question_unless_a_person_types_it(interactive: bool) -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"a\r\n\n \nb\x85\n"), encoding="latin-1")
    expected = ["a", "b\x85"] if interactive else ["a", "", " ", "b\x85"]
    assert list(lines_from(stream, "latin-1", interactive)) == expected


def test_a_nul_byte_on_stdin_is_named_with_its_line() -> None:
    stream = io.TextIOWrapper(io.BytesIO(b"a\nb\0c\n"), encoding="utf-8")
    lines = lines_from(stream, "utf-8", False)
    assert next(lines) == "a"
    with pytest.raises(DataError, match=r"stdin holds a NUL byte, on line 2"):
        next(lines)


def test_an_empty_line_is_no_word_of_a_translation(
    seqkit: Callable[..., Any], other_runs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("alpha beta\n\n \ngamma\n")
    for more in ([], ["--beam", 3, "--n-best", 2]):
        words = ["pairs", "--runs-dir", other_runs, "--file", path, "--json", *more]
        answers = _answers(seqkit("predict", *words))
        assert [answer["source"] for answer in answers] == ["alpha beta", "", " ", "gamma"]
        assert [answers[1]["prediction"], answers[2]["prediction"]] == ["", ""]


def test_an_empty_line_is_a_prompt_without_a_beginning(
    seqkit: Callable[..., Any], other_runs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("alpha\n\nbeta\n")
    words = ["texts", "--runs-dir", other_runs, "--file", path, "--json", "--length", 5]
    answers = _answers(seqkit("predict", *words))
    assert [answer["prompt"] for answer in answers] == ["alpha", "", "beta"]
    assert all(answer["tokens"] == 5 for answer in answers)


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16"])
def test_an_encoding_can_be_given_for_files_and_stdin(
    seqkit: Callable[..., Any], piped: Callable[..., Any], tmp_path: Path, encoding: str
) -> None:
    content = "schön\n\ngut\n".encode(encoding)
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    words = ["first", "--json", "--encoding", encoding]
    answers = _answers(seqkit("predict", *words, "--file", path))
    assert [answer["text"] for answer in answers] == ["schön", "", "gut"]
    assert _answers(piped(content, *words)) == answers


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_of_a_file_is_found(
    seqkit: Callable[..., Any], tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\nfine\nschön\n".encode(encoding))
    done = seqkit("predict", "first", "--file", path, "--json")
    assert [answer["text"] for answer in _answers(done)] == ["fine", "schön"]
    told = "a.csv is not valid utf-8, and read as cp1252 ('schön'). Give --encoding if it is anot"
    assert (told in done.err) == (encoding == "cp1252")


def test_a_wrong_encoding_names_the_line_and_the_option(
    seqkit: Callable[..., Any], piped: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\nfine\nschön\n".encode("latin-1"))
    done = seqkit("predict", "first", "--file", path, "--encoding", "utf-8")
    assert done.code == 4
    assert "a.csv is not valid utf-8: byte 0xf6 on line 3. Give its encoding: --enc" in done.err
    assert "errors=" not in done.err
    done = piped("fine\nschön\n".encode("latin-1"), "first")
    assert done.code == 4
    assert "stdin is not valid utf-8: byte 0xf6 on line 2" in done.err
    done = piped(b"fine\n" * 5000 + "schön\n".encode("latin-1"), "first")
    assert "stdin is not valid utf-8: byte 0xf6 on line 5001" in done.err


@pytest.mark.parametrize("name", ["klingon", "base64", "a\\0b"])
def test_an_encoding_that_is_none_is_refused(seqkit: Callable[..., Any], name: str) -> None:
    done = seqkit("predict", "first", "good", "--encoding", name)
    assert done.code == 2
    assert "is not known to Python" in done.err


def test_a_text_has_no_columns_to_name(seqkit: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("good\n")
    done = seqkit("predict", "first", "--file", tmp_path / "a.txt", "--column", "text")
    assert done.code == 2
    assert "--column text names a column, and the inputs have none" in done.err


def test_input_and_a_file_exclude_each_other(seqkit: Callable[..., Any], tmp_path: Path) -> None:
    done = seqkit("predict", "first", "good", "--file", tmp_path / "a.txt")
    assert done.code == 2
    assert "error: INPUT and --file exclude" in done.err


@pytest.mark.parametrize(
    ("name", "content", "sources"),
    [
        ("a.tsv", '"alpha\tx\nbeta\ty\n', ['"alpha', "beta"]),
        ("a.tsv", "alpha\nbeta\n", ["alpha", "beta"]),
        ("a.tsv", "source\nbeta\n", ["beta"]),
        ("a.tsv", "source\ttarget\nalpha\tx\n", ["alpha"]),
        ("a.tsv", "tgt\tsrc\nx\talpha\n", ["alpha"]),
        ("a.tsv", "it\tes\nsi\tya\n", ["it", "si"]),
        ("a.tsv", 'one "quoted\tx\nbeta\ty\n', ['one "quoted', "beta"]),
        ("a.csv", "alpha,x\nbeta,y\n", ["alpha", "beta"]),
        ("a.csv", "alpha\n\nbeta\n", ["alpha", "", "beta"]),
    ],
)
def test_a_table_is_read_like_the_runs_own_with_or_without_a_heading(
    seqkit: Callable[..., Any],
    other_runs: Path,
    tmp_path: Path,
    name: str,
    content: str,
    sources: list[str],
) -> None:
    path = tmp_path / name
    path.write_text(content)
    done = seqkit("predict", "pairs", "--runs-dir", other_runs, "--file", path, "--json")
    assert [answer["source"] for answer in _answers(done)] == sources


def test_a_table_is_parted_as_the_runs_own(
    seqkit: Callable[..., Any], other_runs: Path, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text\nred, green\nblue\n")
    done = seqkit("predict", "semicolons", "--runs-dir", other_runs, "--file", path, "--json")
    assert [answer["text"] for answer in _answers(done)] == ["red, green", "blue"]


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("a.csv", "text,summary,y\nwrong,alpha,1\n", ["alpha"]),
        ("a.csv", "y,text\n1,alpha\n", ["alpha"]),
        ("a.csv", "label,y,review\n0,1,alpha\n", ["alpha"]),
        ("a.tsv", "text\tsummary\nwrong\talpha\n", ["alpha"]),
        ("a.jsonl", '{"text": "wrong", "label": "wrong", "summary": "alpha"}\n', ["alpha"]),
    ],
)
def test_the_column_that_was_learnt_from_is_read_and_never_the_one_of_labels(
    seqkit: Callable[..., Any],
    other_runs: Path,
    tmp_path: Path,
    name: str,
    content: str,
    texts: list[str],
) -> None:
    path = tmp_path / name
    path.write_text(content)
    done = seqkit("predict", "summed", "--runs-dir", other_runs, "--file", path, "--json")
    assert [answer["text"] for answer in _answers(done)] == texts


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "review,comment\na,b\n", "a.csv does not tell which column is the text"),
        ("a.jsonl", '{"text": true}\n', "a.jsonl has True under 'text' on line 1"),
        ("a.csv", "p,q\na,b\n", "a.csv does not tell which column is the text; it has 'p', 'q'"),
        ("a.jsonl", '{"text": "a"}\n{"txt": "b"}\n', "a.jsonl has no 'text' on line 2"),
        ("a.jsonl", '{"text": ["a"]}\n', "a.jsonl has ['a'] under 'text' on line 1"),
    ],
)
def test_what_is_wrong_with_a_file_of_inputs_is_named(
    seqkit: Callable[..., Any], tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    done = seqkit("predict", "first", "--file", path)
    assert done.code == 4
    assert message in done.err


@pytest.mark.parametrize(
    ("name", "head", "rows", "settings"),
    [
        ("a.csv", "label,review\n", "0,good film\n1,bad plot\n", []),
        ("a.tsv", "sentence\tlabel\n", "good film\t0\nbad plot\t1\n", []),
        ("a.csv", "id,said,label\n", "x,good film,0\ny,bad plot,1\n", ["dataset.text=said"]),
        ("a.txt", "said\tlabel\n", "good film\t0\nbad plot\t1\n", []),
        ("a.jsonl", "", '{"label": 0, "say": "good film"}\n{"label": 1, "say": "bad plot"}\n', []),
    ],
)
def test_what_a_run_answers_is_never_read_as_its_input(
    seqkit: Callable[..., Any],
    tmp_path: Path,
    name: str,
    head: str,
    rows: str,
    settings: list[str],
) -> None:
    path, asked = tmp_path / name, tmp_path / f"asked-{name}"
    path.write_text(head + 10 * rows)
    asked.write_text(head + rows)
    dataset = "text-jsonl" if path.suffix == ".jsonl" else "text-csv"
    words = [f"dataset={dataset}", f"dataset.path={path}", *settings, "model.hidden_size=4"]
    words += ["trainer.max_steps=1", "--runs-dir", str(tmp_path), "--name", "own", "-q"]
    assert seqkit("run", "sentiment", *words).code == 0
    done = seqkit("predict", "own", "--runs-dir", tmp_path, "--file", asked, "--json")
    assert [answer["text"] for answer in _answers(done)] == ["good film", "bad plot"]


@pytest.mark.parametrize(
    ("content", "texts", "said"),
    [
        ("text\na\nb\n", ["a", "b"], ""),
        ("my review\na\nb\n", ["a", "b"], ""),
        ("Anmerkung\na\nb\n", ["a", "b"], "'Anmerkung' is taken for the name"),
        ("not a good film\na\n", ["not a good film", "a"], "answered like the rest"),
        ("not a good film\n\na\n", ["not a good film", "", "a"], "answered like the rest"),
    ],
)
def test_a_column_without_a_name_loses_no_row(
    seqkit: Callable[..., Any], tmp_path: Path, content: str, texts: list[str], said: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    done = seqkit("predict", "first", "--file", path, "--json")
    assert [answer["text"] for answer in _answers(done)] == texts
    assert (said in done.err) if said else not done.err
    if said:
        column = content.splitlines()[0]
        done = seqkit("predict", "first", "--file", path, "--column", column, "--json")
        assert [answer["text"] for answer in _answers(done)] == content.splitlines()[1:]


@pytest.mark.parametrize(("name", "hint"), [("a.ods", "as .xlsx or .csv"), ("a.zip", "Unpack it")])
def test_a_file_of_another_kind_is_no_list_of_lines(
    seqkit: Callable[..., Any], tmp_path: Path, name: str, hint: str
) -> None:
    path = tmp_path / name
    path.write_text('[{"text": "good"}]')
    done = seqkit("predict", "first", "--file", path)
    assert done.code == 4
    assert hint in done.err


def test_null_and_numbers_of_a_jsonl_file_are_texts(
    seqkit: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": null}\n{"text": 5}\n')
    answers = _answers(seqkit("predict", "first", "--file", path, "--json"))
    assert [answer["text"] for answer in answers] == ["", "5"]


def test_half_a_surrogate_pair_is_answered_and_saved(
    seqkit: Callable[..., Any], tmp_path: Path
) -> None:
    path, table, lines = tmp_path / "q.jsonl", tmp_path / "o.csv", tmp_path / "o.jsonl"
    path.write_text('{"text": "good \\ud83d half"}\n')
    done = seqkit("predict", "first", "--file", path, "--save", table, "--save", lines)
    assert done.code == 0
    assert "good \ufffd half" in table.read_text(encoding="utf-8")
    assert json.loads(lines.read_text(encoding="utf-8"))["text"] == "good \ud83d half"


def test_texts_that_a_spreadsheet_would_compute_are_quoted_where_they_are_saved(
    seqkit: Callable[..., Any], tmp_path: Path
) -> None:
    table = tmp_path / "o.csv"
    assert seqkit("predict", "first", "--save", table, "--", "=1+1", "good", "-3.5").code == 0
    with table.open(encoding="utf-8", newline="") as stream:
        assert [row["text"] for row in csv.DictReader(stream)] == ["'=1+1", "good", "-3.5"]


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_weights_that_are_no_numbers_are_refused(
    seqkit: Callable[..., Any], runs_dir: Path, tmp_path: Path, value: str
) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    run = shutil.copytree(runs_dir / "first", tmp_path / "bad")
    for checkpoint in (run / "checkpoints").glob("step-*"):
        file = checkpoint / "model.safetensors"
        tensors = load_file(file)
        next(iter(tensors.values())).fill_(float(value))
        save_file(tensors, file)
        manifest = json.loads((checkpoint / "manifest.json").read_text())
        manifest["files"][file.name] = fingerprint(file)
        del manifest["sha256"]
        manifest = {"sha256": digest_of(manifest)} | manifest
        (checkpoint / "manifest.json").write_text(json.dumps(manifest))
    done = seqkit("predict", run, "good")
    assert done.code == 4
    assert "holds weights that are no finite numbers" in done.err
    assert "bug in seqkit" not in done.err


HUGE = [
    ("pairs", "--length-penalty", "700"),
    ("pairs", "--length-penalty", "1e308"),
    ("pairs", "--length-penalty", "nan"),
    ("pairs", "--maximum-length", str(10**30)),
    ("pairs", "--beam", str(10**12)),
    ("pairs", "--n-best", str(10**30)),
    ("texts", "--length", str(10**12)),
    ("texts", "--length", "-1"),
    ("texts", "--top-k", str(10**30)),
    ("texts", "--repetition-penalty", "1e308"),
    ("texts", "--temperature", "inf"),
    ("texts", "--samples", str(10**12)),
    ("texts", "--seed", str(10**30)),
]


@pytest.mark.parametrize(("run", "option", "value"), HUGE)
def test_absurd_numbers_are_refused_with_their_bound(
    seqkit: Callable[..., Any], other_runs: Path, run: str, option: str, value: str
) -> None:
    done = seqkit("predict", run, "alpha", option, value, "--runs-dir", other_runs)
    assert done.code == 2
    assert "bug in seqkit" not in done.err


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("pairs", ["--length-penalty", "5", "--beam", "4"]),
        ("texts", ["--temperature", "1e308", "--length", "5"]),
        ("texts", ["--temperature", "1e-300", "--length", "5"]),
        ("texts", ["--top-k", str(10**9), "--length", "5"]),
        ("texts", ["--repetition-penalty", "1000", "--length", "20"]),
        ("texts", ["--length", "1000000", "--stop", "a"]),
    ],
)
def test_large_numbers_within_their_bounds_work(
    seqkit: Callable[..., Any], other_runs: Path, run: str, words: list[str]
) -> None:
    done = seqkit("predict", run, "alpha beta", *words, "--runs-dir", other_runs)
    assert done.code == 0, done.err
