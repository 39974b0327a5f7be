"""The task classification: from records to arrays, and from outputs to answers."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.api import Arrays, Classes, Codec, Record, Tokens
from seqkit.config import validate
from seqkit.errors import ConfigurationError, DataError
from seqkit.text.packing import ShownTexts
from seqkit_classification._codec import ClassificationCodec, class_logits
from seqkit_classification._labels import in_order, label_name
from seqkit_classification.task import Classification

TASK = Classification()
TOKENIZERS = ("basic-english", "whitespace", "characters", "bpe")
TRAIN: list[Record] = [
    {"text": "A good film, it's good!", "label": "pos"},
    {"text": "a bad film", "label": "neg"},
    {"text": "Bad bad bad.", "label": "neg"},
]


def encode(
    splits: Mapping[str, Iterable[Record]], **config: Any
) -> tuple[ClassificationCodec, dict[str, Arrays], list[str]]:
    told: list[str] = []
    values = {"minimum_count": 1, **config}
    codec, encoded = TASK.encode(TASK.Config(**values), splits, told.append)
    assert isinstance(codec, ClassificationCodec)
    return codec, encoded, told


def reloaded(codec: Codec, folder: Path) -> Codec:
    codec.save(folder)
    return TASK.load(folder)


def texts_of(codec: Codec, arrays: Arrays) -> list[str]:
    return [record["text"] for record in codec.records(arrays, range(len(arrays["offsets"]) - 1))]


# --- encoding -------------------------------------------------------------------------------------


def test_the_vocabulary_and_the_labels_come_from_the_training_split_alone() -> None:
    test = [{"text": "a splendid film", "label": "neg"}]
    codec, encoded, _ = encode({"train": TRAIN, "test": test})
    assert "splendid" not in codec.vocabulary
    assert codec.vocabulary.decode(encoded["test"]["values"]) == ["a", "<unk>", "film"]
    # What is shown is the text as it was written.
    assert texts_of(codec, encoded["test"]) == ["a splendid film"]
    assert codec.shape.outputs == Classes(("neg", "pos"), (2, 1), logits=2)
    assert codec.shape.inputs == Tokens(len(codec.vocabulary), unknown=1)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_arrays_are_flat_and_typed_as_the_engine_wants_them(tokenizer: str) -> None:
    _, encoded, told = encode({"train": TRAIN, "validation": TRAIN[:1]}, tokenizer=tokenizer)
    for arrays, size in ((encoded["train"], 3), (encoded["validation"], 1)):
        assert [arrays[name].dtype for name in ("values", "offsets", "targets")] == [
            np.int32,
            np.int64,
            np.int64,
        ]
        assert len(arrays["offsets"]) == size + 1
        assert arrays["offsets"][0] == 0
        assert arrays["offsets"][-1] == len(arrays["values"])
        assert len(arrays["targets"]) == size
    assert encoded["train"]["targets"].tolist() == [1, 0, 0]
    assert not told


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_the_training_split_encoded_again_gives_the_same_ids(tokenizer: str) -> None:
    codec, encoded, _ = encode({"train": TRAIN}, tokenizer=tokenizer, maximum_length=4)
    again = codec.encode(TRAIN, lambda message: None)
    for name, array in encoded["train"].items():
        np.testing.assert_array_equal(again[name], array)


def test_each_split_is_read_once_and_may_be_an_iterator() -> None:
    codec, encoded, _ = encode({"train": iter(TRAIN), "test": iter(TRAIN)})
    assert len(codec.sizes(encoded["train"])) == len(codec.sizes(encoded["test"])) == 3
    encode({"train": iter(TRAIN)}, tokenizer="bpe")


@pytest.mark.parametrize(
    ("truncate", "kept"), [("end", "one two three"), ("start", "three four five")]
)
def test_a_long_text_loses_its_end_or_its_start(truncate: str, kept: str) -> None:
    train = [{"text": "one two three four five", "label": 0}, {"text": "one two", "label": 1}]
    codec, encoded, _ = encode({"train": train, "test": train}, maximum_length=3, truncate=truncate)
    assert texts_of(codec, encoded["train"]) == [kept, "one two"]
    assert texts_of(codec, encoded["test"]) == [kept, "one two"]


def test_no_text_is_truncated_without_a_maximum_length() -> None:
    train = [{"text": "word " * 1000, "label": 0}, {"text": "word", "label": 1}]
    codec, encoded, _ = encode({"train": train}, maximum_length=0)
    assert codec.sizes(encoded["train"]).tolist() == [1000, 1]


def test_rare_words_are_unknown_and_the_vocabulary_has_its_size() -> None:
    codec, _, _ = encode({"train": TRAIN}, minimum_count=2, tokenizer="whitespace")
    assert codec.vocabulary.tokens == ("<pad>", "<unk>", "bad")
    codec, _, _ = encode({"train": TRAIN}, maximum_size=4)
    assert len(codec.vocabulary) == 4
    codec, _, _ = encode({"train": TRAIN}, maximum_size=0)
    assert len(codec.vocabulary) > 8


def test_lowercase_is_applied_to_training_and_new_texts_alike(tmp_path: Path) -> None:
    codec, _, _ = encode({"train": TRAIN}, tokenizer="whitespace", lowercase=True)
    arrays = reloaded(codec, tmp_path).encode([{"text": "BAD Film"}], lambda message: None)
    assert texts_of(codec, arrays) == ["bad film"]


def test_an_empty_text_is_one_unknown_token_and_is_reported() -> None:
    train = [{"text": "", "label": "pos"}, *TRAIN, {"text": " ", "label": "neg"}]
    codec, encoded, told = encode({"train": train, "test": train[:2]})
    values, offsets = encoded["train"]["values"], encoded["train"]["offsets"]
    assert (np.diff(offsets) > 0).all()
    assert values[offsets[0] : offsets[1]].tolist() == [1]
    assert values[offsets[4] : offsets[5]].tolist() == [1]
    assert texts_of(codec, encoded["train"])[1:4] == texts_of(
        codec, encode({"train": TRAIN})[1]["train"]
    )
    assert told == [
        "2 of 5 texts of the train split are empty and were kept as one unknown token "
        "(the first is record 1)",
        "1 of 2 texts of the test split are empty and were kept as one unknown token "
        "(the first is record 1)",
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["", " ", "a b", "bad film ok", "c"]), min_size=1, max_size=8))
def test_empty_texts_never_move_the_others(texts: list[str]) -> None:
    codec, _, _ = encode({"train": TRAIN})
    arrays = codec.encode([{"text": text} for text in texts], lambda message: None)
    alone = [codec.encode([{"text": text}], lambda message: None)["values"] for text in texts]
    np.testing.assert_array_equal(arrays["values"], np.concatenate(alone))
    assert codec.sizes(arrays).tolist() == [len(one) for one in alone]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_hostile_texts_are_encoded(tokenizer: str) -> None:
    codec, _, _ = encode({"train": TRAIN}, tokenizer=tokenizer)
    hostile = [
        "nul \0 and \x1b[31m",
        "\ud800 lone",
        "x" * 1_000_000,
        "\u2028\x85",
        "\U0001f600" * 9,
    ]
    arrays = codec.encode(codec.parse(hostile), lambda message: None)
    sizes = codec.sizes(arrays)
    assert (sizes > 0).all()
    assert sizes.max() <= 400
    assert len(codec.records(arrays, range(len(hostile)))) == len(hostile)


def test_a_batch_is_padded_on_the_right_in_the_order_asked_for() -> None:
    codec, encoded, _ = encode({"train": TRAIN}, tokenizer="whitespace")
    batch = codec.batch(encoded["train"], np.array([1, 0]))
    assert batch["lengths"].tolist() == [3, 5]
    assert batch["targets"].tolist() == [0, 1]
    assert batch["inputs"].shape == (2, 5)
    assert batch["inputs"][0, 3:].tolist() == [0, 0]
    assert (batch["inputs"][0, :3] > 0).all()
    assert all(array.dtype == np.int64 for array in batch.values())


def test_a_split_without_labels_beyond_validation_and_test_has_no_targets() -> None:
    codec, encoded, _ = encode({"train": TRAIN, "unlabelled": [{"text": "a film"}]})
    assert "targets" not in encoded["unlabelled"]
    assert "targets" not in codec.batch(encoded["unlabelled"], np.array([0]))
    assert codec.records(encoded["unlabelled"], [0]) == [{"text": "a film"}]


# --- labels ---------------------------------------------------------------------------------------


def test_numeric_labels_are_sorted_by_value_and_words_by_code_point() -> None:
    assert in_order(["10", "9", "-1", "9.5"]) == ("-1", "9", "9.5", "10")
    assert in_order(["b", "10", "9", "a"]) == ("10", "9", "a", "b")
    assert in_order(["nan", "2", "10"]) == ("10", "2", "nan")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "1"),
        (1.0, "1"),
        ("1", "1"),
        (0.5, "0.5"),
        (True, "True"),
        (np.int64(3), "3"),
        (np.float32(2), "2"),
        (np.str_("a"), "a"),
        ("", None),
        (None, None),
        (math.nan, None),
    ],
)
def test_a_label_has_one_spelling(value: Any, name: str | None) -> None:
    assert label_name(value) == name


def test_labels_of_several_types_that_look_alike_are_one_class() -> None:
    train = [{"text": "a b", "label": label} for label in (1, 1.0, "1", 0, "10")]
    codec, encoded, _ = encode({"train": train})
    assert codec.labels == ("0", "1", "10")
    assert encoded["train"]["targets"].tolist() == [1, 1, 1, 0, 2]


# --- bad data -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ({"test": TRAIN}, r"there is no train split, in the dataset\. It has: test"),
        ({"train": []}, r"there is no record, in the train split\. Check"),
        ({"train": TRAIN, "test": []}, r"there is no record, in the test split\. Check"),
        ({"train": TRAIN[1:]}, r"only one class, 'neg', in the train split\. Give examples"),
        (
            {"train": [*TRAIN, {"review": "x", "label": 1}]},
            r"record 4 has no text, in the train split\. Its fields are: 'review', 'label'",
        ),
        (
            {"train": [*TRAIN, {"text": 5, "label": 1}]},
            r"the text of record 4 is 5, in the train split\. It must be text",
        ),
        (
            {"train": [*TRAIN, {"text": "what a film", "id": "row 7"}]},
            r"record 4 \('what a film', id row 7\) has no label, in the train split\. Give it one",
        ),
        (
            {"train": TRAIN, "validation": [{"text": "what a film", "label": None}]},
            r"record 1 \('what a film'\) has no label, in the validation split",
        ),
        (
            {"train": [*TRAIN, {"text": "x", "label": ["a"]}]},
            r"the label of record 4 \('x'\) names no class: \['a'\] is a list, in the train split",
        ),
        (
            {"train": TRAIN, "test": [TRAIN[0], {"text": "so " * 20, "label": "neutral"}]},
            r"the label 'neutral' of record 2 \('so so .*\.\.\.'\) does not occur in the training "
            r"data, in the test split\. The labels there are: neg, pos\. Add training examples",
        ),
        (
            {"train": [{"text": "", "label": 0}, {"text": "", "label": 1}]},
            r"every text is empty, in the train split\. Check which field",
        ),
    ],
)
@pytest.mark.parametrize("tokenizer", ["basic-english", "bpe"])
def test_data_that_cannot_be_learnt_from_are_refused_by_split_and_record(
    tokenizer: str, splits: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        encode(splits, tokenizer=tokenizer)


def test_a_minimum_count_that_leaves_no_word_is_refused() -> None:
    with pytest.raises(DataError, match=r"no token occurs 9 times, .*task\.minimum_count=1"):
        encode({"train": TRAIN}, minimum_count=9)


@pytest.mark.parametrize("value", [1, 2, -1])
def test_a_vocabulary_without_room_for_a_word_is_refused(value: int) -> None:
    config, problems = validate(TASK.Config, {"maximum_size": value}, "task", "text:classification")
    assert config is None
    assert [problem.key for problem in problems] == ["task.maximum_size"]


# --- prediction -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_a_saved_encoder_is_the_same_encoder(tokenizer: str, tmp_path: Path) -> None:
    train = [{**record, "label": f"\ud800 {record['label']} \0 é"} for record in TRAIN]
    codec, encoded, _ = encode(
        {"train": train}, tokenizer=tokenizer, truncate="start", maximum_length=3
    )
    other = reloaded(codec, tmp_path)
    assert other.shape == codec.shape
    again = other.encode(train, lambda message: None)
    for name, array in encoded["train"].items():
        np.testing.assert_array_equal(again[name], array)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": "ab"},
        {"labels": ["a"]},
        {"counts": [1, "2"]},
        {"reading": {"keep": "head"}},
        {"reading": None},
    ],
)
def test_a_damaged_encoder_is_named(change: dict[str, Any], tmp_path: Path) -> None:
    encode({"train": TRAIN})[0].save(tmp_path)
    path = tmp_path / "classification.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=r"file is damaged: .*classification\.json. Restore it"):
        TASK.load(tmp_path)


@pytest.mark.parametrize("name", ["classification.json", "vocabulary.json", "tokenizer.json"])
def test_a_missing_or_torn_file_of_an_encoder_is_named(name: str, tmp_path: Path) -> None:
    encode({"train": TRAIN})[0].save(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        TASK.load(tmp_path)
    path.unlink()
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        TASK.load(tmp_path)


def test_texts_and_records_are_parsed_without_their_targets() -> None:
    codec, _, _ = encode({"train": TRAIN})
    parsed = codec.parse(["good", {"text": "bad", "label": "neutral", "more": 1}])
    assert parsed == [{"text": "good"}, {"text": "bad"}]
    assert "targets" not in codec.encode(parsed, lambda message: None)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (5, "input 2 is 5, a int. Give a text"),
        (None, "input 2 is None"),
        (b"bytes", "input 2 is b'bytes', a bytes"),
        ({"review": "x"}, "input 2 has no text; its fields are: 'review'"),
        ({"text": 3}, "input 2 is {'text': 3}, a dict"),
    ],
)
def test_an_input_of_the_wrong_type_is_named_by_its_position(item: Any, message: str) -> None:
    codec, _, _ = encode({"train": TRAIN})
    with pytest.raises(ConfigurationError) as caught:
        codec.parse(["fine", item])
    assert message in str(caught.value)


def test_empty_inputs_of_a_prediction_are_answered_and_reported() -> None:
    codec, _, _ = encode({"train": TRAIN})
    told: list[str] = []
    arrays = codec.encode(codec.parse([""]), told.append)
    assert codec.batch(arrays, np.array([0]))["inputs"].tolist() == [[1]]
    assert told[0].startswith("1 of 1 texts of the inputs are empty")


def test_answers_hold_the_probability_of_each_label() -> None:
    codec, _, _ = encode({"train": TRAIN})
    outputs = torch.tensor([[0.0, math.log(3)], [1.0, -1.0]], requires_grad=True)
    records = [{"text": "x"}, {"text": "y", "label": "pos"}]
    first, second = codec.answers(outputs, records)
    assert first["text"] == "x"
    assert first["label"] == "pos"
    assert first["probability"] == pytest.approx(0.75)
    assert first["probabilities"] == pytest.approx({"neg": 0.25, "pos": 0.75})
    assert "target" not in first
    assert (second["target"], second["label"], second["correct"]) == ("pos", "neg", False)
    json.dumps([first, second])


def test_a_single_logit_is_answered_and_reported_as_two() -> None:
    codec, _, _ = encode({"train": TRAIN})
    outputs = torch.tensor([[math.log(3)], [-2.0]])
    answers = codec.answers(outputs, [{"text": "x"}, {"text": "y"}])
    assert answers[0]["probability"] == pytest.approx(0.75)
    assert [answer["label"] for answer in answers] == ["pos", "neg"]
    targets = torch.tensor([1, 0])
    predictions, reported = codec.metric_inputs(outputs, {"targets": targets})
    torch.testing.assert_close(predictions, torch.tensor([[0, math.log(3)], [0, -2.0]]))
    assert reported is targets
    torch.testing.assert_close(predictions.softmax(1)[:, 1], outputs[:, 0].sigmoid())


def test_logits_of_several_classes_are_reported_as_they_are() -> None:
    outputs = torch.randn(4, 3)
    assert class_logits(outputs) is outputs


def test_samples_show_the_text_as_far_as_the_model_reads_it_with_its_label() -> None:
    codec, encoded, _ = encode({"train": TRAIN}, maximum_length=5)
    records = codec.records(encoded["train"], [0, 2])
    assert records == [
        {"text": "a good film, it", "label": "pos"},
        {"text": "Bad bad bad.", "label": "neg"},
    ]


def test_of_more_texts_than_are_kept_the_others_are_shown_as_they_are_encoded() -> None:
    kept = ShownTexts(most=12)
    assert list(kept.passing(["a good film", "Splendid"])) == ["a good film", "Splendid"]
    codec, *_ = encode({"train": TRAIN})
    arrays = codec.encode([{"text": "a good film"}, {"text": "Splendid"}], print)
    assert texts_of(codec, {**arrays, **kept.arrays()}) == ["a good film", "<unk>"]
    assert texts_of(codec, arrays) == ["a good film", "Splendid"]
    assert ShownTexts().arrays() == {}
