"""Which settings the tasks of texts choose for one's own data."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from seqkit.api import Choice
from seqkit.choosing import step_seconds, threads, training
from seqkit.experiments.beginning import Begun, begin
from seqkit.experiments.own_data import recognise
from seqkit.experiments.template import experiment_toml
from seqkit.registry.discovery import load_registry
from seqkit.registry.registry import Registry
from seqkit.text import facts_of

PROSE = "the a film plot actor was is very good bad dull fine and or but music ending it"
WORDS = PROSE.split()
SIGNS = "好坏电影故事演员音乐很不错喜欢讨厌真的完美无聊"


@cache
def registry() -> Registry:
    return load_registry()


def chosen(task: str, records: Sequence[dict[str, Any]], cores: int = 2) -> dict[str, Any]:
    """Returns the values that a task chooses, by key."""
    component = registry().find("tasks", task).component
    return {c.key: c.value for c in component.choose({"train": records}, cores)}


def reasons(task: str, records: Sequence[dict[str, Any]]) -> str:
    component = registry().find("tasks", task).component
    return "\n".join(dict.fromkeys(c.reason for c in component.choose({"train": records}, 2)))


def prose(count: int, words: int = 12) -> list[str]:
    generator = random.Random(1)
    return [" ".join(generator.choices(WORDS, k=words)) for _ in range(count)]


def names(count: int) -> list[str]:
    generator = random.Random(2)
    return ["".join(generator.choices("abdeiklmnorstu", k=8)).capitalize() for _ in range(count)]


def chinese(count: int, signs: int = 12) -> list[str]:
    generator = random.Random(3)
    return ["".join(generator.choices(SIGNS, k=signs)) for _ in range(count)]


def labelled(texts: Sequence[str], rare: int = 2) -> list[dict[str, Any]]:
    """Labels texts `no`, and every so many of them `yes`."""
    return [{"text": text, "label": "no" if n % rare else "yes"} for n, text in enumerate(texts)]


def paired(sources: Sequence[str], targets: Sequence[str]) -> list[dict[str, Any]]:
    return [{"source": s, "target": t} for s, t in zip(sources, targets, strict=True)]


# --- texts and their facts ------------------------------------------------------------------------


def test_the_words_of_names_do_not_repeat_and_those_of_prose_do() -> None:
    assert facts_of(names(300)).novelty > 0.9
    assert facts_of(names(300)).of_new_words
    assert facts_of(prose(300)).novelty < 0.01
    assert not facts_of(["red", "green", "blue"] * 100).of_new_words


@pytest.mark.parametrize(
    ("text", "unparted"),
    [("我喜欢这部电影", True), ("映画はとても良い", True), ("ภาพยนตร์เรื่องนี้ดีมาก", True),
     ("그 영화는 좋다", False), ("Das war gut", False), ("", False), ("1234", False)],
)  # fmt: skip
def test_writings_without_spaces_are_told(text: str, unparted: bool) -> None:
    assert facts_of([text] * 5).unparted is unparted


# --- steps, not epochs ----------------------------------------------------------------------------


def _of(choices: Sequence[Choice]) -> dict[str, Any]:
    return {c.key.removeprefix("trainer."): c.value for c in choices}


def test_few_examples_are_trained_on_for_more_epochs() -> None:
    few = _of(training(160, 16, steps=1200, epochs=(3, 200), seconds=0.01))
    assert few["epochs"] == 120
    assert few["evaluate_every"] == 60
    assert few["early_stopping"] == 10
    many = _of(training(16_000, 16, steps=1200, epochs=(3, 200), seconds=0.01))
    assert many["epochs"] == 3
    assert "evaluate_every" not in many


def test_training_ends_within_its_time_even_inside_the_first_epoch() -> None:
    slow = _of(training(10_000_000, 64, steps=1200, epochs=(3, 40), seconds=0.1))
    assert slow["epochs"] == 1
    assert slow["max_steps"] == 1800
    assert slow["evaluate_every"] == 90


def test_steps_enough_to_learn_anything_are_taken_whatever_the_time() -> None:
    slow = _of(training(10_000_000, 64, steps=1200, epochs=(3, 40), seconds=10.0))
    assert slow["max_steps"] == 1000


def test_larger_steps_take_longer_by_estimate() -> None:
    seconds = [step_seconds(numbers, 4e6) for numbers in (0, 1e5, 1e6, 1e7)]
    assert seconds == sorted(set(seconds))
    assert seconds[0] > 0


def test_only_large_steps_take_every_core() -> None:
    assert threads(1e4, 16).value == 1
    assert threads(1e7, 16).value == 0
    assert threads(1e7, 1).value == 1


# --- classification -------------------------------------------------------------------------------


def test_names_are_read_by_characters() -> None:
    values = chosen("classification", labelled(names(500)))
    assert values["task.tokenizer"] == "characters"
    assert values["task.minimum_count"] == 1
    assert values["model"]["word_dropout"] < 0.1
    said = reasons("classification", labelled(names(500)))
    assert "500 short texts whose words hardly repeat: characters" in said


def test_a_writing_without_spaces_is_read_by_characters() -> None:
    assert chosen("classification", labelled(chinese(400)))["task.tokenizer"] == "characters"
    assert "without spaces" in reasons("classification", labelled(chinese(400)))


@pytest.mark.parametrize("texts", [prose(400), ["red", "green", "blue", "red wine"] * 100])
def test_texts_whose_words_repeat_are_read_by_words(texts: list[str]) -> None:
    assert "task.tokenizer" not in chosen("classification", labelled(texts))


def test_a_rare_class_weighs_more_and_f1_chooses() -> None:
    values = chosen("classification", labelled(prose(2500, 4), rare=10))
    assert values["metrics"] == [{"name": "f1", "positive": "yes"}, "auroc", "accuracy"]
    assert values["loss"]["class_weights"] == "balanced"
    said = reasons("classification", labelled(prose(2500, 4), rare=10))
    assert "10.0% of the texts are 'yes': classes weigh the same, and F1 chooses" in said


def test_auroc_chooses_where_validation_holds_hardly_any_of_the_rare_class() -> None:
    values = chosen("classification", labelled(prose(500), rare=10))
    assert values["metrics"] == ["auroc", {"name": "f1", "positive": "yes"}, "accuracy"]


def test_spellings_of_one_class_are_no_rare_class() -> None:
    records = labelled(prose(300))
    records[0]["label"] = "yes "
    records[1]["label"] = " no"
    assert "loss" not in chosen("classification", records)


@pytest.mark.parametrize("rare", [2, 3, 4])
def test_classes_of_a_like_size_are_left_as_they_are(rare: int) -> None:
    values = chosen("classification", labelled(prose(500), rare))
    assert not {"loss", "metrics"} & set(values)


def test_the_more_texts_the_larger_the_batches_and_the_less_dropout() -> None:
    few, some, many = (
        chosen("classification", labelled(prose(count, 6))) for count in (100, 1000, 20_000)
    )
    sizes = [one["trainer.batch_size"] for one in (few, some, many)]
    assert sizes == sorted(set(sizes))
    assert some["model"]["embedding_dropout"] > many["model"]["embedding_dropout"]
    assert some["model"]["hidden_size"] < many["model"]["hidden_size"]


def test_very_long_texts_are_cut_and_others_are_not() -> None:
    assert chosen("classification", labelled(prose(200, 2000)))["task.maximum_length"] == 400
    assert "task.maximum_length" not in chosen("classification", labelled(prose(200, 60)))


# --- language modelling ---------------------------------------------------------------------------


def text_of(size: int) -> list[dict[str, Any]]:
    return [{"text": "".join(random.Random(4).choices("abcdefgh \n", k=size))}]


def test_the_shorter_a_text_the_fewer_streams_and_the_smaller_the_model() -> None:
    sizes = (3000, 100_000, 1_000_000)
    values = [chosen("language-modeling", text_of(size)) for size in sizes]
    streams = [one["trainer.batch_size"] for one in values]
    assert streams == sorted(set(streams))
    units = [one["model"]["hidden_size"] for one in values]
    assert units == sorted(units)
    assert units[0] < units[-1]
    dropouts = [one["model"]["dropout"] for one in values]
    assert dropouts == sorted(dropouts, reverse=True)
    assert values[0]["trainer.epochs"] > 10 * values[-1]["trainer.epochs"]


# --- pairs ----------------------------------------------------------------------------------------


def test_pairs_of_names_are_read_by_characters_and_judged_by_chrf() -> None:
    values = chosen("seq2seq", paired(names(400), [name[::-1] for name in names(400)]))
    assert values["task.tokenizer"] == "characters"
    assert values["metrics"][:2] == ["chrf", "exact-match"]
    assert values["loss.label_smoothing"] == 0


def test_pairs_of_sentences_are_read_by_pieces_of_words_and_judged_by_bleu() -> None:
    values = chosen("seq2seq", paired(prose(3000), prose(3000)))
    assert values["task.bpe_size"] < 4000
    assert not {"task.tokenizer", "metrics"} & set(values)


def test_short_chinese_sentences_are_read_by_characters_and_long_ones_are_not() -> None:
    short = chosen("seq2seq", paired(chinese(300), prose(300, 4)))
    assert short["task.tokenizer"] == "characters"
    assert "task.tokenizer" not in chosen("seq2seq", paired(chinese(300, 60), prose(300, 40)))


def test_codes_and_what_they_mean_in_words_are_read_by_characters() -> None:
    codes = [name[:5] for name in names(400)]
    assert chosen("seq2seq", paired(codes, prose(400, 10)))["task.tokenizer"] == "characters"


def test_longer_pairs_than_the_usual_limit_are_not_left_out() -> None:
    assert chosen("seq2seq", paired(prose(200, 120), prose(200, 120)))["task.maximum_length"] > 120
    assert "task.maximum_length" not in chosen("seq2seq", paired(prose(200), prose(200)))


# --- what comes of it -----------------------------------------------------------------------------


def begun(path: Path, text: str, task: str = "") -> Begun:
    path.write_text(text, encoding="utf-8")
    entry, recognition = recognise(path, registry(), task)
    warnings: list[str] = []
    found = begin(entry, recognition, registry(), warn=warnings.append)
    assert not [one for one in warnings if "failed to choose" in one]
    return found


@pytest.mark.parametrize("task", ["classification", "language-modeling", "seq2seq"])
def test_the_file_tells_each_reason_beside_its_setting(task: str, tmp_path: Path) -> None:
    labels = "\n".join(f"{text},{n % 2}" for n, text in enumerate(prose(300)))
    pairs = "\n".join(f"{a}\t{b}" for a, b in zip(prose(300), prose(300, 9), strict=True))
    rows = {
        "classification": ("own.csv", f"text,label\n{labels}"),
        "language-modeling": ("own.txt", "\n".join(prose(200))),
        "seq2seq": ("own.tsv", pairs),
    }
    found = begun(tmp_path / rows[task][0], rows[task][1])
    assert found.document["task"]["name"] == task
    text = experiment_toml(found.document, registry(), "seqkit run", "", found.reasons)
    assert set(found.reasons) >= {"model", "trainer.batch_size", "trainer.epochs"}
    for reason in found.reasons.values():
        assert f"# Chosen: {reason[:60]}" in text


def test_texts_of_odd_records_are_passed_over() -> None:
    assert chosen("classification", []) == {}
    assert chosen("language-modeling", [{"text": ""}]) == {}
    assert chosen("seq2seq", []) == {}
    assert chosen("classification", [{"text": "", "label": None}, {"text": "x", "label": 1}])
