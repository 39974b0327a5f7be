"""A setting that was renamed goes by its older names wherever it is written."""

from typing import Any

import pytest
from pydantic import AliasChoices

import seqkit
from seqkit.config import canonical, canonical_path, older_names, validate
from seqkit.errors import ConfigurationError
from seqkit.experiments.loading import load_experiment
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
