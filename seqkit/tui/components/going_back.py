"""What escape does on a screen of a list, a filter and what stands beside them."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Input, OptionList

from seqkit.tui.topbar import TopBar


def go_back(screen: Screen[None]) -> None:
    """Goes back to the list, then takes the filter away, and then goes to the runs."""
    options, line = screen.query_one(OptionList), screen.query_one(Input)
    if options.has_focus and not line.value:
        screen.post_message(TopBar.Chosen("runs"))
    elif options.has_focus:
        line.value = ""
    screen.remove_class("-inside")
    options.focus()
