"""The most similar training source, and a table of words, against slow copies and by eye."""

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from seqkit_seq2seq import _similar, _word_table
from seqkit_seq2seq._baselines import score_baselines
from seqkit_seq2seq._similar import Nearest, _features
from seqkit_seq2seq._word_table import WordTable, units
from seqkit_seq2seq.datasets import Tatoeba

PAIRS = [
    ("das haus ist klein", "the house is small"),
    ("das buch ist alt", "the book is old"),
    ("ein haus", "a house"),
    ("ein altes buch", "an old book"),
    ("das haus ist alt .", "the house is old."),
    ("klein ist das buch", "small is the book"),
    ("er ist alt", "he is old"),
    ("das Licht", "the light"),
]


def sides(pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [one for one, _ in pairs], [other for _, other in pairs]


def some_pairs(count: int) -> tuple[list[str], list[str]]:
    dataset = Tatoeba()
    train = list(dataset.splits(dataset.Config(limit=count), lambda _: None)["train"])
    return [record["source"] for record in train], [record["target"] for record in train]


def slow_nearest(texts: list[str], asked: str) -> list[float]:
    features = [set(_features(text)) for text in texts]
    counts = Counter(name for one in features for name in one)
    weight = {name: 1 + math.log((1 + len(texts)) / (1 + n)) for name, n in counts.items()}
    wanted = set(_features(asked))
    return [
        sum(weight[name] ** 2 for name in one & wanted)
        / math.sqrt(sum(weight[name] ** 2 for name in one))
        for one in features
    ]


def test_the_nearest_text_is_that_of_the_highest_cosine() -> None:
    sources, _ = some_pairs(400)
    nearest = Nearest(sources[:300])
    for asked in sources[300:]:
        alike = slow_nearest(sources[:300], asked)
        assert alike[nearest.find(asked)] == pytest.approx(max(alike))


def test_a_text_finds_itself_and_one_without_anything_in_common_the_first() -> None:
    sources = ["Where is it?", "I see.", "我爱北京", ""]
    nearest = Nearest(sources)
    assert [nearest.find(text) for text in sources[:3]] == [0, 1, 2]
    assert nearest.find("我在北京") == 2
    assert nearest.find("qqq") == nearest.find("") == 0 or nearest.find("") == 3


def test_very_many_sources_are_thinned_out(monkeypatch: Any) -> None:
    sources, _ = some_pairs(300)
    monkeypatch.setattr(_similar, "_MOST_FEATURES", sum(map(len, sources)) // 3 + 1)
    nearest = Nearest(sources)
    assert nearest.find(sources[0]) == 0
    assert {nearest.find(source) % 3 for source in sources} == {0}


def slow_model_1(pairs: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """IBM model 1 with dictionaries, t(target | source), without an empty word."""
    chances = {(s, t): 1.0 for a, b in pairs for s in units(a) for t in units(b)}
    for _ in range(_word_table._ITERATIONS):
        counts: defaultdict[tuple[str, str], float] = defaultdict(float)
        for a, b in pairs:
            for t in units(b):
                total = sum(chances[s, t] for s in units(a))
                for s in units(a):
                    counts[s, t] += chances[s, t] / total
        totals: defaultdict[str, float] = defaultdict(float)
        for (s, _), n in counts.items():
            totals[s] += n
        chances = {(s, t): n / totals[s] for (s, t), n in counts.items()}
    return chances


def test_the_table_is_that_of_ibm_model_1() -> None:
    sources, targets = some_pairs(200)
    chances = slow_model_1(list(zip(sources, targets, strict=True)))
    table = WordTable(sources, targets)
    for word in {word for source in sources[:30] for word in units(source)}:
        best = max(n for (s, _), n in chances.items() if s == word)
        written = table.write(word)
        assert chances[word, written] == pytest.approx(best, rel=1e-6)


def test_a_text_is_written_word_by_word_and_what_is_not_known_stays() -> None:
    table = WordTable(*sides(PAIRS))
    assert table.write("das haus ist alt.") == "the house is old."
    assert table.write("das Zebra ist klein") == "the Zebra is small"
    assert table.write("") == ""


def test_a_script_without_spaces_is_read_and_written_sign_by_sign() -> None:
    pairs = [("我爱你", "I love you"), ("我看你", "I see you"), ("他爱我", "he love I")]
    assert WordTable(*sides(pairs)).write("他看你") == "he see you"
    back = [(target, source) for source, target in pairs]
    assert WordTable(*sides(back)).write("he see you") == "他看你"


def test_texts_of_nothing_and_very_many_pairs_have_a_table(monkeypatch: Any) -> None:
    assert WordTable([""], [""]).write("one two") == "one two"
    monkeypatch.setattr(_word_table, "_MOST_PAIRS", 5)
    assert WordTable(*sides(PAIRS)).write("das") == "the"


def test_all_four_stand_beside_a_score_and_learn_from_the_training_pairs_alone() -> None:
    train = [{"source": source, "target": target} for source, target in PAIRS]
    asked = [{"source": "das buch ist klein", "target": "the book is small"}]
    scores = score_baselines(train, asked)
    assert list(scores) == [
        "copy-source",
        "most-frequent-target",
        "nearest-neighbour",
        "word-table",
    ]
    assert scores["word-table"]["exact-match"] == 1
    assert scores["nearest-neighbour"]["chrf"] > scores["most-frequent-target"]["chrf"]
    assert np.isfinite([value for values in scores.values() for value in values.values()]).all()
    other = score_baselines(train, [{**asked[0], "target": "nothing of that"}])
    assert other["word-table"]["exact-match"] == 0
