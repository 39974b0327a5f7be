"""Every tokenizer: one contract, any input, saved and loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import ConfigurationError, DataError
from seqkit.text import (
    TOKENIZERS,
    PlainTokenizer,
    Tokenizer,
    build_tokenizer,
    load_tokenizer,
    train_bpe,
)

CORPUS = [
    "The film was good, the acting was better, and the ending was the best of them all.",
    "It's a film about films: the filming of a film within the film.",
    "Größe, naïveté and 映画 don't fit in ASCII.\n\tThe end.",
] * 5

ANY_TEXT = st.text(st.characters(exclude_categories=()))
HOSTILE = [
    "",
    "\x00\x00",
    "\x1b[31mred\x1b[0m",
    "\ud800",
    "\ud83d\ude00 as two surrogates",
    " \t\r\n\x0b\x0c\x1c\x85\xa0\u2028 ",
    "a\u0301\u200b\ufeff",
]
LONG = {
    "one word": "a" * 1_000_000,
    "spaces": " " * 1_000_000,
    "apostrophes": "'" * 1_000_000,
    "line breaks": "<br />" * 170_000,
    "words": "film and " * 110_000,
    "three bytes each": "映画" * 200_000,
}


@pytest.fixture(scope="module")
def tokenizers() -> dict[str, Tokenizer]:
    return {name: build_tokenizer(name, texts=CORPUS, vocabulary_size=400) for name in TOKENIZERS}


@pytest.mark.parametrize("name", TOKENIZERS)
def test_every_tokenizer_keeps_the_protocol_and_its_name(
    tokenizers: dict[str, Tokenizer], name: str
) -> None:
    assert isinstance(tokenizers[name], Tokenizer)
    assert tokenizers[name].name == name


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokenizing_many_texts_equals_tokenizing_each(
    tokenizers: dict[str, Tokenizer], name: str
) -> None:
    texts = [*CORPUS, *HOSTILE] * 20
    expected = [tokenizers[name].tokenize(text) for text in texts]
    assert list(tokenizers[name].tokenize_many(iter(texts))) == expected


@pytest.mark.parametrize("name", TOKENIZERS)
def test_any_text_can_be_tokenized_and_put_together(
    tokenizers: dict[str, Tokenizer], name: str
) -> None:
    @settings(deadline=None)
    @given(ANY_TEXT)
    def check(text: str) -> None:
        tokens = tokenizers[name].tokenize(text)
        assert all(tokens)
        assert isinstance(tokenizers[name].detokenize(tokens), str)

    check()


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_megabyte_in_one_text_is_ordinary_input(
    tokenizers: dict[str, Tokenizer], name: str, text: str
) -> None:
    tokens = tokenizers[name].tokenize(text)
    assert len("".join(tokens)) <= 3 * len(text)
    restored = tokenizers[name].detokenize(tokens)
    assert restored == text or name in {"basic-english", "whitespace"}


def test_whitespace_and_characters_are_what_they_say() -> None:
    text = "Two words,\n 映画!"
    assert build_tokenizer("whitespace").tokenize(text) == ["Two", "words,", "映画!"]
    assert build_tokenizer("whitespace").detokenize(["Two", "words,"]) == "Two words,"
    assert build_tokenizer("characters").tokenize("ab\n\ud800") == ["a", "b", "\n", "\ud800"]


@given(ANY_TEXT)
def test_characters_restore_any_text(text: str) -> None:
    characters = build_tokenizer("characters")
    assert characters.detokenize(characters.tokenize(text)) == text


@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_saved_tokenizer_cuts_the_same_after_loading(
    tokenizers: dict[str, Tokenizer], name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "encoder"
    tokenizers[name].save(folder)
    loaded = load_tokenizer(folder)
    assert loaded.name == name
    for text in [*CORPUS, *HOSTILE]:
        tokens = tokenizers[name].tokenize(text)
        assert loaded.tokenize(text) == tokens
        assert loaded.detokenize(tokens) == tokenizers[name].detokenize(tokens)
    assert [path.name for path in folder.iterdir()] == ["tokenizer.json"]


def test_a_tokenizer_that_is_not_known_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match=r"'basic-englis'.*Did you mean basic-english\?"):
        build_tokenizer("basic-englis")
    with pytest.raises(ConfigurationError, match="'bpe' is not known"):
        PlainTokenizer("bpe")


def test_bpe_without_texts_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no texts to be trained on"):
        build_tokenizer("bpe")


def _cut_short(saved: str) -> str:
    return saved[: len(saved) // 2]


def _renamed(saved: str) -> str:
    return json.dumps({"tokenizer": "spacy"})


def _without_merges(saved: str) -> str:
    document = json.loads(saved)
    document["model"] = {"type": "BPE", "vocab": {}, "merges": [["a", "b"]]}
    return json.dumps(document)


def _with_a_gap(saved: str) -> str:
    document = json.loads(saved)
    document["model"] |= {"vocab": {"a": 0, "b": 2}, "merges": []}
    return json.dumps(document)


def _without_decoder(saved: str) -> str:
    return json.dumps(json.loads(saved) | {"decoder": None})


def _of_another_kind(saved: str) -> str:
    return json.dumps(json.loads(saved) | {"pre_tokenizer": {"type": "Whitespace"}})


@pytest.mark.parametrize(
    "damage",
    [
        _cut_short,
        _renamed,
        _without_merges,
        _with_a_gap,
        _without_decoder,
        _of_another_kind,
        lambda saved: "",
        lambda saved: "[]",
        lambda saved: "{}",
        lambda saved: '{"tokenizer": ["characters"]}',
        lambda saved: "[" * 100_000,
        lambda saved: "\udcff",
    ],
)
def test_a_damaged_tokenizer_file_is_named(
    tokenizers: dict[str, Tokenizer], tmp_path: Path, damage: Callable[[str], str]
) -> None:
    tokenizers["bpe"].save(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text(damage(path.read_text("utf-8")), "utf-8", errors="surrogateescape")
    with pytest.raises(DataError, match=r"tokenizer file is damaged.*tokenizer\.json"):
        load_tokenizer(tmp_path)


def test_a_missing_tokenizer_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No tokenizer file tokenizer\.json"):
        load_tokenizer(tmp_path)


def test_an_unreadable_tokenizer_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").mkdir()
    with pytest.raises(DataError, match=r"tokenizer\.json is a folder"):
        load_tokenizer(tmp_path)


def test_saving_over_a_tokenizer_that_cannot_be_replaced_leaves_it_whole(tmp_path: Path) -> None:
    build_tokenizer("characters").save(tmp_path)
    (tmp_path / "tokenizer.json.partial").mkdir()
    with pytest.raises(OSError, match=r"tokenizer\.json\.partial"):
        train_bpe(CORPUS, vocabulary_size=300).save(tmp_path)
    assert load_tokenizer(tmp_path).name == "characters"
