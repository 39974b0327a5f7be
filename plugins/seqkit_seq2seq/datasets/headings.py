"""Tells a row that names the columns of pairs from a pair."""

from __future__ import annotations

import re

SOURCE_NAMES = ("source", "src", "input", "question")
TARGET_NAMES = ("target", "tgt", "output", "answer", "translation")

_SOURCES = {*SOURCE_NAMES, "inputs", "sources", "questions", "q", "prompt", "original"}
_TARGETS = {*TARGET_NAMES, "trg", "outputs", "targets", "answers", "a", "response", "translations"}
_LANGUAGES = set(
    """
    ar bg bn ca cs cy da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn
    ko lt lv mk ml mn mr ms mt my nb ne nl no pa pl pt ro ru sk sl sq sr sv sw ta te th tl tr uk ur
    uz vi zh zu ara ces cze dan deu ger ell eng spa fin fra fre heb hin hun ind ita jpn kor nld nor
    pol por ron rus swe tha tur ukr vie zho cmn arabic bulgarian chinese czech danish deutsch dutch
    english español finnish français french german greek hebrew hindi hungarian indonesian italian
    italiano japanese korean latin norwegian persian polish portuguese português romanian russian
    spanish swedish thai turkish ukrainian vietnamese
    """.split()  # noqa: SIM905 - as a list it would take a screen
)
_DECORATION = re.compile(r"[ _-](texts?|sentences?|lang|language|us|gb|br|pt|cn|tw)$")


def is_heading(first: str, second: str) -> bool:
    """Tells whether two fields name columns: both sides in either order, or two languages."""
    names = {_bare(first), _bare(second)}
    if len(names) == 1:
        return False
    return names <= _LANGUAGES or bool(names & _SOURCES and names & _TARGETS)


def _bare(field: str) -> str:
    return _DECORATION.sub("", field.strip().strip('"').casefold())
