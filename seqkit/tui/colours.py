"""Themes, and the colours that charts and statuses are drawn in.

The series colours go back to Okabe and Ito's set, which people who see few colours tell apart
too (https://jfly.uni-koeln.de/color/); they are lightened on dark and darkened on light ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.text import Text
from textual.color import TRANSPARENT, Color, ColorParseError
from textual.theme import Theme

from seqkit.terminal.output import Piece
from seqkit.terminal.safe_text import visible

SERIES = 8
"""How many runs or metrics one chart tells apart."""

_ON_DARK = (
    "#56b4e9",
    "#e69f00",
    "#2fc196",
    "#f0e442",
    "#f07a4a",
    "#d890bd",
    "#8fa8ff",
    "#c0c4cc",
)
_ON_LIGHT = (
    "#0072b2",
    "#b35900",
    "#007a58",
    "#8a7500",
    "#c03a00",
    "#a3487f",
    "#3d4fb8",
    "#555b66",
)
_ON_BLACK = (
    "#6cc8ff",
    "#ffb000",
    "#3df0b8",
    "#fff24d",
    "#ff8a5c",
    "#ff9ad5",
    "#a6b8ff",
    "#ffffff",
)


def _chart(series: tuple[str, ...], grid: str, axis: str, train: str) -> dict[str, str]:
    numbered = {f"chart-{number}": colour for number, colour in enumerate(series, start=1)}
    return {**numbered, "chart-grid": grid, "chart-axis": axis, "chart-raw": train}


CHART_DEFAULTS: dict[str, str] = _chart(_ON_DARK, "#2c3340", "#8a93a3", "#3f5a70")
"""Chart variables of themes that bring none of their own."""

DARK = Theme(
    name="seqkit-dark",
    primary="#5aa9e6",
    secondary="#7c8db5",
    accent="#e6b450",
    success="#5fc68f",
    warning="#e6b450",
    error="#ef6f78",
    foreground="#d5dae3",
    background="#12151b",
    surface="#171b23",
    panel="#1f2530",
    variables={
        "footer-key-foreground": "#e6b450",
        "footer-background": "#1f2530",
        "border": "#2f3846",
        "border-blurred": "#2a313d",
        "block-cursor-background": "#2b4a66",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-blurred-background": "#222c38",
        "input-cursor-background": "#e6b450",
        "input-selection-background": "#5aa9e6 35%",
        "scrollbar": "#313a48",
        "scrollbar-hover": "#445062",
        "scrollbar-active": "#5aa9e6",
        "scrollbar-background": "#171b23",
        "scrollbar-background-hover": "#171b23",
        "scrollbar-background-active": "#171b23",
        "scrollbar-corner-color": "#171b23",
        **CHART_DEFAULTS,
    },
)

LIGHT = Theme(
    name="seqkit-light",
    primary="#0b64a8",
    secondary="#56627a",
    accent="#8f5a00",
    success="#1c7a4a",
    warning="#8f5a00",
    error="#b3262f",
    foreground="#1d232c",
    background="#f7f8fa",
    surface="#ffffff",
    panel="#eaedf2",
    dark=False,
    variables={
        "footer-key-foreground": "#8f5a00",
        "border": "#c3cad6",
        "border-blurred": "#d5dae3",
        "block-cursor-background": "#cfe3f5",
        "block-cursor-foreground": "#0b1520",
        "block-cursor-blurred-background": "#e4ebf2",
        "input-selection-background": "#0b64a8 25%",
        "scrollbar": "#c3cad6",
        "scrollbar-background": "#f0f2f6",
        **_chart(_ON_LIGHT, "#d9dee7", "#5b6575", "#a9c3d9"),
    },
)

HIGH_CONTRAST = Theme(
    name="seqkit-high-contrast",
    primary="#6cc8ff",
    secondary="#d0d0d0",
    accent="#ffd24d",
    success="#4dff9a",
    warning="#ffd24d",
    error="#ff7a7a",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#101010",
    text_alpha=1.0,
    variables={
        "footer-key-foreground": "#ffd24d",
        "border": "#ffffff",
        "border-blurred": "#b0b0b0",
        "block-cursor-background": "#ffffff",
        "block-cursor-foreground": "#000000",
        "block-cursor-blurred-background": "#444444",
        "text-muted": "#d8d8d8",
        "text-disabled": "#b8b8b8",
        "scrollbar": "#ffffff",
        "scrollbar-background": "#000000",
        **_chart(_ON_BLACK, "#555555", "#ffffff", "#7a94a8"),
    },
)

THEMES = (DARK, LIGHT, HIGH_CONTRAST)

STATUS_SIGNS = {
    "running": ("●", "success"),
    "paused": ("‖", "warning"),
    "finished": ("✓", "muted"),
    "stopped": ("■", "warning"),
    "interrupted": ("■", "warning"),
    "failed": ("✗", "error"),
    "crashed": ("✗", "error"),
    "unreadable": ("✗", "error"),
}
"""A sign and a tone for each status of a run."""

TONES = {
    "muted": "color: $foreground 62%;",
    "faint": "color: $foreground 40%;",
    "title": "color: $primary; text-style: bold;",
    "strong": "text-style: bold;",
    "accent": "color: $accent;",
    "success": "color: $success;",
    "warning": "color: $warning;",
    "error": "color: $error;",
}
"""What a drawn text means, and how it looks; widgets take them as component classes."""

TONE_CLASSES = frozenset(f"tone--{name}" for name in TONES)


def tones_css(widget: str) -> str:
    """Returns the rules of every tone for a widget that draws its own lines.

    Args:
        widget: Name of its class, whose `COMPONENT_CLASSES` hold `TONE_CLASSES`.
    """
    return "\n".join(f"{widget} > .tone--{name} {{ {rule} }}" for name, rule in TONES.items())


_COLOURED = ("foreground", "primary", "accent", "success", "warning", "error")


def keeps_tones(theme: Theme, variables: Mapping[str, Any]) -> bool:
    """Tells whether tones can be read on the line with the cursor.

    Where the cursor is drawn by swapping text and ground, as with the 16 colours of a terminal,
    they cannot, and the line has one colour.

    Args:
        theme: The present theme.
        variables: `App.theme_variables`.
    """
    if theme.ansi:
        return False
    ground = _parsed(variables, "block-cursor-background").brightness
    tones = [_parsed(variables, name).brightness for name in _COLOURED]
    return (ground < 0.5) == theme.dark and all(abs(tone - ground) > 0.15 for tone in tones)


def colour(variables: Mapping[str, Any], name: str) -> str:
    """Returns the colour of a theme variable, as Rich reads it.

    Themes also hold what Rich does not know: `ansi_blue`, `transparent`, `auto 87%`. What a text is
    drawn in therefore comes from here, never from the variables themselves.

    Args:
        variables: `App.theme_variables`.
        name: With or without its dollar sign.

    Returns:
        A colour; `default`, the terminal's own, where the variable holds none that can be seen.
    """
    parsed = _parsed(variables, name)
    return parsed.rich_color.name if parsed.a else "default"


def _parsed(variables: Mapping[str, Any], name: str) -> Color:
    """Returns the colour that a theme variable holds; a transparent one for none."""
    key = name.removeprefix("$")
    value = str(variables.get(key) or CHART_DEFAULTS.get(key) or variables.get("foreground", ""))
    try:
        return Color.parse(value.partition(" ")[0])
    except ColorParseError:
        return TRANSPARENT


_PIECES = {
    "dim": "chart-axis",
    "green": "success",
    "red": "error",
    "cyan": "primary",
    "blue": "chart-raw",
    "magenta": "chart-3",
    "yellow": "warning",
}
"""Theme variables of the styles that pieces of `seqkit.terminal` carry."""


def themed(lines: Iterable[Sequence[Piece]], variables: Mapping[str, Any]) -> Text:
    """Returns lines of pieces as one text in the colours of the theme.

    Args:
        lines: As `seqkit.terminal` draws them.
        variables: `App.theme_variables`.
    """
    text = Text()
    for place, line in enumerate(lines):
        text.append("\n" if place else "")
        for piece in line:
            content, style = (piece, "") if isinstance(piece, str) else piece
            words = [
                colour(variables, _PIECES[word]) if word in _PIECES else word
                for word in style.split()
            ]
            text.append(visible(content), " ".join(words) or None)
    return text
