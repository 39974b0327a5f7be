"""What the terminal shows, what it is to show, and the shortest way from the one to the other.

Textual writes every line that a part of the screen has drawn anew. Here the screen is kept cell by
cell, and cells that differ are written alone, with no more of a style than differs from the one
before. What is drawn while nothing can be written is merged: the next change is one to the newest
picture, however many were left out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

_NARROW = re.compile(
    "[ -~\xa1-\xac\xae-\u02ff\u2010-\u2027\u2190-\u2199\u2500-\u25fc\u2800-\u28ff]*"
)
"""Characters that take one cell each, in every terminal."""

_ATTRIBUTES = (
    ("bold", "1"),
    ("dim", "2"),
    ("italic", "3"),
    ("underline", "4"),
    ("blink", "5"),
    ("blink2", "6"),
    ("reverse", "7"),
    ("conceal", "8"),
    ("strike", "9"),
    ("underline2", "21"),
    ("frame", "51"),
    ("encircle", "52"),
    ("overline", "53"),
)
_DENSE = 4
"""A stretch of a line of which more than this part has other signs is written whole."""

_SEEN_ON_BLANKS = {"4", "5", "6", "7", "9", "21", "51", "52", "53"}
"""Attributes that change how a cell without a sign looks."""


@dataclass(frozen=True)
class Look:
    """How a cell looks, in the words of the terminal.

    Attributes:
        attributes: Such as bold.
        fore: The colour of the sign; empty for the terminal's own.
        back: The colour behind it.
        link: Where a click on it leads.
    """

    attributes: tuple[str, ...] = ()
    fore: str = ""
    back: str = ""
    link: str = ""

    @property
    def plain(self) -> bool:
        """Whether nothing but the colour behind it is seen where there is no sign."""
        return not self.link and _SEEN_ON_BLANKS.isdisjoint(self.attributes)


class Painting:
    """The cells of a terminal.

    Args:
        colours: What colours it has.
    """

    def __init__(self, colours: ColorSystem = ColorSystem.TRUECOLOR) -> None:
        self._colours = colours
        self._looks: dict[Look, tuple[Look, Look]] = {}
        self._by_style: dict[Style | None, tuple[Look, Look]] = {}
        self._size = (0, 0)
        self._signs: list[list[str]] = []
        self._styles: list[list[Look]] = []
        self._shown: list[tuple[list[str], list[Look]] | None] = []
        self._changed: set[int] = set()

    def resize(self, width: int, height: int) -> None:
        """Takes another size, of which nothing is drawn yet."""
        if (width, height) == self._size:
            return
        self._size = (width, height)
        blank = self._interned(Look())[0]
        self._signs = [[" "] * width for _ in range(height)]
        self._styles = [[blank] * width for _ in range(height)]
        self.forget()

    def forget(self) -> None:
        """Has everything written anew: the terminal may show anything."""
        self._shown = [None] * self._size[1]
        self._changed = set(range(self._size[1]))

    # --- what it is to show -----------------------------------------------------------------------

    def take(self, update: CompositorUpdate) -> None:
        """Takes in what Textual has drawn."""
        if isinstance(update, LayoutUpdate):
            for y, line in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in line:
                    self._put(x, y, strip)
                    x += strip.cell_length
        elif isinstance(update, ChopsUpdate):
            for y, first, last in update.spans:
                ends = update.chop_ends[y]
                for end, (x, chop) in zip(ends, update.chops[y].items(), strict=False):
                    if chop is not None and x < last and end > first:
                        self._put(x, y, chop)

    def _put(self, x: int, y: int, strip: Strip) -> None:
        width, height = self._size
        if not 0 <= y < height:
            return
        signs, styles = self._signs[y], self._styles[y]
        for text, style, control in strip:
            if control or not text:
                continue
            look, blank = self._by_style.get(style) or self._look(style)
            cells = list(text) if _NARROW.fullmatch(text) else _cells(text)
            if x + len(cells) > width:
                cells = cells[: width - x]
            end = x + len(cells)
            signs[x:end] = cells
            if blank is look or " " not in text:
                styles[x:end] = [look] * len(cells)
            else:
                styles[x:end] = [blank if cell == " " else look for cell in cells]
            x = end
        self._changed.add(y)

    def _look(self, style: Style | None) -> tuple[Look, Look]:
        look = Look()
        if style is not None:
            attributes = tuple(code for name, code in _ATTRIBUTES if getattr(style, name))
            fore, back = (
                "" if colour is None else self._code(colour.downgrade(self._colours), front)
                for colour, front in ((style.color, True), (style.bgcolor, False))
            )
            link = f"id={style.link_id};{style.link}" if style.link else ""
            look = Look(attributes, fore, back, link)
        found = self._by_style[style] = self._interned(look)
        return found

    @staticmethod
    def _code(colour: object, front: bool) -> str:
        codes: tuple[str, ...] = colour.get_ansi_codes(front)  # type: ignore[attr-defined]
        return ";".join(codes)

    def _interned(self, look: Look) -> tuple[Look, Look]:
        """Returns the one object of a look, and that of a cell without a sign in it."""
        found = self._looks.get(look)
        if found is None:
            blank = look
            if look.plain and look != Look(back=look.back):
                blank = self._interned(Look(back=look.back))[0]
            found = self._looks[look] = (look, blank)
        return found

    # --- what has to be written -------------------------------------------------------------------

    @property
    def left(self) -> bool:
        """Whether there is more to be written."""
        return bool(self._changed)

    def changes(self, most: float = math.inf) -> str:
        """Returns what brings the terminal up to date, as which it counts then; may be empty.

        Signs come before the colours of what stays, as of the ground that a dialog darkens.

        Args:
            most: Characters after which colours are left for the next time.
        """
        written: list[str] = []
        now: Look | None = None
        size = 0
        for signs_alone in (True, False):
            for y in sorted(self._changed):
                if size > most and not signs_alone:
                    break
                before = len(written)
                now = self._line(written, now, y, signs_alone)
                size += sum(map(len, written[before:]))
        if written:
            written.append("\x1b]8;;\x1b\\\x1b[0m" if now is not None and now.link else "\x1b[0m")
        return "".join(written)

    def _line(self, written: list[str], now: Look | None, y: int, signs_alone: bool) -> Look | None:
        """Writes what differs in a line, or the signs alone; returns the look that holds then."""
        signs, styles = self._signs[y], self._styles[y]
        spans, column = list(self._spans(y, signs_alone)), -1
        for start, end in spans:
            written.append(
                f"\x1b[{y + 1};{start + 1}H" if column < 0 else f"\x1b[{start - column}C"
            )
            for sign, look in zip(signs[start:end], styles[start:end], strict=True):
                if look is not now and sign:
                    now = self._turn(written, now, look, sign)
                written.append(sign)
            column = end
        shown = self._shown[y]
        if shown is None or not signs_alone:
            self._shown[y] = (signs.copy(), styles.copy())
            self._changed.discard(y)
        else:
            for start, end in spans:
                shown[0][start:end] = signs[start:end]
                shown[1][start:end] = styles[start:end]
        return now

    def _spans(self, y: int, signs_alone: bool) -> Iterable[tuple[int, int]]:
        """Returns where a line differs from what is shown."""
        signs, styles, shown = self._signs[y], self._styles[y], self._shown[y]
        if shown is None:
            return [(0, len(signs))]
        if signs == shown[0] and (signs_alone or styles == shown[1]):
            return []
        if "" in signs or "" in shown[0]:
            # How wide the terminal takes a wide sign for is its own matter.
            return [(0, len(signs))]
        if signs_alone:
            pairs = enumerate(zip(signs, shown[0], strict=True))
            places = [x for x, (sign, old) in pairs if sign != old]
            whole = (places[0], places[-1] + 1)
            # A dialog comes whole, with the blanks in it.
            return [whole] if _DENSE * len(places) > whole[1] - whole[0] else _joined(places)
        return _joined(
            x
            for x, (sign, look, old, old_look) in enumerate(zip(signs, styles, *shown, strict=True))
            if look is not old_look or sign != old
        )

    def _turn(self, written: list[str], now: Look | None, look: Look, sign: str) -> Look:
        """Writes what a look has that the present one has not; returns the one that holds then."""
        if now is None or now.link != look.link:
            if look.link or now is not None:
                written.append(f"\x1b]8;{look.link or ';'}\x1b\\")
        elif sign == " " and now.plain and look.plain and not look.fore:
            # The colour of signs may stay what it is.
            if now.back != look.back:
                written.append(f"\x1b[{look.back or '49'}m")
            return self._interned(Look(now.attributes, now.fore, look.back, now.link))[0]
        elif now.attributes == look.attributes:
            codes = [look.fore or "39"] if now.fore != look.fore else []
            codes += [look.back or "49"] if now.back != look.back else []
            written.append(f"\x1b[{';'.join(codes)}m")
            return look
        codes = ["0", *look.attributes, look.fore, look.back]
        written.append(f"\x1b[{';'.join(filter(None, codes))}m")
        return look


def _joined(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yields stretches of places; one cell between two of them is written along."""
    start = end = -1
    for place in places:
        if end < 0:
            start = place
        elif place > end + 1:
            yield start, end
            start = place
        end = place + 1
    if end >= 0:
        yield start, end


@lru_cache(1024)
def _cells(text: str) -> list[str]:
    """Returns the sign of each cell; what is wider than one is followed by empty ones."""
    cells: list[str] = []
    for character in text:
        width = get_character_cell_size(character)
        if width == 0 and cells:
            place = max(index for index, cell in enumerate(cells) if cell)
            cells[place] += character
        else:
            cells += [character, *[""] * (width - 1)]
    width = cell_len(text)
    # Several characters may be one sign, as in a flag: then the whole stays together.
    return cells if len(cells) == width else [text, *[""] * (width - 1)]
