"""An experiment file extends another file, a run or a recipe, and is then like any other."""

from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import ConfigurationError
from seqkit.experiments.documents import origins, read_document
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.sweep_plan import plan_sweep
from seqkit.registry.registry import Registry


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


BASE = """
dataset = "reviews"
metrics = ["accuracy", "f1"]
[model]
name = "lstm"
hidden_size = 7
pooling = {kind = "max", heads = 2}
[trainer]
epochs = 9
seed = 4
"""


def test_tables_are_merged_key_by_key_and_lists_replaced(write: Any, registry: Registry) -> None:
    write("base.toml", BASE)
    mine = write(
        "sub/mine.toml",
        'extends = "../base.toml"\nmetrics = ["f1"]\n'
        "[model]\nlayers = 2\npooling = {heads = 3}\n[trainer]\nepochs = 2\n",
    )

    loaded = load_experiment(mine, registry, ["trainer.seed=5"])

    assert loaded.recipe == "mine"
    assert [metric.name for metric in loaded.metrics] == ["f1"]
    assert loaded.model.config.hidden_size == 7
    assert loaded.model.config.layers == 2
    assert loaded.model.config.pooling.kind == "max"
    assert loaded.model.config.pooling.heads == 3
    assert (loaded.trainer.epochs, loaded.trainer.seed) == (2, 5)
    assert "extends" not in loaded.as_toml()


def test_another_component_begins_without_the_settings_of_the_former(
    write: Any, registry: Registry
) -> None:
    write("base.toml", BASE)
    other = write("other.toml", 'extends = "base.toml"\nmodel = "gru"\n')
    same = write("same.toml", 'extends = "base.toml"\nmodel = "toy:lstm"\n')

    assert load_experiment(other, registry).model.config.hidden_size != 7
    assert load_experiment(other, registry).notes == []
    assert load_experiment(same, registry).model.config.hidden_size == 7


def test_a_chain_ends_in_a_recipe_whose_plugin_bare_names_mean(
    write: Any, registry: Registry
) -> None:
    write("base.toml", 'extends = "sentiment"\n[trainer]\nseed = 8\n')
    mine = write("mine.toml", 'extends = "base.toml"\ndescription = "mine"\n')

    document = read_document(mine, registry)
    loaded = load_experiment(mine, registry)

    assert document.plugin == "toy"
    assert loaded.trainer.seed == 8
    assert loaded.description == "mine"
    places = origins(document)
    assert places["trainer.seed"] == str(mine.with_name("base.toml"))
    assert places["description"] == str(mine)
    assert places["model"] == "sentiment"


def test_the_experiment_of_a_run_can_be_extended(write: Any, registry: Registry) -> None:
    run = write("runs/a-0001/experiment.toml", load_experiment("sentiment", registry).as_toml())
    mine = write("mine.toml", 'extends = "runs/a-0001"\n[trainer]\nseed = 8\n')

    loaded = load_experiment(mine, registry)

    assert loaded.trainer.seed == 8
    assert loaded.model == load_experiment(run, registry).model


def test_tables_in_memory_extend_too(registry: Registry) -> None:
    loaded = load_experiment({"extends": "sentiment", "trainer": {"seed": 8}}, registry)

    assert loaded.trainer.seed == 8


def test_a_sweep_over_a_file_that_extends_has_all_its_settings(
    write: Any, registry: Registry
) -> None:
    write("base.toml", BASE)
    mine = write("mine.toml", 'extends = "base.toml"\n[trainer]\nepochs = 2\n')

    plan = plan_sweep(str(mine), ["model.hidden_size=3,7"], 0, "sizes", registry)

    assert len(plan.runs) == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"mine.toml": 'extends = "b.toml"', "b.toml": 'extends = "mine.toml"'},
            "files extend each other in a circle: mine.toml -> b.toml -> mine.toml",
        ),
        ({"mine.toml": 'extends = "mine.toml"'}, "circle: mine.toml -> mine.toml"),
        ({"mine.toml": 'extends = "no.toml"'}, r"no\.toml, which .*mine\.toml extends\. Write one"),
        ({"mine.toml": 'extends = "sentimnt"'}, r"extends\. Did you mean sentiment\?"),
        ({"mine.toml": "extends = 3"}, r"extends is 3, in .*mine\.toml\. Give one path"),
        ({"mine.toml": 'extends = "b.toml"', "b.toml": "= 3"}, r"b\.toml is not valid TOML"),
        (
            {"mine.toml": 'extends = "b.toml"', "b.toml": 'extends = "c.toml"'},
            r"no file .*c\.toml, which .*b\.toml extends\. Write",
        ),
    ],
    ids=["circle", "itself", "no file", "no recipe", "number", "damaged", "deep"],
)
def test_what_cannot_be_extended_is_said(
    write: Any, registry: Registry, files: dict[str, str], message: str
) -> None:
    for name, text in files.items():
        path = write(name, text)
    mine = path.with_name("mine.toml")

    with pytest.raises(ConfigurationError, match=message):
        load_experiment(mine, registry)


def test_a_chain_without_an_end_is_refused(write: Any, registry: Registry) -> None:
    for number in range(40):
        write(f"{number}.toml", f'extends = "{number + 1}.toml"')
    mine = write("mine.toml", 'extends = "0.toml"')

    with pytest.raises(ConfigurationError, match="At most 32 may"):
        load_experiment(mine, registry)
