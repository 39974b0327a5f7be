"""Any text goes through every tokenizer and every model; any JSON value is answered or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seqkit
from seqkit.errors import SeqkitError
from seqkit.text import TOKENIZERS, Tokenizer, Vocabulary, build_tokenizer
from tests.fuzz.support import TEXTS, VALUES, cases, in_time, refusal

pytestmark = pytest.mark.proof

RECIPES = ("sentiment", "weather-rnn", "shakespeare-gru", "reverse-seq2seq")


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Tokenizer]:
    texts = ["a good film", "a bad film, and long", "Ärger 映画 😀"]
    return {name: build_tokenizer(name, texts=texts, vocabulary_size=300) for name in TOKENIZERS}


@pytest.fixture(scope="module")
def predictors(trained: dict[str, Path]) -> dict[str, Any]:
    return {recipe: seqkit.load(path) for recipe, path in trained.items()}


@cases(0.1)
@given(text=TEXTS, name=st.sampled_from(TOKENIZERS))
def test_a_text_is_cut_encoded_and_put_together(
    tokenizers: dict[str, Tokenizer], text: str, name: str
) -> None:
    with in_time():
        tokens = tokenizers[name].tokenize(text)
        assert all(tokens)
        assert isinstance(tokenizers[name].detokenize(tokens), str)
        vocabulary = Vocabulary.of(dict.fromkeys(tokens))
        assert len(vocabulary.encode(tokens)) == len(tokens)


def check(predictor: Any, inputs: list[Any], **options: Any) -> None:
    try:
        with in_time():
            answers = predictor.predict(inputs, **options)
    except SeqkitError as error:
        refusal(error)
        return
    assert isinstance(answers, list)


@cases(0.04)
@given(recipe=st.sampled_from(RECIPES), inputs=st.lists(TEXTS | VALUES, max_size=3))
def test_inputs_of_any_kind_are_answered_or_refused(
    predictors: dict[str, Any], recipe: str, inputs: list[Any]
) -> None:
    check(predictors[recipe], inputs)


TABLE = {
    "date": st.lists(st.sampled_from([f"2016-01-{day:02d}" for day in range(1, 29)]) | VALUES),
    "temp_max": st.lists(st.floats(-10, 30) | VALUES, max_size=28),
}


@cases(0.02)
@given(table=st.fixed_dictionaries({}, optional=TABLE))
def test_a_history_of_any_kind_is_answered_or_refused(
    predictors: dict[str, Any], table: dict[str, Any]
) -> None:
    check(predictors["weather-rnn"], [table])


OPTIONS = st.dictionaries(
    st.sampled_from(["length", "temperature", "top_k", "top_p", "seed", "beam_size", "stop"])
    | TEXTS,
    VALUES.filter(lambda value: not isinstance(value, int) or value < 100),
    max_size=2,
)


@cases(0.03)
@given(recipe=st.sampled_from(RECIPES), options=OPTIONS)
def test_options_of_any_kind_are_taken_or_refused(
    predictors: dict[str, Any], recipe: str, options: dict[str, Any]
) -> None:
    options.pop("say", None)
    options.pop("batch_size", None)
    check(predictors[recipe], [] if recipe == "weather-rnn" else ["a b"], **options)
