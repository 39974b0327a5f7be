"""torchtext on a torch that its compiled library does not load with."""

import copy
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch

from seqkit.errors import PluginError
from seqkit_torchtext import _native, import_torchtext

installed = pytest.mark.skipif(find_spec("torchtext") is None, reason="torchtext is not installed")

TUTORIAL = """
from seqkit_torchtext import import_torchtext
import_torchtext()
from torchtext.data import get_tokenizer
from torchtext.data.functional import to_map_style_dataset
from torchtext.data.metrics import bleu_score
from torchtext.transforms import AddToken, LabelToIndex, Sequential, ToTensor, Truncate
from torchtext.transforms import VocabTransform
from torchtext.vocab import build_vocab_from_iterator

tokenizer = get_tokenizer("basic_english")
texts = ["It's a film, a good one.", "A film."]
vocab = build_vocab_from_iterator(map(tokenizer, texts), specials=["<pad>", "<unk>"], max_tokens=7)
vocab.set_default_index(vocab["<unk>"])
assert vocab.get_itos() == ["<pad>", "<unk>", "a", ".", "film", "'", ","], vocab.get_itos()
pipeline = Sequential(VocabTransform(vocab), Truncate(4), AddToken(0), ToTensor(padding_value=0))
assert pipeline([tokenizer(text) for text in texts]).tolist() == [[0, 1, 5, 1, 2], [0, 2, 4, 3, 0]]
assert LabelToIndex(["neg", "pos"])(["pos", "neg"]) == [1, 0]
assert len(to_map_style_dataset(iter(texts))) == 2
assert bleu_score([tokenizer(texts[0])], [[tokenizer(texts[0])]]) > 0.99
"""


DATASETS = """
import warnings
warnings.simplefilter("ignore")  # torchdata warns that its datapipes will not be developed
from torchtext.datasets import AG_NEWS, IMDB
assert callable(AG_NEWS) and callable(IMDB)
"""


def run_python(code: str, *paths: Path) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )


