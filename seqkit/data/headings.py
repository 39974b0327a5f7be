"""Tells the names of columns from a row of texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Literal


def _median(counts: Iterable[int]) -> int:
    """Returns the higher one of the two in the middle; `statistics` takes a while to import."""
    ordered = sorted(counts)
    return ordered[len(ordered) // 2]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES = _words(
    "text texts sentence sentences content comment message body source sources src input inputs "
    "question questions target targets tgt output outputs answer answers translation translated "
    "prompt response reply query utterance reference hypothesis original"
)
"""Words that stand above columns of texts, and hardly among them."""
_BESIDE = _words("text sentence language lang seq sequence string column phrase word id a b 1 2")
_LANGUAGES = _words(
    "afrikaans albanian arabic armenian basque bengali bulgarian catalan chinese croatian czech "
    "danish dutch english estonian finnish french galician georgian german greek hebrew hindi "
    "hungarian icelandic indonesian irish italian japanese korean latin latvian lithuanian "
    "macedonian malay norwegian persian polish portuguese romanian russian serbian slovak "
    "slovenian spanish swahili swedish tamil thai turkish ukrainian urdu vietnamese welsh "
    "deutsch englisch français francais español espanol italiano português portugues "
    "ar bg bn bs ca cs cy da de el en es et eu fa fi fr ga gl he hi hr hu hy id is it ja ka ko la "
    "lt lv mk ms nb nl nn no pl pt ro ru sk sl sq sr sv sw ta th tr uk ur vi zh "
    "ara bul cat ces cmn dan deu dut ell eng est fas fin fra fre ger heb hin hun ind ita jpn kor "
    "lav lit nld nor pol por ron rus slk slv spa swe tha tur ukr vie zho"
)
_REGIONS = _words("us gb uk au ca br pt mx es cn tw hk hans hant at ch")
_LONG = 8
_PARTS = re.compile(r"[^\s_\-.:/()\"'0-9]+|[0-9]+")
_MOST_WORDS = 3
"""Of the name of a column."""

Verdict = Literal["yes", "perhaps", "no"]


def is_heading(cells: Sequence[str], below: Sequence[str], names: Collection[str] = ()) -> Verdict:
    """Tells whether the first row of a table of texts names its columns.

    Args:
        cells: Two or more cells of it.
        below: Texts of the rows below it.
        names: Other names that such columns have.

    Returns:
        `yes` where every cell is a usual name such as `source`, or the name or code of a language
        and the texts are longer than such; `perhaps` where they are as short; or else `no`.
    """
    words = [tuple(_PARTS.findall(cell.casefold())) for cell in cells]
    usual = _NAMES.union(names)
    if len(set(words)) < len(words) or not all(_names_a_column(one, usual) for one in words):
        return "no"
    if any(usual.intersection(one) for one in words):
        return "yes"
    return "yes" if below and _median(map(len, below)) > _LONG else "perhaps"


def is_an_example(
    text: str,
    kind: str,
    kinds: Sequence[str],
    names: Collection[str] = (),
    texts: Sequence[str] = (),
) -> bool:
    """Tells whether the first cells of a text and of its kind are plainly no names of columns.

    Args:
        text: The first text.
        kind: The first kind.
        kinds: Those below it.
        names: Other names that such columns have.
        texts: Some of the texts below it.
    """
    if is_name(text, names) == "yes" or not (kind in kinds or kind.strip().isdecimal()):
        return False
    if " " in text.strip() or not text.isascii():
        return True
    # Among words, a word may be a name or not: but its kind is one of those below.
    return kind in kinds and bool(texts) and _median(len(one.split()) for one in texts) <= 1


def is_name(text: str, names: Collection[str] = ()) -> Verdict:
    """Tells whether a text is the name of a column of texts: a short one may be.

    Args:
        text: The text.
        names: Other names that such columns have.
    """
    words = re.findall(r"[^\W_]+", text.casefold())
    if len(words) > _MOST_WORDS:
        return "no"
    return "yes" if _NAMES.union(names).intersection(words) else "perhaps"


def names_a_language(text: str) -> bool:
    """Tells whether a text is the name or the code of a language, such as `en` or `pt-BR`."""
    first, *rest = _PARTS.findall(text.casefold()) or [""]
    return first in _LANGUAGES and set(rest) <= _REGIONS


def _names_a_column(words: Sequence[str], usual: Collection[str]) -> bool:
    named = [word for word in words if word in usual or word in _LANGUAGES]
    others = set(words) - set(named)
    return 0 < len(words) <= _MOST_WORDS and bool(named) and others <= _BESIDE | _REGIONS
