"""The line to a terminal: how much it takes, and when the next picture may be sent.

A picture that changes by itself waits until the terminal has taken the one before it, so that what
a person asks for by a key never stands behind many of them. That a picture was taken is known from
the terminal's answer to a question behind it, where it answers such. Of others it is known alone
when a write has to wait for room: the rate is measured then, and what is on its way is reckoned.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Final

_ROOM: Final = 20480
"""Bytes that a pseudo-terminal takes before anybody reads them, at most."""

_ASSUMED: Final = 16_000.0
"""Bytes a second that a line of which nothing is known is not expected to take less than."""

_SLOW_RATE, _SLOW_ANSWER = 64_000.0, 0.15
"""Bytes a second below which a line is slow, and seconds that an answer takes on one."""

_PATIENCE: Final = 5.0
"""Seconds after which no answer is waited for."""

_MOST_ASKED: Final = 2
"""Pictures that may be on their way when a key asks for one more."""

_SLACK: Final = 1.25
"""How much longer the line is left alone than the reckoning says."""

_PROBE, _PROVEN = 1.05, 2.0
"""How much faster the line is taken for with each picture that did not wait, and with one for which
there would have been no room if it were as slow as it is taken for."""

_LONGEST_WAIT: Final = 1.0
"""Seconds after which a picture is sent whatever the reckoning says: it may be wrong."""


class Line:
    """What is known of a line.

    Args:
        most: The most pictures a second that change by themselves.
        clock: Tells the time in seconds.
    """

    def __init__(self, most: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._least = 1 / most
        self._clock = clock
        self._sent = self._ended = -math.inf
        self._writing = False
        self._rate = _ASSUMED
        self._measured = False
        self._on_the_way = 0.0
        self._reckoned = 0.0
        self._rest = -math.inf
        self._took = 0.0
        self._asked: deque[float] = deque()
        self.answers = False

    @property
    def slow(self) -> bool:
        """Whether a whole picture takes long on it."""
        unknown = not self._measured and self.answers
        return self._took > _SLOW_ANSWER or (not unknown and self._rate < _SLOW_RATE)

    def sent(self, size: int) -> None:
        """Notes that a picture of so many bytes was handed over to be written."""
        now = self._clock()
        self._on_the_way = self._left(now) + size
        self._reckoned = self._sent = now
        self._writing = True
        if self.answers:
            self._asked.append(now)

    def written(self, waited: int, seconds: float) -> None:
        """Notes that a picture was written.

        Args:
            waited: Bytes of it from the first that had to wait for room.
            seconds: How long it took to write them.
        """
        self._writing = False
        now = self._ended = self._clock()
        if waited:
            # What was waited for found the room full, and left it so.
            self._rate = waited / max(seconds, 1e-6)
            self._on_the_way, self._reckoned, self._measured = float(_ROOM), now, True
        else:
            proven = self._on_the_way > _ROOM
            self._rate *= _PROVEN if proven else _PROBE if self._measured else 1.0
            self._on_the_way, self._reckoned = min(self._left(now), float(_ROOM)), now

    def answered(self) -> None:
        """Notes that the terminal answered the question behind a picture."""
        now = self._clock()
        if self._asked:
            # As long as it took, half of that the line is left to what is asked for.
            self._took = now - self._asked.popleft()
            self._rest = now + self._took / 2
        self._on_the_way, self._reckoned = 0.0, now

    def wait(self, asked: bool, rest: bool = False) -> float:
        """Returns the seconds until a picture may be sent; infinite until something was noted.

        Args:
            asked: Whether a person asked for it, by a key or the mouse.
            rest: Whether it is the rest of one, which a line that may be slow can do without.
        """
        if self._writing:
            return math.inf
        now = self._clock()
        while self._asked and now - self._asked[0] > _PATIENCE:
            self._asked.popleft()
        if asked:
            return math.inf if len(self._asked) >= _MOST_ASKED else 0.0
        if self._asked:
            return self._asked[0] + _PATIENCE - now
        left = 0.0
        if self._measured or (rest and not self.answers):
            left = min(_SLACK * self._left(now) / self._rate, self._ended + _LONGEST_WAIT - now)
        return max(0.0, left, self._rest - now, self._sent + self._least - now)

    def _left(self, now: float) -> float:
        """Returns the bytes that are still on their way, as far as can be reckoned."""
        return max(0.0, self._on_the_way - (now - self._reckoned) * self._rate)