@installed
def test_a_tutorial_runs_as_it_did_and_warns_of_nothing() -> None:
    done = run_python(TUTORIAL + (DATASETS if find_spec("torchdata") else ""))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_nothing_is_touched_where_the_real_library_loads(tmp_path: Path) -> None:
    package = tmp_path / "torchtext"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from torchtext import _extension\ndef disable_torchtext_deprecation_warning(): pass\n"
    )
    (package / "_extension.py").write_text("loaded = True\n")
    code = """
import sys
from seqkit_torchtext import import_torchtext
torchtext = import_torchtext()
assert torchtext._extension.loaded and import_torchtext() is torchtext
assert "torchtext._torchtext" not in sys.modules and "seqkit_torchtext._native" not in sys.modules
"""
    done = run_python(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_torchtext_it_is_said_how_and_where_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torchtext", None)
    with pytest.raises(PluginError, match=r"pip install 'seqkit\[torchtext\]'.* for Python 3\.12"):
        import_torchtext()


def test_what_a_vocabulary_refuses_it_refuses_as_torchtext_does() -> None:
    vocab = _native.Vocab(["<unk>", "a"])
    refused: list[tuple[Any, ...]] = [
        (_native.Vocab, ["a", "a"]),
        (vocab.__getitem__, "b"),
        (vocab.lookup_indices, ["b"]),
        (vocab.lookup_token, 2),
        (vocab.lookup_tokens, [0, -1]),
        (vocab.append_token, "a"),
        (vocab.insert_token, "a", 0),
        (vocab.insert_token, "b", 3),
    ]
    for call, *arguments in refused:
        with pytest.raises(RuntimeError, match=r"Duplicate|not found|out of bounds|already exists"):
            call(*arguments)
    for value in (("a",), "a"):
        with pytest.raises(TypeError, match="list of tokens"):
            vocab.lookup_indices(value)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be text"):
        vocab[1]  # type: ignore[index]


def test_a_vocabulary_stays_in_order_as_it_grows_and_when_copied() -> None:
    vocab = _native.Vocab(["a"], None)
    vocab.append_token("c")
    vocab.insert_token("b", 1)
    vocab.set_default_index(2)
    for same in (vocab, copy.deepcopy(vocab)):
        assert same.get_itos() == ["a", "b", "c"]
        assert same.get_stoi() == {"a": 0, "b": 1, "c": 2}
        assert same.lookup_indices(["c", "x", "a"]) == [2, 2, 0]
        assert ("b" in same, "x" in same, len(same)) == (True, False, 3)


def test_vectors_are_looked_up_set_and_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "vectors.txt"
    path.write_text("2 3\na 1 2 3\nb 4 5 6\na 7 8 9\n")
    vectors, repeated = _native._load_token_and_vectors_from_file(str(path), " ", 4, None)
    assert (len(vectors), repeated) == (2, ["a"])
    assert vectors.lookup_vectors(["b", "x", "a"]).tolist() == [[4, 5, 6], [0, 0, 0], [1, 2, 3]]
    vectors["b"] = torch.tensor([0.0, 0.0, 1.0])
    vectors["c"] = torch.tensor([1.0, 1.0, 1.0])
    assert vectors.lookup_vectors(["b", "c"]).tolist() == [[0, 0, 1], [1, 1, 1]]
    with pytest.raises(RuntimeError, match="Duplicate token"):
        _native.Vectors(["a", "a"], [0, 1], torch.eye(2), torch.zeros(2))


def test_a_vocabulary_of_a_file_counts_its_tokens(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("b a\na c b a\n")
    build = _native._build_vocab_from_text_file_using_python_tokenizer
    assert build(str(path), 2, str.split).get_itos() == ["a", "b"]
    path.write_text("z\na\nz\n")
    assert _native._load_vocab_from_file(str(path), 1, 4).get_itos() == ["z", "a"]


def test_a_regex_tokenizer_replaces_and_splits_at_spaces_alone() -> None:
    tokenizer = _native.RegexTokenizer([r"\.", r"(a)(b)"], [" . ", r"\2\1"], True)
    assert tokenizer.forward("AB\t c.\u00c4") == ["ba\t", "c", ".", "\u00c4"]


def test_byte_pairs_are_merged_by_rank_and_special_tokens_are_never_split() -> None:
    letters = {token: number for number, token in enumerate(["a", "b", "c", "\u0120", "ab", "abc"])}
    ranks = {"a\x01b": 0, "ab\x01c": 1}
    spelling = {ord("a"): "a", ord("b"): "b", ord("c"): "c", ord(" "): "\u0120"}
    codec = _native.GPT2BPEEncoder(letters, ranks, "\x01", spelling, True)
    assert codec.tokenize("abc ab") == ["abc", "\u0120", "ab"]
    assert codec.add_special_tokens({"eos_token": "<e>", "unk_token": "c"}, ["<e>", "<e>x"]) == 2
    for same in (codec, copy.deepcopy(codec)):
        assert same.tokenize("ab <e> a<e>x") == ["ab", "<e>", "a", "<e>x"]
        assert same.encode("ab <e> abc") == [4, 6, 4, 2]
        assert same.decode([4, 6, 6, 0, 3, 1]) == "ab <e> <e> a b"


def test_words_of_clip_end_and_white_space_is_dropped() -> None:
    tokens = ["a", "b", "a</w>", "b</w>", "ab</w>", "<|endoftext|>"]
    codec = _native.CLIPEncoder(
        {token: number for number, token in enumerate(tokens)}, {"a\x01b</w>": 0}, "\x01", {}
    )
    assert codec.tokenize("ab   b <|endoftext|>") == ["ab</w>", "b</w>", "<|endoftext|>"]
    assert codec.encode("ab a") == [4, 2]


def test_word_pieces_are_the_longest_and_some_words_are_never_split(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n[UNK]\nthe\nfilm\n##s\n.\nFilm\ncaf\u00e9\ncafe\n")
    codec = _native.BERTEncoder(str(path), True, None, [])
    assert codec.tokenize("The Films. Caf\u00e9 x") == [
        "the",
        "film",
        "##s",
        ".",
        "cafe",
        "[UNK]",
    ]
    assert codec.batch_encode(["the film", ""]) == [[2, 3], []]
    cased = _native.BERTEncoder(str(path), False, None, ["Films"])
    assert cased.tokenize("Films caf\u00e9") == ["Film", "##s", "caf\u00e9"]
    assert _native.BERTEncoder(str(path), True, None, ["Films"]).tokenize("Films") == [
        "Film",
        "##s",
    ]


def test_sentencepiece_is_asked_for_where_it_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(RuntimeError, match="Run: pip install sentencepiece"):
        _native.SentencePiece(b"")
