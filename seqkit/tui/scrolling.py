"""A part that is scrolled in: a stop for tab only where there is something to scroll."""

from __future__ import annotations

from textual.containers import VerticalScroll


class Scrolled(VerticalScroll):
    """A vertical scroll that shows when it has the focus, and takes none it has no use for."""

    DEFAULT_CSS = """
    Scrolled:focus { scrollbar-color: $primary; scrollbar-background: $panel-lighten-1; }
    """

    def allow_focus(self) -> bool:
        """Tells whether there is more than is seen."""
        return super().allow_focus() and self.max_scroll_y > 0
