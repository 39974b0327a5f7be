"""The task seq2seq: from pairs of texts to arrays, and from what is written to answers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor, nn

from seqkit.api import Arrays, Record, Tokens
from seqkit.config import validate
from seqkit.errors import ConfigurationError, DataError
from seqkit.nn import DecodingStep
from seqkit_seq2seq._codec import Seq2SeqCodec
from seqkit_seq2seq.task import Seq2SeqPrediction, Seq2SeqTask

TASK = Seq2SeqTask()
TRAIN: list[Record] = [
    {"source": "Ein Hund läuft.", "target": "A dog runs."},
    {"source": "Eine Katze schläft.", "target": "A cat sleeps."},
    {"source": "Zwei Hunde laufen schnell.", "target": "Two dogs run fast."},
]
TOKENIZERS = ("bpe", "basic-english", "whitespace", "characters")


def encode(
    splits: Mapping[str, Iterable[Record]], **config: Any
) -> tuple[Seq2SeqCodec, dict[str, Arrays], list[str]]:
    told: list[str] = []
    values = {"minimum_count": 1, "bpe_size": 300, **config}
    codec, encoded = TASK.encode(TASK.Config(**values), splits, told.append)
    assert isinstance(codec, Seq2SeqCodec)
    return codec, encoded, told


def written(codec: Seq2SeqCodec, arrays: Arrays, index: int) -> str:
    """The text of a target's ids, without the one that ends it."""
    offsets = arrays["target_offsets"]
    ids = arrays["target_values"][offsets[index] : offsets[index + 1]].tolist()
    assert ids[-1] == codec.end
    return codec.target.text(codec.target.decode(ids[:-1]))


class Parrot(nn.Module):
    """Writes the source's tokens one after another, attending to each, and then ends."""

    def __init__(self, codec: Seq2SeqCodec, swaps: Mapping[int, int] | None = None) -> None:
        super().__init__()
        self.end, self.size = codec.end, len(codec.target.vocabulary)
        self.swaps = swaps or {}

    def begin(self, inputs: Tensor, lengths: Tensor) -> tuple[Any, Any]:
        ends = torch.full((len(inputs), 1), self.end)
        longer = torch.cat([inputs, ends], dim=1)
        longer[torch.arange(len(inputs)), lengths] = self.end
        return longer, torch.zeros(len(inputs), dtype=torch.int64)

    def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
        state = state.clamp(max=memory.shape[1] - 1)
        chosen = memory.gather(1, state.unsqueeze(1))[:, 0]
        for old, new in self.swaps.items():
            chosen = torch.where(chosen == old, new, chosen)
        logits = torch.full((len(tokens), self.size), -9.0).scatter(1, chosen.unsqueeze(1), 9.0)
        weights = nn.functional.one_hot(state, memory.shape[1])[:, :-1].float()
        return DecodingStep(logits, state + 1, weights)


def answers(
    codec: Seq2SeqCodec, model: nn.Module, records: list[Record], **options: Any
) -> list[dict[str, Any]]:
    arrays = codec.encode(records, print)
    batch = codec.batch(arrays, np.arange(len(records)))
    tensors = {name: torch.from_numpy(array) for name, array in batch.items()}
    return codec.predict(model, tensors, records, Seq2SeqPrediction(**options))


# --- encoding -------------------------------------------------------------------------------------


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_a_saved_encoder_encodes_and_decodes_as_before(
    tokenizer: str, joint: bool, tmp_path: Path
) -> None:
    codec, encoded, _ = encode({"train": TRAIN}, tokenizer=tokenizer, joint=joint)
    codec.save(tmp_path)
    again = TASK.load(tmp_path)
    assert isinstance(again, Seq2SeqCodec)
    assert again.shape == codec.shape
    assert again.slack == codec.slack
    for name, array in again.encode(TRAIN, print).items():
        np.testing.assert_array_equal(array, encoded["train"][name])
    for index, record in enumerate(TRAIN):
        text = written(again, encoded["train"], index)
        assert text == (
            record["target"].lower() if tokenizer == "basic-english" else record["target"]
        )


