"""Shows the events of a run to the plugins that observe it, each on its own."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from seqkit.events import Event
from seqkit.registry.plugin import Entry, Plugin, prints_to_stderr, reason
from seqkit.registry.registry import Registry

SLOW = 1.0
"""Seconds that an observer may take in all before its share of the time is looked at."""
SHARE = 0.05
"""Share of the time of a run that an observer may take before a warning says so."""


@dataclass
class _Watcher:
    """One observer of a run: what it is called in messages, and what is called with each event."""

    name: str
    show: Callable[[Event], Any] | None
    open: Callable[[], Callable[[Event], Any]] | None = None
    seconds: float = 0.0
    told: bool = False


class Observers:
    """The observers that plugins bring, for one run.

    Each is given its own copy of an event, so that none changes what others see. One that raises
    is named and not called again; one that slows the run down is named once.

    Args:
        registry: Whose `on_event` hooks are called.
        chosen: Observers that the experiment names, with their settings.

    Attributes:
        failed: A sentence for each that raised.
    """

    def __init__(self, registry: Registry, chosen: Iterable[tuple[Entry, Any]] = ()) -> None:
        self._watchers = [
            _Watcher(_named(plugin), _shown(caller))
            for plugin, caller in registry.with_hook("on_event")
        ]
        for entry, config in chosen:
            name = f"observer {entry.qualified!r}"
            if entry.owner is not None:
                name += f" ({entry.owner.origin})"
            self._watchers.append(_Watcher(name, None, _opener(entry, config)))
        self.failed: list[str] = []
        self._began = time.perf_counter()

    def publish(self, event: Event) -> list[str]:
        """Shows an event to every observer.

        Returns:
            A sentence for each that raised, or that takes much of the time of the run.
        """
        complaints = []
        for watcher in list(self._watchers):
            start = time.perf_counter()
            try:
                with prints_to_stderr():
                    if watcher.show is None:
                        assert watcher.open is not None
                        watcher.show = watcher.open()
                    watcher.show(copy.deepcopy(event))
            except (Exception, SystemExit) as error:
                self._watchers.remove(watcher)
                self.failed.append(
                    f"{watcher.name} failed on the {event.kind} event "
                    f"and is left out for the rest of the run: {reason(error)}"
                )
                complaints.append(self.failed[-1])
            now = time.perf_counter()
            watcher.seconds += now - start
            if self._is_slow(watcher, now - self._began):
                watcher.told = True
                complaints.append(
                    f"{watcher.name} has taken {watcher.seconds:.1f} s of the time of this run so "
                    "far. Training waits while it sees an event"
                )
        return complaints

    def _is_slow(self, watcher: _Watcher, elapsed: float) -> bool:
        return not watcher.told and watcher.seconds > max(SLOW, SHARE * elapsed)


def _named(plugin: Plugin) -> str:
    return f"plugin {plugin.name!r} ({plugin.origin})"


def _shown(caller: Callable[..., Any]) -> Callable[[Event], Any]:
    def show(event: Event) -> None:
        caller(event=event)

    return show


def _opener(entry: Entry, config: Any) -> Callable[[], Callable[[Event], Any]]:
    def opened() -> Callable[[Event], Any]:
        show: Callable[[Event], Any] = entry.component.build(config)
        return show

    return opened
