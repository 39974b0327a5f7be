"""Language modelling from texts to batches: each token is told once, and the state goes along."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

import seqkit_recurrent
from seqkit.api import Arrays, Codec, Record, ignore
from seqkit.errors import ConfigurationError, DataError
from seqkit_textgen._streams import cut_windows, training_plan
from seqkit_textgen.metrics import BitsPerCharacter
from seqkit_textgen.task import LanguageModeling

WORDS = "the sea is wide, and the sea’s old song doesn't end.\nO sea\n\nNaïve 海 waves rise\t; "
SENTENCES = [WORDS[start:] + WORDS[:start] for start in range(0, len(WORDS), 7)]
Fitted = tuple[Codec, dict[str, Arrays]]


def fitted(texts: Mapping[str, list[str]] | None = None, **settings: Any) -> Fitted:
    given = texts or {"train": SENTENCES * 4, "validation": SENTENCES[:9], "test": SENTENCES[4:6]}
    records: dict[str, list[Record]] = {
        split: [{"text": text} for text in some] for split, some in given.items()
    }
    return LanguageModeling().encode(LanguageModeling.Config(**settings), records, ignore)


def network(codec: Codec, name: str = "lstm", **settings: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    model = {model.name: model for model in seqkit_recurrent.register_models()}[name]()
    config = model.Config(**{"hidden_size": 12, "embedding_size": 6, **settings})
    return model.build(config, codec.shape).eval()


def placed(batch: Mapping[str, Any]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(array) for name, array in batch.items()}


def told(codec: Codec, arrays: Arrays, rows: int, seed: int | None) -> list[tuple[int, int, int]]:
    """Every pair of a token read and the one told, with the position of the first."""
    generator = None if seed is None else np.random.default_rng(seed)
    plan = codec.plan(arrays, rows, generator)
    assert plan is not None
    pairs = []
    for starts in plan:
        batch = codec.batch(arrays, starts)
        for row, start in enumerate(starts):
            for step in range(batch["lengths"][row]):
                target = int(batch["targets"][row, step])
                if target:
                    read = int(batch["inputs"][row, step])
                    pairs.append((int(start) + step, read, target))
    return pairs


@pytest.mark.parametrize("split", ["validation", "validation-blocks", "test", "test-blocks"])
@pytest.mark.parametrize("tokens", ["characters", "words", "bpe"])
def test_evaluation_tells_each_token_exactly_once(tokens: str, split: str) -> None:
    codec, arrays = fitted(tokens=tokens)
    values = arrays[split]["values"].tolist()
    expected = [(at, *pair) for at, pair in enumerate(pairwise(values))]
    for rows in (1, 3, 256):
        assert sorted(told(codec, arrays[split], rows, None)) == expected


@pytest.mark.parametrize("tokens", [2, 5, 20, 60, 63])
@pytest.mark.parametrize("window", [1, 7, 20])
@pytest.mark.parametrize("rows", [1, 4, 30])
def test_a_training_epoch_tells_no_token_twice_and_leaves_out_less_than_two_windows(
    tokens: int, window: int, rows: int
) -> None:
    arrays = {"values": np.arange(1, tokens + 1, dtype=np.int32), "window": np.array([window])}
    lengths, seen = set(), set()
    for seed in range(60):
        plan = training_plan(tokens, window, rows, np.random.default_rng(seed))
        lengths.add((len(plan), len(plan[0])))
        cut = [cut_windows(arrays, starts) for starts in plan]
        targets = np.concatenate([part["targets"].ravel() for part in cut])
        targets = targets[targets > 0]
        assert len(set(targets.tolist())) == len(targets)
        assert len(targets) > tokens - 1 - 2 * window
        assert {len(starts) for starts in plan} == {len(plan[0])}
        assert all((part["lengths"] >= 1).all() for part in cut)
        seen.update(targets.tolist())
    assert len(lengths) == 1, "the number of steps must not change from epoch to epoch"
    assert len(plan[0]) <= rows
    if tokens >= 60:
        assert len(seen) == tokens - 1, "what one epoch leaves out comes in another"


def test_each_row_of_a_training_batch_goes_on_where_it_ended() -> None:
    codec, arrays = fitted(window=10)
    plan = codec.plan(arrays["train"], 7, np.random.default_rng(3))
    assert plan is not None
    last = len(arrays["train"]["values"]) - 1
    for before, after in pairwise(plan):
        assert ((after == before + 10) | (after == last)).all()
    assert sum(int((starts == last).sum()) for starts in plan) <= 7
    starts = {int(training_plan(900, 10, 7, np.random.default_rng(s))[0][0]) for s in range(99)}
    assert starts == set(range(10)), "epochs begin at any offset, so that windows differ"


def mean_loss(codec: Codec, arrays: Arrays, model: torch.nn.Module, rows: int) -> float:
    """The loss as the engine adds it up over the plan of an evaluation."""
    state, total, count = None, 0.0, 0
    plan = codec.plan(arrays, rows, None)
    assert plan is not None
    with torch.no_grad():
        for starts in plan:
            batch = placed(codec.batch(arrays, starts))
            logits, state = codec.forward(model, batch, state)
            targets = batch["targets"].flatten()
            loss = functional.cross_entropy(
                logits.flatten(0, 1), targets, ignore_index=0, reduction="sum"
            )
            total += float(loss)
            count += int((targets > 0).sum())
    assert count == len(arrays["values"]) - 1
    return total / count


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_the_carried_state_equals_one_long_pass(name: str) -> None:
    codec, arrays = fitted()
    stream = dict(arrays["train"]) | {"window": np.array([64])}
    model = network(codec, name)
    values = torch.from_numpy(stream["values"].astype(np.int64))
    with torch.no_grad():
        logits, _ = model(values[None, :-1], torch.tensor([len(values) - 1]), None)
    expected = float(functional.cross_entropy(logits[0], values[1:]))
    assert mean_loss(codec, stream, model, 256) == pytest.approx(expected, rel=1e-5)


def test_cold_blocks_know_nothing_of_what_came_before_them() -> None:
    codec, arrays = fitted()
    stream = arrays["train"]
    blocks = dict(stream) | {"window": np.array([256]), "cold": np.ones(1, dtype=bool)}
    model = network(codec)
    values = torch.from_numpy(stream["values"].astype(np.int64))
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(values) - 1, 256):
            block = values[start : start + 257]
            logits, _ = model(block[None, :-1], torch.tensor([len(block) - 1]), None)
            total += float(functional.cross_entropy(logits[0], block[1:], reduction="sum"))
    expected = total / (len(values) - 1)
    for rows in (1, 2, 256):
        assert mean_loss(codec, blocks, model, rows) == pytest.approx(expected, rel=1e-5)
    assert mean_loss(codec, stream, model, 1) != pytest.approx(expected, rel=1e-5)


def test_rows_that_have_ended_add_nothing_to_the_loss() -> None:
    codec, arrays = fitted()
    last = len(arrays["train"]["values"]) - 1
    batch = codec.batch(arrays["train"], np.array([0, last, last - 3]))
    assert batch["lengths"].tolist() == [128, 1, 3]
    assert batch["targets"][1].tolist() == [0] * 128
    assert (batch["targets"][2, :3] > 0).all()
    assert not batch["inputs"][2, 3:].any()


@pytest.mark.parametrize("tokens", ["characters", "words", "bpe"])
def test_bits_per_character_count_the_very_characters_of_the_text(tokens: str) -> None:
    codec, arrays = fitted(tokens=tokens, minimum_count=1)
    text = "\n\n".join(SENTENCES[:9])
    values = arrays["validation"]["values"]
    characters = np.array(codec.shape.extras["characters"])
    assert int(characters[values].sum()) == len(text)
    size = len(characters)
    logits = torch.randn(1, len(values) - 1, size)
    targets = torch.from_numpy(values[None, 1:].astype(np.int64))
    nats = float(functional.cross_entropy(logits[0], targets[0], reduction="sum"))
    spelt = len(text) - int(characters[values[0]])
    parts = [BitsPerCharacter().build(None, codec.shape) for _ in range(2)]
    parts[0].update(logits[:, :50], targets[:, :50])
    parts[1].update(logits[:, 50:], targets[:, 50:])
    parts[0].merge(parts[1])
    assert parts[0].compute() == pytest.approx(nats / math.log(2) / spelt, rel=1e-5)


def test_unknown_tokens_cost_bits_and_spell_nothing() -> None:
    codec, arrays = fitted(
        {"train": SENTENCES * 4, "validation": ["a word unseen"]}, tokens="words"
    )
    values = arrays["validation"]["values"]
    assert (values == 1).all()
    metric = BitsPerCharacter().build(None, codec.shape)
    metric.update(
        torch.zeros(1, 3, len(codec.shape.extras["characters"])),
        torch.tensor([[1, int(arrays["train"]["values"][0]), 0]]),
    )
    size = len(codec.shape.extras["characters"])
    assert metric.compute() == pytest.approx(2 * math.log2(size) / len("the"))


@pytest.mark.parametrize("tokens", ["characters", "words", "bpe"])
def test_a_stream_decodes_to_the_texts_with_the_separator_between_them(tokens: str) -> None:
    codec, arrays = fitted(tokens=tokens, minimum_count=1, separator="\n--\n")
    ids = arrays["validation"]["values"]
    text: str = codec.tokenizer.detokenize(codec.vocabulary.decode(ids))  # type: ignore[attr-defined]
    assert text == "\n--\n".join(SENTENCES[:9])


def test_lowercase_and_the_counts_of_tokens_are_as_asked() -> None:
    codec, _ = fitted(lowercase=True)
    assert not any(token.isupper() for token in codec.vocabulary.tokens)  # type: ignore[attr-defined]
    small, arrays = fitted(tokens="words", maximum_size=5)
    assert len(small.vocabulary) == 5  # type: ignore[attr-defined]
    assert set(arrays["validation"]["values"].tolist()) <= {1, 2, 3, 4}
    for size in (1, 2):
        with pytest.raises(ValueError, match="at least 3"):
            LanguageModeling.Config(maximum_size=size)


@pytest.mark.parametrize("tokens", ["characters", "words", "bpe"])
def test_an_encoder_read_back_encodes_and_decodes_the_same(tokens: str, tmp_path: Path) -> None:
    codec, arrays = fitted(tokens=tokens, window=50)
    codec.save(tmp_path)
    again = LanguageModeling().load(tmp_path)
    assert again.shape == codec.shape
    stream = again.encode([{"text": text} for text in SENTENCES[:9]], ignore)
    assert stream["values"].tolist() == arrays["validation"]["values"].tolist()
    assert stream["window"].tolist() == [50]
    assert again.records(stream, [0, 5]) == codec.records(arrays["validation"], [0, 5])
    path = tmp_path / "language-modeling.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"odd": 1}), "utf-8")
    with pytest.raises(DataError, match=r"is damaged.*Restore it from"):
        LanguageModeling().load(tmp_path)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"train": ["One line."]}, r"the train split has only 9 of the 100 characters"),
        ({"train": []}, r"the train split has none of the 100 characters"),
        (
            {"train": SENTENCES * 4, "validation": ["x"]},
            r"the validation split has only 1 of the 2",
        ),
        ({"validation": SENTENCES}, r"no train split.*It has: validation"),
    ],
)
def test_too_little_text_is_an_error_that_names_the_split(
    texts: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        fitted(texts)


def test_a_record_without_text_is_named() -> None:
    task = LanguageModeling()
    faults: list[tuple[Record, str]] = [
        ({"label": "pos"}, r"record 2 has no text, in the train split. Its fields are: 'label'"),
        ({"text": 3}, r"the text of record 2 is 3, in the train split"),
    ]
    for record, message in faults:
        records: list[Record] = [{"text": "a"}, record]
        with pytest.raises(DataError, match=message):
            task.encode(task.Config(), {"train": records}, ignore)
    with pytest.raises(DataError, match=r"no token occurs 999 times.*task.minimum_count=1"):
        fitted(minimum_count=999)


def test_samples_begin_with_a_few_words_of_the_text() -> None:
    codec, arrays = fitted()
    text = "\n\n".join(SENTENCES[:9])
    last = len(text) - 1
    found = codec.records(arrays["validation"], [0, 30, 400, last])
    for record in found:
        assert 0 < len(record["prompt"]) <= 40
        assert record["prompt"] in text


def test_samples_begin_where_no_token_is_unknown() -> None:
    texts = {"train": SENTENCES * 4, "validation": ["Xa Xb the sea is wide Xc the old song Xd"]}
    codec, arrays = fitted(texts, tokens="words")
    assert codec.records(arrays["validation"], [0, 6]) == [
        {"prompt": "the sea is wide"},
        {"prompt": "the old song"},
    ]


def test_prompts_are_texts_or_records_with_one() -> None:
    codec, _ = fitted()
    assert codec.parse(["To be", {"text": "or"}, {"prompt": ""}]) == [
        {"prompt": "To be"},
        {"prompt": "or"},
        {"prompt": ""},
    ]
    wrong: Callable[[Any], Any] = lambda item: codec.parse(["fine", item])  # noqa: E731
    with pytest.raises(ConfigurationError, match=r"input 2 is 3, a int. Give a text"):
        wrong(3)
    with pytest.raises(ConfigurationError, match=r"input 2 has no prompt; its fields are: 'title'"):
        wrong({"title": "x"})
    arrays = codec.encode(codec.parse(["sea", "", "the"]), ignore)
    assert codec.sizes(arrays).tolist() == [3, 1, 3]
    assert codec.batch(arrays, np.array([0, 1]))["inputs"].shape == (2, 3)
