"""Texts to learn to write from."""

from __future__ import annotations

import random
from pathlib import Path

from seqkit.paths import bundled
from tests.benchmarks.own_data_sets import OwnDataSet

_ROOT = Path(__file__).resolve().parents[3]


def _shakespeare(first: int, last: int) -> str:
    text = bundled("shakespeare/tinyshakespeare.txt").read_text(encoding="utf-8")
    return text[first:last]


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def _play_3k(folder: Path, _real: Path | None) -> Path:
    return _written(folder, "play-3k", _shakespeare(0, 3000))


def _play_100k(folder: Path, _real: Path | None) -> Path:
    return _written(folder, "play-100k", _shakespeare(200_000, 300_000))


def _german(folder: Path, _real: Path | None) -> Path:
    lines = bundled("tatoeba/train.tsv").read_text(encoding="utf-8").splitlines()
    german = [line.partition("\t")[0] for line in lines]
    return _written(folder, "german-20k", "\n".join(random.Random(1).sample(german, 700)) + "\n")


def _program(folder: Path, _real: Path | None) -> Path:
    files = sorted((_ROOT / "seqkit" / "terminal").rglob("*.py"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return _written(folder, "program-60k", text[:60_000])


def _chinese(folder: Path, _real: Path | None) -> Path:
    """Sentences of 700 made-up Chinese words of two characters, drawn by kinds that take turns."""
    generator = random.Random(3)
    signs = [chr(0x4E00 + 7 * number) for number in range(900)]
    weights = [1 / (rank + 5) for rank in range(len(signs))]
    kinds = [
        ["".join(generator.choices(signs, weights, k=2)) for _ in range(175)] for _ in range(4)
    ]
    falling = [1 / (rank + 2) for rank in range(175)]
    lines = []
    for _ in range(900):
        words = [
            generator.choices(kinds[place % 4], falling)[0]
            for place in range(generator.randint(5, 12))
        ]
        lines.append("\uff0c".join(("".join(words[:4]), "".join(words[4:]))) + "。")
    return _written(folder, "chinese-17k", "\n".join(lines))


SETS = (
    OwnDataSet("play-3k", "tune", "3 KB of a play", _play_3k),
    OwnDataSet("play-100k", "tune", "100 KB of plays", _play_100k),
    OwnDataSet("chinese-17k", "tune", "17,000 Chinese characters", _chinese),
    OwnDataSet("german-20k", "check", "20 KB of short German sentences", _german),
    OwnDataSet("program-60k", "check", "60 KB of Python", _program),
)
