"""Labels of classification: which spellings are one class, and an order that nothing changes."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

# Characters that take no room beside a label, as white space does.
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
# A number that begins with a needless 0 is a code, such as a postcode, and no number.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)")
# Numbers in other notations, which name classes of their own: 1,0 and 1e0.
_WRITTEN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,2})?")
_TRUTHS = {"true": "1", "false": "0"}
_LONGEST = 40
_LETTER = r"[^\W\d_]"
_SHOWN = 5
# As programs write that a value is missing; "none" is rather a class.
_NO_VALUE = frozenset({"nan", "null", "<na>", "na", "n/a", "#n/a", "?", "-", "\\n"})


def label_name(value: Any) -> str | None:
    """Returns how a label is spelt, or None where there is none: null, blank, or not a number.

    White space around it does not count, and characters are composed (Unicode's NFC).

    Raises:
        TypeError: The value is of a kind that names no class, such as a list.
    """
    text = spelling(value)
    return None if text is None else _tidy(text) or None


def spelling(value: Any) -> str | None:
    """Returns a label as the data spell it; see `label_name` for what names no class."""
    if value is None:
        return None
    if isinstance(value, str):
        return str(value) if _tidy(value) else None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else str(float(value))
    if isinstance(value, int):
        return str(value)
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return spelling(value.item())  # a number of numpy, which is not imported to name a dataset
    raise TypeError(f"{value!r} is a {type(value).__name__}")


@lru_cache(maxsize=4096, typed=True)
def label_key(value: Any) -> Any:
    """Returns what the spellings of one class have in common; None where there is no label.

    They are the same number (`1`, `1.0` and `+1`, but not `01`), the same truth value (`True` and
    `true`), or the same text of `label_name`.
    """
    name = label_name(value)
    if name is None:
        return None
    if _NUMBER.fullmatch(name):
        return Decimal(name)
    lowered = name.lower()
    return (bool, lowered) if lowered in ("true", "false") else (str, name)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sorts labels: by value where all are numbers, else by code points."""
    found = sorted(set(names))
    try:
        numbers = {name: float(name) for name in found}
    except ValueError:
        return tuple(found)
    if not all(map(math.isfinite, numbers.values())):
        return tuple(found)
    return tuple(sorted(found, key=lambda name: (numbers[name], name)))


@dataclass(frozen=True)
class Labels:
    """The classes of a model, and how their labels may be spelt.

    Attributes:
        names: How each class is called.
    """

    names: tuple[str, ...]
    _ids: Mapping[str, int] = field(init=False, repr=False, compare=False)
    _by_key: Mapping[Any, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_key: dict[Any, int] = {}
        for number, name in enumerate(self.names):
            by_key.setdefault(label_key(name), number)
        object.__setattr__(self, "_ids", {name: n for n, name in enumerate(self.names)})
        object.__setattr__(self, "_by_key", by_key)

    def find(self, value: Any) -> int | None:
        """Returns the class of a label, or None where no class is meant.

        A name that is there wins over other spellings: models of before may have both.

        Raises:
            TypeError: The value is of a kind that names no class, such as a list.
        """
        name = label_name(value)
        if name is None:
            return None
        found = self._ids.get(name)
        return self._by_key.get(label_key(name)) if found is None else found

    def alike(self, name: str) -> str | None:
        """Returns the class whose name differs from this one in what is easily overlooked."""
        look = _look(name)
        return next((known for known in self.names if _look(known) == look), None)


def name_classes(spelt: Iterable[str]) -> dict[str, str]:
    """Returns the name of the class of each spelling: of those of one class the most frequent.

    Args:
        spelt: The label of each example, as `spelling` gives it.
    """
    together: dict[Any, Counter[str]] = {}
    classes: dict[str, Any] = {}
    for text, count in Counter(spelt).items():
        name = label_name(text)
        assert name is not None
        classes[text] = label_key(name)
        together.setdefault(classes[text], Counter())[name] += count
    names = {
        key: min(counts, key=lambda name: (-counts[name], len(name), name))
        for key, counts in together.items()
    }
    return {text: names[key] for text, key in classes.items()}


def further_names(
    names: Mapping[str, str], before: Labels
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Returns the names of `name_classes` with those that are known already, and all classes.

    Classes that are new come behind the known ones.
    """
    found = {text: before.find(name) for text, name in names.items()}
    settled = {
        text: name if (known := found[text]) is None else before.names[known]
        for text, name in names.items()
    }
    new = in_order(name for text, name in names.items() if found[text] is None)
    return settled, (*before.names, *new)


def united(names: Mapping[str, str], place: str) -> Iterator[str]:
    """Yields a sentence where spellings differ from the names of their classes.

    Args:
        names: The name of the class of each spelling.
        place: Where they occur: `the train split`.
    """
    others: dict[str, list[str]] = {}
    for text, name in sorted(names.items()):
        if text != name:
            others.setdefault(name, []).append(text)
    if others:
        # Other forms of the same characters look alike, unless their codes are shown.
        pairs = [
            f"{_listed(texts, ascii if _tidy(texts[0]) == name else repr)} as {name!r}"
            for name, texts in others.items()
        ]
        more = f" and {len(pairs) - _SHOWN} more classes" if len(pairs) > _SHOWN else ""
        yield f"labels that are spelt otherwise are one class: {'; '.join(pairs[:_SHOWN])}" + (
            f"{more}, in {place}"
        )


def mistakable(names: Sequence[str]) -> Iterator[str]:
    """Yields a sentence where names of classes are easily mistaken, for each other or for none."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(_look(name), []).append(name)
    groups = [_listed(group) for group in alike.values() if len(group) > 1]
    if groups:
        more = f" and {len(groups) - _SHOWN} more" if len(groups) > _SHOWN else ""
        yield (
            f"classes look alike and are kept apart: {'; '.join(groups[:_SHOWN])}{more}. "
            "Spell them the same in the data if they are one"
        )
    missing = [name for name in names if name.casefold() in _NO_VALUE]
    if missing:
        what = "classes are" if len(missing) > 1 else "a class is"
        yield (
            f"{what} called {_listed(missing)}, as missing values are. Leave such examples out "
            "if they have no label"
        )


def _tidy(text: str) -> str:
    before = ""
    while text != before:
        before, text = text, text.strip().strip(_UNSEEN)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _look(name: str) -> str:
    """Returns a name without case, signs between words, needless zeros and variants of letters.

    Numbers look like their value however they are written, and truth values like 1 and 0.
    """
    text = unicodedata.normalize("NFKC", name).casefold()
    text = re.sub(rf"[{_UNSEEN}]", "", text).strip("\"'\u201c\u201d. ")
    if text in _TRUTHS:
        return _TRUTHS[text]
    written = re.sub("[\u2212\u2013]", "-", text).replace(",", ".")
    if len(text) < _LONGEST and _WRITTEN.fullmatch(written):
        number = Decimal(written)
        return f"{number.normalize():f}" if number else "0"
    text = re.sub(rf"(?<={_LETTER})[\s_-]+(?={_LETTER})", "", text)
    text = re.sub(r"\s+", " ", text)
    return re.sub(r"(?<![0-9.])0+(?=[0-9])", "", text)


def _listed(texts: Sequence[str], show: Callable[[str], str] = repr) -> str:
    shown = [show(text if len(text) <= 40 else text[:37] + "...") for text in texts[:_SHOWN]]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(shown) + more
