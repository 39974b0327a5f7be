"""`seqkit.run` from Python shows what the command shows, on stderr."""

import io
import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import seqkit
from seqkit.terminal.streams import is_plain


class Notebook(io.StringIO):
    """A stream like that of a notebook: no terminal and no descriptor."""

    encoding = "UTF-8"

    def isatty(self) -> bool:
        return False


def test_a_run_from_python_shows_its_progress_in_plain_lines(
    tmp_path: Path, tiny: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, printed = Notebook(), Notebook()
    monkeypatch.setattr("sys.stderr", cell)
    monkeypatch.setattr("sys.stdout", printed)
    seen: list[str] = []
    result = seqkit.run(
        "sentiment", *tiny, runs_dir=tmp_path, on_event=lambda event: seen.append(event.kind)
    )
    written = cell.getvalue()
    for word in ("Preparing sentences", "device", "train 720", "of 6: loss", "Test score"):
        assert word in written
    assert not {"\r", "\x1b"} & set(written)
    assert max(map(len, written.splitlines())) <= 110 + len(os.fspath(tmp_path))
    assert printed.getvalue() == ""
    assert result.status == "finished"
    assert seen[0] == "started"
    assert is_plain(cell)


def test_a_run_from_python_can_be_silent(
    tmp_path: Path, tiny: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    seqkit.run("sentiment", *tiny, runs_dir=tmp_path, progress=False)
    assert capfd.readouterr() == ("", "")


def test_a_closed_stderr_does_not_end_a_run_from_python(
    tmp_path: Path, tiny: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = io.StringIO()
    gone.close()
    monkeypatch.setattr("sys.stderr", gone)
    assert seqkit.run("sentiment", *tiny, runs_dir=tmp_path).status == "finished"


# --- words as keywords, and callbacks that stop ---------------------------------------------------

SMALL: dict[str, Any] = {
    "model": {"name": "gru", "hidden_size": 8, "embedding_size": 8},
    "trainer": {"max_steps": 6, "log_every": 2, "epochs": 1},
}


def test_keywords_say_what_words_say(tmp_path: Path, tiny: tuple[str, ...]) -> None:
    run = partial(seqkit.run, "sentiment", runs_dir=tmp_path, progress=False)
    one = run(**SMALL, metrics=["f1", {"name": "confusion"}], f1={"positive": "negative"})
    text = (one.folder / "experiment.toml").read_text(encoding="utf-8")
    rate: dict[str, Any] = {"trainer.learning_rate": 1e-3}
    two = run("model=gru", "model.hidden_size=8", *tiny, **rate)
    assert 'positive = "negative"' in text
    assert "max_steps = 6" in text
    assert set(one.metrics) == {"f1"}
    assert two.metrics.keys() >= {"accuracy"}
    with pytest.raises(seqkit.ConfigurationError, match=r"trainer\.epochs is None"):
        run(trainer={"epochs": None})
    with pytest.raises(seqkit.ConfigurationError, match="Did you mean"):
        run(trainer={"epoch": 3})


def test_a_wrong_class_of_f1_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(seqkit.ConfigurationError, match=r"'negativ'.*Did you mean negative\?"):
        seqkit.run("sentiment", "f1.positive=negativ", runs_dir=tmp_path, progress=False, **SMALL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("raising", [False, True])
def test_a_callback_may_stop_a_run_which_goes_on_to_the_same_end(
    tmp_path: Path, raising: bool
) -> None:
    def watch(event: seqkit.Event) -> Any:
        if event.kind != "step" or event.step < 2:
            return None
        if raising:
            raise seqkit.StopRun
        return seqkit.STOP

    there: dict[str, Any] = {"runs_dir": tmp_path, "progress": False}
    stopped = seqkit.run("sentiment", on_event=watch, name="stopped", **there, **SMALL)
    assert stopped.status == "stopped"
    assert stopped.events[-1]["status"] == "stopped"
    assert stopped.events[-1].step < 6
    whole = seqkit.run("sentiment", name="whole", **there, **SMALL)
    assert seqkit.resume(stopped, progress=False).metrics == whole.metrics
    longer = seqkit.resume("whole", trainer={"max_steps": 8}, **there)
    assert (longer.status, longer.events[-1].step) == ("finished", 8)


def test_a_callback_that_fails_fails_the_run(tmp_path: Path) -> None:
    def watch(event: seqkit.Event) -> None:
        if event.kind == "step":
            raise ValueError("mine")

    with pytest.raises(seqkit.RunError, match="mine"):
        seqkit.run("sentiment", on_event=watch, runs_dir=tmp_path, progress=False, **SMALL)


# --- data in memory, and what was learnt ----------------------------------------------------------


def reviews(count: int) -> list[dict[str, Any]]:
    words = {"good": "pos", "bad": "neg"}
    return [
        {"body": f"a {word} film number {place}", "kind": kind, "place": place % 2}
        for place in range(count // 2)
        for word, kind in words.items()
    ]


def test_records_in_memory_are_trained_on_scored_and_answered(tmp_path: Path) -> None:
    with pytest.warns(RuntimeWarning, match="only 60 examples"):
        result = seqkit.run(
            data=reviews(60),
            task="classification",
            dataset={"text": "body", "label": "kind"},
            runs_dir=tmp_path,
            progress=False,
            **SMALL,
        )
    with pytest.warns(RuntimeWarning, match="1 of 11 records are left out"):
        score = seqkit.evaluate(
            result,
            [*reviews(10), {"body": "odd", "kind": "none of them", "place": 0}],
            metrics=["f1", "confusion"],
            by="place",
            f1={"positive": "neg"},
        )
    assert (score.examples, score.left_out) == (10, 1)
    assert score.names == {"confusion": ["neg", "pos"]}
    assert score.metrics["f1"] == score.per_class["neg"]["f1"]
    assert [row["place"] for row in score.rows("place")] == ["0", "1"]
    assert sum(row["support"] for row in score.rows()) == 10
    rows = [{"body": one["body"], "text": "nothing"} for one in reviews(4)]
    texts = [one["body"] for one in rows]
    assert [one["text"] for one in result.predict(rows)] == texts
    assert seqkit.evaluate(result).metrics.keys() == result.metrics.keys()


def test_the_model_is_a_plain_module(tmp_path: Path) -> None:
    from torch import nn

    result = seqkit.run("sentiment", runs_dir=tmp_path, progress=False, **SMALL)
    predictor = seqkit.load(result)
    assert isinstance(result.model, nn.Module)
    assert result.model is result.model
    assert not result.model.training
    mine, other = predictor.model.state_dict(), result.model.state_dict()
    assert all(bool((mine[name] == other[name]).all()) for name in mine)


def test_new_gives_an_experiment_that_runs_and_a_file(tmp_path: Path) -> None:
    draft = seqkit.new(reviews(40), text="body", label="kind", name="films")
    assert draft.said == "Texts are in column 'body', labels in 'kind'; 'place' is left out."
    draft.experiment["trainer"] |= SMALL["trainer"]
    result = seqkit.run(draft, runs_dir=tmp_path / "runs", progress=False)
    assert result.name == "films-0001"
    path = draft.save(tmp_path / "films.toml")
    assert "# Run it:" in path.read_text(encoding="utf-8")
    with pytest.raises(seqkit.ConfigurationError, match="is there already"):
        draft.save(path)
    assert seqkit.new(recipe="sentiment").experiment["model"]
    with pytest.raises(seqkit.ConfigurationError, match="Give data"):
        seqkit.new(task="classification")


def test_an_experiment_of_its_own_and_data_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(seqkit.ConfigurationError, match="data makes an experiment of its own"):
        seqkit.run({"task": "classification"}, data=reviews(4), runs_dir=tmp_path)
    with pytest.raises(seqkit.ConfigurationError, match="no experiment is named"):
        seqkit.run(runs_dir=tmp_path)


def test_a_sweep_varies_lists_and_is_compared(tmp_path: Path) -> None:
    settings = {**SMALL, "model": {"name": ["gru", "rnn"], "hidden_size": 8}}
    done = seqkit.sweep("sentiment", runs_dir=tmp_path, name="both", **settings)
    assert done.comparison is not None
    assert [one.label for one in done.comparison.settings] == ["gru", "rnn"]
    assert [run.status for run in done.runs] == ["finished"] * 2
    assert done.failed == {}
    again = seqkit.compare("both", runs_dir=tmp_path)
    assert [one.runs[0].value for one in again.settings] == [
        one.runs[0].value for one in done.comparison.settings
    ]
    assert seqkit.compare(*done.runs, metric="loss").metric == "loss"
