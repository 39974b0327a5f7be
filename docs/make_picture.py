"""Draws the terminal pictures of the README from a real run: `python docs/make_picture.py`.

Runs `seqkit run sentiment` in a pseudo-terminal, feeds what it writes to a terminal emulator, and
draws two screens: one in the middle of the training, and the report at its end. Needs pyte
(`pip install pyte`) and a Unix; best on an idle machine, as the pictures show speeds and times.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from itertools import groupby
from pathlib import Path

import pyte
from rich.color import ANSI_COLOR_NAMES
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

WORDS = ["run", "sentiment"]
COLUMNS, ROWS = 88, 52
MIDDLE = 30  # per cent
IMAGES = Path(__file__).parent / "images"

THEME = TerminalTheme(
    background=(22, 25, 32),
    foreground=(214, 218, 226),
    normal=[
        (59, 66, 82),
        (232, 104, 112),
        (140, 200, 120),
        (232, 196, 110),
        (110, 160, 240),
        (190, 140, 220),
        (96, 200, 212),
        (214, 218, 226),
    ],
    bright=[
        (128, 137, 154),
        (240, 130, 136),
        (166, 218, 149),
        (240, 212, 140),
        (140, 182, 250),
        (208, 166, 236),
        (130, 220, 228),
        (240, 242, 246),
    ],
)

# rich's own, without the font that it fetches from elsewhere: a picture in a page may not.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
    font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace;
    font-size: {char_height}px; line-height: {line_height}px; white-space: pre;
}}
.{unique_id}-title {{ font-size: 17px; font-family: "DejaVu Sans Mono", Menlo, monospace; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class Terminal:
    """What a terminal of a fixed size shows."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, written: bytes) -> None:
        """Takes what a program wrote."""
        # pyte knows no faint text, which terminals show as grey or nearly so.
        self._stream.feed(re.sub(rb"(?<=\x1b\[)2(?=[;m])", b"90", written))

    def lines(self) -> list[Text]:
        """Returns the lines, without the empty ones at the foot."""
        shown = [self._line(row) for row in range(ROWS)]
        while shown and not shown[-1].plain.strip():
            shown.pop()
        return shown

    def _line(self, row: int) -> Text:
        cells = [self._screen.buffer[row][column] for column in range(COLUMNS)]
        line = Text()
        for style, alike in groupby(cells, key=_style):
            line.append("".join(cell.data for cell in alike), style)
        line.rstrip()
        return line


def _style(cell: pyte.screens.Char) -> Style:
    color = cell.fg.replace("brown", "yellow").replace("bright", "bright_")
    if color != "default" and color not in ANSI_COLOR_NAMES:
        color = f"#{color}"
    return Style(color=color, bold=cell.bold, italic=cell.italics)


def record(words: list[str], folder: str) -> tuple[list[Text], list[Text]]:
    """Runs seqkit in a terminal; returns its screen in the middle, and at the end."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    plain = {"NO_COLOR", "COLUMNS", "LINES", "SEQKIT_RUNS_DIR"}
    environment = {key: value for key, value in os.environ.items() if key not in plain}
    process = subprocess.Popen(
        [sys.executable, "-m", "seqkit", *words],
        cwd=folder,
        env=environment | {"TERM": "xterm-256color", "SEQKIT_HOME": f"{folder}/home"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    terminal = Terminal()
    terminal.feed(b"\x1b[92m$\x1b[0m seqkit " + " ".join(words).encode() + b"\r\n")
    middle: list[Text] = []
    while written := _read(leader):
        terminal.feed(written)
        if not middle:
            lines = terminal.lines()
            done = re.search(r"[━╸╺].* (\d+)% +loss", lines[-1].plain) if lines else None
            if done and int(done[1]) >= MIDDLE:
                middle = lines
    os.close(leader)
    if process.wait() != 0:
        sys.exit(f"make_picture.py: seqkit ended with exit code {process.returncode}")
    return middle, terminal.lines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # On Linux, how a terminal says that the other side has gone.
        return b""


def draw(lines: list[Text], path: Path) -> None:
    """Writes lines as a picture of a terminal."""
    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    for line in [*lines, Text()]:
        console.print(line, no_wrap=True, crop=True, highlight=False)
    svg = console.export_svg(title="", theme=THEME, code_format=SVG, unique_id=path.stem)
    path.write_text(svg, encoding="utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        middle, end = record(WORDS, folder)
    report = next(n for n, line in enumerate(end) if line.plain.startswith("Test score"))
    IMAGES.mkdir(exist_ok=True)
    draw(middle, IMAGES / "sentiment.svg")
    draw(end[report:], IMAGES / "sentiment-report.svg")


if __name__ == "__main__":
    main()
