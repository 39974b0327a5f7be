"""`seqkit compare` on runs whose scores are known by construction, written as the engine does."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from seqkit.events import Event, EventLog
from seqkit.runs.comparison import heading_of
from seqkit.runs.example_scores import Column, ExampleScores
from seqkit.runs.folder import RunFolder, create_run

EXAMPLES = 2000
BASELINES = {"majority": {"accuracy": 0.5}}
Make = Callable[..., RunFolder]


@pytest.fixture(autouse=True)
def _wide_enough_for_every_column(monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest-xdist says 80.
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Writes the folder of a finished run that answered some examples right."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("SEQKIT_RUNS_DIR", str(folder))

    def make(
        name: str,
        right: np.ndarray | None,
        model: str = "lstm",
        seed: int = 0,
        accuracy: float = 0.8,
        status: str = "finished",
        group: str = "",
        varies: tuple[str, ...] = ("model",),
        more: str = "",
        scores: ExampleScores | None = None,
        metrics: Mapping[str, float] | None = None,
    ) -> RunFolder:
        run = create_run(folder, "run", name)
        value = float(right.mean()) if right is not None else accuracy
        values = {"accuracy": value} | dict(metrics or {})
        run.experiment_file.write_text(
            f'[dataset]\nname = "text:sentences"\n[model]\nname = "recurrent:{model}"\n{more}\n'
            f"[trainer]\nseed = {seed}\n",
            encoding="utf-8",
        )
        info: dict[str, Any] = {"status": status, "metric": "accuracy", "higher_is_better": True}
        info["test"] = {"metrics": values, "baselines": BASELINES}
        run.update(**info, created=float(len(list(folder.iterdir()))))
        if group:
            run.update(group=group, varies=list(varies))
        log = EventLog(run.events_file)
        shared = {"metric": "accuracy", "dataset": "sentences", "model": model, "parameters": 1234}
        log.write(Event("started", 0, 0.0, shared | {"run": name, "total_steps": 9}))
        evaluation = {"split": "test", "loss": 0.4, "metrics": values, "best": True}
        log.write(Event("evaluation", 9, 1.0, evaluation | {"elapsed": 60.0}))
        log.write(Event("ended", 9, 1.0, {"status": status, "elapsed": 60.0}))
        log.close()
        if right is not None:
            column = Column(right.astype(np.float64))
            scores = ExampleScores(np.ones(len(right)), {"accuracy": column}, "same")
        if scores is not None:
            scores.save(run.scores("test"))
        return run

    return make


def answers(share: float, seed: int) -> np.ndarray:
    """Right and wrong answers of a model that fails on hard examples, as models do."""
    hard = np.random.default_rng(0).random(EXAMPLES)
    return hard + 0.1 * np.random.default_rng(seed).normal(size=EXAMPLES) < share


def test_a_difference_that_is_there_is_found(seqkit: Callable, make: Make) -> None:
    for seed in range(5):
        make(f"lstm-{seed}", answers(0.80, seed), "lstm", seed, group="cells")
        make(f"gru-{seed}", answers(0.86, 10 + seed), "gru", seed, group="cells")
    done = seqkit("compare", "cells")
    assert done.code == 0
    rows = {line.split("  ")[0]: line for line in done.out.splitlines()}
    assert rows["lstm"].split()[1] == "5"
    assert "baseline majority" in rows
    assert "gru - lstm" in rows["DIFFERENCE"]
    for source in ("over seeds", "over examples", "over both"):
        low, _, high = rows[source].split()[2:]
        assert 0 < float(low) < 0.06 < float(high) + 0.01
    assert "gru does better than lstm." in done.out
    assert "paired by seed" in done.out
    assert "10,000 draws of 2,000 test examples" in done.out


def test_no_difference_is_claimed_between_equals(seqkit: Callable, make: Make) -> None:
    for seed in range(5):
        make(f"lstm-{seed}", answers(0.80, seed), "lstm", seed, group="cells")
        make(f"gru-{seed}", answers(0.80, 10 + seed), "gru", seed, group="cells")
    document = json.loads(seqkit("compare", "cells", "--json").out)
    (pair,) = document["pairs"]
    assert not pair["evidence"]
    assert pair["better"] is None
    assert pair["p"] > 0.05
    low, high = pair["over_both"]["interval"]
    assert low < 0 < high
    assert "No evidence of a difference between gru and lstm." in seqkit("compare", "cells").out


def test_one_seed_is_compared_over_examples_and_says_what_that_leaves_out(
    seqkit: Callable, make: Make
) -> None:
    make("first", answers(0.80, 1), "lstm")
    make("second", answers(0.90, 2), "gru")
    out = seqkit("compare", "first", "second").out
    assert out.splitlines()[0].split() == ["first", "second"]
    assert "second does better than first." in out
    assert "over seeds" not in out
    assert "A single seed says nothing of the noise of others" in " ".join(out.split())


def test_runs_that_differ_in_their_seeds_alone_are_one_setting(
    seqkit: Callable, make: Make
) -> None:
    for seed, share in enumerate((0.7, 0.8, 0.9)):
        make(f"run-{seed}", answers(share, seed), "lstm", seed)
    document = json.loads(seqkit("compare", "run-0", "run-1", "run-2", "--json").out)
    (setting,) = document["settings"]
    assert setting["seeds"] == [0, 1, 2]
    assert setting["mean"] == pytest.approx(np.mean(setting["values"]))
    low, high = setting["interval"]
    assert low < setting["mean"] < high
    assert document["pairs"] == []
    assert "95% INTERVAL" in seqkit("compare", "run-0", "run-1", "run-2").out


def test_seeds_that_do_not_match_are_not_paired(seqkit: Callable, make: Make) -> None:
    for seed in range(3):
        make(f"lstm-{seed}", answers(0.8, seed), "lstm", seed, group="cells")
        make(f"gru-{seed}", answers(0.8, 9 + seed), "gru", 100 + seed, group="cells")
    document = json.loads(seqkit("compare", "cells", "--json").out)
    assert document["pairs"][0]["matched_seeds"] == 0
    assert document["pairs"][0]["over_seeds"] is not None
    assert "of Welch" in seqkit("compare", "cells").out


def test_seeds_that_both_have_are_paired_where_a_run_is_missing(
    seqkit: Callable, make: Make
) -> None:
    for seed in range(4):
        make(f"lstm-{seed}", answers(0.8, seed), "lstm", seed, group="cells")
        if seed != 2:
            make(f"gru-{seed}", answers(0.8, 9 + seed), "gru", seed, group="cells")
    document = json.loads(seqkit("compare", "cells", "--json").out)
    (pair,) = document["pairs"]
    assert pair["matched_seeds"] == 3
    by_seed = [dict(zip(s["seeds"], s["values"], strict=True)) for s in document["settings"]]
    gaps = [by_seed[1][seed] - by_seed[0][seed] for seed in (0, 1, 3)]
    assert pair["difference"] == pytest.approx(np.mean(gaps))


def test_several_comparisons_are_corrected(seqkit: Callable, make: Make) -> None:
    for place, model in enumerate(("rnn", "lstm", "gru")):
        make(model, answers(0.8 + 0.01 * place, place), model)
    document = json.loads(seqkit("compare", "rnn", "lstm", "gru", "--json").out)
    assert len(document["pairs"]) == 3
    raw = sorted(pair["over_examples"]["p"] for pair in document["pairs"])
    corrected = sorted(pair["p"] for pair in document["pairs"])
    assert corrected[0] == pytest.approx(min(1.0, 3 * raw[0]))
    assert "corrected for 3 differences (Holm)" in seqkit("compare", "rnn", "lstm", "gru").out


def test_a_metric_that_is_no_mean_over_examples_is_compared_over_seeds_alone(
    seqkit: Callable, make: Make
) -> None:
    for seed in range(3):
        for model, bleu in (("lstm", 30.0), ("gru", 33.0)):
            name, more = f"{model}-{seed}", {"bleu": bleu + 0.1 * seed}
            make(name, answers(0.8, seed), model, seed, group="cells", metrics=more)
    done = seqkit("compare", "cells", "--metric", "bleu")
    text = " ".join(done.out.split())
    assert "over examples  " not in done.out
    assert "They do not cover the choice of test examples: bleu is not a mean" in text
    assert "gru has the higher bleu." in text


def test_runs_without_scores_of_examples_are_compared_as_far_as_they_can(
    seqkit: Callable, make: Make
) -> None:
    make("first", None, "lstm", accuracy=0.8)
    make("second", None, "gru", accuracy=0.9)
    out = seqkit("compare", "first", "second").out
    assert out.startswith("Too little is known for a verdict.")
    assert "second keeps no scores of single examples" in " ".join(out.split())


def test_runs_scored_on_other_examples_are_not_paired(seqkit: Callable, make: Make) -> None:
    make("first", answers(0.8, 1), "lstm")
    make("second", answers(0.8, 2)[:1000], "gru")
    document = json.loads(seqkit("compare", "first", "second", "--json").out)
    assert document["pairs"][0]["over_examples"] is None
    assert document["bootstrap"]["missing"] == "the runs were not scored on the same examples"


def test_scores_per_token_are_weighted_and_perplexity_is_a_geometric_mean(
    seqkit: Callable, make: Make
) -> None:
    generator = np.random.default_rng(0)
    count = generator.integers(1, 50, size=500).astype(float)
    losses = [generator.random(500) + base for base in (3.0, 3.1)]
    for name, loss in zip(("first", "second"), losses, strict=True):
        column = Column(np.exp(loss), weighted=True, mean="geometric")
        whole = float(np.exp((loss * count).sum() / count.sum()))
        scores = ExampleScores(count, {"perplexity": column}, block=1)
        make(name, None, name, scores=scores, metrics={"perplexity": whole})
    words = ("compare", "first", "second", "--metric", "perplexity", "--json")
    (pair,) = json.loads(seqkit(*words).out)["pairs"]
    low, high = pair["over_examples"]["interval"]
    assert low < pair["difference"] < high
    assert high - low < 4 * abs(pair["difference"])


def test_a_run_without_a_mistake_is_compared_by_the_mean_of_the_others(
    seqkit: Callable, make: Make
) -> None:
    counts = np.random.default_rng(0).integers(1, 30, EXAMPLES).astype(np.float64)
    perfect = Column(np.ones(EXAMPLES))
    usual = Column(answers(0.8, 1).astype(np.float64), weighted=True)
    for name, column in (("gru", perfect), ("lstm", usual)):
        scores = ExampleScores(counts, {"accuracy": column}, "same")
        weights = counts if column.weighted else np.ones(EXAMPLES)
        accuracy = float(np.average(column.values, weights=weights))
        make(f"{name}-0", None, name, accuracy=accuracy, scores=scores)
    document = json.loads(seqkit("compare", "gru-0", "lstm-0", "--json").out)
    assert document["bootstrap"]["examples"] == EXAMPLES, document["bootstrap"]
    assert document["pairs"][0]["evidence"]


def test_overlapping_windows_are_drawn_in_blocks(seqkit: Callable, make: Make) -> None:
    noise = np.random.default_rng(0).normal(size=(2, 1000))
    widths = []
    for name, block in (("alone", 1), ("blocks", 24)):
        for place in range(2):
            values = 1 + 0.1 * np.convolve(noise[place], np.ones(24) / 24, mode="same")
            scores = ExampleScores(np.ones(1000), {"mae": Column(values)}, block=block)
            make(f"{name}-{place}", None, f"m{place}", scores=scores, metrics={"mae": 1.0})
        words = ("compare", f"{name}-0", f"{name}-1", "--metric", "mae", "--json")
        low, high = json.loads(seqkit(*words).out)["pairs"][0]["over_examples"]["interval"]
        widths.append(high - low)
    assert widths[1] > 2.5 * widths[0]
    out = " ".join(seqkit("compare", "blocks-0", "blocks-1", "--metric", "mae").out.split())
    assert "24 neighbours were drawn together" in out


def test_unfinished_runs_are_left_out_by_name(seqkit: Callable, make: Make) -> None:
    make("lstm-0", answers(0.8, 0), "lstm", 0, group="cells")
    make("gru-0", answers(0.8, 1), "gru", 0, group="cells")
    make("gru-1", answers(0.8, 2), "gru", 1, group="cells", status="failed")
    done = seqkit("compare", "cells")
    assert "gru-1 is failed, and is left out." in done.err
    assert done.out.split("MODEL")[1].count("gru") >= 1


def test_the_same_run_twice_counts_once(seqkit: Callable, make: Make) -> None:
    make("first", answers(0.8, 0), "lstm", 3)
    make("again", answers(0.8, 0), "lstm", 3)
    make("other", answers(0.8, 1), "lstm", 4)
    done = seqkit("compare", "first", "again", "other")
    assert "again has the settings and the seed of first, and is left out." in done.err
    assert any(line.split()[:2] == ["all", "2"] for line in done.out.splitlines())


def test_settings_are_named_by_what_varies_in_80_columns(
    seqkit: Callable, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in (32, 64):
        for place, model in enumerate(("lstm", "gru")):
            more = f"hidden_size = {size}"
            varies = ("model", "model.hidden_size")
            name = f"{model}-{size}"
            make(name, answers(0.8, size + place), model, group="grid", varies=varies, more=more)
    document = json.loads(seqkit("compare", "grid", "--json").out)
    labels = [setting["label"] for setting in document["settings"]]
    assert labels == [
        "lstm, hidden_size=32",
        "gru, hidden_size=32",
        "lstm, hidden_size=64",
        "gru, hidden_size=64",
    ]
    monkeypatch.setenv("COLUMNS", "80")
    lines = seqkit("compare", "grid").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("gru, 64 - lstm, 32  ") for line in lines)
    assert "No evidence of a difference between any two." in lines


def test_an_unknown_metric_is_named_with_the_nearest(seqkit: Callable, make: Make) -> None:
    make("first", answers(0.8, 1), "lstm")
    done = seqkit("compare", "first", "--metric", "acuracy")
    assert done.code == 2
    assert "Did you mean accuracy?" in done.err


@pytest.mark.parametrize("columns", ["", "[" * 100_000], ids=["cut", "deep"])
def test_damaged_scores_are_told_of_by_the_name_of_their_file(
    seqkit: Callable, make: Make, columns: str
) -> None:
    run = make("first", answers(0.8, 1), "lstm")
    metadata = {"columns": columns, "digest": "", "block": "1"}
    run.scores("test").write_bytes(save({"count": np.ones(2)}, metadata) if columns else b"no")
    done = seqkit("compare", "first")
    assert done.code == 0
    assert "test.safetensors is damaged" in done.err
    assert "0.793" in done.out


def test_runs_can_be_listed_by_group(seqkit: Callable, make: Make) -> None:
    make("lstm-0", answers(0.8, 0), "lstm", group="cells")
    make("other", answers(0.8, 1), "gru")
    lines = seqkit("runs", "--group", "cells").out.splitlines()
    assert [line.split()[0] for line in lines] == ["RUN", "lstm-0"]
    done = seqkit("runs", "--group", "celsl")
    assert done.code == 4
    assert "Did you mean cells?" in done.err


def test_two_seeds_have_no_interval_and_say_so(seqkit: Callable, make: Make) -> None:
    for seed in range(2):
        make(f"lstm-{seed}", answers(0.80, seed), "lstm", seed, group="cells")
        make(f"gru-{seed}", answers(0.86, 10 + seed), "gru", seed, group="cells")
    out = seqkit("compare", "cells").out
    assert "95% INTERVAL" not in out
    assert "over seeds" not in out
    assert "Two seeds cannot show how much a seed matters" in out
    assert "--seeds 5" in out
    document = json.loads(seqkit("compare", "cells", "--json").out)
    assert [setting["interval"] for setting in document["settings"]] == [None, None]
    assert document["pairs"][0]["over_seeds"] is None
    assert document["pairs"][0]["over_examples"] is not None


def test_it_ends_with_a_verdict_on_the_best_setting(seqkit: Callable, make: Make) -> None:
    for seed in range(3):
        make(f"lstm-{seed}", answers(0.80, seed), "lstm", seed, group="cells")
        make(f"gru-{seed}", answers(0.86, 10 + seed), "gru", seed, group="cells")
    out = " ".join(seqkit("compare", "cells").out.split())
    assert "gru, the best of 2: Better than majority (0.500) by 0.3" in out
    assert "more than chance (95%: +0.3" in out
    verdict = json.loads(seqkit("compare", "cells", "--json").out)["verdict"]
    assert verdict["better"] is True
    low, high = verdict["interval"]
    assert low < verdict["difference"] < high


def test_runs_on_other_data_are_held_against_their_own_baselines(
    seqkit: Callable, make: Make
) -> None:
    for seed, (share, baseline) in enumerate(((0.80, 0.9), (0.60, 0.7), (0.70, 0.8))):
        run = make(
            f"cut-{seed}",
            answers(share, seed),
            group="cuts",
            varies=("dataset.seed",),
            more=f"[task]\nname = 'x'\n[loss]\nname = 'y'\ncut = {seed}",
        )
        text = run.experiment_file.read_text(encoding="utf-8")
        run.experiment_file.write_text(text.replace("[dataset]\n", f"[dataset]\nseed = {seed}\n"))
        test = run.info()["test"] | {"baselines": {"majority": {"accuracy": baseline}}}
        run.update(test=test)
    out = seqkit("compare", "cuts").out
    rows = [line.split() for line in out.splitlines() if "majority 0." in line]
    assert [(row[0], row[4]) for row in rows] == [("0", "0.900"), ("1", "0.700"), ("2", "0.800")]
    assert "baseline majority" not in out
    text = " ".join(out.split())
    assert "3 runs, each against the baselines of its own data: No better than majority" in text


def test_runs_on_the_same_data_are_no_one_model_where_baselines_differ(
    seqkit: Callable, make: Make
) -> None:
    make("older", answers(0.60, 1), "lstm")
    newer = make("newer", answers(0.80, 2), "gru")
    baselines = {"majority": {"accuracy": 0.5}, "bag-of-words": {"accuracy": 0.7}}
    newer.update(test=newer.info()["test"] | {"baselines": baselines})
    text = " ".join(seqkit("compare", "older", "newer").out.split())
    assert "newer, the best of 2: Better than bag-of-words (0.700)" in text


def test_the_deciding_value_is_never_cut(
    seqkit: Callable, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "a-very-long-name-of-a-file-that-says-what-is-in-it"
    for part in ("first", "second"):
        more = f"path = '/somewhere/{long}/{part}/{long}.csv'"
        make(f"of-{part}", answers(0.8, 1), varies=("model.path",), group="files", more=more)
    monkeypatch.setenv("COLUMNS", "80")
    lines = seqkit("compare", "files").out.splitlines()
    assert lines[0].startswith("PATH")
    assert [line.split()[0] for line in lines[1:3]] == ["…first…", "…second…"]
    assert max(map(len, lines)) <= 80


def test_runs_of_before_settings_were_renamed_do_not_differ_in_them(
    seqkit: Callable, tmp_path: Path
) -> None:
    import shutil

    runs = tmp_path / "runs"
    words = ("trainer.max_steps=2", "model.hidden_size=4", "trainer.baselines=false")
    done = seqkit("run", "stocks-gru", *words, "--name", "new", "--runs-dir", runs)
    assert done.code == 0, done.err
    shutil.copytree(runs / "new", runs / "old")
    file = runs / "old" / "experiment.toml"
    _, _, text = file.read_text(encoding="utf-8").partition("\n")
    for now, before in (
        ("normalization", "normalisation"),
        ("initialization", "initialisation"),
        ("[trainer]\n", "[trainer]\ntensorboard = false\n"),
    ):
        assert now in text
        text = text.replace(now, before)
    file.write_text(text, encoding="utf-8")
    document = json.loads(seqkit("compare", "new", "old", "--runs-dir", runs, "--json").out)
    assert document["differing"] == []
    shown = seqkit("show", "old", "--runs-dir", runs).out
    assert "tensorboard" not in shown
    assert "isation" not in shown


def test_settings_of_one_last_name_are_called_by_their_whole_keys() -> None:
    assert heading_of({"model": "gru", "trainer.epochs": 3, "trainer.seed": 1}) == "model, epochs"
    assert heading_of({"dataset.seed": 1, "trainer.epochs": 3}) == "dataset.seed, epochs"
    assert heading_of({"dataset.path": "a", "model.path": "b"}) == "dataset.path, model.path"
