"""Typed settings: every problem at once, each with its full path, its value and what is valid."""

from typing import Literal

import pytest
from pydantic import ValidationError, model_validator

from seqkit.config import Config, Field, validate
from seqkit.errors import Problem


class Layer(Config):
    """A nested table."""

    size: int = Field(8, ge=1, help="Units.")
    kind: Literal["rnn", "lstm", "gru"] = Field("lstm", help="Cell.")


class Settings(Config):
    """Settings of every sort."""

    hidden_size: int = Field(128, ge=1, help="Units.")
    dropout: float = Field(0.0, ge=0, lt=1, help="Dropout.")
    pooling: Literal["last", "mean", "max"] = Field("last", help="Pooling.")
    limit: int | None = Field(None, ge=1, help="Most records.")
    rate: float | Literal["auto"] = Field("auto", help="Rate.")
    bidirectional: bool = Field(False, help="Both directions.")
    layer: Layer = Field(Layer(), help="One layer.")
    layers: list[Layer] = Field([], help="More layers.")
    columns: dict[str, str] = Field({}, help="Names of columns.")


class Needy(Config):
    """Settings without a default."""

    path: str = Field(help="The file.")


def problems(values: dict, config_type: type[Config] = Settings) -> list[Problem]:
    config, found = validate(config_type, values, "model", "recurrent:lstm")
    assert (config is None) == bool(found)
    return found


def test_valid_settings_are_returned_with_their_defaults() -> None:
    config, found = validate(Settings, {"hidden_size": 3}, "model", "recurrent:lstm")

    assert not found
    assert config == Settings(hidden_size=3)


def test_all_problems_are_reported_at_once() -> None:
    found = problems({"hiden_size": 3, "dropout": 1.5, "layer": {"size": 0}, "pooling": "meen"})

    assert {problem.key for problem in found} == {
        "model.hiden_size",
        "model.dropout",
        "model.layer.size",
        "model.pooling",
    }


@pytest.mark.parametrize(
    ("values", "key", "text"),
    [
        (
            {"hiden_size": 3},
            "model.hiden_size",
            "model.hiden_size is not a setting of recurrent:lstm. Did you mean model.hidden_size?",
        ),
        (
            {"layer": {"siz": 3}},
            "model.layer.siz",
            "model.layer.siz is not a setting of recurrent:lstm. Did you mean model.layer.size?",
        ),
        (
            {"layers": [{"size": 3}, {"siz": 3}]},
            "model.layers.1.siz",
            "model.layers.1.siz is not a setting of recurrent:lstm. "
            "Did you mean model.layers.1.size?",
        ),
        ({"layers": [{}, {"size": 0}]}, "model.layers.1.size", "model.layers.1.size is 0; "),
        ({"layers": 3}, "model.layers", "model.layers is 3; it must be a valid list."),
        (
            {"columns": {"text": 3}},
            "model.columns.text",
            "model.columns.text is 3; it must be a text.",
        ),
        ({"dropout": 1.5}, "model.dropout", "model.dropout is 1.5; it must be less than 1."),
        ({"dropout": float("nan")}, "model.dropout", "model.dropout is nan; "),
        (
            {"hidden_size": "big"},
            "model.hidden_size",
            "model.hidden_size is 'big'; it must be a whole number.",
        ),
        (
            {"hidden_size": None},
            "model.hidden_size",
            "model.hidden_size is None; it must be a whole number.",
        ),
        (
            {"dropout": "much"},
            "model.dropout",
            "model.dropout is 'much'; it must be a number.",
        ),
        (
            {"bidirectional": "perhaps"},
            "model.bidirectional",
            "model.bidirectional is 'perhaps'; it must be true or false.",
        ),
        (
            {"hidden_size": True},
            "model.hidden_size",
            "model.hidden_size is true; it must be a number.",
        ),
        (
            {"hidden_size": 3.5},
            "model.hidden_size",
            "model.hidden_size is 3.5; it must be a whole number.",
        ),
        ({"dropout": False}, "model.dropout", "model.dropout is false; it must be a number."),
        ({"limit": True}, "model.limit", "model.limit is true; it must be a number."),
        ({"limit": 0}, "model.limit", "model.limit is 0; "),
        (
            {"pooling": "meen"},
            "model.pooling",
            "model.pooling is 'meen'; it must be last, mean or max. Did you mean mean?",
        ),
        ({"layer": {"kind": "gru2"}}, "model.layer.kind", "Did you mean gru?"),
    ],
)
def test_a_problem_names_the_whole_key_the_value_and_what_is_valid(
    values: dict, key: str, text: str
) -> None:
    (problem,) = problems(values)

    assert problem.key == key
    assert text in str(problem)
    assert ".." not in str(problem)


def test_a_union_shows_one_problem_a_member_under_the_key_itself() -> None:
    found = problems({"rate": "fast"})

    assert {problem.key for problem in found} == {"model.rate"}
    assert any("auto" in str(problem) for problem in found)


def test_an_unknown_key_without_a_near_one_lists_what_is_valid() -> None:
    (problem,) = problems({"layer": {"zzzz": 3}})

    assert problem.hint == "Valid: model.layer.kind, model.layer.size"


def test_a_component_without_settings_says_so() -> None:
    (problem,) = problems({"size": 3}, Config)

    assert str(problem) == (
        "model.size is not a setting of recurrent:lstm. recurrent:lstm has no settings."
    )


def test_a_missing_setting_is_named() -> None:
    (problem,) = problems({}, Needy)

    assert str(problem) == "model.path is missing; recurrent:lstm needs it. Set model.path=..."


def test_a_long_value_is_shortened() -> None:
    (problem,) = problems({"hidden_size": "x" * 10_000})

    assert len(str(problem)) < 200


def test_a_rule_over_several_settings_is_reported() -> None:
    class Range(Config):
        low: int = Field(0, help="Low.")
        high: int = Field(1, help="High.")

        @model_validator(mode="after")
        def _ordered(self) -> "Range":
            if self.low > self.high:
                raise ValueError(f"low ({self.low}) must not be above high ({self.high})")
            return self

    (problem,) = problems({"low": 3}, Range)

    assert "low (3) must not be above high (1)" in str(problem)
    assert "Value error" not in str(problem)


def test_settings_cannot_be_changed_once_made() -> None:
    settings = Settings()

    with pytest.raises(ValidationError):
        settings.hidden_size = 3  # type: ignore[misc]


def test_the_help_of_a_setting_is_in_its_json_schema() -> None:
    schema = Settings.model_json_schema()

    assert schema["properties"]["dropout"]["description"] == "Dropout."
    assert schema["properties"]["dropout"]["exclusiveMaximum"] == 1
    assert schema["additionalProperties"] is False
