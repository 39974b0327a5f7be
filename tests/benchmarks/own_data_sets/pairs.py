"""Pairs of a source and a target."""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from seqkit.paths import bundled
from tests.benchmarks.own_data_sets import OwnDataSet, write_table
from tests.benchmarks.own_data_sets.texts import surname

Pairs = Sequence[tuple[str, str]]

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ONES = f"zero one two three four five six seven eight nine {_TEENS}".split()
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = _DECADES.split()
_ROMAN = "M CM D CD C XC L XL X IX V IV I".split()  # noqa: SIM905
_WHO = {"我": "I", "你": "You", "他": "He", "她": "She", "我们": "We", "他们": "They"}
_DOES = {
    "看见": ("see", "sees"),
    "喜欢": ("like", "likes"),
    "买": ("buy", "buys"),
    "想要": ("want", "wants"),
    "画": ("draw", "draws"),
}
_WHAT = {"红": "red", "蓝": "blue", "大": "big", "小": "small", "旧": "old"}
_THING = {"书": "books", "车": "cars", "狗": "dogs", "花": "flowers", "苹果": "apples"}


def _written(folder: Path, name: str, pairs: Pairs, header: Sequence[str] = ()) -> Path:
    return write_table(folder / f"{name}.{'csv' if header else 'tsv'}", header, pairs)


def _toy_chinese(folder: Path, _real: Path | None) -> Path:
    every = [
        (
            f"{who}{does}{what}{thing}。",
            f"{_WHO[who]} {_DOES[does][_WHO[who] in ('He', 'She')]} {_WHAT[what]} {_THING[thing]}.",
        )
        for who in _WHO
        for does in _DOES
        for what in _WHAT
        for thing in _THING
    ]
    return _written(folder, "toy-zh-en", random.Random(1).sample(every, 400))


def _reversed(folder: Path, _real: Path | None) -> Path:
    generator = random.Random(2)
    names = {surname(generator, generator.randrange(8)) for _ in range(2600)}
    return _written(folder, "reversed", [(name, name[::-1]) for name in sorted(names)[:2000]])


def _dates(folder: Path, _real: Path | None) -> Path:
    generator = random.Random(3)
    rows = []
    for _ in range(1800):
        day = date(1950, 1, 1) + timedelta(days=generator.randrange(27_000))
        form = generator.choice(
            ("{0} {1:%B %Y}", "{1:%B} {0}, {1:%Y}", "{1:%d/%m/%Y}", "{1:%b} {0} {1:%Y}")
        )
        rows.append((form.format(day.day, day), day.isoformat()))
    return _written(folder, "dates", rows, ["source", "target"])


def spelt(number: int) -> str:
    """Returns a number below a million in English words."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = _TENS[number // 10 - 2], number % 10
        return f"{tens}-{_ONES[ones]}" if ones else tens
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = number % size
    return f"{spelt(number // size)} {name}" + (f" {spelt(rest)}" if rest else "")


def _numbers(folder: Path, _real: Path | None) -> Path:
    numbers = random.Random(4).sample(range(100_000), 1800)
    return _written(
        folder, "numbers", [(str(one), spelt(one)) for one in numbers], ["source", "target"]
    )


def _past(folder: Path, _real: Path | None) -> Path:
    """Made-up verbs and their past, by the rules of English spelling."""
    generator = random.Random(5)
    rows: dict[str, str] = {}
    while len(rows) < 1500:
        stem = "".join(
            generator.choice("bcdfglmprst") + generator.choice("aeiou")
            for _ in range(generator.randint(1, 2))
        )
        verb = stem + generator.choice(("b", "t", "p", "ng", "lk", "sh", "y", "ry", "te", "ne"))
        if verb.endswith("e"):
            past = verb + "d"
        elif verb.endswith("ing"):
            past = verb[:-3] + "ang"
        elif verb[-1] == "y" and verb[-2] not in "aeiou":
            past = verb[:-1] + "ied"
        elif verb[-1] in "bpt":
            past = verb + verb[-1] + "ed"
        else:
            past = verb + "ed"
        rows[verb] = past
    return _written(folder, "past", list(rows.items()), ["source", "target"])


def _roman(folder: Path, _real: Path | None) -> Path:
    signs = list(zip((1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1), _ROMAN, strict=True))
    rows = []
    for number in random.Random(7).sample(range(1, 4000), 1500):
        text, rest = "", number
        for value, sign in signs:
            text += sign * (rest // value)
            rest %= value
        rows.append((text, str(number)))
    return _written(folder, "roman", rows, ["source", "target"])


def _clock(folder: Path, _real: Path | None) -> Path:
    """Times of the day as they are said: 18:50, ten minutes to seven in the evening."""
    generator = random.Random(8)
    rows = []
    for minutes in generator.sample(range(1440), 1300):
        hour, minute = divmod(minutes, 60)
        part = "morning" if hour < 12 else "afternoon" if hour < 18 else "evening"
        if minute > 30:
            said = f"{spelt(60 - minute)} minutes to {spelt((hour + 12) % 12 + 1)}"
        else:
            said = f"{spelt(minute)} minutes past {spelt((hour + 11) % 12 + 1)}"
        rows.append((f"{hour:02}:{minute:02}", f"{said} in the {part}"))
    return _written(folder, "clock", rows, ["source", "target"])


def _tatoeba(folder: Path, count: int, name: str, turned: bool) -> Path:
    lines = bundled("tatoeba/train.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t")[:2] for line in random.Random(6).sample(lines, count)]
    return _written(folder, name, [(a, b) if not turned else (b, a) for a, b in pairs])


def _german_english(folder: Path, _real: Path | None) -> Path:
    return _tatoeba(folder, 3000, "de-en", turned=False)


def _english_german(folder: Path, _real: Path | None) -> Path:
    return _tatoeba(folder, 1500, "en-de", turned=True)


def _captions(folder: Path, real: Path | None) -> Path:
    """3,000 descriptions of pictures, German and English."""
    assert real is not None
    sides = []
    for language in ("de", "en"):
        with gzip.open(real / "multi30k" / f"train.{language}.gz", "rt", encoding="utf-8") as file:
            sides.append([line.strip() for line in file][:3000])
    return _written(folder, "captions", list(zip(*sides, strict=True)))


SETS = (
    OwnDataSet("toy-zh-en", "tune", "400 made-up Chinese sentences in English", _toy_chinese),
    OwnDataSet("reversed", "tune", "2,000 surnames written backwards", _reversed),
    OwnDataSet("de-en", "tune", "3,000 German sentences in English", _german_english),
    OwnDataSet("dates", "tune", "1,800 dates in ISO form", _dates, task="seq2seq"),
    OwnDataSet("numbers", "tune", "1,800 numbers in words", _numbers, task="seq2seq"),
    OwnDataSet("roman", "check", "1,500 Roman numerals in figures", _roman, task="seq2seq"),
    OwnDataSet("clock", "check", "1,300 times of the day in words", _clock, task="seq2seq"),
    OwnDataSet("past", "check", "1,500 made-up verbs and their past", _past, task="seq2seq"),
    OwnDataSet("en-de", "check", "1,500 English sentences in German", _english_german),
    OwnDataSet("captions", "check", "3,000 descriptions of pictures", _captions, real=True),
)
