"""Tests of the example plugin, as an author writes them."""

import random
from pathlib import Path

import click
import pytest
import seqkit_example
import torch
from click.testing import CliRunner
from seqkit_example.balanced_accuracy import ClassCounts
from seqkit_example.event_order import EventOrder, generate

from seqkit.testing import Check, plugin_checks

# What cannot be checked without data of its own is given some.
SETTINGS = {"tagged-file": {"path": str(Path(__file__).parent / "sentences.conll")}}


@pytest.mark.parametrize("check", plugin_checks(seqkit_example, SETTINGS), ids=str)
def test_the_plugin_conforms(check: Check) -> None:
    check()


def test_no_sentence_is_in_two_splits() -> None:
    dataset = EventOrder()
    splits = dataset.splits(dataset.Config(sentences=400), print)
    texts = [record["text"] for records in splits.values() for record in records]

    assert [len(list(records)) for records in splits.values()] == [300, 50, 50]
    assert len(set(texts)) == 400


def test_the_joining_words_alone_tell_nothing() -> None:
    records = generate(4000, reversed_share=0.5, seed=1)
    reversed_with_before = [
        record["label"] == "reversed"
        for record in records
        if "before" in record["text"].lower().split()
    ]

    assert sum(reversed_with_before) / len(reversed_with_before) == pytest.approx(0.5, abs=0.05)


def test_the_share_of_reversed_sentences_can_be_set() -> None:
    labels = [record["label"] for record in generate(100, reversed_share=0.2, seed=0)]

    assert labels.count("reversed") == 20
    assert labels[:20] != ["reversed"] * 20


def test_generating_leaves_the_global_random_state_alone() -> None:
    random.seed(0)
    before = random.getstate()
    generate(20, reversed_share=0.5, seed=0)

    assert random.getstate() == before


def test_balanced_accuracy_gives_each_class_the_same_weight() -> None:
    counts = ClassCounts(2)
    logits = torch.tensor([[2.0, 0.0]] * 10)
    counts.update(logits, torch.tensor([0] * 9 + [1]))

    assert counts.compute() == 0.5


def test_a_class_without_examples_does_not_count() -> None:
    counts = ClassCounts(3)
    counts.update(torch.eye(3)[:2], torch.tensor([0, 1]))

    assert counts.compute() == 1.0
    assert ClassCounts(3).compute() == 0.0


def test_the_command_prints_sentences_with_their_labels() -> None:
    cli = click.Group("seqkit")
    seqkit_example.register_commands(cli)
    result = CliRunner().invoke(cli, ["event-order", "--count", "3"])

    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert len(lines) == 3
    assert {line.split("\t")[0] for line in lines} <= {"in-order", "reversed"}
