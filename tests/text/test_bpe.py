"""Byte-pair encoding: exact, deterministic, and never slow on one long word."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import ConfigurationError
from seqkit.text import Vocabulary, train_bpe

CORPUS = [
    "low lower lowest, new newer newest, wide wider widest",
    "the low and the new and the wide, the lowest and the newest and the widest",
] * 4

BYTE_LEVEL = train_bpe(CORPUS, vocabulary_size=320)
WHITESPACE = train_bpe(CORPUS, vocabulary_size=320, split="whitespace")

ENCODABLE = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(ENCODABLE)
def test_byte_level_bpe_restores_any_text(text: str) -> None:
    assert BYTE_LEVEL.detokenize(BYTE_LEVEL.tokenize(text)) == text


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Z", "Cc"]), min_size=1)))
def test_whitespace_bpe_restores_words_with_one_space_between(words: list[str]) -> None:
    text = " \t " + "\n ".join(words) + "  "
    assert WHITESPACE.detokenize(WHITESPACE.tokenize(text)) == " ".join(words)


def test_bpe_merges_what_is_frequent() -> None:
    assert BYTE_LEVEL.tokenize("the lowest") == ["the", "Ġlowest"]
    assert len(BYTE_LEVEL.tokenize("unseen")) > 1
    assert WHITESPACE.tokenize("wide,") == ["Ġwide,"]


def test_the_vocabulary_of_a_byte_level_bpe_knows_every_text() -> None:
    vocabulary = Vocabulary.of(BYTE_LEVEL.tokens, specials=["<bos>"])
    text = "映画\x00\x1b nobody saw <unk> <pad> Ġ"
    ids = vocabulary.encode(BYTE_LEVEL.tokenize(text))
    assert ids.min() > vocabulary.special_id("<bos>")
    assert BYTE_LEVEL.detokenize(vocabulary.decode(ids)) == text


def test_vocabulary_size_and_minimum_frequency_bound_the_tokens() -> None:
    assert len(train_bpe(CORPUS, vocabulary_size=256).tokens) == 256
    assert len(train_bpe(CORPUS, vocabulary_size=270).tokens) == 270
    assert len(train_bpe(CORPUS, minimum_frequency=1_000_000).tokens) == 256
    assert len(train_bpe([]).tokens) == 256


def test_lone_surrogates_become_the_replacement_character() -> None:
    assert BYTE_LEVEL.detokenize(BYTE_LEVEL.tokenize("a\ud800b")) == "a\ufffdb"
    assert train_bpe([*CORPUS, "\udfff"], vocabulary_size=320).tokens


def test_half_a_character_is_shown_as_the_replacement_character() -> None:
    assert "\ufffd" in BYTE_LEVEL.detokenize(BYTE_LEVEL.tokenize("映")[:1])


@pytest.mark.parametrize("split", ["byte-level", "whitespace"])
def test_the_same_texts_train_the_same_bpe_in_any_process(tmp_path: Path, split: str) -> None:
    program = (
        "import sys; from pathlib import Path; from seqkit.text import train_bpe;"
        "texts = Path(sys.argv[1]).read_text('utf-8').splitlines();"
        "train_bpe(texts, vocabulary_size=900, split=sys.argv[3]).save(Path(sys.argv[2]))"
    )
    words = ["".join(random.choices("abcdeéfgh", k=random.randint(1, 8))) for _ in range(4000)]
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(" ".join(words[i : i + 10]) for i in range(0, 4000, 10)), "utf-8")
    saved = []
    for threads in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", program, str(corpus), str(tmp_path / threads), split],
            check=True,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"RAYON_NUM_THREADS": threads, "PYTHONHASHSEED": threads},
        )
        saved.append((tmp_path / threads / "tokenizer.json").read_bytes())
    assert saved[0] == saved[1]
    assert len(json.loads(saved[0])["model"]["vocab"]) == 900


def test_the_saved_file_is_one_that_hugging_face_reads(tmp_path: Path) -> None:
    BYTE_LEVEL.save(tmp_path)
    read = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert read.encode("the lowest of all").tokens == BYTE_LEVEL.tokenize("the lowest of all")


def test_training_on_a_megabyte_without_a_space_takes_seconds() -> None:
    text = "".join(random.choices("abcdefghij", k=1_000_000))
    bpe = train_bpe([text], vocabulary_size=1000)
    assert bpe.detokenize(bpe.tokenize(text)) == text


def test_an_error_in_the_texts_is_passed_on() -> None:
    def texts() -> Iterator[str]:
        yield "one"
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        train_bpe(texts())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vocabulary_size": 255}, r"vocabulary_size is 255.*at least 256"),
        ({"minimum_frequency": 0}, r"minimum_frequency is 0.*at least 1"),
        ({"split": "white-space"}, r"split is 'white-space'.*Did you mean whitespace\?"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        train_bpe(CORPUS, **settings)
