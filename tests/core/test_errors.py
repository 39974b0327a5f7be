"""Errors: the nearest name, what a problem reads like, the exit code of each kind."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import (
    CheckpointError,
    ConfigurationError,
    DataError,
    ExitCode,
    PluginError,
    Problem,
    RunError,
    SeqkitError,
    nearest,
    sentence,
    suggestion,
)
from seqkit.registry.discovery import load_registry

NAMES = st.lists(st.text(string.ascii_lowercase + "-:._", max_size=12))


@pytest.mark.parametrize(
    ("name", "valid", "found"),
    [
        ("lsmt", ["lstm", "gru"], "lstm"),
        ("LSTM", ["lstm", "gru"], "lstm"),
        ("sentimnt", ["text:sentiment", "text:imdb"], "text:sentiment"),
        ("model.hiden_size", ["model.hidden_size", "model.layers"], "model.hidden_size"),
        ("gru", ["a:gru", "b:gru"], "a:gru"),
        ("xyzzy", ["lstm", "gru"], None),
        ("", ["lstm"], None),
        ("lstm", [], None),
    ],
)
def test_the_nearest_name_is_found(name: str, valid: list[str], found: str | None) -> None:
    assert nearest(name, valid) == found


@given(st.text(max_size=12), NAMES)
def test_the_nearest_name_is_always_a_valid_one(name: str, valid: list[str]) -> None:
    found = nearest(name, valid)

    assert found is None or found in valid


@given(st.sampled_from(["lstm", "a:gru", "model.layers"]), NAMES)
def test_a_valid_name_is_its_own_nearest(name: str, others: list[str]) -> None:
    others = [other for other in others if other.lower() != name]

    assert nearest(name, [name, *others]) == name


def test_a_suggestion_names_the_nearest_or_what_is_valid() -> None:
    many = [f"name-{number:02}" for number in range(20)]

    assert suggestion("lsmt", ["lstm", "gru"]) == "Did you mean lstm?"
    assert suggestion("xyzzy", ["lstm", "gru"]) == "Valid: gru, lstm."
    assert suggestion("xyzzy", ["lstm"], "Run 'seqkit list'") == "Run 'seqkit list'"
    assert suggestion("xyzzy", []) == ""
    assert suggestion("xyzzy", many) == f"Valid: {', '.join(many[:12])} and {len(many) - 12} more."


def test_a_problem_reads_as_a_sentence_and_the_next_step() -> None:
    assert str(Problem("a.b", "a.b is 3", "Did you mean 4?")) == "a.b is 3. Did you mean 4?"
    assert str(Problem("a.b", "a.b is 3")) == "a.b is 3."


@pytest.mark.parametrize("end", [".", "?", "!"])
def test_a_sentence_ends_with_one_mark(end: str) -> None:
    assert sentence(f"done{end}") == f"done{end}"
    assert sentence("done") == "done."
    assert str(Problem("", f"done{end}", "Go on")) == f"done{end} Go on"
    assert str(Problem("", f"done{end}")) == f"done{end}"


def test_many_valid_names_are_cut_with_their_number() -> None:
    names = [f"n{number:02}" for number in range(15)]
    assert suggestion("xyzzy", names).endswith("n10, n11 and 3 more.")


def test_a_misspelt_hook_is_said_with_one_mark(tmp_path: Path) -> None:
    plugin = tmp_path / "odd.py"
    plugin.write_text("import seqkit\n\n@seqkit.hookimpl\ndef register_loses():\n    return []\n")
    with pytest.raises(PluginError) as caught:
        load_registry([plugin])
    assert "Did you mean register_losses? Run 'seqkit plugin check" in str(caught.value)


def test_a_configuration_error_shows_every_problem() -> None:
    error = ConfigurationError(problems=[Problem("a", "a is wrong"), Problem("b", "b is wrong")])

    assert str(error) == "a is wrong.\nb is wrong."
    assert [problem.key for problem in error.problems] == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConfigurationError, 2),
        (PluginError, 3),
        (DataError, 4),
        (CheckpointError, 4),
        (RunError, 1),
        (SeqkitError, 1),
    ],
)
def test_each_kind_of_error_has_its_exit_code(kind: type[SeqkitError], code: int) -> None:
    assert kind("message").exit_code == code


def test_the_exit_codes_are_those_that_scripts_rely_on() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "DONE": 0,
        "FAILED": 1,
        "USAGE": 2,
        "PLUGIN": 3,
        "DATA": 4,
        "INTERRUPTED": 130,
    }
