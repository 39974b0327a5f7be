"""Tests of the task `word-tags` and its datasets."""

from pathlib import Path

import numpy as np
import pytest
import torch
from seqkit_example.event_order import generate, tag_events
from seqkit_example.tag_codec import TagCodec
from seqkit_example.tagged_file import read_sentences
from seqkit_example.word_tags import EventTags, TaggedFile, WordTags

import seqkit

TRAIN = [
    {"words": ["Ada", "sang", "."], "tags": ["noun", "verb", "mark"]},
    {"words": ["Ben", "danced"], "tags": ["noun", "verb"]},
    {"words": ["Ada", "danced", "."], "tags": ["noun", "verb", "mark"]},
]


@pytest.fixture
def fitted() -> tuple[seqkit.Codec, dict[str, seqkit.Arrays]]:
    task = WordTags()
    splits = {"train": TRAIN, "test": TRAIN[1:2]}
    return task.encode(task.Config(minimum_count=1), splits, print)


def a_file(folder: Path, text: str, name: str = "mine.conll") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("label", ["in-order", "reversed"])
@pytest.mark.parametrize("joins", ["before", "after"])
def test_each_word_of_an_event_has_the_tag_of_that_event(label: str, joins: str) -> None:
    drawn = generate(60, reversed_share=0.5, seed=0)
    (record, *_) = [r for r in drawn if r["label"] == label and f" {joins} " in r["text"]]
    tagged = tag_events(record)

    told = [tag for tag in dict.fromkeys(tagged["tags"]) if tag != "O"]
    assert told == (["earlier", "later"] if label == "in-order" else ["later", "earlier"])
    neither = {w for w, t in zip(tagged["words"], tagged["tags"], strict=True) if t == "O"}
    assert {joins, "."} <= neither


def test_the_generated_splits_differ_and_are_repeatable() -> None:
    dataset = EventTags()
    first, again = (dataset.splits(dataset.Config(sentences=80), print) for _ in range(2))
    texts = [" ".join(record["words"]) for part in first.values() for record in part]

    assert first == again
    assert len(set(texts)) == 80


def test_a_batch_is_padded_so_that_padded_steps_count_nothing(
    fitted: tuple[seqkit.Codec, dict[str, seqkit.Arrays]],
) -> None:
    codec, arrays = fitted
    batch = codec.batch(arrays["train"], np.array([1, 0]))

    assert batch["lengths"].tolist() == [2, 3]
    assert batch["inputs"][0, 2] == 0
    assert batch["targets"].tolist() == [[1, 2, -1], [1, 2, 0]]


def test_the_codec_comes_back_as_it_was_saved(
    fitted: tuple[seqkit.Codec, dict[str, seqkit.Arrays]], tmp_path: Path
) -> None:
    codec, _ = fitted
    codec.save(tmp_path)
    loaded = WordTags().load(tmp_path)

    assert loaded.shape == codec.shape
    assert loaded.tokens == codec.tokens


def test_answers_are_words_with_their_tags(
    fitted: tuple[seqkit.Codec, dict[str, seqkit.Arrays]],
) -> None:
    codec, _ = fitted
    (asked,) = codec.parse(["Ada sang."])
    outputs = torch.eye(3)[[1, 2, 0]][None]

    assert codec.answers(outputs, [asked]) == [
        {"view": "words", "words": ["Ada", "sang", "."], "tags": ["noun", "verb", "mark"]}
    ]
    (judged,) = codec.answers(outputs, TRAIN[:1])
    assert judged["correct"] is True


def test_a_sentence_without_words_has_no_tags(
    fitted: tuple[seqkit.Codec, dict[str, seqkit.Arrays]],
) -> None:
    codec, _ = fitted
    records = codec.parse(["  "])

    assert len(codec.encode(records, print)["values"]) == 1
    assert codec.answers(torch.zeros(1, 1, 3), records)[0]["tags"] == []


