"""Writing on from prompts: the laws of sampling, stop strings, seeds, and what is shown when."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

import seqkit_recurrent
from seqkit.api import Codec, ignore
from seqkit_textgen._pieces import GrowingText, counted_characters, spelt_bytes
from seqkit_textgen._sampling import Sampling, draw, generate, penalised
from seqkit_textgen._writing import drawn_numbers, generator_of
from seqkit_textgen.task import LanguageModeling

TEXT = "Once there was a king who had three sons; the 海 was wide, naïve, and déjà vu. "


def numbers_of(prompt: str, count: int) -> list[float]:
    """The numbers that a text of a prompt is drawn with."""
    drawn = drawn_numbers([generator_of(0, 0, prompt)], count, torch.device("cpu"))
    return [float(number) for number in drawn]


def logits_of(probabilities: Sequence[float]) -> torch.Tensor:
    return torch.tensor(probabilities).log().unsqueeze(0)


def drawn(probabilities: Sequence[float], count: int = 4000, **settings: Any) -> list[float]:
    """How often each token is drawn."""
    numbers = torch.from_numpy(np.random.default_rng(0).random(count))
    logits = logits_of(probabilities).expand(count, -1)
    ids = draw(logits, numbers, Sampling(**settings))
    return [round(float((ids == token).double().mean()), 3) for token in range(logits.shape[1])]


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    found = drawn([0.1, 0.2, 0.0, 0.3, 0.4])
    assert found == pytest.approx([0.1, 0.2, 0.0, 0.3, 0.4], abs=0.02)
    assert found[2] == 0


def test_a_temperature_raises_probabilities_to_a_power() -> None:
    powered = np.array([0.1, 0.2, 0.3, 0.4]) ** 2
    assert drawn([0.1, 0.2, 0.3, 0.4], temperature=0.5) == pytest.approx(
        (powered / powered.sum()).tolist(), abs=0.02
    )


@pytest.mark.parametrize(
    "settings", [{"temperature": 0}, {"temperature": 1e-30}, {"temperature": 5, "top_k": 1}]
)
def test_no_temperature_and_a_single_choice_take_the_likeliest(settings: dict[str, Any]) -> None:
    assert drawn([0.1, 0.2, 0.45, 0.25], **settings) == [0, 0, 1, 0]


def test_top_k_draws_from_so_many_in_proportion() -> None:
    assert drawn([0.1, 0.2, 0.3, 0.4], top_k=2) == pytest.approx([0, 0, 3 / 7, 4 / 7], abs=0.02)
    assert drawn([0.5, 0.5], top_k=9) == pytest.approx([0.5, 0.5], abs=0.02)


def test_top_p_draws_from_the_fewest_that_have_the_probability() -> None:
    probabilities = [0.1, 0.2, 0.3, 0.4]
    assert drawn(probabilities, top_p=0.39) == [0, 0, 0, 1]
    assert drawn(probabilities, top_p=0.41) == pytest.approx([0, 0, 3 / 7, 4 / 7], abs=0.02)
    assert drawn(probabilities, top_p=0.71) == pytest.approx([0, 2 / 9, 3 / 9, 4 / 9], abs=0.02)
    assert drawn(probabilities, top_p=1e-9) == [0, 0, 0, 1]
    # Of the two that top_k leaves, the first has 4/7.
    assert drawn(probabilities, top_k=2, top_p=0.57) == [0, 0, 0, 1]


def test_the_highest_number_draws_no_token_of_probability_zero() -> None:
    highest = torch.tensor([np.nextafter(1.0, 0.0)])
    for probabilities in ([0.7, 0.3, 0.0, 0.0], [1.0, 0.0, 0.0], [1 / 3, 1 / 3, 1 / 3, 0]):
        token = int(draw(logits_of(probabilities), highest, Sampling()))
        assert probabilities[token] > 0
        narrow = int(draw(logits_of(probabilities), highest, Sampling(top_p=0.2)))
        assert probabilities[narrow] == max(probabilities)


def test_a_repetition_penalty_makes_what_occurred_less_likely() -> None:
    logits = torch.tensor([[2.0, -2.0, 1.0, -1.0]])
    seen = torch.tensor([[True, True, False, False]])
    assert penalised(logits, seen, 2.0).tolist() == [[1.0, -4.0, 1.0, -1.0]]


# --- writing ------------------------------------------------------------------------------------


def writer(tokens: str = "characters", name: str = "lstm") -> tuple[Codec, torch.nn.Module]:
    task = LanguageModeling()
    config = task.Config.model_validate({"tokens": tokens, "minimum_count": 1, "bpe_size": 256})
    codec, _ = task.encode(config, {"train": [{"text": TEXT}] * 5}, ignore)
    torch.manual_seed(1)
    model = {model.name: model for model in seqkit_recurrent.register_models()}[name]()
    settings = {"hidden_size": 16, "embedding_size": 8, "embedding_spread": 2.0}
    return codec, model.build(model.Config(**settings), codec.shape).eval()


def written(
    codec: Codec,
    model: torch.nn.Module,
    prompts: Sequence[str],
    say: Any = ignore,
    **options: Any,
) -> list[dict[str, Any]]:
    records = codec.parse(prompts)
    arrays = codec.encode(records, ignore)
    batch = codec.batch(arrays, np.arange(len(records)))
    placed = {key: torch.from_numpy(array) for key, array in batch.items()}
    settings = LanguageModeling.PredictOptions(**options)
    with torch.inference_mode():
        return codec.predict(model, placed, records, settings, say)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_greedy_writing_is_what_the_model_says_of_the_whole_text(name: str) -> None:
    codec, model = writer(name=name)
    [answer] = written(codec, model, ["Once"], temperature=0, length=40)
    ids = torch.from_numpy(codec.prompt({"prompt": "Once"}).ids.astype(np.int64))  # type: ignore[attr-defined]
    for _ in range(40):
        with torch.no_grad():
            logits, _ = model(ids[None], torch.tensor([len(ids)]), None)
        ids = torch.cat([ids, logits[0, -1, 2:].argmax().reshape(1) + 2])
    expected = "".join(codec.vocabulary.decode(ids[4:]))  # type: ignore[attr-defined]
    assert answer == {
        "view": "text",
        "prompt": "Once",
        "continuation": expected,
        "tokens": 40,
        "ended": "length",
    }
    assert written(codec, model, ["Once"], top_k=1, length=40) == [answer]


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("tokens", ["characters", "words", "bpe"])
def test_a_prompt_is_answered_alike_alone_and_among_others(tokens: str, name: str) -> None:
    codec, model = writer(tokens, name)
    prompts = ["Once there", "a", "", "the 海 was wide, naïve, and déjà", "Once there"]
    options = {"length": 30, "temperature": 1.2, "top_p": 0.95, "repetition_penalty": 1.1}
    together = written(codec, model, prompts, **options)
    for prompt, answer in zip(prompts, together, strict=True):
        assert written(codec, model, [prompt], **options) == [answer]
    assert together[0] == together[4]
    assert together[0]["continuation"] != together[1]["continuation"]


def test_the_same_seed_writes_the_same_and_another_seed_something_else() -> None:
    codec, model = writer()
    first = written(codec, model, ["Once"], length=50)
    assert written(codec, model, ["Once"], length=50, seed=0) == first
    other = written(codec, model, ["Once"], length=50, seed=1)
    assert other[0]["continuation"] != first[0]["continuation"]
    shorter = written(codec, model, ["Once"], length=20)[0]["continuation"]
    assert first[0]["continuation"].startswith(shorter)
    assert numbers_of("a", 3) == numbers_of("a", 900)[:3]
    assert numbers_of("a", 900) == generator_of(0, 0, "a").random(900).tolist()


def test_the_longest_length_takes_no_memory_before_it_is_written() -> None:
    codec, model = writer()
    options = {"length": 1_000_000, "samples": 50, "stop": "e", "temperature": 1.0}
    [answer] = written(codec, model, ["Once"], **options)
    assert {sample["ended"] for sample in answer["samples"]} == {"stop"}


def test_a_longer_text_begins_as_a_shorter_one_past_a_block_of_numbers() -> None:
    codec, model = writer()
    [shorter] = written(codec, model, ["Once"], length=256)
    [longer] = written(codec, model, ["Once"], length=300)
    assert longer["continuation"].startswith(shorter["continuation"])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("length", 10**12),
        ("length", 10**30),
        ("top_k", 10**30),
        ("repetition_penalty", 1e308),
        ("temperature", math.inf),
        ("temperature", math.nan),
        ("samples", 10**9),
    ],
)
def test_numbers_that_no_text_can_be_written_with_are_refused(setting: str, value: float) -> None:
    with pytest.raises(ValidationError, match=setting):
        LanguageModeling.PredictOptions(**{setting: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 1e308},
        {"temperature": 5e-324},
        {"repetition_penalty": 1000},
        {"top_k": 10**9},
        {"top_p": 5e-324},
    ],
)
def test_the_widest_settings_still_write(options: dict[str, Any]) -> None:
    codec, model = writer()
    assert written(codec, model, ["Once"], length=20, **options)[0]["tokens"] == 20


def test_several_texts_of_a_prompt_differ_and_the_first_is_that_of_one() -> None:
    codec, model = writer()
    options = {"length": 30, "temperature": 1.0}
    [one] = written(codec, model, ["Once"], **options)
    several = written(codec, model, ["Once", "a"], samples=3, **options)
    assert several[0]["continuation"] == one["continuation"]
    texts = [sample["continuation"] for answer in several for sample in answer["samples"]]
    assert texts[0] == one["continuation"]
    assert len(set(texts)) == 6


def test_padding_and_unknown_are_never_written() -> None:
    _, model = writer()
    with torch.no_grad():
        model.get_parameter("head.linear.bias")[:2] = 100.0
    inputs, lengths = torch.tensor([[4, 5], [6, 0]]), torch.tensor([2, 1])
    numbers = torch.from_numpy(np.random.default_rng(0).random((2, 30)))
    with torch.inference_mode():
        steps = list(generate(model, inputs, lengths, numbers.unbind(1), Sampling()))
    assert len(steps) == 30
    assert min(min(step) for step in steps) >= 2


def test_a_part_of_the_prompt_that_is_unknown_is_noted() -> None:
    codec, model = writer()
    [plain, odd] = written(codec, model, ["Once", "ΩnceΩ!"], length=5)
    assert "note" not in plain
    assert odd["note"] == "not in the vocabulary, and read as unknown: 'Ω', '!'"
    assert len(odd["continuation"]) == 5


def test_a_word_at_the_beginning_is_known_by_its_like_behind_a_space() -> None:
    codec, model = writer("words")
    [answer] = written(codec, model, ["king"], length=3)
    assert "note" not in answer


# --- what is shown ------------------------------------------------------------------------------


def shown(pieces: Sequence[bytes], stop: str = "") -> tuple[list[str], GrowingText]:
    said: list[str] = []
    text = GrowingText((b"", b"", *pieces), stop, said.append)
    for token in range(len(pieces)):
        text.add(token + 2)
    text.finish()
    return said, text


def test_pieces_are_shown_as_they_come_and_only_whole_characters() -> None:
    spelt = "a海é".encode()
    said, text = shown([spelt[:1], spelt[1:2], spelt[2:5], spelt[5:]])
    assert said == ["a", "海", "é"]
    assert (text.text, text.tokens, text.stopped) == ("a海é", 4, False)
    assert shown([b"a", spelt[1:3]])[0] == ["a"], "half a character at the end is left out"
    assert shown([b"a", b"\xb7", b"b"])[1].text == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "stop", "kept", "said"),
    [
        ("one two", "tw", "one ", ["o", "n", "e", " "]),
        ("aabaac", "aac", "aab", ["aab"]),
        ("aab", "aac", "aab", ["aab"]),
        ("\n\nA:", "\n\n", "", []),
        ("ab", "abc", "ab", ["ab"]),
        ("aaab", "aab", "a", ["a"]),
        ("abab!", "!", "abab", ["a", "b", "a", "b"]),
    ],
)
def test_no_part_of_the_stop_string_is_ever_shown(
    text: str, stop: str, kept: str, said: list[str]
) -> None:
    found, grown = shown([character.encode() for character in text], stop)
    assert grown.text == kept
    assert "".join(found) == kept
    assert grown.stopped == (stop in text)
    assert found == said


def test_a_stop_string_inside_a_token_cuts_it() -> None:
    said, grown = shown([b"the end", b". And", b" more"], ". ")
    assert grown.text == "the end"
    assert said == ["the end"]
    assert grown.tokens == 2


@pytest.mark.parametrize("tokens", ["characters", "words", "bpe"])
def test_what_is_said_is_the_continuation_and_stops_where_it_should(tokens: str) -> None:
    codec, model = writer(tokens)
    prompts = ["Once", "a king", "t"]
    options = {"length": 60, "temperature": 1.0}
    free = written(codec, model, prompts, **options)
    stop = free[1]["continuation"][10:12]
    said = dict.fromkeys(range(3), "")

    def say(index: int, piece: str) -> None:
        assert piece
        said[index] += piece

    answers = written(codec, model, prompts, say, stop=stop, **options)
    for index, (answer, before) in enumerate(zip(answers, free, strict=True)):
        text = before["continuation"]
        assert answer["continuation"] == text[: text.index(stop)] if stop in text else text
        assert answer["ended"] == ("stop" if stop in text else "length")
        assert said[index] == answer["continuation"]
    assert answers[1]["ended"] == "stop"
    assert answers[1]["tokens"] <= 60


def test_every_byte_pair_spells_its_bytes_and_its_characters() -> None:
    codec, _ = writer("bpe")
    tokenizer, vocabulary = codec.tokenizer, codec.vocabulary  # type: ignore[attr-defined]
    spelt = spelt_bytes(vocabulary.tokens, byte_level=True)
    for text in (TEXT, "ÿ\x00\x7f\xa0\xad 😀 ē", "".join(map(chr, range(1, 600)))):
        ids = vocabulary.encode(tokenizer.tokenize(text))
        assert b"".join(spelt[number] for number in ids) == text.encode()
        counts = counted_characters(spelt)
        assert sum(counts[number] for number in ids) == len(text)


def test_perfectly_uniform_numbers_are_never_one() -> None:
    numbers = generator_of(3, 1, "x").random(5000)
    assert 0 <= numbers.min() < numbers.max() < 1
    assert math.isclose(numbers.mean(), 0.5, abs_tol=0.02)
