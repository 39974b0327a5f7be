"""Files of tokenizers and vocabularies from anywhere: read right, or refused by a sentence."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seqkit.errors import CheckpointError, SeqkitError
from seqkit.text import Vocabulary, build_tokenizer, load_text, load_tokenizer, train_bpe

TEXTS = ["the cat sat on the mat", "the dog sat on the log", "a cat and a dog"] * 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A byte-pair encoding and its vocabulary."""
    tokenizer = train_bpe(TEXTS, vocabulary_size=280)
    tokenizer.save(tmp_path)
    Vocabulary.of(tokenizer.tokens).save(tmp_path)
    return tmp_path


def changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads(path.read_text("utf-8"))
    change(document)
    path.write_text(json.dumps(document), "utf-8")


def deep(levels: int) -> Any:
    found: Any = {"type": "Lowercase"}
    for _ in range(levels):
        found = {"type": "Sequence", "normalizers": [found]}
    return found


SLOW = {"type": "Split", "pattern": {"Regex": "(a|a|aa)+$"}, "behavior": "Isolated"}
CRAFTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a regular expression without end": lambda d: d["pre_tokenizer"]["pretokenizers"].append(SLOW),
    "a pre-tokenizer of its own": lambda d: d.update(pre_tokenizer=SLOW),
    "padding to 10 billion": lambda d: d.update(
        padding={"strategy": {"Fixed": 10**10}, "direction": "Right", "pad_id": 0}
    ),
    "a million times the text": lambda d: d.update(
        normalizer={"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 1_000_000}
    ),
    "nested normalisers": lambda d: d.update(normalizer=deep(200)),
    "truncation": lambda d: d.update(truncation={"max_length": 0, "stride": 10**18}),
    "added tokens": lambda d: d.update(added_tokens=[{"id": 2**32 - 1, "content": "x"}]),
    "a processor": lambda d: d.update(post_processor={"type": "ByteLevel"}),
    "another decoder": lambda d: d.update(decoder={"type": "Replace", "content": "x"}),
    "another piece length": lambda d: d["pre_tokenizer"]["pretokenizers"][1].update(length=0),
    "a length beyond numbers": lambda d: d["pre_tokenizer"]["pretokenizers"][1].update(
        length=10**30
    ),
    "dropout": lambda d: d["model"].update(dropout=0.5),
    "a cache of all memory": lambda d: d["model"].update(cache_capacity=2**60),
    "an unknown part": lambda d: d.update(more={"a": 1}),
    "a huge id": lambda d: d["model"]["vocab"].update(x=2**40),
    "a negative id": lambda d: d["model"]["vocab"].update(x=-1),
    "an id that is a text": lambda d: d["model"]["vocab"].update(a="1"),
    "a token that is no bytes": lambda d: d["model"]["vocab"].update({"日": len(d["model"])}),
    "an endless token": lambda d: d["model"]["vocab"].update({"a" * 10**6: 280}),
    "a merge of nothing": lambda d: d["model"]["merges"].append(["", ""]),
    "a merge of three": lambda d: d["model"]["merges"].append(["a", "b", "c"]),
    "a merge of numbers": lambda d: d["model"]["merges"].append([1, 2]),
    "merges that are a text": lambda d: d["model"].update(merges="ab"),
    "no merges": lambda d: d["model"].pop("merges"),
    "no vocabulary": lambda d: d["model"].pop("vocab"),
    "a vocabulary that is a list": lambda d: d["model"].update(vocab=["a"]),
    "a model that is a list": lambda d: d.update(model=[]),
    "another model": lambda d: d["model"].update(type="WordPiece"),
}


@pytest.mark.parametrize("craft", CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_tokenizer_file_never_reaches_the_library(
    folder: Path, craft: Callable[[dict[str, Any]], Any]
) -> None:
    changed(folder / "tokenizer.json", craft)
    with pytest.raises(CheckpointError, match=r"tokenizer file is damaged.*tokenizer\.json"):
        load_tokenizer(folder)


def test_what_the_library_wrote_in_earlier_versions_is_read(folder: Path) -> None:
    before = load_tokenizer(folder).tokenize("the cats sat")
    changed(folder / "tokenizer.json", older)
    assert load_tokenizer(folder).tokenize("the cats sat") == before


def older(document: dict[str, Any]) -> None:
    model = document["model"]
    model["merges"] = [" ".join(pair) for pair in model["merges"]]
    del model["ignore_merges"], model["byte_fallback"]


@pytest.mark.parametrize("split", ["byte-level", "whitespace"])
def test_a_byte_pair_encoding_is_the_same_after_loading(tmp_path: Path, split: Any) -> None:
    tokenizer = train_bpe(TEXTS, vocabulary_size=290, split=split)
    tokenizer.save(tmp_path / "one")
    load_tokenizer(tmp_path / "one").save(tmp_path / "two")
    written = [(tmp_path / name / "tokenizer.json").read_bytes() for name in ("one", "two")]
    assert written[0] == written[1]


DAMAGE: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a word changed": lambda d: d["words"].__setitem__(100, "vary"),
    "two words changed places": lambda d: d["words"].reverse(),
    "a word gone": lambda d: (d["words"].pop(), d.update(size=d["size"] - 1)),
    "another special": lambda d: (d.update(specials=["<bos>"]), d.update(size=d["size"] + 1)),
    "no size": lambda d: d.pop("size"),
    "a size that is a text": lambda d: d.update(size=str(d["size"])),
    "words that are numbers": lambda d: d.update(words=[1, 2]),
    "no words": lambda d: d.pop("words"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_vocabulary_that_does_not_fit_its_tokenizer_is_named(
    folder: Path, damage: Callable[[dict[str, Any]], Any]
) -> None:
    changed(folder / "vocabulary.json", damage)
    with pytest.raises(CheckpointError, match=r"vocabulary file is damaged.*vocabulary\.json"):
        load_text(folder)


def put_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def put_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.json"])
@pytest.mark.parametrize("put", [put_link, put_pipe, put_folder])
def test_what_is_no_ordinary_file_is_not_opened(
    folder: Path, name: str, put: Callable[[Path], None]
) -> None:
    put(folder / name)
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        load_text(folder)


def test_any_flipped_bit_or_cut_is_named_or_leaves_a_tokenizer_that_works(folder: Path) -> None:
    chance = random.Random(0)
    named: list[bool] = []
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for number in range(150):
            content = bytearray(whole)
            place = chance.randrange(len(content))
            if number % 5:
                content[place] ^= 1 << chance.randrange(8)
            else:
                del content[place:]
            path.write_bytes(content)
            try:
                tokenizer, vocabulary = load_text(folder)
            except SeqkitError as error:
                named.append(str(folder) in str(error))
            else:
                assert len(vocabulary.encode(tokenizer.tokenize("the cat"))) > 0
        path.write_bytes(whole)
    assert len(named) > 200
    assert all(named)


@pytest.mark.parametrize("name", ["a:b:c", "torchtext:", "torchtext:/x", "x" * 200 + ":y", "a:b/"])
def test_a_name_that_no_plugin_can_have_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "tokenizer.json").write_text(json.dumps({"tokenizer": name}))
    with pytest.raises(CheckpointError, match="not known"):
        load_tokenizer(tmp_path)
    with pytest.raises(SeqkitError):
        build_tokenizer(name)