@given(
    pairs=st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), min_size=1)] * 2),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=25)
def test_records_give_back_the_raw_texts_and_bpe_every_target(pairs: list[tuple[str, str]]) -> None:
    records = [{"source": "x" + source, "target": "y" + target} for source, target in pairs]
    codec, encoded, _ = encode({"train": records}, maximum_length=0)
    assert codec.records(encoded["train"], range(len(records))) == records
    for index, record in enumerate(records):
        assert written(codec, encoded["train"], index) == record["target"]


def test_the_vocabularies_come_from_the_training_split_alone() -> None:
    test = [{"source": "Ein Vogel fliegt", "target": "A bird flies"}]
    codec, encoded, _ = encode({"train": TRAIN, "test": test}, tokenizer="whitespace", joint=False)
    assert "Vogel" not in codec.source.vocabulary
    assert "dog" not in codec.source.vocabulary
    assert "dog" in codec.target.vocabulary
    assert codec.records(encoded["test"], [0]) == test
    assert codec.shape.extras == {"begin": 2, "end": 3, "joint": False}
    assert codec.shape.inputs == Tokens(len(codec.source.vocabulary), unknown=1)


def test_a_batch_holds_targets_and_what_the_decoder_reads_before_each() -> None:
    codec, encoded, _ = encode({"train": TRAIN}, tokenizer="whitespace")
    batch = codec.batch(encoded["train"], np.array([2, 0]))
    targets, inputs = batch["targets"], batch["decoder_inputs"]
    assert targets.shape == inputs.shape == (2, 5)
    assert batch["lengths"].tolist() == [4, 3]
    assert targets[0, -1] == codec.end
    assert targets[1].tolist()[3:] == [codec.end, 0]
    assert inputs[:, 0].tolist() == [codec.begin] * 2
    assert inputs[0, 1:].tolist() == targets[0, :-1].tolist()
    assert inputs[1, 1:].tolist() == [*targets[1, :3], 0]
    assert "targets" not in codec.batch(codec.encode([{"source": "Hund"}], print), np.array([0]))


def test_every_pair_is_in_one_batch_of_an_epoch_and_lengths_of_targets_agree() -> None:
    random = np.random.default_rng(0)
    pairs = [
        {"source": "a " * size, "target": "b " * int(random.integers(1, 30))}
        for size in random.integers(1, 30, 500).tolist()
    ]
    codec, encoded, _ = encode({"train": pairs}, tokenizer="whitespace")
    arrays = encoded["train"]
    sizes = np.diff(arrays["target_offsets"])
    for generator in (None, np.random.default_rng(1)):
        plan = codec.plan(arrays, 16, generator)
        assert plan is not None
        assert sorted(np.concatenate(plan).tolist()) == list(range(500))
        if generator is not None:
            assert sum(sizes[part].max() * len(part) for part in plan) < 1.1 * sizes.sum()


def test_long_training_pairs_are_left_out_and_told() -> None:
    long = {"source": "a b c d", "target": "a"}
    codec, encoded, told = encode(
        {"train": [*TRAIN, long], "validation": [long]}, tokenizer="whitespace", maximum_length=3
    )
    assert codec.records(encoded["train"], range(2)) == TRAIN[:2]
    assert codec.records(encoded["validation"], [0]) == [long]
    assert len(told) == 1
    assert "2 of 4 training pairs have more than 3 tokens" in told[0]
    assert "the first is record 3" in told[0]
    assert codec.sizes(codec.encode([{"source": "a b c d e f"}], print)).tolist() == [3]


def test_outputs_may_be_as_long_as_training_targets_were() -> None:
    pairs = [{"source": "a", "target": "b " * 40}, *TRAIN]
    codec, _, _ = encode({"train": pairs}, tokenizer="whitespace")
    assert codec.slack == 40 + 1 - 2
    assert encode({"train": TRAIN}, tokenizer="whitespace")[0].slack == 10


