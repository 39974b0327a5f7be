"""Vocabularies: who gets which id, and back."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqkit.errors import ConfigurationError, DataError
from seqkit.text import PADDING_ID, UNKNOWN_ID, Vocabulary

LISTS = [["b", "a", "b"], [], ["d", "b", "a", "c"]]

WORDS = st.text(st.characters(exclude_categories=()), min_size=1, max_size=4)


def test_ids_go_by_count_and_then_by_token() -> None:
    vocabulary = Vocabulary.fit(LISTS)
    assert vocabulary.tokens == ("<pad>", "<unk>", "b", "a", "c", "d")
    assert (PADDING_ID, UNKNOWN_ID) == (0, 1)
    assert len(vocabulary) == 6


def test_lists_and_their_counter_give_the_same_vocabulary_in_any_order() -> None:
    counter = Counter(token for tokens in reversed(LISTS) for token in tokens)
    assert Vocabulary.fit(counter) == Vocabulary.fit(LISTS)


def test_minimum_count_drops_rare_tokens() -> None:
    assert Vocabulary.fit(LISTS, minimum_count=2).tokens == ("<pad>", "<unk>", "b", "a")


def test_maximum_size_counts_the_specials() -> None:
    vocabulary = Vocabulary.fit(LISTS, maximum_size=5, specials=["<bos>"])
    assert vocabulary.tokens == ("<pad>", "<unk>", "<bos>", "b", "a")


def test_further_specials_follow_padding_and_unknown() -> None:
    vocabulary = Vocabulary.fit(LISTS, specials=("<bos>", "<eos>"))
    assert vocabulary.tokens[:4] == ("<pad>", "<unk>", "<bos>", "<eos>")
    assert vocabulary.special_id("<pad>") == 0
    assert vocabulary.special_id("<eos>") == 3
    with pytest.raises(ConfigurationError, match=r"'<eso>' is not a special.*Did you mean <eos>\?"):
        vocabulary.special_id("<eso>")


def test_text_cannot_spell_a_special_token() -> None:
    lists = [["<pad>", "<unk>", "<eos>", "film"]] * 3
    vocabulary = Vocabulary.fit(lists, specials=["<eos>"])
    assert vocabulary.tokens == ("<pad>", "<unk>", "<eos>", "film")
    assert vocabulary.encode(lists[0]).tolist() == [1, 1, 1, 3]
    assert "<pad>" not in vocabulary
    assert "film" in vocabulary


def test_encoding_gives_int32_ids_and_unknown_for_the_rest() -> None:
    ids = Vocabulary.fit(LISTS).encode(iter(["a", "never seen", "b"]))
    assert ids.dtype == np.int32
    assert ids.tolist() == [3, 1, 2]
    assert Vocabulary.fit([]).encode([]).shape == (0,)


def test_encoding_many_lists_gives_flat_values_and_offsets() -> None:
    vocabulary = Vocabulary.fit(LISTS)
    values, offsets = vocabulary.encode_many(iter(LISTS))
    assert values.dtype == np.int32
    assert offsets.dtype == np.int64
    assert values.tolist() == [2, 3, 2, 5, 2, 3, 4]
    assert offsets.tolist() == [0, 3, 3, 7]
    for index, tokens in enumerate(LISTS):
        ids = values[offsets[index] : offsets[index + 1]]
        assert ids.tolist() == vocabulary.encode(tokens).tolist()


def test_encoding_no_lists_gives_one_offset() -> None:
    values, offsets = Vocabulary.fit(LISTS).encode_many([])
    assert values.dtype == np.int32
    assert values.shape == (0,)
    assert offsets.tolist() == [0]


@given(st.lists(WORDS))
def test_known_tokens_survive_the_round_trip(words: list[str]) -> None:
    vocabulary = Vocabulary.fit([words])
    assert vocabulary.decode(vocabulary.encode(words)) == words


def test_decoding_takes_lists_and_arrays() -> None:
    vocabulary = Vocabulary.fit(LISTS)
    assert vocabulary.decode([0, 1, 2]) == ["<pad>", "<unk>", "b"]
    assert vocabulary.decode(np.array([5], dtype=np.int32)) == ["d"]
    assert vocabulary.decode([]) == []


@pytest.mark.parametrize("wrong", [-1, 6])
def test_decoding_an_id_outside_the_vocabulary_is_refused(wrong: int) -> None:
    with pytest.raises(DataError, match=rf"Id {wrong} has no token.*from 0 to 5"):
        Vocabulary.fit(LISTS).decode([2, wrong])


def test_texts_in_place_of_token_lists_are_refused() -> None:
    with pytest.raises(TypeError, match="tokenize the texts first"):
        Vocabulary.fit(["a text"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"minimum_count": 0}, r"minimum_count is 0.*at least 1"),
        ({"maximum_size": 2}, r"maximum_size is 2.*more than 2"),
        ({"maximum_size": 3, "specials": ["<bos>"]}, r"maximum_size is 3.*more than 3"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Vocabulary.fit(LISTS, **settings)


@pytest.mark.parametrize(
    ("words", "specials"),
    [(["a", "a"], []), (["<pad>"], []), (["<bos>"], ["<bos>"]), ([], ["<bos>", "<bos>"])],
)
def test_a_token_that_occurs_twice_is_refused(words: list[str], specials: list[str]) -> None:
    with pytest.raises(DataError, match="occurs 2 times"):
        Vocabulary.of(words, specials=specials)


def test_tokens_that_do_not_begin_with_the_specials_are_refused() -> None:
    with pytest.raises(DataError, match=r"must begin with \['<pad>', '<unk>'\]"):
        Vocabulary(("a", "b"))


@given(st.lists(WORDS | st.just("\ud83d\ude00") | st.just("😀"), unique=True))
def test_a_saved_vocabulary_is_equal_after_loading(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("encoder")
    vocabulary = Vocabulary.of(words, specials=["<bos>"])
    vocabulary.save(folder)
    assert Vocabulary.load(folder) == vocabulary
    assert [path.name for path in folder.iterdir()] == ["vocabulary.json"]


def test_saving_never_writes_into_the_file_that_is_there(tmp_path: Path) -> None:
    Vocabulary.of(["old"]).save(tmp_path)
    with (tmp_path / "vocabulary.json").open() as reader:
        Vocabulary.of(["new"]).save(tmp_path)
        assert '"old"' in reader.read()
    assert Vocabulary.load(tmp_path) == Vocabulary.of(["new"])


def test_a_vocabulary_file_can_be_read_by_a_person(tmp_path: Path) -> None:
    Vocabulary.of(["naïve", "映画"]).save(tmp_path)
    text = (tmp_path / "vocabulary.json").read_text("utf-8")
    assert '"naïve",\n' in text
    assert "映画" in text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not valid JSON"),
        ('{"specials": [], "words": ["a"', "not valid JSON"),
        ("[1]", "list and not an object"),
        ('{"specials": [], "size": 2}', "'words' is not a list of strings"),
        ('{"specials": [], "words": [1], "size": 3}', "'words' is not a list of strings"),
        ('{"specials": "x", "words": [], "size": 2}', "'specials' is not a list of strings"),
        ('{"specials": [], "words": ["a", "a"], "size": 4}', "'a' occurs 2 times"),
        ('{"specials": [], "words": ["a"], "size": 9}', "holds 3 tokens of 9"),
    ],
)
def test_a_damaged_vocabulary_file_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "vocabulary.json").write_text(content)
    with pytest.raises(DataError, match=rf"damaged: .*{reason}.*vocabulary\.json"):
        Vocabulary.load(tmp_path)


def test_every_torn_vocabulary_file_is_noticed(tmp_path: Path) -> None:
    Vocabulary.of(["a", "映"], specials=["<eos>"]).save(tmp_path)
    path = tmp_path / "vocabulary.json"
    whole = path.read_bytes()
    for length in range(len(whole.rstrip())):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match="damaged"):
            Vocabulary.load(tmp_path)


def test_a_missing_vocabulary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No vocabulary file vocabulary\.json"):
        Vocabulary.load(tmp_path)
