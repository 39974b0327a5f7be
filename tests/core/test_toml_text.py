"""TOML of anyone is read, or refused, in a moment; nothing of it can be too long to be shown."""

import time
import tomllib

import pytest

from seqkit.errors import ConfigurationError
from seqkit.experiments.loading import load_experiment
from seqkit.experiments.words import parse_override
from seqkit.registry.registry import Registry
from seqkit.storage.regular_files import LARGEST_TEXT
from seqkit.storage.toml_text import parse_toml

PLAIN = """
description = "One. Two. Three... 1.5 and \\"quoted\\".parts"
[dataset]
path = "C:\\\\data\\\\a.b.c.csv"
[model.pooling]
kind = "last"
sizes = [0.1, 0.2, -9223372036854775808, 9223372036854775807]
"""
MANY = 50_000
ENDLESS = {
    "a bare key": ".".join(["a"] * MANY) + " = 1",
    "a quoted key": ".".join(['"a"'] * MANY) + " = 1",
    "a key in single quotes": " . ".join(["'a b'"] * MANY) + " = 1",
    "an escaped key": ".".join(['"\\""'] * MANY) + " = 1",
    "a key of a table in a line": "x = {" + ".".join(["a"] * MANY) + " = 1}",
    "a heading": "[" + ".".join(["a"] * MANY) + "]",
    "a heading of a list": "[[" + ".".join(['"a"'] * MANY) + "]]",
    "lists in lists": "x = " + "[" * MANY + "]" * MANY,
    "tables in tables": "x = " + "{a = " * 100 + "1" + "}" * 100,
    "a long number": "x = " + "9" * MANY,
    "a long number in another base": "x = 0x" + "F" * MANY,
    "a number of 65 bits": f"x = [{2**63}]",
    "a large text": "#" * (LARGEST_TEXT + 1),
}


def test_what_people_write_is_read_as_ever() -> None:
    assert parse_toml(PLAIN) == tomllib.loads(PLAIN)


@pytest.mark.parametrize("name", ENDLESS)
def test_what_nobody_writes_is_refused_in_a_moment(name: str) -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match=r"parts|nested|bits|digits|more than"):
        parse_toml(ENDLESS[name])
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", ENDLESS)
def test_a_word_with_such_a_value_is_taken_as_text(name: str) -> None:
    _, given, text = ENDLESS[name].partition("x = ")
    if given:
        assert parse_override(f"trainer.epochs={text}")[1] == text


@pytest.mark.parametrize("key", ["trainer.epochs", "model.hidden_size", "metrics", "model"])
def test_a_number_too_long_to_be_shown_is_named(registry: Registry, key: str) -> None:
    with pytest.raises(ConfigurationError) as found:
        load_experiment("sentiment", registry, [f"{key}=0x{'F' * 6000}"])
    assert "0xFFF" in str(found.value)


@pytest.mark.parametrize("text", ["2024", "true", "[1, 2]", "{a = 1}", "1e5", "0x10", "plain"])
def test_a_description_is_text_whatever_it_looks_like(registry: Registry, text: str) -> None:
    experiment = load_experiment("sentiment", registry, [f"description={text}"])
    assert experiment.description == text
    again = load_experiment(tomllib.loads(experiment.as_toml()), registry)
    assert again.description == text
