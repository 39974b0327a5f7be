"""The monitor: watches a run, and steers it."""

from seqkit.tui.monitor.screen import MonitorScreen

__all__ = ["MonitorScreen"]
