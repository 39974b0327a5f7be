"""Metrics of texts: the numbers of sacrebleu's own command, whole or in parts."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqkit.api import Accumulator, Metric, Shape, Tokens
from seqkit_seq2seq.metrics import Bleu, ChrF, ExactMatch

SHAPE = Shape("seq2seq", Tokens(9), Tokens(9))
PAIRS = [
    ("A dog runs through the snow.", "A dog is running through the snow."),
    ("Two men are cooking, and talking.", "Two men cook and talk."),
    ("A girl plays the Piano.", "A girl plays the piano."),
    ("", "Nothing at all."),
    ("A cat sleeps on a sofa.", "A cat sleeps on a sofa."),
]


def accumulated(metric: Metric, pairs: list[tuple[str, str]], **config: Any) -> Accumulator:
    accumulator = metric.build(metric.Config(**config), SHAPE)
    answers = [{"prediction": prediction} for prediction, _ in pairs]
    accumulator.update(answers, [{"target": target} for _, target in pairs])
    return accumulator


@pytest.mark.parametrize(
    ("metric", "config", "words"),
    [
        (Bleu(), {}, ["-m", "bleu"]),
        (Bleu(), {"tokenize": "intl", "lowercase": True}, ["-m", "bleu", "-tok", "intl", "-lc"]),
        (ChrF(), {}, ["-m", "chrf"]),
        (ChrF(), {"word_order": 2}, ["-m", "chrf", "--chrf-word-order", "2"]),
    ],
    ids=["bleu", "bleu-intl-lc", "chrf", "chrf++"],
)
def test_a_score_is_that_of_the_command(
    metric: Metric, config: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("".join(f"{out}\n" for out, _ in PAIRS))
    (tmp_path / "ref").write_text("".join(f"{ref}\n" for _, ref in PAIRS))
    command = [sys.executable, "-m", "sacrebleu", "ref", "-i", "out", *words, "-w", "6"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    document = json.loads(result.stdout)
    found = accumulated(metric, PAIRS, **config).compute()
    assert found == pytest.approx(document["score"], abs=1e-5)
    assert metric.signature(metric.Config(**config)) == document["signature"]
    if not config:
        # The signature that the metric's description states, up to the version.
        signature = document["signature"].rpartition("|")[0]
        assert f"`{signature}`" in " ".join((type(metric).__doc__ or "").split())


@pytest.mark.parametrize("metric", [Bleu(), ChrF(), ExactMatch()], ids=lambda one: one.name)
def test_parts_merged_are_the_whole(metric: Metric) -> None:
    whole = accumulated(metric, PAIRS)
    first, second = accumulated(metric, PAIRS[:2]), accumulated(metric, PAIRS[2:])
    first.merge(second)
    assert first.compute() == whole.compute()
    assert math.isnan(accumulated(metric, []).compute())
    assert metric.reads == "answers"


def test_an_exact_match_is_one_to_the_letter() -> None:
    assert accumulated(ExactMatch(), PAIRS).compute() == 0.2
