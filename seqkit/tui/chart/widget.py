"""The chart as a Textual widget: draws rows by its line API, and only those that changed.

Arrays are drawn by numpy, which is imported with the first chart that has something to show, so
that a screen can be painted before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color, ColorParseError
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from seqkit.tui.chart.data import Glyphs, Plot, Range, usable_glyphs

if TYPE_CHECKING:
    from seqkit.tui.chart.canvas import Picture

_CURSOR = 128
_FALLBACK = {
    "chart-1": "#56b4e9",
    "chart-2": "#e69f00",
    "chart-3": "#2fc196",
    "chart-4": "#f0e442",
    "chart-5": "#f07a4a",
    "chart-6": "#d890bd",
    "chart-7": "#8fa8ff",
    "chart-8": "#c0c4cc",
    "chart-grid": "#2c3340",
    "chart-axis": "#8a93a3",
    "chart-raw": "#3f5a70",
    "error": "#ef6f78",
}
"""Colours of themes that have no variable of that name."""

_ZOOM = 0.6
_LEAST_PART = 1e-6
"""Part of the domain below which there is no zooming in."""


class Chart(Widget, can_focus=True):
    """Curves over one x axis, with zoom, panning and a cursor that reads values.

    Charts that show the same axis are kept together by their messages: whoever holds them hands
    the cursor and the view of one to the others.
    """

    HELP: ClassVar[str] = (
        "Curves. The arrows move a cursor that reads values, by ten columns with shift; + and - "
        "zoom around it, comma and full stop move the view, 0 shows all. The wheel zooms where the "
        "mouse is, and moves the view with shift or control. × on the axis marks values that are "
        "not a number, ∞ infinite ones."
    )
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Chart {
        width: 1fr;
        height: 1fr;
        background: transparent;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Cursor", show=False, id="chart.left"),
        Binding("right", "move(1)", "Cursor", show=False, id="chart.right"),
        Binding("shift+left", "move(-10)", "Cursor by 10", show=False, id="chart.far-left"),
        Binding("shift+right", "move(10)", "Cursor by 10", show=False, id="chart.far-right"),
        Binding("home", "end(0)", "Cursor to the start", show=False, id="chart.start"),
        Binding("end", "end(1)", "Cursor to the end", show=False, id="chart.end"),
        Binding("plus,equals_sign", "zoom(1)", "Zoom in", show=False, id="chart.zoom-in"),
        Binding("minus", "zoom(-1)", "Zoom out", show=False, id="chart.zoom-out"),
        Binding("comma,less_than_sign", "pan(-1)", "Earlier", show=False, id="chart.earlier"),
        Binding("full_stop,greater_than_sign", "pan(1)", "Later", show=False, id="chart.later"),
        Binding("0", "whole", "Show all", show=False, id="chart.all"),
    ]

    glyphs: reactive[Glyphs] = reactive(usable_glyphs)

    class CursorMoved(Message):
        """A person moved the cursor of a chart."""

        def __init__(self, chart: Chart, x: float | None) -> None:
            self.chart = chart
            self.x = x
            """Where it is now; None when it was put away."""
            super().__init__()

        @property
        def control(self) -> Chart:
            """The chart."""
            return self.chart

    class ViewChanged(Message):
        """A person zoomed or panned a chart."""

        def __init__(self, chart: Chart, view: Range | None) -> None:
            self.chart = chart
            self.view = view
            """The range of x in view; None for all of it."""
            super().__init__()

        @property
        def control(self) -> Chart:
            """The chart."""
            return self.chart

    def __init__(
        self,
        plot: Plot | None = None,
        *,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._plot = plot or Plot()
        self._picture: Picture | None = None
        self._strips: dict[int, Strip] = {}
        self._view: Range | None = None
        self._cursor: float | None = None
        self._stale = True
        self._complaint = ""
        self._styles: dict[tuple[tuple[str, str], bool], Style] = {}

    # --- what is shown ----------------------------------------------------------------------------

    @property
    def plot(self) -> Plot:
        """What the chart shows."""
        return self._plot

    @property
    def cursor(self) -> float | None:
        """The x at which values are read."""
        return self._cursor

    @property
    def view(self) -> Range | None:
        """The range of x in view; None for all of it."""
        return self._view

    def show(self, plot: Plot) -> None:
        """Shows something else, redrawing what that changes.

        A chart that is out of sight draws nothing until it is seen.
        """
        if plot.log != self._plot.log:
            self._picture = None
        self._plot = plot
        self._redraw()

    def set_cursor(self, x: float | None) -> None:
        """Puts the cursor somewhere, without a message."""
        if x != self._cursor:
            self._cursor = x
            self._redraw()

    def set_view(self, view: Range | None) -> None:
        """Shows a range of x, without a message."""
        if view != self._view:
            self._view = view
            self._redraw()

    # --- drawing ----------------------------------------------------------------------------------

    def watch_glyphs(self) -> None:
        """Draws everything anew in other characters."""
        self._picture = None
        self._redraw()

    def notify_style_update(self) -> None:
        """Draws everything anew in the colours of another theme."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Makes the title stand out, or lets it stand back."""
        super().watch_has_focus(_has_focus)
        self._redraw()

    def _redraw(self) -> None:
        self._stale = True
        if not self.is_attached or not self.size or not self.region:
            return
        before = self._picture
        self._draw()
        spans = self._picture.changed(before) if self._picture is not None else None
        if spans is None:
            self._strips.clear()
            self.refresh()
            return
        for row, _, _ in spans:
            self._strips.pop(row, None)
        if spans:
            self.refresh(*(Region(column, row, width, 1) for row, column, width in spans))

    def _draw(self) -> None:
        """Makes the picture anew. One that cannot be made leaves a complaint, and the app alive."""
        self._stale = False
        try:
            from seqkit.tui.chart.picture import compose

            self._picture = compose(
                self._plot,
                *self.size,
                self.glyphs,
                self._view,
                self._cursor,
                self._picture,
                self.has_focus,
            )
            self._complaint = ""
        except Exception as error:
            self.log.error(f"a chart could not be drawn: {error!r}")
            self._picture = None
            self._complaint = f"This chart cannot be drawn: {error}"

    def render_line(self, y: int) -> Strip:
        """Returns a row of the chart."""
        width, height = self.size
        if self._picture is not None and self._picture.codes.shape != (height, width):
            self._stale = True
        if self._stale:
            self._draw()
            self._strips.clear()
        if self._picture is None or y >= height:
            text = self._complaint if y == 0 else ""
            line = "".join(c if c.isprintable() and c.isascii() else "?" for c in text)[:width]
            return Strip([Segment(line.ljust(width), self.rich_style)], width)
        strip = self._strips.get(y)
        if strip is None:
            looks = self._picture.looks
            segments = [
                Segment(text, self._style(looks[number % _CURSOR], number >= _CURSOR))
                for text, number in self._picture.runs(y)
            ]
            strip = self._strips[y] = Strip(segments, width)
        return strip

    def _style(self, look: tuple[str, str], under_cursor: bool) -> Style:
        style = self._styles.get((look, under_cursor))
        if style is None:
            style = self.rich_style
            name, words = look
            if name:
                colour = self._colour(name)
                style += Style(color=colour.rich_color) if colour is not None else Style()
            if words:
                style += Style.parse(words)
            if under_cursor:
                _, ground = self.background_colors
                tint = ground.blend(ground.get_contrast_text(1.0), 0.22)
                style += Style(bgcolor=tint.rich_color)
            self._styles[look, under_cursor] = style
        return style

    def _colour(self, name: str) -> Color | None:
        """Returns the colour of a theme variable, or of a colour's own name."""
        value = self.app.theme_variables.get(name) or _FALLBACK.get(name, name)
        _, ground = self.background_colors
        try:
            colour = Color.parse(value)
        except ColorParseError:
            return None
        if colour.auto or colour.ansi is not None:
            return ground.get_contrast_text(colour.a) if colour.auto else colour
        return ground.blend(colour, colour.a, 1.0) if colour.a < 1 else colour

    # --- keys -------------------------------------------------------------------------------------

    def _domain(self) -> Range:
        from seqkit.tui.chart.picture import domain

        return domain(self._plot)

    def _place_cursor(self, x: float | None) -> None:
        if x is not None:
            left, right = self._view or self._domain()
            x = min(max(x, left), right)
        self.set_cursor(x)
        self.post_message(self.CursorMoved(self, x))

    def _look_at(self, left: float, right: float) -> None:
        """Shows a range, moved into the domain; the whole of it is no zoom any more."""
        start, end = self._domain()
        width = min(max(right - left, _LEAST_PART * (end - start)), end - start)
        left = min(max(left, start), end - width)
        whole = width >= (end - start) * (1 - 1e-9)
        self.set_view(None if whole else (left, left + width))
        self.post_message(self.ViewChanged(self, self._view))

    def _zoom_at(self, x: float, factor: float) -> None:
        left, right = self._view or self._domain()
        self._look_at(x - (x - left) * factor, x + (right - x) * factor)

    def action_move(self, columns: int) -> None:
        """Moves the cursor by columns of cells; it starts at the end."""
        left, right = self._view or self._domain()
        width = (right - left) / max(1, self._picture.columns if self._picture else 1)
        at = right if self._cursor is None else self._cursor + columns * width
        self._place_cursor(at)

    def action_end(self, side: int) -> None:
        """Moves the cursor to the first or the last column."""
        self._place_cursor((self._view or self._domain())[side])

    def action_zoom(self, direction: int) -> None:
        """Zooms around the cursor, or towards the newest points where there is none."""
        left, right = self._view or self._domain()
        middle = right if self._view is None else (left + right) / 2
        factor = _ZOOM if direction > 0 else 1 / _ZOOM
        self._zoom_at(middle if self._cursor is None else self._cursor, factor)

    def action_pan(self, direction: int) -> None:
        """Moves the view by a quarter of its width."""
        left, right = self._view or self._domain()
        shift = direction * (right - left) / 4
        self._look_at(left + shift, right + shift)

    def action_whole(self) -> None:
        """Shows everything, and puts the cursor away."""
        self.set_view(None)
        self._place_cursor(None)
        self.post_message(self.ViewChanged(self, None))

    # --- mouse ------------------------------------------------------------------------------------

    def _x_under(self, event: events.MouseEvent) -> float | None:
        picture = self._picture
        if picture is None:
            return None
        column = event.x - self.gutter.left
        inside = picture.left <= column < picture.left + picture.columns
        return picture.at(column) if inside else None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Puts the cursor where the mouse is."""
        x = self._x_under(event)
        if event.button == 1 and x is not None:
            self.capture_mouse()
            self._place_cursor(x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Moves the cursor along while the button is down."""
        x = self._x_under(event)
        if self.app.mouse_captured is self and x is not None:
            self._place_cursor(x)

    def on_mouse_up(self) -> None:
        """Lets the cursor be."""
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zooms in where the mouse is; with shift or control, goes back."""
        self._wheel(event, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zooms out where the mouse is; with shift or control, goes on."""
        self._wheel(event, -1)

    def _wheel(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        x = self._x_under(event)
        if event.shift or event.ctrl:
            self.action_pan(-direction)
        elif x is not None:
            self._zoom_at(x, _ZOOM if direction > 0 else 1 / _ZOOM)
