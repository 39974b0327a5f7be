"""A grid of settings and seeds: how words are split, which runs there are, how they are kept."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from seqkit.errors import ConfigurationError, DataError
from seqkit.experiments.sweep_file import (
    file_of,
    free_name,
    hold_group,
    load_plan,
    save_plan,
    up_to_date,
)
from seqkit.experiments.sweep_plan import (
    SweepPlan,
    checked,
    joined,
    plan_sweep,
    split_values,
    split_words,
)
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("lstm,gru", ["lstm", "gru"]),
        ("1e-3, 3e-3", ["1e-3", "3e-3"]),
        ("[0.9, 0.99]", ["[0.9, 0.99]"]),
        ("[0.9,0.99],[0.8,0.9]", ["[0.9,0.99]", "[0.8,0.9]"]),
        ('"a,b",c', ['"a,b"', "c"]),
        ("{neg = 1, pos = 2},none", ["{neg = 1, pos = 2}", "none"]),
        ("'[',x", ["'['", "x"]),
        ("", [""]),
    ],
)
def test_values_are_parted_by_commas_outside_of_brackets_and_quotes(
    text: str, values: list[str]
) -> None:
    assert split_values(text) == values


def test_words_with_several_values_vary_and_metrics_do_not() -> None:
    words = ["model=lstm,gru", "trainer.epochs=2", "metrics=accuracy,f1"]
    shared, axes = split_words(words)
    assert shared == ["trainer.epochs=2", "metrics=accuracy,f1"]
    assert axes == {"model": ["lstm", "gru"]}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["model=lstm,"], "'model=lstm,' has an empty value"),
        (["model=lstm,gru,lstm"], "has lstm twice"),
        (["model=lstm,gru", "model=rnn,bilstm"], "model has values in two words"),
        (["model"], "'model' is not a setting"),
    ],
)
def test_words_that_make_no_grid_are_refused(words: list[str], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        split_words(words)


def made(registry: Registry, *words: str, seeds: int = 0, group: str = "cells") -> SweepPlan:
    return plan_sweep("sentiment", words, seeds, group, registry)


def test_a_grid_has_every_setting_with_every_seed_and_ends_a_seed_first(
    registry: Registry,
) -> None:
    plan = made(registry, "model=lstm,gru", "model.hidden_size=8,16", seeds=2)
    assert [(run.label, run.seed) for run in plan.runs] == [
        ("lstm, hidden_size=8", 0),
        ("lstm, hidden_size=16", 0),
        ("gru, hidden_size=8", 0),
        ("gru, hidden_size=16", 0),
        ("lstm, hidden_size=8", 1),
        ("lstm, hidden_size=16", 1),
        ("gru, hidden_size=8", 1),
        ("gru, hidden_size=16", 1),
    ]
    assert plan.runs[0].name == "cells-lstm-8-seed0"
    assert plan.runs[0].words == ("model=lstm", "model.hidden_size=8", "trainer.seed=0")
    assert plan.varies == ("model", "model.hidden_size")
    assert len({run.digest for run in plan.runs}) == 8


def test_seeds_go_on_from_that_of_the_experiment(registry: Registry) -> None:
    plan = made(registry, "trainer.seed=40", seeds=3)
    assert [run.seed for run in plan.runs] == [40, 41, 42]
    assert [run.words[-1] for run in plan.runs][-1] == "trainer.seed=42"


def test_seeds_may_be_named_one_by_one_but_not_twice(registry: Registry) -> None:
    plan = made(registry, "trainer.seed=3,5")
    assert [run.seed for run in plan.runs] == [3, 5]
    assert plan.varies == ()
    with pytest.raises(ConfigurationError, match="and so has --seeds 2"):
        made(registry, "trainer.seed=3,5", seeds=2)


def test_every_problem_of_every_run_is_told_at_once(registry: Registry) -> None:
    with pytest.raises(ConfigurationError) as caught:
        made(registry, "model=lstm,gro", "trainer.epochs=0,1", "trainer.optimiser=adam")
    messages = [str(problem) for problem in caught.value.problems]
    assert len(messages) == 3
    assert any("'gro', with model=gro trainer.epochs=0; model=gro" in text for text in messages)
    assert any("epochs" in text and "with model=lstm trainer.epochs=0" in text for text in messages)
    assert any("optimiser" in text and "with model" not in text for text in messages)


def test_names_of_runs_are_names_of_folders_and_differ(registry: Registry) -> None:
    words = (
        "loss.class_weights={positive = 2.0, negative = 1.0},{positive = 2.0, negative = 3.0}",
    )
    names = [run.name for run in made(registry, *words).runs]
    assert len(set(names)) == 2
    assert all(Path(name).name == name and " " not in name for name in names)


def test_two_ways_to_write_one_setting_are_not_two_settings(registry: Registry) -> None:
    with pytest.raises(ConfigurationError, match=r"rate=0\.001 is the same as .*rate=1e-3"):
        made(registry, "trainer.learning_rate=1e-3,0.001")


def test_a_grid_is_read_back_as_it_was_written(registry: Registry, tmp_path: Path) -> None:
    plan = made(registry, "model=lstm,gru", seeds=2)
    save_plan(plan, tmp_path)
    read = load_plan("cells", tmp_path)
    assert read.runs == plan.runs
    assert (read.experiment, read.varies) == (plan.experiment, plan.varies)
    assert checked(read, registry).runs == plan.runs


def test_the_path_of_a_file_is_kept_from_the_root_on(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = '[dataset]\nname = "sentences"\n[model]\nname = "gru"\n'
    Path("mine.toml").write_text(text, encoding="utf-8")
    plan = plan_sweep("mine.toml", ["model.hidden_size=8,16"], 0, "mine", registry)
    assert plan.experiment == str(tmp_path / "mine.toml")


def test_an_experiment_that_has_changed_is_not_gone_on_with(
    registry: Registry, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    text = '[dataset]\nname = "sentences"\n[model]\nname = "gru"\n[trainer]\nepochs = 2\n'
    file.write_text(text, encoding="utf-8")
    before = plan_sweep(str(file), [], 2, "mine", registry)
    save_plan(before, tmp_path)
    file.write_text(text.replace("epochs = 2", "epochs = 3"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="has changed since group mine began, in run"):
        checked(load_plan("mine", tmp_path), registry)
    with pytest.raises(ConfigurationError, match="has other settings by now"):
        joined(before, plan_sweep(str(file), [], 2, "mine", registry))


def test_more_seeds_and_settings_join_a_group(registry: Registry) -> None:
    before = made(registry, "model=lstm,gru", seeds=2)
    both = joined(before, made(registry, "model=lstm,gru,rnn", seeds=3))
    assert both.runs[:4] == before.runs
    assert len(both.runs) == 9
    with pytest.raises(ConfigurationError, match="is of sentiment, not of imdb-lstm"):
        joined(before, plan_sweep("imdb-lstm", [], 2, "cells", registry))


def test_the_same_grid_finds_its_group_and_another_one_gets_a_name_of_its_own(
    registry: Registry, tmp_path: Path
) -> None:
    first = made(registry, "model=lstm,gru", seeds=2)
    assert free_name("cells", first, tmp_path) == "cells"
    save_plan(first, tmp_path)
    assert free_name("cells", made(registry, "model=lstm,gru", seeds=2), tmp_path) == "cells"
    assert free_name("cells", made(registry, "model=lstm,gru", seeds=3), tmp_path) == "cells-2"


def test_a_group_is_worked_on_by_one_sweep_alone(tmp_path: Path) -> None:
    with hold_group("cells", tmp_path / "runs"):
        for folder in (tmp_path / "runs", tmp_path / "runs" / ".." / "runs"):
            with pytest.raises(ConfigurationError, match="cells is running already, as process"):
                hold_group("cells", folder)
        hold_group("others", tmp_path / "runs").release()
    hold_group("cells", tmp_path / "runs").release()
    assert list((tmp_path / "runs").iterdir()) == []


def test_of_many_that_take_a_group_in_turn_two_never_hold_it_at_once(
    tmp_path: Path, repository: Path
) -> None:
    code = (
        "import os, sys; from pathlib import Path; from seqkit.errors import ConfigurationError\n"
        "from seqkit.experiments.sweep_file import hold_group\n"
        "folder, had = Path(sys.argv[1]), 0\n"
        "while had < 40:\n"
        "    try:\n"
        "        with hold_group('cells', folder):\n"
        # Fails where another holds the group too.
        "            os.mkdir(folder / 'alone')\n"
        "            os.rmdir(folder / 'alone')\n"
        "            had += 1\n"
        "    except ConfigurationError:\n"
        "        continue\n"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=repository)
        for _ in range(3)
    ]
    assert [child.wait(timeout=120) for child in children] == [0, 0, 0]


def test_a_sweep_that_was_killed_leaves_its_group_free_at_once(
    tmp_path: Path, repository: Path
) -> None:
    code = (
        "import sys, subprocess; from pathlib import Path\n"
        "from seqkit.experiments.sweep_file import hold_group\n"
        "hold = hold_group('cells', Path(sys.argv[1]))\n"
        # As a run that a sweep has started: it goes on without the sweep.
        "run = subprocess.Popen([sys.executable, '-c', 'input()'])\n"
        "print(run.pid, flush=True); input()"
    )
    sweep = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=repository,
    )
    assert sweep.stdout is not None
    run = psutil.Process(int(sweep.stdout.readline()))
    with pytest.raises(ConfigurationError, match=f"as process {sweep.pid}, in"):
        hold_group("cells", tmp_path)
    sweep.kill()
    sweep.wait()
    assert run.is_running()
    hold_group("cells", tmp_path).release()
    run.kill()
    sweep.communicate()


def test_a_sweep_on_another_machine_is_named_until_it_is_silent(tmp_path: Path) -> None:
    path = tmp_path / "cells.sweep.lock"
    path.write_text(json.dumps({"host": "node17", "boot": "another", "pid": 5}), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"running already, on node17, .*for 60 seconds"):
        hold_group("cells", tmp_path)
    os.utime(path, (time.time() - 61, time.time() - 61))
    hold_group("cells", tmp_path).release()


def test_runs_that_another_sweep_added_until_now_are_kept(
    registry: Registry, tmp_path: Path
) -> None:
    first = made(registry, "model=lstm,gru")
    assert up_to_date(first, tmp_path) == first
    save_plan(made(registry, "model=lstm,rnn"), tmp_path)
    both = up_to_date(first, tmp_path)

    assert {run.name for run in both.runs} == {f"cells-{m}-seed0" for m in ("lstm", "gru", "rnn")}


def test_a_folder_of_runs_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cells\.sweep\.lock cannot be written: .*--runs-dir"):
        hold_group("cells", tmp_path / "file" / "runs")


def test_a_missing_or_damaged_group_is_named(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no sweep 'cells'.* There are no sweeps yet"):
        load_plan("cells", tmp_path)
    save_plan(made(registry, "model=lstm,gru"), tmp_path)
    with pytest.raises(DataError, match=r"Did you mean cells\?"):
        load_plan("celsl", tmp_path)
    for text in ("{", "[]", "{}", '{"experiment": "x", "varies": [], "runs": [{}]}'):
        file_of("cells", tmp_path).write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"cells\.sweep\.json"):
            load_plan("cells", tmp_path)


def test_no_flipped_bit_of_a_group_is_believed(registry: Registry, tmp_path: Path) -> None:
    plan = made(registry, "model=lstm,gru")
    save_plan(plan, tmp_path)
    path = file_of("cells", tmp_path)
    content = path.read_bytes()
    for bit in random.Random(0).sample(range(8 * len(content)), 500):
        data = bytearray(content)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        try:
            read = load_plan("cells", tmp_path)
        except DataError:
            continue
        assert read.runs == plan.runs
