"""What a token spells: its characters, and a text that grows token by token."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence

from seqkit.text import UNKNOWN_ID

Bytes = tuple[bytes, ...]


def _byte_alphabet() -> dict[str, int]:
    """Returns the byte of each character in which GPT-2 writes bytes (Radford et al. 2019)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {
        chr(0x100 + place): byte for place, byte in enumerate(others)
    }


def spelt_bytes(tokens: Sequence[str], byte_level: bool) -> Bytes:
    """Returns what each token spells, in UTF-8; nothing for padding and unknown.

    Args:
        tokens: The vocabulary, by id.
        byte_level: Whether tokens are written in the alphabet of byte-level byte-pair encoding.
    """
    words = tokens[UNKNOWN_ID + 1 :]
    if byte_level:
        alphabet = _byte_alphabet()
        spelt = [bytes(alphabet[character] for character in word) for word in words]
    else:
        spelt = [word.encode("utf-8", "surrogatepass") for word in words]
    return (b"",) * (UNKNOWN_ID + 1) + tuple(spelt)


def joined_to_another(
    tokens: Sequence[str], join: Callable[[Iterable[str]], str]
) -> tuple[str, ...]:
    """Returns what each token of a plugin's tokenizer adds to a text: a space before it, say.

    Args:
        tokens: The vocabulary, by id.
        join: Puts tokens together.
    """
    before, reserved = join(["a"]), UNKNOWN_ID + 1
    found = list(tokens[:reserved])
    for token in tokens[reserved:]:
        whole = join(["a", token])
        found.append(whole.removeprefix(before) if whole.startswith(before) else token)
    return tuple(found)


def counted_characters(spelt: Bytes) -> list[int]:
    """Returns how many characters begin in each token, so that a text's add up exactly."""
    return [sum(byte & 0xC0 != 0x80 for byte in token) for token in spelt]


class GrowingText:
    """A text that is written token by token, and shown only as far as it will stay.

    Args:
        spelt: What each token spells, by id.
        stop: The text ends before this string, of which no part is ever shown; empty for none.
        show: Receives each piece, once it is certain.
    """

    def __init__(self, spelt: Bytes, stop: str, show: Callable[[str], None]) -> None:
        self.text = ""
        self.tokens = 0
        self.stopped = False
        self._spelt = spelt
        self._stop = stop
        self._show = show
        self._shown = 0
        # The bytes of one character may be spread over several tokens.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> None:
        """Writes one token more; nothing once the stop string has come."""
        if self.stopped:
            return
        self.tokens += 1
        before = len(self.text)
        self.text += self._decoder.decode(self._spelt[token])
        if not self._stop:
            self._show_until(len(self.text))
            return
        found = self.text.find(self._stop, max(0, before - len(self._stop) + 1))
        if found >= 0:
            self.text, self.stopped = self.text[:found], True
            self._show_until(found)
        else:
            self._show_until(len(self.text) - self._begun())

    def finish(self) -> None:
        """Shows what was held back; bytes of half a character are left out."""
        self._show_until(len(self.text))

    def _begun(self) -> int:
        """Returns how many characters at the end may be the beginning of the stop string."""
        longest = min(len(self._stop) - 1, len(self.text))
        ends = (size for size in range(longest, 0, -1) if self.text.endswith(self._stop[:size]))
        return next(ends, 0)

    def _show_until(self, end: int) -> None:
        if end > self._shown:
            self._show(self.text[self._shown : end])
            self._shown = end
