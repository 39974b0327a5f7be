"""`basic-english` gives, token for token, what torchtext's `basic_english` gives."""

import importlib.metadata
import importlib.util
import tarfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.text import build_tokenizer

BASIC_ENGLISH = build_tokenizer("basic-english")

# What torchtext 0.18 gave for each text.
PAIRS = [
    ("", []),
    (" ", []),
    ("Hello", ["hello"]),
    ("It's GOOD.", ["it", "'", "s", "good", "."]),
    ("don't", ["don", "'", "t"]),
    ("''", ["'", "'"]),
    ("'quoted'", ["'", "quoted", "'"]),
    ('"quoted"', ["quoted"]),
    ('a"b', ["ab"]),
    ('"', []),
    ("...", [".", ".", "."]),
    ("3.14", ["3", ".", "14"]),
    ("U.S.A.", ["u", ".", "s", ".", "a", "."]),
    ("one<br />two", ["one", "two"]),
    ("one<br /><br />two", ["one", "two"]),
    ("one<BR />two", ["one", "two"]),
    ("one<br/>two", ["one<br/>two"]),
    ("one<br>two", ["one<br>two"]),
    ("one<br  />two", ["one<br", "/>two"]),
    ("one<br\t/>two", ["one<br", "/>two"]),
    ("one<br\xa0/>two", ["one<br", "/>two"]),
    ('one<b"r />two', ["one", "two"]),
    ('<br "/>', []),
    ("<br .", ["<br", "."]),
    ("<br ./>", ["<br", ".", "/>"]),
    ("<br '/>", ["<br", "'", "/>"]),
    ("<br ;/>", ["<br", "/>"]),
    ("<br <br />/>", ["<br", "/>"]),
    ("a,b", ["a", ",", "b"]),
    ("(a)", ["(", "a", ")"]),
    ("what?!", ["what", "?", "!"]),
    ("a;b:c", ["a", "b", "c"]),
    (";", []),
    ("a-b_c/d", ["a-b_c/d"]),
    ("[a]{b}", ["[a]{b}"]),
    ("a\tb\r\nc\x0bd\x0ce", ["a", "b", "c", "d", "e"]),
    ("a\x1cb\x1db\x1eb\x1fb\x85b", ["a", "b", "b", "b", "b", "b"]),
    ("a\xa0b\u2003b\u2028b\u3000b", ["a", "b", "b", "b", "b"]),
    ("a\u200bb\ufeffc", ["a\u200bb\ufeffc"]),
    ("a\x00b \x00", ["a\x00b", "\x00"]),
    ("\x1b[31mred\x1b[0m", ["\x1b[31mred\x1b[0m"]),
    ("\ud800 \udfff", ["\ud800", "\udfff"]),
    ("İstanbul", ["i̇stanbul"]),
    ("ΟΔΟΣ ΟΔΟΣ.", ["οδος", "οδος", "."]),
    ("ΔΣ'Δ", ["δσ", "'", "δ"]),
    ("ΔΣ.", ["δς", "."]),
    ("Straße ẞ", ["straße", "ß"]),
    ("CAFÉ naïve", ["café", "naïve"]),
    ("“curly” … «quotes»", ["“curly”", "…", "«quotes»"]),
    ("映画 は 良い。", ["映画", "は", "良い。"]),
]

FRAGMENTS = [
    *"'\".,()!?;:<>/br ",
    *["<br />", "<BR />", "<br", " />", '<b"r />', "<br <br />/>", "Σ", "ΔΣ", "İ", "ẞ", "\u0301"],
    *["\x00", "\x1b[31m", "\x1c", "\x1f", "\x85", "\xa0", "\u2028", "\u3000", "\u200b", "\ufeff"],
    *["\t", "\r\n", "\ud800", "\udc00"],
]
TEXTS = st.lists(
    st.sampled_from(FRAGMENTS) | st.text(st.characters(exclude_categories=()), max_size=5)
).map("".join)


@pytest.fixture(scope="session")
def torchtext_basic_english() -> Callable[[str], list[str]]:
    """torchtext's own function, from its own file: the package no longer imports."""
    try:
        distribution = importlib.metadata.distribution("torchtext")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("torchtext is not installed (pip install --no-deps torchtext==0.18.0)")
    path = str(distribution.locate_file("torchtext/data/utils.py"))
    spec = importlib.util.spec_from_file_location("torchtext_data_utils", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.get_tokenizer("basic_english")


@pytest.mark.parametrize(("text", "tokens"), PAIRS, ids=[ascii(text) for text, _ in PAIRS])
def test_basic_english_gives_the_tokens_torchtext_gave(text: str, tokens: list[str]) -> None:
    assert BASIC_ENGLISH.tokenize(text) == tokens


@pytest.mark.parametrize(("text", "tokens"), PAIRS, ids=[ascii(text) for text, _ in PAIRS])
def test_the_recorded_pairs_are_those_of_torchtext(
    torchtext_basic_english: Callable[[str], list[str]], text: str, tokens: list[str]
) -> None:
    assert torchtext_basic_english(text) == tokens


@settings(max_examples=400, deadline=None)
@given(text=TEXTS)
def test_basic_english_equals_torchtext_on_any_text(
    torchtext_basic_english: Callable[[str], list[str]], text: str
) -> None:
    assert BASIC_ENGLISH.tokenize(text) == torchtext_basic_english(text)


def test_basic_english_equals_torchtext_on_each_character_between_letters(
    torchtext_basic_english: Callable[[str], list[str]],
) -> None:
    for start in range(0, 0x110000, 0x1000):
        text = "".join(f"A{chr(code)}A " for code in range(start, start + 0x1000))
        assert BASIC_ENGLISH.tokenize(text) == torchtext_basic_english(text)


def test_basic_english_equals_torchtext_on_real_reviews(
    torchtext_basic_english: Callable[[str], list[str]], real_data: Callable[[str], Path]
) -> None:
    with tarfile.open(real_data("imdb/aclImdb_v1.tar.gz")) as archive:
        files = (member for member in archive if member.name.endswith(".txt"))
        opened = (archive.extractfile(member) for member in islice(files, 2000))
        reviews = [file.read().decode() for file in opened if file is not None]
    assert len(reviews) == 2000
    expected = [torchtext_basic_english(review) for review in reviews]
    assert list(BASIC_ENGLISH.tokenize_many(reviews)) == expected


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ([], ""),
        (["it", "'", "s", "good", "."], "it's good."),
        (["well", ",", "(", "really", ")", "?", "!"], "well, (really)?!"),
        (["he", "said", "'", "no", "'"], "he said ' no '"),
        (["'", "s"], "' s"),
    ],
)
def test_detokenized_basic_english_reads_like_a_sentence(tokens: list[str], text: str) -> None:
    assert BASIC_ENGLISH.detokenize(tokens) == text


@settings(deadline=None)
@given(words=st.lists(st.text("abst'.,()!?", min_size=1)))
def test_detokenized_basic_english_has_the_same_tokens(words: list[str]) -> None:
    tokens = BASIC_ENGLISH.tokenize(" ".join(words))
    assert BASIC_ENGLISH.tokenize(BASIC_ENGLISH.detokenize(tokens)) == tokens
