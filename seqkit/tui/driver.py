"""The terminal: given back while the program is suspended, and taken again afterwards."""

from __future__ import annotations

import os
import signal
import time

from textual.drivers.linux_driver import LinuxDriver

from seqkit.tui.lifeline import in_foreground


class TerminalDriver(LinuxDriver):
    """Textual's driver, which may be stopped and continued at any moment.

    Textual's own gives the terminal back within the signal handler, which waits for ever where the
    signal has come while something is being drawn; it stops also where no shell could continue it;
    and continued from outside it starts a second time, so that two threads share the keys.
    """

    _stopping = False

    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop)

    def _sigcont_application(self, *_: object) -> None:
        if not self._stopping:
            self._loop.call_soon_threadsafe(self._continued)

    def _stop(self) -> None:
        """Stops the process until it is in the foreground again."""
        if self._app._exit:
            return
        if self._auto_restart:
            self.suspend_application_mode()
        self._stopping = True
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            # The system itself stops no process that nobody could continue.
            os.kill(os.getpid(), signal.SIGTSTP)
            while not in_foreground():
                # `bg`. A signal that ends the program is heard meanwhile.
                time.sleep(0.1)
                os.kill(os.getpid(), signal.SIGTSTP)
        finally:
            signal.signal(signal.SIGTSTP, before)
            self._stopping = False
        if self._auto_restart:
            self._take_again()

    def _continued(self) -> None:
        """Goes on after a stop that came from outside, which let nothing be given back."""
        if self._app._exit or not self._auto_restart:
            return
        if not in_foreground():
            self._stop()
            return
        self.suspend_application_mode()
        self._take_again()

    def _take_again(self) -> None:
        self._must_signal_resume = True
        self.resume_application_mode()
