"""A setting that was renamed goes by its older names wherever it is written."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices

import seqkit
from seqkit.config import canonical, canonical_path, older_names, validate
from seqkit.errors import ConfigurationError
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.sweep_plan import checked, joined, plan_sweep
from seqkit.registry.discovery import load_registry


class Inner(seqkit.Config):
    units: int = seqkit.Field(1, validation_alias=AliasChoices("units", "size"), help="Units.")


class Outer(seqkit.Config):
    width: int = seqkit.Field(
        8, ge=1, validation_alias=AliasChoices("width", "size"), help="Its width."
    )
    depth: int = seqkit.Field(2, validation_alias="layers", help="Its depth.")
    inner: Inner = seqkit.Field(Inner(), help="Nested.")


def test_older_names_are_read_everywhere_in_a_table() -> None:
    assert older_names(Outer) == {"size": "width", "layers": "depth"}
    table = {"size": 3, "layers": 4, "inner": {"size": 5}}
    expected = {"width": 3, "depth": 4, "inner": {"units": 5}}
    assert canonical(Outer, table) == expected
    assert canonical_path(Outer, ["inner", "size"]) == ("inner", "units")
    config, problems = validate(Outer, table, "model", "x:y")
    assert problems == []
    assert config is not None
    assert config.model_dump() == expected
    assert set(Outer.model_json_schema()["properties"]) == {"width", "depth", "inner"}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"size": 3, "width": 4}, "size is the old name of width, and both are given"),
        ({"size": 0}, "model.width is 0; it must be"),
        ({"with": 1}, "Did you mean model.width?"),
    ],
)
def test_messages_have_the_present_name(table: dict[str, Any], message: str) -> None:
    _, problems = validate(Outer, table, "model", "x:y")
    assert message in " ".join(map(str, problems))


def test_a_word_by_the_old_name_overrides_the_new_one_in_a_file_and_the_other_way_round() -> None:
    registry = load_registry()
    for before, after in [
        ("normalization", "normalisation"),
        ("normalisation", "normalization"),
        ("normalisation", "normalisation"),
    ]:
        document = load_experiment("stocks-gru", registry).as_dict()
        del document["task"]["normalization"]
        document["task"][before] = "none"
        assert load_experiment(document, registry).as_dict()["task"]["normalization"] == "none"
        loaded = load_experiment(document, registry, [f"task.{after}=window"])
        assert loaded.as_dict()["task"]["normalization"] == "window"
        assert "normalisation" not in loaded.as_toml()
    with pytest.raises(ConfigurationError, match=r"task\.normalization is 'windw'.*window"):
        load_experiment("stocks-gru", registry, ["task.normalisation=windw"])


def test_a_setting_by_its_old_name_goes_with_another_component_that_has_it() -> None:
    registry = load_registry()
    document = load_experiment("sentiment", registry).as_dict()
    document["model"]["initialisation"] = "orthogonal"
    document["model"].pop("initialization")
    loaded = load_experiment(document, registry, ["model=lstm"])
    assert loaded.as_dict()["model"]["initialization"] == "orthogonal"


@pytest.mark.parametrize(("value", "chosen"), [("no", 0), ("off", 0), ("true", 1), ("1", 1)])
def test_a_former_choice_of_an_observer_means_what_it_meant(value: str, chosen: int) -> None:
    registry = load_registry()
    loaded = load_experiment("sentiment", registry, [f"trainer.tensorboard={value}"])
    assert len(loaded.observers) == chosen
    named = load_experiment("sentiment", registry, [f"observers.tensorboard={value}"])
    assert len(named.observers) == chosen


def test_a_former_choice_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is 'maybe'; it must be true or false"):
        load_experiment("sentiment", load_registry(), ["trainer.tensorboard=maybe"])


def test_what_a_run_had_off_needs_no_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run" / "experiment.toml"
    file.parent.mkdir()
    whole = load_experiment("sentiment", load_registry()).as_toml()
    file.write_text(whole.replace("[trainer]\n", "[trainer]\ntensorboard = false\n"), "utf-8")
    monkeypatch.setenv("SEQKIT_DISABLE_PLUGINS", "tensorboard")
    assert load_experiment(file, load_registry()).as_toml() == whole

    mine = tmp_path / "mine.toml"
    mine.write_text(file.read_text("utf-8"), "utf-8")
    with pytest.raises(ConfigurationError, match=r"trainer\.tensorboard is not a setting"):
        load_experiment(mine, load_registry())


def test_a_sweep_that_an_older_version_began_is_gone_on_with() -> None:
    registry = load_registry()
    plan = plan_sweep("stocks-gru", ["model.hidden_size=8,9"], 1, "group", registry)
    old = [replace(run, digest=run.former) for run in plan.runs]
    assert all(run.former != run.digest for run in plan.runs)
    before = replace(plan, runs=tuple(old))

    assert [run.name for run in checked(before, registry).runs] == [run.name for run in plan.runs]
    assert len(joined(before, plan).runs) == len(plan.runs)


@pytest.mark.parametrize(
    ("recipe", "words", "digest"),
    [
        ("reverse-seq2seq", [], "4ac4b7e1f7abc1f7"),
        ("stocks-gru", ["model.hidden_size=8"], "9fda64f81e3505c8"),
    ],
)
def test_the_digest_of_an_older_version_is_the_one_that_it_wrote(
    recipe: str, words: list[str], digest: str
) -> None:
    """What the version before the settings were renamed gave these experiments."""
    (run,) = plan_sweep(recipe, words, 1, "group", load_registry()).runs
    assert run.former == digest
