"""What is read out of a run's events and settings."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seqkit.events import Event, dump_event
from seqkit.runs.summary import differing, flatten, summarise, words_to_go_on
from seqkit.terminal.report.console import Console
from seqkit.tui.history import History


def started(step: int = 0, **fields: object) -> Event:
    data = {"run": "r", "metric": "accuracy", "total_steps": 20, "examples": {"validation": 9}}
    return Event("started", step, step / 10, data | fields)


def step(number: int, loss: float = 0.5, speed: float = 100.0) -> Event:
    fields = {"loss": loss, "examples_per_second": speed, "elapsed": number * 1.0, "eta": 1.0}
    return Event("step", number, number / 10, fields)


def evaluation(number: int, score: float, best: bool, split: str = "validation") -> Event:
    fields = {"split": split, "loss": 1 - score, "metrics": {"accuracy": score}, "best": best}
    return Event("evaluation", number, number / 10, fields | {"elapsed": number * 1.0})


def test_a_summary_has_curves_speed_and_the_best_evaluation() -> None:
    summary = summarise(
        [
            started(),
            step(5, 0.7, 100),
            evaluation(5, 0.75, True),
            step(10, 0.6, 300),
            evaluation(10, 0.8, True),
            step(20, 0.2, 500),
            evaluation(20, 0.7, False),
        ]
    )
    assert summary.train == [(0.5, 0.7), (1.0, 0.6), (2.0, 0.2)]
    assert [point[0] for point in summary.validation] == [0.5, 1.0, 2.0]
    assert summary.speed == 300
    assert summary.elapsed == 20
    assert summary.progress() == 1.0
    assert summary.score() == ("validation", "accuracy", 0.8)


def test_the_score_is_that_of_the_test_split_where_there_is_one() -> None:
    events = [started(), evaluation(10, 0.8, True), evaluation(10, 0.75, True, "test")]
    assert summarise(events).score() == ("test", "accuracy", 0.75)


def test_a_resumed_run_forgets_what_came_after_its_checkpoint() -> None:
    events = [
        started(),
        step(5),
        evaluation(10, 0.8, True),
        step(15),
        evaluation(15, 0.9, True),
        evaluation(15, 0.7, True, "test"),
        Event("ended", 15, 1.5, {"status": "interrupted"}),
        started(10, resumed_from=10),
        step(12, 0.4),
    ]
    summary = summarise(events)
    assert [point[0] for point in summary.train] == [0.5, 1.2]
    assert summary.best is not None
    assert summary.best.step == 10
    assert summary.score() == ("validation", "accuracy", 0.8)
    assert summary.ended is None


def test_a_run_that_begins_anew_has_no_curve_of_its_first_try() -> None:
    events = [started(), step(5, 0.9), evaluation(5, 0.9, True), started(), step(5, 0.8)]
    summary = summarise(events)
    assert summary.train == [(0.5, 0.8)]
    assert summary.best is None
    history = History()
    history.feed([dump_event(event).encode() for event in events])
    assert list(history.steps["loss"]) == [0.8]
    assert history.evaluations.count == 0
    assert not history.best


def test_a_run_without_events_has_no_score() -> None:
    summary = summarise([])
    assert summary.score() is None
    assert summary.progress() is None


@pytest.mark.parametrize("value", ["high", None, [0.8]])
def test_a_score_that_is_no_number_is_none(value: object) -> None:
    event = Event("evaluation", 10, 1.0, {"metrics": {"accuracy": value}, "best": True})
    assert summarise([started(), event]).score() is None


def test_settings_are_flat_and_components_stand_at_their_key() -> None:
    document = {
        "model": {"name": "recurrent:lstm", "hidden_size": 8},
        "metrics": [{"name": "accuracy"}, "f1"],
        "loss": {"name": "ce", "class_weights": {"a": 1}},
    }
    assert flatten(document) == {
        "model": "recurrent:lstm",
        "model.hidden_size": 8,
        "metrics": "accuracy,f1",
        "loss": "ce",
        "loss.class_weights.a": 1,
    }


def test_differing_settings_are_those_not_the_same_in_every_run() -> None:
    runs = [{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": 1, "c": 0}]
    assert differing(runs) == ["b", "c"]
    assert differing(runs[:1]) == []


@pytest.mark.parametrize(
    ("epochs", "max_steps", "done", "words"),
    [
        (5, 0, 50, ["trainer.epochs=10"]),
        (5, 30, 30, ["trainer.max_steps=60"]),
        (5, 50, 50, ["trainer.max_steps=100", "trainer.epochs=10"]),
        (5, 90, 50, ["trainer.epochs=10"]),
        (5, 10, 40, ["trainer.max_steps=80"]),
        (2, 0, 50, ["trainer.epochs=10"]),
    ],
)
def test_the_settings_to_go_on_with_are_those_that_ended_the_run(
    epochs: int, max_steps: int, done: int, words: list[str]
) -> None:
    experiment = {"trainer": {"max_steps": max_steps}}
    fields = {"epochs": epochs, "steps_per_epoch": 10, "experiment": experiment}
    assert words_to_go_on(fields, done) == words
    assert words_to_go_on({}, done) == []


# --- the console ----------------------------------------------------------------------------------


def test_the_console_writes_a_plain_line_now_and_then(capfd: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console(started())
    for number in range(1, 20):
        event = step(number)
        console(Event(event.kind, event.step, event.epoch, event.data, time=1000.0 + number * 3))
    lines = [line for line in capfd.readouterr().err.splitlines() if "step " in line]
    assert len(lines) == 5
    assert lines[0].startswith("  step 1 of 20: loss 0.500")


def test_the_loss_on_the_bar_is_smoothed(capfd: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console(started())
    for number, loss in ((1, 1.0), (2, 0.0)):
        event = step(number, loss)
        console(Event(event.kind, event.step, event.epoch, event.data, time=number * 1000.0))
    assert "loss 0.800" in capfd.readouterr().err


def test_evaluations_stand_in_one_table_below_the_baselines(
    capfd: pytest.CaptureFixture[str],
) -> None:
    console = Console()
    console(started(baselines={"majority": {"accuracy": 0.5}}))
    console(evaluation(10, 0.8, True))
    console(evaluation(20, 0.7, False))
    err = capfd.readouterr().err.splitlines()
    head = next(place for place, line in enumerate(err) if "val. loss" in line)
    rows = [line.split() for line in err[head : head + 4]]
    assert rows[1] == ["majority", "0.500"]
    assert rows[2][0] == "1"
    assert rows[2][-1] == "best"
    assert rows[3][0] == "2"
    assert "best" not in rows[3]
    assert max(map(len, err)) <= 80


def test_a_long_name_of_a_baseline_is_whole_and_moves_no_score(
    capfd: pytest.CaptureFixture[str],
) -> None:
    console = Console()
    names = ("majority", "most-frequent-target", "seasonal-naive-of-the-last-5-weeks")
    console(started(baselines={name: {"accuracy": 0.5} for name in names}))
    console(evaluation(10, 0.8, True))
    lines = capfd.readouterr().err.splitlines()
    head = next(line for line in lines if "val. loss" in line)
    rows = [line for line in lines if line.endswith("0.500")]
    assert [row.split()[0] for row in rows] == list(names)
    assert {len(row) for row in rows} == {head.index("accuracy") + len("accuracy")}


def sample(number: int, *texts: str) -> Event:
    items = [{"text": text, "label": "a", "probability": 1.0} for text in texts]
    return Event("sample", number, number / 10, {"split": "validation", "items": items})


def test_an_evaluation_shows_one_sample_in_turn_and_the_last_one_all(
    capfd: pytest.CaptureFixture[str],
) -> None:
    console = Console()
    console(started(total_steps=40))
    for number in (10, 20, 30, 40):
        console(evaluation(number, 0.8, False))
        console(sample(number, "first", "second"))
    err = capfd.readouterr().err
    shown = [line.split()[-1] for line in err.splitlines() if "100%" in line]
    assert shown == ["first", "second", "first", "first", "second"]
    assert "\n\n" in err.partition("val. loss")[0]


LEGEND = {"<unk>": "a word seen too rarely in training", "~": "a blank"}


def test_signs_of_the_task_are_explained_once(capfd: pytest.CaptureFixture[str]) -> None:
    console = Console()
    console(started(legend=LEGEND))
    for number, text in ((10, "all known"), (15, "a <unk>"), (20, "<unk> again")):
        console(evaluation(number, 0.8, True))
        console(sample(number, text))
    console(evaluation(20, 0.7, True, "test"))
    wrong = {"text": "<unk>", "label": "a", "target": "b", "correct": False}
    console(Event("sample", 20, 2.0, {"split": "test", "items": [wrong]}))
    console(Event("ended", 20, 2.0, {"status": "finished"}))
    out, err = capfd.readouterr()
    lines = err.splitlines()
    told = [place for place, line in enumerate(lines) if "too rarely" in line]
    assert len(told) == 1
    assert lines[told[0] - 1].endswith("a <unk>")
    assert "Wrong" in out
    assert "too rarely" not in out


def test_the_report_explains_signs_where_nothing_did_before(
    capfd: pytest.CaptureFixture[str],
) -> None:
    console = Console(quiet=True)
    console(started(legend=LEGEND))
    console(evaluation(20, 0.7, True, "test"))
    wrong = {"text": "<unk>", "label": "a", "target": "b", "correct": False}
    console(Event("sample", 20, 2.0, {"split": "test", "items": [wrong]}))
    console(Event("ended", 20, 2.0, {"status": "finished"}))
    assert "too rarely" in capfd.readouterr().out


def test_the_opening_names_no_epochs_that_are_not_reached(
    capfd: pytest.CaptureFixture[str],
) -> None:
    plan = {"epochs": 15, "steps_per_epoch": 45, "batch_size": 16}
    Console()(started(**plan | {"total_steps": 30}))
    assert "training    30 steps (an epoch has 45), batches of 16" in capfd.readouterr().err
    Console()(started(**plan | {"total_steps": 675}))
    assert "training    675 steps (15 epochs of 45)" in capfd.readouterr().err


def test_a_small_share_of_the_parameters_is_not_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    layers = [{"name": "embedding", "parameters": 9990}, {"name": "head", "parameters": 10}]
    Console()(started(parameters=10_000, layers=layers))
    assert "(embedding 100%, head <1%)" in capfd.readouterr().err


def test_an_interrupted_run_says_where_its_state_is_and_how_to_go_on(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    console = Console()
    console(started(folder=str(tmp_path / "runs" / "r")))
    console(Event("checkpoint", 7, 0.7, {"path": "checkpoints/step-00000007"}))
    ended = {"status": "interrupted", "resume": "seqkit resume r"}
    console(Event("ended", 7, 0.7, ended))
    out, err = capfd.readouterr()
    assert out == ""
    assert "Interrupted after step 7 of 20." in err
    assert "runs/r/checkpoints/step-00000007" in err
    assert "seqkit resume r" in err


def test_texts_of_samples_move_no_cursor(capfd: pytest.CaptureFixture[str]) -> None:
    console = Console()
    item = {"text": "\x1b[2J [red]x[/]", "label": "a\x07", "probability": 1.0, "correct": True}
    console(Event("sample", 1, 0.1, {"split": "validation", "items": [item]}))
    err = capfd.readouterr().err
    assert "\x1b" not in err
    assert "\\x1b[2J [red]x[/]" in err
    assert "a\\x07" in err


def test_a_resumed_run_keeps_its_history(
    seqkit: Callable, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    words = ["--runs-dir", tmp_path, "--quiet"]
    more = ["trainer.schedule=constant", "--name", "r"]
    assert seqkit("run", "sentiment", *tiny, *more, *words).code == 0
    done = seqkit("resume", "r", "trainer.max_steps=10", *words)
    assert done.code == 0
    marks = sum(line.partition("┤")[2].count("●") for line in done.out.splitlines())
    assert marks == 2
