"""Texts and their classes."""

from __future__ import annotations

import random
import tarfile
from collections import Counter
from pathlib import Path

from seqkit.paths import bundled
from tests.benchmarks.own_data_sets import OwnDataSet, write_table

_CONSONANTS = "bcdfghjklmnprstvz"
_GOOD = "精彩 感人 有趣 优秀 完美 温暖 细腻 震撼 流畅 真诚 动人 出色"
_BAD = "无聊 难看 失望 拖沓 糟糕 虚假 混乱 平庸 乏味 生硬 做作 空洞"
_CHINESE = {"好": _GOOD.split(), "坏": _BAD.split()}
_THINGS = "故事 演员 音乐 画面 导演 结局 对白 节奏 剧情 角色 场景 主题 开头 摄影"
_FILLERS = "我觉得 总的来说 这部电影 看完以后 朋友说 说实话 其实 大家都说 今天看了"
_CHINESE_THINGS, _CHINESE_FILLERS = _THINGS.split(), _FILLERS.split()


def sentences() -> list[tuple[str, str]]:
    """Returns the bundled sentences of film reviews, with their labels."""
    lines = bundled("sentences/imdb_labelled.txt").read_text(encoding="utf-8").split("\n")
    pairs = [line.rsplit("\t", 1) for line in lines if "\t" in line]
    return [(text.strip(), {"0": "bad", "1": "good"}[label.strip()]) for text, label in pairs]


def surname(generator: random.Random, language: int) -> str:
    """Makes up a surname whose sounds and endings are those of one of eight languages."""
    own = random.Random(language)
    onsets = own.choices(_CONSONANTS, k=7)
    vowels = own.sample("aeiouy", 3)
    endings = ["".join(own.choices("aeionrsk", k=2)) for _ in range(4)]
    syllables = [
        generator.choice(onsets) + generator.choice(vowels) for _ in range(generator.randint(2, 3))
    ]
    ending = generator.choice(endings) if generator.random() < 0.5 else ""
    return ("".join(syllables) + ending).capitalize()


def _bundled_sentences(folder: Path, _real: Path | None) -> Path:
    return write_table(folder / "sentences.csv", ["text", "label"], sentences())


def _surnames(folder: Path, _real: Path | None) -> Path:
    generator = random.Random(1)
    rows = []
    for _ in range(2400):
        language = generator.randrange(8)
        rows.append((surname(generator, language), f"language {language}"))
    return write_table(folder / "surnames.csv", ["name", "language"], rows)


def _codes(folder: Path, _real: Path | None) -> Path:
    """Codes of products, whose kind shows in a letter and in the parity of the last digit."""
    generator = random.Random(2)
    rows = []
    for _ in range(1500):
        letters = "".join(generator.choices("ABCDEFGHKLMN", k=2))
        digits = generator.randrange(1000, 10_000)
        kind = "spare part" if letters[1] in "ABCDEF" else "tool" if digits % 2 else "material"
        rows.append((f"{letters}-{digits}", kind))
    return write_table(folder / "codes.csv", ["text", "label"], rows)


def _complaints(share: float, count: int) -> list[tuple[str, int]]:
    """Texts of common words, of which a share also has some of 40 words that tell a complaint."""
    generator = random.Random(round(1000 * share))
    words = [
        "".join(generator.choices("aeioubdfglmnprst", k=generator.randint(2, 8)))
        for _ in range(1500)
    ]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    telling = words[200:240]
    rows = []
    for _ in range(count):
        complaint = generator.random() < share
        text = generator.choices(words, weights, k=generator.randint(6, 24))
        for _ in range(generator.choice((1, 1, 2, 3)) if complaint else generator.random() < 0.04):
            text.insert(generator.randrange(len(text)), generator.choice(telling))
        rows.append((" ".join(text), int(complaint)))
    return rows


def _rare_11(folder: Path, _real: Path | None) -> Path:
    return write_table(folder / "rare-11.csv", ["message", "class"], _complaints(0.11, 2500))


def _rare_3(folder: Path, _real: Path | None) -> Path:
    return write_table(folder / "rare-3.csv", ["message", "class"], _complaints(0.03, 3000))


def _chinese(folder: Path, _real: Path | None) -> Path:
    """Chinese reviews; some praise one thing and blame another, and the last word counts."""
    generator = random.Random(4)
    rows = []
    for _ in range(1500):
        label = generator.choice(list(_CHINESE))
        other = "坏" if label == "好" else "好"
        parts = [generator.choice(_CHINESE_FILLERS)]
        if generator.random() < 0.4:
            parts += [
                generator.choice(_CHINESE_THINGS),
                "虽然",
                generator.choice(_CHINESE[other]),
                "但是",
            ]
        parts += [generator.choice(_CHINESE_THINGS), "很", generator.choice(_CHINESE[label]), "。"]
        rows.append(("".join(parts), label))
    return write_table(folder / "chinese.csv", ["text", "label"], rows)


def _speakers(folder: Path, _real: Path | None) -> Path:
    """Speeches of the five characters who speak most in the bundled plays."""
    text = bundled("shakespeare/tinyshakespeare.txt").read_text(encoding="utf-8")
    speeches = [part.partition(":\n") for part in text.split("\n\n")]
    said = [(who, " ".join(what.split())) for who, _, what in speeches if what.strip()]
    most = [who for who, _ in Counter(who for who, _ in said).most_common(5)]
    rows = [(what, who) for who, what in said if who in most]
    return write_table(folder / "speakers.csv", ["text", "speaker"], rows)


def _few(folder: Path, _real: Path | None) -> Path:
    chosen = random.Random(5).sample(sentences(), 240)
    return write_table(folder / "few.csv", ["text", "label"], chosen)


def _reviews(folder: Path, real: Path | None) -> Path:
    """2,000 of the long reviews of IMDB."""
    assert real is not None
    rows = []
    with tarfile.open(real / "imdb" / "aclImdb_v1.tar.gz") as archive:
        for member in archive:
            parts = member.name.split("/")
            if parts[-3:-1] in (["train", "pos"], ["train", "neg"]) and len(parts) > 2:
                number = int(parts[-1].split("_")[0])
                file = archive.extractfile(member) if number % 12 == 0 else None
                if file:
                    rows.append((file.read().decode("utf-8"), parts[-2]))
    return write_table(folder / "reviews.csv", ["review", "sentiment"], rows)


SETS = (
    OwnDataSet("sentences", "tune", "1,000 sentences of film reviews", _bundled_sentences),
    OwnDataSet(
        "surnames",
        "tune",
        "2,400 made-up surnames, 8 languages",
        _surnames,
        given={"text": "name", "label": "language"},
    ),
    OwnDataSet("rare-11", "tune", "2,500 messages, 11% complaints", _rare_11),
    OwnDataSet(
        "codes",
        "check",
        "1,500 codes of products, 3 kinds",
        _codes,
        given={"text": "text", "label": "label"},
    ),
    OwnDataSet("rare-3", "tune", "3,000 messages, 3% complaints", _rare_3),
    OwnDataSet("chinese", "check", "1,500 Chinese reviews", _chinese),
    OwnDataSet("speakers", "check", "who says it, in plays: 5 speakers", _speakers),
    OwnDataSet("few", "check", "240 sentences of film reviews", _few),
    OwnDataSet("reviews", "check", "2,084 long film reviews", _reviews, real=True),
)