# --- answers --------------------------------------------------------------------------------------


def test_an_answer_holds_the_raw_texts_the_score_and_whether_it_is_right() -> None:
    codec, _, _ = encode({"train": TRAIN})
    right = {"source": "Ein Hund läuft.", "target": "Ein Hund läuft."}
    found = answers(codec, Parrot(codec), [right, {**TRAIN[1]}])
    assert [answer["prediction"] for answer in found] == ["Ein Hund läuft.", "Eine Katze schläft."]
    assert [answer["correct"] for answer in found] == [True, False]
    assert set(found[0]) == {"view", "source", "prediction", "score", "target", "correct"}
    assert found[0]["score"] == pytest.approx(0, abs=1e-4)
    assert set(answers(codec, Parrot(codec), [{"source": "Hund"}])[0]) == {
        "view",
        "source",
        "prediction",
        "score",
    }


def test_n_best_and_attention_are_given_when_asked_for() -> None:
    codec, _, _ = encode({"train": TRAIN}, tokenizer="whitespace")
    records: list[Record] = [{"source": "Ein Hund"}, {"source": "Zwei Hunde laufen"}]
    found = answers(codec, Parrot(codec), records, beam=3, n_best=2, attention=True)
    assert [len(answer["n_best"]) for answer in found] == [2, 2]
    assert found[0]["n_best"][0] == {
        "prediction": found[0]["prediction"],
        "score": found[0]["score"],
    }
    assert found[0]["source_tokens"] == found[0]["prediction_tokens"] == ["Ein", "Hund"]
    assert found[0]["attention"] == [[1.0, 0.0], [0.0, 1.0]]
    assert json.loads(json.dumps(found)) == found


def test_unknown_words_are_copied_from_the_source_where_asked() -> None:
    codec, _, _ = encode({"train": TRAIN}, tokenizer="whitespace")
    records: list[Record] = [{"source": "Ein Zyklotron Hund"}]
    assert answers(codec, Parrot(codec), records)[0]["prediction"] == "Ein <unk> Hund"
    copied = answers(codec, Parrot(codec), records, copy_unknown=True)[0]
    assert copied["prediction"] == "Ein Zyklotron Hund"
    assert "attention" not in copied


@pytest.mark.parametrize("blank", ["", " ", "\u2028"])
def test_an_empty_source_has_an_empty_answer(blank: str) -> None:
    codec, _, _ = encode({"train": TRAIN}, tokenizer="whitespace")
    records: list[Record] = [{"source": blank}]
    answer = answers(codec, Parrot(codec), records, attention=True, beam=2, n_best=2)[0]
    assert answer["prediction"] == ""
    assert [one["prediction"] for one in answer["n_best"]] == ["", ""]
    assert answer["attention"] == answer["source_tokens"] == answer["prediction_tokens"] == []


def test_a_longest_length_ends_an_output() -> None:
    codec, _, _ = encode({"train": TRAIN}, tokenizer="whitespace")
    found = answers(codec, Parrot(codec), [TRAIN[2]], maximum_length=2)
    assert found[0]["prediction"] == "Zwei Hunde"


def test_a_model_that_cannot_be_decoded_is_named() -> None:
    codec, _, _ = encode({"train": TRAIN})
    with pytest.raises(ConfigurationError, match="Linear cannot be decoded, as it lacks begin"):
        answers(codec, nn.Linear(1, 1), [TRAIN[0]])


def test_attention_of_a_model_without_it_is_refused() -> None:
    class Deaf(Parrot):
        def step(self, tokens: Tensor, memory: Any, state: Any) -> DecodingStep:
            return super().step(tokens, memory, state)._replace(attention=None)

    codec, _, _ = encode({"train": TRAIN})
    assert answers(codec, Deaf(codec), [TRAIN[0]])
    for option in ("attention", "copy_unknown"):
        with pytest.raises(ConfigurationError, match=f"{option} needs a model with attention"):
            answers(codec, Deaf(codec), [TRAIN[0]], **{option: True})


