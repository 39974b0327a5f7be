"""Where the panes of the monitor are, at any size of the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import events
from textual.containers import Container
from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

LOSS = "loss"
CHARTS = ("metrics", "rate", "gradient", "speed")
PANES = (LOSS, *CHARTS, "machine", "answers", "log")

_GAP = 2
_MACHINE_ROWS = 8


@dataclass(frozen=True)
class Split:
    """How the room is shared out; parts from 0 to 1, which a person may drag.

    Attributes:
        left: Width of the charts beside the other panes.
        top: Height of the loss above what is below it.
    """

    left: float = 0.6
    top: float = 0.52

    def kept(self) -> Split:
        """Returns the same with nothing squeezed out of sight."""
        return Split(min(0.85, max(0.25, self.left)), min(0.85, max(0.25, self.top)))


@dataclass(frozen=True)
class Plan:
    """Where everything is.

    Attributes:
        panes: Regions of the panes that are seen.
        tabs: Where the line of tabs is; None without one.
        tabbed: The panes that take turns below the tabs.
        columns: The column between the two halves, for dragging; None without halves.
        rows: The row below the loss, for dragging.
    """

    panes: dict[str, Region]
    tabs: Region | None = None
    tabbed: Sequence[str] = ()
    columns: int | None = None
    rows: int | None = None


def plan(size: Size, chosen: str, maximised: str | None, split: Split) -> Plan:
    """Shares out the room: one pane, two with tabs, halves, or all of them.

    Args:
        size: The room there is.
        chosen: The pane whose tab is chosen.
        maximised: The pane that has all of the room.
        split: How the room is shared out.
    """
    width, height = size
    split = split.kept()
    if maximised is not None:
        return Plan({maximised: Region(0, 0, width, height)})
    if height < 11:
        return Plan({LOSS: Region(0, 0, width, height)})
    if width < 100 or height < 22:
        return _column(Region(0, 0, width, height), PANES[1:], chosen, split)
    left = round(width * split.left)
    right = Region(left + _GAP, 0, width - left - _GAP, height)
    if width < 150 or height < 34:
        found = _column(Region(0, 0, left, height), (*CHARTS, "machine"), chosen, split)
        panes = found.panes | _stack(right, ("answers", "log"))
        return Plan(panes, found.tabs, found.tabbed, left, found.rows)
    top = round(height * split.top)
    panes = {LOSS: Region(0, 0, left, top)}
    across, down = (left - _GAP) // 2, (height - top - 2) // 2
    for place, name in enumerate(CHARTS):
        column, row = place % 2, place // 2
        panes[name] = Region(column * (across + _GAP), top + 1 + row * (down + 1), across, down)
    panes["machine"] = Region(right.x, 0, right.width, _MACHINE_ROWS)
    rest = Region(right.x, _MACHINE_ROWS + 1, right.width, height - _MACHINE_ROWS - 1)
    return Plan(panes | _stack(rest, ("answers", "log")), columns=left, rows=top)


def _column(room: Region, tabbed: Sequence[str], chosen: str, split: Split) -> Plan:
    """The loss, then a line of tabs, then the pane whose tab is chosen."""
    top = min(max(6, round(room.height * split.top)), room.height - 5)
    shown = chosen if chosen in tabbed else tabbed[0]
    panes = {
        LOSS: Region(room.x, room.y, room.width, top),
        shown: Region(room.x, room.y + top + 1, room.width, room.height - top - 1),
    }
    return Plan(panes, Region(room.x, room.y + top, room.width, 1), tabbed, rows=top)


def _stack(room: Region, names: Sequence[str]) -> dict[str, Region]:
    """Panes below one another, as high as each other, a row apart."""
    each = (room.height - len(names) + 1) // len(names)
    panes = {}
    for place, name in enumerate(names):
        y = room.y + place * (each + 1)
        high = each if place < len(names) - 1 else room.bottom - y
        panes[name] = Region(room.x, y, room.width, high)
    return panes


class PlannedLayout(Layout):
    """Puts each widget where the plan has its id; what the plan leaves out is not seen."""

    name = "planned"

    def __init__(self) -> None:
        self.chosen = CHARTS[0]
        self.maximised: str | None = None
        self.split = Split()
        self.plan = Plan({})

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Places the children of a widget of this size."""
        parent.pre_layout(self)
        self.plan = plan(size, self.chosen, self.maximised, self.split)
        regions = dict(self.plan.panes)
        if self.plan.tabs is not None:
            regions["tabs"] = self.plan.tabs
        return [
            WidgetPlacement(
                regions[child.id],
                child.styles.offset.resolve(size, size),
                child.styles.margin,
                child,
            )
            for child in children
            if child.id in regions
        ]


class Panes(Container):
    """The panes of the monitor, placed by its plan; the edges between them can be dragged."""

    DEFAULT_CSS = "Panes { width: 1fr; height: 1fr; overflow: hidden; padding: 0; }"

    def __init__(self, *children: Widget) -> None:
        super().__init__(*children)
        self.planned = PlannedLayout()
        self._dragged = ""

    @property
    def layout(self) -> Layout:
        """The layout that follows the plan."""
        return self.planned

    def replan(self) -> None:
        """Places the panes anew. A widget keeps its arrangement until a child of it changes."""
        self.children[0].refresh(layout=True)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Takes hold of an edge."""
        plan = self.planned.plan
        x, y = event.screen_x - self.region.x, event.screen_y - self.region.y
        if plan.columns is not None and 0 <= x - plan.columns < 2:
            self._dragged = "left"
        elif plan.rows is not None and y == plan.rows and event.widget is self:
            self._dragged = "top"
        if self._dragged:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Moves the edge along."""
        if not self._dragged or self.app.mouse_captured is not self:
            return
        x, y = event.screen_x - self.region.x, event.screen_y - self.region.y
        part = x / max(1, self.size.width) if self._dragged == "left" else y / self.size.height
        self.planned.split = replace(self.planned.split, **{self._dragged: part}).kept()
        self.replan()

    def on_mouse_up(self) -> None:
        """Lets go of it."""
        self._dragged = ""
        self.release_mouse()
