"""The calendar features that there are. Without numpy, as a task's settings name them."""

from __future__ import annotations

from typing import Literal

CalendarFeature = Literal["hour", "weekday", "day-of-year", "month"]