def test_more_of_the_best_than_the_beam_holds_are_refused() -> None:
    _, problems = validate(Seq2SeqPrediction, {"beam": 2, "n_best": 3}, "", "seq2seq")
    assert problems[0].message == "n_best (3) must not be above beam (2)"


# --- what cannot be used --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"source": "Hund"}, "record 2 has no target, in the train split"),
        ({"target": "dog"}, "record 2 has no source, in the train split. Its fields are: 'target'"),
        ({"source": "Hund", "target": " "}, r"the target of record 2 \('Hund'\) is empty"),
        ({"source": "", "target": "dog", "id": "7"}, r"source of record 2 \('', id 7\) is empty"),
        ({"source": "Hund", "target": 3}, "the target of record 2 is 3, in the train split"),
    ],
)
def test_a_pair_that_is_none_is_named(record: Record, message: str) -> None:
    with pytest.raises(DataError, match=message):
        encode({"train": [TRAIN[0], record]})


def test_data_without_a_pair_or_a_known_word_are_refused() -> None:
    with pytest.raises(DataError, match="there is no pair, in the train split"):
        encode({"train": []})
    with pytest.raises(DataError, match="there is no train split"):
        encode({"test": TRAIN})
    with pytest.raises(DataError, match="no token of a source occurs 99 times"):
        encode({"train": TRAIN}, tokenizer="whitespace", minimum_count=99)
    with pytest.raises(DataError, match="every pair has more than 1 tokens"):
        encode({"train": TRAIN}, tokenizer="whitespace", maximum_length=1)


def test_inputs_of_predict_are_texts_or_records_with_a_source() -> None:
    codec, _, _ = encode({"train": TRAIN})
    assert codec.parse(["a", TRAIN[0]]) == [{"source": "a"}, {"source": "Ein Hund läuft."}]
    with pytest.raises(ConfigurationError, match="input 2 has no source; its fields are: 'text'"):
        codec.parse(["a", {"text": "b"}])
    with pytest.raises(ConfigurationError, match="input 1 is 3, a int"):
        codec.parse([3])  # type: ignore[list-item]


def test_a_damaged_encoder_is_named(tmp_path: Path) -> None:
    codec, _, _ = encode({"train": TRAIN})
    codec.save(tmp_path)
    (tmp_path / "seq2seq.json").write_text("{}")
    with pytest.raises(DataError, match=r"file is damaged: .*seq2seq\.json"):
        TASK.load(tmp_path)
    (tmp_path / "seq2seq.json").unlink()
    with pytest.raises(DataError, match=r"No seq2seq file seq2seq\.json"):
        TASK.load(tmp_path)


# --- baselines ------------------------------------------------------------------------------------


def test_baselines_copy_the_source_and_give_the_most_frequent_target() -> None:
    train = [*TRAIN, {"source": "x", "target": "A cat sleeps."}]
    test = [
        {"source": "A cat sleeps.", "target": "A cat sleeps."},
        {"source": "OK", "target": "OK"},
        {"source": "Hund", "target": "dog"},
        {"source": "Katze", "target": "cat"},
    ]
    codec, encoded, _ = encode({"train": train, "test": test})
    found = codec.baselines(encoded, "test")
    assert found["copy-source"]["exact-match"] == 0.5
    assert found["most-frequent-target"]["exact-match"] == 0.25
    assert set(found["copy-source"]) == {"bleu", "chrf", "exact-match"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("length_penalty", 700.0),
        ("length_penalty", 1e308),
        ("maximum_length", 10**12),
        ("maximum_length", 10**30),
        ("beam", 10**30),
    ],
)
def test_numbers_that_no_output_can_be_found_with_are_refused(setting: str, value: float) -> None:
    with pytest.raises(ValidationError, match=setting):
        Seq2SeqPrediction(**{setting: value})  # type: ignore[arg-type]