def test_the_baseline_is_the_most_frequent_tag_of_each_word() -> None:
    task = WordTags()
    train = [{"words": ["a", "a", "b"], "tags": ["X", "X", "Y"]}] * 2
    test = [{"words": ["a", "b", "new", "a"], "tags": ["X", "Y", "X", "Y"]}]
    codec, splits = task.encode(task.Config(), {"train": train, "test": test}, print)

    assert codec.baselines(splits, "test") == {"most-frequent-tag": {"accuracy": 0.75}}


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"words": ["a", "b"], "tags": ["X"]}, "sentence 4 of the train split needs"),
        ({"words": [], "tags": []}, "sentence 4 of the train split needs"),
        ({"words": "ab", "tags": "XY"}, "sentence 4 of the train split needs"),
        ({"words": ["a"]}, "sentence 4 of the train split needs"),
    ],
)
def test_a_record_that_does_not_fit_is_named(record: seqkit.Record, said: str) -> None:
    with pytest.raises(seqkit.DataError, match=said):
        WordTags().encode(WordTags.Config(), {"train": [*TRAIN, record]}, print)


def test_a_tag_that_training_has_not_is_named() -> None:
    splits = {"train": TRAIN, "test": [{"words": ["Ada"], "tags": ["name"]}]}
    with pytest.raises(seqkit.DataError, match="'name' does not occur in the train split"):
        WordTags().encode(WordTags.Config(), splits, print)


def test_an_input_that_is_no_sentence_is_named(
    fitted: tuple[seqkit.Codec, dict[str, seqkit.Arrays]],
) -> None:
    with pytest.raises(seqkit.ConfigurationError, match="input 2 has no list of words"):
        fitted[0].parse(["Ada", {"text": "Ada"}])


def test_a_damaged_codec_is_told(tmp_path: Path) -> None:
    task = WordTags()
    codec, _ = task.encode(task.Config(), {"train": TRAIN}, print)
    codec.save(tmp_path)
    (tmp_path / "word-tags.json").write_text('{"tags": ["a"], "counts": [1, 2]}')

    with pytest.raises(seqkit.CheckpointError, match="do not match"):
        TagCodec.load(tmp_path)


def test_a_file_has_a_word_and_its_tag_on_each_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, "Ada NNP noun\nsang VBD verb\n\n\nBen NNP noun\n\nEve NNP noun\n")

    assert read_sentences(path) == [
        {"words": ["Ada", "sang"], "tags": ["noun", "verb"]},
        {"words": ["Ben"], "tags": ["noun"]},
        {"words": ["Eve"], "tags": ["noun"]},
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ada noun\n\nBen\n\nEve noun\n", "no tag behind 'Ben' on line 3"),
        ("Ada noun\nBen noun\nEve noun\n", "has 1 of the 3 sentences"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(seqkit.DataError, match=said):
        read_sentences(a_file(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "text", "confidence"),
    [
        ("a.conll", "Ada noun\nsang verb\n\nBen noun\n", 1.0),
        ("a.txt", "Ada\tnoun\nsang\tverb\n\nBen\tnoun\n", 0.9),
        ("a.csv", "Ada,noun\n\nsang,verb\n", 0),
        ("a.txt", "Ada noun\nsang verb\n", 0),
        ("a.txt", "1 2\n3 4\n\n5 6\n", 0),
        ("a.txt", "Ada sang a song.\n\nBen danced.\n", 0),
        ("a.txt", "Ada\n\nBen\n", 0),
    ],
)
def test_a_file_is_recognised_by_its_columns_and_empty_lines(
    name: str, text: str, confidence: float, tmp_path: Path
) -> None:
    found = TaggedFile().recognise(seqkit.OwnData(a_file(tmp_path, text, name)), "")

    assert (found.confidence if found else 0) == confidence
    if found:
        assert "2 different tags" in found.said
        assert found.examples == 2
